//! The strata that are kept, and the two passes over their clusters.
//!
//! in      cluster sums, declared strata
//! out     what they add up to, and how they lie around the means of their strata; sums are taken in the order of the clusters
//! errors  no stratum with two clusters

use super::{Cluster, Strata, TooFew};

/// Strata with at least two clusters, their shares renormalised, and what the others leave unmeasured.
pub(super) struct Kept {
    pub scales: Vec<f64>,
    pub unmeasured: f64,
}

impl Kept {
    pub fn of(clusters: &[Cluster], strata: &Strata) -> Result<Self, TooFew> {
        let mut counts = vec![0u64; strata.count()];
        let mut weights = vec![0.0; strata.count()];
        for cluster in clusters.iter().filter(|cluster| cluster.weight > 0.0 && strata.share(cluster.stratum) > 0.0) {
            counts[cluster.stratum as usize] += 1;
            weights[cluster.stratum as usize] += cluster.weight;
        }
        let kept = |stratum: usize| counts[stratum] >= 2;
        let share: f64 = (0..strata.count()).filter(|&at| kept(at)).map(|at| strata.share(at as u32)).sum();
        if share <= 0.0 {
            return Err(if counts.iter().any(|&count| count > 0) { TooFew::OneCluster } else { TooFew::NoWeight });
        }
        let scales = (0..strata.count())
            .map(|at| if kept(at) { strata.share(at as u32) / share / weights[at] } else { 0.0 })
            .collect();
        let unmeasured = if share > 1.0 - 1e-12 { 0.0 } else { 1.0 - share };
        Ok(Kept { scales, unmeasured })
    }

    fn scale(&self, stratum: u32) -> f64 {
        self.scales.get(stratum as usize).copied().unwrap_or(0.0)
    }

    /// The clusters that count, with their positions and scales.
    fn used<'c>(&self, clusters: &'c [Cluster]) -> impl Iterator<Item = (usize, &'c Cluster, f64)> {
        let scaled = clusters.iter().enumerate().map(move |(at, cluster)| (at, cluster, self.scale(cluster.stratum)));
        scaled.filter(|(_, cluster, scale)| *scale > 0.0 && cluster.weight > 0.0)
    }

    /// Sums over all, and of each stratum its weight and value.
    pub fn add_up(&self, clusters: &[Cluster], of_stratum: &mut [Sums]) -> Totals {
        let mut totals = Totals::default();
        let (mut fails, mut passes) = (0u64, 0u64);
        for (_, cluster, scale) in self.used(clusters) {
            let sums = &mut of_stratum[cluster.stratum as usize];
            sums.weight += cluster.weight * scale;
            sums.value += cluster.value * scale;
            totals.weight_squared += cluster.weight_squared * scale * scale;
            totals.gain += cluster.gain * scale;
            totals.loss += cluster.loss * scale;
            totals.clusters += 1;
            totals.rows += cluster.rows;
            fails += u64::from(cluster.some_fail);
            passes += u64::from(cluster.some_pass);
        }
        Totals { informative: fails.min(passes), ..totals }
    }

    /// Squares around the means that `add_up` left.
    pub fn spread(&self, clusters: &[Cluster], of_stratum: &mut [Sums]) -> Spread {
        // Divisions are what this costs: each stratum's own are made once.
        let per_stratum: Vec<(f64, f64)> =
            of_stratum.iter().map(|sums| (1.0 / sums.weight, sums.value / sums.weight)).collect();
        let mut found = Spread { cluster_squared: 0.0, heaviest: (0.0, 0), loudest: (0.0, 0, 0.0) };
        for (at, cluster, scale) in self.used(clusters) {
            let sums = &mut of_stratum[cluster.stratum as usize];
            let (inverse, mean) = per_stratum[cluster.stratum as usize];
            let weight = cluster.weight * scale;
            let h = weight * inverse;
            let residual = cluster.value * scale - mean * weight;
            let lever = 1.0 / (1.0 - h);
            let a = h * h * lever;
            let part = residual * residual * lever;
            sums.variance += part;
            sums.h_squared += h * h;
            sums.a += a;
            sums.a_squared += a * a;
            found.cluster_squared += weight * weight;
            if weight > found.heaviest.0 {
                found.heaviest = (weight, at as u64);
            }
            if part > found.loudest.0 {
                found.loudest = (part, at as u64, weight);
            }
        }
        found
    }
}

#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub weight: f64,
    pub value: f64,
    pub variance: f64,
    pub h_squared: f64,
    pub a: f64,
    pub a_squared: f64,
}

/// Sums over everything that counts.
#[derive(Default)]
pub(super) struct Totals {
    pub weight_squared: f64,
    pub gain: f64,
    pub loss: f64,
    pub clusters: u64,
    pub rows: u64,
    pub informative: u64,
}

/// How the clusters lie around the means of their strata.
pub(super) struct Spread {
    pub cluster_squared: f64,
    /// The largest weight, and where.
    pub heaviest: (f64, u64),
    /// The largest part of the variance, where, and the weight there.
    pub loudest: (f64, u64, f64),
}

/// Satterthwaite over strata; the sum of the strata's own where nothing varies.
pub(super) fn degrees_of_freedom(strata: &[Sums], variance: f64) -> f64 {
    let own = |sums: &Sums| 1.0 / (sums.h_squared + sums.a * sums.a - sums.a_squared);
    let measured = || strata.iter().filter(|sums| sums.weight > 0.0);
    if variance == 0.0 {
        return measured().map(own).sum();
    }
    let spread: f64 = measured().map(|sums| sums.variance * sums.variance / own(sums)).sum();
    variance * variance / spread
}

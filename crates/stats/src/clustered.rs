//! The mean of weighted, clustered values, with the classical variances of the clustered literature.
//!
//! in      per cluster: sum of weights, sum of weight times value; values of any unit
//! out     the mean, its variance as CR0, CR1, CR2 and CR3 (unit squared), degrees of freedom, and how much hangs on one cluster
//! errors  `NoData` without weight; `TooFew` for a variance from one cluster
//! source  Liang & Zeger 1986 (CR0), Bell & McCaffrey 2002 (CR2, CR3 and degrees of freedom); CR0 is the clustered standard
//!         error of Miller 2024
//! not for decisions about rates: see `weigh`, whose effective counts hold where these intervals do not

use crate::special::t_upper;
use crate::{Interval, Undefined};
use libm::sqrt;

/// Sums over the rows of one cluster.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ClusterSum {
    pub weight: f64,
    /// Sum of weight times value.
    pub value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClusteredMean {
    pub mean: f64,
    /// The largest share of weight in one cluster.
    pub heaviest: f64,
    pub spread: Result<Spread, Undefined>,
}

/// Variances of the mean, and what they rest on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub cr0: f64,
    pub cr1: f64,
    pub cr2: f64,
    pub cr3: f64,
    /// Bell-McCaffrey degrees of freedom of CR2.
    pub df: f64,
    /// The largest share of CR2 from one cluster; undefined where nothing varies.
    pub loudest: Result<f64, Undefined>,
}

pub fn clustered_mean(clusters: &[ClusterSum]) -> Result<ClusteredMean, Undefined> {
    let used: Vec<&ClusterSum> = clusters.iter().filter(|cluster| cluster.weight > 0.0).collect();
    let total: f64 = used.iter().map(|cluster| cluster.weight).sum();
    if total <= 0.0 {
        return Err(Undefined::NoData);
    }
    let mean = used.iter().map(|cluster| cluster.value).sum::<f64>() / total;
    let heaviest = used.iter().map(|cluster| cluster.weight / total).fold(0.0, f64::max);
    Ok(ClusteredMean { mean, heaviest, spread: spread(&used, total, mean) })
}

fn spread(clusters: &[&ClusterSum], total: f64, mean: f64) -> Result<Spread, Undefined> {
    if clusters.len() < 2 {
        return Err(Undefined::TooFew);
    }
    let (mut cr0, mut cr2, mut cr3, mut loudest) = (0.0, 0.0, 0.0, 0.0f64);
    let (mut h_squared, mut a_sum, mut a_squared) = (0.0, 0.0, 0.0);
    for cluster in clusters {
        let h = cluster.weight / total;
        let residual = (cluster.value - mean * cluster.weight) / total;
        let square = residual * residual;
        let a = h * h / (1.0 - h);
        cr0 += square;
        cr2 += square / (1.0 - h);
        cr3 += square / ((1.0 - h) * (1.0 - h));
        loudest = loudest.max(square / (1.0 - h));
        h_squared += h * h;
        a_sum += a;
        a_squared += a * a;
    }
    let count = clusters.len() as f64;
    Ok(Spread {
        cr0,
        cr1: cr0 * count / (count - 1.0),
        cr2,
        cr3,
        df: 1.0 / (h_squared + a_sum * a_sum - a_squared),
        loudest: if cr2 > 0.0 { Ok(loudest / cr2) } else { Err(Undefined::NoVariation) },
    })
}

impl ClusteredMean {
    /// A t interval on CR2, `level` on each side.
    pub fn interval(&self, level: f64) -> Result<Interval, Undefined> {
        let spread = self.spread?;
        let half = t_upper(level, spread.df) * sqrt(spread.cr2);
        if !(half.is_finite() && self.mean.is_finite() && level > 0.0 && level < 1.0) {
            return Err(Undefined::OutOfDomain);
        }
        Ok(Interval { lower: self.mean - half, upper: self.mean + half })
    }
}

/// Kish's effective sample size, (sum w)^2 / sum w^2, and the design effect of weighting, rows / that.
pub fn kish(weights: &[f64]) -> Result<(f64, f64), Undefined> {
    // In parts of the largest, whose squares neither vanish nor overflow.
    let largest = weights.iter().fold(0.0, |largest, w| f64::max(largest, w.abs()));
    if largest <= 0.0 {
        return Err(Undefined::NoData);
    }
    if weights.iter().any(|w| !w.is_finite() || *w < 0.0) {
        return Err(Undefined::OutOfDomain);
    }
    let parts = weights.iter().map(|w| w / largest);
    let (sum, squares) = parts.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    let effective = sum * sum / squares;
    Ok((effective, weights.len() as f64 / effective))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_clusters_have_one_degree_of_freedom_less_than_they_are() {
        let clusters: Vec<ClusterSum> =
            [1.0, 2.0, 4.0, 0.0, 3.0].iter().map(|&value| ClusterSum { weight: 2.0, value }).collect();
        let mean = clustered_mean(&clusters).unwrap();
        let spread = mean.spread.unwrap();
        assert!((mean.mean - 1.0).abs() < 1e-15);
        assert!((spread.df - 4.0).abs() < 1e-12);
        // CR1 and CR2 are then one: the sample variance of cluster means over their number.
        assert!((spread.cr2 - spread.cr1).abs() < 1e-15 && (spread.cr2 - 0.625 / 5.0).abs() < 1e-12);
    }

    #[test]
    fn one_cluster_has_a_mean_and_no_spread() {
        let mean = clustered_mean(&[ClusterSum { weight: 1.0, value: 1.0 }]).unwrap();
        assert_eq!((mean.mean, mean.spread), (1.0, Err(Undefined::TooFew)));
        assert_eq!(clustered_mean(&[]), Err(Undefined::NoData));
    }

    #[test]
    fn weights_count_by_their_ratios_however_small_they_are() {
        for w in [1e-300, 1.0, 1e300] {
            assert_eq!(kish(&[w, w]), Ok((2.0, 1.0)), "{w}");
        }
        assert_eq!(kish(&[1.0, -1.0]), Err(Undefined::OutOfDomain));
        assert_eq!((kish(&[0.0]), kish(&[])), (Err(Undefined::NoData), Err(Undefined::NoData)));
    }
}

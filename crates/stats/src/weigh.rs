//! Effective counts: clusters, weights and strata turned into as many independent trials as they are worth.
//!
//! in      sums per cluster within a stratum (mergeable by addition), traffic shares of the strata
//! out     `Weighed`: the estimate, and intervals and p values on effective counts; `TooFew` where nothing can be said
//! errors  fewer than two clusters, or examples worth one or less, in every stratum; sums that doubles cannot hold
//! source  CR2 variance with Bell-McCaffrey degrees of freedom (Bell & McCaffrey 2002), Korn-Graubard effective counts
//!         (1998) with the design effect shrunk by two pseudo-clusters of worst-case correlation, Tango's score interval
//!         (1998), Manski bounds for strata without data; caps so that no record looks better than a perfect one
//! not for dependence between clusters, or a rare kind of cluster that never appeared

mod best;
mod difference;
mod kept;
mod mean;
mod rate;
#[cfg(test)]
mod tests;

pub use mean::LEAST_CLUSTERS_OF_A_MEAN;

use crate::special::t_upper;
use kept::{Kept, Spread, Sums, Totals, degrees_of_freedom};

/// Pseudo-clusters of worst-case correlation.
const KAPPA: f64 = 2.0;
/// Where a sum of shares meets a bound, or a difference of gains and losses nothing: as close is as good as there.
pub(crate) const ROUNDING: f64 = 1e-12;
/// The part of the weight or the variance beyond which a result hinges on one cluster.
const THIRD: f64 = 1.0 / 3.0;
/// Variances below this are rounding of data without any.
const NO_VARIANCE: f64 = 1e-20;
/// Differences below this are rounding of gains that equal losses.
const NO_DIFFERENCE: f64 = 1e-12;

/// Sums over the rows of one cluster within one stratum. Only rows of weight above 0 enter.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Cluster {
    /// Position in `Strata`; 0 where none are declared.
    pub stratum: u32,
    pub rows: u64,
    pub weight: f64,
    pub weight_squared: f64,
    /// Sum of w * v: v = y for a rate or mean, y_c - y_p for a difference.
    pub value: f64,
    /// Sum of w * y_c (1 - y_p); 0 unless a difference.
    pub gain: f64,
    /// Sum of w * (1 - y_c) y_p; 0 unless a difference.
    pub loss: f64,
    /// Some row has v < 1 (a rate), or is discordant (a difference).
    pub some_fail: bool,
    /// Some row has v > 0 (a rate), or is discordant (a difference).
    pub some_pass: bool,
}

/// Declared traffic shares, one for each stratum. None declared: one stratum of share 1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Strata(Vec<f64>);

impl Strata {
    /// One stratum of share 1.
    pub fn none() -> Self {
        Strata(Vec::new())
    }

    /// Shares in [0, 1] that sum to about 1; what they lack counts as unmeasured.
    pub fn declared(shares: Vec<f64>) -> Self {
        Strata(shares)
    }

    /// The declared strata but for those at these positions, the rest in the same proportions.
    pub fn without(&self, left_out: &[u32]) -> Self {
        let stays = |at: usize| !left_out.contains(&(at as u32));
        let kept: f64 = self.0.iter().enumerate().filter(|(at, _)| stays(*at)).map(|(_, share)| share).sum();
        let all: f64 = self.0.iter().sum();
        let share = |(at, share): (usize, &f64)| if stays(at) && kept > 0.0 { share * all / kept } else { 0.0 };
        Strata(self.0.iter().enumerate().map(share).collect())
    }

    /// How many are declared.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Positions of the declared strata that these clusters leave unmeasured: fewer than two clusters carry weight.
    pub fn unmeasured(&self, clusters: &[Cluster]) -> Vec<u32> {
        let carrying =
            |stratum| clusters.iter().filter(|cluster| cluster.stratum == stratum && cluster.weight > 0.0).count();
        (0..self.0.len() as u32).filter(|&stratum| self.share(stratum) > 0.0 && carrying(stratum) < 2).collect()
    }

    /// What the weights of each stratum are multiplied by, so that those of these clusters sum to 1 and each stratum counts as declared; 0
    /// where it is unmeasured.
    pub fn scales(&self, clusters: &[Cluster]) -> Vec<f64> {
        Kept::of(clusters, self).map_or_else(|_| vec![0.0; self.count()], |kept| kept.scales)
    }

    fn share(&self, stratum: u32) -> f64 {
        if self.0.is_empty() {
            f64::from(u8::from(stratum == 0))
        } else {
            self.0.get(stratum as usize).copied().unwrap_or(0.0)
        }
    }

    fn count(&self) -> usize {
        self.0.len().max(1)
    }
}

/// What kind of value is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// v in [0, 1].
    Rate,
    /// v = y_c - y_p of two values in [0, 1].
    Difference,
    /// v graded on [0, 1].
    Graded,
    /// v = y_c - y_p of two grades, or y_c less a multiple of y_p.
    GradedDifference,
    /// Any finite v: money, milliseconds, differences of them.
    Mean,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub lower: f64,
    pub upper: f64,
}

/// Why nothing can be estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooFew {
    #[error("no cluster carries weight")]
    NoWeight,
    #[error("one cluster is one observation")]
    OneCluster,
    #[error("weights or values are too large or too small to be squared and summed")]
    OutOfRange,
}

/// An estimate and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    kind: Kind,
    theta: f64,
    /// Shares of discordant pairs: gained and lost.
    gain: f64,
    loss: f64,
    variance: f64,
    df: f64,
    clusters: u64,
    rows: u64,
    informative: u64,
    /// Kish counts of examples and of clusters.
    n_kish: f64,
    g_kish: f64,
    /// The share of the weight that the heaviest cluster holds.
    heaviest_cluster: f64,
    /// Examples after the shrunk design effect.
    n_shrunk: f64,
    deff: f64,
    /// Before it is shrunk.
    deff_seen: f64,
    /// Share of traffic in strata without at least two clusters.
    unmeasured: f64,
    dominated_by: Option<u64>,
    /// Of a mean that nothing bounds: the cluster that alone holds more than a third of the variance.
    far_out: Option<u64>,
    /// How far a value could lie from the mean, where that is known.
    reach: Option<f64>,
}

/// Weighs cluster sums. Clusters should come in a fixed order: sums are taken in it.
pub fn weigh(clusters: &[Cluster], strata: &Strata, kind: Kind) -> Result<Weighed, TooFew> {
    let kept = Kept::of(clusters, strata)?;
    let mut of_stratum = vec![Sums::default(); strata.count()];
    let Totals { weight_squared, gain, loss, clusters: count, rows, informative } =
        kept.add_up(clusters, &mut of_stratum);
    let Spread { cluster_squared, heaviest, loudest } = kept.spread(clusters, &mut of_stratum);
    let mut variance: f64 = of_stratum.iter().map(|sums| sums.variance).sum();
    if variance < NO_VARIANCE || (informative == 0 && matches!(kind, Kind::Rate | Kind::Difference)) {
        variance = 0.0;
    }
    let theta: f64 = of_stratum.iter().map(|sums| sums.value).sum();
    let df = degrees_of_freedom(&of_stratum, variance);
    let (n_kish, g_kish) = (1.0 / weight_squared, 1.0 / cluster_squared);
    if count < 2 || n_kish <= 1.0 {
        return Err(TooFew::OneCluster);
    }
    let sums = [theta, gain, loss, variance, df, n_kish, g_kish];
    if !sums.iter().all(|sum| sum.is_finite()) || df <= 0.0 {
        return Err(TooFew::OutOfRange);
    }
    let theta = in_range(kind, theta);
    let single = match kind {
        Kind::Rate => theta * (1.0 - theta),
        Kind::Difference => gain + loss - theta * theta,
        Kind::Graded | Kind::GradedDifference | Kind::Mean => f64::INFINITY,
    };
    let n_effective = if variance > 0.0 { (single / variance).min(n_kish) } else { g_kish };
    let deff = (n_kish / n_effective).max(1.0);
    let shrunk = shrunk(deff, informative, n_kish / g_kish);
    Ok(Weighed {
        kind,
        theta,
        gain,
        loss,
        variance,
        df,
        clusters: count,
        rows,
        informative,
        n_kish,
        g_kish,
        heaviest_cluster: heaviest.0,
        n_shrunk: n_kish / shrunk,
        deff: shrunk,
        deff_seen: deff,
        unmeasured: kept.unmeasured,
        dominated_by: dominating(heaviest, loudest, variance, count),
        far_out: (kind == Kind::Mean && loudest.0 > THIRD * variance && variance > 0.0).then_some(loudest.1),
        reach: None,
    })
}

/// A sum of shares as the share that it is, but for its rounding.
fn in_range(kind: Kind, theta: f64) -> f64 {
    match kind {
        Kind::Rate | Kind::Graded => theta.clamp(0.0, 1.0),
        Kind::Difference | Kind::GradedDifference if theta.abs() < NO_DIFFERENCE => 0.0,
        Kind::Difference | Kind::GradedDifference => theta.clamp(-1.0, 1.0),
        Kind::Mean => theta,
    }
}

/// The design effect with two pseudo-clusters of the worst one added to those that carry information.
fn shrunk(deff: f64, informative: u64, worst: f64) -> f64 {
    let informative = informative as f64;
    deff.max((informative * deff + KAPPA * worst) / (informative + KAPPA))
}

/// One cluster that holds more than a third of the weight; or of the variance while it outweighs a fair share twice over.
/// (A single failing trial among equals always holds most of the variance, and that is no fault of the data.)
fn dominating(heaviest: (f64, u64), loudest: (f64, u64, f64), variance: f64, count: u64) -> Option<u64> {
    if heaviest.0 > THIRD {
        return Some(heaviest.1);
    }
    let outweighs = loudest.2 * count as f64 > 2.0;
    (variance > 0.0 && loudest.0 > THIRD * variance && outweighs).then_some(loudest.1)
}

impl Weighed {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The estimate on what was measured.
    pub fn estimate(&self) -> f64 {
        self.theta
    }

    /// Shares of discordant pairs, gained and lost; 0 unless a difference.
    pub fn discordant(&self) -> (f64, f64) {
        (self.gain, self.loss)
    }

    pub fn variance(&self) -> f64 {
        self.variance
    }

    pub fn df(&self) -> f64 {
        self.df
    }

    pub fn clusters(&self) -> u64 {
        self.clusters
    }

    /// Clusters of the average weight that must come to those that are there, for all of them to count as much as so many of equal weight.
    pub fn clusters_short_of(&self, needed: u64) -> u64 {
        let (have, needed) = (self.clusters as f64, needed as f64);
        // (1 + x)^2 / (1 / g + x / have) = needed, Kish's count with x times as many again.
        let (linear, constant) = (2.0 - needed / have, 1.0 - needed / self.g_kish);
        let times = 0.5 * (libm::sqrt((linear * linear - 4.0 * constant).max(0.0)) - linear);
        if constant >= 0.0 { 0 } else { (times * have - 1e-6).ceil().max(0.0) as u64 }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Clusters that carry information: with both a failure and a pass somewhere to tell apart, or discordant.
    pub fn informative(&self) -> u64 {
        self.informative
    }

    pub fn kish_examples(&self) -> f64 {
        self.n_kish
    }

    pub fn kish_clusters(&self) -> f64 {
        self.g_kish
    }

    /// The share of all weight that the heaviest cluster holds.
    pub fn heaviest_cluster_share(&self) -> f64 {
        self.heaviest_cluster
    }

    pub fn design_effect(&self) -> f64 {
        self.deff
    }

    /// The design effect that the data show, before it is shrunk towards the worst case.
    pub fn design_effect_seen(&self) -> f64 {
        self.deff_seen
    }

    /// The design effect where all rows of a cluster are the same.
    pub fn design_effect_worst(&self) -> f64 {
        self.n_kish / self.g_kish
    }

    /// Independent examples that a record without failures would be worth; `None` unless a rate.
    pub fn perfect_n(&self) -> Option<f64> {
        (self.kind == Kind::Rate).then(|| self.perfect_rate_n())
    }

    /// Independent examples that the data are worth.
    pub fn effective_n(&self) -> f64 {
        match self.kind {
            Kind::Rate => self.rate_n(),
            Kind::Difference => self.n_shrunk,
            Kind::Graded | Kind::GradedDifference | Kind::Mean => self.g_kish,
        }
    }

    pub fn unmeasured(&self) -> f64 {
        self.unmeasured
    }

    /// The same values, of which none lies further than this from 0: even where they do not vary, they bound the mean.
    pub fn bounded_by(self, most: f64) -> Self {
        Weighed { reach: Some(most + self.theta.abs()), far_out: None, ..self }
    }

    /// The same data if the strata without data did not exist.
    pub fn measured_only(&self) -> Self {
        Weighed { unmeasured: 0.0, ..*self }
    }

    /// The rate of failures that leaves the whole at `rate` where all that was not measured fails; 0 where that alone is more.
    pub fn rate_of_rest(&self, rate: f64) -> f64 {
        let left = rate - self.unmeasured;
        if self.unmeasured > 0.0 && left <= ROUNDING { 0.0 } else { left / (1.0 - self.unmeasured) }
    }

    /// Whether the result hinges on one cluster.
    pub fn is_dominated(&self) -> bool {
        self.dominated_by().is_some()
    }

    /// Position of the cluster that the result hinges on, among those given.
    pub fn dominated_by(&self) -> Option<u64> {
        self.dominated_by.or(self.far_out)
    }

    /// Two one-sided bounds at `level` each.
    pub fn interval(&self, level: f64) -> Interval {
        match self.kind {
            Kind::Rate => self.rate_interval(level),
            Kind::Difference => self.difference_interval(level),
            Kind::Graded | Kind::GradedDifference | Kind::Mean => self.mean_interval(level),
        }
    }

    /// Whether a loss that a difference may have would fit into the traffic that was not measured: then nothing shows that it is
    /// smaller, however well the rest did. For all differences, whatever their values; a single rate or grade has Manski's bounds.
    pub(crate) fn leaves_no_room(&self, bound: f64) -> bool {
        self.unmeasured > 0.0 && -bound <= self.unmeasured + ROUNDING
    }

    /// p of H0: the true value is at most `bound`. Small: it is shown to lie above.
    pub fn p_at_most(&self, bound: f64) -> f64 {
        match self.kind {
            Kind::Rate => self.p_rate_at_most(bound),
            Kind::Difference => self.p_difference_at_most(bound),
            Kind::Graded | Kind::GradedDifference | Kind::Mean => self.p_mean_at_most(bound),
        }
    }

    /// p of H0: the true value is at least `bound`. Small: it is shown to lie below.
    pub fn p_at_least(&self, bound: f64) -> f64 {
        match self.kind {
            Kind::Rate => self.p_rate_at_least(bound),
            Kind::Difference => self.p_difference_at_least(bound),
            Kind::Graded | Kind::GradedDifference | Kind::Mean => self.p_mean_at_least(bound),
        }
    }

    fn t(&self, level: f64) -> f64 {
        t_upper(level, self.df)
    }
}

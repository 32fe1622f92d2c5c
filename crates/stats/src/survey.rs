//! A weighted mean as surveys estimate it: Hajek's ratio with the linearised variance of stratified clusters.
//!
//! in      per cluster within its stratum: sums of weight and of weight times value; weights carry the strata's shares
//! out     the mean, its standard error, degrees of freedom, and for a rate the plain Korn-Graubard interval
//! errors  `NoData` without weight; `TooFew` where a stratum has a single cluster; `NoVariation` where the interval has no width
//! source  Sarndal, Swensson & Wretman 1992; Lumley's `survey` (svymean, svyciprop "beta"); Korn & Graubard 1998
//! not for decisions: see `weigh`, which shrinks the design effect

use crate::special::{beta_quantile, beta_upper, t_upper};
use crate::{ClusterSum, Interval, Undefined};
use libm::sqrt;

/// The tail of the two-sided 95 % interval by which few clusters are paid for.
const REFERENCE_TAIL: f64 = 0.025;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hajek {
    pub mean: f64,
    pub standard_error: f64,
    /// Clusters less strata.
    pub df: u64,
    rows: u64,
}

/// `strata` hold the clusters of each stratum; `rows` counts the rows behind all of them.
pub fn hajek(strata: &[Vec<ClusterSum>], rows: u64) -> Result<Hajek, Undefined> {
    let all = || strata.iter().flatten();
    let weight: f64 = all().map(|cluster| cluster.weight).sum();
    if weight <= 0.0 {
        return Err(Undefined::NoData);
    }
    let mean = all().map(|cluster| cluster.value).sum::<f64>() / weight;
    let (mut variance, mut clusters, mut measured) = (0.0, 0u64, 0u64);
    for stratum in strata.iter().filter(|stratum| !stratum.is_empty()) {
        let count = stratum.len() as f64;
        if stratum.len() < 2 {
            return Err(Undefined::TooFew);
        }
        let linear = |cluster: &ClusterSum| (cluster.value - mean * cluster.weight) / weight;
        let centre = stratum.iter().map(linear).sum::<f64>() / count;
        let spread: f64 = stratum.iter().map(|cluster| (linear(cluster) - centre) * (linear(cluster) - centre)).sum();
        variance += count / (count - 1.0) * spread;
        clusters += stratum.len() as u64;
        measured += 1;
    }
    Ok(Hajek { mean, standard_error: sqrt(variance), df: clusters - measured, rows })
}

impl Hajek {
    /// Clopper-Pearson on effective counts, `level` on each side, for a mean that is a rate.
    pub fn korn_graubard(&self, level: f64) -> Result<Interval, Undefined> {
        let (p, variance) = (self.mean, self.standard_error * self.standard_error);
        if !variance.is_finite() || variance <= 0.0 || !(0.0..=1.0).contains(&p) || self.rows < 2 {
            return Err(Undefined::NoVariation);
        }
        let ratio = t_upper(REFERENCE_TAIL, self.rows as f64 - 1.0) / t_upper(REFERENCE_TAIL, self.df as f64);
        let n = p * (1.0 - p) / variance * ratio * ratio;
        let (passed, failed) = (n * p, n * (1.0 - p));
        Ok(Interval {
            lower: beta_quantile(level, passed, failed + 1.0),
            upper: beta_upper(level, passed + 1.0, failed),
        })
    }
}

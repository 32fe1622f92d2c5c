//! Primitive 1: a rate on effective counts.

use super::{Interval, Kind, ROUNDING, Weighed};
use crate::exact::zero_failure_n;
use crate::special::{beta_cdf, beta_quantile, beta_sf, beta_upper, t_upper};
use libm::pow;

/// The two-sided 95 % point by which few degrees of freedom are paid for, whatever the level.
const REFERENCE_TAIL: f64 = 0.025;

impl Weighed {
    /// Korn-Graubard: degrees of freedom of the clusters against those of the examples.
    fn few_clusters(&self) -> f64 {
        let ratio = t_upper(REFERENCE_TAIL, self.n_kish - 1.0) / t_upper(REFERENCE_TAIL, self.df);
        ratio * ratio
    }

    pub(super) fn rate_n(&self) -> f64 {
        (self.n_shrunk * self.few_clusters()).min(self.n_kish)
    }

    /// What a record without failures would be worth.
    pub(super) fn perfect_rate_n(&self) -> f64 {
        (self.g_kish * self.few_clusters()).min(self.n_kish)
    }

    pub(super) fn rate_interval(&self, level: f64) -> Interval {
        let (n, perfect) = (self.rate_n(), self.perfect_rate_n());
        let passed = self.theta * n;
        let lower = beta_quantile(level, passed, n - passed + 1.0).min(pow(level, 1.0 / perfect));
        let upper = beta_upper(level, passed + 1.0, n - passed).max(1.0 - pow(level, 1.0 / perfect));
        let measured = 1.0 - self.unmeasured;
        Interval { lower: measured * lower, upper: (measured * upper + self.unmeasured).min(1.0) }
    }

    pub(super) fn p_rate_at_most(&self, bound: f64) -> f64 {
        let bound = bound / (1.0 - self.unmeasured);
        if bound >= 1.0 - ROUNDING {
            return 1.0;
        }
        let n = self.rate_n();
        let passed = self.theta * n;
        let bound = bound.max(0.0);
        // The share below the bound of the Beta whose quantile is the lower limit.
        beta_cdf(bound, passed, n - passed + 1.0).max(pow(bound, self.perfect_rate_n()))
    }

    pub(super) fn p_rate_at_least(&self, bound: f64) -> f64 {
        let bound = (bound - self.unmeasured) / (1.0 - self.unmeasured);
        if bound <= ROUNDING {
            return 1.0;
        }
        let n = self.rate_n();
        let passed = self.theta * n;
        let bound = bound.min(1.0);
        beta_sf(bound, passed + 1.0, n - passed).max(pow(1.0 - bound, self.perfect_rate_n()))
    }

    pub(super) fn best_p_rate(&self, bound: f64) -> f64 {
        let bound = bound / (1.0 - self.unmeasured);
        if bound >= 1.0 - ROUNDING { 1.0 } else { pow(bound.max(0.0), self.perfect_rate_n()) }
    }

    /// Clusters in all, like these, with which a record without a failure clears a floor; `None` where a failure was seen, or where no number
    /// would do.
    pub fn clusters_needed_without_failure(&self, floor: f64, level: f64) -> Option<u64> {
        const TRIED: usize = 200;
        let floor = floor / (1.0 - self.unmeasured);
        let is_clean = self.kind == Kind::Rate && self.theta >= 1.0 - ROUNDING;
        if !is_clean || floor <= 0.0 || floor >= 1.0 - ROUNDING {
            return None;
        }
        let rows_each = self.n_kish / self.g_kish;
        // What so many are worth, with the degrees of freedom that they would bring.
        let worth = |clusters: u64| {
            let clusters = clusters as f64;
            let rows = clusters * rows_each;
            let ratio = t_upper(REFERENCE_TAIL, rows - 1.0) / t_upper(REFERENCE_TAIL, clusters - 1.0);
            (clusters * ratio * ratio).min(rows)
        };
        let least = zero_failure_n(1.0 - floor, level).max(3);
        (least..).take(TRIED).find(|&clusters| pow(floor, worth(clusters)) <= level * (1.0 + 1e-9))
    }
}

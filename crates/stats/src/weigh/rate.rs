//! Primitive 1: a rate on effective counts.

use super::{Interval, ROUNDING, Weighed};
use crate::special::{beta_cdf, beta_quantile, beta_sf, beta_upper, t_upper};
use libm::pow;

/// The two-sided 95 % point by which few degrees of freedom are paid for, whatever the level.
pub(super) const REFERENCE_TAIL: f64 = 0.025;

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
}

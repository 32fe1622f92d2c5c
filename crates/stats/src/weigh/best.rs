//! What the best record could show that as many clusters could have made.

use super::mean::LEAST_DF;
use super::rate::REFERENCE_TAIL;
use super::{Kind, ROUNDING, Weighed};
use crate::exact::zero_failure_n;
use crate::special::t_upper;
use libm::pow;

impl Weighed {
    /// p of H0 `at most bound` for the best record that as many clusters could have made; 0 where it is not bounded so.
    pub fn best_p_above(&self, bound: f64) -> f64 {
        match self.kind {
            Kind::Rate => self.best_p_rate(bound),
            Kind::Difference => self.best_p_difference(bound),
            _ if self.df < LEAST_DF => 1.0,
            Kind::GradedDifference => self.best_p_difference(bound),
            Kind::Graded => self.best_p_graded(bound),
            Kind::Mean => 0.0,
        }
    }

    /// p of H0 `at least bound` for the best record where less is better: nothing of what is counted, no difference, the lowest grade.
    pub fn best_p_below(&self, bound: f64) -> f64 {
        match self.kind {
            Kind::Rate | Kind::Graded => self.best_p_above(1.0 - bound),
            Kind::Difference | Kind::GradedDifference | Kind::Mean => self.best_p_above(-bound),
        }
    }

    fn best_p_rate(&self, bound: f64) -> f64 {
        let bound = bound / (1.0 - self.unmeasured);
        if bound >= 1.0 - ROUNDING { 1.0 } else { pow(bound.max(0.0), self.perfect_rate_n()) }
    }

    fn best_p_difference(&self, bound: f64) -> f64 {
        if self.leaves_no_room(bound) {
            return 1.0;
        }
        let s = self.unmeasured;
        let bound = (bound + s) / (1.0 - s);
        if bound > 0.0 { 0.0 } else { self.p_without_disagreement(-bound) }
    }

    fn best_p_graded(&self, bound: f64) -> f64 {
        let bound = bound / (1.0 - self.unmeasured);
        if bound >= 1.0 - ROUNDING { 1.0 } else { self.p_without_disagreement(1.0 - bound) }
    }

    /// Clusters in all, like these, with which a record without a failure clears a floor; `None` where a failure was seen, or where no number
    /// would do.
    pub fn clusters_needed_without_failure(&self, floor: f64, level: f64) -> Option<u64> {
        if self.theta >= 1.0 - ROUNDING { self.clusters_needed_spotless(floor, level) } else { None }
    }

    /// The same of a ceiling, where nothing that it counts was seen.
    pub fn clusters_needed_without_any(&self, ceiling: f64, level: f64) -> Option<u64> {
        if self.theta <= ROUNDING { self.clusters_needed_spotless(1.0 - ceiling, level) } else { None }
    }

    fn clusters_needed_spotless(&self, floor: f64, level: f64) -> Option<u64> {
        const TRIED: usize = 200;
        let floor = floor / (1.0 - self.unmeasured);
        if self.kind != Kind::Rate || floor <= 0.0 || floor >= 1.0 - ROUNDING {
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

//! Means of graded scores, money and milliseconds: CR2 with a t interval.

use super::difference::{POWER, SAFETY, collectable};
use super::{Interval, Kind, Weighed};
use crate::least_clusters_for_margin;
use crate::special::{normal_quantile, t_sf};
use libm::sqrt;

/// Below 8 degrees of freedom a t interval on a mean is not to be trusted; 7.999999999999999 of a sum are 8.
pub(super) const LEAST_DF: f64 = 8.0 - 1e-9;
/// The fewest clusters, of equal weight, with as many.
pub const LEAST_CLUSTERS_OF_A_MEAN: u64 = 9;

impl Weighed {
    /// Unbounded where there is too little to go on, or nothing varies and no value is known to be bounded.
    pub(super) fn mean_interval(&self, level: f64) -> Interval {
        let everywhere = Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
        if self.df < LEAST_DF || self.unmeasured > 0.0 && self.kind == Kind::Mean {
            return everywhere;
        }
        let t = self.t(level);
        let half = t * sqrt(self.variance);
        match self.kind {
            Kind::Graded | Kind::GradedDifference => {
                let half = half.max(t * t / (t * t + self.g_kish));
                let (measured, s, least) = (1.0 - self.unmeasured, self.unmeasured, self.least());
                Interval {
                    lower: (measured * (self.theta - half) + s * least).max(least),
                    upper: (measured * (self.theta + half) + s).min(1.0),
                }
            }
            _ if self.variance == 0.0 => match self.reach {
                Some(reach) => {
                    let half = reach * t * t / (t * t + self.g_kish);
                    Interval { lower: self.theta - half, upper: self.theta + half }
                }
                None => everywhere,
            },
            _ => Interval { lower: self.theta - half, upper: self.theta + half },
        }
    }

    /// Of a difference 1 where the share that was not measured is at least the margin, as for one of passes.
    pub(super) fn p_mean_at_most(&self, bound: f64) -> f64 {
        if self.kind == Kind::GradedDifference && self.leaves_no_room(bound) {
            return 1.0;
        }
        self.p_beyond(bound < self.least(), self.theta - self.supposing(bound, self.least(), f64::INFINITY))
    }

    pub(super) fn p_mean_at_least(&self, bound: f64) -> f64 {
        self.p_beyond(bound > 1.0, self.supposing(bound, 1.0, f64::NEG_INFINITY) - self.theta)
    }

    /// The lowest that a graded value can be.
    fn least(&self) -> f64 {
        if self.kind == Kind::GradedDifference { -1.0 } else { 0.0 }
    }

    /// Clusters in all with which a bound on a mean would be cleared with 80 % power if the mean were truly so, on data that spread as
    /// these do; `None` where that lies on the bound or beyond, where nothing varies and nothing is known to bound a value, and where not all
    /// of the traffic is measured.
    pub fn clusters_needed_if(&self, truly: f64, bound: f64, level: f64) -> Option<u64> {
        let gap = (truly - bound).abs();
        let graded = matches!(self.kind, Kind::Graded | Kind::GradedDifference);
        if gap == 0.0 || (self.variance <= 0.0 && !graded) || self.unmeasured > 0.0 {
            return None;
        }
        let z = -normal_quantile(level) + normal_quantile(POWER);
        let by_power = z * z * self.variance * self.g_kish / (gap * gap) * SAFETY;
        let least = if graded { least_clusters_for_margin(gap, level).unwrap_or(0) } else { 0 };
        collectable(by_power.max(least.max(LEAST_CLUSTERS_OF_A_MEAN) as f64))
    }

    /// The bound on the measured part that the bound on the whole amounts to where all the rest lies `at` one end; of a mean that nothing
    /// bounds it lies `beyond` everything.
    fn supposing(&self, bound: f64, at: f64, beyond: f64) -> f64 {
        if self.unmeasured == 0.0 {
            return bound;
        }
        match self.kind {
            Kind::Graded | Kind::GradedDifference => (bound - self.unmeasured * at) / (1.0 - self.unmeasured),
            _ => beyond,
        }
    }

    /// p of having come this far beyond a bound; 0 where the bound lies beyond every graded value.
    fn p_beyond(&self, certain: bool, distance: f64) -> f64 {
        let graded = matches!(self.kind, Kind::Graded | Kind::GradedDifference);
        if self.df < LEAST_DF || distance.is_infinite() {
            return 1.0;
        }
        if graded && certain {
            return 0.0;
        }
        let within = |reach: f64| match distance / reach {
            part if part >= 1.0 => 0.0,
            part if part > 0.0 => t_sf(sqrt(self.g_kish * part / (1.0 - part)), self.df),
            _ => 0.5,
        };
        let flat = match self.reach {
            _ if graded => within(1.0),
            _ if self.variance > 0.0 => 0.0,
            Some(reach) => within(reach),
            None => return 1.0,
        };
        let p = if self.variance > 0.0 { t_sf(distance / sqrt(self.variance), self.df) } else { flat };
        p.max(flat)
    }
}

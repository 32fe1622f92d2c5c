//! Means of graded scores, money and milliseconds: CR2 with a t interval.

use super::difference::{POWER, SAFETY, collectable};
use super::{Interval, Kind, Weighed};
use crate::least_clusters_for_margin;
use crate::special::{normal_quantile, t_sf};
use libm::sqrt;

/// Below this many degrees of freedom a t interval on a mean is not to be trusted.
const LEAST_DF: f64 = 8.0;

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
            Kind::Graded => {
                let half = half.max(t * t / (t * t + self.g_kish));
                let (measured, s) = (1.0 - self.unmeasured, self.unmeasured);
                Interval {
                    lower: (measured * (self.theta - half) - s).max(-1.0),
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

    pub(super) fn p_mean_at_most(&self, bound: f64) -> f64 {
        self.p_beyond(bound, self.theta - self.worst_case(bound, 1.0))
    }

    pub(super) fn p_mean_at_least(&self, bound: f64) -> f64 {
        self.p_beyond(-bound, self.worst_case(bound, -1.0) - self.theta)
    }

    /// Clusters in all with which a bound on a mean would be cleared with 80 % power if the mean were truly so, on data that spread as
    /// these do; `None` where that lies on the bound or beyond, where nothing varies, and where not all of the traffic is measured.
    pub fn clusters_needed_if(&self, truly: f64, bound: f64, level: f64) -> Option<u64> {
        let gap = (truly - bound).abs();
        if gap == 0.0 || self.variance <= 0.0 || self.unmeasured > 0.0 {
            return None;
        }
        let z = normal_quantile(1.0 - level) + normal_quantile(POWER);
        let by_power = z * z * self.variance * self.g_kish / (gap * gap) * SAFETY;
        let least = match self.kind {
            Kind::Graded => least_clusters_for_margin(gap, level).unwrap_or(0) as f64,
            _ => LEAST_DF + 1.0,
        };
        collectable(by_power.max(least))
    }

    /// The bound on the measured part that the bound on the whole amounts to.
    fn worst_case(&self, bound: f64, side: f64) -> f64 {
        if self.unmeasured == 0.0 {
            bound
        } else if self.kind == Kind::Graded {
            (bound + side * self.unmeasured) / (1.0 - self.unmeasured)
        } else {
            side * f64::INFINITY
        }
    }

    /// p of having come this far beyond a bound; 0 where the bound lies below every graded value.
    fn p_beyond(&self, bound: f64, distance: f64) -> f64 {
        if self.df < LEAST_DF || distance.is_infinite() {
            return 1.0;
        }
        if self.kind == Kind::Graded && bound < -1.0 {
            return 0.0;
        }
        let within = |reach: f64| match distance / reach {
            part if part >= 1.0 => 0.0,
            part if part > 0.0 => t_sf(sqrt(self.g_kish * part / (1.0 - part)), self.df),
            _ => 0.5,
        };
        let flat = match self.kind {
            Kind::Graded => within(1.0),
            _ if self.variance > 0.0 => 0.0,
            _ => match self.reach {
                Some(reach) => within(reach),
                None => return 1.0,
            },
        };
        let p = if self.variance > 0.0 { t_sf(distance / sqrt(self.variance), self.df) } else { flat };
        p.max(flat)
    }
}

//! Primitive 2: a paired difference, Tango's score on effective counts.

use super::{Interval, ROUNDING, Weighed};
use crate::special::{bisect, normal_quantile, t_sf};
use crate::{Pairs, least_clusters_for_margin};
use libm::sqrt;

impl Weighed {
    /// Tango's score of a true difference `x` in (-1, 1) on effective counts; positive where the data lie above it.
    fn score(&self, x: f64) -> f64 {
        let n = self.n_shrunk;
        Pairs { gained: self.gain * n, lost: self.loss * n, pairs: n }.score(x)
    }

    /// How far a record without any disagreement still is from certainty.
    fn no_disagreement(&self, t: f64) -> f64 {
        t * t / (t * t + self.g_kish)
    }

    pub(super) fn difference_interval(&self, level: f64) -> Interval {
        let t = self.t(level);
        let mut lower = bisect(-1.0, self.theta, |x| self.score(x) <= t);
        let mut upper = bisect(self.theta, 1.0, |x| self.score(x) <= -t);
        if self.theta <= ROUNDING {
            lower = lower.min(-self.no_disagreement(t));
        }
        if self.theta >= -ROUNDING {
            upper = upper.max(self.no_disagreement(t));
        }
        let (measured, s) = (1.0 - self.unmeasured, self.unmeasured);
        Interval { lower: (measured * lower - s).max(-1.0), upper: (measured * upper + s).min(1.0) }
    }

    /// p of H0: difference <= bound. For a margin m of non-inferiority the bound is -m; 1 where the share that was not measured
    /// is at least m, however well the rest did: nobody saw that traffic.
    pub(super) fn p_difference_at_most(&self, bound: f64) -> f64 {
        let s = self.unmeasured;
        let no_room = self.leaves_no_room(bound);
        let bound = (bound + s) / (1.0 - s);
        if no_room || bound >= 1.0 {
            return 1.0;
        }
        if bound <= -1.0 {
            return 0.0;
        }
        let p = t_sf(self.score(bound), self.df);
        if self.theta <= ROUNDING { p.max(self.p_without_disagreement(-bound)) } else { p }
    }

    /// p of H0: difference >= bound; `p_worse` for bound 0.
    pub(super) fn p_difference_at_least(&self, bound: f64) -> f64 {
        let s = self.unmeasured;
        let bound = (bound - s) / (1.0 - s);
        if bound <= -1.0 {
            return 1.0;
        }
        if bound >= 1.0 {
            return 0.0;
        }
        let p = t_sf(-self.score(bound), self.df);
        if self.theta >= -ROUNDING { p.max(self.p_without_disagreement(bound)) } else { p }
    }

    pub(super) fn p_without_disagreement(&self, margin: f64) -> f64 {
        if margin <= 0.0 {
            return 0.5;
        }
        if margin >= 1.0 { 0.0 } else { t_sf(sqrt(self.g_kish * margin / (1.0 - margin)), self.df) }
    }

    /// Clusters in all with which a margin would be certified with 80 % power if there were truly no change, on data as
    /// discordant and as clustered as these; `None` where no number does. The variance supposing no change, with a quarter on
    /// top (section 3.13 of the method); or that of the score at the margin (Nam 1997, Biometrics 53:1422), which is the larger
    /// where fewer pairs differ than the margin allows to be lost; or what the best record needs.
    pub fn clusters_needed(&self, margin: f64, level: f64) -> Option<u64> {
        let margin = (margin - self.unmeasured) / (1.0 - self.unmeasured);
        if !(0.0..1.0).contains(&margin) || margin == 0.0 {
            return None;
        }
        let (for_level, for_power) = (-normal_quantile(level), normal_quantile(POWER));
        let discordant = (self.gain + self.loss).max(1.0 / self.g_kish);
        let without_change = Pairs { gained: 0.5 * discordant, lost: 0.5 * discordant, pairs: 1.0 };
        let supposing_none = (for_level + for_power) * sqrt(discordant * SAFETY);
        let at_the_margin = for_level * sqrt(without_change.spread_supposing(-margin)) + for_power * sqrt(discordant);
        let z = supposing_none.max(at_the_margin) / margin;
        let by_power = z * z * self.deff / (self.n_kish / self.g_kish);
        collectable(by_power.max(least_clusters_for_margin(margin, level)? as f64))
    }

    /// Clusters in all with which a floor on a rate would be cleared with 80 % power if the true rate were the one seen;
    /// `None` where that does not lie above the floor.
    pub fn clusters_needed_for_floor(&self, floor: f64, level: f64) -> Option<u64> {
        self.clusters_needed_for_rate(self.theta, floor, level)
    }

    /// The same of a ceiling, as a floor on the rate of the rest.
    pub fn clusters_needed_for_ceiling(&self, ceiling: f64, level: f64) -> Option<u64> {
        self.clusters_needed_for_rate(1.0 - self.theta, 1.0 - ceiling, level)
    }

    fn clusters_needed_for_rate(&self, rate: f64, floor: f64, level: f64) -> Option<u64> {
        let floor = floor / (1.0 - self.unmeasured);
        if floor <= 0.0 || floor >= 1.0 || rate <= floor {
            return None;
        }
        let spread = |p: f64| sqrt(p * (1.0 - p));
        let z = -normal_quantile(level) * spread(floor) + normal_quantile(POWER) * spread(rate);
        let examples = z * z / ((rate - floor) * (rate - floor)) * self.deff * SAFETY;
        let least = libm::log(level) / libm::log(floor);
        collectable((examples / (self.n_kish / self.g_kish)).max(least))
    }
}

/// The chance that the number asked for decides.
pub(super) const POWER: f64 = 0.8;
/// Variances guessed from few clusters are too small more often than too large (section 3.13 of the method).
pub(super) const SAFETY: f64 = 1.25;

/// A number that somebody could collect; what lies as good as on its limit would take more than there are.
pub(super) fn collectable(clusters: f64) -> Option<u64> {
    const MOST: f64 = 1e7;
    (clusters <= MOST).then(|| clusters.ceil() as u64)
}

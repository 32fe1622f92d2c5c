//! How many independent observations a decision needs.
//!
//! in      what is assumed of the truth, one-sided levels, the power wanted in (0, 1)
//! out     numbers of observations, not rounded unless said; a size of effect
//! errors  `OutOfDomain` where no number is enough
//! source  normal approximation for paired shares; Student's noncentral distribution by numerical integration (as statsmodels'
//!         TTestPower solves it); Miller 2024 (arXiv 2411.00640) for repeated answers
//! not for pre-flight of the best possible record: see `size`

use crate::Undefined;
use crate::special::{bisect, normal_quantile, normal_sf, t_upper};
use libm::{exp, expm1, sqrt};

/// What is assumed when a paired comparison is planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedPlan {
    /// Shares of pairs gained and lost.
    pub gained: f64,
    pub lost: f64,
    /// The true difference; 0 in a plan, never the one observed.
    pub difference: f64,
    pub margin: f64,
    pub design_effect: f64,
}

impl PairedPlan {
    /// Pairs with which non-inferiority is shown with this power; not rounded.
    pub fn pairs(&self, level: f64, power: f64) -> Result<f64, Undefined> {
        let room = self.difference + self.margin;
        if room <= 0.0 {
            return Err(Undefined::OutOfDomain);
        }
        let z = -normal_quantile(level) + normal_quantile(power);
        let variance = self.gained + self.lost - self.difference * self.difference;
        Ok(z * z * variance / (room * room) * self.design_effect)
    }
}

/// Whole observations for a number that is not, and how many more than there are.
pub fn whole(exact: f64, already: u64) -> (u64, u64) {
    let needed = exact.ceil() as u64;
    (needed, needed.saturating_sub(already))
}

/// Variances of a paired comparison of graded scores: of the difference between examples, and of repeats within each arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeats {
    pub between: f64,
    pub within: [f64; 2],
    /// Answers to each example by arm, at least 1.
    pub answers: [f64; 2],
}

impl Repeats {
    fn variance(&self) -> f64 {
        self.between + self.within[0] / self.answers[0] + self.within[1] / self.answers[1]
    }

    /// Examples with which an effect is found with this power; not rounded.
    pub fn examples(&self, effect: f64, level: f64, power: f64) -> Result<f64, Undefined> {
        if effect == 0.0 {
            return Err(Undefined::OutOfDomain);
        }
        let z = -normal_quantile(level) + normal_quantile(power);
        Ok(z * z * self.variance() / (effect * effect))
    }

    /// The smallest effect that so many examples find with this power.
    pub fn least_effect(&self, examples: f64, level: f64, power: f64) -> Result<f64, Undefined> {
        if examples <= 0.0 {
            return Err(Undefined::NoData);
        }
        let z = -normal_quantile(level) + normal_quantile(power);
        Ok(z * sqrt(self.variance() / examples))
    }
}

/// Observations with which a one-sample t test, one-sided, finds a mean of `effect` standard deviations; not rounded.
pub fn one_sample_t(effect: f64, level: f64, power: f64) -> Result<f64, Undefined> {
    /// Nobody plans for more; and below, a plan says nothing.
    const MOST: f64 = 1e9;
    const LEAST: f64 = 1.01;
    let found = |n: f64| t_power(n, effect, level);
    let sound = |share: f64| share > 0.0 && share < 1.0;
    if !(effect > 0.0 && sound(level) && sound(power)) || found(MOST) < power || found(LEAST) >= power {
        return Err(Undefined::OutOfDomain);
    }
    // Fewer than two observations carry no test; as a size that is rounded up, the equation is solved there all the same.
    if found(2.0) >= power {
        return Ok(bisect(LEAST, 2.0, |n| found(n) >= power));
    }
    // The power rises with n: double until it is enough, then halve what is left.
    let mut enough = 4.0;
    while found(enough) < power {
        enough *= 2.0;
    }
    Ok(bisect(0.5 * enough, enough, |n| found(n) >= power))
}

/// P(T > critical) of Student's noncentral t: the normal tail averaged over the chi distribution of the standard deviation. In
/// its logarithm that is smooth and dies out on both sides, where the trapezoidal rule is exact to the last digits.
fn t_power(n: f64, effect: f64, level: f64) -> f64 {
    const STEPS: f64 = 1000.0;
    /// Below one degree of freedom the logarithm spreads wide; a step stays as fine.
    const FINEST: f64 = 0.05;
    /// Logarithms below this are nothing.
    const NOTHING: f64 = 40.0;
    let df = n - 1.0;
    let (critical, shift) = (t_upper(level, df), effect * sqrt(n));
    let (from, to) = (-NOTHING / df - sqrt(2.0 * NOTHING / df), sqrt(NOTHING / df));
    let steps = STEPS.max((to - from) / FINEST).ceil() as u32;
    let step = (to - from) / f64::from(steps);
    let (mut sum, mut whole) = (0.0, 0.0);
    for at in 0..=steps {
        let log_s = from + step * f64::from(at);
        let weight = exp(df * (log_s - 0.5 * expm1(2.0 * log_s)));
        whole += weight;
        sum += weight * normal_sf(critical * exp(log_s) - shift);
    }
    sum / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_without_room_has_no_size() {
        let plan = PairedPlan { gained: 0.02, lost: 0.06, difference: -0.05, margin: 0.05, design_effect: 1.0 };
        assert_eq!(plan.pairs(0.05, 0.8), Err(Undefined::OutOfDomain));
        // Section 3.13 of the method: 8 % discordance and 3 points need 550 pairs.
        let plan = PairedPlan { gained: 0.04, lost: 0.04, difference: 0.0, margin: 0.03, design_effect: 1.0 };
        assert_eq!(whole(plan.pairs(0.05, 0.8).unwrap(), 400), (550, 150));
    }

    #[test]
    fn a_t_test_needs_a_little_more_than_a_normal_one() {
        let normal = (1.644_853_627 + 0.841_621_234_f64).powi(2) / 0.09;
        let t = one_sample_t(0.3, 0.05, 0.8).unwrap();
        assert!(t > normal && t < normal + 2.5, "{t} {normal}");
        assert_eq!(one_sample_t(0.0, 0.05, 0.8), Err(Undefined::OutOfDomain));
        assert_eq!(one_sample_t(0.3, 0.05, 1.0), Err(Undefined::OutOfDomain));
        // An effect that two observations more than show (statsmodels 0.15).
        assert!((one_sample_t(6.0, 0.05, 0.8).unwrap() - 1.981_639_467).abs() < 1e-6);
        assert!((one_sample_t(2.5, 0.2, 0.6).unwrap() - 1.278_139_266).abs() < 1e-6);
    }
}

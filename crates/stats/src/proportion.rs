//! Intervals for the share of independent trials that passed.
//!
//! in      passes, trials, a one-sided level (half of it for a two-sided interval); passes may be fractional (effective counts)
//! out     an interval in [0, 1] that holds the share seen
//! errors  `NoData` without trials; `OutOfDomain` for a level outside (0, 1), or more passes than trials
//! source  Clopper & Pearson 1934; Wilson 1927; Brown, Cai & DasGupta 2001 for Jeffreys' (its plain quantiles, without the
//!         repair at the ends)
//! not for clustered or weighted trials: see `weigh`

use crate::special::{beta_quantile, beta_upper, normal_quantile};
use crate::{Interval, Undefined};
use libm::sqrt;

/// Exact, never too narrow: the default wherever trials are independent.
pub fn clopper_pearson(passed: f64, trials: f64, level: f64) -> Result<Interval, Undefined> {
    let failed = failed(passed, trials, level)?;
    Ok(Interval { lower: beta_quantile(level, passed, failed + 1.0), upper: beta_upper(level, passed + 1.0, failed) })
}

/// The score interval: narrower, right on average over rates, and for display.
pub fn wilson(passed: f64, trials: f64, level: f64) -> Result<Interval, Undefined> {
    let failed = failed(passed, trials, level)?;
    let z2 = square(normal_quantile(level));
    let (total, share) = (trials + z2, passed / trials);
    let middle = (passed + 0.5 * z2) / total;
    let half = sqrt(z2 * (trials * share * (1.0 - share) + 0.25 * z2)) / total;
    Ok(Interval {
        lower: if passed <= 0.0 { 0.0 } else { middle - half },
        upper: if failed <= 0.0 { 1.0 } else { middle + half },
    })
}

/// Equal tails of the posterior under Jeffreys' prior; for display.
pub fn jeffreys(passed: f64, trials: f64, level: f64) -> Result<Interval, Undefined> {
    let failed = failed(passed, trials, level)?;
    let (a, b) = (passed + 0.5, failed + 0.5);
    Ok(Interval { lower: beta_quantile(level, a, b), upper: beta_upper(level, a, b) })
}

fn failed(passed: f64, trials: f64, level: f64) -> Result<f64, Undefined> {
    if trials <= 0.0 {
        return Err(Undefined::NoData);
    }
    if trials.is_finite() && (0.0..=trials).contains(&passed) && level > 0.0 && level < 1.0 {
        Ok(trials - passed)
    } else {
        Err(Undefined::OutOfDomain)
    }
}

fn square(x: f64) -> f64 {
    x * x
}

/// Three in `n`: the bound at 95 % for an event never seen in `n` trials, in a form for prose.
pub fn rule_of_three(trials: u64) -> Result<f64, Undefined> {
    if trials == 0 { Err(Undefined::NoData) } else { Ok(3.0 / trials as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Values by mpmath 1.3: 0.5^(1/n) and its kin.
    #[test]
    fn a_tiny_level_loses_no_digits() {
        let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-12, "got {got}, want {want}");
        let level = 1e-12;
        // None of 10 passed: 1 - level^(1/10); and one of one: level.
        near(clopper_pearson(0.0, 10.0, level).unwrap().upper, 1.0 - 0.1f64.powf(1.2));
        near(clopper_pearson(1.0, 1.0, level).unwrap().lower, level);
        // z = 7.034483825301..., z^2 / (n + z^2).
        let z2 = 49.483_962_688_423_23;
        assert!((wilson(0.0, 10.0, level).unwrap().upper - z2 / (10.0 + z2)).abs() < 1e-12);
        let mirrored = jeffreys(7.0, 10.0, level).unwrap();
        near(1.0 - mirrored.upper, jeffreys(3.0, 10.0, level).unwrap().lower);
        // As many that half passed as there are people in a state: the ends lie 9.8e-5 apart from it, and in order.
        let many = clopper_pearson(5e7, 1e8, 0.025).unwrap();
        near(many.lower, 0.499_901_996_801_959_3);
        near(many.upper, 0.500_098_003_198_040_8);
    }

    #[test]
    fn a_level_that_is_none_is_undefined() {
        for level in [0.0, 1.0, -0.1, 1.5, f64::NAN] {
            for method in [clopper_pearson, wilson, jeffreys] {
                assert_eq!(method(5.0, 10.0, level), Err(Undefined::OutOfDomain), "{level}");
            }
        }
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_share_and_is_mirrored(trials in 1u32..400, part in 0.0f64..=1.0, level in 0.001f64..0.3) {
            let (trials, passed) = (f64::from(trials), (f64::from(trials) * part).floor());
            for method in [clopper_pearson, wilson] {
                let interval = method(passed, trials, level).unwrap();
                let mirrored = method(trials - passed, trials, level).unwrap();
                prop_assert!(interval.lower <= passed / trials + 1e-12 && passed / trials <= interval.upper + 1e-12);
                prop_assert!((interval.lower + mirrored.upper - 1.0).abs() < 1e-9);
                let doubled = method(2.0 * passed, 2.0 * trials, level).unwrap();
                prop_assert!(doubled.upper - doubled.lower <= interval.upper - interval.lower + 1e-9);
            }
        }
    }
}

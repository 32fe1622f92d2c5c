//! Intervals for the share of independent trials that passed.
//!
//! in      passes, trials, a one-sided level (half of it for a two-sided interval); passes may be fractional (effective counts)
//! out     an interval in [0, 1] that holds the share seen
//! errors  `NoData` without trials
//! source  Clopper & Pearson 1934; Wilson 1927; Brown, Cai & DasGupta 2001 for Jeffreys' (its plain quantiles, without the
//!         repair at the ends)
//! not for clustered or weighted trials: see `weigh`

use crate::special::{beta_quantile, normal_quantile};
use crate::{Interval, Undefined};
use libm::sqrt;

/// Exact, never too narrow: the default wherever trials are independent.
pub fn clopper_pearson(passed: f64, trials: f64, level: f64) -> Result<Interval, Undefined> {
    let failed = failed(passed, trials)?;
    Ok(Interval {
        lower: beta_quantile(level, passed, failed + 1.0),
        upper: beta_quantile(1.0 - level, passed + 1.0, failed),
    })
}

/// The score interval: narrower, right on average over rates, and for display.
pub fn wilson(passed: f64, trials: f64, level: f64) -> Result<Interval, Undefined> {
    let failed = failed(passed, trials)?;
    let z2 = square(normal_quantile(1.0 - level));
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
    let failed = failed(passed, trials)?;
    let quantile = |p| beta_quantile(p, passed + 0.5, failed + 0.5);
    Ok(Interval { lower: quantile(level), upper: quantile(1.0 - level) })
}

fn failed(passed: f64, trials: f64) -> Result<f64, Undefined> {
    if trials <= 0.0 {
        return Err(Undefined::NoData);
    }
    if (0.0..=trials).contains(&passed) { Ok(trials - passed) } else { Err(Undefined::OutOfDomain) }
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

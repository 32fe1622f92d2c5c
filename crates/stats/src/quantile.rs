//! A quantile's interval from order statistics, whatever the distribution.
//!
//! in      values, with weights where they have some; a quantile in (0, 1), a one-sided level (each side), and how many independent
//!         values they are worth
//! out     the smallest value that is not below the quantile, and the values between which the quantile lies; a side does not exist where
//!         there are too few values for it
//! errors  `NoData` without values; `OutOfDomain` for a quantile outside (0, 1)
//! source  Conover 1999, ch. 3, as in scipy's `quantile_test`; Woodruff 1952 for values with weights
//! not for gates, which ask for the share beyond a limit instead: that is a rate

use crate::Undefined;
use crate::binomial::binomial_ends;

/// As close to a share of the weight is as good as there: sums of weights are rounded.
const ROUNDING: f64 = 1e-9;

/// The two ends; `TooFew` on a side where no value bounds the quantile at this level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileBounds {
    pub lower: Result<f64, Undefined>,
    pub upper: Result<f64, Undefined>,
}

/// In the unit of the values, which are independent.
pub fn quantile_bounds(values: &[f64], quantile: f64, level: f64) -> Result<QuantileBounds, Undefined> {
    let ordered = Ordered::of(values.iter().map(|value| (*value, 1.0)).collect())?;
    ordered.bounds(quantile, level, values.len() as u64)
}

/// Values in order, each with the weight of all up to it; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordered(Vec<(f64, f64)>);

impl Ordered {
    /// Values with their weights, which are above 0.
    pub fn of(mut values: Vec<(f64, f64)>) -> Result<Self, Undefined> {
        if values.is_empty() {
            return Err(Undefined::NoData);
        }
        values.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut sum = 0.0;
        for (_, weight) in &mut values {
            sum += *weight;
            *weight = sum;
        }
        Ok(Ordered(values))
    }

    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// The smallest value that at least this share of the weight does not exceed.
    pub fn at(&self, share: f64) -> f64 {
        let last = self.0.len() - 1;
        let asked = (share - ROUNDING) * self.0[last].1;
        self.0[self.0.partition_point(|(_, sum)| *sum < asked).min(last)].0
    }

    /// The ends of a quantile, of values that are worth so many independent ones.
    pub fn bounds(&self, quantile: f64, level: f64, independent: u64) -> Result<QuantileBounds, Undefined> {
        if !(quantile > 0.0 && quantile < 1.0 && level > 0.0 && level < 1.0) {
            return Err(Undefined::OutOfDomain);
        }
        let (low, high) = binomial_ends(independent, quantile, level);
        let at = |rank: u64| self.at(rank as f64 / independent as f64);
        Ok(QuantileBounds {
            lower: if low > 0 { Ok(at(low)) } else { Err(Undefined::TooFew) },
            upper: if high < independent { Ok(at(high + 1)) } else { Err(Undefined::TooFew) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_values_have_no_upper_bound_for_the_95th_percentile() {
        let values = |count: u32| (0..count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(quantile_bounds(&values(20), 0.95, 0.025).unwrap().upper, Err(Undefined::TooFew));
        assert_eq!(quantile_bounds(&values(71), 0.95, 0.025).unwrap().upper, Err(Undefined::TooFew));
        assert_eq!(quantile_bounds(&values(72), 0.95, 0.025).unwrap().upper, Ok(71.0));
    }

    #[test]
    fn two_alike_are_one_of_twice_the_weight() {
        let twice = Ordered::of((0..80).map(|at| (f64::from(at / 2), 1.0)).collect()).unwrap();
        let once = Ordered::of((0..40).map(|at| (f64::from(at), 2.0)).collect()).unwrap();
        for quantile in [0.5, 0.95] {
            assert_eq!(twice.at(quantile), once.at(quantile));
            assert_eq!(twice.bounds(quantile, 0.025, 40), once.bounds(quantile, 0.025, 40));
        }
        let values: Vec<f64> = (0..40).map(f64::from).collect();
        assert_eq!(twice.bounds(0.5, 0.025, 40), quantile_bounds(&values, 0.5, 0.025));
        // Of Binomial(40, 1/2): P(X <= 13) < .025 <= P(X <= 14), so the 14th and the 27th of forty values.
        let bounds = once.bounds(0.5, 0.025, 40).unwrap();
        assert_eq!((bounds.lower, bounds.upper, once.at(0.5)), (Ok(13.0), Ok(26.0), 19.0));
    }
}

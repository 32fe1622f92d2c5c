//! A quantile's interval from order statistics, whatever the distribution.
//!
//! in      independent values, a quantile in (0, 1), a one-sided level (each side)
//! out     the values between which the quantile lies; a side does not exist where there are too few values for it
//! errors  `NoData` without values; `OutOfDomain` for a quantile outside (0, 1)
//! source  Conover 1999, ch. 3; as in scipy's `quantile_test`
//! not for clustered values; gates ask for the share beyond a limit instead, which is a rate

use crate::Undefined;
use crate::binomial::binomial_ends;

/// The two ends; `TooFew` on a side where no value bounds the quantile at this level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileBounds {
    pub lower: Result<f64, Undefined>,
    pub upper: Result<f64, Undefined>,
}

/// In the unit of the values.
pub fn quantile_bounds(values: &[f64], quantile: f64, level: f64) -> Result<QuantileBounds, Undefined> {
    if values.is_empty() {
        return Err(Undefined::NoData);
    }
    if !(quantile > 0.0 && quantile < 1.0 && level > 0.0 && level < 1.0) {
        return Err(Undefined::OutOfDomain);
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = binomial_ends(sorted.len() as u64, quantile, level);
    let at = |index: Option<u64>| index.and_then(|index| sorted.get(index as usize).copied()).ok_or(Undefined::TooFew);
    Ok(QuantileBounds { lower: at(low.checked_sub(1)), upper: at(Some(high)) })
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
}

//! Numbers that know their range.

mod written;

pub use written::{
    Rounding, percent, percent_at_most, percent_between, plural, signed, with_sign, without_sign_of_zero,
};
pub(crate) use written::{is_whole, share_in, usual_digits};

use std::fmt;
use std::ops::RangeInclusive;

/// A share of trials, in [0, 1]. Never a percentage.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

/// The number that was no share.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not between 0 and 1")]
pub struct NotAShare(pub f64);

impl Share {
    pub const ZERO: Share = Share(0.0);
    pub const ONE: Share = Share(1.0);

    /// Refuses what lies outside [0, 1], NaN included.
    pub fn new(value: f64) -> Result<Self, NotAShare> {
        if (0.0..=1.0).contains(&value) { Ok(Self(value)) } else { Err(NotAShare(value)) }
    }

    pub fn get(self) -> f64 {
        self.0
    }

    pub fn of(passed: bool) -> Self {
        if passed { Self::ONE } else { Self::ZERO }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} %", self.0 * 100.0)
    }
}

/// A finite amount that is not negative: money, milliseconds, a weight.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Amount(f64);

/// The number that was no amount.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a finite number from 0 up")]
pub struct NotAnAmount(pub f64);

/// The most that a measure may be: 30,000 years in milliseconds. Far beyond it the square of a number is no number any more.
pub const LARGEST_AMOUNT: f64 = 1e15;
/// A weight is 0, or lies in here: what stands for less or more than that drowns in the others, or drowns them.
pub const WEIGHTS: RangeInclusive<f64> = 1e-9..=1e9;
/// The least chance with which anything is drawn; its weight is the largest.
pub const LEAST_CHANCE: f64 = 1e-9;

/// Whether a measure is small enough to be calculated with.
pub fn is_measurable(amount: f64) -> bool {
    (0.0..=LARGEST_AMOUNT).contains(&amount)
}

pub fn is_weight(weight: f64) -> bool {
    weight == 0.0 || WEIGHTS.contains(&weight)
}

impl Amount {
    pub const ZERO: Amount = Amount(0.0);
    pub const ONE: Amount = Amount(1.0);

    /// Refuses negative numbers, infinities and NaN.
    pub fn new(value: f64) -> Result<Self, NotAnAmount> {
        if value.is_finite() && value >= 0.0 { Ok(Self(value)) } else { Err(NotAnAmount(value)) }
    }

    pub fn get(self) -> f64 {
        self.0
    }
}

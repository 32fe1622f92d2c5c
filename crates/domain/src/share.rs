//! Numbers that know their range.

use std::fmt;

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

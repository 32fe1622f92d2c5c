//! A difference of two shares on the same examples: Tango's score, and Newcombe's interval beside it.
//!
//! in      discordant pairs, gained and lost, out of `n`; fractional where they are effective counts
//! out     the score of a supposed difference; an interval in [-1, 1]
//! errors  `NoData` without pairs; `OutOfDomain` where more are discordant than there are
//! source  Tango 1998, Statist. Med. 17:891, the constrained estimate in closed form; Newcombe 1998, Statist. Med. 17:2635,
//!         method 10 (square and add, phi corrected for continuity)
//! not for clustered pairs: `weigh` puts effective counts here

use crate::proportion::wilson;
use crate::special::{bisect, normal_quantile, normal_sf};
use crate::{Interval, Undefined};
use libm::sqrt;

/// Pairs of one comparison: `gained` passed for the candidate only, `lost` for production only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pairs {
    pub gained: f64,
    pub lost: f64,
    pub pairs: f64,
}

impl Pairs {
    pub fn of(gained: f64, lost: f64, pairs: f64) -> Result<Self, Undefined> {
        if pairs <= 0.0 {
            return Err(Undefined::NoData);
        }
        let sound = gained >= 0.0 && lost >= 0.0 && gained + lost <= pairs * (1.0 + 1e-12);
        if sound { Ok(Pairs { gained, lost, pairs }) } else { Err(Undefined::OutOfDomain) }
    }

    pub fn difference(&self) -> f64 {
        (self.gained - self.lost) / self.pairs
    }

    /// Tango's score of a true difference `x` in (-1, 1); positive where the data lie above it.
    pub fn score(&self, x: f64) -> f64 {
        let above = self.gained - self.lost - self.pairs * x;
        let spread = self.pairs * self.spread_supposing(x);
        if spread > 0.0 {
            above / sqrt(spread)
        } else if above == 0.0 {
            0.0
        } else {
            above.signum() * f64::INFINITY
        }
    }

    /// The variance of one pair's difference, were the true difference `x`: the constrained estimate in closed form.
    pub(crate) fn spread_supposing(&self, x: f64) -> f64 {
        let (n, b, c) = (self.pairs, self.gained, self.lost);
        let a2 = 2.0 * n;
        let b2 = -b - c + (2.0 * n - b + c) * x;
        let c2 = -c * x * (1.0 - x);
        let q = (sqrt((b2 * b2 - 4.0 * a2 * c2).max(0.0)) - b2) / (2.0 * a2);
        2.0 * q + x * (1.0 - x)
    }

    /// The differences whose score lies within `critical` standard errors.
    pub fn within(&self, critical: f64) -> Interval {
        let theta = self.difference();
        Interval {
            lower: bisect(-1.0, theta, |x| self.score(x) <= critical),
            upper: bisect(theta, 1.0, |x| self.score(x) <= -critical),
        }
    }

    /// The score interval with normal critical values, `level` on each side.
    pub fn interval(&self, level: f64) -> Interval {
        self.within(-normal_quantile(level))
    }

    /// p of H0: the difference is at most -margin.
    pub fn p_noninferior(&self, margin: f64) -> f64 {
        normal_sf(self.score(-margin))
    }
}

/// Newcombe's method 10 on a whole 2x2 table; for display. `level` on each side.
pub fn newcombe(both: u64, gained: u64, lost: u64, neither: u64, level: f64) -> Result<Interval, Undefined> {
    let [n11, n10, n01, n00] = [both, gained, lost, neither].map(|count| count as f64);
    let n = n11 + n10 + n01 + n00;
    let (first, second) = (n11 + n10, n11 + n01);
    let (one, two) = (wilson(first, n, level)?, wilson(second, n, level)?);
    let (p1, p2) = (first / n, second / n);
    let phi = phi(n11 * n00 - n10 * n01, n, first * (n - first) * second * (n - second));
    let side = |a: f64, b: f64| sqrt((a * a - 2.0 * phi * a * b + b * b).max(0.0));
    let difference = (n10 - n01) / n;
    Ok(Interval {
        lower: difference - side(p1 - one.lower, two.upper - p2),
        upper: difference + side(one.upper - p1, p2 - two.lower),
    })
}

/// Newcombe's correlation of the arms: corrected where positive, 0 where a margin is empty.
fn phi(product: f64, n: f64, margins: f64) -> f64 {
    if margins <= 0.0 {
        return 0.0;
    }
    let corrected = if product > 0.0 { (product - 0.5 * n).max(0.0) } else { product };
    corrected / sqrt(margins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn swapping_the_arms_mirrors_the_interval(gained in 0u32..60, lost in 0u32..60, same in 1u32..300) {
            let pairs = |b, c| Pairs::of(f64::from(b), f64::from(c), f64::from(b + c + same)).unwrap();
            let (one, other) = (pairs(gained, lost), pairs(lost, gained));
            let (a, b) = (one.interval(0.025), other.interval(0.025));
            prop_assert!((a.lower + b.upper).abs() < 1e-9 && (a.upper + b.lower).abs() < 1e-9);
            prop_assert!(a.lower <= one.difference() + 1e-12 && one.difference() <= a.upper + 1e-12);
        }
    }
}

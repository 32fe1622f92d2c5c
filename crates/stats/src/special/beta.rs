//! The regularised incomplete beta function and its inverse, at any shapes.
//!
//! in      x in [0, 1], two shapes; a shape of 0 is a point mass at its end
//! out     both tails, each by its ratio where it is the smaller one; quantiles by their ratio near either end
//! errors  NaN where an argument is none
//! source  continued fraction of DiDonato & Morris 1992, ACM Trans. Math. Softw. 18:360 (TOMS 708, BFRAC), whose terms are all positive
//!         before the mean, by the steps of Lentz 1976; beside an end with a shape below 1 their power series (BPSER); x^a (1-x)^b / B(a, b) by deviances and Stirling's series (Loader 2000), since
//!         logarithms of gamma functions leave no digits at large shapes

use libm::{exp, log, log1p, sqrt};
use std::f64::consts::{LN_2, TAU};

/// As many as shapes of 1e15 ask for at the mean; small or unequal ones take dozens.
const FRACTION_STEPS: u32 = 1_000_000;
const FRACTION_ENDS: f64 = 4e-16;
/// The series beside an end is taken where the other shape, so many times as near, is no more: its terms fall from the first on.
const SERIES_REACHES: f64 = 0.7;
const SERIES_ENDS: f64 = 1e-17;
/// A tail of which what is left has digits enough; nearer to an end than this, the fraction takes too many steps to leave more.
const MOST_TO_COMPLEMENT: f64 = 0.9;
const CRAWLS: f64 = 1e-8;
/// Steps towards a quantile: each doubles the digits, or halves what is left.
const QUANTILE_STEPS: u32 = 200;
const QUANTILE_ENDS: f64 = 4e-16;
const QUANTILE_SETTLES: f64 = 1e-11;
/// A shape below is none: 1 over it is no double any more.
const LEAST_SHAPE: f64 = 1e-280;
/// ln of the smallest double with all its digits.
const LOG_LEAST: f64 = -708.396_418_532_264_1;

/// P(X <= x) and P(X > x), and x (1 - x) times the density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tails {
    pub lower: f64,
    pub upper: f64,
    pub power: f64,
}

/// Of x in (0, 1) and y = 1 - x, which is given since it may be small; shapes above 0.
pub(super) fn tails(x: f64, y: f64, a: f64, b: f64) -> Tails {
    let power = exp(log_power(x, y, a, b));
    let complements = |near: f64| move |tail: &f64| *tail <= MOST_TO_COMPLEMENT || near < CRAWLS;
    if let Some(upper) = beside_end(power, y, b, a).filter(complements(y)) {
        Tails { lower: 1.0 - upper, upper, power }
    } else if let Some(lower) = beside_end(power, x, a, b).filter(complements(x)) {
        Tails { lower, upper: 1.0 - lower, power }
    } else if b * x <= a * y {
        let lower = (power / fraction(x, y, a, b)).min(1.0);
        Tails { lower, upper: 1.0 - lower, power }
    } else {
        let upper = (power / fraction(y, x, b, a)).min(1.0);
        Tails { lower: 1.0 - upper, upper, power }
    }
}

/// The tail of one side, and x (1 - x) times the density.
fn one_tail(side: Side, x: f64, y: f64, a: f64, b: f64) -> (f64, f64) {
    let power = exp(log_power(x, y, a, b));
    let tail = match side {
        Side::Lower => beside_end(power, x, a, b).unwrap_or_else(|| tails(x, y, a, b).lower),
        Side::Upper => beside_end(power, y, b, a).unwrap_or_else(|| tails(x, y, a, b).upper),
    };
    (tail, power)
}

/// One side's tail at x; a point mass where a shape is 0.
fn tail_at(side: Side, x: f64, a: f64, b: f64) -> f64 {
    let (no_a, no_b) = (a < LEAST_SHAPE, b < LEAST_SHAPE);
    let lower = |is_lower: bool| if (side == Side::Lower) == is_lower { 1.0 } else { 0.0 };
    if !(x.is_finite() && a.is_finite() && b.is_finite()) {
        f64::NAN
    } else if x <= 0.0 || no_b && x < 1.0 {
        lower(false)
    } else if x >= 1.0 || no_a {
        lower(true)
    } else {
        one_tail(side, x, 1.0 - x, a, b).0
    }
}

/// Regularised incomplete beta function, the distribution function of Beta(a, b).
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    tail_at(Side::Lower, x, a, b)
}

/// 1 - `beta_cdf`, small tails as exact as large ones.
pub fn beta_sf(x: f64, a: f64, b: f64) -> f64 {
    tail_at(Side::Upper, x, a, b)
}

/// The x with `beta_cdf(x, a, b) = p`; the least such x where there are several.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    quantile(p, Side::Lower, a, b)
}

/// The x with `beta_sf(x, a, b) = tail`, however small the tail.
pub fn beta_upper(tail: f64, a: f64, b: f64) -> f64 {
    quantile(tail, Side::Upper, a, b)
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Lower,
    Upper,
}

fn quantile(tail: f64, side: Side, a: f64, b: f64) -> f64 {
    let (least, most) = if side == Side::Lower { (0.0, 1.0) } else { (1.0, 0.0) };
    if !(tail.is_finite() && a.is_finite() && b.is_finite()) {
        return f64::NAN;
    }
    if a < LEAST_SHAPE {
        return 0.0;
    }
    if b < LEAST_SHAPE {
        return 1.0;
    }
    match tail {
        tail if tail <= 0.0 => least,
        tail if tail >= 1.0 => most,
        tail if tail <= 0.5 => inside(tail, side, a, b),
        tail if side == Side::Lower => inside(1.0 - tail, Side::Upper, a, b),
        tail => inside(1.0 - tail, Side::Lower, a, b),
    }
}

/// Newton's steps on the logarithm of the tail, by the logarithm of the distance to the nearer end, between bounds that only close in.
fn inside(tail: f64, side: Side, a: f64, b: f64) -> f64 {
    let (at_half, goal) = (tail_at(side, 0.5, a, b), log(tail));
    let from_left = if side == Side::Lower { tail <= at_half } else { tail >= at_half };
    let rising = from_left == (side == Side::Lower);
    let ends = |near: f64| if from_left { (near, 1.0 - near) } else { (1.0 - near, near) };
    let (mut low, mut high) = (LOG_LEAST, -LN_2);
    let mut at = log(near_quantile(tail, side, a, b, from_left)).clamp(low, high);
    for _ in 0..QUANTILE_STEPS {
        let (x, y) = ends(exp(at));
        let (found, power) = one_tail(side, x, y, a, b);
        let miss = log(found) - goal;
        if (miss > 0.0) == rising {
            high = at;
        } else {
            low = at;
        }
        let slope = power / found / if from_left { y } else { x };
        let newton = if rising { at - miss / slope } else { at + miss / slope };
        let is_between = newton > low && newton < high;
        let next = if is_between { newton } else { 0.5 * (low + high) };
        // Where digits double, half of them are enough to know that the next step has them all.
        let settled = is_between && (next - at).abs() <= QUANTILE_SETTLES * at.abs().max(1.0);
        if settled || next == at || (newton - at).abs() <= QUANTILE_ENDS * at.abs().max(1.0) {
            at = if settled { next } else { at };
            break;
        }
        at = next;
    }
    // Nearer to the end than any double: the end.
    let near = if at <= LOG_LEAST + 1e-9 { 0.0 } else { exp(at) };
    ends(near).0
}

/// About where a quantile lies, by its distance to an end: two digits or more where both shapes are above 1; else the mean.
fn near_quantile(tail: f64, side: Side, a: f64, b: f64, from_left: bool) -> f64 {
    let mean = if from_left { a / (a + b) } else { b / (a + b) };
    if a <= 1.0 || b <= 1.0 {
        return mean;
    }
    // Abramowitz & Stegun 26.2.23, the normal quantile to three digits, and 26.5.22.
    let t = sqrt(-2.0 * log(tail));
    let z =
        t - (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    let z = if side == Side::Lower { z } else { -z };
    let (of_a, of_b) = (1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0));
    let (h, lambda) = (2.0 / (of_a + of_b), (z * z - 3.0) / 6.0);
    let w = z * sqrt(h + lambda) / h - (of_b - of_a) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
    let near = if from_left { a / (a + b * exp(2.0 * w)) } else { b / (b + a * exp(-2.0 * w)) };
    if near > 0.0 && near <= 1.0 { near } else { mean }
}

/// The tail beside an end where the shape is below 1, near enough to it: there the fraction crawls, the more the smaller the shape.
fn beside_end(power: f64, near: f64, shape: f64, other: f64) -> Option<f64> {
    if shape >= 1.0 || near > 0.5 || other * near > SERIES_REACHES {
        return None;
    }
    let (mut sum, mut term, mut n) = (0.0, 1.0, 1.0);
    loop {
        term *= (n - other) / n * near;
        let more = shape * term / (shape + n);
        sum += more;
        if more.abs() <= SERIES_ENDS {
            // power over far^other is near^shape / B.
            return Some((power / shape * exp(-other * log1p(-near)) * (1.0 + sum)).min(1.0));
        }
        n += 1.0;
    }
}

/// x^a y^b / B(a, b) over the lower tail, for x at or before the mean.
fn fraction(x: f64, y: f64, a: f64, b: f64) -> f64 {
    let lambda = a * y - b * x;
    let partial = |m: f64| {
        let odd = (a + m) / (a + 2.0 * m + 1.0) * (lambda + 1.0 + m * (1.0 + y));
        if m > 0.0 { odd + m + m * (b - m) / (a + 2.0 * m - 1.0) * x } else { odd }
    };
    let mut value = partial(0.0);
    let (mut c, mut d) = (value, 0.0);
    for step in 1..=FRACTION_STEPS {
        let m = f64::from(step);
        let below = a + 2.0 * m - 1.0;
        let above = (a + m - 1.0) / below * ((a + b + m - 1.0) / below) * (m * (b - m) * x * x);
        let partial = partial(m);
        d = 1.0 / (partial + above * d);
        c = partial + above / c;
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() <= FRACTION_ENDS || !value.is_finite() {
            break;
        }
    }
    value
}

/// ln of x^a y^b / B(a, b).
fn log_power(x: f64, y: f64, a: f64, b: f64) -> f64 {
    let (n, above) = (a + b, b * x - a * y);
    let deviance = deviance(a, n * x, above) + deviance(b, n * y, -above);
    log(sqrt(a / n * b / TAU)) - deviance + stirling(n) - stirling(a) - stirling(b)
}

/// a ln(a / other) + other - a, where `other` - a = `above` is known without cancellation.
fn deviance(a: f64, other: f64, above: f64) -> f64 {
    let ratio = above / a;
    if ratio.abs() >= 0.5 {
        return above - a * log(other / a);
    }
    // ln(1 + u) = 2 (r + r^3/3 + r^5/5 + ...), r = u / (2 + u).
    let r = ratio / (2.0 + ratio);
    let (mut sum, mut power, mut of) = (0.0f64, r * r * r, 3.0);
    while power.abs() > sum.abs() * 1e-17 && of < 99.0 {
        sum += power / of;
        power *= r * r;
        of += 2.0;
    }
    a * (ratio * r - 2.0 * sum)
}

/// What Stirling's formula lacks of ln gamma(z).
fn stirling(z: f64) -> f64 {
    let (mut z, mut sum) = (z, 0.0);
    while z < 16.0 {
        sum += (z + 0.5) * log1p(1.0 / z) - 1.0;
        z += 1.0;
    }
    let r = 1.0 / (z * z);
    let series = 1.0 / 1188.0 - r * (691.0 / 360_360.0);
    sum + (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r * series)))) / z
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(got: f64, want: f64) {
        assert!((got / want - 1.0).abs() < 1e-11, "got {got:e}, want {want:e}");
    }

    /// Values by mpmath 1.3 with 40 digits; the one of seven and of eighteen million by scipy 1.17.
    #[test]
    fn quantiles_agree_from_tiny_shapes_to_large_ones() {
        near(beta_quantile(0.05, 0.01, 5.0), 9.892_240_424_112_643e-132);
        near(beta_quantile(0.025, 0.031, 39.0), 3.127_701_568_973_971e-54);
        near(beta_quantile(1e-12, 3.0, 40.0), 4.433_072_240_512_014e-6);
        near(beta_quantile(0.025, 100.5, 1e5), 8.174_091_146_777_261e-4);
        near(beta_quantile(0.025, 1e5, 1e5), 0.497_808_701_431_692_02);
        near(beta_quantile(0.5, 1e5, 1e5), 0.5);
        near(beta_quantile(0.3, 7_397_813.9, 17_922_107.3), 0.292_126_257_014_078);
        near(beta_cdf(0.97, 4000.0, 1.5), 1.516_239_412_981_730_7e-52);
        near(beta_cdf(0.94, 7800.0, 200.0), 3.159_514_268_603_338e-50);
    }

    /// Values by mpmath 1.4 with 60 digits. A rate of 1 that lacks a rounding leaves such shapes.
    #[test]
    fn tails_beside_an_end_whose_shape_is_next_to_nothing_agree() {
        near(beta_sf(0.99995, 5001.0, 1e-9), 0.999_999_998_955_814_7);
        near(beta_sf(0.9999, 5001.0, 0.3), 0.813_841_446_102_985_4);
        near(beta_sf(1.0 - 2f64.powi(-40), 1001.0, 0.02), 0.666_887_474_414_855_6);
        near(beta_cdf(1e-7, 1e-6, 40.0), 0.999_988_135_513_061_8);
        near(beta_cdf(1e-12, 0.25, 3e3), 0.008_164_802_004_777_545);
        near(beta_cdf(3e-5, 0.4, 2e4), 0.785_350_472_841_778_3);
        near(beta_quantile(0.025, 0.05, 5001.0), 1.063_020_759_036_076_5e-36);
        near(beta_quantile(0.4, 0.3, 300.0), 0.000_112_590_951_432_207_67);
        assert_eq!([1e-7, 1e-9, 1e-12, 3e-14].map(|left| beta_upper(0.025, 20_001.0, left)), [1.0; 4]);
        // Of the far tail 1e-16 of the whole is known.
        let far = beta_cdf(1.0 - 2f64.powi(-33), 91.0, 1e-9);
        assert!((far - 1.779_128_620_865_906_8e-8).abs() < 2e-15, "{far:e}");
    }

    #[test]
    fn a_quantile_ends_at_its_ends() {
        assert_eq!([0.0, 1.0].map(|p| beta_quantile(p, 0.3, 7.0)), [0.0, 1.0]);
        assert_eq!([0.0, 1.0].map(|tail| beta_upper(tail, 0.3, 7.0)), [1.0, 0.0]);
        assert_eq!((beta_quantile(0.5, 0.0, 3.0), beta_quantile(0.5, 3.0, 0.0)), (0.0, 1.0));
        assert_eq!((beta_quantile(0.05, 1e-3, 5.0), beta_upper(0.05, 5.0, 1e-3)), (0.0, 1.0));
        assert_eq!((beta_cdf(0.0, 2.0, 3.0), beta_cdf(1.0, 2.0, 3.0), beta_sf(1.0, 2.0, 3.0)), (0.0, 1.0, 0.0));
    }

    proptest! {
        #[test]
        fn quantiles_lead_back_and_are_mirrored(
            log_a in -3.0f64..9.0, log_b in -3.0f64..9.0, log_tail in -300.0f64..-0.31,
        ) {
            let (a, b, tail) = (10f64.powf(log_a), 10f64.powf(log_b), 10f64.powf(log_tail));
            let x = beta_quantile(tail, a, b);
            // A double near 1 has no digits left for its distance to 1.
            if x > 1e-300 && x < 0.5 {
                // How far the tail moves where x moves by its last digit.
                let moves = tails(x, 1.0 - x, a, b).power / (1.0 - x) / tail * 1e-15;
                let back = beta_cdf(x, a, b);
                prop_assert!((back / tail - 1.0).abs() < 1e-10 + 1e3 * moves, "{a} {b} {tail}: {x} leads to {back}");
            }
            let mirrored = beta_upper(tail, b, a);
            prop_assert!((x + mirrored - 1.0).abs() < 1e-15 + 1e-12 * x.min(mirrored), "{x} {mirrored}");
        }
    }
}

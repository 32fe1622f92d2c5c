//! Distribution functions and the quantiles that libraries get wrong.
//!
//! in      finite numbers in the domain of each function; callers guarantee it by type or clamp before
//! out     probabilities in [0, 1]; quantiles to about 1e-12; NaN for NaN
//! source  the normal tail from `libm`, since that of `statrs` is good to 1e-10 only; the incomplete beta function is our own (`beta`),
//!         since the fraction of `statrs` ends after 140 terms, before it has converged from shapes of 1e5 on; Student's tail and quantile
//!         from it; the regularised incomplete gamma from `statrs`

mod beta;

pub use beta::{beta_cdf, beta_quantile, beta_sf, beta_upper};

use beta::{Tails, tails};
use libm::{erf, erfc, exp, log, sqrt};
use statrs::function::gamma::gamma_ur;
use std::f64::consts::SQRT_2;

/// Steps of bisection: halving [0, 1] this often ends below any double of interest.
const STEPS: u32 = 200;
/// Newton's steps: each doubles the digits, or the value where the tail is very heavy.
const NEWTON_STEPS: u32 = 200;
const NEWTON_ENDS: f64 = 1e-14;
const SQRT_TAU: f64 = 2.506_628_274_631_000_5;
/// From here on no double tells Student's t from the normal.
const NORMAL_FROM_DF: f64 = 1e20;
/// As far out as Student's quantile is looked for.
const FARTHEST_T: f64 = 1e30;

/// The end of the interval from which on the condition holds, given that it holds at `high`.
pub(crate) fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}

/// P(Z > x) of the standard normal.
pub fn normal_sf(x: f64) -> f64 {
    0.5 * erfc(x / SQRT_2)
}

/// The x with P(Z <= x) = p; infinite at 0 and 1.
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() {
        return p;
    }
    if p < 0.5 { -normal_upper(p) } else { normal_upper(1.0 - p) }
}

/// The x >= 0 with P(Z > x) = tail, for tail in [0, 0.5].
fn normal_upper(tail: f64) -> f64 {
    if tail <= 0.0 {
        return f64::INFINITY;
    }
    // The logarithm of the tail is concave: Newton's steps from the right of the root stay there.
    let mut x = sqrt(-2.0 * log(tail));
    for _ in 0..NEWTON_STEPS {
        let (sf, density) = (normal_sf(x), exp(-0.5 * x * x) / SQRT_TAU);
        let step = (log(tail) - log(sf)) * sf / density;
        x -= step;
        if step <= x * NEWTON_ENDS {
            break;
        }
    }
    // In the middle the tail has no digits left for a small x, but what it lacks of a half has.
    if tail > 0.25 {
        x = (0..3).fold(x, |x, _| x - (0.5 * erf(x / SQRT_2) - (0.5 - tail)) * SQRT_TAU * exp(0.5 * x * x));
    }
    x.max(0.0)
}

/// P(T > x) of Student's t with `df` > 0 degrees of freedom.
pub fn t_sf(x: f64, df: f64) -> f64 {
    if df >= NORMAL_FROM_DF {
        return normal_sf(x);
    }
    let tail = beyond(x, df).map_or(0.5, |beyond| 0.5 * beyond.lower);
    if x > 0.0 { tail } else { 1.0 - tail }
}

/// P(|T| > |x|) as a tail of Beta(df / 2, 1 / 2), whose power is |x| times the density of T; `None` in the middle.
fn beyond(x: f64, df: f64) -> Option<Tails> {
    let square = x / df * x;
    if square.is_nan() || df.is_nan() {
        return Some(Tails { lower: f64::NAN, upper: f64::NAN, power: f64::NAN });
    }
    let (far, near) = (1.0 / (1.0 + square), square / (1.0 + square));
    if near <= 0.0 {
        return None;
    }
    let nothing_left = far < f64::MIN_POSITIVE || square.is_infinite();
    Some(if nothing_left { Tails { lower: 0.0, upper: 1.0, power: 0.0 } } else { tails(far, near, 0.5 * df, 0.5) })
}

/// The t >= 0 with P(T > t) = tail, for tail in (0, 0.5]; at most 1e30, which very few degrees of freedom reach.
pub fn t_upper(tail: f64, df: f64) -> f64 {
    if tail.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    let normal = normal_upper(tail);
    if df >= NORMAL_FROM_DF || normal == 0.0 {
        return normal.min(FARTHEST_T);
    }
    // Heavier than the normal tail, so that Newton's steps start left of the root: for a small t on what the tail lacks of a half, which
    // is concave; for a larger one on logarithms, where a heavy tail is a line.
    let mut x = normal.min(FARTHEST_T);
    for _ in 0..NEWTON_STEPS {
        let Some(Tails { lower, upper, power }) = beyond(x, df) else { break };
        let step = if tail > 0.25 {
            (0.5 - tail - 0.5 * upper) / power
        } else {
            exp(log(0.5 * lower / tail) * 0.5 * lower / power) - 1.0
        };
        // Nothing is left of the tail: further out than it can be followed.
        if step.is_nan() {
            break;
        }
        x = (x + x * step).min(FARTHEST_T);
        if step.abs() <= NEWTON_ENDS || x >= FARTHEST_T {
            break;
        }
    }
    x.max(0.0)
}

/// The t with P(T <= t) = p; infinite at 0 and 1.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    match p {
        p if p <= 0.0 => f64::NEG_INFINITY,
        p if p >= 1.0 => f64::INFINITY,
        p if p < 0.5 => -t_upper(p, df),
        p => t_upper(1.0 - p, df),
    }
}

/// P(X > x) of chi-square; 1 without degrees of freedom, where x is 0 too.
pub fn chi_square_sf(x: f64, df: f64) -> f64 {
    if x.is_nan() || df.is_nan() {
        return f64::NAN;
    }
    if x.is_infinite() && x > 0.0 && df > 0.0 {
        return 0.0;
    }
    if x <= 0.0 || df <= 0.0 { 1.0 } else { gamma_ur(0.5 * df, 0.5 * x).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lead_back_to_their_tails() {
        for tail in [0.5, 0.49, 0.3, 0.05, 0.025, 1e-3, 1e-6, 1e-12, 1e-30] {
            assert!((normal_sf(normal_upper(tail)) / tail - 1.0).abs() < 1e-10, "{tail}");
            for df in [0.5, 1.0, 1.7, 2.0, 5.0, 11.3, 40.0, 1e3, 9.9e4, 1.1e5, 1e7, 1e12, 1e19, 1e21, 1e300] {
                let t = t_upper(tail, df);
                let back = t_sf(t, df);
                assert!((back / tail - 1.0).abs() < 1e-11 || t >= 1e30, "{tail} {df}: {t} leads to {back}");
            }
        }
        // The density in the middle is 0.3989...; at the middle itself the quantile is 0.
        assert!((normal_quantile(0.500_001) / 2.506_628_274_705_7e-6 - 1.0).abs() < 1e-12);
        assert_eq!(normal_quantile(0.5), 0.0);
        assert!((t_upper(0.025, 3.0) - 3.182_446_305_283_71).abs() < 1e-12);
    }

    fn near(got: f64, want: f64) {
        assert!((got / want - 1.0).abs() < 1e-11, "got {got:e}, want {want:e}");
    }

    /// Values by mpmath 1.3 with 40 digits.
    #[test]
    fn students_quantile_keeps_its_digits_near_the_middle_and_at_many_degrees_of_freedom() {
        near(t_quantile(0.501, 8e4), 0.002_506_638_732_854_784_5);
        near(t_quantile(0.500_000_1, 1e5), 2.506_634_539_890_164_7e-7);
        near(t_quantile(0.500_000_1, 3.0), 2.720_699_044_915_319_4e-7);
        near(t_quantile(0.975, 1e300), 1.959_963_984_540_054);
        assert_eq!(t_quantile(0.5, 7.0), 0.0);
        near(t_upper(0.025, f64::INFINITY), normal_quantile(0.975));
    }

    #[test]
    fn quantiles_end_at_infinity_and_nothing_makes_a_number_of_nan() {
        assert_eq!([0.0, 1.0].map(normal_quantile), [f64::NEG_INFINITY, f64::INFINITY]);
        assert_eq!([0.0, 1.0].map(|p| t_quantile(p, 4.0)), [f64::NEG_INFINITY, f64::INFINITY]);
        assert_eq!((t_sf(f64::INFINITY, 3.0), t_sf(f64::NEG_INFINITY, 3.0)), (0.0, 1.0));
        let nan = f64::NAN;
        let figures = [normal_quantile(nan), t_quantile(nan, 3.0), t_upper(0.1, nan), t_sf(nan, 3.0), t_sf(1.0, nan)];
        assert!(figures.iter().all(|figure| figure.is_nan()), "{figures:?}");
        for wrong in [nan, f64::INFINITY] {
            let figures = [beta_cdf(wrong, 1.0, 1.0), beta_sf(0.5, wrong, 1.0), beta_quantile(0.5, 1.0, wrong)];
            assert!(figures.iter().all(|figure| figure.is_nan()), "{figures:?}");
        }
    }
}

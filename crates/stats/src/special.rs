//! Distribution functions and the quantiles that libraries get wrong.
//!
//! in      finite numbers in the domain of each function; callers guarantee it by type or clamp before
//! out     probabilities in [0, 1]; quantiles to about 1e-12
//! source  the normal tail from `libm`, since that of `statrs` is good to 1e-10 only; regularised incomplete beta and gamma from
//!         `statrs`; quantiles by bisection or Newton's steps on them, because its own inverse beta is off by 7e-7 at (25, 1e5) and
//!         its Student quantile by 3e-4 at a million degrees of freedom

use libm::{erf, erfc, exp, lgamma, log, log1p, sqrt};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::gamma_ur;
use std::f64::consts::{PI, SQRT_2};

/// Steps of bisection: halving [0, 1] this often ends below any double of interest.
const STEPS: u32 = 200;
/// Newton's steps: each doubles the digits, or the value where the tail is very heavy.
const NEWTON_STEPS: u32 = 200;
const NEWTON_ENDS: f64 = 1e-14;
/// Beyond so many standard deviations nothing is left of a normal tail.
const ALL_OF_IT: f64 = 40.0;
const SQRT_TAU: f64 = 2.506_628_274_631_000_5;
/// From here on the expansion of Student's quantile is exact to the last digits, and the incomplete beta no longer is.
const EXPANSION_FROM_DF: f64 = 1e5;

/// Regularised incomplete beta function, the distribution function of Beta(a, b); a point mass where a or b is 0.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || b <= 0.0 && x < 1.0 {
        return 0.0;
    }
    if x >= 1.0 || a <= 0.0 {
        return 1.0;
    }
    beta_reg(a, b, x).clamp(0.0, 1.0)
}

/// 1 - `beta_cdf`, small tails as exact as large ones.
pub fn beta_sf(x: f64, a: f64, b: f64) -> f64 {
    let below = beta_cdf(x, a, b);
    if below < 0.9 || b <= 0.0 || x >= 1.0 { 1.0 - below } else { beta_cdf(1.0 - x, b, a) }
}

/// The smallest x with `beta_cdf(x, a, b) >= p`.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if a <= 0.0 {
        return 0.0;
    }
    if b <= 0.0 {
        return 1.0;
    }
    bisect(0.0, 1.0, |x| beta_cdf(x, a, b) >= p)
}

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

/// The x with P(Z <= x) = p, for p in (0, 1).
pub fn normal_quantile(p: f64) -> f64 {
    if p < 0.5 { -normal_upper(p) } else { normal_upper(1.0 - p) }
}

/// The x >= 0 with P(Z > x) = tail, for tail in (0, 0.5].
fn normal_upper(tail: f64) -> f64 {
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
    if df >= EXPANSION_FROM_DF {
        return normal_sf(normal_of(x, df));
    }
    if x == 0.0 {
        return 0.5;
    }
    if x.is_infinite() {
        return if x > 0.0 { 0.0 } else { 1.0 };
    }
    let tail = 0.5 * beta_cdf(df / (df + x * x), 0.5 * df, 0.5);
    if x > 0.0 { tail } else { 1.0 - tail }
}

/// The t >= 0 with P(T > t) = tail, for tail in (0, 0.5]; at most 1e30, which very few degrees of freedom reach.
pub fn t_upper(tail: f64, df: f64) -> f64 {
    let normal = normal_upper(tail);
    if df >= EXPANSION_FROM_DF {
        return normal + expansion(normal, df);
    }
    // The tail is convex, and heavier than the normal one: Newton's steps from there stay left of the root.
    let scale = lgamma(0.5 * (df + 1.0)) - lgamma(0.5 * df) - 0.5 * log(df * PI);
    let mut x = normal;
    for _ in 0..NEWTON_STEPS {
        let density = exp(scale - 0.5 * (df + 1.0) * log1p(x * x / df));
        let step = (t_sf(x, df) - tail) / density;
        x += step;
        if step <= x * NEWTON_ENDS || x >= 1e30 {
            break;
        }
    }
    x.clamp(0.0, 1e30)
}

/// The t with P(T <= t) = p, for p in (0, 1).
pub fn t_quantile(p: f64, df: f64) -> f64 {
    if p < 0.5 { -t_upper(p, df) } else { t_upper(1.0 - p, df) }
}

/// P(X > x) of chi-square; 1 without degrees of freedom, where x is 0 too.
pub fn chi_square_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 || df <= 0.0 { 1.0 } else { gamma_ur(0.5 * df, 0.5 * x).clamp(0.0, 1.0) }
}

/// What Student's quantile adds to the normal one, up to the third power of 1/df (Abramowitz and Stegun 26.7.5).
fn expansion(z: f64, df: f64) -> f64 {
    let z2 = z * z;
    let first = z * (z2 + 1.0) / 4.0;
    let second = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let third = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    (first + (second + third / df) / df) / df
}

/// The z whose normal tail is Student's beyond x.
fn normal_of(x: f64, df: f64) -> f64 {
    if x.abs() > ALL_OF_IT {
        return x;
    }
    // The expansion is nearly flat: each step takes a factor of df off the error.
    (0..4).fold(x, |z, _| x - expansion(z, df))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lead_back_to_their_tails() {
        for tail in [0.5, 0.49, 0.3, 0.05, 0.025, 1e-3, 1e-6, 1e-12, 1e-30] {
            assert!((normal_sf(normal_upper(tail)) / tail - 1.0).abs() < 1e-10, "{tail}");
            for df in [0.5, 1.0, 1.7, 2.0, 5.0, 11.3, 40.0, 1e3, 9.9e4, 1.1e5, 1e7] {
                let t = t_upper(tail, df);
                let back = t_sf(t, df);
                assert!((back / tail - 1.0).abs() < 1e-8 || t >= 1e30, "{tail} {df}: {t} leads to {back}");
            }
        }
        // The density in the middle is 0.3989...; at the middle itself the quantile is 0.
        assert!((normal_quantile(0.500_001) / 2.506_628_274_705_7e-6 - 1.0).abs() < 1e-12);
        assert_eq!(normal_quantile(0.5), 0.0);
        assert!((t_upper(0.025, 3.0) - 3.182_446_305_283_71).abs() < 1e-12);
    }
}

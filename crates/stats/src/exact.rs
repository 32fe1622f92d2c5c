//! Exact results for counts.

use libm::{exp, lgamma, log, pow};

/// Upper bound at a one-sided level on the rate of an event that was seen in none of `n` >= 1 independent trials:
/// 1 - level^(1/n) (Clopper-Pearson at zero; about 3/n at 95 %).
pub fn zero_failure_upper(n: u64, level: f64) -> f64 {
    1.0 - pow(level, 1.0 / n.max(1) as f64)
}

/// The fewest independent trials without failure that put the rate at or below `max_rate`; `u64::MAX` where none do.
pub fn zero_failure_n(max_rate: f64, level: f64) -> u64 {
    if max_rate <= 0.0 {
        return u64::MAX;
    }
    if max_rate >= 1.0 {
        return 1;
    }
    let exact = log(level) / libm::log1p(-max_rate);
    // Where it is a whole number but for rounding, it is that number.
    let n = if (exact - exact.round()).abs() < exact * 1e-13 { exact.round() } else { exact.ceil() };
    if n.is_finite() && n < 1e18 { (n as u64).max(1) } else { u64::MAX }
}

/// p of the claim that the rate is below `rate`, when none of `n` independent trials failed.
pub fn zero_failure_p(n: u64, rate: f64) -> f64 {
    pow(1.0 - rate, n as f64)
}

/// Fisher's exact test of a 2x2 table, two-sided: tables at most as likely as this one.
pub fn fisher_exact(a: u64, b: u64, c: u64, d: u64) -> f64 {
    let (rows, column) = ((a + b, c + d), a + c);
    let total = rows.0 + rows.1;
    let choose = |n: u64, k: u64| lgamma(n as f64 + 1.0) - lgamma(k as f64 + 1.0) - lgamma((n - k) as f64 + 1.0);
    let log_p = |x: u64| choose(rows.0, x) + choose(rows.1, column - x) - choose(total, column);
    let (lowest, highest) = (column.saturating_sub(rows.1), column.min(rows.0));
    let observed = log_p(a);
    let p: f64 = (lowest..=highest).map(log_p).filter(|&p| p <= observed + 1e-7).map(exp).sum();
    p.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_forty_does_not_mean_safe() {
        assert!((zero_failure_upper(40, 0.05) - 0.072_157_5).abs() < 1e-6);
        assert_eq!(zero_failure_n(0.01, 0.05), 299);
        assert_eq!(zero_failure_n(0.001, 0.05), 2995);
        assert_eq!([1, 2, 3, 6].map(|n| zero_failure_n(0.9, 0.1f64.powi(n))), [1, 2, 3, 6]);
        assert_eq!(zero_failure_n(0.0, 0.05), u64::MAX);
    }

    #[test]
    fn fisher_agrees_with_the_tea_tasting() {
        // 3 of 4 against 1 of 4: 17/35 two-sided.
        assert!((fisher_exact(3, 1, 1, 3) - 17.0 / 35.0).abs() < 1e-9);
        assert!((fisher_exact(0, 10, 0, 10) - 1.0).abs() < 1e-9);
    }
}

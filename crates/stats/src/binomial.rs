//! The binomial and the hypergeometric distribution, exactly.
//!
//! in      trials `n`, a probability in [0, 1], counts; 2x2 tables of counts
//! out     probabilities of counts and of their tails; the counts at which a tail ends
//! errors  none: counts beyond `n` have probability 0
//! source  tails of the binomial by the incomplete beta function, never 1 - the other; the rest are sums of probabilities through the
//!         logarithm of the gamma function

use crate::special::{beta_cdf, beta_sf};
use libm::{exp, lgamma, log, log1p};
use std::cmp::Ordering;

/// ln of the number of ways to choose `k` of `n`; `k` is at most `n`.
pub(crate) fn log_choose(n: u64, k: u64) -> f64 {
    lgamma(n as f64 + 1.0) - lgamma(k as f64 + 1.0) - lgamma((n - k) as f64 + 1.0)
}

/// P(X = k) of Binomial(n, p).
pub fn binomial_pmf(k: u64, n: u64, p: f64) -> f64 {
    if k > n {
        return 0.0;
    }
    let term = |count: u64, log_p: f64| if count == 0 { 0.0 } else { count as f64 * log_p };
    exp(log_choose(n, k) + term(k, log(p)) + term(n - k, log1p(-p)))
}

/// P(X <= k) of Binomial(n, p).
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { beta_sf(p, k as f64 + 1.0, (n - k) as f64) }
}

/// P(X >= k) of Binomial(n, p).
pub fn binomial_tail(k: u64, n: u64, p: f64) -> f64 {
    match k {
        0 => 1.0,
        k if k > n => 0.0,
        k => beta_cdf(p, k as f64, (n - k) as f64 + 1.0),
    }
}

/// The smallest count k with P(X <= k) >= `tail`, and the smallest with P(X > k) <= `tail`.
pub fn binomial_ends(n: u64, p: f64, tail: f64) -> (u64, u64) {
    let low = ends_at(0..=n, tail, |count| binomial_pmf(count, n, p), |sum, tail| sum >= tail).unwrap_or(n);
    // From above: the first k at which P(X >= k) exceeds the tail still leaves P(X > k) within it.
    let high = ends_at((0..=n).rev(), tail, |count| binomial_pmf(count, n, p), |sum, tail| sum > tail).unwrap_or(0);
    (low, high)
}

fn ends_at(
    mut counts: impl Iterator<Item = u64>,
    tail: f64,
    pmf: impl Fn(u64) -> f64,
    reached: impl Fn(f64, f64) -> bool,
) -> Option<u64> {
    let mut sum = 0.0;
    counts.find(|&count| {
        sum += pmf(count);
        reached(sum, tail)
    })
}

/// P(top left >= a) in a 2x2 table with these margins: Fisher's exact test of "more than by chance", one-sided. `less` tells
/// the other side.
pub fn fisher_one_sided(table: [[u64; 2]; 2], side: Ordering) -> f64 {
    let [[a, b], [c, d]] = table;
    let (first, second, column) = (a + b, c + d, a + c);
    let log_p = |x: u64| log_choose(first, x) + log_choose(second, column - x) - log_choose(first + second, column);
    let (lowest, highest) = (column.saturating_sub(second), column.min(first));
    let (from, to) = if side == Ordering::Greater { (a, highest) } else { (lowest, a) };
    (from..=to).map(|x| exp(log_p(x))).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_meet() {
        for (k, n, p) in [(0, 5, 0.3), (3, 5, 0.3), (7, 40, 0.05), (39, 40, 0.95), (0, 1, 0.0), (1, 1, 1.0)] {
            let both = binomial_cdf(k, n, p) + binomial_tail(k + 1, n, p);
            assert!((both - 1.0).abs() < 1e-12, "{k} {n} {p}: {both}");
        }
    }

    #[test]
    fn a_tail_is_the_sum_of_its_probabilities() {
        for (k, n, p) in [(0, 5, 0.3), (3, 5, 0.3), (7, 40, 0.05), (39, 40, 0.95), (600, 1000, 0.5)] {
            let sum: f64 = (k..=n).map(|count| binomial_pmf(count, n, p)).sum();
            assert!((binomial_tail(k, n, p) / sum - 1.0).abs() < 1e-11, "{k} {n} {p}");
        }
    }

    #[test]
    fn one_side_of_the_tea_tasting() {
        // 3 of 4 against 1 of 4: 17/70 for at least as many.
        let table = [[3, 1], [1, 3]];
        assert!((fisher_one_sided(table, Ordering::Greater) - 17.0 / 70.0).abs() < 1e-12);
        assert!((fisher_one_sided(table, Ordering::Less) - 69.0 / 70.0).abs() < 1e-12);
    }
}

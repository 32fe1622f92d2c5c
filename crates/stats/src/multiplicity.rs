//! Many tests at once, beside Holm's correction: what each procedure adjusts and rejects.
//!
//! in      p values of one family, the family's level
//! out     per p value in the order given: adjusted p, and whether it is rejected
//! errors  none; an empty family is fine
//! source  Hochberg 1988; Benjamini & Hochberg 1995 (lists of where to look only, never a release); Berger 1982 (intersection
//!         and union); Westfall & Krishen 2001 (fixed sequence)

use crate::{Tested, holm};

/// An adjusted p value and what follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    pub adjusted: f64,
    pub rejected: bool,
}

/// Hochberg's step-up: all up to the largest p that its rank allows. Needs independent or positively dependent tests.
pub fn hochberg(p: &[f64], level: f64) -> Vec<Adjusted> {
    step_up(p, level, |rank, family| (family - rank) as f64)
}

/// Benjamini and Hochberg's step-up for the rate of false discoveries.
pub fn benjamini_hochberg(p: &[f64], level: f64) -> Vec<Adjusted> {
    step_up(p, level, |rank, family| family as f64 / (rank + 1) as f64)
}

/// Step-up from the largest p down; `factor` of a rank (0 for the smallest p) multiplies its p.
fn step_up(p: &[f64], level: f64, factor: impl Fn(usize, usize) -> f64) -> Vec<Adjusted> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut out = vec![Adjusted { adjusted: 1.0, rejected: false }; p.len()];
    let (mut least, mut rejected) = (1.0f64, false);
    for (rank, &at) in order.iter().enumerate().rev() {
        let factor = factor(rank, p.len());
        least = least.min(p[at] * factor);
        rejected |= p[at] <= level / factor;
        out[at] = Adjusted { adjusted: least, rejected };
    }
    out
}

/// Each in turn at the full level, until the first that is not rejected.
pub fn fixed_sequence(p: &[f64], level: f64) -> Vec<bool> {
    let mut open = true;
    p.iter()
        .map(|&p| {
            open &= p <= level;
            open
        })
        .collect()
}

/// The p value of "all of these hold": the largest. `None` for no claims at all.
pub fn intersection_union(p: &[f64]) -> Option<f64> {
    p.iter().copied().max_by(f64::total_cmp)
}

/// Holm over groups, each group a claim that all of its tests hold; a group without tests has p 1.
pub fn intersection_union_then_holm(groups: &[Vec<f64>], level: f64) -> (Vec<f64>, Vec<Tested>) {
    let p: Vec<f64> = groups.iter().map(|group| intersection_union(group).unwrap_or(1.0)).collect();
    let tested = holm(&p, level);
    (p, tested)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sequence_stops_at_the_first_failure() {
        assert_eq!(fixed_sequence(&[0.01, 0.2, 0.001], 0.05), [true, false, false]);
        assert_eq!(intersection_union(&[]), None);
    }

    proptest! {
        #[test]
        fn each_step_of_leniency_rejects_no_less(p in proptest::collection::vec(0.0f64..1.0, 0..12)) {
            let (strict, middle, lenient) = (holm(&p, 0.1), hochberg(&p, 0.1), benjamini_hochberg(&p, 0.1));
            for at in 0..p.len() {
                prop_assert!(strict[at].adjusted >= middle[at].adjusted - 1e-12);
                prop_assert!(middle[at].adjusted >= lenient[at].adjusted - 1e-12);
                prop_assert!(!strict[at].rejected || middle[at].rejected);
                prop_assert!(!middle[at].rejected || lenient[at].rejected);
            }
        }
    }
}

//! Repeated answers to the same example: what repeats tell, and what they do not.
//!
//! in      per example the values of its repeats; or `passed` of `n` repeats and a number `k` of tries
//! out     pass@k and pass^k; variance between and within examples, their intraclass correlation, standard error of the mean
//! errors  `NoData` without repeats; `TooFew` for what needs a second example or a second repeat; `OutOfDomain` for k beyond n
//! source  Chen et al. 2021 (pass@k); tau-bench (pass^k); one-way analysis of variance, ICC(1) of Shrout & Fleiss 1979, with the
//!         usual mean number of repeats where they differ
//! not for sample sizes: repeats are not samples

use crate::Undefined;
use libm::sqrt;

/// P(at least one, and all, of `k` repeats drawn without replacement passed).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassAt {
    pub any: f64,
    pub all: f64,
}

pub fn pass_at(k: u64, passed: u64, repeats: u64) -> Result<PassAt, Undefined> {
    if k == 0 || k > repeats || passed > repeats {
        return Err(Undefined::OutOfDomain);
    }
    Ok(PassAt { any: 1.0 - all_of(k, repeats - passed, repeats), all: all_of(k, passed, repeats) })
}

/// C(of, k) / C(n, k), factor by factor.
fn all_of(k: u64, of: u64, n: u64) -> f64 {
    if of < k { 0.0 } else { (0..k).map(|at| (of - at) as f64 / (n - at) as f64).product() }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// Mean of the examples' means.
    pub mean: f64,
    pub between: Result<f64, Undefined>,
    pub within: Result<f64, Undefined>,
    pub icc: Result<f64, Undefined>,
    /// Of the mean, from the spread of the examples' means: noise of repeats is in it already.
    pub standard_error: Result<f64, Undefined>,
}

/// Mean squares between and within examples; those without repeats are left out.
pub fn variation(examples: &[Vec<f64>]) -> Result<Variation, Undefined> {
    let used: Vec<&Vec<f64>> = examples.iter().filter(|repeats| !repeats.is_empty()).collect();
    if used.is_empty() {
        return Err(Undefined::NoData);
    }
    let (count, rows) = (used.len() as f64, used.iter().map(|repeats| repeats.len()).sum::<usize>() as f64);
    let means: Vec<f64> = used.iter().map(|repeats| repeats.iter().sum::<f64>() / repeats.len() as f64).collect();
    let mean = means.iter().sum::<f64>() / count;
    let grand = used.iter().flat_map(|repeats| repeats.iter()).sum::<f64>() / rows;
    let (mut between, mut within, mut squares, mut spread) = (0.0, 0.0, 0.0, 0.0);
    for (repeats, own) in used.iter().zip(&means) {
        let size = repeats.len() as f64;
        between += size * (own - grand) * (own - grand);
        within += repeats.iter().map(|y| (y - own) * (y - own)).sum::<f64>();
        squares += size * size;
        spread += (own - mean) * (own - mean);
    }
    let enough = |df: f64, figure: f64| if df > 0.0 { Ok(figure) } else { Err(Undefined::TooFew) };
    let between = enough(count - 1.0, between / (count - 1.0));
    let within = enough(rows - count, within / (rows - count));
    let repeats = (rows - squares / rows) / (count - 1.0);
    Ok(Variation {
        mean,
        between,
        within,
        icc: between.and_then(|between| icc(between, within?, repeats)),
        standard_error: enough(count - 1.0, sqrt(spread / (count * (count - 1.0)))),
    })
}

fn icc(between: f64, within: f64, repeats: f64) -> Result<f64, Undefined> {
    let total = between + (repeats - 1.0) * within;
    if total > 0.0 { Ok((between - within) / total) } else { Err(Undefined::NoVariation) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_repeat_each_says_nothing_about_repeats() {
        let once = variation(&[vec![1.0], vec![0.0], vec![1.0]]).unwrap();
        assert_eq!((once.within, once.icc), (Err(Undefined::TooFew), Err(Undefined::TooFew)));
        assert!(once.standard_error.is_ok());
        assert_eq!(pass_at(3, 1, 2), Err(Undefined::OutOfDomain));
    }

    proptest! {
        #[test]
        fn more_tries_help_any_and_hurt_all(repeats in 2u64..30, passed in 0u64..30, k in 1u64..29) {
            let (passed, k) = (passed.min(repeats), k.min(repeats - 1));
            let (few, many) = (pass_at(k, passed, repeats).unwrap(), pass_at(k + 1, passed, repeats).unwrap());
            prop_assert!(few.any <= many.any + 1e-12 && many.all <= few.all + 1e-12 && few.all <= few.any + 1e-12);
        }
    }
}

//! How far reviewers agree, beyond what chance would give.
//!
//! in      ratings: one row for each rater, one column for each item, `None` where a rater did not rate it
//! out     coefficients, at most 1; 0 is what chance gives
//! errors  `NoVariation` where all ratings are the same (agreement beyond chance is then undefined, not 1); `NoData` where no
//!         item has two ratings
//! source  in each part
//! not for gates: no threshold on a coefficient says what reviewers' errors do to a decision

mod cohen;
mod dawid_skene;
mod fleiss;
mod gwet;
mod krippendorff;
mod pass_fail;
mod two_by_two;

pub use cohen::{Cohen, Specific, cohen};
pub use dawid_skene::{Answer, Consensus, dawid_skene};
pub use fleiss::fleiss;
pub use gwet::{Gwet, Weights, gwet};
pub use krippendorff::{Level, krippendorff};
pub use pass_fail::{PassFail, Votes, pass_fail};
pub use two_by_two::{Agreement, TwoByTwo, two_raters, two_raters_of_all};

/// Ratings of one item, without the missing ones.
type Item = Vec<f64>;

/// Columns of a table of raters and items; ragged rows count as missing.
fn items(ratings: &[Vec<Option<f64>>]) -> Vec<Item> {
    let width = ratings.iter().map(Vec::len).max().unwrap_or(0);
    (0..width).map(|at| ratings.iter().filter_map(|row| row.get(at).copied().flatten()).collect()).collect()
}

/// The values that occur, rising.
fn values(ratings: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = ratings.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

/// How often each of the values occurs.
fn counts(item: &[f64], values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| item.iter().filter(|rating| *rating == value).count() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Undefined;
    use proptest::prelude::*;

    #[test]
    fn ratings_all_the_same_tell_nothing_about_agreement() {
        let same = vec![vec![Some(1.0); 5]; 3];
        assert_eq!(krippendorff(&same, Level::Nominal), Err(Undefined::NoVariation));
        assert_eq!(fleiss(&same), Err(Undefined::NoVariation));
        assert_eq!(cohen(&[1, 1, 1], &[1, 1, 1]).unwrap().kappa, Err(Undefined::NoVariation));
        assert_eq!(krippendorff(&[], Level::Nominal), Err(Undefined::NoData));
    }

    proptest! {
        #[test]
        fn the_order_of_raters_does_not_matter(ratings in proptest::collection::vec((0u8..3, 0u8..3, 0u8..3), 2..30)) {
            let rater = |pick: fn(&(u8, u8, u8)) -> u8| ratings.iter().map(|row| Some(f64::from(pick(row)))).collect();
            let rows: Vec<Vec<Option<f64>>> = vec![rater(|row| row.0), rater(|row| row.1), rater(|row| row.2)];
            let turned: Vec<Vec<Option<f64>>> = rows.iter().rev().cloned().collect();
            for level in [Level::Nominal, Level::Ordinal, Level::Interval] {
                match (krippendorff(&rows, level), krippendorff(&turned, level)) {
                    (Ok(one), Ok(other)) => prop_assert!((one - other).abs() < 1e-9 && one <= 1.0 + 1e-12),
                    (one, other) => prop_assert_eq!(one, other),
                }
            }
        }
    }
}

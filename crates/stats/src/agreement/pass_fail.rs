//! Any number of raters on pass and fail: raw and specific agreement, and alpha with an interval.
//!
//! in      of each item how many raters pass it and how many fail it; a one-sided level
//! out     shares of pairs of ratings of one item that agree, among all and among those that hold a pass or a fail; Krippendorff's alpha
//!         with an interval; Gwet's AC1. Every rating of an item weighs alike, as in alpha: for two raters each share is Cicchetti's
//! errors  `NoData` where no item has two ratings; `NoVariation` in each figure that chance makes undefined
//! source  Krippendorff 2004, ch. 11; Cicchetti & Feinstein 1990; Gwet 2008; the interval is the jackknife over items (Efron &
//!         Tibshirani, An Introduction to the Bootstrap, ch. 11) with t quantiles of one less than the items

use super::{Weights, gwet};
use crate::special::t_upper;
use crate::{Interval, Undefined};
use libm::sqrt;

/// How many raters pass an item, and how many fail it.
pub type Votes = (u32, u32);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassFail {
    /// Items with at least two ratings.
    pub items: u64,
    /// Ratings of those items.
    pub ratings: u64,
    pub raw: f64,
    /// Among pairs with a pass, or with a fail; undefined where nobody ever said so.
    pub positive: Result<f64, Undefined>,
    pub negative: Result<f64, Undefined>,
    pub alpha: Result<f64, Undefined>,
    /// Undefined where some item left out leaves no alpha, or there are fewer than three.
    pub alpha_interval: Result<Interval, Undefined>,
    pub ac1: Result<f64, Undefined>,
    /// Of all ratings, the share of the rarer.
    pub rarer: f64,
}

/// Coincidences: ordered pairs of ratings of one item, each rating weighing one.
#[derive(Clone, Copy, Debug, Default)]
struct Coincidences {
    passes: f64,
    fails: f64,
    /// Each way.
    apart: f64,
}

impl Coincidences {
    fn of(&(passes, fails): &Votes) -> Self {
        let (passes, fails) = (f64::from(passes), f64::from(fails));
        Coincidences { passes, fails, apart: passes * fails / (passes + fails - 1.0) }
    }

    fn and(self, other: Self, sign: f64) -> Self {
        Coincidences {
            passes: self.passes + sign * other.passes,
            fails: self.fails + sign * other.fails,
            apart: self.apart + sign * other.apart,
        }
    }

    fn alpha(self) -> Result<f64, Undefined> {
        let by_chance = self.passes * self.fails;
        if by_chance < 0.5 {
            return Err(Undefined::NoVariation);
        }
        Ok(1.0 - (self.passes + self.fails - 1.0) * self.apart / by_chance)
    }
}

pub fn pass_fail(votes: &[Votes], level: f64) -> Result<PassFail, Undefined> {
    let pairable: Vec<Votes> = votes.iter().copied().filter(|(passes, fails)| passes + fails >= 2).collect();
    if pairable.is_empty() {
        return Err(Undefined::NoData);
    }
    let each: Vec<Coincidences> = pairable.iter().map(Coincidences::of).collect();
    let all = each.iter().fold(Coincidences::default(), |sum, one| sum.and(*one, 1.0));
    let ratings = all.passes + all.fails;
    let among = |of: f64| if of > 0.0 { Ok((of - all.apart) / of) } else { Err(Undefined::NoData) };
    let alpha = all.alpha();
    Ok(PassFail {
        items: pairable.len() as u64,
        ratings: ratings as u64,
        raw: (ratings - 2.0 * all.apart) / ratings,
        positive: among(all.passes),
        negative: among(all.fails),
        alpha,
        alpha_interval: alpha.and_then(|alpha| jackknife(all, &each, alpha, level)),
        ac1: ac1(&pairable),
        rarer: all.passes.min(all.fails) / ratings,
    })
}

fn jackknife(all: Coincidences, each: &[Coincidences], alpha: f64, level: f64) -> Result<Interval, Undefined> {
    if each.len() < 3 {
        return Err(Undefined::NoData);
    }
    let left: Vec<f64> = each.iter().map(|one| all.and(*one, -1.0).alpha()).collect::<Result<Vec<_>, _>>()?;
    let count = left.len() as f64;
    let mean = left.iter().sum::<f64>() / count;
    let variance = (count - 1.0) / count * left.iter().map(|alpha| (alpha - mean) * (alpha - mean)).sum::<f64>();
    let half = t_upper(level, count - 1.0) * sqrt(variance);
    Ok(Interval { lower: (alpha - half).max(-1.0), upper: (alpha + half).min(1.0) })
}

fn ac1(votes: &[Votes]) -> Result<f64, Undefined> {
    let most = votes.iter().map(|(passes, fails)| passes + fails).max().unwrap_or(0);
    let rating = |at: u32, &(passes, fails): &Votes| match at {
        at if at < passes => Some(1.0),
        at if at < passes + fails => Some(0.0),
        _ => None,
    };
    let rows: Vec<Vec<Option<f64>>> = (0..most).map(|at| votes.iter().map(|of| rating(at, of)).collect()).collect();
    gwet(&rows, &[0.0, 1.0], Weights::Identity).map(|gwet| gwet.coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Level, cohen, krippendorff};
    use proptest::prelude::*;

    fn rows(votes: &[Votes]) -> Vec<Vec<Option<f64>>> {
        let most = votes.iter().map(|(passes, fails)| passes + fails).max().unwrap_or(0);
        let rating = |at: u32, of: &Votes| (at < of.0 + of.1).then(|| f64::from(u8::from(at < of.0)));
        (0..most).map(|at| votes.iter().map(|of| rating(at, of)).collect()).collect()
    }

    #[test]
    fn of_two_raters_the_shares_are_those_of_cohen() {
        let votes: Vec<Votes> = [(61, (2, 0)), (11, (1, 1)), (13, (0, 2))]
            .into_iter()
            .flat_map(|(count, of)| std::iter::repeat_n(of, count))
            .collect();
        let first: Vec<i64> = votes.iter().map(|of| i64::from(of.0 > 0)).collect();
        let second: Vec<i64> = votes.iter().map(|of| i64::from(of.0 > 1)).collect();
        let (found, two) = (pass_fail(&votes, 0.025).unwrap(), cohen(&first, &second).unwrap());
        assert!((found.raw - two.raw).abs() < 1e-12);
        let specific = two.specific.unwrap();
        assert!((found.positive.unwrap() - specific.positive.unwrap()).abs() < 1e-12);
        assert!((found.negative.unwrap() - specific.negative.unwrap()).abs() < 1e-12);
        let alpha = found.alpha.unwrap();
        let interval = found.alpha_interval.unwrap();
        assert!(interval.lower < alpha && alpha < interval.upper);
    }

    #[test]
    fn ratings_all_the_same_have_no_alpha() {
        let found = pass_fail(&[(2, 0), (3, 0), (2, 0)], 0.025).unwrap();
        assert_eq!((found.raw, found.alpha), (1.0, Err(Undefined::NoVariation)));
        assert_eq!((found.positive, found.negative), (Ok(1.0), Err(Undefined::NoData)));
        assert_eq!(pass_fail(&[(1, 0), (0, 1)], 0.025), Err(Undefined::NoData));
    }

    proptest! {
        #[test]
        fn alpha_is_that_of_ratings_one_by_one(votes in proptest::collection::vec((0u32..4, 0u32..4), 1..30)) {
            match (pass_fail(&votes, 0.025).and_then(|found| found.alpha), krippendorff(&rows(&votes), Level::Nominal)) {
                (Ok(one), Ok(other)) => prop_assert!((one - other).abs() < 1e-9),
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }
}

//! A judge beside people on pass and fail, in clusters: agreement with an interval.
//!
//! in      of each cluster how often both passed, one of the two did, and neither; a one-sided level; where the second looked at some
//!         items only, how many the first passed and failed in all
//! out     raw and specific agreement, Cohen's kappa with an interval, Gwet's AC1, Youden's index
//! errors  `NoData` without items, or without one of a finding that the first gave; `NoVariation` in each figure that chance makes
//!         undefined; `OutOfDomain` for more items than the first looked at
//! source  Cohen 1960; Cicchetti & Feinstein 1990; Gwet 2008; Youden 1950; post-stratification on the first rater's finding (Cochran,
//!         Sampling Techniques, ch. 5A and 12); the interval is the jackknife over clusters (Tukey 1958; Efron &
//!         Tibshirani, An Introduction to the Bootstrap, ch. 11) with t quantiles of one less than the clusters

use crate::special::t_upper;
use crate::{Interval, Undefined};
use libm::sqrt;

/// Items by what the first and the second rater said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TwoByTwo {
    pub both_pass: u64,
    /// The first passes, the second fails.
    pub only_first: u64,
    pub only_second: u64,
    pub both_fail: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    pub table: TwoByTwo,
    pub clusters: u64,
    /// Share of items on which both said the same.
    pub raw: f64,
    /// 2a/(2a+b+c) on passes and 2d/(2d+b+c) on failures; undefined where nobody ever said so.
    pub positive: Result<f64, Undefined>,
    pub negative: Result<f64, Undefined>,
    pub kappa: Result<f64, Undefined>,
    /// Undefined where some cluster left out leaves no kappa, or there are fewer than three.
    pub kappa_interval: Result<Interval, Undefined>,
    pub ac1: Result<f64, Undefined>,
    /// Sensitivity + specificity - 1 of the first rater, where the second is right.
    pub youden: Result<f64, Undefined>,
    /// Share of items that the second rater passes.
    pub second_passes: f64,
}

impl TwoByTwo {
    pub fn items(&self) -> u64 {
        self.both_pass + self.only_first + self.only_second + self.both_fail
    }

    pub fn and(self, other: Self) -> Self {
        TwoByTwo {
            both_pass: self.both_pass + other.both_pass,
            only_first: self.only_first + other.only_first,
            only_second: self.only_second + other.only_second,
            both_fail: self.both_fail + other.both_fail,
        }
    }

    fn without(self, other: Self) -> Self {
        TwoByTwo {
            both_pass: self.both_pass - other.both_pass,
            only_first: self.only_first - other.only_first,
            only_second: self.only_second - other.only_second,
            both_fail: self.both_fail - other.both_fail,
        }
    }

    /// Each item for itself.
    fn plain(self) -> Result<Shares, Undefined> {
        self.weighed(1.0, 1.0)
    }

    /// Each item for as many of all on which the first said the same.
    fn of_all(self, (passes, fails): (u64, u64)) -> Result<Shares, Undefined> {
        let stands_for = |all: u64, items: u64| match (all, items) {
            (all, items) if items > all => Err(Undefined::OutOfDomain),
            (0, _) => Ok(0.0),
            (_, 0) => Err(Undefined::NoData),
            (all, items) => Ok(all as f64 / items as f64),
        };
        let of_passes = stands_for(passes, self.both_pass + self.only_first)?;
        self.weighed(of_passes, stands_for(fails, self.only_second + self.both_fail)?)
    }

    fn weighed(self, of_passes: f64, of_fails: f64) -> Result<Shares, Undefined> {
        let shares = Shares {
            both_pass: of_passes * self.both_pass as f64,
            only_first: of_passes * self.only_first as f64,
            only_second: of_fails * self.only_second as f64,
            both_fail: of_fails * self.both_fail as f64,
        };
        if shares.items() > 0.0 { Ok(shares) } else { Err(Undefined::NoData) }
    }

    /// Sensitivity + specificity - 1 of the first rater, where the second is right.
    pub fn youden(&self) -> Result<f64, Undefined> {
        self.plain().map_err(|_| Undefined::NoVariation)?.youden()
    }
}

/// A table of which each item weighs what it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    both_pass: f64,
    only_first: f64,
    only_second: f64,
    both_fail: f64,
}

impl Shares {
    fn items(&self) -> f64 {
        self.both_pass + self.only_first + self.only_second + self.both_fail
    }

    /// Shares that the first and the second rater pass.
    fn passes(&self) -> (f64, f64) {
        let items = self.items();
        ((self.both_pass + self.only_first) / items, (self.both_pass + self.only_second) / items)
    }

    fn raw(&self) -> f64 {
        (self.both_pass + self.both_fail) / self.items()
    }

    fn kappa(&self) -> Result<f64, Undefined> {
        let (first, second) = self.passes();
        beyond(self.raw(), first * second + (1.0 - first) * (1.0 - second))
    }

    fn ac1(&self) -> Result<f64, Undefined> {
        let (first, second) = self.passes();
        let share = 0.5 * (first + second);
        beyond(self.raw(), 2.0 * share * (1.0 - share))
    }

    fn specific(&self, both: f64) -> Result<f64, Undefined> {
        let said = 2.0 * both + self.only_first + self.only_second;
        if said > 0.0 { Ok(2.0 * both / said) } else { Err(Undefined::NoData) }
    }

    fn youden(&self) -> Result<f64, Undefined> {
        let (passes, fails) = (self.both_pass + self.only_second, self.both_fail + self.only_first);
        if passes <= 0.0 || fails <= 0.0 {
            return Err(Undefined::NoVariation);
        }
        Ok(self.both_pass / passes + self.both_fail / fails - 1.0)
    }
}

/// Agreement beyond that by chance.
fn beyond(observed: f64, by_chance: f64) -> Result<f64, Undefined> {
    if by_chance < 1.0 - 1e-12 { Ok((observed - by_chance) / (1.0 - by_chance)) } else { Err(Undefined::NoVariation) }
}

/// Of the items that both looked at.
pub fn two_raters(clusters: &[TwoByTwo], level: f64) -> Result<Agreement, Undefined> {
    agreement(clusters, level, TwoByTwo::plain)
}

/// Of all that the first looked at, so many passes and fails, where the second looked at some of each, drawn at random within it: more of
/// one than of the other move no figure.
pub fn two_raters_of_all(clusters: &[TwoByTwo], first: (u64, u64), level: f64) -> Result<Agreement, Undefined> {
    agreement(clusters, level, |table| table.of_all(first))
}

fn agreement(
    clusters: &[TwoByTwo],
    level: f64,
    read: impl Fn(TwoByTwo) -> Result<Shares, Undefined>,
) -> Result<Agreement, Undefined> {
    let table = clusters.iter().fold(TwoByTwo::default(), |sum, cluster| sum.and(*cluster));
    let shares = read(table)?;
    let filled: Vec<TwoByTwo> = clusters.iter().copied().filter(|cluster| cluster.items() > 0).collect();
    let kappa = shares.kappa();
    Ok(Agreement {
        table,
        clusters: filled.len() as u64,
        raw: shares.raw(),
        positive: shares.specific(shares.both_pass),
        negative: shares.specific(shares.both_fail),
        kappa,
        kappa_interval: kappa.and_then(|kappa| jackknife(table, &filled, kappa, level, read)),
        ac1: shares.ac1(),
        youden: shares.youden(),
        second_passes: shares.passes().1,
    })
}

fn jackknife(
    table: TwoByTwo,
    clusters: &[TwoByTwo],
    kappa: f64,
    level: f64,
    read: impl Fn(TwoByTwo) -> Result<Shares, Undefined>,
) -> Result<Interval, Undefined> {
    if clusters.len() < 3 {
        return Err(Undefined::NoData);
    }
    let without = |cluster: &TwoByTwo| read(table.without(*cluster)).and_then(|left| left.kappa());
    let left: Vec<f64> = clusters.iter().map(without).collect::<Result<Vec<_>, _>>()?;
    let count = left.len() as f64;
    let mean = left.iter().sum::<f64>() / count;
    let variance = (count - 1.0) / count * left.iter().map(|kappa| (kappa - mean) * (kappa - mean)).sum::<f64>();
    let half = t_upper(level, count - 1.0) * sqrt(variance);
    Ok(Interval { lower: (kappa - half).max(-1.0), upper: (kappa + half).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Weights, cohen, gwet};

    fn items(table: TwoByTwo) -> (Vec<i64>, Vec<i64>) {
        let kinds =
            [(table.both_pass, 1, 1), (table.only_first, 1, 0), (table.only_second, 0, 1), (table.both_fail, 0, 0)];
        let all = || kinds.iter().flat_map(|&(count, a, b)| std::iter::repeat_n((a, b), count as usize));
        (all().map(|(a, _)| a).collect(), all().map(|(_, b)| b).collect())
    }

    #[test]
    fn figures_are_those_of_items_one_by_one() {
        let table = TwoByTwo { both_pass: 61, only_first: 7, only_second: 4, both_fail: 13 };
        let (first, second) = items(table);
        let apart = cohen(&first, &second).unwrap();
        let found = two_raters(&[table], 0.025).unwrap();
        assert!((found.kappa.unwrap() - apart.kappa.unwrap()).abs() < 1e-12);
        assert!((found.raw - apart.raw).abs() < 1e-12);
        let specific = apart.specific.unwrap();
        assert!((found.positive.unwrap() - specific.positive.unwrap()).abs() < 1e-12);
        assert!((found.negative.unwrap() - specific.negative.unwrap()).abs() < 1e-12);
        let ratings = [first, second].map(|of| of.into_iter().map(|rating| Some(rating as f64)).collect::<Vec<_>>());
        let ac1 = gwet(&ratings, &[0.0, 1.0], Weights::Identity).unwrap().coefficient;
        assert!((found.ac1.unwrap() - ac1).abs() < 1e-12);
    }

    #[test]
    fn the_jackknife_agrees_with_the_large_sample_error_of_independent_items() {
        let one = |a, b, c, d| TwoByTwo { both_pass: a, only_first: b, only_second: c, both_fail: d };
        let mut clusters = vec![one(1, 0, 0, 0); 610];
        clusters.extend(vec![one(0, 1, 0, 0); 70]);
        clusters.extend(vec![one(0, 0, 1, 0); 40]);
        clusters.extend(vec![one(0, 0, 0, 1); 130]);
        let found = two_raters(&clusters, 0.025).unwrap();
        let (first, second) = items(found.table);
        let error = cohen(&first, &second).unwrap().standard_error.unwrap();
        let interval = found.kappa_interval.unwrap();
        assert!(((interval.upper - interval.lower) / (2.0 * 1.963 * error) - 1.0).abs() < 0.02);
    }

    #[test]
    fn equal_items_of_one_conversation_are_one_observation() {
        let one = |a, b, d| TwoByTwo { both_pass: a, only_first: b, only_second: 0, both_fail: d };
        let apart: Vec<TwoByTwo> =
            (0..200).map(|at| one(u64::from(at % 10 < 6), u64::from(at % 10 == 6), u64::from(at % 10 > 6))).collect();
        let times = |by: u64| {
            let many: Vec<TwoByTwo> =
                apart.iter().map(|c| one(c.both_pass * by, c.only_first * by, c.both_fail * by)).collect();
            two_raters(&many, 0.025).unwrap().kappa_interval.unwrap()
        };
        assert!((times(1).lower - times(5).lower).abs() < 1e-12);
    }

    #[test]
    fn half_of_the_labels_on_a_rare_verdict_move_no_figure() {
        let one = |a, b, c, d| TwoByTwo { both_pass: a, only_first: b, only_second: c, both_fail: d };
        // Of 1000, the judge passes 900, of which people fail every fifth; of the 100 fails people pass every tenth.
        let whole = one(720, 180, 10, 90);
        let half = vec![one(4, 0, 0, 0), one(4, 1, 0, 0), one(4, 1, 0, 9), one(4, 2, 1, 0), one(0, 0, 1, 9)];
        let found = two_raters_of_all(&half, (900, 100), 0.025).unwrap();
        let truth = two_raters(&[whole], 0.025).unwrap();
        for (found, truth) in [
            (found.raw, truth.raw),
            (found.positive.unwrap(), truth.positive.unwrap()),
            (found.negative.unwrap(), truth.negative.unwrap()),
            (found.kappa.unwrap(), truth.kappa.unwrap()),
            (found.ac1.unwrap(), truth.ac1.unwrap()),
            (found.youden.unwrap(), whole.youden().unwrap()),
            (found.second_passes, 0.73),
        ] {
            assert!((found - truth).abs() < 1e-12, "{found} {truth}");
        }
        // What the labels alone say is far from it: specificity 18/22, and 1/3 of all answers.
        assert!(two_raters(&half, 0.025).unwrap().youden.unwrap() > found.youden.unwrap() + 0.3);
        let interval = found.kappa_interval.unwrap();
        assert!(interval.lower < found.kappa.unwrap() && found.kappa.unwrap() < interval.upper);
    }

    #[test]
    fn a_finding_that_nobody_looked_at_leaves_agreement_on_all_unknown() {
        let passes = [TwoByTwo { both_pass: 30, only_first: 10, ..TwoByTwo::default() }];
        assert_eq!(two_raters_of_all(&passes, (900, 100), 0.025), Err(Undefined::NoData));
        assert!(two_raters_of_all(&passes, (900, 0), 0.025).is_ok(), "it was never given");
        assert_eq!(two_raters_of_all(&passes, (39, 100), 0.025), Err(Undefined::OutOfDomain));
        assert_eq!(two_raters_of_all(&[], (900, 100), 0.025), Err(Undefined::NoData));
    }

    #[test]
    fn alike_ratings_throughout_leave_kappa_undefined() {
        let all = two_raters(&[TwoByTwo { both_pass: 40, ..TwoByTwo::default() }], 0.025).unwrap();
        assert_eq!(all.kappa, Err(Undefined::NoVariation));
        assert_eq!(all.negative, Err(Undefined::NoData));
        assert_eq!(all.ac1, Ok(1.0));
    }
}

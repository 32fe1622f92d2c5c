//! A judge beside people on pass and fail, in clusters: agreement with an interval.
//!
//! in      of each cluster how often both passed, one of the two did, and neither; a one-sided level
//! out     raw and specific agreement, Cohen's kappa with an interval, Gwet's AC1
//! errors  `NoData` without items; `NoVariation` in each figure that chance makes undefined
//! source  Cohen 1960; Cicchetti & Feinstein 1990; Gwet 2008; the interval is the jackknife over clusters (Tukey 1958; Efron &
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

    /// Shares that the first and the second rater pass.
    fn passes(&self) -> (f64, f64) {
        let items = self.items() as f64;
        ((self.both_pass + self.only_first) as f64 / items, (self.both_pass + self.only_second) as f64 / items)
    }

    fn raw(&self) -> f64 {
        (self.both_pass + self.both_fail) as f64 / self.items() as f64
    }

    fn kappa(&self) -> Result<f64, Undefined> {
        if self.items() == 0 {
            return Err(Undefined::NoData);
        }
        let (first, second) = self.passes();
        beyond(self.raw(), first * second + (1.0 - first) * (1.0 - second))
    }

    fn ac1(&self) -> Result<f64, Undefined> {
        let (first, second) = self.passes();
        let share = 0.5 * (first + second);
        beyond(self.raw(), 2.0 * share * (1.0 - share))
    }

    fn specific(&self, both: u64) -> Result<f64, Undefined> {
        let said = 2 * both + self.only_first + self.only_second;
        if said == 0 { Err(Undefined::NoData) } else { Ok(2.0 * both as f64 / said as f64) }
    }

    /// Sensitivity + specificity - 1 of the first rater, where the second is right.
    pub fn youden(&self) -> Result<f64, Undefined> {
        let (passes, fails) = (self.both_pass + self.only_second, self.both_fail + self.only_first);
        if passes == 0 || fails == 0 {
            return Err(Undefined::NoVariation);
        }
        Ok(self.both_pass as f64 / passes as f64 + self.both_fail as f64 / fails as f64 - 1.0)
    }
}

/// Agreement beyond that by chance.
fn beyond(observed: f64, by_chance: f64) -> Result<f64, Undefined> {
    if by_chance < 1.0 - 1e-12 { Ok((observed - by_chance) / (1.0 - by_chance)) } else { Err(Undefined::NoVariation) }
}

pub fn two_raters(clusters: &[TwoByTwo], level: f64) -> Result<Agreement, Undefined> {
    let table = clusters.iter().fold(TwoByTwo::default(), |sum, cluster| sum.and(*cluster));
    if table.items() == 0 {
        return Err(Undefined::NoData);
    }
    let filled: Vec<TwoByTwo> = clusters.iter().copied().filter(|cluster| cluster.items() > 0).collect();
    let kappa = table.kappa();
    Ok(Agreement {
        table,
        clusters: filled.len() as u64,
        raw: table.raw(),
        positive: table.specific(table.both_pass),
        negative: table.specific(table.both_fail),
        kappa,
        kappa_interval: kappa.and_then(|kappa| jackknife(table, &filled, kappa, level)),
        ac1: table.ac1(),
    })
}

fn jackknife(table: TwoByTwo, clusters: &[TwoByTwo], kappa: f64, level: f64) -> Result<Interval, Undefined> {
    if clusters.len() < 3 {
        return Err(Undefined::NoData);
    }
    let left: Vec<f64> =
        clusters.iter().map(|cluster| table.without(*cluster).kappa()).collect::<Result<Vec<_>, _>>()?;
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
    fn alike_ratings_throughout_leave_kappa_undefined() {
        let all = two_raters(&[TwoByTwo { both_pass: 40, ..TwoByTwo::default() }], 0.025).unwrap();
        assert_eq!(all.kappa, Err(Undefined::NoVariation));
        assert_eq!(all.negative, Err(Undefined::NoData));
        assert_eq!(all.ac1, Ok(1.0));
    }
}

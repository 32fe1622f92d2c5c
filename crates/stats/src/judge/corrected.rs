//! A rate or a paired difference of clusters as a judge saw it, corrected by what people said of some of them.
//!
//! in      the judge's verdicts weighed; of each verdict the labelled rows weighed, `None` where fewer than two clusters are labelled
//! out     an estimate, intervals, and p values by bisection on the level
//! errors  `OutOfDomain` where what was weighed is neither a rate nor a difference
//! source  post-stratification on the verdict (Tenenbein 1970; Cochran, Sampling Techniques, ch. 12) with Primitive 1 and 2 of
//!         `weigh` in each verdict, `mover` over them, the CR2 variance of the verdicts' shares; Manski bounds for traffic without
//!         examples and for verdicts that are missing; no margin of a difference is shown that would fit into that traffic
//! not for labels picked by hand; a verdict that nobody labelled says nothing and has the widest interval

use crate::Undefined;
use crate::mover::{Term, mover};
use crate::special::t_upper;
use crate::weigh::{Cluster, Interval, Kind, ROUNDING, Strata, Weighed, weigh};
use libm::{exp, log};

/// Levels between which p is looked for; beyond them it is the end.
const LEAST_LEVEL: f64 = 1e-9;
const LARGEST_LEVEL: f64 = 0.5;

/// One verdict: its share, and what people found where the judge gave it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    share: f64,
    labelled: Option<Weighed>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Corrected {
    seen: Weighed,
    cells: Vec<Cell>,
    /// Variance and degrees of freedom of the verdicts' shares, as they move a difference.
    of_shares: (f64, f64),
    /// What is missing, and where it is taken to lie: an estimate x becomes (1 - missing) x + at * missing.
    missing: f64,
    at: f64,
}

/// How missing verdicts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Best,
    Worst,
}

impl Corrected {
    /// A pass rate: what people pass where the judge passes, and where it fails.
    pub fn rate(seen: Weighed, on_pass: Option<Weighed>, on_fail: Option<Weighed>) -> Result<Self, Undefined> {
        if seen.kind() != Kind::Rate {
            return Err(Undefined::OutOfDomain);
        }
        let q = seen.estimate();
        let cells = vec![Cell { share: q, labelled: on_pass }, Cell { share: 1.0 - q, labelled: on_fail }];
        Ok(Corrected { seen, cells, of_shares: (0.0, 1.0), missing: 0.0, at: 0.0 })
    }

    /// A paired difference: what people find where the judge says better, same, and worse. `clusters` are those that `seen` weighs.
    pub fn difference(
        seen: Weighed,
        clusters: &[Cluster],
        strata: &Strata,
        labelled: [Option<Weighed>; 3],
    ) -> Result<Self, Undefined> {
        if seen.kind() != Kind::Difference {
            return Err(Undefined::OutOfDomain);
        }
        let (better, worse) = seen.discordant();
        let shares = [better, (1.0 - better - worse).max(0.0), worse];
        let cells: Vec<Cell> =
            shares.into_iter().zip(labelled).map(|(share, labelled)| Cell { share, labelled }).collect();
        let mean = |at: usize| cells[at].estimate(0.0);
        let (of_better, of_same, of_worse) = (mean(0), mean(1), mean(2));
        let moved: Vec<Cluster> = clusters
            .iter()
            .map(|cluster| {
                let same = cluster.weight - cluster.gain - cluster.loss;
                let value = of_better * cluster.gain + of_same * same + of_worse * cluster.loss;
                Cluster { value, ..*cluster }
            })
            .collect();
        let of_shares = weigh(&moved, strata, Kind::GradedDifference)
            .map_or((0.0, seen.df()), |moved| (moved.variance(), moved.df()));
        Ok(Corrected { seen, cells, of_shares, missing: 0.0, at: 0.0 })
    }

    /// The same where a share of the verdicts is missing, all of them at best or at worst.
    pub fn with_missing(&self, missing: f64, read: Missing) -> Self {
        let at = match (read, self.seen.kind()) {
            (Missing::Best, _) => 1.0,
            (Missing::Worst, Kind::Difference) => -1.0,
            (Missing::Worst, _) => 0.0,
        };
        Corrected { missing: missing.clamp(0.0, 1.0), at, ..self.clone() }
    }

    /// As the judge has it.
    pub fn seen(&self) -> &Weighed {
        &self.seen
    }

    pub fn estimate(&self) -> f64 {
        self.filled(self.cells.iter().map(|cell| cell.share * cell.estimate(self.middle())).sum())
    }

    /// Rows with a label, over all verdicts.
    pub fn labels(&self) -> u64 {
        self.cells.iter().filter_map(|cell| cell.labelled).map(|labelled| labelled.rows()).sum()
    }

    /// Two one-sided bounds at `level` each.
    pub fn interval(&self, level: f64) -> Interval {
        let is_rate = self.seen.kind() == Kind::Rate;
        let least = if is_rate { 0.0 } else { -1.0 };
        let measured = self.measured(level);
        let s = self.seen.unmeasured();
        // Nobody saw that traffic: it may all be at either end.
        let end = |value: f64, at: f64| (1.0 - s) * self.filled(value) + s * at;
        Interval {
            lower: end(measured.lower, least).clamp(least, 1.0),
            upper: end(measured.upper, 1.0).clamp(least, 1.0),
        }
    }

    /// p of H0: the true value is at most `bound`.
    pub fn p_at_most(&self, bound: f64) -> f64 {
        if self.seen.kind() == Kind::Difference && self.seen.leaves_no_room(bound) {
            return 1.0;
        }
        least_level(|level| self.interval(level).lower > bound)
    }

    /// p of H0: the true value is at least `bound`.
    pub fn p_at_least(&self, bound: f64) -> f64 {
        least_level(|level| self.interval(level).upper < bound)
    }

    fn measured(&self, level: f64) -> Interval {
        let of_cell =
            |cell: &Cell| Term::times(cell.share, cell.estimate(self.middle()), cell.interval(level, self.least()));
        let mut terms: Vec<Term> = self.cells.iter().map(of_cell).collect();
        let estimate: f64 = terms.iter().map(|term| term.estimate).sum();
        if self.seen.kind() == Kind::Rate {
            let told = self.cells[0].estimate(self.middle()) - self.cells[1].estimate(self.middle());
            terms.push(Term::times(told, self.seen.estimate(), self.seen.measured_only().interval(level)));
            return mover(estimate, &terms, 0.0);
        }
        let t = t_upper(level, self.of_shares.1);
        let interval = mover(estimate, &terms, t * t * self.of_shares.0);
        // No record is better than one in which nobody saw a difference.
        let even = t * t / (t * t + self.seen.kish_clusters());
        Interval {
            lower: if estimate <= ROUNDING { interval.lower.min(-even) } else { interval.lower },
            upper: if estimate >= -ROUNDING { interval.upper.max(even) } else { interval.upper },
        }
    }

    fn filled(&self, value: f64) -> f64 {
        (1.0 - self.missing) * value + self.missing * self.at
    }

    /// Where an estimate lies that nobody knows anything about, and how low it may be.
    fn middle(&self) -> f64 {
        if self.seen.kind() == Kind::Rate { 0.5 } else { 0.0 }
    }

    fn least(&self) -> f64 {
        if self.seen.kind() == Kind::Rate { 0.0 } else { -1.0 }
    }
}

impl Cell {
    fn estimate(&self, unknown: f64) -> f64 {
        self.labelled.map_or(unknown, |labelled| labelled.estimate())
    }

    fn interval(&self, level: f64, least: f64) -> Interval {
        self.labelled.map_or(Interval { lower: least, upper: 1.0 }, |labelled| labelled.interval(level))
    }
}

/// The smallest level at which this is shown; whatever is shown at a level is shown at every larger one.
fn least_level(is_shown: impl Fn(f64) -> bool) -> f64 {
    const HALVINGS: u32 = 44;
    if !is_shown(LARGEST_LEVEL) {
        return 1.0;
    }
    if is_shown(LEAST_LEVEL) {
        return LEAST_LEVEL;
    }
    let (mut low, mut high) = (log(LEAST_LEVEL), log(LARGEST_LEVEL));
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if is_shown(exp(middle)) { high = middle } else { low = middle }
    }
    exp(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many rows of which so many pass, each a cluster of its own.
    fn rows(passed: usize, all: usize) -> Vec<Cluster> {
        let row = |at: usize| {
            let value = f64::from(u8::from(at < passed));
            Cluster {
                rows: 1,
                weight: 1.0,
                weight_squared: 1.0,
                value,
                some_fail: value < 1.0,
                some_pass: value > 0.0,
                ..Cluster::default()
            }
        };
        (0..all).map(row).collect()
    }

    fn rate_of(passed: usize, all: usize) -> Weighed {
        weigh(&rows(passed, all), &Strata::none(), Kind::Rate).unwrap()
    }

    /// So many pairs, better and worse, each a cluster of its own.
    fn pairs(better: usize, worse: usize, all: usize) -> Vec<Cluster> {
        let pair = |at: usize| {
            let (gain, loss) =
                (f64::from(u8::from(at < better)), f64::from(u8::from((better..better + worse).contains(&at))));
            let some_fail = gain + loss > 0.0;
            Cluster {
                rows: 1,
                weight: 1.0,
                weight_squared: 1.0,
                value: gain - loss,
                gain,
                loss,
                some_fail,
                some_pass: some_fail,
                ..Cluster::default()
            }
        };
        (0..all).map(pair).collect()
    }

    fn difference_of(better: usize, worse: usize, all: usize) -> Weighed {
        weigh(&pairs(better, worse, all), &Strata::none(), Kind::Difference).unwrap()
    }

    #[test]
    fn independent_rows_give_the_estimator_of_counts() {
        let labels = |passed, failed| super::super::Labels { passed, failed };
        let plain = super::super::judged_rate(labels(76, 4), labels(6, 34), 800, 1000, 0.025).unwrap();
        let corrected = Corrected::rate(rate_of(800, 1000), Some(rate_of(76, 80)), Some(rate_of(6, 40))).unwrap();
        let interval = corrected.interval(0.025);
        assert!((corrected.estimate() - plain.estimate).abs() < 1e-12);
        // The share of verdicts has Primitive 1's interval in one and Wilson's in the other.
        assert!((interval.lower - plain.interval.lower).abs() < 2e-3, "{interval:?} {plain:?}");
        assert!((interval.upper - plain.interval.upper).abs() < 2e-3, "{interval:?} {plain:?}");
    }

    #[test]
    fn a_judge_that_errs_does_not_clear_what_its_verdicts_would() {
        let seen = rate_of(970, 1000);
        assert!(seen.p_at_most(0.9) < 1e-6);
        let corrected = Corrected::rate(seen, Some(rate_of(35, 40)), Some(rate_of(2, 20))).unwrap();
        assert!(corrected.estimate() < 0.9);
        assert!(corrected.p_at_most(0.9) > 0.3);
    }

    #[test]
    fn p_is_the_level_at_which_the_interval_touches_the_bound() {
        let corrected = Corrected::rate(rate_of(900, 1000), Some(rate_of(78, 80)), Some(rate_of(3, 40))).unwrap();
        for bound in [0.75, 0.8, 0.85] {
            let p = corrected.p_at_most(bound);
            assert!((corrected.interval(p).lower - bound).abs() < 1e-6, "{bound} {p}");
        }
        let p = corrected.p_at_least(0.95);
        assert!((corrected.interval(p).upper - 0.95).abs() < 1e-6, "{p}");
    }

    #[test]
    fn a_verdict_that_nobody_labelled_leaves_its_share_open() {
        let corrected = Corrected::rate(rate_of(700, 1000), Some(rate_of(50, 50)), None).unwrap();
        let interval = corrected.interval(0.025);
        assert!(interval.lower < 0.71 && interval.upper > 0.98, "{interval:?}");
    }

    #[test]
    fn more_labels_of_the_same_kind_never_widen_the_interval() {
        let with = |times: usize| {
            let (on_pass, on_fail) = (rate_of(18 * times, 20 * times), rate_of(2 * times, 20 * times));
            Corrected::rate(rate_of(800, 1000), Some(on_pass), Some(on_fail)).unwrap().interval(0.025)
        };
        let widths: Vec<f64> = (1..6).map(|times| with(times).upper - with(times).lower).collect();
        assert!(widths.windows(2).all(|pair| pair[1] < pair[0]), "{widths:?}");
    }

    #[test]
    fn swapping_the_arms_mirrors_a_corrected_difference() {
        let clusters = pairs(40, 30, 800);
        let swapped = pairs(30, 40, 800);
        let weighed = |clusters: &[Cluster]| weigh(clusters, &Strata::none(), Kind::Difference).unwrap();
        let none = Strata::none();
        let cells = [difference_of(9, 1, 14), difference_of(0, 1, 90), difference_of(1, 8, 12)].map(Some);
        let mirrored = [difference_of(8, 1, 12), difference_of(1, 0, 90), difference_of(1, 9, 14)].map(Some);
        let one = Corrected::difference(weighed(&clusters), &clusters, &none, cells).unwrap();
        let other = Corrected::difference(weighed(&swapped), &swapped, &none, mirrored).unwrap();
        assert!((one.estimate() + other.estimate()).abs() < 1e-12);
        let (a, b) = (one.interval(0.025), other.interval(0.025));
        assert!((a.lower + b.upper).abs() < 1e-9 && (a.upper + b.lower).abs() < 1e-9, "{a:?} {b:?}");
        assert!((one.p_at_most(-0.05) - other.p_at_least(0.05)).abs() < 1e-9);
    }

    #[test]
    fn a_judge_that_sees_no_difference_certifies_no_more_than_its_labelled_pairs() {
        let clusters = pairs(0, 0, 2000);
        let seen = weigh(&clusters, &Strata::none(), Kind::Difference).unwrap();
        assert!(seen.p_at_most(-0.01) < 0.025);
        let few = [None, Some(difference_of(0, 0, 60)), None];
        let corrected = Corrected::difference(seen, &clusters, &Strata::none(), few).unwrap();
        assert!(corrected.interval(0.025).lower < -0.05);
        assert!(corrected.p_at_most(-0.01) > 0.025);
    }

    #[test]
    fn missing_verdicts_lie_at_either_end() {
        let corrected = Corrected::rate(rate_of(900, 1000), Some(rate_of(78, 80)), Some(rate_of(3, 40))).unwrap();
        let (best, worst) = (corrected.with_missing(0.04, Missing::Best), corrected.with_missing(0.04, Missing::Worst));
        assert!((best.estimate() - worst.estimate() - 0.04).abs() < 1e-12);
        assert!(worst.interval(0.025).lower < corrected.interval(0.025).lower);
        assert!(best.interval(0.025).upper > corrected.interval(0.025).upper);
    }

    #[test]
    fn a_margin_within_the_traffic_that_nobody_saw_is_never_shown() {
        // 0.9 as a sum of shares leaves 0.09999999999999998.
        let strata = Strata::declared(vec![0.9, 0.1]);
        let clusters = pairs(40, 0, 2000);
        let seen = weigh(&clusters, &strata, Kind::Difference).unwrap();
        let cells = [difference_of(55, 1, 60), difference_of(0, 0, 900), difference_of(1, 55, 60)].map(Some);
        let corrected = Corrected::difference(seen, &clusters, &strata, cells).unwrap();
        assert_eq!([-0.1, -0.05, 0.02].map(|bound| corrected.p_at_most(bound)), [1.0; 3]);
        assert!(corrected.p_at_most(-0.2) < 0.025, "{}", corrected.p_at_most(-0.2));
    }
}

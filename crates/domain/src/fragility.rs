//! Fragility: the smallest number of grades whose flip would change what a finding says.
//!
//! in      the cluster sums of the finding's question, what it claims and whether that holds, the test at the level it was made at
//! out     how many grades, turned against a claim that holds (a pass into a failure for a floor, a failure into a pass for a limit from
//!         above) or in favour of one that does not, change it; a grade between 0 and 1 is turned by moving it to that end; `None`
//!         where no number of them does, or the measure has no grades
//! how     greedy over clusters, those first whose grades move most; the number is found by bisection, so it is an upper bound where the
//!         measure is not monotone. Of graded answers in one cluster only the sum is known: each is taken to be their mean

use crate::question::Tally;
use stats::{Cluster, Kind};

/// What a finding claims of its measure, and whether that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub holds: bool,
    /// That the measure lies below a limit, and not above one.
    pub below: bool,
}

impl Claim {
    /// Whether what changes it makes the measure smaller.
    fn gives_way_downward(self) -> bool {
        self.holds != self.below
    }
}

/// The fewest flips that change the verdict; `own` are the sums of the arm itself where two arms are compared by grades, and `still` says
/// of flipped sums whether the claim holds on them.
pub fn flips(
    tally: &Tally,
    kind: Kind,
    claim: Claim,
    own: Option<&Tally>,
    still: impl Fn(Vec<Cluster>) -> bool,
) -> Option<u64> {
    let moves = Moves::of(tally, kind, claim, own)?;
    let changed = |count: u64| Some(still(moves.flipped(count)?) != claim.holds);
    let most = moves.flippable();
    let (mut low, mut high) = (0, 1.min(most));
    while !changed(high)? {
        if high >= most {
            return None;
        }
        low = high;
        high = (high * 2).min(most);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if changed(middle)? { high = middle } else { low = middle }
    }
    Some(high)
}

/// Whether the sums of the arm itself are needed beside those of the comparison.
pub fn asks_own(kind: Kind) -> bool {
    kind == Kind::GradedDifference
}

fn row_weight(cluster: &Cluster) -> f64 {
    cluster.weight / cluster.rows.max(1) as f64
}

/// Positions of clusters by how much one grade of each moves.
fn most_first(clusters: &[Cluster], moved: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    order.sort_by(|&a, &b| moved(b).total_cmp(&moved(a)));
    order
}

/// The grades that can be turned, and which are turned first.
struct Moves<'a> {
    clusters: &'a [Cluster],
    order: Vec<usize>,
    how: How,
}

enum How {
    /// One kind of flip after the other.
    Flips(&'static [Flip]),
    /// Of each cluster, by how much the weighted sum changes with each of its grades.
    Grades(Vec<f64>),
}

impl<'a> Moves<'a> {
    fn of(tally: &'a Tally, kind: Kind, claim: Claim, own: Option<&Tally>) -> Option<Self> {
        let clusters = &tally.clusters[..];
        let downward = claim.gives_way_downward();
        let means = match kind {
            Kind::Mean => return None,
            Kind::Rate | Kind::Difference => {
                let order = most_first(clusters, |at| row_weight(&clusters[at]));
                return Some(Moves { clusters, order, how: How::Flips(flips_of(kind, claim)) });
            }
            Kind::Graded => clusters.iter().map(mean).collect(),
            Kind::GradedDifference => own_means(tally, own?)?,
        };
        let each = |(cluster, mean): (&Cluster, f64)| row_weight(cluster) * if downward { -mean } else { 1.0 - mean };
        let moved: Vec<f64> = clusters.iter().zip(means).map(each).collect();
        let order = most_first(clusters, |at| moved[at].abs());
        Some(Moves { clusters, order, how: How::Grades(moved) })
    }

    /// The sums after turning a number of grades; `None` where there are not so many.
    fn flipped(&self, count: u64) -> Option<Vec<Cluster>> {
        match &self.how {
            How::Flips(flips) => flipped(self.clusters, &self.order, flips, count),
            How::Grades(moved) => self.moved(moved, count),
        }
    }

    /// How many grades there are to turn.
    fn flippable(&self) -> u64 {
        match &self.how {
            How::Flips(flips) => flippable(self.clusters, flips),
            How::Grades(moved) => {
                let movable = self.clusters.iter().zip(moved).filter(|(_, moved)| moved.abs() > NOTHING);
                movable.map(|(cluster, _)| cluster.rows).sum()
            }
        }
    }

    fn moved(&self, moved: &[f64], mut count: u64) -> Option<Vec<Cluster>> {
        let mut clusters = self.clusters.to_vec();
        for &at in self.order.iter().filter(|&&at| moved[at].abs() > NOTHING) {
            let grades = clusters[at].rows.min(count);
            clusters[at].value += moved[at] * grades as f64;
            count -= grades;
        }
        (count == 0).then_some(clusters)
    }
}

fn mean(cluster: &Cluster) -> f64 {
    if cluster.weight > 0.0 { (cluster.value / cluster.weight).clamp(0.0, 1.0) } else { 0.0 }
}

/// Of each compared cluster the mean grade of the arm itself, in the same order; `None` where one is not among the arm's own.
fn own_means(tally: &Tally, own: &Tally) -> Option<Vec<f64>> {
    let place = |tally: &Tally, at: usize| (tally.ranks.get(at).copied(), tally.clusters[at].stratum);
    let mut from = 0;
    let found = |at: usize| {
        let here = (from..own.clusters.len()).find(|&other| place(own, other) == place(tally, at));
        from = here? + 1;
        here.map(|here| mean(&own.clusters[here]))
    };
    (0..tally.clusters.len()).map(found).collect()
}

/// Less than any grade moves.
const NOTHING: f64 = 1e-12;

/// What becomes of one row: its grade, or in a comparison the candidate's.
#[derive(Clone, Copy)]
enum Flip {
    PassToFail,
    FailToPass,
    TieToLoss,
    LossToTie,
    TieToGain,
    GainToTie,
}

/// The flips to try, the most telling first: a lost pair that becomes a tie also leaves less that differs.
fn flips_of(kind: Kind, claim: Claim) -> &'static [Flip] {
    match (kind, claim.gives_way_downward(), claim.holds) {
        (Kind::Rate, true, _) => &[Flip::PassToFail],
        (Kind::Rate, false, _) => &[Flip::FailToPass],
        (_, true, true) => &[Flip::TieToLoss],
        (_, false, true) => &[Flip::TieToGain],
        (_, false, false) => &[Flip::LossToTie, Flip::TieToGain],
        (_, true, false) => &[Flip::GainToTie, Flip::TieToLoss],
    }
}

/// The sums after flipping a number of grades; `None` where there are not so many to flip.
fn flipped(clusters: &[Cluster], order: &[usize], flips: &[Flip], mut count: u64) -> Option<Vec<Cluster>> {
    let mut flipped = clusters.to_vec();
    for (flip, &at) in flips.iter().flat_map(|flip| order.iter().map(move |at| (*flip, at))) {
        if count == 0 {
            break;
        }
        let cluster = &mut flipped[at];
        let each = row_weight(cluster);
        let room = room(cluster, flip, each).min(count);
        if room > 0 {
            count -= room;
            apply(cluster, flip, each * room as f64);
        }
    }
    (count == 0).then_some(flipped)
}

/// How many grades there are to flip.
fn flippable(clusters: &[Cluster], flips: &[Flip]) -> u64 {
    let mut most = 0;
    let mut left = clusters.to_vec();
    for flip in flips {
        for cluster in &mut left {
            let each = row_weight(cluster);
            let room = room(cluster, *flip, each);
            apply(cluster, *flip, each * room as f64);
            most += room;
        }
    }
    most
}

fn apply(cluster: &mut Cluster, flip: Flip, moved: f64) {
    match flip {
        Flip::PassToFail | Flip::TieToLoss | Flip::GainToTie => cluster.value -= moved,
        Flip::FailToPass | Flip::LossToTie | Flip::TieToGain => cluster.value += moved,
    }
    match flip {
        Flip::PassToFail | Flip::FailToPass => {
            cluster.some_pass = cluster.value > NOTHING;
            cluster.some_fail = cluster.value < cluster.weight - NOTHING;
            return;
        }
        Flip::TieToLoss => cluster.loss += moved,
        Flip::LossToTie => cluster.loss -= moved,
        Flip::TieToGain => cluster.gain += moved,
        Flip::GainToTie => cluster.gain -= moved,
    }
    cluster.some_fail = cluster.gain + cluster.loss > NOTHING;
    cluster.some_pass = cluster.some_fail;
}

/// How many grades of a cluster can be flipped so.
fn room(cluster: &Cluster, flip: Flip, each: f64) -> u64 {
    if each <= 0.0 {
        return 0;
    }
    let left = match flip {
        Flip::PassToFail => cluster.value,
        Flip::FailToPass => cluster.weight - cluster.value,
        Flip::TieToLoss | Flip::TieToGain => cluster.weight - cluster.loss - cluster.gain,
        Flip::LossToTie => cluster.loss,
        Flip::GainToTie => cluster.gain,
    };
    (left / each + 1e-9).floor().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A claim that the measure lies above something.
    fn floor(holds: bool) -> Claim {
        Claim { holds, below: false }
    }

    fn grade(value: f64) -> Cluster {
        Cluster { rows: 1, weight: 1.0, weight_squared: 1.0, value, ..Cluster::default() }
    }

    fn graded(values: &[f64]) -> Tally {
        let clusters: Vec<Cluster> = values.iter().map(|value| grade(*value)).collect();
        Tally { ranks: (0..clusters.len() as u32).collect(), clusters, ..Tally::default() }
    }

    fn sum(clusters: &[Cluster]) -> f64 {
        clusters.iter().map(|cluster| cluster.value).sum()
    }

    fn tally(passes: u64, fails: u64) -> Tally {
        let row = |passed: bool| Cluster {
            rows: 1,
            weight: 1.0,
            weight_squared: 1.0,
            value: f64::from(u8::from(passed)),
            some_fail: !passed,
            some_pass: passed,
            ..Cluster::default()
        };
        let clusters = (0..passes).map(|_| row(true)).chain((0..fails).map(|_| row(false))).collect();
        Tally { clusters, ..Tally::default() }
    }

    #[test]
    fn the_last_grade_that_a_floor_can_spare_is_found_by_counting() {
        let holds = |clusters: Vec<Cluster>| {
            let weighed = stats::weigh(&clusters, &stats::Strata::none(), Kind::Rate).unwrap();
            weighed.p_at_most(0.9) <= 0.05
        };
        let fragility = flips(&tally(100, 0), Kind::Rate, floor(true), None, holds).unwrap();
        let still = |failed: u64| holds(tally(100 - failed, failed).clusters);
        assert!(still(fragility - 1) && !still(fragility), "{fragility}");
    }

    #[test]
    fn all_that_can_be_flipped_are_tried() {
        // Five fails: the fifth flip is what changes it.
        let holds = |clusters: Vec<Cluster>| clusters.iter().all(|cluster| !cluster.some_fail);
        assert_eq!(flips(&tally(100, 5), Kind::Rate, floor(false), None, holds), Some(5));
    }

    #[test]
    fn nothing_to_flip_is_unknown() {
        assert_eq!(flips(&tally(0, 0), Kind::Rate, floor(true), None, |_| true), None);
        assert_eq!(flips(&tally(3, 0), Kind::Mean, floor(true), None, |_| true), None);
    }

    #[test]
    fn a_lost_pair_that_becomes_a_tie_tells_more_than_a_tie_that_is_gained() {
        let pair = |gain: f64, loss: f64| Cluster {
            rows: 1,
            weight: 1.0,
            weight_squared: 1.0,
            value: gain - loss,
            gain,
            loss,
            some_fail: gain + loss > 0.0,
            some_pass: gain + loss > 0.0,
            ..Cluster::default()
        };
        // Forty conversations, six gained and four lost, within 5 points at 2.5 %.
        let pairs = |gained: usize, lost: usize| -> Vec<Cluster> {
            let ties = 40 - gained - lost;
            [vec![pair(1.0, 0.0); gained], vec![pair(0.0, 1.0); lost], vec![pair(0.0, 0.0); ties]].concat()
        };
        let shown = |clusters: Vec<Cluster>| {
            let weighed = stats::weigh(&clusters, &stats::Strata::none(), Kind::Difference).unwrap();
            weighed.p_at_most(-0.05) <= 0.025
        };
        let tally = Tally { clusters: pairs(6, 4), ..Tally::default() };
        assert_eq!(flips(&tally, Kind::Difference, floor(false), None, shown), Some(3));
        assert!(!shown(pairs(6, 2)) && shown(pairs(6, 1)) && !shown(pairs(9, 4)));
    }

    #[test]
    fn a_limit_from_above_gives_way_to_passes() {
        let at_most_three = |clusters: Vec<Cluster>| sum(&clusters) < 3.5;
        let limit = |holds: bool| Claim { holds, below: true };
        assert_eq!(flips(&tally(2, 8), Kind::Rate, limit(true), None, at_most_three), Some(2));
        assert_eq!(flips(&tally(5, 5), Kind::Rate, limit(false), None, at_most_three), Some(2));
    }

    #[test]
    fn of_a_difference_below_a_limit_gains_are_turned() {
        let at_most_one = |clusters: Vec<Cluster>| sum(&clusters) < 1.5;
        let pairs = |gained: usize| Tally {
            clusters: [vec![Cluster { gain: 1.0, ..grade(1.0) }; gained], vec![grade(0.0); 6]].concat(),
            ..Tally::default()
        };
        assert_eq!(flips(&pairs(1), Kind::Difference, Claim { holds: true, below: true }, None, at_most_one), Some(1));
        assert_eq!(flips(&pairs(4), Kind::Difference, Claim { holds: false, below: true }, None, at_most_one), Some(3));
    }

    #[test]
    fn a_grade_moves_to_its_worst_the_best_grades_first() {
        let tally = graded(&[0.2, 0.9, 0.5, 0.8]);
        let at_least = |least: f64| move |clusters: Vec<Cluster>| sum(&clusters) > least;
        // 2.4 in all: without 0.9 it is 1.5, without 0.8 too 0.7.
        assert_eq!(flips(&tally, Kind::Graded, floor(true), None, at_least(2.0)), Some(1));
        assert_eq!(flips(&tally, Kind::Graded, floor(true), None, at_least(1.0)), Some(2));
        // To their best: 0.2 first, which makes 3.2, and then 0.5.
        assert_eq!(flips(&tally, Kind::Graded, floor(false), None, at_least(3.5)), Some(2));
        let below = Claim { holds: true, below: true };
        assert_eq!(flips(&tally, Kind::Graded, below, None, |clusters| sum(&clusters) < 3.0), Some(1));
        assert_eq!(flips(&tally, Kind::Graded, floor(true), None, at_least(-1.0)), None);
    }

    #[test]
    fn in_a_comparison_of_grades_it_is_the_arms_own_that_moves() {
        // The second conversation has no grade of the opponent's, so that it is in the arm's own sums alone.
        let own = graded(&[0.9, 1.0, 0.3]);
        let compared = Tally { clusters: vec![grade(0.0), grade(0.3)], ranks: vec![0, 2], ..Tally::default() };
        let at_least = |least: f64| move |clusters: Vec<Cluster>| sum(&clusters) > least;
        let fragility = |least: f64| flips(&compared, Kind::GradedDifference, floor(true), Some(&own), at_least(least));
        assert_eq!(fragility(-0.5), Some(1));
        assert_eq!(fragility(-0.8), Some(2));
        assert_eq!(fragility(-1.0), None);
        assert_eq!(flips(&compared, Kind::GradedDifference, floor(true), None, at_least(0.0)), None);
    }
}

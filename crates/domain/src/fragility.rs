//! Fragility: the smallest number of grades whose flip would change what a finding says.
//!
//! in      the cluster sums of the finding's question, the test and the level it was made at
//! out     how many grades flipped from pass to fail (a finding that holds) or from fail to pass (one that does not) change it;
//!         `None` where no number of them does, or the measure has no grades to flip
//! how     greedy over clusters, heaviest grades first; the number is found by bisection, so it is an upper bound where the
//!         measure is not monotone

use crate::question::Tally;
use stats::{Cluster, Kind};

/// The fewest flips that change the verdict; `still` says of flipped sums whether it holds on them.
pub fn flips(tally: &Tally, kind: Kind, holds: bool, still: impl Fn(&[Cluster]) -> bool) -> Option<u64> {
    if !matches!(kind, Kind::Rate | Kind::Difference) {
        return None;
    }
    let order = heaviest_first(&tally.clusters);
    let changed = |count: u64| {
        let clusters = flipped(&tally.clusters, &order, kind, holds, count)?;
        Some(still(&clusters) != holds)
    };
    let most = flippable(&tally.clusters, kind, holds);
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

fn row_weight(cluster: &Cluster) -> f64 {
    cluster.weight / cluster.rows.max(1) as f64
}

/// Positions of clusters by the weight of each of their grades.
fn heaviest_first(clusters: &[Cluster]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    order.sort_by(|&a, &b| row_weight(&clusters[b]).total_cmp(&row_weight(&clusters[a])));
    order
}

/// What becomes of one row: its grade, or in a comparison the candidate's.
#[derive(Clone, Copy)]
enum Flip {
    PassToFail,
    FailToPass,
    TieToLoss,
    LossToTie,
    TieToGain,
}

/// The flips to try, the most telling first: a lost pair that becomes a tie also leaves less that differs.
fn flips_of(kind: Kind, to_fail: bool) -> &'static [Flip] {
    match (kind, to_fail) {
        (Kind::Rate, true) => &[Flip::PassToFail],
        (Kind::Rate, false) => &[Flip::FailToPass],
        (_, true) => &[Flip::TieToLoss],
        (_, false) => &[Flip::LossToTie, Flip::TieToGain],
    }
}

/// The sums after flipping a number of grades; `None` where there are not so many to flip.
fn flipped(clusters: &[Cluster], order: &[usize], kind: Kind, to_fail: bool, mut count: u64) -> Option<Vec<Cluster>> {
    let mut flipped = clusters.to_vec();
    for (flip, &at) in flips_of(kind, to_fail).iter().flat_map(|flip| order.iter().map(move |at| (*flip, at))) {
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
fn flippable(clusters: &[Cluster], kind: Kind, to_fail: bool) -> u64 {
    let mut most = 0;
    let mut left = clusters.to_vec();
    for flip in flips_of(kind, to_fail) {
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
    const NOTHING: f64 = 1e-12;
    match flip {
        Flip::PassToFail | Flip::TieToLoss => cluster.value -= moved,
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
    };
    (left / each + 1e-9).floor().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let holds = |clusters: &[Cluster]| {
            let weighed = stats::weigh(clusters, &stats::Strata::none(), Kind::Rate).unwrap();
            weighed.p_at_most(0.9) <= 0.05
        };
        let fragility = flips(&tally(100, 0), Kind::Rate, true, holds).unwrap();
        let still = |failed: u64| holds(&tally(100 - failed, failed).clusters);
        assert!(still(fragility - 1) && !still(fragility), "{fragility}");
    }

    #[test]
    fn all_that_can_be_flipped_are_tried() {
        // Five fails: the fifth flip is what changes it.
        let holds = |clusters: &[Cluster]| clusters.iter().all(|cluster| !cluster.some_fail);
        assert_eq!(flips(&tally(100, 5), Kind::Rate, false, holds), Some(5));
    }

    #[test]
    fn nothing_to_flip_is_unknown() {
        assert_eq!(flips(&tally(0, 0), Kind::Rate, true, |_| true), None);
        assert_eq!(flips(&tally(3, 0), Kind::Mean, true, |_| true), None);
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
        let shown = |clusters: &[Cluster]| {
            let weighed = stats::weigh(clusters, &stats::Strata::none(), Kind::Difference).unwrap();
            weighed.p_at_most(-0.05) <= 0.025
        };
        let tally = Tally { clusters: pairs(6, 4), ..Tally::default() };
        assert_eq!(flips(&tally, Kind::Difference, false, shown), Some(3));
        assert!(!shown(&pairs(6, 2)) && shown(&pairs(6, 1)) && !shown(&pairs(9, 4)));
    }
}

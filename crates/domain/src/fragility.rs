//! Fragility: the smallest number of grades whose flip would change what a finding says.
//!
//! in      the cluster sums of the finding's question, the test and the level it was made at
//! out     how many grades flipped from pass to fail (a finding that holds) or from fail to pass (one that does not) change it;
//!         `None` where no number of them does, or the measure has no grades to flip
//! how     greedy over clusters, heaviest grades first; the number is found by bisection, so it is an upper bound where the
//!         measure is not monotone

use crate::question::Tally;
use stats::{Cluster, Kind};

/// Whether flipping this many grades changes the verdict, as the caller tests it.
pub fn flips(tally: &Tally, kind: Kind, holds: bool, still: impl Fn(&stats::Weighed) -> bool) -> Option<u64> {
    if !matches!(kind, Kind::Rate | Kind::Difference) {
        return None;
    }
    let order = heaviest_first(&tally.clusters);
    let changed = |count: u64| {
        let clusters = flipped(&tally.clusters, &order, kind, holds, count)?;
        let weighed = stats::weigh(&clusters, &tally.strata, kind).ok()?;
        Some(still(&weighed) != holds)
    };
    let most: u64 = tally.clusters.iter().map(|cluster| cluster.rows).sum();
    let mut high = 1;
    while !changed(high)? {
        if high >= most {
            return None;
        }
        high = (high * 2).min(most);
    }
    let mut low = high / 2;
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

/// The sums after flipping a number of grades; `None` where there are not so many to flip.
fn flipped(clusters: &[Cluster], order: &[usize], kind: Kind, to_fail: bool, mut count: u64) -> Option<Vec<Cluster>> {
    let mut flipped = clusters.to_vec();
    for &at in order {
        if count == 0 {
            break;
        }
        let cluster = &mut flipped[at];
        let each = row_weight(cluster);
        let room = room(cluster, kind, to_fail, each).min(count);
        count -= room;
        let moved = each * room as f64;
        match (kind, to_fail) {
            (Kind::Rate, true) => {
                cluster.value -= moved;
                cluster.some_fail = true;
                cluster.some_pass = cluster.value > 1e-12;
            }
            (Kind::Rate, false) => {
                cluster.value += moved;
                cluster.some_pass = true;
                cluster.some_fail = cluster.value < cluster.weight - 1e-12;
            }
            (_, true) => {
                cluster.value -= moved;
                cluster.loss += moved;
            }
            (_, false) => {
                cluster.value += moved;
                cluster.gain += moved;
            }
        }
        if kind != Kind::Rate && room > 0 {
            cluster.some_fail = true;
            cluster.some_pass = true;
        }
    }
    (count == 0).then_some(flipped)
}

/// How many grades of a cluster can be flipped.
fn room(cluster: &Cluster, kind: Kind, to_fail: bool, each: f64) -> u64 {
    if each <= 0.0 {
        return 0;
    }
    let left = match (kind, to_fail) {
        (Kind::Rate, true) => cluster.value,
        (Kind::Rate, false) => cluster.weight - cluster.value,
        (_, true) => cluster.weight - cluster.loss - cluster.gain,
        (_, false) => cluster.weight - cluster.gain - cluster.loss,
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
        let holds = |weighed: &stats::Weighed| weighed.p_at_most(0.9) <= 0.05;
        let fragility = flips(&tally(100, 0), Kind::Rate, true, holds).unwrap();
        let still = |failed: u64| {
            let tally = tally(100 - failed, failed);
            holds(&stats::weigh(&tally.clusters, &tally.strata, Kind::Rate).unwrap())
        };
        assert!(still(fragility - 1) && !still(fragility), "{fragility}");
    }

    #[test]
    fn nothing_to_flip_is_unknown() {
        assert_eq!(flips(&tally(0, 0), Kind::Rate, true, |_| true), None);
        assert_eq!(flips(&tally(3, 0), Kind::Mean, true, |_| true), None);
    }
}

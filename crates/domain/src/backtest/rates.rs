//! The figures of a backtest.

use super::{LEAST, Past, Release};
use stats::{Interval, fisher_exact, proportion::clopper_pearson};
use std::collections::{BTreeMap, BTreeSet};

/// One-sided, as everywhere: an interval of 95 %.
const LEVEL: f64 = 0.025;

/// So many of so many, with the exact interval where there are enough of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    pub count: u64,
    pub of: u64,
    /// `None` below `LEAST`.
    pub interval: Option<Interval>,
}

impl Rate {
    fn new(count: u64, of: u64) -> Self {
        let interval = (of >= LEAST).then(|| clopper_pearson(count as f64, of as f64, LEVEL).ok()).flatten();
        Rate { count, of, interval }
    }
}

/// How often a gate's interval held what production showed later.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits {
    pub criterion: String,
    pub segment: String,
    pub metric: String,
    pub rate: Rate,
    /// Releases that production's figure lay below, and above.
    pub below: u64,
    pub above: u64,
}

/// What a finding on a segment was worth: incidents where something on it was open, and where all held.
#[derive(Clone, Debug, PartialEq)]
pub struct Lift {
    pub segment: String,
    /// Releases with an incident, and all, where something on the segment did not hold.
    pub open: [u64; 2],
    /// The same where all held.
    pub held: [u64; 2],
    /// Of the two shares; `None` where either is of none, or nothing happened where all held.
    pub lift: Option<f64>,
    /// Fisher's exact test, two-sided; `None` below `LEAST` releases, or where either column is empty.
    pub p: Option<f64>,
}

/// One root cause is one event: releases that share an incident count as one.
pub fn false_ships(known: &[&Release]) -> Rate {
    let mut groups: Vec<BTreeSet<&str>> = Vec::new();
    let mut clean = 0;
    for release in known {
        if release.incidents.is_empty() {
            clean += 1;
            continue;
        }
        let mut group: BTreeSet<&str> = release.incidents.iter().map(String::as_str).collect();
        groups.retain(|other| {
            let shared = !other.is_disjoint(&group);
            if shared {
                group.extend(other);
            }
            !shared
        });
        groups.push(group);
    }
    let failed = groups.len() as u64;
    Rate::new(failed, failed + clean)
}

/// By criterion, segment and metric, over the releases that have both an interval and an outcome.
pub fn hits(past: &Past, releases: &[Release]) -> Vec<Hits> {
    let mut found: BTreeMap<(String, String, String), [u64; 3]> = BTreeMap::new();
    for release in releases {
        for ((criterion, segment, metric), seen) in seen_of(past, release) {
            let foretold = past.decisions[release.made]
                .intervals
                .iter()
                .find(|foretold| foretold.criterion == criterion && foretold.segment == segment);
            let Some(foretold) = foretold else { continue };
            let place = if seen < foretold.lower { 1 } else { usize::from(seen > foretold.upper) * 2 };
            found.entry((criterion, segment, metric)).or_default()[place] += 1;
        }
    }
    let hits = |((criterion, segment, metric), [inside, below, above]): ((String, String, String), [u64; 3])| Hits {
        criterion,
        segment,
        metric,
        rate: Rate::new(inside, inside + below + above),
        below,
        above,
    };
    found.into_iter().map(hits).collect()
}

/// What production showed of the candidate of a release: one figure for each criterion, segment and metric, over all that was told.
fn seen_of(past: &Past, release: &Release) -> BTreeMap<(String, String, String), f64> {
    let records: BTreeSet<&str> = past
        .decisions
        .iter()
        .filter(|made| made.candidate == release.candidate)
        .map(|made| made.record.as_str())
        .collect();
    let mut sums: BTreeMap<(String, String, String), [f64; 2]> = BTreeMap::new();
    for outcome in &past.outcomes {
        let of_it = outcome.record.as_deref().is_some_and(|record| records.contains(record));
        let by_it = outcome.arm.is_none_or(|arm| arm == crate::system::Arm::Candidate);
        let (true, true, Some(criterion)) = (of_it, by_it, &outcome.criterion) else { continue };
        let segment = outcome.segment.clone().unwrap_or_else(|| "all".to_owned());
        let sum = sums.entry((criterion.clone(), segment, outcome.metric.clone())).or_default();
        let requests = outcome.requests() as f64;
        // A criterion passes where production does well.
        let good =
            if outcome.better() == Some(crate::outcome::Better::Lower) { 1.0 - outcome.seen() } else { outcome.seen() };
        sum[0] += good * requests;
        sum[1] += requests;
    }
    sums.into_iter().map(|(key, [sum, requests])| (key, sum / requests)).collect()
}

/// By segment, over releases whose span is over.
pub fn lifts(past: &Past, known: &[&Release]) -> Vec<Lift> {
    let names: BTreeSet<&String> = known.iter().flat_map(|release| past.decisions[release.made].held.keys()).collect();
    let lift = |segment: &String| {
        let (mut open, mut held) = ([0, 0], [0, 0]);
        for release in known {
            let Some(holds) = past.decisions[release.made].held.get(segment) else { continue };
            let side = if *holds { &mut held } else { &mut open };
            side[0] += u64::from(has_incident(past, release, segment));
            side[1] += 1;
        }
        let both = open[1] > 0 && held[1] > 0;
        let ratio = (open[0] as f64 / open[1] as f64) / (held[0] as f64 / held[1] as f64);
        let p = || fisher_exact(open[0], open[1] - open[0], held[0], held[1] - held[0]);
        Lift {
            segment: segment.clone(),
            open,
            held,
            lift: (both && held[0] > 0).then_some(ratio),
            p: (both && open[1] + held[1] >= LEAST).then(p),
        }
    };
    names.into_iter().map(lift).collect()
}

fn has_incident(past: &Past, release: &Release, segment: &str) -> bool {
    let here = |trouble: &&super::Trouble| trouble.segments.is_empty() || trouble.segments.contains(segment);
    past.incidents.iter().filter(here).any(|trouble| release.incidents.contains(&trouble.incident))
}

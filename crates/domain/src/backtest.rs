//! A backtest: past decisions beside what production did later. Did the gates foretell anything?
//!
//! in      decisions as they were sealed, oldest first; failures in production with the decisions that let them through; outcomes;
//!         the span in which a failure counts, and the day
//! out     how many releases failed, how often a gate's interval held what production showed, what a segment's finding was worth,
//!         and what cannot be told, with the reason
//! errors  none: what cannot be estimated is said
//! source  the project's statistics design, 3.15; Clopper & Pearson 1934, Fisher 1935 (`stats`)
//! rule    a release is judged by the decision that let it out, on the reference set of that day: an incident's own example, added
//!         later, makes any gate look clairvoyant. What was held has no outcome, and no rate of false holds comes from it

mod rates;
#[cfg(test)]
mod tests;

use crate::finding::figures::plural;
pub use rates::{Hits, Lift, Rate};

use crate::outcome::Outcome;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer releases than these give counts, and no rate.
pub const LEAST: u64 = 10;

/// A decision as its record has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub record: String,
    /// What tells one candidate from the next.
    pub candidate: String,
    pub at: Timestamp,
    /// The candidate answered somewhere.
    pub shipped: bool,
    /// It was held, and an override let it out all the same.
    pub overridden: bool,
    /// For each segment of whose traffic some went to the candidate, whether all blocking findings on it held.
    pub held: BTreeMap<String, bool>,
    pub intervals: Vec<Foretold>,
}

/// The interval of a criterion on a segment, for the candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Foretold {
    pub criterion: String,
    pub segment: String,
    pub lower: f64,
    pub upper: f64,
}

/// A failure in production.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    pub incident: String,
    pub at: Timestamp,
    /// Records of the decisions that let it through.
    pub decisions: Vec<String>,
    /// The segments that its examples lie in; none where nobody knows, and then it counts in each.
    pub segments: BTreeSet<String>,
}

/// All that a backtest looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    pub decisions: Vec<Made>,
    pub incidents: Vec<Trouble>,
    pub outcomes: Vec<Outcome>,
    pub within_days: u32,
    pub today: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Backtest {
    pub releases: Vec<Release>,
    /// Candidates that no decision let out.
    pub held: u64,
    /// Of those that an override let out: how many, and how many of them came without an incident in the span.
    pub overridden: [u64; 2],
    /// False ships, one release or root cause each.
    pub false_ships: Rate,
    pub hits: Vec<Hits>,
    pub lifts: Vec<Lift>,
    /// Incidents that bear on no release: why, for each.
    pub left_out: Vec<(String, &'static str)>,
    /// What cannot be told, and why.
    pub not_estimable: Vec<(&'static str, String)>,
}

/// A candidate that went out.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    pub record: String,
    pub candidate: String,
    pub at: Timestamp,
    pub by_override: bool,
    /// Incidents within the span.
    pub incidents: BTreeSet<String>,
    /// The span is over: it is known how it went.
    pub over: bool,
    /// Position of its decision.
    made: usize,
}

const SECONDS_OF_DAY: i64 = 86_400;

/// Lays the past beside itself.
pub fn backtest(past: &Past) -> Backtest {
    let (mut releases, held) = releases(past);
    let left_out = lay(past, &mut releases);
    let known: Vec<&Release> = releases.iter().filter(|release| release.over && !release.by_override).collect();
    let of_overrides: Vec<&Release> = releases.iter().filter(|release| release.over && release.by_override).collect();
    let clean = of_overrides.iter().filter(|release| release.incidents.is_empty()).count() as u64;
    let overridden = [of_overrides.len() as u64, clean];
    Backtest {
        held,
        overridden,
        false_ships: rates::false_ships(&known),
        hits: rates::hits(past, &releases),
        lifts: rates::lifts(past, &known),
        left_out,
        not_estimable: not_estimable(held, overridden, known.len() as u64),
        releases,
    }
}

/// One for each candidate that went out, by the first decision that let it: what was decided of it again later, on a set that knows
/// of its incidents, says nothing of what the gates foretold.
fn releases(past: &Past) -> (Vec<Release>, u64) {
    let mut candidates: Vec<&str> = Vec::new();
    for made in &past.decisions {
        if !candidates.contains(&made.candidate.as_str()) {
            candidates.push(&made.candidate);
        }
    }
    let mut out = Vec::new();
    let mut held = 0;
    for candidate in candidates {
        let of_it = || past.decisions.iter().enumerate().filter(|(_, made)| made.candidate == candidate);
        let Some((at, made)) = of_it().find(|(_, made)| made.shipped || made.overridden) else {
            held += 1;
            continue;
        };
        let over = past.today.as_second() >= made.at.as_second() + i64::from(past.within_days) * SECONDS_OF_DAY;
        out.push(Release {
            record: made.record.clone(),
            candidate: candidate.to_owned(),
            at: made.at,
            by_override: !made.shipped,
            incidents: BTreeSet::new(),
            over,
            made: at,
        });
    }
    (out, held)
}

/// Gives each incident to the releases that it came after in the span; those that bear on none, with the reason.
fn lay(past: &Past, releases: &mut [Release]) -> Vec<(String, &'static str)> {
    let candidate_of =
        |record: &String| past.decisions.iter().find(|made| made.record == *record).map(|made| made.candidate.as_str());
    let mut left_out = Vec::new();
    for trouble in &past.incidents {
        let candidates: BTreeSet<&str> = trouble.decisions.iter().filter_map(candidate_of).collect();
        let mut why = match (trouble.decisions.is_empty(), candidates.is_empty()) {
            (true, _) => Some("no decision is named that let it through"),
            (_, true) => Some("no decision that it names is in this chain"),
            _ => Some("its candidate never went out"),
        };
        for release in releases.iter_mut().filter(|release| candidates.contains(release.candidate.as_str())) {
            let after = trouble.at.as_second() - release.at.as_second();
            if after < 0 {
                why = why.and(Some("it came before the release"));
            } else if after > i64::from(past.within_days) * SECONDS_OF_DAY {
                why = why.and(Some("it came after the span"));
            } else {
                why = None;
                release.incidents.insert(trouble.incident.clone());
            }
        }
        left_out.extend(why.map(|why| (trouble.incident.clone(), why)));
    }
    left_out
}

fn not_estimable(held: u64, overridden: [u64; 2], known: u64) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let why = match (held, overridden[0]) {
        (0, 0) => "nothing was held".to_owned(),
        (held, 0) => {
            format!("{held} held, and what was held has no outcome: only an override or shadow traffic would show one")
        }
        (_, shown) => format!(
            "only {shown} held and let out by an override have an outcome, {} of them without an incident; they were picked, and stand for no others",
            overridden[1]
        ),
    };
    all.push(("rate of false holds", why));
    all.push((
        "Brier score, log loss, calibration, ranking",
        "a gate gives a state, and no probability of an incident".to_owned(),
    ));
    if known < LEAST {
        all.push((
            "rate of false ships",
            format!("{} whose span is over; counts only below {LEAST}", plural(known, "release")),
        ));
    }
    all
}

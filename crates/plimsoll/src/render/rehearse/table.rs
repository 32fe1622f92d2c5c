//! The tables of a rehearsal, as rows of texts: the same for every form.

use crate::app::rehearse::advice::amount;
use crate::app::rehearse::{Identity, Rehearsed, Row};
use domain::finding::State;
use domain::rehearsal::identical::Identical;
use domain::rehearsal::loss::{Unit, caught_by, loss_of, smallest};
use domain::routing::Outcome;

/// One-sided level of the spread that is shown beside a share.
const LEVEL: f64 = 0.025;

/// A share of rehearsals, with the two-sided 95 % interval that their number leaves; unknown where there are none.
pub fn share(count: u64, of: u64) -> Option<(f64, f64, f64)> {
    let interval = stats::proportion::clopper_pearson(count as f64, of as f64, LEVEL).ok()?;
    Some((count as f64 / of as f64, interval.lower, interval.upper))
}

/// `4.1 %`, or `-` for nothing of nothing.
pub fn percent(count: u64, of: u64) -> String {
    share(count, of).map_or("-".to_owned(), |(share, ..)| format!("{:.1} %", 100.0 * share))
}

/// `4.1 % (3.0 to 5.5)`.
pub fn spread(count: u64, of: u64) -> String {
    share(count, of).map_or("unknown".to_owned(), |(share, lower, upper)| {
        format!("{:.1} % ({:.1} to {:.1})", 100.0 * share, 100.0 * lower, 100.0 * upper)
    })
}

/// What became of identical systems as a whole: what, and how often.
pub fn whole(counts: &Identical) -> Vec<(String, String)> {
    let all = counts.rehearsals;
    let mut rows: Vec<(String, String)> = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.as_str().replace('_', " "), spread(counts.of(*outcome), all)))
        .collect();
    rows.push(("cries harm".to_owned(), spread(counts.breached, all)));
    rows.push(("fails outright".to_owned(), spread(counts.failed, all)));
    rows
}

pub const STATES: [&str; 4] = ["breached", "not shown", "holds", "other"];

/// How often a row was breached (or failed), not shown, holding, or in another state.
pub fn states(counts: &Identical, row: usize) -> [String; 4] {
    told(&counts.states.get(row).copied().unwrap_or_default())
}

/// The same of guards and never examples, where there are any.
pub fn outright(of: &Rehearsed, counts: &Identical) -> Vec<(&'static str, [String; 4])> {
    let all = [("guards", of.guards, &counts.guards), ("never examples", of.never_examples, &counts.never_examples)];
    all.into_iter().filter(|(_, are_there, _)| *are_there).map(|(name, _, counts)| (name, told(counts))).collect()
}

fn told(counts: &[u64; 8]) -> [String; 4] {
    let all = counts.iter().sum();
    let of = |states: &[State]| states.iter().map(|state| counts[*state as usize]).sum::<u64>();
    let harm = of(&[State::Breached, State::FailedNever, State::FailedGuard]);
    let (unproven, holds) = (of(&[State::NotShown]), of(&[State::Holds]));
    [harm, unproven, holds, all - harm - unproven - holds].map(|count| percent(count, all))
}

/// The smallest loss at which a row blocks, and at which it calls a regression.
pub fn losses(row: &Row) -> [String; 2] {
    [&row.power.blocks, &row.power.calls].map(|counts| smallest_loss(row, counts))
}

fn smallest_loss(row: &Row, counts: &[u64]) -> String {
    let all = row.power.rehearsals;
    if all == 0 {
        return "nothing measured to lose".to_owned();
    }
    let last = counts.len() - 1;
    let at = |step| {
        share(caught_by(counts, step), all).map_or("-".to_owned(), |(share, lower, upper)| {
            format!("{:.0} %, {:.0}-{:.0}", 100.0 * share, 100.0 * lower, 100.0 * upper)
        })
    };
    match smallest(counts, all) {
        Some(0) => format!("at no loss ({})", at(0)),
        Some(step) => format!("{} ({})", amount(loss_of(step), row.unit), at(step)),
        None => format!("not within {} ({})", loss_of(last), at(last)),
    }
}

/// What losses of a row are counted in.
pub fn unit(row: &Row) -> &'static str {
    match row.unit {
        Unit::Points => "points",
        Unit::Percent => "percent",
    }
}

/// How identical systems were made.
pub fn way(way: Identity) -> &'static str {
    match way {
        Identity::Swapped => "candidate and production swapped by conversation",
        Identity::Repeats => "production against itself across repeats",
    }
}

/// What losses were taken from.
pub fn start(of: &Rehearsed) -> &'static str {
    match of.start {
        crate::app::rehearse::Start::Swapped => "the two systems swapped by conversation",
        crate::app::rehearse::Start::Production => "production in both places",
        crate::app::rehearse::Start::Candidate => "the candidate as it is, as there is no production",
    }
}

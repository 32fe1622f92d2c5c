//! What the figures of a rehearsal mean for this gate, in a few sentences.

use super::{Identical, Identity, Rehearsed, Row, Start};
use domain::evidence::absolute_margin;
use domain::finding::State;
use domain::gate::{Gate, Margin, Rule};
use domain::rehearsal::loss::{Unit, caught_by, loss_of, smallest};
use domain::routing::Outcome;

/// Rows that do not hold on this share of identical systems are named.
const OFTEN: f64 = 0.8;
/// Rows that are named in one sentence.
const NAMED: usize = 3;

/// The margin of a comparison as a loss: in points, or in per cent where it is relative.
pub fn margin(gate: &Gate) -> Option<f64> {
    match gate.rule {
        Rule::NotWorse { by: Margin::Relative(share), .. } => Some(100.0 * share),
        Rule::NotWorse { by, .. } => match domain::rehearsal::loss::unit(gate) {
            Unit::Points => Some(100.0 * absolute_margin(by)),
            // Money or milliseconds are no part of what production takes, before that is known.
            Unit::Percent => None,
        },
        _ => None,
    }
}

pub fn advice(of: &Rehearsed) -> Vec<String> {
    let mut said = Vec::new();
    if let Some((way, counts)) = of.identical.first() {
        said.push(on_identical(*way, counts));
        said.extend(outright(counts));
        said.extend(not_shown_anyway(of, counts));
        said.extend(silent_anyway(of, counts));
    }
    said.extend(unseen(of));
    said
}

fn of_hundred(count: u64, of: u64) -> String {
    let share = 100.0 * count as f64 / of.max(1) as f64;
    match share {
        0.0 => format!("none of {of}"),
        share if share < 1.0 => "fewer than 1 of 100".to_owned(),
        share => format!("{share:.0} of 100"),
    }
}

fn on_identical(way: Identity, counts: &Identical) -> String {
    let all = counts.rehearsals;
    let stopped = all - counts.of(Outcome::Ship) - counts.of(Outcome::NarrowRollout);
    let made = match way {
        Identity::Swapped => "",
        Identity::Repeats => ", production against itself",
    };
    format!(
        "of identical systems{made} this gate would cry harm at {}, keep out of every cell {}, and ship {} everywhere",
        of_hundred(counts.breached, all),
        of_hundred(stopped, all),
        of_hundred(counts.of(Outcome::Ship), all),
    )
}

fn outright(counts: &Identical) -> Option<String> {
    (counts.failed > 0).then(|| {
        format!(
            "a never rule or a guard fails outright at {}: one failure of either system is enough, and no number of examples \
             makes that rarer",
            of_hundred(counts.failed, counts.rehearsals)
        )
    })
}

/// Rows that are mostly not shown on identical systems.
fn not_shown_anyway(of: &Rehearsed, counts: &Identical) -> Option<String> {
    let names = named(of, |at| counts.in_state(at, State::NotShown) as f64 >= OFTEN * counts.rehearsals as f64)?;
    Some(format!(
        "at least 80 of 100 identical systems are not shown to hold by {names}: what is asked there is more than so few \
         conversations can show, so collect more, widen what is asked, or name a stage (`not_shown`)"
    ))
}

/// Rows that mostly say nothing of identical systems.
fn silent_anyway(of: &Rehearsed, counts: &Identical) -> Option<String> {
    let silent = [State::Unfit, State::Error, State::NoData];
    let count = |at| silent.iter().map(|state| counts.in_state(at, *state)).sum::<u64>();
    let names = named(of, |at| count(at) as f64 >= OFTEN * counts.rehearsals as f64)?;
    Some(format!(
        "nothing is decided at 80 of 100 by {names}: grades are missing, a system failed, or there are fewer conversations than \
         the least that the contract asks for"
    ))
}

/// The blocking rows for which this holds.
fn named(of: &Rehearsed, wanted: impl Fn(usize) -> bool) -> Option<String> {
    let rows = of.rows.iter().enumerate().filter(|(at, row)| row.blocking && wanted(*at)).map(|(_, row)| row);
    let names: Vec<String> = rows.map(|row| format!("{} on {}", row.gate, row.segment)).collect();
    let more = names.len().saturating_sub(NAMED);
    match (names.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(names.join(", ")),
        (false, more) => Some(format!("{} and {more} more", names[..NAMED].join(", "))),
    }
}

/// The comparison that is blindest to a loss, and what it would take to see one as large as its margin.
fn unseen(of: &Rehearsed) -> Option<String> {
    let rows = of.rows.iter().filter(|row| row.blocking && row.margin.is_some() && row.power.rehearsals > 0);
    let seen = |row: &Row| smallest(&row.power.calls, row.power.rehearsals);
    let blindest = rows.max_by_key(|row| seen(row).unwrap_or(usize::MAX))?;
    let place = format!("in {} by {}", blindest.segment, blindest.gate);
    let Some(step) = seen(blindest) else {
        let last = blindest.power.calls.len() - 1;
        let share = caught_by(&blindest.power.calls, last);
        return Some(format!(
            "it cannot be relied on to call any loss within {} a regression {place}: even that is called one in {}",
            amount(loss_of(last), blindest.unit),
            of_hundred(share, blindest.power.rehearsals)
        ));
    };
    let loss = loss_of(step);
    if loss == 0 {
        return Some(format!(
            "it calls a regression {place} before anything is lost: there it cannot say how small a loss it would see"
        ));
    }
    let more = more_needed(blindest, loss).map_or_else(String::new, |more| {
        let margin = amount(blindest.margin.unwrap_or(0.0).round() as u32, blindest.unit);
        format!("; about {more} more conversations there would let it see a loss of its margin, {margin}")
    });
    let noise = if of.start == Start::Swapped { ", where two systems differ as much as these two do" } else { "" };
    Some(format!(
        "it cannot be relied on to call a loss under {} a regression {place}{noise}{more}",
        amount(loss, blindest.unit)
    ))
}

/// The loss that can be seen shrinks with the root of the number of conversations.
fn more_needed(row: &Row, loss: u32) -> Option<u64> {
    let (margin, clusters) = (row.margin.filter(|margin| *margin > 0.0)?, row.clusters?);
    let ratio = f64::from(loss) / margin;
    (ratio > 1.0).then(|| (clusters as f64 * (ratio * ratio - 1.0)).ceil() as u64)
}

/// `7 points`, `12 %`.
pub fn amount(loss: u32, unit: Unit) -> String {
    match unit {
        Unit::Points if loss == 1 => "1 point".to_owned(),
        Unit::Points => format!("{loss} points"),
        Unit::Percent => format!("{loss} %"),
    }
}

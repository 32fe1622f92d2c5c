//! `outcome`: what production did after a release, read from a file or said, and kept with the release's record.
//!
//! in      a file of outcomes, JSON lines or a table; or traces and logs of OpenTelemetry, with a mapping
//! out     an entry for each outcome that was not told yet
//! errors  every line that cannot be read, and every release that no record is of; then nothing is kept

mod fits;
mod read;
pub mod traced;

pub use read::{Column, each, notes, read};

use super::chain::{Chain, Kept};
use super::kept;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::digest::canonical;
use domain::entry::{Draft, Noun};
use domain::format::outcomes::{from_json, to_json};
use domain::outcome::Outcome;
use std::collections::BTreeSet;

/// How many were kept, and how many were there already.
pub struct Imported {
    pub kept: usize,
    pub known: usize,
    /// What somebody should know, though nothing stops for it.
    pub notes: Vec<String>,
}

/// Keeps outcomes, all or none. A release is named by its record, or by its candidate and the day.
pub fn keep(state: &Utf8Path, outcomes: Vec<Outcome>, author: &str, why: Option<&str>) -> Result<Imported, Failure> {
    let records = Chain::at(state).list()?;
    let (mut placed, mut refused) = (Vec::new(), Vec::new());
    for (at, outcome) in outcomes.into_iter().enumerate() {
        match place(&records, outcome) {
            Ok(found) => placed.push(found),
            Err((what, help)) => refused.push((format!("outcome {}: {what}", at + 1), help)),
        }
    }
    none_refused(refused)?;
    let notes = early(&records, &placed);
    let evals: BTreeSet<&str> = placed.iter().map(|(record, _)| eval_of(&records, record)).collect();
    let eval = match Vec::from_iter(evals).as_slice() {
        [] => return Ok(Imported { kept: 0, known: 0, notes }),
        [one] => (*one).to_owned(),
        more => {
            return Err(Failure::yours(
                format!("these outcomes are of several evals: {}", more.join(", ")),
                "import those of one eval at a time, each with its own catalog",
            ));
        }
    };
    let catalog = kept::open_for(state, &eval)?;
    let there = catalog.of(Noun::Outcome).map_err(kept::failed)?;
    let mut known: BTreeSet<String> = there.iter().map(|entry| canonical(&entry.body)).collect();
    let all = placed.len();
    placed.retain(|(_, outcome)| known.insert(canonical(&to_json(outcome))));
    let draft = |(record, outcome): (String, Outcome)| Draft {
        noun: Noun::Outcome,
        subject: record,
        after: None,
        what: "seen".to_owned(),
        at: kept::now(),
        author: author.to_owned(),
        why: why.map(str::to_owned),
        body: to_json(&outcome),
    };
    let drafts: Vec<Draft> = placed.into_iter().map(draft).collect();
    if !drafts.is_empty() {
        catalog.append(&drafts).map_err(kept::failed)?;
    }
    Ok(Imported { kept: drafts.len(), known: all - drafts.len(), notes })
}

/// Outcomes of days before their release was decided on.
fn early(records: &[Kept], placed: &[(String, Outcome)]) -> Vec<String> {
    let release = |id: &str| records.iter().find(|kept| kept.id() == id);
    let is_early =
        |(id, outcome): &&(String, Outcome)| release(id).is_some_and(|release| fits::is_early(release, outcome));
    let early: Vec<&(String, Outcome)> = placed.iter().filter(is_early).collect();
    let Some((id, first)) = early.first().copied() else { return Vec::new() };
    vec![format!(
        "{} outcome(s) were seen before their release was decided on, the first on {} of record {id}: check the day, or the release",
        early.len(),
        first.at
    )]
}

/// Outcomes that are told one by one; the rest are counted.
const TOLD: usize = 20;

/// All that is wrong is told, with what to do about the first.
fn none_refused(refused: Vec<(String, String)>) -> Result<(), Failure> {
    let Some((_, help)) = refused.first() else { return Ok(()) };
    let more = refused.len().saturating_sub(TOLD);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let told: Vec<&str> = refused.iter().take(TOLD).map(|(what, _)| what.as_str()).collect();
    Err(Failure::yours(format!("{}{more}", told.join("; ")), help.clone()))
}

/// The record that an outcome came after, and the outcome with its whole id; else what is wrong, and what to do.
fn place(records: &[Kept], mut outcome: Outcome) -> Result<(String, Outcome), (String, String)> {
    let refused = |what: String, help: &str| Err((what, help.to_owned()));
    let decisions = || records.iter().filter(|kept| kept.content.get("decision").is_some());
    let found: Vec<&Kept> = match (&outcome.record, &outcome.candidate) {
        (Some(record), _) => decisions().filter(|kept| kept.id().starts_with(record.as_str())).collect(),
        (None, Some(candidate)) => {
            let before =
                |kept: &&Kept| candidate_of(kept) == *candidate && day_of(kept) <= outcome.at.get(..10).unwrap_or("");
            decisions().rev().find(before).into_iter().collect()
        }
        (None, None) => {
            return refused(
                "no release is named".to_owned(),
                "say its `record`, or its `candidate` as the contract describes it; `--record` names one for the whole file",
            );
        }
    };
    match found.as_slice() {
        [one] => {
            if let Some(misfit) = fits::misfit(one, &outcome) {
                return Err(misfit);
            }
            outcome.record = Some(one.id().to_owned());
            Ok((one.id().to_owned(), outcome))
        }
        [] => refused(
            match (&outcome.record, &outcome.candidate) {
                (Some(record), _) => format!("no decision `{record}`"),
                (None, candidate) => {
                    format!("no decision on `{}` up to {}", candidate.as_deref().unwrap_or(""), outcome.at)
                }
            },
            "the folder `.plimsoll/records` has the decisions; `plimsoll outcome list` the outcomes",
        ),
        many => refused(format!("{} decisions begin so", many.len()), "write more of the id"),
    }
}

/// The eval that a decision is of.
fn eval_of<'r>(records: &'r [Kept], record: &str) -> &'r str {
    let found = records.iter().find(|kept| kept.id() == record);
    found.and_then(|kept| kept.content["contract"]["name"].as_str()).unwrap_or("")
}

/// What a record's contract said that the candidate is.
pub fn candidate_of(kept: &Kept) -> &str {
    let systems = kept.content["systems"].as_array().into_iter().flatten();
    let candidate = systems.into_iter().find(|system| system["arm"] == "candidate");
    candidate.and_then(|system| system["describe"].as_str()).unwrap_or("")
}

fn day_of(kept: &Kept) -> &str {
    kept.envelope["time"].as_str().and_then(|time| time.get(..10)).unwrap_or("")
}

/// All that was told, oldest first.
pub fn told(state: &Utf8Path) -> Result<Vec<Outcome>, Failure> {
    Ok(kept::entries_of_any(state, Noun::Outcome)?.iter().filter_map(|entry| from_json(&entry.body)).collect())
}

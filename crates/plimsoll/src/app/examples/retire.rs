//! `examples retirements`, and what is said of an example: retired, kept, postponed, marked, quarantined, made active.
//!
//! in      the eval, ids, who says it and why; the day
//! out     proposals with their reasons; the entry that was added
//! errors  an id that is not in the set; nothing is proposed of it; a date that is none

use super::read;
use super::watched::{Looked, looked};
use crate::app::eval::Eval;
use crate::app::kept;
pub use crate::app::kept::By;
use crate::app::run::Progress;
use crate::cli::Failure;
use domain::content::{Fingerprint, text_of};
use domain::entry::{Draft, Entry, Noun};
use domain::example::Status;
use domain::example::history::told;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::retirement::{Given, Proposal, Reason, proposals, reported};
use domain::review::items;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Months that a question is put off where nobody says until when.
const LATER: i32 = 3;

/// Examples that are laid beside each other to find near-duplicates.
const MOST_COMPARED: usize = 10_000;

/// What is proposed on a day.
pub struct Found {
    pub set: ReferenceSet,
    pub proposals: Vec<Proposal>,
    /// What examples ask that are one too many, and those that they are beside.
    pub asks: BTreeMap<String, String>,
    pub notes: Vec<String>,
    pub today: String,
}

impl Found {
    pub fn id(&self, proposal: &Proposal) -> &str {
        self.set.rows[proposal.example.0 as usize].id.as_str()
    }
}

pub fn found(eval: &Eval, today: Option<&str>, progress: &mut dyn Progress) -> Result<Found, Failure> {
    let today = day(today)?;
    let mut texts: BTreeMap<ExampleIndex, String> = BTreeMap::new();
    let set = read(eval, |at, example| {
        if example.status == Status::Active && texts.len() < MOST_COMPARED {
            texts.insert(at, text_of(&example.document["input"]));
        }
    })?;
    let told = told(&kept::entries(eval, Noun::Example)?);
    let reported = reported(&items(&kept::entries(eval, Noun::Item)?));
    let Looked { watched, named, mut notes } = looked(eval, progress)?;
    progress.step("laying examples beside each other");
    let active = set.active().count();
    if active > texts.len() {
        notes.push(format!("near-duplicates were looked for among the first {} of {active} examples", texts.len()));
    }
    for (_, row) in set.active() {
        let apart = told.get(row.id.as_str()).and_then(|told| kept::apart(told, row));
        notes.extend(apart.map(|what| format!("`{}` {what}: the file holds", row.id)));
    }
    let proposals = proposals(Given {
        contract: &eval.contract,
        set: &set,
        today: &today,
        told: &told,
        named: &named,
        watched: &watched,
        reported: &reported,
        asks: &texts.iter().map(|(at, text)| (*at, Fingerprint::of(text))).collect(),
    });
    let asks = beside(&set, &proposals, &mut texts);
    Ok(Found { proposals, set, asks, notes, today })
}

/// What those ask that are one too many, and those beside which they are.
fn beside(
    set: &ReferenceSet,
    proposals: &[Proposal],
    texts: &mut BTreeMap<ExampleIndex, String>,
) -> BTreeMap<String, String> {
    let id = |at: ExampleIndex| set.rows[at.0 as usize].id.as_str();
    let too_many = |proposal: &&Proposal| proposal.reasons.iter().any(|reason| reason.beside().is_some());
    let others = |proposal: &Proposal| -> Vec<String> {
        let beside = proposal.reasons.iter().filter_map(Reason::beside).map(ToString::to_string);
        beside.chain([id(proposal.example).to_owned()]).collect()
    };
    let wanted: BTreeSet<String> = proposals.iter().filter(too_many).flat_map(others).collect();
    let asks = std::mem::take(texts).into_iter().map(|(at, text)| (id(at).to_owned(), text));
    asks.filter(|(id, _)| wanted.contains(id)).collect()
}

/// The day that was named, else today.
pub fn day(named: Option<&str>) -> Result<String, Failure> {
    let Some(named) = named else { return Ok(crate::app::judges::today()) };
    match named.parse::<jiff::civil::Date>() {
        Ok(date) => Ok(date.to_string()),
        Err(_) => Err(Failure::yours(format!("`{named}` is no date"), "write it as 2026-11-24")),
    }
}

/// Three months after a day.
pub fn later(today: &str) -> String {
    let date = today.parse::<jiff::civil::Date>().ok();
    let later = date.and_then(|date| date.checked_add(jiff::Span::new().months(LATER)).ok());
    later.map_or_else(|| today.to_owned(), |date| date.to_string())
}

/// All reasons in one sentence, as a retired example has them.
pub fn words(reasons: &[Reason]) -> String {
    reasons.iter().map(Reason::words).collect::<Vec<_>>().join("; ")
}

pub fn accept(eval: &Eval, found: &Found, proposal: &Proposal, by: By) -> Result<Entry, Failure> {
    retire(eval, found.id(proposal), &words(&proposal.reasons), by.author)
}

pub fn retire(eval: &Eval, id: &str, why: &str, author: &str) -> Result<Entry, Failure> {
    let status = Status::Retired { reason: why.to_owned() };
    stand(eval, id, &status, By { author, why: Some(why) })
}

/// Turns down the reasons that are given now, or those of one kind.
pub fn keep(eval: &Eval, found: &Found, id: &str, code: Option<&str>, by: By) -> Result<Vec<Entry>, Failure> {
    let wanted = |reason: &&Reason| code.is_none_or(|code| reason.code() == code);
    let proposal = found.proposals.iter().find(|proposal| found.id(proposal) == id);
    let reasons: Vec<&Reason> =
        proposal.map_or(Vec::new(), |proposal| proposal.reasons.iter().filter(wanted).collect());
    if reasons.is_empty() {
        exists(&found.set, id)?;
        return Err(Failure::yours(
            format!("nobody proposes to retire `{id}`{}", code.map_or(String::new(), |code| format!(" as {code}"))),
            "`plimsoll examples retirements` lists what is proposed, with the reasons",
        ));
    }
    let bodies = reasons.iter().map(|reason| json!({"reason": reason.code(), "about": reason.about()}));
    say(eval, id, "kept", by, bodies.collect())
}

/// Puts the question off.
pub fn postpone(eval: &Eval, found: &Found, id: &str, until: &str, by: By) -> Result<Vec<Entry>, Failure> {
    exists(&found.set, id)?;
    let until = day(Some(until))?;
    if until <= found.today {
        return Err(Failure::yours(format!("{until} is not after {}", found.today), "name a later day"));
    }
    let proposal = found.proposals.iter().find(|proposal| found.id(proposal) == id);
    let reasons: Vec<&str> = proposal.iter().flat_map(|proposal| &proposal.reasons).map(Reason::code).collect();
    say(eval, id, "postponed", by, vec![json!({"until": until, "reason": reasons.join(", ")})])
}

/// Says that the product does otherwise now than the example expects.
pub fn mark(eval: &Eval, id: &str, by: By) -> Result<Vec<Entry>, Failure> {
    exists(&read(eval, |_, _| {})?, id)?;
    say(eval, id, "marked", by, vec![json!({})])
}

fn exists(set: &ReferenceSet, id: &str) -> Result<(), Failure> {
    if set.rows.iter().any(|row| row.id.as_str() == id) {
        return Ok(());
    }
    Err(Failure::yours(format!("there is no example `{id}`"), "`plimsoll examples list` says which there are"))
}

fn say(eval: &Eval, id: &str, what: &str, by: By, bodies: Vec<Value>) -> Result<Vec<Entry>, Failure> {
    let at = kept::now();
    let draft = |body: Value| Draft {
        noun: Noun::Example,
        subject: id.to_owned(),
        after: None,
        what: what.to_owned(),
        at: at.clone(),
        author: by.author.to_owned(),
        why: by.why.map(str::to_owned),
        body,
    };
    let drafts: Vec<Draft> = bodies.into_iter().map(draft).collect();
    kept::open(eval)?.append(&drafts).map_err(kept::failed)
}

/// Gives an example another status than retired.
pub fn stand(eval: &Eval, id: &str, status: &Status, by: By) -> Result<Entry, Failure> {
    kept::set_status(eval, &kept::open(eval)?, id, status, by)
}

/// Proposes examples of a file; each becomes one whose home is the catalog. Nothing is added where a line cannot be.
pub fn add(eval: &Eval, text: &str, by: By) -> Result<Vec<Entry>, Failure> {
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let value: Value = serde_json::from_str(line).map_err(|error| {
            Failure::yours(format!("line {} is no JSON: {error}", at + 1), "give one example a line")
        })?;
        if value.get("plimsoll_examples").is_none() {
            lines.push(value);
        }
    }
    let proposals = lines.into_iter().map(|line| kept::Proposal { line, source: None }).collect();
    kept::propose_all(eval, &kept::open(eval)?, proposals, by.author, by.why)
}

/// All that was said of an example, in order, nothing where nothing was; and where its file says otherwise.
pub fn history(eval: &Eval, id: &str) -> Result<(Vec<Entry>, Option<String>), Failure> {
    let entries = match kept::open_if_there(eval)? {
        Some(catalog) => catalog.about(Noun::Example, id).map_err(kept::failed)?,
        None => return Ok((Vec::new(), None)),
    };
    let Some(told) = told(&entries).remove(id).filter(|told| told.line.is_none()) else { return Ok((entries, None)) };
    let set = kept::in_files(eval)?;
    let apart = match set.rows.iter().find(|row| row.id.as_str() == id) {
        Some(row) => kept::apart(&told, row),
        None => Some("is in no file any more".to_owned()),
    };
    Ok((entries, apart))
}

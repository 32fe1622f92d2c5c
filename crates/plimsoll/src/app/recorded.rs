//! Records as entries of the catalog: one for each decision and override of the chain, so that what was decided stands beside what
//! people said of it. The files of records stay the truth.
//!
//! in      the chain of an eval
//! out     an entry for every record of the eval that has none yet; adding them again adds nothing
//! note    a record is made whether the catalog can be written or not: what is missing is added by whoever asks next

use super::chain::{Chain, Kept};
use super::kept;
use crate::cli::Failure;
use camino::Utf8Path;
use catalog::{Catalog, CatalogError};
use domain::entry::{Draft, Entry, Noun};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Says what was recorded; where the catalog cannot be written, what somebody should know of it.
pub fn keep(state: &Utf8Path, record: &Kept) -> Option<String> {
    let eval = record.contract();
    let kept = kept::open_for(state, eval).and_then(|catalog| sync(state, &catalog, eval));
    let why = kept.err()?;
    Some(format!(
        "the record is made, but the catalog does not say so yet: {why}; the next verb that reads decisions adds it"
    ))
}

/// Adds what is missing, and gives all entries of decisions.
pub fn sync(state: &Utf8Path, catalog: &Catalog, eval: &str) -> Result<Vec<Entry>, Failure> {
    let mut records = Chain::at(state).list()?;
    records.retain(|record| record.contract() == eval);
    loop {
        let there = catalog.of(Noun::Decision).map_err(kept::failed)?;
        let known: BTreeSet<&str> = there.iter().map(|entry| entry.subject.as_str()).collect();
        let missing: Vec<Draft> = records.iter().filter(|record| !known.contains(record.id())).map(draft).collect();
        if missing.is_empty() {
            return Ok(there);
        }
        match catalog.append(&missing) {
            // Somebody else was adding them: what is still missing is seen by looking again.
            Ok(_) | Err(CatalogError::Overtaken { .. }) => {}
            Err(error) => return Err(kept::failed(error)),
        }
    }
}

/// Where the history says another thing of a record than the record does: it was written when the record was, and is kept apart from it.
pub fn apart(state: &Utf8Path, record: &Kept) -> Result<Option<String>, Failure> {
    let Some(entry) = entry(state, record)? else { return Ok(None) };
    let author = record.envelope["author"].as_str().unwrap_or("unnamed");
    let differs = [
        ("content", entry.body["digest"] != record.digest().to_string().as_str()),
        ("author", entry.author != author),
        ("time", entry.body["at"] != record.envelope["time"]),
    ];
    let differs: Vec<&str> = differs.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect();
    Ok((!differs.is_empty()).then(|| format!("the history says another {} of this record", differs.join(", "))))
}

/// Whether the history says anything of a record.
pub fn holds(state: &Utf8Path, record: &Kept) -> Result<bool, Failure> {
    entry(state, record).map(|entry| entry.is_some())
}

fn entry(state: &Utf8Path, record: &Kept) -> Result<Option<Entry>, Failure> {
    let Some(catalog) = kept::open_any_if_there(state)? else { return Ok(None) };
    let entries = catalog.of(Noun::Decision).map_err(kept::failed)?;
    Ok(entries.into_iter().find(|entry| entry.subject == record.id()))
}

fn draft(record: &Kept) -> Draft {
    let content = &record.content;
    let is_override = content["override_of"].is_string();
    let text = |of: &Value| of.as_str().map(str::to_owned);
    Draft {
        noun: Noun::Decision,
        subject: record.id().to_owned(),
        after: Some(0),
        what: if is_override { "overridden" } else { "decided" }.to_owned(),
        at: kept::now(),
        author: text(&record.envelope["author"]).unwrap_or_else(|| "unnamed".to_owned()),
        why: if is_override { text(&content["reason"]) } else { None },
        body: if is_override { of_override(record) } else { of_decision(record) },
    }
}

fn of_override(record: &Kept) -> Value {
    let content = &record.content;
    json!({
        "kind": "override",
        "record": record.id(),
        "digest": record.digest().to_string(),
        "at": record.envelope["time"],
        "contract": content["contract"],
        "of": content["override_of"],
        "decision": content["overridden"],
        "by": content["by"],
        "scope": content["scope"],
        "expires": content["expires"],
    })
}

fn of_decision(record: &Kept) -> Value {
    let content = &record.content;
    let mut systems = content["systems"].as_array().into_iter().flatten();
    let candidate = systems.find(|system| system["arm"] == "candidate");
    let route = |route: &Value| json!({"when": route["when"], "values": route["values"], "system": route["system"], "share": route["share"]});
    let cause = |finding: &Value| json!({"gate": finding["gate"], "segment": finding["segment"], "state": finding["state"], "examples": finding["examples"]});
    let holds_it_back =
        |finding: &&Value| finding["arm"] == "candidate" && finding["blocking"] == true && finding["state"] != "holds";
    let list = |key: &str| content[key].as_array().map(Vec::as_slice).unwrap_or_default();
    json!({
        "kind": "decision",
        "record": record.id(),
        "digest": record.digest().to_string(),
        "at": record.envelope["time"],
        "contract": {"name": content["contract"]["name"], "digest": content["contract"]["digest"]},
        "decision": content["decision"],
        "candidate": candidate.map(|system| system["describe"].clone()),
        "set": content["reference_set"]["digest"],
        "scores": content["scores"]["digest"],
        "look": content["look"]["number"],
        "routes": list("routes").iter().map(route).collect::<Vec<_>>(),
        "causes": list("findings").iter().filter(holds_it_back).map(cause).collect::<Vec<_>>(),
    })
}

//! `review import` and `review export`: labels come from files and go to files, in one format.
//!
//! rule    what was exported and is brought in elsewhere is the same labels; what is there already is not brought in twice

use super::desk::{Desk, Sitting, draft};
use super::file;
use super::labels::judging;
use crate::app::eval::Eval;
use crate::app::kept;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::contract::Contract;
use domain::entry::Noun;
use domain::fault::Faults;
use domain::format::labels::{Label, to_json};
use domain::format::lines::LinePlace;
use domain::review::{GivenLabel, ItemKey, items};
use domain::system::{Arm, SystemKind};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub struct Brought {
    pub labels: usize,
    /// Those that were there already.
    pub there: usize,
}

pub fn import(eval: &Eval, path: &Utf8Path, sitting: Sitting) -> Result<Brought, Failure> {
    let placed = file::read(path)?;
    let catalog = kept::open(eval)?;
    let said = items(&catalog.of(Noun::Item).map_err(kept::failed)?);
    let mut given: BTreeMap<(ItemKey, String, Option<String>), Label> = BTreeMap::new();
    for (key, item) in &said {
        for label in &item.labels {
            given.insert((key.clone(), label.by.clone(), label.answer.clone()), as_label(key, label));
        }
    }
    let judging = judging(eval);
    let (mut drafts, mut faults, mut there) = (Vec::new(), Vec::new(), 0);
    for one in placed {
        let mut label = one.label;
        label.system = in_scores(&eval.contract, label.system);
        let place = LinePlace { file: path, line: one.line };
        if let Some((found, what, help)) = refused(&eval.contract, &judging, &label) {
            faults.push(place.fault(1, &found, what, help));
            continue;
        }
        let key = ItemKey {
            example: label.example.clone(),
            system: label.system.clone(),
            repeat: label.repeat,
            criterion: label.criterion.clone(),
        };
        match given.get(&(key.clone(), label.by.clone(), label.answer_digest.clone())) {
            Some(known) if is_there(known, &label) => {
                there += 1;
                continue;
            }
            Some(known) if known.says != label.says => {
                let what = format!("`{}` said `{}` of this answer", label.by, known.says.as_str());
                faults.push(place.fault(
                    1,
                    label.says.as_str(),
                    what,
                    "a person labels an answer once: keep the right label",
                ));
                continue;
            }
            _ => {}
        }
        drafts.push(draft(&key, "labelled", sitting, label.note.as_deref(), body(&label)));
        given.insert((key, label.by.clone(), label.answer_digest.clone()), label);
    }
    Faults::none_or(faults)?;
    catalog.append(&drafts).map_err(kept::failed)?;
    Ok(Brought { labels: drafts.len(), there })
}

/// What is wrong with a label, whatever was said before: what was found, why it cannot be, and what to do.
fn refused(contract: &Contract, judging: &BTreeSet<String>, label: &Label) -> Option<(String, String, &'static str)> {
    if contract.criterion(label.criterion.as_str()).is_none() {
        let what = format!("the contract has no criterion `{}`", label.criterion);
        return Some((label.criterion.to_string(), what, "name a criterion of the contract"));
    }
    if judging.contains(&label.by.to_lowercase()) {
        let what = format!("`{}` is a judge or its model, and no person", label.by);
        return Some((label.by.clone(), what, "let a person label the answer, under their own name"));
    }
    None
}

/// A label as an entry has it.
fn body(label: &Label) -> Value {
    let mut body = Map::new();
    body.insert("says".to_owned(), label.says.as_str().into());
    body.insert("by".to_owned(), label.by.as_str().into());
    let more = [
        ("at", label.at.as_deref()),
        ("sample", label.sample.map(|sample| sample.as_str())),
        ("answer", label.answer_digest.as_deref()),
        ("rubric", label.rubric_digest.as_deref()),
    ];
    body.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))));
    Value::Object(body)
}

/// What an open queue left out of its labels is no other word of the same person.
fn is_there(known: &Label, label: &Label) -> bool {
    *known == *label || (label.sample.is_none() && *known == Label { sample: known.sample, ..label.clone() })
}

/// What a system is called in the scores, where an arm was named.
fn in_scores(contract: &Contract, system: String) -> String {
    let arm = Arm::ALL.into_iter().find(|arm| arm.as_str() == system);
    match arm.and_then(|arm| contract.system(arm)).map(|known| &known.kind) {
        Some(SystemKind::Imported { name }) => name.clone(),
        _ => system,
    }
}

/// Labels, and the queues that are open: of theirs it is not said how an answer was drawn, which would tell gold from the others.
pub struct Exported {
    pub labels: Vec<Label>,
    pub open: BTreeSet<String>,
}

/// Every label, or those that were given in a queue.
pub fn export(eval: &Eval, queue: Option<&str>) -> Result<Exported, Failure> {
    let desk = queue.map(|name| Desk::open(eval, name)).transpose()?;
    let mut exported = Exported { labels: Vec::new(), open: BTreeSet::new() };
    let Some(catalog) = kept::open_if_there(eval)? else { return Ok(exported) };
    let items = items(&catalog.of(Noun::Item).map_err(kept::failed)?);
    let here = |label: &GivenLabel| desk.as_ref().is_none_or(|desk| label.queue.as_deref() == Some(&desk.name));
    let given = || items.iter().flat_map(|(key, item)| item.labels.iter().map(move |label| (key, label)));
    let names: BTreeSet<&str> =
        given().filter(|(_, label)| here(label)).filter_map(|(_, label)| label.queue.as_deref()).collect();
    let set_aside: BTreeSet<String> =
        items.iter().filter(|(_, item)| item.set_aside.is_some()).map(|(key, _)| key.to_string()).collect();
    for name in names {
        let seats = catalog.seats(name).map_err(kept::failed)?;
        if seats.iter().any(|seat| !seat.done && !set_aside.contains(&seat.item)) {
            exported.open.insert(name.to_owned());
        }
    }
    for (key, label) in given().filter(|(_, label)| here(label)) {
        let is_open = label.queue.as_ref().is_some_and(|queue| exported.open.contains(queue));
        let sample = label.sample.filter(|_| !is_open);
        exported.labels.push(Label { sample, ..as_label(key, label) });
    }
    Ok(exported)
}

fn as_label(key: &ItemKey, given: &GivenLabel) -> Label {
    Label {
        example: key.example.clone(),
        system: key.system.clone(),
        repeat: key.repeat,
        criterion: key.criterion.clone(),
        says: given.says,
        by: given.by.clone(),
        sample: given.sample,
        answer_digest: given.answer.clone(),
        at: given.at.clone(),
        note: given.note.clone(),
        rubric_digest: given.rubric.clone(),
    }
}

/// Labels as JSON lines, under the header of the format.
pub fn lines(labels: &[Label]) -> String {
    let mut text = "{\"plimsoll_labels\":1}\n".to_owned();
    labels.iter().for_each(|label| text += &format!("{}\n", to_json(label)));
    text
}

/// Labels as a table with every key.
pub fn table(labels: &[Label]) -> Result<String, Failure> {
    const KEYS: [&str; 11] = [
        "example",
        "system",
        "repeat",
        "criterion",
        "label",
        "by",
        "at",
        "note",
        "sample",
        "answer_digest",
        "rubric_digest",
    ];
    let failed =
        |error: &dyn std::fmt::Display| Failure::ours(format!("cannot write a table: {error}"), "try --as jsonl");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(KEYS).map_err(|error| failed(&error))?;
    for label in labels {
        let line = to_json(label);
        let cell = |key: &&str| match &line[*key] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        writer.write_record(KEYS.iter().map(cell)).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

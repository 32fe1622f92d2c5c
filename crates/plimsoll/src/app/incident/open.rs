//! `incident open`: what happened, what it cost, who owns it, which decision let it through; and the example that it becomes.
//!
//! in      what is known of the failure; the request, as a text, an input or a whole line of examples, or as traffic has it of the trace
//! out     the incident, and a proposed example with its provenance that guards once it is accepted; both or nothing
//! errors  a class, owner, task or record that is not known; an id that is taken; an example that is none; a time that is still to come

use super::traced::{Completed, completed};
use super::{Opened, class_of, role_of};
use crate::app::eval::Eval;
use crate::app::kept::{self, Proposal};
use crate::app::run::Progress;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::decision::class_owner;
use domain::entry::{Draft, Noun};
use domain::fault::closest;
use domain::format::answers;
use domain::format::lines::LinePlace;
use domain::incident::cause::{let_through, sent};
use domain::incident::{Incident, told};
use domain::name::ClassName;
use domain::outcome::moment;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is known of a failure.
#[derive(Clone, Debug, Default)]
pub struct Failed {
    pub id: Option<String>,
    pub name: Option<String>,
    pub class: String,
    /// In the contract's currency; left out, as the contract prices the class.
    pub cost: Option<f64>,
    pub owner: Option<String>,
    pub trace: Option<String>,
    pub what: String,
    /// A day or an instant; left out, now.
    pub at: Option<String>,
    pub task: Option<String>,
    pub attributes: Vec<(String, String)>,
    /// Records that let it through; left out, the one that is found.
    pub decisions: Vec<String>,
    pub request: Option<Request>,
    pub expected: Option<Value>,
    /// What the system answered.
    pub answer: Option<Value>,
    pub by: String,
}

/// The request that failed.
#[derive(Clone, Debug)]
pub enum Request {
    /// `input` of an example.
    Input(Value),
    /// A whole line of examples.
    Example(Value),
}

/// What was opened.
pub struct New {
    pub incident: Incident,
    /// The example that waits for somebody to accept it.
    pub proposed: Option<String>,
    pub notes: Vec<String>,
}

pub fn open(eval: &Eval, failed: &Failed, progress: &mut dyn Progress) -> Result<New, Failure> {
    let class = class_of(eval, &failed.class)?;
    if failed.what.trim().is_empty() {
        return Err(Failure::yours("nothing is said of what happened", "say it in a sentence with --what"));
    }
    if let Some(at) = failed.at.as_deref().filter(|at| is_to_come(at, Timestamp::now())) {
        return Err(Failure::yours(
            format!("`{at}` is still to come: nothing can have happened then"),
            "say with `--at` when it happened, a day or an instant; left out, it is now",
        ));
    }
    let Completed { failed, source, mut notes } = completed(eval, failed, progress)?;
    let failed = &failed;
    let happened_at = failed.at.clone().unwrap_or_else(kept::now);
    let happened = instant_of(&happened_at)?;
    let opened = Opened::of(eval)?;
    let id = id_of(&opened, failed.id.as_deref())?;
    let line = failed.request.as_ref().map(|request| line_of(eval, &id, failed, request, &happened_at)).transpose()?;
    let attributes = attributes_of(eval, failed, line.as_ref())?;
    let answer = failed.answer.as_ref().map(answer_of).transpose()?;
    let decisions = decisions_of(eval, &opened, failed, &attributes, happened, &mut notes)?;
    let (owner, cost) = (owner_of(eval, failed, &class)?, cost_of(eval, failed, &class)?);
    let example = line.as_ref().and_then(|line| line["id"].as_str());
    if example.is_some() && answer.is_none() {
        notes.push("what the system answered is not known: closing it will need `--answers FILE`".to_owned());
    }
    if line.as_ref().is_some_and(|line| line["expected"].is_null()) {
        notes.push("nothing says what a right answer is: most graders need `--expected` to look".to_owned());
    }
    let body = json!({
        "class": class.as_str(), "name": failed.name, "cost": cost, "owner": owner, "trace": failed.trace,
        "happened": failed.what.trim(), "happened_at": happened_at, "attributes": attributes,
        "decisions": decisions, "examples": example.map(|id| vec![id]).unwrap_or_default(), "answer": answer,
    });
    let mut drafts = vec![Draft {
        noun: Noun::Incident,
        subject: id.clone(),
        after: Some(0),
        what: "opened".to_owned(),
        at: kept::now(),
        author: failed.by.clone(),
        why: None,
        body,
    }];
    let proposed = example.map(str::to_owned);
    if let Some(line) = line {
        let why = format!("incident {id}: {}", failed.what.trim());
        drafts.push(kept::proposal(eval, &opened.catalog, Proposal { line, source }, &failed.by, Some(&why))?);
    }
    let added = opened.catalog.append(&drafts).map_err(kept::failed)?;
    let incident = told(&added).remove(&id).ok_or_else(|| Failure::ours("nothing was added", "try again"))?;
    Ok(New { incident, proposed, notes })
}

/// A day is over at its end.
fn instant_of(text: &str) -> Result<Timestamp, Failure> {
    let end_of = |day: Date| day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let instant = text.parse::<Timestamp>().ok().or_else(|| end_of(text.parse::<Date>().ok()?));
    instant.ok_or_else(|| {
        Failure::yours(format!("`{text}` is no day or instant"), "write 2027-01-31, or 2027-01-31T08:00:00Z")
    })
}

/// Whether it lies ahead, a day wherever on earth it begins first: 14 hours before it does in UTC.
fn is_to_come(text: &str, now: Timestamp) -> bool {
    match text.parse::<Timestamp>() {
        Ok(instant) => instant > now,
        Err(_) => moment(text).is_some_and(|day| day.as_second() > now.as_second() + 14 * 3600),
    }
}

fn id_of(opened: &Opened, given: Option<&str>) -> Result<String, Failure> {
    const LONGEST: usize = 200;
    let taken = |id: &str| opened.incidents.contains_key(id);
    let Some(id) = given else {
        let next = (1..).map(|number| format!("incident-{number}")).find(|id| !taken(id));
        return next.ok_or_else(|| Failure::ours("no id is left", "give one"));
    };
    if id.trim() != id || id.is_empty() || id.chars().count() > LONGEST || id.chars().any(char::is_control) {
        return Err(Failure::yours(
            format!("`{id}` cannot name an incident"),
            "write up to 200 characters that print, without space around them",
        ));
    }
    if taken(id) {
        return Err(Failure::yours(
            format!("there is an incident `{id}` already"),
            "where it came back, say so with `plimsoll incident reopen`; else give another id",
        ));
    }
    Ok(id.to_owned())
}

/// The example that it becomes: guarded, and not counted in any rate.
fn line_of(eval: &Eval, id: &str, failed: &Failed, request: &Request, at: &str) -> Result<Value, Failure> {
    let mut line = match request {
        Request::Input(input) => Map::from_iter([("input".to_owned(), input.clone())]),
        Request::Example(Value::Object(line)) => line.clone(),
        Request::Example(_) => {
            return Err(Failure::yours("an example is an object", "give one line as docs/formats/examples.md says"));
        }
    };
    let named = if id.starts_with("incident") { id.to_owned() } else { format!("incident-{id}") };
    line.entry("id").or_insert(json!(named));
    if let Some(task) = &failed.task {
        line.insert("task".to_owned(), json!(task));
    }
    if let Some(task) = line.get("task").and_then(Value::as_str) {
        let tasks: Vec<&str> = eval.contract.tasks.iter().map(|task| task.as_str()).collect();
        if !tasks.is_empty() && !tasks.contains(&task) {
            let near = closest(task, tasks.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            let help = format!("{}tasks: {}", near.unwrap_or_default(), tasks.join(", "));
            return Err(Failure::yours(format!("the contract has no task `{task}`"), help));
        }
    }
    if let Some(expected) = &failed.expected {
        line.insert("expected".to_owned(), expected.clone());
    }
    if !failed.attributes.is_empty() {
        let attributes = line.entry("attributes").or_insert_with(|| json!({}));
        let Some(attributes) = attributes.as_object_mut() else {
            return Err(Failure::yours("`attributes` of the example is no object", "write `{\"risk\": \"high\"}`"));
        };
        attributes.extend(failed.attributes.iter().map(|(name, value)| (name.clone(), json!(value))));
    }
    let mut provenance =
        json!({"source": "incident", "rule": "a failure in production", "captured_at": at, "incident": id});
    if let Some(trace) = &failed.trace {
        provenance["trace"] = json!(trace);
    }
    line.insert("provenance".to_owned(), provenance);
    let guard = line.entry("guard").or_insert(json!(true));
    if *guard == json!(false) || guard.is_null() {
        *guard = json!(true);
    }
    Ok(Value::Object(line))
}

/// What routes are taken by: those of the example, and those given.
fn attributes_of(eval: &Eval, failed: &Failed, line: Option<&Value>) -> Result<BTreeMap<String, String>, Failure> {
    let mut attributes: BTreeMap<String, String> = BTreeMap::new();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(line) = line {
        let own = line["attributes"].as_object().into_iter().flatten();
        attributes.extend(own.map(|(name, value)| (name.clone(), text(value))));
        attributes.extend(line["task"].as_str().map(|task| ("task".to_owned(), task.to_owned())));
    }
    attributes.extend(failed.attributes.iter().cloned());
    attributes.extend(failed.task.iter().map(|task| ("task".to_owned(), task.clone())));
    let tasks = &eval.contract.tasks;
    match attributes.get("task") {
        Some(task) if !tasks.is_empty() && !tasks.iter().any(|known| known.as_str() == task) => {
            Err(Failure::yours(format!("the contract has no task `{task}`"), "name one of the contract's tasks"))
        }
        _ => Ok(attributes),
    }
}

/// An answer as a line of answers has it, without the example that it is to.
fn answer_of(given: &Value) -> Result<Value, Failure> {
    let mut fields = match given {
        Value::String(text) => Map::from_iter([("text".to_owned(), json!(text))]),
        Value::Object(fields) => fields.clone(),
        _ => return Err(Failure::yours("an answer is a text or an object", "give what the system said")),
    };
    fields.shift_remove("example");
    fields.shift_remove("repeat");
    let mut line = Map::from_iter([("example".to_owned(), json!("the answer"))]);
    line.extend(fields.clone());
    let place = LinePlace { file: Utf8Path::new("answer of the incident"), line: 1 };
    answers::parse(place, &Value::Object(line).to_string())?;
    Ok(Value::Object(fields))
}

fn decisions_of(
    eval: &Eval,
    opened: &Opened,
    failed: &Failed,
    attributes: &BTreeMap<String, String>,
    happened: Timestamp,
    notes: &mut Vec<String>,
) -> Result<Vec<String>, Failure> {
    if failed.decisions.is_empty() {
        let found = let_through(&opened.decisions, &eval.contract.name, attributes, happened);
        if found.is_none() {
            notes.push(
                "no decision here sent such requests to a candidate before it happened: link one with `plimsoll incident link ID --decision RECORD`, or close it on its answer alone".to_owned(),
            );
        }
        return Ok(found.map(|entry| entry.subject.clone()).into_iter().collect());
    }
    let mut ids: Vec<String> = Vec::new();
    for name in &failed.decisions {
        let entry = opened.decision(name)?;
        if entry.body["kind"] == "decision" && !sent(&entry.body["routes"], attributes) {
            let word = entry.body["decision"].as_str().unwrap_or("");
            notes.push(format!("record {} ({word}) sent no such request to the candidate", entry.subject));
        }
        if !ids.contains(&entry.subject) {
            ids.push(entry.subject.clone());
        }
    }
    Ok(ids)
}

fn owner_of(eval: &Eval, failed: &Failed, class: &ClassName) -> Result<String, Failure> {
    match &failed.owner {
        Some(role) => role_of(eval, role).map(|role| role.to_string()),
        None => Ok(class_owner(&eval.contract, class).map_or_else(|| "release".to_owned(), |role| role.to_string())),
    }
}

/// What it cost: as given, else as the contract prices the class; unknown where neither says.
fn cost_of(eval: &Eval, failed: &Failed, class: &ClassName) -> Result<Option<f64>, Failure> {
    let priced = eval.contract.failures.iter().find(|failure| failure.name == *class).and_then(|failure| failure.cost);
    match failed.cost {
        Some(cost) if cost.is_finite() && cost >= 0.0 => Ok(Some(cost)),
        Some(cost) => Err(Failure::yours(format!("{cost} is no cost"), "give a number from 0 up")),
        None => Ok(priced.map(|cost| cost.get())),
    }
}

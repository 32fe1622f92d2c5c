//! Examples as JSON lines, version 1. See `docs/formats/examples.md`.
//!
//! in      one line
//! out     an `Example`, or the fault of the line
//! identity: the given id, else the first 16 hex digits of the content's digest. The digest is BLAKE3 over canonical JSON
//!         of everything but status, labels and review date.

#[cfg(test)]
mod tests;

use super::lines::{LinePlace, read};
use crate::digest::Digest;
use crate::example::{Example, Expect, Guard, Pair, Source, Status};
use crate::fault::Fault;
use crate::name::{Attribute, ClusterId, ExampleId, OwnerRole, SourceId, TaskName};
use crate::provenance::{Provenance, Sampled, SourceKind};
use crate::share::{Amount, Share};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The header that a file may start with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    plimsoll_examples: u64,
}

/// What a line says.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    input: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    expected: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provenance: Option<ProvenanceLine>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    attributes: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<Dependency>,
    #[serde(skip_serializing)]
    review_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(default, skip_serializing)]
    status: Option<StatusLine>,
    #[serde(default, skip_serializing)]
    #[allow(dead_code)]
    labels: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guard: Option<GuardLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expect: Option<ExpectLine>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ProvenanceLine {
    source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Dependency {
    source: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StatusLine {
    Word(String),
    Reasoned { state: String, reason: String },
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum GuardLine {
    Is(bool),
    Word(String),
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum ExpectLine {
    Word(String),
    Changed { changed: String },
}

/// What a line of a file of examples holds.
#[derive(Debug)]
pub enum Read {
    Header,
    Example(Box<Example>),
}

/// Reads one line that is not empty.
pub fn parse(place: LinePlace, text: &str) -> Result<Read, Box<Fault>> {
    if place.line == 1 && text.contains("plimsoll_examples") {
        let header: Header = read(place, text)?;
        return if header.plimsoll_examples == 1 {
            Ok(Read::Header)
        } else {
            let what = format!("version {} of the format is not known here", header.plimsoll_examples);
            Err(Box::new(place.fault(1, text, what, "write `{\"plimsoll_examples\": 1}`, or use a newer Plimsoll")))
        };
    }
    let line: Line = read(place, text)?;
    convert(place, text, line).map(|example| Read::Example(Box::new(example)))
}

fn convert(place: LinePlace, text: &str, line: Line) -> Result<Example, Box<Fault>> {
    let wrong =
        |found: &str, what: String, help: &str| Box::new(place.fault(column_of(text, found), found, what, help));
    let content = serde_json::to_value(&line)
        .map_err(|error| wrong("", format!("this line cannot be kept: {error}"), "write plain JSON values"))?;
    let digest = Digest::of_value("plimsoll.example.v1", &content);
    let input_digest = Digest::of_value("plimsoll.input.v1", &line.input);
    match &line.input {
        Value::String(text) if !text.is_empty() => {}
        Value::Object(fields) if !fields.is_empty() => {}
        _ => {
            return Err(wrong(
                "input",
                "`input` is empty".to_owned(),
                "write the question, or `{\"messages\": [...]}`",
            ));
        }
    }
    if let Some(text) = [&line.id, &line.cluster, &line.task].into_iter().flatten().find(|text| text.is_empty()) {
        return Err(wrong(text, "an id, cluster or task is empty".to_owned(), "write it, or leave the field out"));
    }
    let id = ExampleId::new(line.id.clone().unwrap_or_else(|| digest.to_string()[..16].to_owned()));
    let attributes =
        attributes(&line).map_err(|(name, what)| wrong(&name, what, "write text, a number, true or false"))?;
    let provenance = line
        .provenance
        .as_ref()
        .map(provenance)
        .transpose()
        .map_err(|(found, what, help)| wrong(&found, what, help))?;
    if let Some(date) = line.review_by.as_deref().filter(|date| !is_date(date)) {
        return Err(wrong(date, format!("`{date}` is no date"), "write it as 2027-01-31"));
    }
    let status = status(line.status).map_err(|(found, what)| {
        wrong(&found, what, "write active, proposed, or {\"state\": \"quarantined\", \"reason\": \"...\"}")
    })?;
    let guard = match &line.guard {
        None | Some(GuardLine::Is(false)) => Guard::No,
        Some(GuardLine::Is(true)) => Guard::WhenFixed,
        Some(GuardLine::Word(word)) if word == "armed" => Guard::Armed,
        Some(GuardLine::Word(word)) => {
            return Err(wrong(word, format!("`{word}` is no guard"), "write true, or \"armed\""));
        }
    };
    let expect = line.expect.map(expect).transpose().map_err(|word| {
        wrong(&word, format!("`{word}` cannot be expected"), "write same, changed, {\"changed\": \"...\"} or never")
    })?;
    let never = matches!(expect, Some(Expected::Never));
    let pair = match (line.variant_of, expect) {
        (Some(base), Some(Expected::Pair(expect))) => Some(Pair { base: ExampleId::new(base), expect }),
        (Some(base), None) => {
            return Err(wrong(
                &base,
                "a variant does not say what is expected of it".to_owned(),
                "add \"expect\": \"same\", or {\"changed\": \"...\"}",
            ));
        }
        (None, Some(Expected::Pair(_))) => {
            return Err(wrong(
                "expect",
                "`expect` compares with a base, and none is given".to_owned(),
                "add \"variant_of\": the id of the base",
            ));
        }
        _ => None,
    };
    let cluster = line.cluster.map_or_else(|| ClusterId::new(id.as_str()), ClusterId::new);
    let sources = sources(&line.input);
    let mut document = Map::new();
    document.insert("id".into(), Value::from(id.as_str()));
    if let Some(task) = &line.task {
        document.insert("task".into(), Value::from(task.as_str()));
    }
    document.insert("input".into(), line.input);
    document.insert("expected".into(), line.expected);
    document.insert("attributes".into(), Value::Object(line.attributes));
    Ok(Example {
        id,
        digest,
        input_digest,
        task: line.task.map(TaskName::new),
        document: Value::Object(document),
        sources,
        provenance,
        attributes,
        cluster,
        depends_on: line.depends_on.into_iter().map(|on| (SourceId::new(on.source), on.version)).collect(),
        review_by: line.review_by,
        owner: line.owner.map(OwnerRole::new),
        status,
        guard,
        pair,
        never,
    })
}

/// Column of the first place where the text stands; 1 where it does not.
fn column_of(line: &str, found: &str) -> u32 {
    if found.is_empty() {
        return 1;
    }
    line.find(found).map_or(1, |at| line[..at].chars().count() as u32 + 1)
}

fn attributes(line: &Line) -> Result<BTreeMap<Attribute, String>, (String, String)> {
    let mut attributes = BTreeMap::new();
    for (name, value) in &line.attributes {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null => continue,
            _ => return Err((name.clone(), format!("attribute `{name}` is not a single value"))),
        };
        attributes.insert(Attribute::new(name), text);
    }
    if let Some(task) = &line.task {
        attributes.insert(Attribute::new("task"), task.clone());
    }
    Ok(attributes)
}

fn provenance(line: &ProvenanceLine) -> Result<Provenance, (String, String, &'static str)> {
    let Some(source) = SourceKind::parse(&line.source) else {
        let what = format!("`{}` is no kind of source", line.source);
        return Err((line.source.clone(), what, "kinds: traffic, incident, edge_case, policy_case, synthetic, demo"));
    };
    let sampled = match (line.probability, line.weight) {
        (Some(_), Some(_)) => {
            return Err((
                "weight".into(),
                "both a probability and a weight are given".into(),
                "keep the probability; the weight is its inverse",
            ));
        }
        (Some(chance), None) => match Share::new(chance) {
            Ok(share) if chance > 0.0 => Sampled::Probability(share),
            _ => {
                return Err((
                    "probability".into(),
                    format!("{chance} is no chance of inclusion"),
                    "write a number above 0, up to 1",
                ));
            }
        },
        (None, Some(weight)) => match Amount::new(weight) {
            Ok(amount) => Sampled::Weight(amount),
            Err(_) => return Err(("weight".into(), format!("{weight} is no weight"), "write a number from 0 up")),
        },
        (None, None) => Sampled::Unknown,
    };
    if let Some(date) = line.captured_at.as_deref().filter(|date| !is_date(date)) {
        return Err((
            date.to_owned(),
            format!("`{date}` is no date"),
            "write it as 2026-10-01, or 2026-10-01T08:00:00Z",
        ));
    }
    Ok(Provenance {
        source,
        rule: line.rule.clone(),
        sampled,
        captured_at: line.captured_at.clone(),
        trace: line.trace.clone(),
        incident: line.incident.clone(),
        author: line.author.clone(),
    })
}

/// An ISO date, alone or with a time.
fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() || text.parse::<jiff::Timestamp>().is_ok()
}

fn status(line: Option<StatusLine>) -> Result<Status, (String, String)> {
    let (state, reason) = match line {
        None => return Ok(Status::Active),
        Some(StatusLine::Word(state)) => (state, String::new()),
        Some(StatusLine::Reasoned { state, reason }) => (state, reason),
    };
    match state.as_str() {
        "active" => Ok(Status::Active),
        "proposed" => Ok(Status::Proposed),
        "quarantined" | "retired" if reason.trim().is_empty() => {
            let what = format!("`{state}` needs a reason");
            Err((state, what))
        }
        "quarantined" => Ok(Status::Quarantined { reason }),
        "retired" => Ok(Status::Retired { reason }),
        _ => {
            let what = format!("`{state}` is no status");
            Err((state, what))
        }
    }
}

enum Expected {
    Pair(Expect),
    Never,
}

fn expect(line: ExpectLine) -> Result<Expected, String> {
    match line {
        ExpectLine::Changed { changed } => Ok(Expected::Pair(Expect::Changed { direction: Some(changed) })),
        ExpectLine::Word(word) => match word.as_str() {
            "same" => Ok(Expected::Pair(Expect::Same)),
            "changed" => Ok(Expected::Pair(Expect::Changed { direction: None })),
            "never" => Ok(Expected::Never),
            _ => Err(word),
        },
    }
}

fn sources(input: &Value) -> Vec<Source> {
    let text = |source: &Value, key: &str| source.get(key).and_then(Value::as_str).map(str::to_owned);
    let listed = input.get("sources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    listed
        .iter()
        .filter_map(|source| {
            Some(Source {
                id: SourceId::new(source.get("id")?.as_str()?),
                version: text(source, "version"),
                date: text(source, "date"),
                quality: text(source, "quality"),
            })
        })
        .collect()
}

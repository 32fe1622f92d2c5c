//! Examples as JSON lines, version 1. See `docs/formats/examples.md`.
//!
//! in      one line
//! out     an `Example`; or every fault of the line, each with its column
//! identity: the given id, else the first 16 hex digits of the content's digest. The digest is BLAKE3 over canonical JSON
//!         of everything but status, labels and review date; what is null, false or empty is as good as left out

mod rules;
pub(super) mod shape;
#[cfg(test)]
mod tests;

use super::json;
use super::lines::LinePlace;
use super::shape::admits;
use crate::digest::{Digest, canonical, canonical_object};
use crate::example::{Example, Expect, Guard, Pair, Source, Status};
use crate::fault::Faults;
use crate::name::{Attribute, ClusterId, ExampleId, OwnerRole, SourceId, TaskName};
use crate::provenance::{Provenance, Sampled, SourceKind};
use crate::share::{Amount, Share};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// What a line of a file of examples holds.
#[derive(Debug)]
pub enum Read {
    /// `{"plimsoll_examples": 1}`: the version of the format.
    Header,
    Example(Box<Example>),
}

/// Reads one line that is not empty.
pub fn parse(place: LinePlace, text: &str) -> Result<Read, Faults> {
    let refused = |shape| Err(place.faults(text, shape, rules::broken));
    match json::value(text) {
        Some(Value::Object(header)) if header.contains_key("plimsoll_examples") => {
            if admits(&shape::HEADER, &Value::Object(header)) { Ok(Read::Header) } else { refused(&shape::HEADER) }
        }
        Some(line) if admits(&shape::LINE, &line) && rules::broken(&line).is_empty() => match line {
            Value::Object(fields) => Ok(Read::Example(Box::new(build(fields)))),
            _ => refused(&shape::LINE),
        },
        _ => refused(&shape::LINE),
    }
}

/// The JSON Schema of a line, for editors and other programs.
pub fn json_schema() -> Value {
    let about = "One line of a file of examples. A line {\"plimsoll_examples\": 1} may come first.";
    super::shape::schema("Plimsoll example, version 1", about, &shape::LINE)
}

/// From a line that has the shape and breaks no rule.
fn build(mut line: Map<String, Value>) -> Example {
    let status = status(line.remove("status").unwrap_or(Value::Null));
    let review_by = text(line.remove("review_by"));
    line.remove("labels");
    line.retain(|_, value| says_something(value));
    let texts: BTreeMap<&str, String> = line.iter().map(|(key, value)| (key.as_str(), canonical(value))).collect();
    let whole = canonical_object(texts.iter().map(|(key, text)| (*key, text.as_str())));
    let digest = Digest::of_canonical("plimsoll.example.v1", &whole);
    let (input_hash, expected_hash) = (hash(texts.get("input")), hash(texts.get("expected")));
    let mut take = |key: &str| line.remove(key).unwrap_or(Value::Null);
    let input = take("input");
    let id = text(Some(take("id"))).map_or_else(|| ExampleId::new(&digest.to_string()[..16]), ExampleId::new);
    let task = text(Some(take("task"))).map(TaskName::new);
    let attributes = take("attributes");
    let expected = take("expected");
    let expect = take("expect");
    let variant_of = text(Some(take("variant_of"))).map(ExampleId::new);
    let pair = variant_of.as_ref().and_then(|base| Some(Pair { base: base.clone(), expect: pair(&expect)? }));
    let never = expect == "never" || take("never") == true;
    let sources = sources(&input);
    let mut document = Map::new();
    document.insert("id".into(), id.as_str().into());
    if let Some(task) = &task {
        document.insert("task".into(), task.as_str().into());
    }
    document.insert("input".into(), input);
    document.insert("expected".into(), expected);
    let attributes_text = as_text(&attributes, task.as_ref());
    document.insert("attributes".into(), if attributes.is_null() { Map::new().into() } else { attributes });
    Example {
        cluster: text(Some(take("cluster"))).map_or_else(|| ClusterId::of(&id), ClusterId::new),
        digest,
        input_hash,
        expected_hash,
        task,
        document: Value::Object(document),
        sources,
        provenance: provenance(&take("provenance")),
        attributes: attributes_text,
        depends_on: dependencies(&take("depends_on")),
        review_by,
        owner: text(Some(take("owner"))).map(OwnerRole::new),
        status,
        guard: match take("guard") {
            Value::Bool(true) => Guard::WhenFixed,
            Value::String(_) => Guard::Armed,
            _ => Guard::No,
        },
        variant_of,
        pair,
        never,
        id,
    }
}

/// Tells equal texts apart from others within one process, where a digest would cost more than reading the text.
fn hash(text: Option<&String>) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => true,
    }
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn text_at(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn as_text(attributes: &Value, task: Option<&TaskName>) -> BTreeMap<Attribute, String> {
    let mut texts = BTreeMap::new();
    for (name, value) in attributes.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(text) => drop(texts.insert(Attribute::new(name), text.clone())),
            other => drop(texts.insert(Attribute::new(name), other.to_string())),
        }
    }
    if let Some(task) = task {
        texts.insert(Attribute::new("task"), task.as_str().to_owned());
    }
    texts
}

fn provenance(line: &Value) -> Option<Provenance> {
    let source = line.get("source").and_then(Value::as_str).and_then(SourceKind::parse)?;
    let number = |key: &str| line.get(key).and_then(Value::as_f64);
    let chance = number("probability").and_then(|chance| Share::new(chance).ok()).map(Sampled::Probability);
    let weight = number("weight").and_then(|weight| Amount::new(weight).ok()).map(Sampled::Weight);
    Some(Provenance {
        source,
        rule: text_at(line, "rule").unwrap_or_default(),
        sampled: chance.or(weight).unwrap_or(Sampled::Unknown),
        captured_at: text_at(line, "captured_at"),
        trace: text_at(line, "trace"),
        incident: text_at(line, "incident"),
        author: text_at(line, "author"),
    })
}

fn dependencies(list: &Value) -> Vec<(SourceId, String)> {
    let one = |on: &Value| Some((SourceId::new(text_at(on, "source")?), text_at(on, "version")?));
    list.as_array().into_iter().flatten().filter_map(one).collect()
}

fn status(line: Value) -> Status {
    let reason = text_at(&line, "reason").unwrap_or_default();
    match line.as_str().or_else(|| line.get("state").and_then(Value::as_str)) {
        Some("proposed") => Status::Proposed,
        Some("quarantined") => Status::Quarantined { reason },
        Some("retired") => Status::Retired { reason },
        _ => Status::Active,
    }
}

/// What is expected of a pair; nothing where only the example itself is judged.
fn pair(expect: &Value) -> Option<Expect> {
    match expect {
        Value::Object(fields) => {
            Some(Expect::Changed { direction: fields.get("changed").and_then(Value::as_str).map(str::to_owned) })
        }
        Value::String(word) if word == "same" => Some(Expect::Same),
        Value::String(word) if word == "changed" => Some(Expect::Changed { direction: None }),
        _ => None,
    }
}

fn sources(input: &Value) -> Vec<Source> {
    let one = |source: &Value| {
        Some(Source {
            id: SourceId::new(text_at(source, "id")?),
            version: text_at(source, "version"),
            date: text_at(source, "date"),
            quality: text_at(source, "quality"),
        })
    };
    input.get("sources").and_then(Value::as_array).into_iter().flatten().filter_map(one).collect()
}

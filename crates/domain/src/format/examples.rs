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

pub use rules::asks_nothing;

use super::json;
use super::lines::LinePlace;
use super::shape::admits;
use crate::digest::{Digest, quick_hash};
use crate::example::{Example, Expect, Guard, Pair, Source, Status};
use crate::fault::Faults;
use crate::json_text::{write_by_key, write_text};
use crate::name::{Attribute, ClusterId, ExampleId, OwnerRole, SourceId, TaskName};
use crate::provenance::{Provenance, Sampled, SourceKind};
use crate::share::{Amount, Share};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

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
    super::shape::schema_of_lines("Plimsoll example, version 1", about, &shape::LINE, &shape::HEADER)
}

/// From a line that has the shape and breaks no rule.
fn build(line: Map<String, Value>) -> Example {
    let mut fields: Vec<(String, Value)> = line.into_iter().filter(|(_, value)| says_something(value)).collect();
    fields.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let Identity { digest, input_hash, expected_hash } = identity(&fields);
    let mut take = |key: &str| {
        let found = fields.iter_mut().find(|(known, _)| known == key);
        found.map_or(Value::Null, |(_, value)| std::mem::take(value))
    };
    let status = status(take("status"));
    let review_by = text(Some(take("review_by")));
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

/// What tells an example from others.
struct Identity {
    digest: Digest,
    input_hash: u64,
    expected_hash: u64,
}

/// Of fields in the order of their names.
fn identity(fields: &[(String, Value)]) -> Identity {
    const PURPOSE: &str = "plimsoll.example.v1\n";
    let mut text = String::with_capacity(1024);
    text.push_str(PURPOSE);
    let (mut input_hash, mut expected_hash) = (0, 0);
    for (key, value) in fields.iter().filter(|(key, _)| !APART.contains(&key.as_str())) {
        text.push(if text.len() == PURPOSE.len() { '{' } else { ',' });
        write_text(key, &mut text);
        text.push(':');
        let start = text.len();
        write_by_key(value, &mut text);
        match key.as_str() {
            "input" => input_hash = quick_hash(&text.as_bytes()[start..]),
            "expected" => expected_hash = quick_hash(&text.as_bytes()[start..]),
            _ => {}
        }
    }
    text.push_str(if text.len() == PURPOSE.len() { "{}" } else { "}" });
    Identity { digest: Digest::of_bytes(text.as_bytes()), input_hash, expected_hash }
}

/// What may change without making another example.
const APART: [&str; 3] = ["status", "review_by", "labels"];

/// Some of the fields that graders look at, of a line that was read before and found good: as `Example::document` has them.
pub fn document(text: &str, id: &ExampleId, wanted: &[&str]) -> Option<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut document = Chosen(wanted).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    // What says nothing is as good as left out.
    document.retain(|_, value| says_something(value));
    for field in wanted {
        let absent = match *field {
            "id" => id.as_str().into(),
            "input" | "expected" => Value::Null,
            "attributes" => Map::new().into(),
            _ => continue,
        };
        document.entry(*field).or_insert(absent);
    }
    Some(Value::Object(document))
}

/// Reads these fields of an object and passes over the others.
struct Chosen<'w>(&'w [&'w str]);

impl<'de> DeserializeSeed<'de> for Chosen<'_> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Chosen<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an example")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = entries.next_key::<Cow<str>>()? {
            match self.0.iter().find(|wanted| **wanted == key) {
                Some(wanted) => drop(fields.insert((*wanted).to_owned(), entries.next_value()?)),
                None => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
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

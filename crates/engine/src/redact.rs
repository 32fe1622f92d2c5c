//! Hides what must not be kept: in every text of a request, before any of it is written anywhere.
//!
//! in      what the contract says of redaction, the secret that hashes are keyed by, requests
//! out     the request without card numbers, keys, e-mail addresses, phone numbers and what the team's own patterns match; how many of each
//!         were replaced, with masked samples
//! errors  a pattern that is none, hashes without a secret
//! note    keys of objects are texts too. Patterns take time linear in the text; what one has matched is matched by no later one

mod folded;
mod pattern;
#[cfg(test)]
mod tests;

use domain::redaction::{Redaction, Treatment, stand_in};
use domain::traffic::Request;
use folded::Folded;
use pattern::Pattern;
pub use pattern::unusable;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Range;

/// Masked samples that are kept of each kind.
const SAMPLES: usize = 3;

#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RedactError {
    #[error("the pattern `{name}` is no regular expression: {why}")]
    Pattern { name: String, why: String },
    #[error("values are to be hashed, and there is no secret")]
    NoSecret,
}

pub struct Redactor {
    patterns: Vec<Pattern>,
    secret: Option<String>,
    pub hidden: BTreeMap<String, Hidden>,
}

/// What was replaced of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hidden {
    pub count: u64,
    /// The first of them: what kind of text it was, not which.
    pub samples: Vec<String>,
}

impl Redactor {
    pub fn new(redaction: &Redaction, secret: Option<String>) -> Result<Self, RedactError> {
        let secret = secret.filter(|secret| !secret.is_empty());
        if redaction.hashes() && secret.is_none() {
            return Err(RedactError::NoSecret);
        }
        Ok(Redactor { patterns: pattern::all(redaction)?, secret, hidden: BTreeMap::new() })
    }

    /// The request as it may be kept.
    pub fn request(&mut self, request: Request) -> Request {
        let id = self.text(&request.id);
        let changed = id != request.id;
        let mut kept = Request {
            id,
            at: request.at,
            trace: request.trace.map(|text| self.text(&text)),
            conversation: request.conversation.map(|text| self.text(&text)),
            task: request.task.map(|text| self.text(&text)),
            system: request.system.map(|text| self.text(&text)),
            attributes: self.texts(request.attributes),
            signals: self.texts(request.signals),
            input: self.value(request.input),
            answer: request.answer.map(|answer| self.object(answer)),
        };
        if changed {
            // What stands for an id would stand for many.
            let whole = domain::digest::Digest::of_bytes(domain::format::traffic::write(&kept).as_bytes()).to_string();
            kept.id = whole[..32].to_owned();
        }
        kept
    }

    fn texts(&mut self, texts: BTreeMap<String, String>) -> BTreeMap<String, String> {
        texts.into_iter().map(|(key, text)| (self.text(&key), self.field(&key, &text))).collect()
    }

    pub fn value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Number(number) => {
                // A card or a phone may have been written without quotes.
                let text = number.to_string();
                let hidden = self.text(&text);
                if hidden == text { Value::Number(number) } else { hidden.into() }
            }
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(object) => Value::Object(self.object(object)),
            other => other,
        }
    }

    fn object(&mut self, object: Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (key, value) in object {
            let value = match value {
                Value::String(text) => self.field(&key, &text).into(),
                value => self.value(value),
            };
            let name = self.text(&key);
            let mut free = name.clone();
            let mut next = 2;
            while kept.contains_key(&free) {
                free = format!("{name} {next}");
                next += 1;
            }
            kept.insert(free, value);
        }
        kept
    }

    /// A text under a name: under the name of a secret, all of it is one.
    fn field(&mut self, name: &str, text: &str) -> String {
        let treatment = self.patterns.iter().find(|pattern| pattern.kind == "key").map(|pattern| pattern.treatment);
        match treatment {
            Some(treatment) if pattern::names_a_secret(name) && !text.trim().is_empty() => {
                self.replace("key", text, treatment)
            }
            _ => self.text(text),
        }
    }

    pub fn text(&mut self, text: &str) -> String {
        let folded = Folded::of(text);
        let mut found: Vec<(Range<usize>, usize)> = Vec::new();
        for (at, pattern) in self.patterns.iter().enumerate() {
            let before = found.len();
            // A team's own pattern is written for the text as it is.
            let places = match pattern.own {
                true => pattern.found(text),
                false => pattern.found(&folded.text).into_iter().map(|part| folded.place(part)).collect(),
            };
            for range in places {
                // `found` is in order up to `before`.
                let next = found[..before].partition_point(|(known, _)| known.end <= range.start);
                if found[..before].get(next).is_none_or(|(known, _)| known.start >= range.end) {
                    found.push((range, at));
                }
            }
            if found.len() > before {
                found.sort_by_key(|(range, _)| range.start);
            }
        }
        if found.is_empty() {
            return text.to_owned();
        }
        let (mut kept, mut end) = (String::with_capacity(text.len()), 0);
        for (range, at) in found {
            let (kind, treatment) = (self.patterns[at].kind.clone(), self.patterns[at].treatment);
            kept.push_str(&text[end..range.start]);
            kept.push_str(&self.replace(&kind, &text[range.clone()], treatment));
            end = range.end;
        }
        kept.push_str(&text[end..]);
        kept
    }

    fn replace(&mut self, kind: &str, value: &str, treatment: Treatment) -> String {
        let hidden = self.hidden.entry(kind.to_owned()).or_default();
        hidden.count += 1;
        let sample = masked(value);
        if hidden.samples.len() < SAMPLES && !hidden.samples.contains(&sample) {
            hidden.samples.push(sample);
        }
        stand_in(kind, &pattern::normal(kind, value), treatment, self.secret.as_deref())
    }
}

/// The form of a value without the value: letters and digits behind the first are covered.
fn masked(value: &str) -> String {
    const SHOWN: usize = 24;
    let covered = value.chars().enumerate().map(|(at, c)| if at > 0 && c.is_alphanumeric() { '*' } else { c });
    let mut text: String = covered.take(SHOWN).collect();
    if value.chars().nth(SHOWN).is_some() {
        text.push_str("...");
    }
    text
}

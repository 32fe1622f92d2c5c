//! A mapping whose fields are those of traffic: where each is from, and as what it is written.
//!
//! in      a mapping as examples have it; its columns are keys of a record, or JSONPath
//! out     each field with the keys that lead to it
//! errors  fields that a request does not have, fields given twice, ways to read a column that a record does not need

use super::shape::LINE;
use crate::fault::{Fault, Faults, Place};
use crate::format::mapping::{From, Mapping, Read};
use crate::format::shape::{NoPath, Shape, Step, walk};
use serde_json::{Map, Value};

/// A field of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub keys: Vec<String>,
    pub kind: Kind,
    pub from: Source,
    /// Where the mapping gives it.
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A key of the record, or a JSONPath that begins with `$`.
    At(String),
    Value(Value),
}

/// As what a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Moment,
    Number,
    AsIs,
}

/// Looks every field up. `whole` is where a fault of the mapping as a whole is told.
pub fn fields(mapping: &Mapping, whole: &Place) -> Result<Vec<Field>, Faults> {
    let (mut fields, mut faults): (Vec<Field>, Vec<Fault>) = (Vec::new(), Vec::new());
    for entry in &mapping.entries {
        let mut fault = |what: String, help: String| {
            faults.push(Fault { place: entry.place.clone(), found: entry.said.clone(), what, help });
        };
        let (steps, shape) = match walk(&LINE, &entry.field) {
            Ok(found) => found,
            Err(NoPath { what, help }) => {
                fault(what, help);
                continue;
            }
        };
        let keys = steps.into_iter().map(|step| match step {
            Step::Key(key) => Some(key),
            Step::Item(_) => None,
        });
        let Some(keys) = keys.collect::<Option<Vec<String>>>() else {
            let help = "map the whole list: `input.messages: $.request.messages`".to_owned();
            fault(format!("`{}` is one item of a list", entry.field), help);
            continue;
        };
        let from = match &entry.from {
            From::Column { name, read: Read::AsField | Read::Json } => Source::At(name.clone()),
            From::Column { .. } => {
                let help = "write the key or the JSONPath alone".to_owned();
                fault("lists and dates of a record are read as they are".to_owned(), help);
                continue;
            }
            From::Value(value) => Source::Value(value.clone()),
            From::Text(text) => Source::Value(text.as_str().into()),
        };
        if fields.iter().any(|known| known.keys.starts_with(&keys) || keys.starts_with(&known.keys)) {
            fault(
                format!("`{}` is given twice, or lies within another", entry.field),
                "keep one of the two".to_owned(),
            );
            continue;
        }
        fields.push(Field { keys, kind: kind(shape), from, place: entry.place.clone() });
    }
    if faults.is_empty() && !fields.iter().any(|field| field.keys[0] == "input") {
        let help = "write `input.messages: $.request.messages`, or `input: question`".to_owned();
        let what = "nothing gives `input`: what was asked".to_owned();
        faults.push(Fault { place: whole.clone(), found: String::new(), what, help });
    }
    Faults::none_or(faults)?;
    Ok(fields)
}

fn kind(shape: &Shape) -> Kind {
    match shape {
        Shape::Text | Shape::Name | Shape::Word(_) => Kind::Text,
        Shape::Moment => Kind::Moment,
        Shape::Amount | Shape::Whole(_) => Kind::Number,
        _ => Kind::AsIs,
    }
}

/// Puts a value where its keys lead.
pub fn put(line: &mut Map<String, Value>, keys: &[String], value: Value) {
    match keys {
        [] => {}
        [last] => drop(line.insert(last.clone(), value)),
        [first, rest @ ..] => {
            let below = line.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(below) = below {
                put(below, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::mapping::parse;
    use camino::Utf8Path;

    fn read(text: &str) -> Result<Vec<Field>, Faults> {
        let file = Utf8Path::new("m.yaml");
        fields(&parse(file, text)?, &Place { file: file.to_owned(), line: 1, column: 1 })
    }

    #[test]
    fn fields_are_looked_up_among_those_of_a_request() {
        let text = "plimsoll_mapping: 1\nmap:\n  at: started\n  input.messages: $.request.messages\n  signals.thumbs: up\n  answer.latency_ms: ms\nset:\n  task: help\n";
        let fields = read(text).unwrap();
        let kinds: Vec<(String, Kind)> = fields.iter().map(|field| (field.keys.join("."), field.kind)).collect();
        let kinds: Vec<(&str, Kind)> = kinds.iter().map(|(key, kind)| (key.as_str(), *kind)).collect();
        let expected = [
            ("at", Kind::Moment),
            ("input.messages", Kind::AsIs),
            ("signals.thumbs", Kind::AsIs),
            ("answer.latency_ms", Kind::Number),
            ("task", Kind::Text),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(fields[4].from, Source::Value("help".into()));
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_told_at_once() {
        let text =
            "plimsoll_mapping: 1\nmap:\n  inptu: q\n  at: {column: d, date: '%d'}\n  input.messages.0.content: q\n";
        let told: Vec<(u32, String)> =
            read(text).unwrap_err().into_iter().map(|fault| (fault.place.line, fault.what)).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(read("plimsoll_mapping: 1\nmap: {id: k}\n").unwrap_err().iter().count(), 1);
    }
}

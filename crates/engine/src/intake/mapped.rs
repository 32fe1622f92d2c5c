//! Records of a log, one JSON object a line, as requests of production.
//!
//! in      a mapping of fields to keys or JSONPath (RFC 9535), lines
//! out     for each line a request, or why it is none
//! errors  a JSONPath that is none
//! note    numbers where texts belong become texts; a time is an instant as text, or seconds or milliseconds since 1970. What has no id is named
//!         by its content, so that the same line is the same request

use domain::digest::Digest;
use domain::fault::{Fault, Faults};
use domain::format::examples::asks_nothing;
use domain::format::lines::LinePlace;
use domain::format::traffic::mapped::{Field, Kind, Source, put};
use domain::format::traffic::parse;
use domain::traffic::Request;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

const NO_OBJECT: &str = "lines that are no JSON object";

pub struct Mapped {
    fields: Vec<(Field, At)>,
}

enum At {
    Key(String),
    Path(JsonPath),
    Value(Value),
}

/// What became of a line.
#[derive(Debug, PartialEq)]
pub enum Row {
    Request(Box<Request>),
    LeftOut(String),
}

impl Mapped {
    pub fn new(fields: Vec<Field>) -> Result<Self, Faults> {
        let (mut looked_up, mut faults) = (Vec::new(), Vec::new());
        for field in fields {
            let at = match &field.from {
                Source::Value(value) => At::Value(value.clone()),
                Source::At(key) if !key.starts_with('$') => At::Key(key.clone()),
                Source::At(path) => match JsonPath::parse(path) {
                    Ok(path) => At::Path(path),
                    Err(error) => {
                        let what = format!("no JSONPath: {error}");
                        let help = "write it as `$.request.messages`".to_owned();
                        faults.push(Fault { place: field.place.clone(), found: path.clone(), what, help });
                        continue;
                    }
                },
            };
            looked_up.push((field, at));
        }
        Faults::none_or(faults)?;
        Ok(Mapped { fields: looked_up })
    }

    pub fn row(&self, place: LinePlace, bytes: &[u8]) -> Row {
        let record = match serde_json::from_slice::<Value>(bytes) {
            Ok(record) if record.is_object() => record,
            Ok(_) => return Row::LeftOut(NO_OBJECT.to_owned()),
            Err(error) => return Row::LeftOut(unread(bytes, &error).to_owned()),
        };
        let mut line = Map::new();
        for (field, at) in &self.fields {
            let found = match at {
                At::Key(key) => record.get(key),
                At::Path(path) => path.query(&record).first(),
                At::Value(value) => Some(value),
            };
            if let Some(value) = found.filter(|value| !value.is_null()) {
                put(&mut line, &field.keys, written(value, field.kind));
            }
        }
        if line.get("answer").is_some_and(|answer| !says(answer)) {
            line.shift_remove("answer");
        }
        if line.get("input").is_some_and(asks_nothing) {
            return Row::LeftOut("requests whose `input` is empty".to_owned());
        }
        if line.get("id").is_none() {
            let digest = Digest::of_value("plimsoll.traffic.v1", &record).to_string();
            line.insert("id".to_owned(), digest[..32].into());
        }
        match parse(place, &Value::Object(line).to_string()) {
            Ok(Some(request)) => Row::Request(Box::new(request)),
            Ok(None) => Row::LeftOut("lines that are no request".to_owned()),
            Err(faults) => Row::LeftOut(faults.iter().next().map(|fault| fault.what.clone()).unwrap_or_default()),
        }
    }
}

/// Why a line cannot be read at all.
fn unread(bytes: &[u8], error: &serde_json::Error) -> &'static str {
    if std::str::from_utf8(bytes).is_err() {
        return "lines that are not UTF-8";
    }
    match error.to_string().starts_with("recursion limit") {
        true => "lines that nest deeper than 127 levels",
        false => NO_OBJECT,
    }
}

/// Whether an answer says more than how long it took and what it counted.
fn says(answer: &Value) -> bool {
    ["text", "answer", "structured", "tool_calls", "behaviour", "error"]
        .iter()
        .any(|key| answer.get(key).is_some_and(|value| !value.is_null()))
}

fn written(value: &Value, kind: Kind) -> Value {
    match (kind, value) {
        (Kind::Text, Value::Number(_) | Value::Bool(_)) => value.to_string().into(),
        (Kind::Number, Value::String(text)) => {
            serde_json::from_str::<serde_json::Number>(text.trim()).map_or_else(|_| value.clone(), Value::Number)
        }
        (Kind::Moment, value) => instant(value).map_or_else(|| value.clone(), Value::from),
        _ => value.clone(),
    }
}

/// An instant in UTC; what is none stays as it is, and is told.
fn instant(value: &Value) -> Option<String> {
    /// Seconds beyond this are milliseconds: the year 5138.
    const MILLISECONDS: f64 = 1e11;
    let at = match value {
        Value::String(text) => text.trim().parse::<jiff::Timestamp>().ok()?,
        Value::Number(number) => {
            let number = number.as_f64()?;
            let milliseconds = if number.abs() < MILLISECONDS { number * 1000.0 } else { number };
            jiff::Timestamp::from_millisecond(milliseconds.round() as i64).ok()?
        }
        _ => return None,
    };
    Some(format!("{at:.3}"))
}

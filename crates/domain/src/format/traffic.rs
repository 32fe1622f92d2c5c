//! Traffic as JSON lines, version 1: what production was asked and answered. See `docs/formats/traffic.md`.
//!
//! in      one line; or a request
//! out     a `Request`, or every fault of the line, each with its column; or the line that reads back as the same request
//! note    an attribute or a signal is text once it is read: `3` and `"3"` are the same

pub mod mapped;
mod shape;

use super::json;
use super::lines::{LinePlace, Wrong};
use super::shape::admits;
use crate::fault::Faults;
use crate::traffic::Request;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The first line of a file.
pub const HEADER: &str = "{\"plimsoll_traffic\":1}";

/// Reads one line that is not empty; `None` is the header `{"plimsoll_traffic": 1}`, the version of the format.
pub fn parse(place: LinePlace, text: &str) -> Result<Option<Request>, Faults> {
    let refused = |shape| Err(place.faults(text, shape, broken));
    match json::value(text) {
        Some(header) if header.get("plimsoll_traffic").is_some() => {
            if admits(&shape::HEADER, &header) {
                Ok(None)
            } else {
                refused(&shape::HEADER)
            }
        }
        Some(line) if admits(&shape::LINE, &line) && broken(&line).is_empty() => Ok(Some(build(line))),
        _ => refused(&shape::LINE),
    }
}

/// A request as a line, without its end.
pub fn write(request: &Request) -> String {
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| drop(line.insert(key.to_owned(), value));
    put("id", request.id.as_str().into());
    let texts = [
        ("at", &request.at),
        ("trace", &request.trace),
        ("conversation", &request.conversation),
        ("task", &request.task),
        ("system", &request.system),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            put(key, text.as_str().into());
        }
    }
    for (key, texts) in [("attributes", &request.attributes), ("signals", &request.signals)] {
        if !texts.is_empty() {
            put(key, texts.iter().map(|(key, text)| (key.clone(), Value::from(text.as_str()))).collect());
        }
    }
    put("input", request.input.clone());
    if let Some(answer) = &request.answer {
        put("answer", Value::Object(answer.clone()));
    }
    Value::Object(line).to_string()
}

/// The JSON Schema of a line, for editors and other programs.
pub fn json_schema() -> Value {
    let about = "One line of a file of production's traffic. A line {\"plimsoll_traffic\": 1} comes first.";
    super::shape::schema_of_lines("Plimsoll request of production, version 1", about, &shape::LINE, &shape::HEADER)
}

/// What no field alone shows.
fn broken(line: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if line["at"].as_str().is_some_and(|at| !at.contains(['T', 't']) || !at.ends_with(['Z', 'z'])) {
        let what = "`at` is no instant in UTC".to_owned();
        wrong.push(Wrong { path: "at".into(), what, help: "write it as \"2027-01-31T08:00:00Z\"" });
    }
    wrong
}

fn build(mut line: Value) -> Request {
    let text = |key: &str| line[key].as_str().map(str::to_owned);
    let texts = |key: &str| -> BTreeMap<String, String> {
        let entries = line[key].as_object().into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.clone(), single(value)?))).collect()
    };
    let mut request = Request {
        id: text("id").unwrap_or_default(),
        at: text("at"),
        trace: text("trace"),
        conversation: text("conversation"),
        task: text("task"),
        attributes: texts("attributes"),
        signals: texts("signals"),
        system: text("system"),
        ..Request::default()
    };
    request.input = line["input"].take();
    request.answer = match line["answer"].take() {
        Value::Object(answer) => Some(answer),
        _ => None,
    };
    request
}

/// A single value as text.
fn single(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8Path;
    use serde_json::json;

    fn read(text: &str) -> Result<Option<Request>, Faults> {
        parse(LinePlace { file: Utf8Path::new("t.jsonl"), line: 4 }, text)
    }

    fn told(text: &str) -> Vec<String> {
        read(text).unwrap_err().iter().map(|fault| format!("{}: {}", fault.place.column, fault.what)).collect()
    }

    #[test]
    fn a_request_is_written_and_read_back_the_same() {
        let input =
            json!({"messages": [{"role": "user", "content": "Where is it?\n\"now\""}], "tools": [{"name": "find"}]});
        let answer = json!({"text": "There.", "latency_ms": 12.5, "tokens": {"input": 3}, "finish_reason": "stop"});
        let request = Request {
            id: "r1".into(),
            at: Some("2026-11-03T09:00:00.250Z".into()),
            trace: Some("0a".into()),
            conversation: Some("c1".into()),
            task: Some("find".into()),
            attributes: [("language".to_owned(), "de".to_owned())].into(),
            input,
            answer: answer.as_object().cloned(),
            system: Some("m-2".into()),
            signals: [("thumbs".to_owned(), "down".to_owned())].into(),
        };
        assert_eq!(read(&write(&request)).unwrap(), Some(request));
        let bare = Request { id: "r2".into(), input: "Hello".into(), ..Request::default() };
        assert_eq!(write(&bare), r#"{"id":"r2","input":"Hello"}"#);
        assert_eq!(read(&write(&bare)).unwrap(), Some(bare));
        assert_eq!(read(HEADER).unwrap(), None);
    }

    #[test]
    fn a_single_value_is_compared_as_text() {
        let request = read(r#"{"id": "r", "input": "x", "attributes": {"tier": 2, "new": true}}"#).unwrap().unwrap();
        assert_eq!(request.attributes["tier"], "2");
        assert_eq!(request.attributes["new"], "true");
    }

    #[test]
    fn every_fault_of_a_line_has_its_column() {
        for at in ["2026-11-03", "2026-11-03T09:00:00+01:00"] {
            let line = format!(r#"{{"id": "r", "at": "{at}", "input": "x"}}"#);
            assert_eq!(told(&line), ["19: `at` is no instant in UTC"]);
        }
        assert_eq!(told(r#"{"id": 3, "input": "x", "answer": {"example": "e"}, "signals": {"a": []}}"#).len(), 3);
        assert_eq!(told(r#"{"id": "r"}"#), ["1: a request has no `input`"]);
        assert_eq!(
            told(r#"{"plimsoll_traffic": 2}"#),
            ["22: `plimsoll_traffic` must be 1, the version of the format, and this is 2"]
        );
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

        #[test]
        fn no_line_makes_it_panic(text in r#"[\[\]{}":,a-c0-9 \\u]{0,80}"#) {
            let _ = read(&text);
        }
    }
}

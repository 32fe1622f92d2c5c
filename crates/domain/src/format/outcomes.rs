//! Outcomes as JSON lines, version 1: what production did. See `docs/formats/outcomes.md`.
//!
//! in      one line, or one row of a table as an object
//! out     an `Outcome`; or every fault of the line, each with its column
//! rule    a line says a count of how many, or one value; never both, and never a count above its whole

mod shape;
mod table;
pub mod traced;

pub use table::{Row, Table};

use super::json;
use super::lines::{LinePlace, Wrong};
use super::shape::admits;
use crate::fault::Faults;
use crate::outcome::{Better, Counted, Outcome};
use crate::share::Share;
use crate::system::Arm;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Fields that a table may have as columns, those whose cells are numbers first; `attributes.` and a name are columns too.
pub const NUMBERS: [&str; 3] = ["n", "count", "value"];
pub const TEXTS: [&str; 10] =
    ["record", "candidate", "at", "metric", "better", "criterion", "arm", "conversation", "incident", "segment"];

/// Reads one line that is not empty; `None` is the header `{"plimsoll_outcomes": 1}`, the version of the format.
pub fn parse(place: LinePlace, text: &str) -> Result<Option<Outcome>, Faults> {
    let refused = |shape| Err(place.faults(text, shape, broken));
    match json::value(text) {
        Some(header) if header.get("plimsoll_outcomes").is_some() => {
            if admits(&shape::HEADER, &header) {
                Ok(None)
            } else {
                refused(&shape::HEADER)
            }
        }
        Some(line) if admits(&shape::LINE, &line) && broken(&line).is_empty() => match build(&line) {
            Some(outcome) => Ok(Some(outcome)),
            None => refused(&shape::LINE),
        },
        _ => refused(&shape::LINE),
    }
}

/// The JSON Schema of a line, for editors and other programs.
pub fn json_schema() -> Value {
    let about = "One line of a file of outcomes. A line {\"plimsoll_outcomes\": 1} may come first.";
    super::shape::schema_of_lines("Plimsoll outcome, version 1", about, &shape::LINE, &shape::HEADER)
}

/// What no field alone shows.
fn broken(line: &Value) -> Vec<Wrong> {
    let given = |key: &str| !line[key].is_null();
    let mut wrong = Vec::new();
    let mut say =
        |path: &'static str, what: &str, help| wrong.push(Wrong { path: path.into(), what: what.to_owned(), help });
    let number = |key: &str| line[key].as_u64();
    match (given("value"), given("count"), given("n")) {
        (true, true, _) => say("value", "a line says a count or a value, and not both", "leave one of the two out"),
        (true, false, true) => say("n", "`n` belongs to a count", "leave it out, or write `count` for `value`"),
        (true, false, false) if line["value"].as_f64().is_none_or(|value| !(0.0..=1.0).contains(&value)) => {
            say("value", "a value lies from 0 to 1", "scale it, or give a count");
        }
        (false, true, false) => say("count", "a count of how many", "write `n`, of how many they are"),
        (false, false, true) => say("n", "`n` alone says nothing", "write `count`, how many of them"),
        (false, true, true) if number("count") > number("n") => {
            let (count, n) = (number("count").unwrap_or(0), number("n").unwrap_or(0));
            say(
                "count",
                &format!("{count} were counted of {n}: more than there are"),
                "check which is `count` and which is `n`",
            );
        }
        (false, true, true) if number("n") == Some(0) => {
            say("n", "of 0 nothing can be counted", "leave out what was not seen");
        }
        (false, false, false) => say("metric", "neither `count` and `n` nor `value` is given", "write one of them"),
        _ => {}
    }
    wrong
}

fn build(line: &Value) -> Option<Outcome> {
    let text = |key: &str| line[key].as_str().map(str::to_owned);
    let counted = match line["value"].as_f64() {
        Some(value) => Counted::Value(Share::new(value).ok()?),
        None => Counted::Of { count: line["count"].as_u64()?, n: line["n"].as_u64()? },
    };
    let attributes = line["attributes"].as_object().into_iter().flatten();
    let single = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(Outcome {
        record: text("record"),
        candidate: text("candidate"),
        at: text("at")?,
        metric: text("metric")?,
        better: text("better").and_then(|word| Better::parse(&word)),
        criterion: text("criterion"),
        segment: text("segment"),
        attributes: attributes.map(|(name, value)| (name.clone(), single(value))).collect::<BTreeMap<_, _>>(),
        arm: text("arm").and_then(|arm| Arm::ALL.into_iter().find(|known| known.as_str() == arm)),
        conversation: text("conversation"),
        incident: text("incident"),
        counted,
    })
}

/// An outcome as a line says it, and as an entry keeps it; what is unknown is left out.
pub fn to_json(outcome: &Outcome) -> Value {
    let mut line = json!({
        "record": outcome.record,
        "candidate": outcome.candidate,
        "at": outcome.at,
        "metric": outcome.metric,
        "better": outcome.better.map(Better::as_str),
        "criterion": outcome.criterion,
        "segment": outcome.segment,
        "attributes": (!outcome.attributes.is_empty()).then_some(&outcome.attributes),
        "arm": outcome.arm.map(Arm::as_str),
        "conversation": outcome.conversation,
        "incident": outcome.incident,
    });
    if let Some(fields) = line.as_object_mut() {
        match outcome.counted {
            Counted::Of { count, n } => fields.extend([("n".to_owned(), json!(n)), ("count".to_owned(), json!(count))]),
            Counted::Value(value) => fields.extend([("value".to_owned(), json!(value.get()))]),
        }
        fields.retain(|_, value| !value.is_null());
    }
    line
}

/// Reads an entry's body; `None` where no version of ours wrote it.
pub fn from_json(body: &Value) -> Option<Outcome> {
    (admits(&shape::LINE, body) && broken(body).is_empty()).then(|| build(body)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8Path;

    fn read(text: &str) -> Result<Option<Outcome>, Faults> {
        parse(LinePlace { file: Utf8Path::new("outcomes.jsonl"), line: 2 }, text)
    }

    #[test]
    fn a_line_comes_out_as_it_went_in() {
        let line = r#"{"record":"r1","at":"2026-11-03","metric":"reopened","arm":"candidate","n":120,"count":7}"#;
        let outcome = read(line).unwrap().unwrap();
        assert_eq!(outcome.counted, Counted::Of { count: 7, n: 120 });
        assert_eq!(outcome.better(), Some(Better::Lower));
        assert_eq!(to_json(&outcome).to_string(), line);
        assert_eq!(from_json(&to_json(&outcome)), Some(outcome));
        assert_eq!(read(r#"{"plimsoll_outcomes": 1}"#).unwrap(), None);
    }

    #[test]
    fn a_line_that_says_nothing_or_too_much_is_refused() {
        let with = |more: &str| format!(r#"{{"at": "2026-11-03", "metric": "resolved", {more}}}"#);
        for (more, what) in [
            (r#""count": 3"#, "a count of how many"),
            (r#""n": 3"#, "`n` alone says nothing"),
            (r#""n": 3, "count": 4"#, "4 were counted of 3"),
            (r#""n": 0, "count": 0"#, "of 0 nothing can be counted"),
            (r#""value": 1.2"#, "from 0 to 1"),
            (r#""value": 1, "count": 1, "n": 1"#, "not both"),
            (r#""value": 1, "n": 1"#, "belongs to a count"),
            (r#""criterion": "cites""#, "neither"),
            (r#""value": 1, "at": "tomorrow""#, ""),
            (r#""value": 1, "arm": "champion""#, "candidate"),
        ] {
            let faults = read(&with(more)).expect_err(more);
            assert!(
                faults.iter().any(|fault| fault.what.contains(what) || fault.help.contains(what)),
                "{more}: {faults:?}"
            );
        }
    }
}

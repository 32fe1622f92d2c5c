//! Labels as JSON lines or as a table, version 1: what people say of answers. See `docs/formats/labels.md`.
//!
//! in      one line, or the header of a table and its rows
//! out     a `Label`; or every fault of the line, each with its column
//! rule    a label that a model made is refused: a judge that is measured by a model shows nothing. So is one by the name of a model, until
//!         the line says that a person is called so

mod models;
mod shape;
mod table;

pub use table::{Row, Table};

use super::json;
use super::lines::{LinePlace, Wrong};
use super::shape::admits;
use crate::fault::Faults;
use crate::name::{CriterionName, ExampleId};
use crate::qualification::Sample;
use crate::review::Says;
use models::is_model;
use serde_json::{Value, json};

/// What a person said of one answer on one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub example: ExampleId,
    /// The system's name in the scores.
    pub system: String,
    pub repeat: u32,
    pub criterion: CriterionName,
    pub says: Says,
    pub by: String,
    /// `None` where the file does not say; it is then taken as drawn at random.
    pub sample: Option<Sample>,
    /// Of the answer that was seen, as `docs/formats/labels.md` makes it.
    pub answer_digest: Option<String>,
    /// Instant, and why; where the file says so.
    pub at: Option<String>,
    pub note: Option<String>,
    /// Of the rubric that the answer was held against.
    pub rubric_digest: Option<String>,
}

/// Reads one line that is not empty; `None` is the header `{"plimsoll_labels": 1}`, the version of the format.
pub fn parse(place: LinePlace, text: &str) -> Result<Option<Label>, Faults> {
    let refused = |shape| Err(place.faults(text, shape, broken));
    match json::value(text) {
        Some(header) if header.get("plimsoll_labels").is_some() => {
            if admits(&shape::HEADER, &header) {
                Ok(None)
            } else {
                refused(&shape::HEADER)
            }
        }
        Some(line) if admits(&shape::LINE, &line) && broken(&line).is_empty() => Ok(Some(build(&line))),
        _ => refused(&shape::LINE),
    }
}

/// The JSON Schema of a line, for editors and other programs.
pub fn json_schema() -> Value {
    let about = "One line of a file of people's labels. A line {\"plimsoll_labels\": 1} may come first.";
    super::shape::schema_of_lines("Plimsoll label, version 1", about, &shape::LINE, &shape::HEADER)
}

/// A label as a line says it; `parse` reads the same label from it.
pub fn to_json(label: &Label) -> Value {
    let mut line = json!({
        "example": label.example.as_str(),
        "system": label.system,
        "repeat": label.repeat,
        "criterion": label.criterion.as_str(),
        "label": label.says.as_str(),
        "by": label.by,
    });
    let more = [
        ("at", label.at.as_deref()),
        ("note", label.note.as_deref()),
        ("sample", label.sample.map(Sample::as_str)),
        ("answer_digest", label.answer_digest.as_deref()),
        ("rubric_digest", label.rubric_digest.as_deref()),
    ];
    for (key, value) in more {
        if let Some(value) = value {
            line[key] = value.into();
        }
    }
    if is_model(&label.by) {
        line["kind"] = "human".into();
    }
    line
}

/// What no field alone shows.
fn broken(line: &Value) -> Vec<Wrong> {
    let by = line["by"].as_str().unwrap_or("");
    if line["kind"].is_null() && is_model(by) {
        let what = format!("`{by}` is the name of a model, and a judge that is measured by a model shows nothing");
        let help =
            "let a person label the answer, under their own name; where a person is called so, `kind` says `human`";
        return vec![Wrong { path: "by".into(), what, help }];
    }
    if line["kind"] != "model" {
        return Vec::new();
    }
    let what = "a model made this label, and a judge that is measured by a model shows nothing".to_owned();
    vec![Wrong { path: "kind".into(), what, help: "let a person label the answer, and leave models' labels out" }]
}

fn build(line: &Value) -> Label {
    let text = |key: &str| line[key].as_str().unwrap_or("");
    Label {
        example: ExampleId::new(text("example")),
        system: text("system").to_owned(),
        repeat: line["repeat"].as_u64().unwrap_or(0) as u32,
        criterion: CriterionName::new(text("criterion")),
        says: Says::parse(text("label")).unwrap_or(Says::CannotTell),
        by: text("by").to_owned(),
        sample: Sample::parse(text("sample")),
        answer_digest: line["answer_digest"].as_str().map(str::to_owned),
        at: line["at"].as_str().map(str::to_owned),
        note: line["note"].as_str().map(str::to_owned),
        rubric_digest: line["rubric_digest"].as_str().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8Path;

    fn read(text: &str) -> Result<Option<Label>, Faults> {
        parse(LinePlace { file: Utf8Path::new("labels.jsonl"), line: 3 }, text)
    }

    #[test]
    fn a_label_says_of_which_answer_what_and_by_whom() {
        let line =
            r#"{"example": "e1", "system": "candidate", "criterion": "grounded", "label": "fail", "by": "reviewer-1"}"#;
        let label = read(line).unwrap().unwrap();
        assert_eq!((label.example.as_str(), label.repeat, label.says), ("e1", 0, Says::Fail));
        assert_eq!(read(r#"{"plimsoll_labels": 1}"#).unwrap(), None);
    }

    #[test]
    fn a_label_is_written_as_it_is_read() {
        let line = r#"{"example": "e1", "system": "v2", "repeat": 1, "criterion": "grounded", "label": "cannot_tell", "by": "r1",
            "at": "2026-11-01T08:00:00Z", "note": "no source", "sample": "enriched", "answer_digest": "aa", "rubric_digest": "bb"}"#;
        let label = read(line).unwrap().unwrap();
        assert_eq!(to_json(&label), serde_json::from_str::<Value>(line).unwrap());
        assert_eq!(read(&to_json(&label).to_string()).unwrap().unwrap(), label);
    }

    #[test]
    fn a_label_that_a_model_made_is_refused() {
        let line = r#"{"example": "e1", "system": "candidate", "criterion": "grounded", "label": "pass", "by": "m", "kind": "model"}"#;
        let faults = read(line).unwrap_err();
        let fault = faults.iter().next().unwrap();
        assert!(fault.what.contains("a model made this label"), "{fault}");
        assert_eq!((fault.place.line, fault.place.column), (3, 103));
    }

    #[test]
    fn a_label_by_the_name_of_a_model_is_refused_until_it_says_that_a_person_made_it() {
        let line = |more: &str| {
            format!(
                r#"{{"example": "e1", "system": "v2", "repeat": 0, "criterion": "grounded", "label": "pass", "by": "claude-sonnet-5"{more}}}"#
            )
        };
        let faults = read(&line("")).unwrap_err();
        let fault = faults.iter().next().unwrap();
        assert!(
            fault.what.contains("`claude-sonnet-5` is the name of a model") && fault.help.contains("`human`"),
            "{fault}"
        );
        let label = read(&line(r#", "kind": "human""#)).unwrap().unwrap();
        assert_eq!(read(&to_json(&label).to_string()).unwrap().unwrap(), label);
    }

    #[test]
    fn every_fault_of_a_line_is_told_at_once() {
        let line =
            r#"{"example": "e1", "criterion": "grounded", "label": "good", "by": "reviewer-1", "sample": "some"}"#;
        assert_eq!(read(line).unwrap_err().iter().count(), 3);
    }
}

//! The history as JSON lines, version 1: entries, and the seats of reviewers. See `docs/formats/history.md`.
//!
//! in      one line, or an entry or seat
//! out     the same in the other form; what is written and read again is the same
//! errors  every fault of a line, each with its column

mod shape;

use super::json;
use super::lines::{LinePlace, Wrong};
use super::shape::admits;
use crate::digest::Digest;
use crate::entry::{Entry, Noun, Seat};
use crate::fault::Faults;
use serde_json::{Value, json};

/// What a line of a history holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// `{"plimsoll_history": 1}`: the version of the format.
    Header,
    Entry(Box<Entry>),
    Seat(Seat),
    /// The last line: how many entries stand before it.
    End(u64),
}

/// Reads one line that is not empty.
pub fn parse(place: LinePlace, text: &str) -> Result<Line, Faults> {
    let refused = |shape| Err(place.faults(text, shape, broken));
    let Some(line) = json::value(text) else { return refused(&shape::ENTRY) };
    let (shape, build): (_, fn(&Value) -> Line) = match &line {
        line if line.get("plimsoll_history").is_some() => (&shape::HEADER, |_| Line::Header),
        line if line.get("seat").is_some() => (&shape::SEAT, seat),
        line if line.get("end").is_some() => (&shape::END, |line| Line::End(line["end"].as_u64().unwrap_or(0))),
        _ => (&shape::ENTRY, entry),
    };
    if admits(shape, &line) && broken(&line).is_empty() { Ok(build(&line)) } else { refused(shape) }
}

/// The JSON Schema of a line that is an entry, for editors and other programs.
pub fn json_schema() -> Value {
    let about = "One entry of a history, as `plimsoll backup` writes it.";
    super::shape::schema("Plimsoll history, version 1", about, &shape::ENTRY)
}

pub fn header() -> Value {
    json!({"plimsoll_history": 1})
}

pub fn end(entries: u64) -> Value {
    json!({"end": entries})
}

pub fn entry_line(entry: &Entry) -> Value {
    json!({
        "number": entry.number, "noun": entry.noun.as_str(), "subject": entry.subject, "version": entry.version,
        "what": entry.what, "at": entry.at, "author": entry.author, "why": entry.why, "body": entry.body,
        "digest": entry.digest.to_string(),
    })
}

pub fn seat_line(seat: &Seat) -> Value {
    json!({"seat": {
        "queue": seat.queue, "item": seat.item, "place": seat.place, "reviewer": seat.reviewer, "until": seat.until,
        "done": seat.done,
    }})
}

fn text(line: &Value, key: &str) -> String {
    line[key].as_str().unwrap_or("").to_owned()
}

fn entry(line: &Value) -> Line {
    Line::Entry(Box::new(Entry {
        number: line["number"].as_u64().unwrap_or(0),
        noun: Noun::parse(&text(line, "noun")).unwrap_or(Noun::Duty),
        subject: text(line, "subject"),
        version: line["version"].as_u64().unwrap_or(0) as u32,
        what: text(line, "what"),
        at: text(line, "at"),
        author: text(line, "author"),
        why: line["why"].as_str().map(str::to_owned),
        body: line["body"].clone(),
        digest: Digest::parse(&text(line, "digest")).unwrap_or(Digest::from_bytes([0; 32])),
    }))
}

fn seat(line: &Value) -> Line {
    let seat = &line["seat"];
    Line::Seat(Seat {
        queue: text(seat, "queue"),
        item: text(seat, "item"),
        place: seat["place"].as_u64().unwrap_or(0) as u32,
        reviewer: seat["reviewer"].as_str().map(str::to_owned),
        until: seat["until"].as_str().map(str::to_owned),
        done: seat["done"].as_bool().unwrap_or(false),
    })
}

/// What no field alone shows.
fn broken(line: &Value) -> Vec<Wrong> {
    match line["digest"].as_str() {
        Some(digest) if Digest::parse(digest).is_none() => {
            let what = "this is no digest: 64 hexadecimal digits".to_owned();
            vec![Wrong { path: "digest".into(), what, help: "restore the backup as it was written" }]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Draft;
    use camino::Utf8Path;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Line, Faults> {
        parse(LinePlace { file: Utf8Path::new("backup.jsonl"), line: 1 }, text)
    }

    proptest! {
        #[test]
        fn an_entry_that_is_written_and_read_is_the_same(
            subject in "\\PC{1,20}", why in proptest::option::of(".{0,30}"), note in ".{0,30}", number in 1..10_000u64,
        ) {
            let draft = Draft {
                noun: Noun::Incident, subject, after: None, what: "opened".to_owned(),
                at: "2026-11-01T08:00:00.000Z".to_owned(), author: "release".to_owned(), why,
                body: json!({"note": note, "cost": 4.5, "list": [1, null]}),
            };
            let entry = draft.entry(number, 3, None);
            prop_assert_eq!(read(&entry_line(&entry).to_string()).unwrap(), Line::Entry(Box::new(entry)));
        }
    }

    #[test]
    fn a_line_that_is_no_entry_is_told_with_its_faults() {
        assert_eq!(read(r#"{"plimsoll_history": 1}"#).unwrap(), Line::Header);
        assert_eq!(read(r#"{"end": 7}"#).unwrap(), Line::End(7));
        let faults = read(r#"{"number": 1, "noun": "ship", "subject": "e1", "digest": "ab"}"#).unwrap_err();
        assert!(faults.iter().count() >= 3, "{faults}");
    }
}

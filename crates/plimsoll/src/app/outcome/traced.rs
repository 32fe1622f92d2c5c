//! What traces and logs of OpenTelemetry say of how things went, as outcomes.
//!
//! in      a file or standard input, however it was written; a mapping that says which of it counts
//! out     an outcome for each verdict, in the order of the file; what was left out, and why
//! errors  a mapping that cannot be read; a file that cannot be read, or breaks off: then nothing is kept

use crate::app::file;
use crate::app::left_out::LeftOut;
use crate::app::run::Progress;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::{Fault, Faults, Place};
use domain::format::lines::LinePlace;
use domain::format::outcomes::traced::From;
use domain::format::outcomes::{parse, traced};
use domain::outcome::Outcome;
use engine::intake::{Broken, Item, Span, outcomes, spans_and_records};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

/// Bytes of a mapping.
const LONGEST: u64 = 1 << 20;
/// Spans between two signs of life.
const SIGN: u64 = 500;
const READABLE: &str =
    "give what a collector's file exporter writes; where the file ends in the middle of a line, take that line out";

/// What a file said.
#[derive(Default)]
pub struct Heard {
    pub outcomes: Vec<Verdict>,
    /// Fields of outcomes, each with the attribute that it is from.
    from: BTreeMap<String, String>,
    /// Spans and records of logs.
    pub read: u64,
    pub left_out: LeftOut,
}

/// An outcome, and where it was said.
pub struct Verdict {
    pub place: Place,
    /// The span or the record.
    pub inside: String,
    pub outcome: Outcome,
}

impl Heard {
    /// Where a field of a verdict was said, within its line.
    pub fn whence(&self, verdict: &Verdict, field: &str) -> String {
        let from = self.from.get(field).map_or_else(String::new, |key| format!(", attribute `{key}`"));
        format!("{}{from}", verdict.inside)
    }
}

pub fn read(path: &Utf8Path, mapping: &Utf8Path, progress: &mut dyn Progress) -> Result<Heard, Failure> {
    let text = file::text(mapping, LONGEST).map_err(|error| unreadable(mapping, &error))?;
    let mapping = traced::parse(mapping, &text)?;
    let (shown, reader): (&Utf8Path, Box<dyn Read>) = match path.as_str() {
        "-" => ("standard input".into(), Box::new(io::stdin().lock())),
        _ => (path, Box::new(File::open(path).map_err(|error| unreadable(path, &error))?)),
    };
    progress.step(&format!("reading {shown}: spans and records"));
    let from = mapping.fields.iter().filter_map(|(keys, from)| match from {
        From::Key(key) => Some((keys.join("."), key.clone())),
        From::Value(_) => None,
    });
    let mut said = Heard { from: from.collect(), ..Heard::default() };
    let read = spans_and_records(reader, &mut |item, line| {
        let (span, inside) = match item {
            Item::Span(span) => {
                let inside = format!("span {:016x} of trace {:032x}", span.id, span.trace);
                (span, inside)
            }
            Item::Record(span) => {
                let inside = record(&span);
                (span, inside)
            }
            Item::Unread(what) => return said.left_out.add(what, &Place { file: shown.to_owned(), line, column: 1 }),
        };
        said.read += 1;
        if said.read.is_multiple_of(SIGN) {
            progress.count(said.read, 0);
        }
        said.take((&span, &inside), &mapping, LinePlace { file: shown, line });
    });
    read.map_err(|broken| match broken {
        Broken::Unreadable(error) => unreadable(shown, &error),
        Broken::At { line, column, what, help } => Faults::from(Fault {
            place: Place { file: shown.to_owned(), line, column },
            found: String::new(),
            what: format!("no trace or log of OpenTelemetry can be read here: {what}"),
            help: format!("nothing was kept; {}", help.unwrap_or(READABLE)),
        })
        .into(),
    })?;
    Ok(said)
}

impl Heard {
    fn take(&mut self, (span, inside): (&Span, &str), mapping: &traced::Mapping, place: LinePlace) {
        for line in outcomes(span, mapping) {
            let outcome = line.and_then(|line| {
                let first = |faults: Faults| faults.iter().next().map(|fault| fault.what.clone()).unwrap_or_default();
                parse(place, &serde_json::Value::Object(line).to_string()).map_err(first)
            });
            let place = Place { file: place.file.to_owned(), line: place.line, column: 1 };
            match outcome {
                Ok(outcome) => {
                    let inside = inside.to_owned();
                    self.outcomes.extend(outcome.map(|outcome| Verdict { place, inside, outcome }));
                }
                Err(why) => self.left_out.add_inside(&why, &place, inside),
            }
        }
    }
}

/// A record of a log, by the trace that it belongs to, or else by its time.
fn record(record: &Span) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(record.start)).map(|at| at.to_string());
    match (record.trace, at) {
        (0, Ok(at)) if record.start > 0 => format!("record of {at}"),
        (0, _) => "record of no time".to_owned(),
        (trace, _) => format!("record of trace {trace:032x}"),
    }
}

fn unreadable(path: &Utf8Path, error: &io::Error) -> Failure {
    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions")
}

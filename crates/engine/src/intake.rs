//! Traces that were collected already, as answers.
//!
//! in      files of OpenTelemetry in JSON or protobuf, packed or not, as a collector's file exporter writes them; the reference set; which traces examples
//!         were taken from
//! out     a file of recorded answers (`docs/formats/answers.md`), in the order of the set; counts of everything that is in no answer
//! errors  a file that cannot be read, broken JSON, an example that is not in the set, two answers to one example in one
//!         repeat: all of them with their places, and then the answers are not whole
//! source  `docs/formats/traces.md`

mod attributes;
mod dialect;
mod evaluations;
mod gathered;
mod message;
mod mapped;
mod observed;
mod otlp;
mod requests;
#[cfg(test)]
mod tests;
mod wire;

pub use dialect::{Step, Told, told};
pub use evaluations::outcomes;
pub use mapped::{Mapped, Row};
pub use message::{Call, Message};
pub use otlp::{Broken, Item, Span};
pub use requests::{Drawn, drawn};
pub use wire::{items, peeked, spans_and_records, unpacked};

use camino::{Utf8Path, Utf8PathBuf};
use domain::example::Example;
use domain::fault::{Fault, Faults, Place};
use domain::reference_set::{ExampleIndex, Ids, ReferenceSet};
use gathered::{Gathered, Gleaned};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};

const MOST_FAULTS: usize = 200;
/// Places that are told of what was left out.
const SHOWN: usize = 3;
pub const UNREAD: &str =
    "messages, or parts of messages, in a form that is not known: images, files, a framework's own";

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("cannot read `{path}`: {cause}")]
    Unreadable { path: Utf8PathBuf, cause: io::Error },
    #[error("cannot write the answers of the traces: {0}")]
    Unwritable(io::Error),
    #[error(transparent)]
    Faults(#[from] Faults),
}

/// What became of the traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intake {
    pub spans: u64,
    /// Spans that were there before, with the same trace and id.
    pub twice: u64,
    pub traces: u64,
    pub answers: u64,
    /// What is in no answer, and why.
    pub left_out: Vec<LeftOut>,
}

/// Things of one kind that are in no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    pub what: &'static str,
    pub count: u64,
    /// The first of them.
    pub places: Vec<Place>,
}

/// Which example was taken from a trace.
#[derive(Clone, Debug, Default)]
pub struct Taken(HashMap<String, Vec<ExampleIndex>>);

/// Position of a file among those given, and line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    file: u16,
    line: u32,
}

impl Taken {
    /// Notes the trace of an example; `index` is its position in the set.
    pub fn note(&mut self, example: &Example, index: ExampleIndex) {
        if let Some(trace) = example.provenance.as_ref().and_then(|provenance| provenance.trace.as_ref()) {
            self.0.entry(trace.to_ascii_lowercase()).or_default().push(index);
        }
    }

    fn from(&self, trace: u128) -> &[ExampleIndex] {
        self.0.get(&format!("{trace:032x}")).map_or(&[], Vec::as_slice)
    }
}

/// Reads the files and hands on every span, once, with its file's position and line; whatever else they hold is handed on too.
pub fn read(files: &[Utf8PathBuf], mut each: impl FnMut(Item, u16, u32)) -> Result<(), IntakeError> {
    let mut faults = Vec::new();
    for (at, path) in files.iter().enumerate() {
        let unreadable = |cause| IntakeError::Unreadable { path: path.clone(), cause };
        match wire::items(File::open(path).map_err(unreadable)?, &mut |item, line| each(item, at as u16, line)) {
            Ok(()) => {}
            Err(otlp::Broken::Unreadable(cause)) => return Err(unreadable(cause)),
            Err(otlp::Broken::At { line, column, what, help }) => faults.push(Fault {
                place: Place { file: path.clone(), line, column },
                found: String::new(),
                what: format!("no trace of OpenTelemetry can be read here: {what}"),
                help: help
                    .unwrap_or(
                        "give what a collector's file exporter writes: JSON documents `{\"resourceSpans\": [...]}`, or records of protobuf; \
                         where the file ends in the middle of a line, take that line out",
                    )
                    .to_owned(),
            }),
        }
    }
    Ok(Faults::none_or(faults)?)
}

/// Writes what traces say as recorded answers.
pub fn answers_of(
    files: &[Utf8PathBuf],
    examples: &ReferenceSet,
    taken: &Taken,
    out: &mut impl Write,
) -> Result<Intake, IntakeError> {
    let mut making = Making { files, ..Making::default() };
    let mut gathered = Gathered::default();
    read(files, |item, file, line| making.item(&mut gathered, item, Spot { file, line }))?;
    making.intake.traces = gathered.traces() as u64;
    let placed = making.placed(gathered.answers(), examples, taken);
    let slots = making.slots(placed, examples);
    Faults::none_or(std::mem::take(&mut making.faults))?;
    let mut write = |value: Value| writeln!(out, "{value}").map_err(IntakeError::Unwritable);
    write(json!({"plimsoll_answers": 1}))?;
    for ((example, repeat), answer) in &slots {
        write(line(examples.rows[example.0 as usize].id.as_str(), *repeat, answer))?;
    }
    out.flush().map_err(IntakeError::Unwritable)?;
    making.intake.answers = slots.len() as u64;
    Ok(making.intake)
}

#[derive(Default)]
struct Making<'f> {
    files: &'f [Utf8PathBuf],
    intake: Intake,
    faults: Vec<Fault>,
}

impl Making<'_> {
    fn item(&mut self, gathered: &mut Gathered, item: Item, at: Spot) {
        let span = match item {
            Item::Span(span) => span,
            Item::Record(_) => return,
            Item::Unread(what) => return self.leave_out(what, 1, at),
        };
        let mut unread = 0;
        match gathered.add(&span, at, &mut unread) {
            true => self.intake.spans += 1,
            false => self.intake.twice += 1,
        }
        if unread > 0 {
            self.leave_out(UNREAD, u64::from(unread), at);
        }
    }

    /// The answers that belong to an example, in the order of time.
    fn placed(&mut self, answers: Vec<Gleaned>, set: &ReferenceSet, taken: &Taken) -> Vec<(ExampleIndex, Gleaned)> {
        let ids = Ids::of(&set.rows);
        let mut placed = Vec::new();
        for answer in answers {
            let example = match (&answer.claim.example, taken.from(answer.trace)) {
                (Some(id), _) => match ids.find(&set.rows, id) {
                    Some(example) => example,
                    None => {
                        self.unknown(id, answer.at);
                        continue;
                    }
                },
                (None, [only]) => *only,
                (None, []) => {
                    self.leave_out("traces that belong to no example", 1, answer.at);
                    continue;
                }
                (None, _) => {
                    self.leave_out(
                        "traces that several examples were taken from, so that it is open whose answer they hold",
                        1,
                        answer.at,
                    );
                    continue;
                }
            };
            if answer.says_nothing() {
                let what = "traces of examples that hold no answer: most instrumentations keep what is said only where that is switched on";
                self.leave_out(what, 1, answer.at);
            } else {
                placed.push((example, answer));
            }
        }
        placed.sort_by_key(|(example, answer)| (*example, answer.start, answer.trace));
        placed
    }

    /// One answer for each example and repeat: those that say their repeat first, the others in order where there is room.
    fn slots(
        &mut self,
        placed: Vec<(ExampleIndex, Gleaned)>,
        set: &ReferenceSet,
    ) -> BTreeMap<(ExampleIndex, u32), Gleaned> {
        let mut slots: BTreeMap<(ExampleIndex, u32), Gleaned> = BTreeMap::new();
        let (said, open): (Vec<_>, Vec<_>) = placed.into_iter().partition(|(_, answer)| answer.claim.repeat.is_some());
        for (example, answer) in said {
            let slot = (example, answer.claim.repeat.unwrap_or(0));
            match slots.get(&slot) {
                Some(there) => self.double(set.rows[example.0 as usize].id.as_str(), slot.1, there.at, answer.at),
                None => drop(slots.insert(slot, answer)),
            }
        }
        let mut next = (ExampleIndex(0), 0);
        for (example, answer) in open {
            if next.0 != example {
                next = (example, 0);
            }
            while slots.contains_key(&next) {
                next.1 += 1;
            }
            slots.insert(next, answer);
        }
        slots
    }

    fn leave_out(&mut self, what: &'static str, count: u64, at: Spot) {
        let place = self.place(at);
        let known = self.intake.left_out.iter().position(|left| left.what == what);
        let at = known.unwrap_or_else(|| {
            self.intake.left_out.push(LeftOut { what, count: 0, places: Vec::new() });
            self.intake.left_out.len() - 1
        });
        let left = &mut self.intake.left_out[at];
        left.count += count;
        if left.places.len() < SHOWN {
            left.places.push(place);
        }
    }

    fn unknown(&mut self, id: &str, at: Spot) {
        let help = "mend `plimsoll.example.id` on the span or its resource, or add the example to the set";
        self.fault(id, format!("example `{}` is not in the set", short(id)), help.to_owned(), at);
    }

    fn double(&mut self, id: &str, repeat: u32, first: Spot, second: Spot) {
        let first = self.place(first);
        let what = format!("a second answer to example `{}` in repeat {repeat}", short(id));
        let help = format!(
            "the first is in {}:{}; give each its own `plimsoll.repeat`, or leave it out to number them by time",
            first.file, first.line
        );
        self.fault(id, what, help, second);
    }

    fn fault(&mut self, found: &str, what: String, help: String, at: Spot) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault { place: self.place(at), found: short(found), what, help });
        }
    }

    fn place(&self, at: Spot) -> Place {
        let file = self.files.get(at.file as usize).map_or(Utf8Path::new(""), Utf8PathBuf::as_path);
        Place { file: file.to_owned(), line: at.line, column: 1 }
    }
}

fn short(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() > MOST { text.chars().take(MOST).chain("...".chars()).collect() } else { text.to_owned() }
}

/// A name, written as text or as a number.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An answer as a line of the format.
fn line(example: &str, repeat: u32, answer: &Gleaned) -> Value {
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| drop(line.insert(key.to_owned(), value));
    put("example", example.into());
    if repeat > 0 {
        put("repeat", repeat.into());
    }
    if let Some((class, message)) = &answer.failed {
        put("error", json!({"class": class, "message": message}));
    }
    if let Some(text) = &answer.text {
        put("text", text.as_str().into());
    }
    // Left out, what was called is unknown; an empty list says that nothing was.
    if let (None, Some(calls)) = (&answer.failed, &answer.tool_calls) {
        let calls = calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments}));
        put("tool_calls", calls.collect());
    }
    for (key, value) in [("behaviour", &answer.behaviour), ("finish_reason", &answer.finish_reason)] {
        if let Some(value) = value {
            put(key, value.as_str().into());
        }
    }
    if let Some(citations) = &answer.citations {
        put("citations", citations.iter().map(String::as_str).collect());
    }
    if let Some(latency) = answer.latency_ms {
        put("latency_ms", latency.into());
    }
    let tokens = [("input", answer.tokens.0), ("output", answer.tokens.1)];
    let tokens: Map<String, Value> =
        tokens.iter().filter_map(|(key, count)| Some(((*key).to_owned(), (*count)?.into()))).collect();
    if !tokens.is_empty() {
        put("tokens", Value::Object(tokens));
    }
    let at = i128::from(answer.start);
    let at = jiff::Timestamp::from_nanosecond(at).ok().filter(|_| answer.start > 0).map(|at| at.to_string());
    put("asked", json!({"trace": format!("{:032x}", answer.trace), "model": answer.model, "at": at}));
    Value::Object(line)
}

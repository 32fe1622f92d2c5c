//! Spans, and records of logs, out of OTLP in JSON, one at a time.
//!
//! in      a file as a stream: documents `{"resourceSpans": [...]}`, or `{"resourceLogs": [...]}`, one a line, one after another, in a list, or one alone, however it
//!         is laid out; and traces as Langfuse hands them out (`observed`)
//! out     every span with the attributes of its resource, and the line that it ends in; a count of what is no trace
//! errors  what is no JSON, with its place; a span longer than 16 MB; spans of more than 64 MB that come before their resource
//! note    no document is held, however long its line: the longest span is what it takes, where a resource comes before its spans, as collectors
//!         write it; else the spans of one resource
//! source  opentelemetry-proto `trace.proto` and its JSON encoding: ids in hex, 64-bit numbers as text or number, enums as numbers

use super::attributes;
use super::observed;
use domain::format::lines::LONGEST_LINE;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

pub const WITHOUT_IDS: &str = "spans without the ids of a trace and a span, in hex digits";
pub const WITHOUT_TRACES: &str = "documents that hold no traces, such as logs and metrics";

/// Bytes of spans that may wait for their resource.
const MOST_WAITING: usize = 4 * LONGEST_LINE;

/// A span as it was collected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    pub trace: u128,
    pub id: u64,
    pub parent: Option<u64>,
    pub name: String,
    /// Nanoseconds since 1970; 0 where it is not said.
    pub start: u64,
    pub end: u64,
    pub attributes: Map<String, Value>,
    pub resource: Rc<Map<String, Value>>,
    /// Name and attributes.
    pub events: Vec<(String, Map<String, Value>)>,
    /// The status says that it failed, with this message.
    pub failed: Option<String>,
    /// The trace that its first link leads to.
    pub linked: Option<u128>,
}

impl Span {
    /// The trace that it tells of: that of its link, else its own.
    pub fn of_trace(&self) -> u128 {
        self.linked.unwrap_or(self.trace)
    }
}

/// What a file held, in its order.
#[derive(Debug)]
pub enum Item {
    Span(Box<Span>),
    /// A record of a log, with its attributes and the time that it says; its ids are 0 where it has none.
    Record(Box<Span>),
    /// Read and left out.
    Unread(&'static str),
}

/// Why a file cannot be read on.
#[derive(Debug)]
pub enum Broken {
    Unreadable(io::Error),
    At {
        line: u32,
        column: u32,
        what: String,
        /// What to do, where it is another thing than to give what can be read.
        help: Option<&'static str>,
    },
}

/// What of a stream is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Spans,
    /// And records of logs.
    SpansAndRecords,
}

/// Hands on every item with the number of its line.
pub fn items(reader: impl BufRead, wanted: Wanted, each: &mut dyn FnMut(Item, u32)) -> Result<(), Broken> {
    let (line, left) = (Rc::new(Cell::new(1)), Rc::new(Cell::new(LONGEST_LINE)));
    let reader = Counted { reader, line: line.clone(), left: left.clone() };
    let mut json = serde_json::Deserializer::from_reader(reader);
    let mut walk = Walk {
        each,
        wanted,
        line: line.clone(),
        left: left.clone(),
        resource: None,
        waiting: Vec::new(),
        waiting_bytes: 0,
    };
    loop {
        left.set(LONGEST_LINE);
        // It says so too when something follows.
        if json.end().is_ok() {
            return Ok(());
        }
        let read = At { level: Level::Document, walk: &mut walk }.deserialize(&mut json);
        read.map_err(|error| {
            let column = error.column().max(1) as u32;
            let at = |what: String, help| Broken::At { line: line.get(), column, what, help };
            match error.io_error_kind() {
                Some(_) if left.get() == 0 => {
                    let help = "take it out, or let the instrumentation keep less of what was said";
                    at("a span or a resource is longer than 16 MB".to_owned(), Some(help))
                }
                Some(_) => Broken::Unreadable(error.into()),
                None if walk.waiting_bytes > MOST_WAITING => {
                    let help = "let `resource` come before `scopeSpans`, or export fewer spans at a time";
                    at("more than 64 MB of spans come before the resource that they are of".to_owned(), Some(help))
                }
                None => at(reason(&error), None),
            }
        })?;
    }
}

/// The reason without its place, which is told apart from it.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned()
}

/// Counts lines, and stops where one thing takes too much.
struct Counted<R> {
    reader: R,
    line: Rc<Cell<u32>>,
    left: Rc<Cell<usize>>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(into)?;
        let lines = into[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get().saturating_add(lines as u32));
        self.left.set(self.left.get().saturating_sub(read));
        if self.left.get() == 0 && read > 0 { Err(io::Error::other("too long")) } else { Ok(read) }
    }
}

struct Walk<'e> {
    each: &'e mut dyn FnMut(Item, u32),
    wanted: Wanted,
    line: Rc<Cell<u32>>,
    left: Rc<Cell<usize>>,
    /// The attributes of the resource in hand.
    resource: Option<Rc<Map<String, Value>>>,
    /// Spans that came before their resource.
    waiting: Vec<(Value, bool, u32)>,
    waiting_bytes: usize,
}

impl Walk<'_> {
    /// Hands a span on, or keeps it until its resource comes; false where too much waits.
    fn span(&mut self, value: Value, is_record: bool) -> bool {
        let bytes = LONGEST_LINE - self.left.replace(LONGEST_LINE);
        let line = self.line.get();
        match self.resource.clone() {
            Some(resource) => self.hand_on(&value, is_record, line, resource),
            None => {
                self.waiting.push((value, is_record, line));
                self.waiting_bytes += bytes;
            }
        }
        self.waiting_bytes <= MOST_WAITING
    }

    fn resource_ends(&mut self) {
        self.waiting_bytes = 0;
        let resource = self.resource.take().unwrap_or_default();
        for (value, is_record, line) in std::mem::take(&mut self.waiting) {
            self.hand_on(&value, is_record, line, resource.clone());
        }
    }

    fn hand_on(&mut self, value: &Value, is_record: bool, line: u32, resource: Rc<Map<String, Value>>) {
        let item = match is_record {
            true => Item::Record(Box::new(record(value, resource))),
            false => span(value, resource).map_or(Item::Unread(WITHOUT_IDS), |span| Item::Span(Box::new(span))),
        };
        (self.each)(item, line);
    }
}

#[derive(Clone, Copy)]
enum Level {
    Document,
    Resources,
    Resource,
    Scopes,
    Scope,
    Spans,
    Records,
    Observations,
}

/// A level of the document, with what is done there.
struct At<'w, 'e> {
    level: Level,
    walk: &'w mut Walk<'e>,
}

impl<'de> DeserializeSeed<'de> for At<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self.level {
            Level::Document => "a document of OpenTelemetry, `{\"resourceSpans\": [...]}`",
            Level::Resources | Level::Scopes | Level::Spans | Level::Records | Level::Observations => "a list",
            Level::Resource | Level::Scope => "an object",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let walk = self.walk;
        let level = match self.level {
            Level::Document => Level::Document,
            Level::Resources => Level::Resource,
            Level::Scopes => Level::Scope,
            Level::Spans | Level::Records | Level::Observations => {
                let is_record = matches!(self.level, Level::Records);
                let is_observed = matches!(self.level, Level::Observations);
                while let Some(value) = items.next_element::<Value>()? {
                    let value = if is_observed { observed::span(&value) } else { value };
                    if !walk.span(value, is_record) {
                        return Err(A::Error::custom("too much waits"));
                    }
                }
                return Ok(());
            }
            Level::Resource | Level::Scope => return Err(A::Error::custom("expected an object, found a list")),
        };
        while items.next_element_seed(At { level, walk: &mut *walk })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let (level, walk) = (self.level, self.walk);
        if matches!(level, Level::Resources | Level::Scopes | Level::Spans | Level::Records | Level::Observations) {
            return Err(A::Error::custom("expected a list, found an object"));
        }
        let mut traces = !matches!(level, Level::Document);
        while let Some(key) = entries.next_key::<String>()? {
            let below = match (level, key.as_str()) {
                (Level::Document, "resourceSpans" | "resource_spans") => Level::Resources,
                (Level::Document, "resourceLogs" | "resource_logs") if walk.wanted == Wanted::SpansAndRecords => {
                    Level::Resources
                }
                (Level::Resource, "scopeSpans" | "scope_spans" | "instrumentationLibrarySpans") => Level::Scopes,
                (Level::Resource, "scopeLogs" | "scope_logs") if walk.wanted == Wanted::SpansAndRecords => {
                    Level::Scopes
                }
                (Level::Scope, "spans") => Level::Spans,
                (Level::Scope, "logRecords" | "log_records") if walk.wanted == Wanted::SpansAndRecords => {
                    Level::Records
                }
                (Level::Document, "observations") => Level::Observations,
                (Level::Resource, "resource") => {
                    let resource = entries.next_value::<Value>()?;
                    walk.resource = Some(Rc::new(attributes::of(&resource)));
                    continue;
                }
                (Level::Document, "trace") => {
                    let trace = entries.next_value::<Value>()?;
                    walk.resource = Some(Rc::new(observed::resource(&trace)));
                    continue;
                }
                _ => {
                    // Nothing of it is held, however long it is.
                    walk.left.set(usize::MAX);
                    entries.next_value::<IgnoredAny>()?;
                    walk.left.set(LONGEST_LINE);
                    continue;
                }
            };
            traces = true;
            entries.next_value_seed(At { level: below, walk: &mut *walk })?;
        }
        if matches!(level, Level::Resource | Level::Document) {
            walk.resource_ends();
        }
        if !traces {
            (walk.each)(Item::Unread(WITHOUT_TRACES), walk.line.get());
        }
        Ok(())
    }
}

/// `None` without ids that name it.
fn span(value: &Value, resource: Rc<Map<String, Value>>) -> Option<Span> {
    let field = |camel: &str, snake: &str| value.get(camel).or_else(|| value.get(snake));
    let text = |camel, snake| field(camel, snake).and_then(Value::as_str);
    let status = value.get("status");
    let failed = status
        .and_then(|status| status.get("code"))
        .is_some_and(|code| code.as_u64() == Some(2) || code.as_str() == Some("STATUS_CODE_ERROR"));
    let message = status.and_then(|status| status.get("message")).and_then(Value::as_str).unwrap_or_default();
    let events = value.get("events").and_then(Value::as_array).into_iter().flatten();
    Some(Span {
        trace: hex(text("traceId", "trace_id")?, 32)?,
        id: u64::try_from(hex(text("spanId", "span_id")?, 16)?).ok()?,
        parent: text("parentSpanId", "parent_span_id").and_then(|id| u64::try_from(hex(id, 16)?).ok()),
        name: text("name", "name").unwrap_or_default().to_owned(),
        start: nanoseconds(field("startTimeUnixNano", "start_time_unix_nano")),
        end: nanoseconds(field("endTimeUnixNano", "end_time_unix_nano")),
        attributes: attributes::of(value),
        resource,
        events: events
            .map(|event| {
                let name = event.get("name").and_then(Value::as_str).unwrap_or_default();
                (name.to_owned(), attributes::of(event))
            })
            .collect(),
        failed: failed.then(|| message.to_owned()),
        linked: value
            .get("links")
            .and_then(|links| links.get(0))
            .and_then(|link| hex(link.get("traceId").or_else(|| link.get("trace_id"))?.as_str()?, 32)),
    })
}

fn record(value: &Value, resource: Rc<Map<String, Value>>) -> Span {
    let field = |camel: &str, snake: &str| value.get(camel).or_else(|| value.get(snake));
    let id = |camel, snake, digits| field(camel, snake).and_then(Value::as_str).and_then(|text| hex(text, digits));
    let attributes = attributes::of(value);
    let name = field("eventName", "event_name").or_else(|| attributes.get("event.name")).and_then(Value::as_str);
    let said = nanoseconds(field("timeUnixNano", "time_unix_nano"));
    let seen = nanoseconds(field("observedTimeUnixNano", "observed_time_unix_nano"));
    Span {
        trace: id("traceId", "trace_id", 32).unwrap_or(0),
        id: id("spanId", "span_id", 16).and_then(|id| u64::try_from(id).ok()).unwrap_or(0),
        name: name.unwrap_or_default().to_owned(),
        start: if said > 0 { said } else { seen },
        attributes,
        resource,
        ..Span::default()
    }
}

/// An id of so many hex digits that is not all zeros.
pub fn hex(text: &str, digits: usize) -> Option<u128> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten().filter(|id| *id != 0)
}

fn nanoseconds(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        Some(value) => value.as_u64().unwrap_or(0),
        None => 0,
    }
}

//! Answers as JSON lines, version 1. See `docs/formats/answers.md`.
//!
//! in      one line
//! out     whose answer it is, which repeat, and the answer, borrowed from the line; or every fault of the line
//! note    read a million times a run: typed and borrowed. What the types refuse is read again with places

mod line;
pub(super) mod shape;
#[cfg(test)]
mod tests;

use super::lines::{LinePlace, Wrong};
use crate::answer::{Answer, SystemFault, ToolCall};
use crate::fault::Faults;
use crate::share::{Amount, is_measurable};
use line::{Asked, Attempts, Call, ErrorLine, Line, Text};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// An answer with what it answers.
#[derive(Debug, PartialEq)]
pub struct Recorded<'a> {
    pub example: Cow<'a, str>,
    pub repeat: u32,
    pub answer: Answer<'a>,
}

/// Reads one line that is not empty; `None` is the header `{"plimsoll_answers": 1}`, the version of the format.
pub fn parse<'a>(place: LinePlace, text: &'a str) -> Result<Option<Recorded<'a>>, Faults> {
    if let Some(recorded) = serde_json::from_str::<Line<'a>>(text).ok().and_then(recorded) {
        return Ok(Some(recorded));
    }
    match super::json::value(text) {
        Some(header) if header.get("plimsoll_answers").is_some() => {
            if super::shape::admits(&shape::HEADER, &header) {
                Ok(None)
            } else {
                Err(place.faults(text, &shape::HEADER, |_| Vec::new()))
            }
        }
        _ => Err(place.faults(text, &shape::LINE, broken)),
    }
}

/// How an answer was asked for, as a journal needs it: the request that it answers, and what replies took that were refused before.
#[derive(Debug, PartialEq)]
pub struct AskedFor<'a> {
    pub request: Cow<'a, str>,
    pub tokens: u64,
    pub spend: f64,
}

/// Reads it off a line; `None` where the line does not say.
pub fn asked_for(text: &str) -> Option<AskedFor<'_>> {
    let Asked { asked: line::How { request, refused } } = serde_json::from_str(text).ok()?;
    Some(AskedFor { request, tokens: refused.tokens.unwrap_or(0), spend: refused.spend.unwrap_or(0.0) })
}

/// The JSON Schema of a line, for editors and other programs.
pub fn json_schema() -> Value {
    let about = "One line of a file of answers of one system. A line {\"plimsoll_answers\": 1} may come first.";
    super::shape::schema_of_lines("Plimsoll answer, version 1", about, &shape::LINE, &shape::HEADER)
}

const SAYS: [&str; 6] = ["text", "answer", "structured", "tool_calls", "behaviour", "error"];

/// What no field alone shows.
fn broken(line: &Value) -> Vec<Wrong> {
    if SAYS.iter().any(|key| line.get(key).is_some_and(|value| !value.is_null())) {
        return Vec::new();
    }
    let what = "this answer says nothing".to_owned();
    let help = "give `text`, `structured`, `tool_calls` or `behaviour`; where the system failed, say so in `error`; \
                leave out what was never asked";
    vec![Wrong { path: "".into(), what, help }]
}

/// `None` where a value is out of its range or nothing is said.
fn recorded(line: Line<'_>) -> Option<Recorded<'_>> {
    let amount = |value: Option<f64>| match value {
        Some(value) if !is_measurable(value) => None,
        value => value.map(Amount::new).transpose().ok(),
    };
    let (latency_ms, spend) = (amount(line.latency_ms)?, amount(line.spend)?);
    let silent = line.text.is_none() && line.tool_calls.is_none() && line.behaviour.is_none();
    if silent && line.structured.is_none() && line.error.is_none() {
        return None;
    }
    Some(Recorded {
        example: line.example.0,
        repeat: line.repeat.unwrap_or(0),
        answer: Answer {
            text: line.text.map(|text| text.0),
            structured: line.structured,
            tool_calls: line.tool_calls.map(|calls| calls.into_iter().map(tool_call).collect()),
            citations: line.citations.map(|citations| citations.into_iter().map(|text| text.0).collect()),
            behaviour: line.behaviour.map(|text| text.0),
            finish_reason: line.finish_reason.map(|text| text.0),
            // A cached answer's latency is no latency.
            latency_ms: latency_ms.filter(|_| line.cached != Some(true)),
            cached: line.cached.unwrap_or(false),
            tokens_in: line.tokens.as_ref().and_then(|tokens| tokens.input),
            tokens_out: line.tokens.as_ref().and_then(|tokens| tokens.output),
            spend,
            attempts: line.attempts.map(|Attempts(count)| count),
            error: line.error.map(fault),
        },
    })
}

fn tool_call(call: Call<'_>) -> ToolCall<'_> {
    ToolCall { name: call.name.0, arguments: arguments(call.arguments) }
}

/// Arguments as an object; many providers send them as JSON text.
fn arguments(value: Option<Value>) -> Value {
    match value {
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        Some(value) => value,
        None => Value::Object(Map::new()),
    }
}

fn fault(line: ErrorLine<'_>) -> SystemFault<'_> {
    match line {
        ErrorLine::Message(Text(message)) => SystemFault::said(message),
        ErrorLine::Classed(classed) => SystemFault {
            class: classed.class.map_or(Cow::Borrowed("error"), |text| text.0),
            message: classed.message.map_or(Cow::Borrowed(""), |text| text.0),
        },
    }
}

impl<'a> SystemFault<'a> {
    /// A fault of which only a message is known: one of time where it speaks of time.
    pub fn said(message: Cow<'a, str>) -> Self {
        let lower = message.to_lowercase();
        let timed = ["timeout", "timed out", "time-out", "deadline"].iter().any(|word| lower.contains(word));
        SystemFault { class: Cow::Borrowed(if timed { "timeout" } else { "error" }), message }
    }

    /// The failure class that a system fault counts under.
    pub fn failure_class(&self) -> &'static str {
        let class = self.class.to_lowercase();
        let timed = ["timeout", "timed_out", "latency", "latency_or_timeout", "deadline", "time_limit"];
        if timed.contains(&class.as_str()) { crate::failure_class::LATENCY } else { crate::failure_class::FORMAT }
    }
}

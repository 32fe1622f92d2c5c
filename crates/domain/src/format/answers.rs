//! Answers as JSON lines, version 1. See `docs/formats/answers.md`.
//!
//! in      one line
//! out     whose answer it is, which repeat, and the answer, borrowed from the line; or the fault of the line

#[cfg(test)]
mod tests;

use super::lines::LinePlace;
use crate::answer::{Answer, SystemFault, ToolCall};
use crate::fault::Fault;
use crate::share::Amount;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    example: Text<'a>,
    #[serde(default)]
    repeat: u32,
    #[serde(borrow, default, alias = "answer")]
    text: Option<Text<'a>>,
    #[serde(default)]
    structured: Option<Value>,
    #[serde(borrow, default)]
    tool_calls: Vec<Call<'a>>,
    #[serde(borrow, default)]
    citations: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    behaviour: Option<Text<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
    #[serde(default)]
    latency_ms: Option<f64>,
    #[serde(default)]
    cached: bool,
    #[serde(default)]
    tokens: Option<Tokens>,
    #[serde(default, alias = "cost")]
    spend: Option<f64>,
    #[serde(borrow, default)]
    attempts: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<ErrorLine<'a>>,
}

/// Text that is borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tokens {
    #[serde(default)]
    input: Option<u64>,
    #[serde(default)]
    output: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ErrorLine<'a> {
    Message(#[serde(borrow)] Cow<'a, str>),
    Classed {
        #[serde(borrow, default)]
        class: Cow<'a, str>,
        #[serde(borrow, default)]
        message: Cow<'a, str>,
    },
}

/// An answer with what it answers.
#[derive(Debug)]
pub struct Recorded<'a> {
    pub example: Cow<'a, str>,
    pub repeat: u32,
    pub answer: Answer<'a>,
}

/// Reads one line that is not empty.
pub fn parse<'a>(place: LinePlace, text: &'a str) -> Result<Recorded<'a>, Box<Fault>> {
    let line: Line<'a> = serde_json::from_str(text).map_err(|error| Box::new(place.json_fault(text, &error)))?;
    let amount = |value: Option<f64>, name: &str| match value.map(Amount::new) {
        None => Ok(None),
        Some(Ok(amount)) => Ok(Some(amount)),
        Some(Err(error)) => Err(Box::new(place.fault(
            1,
            name,
            format!("`{name}`: {error}"),
            "write a number from 0 up, or leave it out",
        ))),
    };
    let latency_ms = amount(line.latency_ms, "latency_ms")?;
    let spend = amount(line.spend, "spend")?;
    let attempts = line.attempts.map(|raw| attempts(place, raw)).transpose()?;
    let tool_calls = line
        .tool_calls
        .into_iter()
        .map(|call| ToolCall { name: call.name.0, arguments: arguments(call.arguments) })
        .collect();
    Ok(Recorded {
        example: line.example.0,
        repeat: line.repeat,
        answer: Answer {
            text: line.text.map(|text| text.0),
            structured: line.structured,
            tool_calls,
            citations: line.citations.map(|citations| citations.into_iter().map(|text| text.0).collect()),
            behaviour: line.behaviour.map(|text| text.0),
            finish_reason: line.finish_reason.map(|text| text.0),
            // A cached answer's latency is no latency.
            latency_ms: if line.cached { None } else { latency_ms },
            cached: line.cached,
            tokens_in: line.tokens.as_ref().and_then(|tokens| tokens.input),
            tokens_out: line.tokens.as_ref().and_then(|tokens| tokens.output),
            spend,
            attempts,
            error: line.error.map(fault),
        },
    })
}

/// Arguments as an object; many providers send them as JSON text.
fn arguments(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        Value::Null => Value::Object(serde_json::Map::new()),
        value => value,
    }
}

/// A count, or a list with an entry for each attempt.
fn attempts(place: LinePlace, raw: &RawValue) -> Result<u32, Box<Fault>> {
    let wrong = || {
        Box::new(place.fault(
            1,
            raw.get(),
            "`attempts` is a count or a list",
            "write the number of tries, or one object for each",
        ))
    };
    match serde_json::from_str::<Value>(raw.get()).map_err(|_| wrong())? {
        Value::Array(tries) => u32::try_from(tries.len()).map_err(|_| wrong()),
        Value::Number(count) => count.as_u64().and_then(|count| u32::try_from(count).ok()).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn fault(line: ErrorLine<'_>) -> SystemFault<'_> {
    match line {
        ErrorLine::Message(message) => {
            let lower = message.to_lowercase();
            let timed = ["timeout", "timed out", "time-out", "deadline"].iter().any(|word| lower.contains(word));
            SystemFault { class: Cow::Borrowed(if timed { "timeout" } else { "error" }), message }
        }
        ErrorLine::Classed { class, message } => SystemFault { class, message },
    }
}

impl SystemFault<'_> {
    /// The failure class that a system fault counts under.
    pub fn failure_class(&self) -> &'static str {
        let class = self.class.to_lowercase();
        let timed = ["timeout", "timed_out", "latency", "latency_or_timeout", "deadline", "time_limit"];
        if timed.contains(&class.as_str()) { crate::failure_class::LATENCY } else { crate::failure_class::FORMAT }
    }
}

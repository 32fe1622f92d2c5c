//! The parts of an answer, found in a reply by their paths.
//!
//! in      paths of the contract, compiled once; a reply's JSON
//! out     text, structured output, tool calls, citations and the rest
//! errors  a path that does not compile; a reply in which no part of an answer is found, or which holds it in a form that is none
//! source  RFC 9535 for JSONPath

use super::{ProviderError, Reply, Trouble, turns};
use domain::system::ReplyPaths;
use grading::{GraderFault, ReplyExpression};
use serde_json::{Map, Value};
use serde_json_path::JsonPath;
use std::borrow::Cow;

/// The paths that are given, each with the name of its part.
#[derive(Default)]
pub struct Paths {
    text: Option<Path>,
    structured: Option<Path>,
    tool_calls: Option<Path>,
    citations: Option<Path>,
    behaviour: Option<Path>,
    finish_reason: Option<Path>,
    tokens_in: Option<Path>,
    tokens_out: Option<Path>,
    spend: Option<Path>,
}

struct Path {
    written: String,
    compiled: How,
}

enum How {
    Path(JsonPath),
    Expression(ReplyExpression),
}

impl Paths {
    pub fn of(system: &str, written: &ReplyPaths) -> Result<Self, ProviderError> {
        let path = |part: &str, written: &Option<String>| {
            let Some(text) = written else { return Ok(None) };
            let refuse = |cause: String| ProviderError::Path {
                system: system.to_owned(),
                place: format!("path `{text}` to the reply's `{part}`"),
                cause,
            };
            let compiled = if text.starts_with('$') {
                How::Path(JsonPath::parse(text).map_err(|error| refuse(error.to_string()))?)
            } else {
                How::Expression(ReplyExpression::of(text).map_err(|fault| refuse(told(fault)))?)
            };
            Ok(Some(Path { written: text.clone(), compiled }))
        };
        Ok(Paths {
            text: path("text", &written.text)?,
            structured: path("structured", &written.structured)?,
            tool_calls: path("tool_calls", &written.tool_calls)?,
            citations: path("citations", &written.citations)?,
            behaviour: path("behaviour", &written.behaviour)?,
            finish_reason: path("finish_reason", &written.finish_reason)?,
            tokens_in: path("tokens_in", &written.tokens_in)?,
            tokens_out: path("tokens_out", &written.tokens_out)?,
            spend: path("spend", &written.spend)?,
        })
    }

    /// Whether no path is given at all.
    pub fn is_none(&self) -> bool {
        let all = [&self.text, &self.structured, &self.tool_calls, &self.citations, &self.behaviour];
        let more = [&self.finish_reason, &self.tokens_in, &self.tokens_out, &self.spend];
        all.iter().chain(&more).all(|path| path.is_none())
    }

    pub fn reply(&self, said: &Value) -> Result<Reply, Trouble> {
        let text = |path: &Option<Path>| path.as_ref().and_then(|path| as_text(path.found(said)));
        let count = |path: &Option<Path>| path.as_ref()?.found(said).first()?.as_u64();
        // Where nobody said where to look, what was called is unknown; where there is nothing there, nothing was called.
        let called = self.tool_calls.as_ref().map(|path| flat(path.found(said)).iter().map(named_call).collect());
        let tool_calls: Option<Vec<_>> = called.transpose()?;
        let structured = self.structured.as_ref().and_then(|path| match path.found(said).as_slice() {
            [] => None,
            [one] => Some(one.clone().into_owned()),
            several => Some(several.iter().cloned().map(Cow::into_owned).collect()),
        });
        let spend = self.spend.as_ref().and_then(|path| path.found(said).first()?.as_f64());
        let reply = Reply {
            text: text(&self.text),
            structured,
            tool_calls,
            citations: self
                .citations
                .as_ref()
                .map(|path| flat(path.found(said)).into_iter().filter_map(|item| cited(&item)).collect()),
            behaviour: text(&self.behaviour),
            finish_reason: text(&self.finish_reason),
            tokens_in: count(&self.tokens_in),
            tokens_out: count(&self.tokens_out),
            spend: spend.filter(|spend| spend.is_finite() && *spend >= 0.0),
            ..Reply::default()
        };
        let silent = reply.text.is_none() && reply.structured.is_none() && reply.behaviour.is_none();
        if silent && reply.tool_calls.as_ref().is_none_or(Vec::is_empty) {
            let paths = [&self.text, &self.structured, &self.tool_calls, &self.behaviour];
            let looked: Vec<&str> = paths.into_iter().flatten().map(|path| path.written.as_str()).collect();
            return Err(Trouble::unreadable(format!("the reply has no answer at {}", looked.join(", "))));
        }
        Ok(reply)
    }
}

impl Path {
    /// What is there; a null is not, nor is what an expression cannot tell.
    fn found<'a>(&self, said: &'a Value) -> Vec<Cow<'a, Value>> {
        let found: Vec<Cow<Value>> = match &self.compiled {
            How::Path(path) => path.query(said).all().into_iter().map(Cow::Borrowed).collect(),
            How::Expression(expression) => expression.value(said).into_iter().map(Cow::Owned).collect(),
        };
        found.into_iter().filter(|value| !value.is_null()).collect()
    }
}

fn told(fault: GraderFault) -> String {
    match fault {
        GraderFault::Expression(why) => why,
        other => other.to_string(),
    }
}

/// Texts as they are, one after the other; other values as their JSON.
fn as_text(found: Vec<Cow<Value>>) -> Option<String> {
    let texts = found.iter().map(|value| match value.as_ref() {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    (!found.is_empty()).then(|| texts.collect())
}

/// Lists that were found count as what is in them.
fn flat(found: Vec<Cow<Value>>) -> Vec<Value> {
    let items = found.into_iter().map(Cow::into_owned).flat_map(|value| match value {
        Value::Array(items) => items,
        other => vec![other],
    });
    items.collect()
}

fn cited(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) => ["id", "url"].iter().find_map(|key| fields.get(*key)?.as_str().map(str::to_owned)),
        _ => None,
    }
}

/// A call of a tool; one that names none cannot be read, for nobody could say that it is not the one that must never be called.
pub fn named_call(value: &Value) -> Result<(String, Value), Trouble> {
    tool_call(value).ok_or_else(|| Trouble::unreadable("the reply has a tool call without a name"))
}

/// `{name, arguments}`, or the chat API's `{function: {name, arguments}}` and `{custom: {name, input}}`.
pub fn tool_call(value: &Value) -> Option<(String, Value)> {
    let within = ["function", "custom"].iter().find_map(|key| value.get(key).filter(|inner| inner.is_object()));
    let function = within.unwrap_or(value);
    let arguments = function.get("arguments").or_else(|| function.get("input"));
    let arguments = match arguments {
        Some(Value::String(text)) => turns::arguments(text),
        Some(Value::Null) | None => Value::Object(Map::new()),
        Some(value) => value.clone(),
    };
    Some((function.get("name")?.as_str()?.to_owned(), arguments))
}

//! Spans as requests of production.
//!
//! in      spans, one at a time; the keys that attributes are wanted from
//! out     a request for each call of a model, and for each trace that says what came in and what went out without naming a model;
//!         else what kind of span it was. Parts of a request's messages that cannot be kept are counted in `unread`
//! note    nothing is held from span to span. Calls of one trace share its conversation: they are not independent

use super::attributes::spelled;
use super::dialect::{Step, Told, told};
use super::gathered::failure;
use super::message::{Message, opened};
use super::otlp::Span;
use super::text_of;
use domain::traffic::Request;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a span is of production's traffic.
#[derive(Debug, PartialEq)]
pub enum Drawn {
    /// A model was asked.
    Asked(Box<Request>),
    /// What runs around; a request only where no model is named in its trace.
    Around(Box<Request>),
    /// A step on the way: a tool, a search, what holds others together.
    Step,
    /// A model was asked, and this is why it is no request.
    LeftOut(&'static str),
}

pub const SILENT: &str = "calls of models that do not say what was asked: most instrumentations keep what is said only where that is switched on";

/// What names a conversation.
pub const CONVERSATION: [&str; 5] = [
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "ai.telemetry.metadata.sessionId",
    "traceloop.association.properties.session_id",
];

pub const EMPTY: &str =
    "calls of models whose last message holds no text: an image or a file alone is no question that is kept";

pub const UNREADABLE: &str = "calls of models whose messages are JSON that was cut off, or is broken otherwise: keep what is said whole where it is logged";

/// `wanted`: attributes of requests, each with the key that spans or their resources have it under.
pub fn drawn(span: &Span, wanted: &[(String, String)], unread: &mut u32) -> Drawn {
    let told = told(span);
    let step = told.step;
    let says_both = !told.input.is_empty() && !told.output.is_empty();
    let is_step =
        matches!(step, Step::Aside | Step::Tool) || (step == Step::Around && (span.parent.is_some() || !says_both));
    if !is_step {
        *unread += told.unread;
    }
    match step {
        _ if is_step => Drawn::Step,
        Step::Model if told.input.is_empty() && told.unread == 0 => Drawn::LeftOut(SILENT),
        _ if told.input.is_empty() && told.is_cut => Drawn::LeftOut(UNREADABLE),
        _ if told.input.last().is_none_or(Message::says_nothing) => Drawn::LeftOut(EMPTY),
        Step::Around | Step::Aside | Step::Tool => Drawn::Around(Box::new(request(span, told, wanted))),
        Step::Model => Drawn::Asked(Box::new(request(span, told, wanted))),
    }
}

fn request(span: &Span, told: Told, wanted: &[(String, String)]) -> Request {
    let find = |key: &str| span.attributes.get(key).or_else(|| span.resource.get(key)).and_then(text_of);
    let first = |keys: &[&str]| keys.iter().find_map(|key| find(key)).map(|text| name(&text));
    let trace = format!("{:032x}", span.trace);
    let service = first(&["service.name"]);
    let mut attributes: BTreeMap<String, String> = BTreeMap::new();
    let given = [
        ("service", service.clone()),
        ("release", first(&["langfuse.release", "service.version"])),
        ("environment", first(&["deployment.environment.name", "deployment.environment", "langfuse.environment"])),
    ];
    attributes.extend(given.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?))));
    attributes.extend(wanted.iter().filter_map(|(key, from)| Some((key.clone(), find(from)?))));
    let failed = span.failed.as_ref().map(|message| failure(span, message));
    let mut signals = BTreeMap::new();
    if let Some((class, _)) = &failed {
        signals.insert("error".to_owned(), class.clone());
    }
    let mut input = Map::new();
    input.insert("messages".to_owned(), told.input.iter().map(asked).collect());
    if let Some(tools) = tools(span) {
        input.insert("tools".to_owned(), tools);
    }
    Request {
        id: format!("{trace}-{:016x}", span.id),
        at: instant(span.start),
        conversation: first(&CONVERSATION).or_else(|| Some(trace.clone())),
        task: first(&["plimsoll.task"]).or_else(|| attributes.remove("task")),
        system: told.model.as_deref().map(name).or(service),
        input: Value::Object(input),
        answer: answer(span, &told, failed),
        trace: Some(trace),
        attributes,
        signals,
    }
}

/// As an example may have a message: content that is nothing is left out.
fn asked(message: &Message) -> Value {
    let mut message = message.to_json();
    if let Some(object) = message.as_object_mut()
        && object.get("content").is_some_and(Value::is_null)
    {
        object.shift_remove("content");
    }
    message
}

/// A name as formats take it: one line, not too long.
fn name(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(512).collect();
    plain.trim().to_owned()
}

/// Nanoseconds since 1970 as an instant; 0 is none.
pub fn instant(nanoseconds: u64) -> Option<String> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).ok().filter(|_| nanoseconds > 0);
    at.map(|at| format!("{at:.3}"))
}

fn answer(span: &Span, told: &Told, failed: Option<(String, String)>) -> Option<Map<String, Value>> {
    let spoken = told.output.iter().filter(|message| !matches!(message.role.as_str(), "user" | "system" | "tool"));
    let (mut text, mut calls) = (None, Vec::new());
    for message in spoken {
        text = message.text.as_deref().or(text);
        calls.extend(message.tool_calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments})));
    }
    let failed = failed.filter(|_| text.is_none() && calls.is_empty());
    if text.is_none() && calls.is_empty() && failed.is_none() {
        return None;
    }
    let mut answer = Map::new();
    let mut put = |key: &str, value: Value| drop(answer.insert(key.to_owned(), value));
    if let Some((class, message)) = &failed {
        put("error", json!({"class": class, "message": message}));
    }
    if let Some(text) = text {
        put("text", text.into());
    }
    // What runs around does not say what was called within.
    let known = !calls.is_empty() || (told.step == Step::Model && told.tells_calls);
    if failed.is_none() && known {
        put("tool_calls", Value::Array(calls));
    }
    if let Some(reason) = &told.finish_reason {
        put("finish_reason", reason.as_str().into());
    }
    if span.start > 0 && span.end >= span.start {
        put("latency_ms", ((span.end - span.start) as f64 / 1e6).into());
    }
    let tokens = [("input", told.tokens_in), ("output", told.tokens_out)];
    let tokens: Map<String, Value> =
        tokens.iter().filter_map(|(key, count)| Some(((*key).to_owned(), (*count)?.into()))).collect();
    if !tokens.is_empty() {
        put("tokens", Value::Object(tokens));
    }
    Some(answer)
}

/// The tools on offer, as an example has them; what has no name is none.
fn tools(span: &Span) -> Option<Value> {
    let listed = ["gen_ai.tool.definitions", "gen_ai.request.tools", "ai.prompt.tools"];
    let listed = listed.iter().find_map(|key| span.attributes.get(*key)).map(opened);
    let listed = listed.or_else(|| spelled(&span.attributes, "llm.tools"))?;
    let tools: Vec<Value> = listed.as_array()?.iter().map(opened).filter_map(|tool| of_tool(&tool)).collect();
    (!tools.is_empty()).then_some(Value::Array(tools))
}

fn of_tool(tool: &Value) -> Option<Value> {
    let schema = tool.get("tool").and_then(|tool| tool.get("json_schema")).or_else(|| tool.get("json_schema"));
    let tool = schema.map_or_else(|| tool.clone(), opened);
    let tool = tool.get("function").filter(|function| function.is_object()).unwrap_or(&tool);
    let mut kept = Map::new();
    kept.insert("name".to_owned(), Value::from(name(tool.get("name")?.as_str()?)));
    if let Some(about) = tool.get("description").and_then(Value::as_str) {
        kept.insert("description".to_owned(), about.into());
    }
    let parameters = ["parameters", "input_schema", "inputSchema"].iter().find_map(|key| tool.get(*key));
    if let Some(parameters) = parameters.filter(|parameters| parameters.is_object()) {
        kept.insert("parameters".to_owned(), parameters.clone());
    }
    Some(Value::Object(kept))
}

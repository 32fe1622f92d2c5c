//! Traces as Langfuse hands them out, read as spans of OTLP.
//!
//! in      of a document `{"trace": {...}, "observations": [...]}` the trace, and each of its observations: ids in hex, times as text, what
//!         was given and said, the model, its tokens
//! out     a resource and spans in the JSON of OTLP, in the words of OpenInference
//! errors  none: what an observation does not say is left out
//! source  Langfuse's page of a trace, which downloads it so

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What all spans of the trace have in common.
pub fn resource(trace: &Value) -> Map<String, Value> {
    let names = [
        ("sessionId", "langfuse.session.id"),
        ("release", "langfuse.release"),
        ("environment", "langfuse.environment"),
    ];
    let said = |(theirs, ours): (&str, &str)| Some((ours.to_owned(), trace.get(theirs)?.as_str()?.into()));
    names.into_iter().filter_map(said).collect()
}

/// An observation as a span.
pub fn span(seen: &Value) -> Value {
    let text = |key: &str| seen.get(key).and_then(Value::as_str);
    let tokens = |key: &str| seen.get("usageDetails").and_then(|used| used.get(key));
    let kind = match text("type").unwrap_or("SPAN") {
        "GENERATION" => "LLM",
        "SPAN" | "EVENT" => "CHAIN",
        other => other,
    };
    let attributes = [
        ("openinference.span.kind", Some(&json!(kind))),
        ("input.value", seen.get("input")),
        ("output.value", seen.get("output")),
        ("llm.model_name", seen.get("model")),
        ("llm.token_count.prompt", tokens("input")),
        ("llm.token_count.completion", tokens("output")),
        ("tool.name", seen.get("name").filter(|_| kind == "TOOL")),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some(json!({"key": key, "value": {"value": value.filter(|value| !value.is_null())?}})))
    .collect::<Vec<Value>>();
    json!({
        "traceId": text("traceId"),
        "spanId": text("id"),
        "parentSpanId": text("parentObservationId"),
        "name": text("name"),
        "startTimeUnixNano": nanoseconds(text("startTime")),
        "endTimeUnixNano": nanoseconds(text("endTime")),
        "attributes": attributes,
        "status": {"code": if text("level") == Some("ERROR") { 2 } else { 0 }, "message": text("statusMessage")},
    })
}

/// Since 1970, as OTLP writes them.
fn nanoseconds(at: Option<&str>) -> Option<String> {
    Some(at?.parse::<Timestamp>().ok()?.as_nanosecond().to_string())
}

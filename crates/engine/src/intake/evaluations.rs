//! What traces say of how things went: evaluations of people and programs, and plain attributes, as lines of outcomes.
//!
//! in      spans and records of logs; a mapping that says which of it counts, and as what
//! out     for each verdict a line of `docs/formats/outcomes.md`, or why it is none
//! note    nothing is held from span to span. An evaluation may ride on the span that it is of, on an event of it, on a record of the log, or on a span of
//!         its own with a link: then the conversation is the trace that the link leads to
//! source  OpenTelemetry's event `gen_ai.evaluation.result`; OpenInference's annotations (`spec/annotations.md`)

use super::attributes::spelled;
use super::otlp::Span;
use super::requests::{CONVERSATION, instant};
use domain::format::outcomes::traced::{At, From, Mapping, Said, Signal};
use domain::format::traffic::mapped::put;
use domain::outcome::Better;
use serde_json::{Map, Value};

/// Where annotations stand, and as what each is wrapped.
const ANNOTATIONS: [(&str, &str); 6] = [
    ("annotations", "annotation"),
    ("evaluations", "evaluation"),
    ("trace.annotations", "annotation"),
    ("trace.evaluations", "evaluation"),
    ("session.annotations", "annotation"),
    ("session.evaluations", "evaluation"),
];

/// The lines of one span or record, and why others are none.
pub fn outcomes(span: &Span, mapping: &Mapping) -> Vec<Result<Map<String, Value>, String>> {
    let mut lines = Vec::new();
    for Evaluation { name, said, around } in evaluations(span) {
        let wanted = |signal: &&Signal| matches!(&signal.at, At::Evaluation(of) if *of == name);
        let signals: Vec<&Signal> = mapping.signals.iter().filter(wanted).collect();
        if signals.is_empty() {
            lines.push(Err(format!("evaluations that the mapping does not name: `{name}`")));
        }
        lines.extend(signals.into_iter().map(|signal| line(span, around, signal, said.clone(), mapping)));
    }
    for signal in &mapping.signals {
        let At::Key(key) = &signal.at else { continue };
        if let Some(value) = span.attributes.get(key).filter(|value| !value.is_null()) {
            lines.push(line(span, None, signal, Ok(said(value)), mapping));
        }
    }
    lines
}

struct Evaluation<'s> {
    name: String,
    /// Why there is no verdict, otherwise.
    said: Result<Said, String>,
    /// The attributes of the event that it stands on.
    around: Option<&'s Map<String, Value>>,
}

fn evaluations(span: &Span) -> Vec<Evaluation<'_>> {
    let events = span.events.iter().map(|(_, attributes)| Some(attributes));
    let mut all = Vec::new();
    for around in std::iter::once(None).chain(events) {
        let holder = around.unwrap_or(&span.attributes);
        let Some(name) = holder.get("gen_ai.evaluation.name").and_then(Value::as_str) else { continue };
        let found = Said {
            label: holder.get("gen_ai.evaluation.score.label").and_then(text),
            number: holder.get("gen_ai.evaluation.score.value").and_then(number),
        };
        let said = match holder.get("error.type").and_then(text) {
            Some(class) => Err(format!("the evaluation failed: {class}")),
            None => Ok(found),
        };
        all.push(Evaluation { name: name.to_owned(), said, around });
    }
    for (prefix, wrapper) in ANNOTATIONS {
        let listed = spelled(&span.attributes, prefix);
        for one in listed.as_ref().and_then(Value::as_array).into_iter().flatten() {
            let Some(one) = one.get(wrapper) else { continue };
            let Some(name) = one.get("name").and_then(Value::as_str) else { continue };
            let said = Said { label: one.get("label").and_then(text), number: one.get("score").and_then(number) };
            all.push(Evaluation { name: name.to_owned(), said: Ok(said), around: None });
        }
    }
    all
}

/// What a plain attribute says.
fn said(value: &Value) -> Said {
    let flag = value.as_bool().or_else(|| value.as_str()?.parse().ok());
    Said { label: text(value), number: number(value).or(flag.map(|flag| f64::from(u8::from(flag)))) }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn line(
    span: &Span,
    around: Option<&Map<String, Value>>,
    signal: &Signal,
    said: Result<Said, String>,
    mapping: &Mapping,
) -> Result<Map<String, Value>, String> {
    let no_verdict = |why: String| format!("verdicts on `{}` that say neither: {why}", signal.metric);
    let verdict = said.and_then(|said| signal.reading.read(&said)).map_err(no_verdict)?;
    let at = instant(span.start.max(span.end)).ok_or("verdicts that do not say when they were given")?;
    let find = |key: &str| {
        let near = around.and_then(|around| around.get(key));
        near.or_else(|| span.attributes.get(key)).or_else(|| span.resource.get(key)).and_then(text)
    };
    let mut line = Map::new();
    line.insert("at".to_owned(), at.into());
    line.insert("metric".to_owned(), signal.metric.as_str().into());
    let trace = Some(span.of_trace()).filter(|trace| *trace != 0).map(|trace| format!("{trace:032x}"));
    if let Some(conversation) = CONVERSATION.iter().find_map(|key| find(key)).or(trace) {
        line.insert("conversation".to_owned(), conversation.into());
    }
    for (key, text) in [("better", signal.better.map(Better::as_str)), ("criterion", signal.criterion.as_deref())] {
        line.extend(text.map(|text| (key.to_owned(), Value::from(text))));
    }
    for (keys, from) in &mapping.fields {
        let value = match from {
            From::Key(key) => find(key).map(Value::from),
            From::Value(value) => Some(value.clone()),
        };
        if let Some(value) = value {
            put(&mut line, keys, value);
        }
    }
    line.extend(verdict.into_iter().map(|(key, value)| (key.to_owned(), value)));
    Ok(line)
}

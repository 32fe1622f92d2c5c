//! Traces of ten frameworks with the messages that they should yield, in `../shared/data/genai_traces` beside the checkout.
//!
//! The files keep what each span was given and gave back as the framework wrote it, and the messages that another reader made of
//! it. Here the former becomes a span of OTLP with `input.value` and `output.value`, and the messages are compared: who speaks, the
//! text, the calls. Where the other reader gave up there is nothing to compare. Then the expected messages are written in each of the
//! three dialects, as JSON and as protobuf, and must come out of both as the input of a request of production.

use super::conversation;
use super::written::{protobuf, spans};
use crate::intake::{Drawn, drawn};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[test]
fn recorded_traces_yield_the_messages_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/genai_traces/langfuse_framework");
    let Ok(entries) = folder.read_dir() else {
        println!("skipped: {} is not here", folder.display());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".trace.json"));
    paths.sort();
    let (mut compared, mut retold, mut wrong) = (0, 0, Vec::new());
    for path in &paths {
        let read = |path: &Path| -> Value { serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() };
        let trace = read(path);
        let expected = read(Path::new(&path.to_string_lossy().replace(".trace.", ".chatml.")));
        for seen in trace["observations"].as_array().unwrap() {
            let id = seen["id"].as_str().unwrap();
            let (input, output, _) = conversation(&as_otlp(seen).to_string());
            for (side, ours) in [("input", input), ("output", output)] {
                let Some(theirs) = spoken(&expected[id][side]) else { continue };
                compared += 1;
                let ours: Vec<Value> = ours.iter().map(plain).collect();
                for (dialect, attributes) in dialects(&theirs) {
                    retold += 1;
                    for told in requested(attributes) {
                        if told != theirs {
                            wrong.push(format!(
                                "{id} {side} in {dialect}\n  ours   {}\n  theirs {}",
                                json!(told),
                                json!(theirs)
                            ));
                        }
                    }
                }
                if ours != theirs {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    wrong.push(format!("{name} {id} {side}\n  ours   {}\n  theirs {}", json!(ours), json!(theirs)));
                }
            }
        }
    }
    println!("{} files, {compared} lists of messages compared, {retold} in three dialects", paths.len());
    assert!(wrong.is_empty(), "{} of {compared}\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 20, "{compared}");
}

/// The messages as the three dialects write them, as attributes.
fn dialects(messages: &[Value]) -> [(&'static str, Value); 3] {
    let (mut current, mut indexed, mut inference) = (Vec::new(), json!({}), json!({}));
    for (at, message) in messages.iter().enumerate() {
        let (role, text) = (&message["role"], message["text"].as_str().unwrap());
        let mut parts = Vec::new();
        let (prompt, said) = (format!("gen_ai.prompt.{at}"), format!("llm.input_messages.{at}.message"));
        indexed[format!("{prompt}.role")] = role.clone();
        inference[format!("{said}.role")] = role.clone();
        if message["answers"].is_string() {
            parts.push(json!({"type": "tool_call_response", "id": message["answers"], "response": text}));
            indexed[format!("{prompt}.tool_call_id")] = message["answers"].clone();
            inference[format!("{said}.tool_call_id")] = message["answers"].clone();
        } else if !text.is_empty() {
            parts.push(json!({"type": "text", "content": text}));
        }
        if !text.is_empty() {
            indexed[format!("{prompt}.content")] = text.into();
            inference[format!("{said}.content")] = text.into();
        }
        for (nth, call) in message["calls"].as_array().unwrap().iter().enumerate() {
            parts.push(json!({"type": "tool_call", "id": call[0], "name": call[1], "arguments": call[2]}));
            let (plain, nested) = (format!("{prompt}.tool_calls.{nth}"), format!("{said}.tool_calls.{nth}.tool_call"));
            let arguments = call[2].as_str().map_or_else(|| call[2].to_string(), str::to_owned);
            for (key, value) in [("id", &call[0]), ("name", &call[1]), ("arguments", &json!(arguments))] {
                indexed[format!("{plain}.{key}")] = value.clone();
                let key = if key == "id" { key.to_owned() } else { format!("function.{key}") };
                inference[format!("{nested}.{key}")] = value.clone();
            }
        }
        current.push(json!({"role": role, "parts": parts}));
    }
    indexed["gen_ai.operation.name"] = "chat".into();
    inference["openinference.span.kind"] = "LLM".into();
    let current = json!({"gen_ai.operation.name": "chat", "gen_ai.input.messages": Value::from(current).to_string()});
    [("the current conventions", current), ("the earlier ones", indexed), ("OpenInference", inference)]
}

/// What a request of production says was asked, by way of JSON and of protobuf.
fn requested(attributes: Value) -> Vec<Vec<Value>> {
    let text = super::document(&[super::span(1, 1, 0, (1, 2), attributes)]).to_string();
    let of_json = spans(text.as_bytes());
    let of_protobuf = spans(&protobuf(&of_json));
    let told = [of_json, of_protobuf].into_iter().map(|spans| match drawn(&spans[0], &[], &mut 0) {
        Drawn::Asked(request) => request.input["messages"].as_array().unwrap().iter().map(plain).collect(),
        _ => Vec::new(),
    });
    told.collect()
}

fn as_otlp(seen: &Value) -> Value {
    let attributes: Vec<Value> = [("input.value", "input"), ("output.value", "output")]
        .into_iter()
        .filter(|(_, side)| !seen[side].is_null())
        .map(|(key, side)| json!({"key": key, "value": {"stringValue": seen[side]}}))
        .collect();
    let span =
        json!({"traceId": seen["traceId"], "spanId": seen["id"], "name": seen["name"], "attributes": attributes});
    json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
}

/// The expected messages in our form; `None` where they are none: the other reader gave up, or kept the JSON as it was.
fn spoken(side: &Value) -> Option<Vec<Value>> {
    let list = side["data"].as_array().filter(|_| side["success"] == true)?;
    let messages: Vec<Value> = list.iter().filter(|message| message.get("role").is_some()).map(plain).collect();
    (!messages.is_empty() && messages.len() == list.len()).then_some(messages)
}

/// Who speaks, what, and the calls, however they are written.
fn plain(message: &Value) -> Value {
    let role = if message["role"] == "model" { "assistant" } else { message["role"].as_str().unwrap() };
    let content = &message["content"];
    // The other reader opens content that is JSON.
    let opened =
        content.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or_else(|| content.clone());
    let is_data =
        opened.is_object() || opened.as_array().is_some_and(|list| list.iter().all(|part| part["type"].is_null()));
    let mut text = if is_data { opened.to_string() } else { content.as_str().unwrap_or_default().to_owned() };
    let mut calls = Vec::new();
    for part in message["content"].as_array().into_iter().flatten() {
        match part["type"].as_str() {
            Some("tool_use") => calls.push(json!([part["id"], part["name"], part["input"]])),
            _ => text.push_str(part["text"].as_str().unwrap_or_default()),
        }
    }
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        let arguments = call["arguments"].as_str().and_then(|text| serde_json::from_str(text).ok());
        calls.push(json!([call["id"], call["name"], arguments.unwrap_or_else(|| call["arguments"].clone())]));
    }
    json!({"role": role, "text": text, "calls": calls, "answers": message["tool_call_id"]})
}

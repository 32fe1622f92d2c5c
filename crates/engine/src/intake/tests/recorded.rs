//! Traces of ten frameworks with the messages that they should yield, in `../shared/data/genai_traces` beside the checkout.
//!
//! The files keep what each span was given and gave back as the framework wrote it, and the messages that another reader made of
//! it. They are read as they are, and the messages are compared: who speaks, the text, the calls. Where the other reader gave up there is
//! nothing to compare. Then the expected messages are written in each of the three dialects, as JSON and as protobuf, and must come out
//! of both as the input of a request of production.

use super::written::{protobuf, spans};
use crate::intake::{Drawn, Message, drawn, told};
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
        let seen = spans(&std::fs::read(path).unwrap());
        assert_eq!(seen.len(), read(path)["observations"].as_array().unwrap().len(), "{}", path.display());
        let expected = read(Path::new(&path.to_string_lossy().replace(".trace.", ".chatml.")));
        for span in &seen {
            let id = format!("{:016x}", span.id);
            let said = told(span);
            for (side, ours) in [("input", said.input), ("output", said.output)] {
                let Some(theirs) = spoken(&expected[&id][side]) else { continue };
                compared += 1;
                let ours: Vec<Value> = ours.iter().map(Message::to_json).map(|message| plain(&message)).collect();
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

#[test]
fn a_trace_of_langfuse_is_read_as_its_page_downloads_it() {
    let seen = |id: &str, parent: Value, kind: &str, said: Value| {
        let mut seen = json!({
            "id": id, "traceId": "1b72c51fabed12ae7df83bfd4a09f545", "parentObservationId": parent, "type": kind, "name": "look_up",
            "startTime": "2026-11-03T09:00:00.500Z", "endTime": "2026-11-03T09:00:01.000Z", "level": "DEFAULT",
        });
        seen.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        seen
    };
    let asked = json!({
        "model": "m-2", "usageDetails": {"input": 30, "output": 4}, "input": r#"[{"role": "user", "content": "Refund me."}]"#,
        "output": {"role": "assistant", "content": "Done."},
    });
    let failed = json!({"input": r#"{"day": 3}"#, "level": "ERROR", "statusMessage": "no such day"});
    let document = json!({
        "trace": {"id": "t", "sessionId": "s-1", "environment": "live", "release": null, "observations": [{"id": "without what was said"}]},
        "observations": [
            seen("95f4f51edeb603d9", Value::Null, "GENERATION", asked),
            seen("95f4f51edeb603da", json!("95f4f51edeb603d9"), "TOOL", failed),
        ],
    });
    let read = spans(serde_json::to_string_pretty(&document).unwrap().as_bytes());
    let [model, tool] = &read[..] else { panic!("{read:?}") };
    let Drawn::Asked(request) = drawn(model, &[], &mut 0) else { panic!("{model:?}") };
    assert_eq!(request.id, "1b72c51fabed12ae7df83bfd4a09f545-95f4f51edeb603d9");
    assert_eq!(request.conversation.as_deref(), Some("s-1"));
    assert_eq!((request.system.as_deref(), request.at.as_deref()), (Some("m-2"), Some("2026-11-03T09:00:00.500Z")));
    assert_eq!(request.attributes["environment"], "live");
    assert_eq!(request.input["messages"], json!([{"role": "user", "content": "Refund me."}]));
    let answer = request.answer.unwrap();
    assert_eq!(answer["text"], "Done.");
    assert_eq!((&answer["latency_ms"], &answer["tokens"]), (&json!(500.0), &json!({"input": 30, "output": 4})));
    let called = told(tool).called.unwrap();
    assert_eq!((called.name.as_str(), &called.arguments), ("look_up", &json!({"day": 3})));
    assert_eq!((tool.parent, tool.failed.as_deref()), (Some(model.id), Some("no such day")));
}

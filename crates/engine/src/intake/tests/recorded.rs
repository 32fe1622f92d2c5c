//! Traces of ten frameworks with the messages that they should yield, in `../shared/data/genai_traces` beside the checkout.
//!
//! The files keep what each span was given and gave back as the framework wrote it, and the messages that another reader made of
//! it. Here the former becomes a span of OTLP with `input.value` and `output.value`, and the messages are compared: who speaks, the
//! text, the calls. Where the other reader gave up there is nothing to compare.

use super::conversation;
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
    let (mut compared, mut wrong) = (0, Vec::new());
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
                if ours != theirs {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    wrong.push(format!("{name} {id} {side}\n  ours   {}\n  theirs {}", json!(ours), json!(theirs)));
                }
            }
        }
    }
    println!("{} files, {compared} lists of messages compared", paths.len());
    assert!(wrong.is_empty(), "{} of {compared}\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 20, "{compared}");
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

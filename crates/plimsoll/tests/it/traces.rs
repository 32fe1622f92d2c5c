//! Traces that were collected already, as a system: told from outside.

use super::live;
use super::{code, err, out, plimsoll};
use serde_json::json;
use std::path::Path;

/// A span of a model that answered an example; without one it says its trace alone.
fn span(trace: u32, example: Option<&str>, said: &str) -> serde_json::Value {
    let mut attributes = vec![
        json!({"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}),
        json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}}),
        json!({"key": "gen_ai.usage.output_tokens", "value": {"intValue": 5}}),
        json!({"key": "gen_ai.output.messages", "value": {"stringValue":
            json!([{"role": "assistant", "parts": [{"type": "text", "content": said}]}]).to_string()}}),
    ];
    if let Some(example) = example {
        attributes.push(json!({"key": "plimsoll.example.id", "value": {"stringValue": example}}));
    }
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{trace:016x}"), "name": "chat",
        "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000250000000", "attributes": attributes,
    })
}

fn write(folder: &Path, name: &str, spans: &[serde_json::Value]) {
    let line =
        |span: &serde_json::Value| format!("{}\n", json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}));
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join(name), spans.iter().map(line).collect::<String>()).expect("traces");
}

/// Forty examples of each task; both arms are in traces.
fn eval() -> tempfile::TempDir {
    let folder = live::eval(40, "at_once: 1", "");
    let path = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&path).expect("a contract");
    let (head, rest) = text.split_once("systems:\n").expect("systems");
    let rest = rest.split_once("examples:").expect("examples").1;
    let systems =
        "systems:\n  candidate: {traces: traces/candidate}\n  production: {traces: traces/production.json}\nexamples:";
    std::fs::write(&path, format!("{head}{systems}{rest}")).expect("a contract");
    let ids: Vec<String> = (0..80).map(|at| format!("r{at:04}")).collect();
    let spans = |from: u32| -> Vec<serde_json::Value> {
        ids.iter().zip(from..).map(|(id, trace)| span(trace, Some(id), "Answer: it is approved.")).collect()
    };
    let mut candidate = spans(1);
    candidate.push(candidate[0].clone());
    candidate.push(span(9000, None, "Answer: to nobody."));
    write(&folder.path().join("traces/candidate"), "day.jsonl", &candidate);
    write(&folder.path().join("traces"), "production.json", &spans(500));
    folder
}

#[test]
fn answers_in_traces_are_decided_on_and_what_belongs_nowhere_is_said() {
    let folder = eval();
    let ended = plimsoll(folder.path(), &["run", "--as", "json"]);
    assert_eq!(code(&ended), 0, "{}{}", out(&ended), err(&ended));
    let record: serde_json::Value = serde_json::from_str(&out(&ended)).expect("a record");
    let kinds: Vec<&str> =
        record["systems"].as_array().expect("systems").iter().filter_map(|arm| arm["kind"].as_str()).collect();
    assert!(kinds.contains(&"traces: traces/candidate"), "{kinds:?}");
    let said = err(&ended);
    assert!(said.contains("80 answers from 81 traces, 1 spans were there twice"), "{said}");
    assert!(said.contains("left out: 1 ") && said.contains("day.jsonl:82"), "{said}");
    // The same traces again are the same scores, and the same look.
    let again = plimsoll(folder.path(), &["run", "--as", "json"]);
    let again: serde_json::Value = serde_json::from_str(&out(&again)).expect("a record");
    assert_eq!(record["scores"]["digest"], again["scores"]["digest"]);
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
}

#[test]
fn traces_that_say_two_things_are_refused_with_both_places() {
    let folder = eval();
    let two = [span(1, Some("r0001"), "Answer: yes."), span(2, Some("r0001"), "Answer: no.")];
    write(&folder.path().join("traces/candidate"), "day.jsonl", &two);
    std::fs::write(folder.path().join("traces/candidate/broken.jsonl"), "{\"resourceSpans\": [").expect("traces");
    let ended = plimsoll(folder.path(), &["run"]);
    assert_eq!(code(&ended), 2, "{}{}", out(&ended), err(&ended));
    assert!(err(&ended).contains("broken.jsonl:1"), "{}", err(&ended));
}

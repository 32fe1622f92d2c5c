//! What no field alone shows: fields that need or exclude one another. Runs on lines that have the shape.

use crate::format::lines::Wrong;
use serde_json::Value;

/// Every broken rule, with the path of the value that breaks it.
pub fn broken(line: &Value) -> Vec<Wrong> {
    let mut broken = Vec::new();
    let mut tell = |path: &'static str, what: String, help: &'static str| broken.push(Wrong { path, what, help });
    let given = |value: &Value, key: &str| value.get(key).is_some_and(|value| !value.is_null());
    if asks_nothing(&line["input"]) {
        tell("input", "`input` is empty".to_owned(), "write the question, or {\"messages\": [...]}");
    }
    let provenance = &line["provenance"];
    if given(provenance, "probability") && given(provenance, "weight") {
        let what = "both a probability and a weight are given".to_owned();
        tell("provenance.weight", what, "keep the probability; the weight is its inverse");
    }
    let status = &line["status"];
    let state = status.as_str().or_else(|| status["state"].as_str()).unwrap_or("active");
    let reasoned = status["reason"].as_str().is_some_and(|reason| !reason.trim().is_empty());
    if matches!(state, "quarantined" | "retired") && !reasoned {
        let what = format!("`{state}` needs a reason");
        tell("status", what, "write {\"state\": ..., \"reason\": \"why, and who settles it\"}");
    }
    let compares = given(line, "expect") && line["expect"] != "never";
    if given(line, "variant_of") && !given(line, "expect") {
        let what = "a variant does not say what is expected of it".to_owned();
        tell("variant_of", what, "add \"expect\": \"same\", or {\"changed\": \"...\"}, or \"never\"");
    }
    if compares && !given(line, "variant_of") {
        let what = "`expect` compares with a base, and none is given".to_owned();
        tell("expect", what, "add \"variant_of\": the id of the base");
    }
    let (task, attribute) = (&line["task"], &line["attributes"]["task"]);
    if !attribute.is_null() && attribute != task {
        let what = "the attribute `task` is not the example's task".to_owned();
        tell(
            "attributes.task",
            what,
            "write the task once, as \"task\" beside \"attributes\": it is an attribute by itself",
        );
    }
    broken
}

/// Whether an input is no question at all.
pub fn asks_nothing(input: &Value) -> bool {
    match input {
        Value::String(text) => text.trim().is_empty(),
        Value::Object(fields) => fields.values().all(Value::is_null),
        _ => false,
    }
}

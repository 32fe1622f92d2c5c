//! What no field alone shows: fields that need or exclude one another, and schemas that lead outside.

use crate::format::lines::Wrong;
use serde_json::Value;
use std::borrow::Cow;

/// Every broken rule, with the path of the value that breaks it.
pub fn broken(line: &Value) -> Vec<Wrong> {
    let mut broken = Vec::new();
    let mut tell =
        |path: &'static str, what: String, help: &'static str| broken.push(Wrong { path: path.into(), what, help });
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
    broken.extend(led_outside(&line["input"]["tools"]));
    broken
}

/// The references in the argument schemas of tools that lead out of their schema: nothing outside is ever fetched, so that no call could be
/// held against them.
fn led_outside(tools: &Value) -> Vec<Wrong> {
    let mut found = Vec::new();
    for (at, tool) in tools.as_array().into_iter().flatten().enumerate() {
        let whole = &tool["parameters"];
        let mut ids = Vec::new();
        ids_in(whole, &mut ids);
        references(whole, &mut format!("input.tools.{at}.parameters"), &ids, &mut found);
    }
    found
}

/// Keys whose value is data and no schema.
const DATA: [&str; 5] = ["const", "enum", "default", "examples", "example"];
/// Schemas of schemas, which every validator has.
const KNOWN: [&str; 2] = ["http://json-schema.org/", "https://json-schema.org/"];

fn ids_in<'s>(schema: &'s Value, ids: &mut Vec<&'s str>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| ids_in(item, ids)),
        Value::Object(fields) => {
            ids.extend(["$id", "id"].iter().filter_map(|key| fields.get(*key)?.as_str()));
            fields.values().for_each(|value| ids_in(value, ids));
        }
        _ => {}
    }
}

/// The path is that of the schema, and stays so.
fn references(schema: &Value, path: &mut String, ids: &[&str], found: &mut Vec<Wrong>) {
    let length = path.len();
    match schema {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.extend([".", &at.to_string()]);
                references(item, path, ids, found);
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| !DATA.contains(&key.as_str())) {
                path.extend([".", key]);
                match value.as_str() {
                    Some(to) if matches!(key.as_str(), "$ref" | "$dynamicRef") && is_outside(to, ids) => {
                        let what = "this schema refers to something outside of it, and nothing is ever fetched";
                        let help = "write what it refers to under `$defs` of the schema, and refer to `#/$defs/...`";
                        found.push(Wrong { path: Cow::Owned(path.clone()), what: what.to_owned(), help });
                    }
                    _ => references(value, path, ids, found),
                }
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// An id and a reference to it may each be written in full or from where they stand: where one ends with the other, they are taken as the same.
fn is_outside(to: &str, ids: &[&str]) -> bool {
    let to = to.split('#').next().unwrap_or("");
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
    let is_one = |id: &&str| {
        let id = id.split('#').next().unwrap_or("");
        id == to || ends(id, to) || ends(to, id)
    };
    !to.is_empty() && !KNOWN.iter().any(|known| to.starts_with(known)) && !ids.iter().any(is_one)
}

/// Whether an input is no question at all.
pub fn asks_nothing(input: &Value) -> bool {
    match input {
        Value::String(text) => text.trim().is_empty(),
        Value::Object(fields) => fields.values().all(Value::is_null),
        _ => false,
    }
}

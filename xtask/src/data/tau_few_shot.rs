//! Recorded conversations of a customer service that acts by tools.
//!
//! in      `retail.jsonl`, `airline.jsonl`: messages_display, a transcript in plain text; a call shows as `assistant: None` and its
//!         result, `tool: ...`, without its name
//! out     an example for each conversation, its calls as they were recorded and in reverse, a contract for each
//! rules   what was called is told by its result. A record of an order or reservation that is seen as it was not seen before in the
//!         conversation comes from what changed it; what changed is its name. A result that is an error is a call that failed

use super::Refused;
use super::folder::{From, Line, To};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CONTRACT: &str = include_str!("tau_few_shot/plimsoll.yaml");

pub fn convert(from: &From, to: &To) -> Result<String, Refused> {
    let (mut examples, mut recorded, mut reversed) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0;
    for task in ["retail", "airline"] {
        for (at, line) in from.lines(&format!("{task}.jsonl"))?.iter().enumerate() {
            let turns = turns(line)?;
            let calls = calls(&turns);
            count += calls.len();
            let example = example(&format!("{task}-{at:02}"), task, &turns, &calls);
            let last = turns.iter().rev().find(|(role, _)| *role == "assistant").map_or("", |(_, text)| text);
            let mut answer = json!({"example": example["id"], "text": last, "tool_calls": calls});
            recorded.push(answer.clone());
            answer["tool_calls"] = calls.into_iter().rev().collect();
            reversed.push(answer);
            examples.push(example);
        }
    }
    to.lines("examples/conversations.jsonl", &examples)?;
    to.lines("answers/recorded.jsonl", &recorded)?;
    to.lines("answers/reversed.jsonl", &reversed)?;
    for (candidate, production) in [("recorded", "reversed"), ("reversed", "recorded")] {
        let contract = CONTRACT.replace("CANDIDATE", candidate).replace("PRODUCTION", production);
        to.write(&format!("{candidate}-over-{production}.yaml"), &contract)?;
    }
    Ok(format!("{} conversations, {count} calls", examples.len()))
}

/// Who speaks, and what is said, which may run over lines.
fn turns(line: &Line) -> Result<Vec<(&str, String)>, Refused> {
    let mut turns: Vec<(&str, String)> = Vec::new();
    for text in line.text("messages_display")?.split('\n') {
        let role = ["user", "assistant", "tool"].into_iter().find(|role| text.starts_with(&format!("{role}: ")));
        match (role, turns.last_mut()) {
            (Some(role), _) => turns.push((role, text[role.len() + 2..].to_owned())),
            (None, Some((_, said))) => {
                said.push('\n');
                said.push_str(text);
            }
            (None, None) => return Err(line.lacks("messages_display", "a transcript that begins with who speaks")),
        }
    }
    Ok(turns)
}

fn example(id: &str, task: &str, turns: &[(&str, String)], calls: &[Value]) -> Value {
    let first = turns.iter().find(|(role, _)| *role == "user").map_or("", |(_, text)| text);
    let has = |name: &str| calls.iter().any(|call| call["name"] == name);
    let opens = if has("get_order") { "order" } else { "none" };
    json!({
        "id": id, "task": task, "input": {"messages": [{"role": "user", "content": first}]},
        "attributes": {"opens": opens, "transfers": if has("transfer") { "yes" } else { "no" }},
    })
}

fn calls(turns: &[(&str, String)]) -> Vec<Value> {
    let mut seen: BTreeMap<String, Value> = BTreeMap::new();
    let results = turns.iter().filter(|(role, _)| *role == "tool");
    results.map(|(_, result)| call(result.trim(), &mut seen)).collect()
}

/// The call that this is the result of.
fn call(result: &str, seen: &mut BTreeMap<String, Value>) -> Value {
    let made = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    let Ok(record) = serde_json::from_str::<Value>(result) else {
        return match result {
            "" => made("think", json!({})),
            "Transfer successful" => made("transfer", json!({})),
            error if error.starts_with("Error") => made("failed", json!({"error": error})),
            user if user.contains('_') && !user.contains(' ') => made("find_user", json!({"user_id": user})),
            other => made("other", json!({"result": other})),
        };
    };
    let has = |field: &str| record.get(field).is_some();
    if let Some(id) = record["order_id"].as_str() {
        let name = seen
            .get(id)
            .filter(|before| **before != record)
            .map_or("get_order", |before| changed_order(before, &record));
        let call = made(name, json!({"order_id": id}));
        seen.insert(id.to_owned(), record);
        return call;
    }
    if let Some(id) = record["reservation_id"].as_str() {
        let name = seen.get(id).filter(|before| **before != record);
        let name = name.map_or("get_reservation", |before| changed_reservation(before, &record));
        let call = made(name, json!({"reservation_id": id, "cabin": record["cabin"]}));
        seen.insert(id.to_owned(), record);
        return call;
    }
    match () {
        () if has("payment_methods") => made("get_user", json!({})),
        () if has("variants") => made("get_product", json!({"product_id": record["product_id"]})),
        () if record.is_object() => made("list_products", json!({})),
        () if record.is_array() => made("search_flights", json!({})),
        () => made("calculate", json!({})),
    }
}

fn changed_order(before: &Value, now: &Value) -> &'static str {
    match now["status"].as_str() {
        _ if before["status"] == now["status"] => "modify_order",
        Some("cancelled") => "cancel_order",
        Some("return requested") => "return_items",
        Some("exchange requested") => "exchange_items",
        Some(status) if status.starts_with("pending (") => "modify_items",
        _ => "modify_order",
    }
}

fn changed_reservation(before: &Value, now: &Value) -> &'static str {
    let flown = |record: &Value| -> Vec<Value> {
        let flights = record["flights"].as_array().into_iter().flatten();
        flights.map(|flight| json!([flight["flight_number"], flight["date"]])).collect()
    };
    match now["status"].as_str() {
        Some("cancelled") => "cancel_reservation",
        _ if flown(before) != flown(now) => "change_flights",
        _ => "change_reservation",
    }
}

//! `POST {base_url}/chat/completions`, as OpenAI and everything compatible with it speaks.
//!
//! in      a question as turns, tools, schema; a reply's JSON
//! out     the body of the request; the reply's parts
//! errors  a reply without a choice or a message, whose choice is an error, or with a call that names no tool, is unreadable
//! source  OpenAI's API reference, chat completions; `citations` and `usage.cost` as routers in front of it add them

use super::model::{Asked, Model, OUTPUT, count, is_closed, joined};
use super::parts::named_call;
use super::trouble::of_error_object;
use super::turns::{Part, Role, Turn};
use super::{Reply, Trouble};
use serde_json::{Map, Value, json};

pub fn body(model: &Model, asked: &Asked) -> Map<String, Value> {
    let chat = &model.chat;
    let mut body = Map::new();
    body.insert("model".to_owned(), chat.model.clone().into());
    body.insert("messages".to_owned(), asked.turns.iter().map(message).collect());
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), value);
        }
    };
    let tools = asked.tools.iter().map(|tool| {
        let mut function = Map::from_iter([("name".to_owned(), Value::from(tool.name.as_str()))]);
        if let Some(description) = &tool.description {
            function.insert("description".to_owned(), description.as_str().into());
        }
        if let Some(parameters) = &tool.parameters {
            function.insert("parameters".to_owned(), parameters.clone());
        }
        json!({"type": "function", "function": function})
    });
    set("tools", (!asked.tools.is_empty()).then(|| tools.collect()));
    set("temperature", chat.temperature.map(|amount| amount.get().into()));
    set("top_p", chat.top_p.map(|share| share.get().into()));
    // OpenAI's newer models refuse the older name, and others do not know the newer one.
    let most = if model.original { "max_completion_tokens" } else { "max_tokens" };
    set(most, chat.max_tokens.map(Value::from));
    set("seed", asked.seed.map(Value::from));
    set("stop", (!chat.stop.is_empty()).then(|| chat.stop.clone().into()));
    set(
        "response_format",
        asked.schema.map(|schema| {
            let mut format = json!({"name": OUTPUT, "schema": null, "strict": is_closed(schema)});
            format["schema"] = schema.clone();
            Map::from_iter([("type".to_owned(), "json_schema".into()), ("json_schema".to_owned(), format)]).into()
        }),
    );
    body
}

fn message(turn: &Turn) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), turn.role.as_str().into());
    message.insert("content".to_owned(), content(turn));
    if let Some(name) = turn.name {
        message.insert("name".to_owned(), name.into());
    }
    if !turn.calls.is_empty() {
        let calls = turn.calls.iter().map(|call| {
            let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
            json!({"id": call.id, "type": "function", "function": function})
        });
        message.insert("tool_calls".to_owned(), calls.collect());
    }
    if let Some(id) = &turn.call_id {
        message.insert("tool_call_id".to_owned(), id.as_str().into());
    }
    Value::Object(message)
}

fn content(turn: &Turn) -> Value {
    match turn.parts.as_slice() {
        [] if turn.role == Role::Assistant && !turn.calls.is_empty() => Value::Null,
        [] => "".into(),
        [Part::Text(text)] => text.as_ref().into(),
        parts => parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Image { url, detail: None } => json!({"type": "image_url", "image_url": {"url": url}}),
        Part::Image { url, detail } => json!({"type": "image_url", "image_url": {"url": url, "detail": detail}}),
        Part::Other(value) => (*value).clone(),
    }
}

pub fn reply(said: &Value) -> Result<Reply, Trouble> {
    let choices = said.get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_first = |choice: &&Value| choice.get("index").and_then(Value::as_u64) == Some(0);
    let Some(choice) = choices.iter().find(is_first).or(choices.first()) else {
        return Err(Trouble::unreadable("the reply has no choice in it"));
    };
    let finish_reason = choice.get("finish_reason").and_then(Value::as_str);
    // Routers tell so that the model behind them broke off.
    if let Some(error) = choice.get("error").filter(|error| !error.is_null()) {
        return Err(of_error_object(error));
    }
    if finish_reason == Some("error") {
        return Err(Trouble::unreadable("the reply broke off with an error"));
    }
    let Some(message) = choice.get("message").filter(|message| message.is_object()) else {
        return Err(Trouble::unreadable("the reply has no message in it"));
    };
    let refusal = message.get("refusal").and_then(Value::as_str).filter(|refusal| !refusal.is_empty());
    let text = match message.get("content") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(parts)) => joined(parts.iter().filter_map(|part| part.get("text")?.as_str()).collect()),
        _ => None,
    };
    let tool_calls = tool_calls(message)?;
    let refused = refusal.is_some() || finish_reason == Some("content_filter");
    let text = text.filter(|text| !text.is_empty()).or_else(|| refusal.map(str::to_owned));
    Ok(Reply {
        // An answer that says nothing is an empty one; one that calls tools need not speak.
        text: if tool_calls.is_empty() { Some(text.unwrap_or_default()) } else { text },
        citations: citations(said, message),
        behaviour: refused.then(|| "refuse".to_owned()),
        finish_reason: finish_reason.map(str::to_owned),
        tokens_in: count(said, "/usage/prompt_tokens"),
        tokens_out: count(said, "/usage/completion_tokens"),
        spend: said.pointer("/usage/cost").and_then(Value::as_f64),
        // What says that it called something, and does not say what, is not known to have called nothing.
        tool_calls: (!tool_calls.is_empty() || !matches!(finish_reason, Some("tool_calls" | "function_call")))
            .then_some(tool_calls),
        ..Reply::default()
    })
}

/// The calls of a message: a list of them, or one alone; before there were lists, `function_call`.
fn tool_calls(message: &Value) -> Result<Vec<(String, Value)>, Trouble> {
    let mut calls = Vec::new();
    for key in ["tool_calls", "function_call"] {
        match message.get(key) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for item in items {
                    calls.push(named_call(item)?);
                }
            }
            Some(one) => calls.push(named_call(one)?),
        }
    }
    Ok(calls)
}

fn citations(said: &Value, message: &Value) -> Option<Vec<String>> {
    let notes = message.get("annotations").and_then(Value::as_array);
    let cited = notes.into_iter().flatten().filter_map(|note| {
        let note = note.get("url_citation").or_else(|| note.get("file_citation")).unwrap_or(note);
        ["url", "file_id", "title"].iter().find_map(|key| note.get(key)?.as_str()).map(str::to_owned)
    });
    let cited: Vec<String> = cited.collect();
    if !cited.is_empty() {
        return Some(cited);
    }
    let listed = said.get("citations")?.as_array()?;
    Some(listed.iter().filter_map(|citation| citation.as_str().map(str::to_owned)).collect())
}

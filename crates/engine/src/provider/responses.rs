//! `POST {base_url}/responses`, as OpenAI speaks.
//!
//! in      a question as turns, tools, schema; a reply's JSON
//! out     the body of the request, which asks that nothing is stored; the reply's parts
//! errors  a reply without output, that failed, or with a call that names no tool, is unreadable
//! source  OpenAI's API reference, responses: input items, `function_call`, `function_call_output`, `text.format`

use super::model::{Asked, Model, OUTPUT, count, is_closed, joined};
use super::parts::named_call;
use super::turns::{Part, Role, Turn};
use super::{Reply, Trouble};
use serde_json::{Map, Value, json};

pub fn body(model: &Model, asked: &Asked) -> Map<String, Value> {
    let chat = &model.chat;
    let mut body = Map::new();
    body.insert("model".to_owned(), chat.model.clone().into());
    body.insert("input".to_owned(), asked.turns.iter().flat_map(items).collect());
    body.insert("store".to_owned(), false.into());
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), value);
        }
    };
    let tools = asked.tools.iter().map(|tool| {
        let mut tool_of = Map::from_iter([
            ("type".to_owned(), Value::from("function")),
            ("name".to_owned(), tool.name.as_str().into()),
            (
                "parameters".to_owned(),
                tool.parameters.clone().unwrap_or_else(|| json!({"type": "object", "properties": {}})),
            ),
            // Left out, it is taken as true, and open schemas are refused.
            ("strict".to_owned(), tool.parameters.as_ref().is_some_and(is_closed).into()),
        ]);
        if let Some(description) = &tool.description {
            tool_of.insert("description".to_owned(), description.as_str().into());
        }
        Value::Object(tool_of)
    });
    set("tools", (!asked.tools.is_empty()).then(|| tools.collect()));
    set("temperature", chat.temperature.map(|amount| amount.get().into()));
    set("top_p", chat.top_p.map(|share| share.get().into()));
    set("max_output_tokens", chat.max_tokens.map(Value::from));
    set("text", asked.schema.map(|schema| {
        json!({"format": {"type": "json_schema", "name": OUTPUT, "schema": schema, "strict": is_closed(schema)}})
    }));
    body
}

/// The items of one turn: its message, then its calls.
fn items(turn: &Turn) -> Vec<Value> {
    if let Some(id) = &turn.call_id {
        let output = match turn.parts.iter().any(|part| !matches!(part, Part::Text(_))) {
            true => turn.parts.iter().map(|part| content(part, "input_text")).collect(),
            false => Value::from(turn.text()),
        };
        return vec![json!({"type": "function_call_output", "call_id": id, "output": output})];
    }
    let mut items = Vec::new();
    if !turn.parts.is_empty() || turn.calls.is_empty() {
        let of_text = if turn.role == Role::Assistant { "output_text" } else { "input_text" };
        let content = match turn.parts.as_slice() {
            [] => "".into(),
            [Part::Text(text)] => Value::from(text.as_ref()),
            parts => parts.iter().map(|part| content(part, of_text)).collect(),
        };
        items.push(json!({"role": turn.role.as_str(), "content": content}));
    }
    items.extend(turn.calls.iter().map(|call| {
        let arguments = call.arguments.to_string();
        json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments})
    }));
    items
}

fn content(part: &Part, of_text: &str) -> Value {
    match part {
        Part::Text(text) => json!({"type": of_text, "text": text}),
        Part::Image { url, detail } => {
            json!({"type": "input_image", "image_url": url, "detail": detail.unwrap_or("auto")})
        }
        Part::Other(value) => (*value).clone(),
    }
}

pub fn reply(said: &Value) -> Result<Reply, Trouble> {
    let Some(output) = said.get("output").and_then(Value::as_array) else {
        return Err(Trouble::unreadable("the reply has no output in it"));
    };
    let status = said.get("status").and_then(Value::as_str);
    if let Some(status @ ("failed" | "cancelled" | "queued" | "in_progress")) = status {
        return Err(Trouble::unreadable(format!("the reply is {status}")));
    }
    let is = |item: &&Value, kind: &str| item.get("type").and_then(Value::as_str) == Some(kind);
    let parts: Vec<&Value> = output
        .iter()
        .filter(|item| is(item, "message"))
        .flat_map(|item| item.get("content").and_then(Value::as_array).into_iter().flatten())
        .collect();
    let tool_calls = tool_calls(output)?;
    if output.is_empty() && status != Some("incomplete") {
        return Err(Trouble::unreadable("the reply has no answer in it"));
    }
    let texts = |key: &str| joined(parts.iter().filter_map(|part| part.get(key)?.as_str()).collect());
    let refusal = texts("refusal").filter(|refusal| !refusal.is_empty());
    let reason = said.pointer("/incomplete_details/reason").and_then(Value::as_str);
    let refused = refusal.is_some() || reason == Some("content_filter");
    let text = texts("text").or(refusal);
    Ok(Reply {
        text: if tool_calls.as_ref().is_none_or(Vec::is_empty) { Some(text.unwrap_or_default()) } else { text },
        citations: citations(&parts),
        behaviour: refused.then(|| "refuse".to_owned()),
        finish_reason: reason.or(status).map(str::to_owned),
        tokens_in: count(said, "/usage/input_tokens"),
        tokens_out: count(said, "/usage/output_tokens"),
        spend: said.pointer("/usage/cost").and_then(Value::as_f64),
        tool_calls,
        ..Reply::default()
    })
}

/// The calls among the items; `None` where an item is of a kind that is not known here, and may be one.
fn tool_calls(output: &[Value]) -> Result<Option<Vec<(String, Value)>>, Trouble> {
    const NO_CALLS: [&str; 6] =
        ["message", "reasoning", "compaction", "mcp_list_tools", "mcp_approval_response", "item_reference"];
    let (mut calls, mut is_known) = (Vec::new(), true);
    for item in output {
        match item.get("type").and_then(Value::as_str).unwrap_or_default() {
            "function_call" | "custom_tool_call" | "mcp_call" | "mcp_approval_request" => calls.push(named_call(item)?),
            kind if kind.ends_with("_call") => calls.push(own_call(kind, item)),
            kind => is_known &= NO_CALLS.contains(&kind) || kind.ends_with("_output"),
        }
    }
    Ok(is_known.then_some(calls))
}

/// A call of a tool of the provider's own, which its kind names: `web_search_call` calls `web_search`.
fn own_call(kind: &str, item: &Value) -> (String, Value) {
    let (Some(name), Some(fields)) = (kind.strip_suffix("_call"), item.as_object()) else {
        return (kind.to_owned(), Value::Null);
    };
    let name = item.get("name").and_then(Value::as_str).unwrap_or(name);
    let given = ["arguments", "input", "action", "operation"].iter().find_map(|key| fields.get(*key));
    let arguments = given.cloned().unwrap_or_else(|| {
        const NOT_GIVEN: [&str; 9] =
            ["type", "id", "call_id", "status", "name", "output", "outputs", "result", "results"];
        fields
            .iter()
            .filter(|(key, _)| !NOT_GIVEN.contains(&key.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    });
    (name.to_owned(), arguments)
}

fn citations(parts: &[&Value]) -> Option<Vec<String>> {
    let notes = parts.iter().filter_map(|part| part.get("annotations")?.as_array()).flatten();
    let cited = notes.filter_map(|note| {
        ["url", "file_id", "filename"].iter().find_map(|key| note.get(key)?.as_str()).map(str::to_owned)
    });
    let cited: Vec<String> = cited.collect();
    (!cited.is_empty()).then_some(cited)
}

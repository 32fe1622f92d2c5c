//! `POST {base_url}/v1/messages`, as Anthropic speaks.
//!
//! in      a question as turns, tools, schema; a reply's JSON
//! out     the body of the request; the reply's parts
//! errors  a tool that has the name of the structured answer; a reply without content, or with a call that names no tool, is unreadable
//! source  Anthropic's API reference, messages. Structured output is a tool that must be called, which every model knows;
//!         tokens read from a cache or written to it are reported apart there, and are tokens in

use super::model::{Asked, Model, count, joined};
use super::parts::named_call;
use super::turns::{Part, Role, Turn};
use super::{Reply, Trouble};
use serde_json::{Map, Value, json};

pub const VERSION: &str = "2023-06-01";
/// The API needs a number, and this many tokens are what any of its models can write.
const MOST_TOKENS: u32 = 4096;
/// The tool whose arguments are the structured answer.
const ANSWER: &str = "give_answer";

pub fn body(model: &Model, asked: &Asked) -> Result<Map<String, Value>, String> {
    let chat = &model.chat;
    let mut body = Map::new();
    body.insert("model".to_owned(), chat.model.clone().into());
    body.insert("max_tokens".to_owned(), chat.max_tokens.unwrap_or(MOST_TOKENS).into());
    let is_system = |turn: &&Turn| matches!(turn.role, Role::System | Role::Developer);
    let system: Vec<String> = asked.turns.iter().filter(is_system).map(Turn::text).collect();
    if !system.is_empty() {
        body.insert("system".to_owned(), system.join("\n\n").into());
    }
    body.insert("messages".to_owned(), conversation(asked.turns.iter().filter(|turn| !is_system(turn))));
    let mut tools: Vec<Value> = Vec::new();
    for tool in asked.tools {
        if asked.schema.is_some() && tool.name == ANSWER {
            return Err(format!("the tool `{ANSWER}` has the name by which this API is asked for structured output"));
        }
        let open = || json!({"type": "object", "properties": {}});
        let mut offered = Map::from_iter([("name".to_owned(), Value::from(tool.name.as_str()))]);
        if let Some(description) = &tool.description {
            offered.insert("description".to_owned(), description.as_str().into());
        }
        offered.insert("input_schema".to_owned(), tool.parameters.clone().unwrap_or_else(open));
        tools.push(Value::Object(offered));
    }
    let choice = match (asked.schema, tools.is_empty()) {
        (None, _) => None,
        (Some(_), true) => Some(json!({"type": "tool", "name": ANSWER})),
        // Another tool may have to come first.
        (Some(_), false) => Some(json!({"type": "any"})),
    };
    if let Some(schema) = asked.schema {
        tools.push(json!({"name": ANSWER, "description": "Gives the answer.", "input_schema": schema}));
    }
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), value);
        }
    };
    set("tools", (!tools.is_empty()).then(|| tools.into()));
    set("tool_choice", choice);
    set("temperature", chat.temperature.map(|amount| amount.get().into()));
    set("top_p", chat.top_p.map(|share| share.get().into()));
    set("stop_sequences", (!chat.stop.is_empty()).then(|| chat.stop.clone().into()));
    Ok(body)
}

/// Messages of user and assistant; what tools said is the user's, and all answers to one turn's calls are one message.
fn conversation<'a>(turns: impl Iterator<Item = &'a Turn<'a>>) -> Value {
    let mut messages: Vec<Value> = Vec::new();
    let mut answering = false;
    for turn in turns {
        if let Some(id) = &turn.call_id {
            let result = json!({"type": "tool_result", "tool_use_id": id, "content": content(turn)});
            let open = messages.last_mut().filter(|_| answering);
            match open.and_then(|message| message.get_mut("content")?.as_array_mut()) {
                Some(results) => results.push(result),
                None => messages.push(json!({"role": "user", "content": [result]})),
            }
            answering = true;
            continue;
        }
        answering = false;
        let role = if turn.role == Role::Assistant { "assistant" } else { "user" };
        messages.push(json!({"role": role, "content": content(turn)}));
    }
    messages.into()
}

fn content(turn: &Turn) -> Value {
    if let ([Part::Text(text)], true) = (turn.parts.as_slice(), turn.calls.is_empty()) {
        return text.as_ref().into();
    }
    let spoken = turn.parts.iter().filter(|part| !matches!(part, Part::Text(text) if text.is_empty())).map(block);
    let calls = turn
        .calls
        .iter()
        .map(|call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}));
    spoken.chain(calls).collect()
}

fn block(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Image { url, .. } => {
            let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
            match inline {
                Some((kind, data)) => {
                    json!({"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}})
                }
                None => json!({"type": "image", "source": {"type": "url", "url": url}}),
            }
        }
        Part::Other(value) => (*value).clone(),
    }
}

pub fn reply(said: &Value, structured: bool) -> Result<Reply, Trouble> {
    let Some(blocks) = said.get("content").and_then(Value::as_array) else {
        return Err(Trouble::unreadable("the reply has no content in it"));
    };
    let of = |kind: &'static str| blocks.iter().filter(move |block| block.get("type").is_some_and(|is| is == kind));
    const NO_CALLS: [&str; 5] = ["text", "thinking", "redacted_thinking", "container_upload", "compaction"];
    let (mut tool_calls, mut answer, mut is_known) = (Vec::new(), None, true);
    for block in blocks {
        match block.get("type").and_then(Value::as_str).unwrap_or_default() {
            // The caller's tools, and those that the provider runs itself: `server_tool_use`, `mcp_tool_use`.
            kind if kind.ends_with("tool_use") => match named_call(block)? {
                (name, input) if structured && answer.is_none() && kind == "tool_use" && name == ANSWER => {
                    answer = Some(input);
                }
                call => tool_calls.push(call),
            },
            kind => is_known &= NO_CALLS.contains(&kind) || kind.ends_with("tool_result"),
        }
    }
    let called = !tool_calls.is_empty() || answer.is_some();
    let text = joined(of("text").filter_map(|block| block.get("text")?.as_str()).collect());
    // Graders of text see a structured answer as its JSON, as with other APIs.
    let text = text.filter(|text| !text.is_empty()).or_else(|| answer.as_ref().map(Value::to_string));
    let cited: Vec<String> = of("text")
        .filter_map(|block| block.get("citations")?.as_array())
        .flatten()
        .filter_map(|note| ["url", "document_title", "source"].iter().find_map(|key| note.get(key)?.as_str()))
        .map(str::to_owned)
        .collect();
    let finish_reason = said.get("stop_reason").and_then(Value::as_str);
    let apart = ["/usage/cache_creation_input_tokens", "/usage/cache_read_input_tokens"];
    let cached: u64 = apart.iter().filter_map(|path| count(said, path)).fold(0, u64::saturating_add);
    Ok(Reply {
        text: if tool_calls.is_empty() { Some(text.unwrap_or_default()) } else { text },
        structured: answer,
        citations: (!cited.is_empty()).then_some(cited),
        behaviour: (finish_reason == Some("refusal")).then(|| "refuse".to_owned()),
        finish_reason: finish_reason.map(str::to_owned),
        tokens_in: count(said, "/usage/input_tokens").map(|tokens| tokens.saturating_add(cached)),
        tokens_out: count(said, "/usage/output_tokens"),
        // Another kind of block may be a call, and who stopped for a tool called one.
        tool_calls: (is_known && (finish_reason != Some("tool_use") || called)).then_some(tool_calls),
        ..Reply::default()
    })
}

//! Messages of a conversation, read from the many ways in which programs write them down.
//!
//! in      JSON, or text that holds JSON: the chat form of OpenAI, its responses, Anthropic's blocks, Gemini's contents, the parts of
//!         OpenTelemetry, LangChain's messages, those of the Vercel AI SDK
//! out     messages in chat form: who speaks, what is said, which tools are called, which call is answered
//! errors  none: what cannot be told is counted in `unread`
//! note    reasoning is no part of what was said. Parts of a text stay apart: what two of them spell together, nobody said

use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool`, or a product's own word.
    pub role: String,
    pub text: Option<String>,
    pub tool_calls: Vec<Call>,
    /// The call that this answers.
    pub answers: Option<String>,
    pub finish_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: Option<String>,
    pub name: String,
    pub arguments: Value,
}

impl Message {
    pub fn of(role: &str, text: Option<String>) -> Self {
        Message { role: role.to_owned(), text, tool_calls: Vec::new(), answers: None, finish_reason: None }
    }

    /// As an example writes a message.
    pub fn to_json(&self) -> Value {
        let mut message = Map::new();
        message.insert("role".to_owned(), self.role.as_str().into());
        message.insert("content".to_owned(), self.text.as_deref().map_or(Value::Null, Value::from));
        if !self.tool_calls.is_empty() {
            let calls = self.tool_calls.iter();
            let calls = calls.map(|call| json!({"id": call.id, "name": call.name, "arguments": call.arguments}));
            message.insert("tool_calls".to_owned(), calls.collect());
        }
        if let Some(call) = &self.answers {
            message.insert("tool_call_id".to_owned(), call.as_str().into());
        }
        Value::Object(message)
    }

    /// Whether nobody could answer it: no text, no call, and no result of one.
    pub fn says_nothing(&self) -> bool {
        let text = self.text.as_deref().is_some_and(|text| !text.trim().is_empty());
        !text && self.tool_calls.is_empty() && self.answers.is_none()
    }
}

/// Text that is JSON, as JSON.
pub fn opened(value: &Value) -> Value {
    let text = value.as_str().map(str::trim_start).filter(|text| text.starts_with(['[', '{']));
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}

/// Whether this is JSON that was cut off, or is broken otherwise, and no text that somebody wrote: it begins as messages do.
pub fn is_broken(value: &Value) -> bool {
    let Some(text) = value.as_str().map(str::trim_start) else { return false };
    let inner = text.strip_prefix('[').map_or(text, str::trim_start);
    let begins = inner.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
    begins && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
}

/// The messages that a value holds; `role` is whose it is where it does not say.
pub fn messages(value: &Value, role: &str, unread: &mut u32) -> Vec<Message> {
    match value {
        Value::Null => Vec::new(),
        Value::String(_) if role == "user" && is_broken(value) => {
            *unread += 1;
            Vec::new()
        }
        Value::String(text) => vec![Message::of(role, Some(text.clone()))],
        Value::Array(items) if !items.is_empty() && items.iter().all(is_part) => {
            one(&json!({ "content": items }), role, unread).into_iter().collect()
        }
        Value::Array(items) => joined(items.iter().map(|item| messages(item, role, unread)).collect()),
        // LangChain lists the tools on offer among the messages.
        Value::Object(object) if object.get("content").is_some_and(is_definition) => Vec::new(),
        Value::Object(object) => within(object, value, role, unread),
        _ => {
            *unread += 1;
            Vec::new()
        }
    }
}

/// Whether this describes a tool, and is no call of it.
fn is_definition(value: &Value) -> bool {
    let described = value.get("function").unwrap_or(value);
    let called = ["arguments", "args", "input"].iter().any(|key| described.get(*key).is_some());
    described.get("name").is_some() && described.get("parameters").is_some() && !called
}

/// Whether this is a piece of a message and no message.
fn is_part(value: &Value) -> bool {
    let typed = value.get("type").and_then(Value::as_str);
    let whole = ["role", "message", "name"].iter().any(|key| value.get(key).is_some());
    let text = || {
        matches!(typed, Some("text" | "output_text" | "input_text"))
            && value.get("content").is_none_or(Value::is_string)
    };
    !whole && (typed.is_some_and(is_medium) || text())
}

/// Whether a part of this type holds an image, a sound or a file, and no text, whatever its fields are called.
fn is_medium(kind: &str) -> bool {
    const MEDIA: [&str; 7] = ["image", "audio", "video", "file", "document", "blob", "uri"];
    let kind = kind.strip_prefix("input_").unwrap_or(kind);
    MEDIA.contains(&kind.strip_suffix("_url").unwrap_or(kind))
}

/// Calls that stand as items of their own, one after another, are made by one message.
fn joined(groups: Vec<Vec<Message>>) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::new();
    for message in groups.into_iter().flatten() {
        match all.last_mut() {
            Some(last) if message.text.is_none() && message.role == "assistant" && last.role == "assistant" => {
                last.tool_calls.extend(message.tool_calls);
                last.finish_reason = last.finish_reason.take().or(message.finish_reason);
            }
            _ => all.push(message),
        }
    }
    all
}

/// What wraps messages, else a message.
fn within(object: &Map<String, Value>, value: &Value, role: &str, unread: &mut u32) -> Vec<Message> {
    let list = |key: &str| object.get(key).filter(|value| value.is_array());
    if let Some(list) = list("messages").or_else(|| list("choices")).or_else(|| list("candidates")) {
        return messages(list, role, unread);
    }
    if let Some(output) = list("output") {
        return messages(output, "assistant", unread);
    }
    if let Some(generations) = list("generations") {
        return messages(generations, "assistant", unread);
    }
    if let Some(contents) = object.get("contents") {
        return messages(contents, "user", unread);
    }
    if let Some(prompt) = object.get("prompt").filter(|prompt| prompt.is_string() || prompt.is_array()) {
        let system = object.get("system").map(|system| messages(system, "system", unread)).unwrap_or_default();
        return system.into_iter().chain(messages(prompt, "user", unread)).collect();
    }
    match one(value, role, unread) {
        Some(message) => vec![message],
        None => {
            *unread += 1;
            Vec::new()
        }
    }
}

/// One message.
fn one(value: &Value, role: &str, unread: &mut u32) -> Option<Message> {
    let object = value.as_object()?;
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let finish_reason = text("finish_reason").or_else(|| text("finishReason")).map(str::to_owned);
    let wrapped = ["message", "kwargs"].iter().find_map(|key| object.get(*key).filter(|inner| inner.is_object()));
    // Gemini's candidates hold their message in `content`.
    let wrapped = wrapped.or_else(|| object.get("content").filter(|inner| inner.get("parts").is_some()));
    if let Some(inner) = wrapped {
        let class = object.get("id").and_then(|id| id.as_array()?.last()?.as_str());
        let mut message = one(inner, class.and_then(spoken_by).unwrap_or(role), unread)?;
        message.finish_reason = message.finish_reason.or(finish_reason);
        return Some(message);
    }
    if !object.contains_key("role") && text("type").is_some_and(is_medium) {
        return None;
    }
    let mut message = Message::of(role, None);
    message.finish_reason = finish_reason;
    if let Some(call) = call_of(object) {
        message.role = "assistant".to_owned();
        message.tool_calls.push(call);
        return Some(message);
    }
    let kind = text("type").unwrap_or_default();
    if kind == "function_call_output" {
        message.role = "tool".to_owned();
        message.text = object.get("output").map(|output| as_text(output, unread));
        message.answers = text("call_id").map(str::to_owned);
        return Some(message);
    }
    if let Some(spoken) = text("role").or_else(|| spoken_by(kind)) {
        message.role = if spoken == "model" { "assistant" } else { spoken }.to_owned();
    }
    for key in ["content", "contents", "parts"] {
        if let Some(content) = object.get(key) {
            take(content, &mut message, unread);
        }
    }
    let calls = ["tool_calls", "toolCalls"].iter().find_map(|key| object.get(*key)).map(opened);
    let calls = calls.filter(|calls| calls.as_array().is_some_and(|calls| !calls.is_empty()));
    let further = object.get("additional_kwargs").and_then(|further| further.get("tool_calls")).cloned();
    for call in calls.or(further).iter().filter_map(Value::as_array).flatten() {
        match call.as_object().and_then(call_of) {
            Some(call) => message.tool_calls.push(call),
            None => *unread += 1,
        }
    }
    if let Some(call) = text("tool_call_id").or_else(|| text("toolCallId")) {
        message.answers = Some(call.to_owned());
    }
    if message.text.is_none() && message.tool_calls.is_empty() {
        // LangChain's generations, and OpenAI's refusals.
        message.text = text("text").or_else(|| text("refusal")).map(str::to_owned);
    }
    if message.text.as_deref() == Some("") && !message.tool_calls.is_empty() {
        message.text = None;
    }
    // Nothing but reasoning, or `content: null`, is a message that says nothing; without a speaker it is none.
    (message.text.is_some() || !message.tool_calls.is_empty() || object.contains_key("role")).then_some(message)
}

/// Who speaks in a message of this class.
fn spoken_by(class: &str) -> Option<&'static str> {
    Some(match class {
        "human" | "HumanMessage" | "HumanMessageChunk" => "user",
        "ai" | "AIMessage" | "AIMessageChunk" => "assistant",
        "system" | "SystemMessage" => "system",
        "tool" | "ToolMessage" => "tool",
        _ => return None,
    })
}

/// A call of a tool, in whatever form.
fn call_of(object: &Map<String, Value>) -> Option<Call> {
    let wrapped = ["tool_call", "functionCall", "function_call"].iter().find_map(|key| object.get(*key)?.as_object());
    let object = wrapped.unwrap_or(object);
    let function = object.get("function").and_then(Value::as_object);
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let kind = text("type").unwrap_or_default();
    let called = matches!(kind, "function_call" | "tool_use" | "tool_call" | "tool-call" | "function");
    let spoken = object.contains_key("role") || object.contains_key("content");
    let has_arguments = ["arguments", "args", "toolName"].iter().any(|key| object.contains_key(*key));
    if spoken || !(called || wrapped.is_some() || function.is_some() || has_arguments) || kind == "tool-result" {
        return None;
    }
    let inner = function.unwrap_or(object);
    let name = inner.get("name").or_else(|| inner.get("toolName"))?.as_str()?;
    let given = ["arguments", "args", "input"].iter().find_map(|key| inner.get(*key));
    let id = text("call_id").or_else(|| text("id")).or_else(|| text("toolCallId"));
    Some(Call { id: id.map(str::to_owned), name: name.to_owned(), arguments: arguments(given) })
}

/// Arguments as an object where they are one, also in text.
fn arguments(given: Option<&Value>) -> Value {
    match given {
        None | Some(Value::Null) => json!({}),
        Some(value) => opened(value),
    }
}

/// Adds content to a message: text, or parts of which each is something.
fn take(content: &Value, message: &mut Message, unread: &mut u32) {
    match content {
        Value::Null => {}
        Value::String(text) => say(message, text),
        Value::Array(parts) => parts.iter().for_each(|part| take(part, message, unread)),
        Value::Object(part) => {
            take_part(part.get("message_content").and_then(Value::as_object).unwrap_or(part), message, unread)
        }
        _ => *unread += 1,
    }
}

fn say(message: &mut Message, text: &str) {
    add(message.text.get_or_insert_default(), text);
}

/// Adds a part to what was said, on a line of its own where no space parts them.
fn add(said: &mut String, part: &str) {
    let apart = said.ends_with(char::is_whitespace) || part.starts_with(char::is_whitespace);
    if !said.is_empty() && !part.is_empty() && !apart {
        said.push('\n');
    }
    said.push_str(part);
}

fn take_part(part: &Map<String, Value>, message: &mut Message, unread: &mut u32) {
    let text = |key: &str| part.get(key).and_then(Value::as_str);
    let answer = part.get("functionResponse").or_else(|| part.get("function_response")).and_then(Value::as_object);
    if let Some(call) = call_of(part) {
        return message.tool_calls.push(call);
    }
    let kind = text("type").unwrap_or_default();
    match kind {
        _ if is_medium(kind) => *unread += 1,
        "reasoning" | "thinking" | "redacted_thinking" | "reasoning_content" => {}
        "tool_result" | "tool_call_response" | "tool-result" => {
            let given = ["content", "response", "result", "output"].iter().find_map(|key| part.get(*key));
            if let Some(given) = given {
                say(message, &as_text(given, unread));
            }
            let call = ["tool_use_id", "id", "toolCallId"].iter().find_map(|key| text(key));
            message.answers = call.map(str::to_owned);
        }
        _ => {
            // Only a part that says that it is text has its text in `content`; under another type it may be anything.
            let content = || text("content").filter(|_| matches!(kind, "" | "text" | "output_text" | "input_text"));
            match text("text").or_else(content).or_else(|| text("refusal")) {
                Some(text) => say(message, text),
                None if answer.is_some() => {
                    let response = answer.and_then(|answer| answer.get("response")).unwrap_or(&Value::Null);
                    say(message, &as_text(response, unread));
                }
                // A thought without words, a framework's own.
                None => *unread += 1,
            }
        }
    }
}

/// Text as it is, of parts their text, anything else as JSON.
fn as_text(value: &Value, unread: &mut u32) -> String {
    let medium = |part: &Value| part.get("type").and_then(Value::as_str).is_some_and(is_medium);
    let text = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
    let parts = value.as_array().filter(|parts| !parts.is_empty());
    match (value, parts) {
        (Value::String(text), _) => text.clone(),
        (_, Some(parts)) if parts.iter().all(|part| medium(part) || text(part).is_some()) => {
            let mut said = String::new();
            for part in parts {
                match text(part).filter(|_| !medium(part)) {
                    Some(text) => add(&mut said, &text),
                    None => *unread += 1,
                }
            }
            said
        }
        _ => value.to_string(),
    }
}

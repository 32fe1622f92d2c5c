//! The conversation of a question, whatever API it goes to.
//!
//! in      messages as the example has them: text or parts, tool calls in the chat API's form or as answers have them
//! out     turns: role, parts, calls with ids and arguments as values
//! errors  a role that no API knows, in words
//! note    keys of the example's own stay behind: nobody can say what is in them

use super::Message;
use domain::format::json;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

#[derive(Debug, PartialEq)]
pub struct Turn<'a> {
    pub role: Role,
    pub parts: Vec<Part<'a>>,
    pub calls: Vec<Call<'a>>,
    /// Of a tool's turn: the call that it answers.
    pub call_id: Option<String>,
    pub name: Option<&'a str>,
}

#[derive(Debug, PartialEq)]
pub enum Part<'a> {
    Text(Cow<'a, str>),
    Image {
        url: Cow<'a, str>,
        detail: Option<&'a str>,
    },
    /// Whatever else stands there: sent as it is.
    Other(&'a Value),
}

#[derive(Debug, PartialEq)]
pub struct Call<'a> {
    pub id: String,
    pub name: &'a str,
    pub arguments: Cow<'a, Value>,
}

impl Role {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "system" => Role::System,
            "developer" => Role::Developer,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "tool" | "function" => Role::Tool,
            _ => return None,
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }
}

impl Turn<'_> {
    pub fn of_text(role: Role, text: &str) -> Turn<'_> {
        Turn { role, parts: vec![Part::Text(Cow::Borrowed(text))], calls: Vec::new(), call_id: None, name: None }
    }

    /// All its text.
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_ref()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

pub fn turns(messages: &[Message]) -> Result<Vec<Turn<'_>>, String> {
    let mut turns = Vec::with_capacity(messages.len() + 1);
    // Calls that wait for their answers, for tools that do not say which call they answer.
    let mut open: VecDeque<String> = VecDeque::new();
    let mut named = 0;
    for (at, message) in messages.iter().enumerate() {
        let role = Role::of(&message.role).ok_or_else(|| {
            let known = "system, developer, user, assistant and tool";
            format!("message {} has the role `{}`; known are {known}", at + 1, message.role)
        })?;
        let calls = match (role, message.rest.get("tool_calls")) {
            (Role::Assistant, Some(Value::Array(calls))) => calls.iter().filter_map(|c| call(c, &mut named)).collect(),
            _ => Vec::new(),
        };
        open.extend(calls.iter().map(|call| call.id.clone()));
        let mut call_id = None;
        if role == Role::Tool {
            let given = text_of(&message.rest, "tool_call_id").map(str::to_owned);
            if let Some(id) = &given {
                open.retain(|open| open != id);
            }
            call_id = Some(given.or_else(|| open.pop_front()).unwrap_or_else(|| "call_0".to_owned()));
        }
        let name = text_of(&message.rest, "name");
        turns.push(Turn { role, parts: parts(&message.content), calls, call_id, name });
    }
    Ok(turns)
}

fn text_of<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(Value::as_str)
}

/// `{id, type: function, function: {name, arguments}}`, or `{name, arguments}`.
fn call<'a>(value: &'a Value, named: &mut usize) -> Option<Call<'a>> {
    let function = value.get("function").unwrap_or(value);
    *named += 1;
    let id = value.get("id").or_else(|| value.get("call_id")).and_then(Value::as_str);
    Some(Call {
        id: id.map_or_else(|| format!("call_{named}"), str::to_owned),
        name: function.get("name")?.as_str()?,
        arguments: match function.get("arguments") {
            None | Some(Value::Null) => Cow::Owned(Value::Object(Map::new())),
            Some(Value::String(text)) => Cow::Owned(arguments(text)),
            Some(value) => Cow::Borrowed(value),
        },
    })
}

/// Arguments as a value; text that is no JSON, or gives a key twice, stays text, and nothing at all is no arguments.
pub fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    json::value(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn parts(content: &Value) -> Vec<Part<'_>> {
    match content {
        Value::Null => Vec::new(),
        Value::String(text) => vec![Part::Text(Cow::Borrowed(text))],
        Value::Array(parts) => parts.iter().map(part).collect(),
        other => vec![Part::Text(Cow::Owned(other.to_string()))],
    }
}

fn part(value: &Value) -> Part<'_> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let Value::String(text) = value {
        return Part::Text(Cow::Borrowed(text));
    }
    match text("type") {
        Some("text" | "input_text" | "output_text") => Part::Text(Cow::Borrowed(text("text").unwrap_or_default())),
        Some("image_url" | "input_image") => {
            let image = value.get("image_url").unwrap_or(&Value::Null);
            let url = image.get("url").unwrap_or(image).as_str();
            let detail = image.get("detail").or_else(|| value.get("detail")).and_then(Value::as_str);
            url.map_or(Part::Other(value), |url| Part::Image { url: Cow::Borrowed(url), detail })
        }
        Some("image") => image(value).unwrap_or(Part::Other(value)),
        _ => Part::Other(value),
    }
}

/// An image as Anthropic's API has it.
fn image(value: &Value) -> Option<Part<'_>> {
    let source = value.get("source")?;
    let text = |key: &str| source.get(key).and_then(Value::as_str);
    let url = match text("type")? {
        "url" => Cow::Borrowed(text("url")?),
        "base64" => Cow::Owned(format!("data:{};base64,{}", text("media_type")?, text("data")?)),
        _ => return None,
    };
    Some(Part::Image { url, detail: None })
}

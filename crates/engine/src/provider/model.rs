//! Language models: what their APIs share.
//!
//! in      a system of the contract with its prompt and schema read in; a question
//! out     the body of a request for the API that it speaks; a reply's parts, from that API's JSON
//! errors  settings that an API does not know, told before anything is asked
//! note    `body` of the contract is merged last, as RFC 7396 merges: an object is merged in depth, `null` takes a key out

use super::images::Images;
use super::template::{Sight, Templates, Text, Unmade, Within};
use super::turns::{Role, Turn, turns};
use super::{ProviderError, Question, Reply, Surroundings, Tool, Trouble};
use super::{completions, messages, responses};
use domain::format::json;
use domain::grader::Schema;
use domain::system::{Chat, ChatApi};
use serde_json::{Map, Value};

/// Name of the structured output, where an API wants one.
pub const OUTPUT: &str = "answer";

pub struct Model {
    pub chat: Chat,
    /// Whether the address is OpenAI's own, which knows newer names of settings than what is compatible with it.
    pub original: bool,
    prompt: Option<Text>,
    templates: Templates,
    schema: Option<Value>,
    images: Images,
}

/// A question as a model is asked it.
pub struct Asked<'a> {
    pub turns: Vec<Turn<'a>>,
    pub tools: &'a [Tool],
    pub schema: Option<&'a Value>,
    pub seed: Option<u64>,
}

impl Model {
    pub fn ready(system: &str, chat: &Chat, original: bool, around: &Surroundings) -> Result<Self, ProviderError> {
        known(system, chat)?;
        let mut templates = Templates::default();
        let prompt = match &chat.prompt {
            None => None,
            Some(path) => {
                let text = super::read(system, path, around)?;
                // The last line's end is the file's and not the prompt's.
                let text = text.strip_suffix('\n').unwrap_or(&text);
                Some(templates.add(Within::Other, text).map_err(|cause| ProviderError::Template {
                    system: system.to_owned(),
                    place: format!("prompt `{path}`"),
                    cause,
                })?)
            }
        };
        let schema = match &chat.answer_schema {
            None => None,
            Some(Schema::Inline(schema)) => Some(schema.clone()),
            Some(Schema::File(path)) => {
                let text = super::read(system, path, around)?;
                Some(serde_json::from_str(&text).map_err(|error| ProviderError::File {
                    system: system.to_owned(),
                    path: path.clone(),
                    cause: format!("it is no JSON: {error}"),
                })?)
            }
        };
        Ok(Model { chat: chat.clone(), original, prompt, templates, schema, images: Images::within(around.folder) })
    }

    /// The body, and whether a schema was asked for.
    pub fn body(&self, question: &Question, repeat: u32) -> Result<(Value, bool), String> {
        let prompt = match &self.prompt {
            None => None,
            Some(prompt) => {
                let made = self.templates.render(prompt, &Sight::new(&question.example));
                Some(made.map_err(|unmade| self.in_prompt(&unmade))?)
            }
        };
        let mut all = turns(&question.messages)?;
        self.images.put_in(&mut all)?;
        if let Some(prompt) = &prompt {
            all.insert(0, Turn::of_text(Role::System, prompt));
        }
        let asked = Asked {
            turns: all,
            tools: &question.tools,
            schema: question.schema.as_ref().or(self.schema.as_ref()),
            // The same seed in every repeat would give the same answer in every repeat.
            seed: self.chat.seed.map(|seed| seed.wrapping_add(u64::from(repeat)) & i64::MAX as u64),
        };
        let mut body = Value::Object(match self.chat.api {
            ChatApi::Completions => completions::body(self, &asked),
            ChatApi::Responses => responses::body(self, &asked),
            ChatApi::Messages => messages::body(self, &asked)?,
        });
        for (key, value) in &self.chat.body {
            merge(&mut body, key, value);
        }
        Ok((body, asked.schema.is_some()))
    }

    /// With the file and the line of the prompt.
    fn in_prompt(&self, unmade: &Unmade) -> String {
        let path = self.chat.prompt.as_deref().map_or("", |path| path.as_str());
        let line = unmade.line.map_or(String::new(), |line| format!(":{line}"));
        format!("prompt `{path}{line}`: {}", unmade.what)
    }

    pub fn reply(&self, said: &Value, structured: bool) -> Result<Reply, Trouble> {
        if let Some(error) = said.get("error").filter(|error| !error.is_null()) {
            return Err(super::trouble::of_error_object(error));
        }
        let mut reply = match self.chat.api {
            ChatApi::Completions => completions::reply(said)?,
            ChatApi::Responses => responses::reply(said)?,
            ChatApi::Messages => messages::reply(said, structured)?,
        };
        if structured && reply.structured.is_none() {
            // What gives a key twice says two things, and is no value.
            reply.structured = reply.text.as_deref().and_then(json::value);
        }
        reply.model = said.get("model").and_then(Value::as_str).map(str::to_owned);
        Ok(reply)
    }
}

/// Refuses what the API would refuse every time, or what could not be read.
fn known(system: &str, chat: &Chat) -> Result<(), ProviderError> {
    let refuse = |what: &str, now: &str| {
        Err(ProviderError::Setting { system: system.to_owned(), what: what.to_owned(), now: now.to_owned() })
    };
    let elsewhere = "leave it out; where this address takes it all the same, write it under `body`";
    if chat.seed.is_some() && chat.api != ChatApi::Completions {
        return refuse("`seed`, which its API does not know", elsewhere);
    }
    if !chat.stop.is_empty() && chat.api == ChatApi::Responses {
        return refuse("`stop`, which its API does not know", elsewhere);
    }
    if chat.body.get("stream").is_some_and(|stream| *stream != Value::Bool(false)) {
        return refuse("`stream`", "leave it out: replies are read whole");
    }
    Ok(())
}

/// Sets a key, or what is in it (RFC 7396).
fn merge(into: &mut Value, key: &str, value: &Value) {
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Some(fields) = into.as_object_mut() else { return };
    match value {
        Value::Null => {
            fields.shift_remove(key);
        }
        Value::Object(inner) => {
            let slot = fields.entry(key).or_insert_with(|| Value::Object(Map::new()));
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            for (key, value) in inner {
                merge(slot, key, value);
            }
        }
        other => {
            fields.insert(key.to_owned(), other.clone());
        }
    }
}

/// Whether a schema is one that can be kept strictly: every object names all it may hold, and needs all of it.
pub fn is_closed(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let properties = fields.get("properties").and_then(Value::as_object);
            let is_object = properties.is_some() || fields.get("type").is_some_and(|kind| kind == "object");
            let required = fields.get("required").and_then(Value::as_array);
            let needs = |key: &String| required.is_some_and(|required| required.iter().any(|name| name == key));
            let closed = !is_object
                || fields.get("additionalProperties") == Some(&Value::Bool(false))
                    && properties.is_some_and(|properties| properties.keys().all(needs));
            closed && fields.values().all(is_closed)
        }
        Value::Array(items) => items.iter().all(is_closed),
        _ => true,
    }
}

/// A count of tokens.
pub fn count(said: &Value, path: &str) -> Option<u64> {
    said.pointer(path).and_then(Value::as_u64)
}

/// The texts of several parts as one; `None` where there is none.
pub fn joined(texts: Vec<&str>) -> Option<String> {
    (!texts.is_empty()).then(|| texts.concat())
}

//! A system that is asked as one value: what names it, whatever builds the program.
//!
//! in      what a system speaks
//! out     the settings that decide how it answers; everything that the contract says of it, where its key is kept among it
//! note    a key is in neither: the contract holds none. The settings enter the digests of judges: one that is new there makes other judges
//!         of all of them

use super::{Chat, ChatApi, Http, KeyFrom, Program, ReplyPaths, Speaks};
use serde_json::{Value, json};

impl Speaks {
    /// What decides how it answers, without host, headers and keys: the same model behind another address has the same.
    pub fn settings(&self) -> Value {
        match self {
            Speaks::Chat(chat) => json!({"chat": of_chat(chat)}),
            Speaks::Http(http) => json!({
                "http": {
                    "path": path(&http.url),
                    "method": http.method,
                    "body": http.body,
                    "reply": [http.reply.text, http.reply.structured, http.reply.behaviour, http.reply.finish_reason],
                }
            }),
            Speaks::Program(program) => json!({"program": program.command}),
        }
    }

    /// Everything that the contract says of what is sent, where to, and how the reply is read.
    pub fn content(&self) -> Value {
        let besides = match self {
            Speaks::Chat(Chat { base_url, key, headers, .. }) => {
                json!({"address": base_url, "key": kept(key), "headers": headers})
            }
            Speaks::Http(Http { url, key, headers, reply, .. }) => {
                json!({"address": url, "key": kept(key), "headers": headers, "reply": read_by(reply)})
            }
            Speaks::Program(Program { environment, .. }) => json!({"environment": environment}),
        };
        json!({"settings": self.settings(), "besides": besides})
    }
}

fn of_chat(chat: &Chat) -> Value {
    let api = match chat.api {
        ChatApi::Completions => "completions",
        ChatApi::Responses => "responses",
        ChatApi::Messages => "messages",
    };
    let schema = chat.answer_schema.as_ref().map(|schema| match schema {
        crate::grader::Schema::Inline(schema) => schema.clone(),
        crate::grader::Schema::File(path) => json!(path.as_str()),
    });
    json!({
        "api": api,
        "model": chat.model,
        "prompt": chat.prompt.as_ref().map(|path| path.as_str()),
        "temperature": chat.temperature.map(|amount| amount.get()),
        "top_p": chat.top_p.map(|share| share.get()),
        "max_tokens": chat.max_tokens,
        "seed": chat.seed,
        "stop": chat.stop,
        "answer_schema": schema,
        "body": chat.body,
    })
}

/// Where a key is kept.
fn kept(key: &Option<KeyFrom>) -> Value {
    match key {
        None => Value::Null,
        Some(KeyFrom::Env(name)) => json!({ "env": name }),
        Some(KeyFrom::File(path)) => json!({"file": path.as_str()}),
    }
}

fn read_by(reply: &ReplyPaths) -> Value {
    let ReplyPaths { text, structured, tool_calls, citations, behaviour, finish_reason, tokens_in, tokens_out, spend } =
        reply;
    json!([text, structured, tool_calls, citations, behaviour, finish_reason, tokens_in, tokens_out, spend])
}

/// What follows the host.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_of_a_system_holds_what_its_settings_leave_out() {
        let program = |command: &str, variable: &str| {
            Speaks::Program(Program { command: vec![command.to_owned()], environment: vec![variable.to_owned()] })
        };
        let (one, other) = (program("a", "X"), program("a", "Y"));
        assert_eq!((one.settings(), one.settings()), (other.settings(), json!({"program": ["a"]})));
        assert_ne!(one.content(), other.content());
        assert_ne!(one.content(), program("b", "X").content());
    }
}

//! What a judge is, as one digest: what was shown about a judge holds for this digest and no other.
//!
//! in      a rubric, the systems of the panel in their order
//! out     a digest over the rubric, the words of the prompt, and everything that decides how each system judges
//! note    without keys, headers and hosts: the same model behind another address is the same judge

use super::prompt::VERSION;
use domain::digest::Digest;
use domain::grader::Schema;
use domain::rubric::Rubric;
use domain::system::{Chat, ChatApi, Speaks, System};
use serde_json::{Value, json};

pub fn identity(rubric: &Rubric, judges: &[&System]) -> Digest {
    let judges: Vec<Value> =
        judges.iter().map(|system| system.live().map_or(Value::Null, |live| speaks(&live.speaks))).collect();
    let content = json!({"rubric": rubric.digest.to_string(), "prompt": VERSION, "judges": judges});
    Digest::of_value("plimsoll.judge.v1", &content)
}

fn speaks(speaks: &Speaks) -> Value {
    match speaks {
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

fn of_chat(chat: &Chat) -> Value {
    let api = match chat.api {
        ChatApi::Completions => "completions",
        ChatApi::Responses => "responses",
        ChatApi::Messages => "messages",
    };
    let schema = chat.answer_schema.as_ref().map(|schema| match schema {
        Schema::Inline(schema) => schema.clone(),
        Schema::File(path) => json!(path.as_str()),
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

/// What follows the host.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("")
}

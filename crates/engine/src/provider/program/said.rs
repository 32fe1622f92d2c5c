//! One line that a program wrote.

use super::super::parts::tool_call;
use super::super::{Reply, Secrets, Trouble};
use domain::format::json;
use serde_json::{Map, Value};

const KEYS: [&str; 11] = [
    "id",
    "text",
    "structured",
    "tool_calls",
    "citations",
    "behaviour",
    "finish_reason",
    "model",
    "tokens",
    "spend",
    "error",
];

/// The answer to the request with this id, or the error that the program tells; else why the line is neither.
pub fn read(id: u64, line: String, secrets: &Secrets) -> Result<Result<Reply, String>, Trouble> {
    let shown = || line.trim().chars().take(80).collect::<String>();
    let unreadable = |what: String| Err(Trouble::unreadable(what));
    let Some(Value::Object(fields)) = json::value(&line) else {
        let is_object = serde_json::from_str::<Map<String, Value>>(&line).is_ok();
        let what = if is_object { "gives a key twice" } else { "is no JSON object" };
        return unreadable(format!("the reply {what}: {}", shown()));
    };
    if fields.get("id").and_then(Value::as_u64) != Some(id) {
        return unreadable(format!("the reply does not carry the request's id {id}: {}", shown()));
    }
    if let Some(odd) = fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return unreadable(format!("the reply has a key `{odd}`, which is not known"));
    }
    let mut said = Value::Object(fields);
    let mut raw = line;
    raw.truncate(raw.trim_end().len());
    if raw.contains('\\') && secrets.redact_value(&mut said) {
        raw = said.to_string();
    }
    match &said {
        Value::Object(fields) => answer(fields, raw),
        _ => unreadable("the reply is no JSON object".to_owned()),
    }
}

fn answer(fields: &Map<String, Value>, raw: String) -> Result<Result<Reply, String>, Trouble> {
    let given = |key: &str| fields.get(key).filter(|value| !value.is_null());
    let wrong = |key: &str| Trouble::unreadable(format!("the reply's `{key}` cannot be read"));
    let text = |key: &str| match given(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong(key)),
    };
    if let Some(error) = given("error") {
        return told(error).map(Err).ok_or_else(|| wrong("error"));
    }
    let list = |key: &str| match given(key) {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(wrong(key)),
    };
    let tool_calls = match list("tool_calls")? {
        None => None,
        Some(items) => {
            let calls = items.iter().map(tool_call);
            Some(calls.collect::<Option<Vec<_>>>().ok_or_else(|| wrong("tool_calls"))?)
        }
    };
    let citations = match list("citations")? {
        None => None,
        Some(items) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            Some(texts.collect::<Option<Vec<_>>>().ok_or_else(|| wrong("citations"))?)
        }
    };
    let spend = match given("spend") {
        None => None,
        Some(spend) => Some(spend.as_f64().filter(|spend| *spend >= 0.0).ok_or_else(|| wrong("spend"))?),
    };
    let tokens = |key: &str| match given("tokens").and_then(|tokens| tokens.get(key)).filter(|count| !count.is_null()) {
        None => Ok(None),
        Some(count) => count.as_u64().map(Some).ok_or_else(|| wrong("tokens")),
    };
    let reply = Reply {
        text: text("text")?,
        structured: given("structured").cloned(),
        citations,
        behaviour: text("behaviour")?,
        finish_reason: text("finish_reason")?,
        model: text("model")?,
        tokens_in: tokens("input")?,
        tokens_out: tokens("output")?,
        spend,
        raw,
        tool_calls,
    };
    let silent = reply.text.is_none() && reply.structured.is_none() && reply.behaviour.is_none();
    // A list of no calls says that it called none, and that is an answer.
    if silent && reply.tool_calls.is_none() {
        return Err(Trouble::unreadable("the reply says nothing"));
    }
    Ok(Ok(reply))
}

/// An error as answers may have it: text, or `{class, message}` with at least one of the two.
fn told(error: &Value) -> Option<String> {
    let part = |key: &str| match error.get(key) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text.as_str())),
        Some(_) => None,
    };
    match error {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => match (part("class")?, part("message")?) {
            (Some(class), Some(message)) => Some(format!("{class}: {message}")),
            (class, message) => class.or(message).map(str::to_owned),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn said(line: &str) -> Result<Result<Reply, String>, String> {
        read(1, line.to_owned(), &Secrets::default()).map_err(|trouble| trouble.message)
    }

    #[test]
    fn every_part_of_an_answer_is_read() {
        let line = json!({"id": 1, "text": "Yes.", "structured": {"ok": true}, "tool_calls": [{"name": "find", "arguments": "{\"n\":1}"}],
            "citations": ["a"], "behaviour": "answer", "finish_reason": "stop", "model": "m", "tokens": {"input": 3, "output": 4},
            "spend": 0.5});
        let reply = said(&line.to_string()).unwrap().unwrap();
        assert_eq!(reply.tool_calls, Some(vec![("find".to_owned(), json!({"n": 1}))]));
        assert_eq!((reply.text.as_deref(), reply.structured), (Some("Yes."), Some(json!({"ok": true}))));
        assert_eq!((reply.tokens_in, reply.tokens_out, reply.spend), (Some(3), Some(4), Some(0.5)));
        assert_eq!((reply.model.as_deref(), reply.behaviour.as_deref()), (Some("m"), Some("answer")));
        assert_eq!((reply.citations, reply.raw), (Some(vec!["a".to_owned()]), line.to_string()));
    }

    #[test]
    fn what_is_no_answer_is_unreadable_and_an_error_is_told() {
        assert_eq!(said(r#"{"id":1,"error":"no such account"}"#), Ok(Err("no such account".to_owned())));
        let told = [
            (r#"{"class":"timeout","message":"no reply"}"#, "timeout: no reply"),
            (r#"{"message":"no reply"}"#, "no reply"),
            (r#"{"class":"timeout","message":null}"#, "timeout"),
        ];
        for (error, expected) in told {
            assert_eq!(said(&format!(r#"{{"id":1,"error":{error}}}"#)), Ok(Err(expected.to_owned())));
        }
        assert!(said(r#"{"id":1,"tool_calls":[]}"#).unwrap().is_ok());
        let odd = ["", "[]", "{}", "null", r#"{"id":1}"#, r#"{"id":2,"text":"a"}"#, r#"{"text":"a"}"#];
        let wrong = [
            r#""text":"a","text":"b""#,
            r#""structured":{"ok":true,"ok":false}"#,
            r#""error":{}"#,
            r#""error":{"class":1,"message":"a"}"#,
            r#""error":7"#,
            r#""tool_calls":[{"arguments":{}}]"#,
            r#""text":1"#,
            r#""spend":-1,"text":"a""#,
            r#""tokens":{"input":-1},"text":"a""#,
            r#""txt":"a""#,
        ];
        let wrong = wrong.map(|fields| format!(r#"{{"id":1,{fields}}}"#));
        for line in odd.into_iter().chain(wrong.iter().map(String::as_str)) {
            assert!(said(line).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in ".{0,60}") {
            let _ = said(&line);
        }
    }
}

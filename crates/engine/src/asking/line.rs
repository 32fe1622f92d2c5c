//! The line that keeps an answer: a recorded answer (`docs/formats/answers.md`), and how it was asked for.

use crate::budget::Used;
use crate::driver::Asked;
use crate::provider::Reply;
use camino::Utf8Path;
use domain::digest::Digest;
use domain::format::answers::{AskedFor, Recorded, asked_for, parse};
use domain::format::lines::{LONGEST_LINE, LinePlace};
use domain::json_text::{write_as_is, write_text};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Bytes of a line beside the reply's own words, at most.
const ROOM: usize = 1 << 16;

/// Bytes of keys and signs beside each call and each citation, at most.
const BESIDE: usize = 32;

pub fn of(example: &str, repeat: u16, asked: &Asked) -> String {
    let mut line = Object::with_capacity(asked.got.map_or(0, |reply| 2 * reply.raw.len()) + 1024);
    line.text("example", example);
    if repeat > 0 {
        line.value("repeat", &json!(repeat));
    }
    match asked.got {
        Ok(reply) => said(&mut line, reply, asked),
        Err(trouble) => line.value("error", &json!({"class": trouble.kind.class(), "message": trouble.message})),
    }
    if let Some((_, latency)) = asked.attempts.last() {
        line.value("latency_ms", &milliseconds(*latency));
    }
    if asked.attempts.len() > 1 || asked.got.is_err() {
        let attempt = |(error, latency): &(Option<String>, Duration)| match error {
            Some(error) => json!({"error": error, "latency_ms": milliseconds(*latency)}),
            None => json!({"latency_ms": milliseconds(*latency)}),
        };
        line.value("attempts", &asked.attempts.iter().map(attempt).collect());
    } else {
        line.value("attempts", &json!(1));
    }
    let mut how = Object::with_capacity(asked.got.map_or(0, |reply| reply.raw.len()) + 512);
    how.text("request", &asked.request.to_string());
    how.text("at", &asked.at.to_string());
    if asked.refused != Used::default() {
        let Used { tokens, spend } = asked.refused;
        how.value("refused", &json!({"tokens": tokens, "spend": spend}));
    }
    if let Ok(reply) = asked.got {
        if let Some(model) = &reply.model {
            how.text("model", model);
        }
        if let Some(first_byte) = asked.first_byte {
            how.value("first_byte_ms", &milliseconds(first_byte));
        }
        // What came is kept as it came, as long as a line may be.
        if 2 * reply.raw.len() + size(reply) + ROOM < LONGEST_LINE {
            how.text("raw", &reply.raw);
        }
    }
    line.key("asked").push_str(&how.end());
    line.end()
}

/// A JSON object as it is written, key by key.
struct Object(String);

impl Object {
    fn with_capacity(bytes: usize) -> Self {
        Object(String::with_capacity(bytes))
    }

    /// What follows the key is to be appended.
    fn key(&mut self, key: &str) -> &mut String {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        write_text(key, &mut self.0);
        self.0.push(':');
        &mut self.0
    }

    fn text(&mut self, key: &str, text: &str) {
        write_text(text, self.key(key));
    }

    fn value(&mut self, key: &str, value: &Value) {
        write_as_is(value, self.key(key));
    }

    fn end(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }
}

/// What a line of a journal keeps, the request that it answers, and what replies took that were refused before; `None` of a line that no
/// run wrote.
pub fn read(line: &[u8]) -> Option<(Recorded<'_>, Digest, Used)> {
    let text = std::str::from_utf8(line).ok()?;
    let place = LinePlace { file: Utf8Path::new("journal"), line: 1 };
    let recorded = parse(place, text).ok()??;
    let AskedFor { request, tokens, spend } = asked_for(text)?;
    Some((recorded, Digest::parse(&request)?, Used { tokens, spend }))
}

/// Whether a line can keep what was said; else why not.
pub fn fits(reply: &Reply) -> Result<(), String> {
    match size(reply) + ROOM > LONGEST_LINE {
        true => Err(format!("the answer is longer than {} MB", LONGEST_LINE >> 21)),
        false => Ok(()),
    }
}

/// Bytes that the reply's own words may take.
fn size(reply: &Reply) -> usize {
    let text = |text: &str| 2 * text.len();
    let words = reply.text.as_deref().map_or(0, text);
    let structured = reply.structured.as_ref().map_or(0, |value| value.to_string().len());
    let call = |(name, given): &(String, Value)| text(name) + given.to_string().len() + BESIDE;
    let calls = reply.tool_calls.iter().flatten().map(call);
    let citations = reply.citations.iter().flatten().map(|cited| text(cited) + BESIDE);
    words + structured + calls.sum::<usize>() + citations.sum::<usize>()
}

fn said(line: &mut Object, reply: &Reply, asked: &Asked) {
    if let Some(text) = &reply.text {
        line.text("text", text);
    }
    if let Some(structured) = &reply.structured {
        line.value("structured", structured);
    }
    // An empty list says that it called none, which is known of it.
    if let Some(calls) = &reply.tool_calls {
        let call = |(name, arguments): &(String, Value)| json!({"name": name, "arguments": arguments});
        line.value("tool_calls", &calls.iter().map(call).collect());
    }
    if let Some(citations) = &reply.citations {
        line.value("citations", &json!(citations));
    }
    if let Some(behaviour) = &reply.behaviour {
        line.text("behaviour", behaviour);
    }
    if let Some(reason) = &reply.finish_reason {
        line.text("finish_reason", reason);
    }
    let counts = [("input", reply.tokens_in), ("output", reply.tokens_out)];
    let tokens: Map<String, Value> =
        counts.into_iter().filter_map(|(key, count)| Some((key.to_owned(), json!(count?)))).collect();
    if !tokens.is_empty() {
        line.value("tokens", &Value::Object(tokens));
    }
    if let Some(spend) = asked.spend.filter(|spend| spend.is_finite() && *spend >= 0.0) {
        line.value("spend", &json!(spend));
    }
}

/// To a microsecond.
fn milliseconds(time: Duration) -> Value {
    json!(time.as_micros() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_in_one_order_what_was_said_and_how_it_was_asked_for() {
        let reply = Reply {
            text: Some("\"Yes\",\n\u{1}é".to_owned()),
            structured: Some(json!({"b": 1, "a": [null, "\t"]})),
            tool_calls: Some(vec![("look".to_owned(), json!({"id": 7}))]),
            citations: Some(vec!["doc-1".to_owned()]),
            behaviour: Some("answer".to_owned()),
            finish_reason: Some("stop".to_owned()),
            tokens_in: Some(3),
            model: Some("m".to_owned()),
            raw: "{\"a\\n\": 1}".to_owned(),
            ..Reply::default()
        };
        let request = Digest::of_bytes(b"request");
        let asked = Asked {
            attempts: &[(None, Duration::from_micros(1500))],
            first_byte: Some(Duration::from_millis(1)),
            ..Asked::after_refusals(request, &reply)
        };
        let wanted = format!(
            "{}{}{request}{}",
            r#"{"example":"e \\ 1","repeat":2,"text":"\"Yes\",\n\u0001é","structured":{"b":1,"a":[null,"\t"]},"tool_calls":[{"name":"look","arguments":{"id":7}}],"#,
            r#""citations":["doc-1"],"behaviour":"answer","finish_reason":"stop","tokens":{"input":3},"spend":0.25,"latency_ms":1.5,"attempts":1,"asked":{"request":""#,
            r#"","at":"1970-01-01T00:00:00Z","refused":{"tokens":36,"spend":0.75},"model":"m","first_byte_ms":1.0,"raw":"{\"a\\n\": 1}"}}"#,
        );
        assert_eq!(of("e \\ 1", 2, &asked), wanted);
    }

    #[test]
    fn what_no_line_can_keep_is_told_before_it_counts() {
        let long = |bytes: usize| "x".repeat(bytes);
        let (most, more) = ((LONGEST_LINE - ROOM) / 2, LONGEST_LINE / 2);
        let text = |text: String| Reply { text: Some(text), ..Reply::default() };
        assert_eq!(fits(&text(long(most))), Ok(()));
        assert_eq!(fits(&text(long(more))), Err("the answer is longer than 8 MB".to_owned()));
        let called = |given: Value| Reply { tool_calls: Some(vec![("pay".to_owned(), given)]), ..Reply::default() };
        assert!(fits(&called(json!({"n": 1}))).is_ok() && fits(&called(json!(long(LONGEST_LINE)))).is_err());
        assert!(fits(&Reply { citations: Some(vec![long(more)]), ..Reply::default() }).is_err());
        assert!(fits(&Reply { structured: Some(json!(long(LONGEST_LINE))), ..Reply::default() }).is_err());
    }
}

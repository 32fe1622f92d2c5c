//! The line that keeps an answer: a recorded answer (`docs/formats/answers.md`), and how it was asked for.

use crate::budget::Used;
use crate::driver::Asked;
use crate::provider::{Reply, Trouble};
use camino::Utf8Path;
use domain::digest::Digest;
use domain::format::answers::{Recorded, parse};
use domain::format::lines::{LONGEST_LINE, LinePlace};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Bytes of a line beside the reply's own words, at most.
const ROOM: usize = 1 << 16;

pub fn of(example: &str, repeat: u16, asked: &Asked) -> String {
    let mut line = Map::new();
    line.insert("example".to_owned(), json!(example));
    if repeat > 0 {
        line.insert("repeat".to_owned(), json!(repeat));
    }
    match asked.got {
        Ok(reply) => said(&mut line, reply, asked),
        Err(trouble) => failed(&mut line, trouble),
    }
    let last = asked.attempts.last().map(|(_, latency)| *latency);
    if let Some(latency) = last {
        line.insert("latency_ms".to_owned(), json!(milliseconds(latency)));
    }
    if asked.attempts.len() > 1 || asked.got.is_err() {
        let attempt = |(error, latency): &(Option<String>, Duration)| match error {
            Some(error) => json!({"error": error, "latency_ms": milliseconds(*latency)}),
            None => json!({"latency_ms": milliseconds(*latency)}),
        };
        line.insert("attempts".to_owned(), asked.attempts.iter().map(attempt).collect());
    } else {
        line.insert("attempts".to_owned(), json!(1));
    }
    let mut how = Map::new();
    how.insert("request".to_owned(), json!(asked.request.to_string()));
    how.insert("at".to_owned(), json!(asked.at.to_string()));
    if asked.refused != Used::default() {
        let Used { tokens, spend } = asked.refused;
        how.insert("refused".to_owned(), json!({"tokens": tokens, "spend": spend}));
    }
    if let Ok(reply) = asked.got {
        if let Some(model) = &reply.model {
            how.insert("model".to_owned(), json!(model));
        }
        if let Some(first_byte) = asked.first_byte {
            how.insert("first_byte_ms".to_owned(), json!(milliseconds(first_byte)));
        }
        // What came is kept as it came, as long as a line may be.
        if 2 * reply.raw.len() + size(&line) + ROOM < LONGEST_LINE {
            how.insert("raw".to_owned(), json!(reply.raw));
        }
    }
    line.insert("asked".to_owned(), Value::Object(how));
    Value::Object(line).to_string()
}

/// What a line of a journal keeps, the request that it answers, and what replies took that were refused before; `None` of a line that no
/// run wrote.
pub fn read(line: &[u8]) -> Option<(Recorded<'_>, Digest, Used)> {
    let text = std::str::from_utf8(line).ok()?;
    let place = LinePlace { file: Utf8Path::new("journal"), line: 1 };
    let recorded = parse(place, text).ok()??;
    let value: Value = serde_json::from_str(text).ok()?;
    let asked = value.get("asked")?;
    let refused = Used {
        tokens: asked["refused"]["tokens"].as_u64().unwrap_or(0),
        spend: asked["refused"]["spend"].as_f64().unwrap_or(0.0),
    };
    Some((recorded, Digest::parse(asked.get("request")?.as_str()?)?, refused))
}

/// Whether a line can keep what was said; else why not.
pub fn fits(reply: &Reply) -> Result<(), String> {
    let text = |text: &str| 2 * text.len();
    let words = reply.text.as_deref().map_or(0, text);
    let structured = reply.structured.as_ref().map_or(0, |value| value.to_string().len());
    let calls = reply.tool_calls.iter().flatten().map(|(name, given)| text(name) + given.to_string().len());
    let citations = reply.citations.iter().flatten().map(|cited| text(cited));
    let size = words + structured + calls.sum::<usize>() + citations.sum::<usize>();
    match size + ROOM > LONGEST_LINE {
        true => Err(format!("the answer is longer than {} MB", LONGEST_LINE >> 21)),
        false => Ok(()),
    }
}

fn said(line: &mut Map<String, Value>, reply: &Reply, asked: &Asked) {
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            line.insert(key.to_owned(), value);
        }
    };
    put("text", reply.text.as_ref().map(|text| json!(text)));
    put("structured", reply.structured.clone());
    let call = |(name, arguments): &(String, Value)| json!({"name": name, "arguments": arguments});
    // An empty list says that it called none, which is known of it.
    put("tool_calls", reply.tool_calls.as_ref().map(|calls| calls.iter().map(call).collect()));
    put("citations", reply.citations.as_ref().map(|citations| json!(citations)));
    put("behaviour", reply.behaviour.as_ref().map(|behaviour| json!(behaviour)));
    put("finish_reason", reply.finish_reason.as_ref().map(|reason| json!(reason)));
    let mut tokens = Map::new();
    for (key, count) in [("input", reply.tokens_in), ("output", reply.tokens_out)] {
        if let Some(count) = count {
            tokens.insert(key.to_owned(), json!(count));
        }
    }
    put("tokens", (!tokens.is_empty()).then_some(Value::Object(tokens)));
    put("spend", asked.spend.filter(|spend| spend.is_finite() && *spend >= 0.0).map(|spend| json!(spend)));
}

fn failed(line: &mut Map<String, Value>, trouble: &Trouble) {
    line.insert("error".to_owned(), json!({"class": trouble.kind.class(), "message": trouble.message}));
}

fn size(line: &Map<String, Value>) -> usize {
    let kept = ["structured", "tool_calls", "citations"].iter().filter_map(|key| line.get(*key));
    line.get("text").and_then(Value::as_str).map_or(0, |text| 2 * text.len())
        + kept.map(|value| value.to_string().len()).sum::<usize>()
}

/// To a microsecond.
fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

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

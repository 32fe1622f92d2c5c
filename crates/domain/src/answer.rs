//! Answers: what a system said, did and cost on one example in one repeat.

use crate::digest::Digest;
use crate::share::Amount;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// An answer as it was recorded. Borrowed from the line it was read from wherever that is possible.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Answer<'a> {
    pub text: Option<Cow<'a, str>>,
    pub structured: Option<Value>,
    /// In order; `None` where nobody wrote down what it called, which is not that it called none.
    pub tool_calls: Option<Vec<ToolCall<'a>>>,
    pub citations: Option<Vec<Cow<'a, str>>>,
    /// answer, ask, escalate, refuse, cite, call a tool, stop, or the product's own word.
    pub behaviour: Option<Cow<'a, str>>,
    pub finish_reason: Option<Cow<'a, str>>,
    pub latency_ms: Option<Amount>,
    pub cached: bool,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub spend: Option<Amount>,
    pub attempts: Option<u32>,
    pub error: Option<SystemFault<'a>>,
}

impl<'a> Answer<'a> {
    /// The calls that are known of.
    pub fn calls(&self) -> &[ToolCall<'a>] {
        self.tool_calls.as_deref().unwrap_or_default()
    }

    /// What it called, as programs and expressions see it; `None` where that was not recorded.
    pub fn tool_calls_as_json(&self) -> Option<Value> {
        let call = |call: &ToolCall| json!({"name": call.name, "arguments": call.arguments});
        self.tool_calls.as_ref().map(|calls| calls.iter().map(call).collect())
    }

    /// What a person who labels it looks at: what was said, returned and called; not how long it took or what it cost. Equal answers have equal
    /// digests, whenever and by whom they were given.
    pub fn digest(&self) -> Digest {
        let said = [
            ("text", self.text.as_deref().map(Value::from)),
            ("structured", self.structured.clone()),
            ("tool_calls", self.tool_calls_as_json().filter(|_| !self.calls().is_empty())),
        ];
        let said: Map<String, Value> =
            said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        Digest::of_value("plimsoll.answer.v1", &Value::Object(said))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall<'a> {
    pub name: Cow<'a, str>,
    pub arguments: Value,
}

/// The system did not answer. It counts as a failure of every criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemFault<'a> {
    /// `timeout` and `latency` are failures of the class `latency_or_timeout`, all else of `format_violation`.
    pub class: Cow<'a, str>,
    pub message: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_what_was_said_and_called_and_of_nothing_else() {
        let said = |text: &'static str| Answer { text: Some(text.into()), ..Answer::default() };
        let slow = Answer { latency_ms: Amount::new(900.0).ok(), tokens_out: Some(12), ..said("it is 5") };
        assert_eq!(slow.digest(), said("it is 5").digest());
        assert_ne!(slow.digest(), said("it is 6").digest());
        let call = ToolCall { name: "refund".into(), arguments: json!({"order": 7}) };
        let called = Answer { tool_calls: Some(vec![call]), ..said("it is 5") };
        assert_ne!(called.digest(), slow.digest());
        // Labels stay with an answer of which it was only later said that it called nothing.
        assert_eq!(Answer { tool_calls: Some(Vec::new()), ..said("it is 5") }.digest(), slow.digest());
        assert_ne!(Answer { structured: Some(json!({"due": 5})), ..said("it is 5") }.digest(), slow.digest());
        // As `docs/formats/labels.md` says it is made.
        let text = br#"plimsoll.answer.v1
{"text":"it is 5","tool_calls":[{"arguments":{"order":7},"name":"refund"}]}"#;
        assert_eq!(called.digest(), Digest::of_bytes(text));
    }
}

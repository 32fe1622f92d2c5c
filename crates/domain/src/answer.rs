//! Answers: what a system said, did and cost on one example in one repeat.

use crate::digest::Digest;
use crate::share::Amount;
use serde_json::{Value, json};
use std::borrow::Cow;

/// An answer as it was recorded. Borrowed from the line it was read from wherever that is possible.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Answer<'a> {
    pub text: Option<Cow<'a, str>>,
    pub structured: Option<Value>,
    pub tool_calls: Vec<ToolCall<'a>>,
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

#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall<'a> {
    pub name: Cow<'a, str>,
    pub arguments: Value,
}

impl Answer<'_> {
    /// Over everything that somebody who reads the answer may see; never how long it took or what it cost.
    pub fn digest(&self) -> Digest {
        let calls = self.tool_calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments}));
        let said = json!({
            "text": self.text,
            "structured": self.structured,
            "tool_calls": calls.collect::<Vec<_>>(),
            "citations": self.citations,
            "behaviour": self.behaviour,
            "error": self.error.as_ref().map(|error| json!({"class": error.class, "message": error.message})),
        });
        Digest::of_value("plimsoll.answer.v1", &said)
    }
}

/// The system did not answer. It counts as a failure of every criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemFault<'a> {
    /// `timeout` and `latency` are failures of the class `latency_or_timeout`, all else of `format_violation`.
    pub class: Cow<'a, str>,
    pub message: Cow<'a, str>,
}

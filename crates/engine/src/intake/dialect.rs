//! What a span tells of a conversation, in the dialects in use.
//!
//! in      a span
//! out     what was said to a model and what it said, its name, tokens and reason to stop; the call that a tool's span tells; and what kind of
//!         step the span is
//! errors  none: messages that cannot be read are counted
//! source  OpenTelemetry's conventions for generative AI (messages as attributes, as an event, and the earlier events and indexed
//!         attributes), OpenInference, and where these are silent what frameworks write: Vercel AI SDK, Langfuse, Pydantic AI

use super::attributes::spelled;
use super::message::{Call, Message, is_broken, messages, opened};
use super::otlp::Span;
use serde_json::{Map, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A model was asked.
    Model,
    /// A tool was run: a call of the answer that it lies under.
    Tool,
    /// A search, an embedding, a judgement: never the answer of the system.
    Aside,
    /// What runs around these.
    Around,
}

/// What one span tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub step: Step,
    pub input: Vec<Message>,
    pub output: Vec<Message>,
    /// What a tool's span says was called; `None` of other spans, and where it names no tool.
    pub called: Option<Call>,
    /// Whether it tells what the model called, be it nothing.
    pub tells_calls: bool,
    pub model: Option<String>,
    pub finish_reason: Option<String>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    /// Messages, or parts of them, whose form is not known.
    pub unread: u32,
    /// Something that it says is JSON that was cut off.
    pub is_cut: bool,
}

pub fn told(span: &Span) -> Told {
    let mut unread = 0;
    let teller = Teller { span, all: &span.attributes };
    let input = teller.input(&mut unread);
    let of_input = unread;
    let output = teller.output(&mut unread);
    let said = output.iter().rev().find_map(|message| message.finish_reason.clone());
    let step = teller.step();
    let finish_reason = teller.finish_reason().or(said);
    Told {
        step,
        tells_calls: unread == of_input && tells_calls(&output, finish_reason.as_deref()),
        called: (step == Step::Tool).then(|| teller.called()).flatten(),
        model: teller.text(&[
            "gen_ai.response.model",
            "gen_ai.request.model",
            "llm.model_name",
            "ai.response.model",
            "ai.model.id",
        ]),
        finish_reason,
        tokens_in: teller.number(&[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "ai.usage.inputTokens",
            "ai.usage.promptTokens",
        ]),
        tokens_out: teller.number(&[
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "ai.usage.outputTokens",
            "ai.usage.completionTokens",
        ]),
        input,
        output,
        unread,
        is_cut: std::iter::once(&span.attributes)
            .chain(span.events.iter().map(|(_, attributes)| attributes))
            .any(is_cut),
    }
}

/// Whether something was said, and not that the model stopped to call what is not told.
fn tells_calls(output: &[Message], finish_reason: Option<&str>) -> bool {
    let mut said =
        output.iter().filter(|message| !matches!(message.role.as_str(), "user" | "system" | "tool")).peekable();
    let stopped_to_call = finish_reason.is_some_and(|reason| {
        let reason = reason.to_lowercase();
        reason.contains("tool") || reason.contains("function")
    });
    said.peek().is_some() && (!stopped_to_call || said.any(|message| !message.tool_calls.is_empty()))
}

fn is_cut(attributes: &Map<String, Value>) -> bool {
    attributes.values().any(is_broken)
}

struct Teller<'s> {
    span: &'s Span,
    all: &'s Map<String, Value>,
}

impl Teller<'_> {
    fn text(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.all.get(*key)?.as_str().map(str::to_owned))
    }

    fn number(&self, keys: &[&str]) -> Option<u64> {
        keys.iter().find_map(|key| self.all.get(*key)?.as_u64())
    }

    fn step(&self) -> Step {
        let has = |prefix: &str| self.all.keys().any(|key| key.starts_with(prefix));
        if let Some(kind) = self.text(&["openinference.span.kind"]) {
            return match kind.to_ascii_uppercase().as_str() {
                "LLM" => Step::Model,
                "AGENT" | "CHAIN" | "PROMPT" | "UNKNOWN" => Step::Around,
                "TOOL" => Step::Tool,
                _ => Step::Aside,
            };
        }
        if let Some(operation) = self.text(&["ai.operationId"]) {
            return match operation.rsplit('.').next().unwrap_or_default() {
                "doGenerate" | "doStream" => Step::Model,
                "toolCall" => Step::Tool,
                "embed" | "doEmbed" | "embedMany" => Step::Aside,
                _ => Step::Around,
            };
        }
        match self.text(&["gen_ai.operation.name", "llm.request.type"]).as_deref() {
            Some("chat" | "text_completion" | "generate_content" | "completion") => Step::Model,
            Some("execute_tool") => Step::Tool,
            Some("embeddings" | "retrieval" | "rerank" | "embedding") => Step::Aside,
            Some(_) => Step::Around,
            // Earlier instrumentations name no operation.
            None if self.text(&["traceloop.span.kind"]).as_deref() == Some("tool") => Step::Tool,
            None if has("gen_ai.request.model") || has("gen_ai.completion") || has("llm.model_name") => Step::Model,
            None => Step::Around,
        }
    }

    /// The call of a tool's span.
    fn called(&self) -> Option<Call> {
        const NAMES: [&str; 4] = ["gen_ai.tool.name", "tool.name", "ai.toolCall.name", "traceloop.entity.name"];
        const GIVEN: [&str; 4] =
            ["gen_ai.tool.call.arguments", "ai.toolCall.args", "input.value", "traceloop.entity.input"];
        let in_its_name = || self.span.name.strip_prefix("execute_tool ").map(|name| name.trim().to_owned());
        let name = self.text(&NAMES).or_else(in_its_name).filter(|name| !name.is_empty())?;
        let arguments = GIVEN.iter().find_map(|key| self.all.get(*key)).map(opened);
        let id = self.text(&["gen_ai.tool.call.id", "ai.toolCall.id"]);
        Some(Call { id, name, arguments: arguments.unwrap_or_else(|| Value::Object(Map::new())) })
    }

    fn finish_reason(&self) -> Option<String> {
        let reasons = self.all.get("gen_ai.response.finish_reasons").map(opened);
        let first = reasons.as_ref().and_then(|reasons| reasons.as_array()?.first()?.as_str().map(str::to_owned));
        first.or_else(|| self.text(&["gen_ai.completion.0.finish_reason", "ai.response.finishReason"]))
    }

    fn input(&self, unread: &mut u32) -> Vec<Message> {
        if let Some((attributes, input)) = self.current("gen_ai.input.messages") {
            let asked = messages(&input, "user", unread);
            let system = attributes.get("gen_ai.system_instructions").map(opened).filter(|_| !asked.is_empty());
            let system = system.map(|system| messages(&system, "system", unread)).unwrap_or_default();
            return system.into_iter().chain(asked).collect();
        }
        let indexed =
            ["gen_ai.prompt", "llm.prompts", "llm.input_messages"].iter().find_map(|key| spelled(self.all, key));
        if let Some(list) = indexed {
            return messages(&unfolded(list), "user", unread);
        }
        let told = self.events(|name| name != "gen_ai.choice", unread);
        if !told.is_empty() {
            return told;
        }
        self.plain(
            &["ai.prompt.messages", "ai.prompt", "gen_ai.prompt", "langfuse.observation.input", "input.value"],
            "user",
            unread,
        )
    }

    fn output(&self, unread: &mut u32) -> Vec<Message> {
        if let Some((_, output)) = self.current("gen_ai.output.messages") {
            // What stands there are messages; elsewhere a model may have been stopped while it wrote JSON.
            if is_broken(&output) {
                *unread += 1;
                return Vec::new();
            }
            return messages(&output, "assistant", unread);
        }
        if let Some(list) = ["gen_ai.completion", "llm.output_messages"].iter().find_map(|key| spelled(self.all, key)) {
            return messages(&unfolded(list), "assistant", unread);
        }
        let told = self.events(|name| name == "gen_ai.choice", unread);
        if !told.is_empty() {
            return told;
        }
        if let Some(said) = self.vercel(unread) {
            return vec![said];
        }
        let plain = ["gen_ai.completion", "langfuse.observation.output", "final_result", "output.value"];
        self.plain(&plain, "assistant", unread)
    }

    /// Messages of the current conventions, on the span or on its event, with what stands beside them.
    fn current(&self, key: &str) -> Option<(&Map<String, Value>, Value)> {
        let mut holders = std::iter::once(self.all).chain(self.span.events.iter().map(|(_, attributes)| attributes));
        holders.find_map(|holder| Some((holder, opened(holder.get(key)?))))
    }

    /// The earlier conventions: one event a message, on the span or, as Pydantic AI writes them, in one attribute.
    fn events(&self, wanted: fn(&str) -> bool, unread: &mut u32) -> Vec<Message> {
        let listed = self.all.get("events").map(opened);
        let listed = listed.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        let listed = listed.map(|event| (event.get("event.name").and_then(Value::as_str).unwrap_or_default(), event));
        let events = self.span.events.iter().map(|(name, attributes)| (name.as_str(), attributes)).chain(listed);
        let mut told = Vec::new();
        for (name, attributes) in events {
            let plain = match name {
                "gen_ai.content.prompt" => Some(("gen_ai.prompt", "user")),
                "gen_ai.content.completion" => Some(("gen_ai.completion", "assistant")),
                _ => None,
            };
            if let Some((key, role)) = plain {
                if wanted("gen_ai.choice") == (role == "assistant") {
                    told.extend(attributes.get(key).map(opened).iter().flat_map(|value| messages(value, role, unread)));
                }
                continue;
            }
            let role = match name {
                "gen_ai.choice" | "gen_ai.assistant.message" => "assistant",
                "gen_ai.system.message" => "system",
                "gen_ai.tool.message" => "tool",
                "gen_ai.user.message" => "user",
                _ => continue,
            };
            if wanted(name) {
                let body: Map<String, Value> = attributes
                    .iter()
                    .map(|(key, value)| (key.clone(), if key == "content" { value.clone() } else { opened(value) }))
                    .collect();
                told.extend(messages(&answered(body, role), role, unread));
            }
        }
        told
    }

    /// The Vercel AI SDK keeps text, object and calls apart.
    fn vercel(&self, unread: &mut u32) -> Option<Message> {
        let text = self.text(&["ai.response.text", "ai.response.object"]);
        let calls = self.all.get("ai.response.toolCalls").map(opened);
        let mut said = Message::of("assistant", text.filter(|text| !text.is_empty()));
        for message in calls.iter().flat_map(|calls| messages(calls, "assistant", unread)) {
            said.tool_calls.extend(message.tool_calls);
        }
        (said.text.is_some() || !said.tool_calls.is_empty()).then_some(said)
    }

    fn plain(&self, keys: &[&str], role: &str, unread: &mut u32) -> Vec<Message> {
        let value = keys.iter().find_map(|key| self.all.get(*key));
        value.map(|value| messages(&opened(value), role, unread)).unwrap_or_default()
    }
}

/// A tool's message names the call that it answers as its `id`.
fn answered(mut body: Map<String, Value>, role: &str) -> Value {
    if role == "tool"
        && let Some(id) = body.get("id").cloned()
    {
        body.entry("tool_call_id").or_insert(id);
    }
    Value::Object(body)
}

/// Indexed attributes that hold parts as JSON in text.
fn unfolded(list: Value) -> Value {
    let Value::Array(mut list) = list else { return list };
    for message in &mut list {
        if let Some(Value::Object(inner)) = message.get_mut("prompt").map(std::mem::take) {
            *message = Value::Object(inner);
        }
        for key in ["content", "tool_calls"] {
            let Some(content) = message.get_mut(key) else { continue };
            let parts = opened(content);
            let typed = |part: &Value| part.get("type").is_some_and(Value::is_string);
            if parts.as_array().is_some_and(|parts| !parts.is_empty() && parts.iter().all(typed)) {
                *content = parts;
            }
        }
    }
    Value::Array(list)
}

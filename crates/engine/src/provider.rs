//! Systems that are asked: one file a kind. What is asked and what comes back is the same for all of them.
//!
//! in      a system of the contract, its folder, the environment
//! out     a `Provider` that turns a question into a request, and one attempt at it into a reply or a trouble
//! note    keys are in `Secrets` alone: a request's content, its digest, and everything that is kept or printed are without them

mod secrets;

pub use secrets::Secrets;

use serde_json::Value;
use std::time::Duration;

/// What a system is asked, whatever it speaks. It never holds what is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What templates see: `id`, `task`, `input`, and `repeat`.
    pub example: Value,
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    /// What the reply must be an instance of; before the system's own.
    pub schema: Option<Value>,
}

/// One message, its content and further fields as the example gives them: text, or parts (text, image_url, ...).
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub role: String,
    pub content: Value,
    /// `tool_calls`, `tool_call_id`, `name` and whatever else the example's message holds.
    pub rest: serde_json::Map<String, Value>,
}

/// A tool on offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    pub name: String,
    pub description: Option<String>,
    /// A JSON Schema.
    pub parameters: Option<Value>,
}

/// What is sent, without keys. Equal contents are the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method, address and body as one text whose digest names the request.
    pub content: String,
    /// The body that is sent.
    pub body: Vec<u8>,
    /// About how many tokens it holds, for budgets and limits: a quarter of its bytes.
    pub tokens: u64,
}

/// What a system replied.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Reply {
    pub text: Option<String>,
    pub structured: Option<Value>,
    /// Name and arguments.
    pub tool_calls: Vec<(String, Value)>,
    pub citations: Option<Vec<String>>,
    pub behaviour: Option<String>,
    pub finish_reason: Option<String>,
    /// The model as the system names it.
    pub model: Option<String>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    /// What the system says it cost.
    pub spend: Option<f64>,
    /// The body as it came.
    pub raw: String,
}

/// One attempt, as it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub got: Result<Reply, Trouble>,
    pub status: Option<u16>,
    /// From the request to the last byte.
    pub latency: Duration,
    /// From the request to the head of the reply.
    pub first_byte: Option<Duration>,
    /// What the system says about its limits.
    pub headroom: Headroom,
}

/// What rate-limit headers say: what is left, and when it is whole again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Headroom {
    pub requests: Option<(u64, Duration)>,
    pub tokens: Option<(u64, Duration)>,
}

/// Why an attempt gave no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    /// Without keys, and short.
    pub message: String,
    /// How long the system asks to be left alone.
    pub retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// 429, or what a provider says in its place.
    RateLimited,
    /// 500, 502, 503, 504, 529, 408, 409, 425.
    Overloaded,
    /// The time limit of the attempt passed.
    TimedOut,
    /// The connection was refused, reset or cut.
    Connection,
    /// The reply is not what its kind replies: truncated, another content type, no answer in it.
    Unreadable,
    /// This request is refused, and would be again (400, 413, 422).
    Refused,
    /// No request of this system can be answered: wrong key, model or address (401, 403, 404, a host that does not exist).
    Forbidden,
}

impl TroubleKind {
    /// Whether another attempt may go better.
    pub fn is_transient(self) -> bool {
        !matches!(self, TroubleKind::Refused | TroubleKind::Forbidden)
    }

    /// The class of the fault that an answer carries when attempts are used up.
    pub fn class(self) -> &'static str {
        match self {
            TroubleKind::RateLimited => "rate_limited",
            TroubleKind::Overloaded => "overloaded",
            TroubleKind::TimedOut => "timeout",
            TroubleKind::Connection => "connection",
            TroubleKind::Unreadable => "unreadable",
            TroubleKind::Refused => "refused",
            TroubleKind::Forbidden => "forbidden",
        }
    }
}

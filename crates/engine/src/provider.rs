//! Systems that are asked: one file a kind. What is asked and what comes back is the same for all of them.
//!
//! in      a system of the contract, its folder, the environment
//! out     a `Provider` that turns a question into a request, and one attempt at it into a reply or a trouble
//! errors  `ProviderError` before anything is asked; afterwards a `Trouble` of one attempt, whatever the other side does
//! note    keys are in `Secrets` and in headers alone: a request's content, its digest, and everything that is kept or printed are
//!         without them

mod completions;
mod endpoint;
mod error;
mod fill;
mod headroom;
mod http;
mod images;
mod messages;
mod model;
mod parts;
mod place;
mod program;
mod reading;
mod responses;
mod secrets;
mod template;
mod trouble;
mod turns;

pub use error::ProviderError;
pub use secrets::Secrets;

use camino::Utf8Path;
use domain::digest::Digest;
use domain::json_text::write_as_is;
use domain::system::{Live, Speaks};
use endpoint::{Endpoint, Exchange, Target};
use model::Model;
use place::Place;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

/// A system, ready to be asked: variables filled in, templates compiled, its client open.
pub struct Provider {
    kind: Kind,
    address: String,
    shares: String,
}

enum Kind {
    Model(Box<AtModel>),
    Http(Box<http::Asking>),
    Program(program::Programs),
}

struct AtModel {
    model: Model,
    endpoint: Endpoint,
    target: Target,
    /// Method, address and headers as the contract writes them.
    head: String,
}

/// What a provider needs from outside, handed in so that nothing here looks around by itself.
pub struct Surroundings<'a> {
    /// The contract's folder.
    pub folder: &'a Utf8Path,
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Hosts that may be asked; empty: any.
    pub hosts: &'a [String],
}

impl Provider {
    pub fn ready(
        name: &str,
        live: &Live,
        around: &Surroundings,
        secrets: &mut Secrets,
    ) -> Result<Provider, ProviderError> {
        endpoint::proxy_passwords(around).iter().for_each(|password| secrets.add(password));
        match &live.speaks {
            Speaks::Chat(chat) => {
                let place = Place::of_model(name, chat, around, secrets)?;
                let model = Model::ready(name, chat, place.is_openai(), around)?;
                let endpoint = Endpoint::new(name, Method::POST, &live.limits, around)?;
                let (address, shares, head) = (place.address(), place.shares(), place.head("POST", secrets));
                let address = secrets.redacted(address);
                let target = place.target;
                let kind = Kind::Model(Box::new(AtModel { model, endpoint, target, head }));
                Ok(Provider { kind, address, shares })
            }
            Speaks::Http(http) => {
                let (asking, address, shares) = http::Asking::ready(name, http, &live.limits, around, secrets)?;
                Ok(Provider { kind: Kind::Http(Box::new(asking)), address: secrets.redacted(address), shares })
            }
            Speaks::Program(program) => {
                let programs = program::Programs::ready(name, program, &live.limits, around, secrets)?;
                let (address, shares) = (program.command.join(" "), programs.shares());
                Ok(Provider { kind: Kind::Program(programs), address, shares })
            }
        }
    }

    /// The request of a question; the same question gives the same request. In words, why this question cannot be put.
    pub fn prepare(&self, question: &Question, repeat: u32) -> Result<Request, String> {
        match &self.kind {
            Kind::Model(at) => {
                let (body, structured) = at.model.body(question, repeat)?;
                let mut text = String::new();
                write_as_is(&body, &mut text);
                Ok(Request::new(&at.head, text.into_bytes(), structured, None))
            }
            Kind::Http(asking) => asking.prepare(question, repeat),
            Kind::Program(programs) => Ok(programs.prepare(question, repeat)),
        }
    }

    /// One attempt, which ends within the time limit whatever the other side does.
    pub async fn attempt(&self, request: &Request, secrets: &Secrets) -> Attempt {
        match &self.kind {
            Kind::Model(at) => {
                let exchange = at.endpoint.exchange(&at.target, &request.body).await;
                finished(exchange, secrets, |exchange| {
                    let (said, raw) = reading::json(exchange, secrets, true)?;
                    let mut reply = at.model.reply(&said, request.structured)?;
                    reply.raw = raw;
                    Ok(reply)
                })
            }
            Kind::Http(asking) => {
                let exchange = asking.exchange(request).await;
                finished(exchange, secrets, |exchange| asking.reply(exchange, secrets))
            }
            Kind::Program(programs) => programs.attempt(request, secrets).await,
        }
    }

    /// Where it is asked, for messages: address without query and without what is secret in it, or command.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Systems that say the same here share one account's limits: a text without the key.
    pub fn shares(&self) -> String {
        self.shares.clone()
    }
}

/// An exchange as an attempt, its reply read by `read` where the status is a success.
fn finished(
    mut exchange: Exchange,
    secrets: &Secrets,
    read: impl FnOnce(&mut Exchange) -> Result<Reply, Trouble>,
) -> Attempt {
    let headroom = headroom::headroom(&exchange.headers);
    let got = match (&exchange.body, exchange.status) {
        (Err(trouble), _) => Err(trouble.clone()),
        (Ok(_), Some(200..=299)) => read(&mut exchange),
        (Ok(body), status) => Err(trouble::of_status(status.unwrap_or(0), &exchange.headers, body, secrets)),
    };
    Attempt {
        got: got.map(|reply| reply.without(secrets)).map_err(|trouble| trouble.without(secrets)),
        status: exchange.status,
        latency: exchange.latency,
        first_byte: exchange.first_byte,
        headroom,
    }
}

/// A file of the eval's folder.
fn read(system: &str, path: &Utf8Path, around: &Surroundings) -> Result<String, ProviderError> {
    std::fs::read_to_string(around.folder.join(path)).map_err(|error| ProviderError::File {
        system: system.to_owned(),
        path: path.to_owned(),
        cause: error.to_string(),
    })
}

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

impl Message {
    /// As an object: the role, the content, and whatever else there is.
    pub fn value(&self) -> Value {
        let mut fields = serde_json::Map::from_iter([
            ("role".to_owned(), Value::from(self.role.as_str())),
            ("content".to_owned(), self.content.clone()),
        ]);
        fields.extend(self.rest.clone());
        Value::Object(fields)
    }
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
    digest: Digest,
    /// Whether it asks for structured output.
    structured: bool,
    /// Where it goes, where that depends on the question.
    target: Option<Box<Target>>,
}

impl Request {
    pub(crate) fn new(head: &str, body: Vec<u8>, structured: bool, target: Option<Box<Target>>) -> Self {
        let content = format!("{head}{}", String::from_utf8_lossy(&body));
        Request { structured, ..Request::of(content, body, target) }
    }

    /// One whose body is sent with keys, and named without them.
    pub(crate) fn named(head: &str, name: &[u8], body: Vec<u8>, target: Option<Box<Target>>) -> Self {
        Request::of(format!("{head}{}", String::from_utf8_lossy(name)), body, target)
    }

    fn of(content: String, body: Vec<u8>, target: Option<Box<Target>>) -> Self {
        let (digest, tokens) = (Digest::of_canonical("plimsoll.request.v1", &content), body.len() as u64 / 4);
        Request { content, body, tokens, digest, structured: false, target }
    }

    /// What names the request: equal digests are the same request to the same address.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// What a system replied.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Reply {
    pub text: Option<String>,
    pub structured: Option<Value>,
    /// Name and arguments; `None` where the reply does not say what was called.
    pub tool_calls: Option<Vec<(String, Value)>>,
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

impl Reply {
    /// Without keys, also where JSON inside of text spelled them otherwise.
    fn without(mut self, secrets: &Secrets) -> Self {
        let arguments = self.tool_calls.iter_mut().flatten().map(|(_, arguments)| arguments);
        for value in self.structured.iter_mut().chain(arguments) {
            secrets.redact_value(value);
        }
        self
    }
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

impl Trouble {
    fn without(mut self, secrets: &Secrets) -> Self {
        self.message = secrets.redacted(self.message);
        self
    }
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

//! Systems: what answers.

mod settings;

use crate::grader::Schema;
use crate::name::SystemName;
use crate::share::{Amount, Share};
use camino::Utf8PathBuf;
use serde_json::Value;
use std::collections::BTreeMap;

/// The three arms of a comparison. Production is the version that is live; the fallback is what answers when it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arm {
    Candidate,
    Production,
    Fallback,
}

impl Arm {
    pub const ALL: [Arm; 3] = [Arm::Candidate, Arm::Production, Arm::Fallback];

    pub fn as_str(self) -> &'static str {
        match self {
            Arm::Candidate => "candidate",
            Arm::Production => "production",
            Arm::Fallback => "fallback",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// `candidate`, `production`, `fallback`, or the name that graders refer to.
    pub name: SystemName,
    pub kind: SystemKind,
    /// The model family, given or told from the model's name; empty where unknown.
    pub family: String,
    pub describe: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SystemKind {
    /// Answers recorded in JSONL files (a file or a folder). `imported` is its name in a table of grades that were made elsewhere;
    /// `None`: the arm's own.
    Recorded { path: Utf8PathBuf, imported: Option<String> },
    /// Scores of this name come from `plimsoll import scores`.
    Imported { name: String },
    /// OpenTelemetry traces that were collected already: a file or a folder of OTLP in JSON.
    Traces { path: Utf8PathBuf },
    /// Asked while the run is made.
    Live(Box<Live>),
}

/// A system that is asked: what it speaks, and how hard it may be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub speaks: Speaks,
    pub limits: Limits,
    /// What tokens cost; without it the spend of an answer is what the system says, or unknown.
    pub price: Option<Price>,
    /// Whether an answer of an earlier run to the very same request will do. Never for repeats.
    pub cache: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Speaks {
    Chat(Chat),
    Http(Http),
    Program(Program),
}

/// The APIs of language models that are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatApi {
    /// `POST {base_url}/chat/completions`, as OpenAI and everything compatible with it speaks.
    Completions,
    /// `POST {base_url}/responses`.
    Responses,
    /// `POST {base_url}/v1/messages`, as Anthropic speaks.
    Messages,
}

/// A language model behind one of the known APIs.
#[derive(Clone, Debug, PartialEq)]
pub struct Chat {
    pub api: ChatApi,
    /// As the contract writes it: `${NAME}` stands for a variable of the environment.
    pub base_url: String,
    pub model: String,
    /// `None`: the provider's usual variable where it is set, else no key.
    pub key: Option<KeyFrom>,
    /// Further headers; values may hold `${NAME}`.
    pub headers: Vec<(String, String)>,
    /// A template of the system message, in a file of the eval's folder; without it messages go as they are in the example.
    pub prompt: Option<Utf8PathBuf>,
    pub temperature: Option<Amount>,
    pub top_p: Option<Share>,
    pub max_tokens: Option<u32>,
    pub seed: Option<u64>,
    pub stop: Vec<String>,
    /// What the answer must be an instance of (structured output).
    pub answer_schema: Option<Schema>,
    /// Merged into the request's body, for settings that are not named here.
    pub body: BTreeMap<String, Value>,
}

/// Any endpoint that takes a request and answers with JSON or text.
#[derive(Clone, Debug, PartialEq)]
pub struct Http {
    pub url: String,
    pub method: String,
    pub key: Option<KeyFrom>,
    pub headers: Vec<(String, String)>,
    /// Templates stand in its texts; a text that is one expression alone becomes the value itself.
    pub body: Value,
    /// Where the parts of an answer are in the reply.
    pub reply: ReplyPaths,
}

/// JSONPath (RFC 9535), or a CEL expression over `reply`, to each part of an answer. All `None`: the body is the answer's text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReplyPaths {
    pub text: Option<String>,
    pub structured: Option<String>,
    pub tool_calls: Option<String>,
    pub citations: Option<String>,
    pub behaviour: Option<String>,
    pub finish_reason: Option<String>,
    pub tokens_in: Option<String>,
    pub tokens_out: Option<String>,
    pub spend: Option<String>,
}

/// A program that speaks JSON lines: one request a line in, one answer a line out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub command: Vec<String>,
    /// Variables of the environment that it is given, beside PATH and the like.
    pub environment: Vec<String>,
}

/// Where a key is kept. Never the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFrom {
    Env(String),
    File(Utf8PathBuf),
}

/// How hard a system may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls in flight at most.
    pub at_once: u32,
    /// Milliseconds that one attempt may take, from the request to the last byte.
    pub time_limit_ms: u64,
    /// Attempts at one answer, the first included.
    pub attempts: u32,
    /// Requests in any minute.
    pub per_minute: Option<u32>,
    /// Tokens in any minute, as the system counts them.
    pub tokens_per_minute: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { at_once: 8, time_limit_ms: 60_000, attempts: 5, per_minute: None, tokens_per_minute: None }
    }
}

/// Money for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    pub input: Amount,
    pub output: Amount,
}

/// What asking may cost before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Budget {
    /// In the currency of the prices.
    pub spend: Option<Amount>,
    pub tokens: Option<u64>,
}

impl Price {
    pub fn of(&self, tokens_in: u64, tokens_out: u64) -> f64 {
        (self.input.get() * tokens_in as f64 + self.output.get() * tokens_out as f64) / 1e6
    }
}

/// Why nothing could keep a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unkept {
    /// No reply says what it cost, and no price does.
    Spend,
    /// There is a price for tokens, and no reply says how many.
    Counts,
    /// No reply says how many tokens it took.
    Tokens,
}

impl Live {
    /// Why this system's replies can never say what the budget is kept by; `None` where they may.
    pub fn cannot_keep(&self, budget: &Budget) -> Option<Unkept> {
        let (spend, counts) = match &self.speaks {
            Speaks::Chat(chat) => (chat.api != ChatApi::Messages, true),
            Speaks::Http(http) => {
                let reply = &http.reply;
                let counts = [&reply.tokens_in, &reply.tokens_out].map(Option::is_some);
                if budget.tokens.is_some() && counts == [false; 2] {
                    return Some(Unkept::Tokens);
                }
                (reply.spend.is_some(), counts == [true; 2])
            }
            Speaks::Program(_) => (true, true),
        };
        match self.price {
            _ if budget.spend.is_none() || spend => None,
            None => Some(Unkept::Spend),
            Some(_) => (!counts).then_some(Unkept::Counts),
        }
    }
}

impl System {
    pub fn live(&self) -> Option<&Live> {
        match &self.kind {
            SystemKind::Live(live) => Some(live),
            _ => None,
        }
    }
}

impl SystemKind {
    /// Where its answers or scores come from: `recorded: answers/v15.jsonl`.
    pub fn describe(&self) -> String {
        match self {
            SystemKind::Recorded { path, .. } => format!("recorded: {path}"),
            SystemKind::Imported { name } => format!("imported: {name}"),
            SystemKind::Traces { path } => format!("traces: {path}"),
            SystemKind::Live(live) => live.speaks.describe(),
        }
    }
}

/// Whether a header, a part of a query or a variable of this name holds a secret, by the words in it.
pub fn names_a_secret(name: &str) -> bool {
    const TELLING: [&str; 8] = ["key", "token", "secret", "pass", "auth", "cookie", "credential", "session"];
    let name = name.to_lowercase();
    TELLING.iter().any(|word| name.contains(word))
}

impl Speaks {
    /// What kind of system it is and what it is, in words for people: `openai: assistant-v15`.
    pub fn describe(&self) -> String {
        match self {
            Speaks::Chat(chat) => format!("{}: {}", chat.api.key(), chat.model),
            Speaks::Http(http) => format!("http: {}", http.url),
            Speaks::Program(program) => format!("program: {}", program.command.join(" ")),
        }
    }
}

impl ChatApi {
    /// The key of the contract that names it.
    pub fn key(self) -> &'static str {
        match self {
            ChatApi::Completions | ChatApi::Responses => "openai",
            ChatApi::Messages => "anthropic",
        }
    }
}

/// Where a model is served, or who serves it: what stands before the model's own name, with a full stop between.
const SERVED: &[&str] = &[
    "us",
    "us-gov",
    "eu",
    "apac",
    "au",
    "jp",
    "ca",
    "global",
    "amazon",
    "anthropic",
    "meta",
    "mistral",
    "cohere",
    "ai21",
    "deepseek",
    "openai",
    "qwen",
    "google",
    "writer",
    "nvidia",
    "moonshot",
    "minimax",
];
/// Names of one family that begin otherwise.
const ALSO: &[(&str, &str)] = &[
    ("chatgpt", "gpt"),
    ("o", "gpt"),
    ("gemma", "gemini"),
    ("codellama", "llama"),
    ("codestral", "mistral"),
    ("magistral", "mistral"),
    ("ministral", "mistral"),
    ("mixtral", "mistral"),
    ("pixtral", "mistral"),
    ("qwq", "qwen"),
];

/// The family of a model by its name: `assistant-v15` and `assistant-v14` are one, and so are `ft:gpt-4o-mini:acme::x` and `openai/gpt-4o`,
/// `us.anthropic.claude-3-haiku` and `claude-3-opus`. Empty where there is no name.
pub fn family_of(model: &str) -> String {
    let name = model.to_lowercase();
    let name = name.strip_prefix("ft:").unwrap_or(&name);
    let mut name = name.rsplit('/').next().unwrap_or(name);
    while let Some((before, own)) = name.split_once('.')
        && SERVED.contains(&before)
    {
        name = own;
    }
    let first = name.split(['-', '_', ':', '.', '@']).next().unwrap_or("");
    let word = first.trim_end_matches(|c: char| c.is_ascii_digit());
    // A letter that no number follows is a name of its own.
    let also = ALSO.iter().find(|(known, _)| *known == word && (word.len() > 1 || word != first));
    also.map_or(word, |(_, family)| *family).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(reply: ReplyPaths, priced: bool) -> Live {
        let http = Http {
            url: "http://127.0.0.1:9".to_owned(),
            method: "POST".to_owned(),
            key: None,
            headers: Vec::new(),
            body: Value::Null,
            reply,
        };
        let price = Amount::new(1.0).ok().map(|amount| Price { input: amount, output: amount });
        Live { speaks: Speaks::Http(http), limits: Limits::default(), price: price.filter(|_| priced), cache: false }
    }

    #[test]
    fn a_budget_can_be_kept_where_a_reply_may_say_what_it_is_kept_by() {
        let path = |path: &str| Some(path.to_owned());
        let counted = ReplyPaths { tokens_in: path("$.in"), tokens_out: path("$.out"), ..ReplyPaths::default() };
        let costed = ReplyPaths { spend: path("$.cost"), ..ReplyPaths::default() };
        let money = Budget { spend: Amount::new(1.0).ok(), tokens: None };
        let tokens = Budget { spend: None, tokens: Some(9) };
        let of = |reply: &ReplyPaths, priced, budget| http(reply.clone(), priced).cannot_keep(budget);
        let none = ReplyPaths::default();
        assert_eq!(of(&none, false, &money), Some(Unkept::Spend));
        assert_eq!(of(&none, true, &money), Some(Unkept::Counts));
        assert_eq!(of(&none, true, &tokens), Some(Unkept::Tokens));
        assert_eq!([of(&counted, true, &money), of(&costed, false, &money), of(&counted, false, &tokens)], [None; 3]);
        assert_eq!(of(&none, false, &Budget::default()), None, "without a budget nothing is kept");
    }

    #[test]
    fn a_family_is_told_however_the_model_is_served_or_tuned() {
        for (family, models) in [
            ("assistant", &["assistant-v14", "assistant-v15", "Assistant_large"][..]),
            (
                "gpt",
                &[
                    "gpt-4o",
                    "openai/gpt-4o",
                    "ft:gpt-4o-mini:acme:x",
                    "ft:gpt-4o-mini:acme::x",
                    "chatgpt-4o-latest",
                    "o3-mini",
                    "o1",
                ][..],
            ),
            (
                "claude",
                &[
                    "claude-3-opus",
                    "anthropic.claude-3-haiku-20240307-v1:0",
                    "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
                    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2",
                    "claude-3-5-sonnet@20240620",
                ][..],
            ),
            ("nova", &["amazon.nova-lite-v1:0", "nova-pro", "eu.amazon.nova-micro-v1:0"][..]),
            ("llama", &["meta.llama3-1-70b-instruct-v1:0", "meta-llama/Llama-3-8b", "llama3.1"][..]),
            ("mistral", &["mistral-large", "mistralai/Mixtral-8x7B-Instruct-v0.1", "codestral-2501"][..]),
            ("qwen", &["qwen2.5-72b", "Qwen/QwQ-32B"][..]),
            ("gemini", &["gemini-2.0-flash", "google/gemma-3-27b-it"][..]),
            ("o", &["o-mini"][..]),
            ("", &[""][..]),
        ] {
            for model in models {
                assert_eq!(family_of(model), family, "{model}");
            }
        }
    }
}

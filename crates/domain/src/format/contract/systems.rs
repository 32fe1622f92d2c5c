//! `systems:`, `hosts:` and `budget:`: what answers, and what asking it may take.

use super::graders::schema;
use super::secret;
use super::threshold::duration_ms;
use crate::format::yaml::{Fields, Node, NodeKind, Reader};
use crate::name::SystemName;
use crate::share::Amount;
use crate::system::{
    Budget, Chat, ChatApi, Http, KeyFrom, Limits, Live, Price, Program, ReplyPaths, Speaks, System, SystemKind,
    family_of,
};
use camino::Utf8PathBuf;
use serde_json::Value;

/// The ways to answer, of which a system has one.
const KINDS: &[&str] = &["recorded", "imported", "traces", "openai", "anthropic", "http", "program"];
/// What goes with those that are asked.
const ASKED: &[&str] =
    &["at_once", "time_limit", "attempts", "requests_per_minute", "tokens_per_minute", "price", "cache"];
const CHAT_KEYS: &[&str] = &[
    "base_url",
    "model",
    "api",
    "key",
    "headers",
    "prompt",
    "temperature",
    "top_p",
    "max_tokens",
    "seed",
    "stop",
    "answer_schema",
    "body",
];
const HTTP_KEYS: &[&str] = &["url", "method", "key", "headers", "body", "reply"];
const REPLY_KEYS: &[&str] = &[
    "text",
    "structured",
    "tool_calls",
    "citations",
    "behaviour",
    "finish_reason",
    "tokens_in",
    "tokens_out",
    "spend",
];
const PROGRAM_KEYS: &[&str] = &["command", "environment"];

/// What has a rule of its own for keys.
const LOOKED_AT: [&str; 5] = ["url", "base_url", "headers", "body", "key"];
const NOT_IN_A_COMMAND: &str = "let the program read it from a variable, `environment: [ASSISTANT_KEY]`: `${ASSISTANT_KEY}` is not filled in a command";
const NO_KEYS: &str = "name where it is: `key: {env: ASSISTANT_KEY}`, or `${ASSISTANT_KEY}` in a header, an address or the body of an endpoint";

pub fn read(reader: &mut Reader, node: &Node) -> Vec<System> {
    let help = "write `candidate: {recorded: answers/candidate.jsonl}`";
    let allowed: Vec<&str> = KINDS.iter().chain(ASKED).chain(&["family", "describe"]).copied().collect();
    let mut systems = Vec::new();
    for (key, value) in reader.entries(node, "`systems`", help) {
        no_keys(reader, &key.text, value);
        let Some(fields) = reader.fields(value, "a system", &allowed) else { continue };
        let Some(kind) = kind(reader, value, &fields) else { continue };
        let model = match &kind {
            SystemKind::Live(live) => match &live.speaks {
                Speaks::Chat(chat) => chat.model.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        systems.push(System {
            name: SystemName::new(&key.text),
            kind,
            family: super::text(reader, &fields, "family", "`family`").unwrap_or_else(|| family_of(&model)),
            describe: super::text(reader, &fields, "describe", "`describe`").unwrap_or_default(),
        });
    }
    systems
}

fn kind(reader: &mut Reader, node: &Node, fields: &Fields) -> Option<SystemKind> {
    let given = fields.given(KINDS);
    let speaks = match given.as_slice() {
        ["recorded"] | ["recorded", "imported"] | ["imported", "recorded"] => {
            let imported = fields.get("imported").map(|node| reader.name(node, "`imported`"));
            let path = reader.path(fields.get("recorded")?, "`recorded`")?;
            not_asked(reader, fields);
            return Some(SystemKind::Recorded { path, imported: imported.flatten() });
        }
        ["imported"] => {
            not_asked(reader, fields);
            return Some(SystemKind::Imported { name: reader.name(fields.get("imported")?, "`imported`")? });
        }
        ["traces"] => {
            not_asked(reader, fields);
            return Some(SystemKind::Traces { path: reader.path(fields.get("traces")?, "`traces`")? });
        }
        ["openai"] => chat(reader, fields.get("openai")?, ChatApi::Completions),
        ["anthropic"] => chat(reader, fields.get("anthropic")?, ChatApi::Messages),
        ["http"] => http(reader, fields.get("http")?),
        ["program"] => program(reader, fields.get("program")?),
        several => {
            let (at, what) = match several.get(1) {
                Some(second) => (fields.place_of(second), "a system has one way to answer, and this is the second"),
                None => (node.at, "a system needs one way to answer"),
            };
            reader.missing(
                at,
                what,
                "write one of `recorded: answers/file.jsonl`, `imported: name in the scores`, `traces: traces/`, \
                 `openai: {base_url, model}`, `anthropic: {model}`, `http: {url, body}`, `program: {command}`",
            );
            return None;
        }
    };
    let limits = limits(reader, fields);
    let price = fields.get("price").and_then(|node| price(reader, node));
    let cache = fields.get("cache").and_then(|node| reader.flag(node, "`cache`")).unwrap_or(false);
    Some(SystemKind::Live(Box::new(Live { speaks: speaks?, limits, price, cache })))
}

fn not_asked(reader: &mut Reader, fields: &Fields) {
    for key in fields.given(ASKED) {
        let what = format!("`{key}` goes with systems that are asked");
        reader.fault(fields.place_of(key), what, "leave it out: these answers are there already");
    }
}

fn limits(reader: &mut Reader, fields: &Fields) -> Limits {
    let usual = Limits::default();
    let mut whole =
        |key: &str, most: u64| fields.get(key).and_then(|node| reader.whole(node, &format!("`{key}`"), 1, most));
    let at_once = whole("at_once", 10_000).map_or(usual.at_once, |whole| whole as u32);
    let attempts = whole("attempts", 100).map_or(usual.attempts, |whole| whole as u32);
    let per_minute = whole("requests_per_minute", 10_000_000).map(|whole| whole as u32);
    let tokens_per_minute = whole("tokens_per_minute", 1_000_000_000_000);
    let time_limit_ms = fields.get("time_limit").and_then(|node| {
        let limit = match &node.kind {
            NodeKind::Text(text) => duration_ms(text).filter(|ms| (1.0..=3_600_000.0).contains(ms)),
            _ => None,
        };
        if limit.is_none() {
            reader.fault(node.at, "`time_limit` cannot be read", "write `time_limit: 30s`, up to 60min");
        }
        limit
    });
    Limits {
        at_once,
        time_limit_ms: time_limit_ms.map_or(usual.time_limit_ms, |ms| ms as u64),
        attempts,
        per_minute,
        tokens_per_minute,
    }
}

fn price(reader: &mut Reader, node: &Node) -> Option<Price> {
    let fields = reader.fields(node, "a price", &["input", "output"])?;
    let mut part = |key: &str| match fields.get(key) {
        Some(node) => amount(reader, node, &format!("`{key}`")),
        None => {
            reader.missing(
                fields.at,
                format!("`{key}` is missing"),
                "write `price: {input: 2.5, output: 10}`: money for a million tokens",
            );
            None
        }
    };
    let (input, output) = (part("input"), part("output"));
    Some(Price { input: input?, output: output? })
}

fn amount(reader: &mut Reader, node: &Node, what: &str) -> Option<Amount> {
    let amount = Amount::new(reader.number(node, what)?).ok();
    if amount.is_none() {
        reader.fault(node.at, format!("{what} is never negative"), "write a number from 0 up");
    }
    amount
}

pub fn budget(reader: &mut Reader, node: &Node) -> Budget {
    let Some(fields) = reader.fields(node, "a budget", &["spend", "tokens"]) else { return Budget::default() };
    Budget {
        spend: fields.get("spend").and_then(|node| amount(reader, node, "`spend`")),
        tokens: fields.get("tokens").and_then(|node| reader.whole(node, "`tokens`", 0, u64::MAX)),
    }
}

fn needed(reader: &mut Reader, fields: &Fields, key: &str, help: &str) -> Option<String> {
    match fields.get(key) {
        Some(node) => {
            let what = format!("`{key}`");
            reader.text(node, &what).and_then(|_| reader.name(node, &what))
        }
        None => {
            reader.missing(fields.at, format!("`{key}` is missing"), help);
            None
        }
    }
}

fn chat(reader: &mut Reader, node: &Node, api: ChatApi) -> Option<Speaks> {
    let anthropic = api == ChatApi::Messages;
    let what = if anthropic { "an Anthropic system" } else { "an OpenAI-compatible system" };
    let keys: Vec<&str> = CHAT_KEYS.iter().copied().filter(|key| !anthropic || *key != "api").collect();
    let fields = reader.fields(node, what, &keys)?;
    let base_url = match fields.get("base_url") {
        None if anthropic => Some("https://api.anthropic.com".to_owned()),
        _ => needed(reader, &fields, "base_url", "write `base_url: \"${ASSISTANT_URL}\"`"),
    };
    if let Some(url) = &base_url {
        address(reader, &fields, "base_url", url);
    }
    let model = needed(reader, &fields, "model", "write `model: assistant-v15`");
    let api = match fields.get("api") {
        None => Some(api),
        Some(node) => match reader.word(node, "`api`")?.as_str() {
            "chat" | "chat_completions" => Some(ChatApi::Completions),
            "responses" => Some(ChatApi::Responses),
            _ => {
                let help = "write `chat_completions` (also when left out) or `responses`";
                reader.fault(node.at, "this API is not known", help);
                None
            }
        },
    };
    let setting = |reader: &mut Reader, key: &str, most: u64| {
        fields.get(key).and_then(|node| reader.whole(node, &format!("`{key}`"), 0, most))
    };
    let max_tokens = setting(reader, "max_tokens", u64::from(u32::MAX)).map(|whole| whole as u32);
    let seed = setting(reader, "seed", i64::MAX as u64);
    let body = match fields.get("body") {
        Some(node) => {
            no_secrets(reader, "body", node, NO_KEYS);
            let entries = reader.entries(node, "`body`", "write `body: {reasoning_effort: low}`");
            entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect()
        }
        None => Default::default(),
    };
    Some(Speaks::Chat(Chat {
        api: api?,
        key: fields.get("key").and_then(|node| key(reader, node)),
        headers: headers(reader, &fields),
        prompt: fields.get("prompt").and_then(|node| reader.path(node, "`prompt`")),
        temperature: fields.get("temperature").and_then(|node| amount(reader, node, "`temperature`")),
        top_p: fields.get("top_p").and_then(|node| reader.share(node, "`top_p`")),
        max_tokens,
        seed,
        stop: fields.get("stop").map(|node| reader.words(node, "`stop`")).unwrap_or_default(),
        answer_schema: fields.get("answer_schema").and_then(|node| schema(reader, node, "`answer_schema`")),
        body,
        base_url: base_url?,
        model: model?,
    }))
}

/// An address that is asked: of the web, and without a password in it.
fn address(reader: &mut Reader, fields: &Fields, key: &str, url: &str) {
    let at = fields.get(key).map_or(fields.at, |node| node.at);
    let Some((scheme, rest)) = url.split_once("://") else {
        // The whole of it may come from the environment, and is looked at when it does.
        if !url.starts_with("${") {
            let help = "write `https://host/path`, or `${NAME}` for a variable of the environment";
            reader.fault(at, format!("`{key}` is no address"), help);
        }
        return;
    };
    if !matches!(scheme, "http" | "https") && !scheme.contains("${") {
        let help = "write an address that starts with `https://` or `http://`";
        reader.fault(at, format!("`{scheme}` is not spoken here"), help);
    } else if rest.split('/').next().unwrap_or("").contains('@') {
        let help = "keep it out of the contract: name the key with `key: {env: NAME}`";
        reader.secret(at, format!("`{key}` holds a user or password"), help);
    } else if let Some(name) = secret::in_query(url) {
        let help = format!("write it with a variable of the environment: `{name}=${{ASSISTANT_KEY}}`");
        reader.secret(at, format!("`{key}` holds a secret in `{name}`"), help);
    } else if secret::is_in(url) {
        let help = "write it with a variable of the environment, such as `${ASSISTANT_KEY}`";
        reader.secret(at, format!("`{key}` holds what looks like a key"), help);
    }
}

/// Where the key is kept; a key that stands here is never quoted back.
fn key(reader: &mut Reader, node: &Node) -> Option<KeyFrom> {
    const HELP: &str =
        "write `key: {env: ASSISTANT_KEY}` or `key: {file: /run/secrets/assistant}`; a key never stands in a contract";
    let NodeKind::Map(entries) = &node.kind else {
        reader.secret(node.at, "`key` says where the key is, and not the key", HELP);
        return None;
    };
    // What stands under another name may be the key itself.
    if let Some((_, other)) = entries.iter().find(|(key, _)| !["env", "file"].contains(&key.text.as_str())) {
        reader.secret(other.at, "a key is in a variable or a file", HELP);
        return None;
    }
    let fields = reader.fields(node, "a key", &["env", "file"])?;
    match (fields.get("env"), fields.get("file")) {
        (Some(node), None) => {
            let name = reader.name(node, "`env`")?;
            let usual = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !usual || name.starts_with(|c: char| c.is_ascii_digit()) {
                reader.secret(node.at, "`env` is no name of a variable", HELP);
                return None;
            }
            Some(KeyFrom::Env(name))
        }
        (None, Some(node)) => {
            let path = reader.name(node, "`file`")?;
            if secret::has_key(&path) {
                reader.secret(node.at, "`file` holds what looks like a key", NO_KEYS);
                return None;
            }
            Some(KeyFrom::File(Utf8PathBuf::from(path)))
        }
        _ => {
            reader.missing(node.at, "a key is in one place", HELP);
            None
        }
    }
}

fn headers(reader: &mut Reader, fields: &Fields) -> Vec<(String, String)> {
    let Some(node) = fields.get("headers") else { return Vec::new() };
    let mut headers = Vec::new();
    for (key, value) in reader.entries(node, "`headers`", "write `headers: {x-team: billing}`") {
        let Some(text) = reader.word(value, "a header") else { continue };
        if secret::holds(&key.text, &text) {
            reader.secret(
                value.at,
                format!("`{}` holds a secret", key.text),
                "write it with a variable of the environment, `${ASSISTANT_KEY}` or `Bearer ${ASSISTANT_KEY}`",
            );
            continue;
        }
        headers.push((key.text.clone(), text));
    }
    headers
}

/// What looks like a key is refused wherever it stands in a system.
fn no_keys(reader: &mut Reader, name: &str, node: &Node) {
    match &node.kind {
        NodeKind::Text(text) if secret::has_key(text) => {
            reader.secret(node.at, format!("`{name}` holds what looks like a key"), NO_KEYS);
        }
        NodeKind::List(items) => items.iter().for_each(|item| no_keys(reader, name, item)),
        NodeKind::Map(entries) => {
            let others = entries.iter().filter(|(key, _)| !LOOKED_AT.contains(&key.text.as_str()));
            others.for_each(|(key, node)| no_keys(reader, &key.text, node));
        }
        _ => {}
    }
}

/// What is sent holds no secret, by the names of its fields and by their look.
pub(super) fn no_secrets(reader: &mut Reader, name: &str, node: &Node, help: &str) {
    match &node.kind {
        NodeKind::Text(text) if secret::is_in_field(name, text) => {
            reader.secret(node.at, format!("`{name}` holds a secret"), help);
        }
        // A key may be drawn of digits alone.
        NodeKind::Number(_) if secret::is_in_field(name, &node.to_json().to_string()) => {
            reader.secret(node.at, format!("`{name}` holds a secret"), help);
        }
        NodeKind::List(items) => items.iter().for_each(|item| no_secrets(reader, name, item, help)),
        NodeKind::Map(entries) => entries.iter().for_each(|(key, node)| no_secrets(reader, &key.text, node, help)),
        _ => {}
    }
}

/// No word of a command is a secret, by the option that it is given for. What looks like a key is told where all of a system is.
pub(super) fn no_secret_words(reader: &mut Reader, node: &Node, command: &[String], help: &str) {
    if secret::in_command(command).is_some_and(|at| !secret::has_key(&command[at])) {
        reader.secret(node.at, "`command` holds a secret", help);
    }
}

fn http(reader: &mut Reader, node: &Node) -> Option<Speaks> {
    let fields = reader.fields(node, "an HTTP system", HTTP_KEYS)?;
    let url = needed(reader, &fields, "url", "write `url: \"${ASSISTANT_URL}/answer\"`");
    if let Some(url) = &url {
        address(reader, &fields, "url", url);
    }
    let method = match fields.get("method") {
        None => "POST".to_owned(),
        Some(node) => reader.name(node, "`method`")?.to_uppercase(),
    };
    if !matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH") {
        reader.fault(fields.place_of("method"), "this method asks nothing", "write GET, POST, PUT or PATCH");
    }
    if let Some(node) = fields.get("body") {
        no_secrets(reader, "body", node, NO_KEYS);
    }
    let mut reply = ReplyPaths::default();
    if let Some(node) = fields.get("reply") {
        let paths = reader.fields(node, "a reply", REPLY_KEYS)?;
        let mut path = |key: &str| paths.get(key).and_then(|node| reader.name(node, &format!("`{key}`")));
        reply = ReplyPaths {
            text: path("text"),
            structured: path("structured"),
            tool_calls: path("tool_calls"),
            citations: path("citations"),
            behaviour: path("behaviour"),
            finish_reason: path("finish_reason"),
            tokens_in: path("tokens_in"),
            tokens_out: path("tokens_out"),
            spend: path("spend"),
        };
    }
    Some(Speaks::Http(Http {
        method,
        key: fields.get("key").and_then(|node| key(reader, node)),
        headers: headers(reader, &fields),
        body: fields.get("body").map_or(Value::Null, Node::to_json),
        reply,
        url: url?,
    }))
}

fn program(reader: &mut Reader, node: &Node) -> Option<Speaks> {
    let fields = reader.fields(node, "a program", PROGRAM_KEYS)?;
    let command = fields.get("command").map(|node| reader.some_words(node, "`command`")).unwrap_or_default();
    match fields.get("command") {
        Some(node) => no_secret_words(reader, node, &command, NOT_IN_A_COMMAND),
        None => reader.missing(node.at, "`command` is missing", "write `command: [python3, systems/assistant.py]`"),
    }
    let environment = fields.get("environment").map(|node| reader.words(node, "`environment`")).unwrap_or_default();
    if command.is_empty() {
        return None;
    }
    Some(Speaks::Program(Program { command, environment }))
}

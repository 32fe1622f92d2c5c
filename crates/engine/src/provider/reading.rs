//! Replies as JSON.
//!
//! in      an exchange whose status is a success
//! out     the value, and the body as text, both without keys
//! errors  another content type, no UTF-8, no JSON, a key given twice: unreadable, with the start of what came

use super::endpoint::Exchange;
use super::{Secrets, Trouble};
use domain::format::json;
use reqwest::header::CONTENT_TYPE;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Characters of a body that a message shows.
const SHOWN: usize = 80;

/// `strict`: a content type that is given must be JSON's.
pub fn json(exchange: &mut Exchange, secrets: &Secrets, strict: bool) -> Result<(Value, String), Trouble> {
    let kind = content_type(exchange);
    let mut raw = text(exchange, secrets)?;
    let is_json = kind.is_empty() || kind.ends_with("json");
    if !is_json && (strict || kind == "text/html") {
        return Err(Trouble::unreadable(format!("the reply is `{kind}` and not JSON: {}", start(&raw))));
    }
    let mut value = json::value(&raw).ok_or_else(|| {
        let what = match serde_json::from_str::<IgnoredAny>(&raw) {
            Err(error) if error.is_eof() => "is cut off".to_owned(),
            Err(_) => "is no JSON".to_owned(),
            // It may also be nested too deeply, or hold a number that is none.
            Ok(_) => match serde_json::from_str::<Value>(&raw) {
                Err(error) => format!("cannot be read, {error}"),
                Ok(_) => "gives a key twice".to_owned(),
            },
        };
        Trouble::unreadable(format!("the reply {what}: {}", start(&raw)))
    })?;
    // A key can be spelled otherwise only where something is escaped.
    if raw.contains('\\') && secrets.redact_value(&mut value) {
        raw = value.to_string();
    }
    Ok((value, raw))
}

/// The body as text, without keys, and without the mark that some servers put before UTF-8.
pub fn text(exchange: &mut Exchange, secrets: &Secrets) -> Result<String, Trouble> {
    let body = std::mem::replace(&mut exchange.body, Ok(Vec::new()))?;
    let mut text = String::from_utf8(body).map_err(|_| Trouble::unreadable("the reply is not UTF-8"))?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(secrets.redacted(text))
}

/// The content type without its parameters, in lower case; empty where none is given.
pub fn content_type(exchange: &Exchange) -> String {
    let given = exchange.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_lowercase()
}

fn start(text: &str) -> String {
    let start: String = text.trim_start().chars().take(SHOWN).collect();
    if start.is_empty() { "it is empty".to_owned() } else { start }
}

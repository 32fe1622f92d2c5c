//! What kind of trouble it is: from an error of the connection, or from a status that is no success.
//!
//! in      an error; or status, headers and body of a reply
//! out     a `Trouble`, its message short and without addresses
//! source  RFC 9110 for statuses and Retry-After; 529 and `insufficient_quota` as Anthropic and OpenAI document them

use super::headroom::retry_after;
use super::{Secrets, Trouble, TroubleKind};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::error::Error;

/// Characters of a message that are kept.
const MOST_CHARACTERS: usize = 300;

impl Trouble {
    pub fn new(kind: TroubleKind, message: impl AsRef<str>) -> Self {
        Trouble { kind, message: shown(message.as_ref()), retry_after: None }
    }

    pub fn unreadable(message: impl AsRef<str>) -> Self {
        Trouble::new(TroubleKind::Unreadable, message)
    }
}

/// One line, short, without control characters.
pub fn shown(text: &str) -> String {
    let mut line: String = text.chars().take(MOST_CHARACTERS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST_CHARACTERS).is_some() {
        line.push_str("...");
    }
    line
}

/// The cause of causes.
pub fn innermost(error: &dyn Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// An error before, while or after the reply came.
pub fn of_error(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let mut causes = Vec::new();
    let mut last: Option<&dyn Error> = Some(&error);
    while let Some(cause) = last {
        causes.push(cause.to_string());
        last = cause.source();
    }
    let says = |words: &[&str]| causes.iter().any(|cause| words.iter().any(|word| cause.contains(word)));
    let kind = if says(&NO_SUCH_HOST) || says(&["certificate", "proxy authentication required"]) || error.is_builder() {
        TroubleKind::Forbidden
    } else if says(&["invalid HTTP", "invalid header", "invalid content-length", "message head is too large"])
        || says(&["gzip", "deflate", "corrupt"])
    {
        TroubleKind::Unreadable
    } else {
        TroubleKind::Connection
    };
    Trouble::new(kind, causes.last().map_or("the connection failed", String::as_str))
}

/// What resolvers say of a host that does not exist; one that cannot be looked up just now is not among them.
const NO_SUCH_HOST: [&str; 4] =
    ["Name or service not known", "nodename nor servname", "No such host", "No address associated"];

/// Codes of providers that say: no request of this account is answered.
const NO_MONEY: [&str; 4] =
    ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated"];

pub fn of_status(status: u16, headers: &HeaderMap, body: &[u8], secrets: &Secrets) -> Trouble {
    // Keys go before anything is cut short: half a key is one too.
    let text = secrets.redacted(String::from_utf8_lossy(body).into_owned());
    let mut said = serde_json::from_str::<Value>(&text).ok();
    if let Some(said) = &mut said {
        secrets.redact_value(said);
    }
    let kind = match status {
        429 if said.as_ref().is_some_and(no_money) => TroubleKind::Forbidden,
        429 => TroubleKind::RateLimited,
        408 | 409 | 425 => TroubleKind::Overloaded,
        501 | 505 => TroubleKind::Forbidden,
        500..=599 => TroubleKind::Overloaded,
        401..=405 | 407 | 410 => TroubleKind::Forbidden,
        400..=499 => TroubleKind::Refused,
        // Sent elsewhere, or no status of HTTP.
        _ => TroubleKind::Forbidden,
    };
    let message = match said.as_ref().and_then(message) {
        Some(message) => format!("{status}: {message}"),
        None if (300..400).contains(&status) => format!("{status}: it sends requests to another address; ask that one"),
        None => format!("{status}: {}", text.trim()),
    };
    Trouble { retry_after: retry_after(headers), ..Trouble::new(kind, message.trim_end_matches(": ")) }
}

/// What a reply says whose status is a success, and which holds an error all the same.
pub fn of_error_object(error: &Value) -> Trouble {
    let word = |key: &str| match error.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let (code, kind) = (word("code"), word("type"));
    let limited = ["429", "rate_limit_exceeded", "rate_limit_error"];
    let kind = if no_money(error) {
        TroubleKind::Forbidden
    } else if limited.contains(&code.as_str()) || limited.contains(&kind.as_str()) {
        TroubleKind::RateLimited
    } else {
        TroubleKind::Unreadable
    };
    let message = message(error).unwrap_or_else(|| error.to_string());
    Trouble::new(kind, format!("the reply is an error: {message}"))
}

fn no_money(said: &Value) -> bool {
    let error = said.get("error").unwrap_or(said);
    ["code", "type"].iter().any(|key| error.get(key).and_then(Value::as_str).is_some_and(|c| NO_MONEY.contains(&c)))
}

/// The words of an error, wherever APIs put them.
fn message(said: &Value) -> Option<String> {
    let error = said.get("error").unwrap_or(said);
    let words = [Some(error), error.get("message"), said.get("message"), said.get("detail")];
    words.into_iter().flatten().find_map(Value::as_str).map(str::to_owned)
}

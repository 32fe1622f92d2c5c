//! How values are written in reasons, and how a reason stays short.

use serde_json::Value;

/// Longest quotation in a reason, in characters.
const QUOTED: usize = 80;

pub fn shortened(text: &str) -> String {
    if text.chars().count() <= QUOTED {
        return text.to_owned();
    }
    text.chars().take(QUOTED).chain("...".chars()).collect()
}

/// Text as itself, anything else as JSON.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => shortened(text),
        other => shortened(&other.to_string()),
    }
}

//! Content addresses: BLAKE3 over canonical JSON.
//!
//! in      any JSON value
//! out     64 lower-case hex digits; equal exactly when the canonical texts are equal
//! canonical: object keys sorted by their bytes, no white space, strings escaped as serde_json does, numbers in their
//!         shortest form that reads back the same; the caller puts a version tag in front (`domain`)

use serde_json::Value;
use std::fmt;
use std::hash::BuildHasher;

/// A BLAKE3 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of a value under a purpose and version, such as `plimsoll.example.v1`.
    pub fn of_value(purpose: &str, value: &Value) -> Self {
        Self::of_canonical(purpose, &canonical(value))
    }

    /// The digest of a value whose canonical text is at hand.
    pub fn of_canonical(purpose: &str, canonical: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(purpose.as_bytes()).update(b"\n").update(canonical.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// A hash that nobody makes without the secret.
    pub fn keyed(purpose: &str, secret: &str, bytes: &[u8]) -> Self {
        Self(*blake3::keyed_hash(&blake3::derive_key(purpose, secret.as_bytes()), bytes).as_bytes())
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|hash| Self(*hash.as_bytes()))
    }

    /// The first eight hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Tells equal bytes apart from others within one process, the same in every run, where a digest would cost more than reading them.
pub fn quick_hash(bytes: &[u8]) -> u64 {
    foldhash::quality::FixedState::default().hash_one(bytes)
}

/// The canonical text of a JSON value.
pub fn canonical(value: &Value) -> String {
    let mut text = String::with_capacity(256);
    write_canonical(value, &mut text);
    text
}

/// Appends the canonical text of a value.
pub(crate) fn write_canonical(value: &Value, text: &mut String) {
    write(value, true, text);
}

/// Appends a value as `serde_json` writes it, its keys in their own order, in a fraction of the time.
pub fn write_as_is(value: &Value, text: &mut String) {
    write(value, false, text);
}

fn write(value: &Value, by_key: bool, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write(item, by_key, text);
            }
            text.push(']');
        }
        Value::Object(fields) if by_key => {
            let mut entries: Vec<(&String, &Value)> = fields.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            write_entries(entries.into_iter(), by_key, text);
        }
        Value::Object(fields) => write_entries(fields.iter(), by_key, text),
        Value::String(value) => write_text(value, text),
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_entries<'v>(entries: impl Iterator<Item = (&'v String, &'v Value)>, by_key: bool, text: &mut String) {
    text.push('{');
    for (position, (key, value)) in entries.enumerate() {
        if position > 0 {
            text.push(',');
        }
        write_text(key, text);
        text.push(':');
        write(value, by_key, text);
    }
    text.push('}');
}

/// Appends a JSON string.
pub fn write_text(value: &str, text: &mut String) {
    let needs_escape = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    text.push('"');
    // Every byte is looked at, which takes less than stopping at the first that needs an escape: most have none.
    if !value.bytes().fold(false, |needs, byte| needs | needs_escape(byte)) {
        text.push_str(value);
    } else {
        let mut rest = value;
        while let Some((plain, escaped)) = rest.bytes().position(needs_escape).and_then(|at| rest.split_at_checked(at))
        {
            text.push_str(plain);
            write_escape(escaped.as_bytes()[0], text);
            rest = &escaped[1..];
        }
        text.push_str(rest);
    }
    text.push('"');
}

fn write_escape(byte: u8, text: &mut String) {
    let short = match byte {
        b'\n' => "\\n",
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\t' => "\\t",
        b'\r' => "\\r",
        0x08 => "\\b",
        0x0c => "\\f",
        other => return text.push_str(&format!("\\u{other:04x}")),
    };
    text.push_str(short);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text_is_sorted_json_that_reads_back_the_same() {
        let value = serde_json::json!({"b": ["é\n", "\u{7f}", "\"\\", 1.5, -0.0, 1e21], "a": {"ü": null, "a b": true}});
        let text = canonical(&value);
        assert_eq!(text, "{\"a\":{\"a b\":true,\"ü\":null},\"b\":[\"é\\n\",\"\u{7f}\",\"\\\"\\\\\",1.5,-0.0,1e+21]}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn every_character_is_written_as_serde_json_writes_it() {
        let every: String = (0..=0x2030).filter_map(char::from_u32).collect();
        let texts = every.chars().map(String::from).chain([every.clone(), String::new()]);
        for value in texts.map(Value::from).chain([serde_json::json!({"b": [1, {"\n\"": null}], "a": -0.5})]) {
            let mut text = String::new();
            write_as_is(&value, &mut text);
            assert_eq!(text, value.to_string());
        }
    }
}

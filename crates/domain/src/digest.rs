//! Content addresses: BLAKE3 over canonical JSON.
//!
//! in      any JSON value
//! out     64 lower-case hex digits; equal exactly when the canonical texts are equal
//! canonical: object keys sorted by their bytes, no white space, strings escaped as serde_json does, numbers in their
//!         shortest form that reads back the same; the caller puts a version tag in front (`domain`)

use crate::json_text::write_by_key;
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
    write_by_key(value, &mut text);
    text
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
}

//! Keys, and texts without them.

use super::fill::{percent_decoded, percent_encoded};
use domain::system::names_a_secret;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Every key that a run uses. What is kept, printed or compared goes through `redact` first.
#[derive(Clone, Default)]
pub struct Secrets(Vec<SecretString>);

/// Shorter texts are no keys, and would be found in every word.
const SHORTEST: usize = 6;
/// No key is as short as a word and made of letters alone.
const LONGEST_WORD: usize = 16;
const MARK: &str = "[secret]";

impl Secrets {
    /// Adds a key, and the forms in which a server may echo it.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        for form in forms(secret) {
            if form.len() >= SHORTEST && !self.0.iter().any(|known| known.expose_secret() == form) {
                self.0.push(SecretString::from(form));
            }
        }
        // A longer secret that holds a shorter one is taken out first.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
    }

    /// Adds what fills a place of this name, unless it is plainly a word: `billing` in `x-team` would be taken out of every
    /// answer.
    pub fn add_value(&mut self, place: &str, value: &str) {
        let is_word =
            value.len() < LONGEST_WORD && value.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == '_');
        if !is_word || names_a_secret(place) {
            self.add(value);
        }
    }

    /// The text, with a mark in place of every key.
    pub fn redact(&self, text: &str) -> String {
        self.redacted(text.to_owned())
    }

    /// The same of a text that is given away: most hold no key, and are not copied.
    pub fn redacted(&self, mut text: String) -> String {
        for secret in &self.0 {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), MARK);
            }
        }
        text
    }

    pub fn occur_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret.expose_secret()))
    }

    /// Takes keys out of every text of a value, keys of objects included; whether there was any.
    pub fn redact_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let found = self.occur_in(text);
                if found {
                    *text = self.redact(text);
                }
                found
            }
            Value::Array(items) => items.iter_mut().fold(false, |found, item| self.redact_value(item) | found),
            Value::Object(fields) => {
                let mut found = fields.keys().any(|key| self.occur_in(key));
                if found {
                    *fields = std::mem::take(fields).into_iter().map(|(key, v)| (self.redacted(key), v)).collect();
                }
                for field in fields.values_mut() {
                    found |= self.redact_value(field);
                }
                found
            }
            _ => false,
        }
    }
}

/// A secret as it is, and as a server may say it back: decoded where it was given encoded, in an address, and each of these in JSON.
fn forms(secret: &str) -> Vec<String> {
    let mut plain = vec![secret.to_owned()];
    plain.extend(percent_decoded(secret));
    // As the parser of addresses sends it: in a query, and in a path.
    let sent = |text: &str| {
        let mut url = Url::parse("http://host/").ok()?;
        url.set_query(Some(text));
        let query = url.query().map(str::to_owned);
        url.set_path(text);
        Some([query, url.path().strip_prefix('/').map(str::to_owned)])
    };
    let mut all: Vec<String> = plain.iter().filter_map(|text| sent(text)).flatten().flatten().collect();
    for text in plain {
        let encoded = percent_encoded(&text);
        // Forms put a `+` where addresses have `%20`, and some write hex digits small.
        let lower = lower_hex(&encoded);
        all.extend([encoded.replace("%20", "+"), encoded, lower, text]);
    }
    // Arguments of tools are JSON in a text of JSON.
    let in_json = all.iter().flat_map(|text| {
        let quoted_once = quoted(text);
        [quoted(&quoted_once), quoted_once.replace('/', "\\/"), quoted_once]
    });
    let mut forms: Vec<String> = in_json.collect();
    forms.append(&mut all);
    forms
}

/// The same with small letters in every `%XX`.
fn lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        out.push('%');
        out.push_str(&hex.to_lowercase());
        out.push_str(rest);
    }
    out
}

/// A text as it stands between the quotes of JSON.
fn quoted(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(&quoted).to_owned()
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_left_in_a_text() {
        let mut secrets = Secrets::default();
        secrets.add("sk-abc123");
        secrets.add("sk-abc123-long");
        assert_eq!(secrets.redact("Bearer sk-abc123-long and sk-abc123!"), "Bearer [secret] and [secret]!");
        assert!(!format!("{secrets:?}").contains("sk-"));
    }

    #[test]
    fn a_key_is_found_in_the_forms_that_servers_echo() {
        let mut secrets = Secrets::default();
        secrets.add("ab/cd+\"ef");
        for form in
            ["ab/cd+\"ef", r#"ab/cd+\"ef"#, r#"ab\/cd+\"ef"#, "ab%2Fcd%2B%22ef", "ab%2fcd%2b%22ef", "ab/cd+%22ef"]
        {
            assert_eq!(secrets.redact(form), "[secret]", "{form}");
        }
        // It was given as an address has it, and is said back as the server read it.
        let mut encoded = Secrets::default();
        encoded.add("ab%2Fcd%20ef");
        for form in ["ab%2Fcd%20ef", "ab/cd ef", "ab%2fcd%20ef", "ab%2Fcd+ef", r"ab\/cd ef"] {
            assert_eq!(encoded.redact(form), "[secret]", "{form}");
        }
        let mut value = serde_json::json!({"ab/cd+\"ef": ["x ab/cd+\"ef", 1]});
        assert!(secrets.redact_value(&mut value));
        assert_eq!(value, serde_json::json!({"[secret]": ["x [secret]", 1]}));
        assert!(!secrets.redact_value(&mut value));
    }
}

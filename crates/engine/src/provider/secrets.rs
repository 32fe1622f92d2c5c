//! Keys, and texts without them.
//!
//! in      keys, and whatever the environment fills a place with
//! out     texts in which a mark stands in place of each of them, in every form in which a server may say it back
//! rule    all of it is a secret, whatever it is called, but for what is too short to be one, what reads as a name does (`billing`,
//!         `eu-west-1`) in a place that is not named as those of keys are, and the host of an address

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
/// No key is as short as a name and made of words, or of pieces as short as `v2`.
const LONGEST_NAME: usize = 15;
const LONGEST_PIECE: usize = 3;
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

    /// Adds what fills a place of this name, unless it reads as a name does: `billing` in `x-team` would be taken out of every
    /// answer.
    pub fn add_value(&mut self, place: &str, value: &str) {
        if !reads_as_a_name(value) || names_a_secret(place) {
            self.add(value);
        }
    }

    /// Adds what a variable puts into an address of this origin: each step of a path, and each value of a query. The host is said to
    /// people, and asked for in the open.
    pub fn add_in_address(&mut self, variable: &str, value: &str, origin: &str) {
        let (way, query) = value.split_once('?').unwrap_or((value, ""));
        let names_host = way.split('/').any(|step| !step.is_empty() && origin.contains(step));
        let steps: Vec<&str> = way.split('/').filter(|step| !origin.contains(step)).collect();
        steps.iter().for_each(|step| self.add_value("", step));
        // A key may hold a slash: then it is none of its steps.
        let is_plain = names_host || steps.iter().all(|step| reads_as_a_name(step));
        if !is_plain || (names_a_secret(variable) && !steps.is_empty()) {
            self.add(way);
        }
        for pair in query.split(['&', ';', '#']) {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            self.add_value(name, value);
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

/// Short, and of words: letters alone, or pieces as short as those of `eu-west-1` and `v2`.
fn reads_as_a_name(value: &str) -> bool {
    let is_word = |piece: &str| piece.len() <= LONGEST_PIECE || piece.chars().all(|c| c.is_ascii_alphabetic());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    value.len() <= LONGEST_NAME && value.chars().all(is_plain) && value.split(['-', '_', '.']).all(is_word)
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
    fn what_the_environment_fills_in_is_a_secret_but_for_names_and_hosts() {
        for name in ["billing", "eu-west-1", "gpt-4o-mini", "v2", "team_a.b", "production"] {
            assert!(reads_as_a_name(name), "{name}");
        }
        for drawn in
            ["hunter2", "a1b2c3d4", "p-654321", "T0123456", "abcdefghijklmnop", "correct horse", "abc/def", "ab+cd"]
        {
            assert!(!reads_as_a_name(drawn), "{drawn}");
        }
        let mut secrets = Secrets::default();
        secrets.add_in_address(
            "HOOK",
            "http://127.0.0.1:8901/services/T0123456/v1?sig=hunter22&team=billing",
            "http://127.0.0.1:8901",
        );
        secrets.add_in_address("PLACE", "a1b2c3d4", "http://127.0.0.1:8901");
        secrets.add_in_address("APP_TOKEN", "letmein", "http://127.0.0.1:8901");
        secrets.add_in_address("REGION", "eu-west-1", "http://127.0.0.1:8901");
        secrets.add_in_address("SLASHED", "ab12/cd+3", "http://127.0.0.1:8901");
        assert_eq!(
            secrets.redact("127.0.0.1:8901/services/T0123456/v1 hunter22 billing a1b2c3d4 letmein eu-west-1 ab12/cd+3"),
            "127.0.0.1:8901/services/[secret]/v1 [secret] billing [secret] [secret] eu-west-1 [secret]"
        );
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

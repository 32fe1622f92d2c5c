//! Keys that stand in a contract, told by the name of their place or by their look.
//!
//! in      a header or a part of a query with its value; or any text
//! out     whether it holds a secret
//! source  the prefixes of keys are those that their issuers document, as `engine::redact` finds them in requests
//! note    what a variable or a template fills is none. It is said rather too often: what is no secret may come from a variable, too, and a
//!         key that is kept in a record stays there

use crate::system::names_a_secret;

/// Names that hold nothing but secrets, however short.
const ALWAYS: [&str; 5] = ["authorization", "x-api-key", "api-key", "proxy-authorization", "cookie"];
/// Shorter values are no keys: `max_tokens=500`.
const SHORTEST: usize = 6;
/// How a key begins, and how many characters follow at least.
const BEGINNINGS: [(&str, usize); 30] = [
    ("sk-", 16),
    ("sk_", 16),
    ("pk-", 16),
    ("pk_", 16),
    ("rk-", 16),
    ("rk_", 16),
    ("whsec_", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 20),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 24),
    ("ya29.", 20),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxe-", 10),
    ("xoxo-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("hf_", 30),
    ("npm_", 36),
    ("SG.", 32),
    ("eyJ", 24),
    ("gsk_", 20),
];

/// Whether a value that stands under this name is a secret.
pub fn holds(name: &str, value: &str) -> bool {
    let is_filled = ["${", "{{", "{%"].iter().any(|mark| value.contains(mark));
    let is_named =
        ALWAYS.contains(&name.to_lowercase().as_str()) || (names_a_secret(name) && value.chars().count() >= SHORTEST);
    (!is_filled && is_named) || is_in(value)
}

/// The part of an address's query that holds a secret, by its name.
pub fn in_query(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    let mut pairs = query.split(['&', ';', '#']).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, value)| holds(name, value)).map(|(name, _)| name)
}

/// Whether something in a text looks like a key.
pub fn is_in(text: &str) -> bool {
    let has_digit = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit());
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let begins = |word: &str| {
        BEGINNINGS.iter().any(|(start, more)| word.strip_prefix(start).is_some_and(|rest| rest.len() >= *more))
    };
    let mut said = text.split_whitespace().peekable();
    let mut is_sent = false;
    while let Some(word) = said.next() {
        let scheme = ["bearer", "basic"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        let next = said.peek().copied().unwrap_or_default();
        is_sent |= scheme && next.len() >= 16 && has_digit(next) && !next.contains(['$', '{']);
    }
    is_sent || words.any(|word| begins(word) && has_digit(word))
}

#[cfg(test)]
mod tests {
    use crate::format::contract::parse;

    fn faults(system: &str) -> Vec<String> {
        let text = format!("plimsoll: 1\nsystems:\n  candidate: {system}\n");
        match parse("plimsoll.yaml".into(), &text) {
            Ok(_) => Vec::new(),
            Err(faults) => {
                assert!(faults.iter().all(|fault| fault.found.is_empty() && fault.help.contains("${")));
                faults.iter().map(|fault| format!("{}: {}", fault.place.line, fault.what)).collect()
            }
        }
    }

    #[test]
    fn a_key_in_a_header_is_refused_and_never_said_back() {
        for (name, value) in [
            ("x-goog-api-key", "AIzaSyA-1234567890abcdefghijk"),
            ("ocp-apim-subscription-key", "0123456789abcdef0123456789abcdef"),
            ("X-Session-Id", "abcdefgh"),
            ("x-access", "sk-live-LITERAL1234567890"),
            ("x-access", "Bearer 0123456789abcdef"),
            ("x-access", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"),
            ("Cookie", "a=1"),
            ("authorization", "none"),
        ] {
            let told = faults(&format!("{{http: {{url: \"http://h/\", headers: {{{name}: \"{value}\"}}}}}}"));
            assert_eq!(told, [format!("3: `{name}` holds a secret")], "{value}");
        }
        for (name, value) in [
            ("x-goog-api-key", "${GOOGLE_KEY}"),
            ("x-session-id", "{{ input.session }}"),
            ("authorization", "Bearer ${KEY}"),
            ("x-team", "billing"),
            ("x-max-tokens", "500"),
            ("x-trace", "0123456789abcdef0123456789abcdef"),
            ("x-model", "task-router-2026-01-01-large"),
        ] {
            let told = faults(&format!("{{http: {{url: \"http://h/\", headers: {{{name}: \"{value}\"}}}}}}"));
            assert!(told.is_empty(), "{name}: {told:?}");
        }
    }

    #[test]
    fn a_key_in_an_address_is_refused_and_never_said_back() {
        let at = |url: &str| faults(&format!("{{http: {{url: \"{url}\"}}}}"));
        assert_eq!(at("http://h/ask?v=2&api_key=sk-live-1"), ["3: `url` holds a secret in `api_key`"]);
        assert_eq!(at("http://h/ask?sig=ghp_0123456789abcdefghij"), ["3: `url` holds a secret in `sig`"]);
        assert_eq!(at("http://h/bot/sk-live-0123456789abcdef/ask"), ["3: `url` holds what looks like a key"]);
        assert!(at("http://h/ask?v=2&api_key=${KEY}&max_tokens=500").is_empty());
        let model = faults("{openai: {base_url: \"http://h/v1?token=abcdef123456\", model: m}}");
        assert_eq!(model, ["3: `base_url` holds a secret in `token`"]);
    }
}

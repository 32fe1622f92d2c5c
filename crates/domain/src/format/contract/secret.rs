//! Keys that stand in a contract, told by the name of their place or by their look.
//!
//! in      a header, a part of a query or a field with its value; or any text
//! out     whether it holds a secret; the text with a star for each character of one
//! source  the prefixes of keys are those that their issuers document, as `engine::redact` finds them in requests
//! note    what a variable or a template fills is none. It is said rather too often: what is no secret may come from a variable, too, and a
//!         key that is kept in a record stays there

use crate::system::names_a_secret;
use std::ops::Range;

/// Names that hold nothing but secrets, however short.
const ALWAYS: [&str; 5] = ["authorization", "x-api-key", "api-key", "proxy-authorization", "cookie"];
/// Shorter values are no keys: `max_tokens=500`.
const SHORTEST: usize = 6;
/// Fields of a body whose names end so hold nothing but secrets.
const SECRETS: [&str; 6] = ["secret", "password", "passwd", "passphrase", "authorization", "credentials"];
/// Fields whose names end so hold secrets where the value is drawn and not written: `next_token` may be a word, and `key` alone may name
/// anything, which then has its words apart.
const DRAWN: [&str; 2] = ["key", "token"];
const SHORTEST_DRAWN: usize = 16;
const SHORTEST_RUN: usize = 12;
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

/// Whether a value that stands under this name, in a header or an address, is a secret.
pub fn holds(name: &str, value: &str) -> bool {
    let is_named =
        ALWAYS.contains(&name.to_lowercase().as_str()) || (names_a_secret(name) && value.chars().count() >= SHORTEST);
    (!is_filled(value) && is_named) || is_in(value)
}

/// Whether a field of a body with this name holds a secret. Bodies hold much else that is named with `key` or `token`: `keywords`,
/// `max_tokens`.
pub fn is_in_field(name: &str, value: &str) -> bool {
    let bare = bare(name);
    let is_secret = SECRETS.iter().any(|end| bare.ends_with(end)) && value.chars().count() >= SHORTEST;
    let is_key = DRAWN.iter().any(|end| bare.ends_with(end));
    let is_drawn = value.len() >= SHORTEST_DRAWN && has_digit(value) && !value.contains(char::is_whitespace);
    let is_drawn = is_drawn && (bare != "key" || has_run(value));
    (!is_filled(value) && (is_secret || (is_key && is_drawn))) || has_key(value)
}

/// The place among the words of a command of one that holds a secret, by the name of the option or variable that it is given for:
/// `--token VALUE`, `--token=VALUE`, `TOKEN=VALUE`.
pub fn in_command(words: &[String]) -> Option<usize> {
    let is_secret = |at: &usize| {
        let word = words[*at].as_str();
        let before = at.checked_sub(1).map(|at| words[at].as_str()).filter(|before| before.starts_with('-'));
        let given = word.split_once('=').or(before.map(|before| (before, word)));
        given.is_some_and(|(name, value)| is_in_field(name, value))
    };
    (0..words.len()).find(is_secret)
}

/// Whether letters and digits follow each other as they do in what is drawn, and in no word, number or date.
fn has_run(value: &str) -> bool {
    let is_drawn =
        |run: &str| run.len() >= SHORTEST_RUN && has_digit(run) && run.bytes().any(|byte| byte.is_ascii_alphabetic());
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(is_drawn)
}

fn is_filled(value: &str) -> bool {
    ["${", "{{", "{%"].iter().any(|mark| value.contains(mark))
}

fn bare(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The part of an address's query that holds a secret, by its name.
pub fn in_query(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    let mut pairs = query.split(['&', ';', '#']).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, value)| holds(name, value)).map(|(name, _)| name)
}

/// Whether something in a text looks like a key.
pub fn is_in(text: &str) -> bool {
    let mut said = text.split_whitespace().peekable();
    let mut is_sent = false;
    while let Some(word) = said.next() {
        let scheme = ["bearer", "basic"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        let next = said.peek().copied().unwrap_or_default();
        is_sent |= scheme && next.len() >= 16 && has_digit(next) && !next.contains(['$', '{']);
    }
    is_sent || has_key(text)
}

/// Whether a word of a text looks like a key, whatever stands before it.
pub fn has_key(text: &str) -> bool {
    !looking_so(text).is_empty()
}

/// The text with a star for each character of what looks like a key.
pub fn starred(text: &str) -> String {
    with_stars(text, &looking_so(text))
}

/// A line of a file, with a star also for each character of what stands under the name of a key, or as user and password in an address.
pub fn starred_line(line: &str) -> String {
    let places = [looking_so(line), named(line), signed_in(line)].concat();
    with_stars(line, &places)
}

fn with_stars(text: &str, places: &[Range<usize>]) -> String {
    let is_hidden = |at: usize| places.iter().any(|place| place.contains(&at));
    text.char_indices().map(|(at, c)| if is_hidden(at) { '*' } else { c }).collect()
}

/// Where words begin and go on as keys do.
fn looking_so(text: &str) -> Vec<Range<usize>> {
    let is_apart = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    let begins = |word: &str| {
        BEGINNINGS.iter().any(|(start, more)| word.strip_prefix(start).is_some_and(|rest| rest.len() >= *more))
    };
    let (mut places, mut at) = (Vec::new(), 0);
    for part in text.split_inclusive(is_apart) {
        let word = part.trim_end_matches(is_apart);
        if begins(word) && has_digit(word) {
            places.push(at..at + word.len());
        }
        at += part.len();
    }
    places
}

/// Where values stand whose names end as those of secrets do: `api_key: ...`, `token=...`.
fn named(line: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    for (at, _) in line.match_indices([':', '=']) {
        let before = line[..at].trim_end_matches(['"', '\'', ' ']);
        let name = bare(before.rsplit([' ', ',', '{', '?', '&', '"', '\'']).next().unwrap_or_default());
        if !SECRETS.iter().chain(&DRAWN).any(|end| name.ends_with(end)) {
            continue;
        }
        let value = line[at + 1..].trim_start();
        let from = line.len() - value.len();
        let end = match value.chars().next() {
            // What is a mapping or a list has names of its own.
            None | Some('{' | '[') => continue,
            Some(quote @ ('"' | '\'')) => value[1..].find(quote).map(|end| end + 1),
            Some(_) => value.find([',', '}', ']', '&', '"', '\'']),
        };
        let value = &value[..end.unwrap_or(value.len())];
        if !is_filled(value) {
            places.push(from..from + value.len());
        }
    }
    places
}

/// Where user and password stand in addresses.
fn signed_in(line: &str) -> Vec<Range<usize>> {
    let of = |(at, scheme): (usize, &str)| {
        let from = at + scheme.len();
        let host = line[from..].split(['/', ' ', '"', '\'']).next()?;
        host.rfind('@').map(|end| from..from + end)
    };
    line.match_indices("://").filter_map(of).collect()
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{starred, starred_line};
    use crate::fault::Fault;
    use crate::format::contract::parse;

    fn faults(system: &str) -> Vec<String> {
        let text = format!("plimsoll: 1\nsystems:\n  candidate: {system}\n");
        match parse("plimsoll.yaml".into(), &text) {
            Ok(_) => Vec::new(),
            Err(faults) => {
                assert!(faults.iter().all(|fault| fault.found == Fault::HIDDEN && fault.help.contains("${")));
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

    #[test]
    fn a_key_in_a_body_or_any_other_text_of_a_system_is_refused() {
        let body = |body: &str| faults(&format!("{{http: {{url: \"http://h/\", body: {body}}}}}"));
        for (name, value) in [
            ("api_key", "0123456789abcdef"),
            ("accessToken", "abcdefgh01234567"),
            ("client-secret", "correct horse"),
            ("password", "letmein"),
            ("note", "use sk-live-0123456789abcdef here"),
            ("key", "a1b2c3d4e5f6g7h8"),
            ("token", "q7-ab12cd34ef56gh78"),
        ] {
            assert_eq!(body(&format!("{{a: [{{{name}: \"{value}\"}}]}}")), [format!("3: `{name}` holds a secret")]);
        }
        assert_eq!(body("{api_key: 1234567890123456, max_tokens: 1234567890123456}"), ["3: `api_key` holds a secret"]);
        assert_eq!(body("\"q=1&k=ghp_0123456789abcdefghij\""), ["3: `body` holds a secret"]);
        for fine in [
            "{api_key: \"${KEY}\", token: \"{{ input.token }}\"}",
            "{max_tokens: 1000000, keywords: [a1b2c3d4e5f6g7h8i9], key: refunds-2026-10-eu, next_token: none}",
        ] {
            assert!(body(fine).is_empty(), "{fine}: {:?}", body(fine));
        }
        let model = faults("{openai: {base_url: \"http://h/v1\", model: m, body: {api_key: 0123456789abcdef0}}}");
        assert_eq!(model, ["3: `api_key` holds a secret"]);
        for words in
            ["--token, a1b2c3d4e5f6g7h8", "--api-key=a1b2c3d4e5f6g7h8", "-password, letmein", "APP_SECRET=letmein"]
        {
            let told = faults(&format!("{{program: {{command: [a, {words}]}}}}"));
            assert_eq!(told, ["3: `command` holds a secret"], "{words}");
        }
        for words in [
            "--max-tokens, 1000000000000000",
            "--key, refunds-2026-10-eu",
            "--model=a1b2c3d4e5f6g7h8",
            "token, a1b2c3d4e5f6g7h8",
        ] {
            let told = faults(&format!("{{program: {{command: [a, {words}]}}}}"));
            assert!(told.is_empty(), "{words}: {told:?}");
        }
        let key = "sk-live-0123456789abcdef";
        for (system, named) in [
            (format!("{{openai: {{base_url: \"http://h/v1\", model: {key}}}}}"), "model"),
            (format!("{{program: {{command: [a, --key, {key}]}}}}"), "command"),
            (format!("{{program: {{command: [a], environment: [{key}]}}}}"), "environment"),
            (format!("{{recorded: a.jsonl, describe: \"with {key}\"}}"), "describe"),
            (format!("{{openai: {{base_url: \"http://h/v1\", model: m, key: {{file: {key}}}}}}}"), "file"),
        ] {
            assert_eq!(faults(&system), [format!("3: `{named}` holds what looks like a key")], "{system}");
        }
    }

    #[test]
    fn a_key_for_a_program_that_grades_is_refused() {
        let told = |process: &str| {
            let text =
                format!("plimsoll: 1\ncriteria:\n  tone: {{protects: unhelpful, grade: {{process: {process}}}}}\n");
            let faults = parse("plimsoll.yaml".into(), &text).map(|_| ()).err();
            let faults = faults.into_iter().flatten().filter(|fault| fault.found == Fault::HIDDEN);
            faults.map(|fault| fault.what).collect::<Vec<_>>()
        };
        for (process, what) in [
            ("{command: [a, --token, a1b2c3d4e5f6g7h8]}", "`command` holds a secret"),
            ("{command: [a, ghp_0123456789abcdefghij]}", "`command` holds what looks like a key"),
            ("{command: [a], settings: {of: {api_key: a1b2c3d4e5f6g7h8}}}", "`api_key` holds a secret"),
        ] {
            assert_eq!(told(process), [what], "{process}");
        }
        assert!(told("{command: [a, --strict], settings: {key: refunds, model: models/minilm}}").is_empty());
    }

    #[test]
    fn a_line_is_shown_without_keys_and_as_long_as_it_is() {
        for (line, shown) in [
            ("key: sk-live-0123456789abcdef, tmperature: 0", "key: ************************, tmperature: 0"),
            ("a: {api_key: \"pass word\", b: 1}", "a: {api_key: **********\", b: 1}"),
            ("url: http://h/?token=abc&q=1", "url: http://h/?token=***&q=1"),
            ("url: \"http://me:hunter2@h/\"", "url: \"http://**********@h/\""),
            ("é: ghp_0123456789abcdefghij", "é: ************************"),
            (
                "key: {env: NAME}, token: ${T}, work: explain the charge",
                "key: {env: NAME}, token: ${T}, work: explain the charge",
            ),
        ] {
            assert_eq!(starred_line(line), shown);
        }
        assert_eq!(starred("`sk-live-0123456789abcdef` is key: none"), "`************************` is key: none");
    }
}

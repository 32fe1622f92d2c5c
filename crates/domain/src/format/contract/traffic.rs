//! `traffic`: how long requests are kept, what is hidden of them before, and which attributes they have.

use crate::format::yaml::{Node, Reader};
use crate::redaction::{OwnPattern, Redaction, TrafficPolicy, Treatment};

pub const KEYS: &[&str] = &["keep", "redact", "hash_key", "attributes"];
pub const REDACT_KEYS: &[&str] = &["cards", "keys", "emails", "phones", "own"];
pub const OWN_KEYS: &[&str] = &["name", "pattern", "as"];

pub fn read(reader: &mut Reader, node: &Node) -> TrafficPolicy {
    let Some(fields) = reader.fields(node, "`traffic`", KEYS) else { return TrafficPolicy::default() };
    let mut redaction = fields.get("redact").map(|node| redact(reader, node)).unwrap_or_default();
    if let Some(node) = fields.get("hash_key")
        && let Some(of) = reader.fields(node, "`hash_key`", &["env"])
    {
        match of.get("env") {
            Some(name) => redaction.hash_key = reader.name(name, "the name of a variable"),
            None => reader.missing(node.at, "`env` is missing", "write `hash_key: {env: NAME}`"),
        }
    }
    if redaction.hashes() && redaction.hash_key.is_none() {
        let help = "write `hash_key: {env: NAME}`, and keep the secret in that variable";
        reader.missing(node.at, "a hash needs a secret, and `hash_key` is missing", help);
    }
    let help = "write `language: app.language`: the attribute, and the key that the log has it under";
    let entries = fields.get("attributes").map(|node| reader.entries(node, "`attributes`", help)).unwrap_or_default();
    let attributes = entries.iter().filter_map(|(key, value)| Some((key.text.clone(), reader.name(value, "a key")?)));
    TrafficPolicy {
        attributes: attributes.collect(),
        keep_days: fields.get("keep").and_then(|node| {
            let text = reader.word(node, "`keep`")?;
            let days = days(&text);
            if days.is_none() {
                reader.fault(node.at, "`keep` is no number of days", "write `keep: 90d`");
            }
            days
        }),
        redaction,
    }
}

/// `90d`, from one day up to some 270 years.
pub fn days(text: &str) -> Option<u32> {
    let digits = text.trim().strip_suffix('d')?;
    let plain = !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|days| plain && *days > 0)
}

fn redact(reader: &mut Reader, node: &Node) -> Redaction {
    let Some(fields) = reader.fields(node, "`redact`", REDACT_KEYS) else { return Redaction::default() };
    let mut of = |key: &str| {
        let given = fields.get(key).and_then(|node| treatment(reader, node, &format!("`{key}`"), true));
        given.unwrap_or_default()
    };
    let (cards, keys, emails, phones) = (of("cards"), of("keys"), of("emails"), of("phones"));
    let help = "write `- {name: customer, pattern: 'C-[0-9]{8}'}`";
    let items = fields.get("own").map(|node| reader.list(node, "`own`", help)).unwrap_or_default();
    let own = items.iter().filter_map(|item| own(reader, item)).collect();
    Redaction { cards, keys, emails, phones, own, hash_key: None }
}

fn own(reader: &mut Reader, node: &Node) -> Option<OwnPattern> {
    let fields = reader.fields(node, "a pattern", OWN_KEYS)?;
    for key in ["name", "pattern"] {
        if fields.get(key).is_none() {
            reader.missing(node.at, format!("`{key}` is missing"), "write `{name: customer, pattern: 'C-[0-9]{8}'}`");
        }
    }
    let name = fields.get("name").and_then(|node| {
        let name = reader.name(node, "`name`")?;
        let plain =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        if !plain {
            reader.fault(node.at, "the name of a pattern stands in texts", "use small letters, digits, `_` and `-`");
        }
        plain.then_some(name)
    });
    let pattern = fields.get("pattern").and_then(|node| reader.text(node, "`pattern`"));
    let treatment = fields.get("as").and_then(|node| treatment(reader, node, "`as`", false)).unwrap_or_default();
    Some(OwnPattern { name: name?, pattern: pattern?, treatment })
}

fn treatment(reader: &mut Reader, node: &Node, what: &str, may_keep: bool) -> Option<Treatment> {
    match reader.word(node, what)?.as_str() {
        "hide" => Some(Treatment::Hide),
        "hash" => Some(Treatment::Hash),
        "keep" if may_keep => Some(Treatment::Keep),
        _ => {
            let help = if may_keep { "write hide, hash or keep" } else { "write hide or hash" };
            reader.fault(node.at, format!("{what} is none of these"), help);
            None
        }
    }
}

//! `sampling:` of a contract.

use super::segments::conditions;
use crate::format::yaml::{self, Fields, Node, Reader};
use crate::name::Attribute;
use crate::sampling::{Kind, Per, Rule};
use std::collections::BTreeMap;

pub const KEYS: &[&str] = &["name", "rule", "take", "by", "where", "signal", "per"];
const RULES: &[&str] = &["uniform", "stratified", "signal", "newest", "novelty"];
/// Conversations that one rule draws at most.
const MOST: u64 = 1_000_000;

pub fn read(reader: &mut Reader, node: &Node) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for item in reader.list(node, "`sampling`", "write `- {name: weekly, rule: uniform, take: 50, per: week}`") {
        let Some(fields) = reader.fields(item, "a sampling rule", KEYS) else { continue };
        let Some(rule) = rule(reader, item, &fields) else { continue };
        if rules.iter().any(|known| known.name == rule.name) {
            reader.fault(
                fields.place_of("name"),
                format!("`{}` is the name of a rule already", rule.name),
                "choose another: examples say by name which rule drew them",
            );
        }
        rules.push(rule);
    }
    rules
}

fn rule(reader: &mut Reader, item: &Node, fields: &Fields) -> Option<Rule> {
    let [name, word, take] = ["name", "rule", "take"].map(|key| {
        let node = fields.get(key);
        if node.is_none() {
            let what = format!("`{key}` is missing");
            reader.missing(item.at, what, "a rule has a name, a rule and how many to take");
        }
        node
    });
    let name = reader.name(name?, "`name`");
    let kind = kind(reader, item, word?, fields);
    let take = reader.whole(take?, "`take`", 1, MOST);
    let conditions = fields.get("where").map(|node| conditions(reader, node, "`where`")).unwrap_or_default();
    let per = fields.get("per").and_then(|node| per(reader, node));
    Some(Rule { name: name?, kind: kind?, take: take?, conditions, per })
}

fn kind(reader: &mut Reader, item: &Node, node: &Node, fields: &Fields) -> Option<Kind> {
    let word = reader.word(node, "`rule`")?;
    for (key, of) in [("by", "stratified"), ("signal", "signal")] {
        match fields.get(key) {
            Some(_) if word != of => {
                let what = format!("`{key}` belongs to a rule `{of}`");
                reader.fault(fields.place_of(key), what, format!("leave `{key}` out, or write `rule: {of}`"));
            }
            None if word == of => {
                let what = format!("a rule `{of}` needs `{key}`");
                reader.missing(item.at, what, "write for example `by: task`, or `signal: {thumbs: down}`");
            }
            _ => {}
        }
    }
    match word.as_str() {
        "uniform" => Some(Kind::Uniform),
        "newest" => Some(Kind::Newest),
        "novelty" => Some(Kind::Novelty),
        "stratified" => Some(Kind::Stratified { by: Attribute::new(reader.name(fields.get("by")?, "`by`")?) }),
        "signal" => {
            let help = "write `{thumbs: down, error: any}`";
            let entries = reader.entries(fields.get("signal")?, "`signal`", help);
            if entries.is_empty() {
                reader.fault(fields.place_of("signal"), "`signal` names no signal", help);
            }
            let any_of: BTreeMap<_, _> = entries
                .iter()
                .map(|(key, value)| (key.text.clone(), reader.some_words(value, "the value").into_iter().collect()))
                .collect();
            Some(Kind::Signal { any_of })
        }
        _ => {
            let help = format!("{}rules: {}", yaml::meant(&word, RULES.iter().copied()), RULES.join(", "));
            reader.fault(node.at, format!("`{word}` is no rule of sampling"), help);
            None
        }
    }
}

fn per(reader: &mut Reader, node: &Node) -> Option<Per> {
    match reader.word(node, "`per`")?.as_str() {
        "week" => Some(Per::Week),
        "month" => Some(Per::Month),
        other => {
            reader.fault(node.at, format!("`{other}` is no period"), "write `per: week` or `per: month`");
            None
        }
    }
}

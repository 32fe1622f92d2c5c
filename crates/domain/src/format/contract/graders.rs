//! `grade:` of a criterion.

use super::gates::duration_ms;
use crate::fault::closest;
use crate::format::yaml::{Fields, Node, NodeKind, Reader};
use crate::grader::{Grader, LengthUnit, Normalisation, Operand, Part, Reading, Schema, TextSimilarity, ToolRules};
use crate::name::SystemName;
use crate::share::{Amount, Share};
use crate::system::System;
use serde_json::Value;
use std::collections::BTreeMap;

pub const KINDS: &[&str] = &[
    "equals",
    "one_of",
    "contains",
    "regex",
    "json",
    "number",
    "similar",
    "cites",
    "behaviour",
    "tools",
    "length",
    "finish_reason",
    "latency",
    "spend",
    "cel",
    "process",
    "same_as_base",
    "judge",
    "imported",
];
const MODIFIERS: &[&str] = &["with"];
const IGNORED: &[&str] = &["case", "punctuation", "spaces", "articles", "unicode"];
/// The roots that make a text a path into the example.
const ROOTS: &[&str] = &["expected.", "input.", "attributes.", "context."];

pub fn read(reader: &mut Reader, node: &Node, systems: &[System]) -> Option<Grader> {
    if let NodeKind::Text(word) = &node.kind {
        return match word.as_str() {
            "imported" => Some(Grader::Imported),
            "json" => Some(Grader::Json { schema: None, part: Part::Text, formats: true }),
            _ => {
                reader.fault(node.at, format!("`{word}` alone is no grader"), "write `{kind: ...}`, or `imported`");
                None
            }
        };
    }
    let allowed: Vec<&str> = KINDS.iter().chain(MODIFIERS).copied().collect();
    let fields = reader.fields(node, "a grader", &allowed)?;
    let given: Vec<&str> = KINDS.iter().copied().filter(|kind| fields.get(kind).is_some()).collect();
    let [kind] = given.as_slice() else {
        if !given.is_empty() || fields.keys().next().is_none() {
            let what = if given.is_empty() { "no grader is named" } else { "a criterion has one grader" };
            reader.fault(node.at, what, "split it into criteria that fail for their own reasons");
        }
        return None;
    };
    let value = fields.get(kind)?;
    if let (Some(with), true) = (fields.get("with"), *kind != "judge") {
        reader.fault(with.at, "`with` goes with `judge`", "leave it out");
    }
    match *kind {
        "equals" => equals(reader, value),
        "one_of" => one_of(reader, value),
        "contains" => contains(reader, value),
        "regex" => regex(reader, value),
        "json" => json(reader, value),
        "number" => number(reader, value),
        "similar" => similar(reader, value),
        "cites" => cites(reader, value),
        "behaviour" => Some(Grader::Behaviour { is: operand(reader, value)? }),
        "tools" => tools(reader, value),
        "length" => length(reader, value),
        "finish_reason" => Some(Grader::FinishReason { one_of: reader.words(value, "a finish reason") }),
        "latency" => latency(reader, value),
        "spend" => spend(reader, value),
        "cel" => cel(reader, value),
        "process" => process(reader, value),
        "same_as_base" => pair(reader, value),
        "judge" => judge(reader, value, &fields, systems),
        _ => Some(Grader::Imported),
    }
}

/// A path, a literal, or `{literal: ...}`.
fn operand(reader: &mut Reader, node: &Node) -> Option<Operand> {
    match &node.kind {
        NodeKind::Text(text) if ROOTS.iter().any(|root| text.starts_with(root)) => {
            let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
            if parts.iter().any(String::is_empty) {
                reader.fault(node.at, "this path has an empty part", "write `expected.answer`");
                return None;
            }
            Some(Operand::Path(parts))
        }
        NodeKind::Map(entries) if entries.len() == 1 && entries[0].0.text == "literal" => {
            Some(Operand::Literal(entries[0].1.to_json()))
        }
        NodeKind::Null => {
            reader.missing(node.at, "nothing to compare with", "write a path such as `expected.answer`, or a value");
            None
        }
        _ => Some(Operand::Literal(node.to_json())),
    }
}

/// Whether a mapping is the long form of a grader, told by one of its keys.
fn long_form(node: &Node, keys: &[&str]) -> bool {
    matches!(&node.kind, NodeKind::Map(entries) if entries.iter().any(|(key, _)| keys.contains(&key.text.as_str()) || key.text != "literal"))
}

fn normalisation(reader: &mut Reader, fields: &Fields) -> Normalisation {
    let mut normalise = Normalisation::default();
    for word in fields
        .get("ignore")
        .map(|node| (node, reader.words(node, "`ignore`")))
        .into_iter()
        .flat_map(|(node, words)| words.into_iter().map(move |word| (node, word)))
    {
        match word.1.as_str() {
            "case" => normalise.ignore_case = true,
            "punctuation" => normalise.ignore_punctuation = true,
            "spaces" => normalise.spaces = true,
            "articles" => normalise.ignore_articles = true,
            "unicode" => normalise.unicode = true,
            other => {
                let help = closest(other, IGNORED.iter().copied())
                    .map_or_else(String::new, |known| format!("did you mean `{known}`? "));
                reader.fault(
                    word.0.at,
                    format!("`{other}` cannot be ignored"),
                    format!("{help}known: {}", IGNORED.join(", ")),
                );
            }
        }
    }
    normalise
}

/// `text`, `behaviour`, `structured` or `structured.a.b`.
fn part(reader: &mut Reader, fields: &Fields, default: Part) -> Part {
    fields.get("of").map_or(Some(default), |node| part_of(reader, node)).unwrap_or(Part::Text)
}

fn part_of(reader: &mut Reader, node: &Node) -> Option<Part> {
    let word = reader.word(node, "the part of the answer")?;
    match word.as_str() {
        "text" | "answer" => Some(Part::Text),
        "behaviour" => Some(Part::Behaviour),
        "structured" => Some(Part::Structured(Vec::new())),
        path if path.starts_with("structured.") => {
            Some(Part::Structured(path.split('.').skip(1).map(str::to_owned).collect()))
        }
        _ => {
            reader.fault(
                node.at,
                format!("`{word}` is no part of an answer"),
                "write text, behaviour, or structured.path",
            );
            None
        }
    }
}

fn equals(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node, &["to"]) {
        return Some(Grader::Equals {
            part: Part::Text,
            to: operand(reader, node)?,
            normalise: Normalisation::default(),
        });
    }
    let fields = reader.fields(node, "`equals`", &["to", "of", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    let part = part(reader, &fields, Part::Text);
    Some(Grader::Equals { part, to: required(reader, &fields, "to")?, normalise })
}

fn one_of(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node, &["values"]) {
        return Some(Grader::OneOf {
            part: Part::Text,
            of: operand(reader, node)?,
            normalise: Normalisation::default(),
        });
    }
    let fields = reader.fields(node, "`one_of`", &["values", "of", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    let part = part(reader, &fields, Part::Text);
    Some(Grader::OneOf { part, of: required(reader, &fields, "values")?, normalise })
}

fn required(reader: &mut Reader, fields: &Fields, key: &str) -> Option<Operand> {
    match fields.get(key) {
        Some(node) => operand(reader, node),
        None => {
            reader.missing(
                fields.at,
                format!("`{key}` is missing"),
                format!("write `{key}: expected.answer`, or a value"),
            );
            None
        }
    }
}

fn optional(reader: &mut Reader, fields: &Fields, key: &str) -> Option<Operand> {
    fields.get(key).and_then(|node| operand(reader, node))
}

fn contains(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node, &["all", "any", "none"]) {
        let all = operand(reader, node);
        return Some(Grader::Contains { all, any: None, none: None, normalise: Normalisation::default() });
    }
    let fields = reader.fields(node, "`contains`", &["all", "any", "none", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    let (all, any, none) =
        (optional(reader, &fields, "all"), optional(reader, &fields, "any"), optional(reader, &fields, "none"));
    if all.is_none() && any.is_none() && none.is_none() {
        reader.missing(node.at, "nothing is looked for", "write `all`, `any` or `none`");
        return None;
    }
    Some(Grader::Contains { all, any, none, normalise })
}

fn regex(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if let NodeKind::Text(pattern) = &node.kind {
        return Some(Grader::Regex { pattern: pattern.clone(), matches: true });
    }
    let fields = reader.fields(node, "`regex`", &["pattern", "matches"])?;
    let matches = fields.get("matches").and_then(|node| reader.flag(node, "`matches`")).unwrap_or(true);
    match fields.get("pattern") {
        Some(node) => Some(Grader::Regex { pattern: reader.text(node, "`pattern`")?, matches }),
        None => {
            reader.missing(node.at, "`pattern` is missing", "write `pattern: \"^[0-9]+$\"`");
            None
        }
    }
}

fn json(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if node.kind == NodeKind::Bool(true) {
        return Some(Grader::Json { schema: None, part: Part::Text, formats: true });
    }
    let fields = reader.fields(node, "`json`", &["schema", "of", "formats"])?;
    let formats = fields.get("formats").and_then(|node| reader.flag(node, "`formats`")).unwrap_or(true);
    let part = part(reader, &fields, Part::Text);
    let schema = match fields.get("schema") {
        None => None,
        Some(node) if matches!(node.kind, NodeKind::Text(_)) => Some(Schema::File(reader.path(node, "`schema`")?)),
        Some(node) => Some(Schema::Inline(node.to_json())),
    };
    Some(Grader::Json { schema, part, formats })
}

fn number(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node, &["to"]) {
        return Some(Grader::Number { to: operand(reader, node)?, within: Amount::ZERO, relative: false });
    }
    let fields = reader.fields(node, "`number`", &["to", "within"])?;
    let (within, relative) = match fields.get("within").map(|node| (node, &node.kind)) {
        None => (0.0, false),
        Some((_, NodeKind::Number(number))) => (number.as_f64().unwrap_or(-1.0), false),
        Some((_, NodeKind::Text(text))) => (crate::format::yaml::percent(text).unwrap_or(-1.0), true),
        Some(_) => (-1.0, false),
    };
    let Ok(within) = Amount::new(within) else {
        reader.fault(fields.at, "`within` cannot be read", "write an amount, or a percentage such as `1%`");
        return None;
    };
    Some(Grader::Number { to: required(reader, &fields, "to")?, within, relative })
}

fn similar(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let fields = reader.fields(node, "`similar`", &["to", "by", "at_least", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    let by = match fields.get("by") {
        None => Some(TextSimilarity::Levenshtein),
        Some(node) => {
            let word = reader.word(node, "`by`")?;
            let found = match word.as_str() {
                "levenshtein" => Some(TextSimilarity::Levenshtein),
                "bleu" => Some(TextSimilarity::Bleu),
                word => word
                    .strip_prefix("rouge-")
                    .and_then(|n| n.parse().ok())
                    .filter(|n| (1..=9).contains(n))
                    .map(TextSimilarity::RougeN),
            };
            if found.is_none() {
                reader.fault(
                    node.at,
                    format!("`{word}` is no similarity"),
                    "write levenshtein, rouge-1, rouge-2 or bleu",
                );
            }
            found
        }
    };
    let reading = reading(reader, &fields);
    Some(Grader::Similar { to: required(reader, &fields, "to")?, by: by?, reading, normalise })
}

fn reading(reader: &mut Reader, fields: &Fields) -> Reading {
    fields.get("at_least").and_then(|node| reader.share(node, "`at_least`")).map_or(Reading::Graded, Reading::PassAt)
}

fn cites(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node, &["require", "allow", "given_sources_only"]) {
        return Some(Grader::Cites { require: operand(reader, node), allow: None, given_sources_only: false });
    }
    let fields = reader.fields(node, "`cites`", &["require", "allow", "given_sources_only"])?;
    let given_sources_only =
        fields.get("given_sources_only").and_then(|node| reader.flag(node, "`given_sources_only`")).unwrap_or(false);
    Some(Grader::Cites {
        require: optional(reader, &fields, "require"),
        allow: optional(reader, &fields, "allow"),
        given_sources_only,
    })
}

fn tools(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let keys = &["require", "forbid", "unless", "allow", "as_offered", "in_order", "at_least", "at_most"];
    let fields = reader.fields(node, "`tools`", keys)?;
    let mut flag = |key: &str| fields.get(key).and_then(|node| reader.flag(node, key)).unwrap_or(false);
    let (as_offered, in_order) = (flag("as_offered"), flag("in_order"));
    let mut count =
        |key: &str| fields.get(key).and_then(|node| reader.whole(node, key, 0, 1_000_000)).map(|n| n as u32);
    let (at_least, at_most) = (count("at_least"), count("at_most"));
    let rules = ToolRules {
        require: optional(reader, &fields, "require"),
        forbid: optional(reader, &fields, "forbid"),
        unless: fields.get("unless").and_then(|node| reader.text(node, "`unless`")),
        allow: optional(reader, &fields, "allow"),
        as_offered,
        in_order,
        at_least,
        at_most,
    };
    if rules == ToolRules::default() {
        reader.missing(node.at, "`tools` has no rule", format!("write one of {}", keys.join(", ")));
        return None;
    }
    Some(Grader::Tools(rules))
}

fn length(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let units = [
        ("characters", LengthUnit::Characters),
        ("words", LengthUnit::Words),
        ("sentences", LengthUnit::Sentences),
        ("lines", LengthUnit::Lines),
    ];
    let names = units.map(|(name, _)| name);
    let fields = reader.fields(node, "`length`", &names)?;
    let given: Vec<(&Node, LengthUnit)> =
        units.iter().filter_map(|(name, unit)| Some((fields.get(name)?, *unit))).collect();
    let [(node, unit)] = given.as_slice() else {
        reader.missing(node.at, "`length` counts one unit", "write `length: {words: {at_most: 60}}`");
        return None;
    };
    let fields = reader.fields(node, "a length", &["at_least", "at_most"])?;
    let mut bound =
        |key: &str| fields.get(key).and_then(|node| reader.whole(node, key, 0, u64::from(u32::MAX))).map(|n| n as u32);
    let (at_least, at_most) = (bound("at_least"), bound("at_most"));
    if at_least.is_none() && at_most.is_none() {
        reader.missing(node.at, "a length needs a bound", "write `{at_most: 60}`");
        return None;
    }
    Some(Grader::Length { unit: *unit, at_least, at_most })
}

fn latency(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let fields = reader.fields(node, "`latency`", &["at_most"])?;
    let limit = fields.get("at_most").and_then(|node| match &node.kind {
        NodeKind::Text(text) => duration_ms(text),
        _ => None,
    });
    match limit.and_then(|limit| Amount::new(limit).ok()) {
        Some(at_most_ms) => Some(Grader::Latency { at_most_ms }),
        None => {
            reader.fault(node.at, "this time cannot be read", "write `{at_most: 4s}` or `{at_most: 800ms}`");
            None
        }
    }
}

fn spend(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let fields = reader.fields(node, "`spend`", &["at_most"])?;
    let limit = fields.get("at_most").and_then(|node| reader.number(node, "`at_most`"));
    match limit.and_then(|limit| Amount::new(limit).ok()) {
        Some(at_most) => Some(Grader::Spend { at_most }),
        None => {
            reader.fault(node.at, "this amount cannot be read", "write `{at_most: 0.02}`");
            None
        }
    }
}

fn cel(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if let NodeKind::Text(expression) = &node.kind {
        return Some(Grader::Cel { expression: expression.clone(), reading: Reading::PassAt(Share::ONE) });
    }
    let fields = reader.fields(node, "`cel`", &["expression", "at_least"])?;
    let reading = reading(reader, &fields);
    match fields.get("expression") {
        Some(node) => Some(Grader::Cel { expression: reader.text(node, "`expression`")?, reading }),
        None => {
            reader.missing(node.at, "`expression` is missing", "write `expression: answer.text.size() < 400`");
            None
        }
    }
}

fn process(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let fields = reader.fields(node, "`process`", &["command", "time_limit", "settings"])?;
    let command = fields.get("command").map(|node| reader.words(node, "`command`")).unwrap_or_default();
    if command.is_empty() {
        reader.missing(node.at, "`command` is missing", "write `command: [python3, graders/tone.py]`");
        return None;
    }
    let limit = match fields.get("time_limit") {
        None => Some(10_000.0),
        Some(node) => match &node.kind {
            NodeKind::Text(text) => duration_ms(text).filter(|ms| (1.0..=3_600_000.0).contains(ms)),
            _ => None,
        },
    };
    let Some(limit) = limit else {
        reader.fault(node.at, "`time_limit` cannot be read", "write `time_limit: 10s`, up to 60min");
        return None;
    };
    let settings = match fields.get("settings").map(Node::to_json) {
        Some(Value::Object(settings)) => settings.into_iter().collect(),
        _ => BTreeMap::new(),
    };
    Some(Grader::Process { command, time_limit_ms: limit as u64, settings })
}

fn pair(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if let NodeKind::Text(_) = node.kind {
        return Some(Grader::Pair { part: part_of(reader, node)?, normalise: Normalisation::default() });
    }
    let fields = reader.fields(node, "`same_as_base`", &["of", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    Some(Grader::Pair { part: part(reader, &fields, Part::Text), normalise })
}

fn judge(reader: &mut Reader, node: &Node, fields: &Fields, systems: &[System]) -> Option<Grader> {
    let rubric = reader.path(node, "`judge`")?;
    let Some(with) = fields.get("with") else {
        reader.missing(
            node.at,
            "`with` is missing: which system judges",
            "write `with: judge` and name it under `systems`",
        );
        return None;
    };
    let name = reader.word(with, "`with`")?;
    if !systems.iter().any(|system| system.name.as_str() == name) {
        let known = closest(&name, systems.iter().map(|system| system.name.as_str()));
        let help =
            known.map_or_else(|| "name it under `systems`".to_owned(), |known| format!("did you mean `{known}`?"));
        reader.fault(with.at, format!("`{name}` is not among the systems"), help);
    }
    Some(Grader::Judge { rubric, with: SystemName::new(name) })
}

//! `grade:` of a criterion.

use super::operand::{self, long_form, normalisation, part, part_of};
use super::secret;
use super::systems::{no_secret_words, no_secrets};
use super::threshold::duration_ms;
use crate::format::yaml::{Fields, Node, NodeKind, Reader, meant, one_or_many, percent};
use crate::grader::{Grader, LengthUnit, Normalisation, Part, Reading, Schema, TextSimilarity, ToolRules};
use crate::name::SystemName;
use crate::share::{Amount, Share};
use crate::system::{Speaks, System, SystemKind};
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
    "reviewers",
    "imported",
];
const MODIFIERS: &[&str] = &["with"];
const NO_KEYS: &str =
    "let the program read it from a file that is not in version control; the contract is kept in records";

/// Reads a grader. Where the criterion `measures`, a plain expression gives a number and not the truth.
pub fn read(reader: &mut Reader, node: &Node, systems: &[System], measures: bool) -> Option<Grader> {
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
    let given = fields.given(KINDS);
    let [kind] = given.as_slice() else {
        match given.get(1) {
            Some(second) => reader.fault(
                fields.place_of(second),
                "a criterion has one grader, and this is the second",
                "split it into criteria that fail for their own reasons",
            ),
            None if fields.keys().all(|key| allowed.contains(&key.text.as_str())) => {
                reader.missing(node.at, "no grader is named", "write for example `{equals: expected.answer}`");
            }
            // An unknown key is a fault already.
            None => {}
        }
        return None;
    };
    let value = fields.get(kind)?;
    if fields.get("with").is_some() && *kind != "judge" {
        reader.fault(fields.place_of("with"), "`with` goes with `judge`", "leave it out");
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
        "behaviour" => Some(Grader::Behaviour { is: operand::words(reader, value, "`behaviour`")? }),
        "tools" => tools(reader, value),
        "length" => length(reader, value),
        "finish_reason" => Some(Grader::FinishReason { one_of: reader.some_words(value, "`finish_reason`") }),
        "latency" => latency(reader, value),
        "spend" => spend(reader, value),
        "cel" => cel(reader, value, measures),
        "process" => process(reader, value),
        "same_as_base" => pair(reader, value),
        "judge" => judge(reader, value, &fields, systems),
        "reviewers" => Some(Grader::Reviewers { rubric: reader.path(value, "`reviewers`")? }),
        _ => imported(reader, value),
    }
}

fn imported(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if reader.flag(node, "`imported`")? {
        return Some(Grader::Imported);
    }
    reader.fault(node.at, "`imported: false` names no grader", "write `imported: true`, or name a grader");
    None
}

fn equals(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node) {
        return Some(Grader::Equals {
            part: Part::Text,
            to: operand::any(reader, node, "`equals`")?,
            normalise: Normalisation::default(),
        });
    }
    let fields = reader.fields(node, "`equals`", &["to", "of", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    let part = part(reader, &fields, Part::Text);
    Some(Grader::Equals { part, to: operand::required(reader, &fields, "to", operand::any)?, normalise })
}

fn one_of(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node) {
        return Some(Grader::OneOf {
            part: Part::Text,
            of: operand::some(reader, node, "`one_of`")?,
            normalise: Normalisation::default(),
        });
    }
    let fields = reader.fields(node, "`one_of`", &["values", "of", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    let part = part(reader, &fields, Part::Text);
    Some(Grader::OneOf { part, of: operand::required(reader, &fields, "values", operand::some)?, normalise })
}

fn contains(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node) {
        let all = Some(operand::words(reader, node, "`contains`")?);
        return Some(Grader::Contains { all, any: None, none: None, normalise: Normalisation::default() });
    }
    let fields = reader.fields(node, "`contains`", &["all", "any", "none", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    let mut texts = |key: &str| operand::optional(reader, &fields, key, operand::words);
    let (all, any, none) = (texts("all"), texts("any"), texts("none"));
    if ["all", "any", "none"].iter().all(|key| fields.get(key).is_none()) {
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
        Some(node) => Some(schema(reader, node, "`schema`")?),
    };
    Some(Grader::Json { schema, part, formats })
}

/// A JSON Schema, inline or in a file of the eval's folder.
pub fn schema(reader: &mut Reader, node: &Node, what: &str) -> Option<Schema> {
    match node.kind {
        NodeKind::Text(_) => Some(Schema::File(reader.path(node, what)?)),
        NodeKind::Map(_) | NodeKind::Bool(_) => Some(Schema::Inline(node.to_json())),
        _ => {
            let help = "write a path such as `schemas/answer.json`, or the schema";
            reader.wrong(node, what, "a JSON Schema or a file", help);
            None
        }
    }
}

fn number(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node) {
        return Some(Grader::Number {
            to: operand::number(reader, node, "`number`")?,
            within: Amount::ZERO,
            relative: false,
        });
    }
    let fields = reader.fields(node, "`number`", &["to", "within"])?;
    let within = fields.get("within").map_or(Some((Amount::ZERO, false)), |node| {
        let read = match &node.kind {
            NodeKind::Number(number) => number.as_f64().map(|value| (value, false)),
            NodeKind::Text(text) => percent(text).map(|value| (value, true)),
            _ => None,
        };
        let read = read.and_then(|(value, relative)| Some((Amount::new(value).ok()?, relative)));
        if read.is_none() {
            reader.fault(node.at, "`within` cannot be read", "write an amount, or a percentage such as `1%`");
        }
        read
    });
    let to = operand::required(reader, &fields, "to", operand::number)?;
    let (within, relative) = within?;
    Some(Grader::Number { to, within, relative })
}

fn similar(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node) {
        let to = operand::words(reader, node, "`similar`")?;
        let (by, normalise) = (TextSimilarity::Levenshtein, Normalisation::default());
        return Some(Grader::Similar { to, by, reading: Reading::Graded, normalise });
    }
    let fields = reader.fields(node, "`similar`", &["to", "by", "at_least", "at_most_edits", "ignore"])?;
    let normalise = normalisation(reader, &fields);
    if let Some(limit) = fields.get("at_most_edits") {
        let edits = edits(reader, &fields, limit);
        let to = operand::required(reader, &fields, "to", operand::words)?;
        return Some(Grader::Similar { to, by: edits?, reading: Reading::PassAt(Share::ONE), normalise });
    }
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
    let to = operand::required(reader, &fields, "to", operand::words)?;
    Some(Grader::Similar { to, by: by?, reading, normalise })
}

/// A limit in edits is a measure and its mark in one.
fn edits(reader: &mut Reader, fields: &Fields, limit: &Node) -> Option<TextSimilarity> {
    for key in ["by", "at_least"] {
        if fields.get(key).is_some() {
            let what = format!("`{key}` and `at_most_edits` are two ways to say what is similar");
            reader.fault(fields.place_of(key), what, "keep one; edits are characters put in, taken out or replaced");
        }
    }
    let most = reader.whole(limit, "`at_most_edits`", 0, u64::from(u32::MAX))?;
    u32::try_from(most).ok().map(TextSimilarity::EditsWithin)
}

fn reading(reader: &mut Reader, fields: &Fields) -> Reading {
    fields.get("at_least").and_then(|node| reader.share(node, "`at_least`")).map_or(Reading::Graded, Reading::PassAt)
}

fn cites(reader: &mut Reader, node: &Node) -> Option<Grader> {
    if !long_form(node) {
        let require = Some(operand::words(reader, node, "`cites`")?);
        return Some(Grader::Cites { require, allow: None, given_sources_only: false });
    }
    let fields = reader.fields(node, "`cites`", &["require", "allow", "given_sources_only"])?;
    let given_sources_only =
        fields.get("given_sources_only").and_then(|node| reader.flag(node, "`given_sources_only`")).unwrap_or(false);
    if !given_sources_only && fields.get("require").is_none() && fields.get("allow").is_none() {
        reader.missing(node.at, "`cites` has no rule", "write `require`, `allow` or `given_sources_only: true`");
        return None;
    }
    let require = operand::optional(reader, &fields, "require", operand::words);
    let allow = operand::optional(reader, &fields, "allow", operand::names);
    Some(Grader::Cites { require, allow, given_sources_only })
}

fn tools(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let keys = &["require", "forbid", "unless", "allow", "as_offered", "in_order", "at_least", "at_most"];
    let fields = reader.fields(node, "`tools`", keys)?;
    let mut flag = |key: &str| fields.get(key).and_then(|node| reader.flag(node, &format!("`{key}`"))).unwrap_or(false);
    let (as_offered, in_order) = (flag("as_offered"), flag("in_order"));
    let (at_least, at_most) = bounds(reader, &fields);
    if fields.get("unless").is_some() && fields.get("forbid").is_none() {
        reader.fault(
            fields.place_of("unless"),
            "`unless` goes with `forbid`",
            "say what is forbidden, or leave it out",
        );
    }
    let rules = ToolRules {
        require: operand::optional(reader, &fields, "require", operand::calls),
        forbid: operand::optional(reader, &fields, "forbid", operand::words),
        unless: fields.get("unless").and_then(|node| reader.text(node, "`unless`")),
        allow: operand::optional(reader, &fields, "allow", operand::names),
        as_offered,
        in_order,
        at_least,
        at_most,
    };
    let says_nothing = |key: &&str| fields.get(key).is_none_or(|node| node.kind == NodeKind::Bool(false));
    if keys.iter().filter(|key| **key != "in_order").all(says_nothing) {
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
    let [(bounds_node, unit)] = given.as_slice() else {
        reader.missing(node.at, "`length` counts one unit", "write `length: {words: {at_most: 60}}`");
        return None;
    };
    let fields = reader.fields(bounds_node, "a length", &["at_least", "at_most"])?;
    let (at_least, at_most) = bounds(reader, &fields);
    if fields.get("at_least").is_none() && fields.get("at_most").is_none() {
        reader.missing(node.at, "a length needs a bound", "write `{at_most: 60}`");
        return None;
    }
    Some(Grader::Length { unit: *unit, at_least, at_most })
}

/// `at_least` and `at_most`, whole numbers in their order.
fn bounds(reader: &mut Reader, fields: &Fields) -> (Option<u32>, Option<u32>) {
    let mut bound = |key: &str| {
        let whole = fields.get(key).and_then(|node| reader.whole(node, &format!("`{key}`"), 0, 1_000_000_000));
        whole.and_then(|whole| u32::try_from(whole).ok())
    };
    let (at_least, at_most) = (bound("at_least"), bound("at_most"));
    if let (Some(least), Some(most)) = (at_least, at_most)
        && least > most
    {
        let what = format!("at least {least} and at most {most} leaves nothing");
        reader.fault(fields.place_of("at_most"), what, "make `at_most` the larger one");
    }
    (at_least, at_most)
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
            reader.fault(
                fields.get("at_most").map_or(node.at, |node| node.at),
                "this time cannot be read",
                "write `{at_most: 4s}` or `{at_most: 800ms}`",
            );
            None
        }
    }
}

fn spend(reader: &mut Reader, node: &Node) -> Option<Grader> {
    let fields = reader.fields(node, "`spend`", &["at_most"])?;
    let limit = fields.get("at_most").and_then(|node| match &node.kind {
        NodeKind::Number(number) => number.as_f64(),
        _ => None,
    });
    match limit.and_then(|limit| Amount::new(limit).ok()) {
        Some(at_most) => Some(Grader::Spend { at_most }),
        None => {
            reader.fault(
                fields.get("at_most").map_or(node.at, |node| node.at),
                "this amount cannot be read",
                "write `{at_most: 0.02}`",
            );
            None
        }
    }
}

fn cel(reader: &mut Reader, node: &Node, measures: bool) -> Option<Grader> {
    if let NodeKind::Text(expression) = &node.kind {
        let reading = if measures { Reading::Graded } else { Reading::PassAt(Share::ONE) };
        return Some(Grader::Cel { expression: expression.clone(), reading });
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
    let command = fields.get("command").map(|node| reader.some_words(node, "`command`")).unwrap_or_default();
    match fields.get("command") {
        Some(node) if command.iter().any(|word| secret::has_key(word)) => {
            reader.secret(node.at, "`command` holds what looks like a key", NO_KEYS);
        }
        Some(node) => no_secret_words(reader, node, &command, NO_KEYS),
        None => reader.missing(node.at, "`command` is missing", "write `command: [python3, graders/tone.py]`"),
    }
    let settings: BTreeMap<String, Value> = match fields.get("settings") {
        Some(node) => {
            let entries = reader.entries(node, "`settings`", "write `settings: {key: value}`");
            no_secrets(reader, "settings", node, NO_KEYS);
            entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect()
        }
        None => BTreeMap::new(),
    };
    let limit = match fields.get("time_limit") {
        None => Some(10_000.0),
        Some(node) => match &node.kind {
            NodeKind::Text(text) => duration_ms(text).filter(|ms| (1.0..=3_600_000.0).contains(ms)),
            _ => None,
        },
    };
    let Some(limit) = limit else {
        reader.fault(
            fields.get("time_limit").map_or(node.at, |node| node.at),
            "`time_limit` cannot be read",
            "write `time_limit: 10s`, up to 60min",
        );
        return None;
    };
    if command.is_empty() {
        return None;
    }
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

/// One judge, or a panel: systems that can be asked, none of them twice.
fn judge(reader: &mut Reader, node: &Node, fields: &Fields, systems: &[System]) -> Option<Grader> {
    let rubric = reader.path(node, "`judge`");
    let Some(with) = fields.get("with") else {
        reader.missing(
            node.at,
            "`with` is missing: which system judges",
            "write `with: judge` and name it under `systems`",
        );
        return None;
    };
    let mut judges: Vec<SystemName> = Vec::new();
    for item in one_or_many(with) {
        let Some(name) = reader.name(item, "`with`") else { continue };
        let judge = SystemName::new(&name);
        if judges.contains(&judge) {
            reader.fault(item.at, format!("`{name}` sits on the panel twice"), "keep one of the two");
            continue;
        }
        match systems.iter().find(|system| system.name == judge) {
            Some(system) => can_judge(reader, item, system),
            None => {
                let meant = meant(&name, systems.iter().map(|system| system.name.as_str()));
                let help = format!("{meant}name it under `systems`");
                reader.fault(item.at, format!("`{name}` is not among the systems"), help);
            }
        }
        judges.push(judge);
    }
    if matches!(&with.kind, NodeKind::List(items) if items.is_empty()) {
        reader.fault(with.at, "nobody sits on the panel", "name one system or more");
    }
    Some(Grader::Judge { rubric: rubric?, with: judges })
}

/// A judge is asked, and told by its rubric alone what to do.
fn can_judge(reader: &mut Reader, node: &Node, system: &System) {
    let live = match &system.kind {
        SystemKind::Live(live) => live,
        // Its verdicts are made elsewhere, and it is still that judge.
        SystemKind::Imported { .. } => return,
        SystemKind::Recorded { .. } | SystemKind::Traces { .. } => {
            let what = format!("`{}` is not asked, and a judge is", system.name);
            let help = "judge with a system of kind openai, anthropic, http or program, or with `imported` where verdicts are made elsewhere";
            reader.fault(node.at, what, help);
            return;
        }
    };
    if matches!(&live.speaks, Speaks::Chat(chat) if chat.prompt.is_some()) {
        let what = format!("`{}` has a prompt of its own, and a judge is told by its rubric what to do", system.name);
        reader.fault(node.at, what, "leave `prompt` out of the system that judges, or name another system");
    }
}

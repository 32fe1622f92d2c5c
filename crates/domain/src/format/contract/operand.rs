//! What graders compare with, and how: operands, parts of an answer, normalisation.

use crate::format::yaml::{Fields, Node, NodeKind, Reader, meant, one_or_many};
use crate::grader::{Normalisation, Operand, Part};
use serde_json::Value;

const IGNORED: &[&str] = &["case", "punctuation", "spaces", "articles", "unicode"];
/// The roots that make a text a path into the example.
const ROOTS: &[&str] = &["expected.", "input.", "attributes.", "context."];

/// How one kind of operand is read; the text is what it is called in a fault.
pub type Read = fn(&mut Reader, &Node, &str) -> Option<Operand>;

/// The operand of a key that must be there.
pub fn required(reader: &mut Reader, fields: &Fields, key: &str, read: Read) -> Option<Operand> {
    let Some(node) = fields.get(key) else {
        let help = format!("write `{key}: expected.answer`, or a value");
        reader.missing(fields.at, format!("`{key}` is missing"), help);
        return None;
    };
    read(reader, node, &format!("`{key}`"))
}

/// The operand of a key that may be there.
pub fn optional(reader: &mut Reader, fields: &Fields, key: &str, read: Read) -> Option<Operand> {
    fields.get(key).and_then(|node| read(reader, node, &format!("`{key}`")))
}

/// A path into the example, a value, or `{literal: value}`.
pub fn any(reader: &mut Reader, node: &Node, _what: &str) -> Option<Operand> {
    match &node.kind {
        NodeKind::Text(text) if ROOTS.iter().any(|root| text.starts_with(root)) => {
            let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
            if parts.iter().any(|part| part.is_empty() || part.contains(char::is_whitespace)) {
                let help = "write `expected.answer`; for a text that starts like a path, `{literal: ...}`";
                reader.fault(node.at, "this path has an empty part or a blank", help);
                return None;
            }
            Some(Operand::Path(parts))
        }
        NodeKind::Map(entries) if entries.len() == 1 && entries[0].0.text == "literal" => {
            Some(Operand::Literal(entries[0].1.to_json()))
        }
        _ => Some(Operand::Literal(node.to_json())),
    }
}

/// Any value but an empty list, of which nothing is one.
pub fn some(reader: &mut Reader, node: &Node, what: &str) -> Option<Operand> {
    let operand = any(reader, node, what)?;
    if operand == Operand::Literal(Value::Array(Vec::new())) {
        reader.fault(node.at, format!("{what} is an empty list"), "name at least one, or leave the key out");
        return None;
    }
    Some(operand)
}

/// A text or a list of at least one: anything else would pass, or fail, every answer.
pub fn words(reader: &mut Reader, node: &Node, what: &str) -> Option<Operand> {
    let operand = some(reader, node, what)?;
    lookable(reader, node, what, operand)
}

/// A text or a list of them; an empty list says that there may be none.
pub fn names(reader: &mut Reader, node: &Node, what: &str) -> Option<Operand> {
    let operand = any(reader, node, what)?;
    lookable(reader, node, what, operand)
}

fn lookable(reader: &mut Reader, node: &Node, what: &str, operand: Operand) -> Option<Operand> {
    let readable = is_path_or_all(&operand, is_word);
    if !readable {
        let help = "write a path such as `expected.sections`, a text, or a list of texts";
        reader.fault(node.at, format!("{what} names nothing that can be looked for"), help);
    }
    readable.then_some(operand)
}

/// Calls by a tool's name, `{name, arguments}` or `{name: {argument: [accepted]}}`.
pub fn calls(reader: &mut Reader, node: &Node, what: &str) -> Option<Operand> {
    let operand = some(reader, node, what)?;
    let readable = is_path_or_all(&operand, |value| is_word(value) || is_call(value));
    if !readable {
        let help = "write a tool's name, `{name: refund, arguments: {order: [\"7\"]}}`, or a list of them";
        reader.fault(node.at, format!("{what} names no calls"), help);
    }
    readable.then_some(operand)
}

/// A number to compare with.
pub fn number(reader: &mut Reader, node: &Node, what: &str) -> Option<Operand> {
    let operand = any(reader, node, what)?;
    let readable = matches!(operand, Operand::Path(_) | Operand::Literal(Value::Number(_)));
    if !readable {
        reader.fault(node.at, format!("{what} is no number to compare with"), "write `expected.amount`, or a number");
    }
    readable.then_some(operand)
}

fn is_path_or_all(operand: &Operand, readable: impl Fn(&Value) -> bool) -> bool {
    match operand {
        Operand::Path(_) => true,
        Operand::Literal(Value::Array(items)) => items.iter().all(readable),
        Operand::Literal(single) => readable(single),
    }
}

fn is_word(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        value => value.is_number() || value.is_boolean(),
    }
}

fn is_call(value: &Value) -> bool {
    let Value::Object(fields) = value else { return false };
    match (fields.get("name"), fields.len()) {
        (Some(name), _) => name.is_string() && fields.get("arguments").is_none_or(Value::is_object),
        (None, 1) => fields.values().all(Value::is_object),
        (None, _) => false,
    }
}

/// Whether a mapping is the long form of a grader and not `{literal: ...}`.
pub fn long_form(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Map(entries) if !matches!(entries.as_slice(), [(key, _)] if key.text == "literal"))
}

/// `ignore:`, one word or several.
pub fn normalisation(reader: &mut Reader, fields: &Fields) -> Normalisation {
    let mut normalise = Normalisation::default();
    for item in fields.get("ignore").map(one_or_many).unwrap_or_default() {
        let Some(word) = reader.word(item, "`ignore`") else { continue };
        match word.as_str() {
            "case" => normalise.ignore_case = true,
            "punctuation" => normalise.ignore_punctuation = true,
            "spaces" => normalise.spaces = true,
            "articles" => normalise.ignore_articles = true,
            "unicode" => normalise.unicode = true,
            other => {
                let help = meant(other, IGNORED.iter().copied());
                reader.fault(
                    item.at,
                    format!("`{other}` cannot be ignored"),
                    format!("{help}known: {}", IGNORED.join(", ")),
                );
            }
        }
    }
    normalise
}

/// `text`, `behaviour`, `structured` or `structured.a.b`.
pub fn part(reader: &mut Reader, fields: &Fields, default: Part) -> Part {
    fields.get("of").map_or(Some(default), |node| part_of(reader, node)).unwrap_or(Part::Text)
}

/// One of them, by its word.
pub fn part_of(reader: &mut Reader, node: &Node) -> Option<Part> {
    let word = reader.word(node, "the part of the answer")?;
    match word.as_str() {
        "text" | "answer" => Some(Part::Text),
        "behaviour" => Some(Part::Behaviour),
        "structured" => Some(Part::Structured(Vec::new())),
        path if path.starts_with("structured.") && !path.split('.').any(str::is_empty) => {
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

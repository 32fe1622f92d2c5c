//! A mapping as a YAML file, version 1.
//!
//! in      the text of one file: `map` (field: column), `set` (field: value), `rest`
//! out     a `Mapping`; or every fault at once, each with its place

use super::{Entry, From, Mapping, Read, Rest};
use crate::fault::{Faults, Place};
use crate::format::yaml::{self, Node, NodeKind, Reader};
use camino::Utf8Path;

pub const KEYS: &[&str] = &["plimsoll_mapping", "map", "set", "rest"];
const COLUMN_KEYS: &[&str] = &["column", "json", "list", "date"];

/// Reads a mapping.
pub fn parse(file: &Utf8Path, text: &str) -> Result<Mapping, Faults> {
    let node = yaml::parse(file, text)?;
    let mut reader = Reader::new(file, text);
    let mut mapping = Mapping::default();
    if let Some(top) = reader.fields(&node, "a mapping of columns", KEYS) {
        match top.get("plimsoll_mapping") {
            Some(version) if version.kind == NodeKind::Number(1.into()) => {}
            Some(version) => {
                reader.fault(version.at, "the version of a mapping is 1", "write `plimsoll_mapping: 1`");
            }
            None => reader.missing(top.at, "the version is missing", "write `plimsoll_mapping: 1`"),
        }
        let help = "write `field: column`, such as `id: ticket`";
        for (key, column) in top.get("map").map(|node| reader.entries(node, "`map`", help)).unwrap_or_default() {
            let from = column_of(&mut reader, column);
            mapping.entries.extend(from.map(|from| entry(file, &key.text, from, column)));
        }
        let help = "write `field: value`, such as `provenance.source: traffic`";
        for (key, value) in top.get("set").map(|node| reader.entries(node, "`set`", help)).unwrap_or_default() {
            set(file, &key.text, value, &mut mapping.entries);
        }
        if let Some(rest) = top.get("rest") {
            match reader.word(rest, "`rest`").as_deref() {
                Some("attributes") => mapping.rest = Rest::Attributes,
                Some("leave-out") | None => {}
                Some(_) => reader.fault(rest.at, "`rest` is none of the two", "write `attributes` or `leave-out`"),
            }
        }
    }
    reader.finish()?;
    Ok(mapping)
}

fn entry(file: &Utf8Path, field: &str, from: From, at: &Node) -> Entry {
    let said = match &from {
        From::Column { name, .. } => name.clone(),
        From::Text(text) => text.clone(),
        From::Value(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    let place = Place { file: file.to_owned(), line: at.at.line.max(1), column: at.at.column.max(1) };
    Entry { field: field.to_owned(), from, place, said }
}

/// A column's name, or `{column, json | list | date}`.
fn column_of(reader: &mut Reader, node: &Node) -> Option<From> {
    if !matches!(node.kind, NodeKind::Map(_)) {
        let name = reader.word(node, "a column")?;
        return Some(From::Column { name, read: Read::AsField });
    }
    let fields = reader.fields(node, "a column", COLUMN_KEYS)?;
    let Some(name) = fields.get("column") else {
        reader.missing(node.at, "the column is not named", "write `{column: NAME, list: \";\"}`");
        return None;
    };
    let name = reader.word(name, "a column")?;
    let ways = fields.given(&["json", "list", "date"]);
    if ways.len() > 1 {
        reader.fault(fields.place_of(ways[1]), "a column is read in one way", "keep one of `json`, `list`, `date`");
    }
    let read = match ways.first().and_then(|way| Some((*way, fields.get(way)?))) {
        Some(("json", node)) => {
            if reader.flag(node, "`json`")? {
                Read::Json
            } else {
                Read::AsField
            }
        }
        Some(("list", node)) => {
            let separator = reader.text(node, "`list`")?;
            if separator.is_empty() {
                reader.fault(node.at, "`list` is empty", "write what stands between the values: `\";\"`");
            }
            Read::List(separator)
        }
        Some((_, node)) => Read::Date(reader.text(node, "`date`")?),
        None => Read::AsField,
    };
    Some(From::Column { name, read })
}

/// A value, or below a field the values of its own fields.
fn set(file: &Utf8Path, field: &str, value: &Node, entries: &mut Vec<Entry>) {
    match &value.kind {
        NodeKind::Map(inner) if !inner.is_empty() => {
            inner.iter().for_each(|(key, value)| set(file, &format!("{field}.{}", key.text), value, entries));
        }
        _ => entries.push(entry(file, field, From::Value(value.to_json()), value)),
    }
}

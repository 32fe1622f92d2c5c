//! YAML with a place for every value and key.
//!
//! in      the text of one file
//! out     a tree of nodes, each with line and column; or the faults that make it no YAML
//! errors  syntax, duplicate keys, anchors, aliases and tags (a contract says everything in full), numbers that are not
//!         finite, nesting beyond 40 levels, more than one document, more than 4 MB
//! note    plain scalars are read as YAML 1.2 core reads them: `no` is text, `~` is null; `0x1F` and `0o17` stay text

mod reader;
#[cfg(test)]
mod tests;

pub use reader::{Fields, Reader, meant, one_or_many, percent, share_of};

use crate::fault::{Fault, Faults, Place};
use camino::Utf8Path;
use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::{Number, Value};
use std::collections::BTreeMap;

/// One value of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub at: Spot,
    pub kind: NodeKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub text: String,
    pub at: Spot,
}

/// Where something stands: line and column from 1, and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Spot {
    pub line: u32,
    pub column: u32,
    pub start: usize,
    pub end: usize,
}

const DEEPEST: usize = 40;
/// A contract is a page; this is a thousand of them.
const LONGEST: usize = 4 << 20;
/// Faults beyond which the file is of another kind.
const MOST_FAULTS: usize = 500;

impl Node {
    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::Number(value) => Value::Number(value.clone()),
            NodeKind::Text(value) => Value::String(value.clone()),
            NodeKind::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            NodeKind::Map(entries) => {
                Value::Object(entries.iter().map(|(key, node)| (key.text.clone(), node.to_json())).collect())
            }
        }
    }

    /// What kind of value it is, as a person says it.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Bool(_) => "true or false",
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a mapping",
        }
    }
}

/// Reads one document.
pub fn parse(file: &Utf8Path, text: &str) -> Result<Node, Faults> {
    let (node, faults) = attempt(file, text)?;
    Faults::none_or(faults).map(|()| node)
}

/// Reads one document, with the faults after which reading went on: of a key that is given twice the first value stands, of a
/// number that is none its text.
pub fn attempt(file: &Utf8Path, text: &str) -> Result<(Node, Vec<Fault>), Faults> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder { file, text, parser: Parser::new_from_str(text), depth: 0, faults: Vec::new() };
    let node = if text.len() > LONGEST {
        Err(builder.fault_at(
            1,
            1,
            "",
            "the file is longer than 4 MB",
            "a contract is one page; keep data in other files",
        ))
    } else {
        builder.document()
    };
    let faults = builder.faults;
    match node {
        Ok(node) => Ok((node, faults)),
        Err(fault) => Err(Faults::from(fault).with(faults)),
    }
}

struct Builder<'a> {
    file: &'a Utf8Path,
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    depth: usize,
    faults: Vec<Fault>,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Node, Fault> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    let help = "write a contract, or start from a copy of examples/billing-support";
                    return Err(self.fault_at(1, 1, "", "the file is empty", help));
                }
                event => {
                    let node = self.node(event, span)?;
                    return self.end().map(|()| node);
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        loop {
            match self.next()? {
                (Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return Ok(()),
                (_, span) => return Err(self.fault(spot(span), "a second document", "keep one document in a file")),
            }
        }
    }

    /// The next event that is no comment.
    fn next(&mut self) -> Result<(Event<'a>, Span), Fault> {
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => {
                    let (line, column) = (error.marker().line() as u32, error.marker().col() as u32 + 1);
                    let whole = line_of(self.text, line);
                    let rest = whole.char_indices().nth(column as usize - 1).map_or("", |(at, _)| whole[at..].trim());
                    let found = if rest.is_empty() { whole.trim() } else { rest };
                    let what = format!("this is not YAML: {}", error.info());
                    let help = "check indentation, quotes and brackets here and just above";
                    return Err(self.fault_at(line, column, found, &what, help));
                }
                None => return Ok((Event::StreamEnd, Span::empty(granit_parser::Marker::new(0, 1, 0)))),
            }
        }
    }

    fn fault(&self, at: Spot, what: &str, help: &str) -> Fault {
        self.fault_at(at.line, at.column, self.text.get(at.start..at.end).unwrap_or(""), what, help)
    }

    fn fault_at(&self, line: u32, column: u32, found: &str, what: &str, help: &str) -> Fault {
        Fault {
            place: Place { file: self.file.to_owned(), line: line.max(1), column: column.max(1) },
            found: shortened(found),
            what: what.to_owned(),
            help: help.to_owned(),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Fault> {
        let at = spot(span);
        self.refuse_properties(&event, at)?;
        match event {
            Event::Scalar(value, ScalarStyle::Plain, ..) => Ok(Node { at, kind: self.plain(&value, at)? }),
            Event::Scalar(value, ..) => Ok(Node { at, kind: NodeKind::Text(value.into_owned()) }),
            Event::SequenceStart(..) => self.deeper(at, Self::list),
            Event::MappingStart(..) => self.deeper(at, Self::map),
            _ => Err(self.fault(at, "this is not YAML", "check indentation and brackets here and just above")),
        }
    }

    fn refuse_properties(&self, event: &Event, at: Spot) -> Result<(), Fault> {
        let (what, help) = if event.anchor_id().is_some() || event.is_alias() {
            ("anchors and aliases are not read here", "write the value out where it is needed")
        } else if event.tag().is_some() {
            ("tags are not read here", "leave the `!tag` out; quote what must be text")
        } else {
            return Ok(());
        };
        Err(self.fault(at, what, help))
    }

    /// A fault after which reading goes on.
    fn tell(&mut self, fault: Fault) -> Result<(), Fault> {
        if self.faults.len() >= MOST_FAULTS {
            return Err(fault);
        }
        self.faults.push(fault);
        Ok(())
    }

    fn deeper(&mut self, at: Spot, read: fn(&mut Self, Spot) -> Result<Node, Fault>) -> Result<Node, Fault> {
        if self.depth >= DEEPEST {
            return Err(self.fault(at, "nested too deeply", "nothing in a contract goes deeper than 40 levels"));
        }
        self.depth += 1;
        let node = read(self, at);
        self.depth -= 1;
        node
    }

    fn list(&mut self, at: Spot) -> Result<Node, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node { at, kind: NodeKind::List(items) }),
                (Event::StreamEnd, _) => return Err(self.fault(at, "this list does not end", "close it with `]`")),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self, at: Spot) -> Result<Node, Fault> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut lines: BTreeMap<String, u32> = BTreeMap::new();
        loop {
            let (event, span) = self.next()?;
            self.refuse_properties(&event, spot(span))?;
            let key = match event {
                Event::MappingEnd => return Ok(Node { at, kind: NodeKind::Map(entries) }),
                Event::StreamEnd => return Err(self.fault(at, "this mapping does not end", "close it with `}`")),
                Event::Scalar(text, ..) => Key { text: text.into_owned(), at: spot(span) },
                _ => return Err(self.fault(spot(span), "a key must be plain text", "write `key: value`")),
            };
            let (event, span) = self.next()?;
            let node = self.node(event, span)?;
            match lines.get(&key.text) {
                Some(first) => {
                    let what = format!("`{}` is given twice, first on line {first}", shortened(&key.text));
                    self.tell(self.fault(key.at, &what, "keep one of the two"))?;
                }
                None => {
                    lines.insert(key.text.clone(), key.at.line);
                    entries.push((key, node));
                }
            }
        }
    }

    fn plain(&mut self, value: &str, at: Spot) -> Result<NodeKind, Fault> {
        Ok(match value {
            "" | "~" | "null" | "Null" | "NULL" => NodeKind::Null,
            "true" | "True" | "TRUE" => NodeKind::Bool(true),
            "false" | "False" | "FALSE" => NodeKind::Bool(false),
            ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "-.inf" | "-.Inf" | "-.INF" | "+.inf" => {
                self.tell(self.fault(at, "this is not a finite number", "write a number"))?;
                NodeKind::Text(value.to_owned())
            }
            text => match number(text) {
                Some(Ok(number)) => NodeKind::Number(number),
                Some(Err(())) => {
                    let help = "write one below 1e308, or quote it as text";
                    self.tell(self.fault(at, "this number is too large", help))?;
                    NodeKind::Text(text.to_owned())
                }
                None => NodeKind::Text(text.to_owned()),
            },
        })
    }
}

/// Decimal integers and floats; `None` where the text is no number, an error where it is one that is not finite.
fn number(text: &str) -> Option<Result<Number, ()>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = unsigned.strip_prefix('.').unwrap_or(unsigned);
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || !unsigned.chars().all(numeric) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Ok(Number::from(whole)));
    }
    let value: f64 = text.parse().ok()?;
    Some(Number::from_f64(value).ok_or(()))
}

fn spot(span: Span) -> Spot {
    let bytes = span.byte_range().unwrap_or(0..0);
    Spot { line: span.start.line() as u32, column: span.start.col() as u32 + 1, start: bytes.start, end: bytes.end }
}

/// One line of a text, counted from 1, where a lone carriage return ends a line too, as it does in YAML.
pub fn line_of(text: &str, line: u32) -> &str {
    let mut rest = text;
    for _ in 1..line {
        let Some(end) = rest.find(['\n', '\r']) else { return "" };
        let length = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[end + length..];
    }
    rest.split(['\n', '\r']).next().unwrap_or("")
}

/// The first line, at most 60 characters.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() > MOST { line.chars().take(MOST).chain("...".chars()).collect() } else { line.to_owned() }
}

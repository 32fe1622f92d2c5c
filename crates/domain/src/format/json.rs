//! JSON with a place for every value and key, to say what is wrong with a line that could not be read.
//!
//! in      one line
//! out     a tree of nodes; or the fault that makes the line no JSON object
//! note    read only after `serde_json` or the format's shape refused a line. Text is decoded by `serde_json`, so that
//!         both agree on what a line says

mod edit;
mod exact;
#[cfg(test)]
mod tests;

pub use edit::with;
pub use exact::rounded;

use super::lines::LinePlace;
use super::yaml::{Key, Node, NodeKind, Spot};
use crate::fault::Fault;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;
use std::fmt;

const DEEPEST: usize = 100;

/// Reads one JSON object and nothing beside it.
pub fn tree(place: LinePlace, text: &str) -> Result<Node, Box<Fault>> {
    let mut cursor = Cursor { place, text, at: 0, depth: 0, counted: (0, 1) };
    cursor.blank();
    if !cursor.rest().starts_with('{') {
        let help = "write one JSON object a line, from `{` to `}`";
        return Err(cursor.fault(0, text.len(), "this line is no JSON object", help));
    }
    let node = cursor.value()?;
    cursor.blank();
    if cursor.at < text.len() {
        let help = "keep one JSON object a line, and nothing after it";
        return Err(cursor.fault(cursor.at, text.len(), "the object ends before the line does", help));
    }
    Ok(node)
}

/// Reads a value and refuses a key that is given twice in an object, which `serde_json` alone lets pass.
pub fn value(text: &str) -> Option<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Once.deserialize(&mut reader).ok()?;
    reader.end().ok().map(|()| value)
}

struct Cursor<'a> {
    place: LinePlace<'a>,
    text: &'a str,
    at: usize,
    depth: usize,
    /// Byte up to which columns were counted, and the column there.
    counted: (usize, u32),
}

type Read<T> = Result<T, Box<Fault>>;

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The column of a byte; bytes are asked for in rising order but for a few.
    fn column(&mut self, at: usize) -> u32 {
        let (from, column) = if at >= self.counted.0 { self.counted } else { (0, 1) };
        let column = column + self.text.get(from..at).map_or(0, |part| part.chars().count() as u32);
        self.counted = (at, column);
        column
    }

    fn spot(&mut self, start: usize, end: usize) -> Spot {
        Spot { line: self.place.line, column: self.column(start), start, end }
    }

    fn fault(&mut self, start: usize, end: usize, what: impl Into<String>, help: &str) -> Box<Fault> {
        let column = self.column(start);
        Box::new(self.place.fault(column, self.text.get(start..end).unwrap_or("").trim(), what, help))
    }

    /// The line ends where something must follow.
    fn ended(&mut self) -> Box<Fault> {
        let start = self.text.char_indices().rev().nth(19).map_or(0, |(at, _)| at);
        let help = "keep one whole JSON object a line, without line breaks inside";
        let column = self.column(self.text.len());
        Box::new(self.place.fault(column, &self.text[start..], "the line ends before its object does", help))
    }

    fn value(&mut self) -> Read<Node> {
        self.blank();
        match self.peek() {
            None => Err(self.ended()),
            Some(b'{') => self.deeper(Self::object),
            Some(b'[') => self.deeper(Self::list),
            Some(b'"') => {
                let (text, at) = self.string()?;
                Ok(Node { at, kind: NodeKind::Text(text) })
            }
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number(),
            Some(b'}' | b']' | b',' | b':') => Err(self.fault(
                self.at,
                self.at + 1,
                "a value is missing here",
                "write the value, or take the comma out",
            )),
            Some(b'\'') => {
                let end = self.token_end();
                Err(self.fault(self.at, end, "JSON text stands in double quotes", "write \"...\" and not '...'"))
            }
            Some(_) => self.word(),
        }
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Read<Node>) -> Read<Node> {
        if self.depth >= DEEPEST {
            let help = "nothing that is graded goes deeper than 100 levels";
            return Err(self.fault(self.at, self.at + 1, "nested too deeply", help));
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn object(&mut self) -> Read<Node> {
        let start = self.at;
        let at = self.spot(start, start + 1);
        self.at += 1;
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut known = BTreeSet::new();
        loop {
            self.blank();
            match self.peek() {
                Some(b'}') if entries.is_empty() => break,
                Some(b'"') => {}
                None => return Err(self.ended()),
                Some(b'}') => {
                    return Err(self.fault(self.at, self.at + 1, "a comma too many", "take out the comma before `}`"));
                }
                Some(_) => {
                    let end = self.token_end();
                    return Err(self.fault(
                        self.at,
                        end,
                        "a key in double quotes must stand here",
                        "write \"key\": value",
                    ));
                }
            }
            let (text, key) = self.string()?;
            self.blank();
            match self.peek() {
                Some(b':') => self.at += 1,
                None => return Err(self.ended()),
                Some(_) => {
                    let what = format!("a colon is missing after `{}`", shortened(&text));
                    return Err(self.fault(key.start, self.at + 1, what, "write \"key\": value"));
                }
            }
            let node = self.value()?;
            if !known.insert(text.clone()) {
                let what = format!("`{}` is given twice", shortened(&text));
                return Err(self.fault(key.start, key.end, what, "keep one of the two"));
            }
            entries.push((Key { text, at: key }, node));
            if self.next(b'}')? {
                break;
            }
        }
        self.at += 1;
        Ok(Node { at: Spot { end: self.at, ..at }, kind: NodeKind::Map(entries) })
    }

    fn list(&mut self) -> Read<Node> {
        let start = self.at;
        let at = self.spot(start, start + 1);
        self.at += 1;
        let mut items = Vec::new();
        self.blank();
        if self.peek() != Some(b']') {
            loop {
                self.blank();
                if self.peek() == Some(b']') {
                    return Err(self.fault(self.at, self.at + 1, "a comma too many", "take out the comma before `]`"));
                }
                items.push(self.value()?);
                if self.next(b']')? {
                    break;
                }
            }
        }
        self.at += 1;
        Ok(Node { at: Spot { end: self.at, ..at }, kind: NodeKind::List(items) })
    }

    /// After a value: true at the end of what holds it, false after a comma.
    fn next(&mut self, close: u8) -> Read<bool> {
        self.blank();
        match self.peek() {
            Some(byte) if byte == close => Ok(true),
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            None => Err(self.ended()),
            Some(_) => {
                let end = self.token_end();
                let what = format!("a comma or `{}` is missing before this", close as char);
                Err(self.fault(self.at, end, what, "separate values with commas; write quotes inside text as \\\""))
            }
        }
    }

    /// The end of a bare word, for quoting it.
    fn token_end(&self) -> usize {
        let rest = self.rest();
        let stop = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '{' | '}' | '[' | ']');
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest.char_indices().skip(1).find(|(_, c)| stop(*c)).map_or(rest.len(), |(at, _)| at);
        self.at + end.max(first)
    }

    fn word(&mut self) -> Read<Node> {
        let (start, end) = (self.at, self.token_end());
        let word = &self.text[start..end];
        let kind = match word {
            "null" => NodeKind::Null,
            "true" => NodeKind::Bool(true),
            "false" => NodeKind::Bool(false),
            _ => return Err(self.not_json(start, end)),
        };
        let at = self.spot(start, end);
        self.at = end;
        Ok(Node { at, kind })
    }

    fn not_json(&mut self, start: usize, end: usize) -> Box<Fault> {
        let word = &self.text[start..end];
        let bare = word.trim_start_matches(['-', '+']).to_ascii_lowercase();
        if matches!(bare.as_str(), "nan" | "inf" | "infinity") {
            let what = format!("JSON has no `{word}`");
            return self.fault(start, end, what, "leave the field out, or write a finite number");
        }
        let help = match bare.as_str() {
            "none" | "nil" | "undefined" => "write null, or leave the field out",
            "true" => "write true",
            "false" => "write false",
            _ if word.starts_with('\0') => "write the file as UTF-8 text: it looks like UTF-16 or like no text at all",
            _ => "put text in double quotes",
        };
        self.fault(start, end, format!("`{}` is no JSON value", shortened(word)), help)
    }

    fn number(&mut self) -> Read<Node> {
        let (start, end) = (self.at, self.token_end());
        let token = &self.text[start..end];
        match serde_json::from_str::<Number>(token) {
            Ok(number) => {
                let at = self.spot(start, end);
                self.at = end;
                Ok(Node { at, kind: NodeKind::Number(number) })
            }
            Err(_) if token.parse::<f64>().is_ok_and(|value| value.is_infinite() && token.contains(['e', 'E'])) => {
                let what = "this number is too large to be kept";
                Err(self.fault(start, end, what, "write a finite number, below 1e308"))
            }
            Err(_) if token.parse::<f64>().is_ok_and(f64::is_finite) => {
                let help = "write it without leading zeros or `+`, with a digit on both sides of the point";
                Err(self.fault(start, end, format!("`{}` is no JSON number", shortened(token)), help))
            }
            Err(_) => Err(self.not_json(start, end)),
        }
    }

    fn string(&mut self) -> Read<(String, Spot)> {
        let start = self.at;
        let at = self.spot(start, start + 1);
        let mut end = start + 1;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(end) {
                None => {
                    let help = "close it with a double quote; write quotes inside text as \\\"";
                    return Err(self.fault(start, bytes.len(), "this text does not end", help));
                }
                Some(b'"') => break,
                Some(b'\\') => end += self.escape(end)?,
                Some(0) => {
                    let help = "take it out; text that came from UTF-16 must be written as UTF-8";
                    return Err(self.fault(end, end + 1, "a NUL character stands in the text", help));
                }
                Some(0x01..=0x1f) => {
                    let help = "write it as \\n, \\t or \\u00XX";
                    return Err(self.fault(end, end + 1, "a control character stands bare in the text", help));
                }
                Some(_) => end += 1,
            }
        }
        end += 1;
        self.at = end;
        match serde_json::from_str::<String>(&self.text[start..end]) {
            Ok(text) => Ok((text, Spot { end, ..at })),
            Err(error) => Err(self.fault(start, end, format!("this text cannot be read: {error}"), "write it again")),
        }
    }

    /// The length of the escape at a backslash.
    fn escape(&mut self, at: usize) -> Read<usize> {
        let bytes = self.text.as_bytes();
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
            Some(b'u') => match (self.unit(at), self.unit(at + 6)) {
                (None, _) => {
                    let end = self.text.len().min(at + 6);
                    Err(self.fault(
                        at,
                        self.boundary(end),
                        "four hex digits must follow `\\u`",
                        "write \\u00e9, or é itself",
                    ))
                }
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => Ok(12),
                (Some(0xd800..=0xdfff), _) => {
                    let help = "write the character itself as UTF-8, or both halves of its pair";
                    Err(self.fault(at, at + 6, "half a character: a lone surrogate", help))
                }
                (Some(_), _) => Ok(6),
            },
            None => Ok(1),
            Some(_) => {
                let end = self.boundary(at + 2);
                Err(self.fault(at, end, "this escape is none of JSON's", "write a backslash as \\\\"))
            }
        }
    }

    /// The code unit of `\uXXXX` at a byte.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u16::from_str_radix(digits, 16).ok() } else { None }
    }

    fn boundary(&self, mut at: usize) -> usize {
        while at < self.text.len() && !self.text.is_char_boundary(at) {
            at += 1;
        }
        at.min(self.text.len())
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() > MOST { text.chars().take(MOST).chain("...".chars()).collect() } else { text.to_owned() }
}

/// Deserialises a `Value` in which no object has a key twice.
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Once)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Once)?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key is given twice"));
            }
        }
        Ok(object.into())
    }
}

//! JSON lines: an object a score. Objects need not have the same keys.

use super::super::column::{Column, Known};
use super::super::gather::{At, Gather, missing_help};
use camino::Utf8Path;
use domain::format::json;
use domain::format::lines::{LONGEST_LINE, LinePlace};
use domain::format::yaml::{Node, NodeKind};
use serde_json::Value;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// What reading a line came to.
enum Next {
    Line,
    TooLong,
    End,
}

pub fn read(file: File, path: &Utf8Path, gather: &mut Gather) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut line, mut number) = (Vec::new(), 0u32);
    loop {
        let next = next_line(&mut reader, &mut line)?;
        number += 1;
        let place = LinePlace { file: path, line: number };
        match next {
            Next::End => return Ok(()),
            Next::TooLong => gather.push(place.too_long()),
            Next::Line => read_line(place, &line, gather),
        }
        if gather.is_full() {
            return Ok(());
        }
    }
}

/// Reads a line without keeping more of it than a line may hold.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Next> {
    line.clear();
    let taken = reader.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', line)?;
    if taken == 0 {
        return Ok(Next::End);
    }
    if taken <= LONGEST_LINE || line.ends_with(b"\n") {
        return Ok(Next::Line);
    }
    loop {
        let available = reader.fill_buf()?;
        let end = available.iter().position(|byte| *byte == b'\n');
        let (taken, done) = end.map_or((available.len(), available.is_empty()), |at| (at + 1, true));
        reader.consume(taken);
        if done {
            return Ok(Next::TooLong);
        }
    }
}

fn read_line(place: LinePlace, bytes: &[u8], gather: &mut Gather) {
    let bytes = if place.line == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
    let bytes = bytes.trim_ascii_end();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    let text = match place.text(bytes) {
        Ok(text) => text,
        Err(faults) => return faults.into_iter().for_each(|fault| gather.push(fault)),
    };
    let Some(Value::Object(fields)) = json::value(text) else {
        let fault = match json::tree(place, text) {
            Err(fault) => *fault,
            Ok(_) => place.fault(1, text, "this line cannot be read", "write one JSON object a line"),
        };
        return gather.push(fault);
    };
    if !fields.contains_key(Known::Value.as_str()) && !fields.contains_key(Known::State.as_str()) {
        let help = missing_help(Known::Value, fields.keys().map(String::as_str));
        return gather.fault((place.line, 1), text, "this line has no `value`", help);
    }
    let mut cells: Vec<(Column, Cow<str>)> = Vec::with_capacity(fields.len());
    for (key, value) in &fields {
        let column = gather.column(key, (place.line, 1));
        let cell = match value {
            Value::Null => Cow::Borrowed(""),
            Value::String(text) => Cow::Borrowed(text.trim()),
            Value::Number(_) | Value::Bool(_) => Cow::Owned(value.to_string()),
            Value::Array(_) | Value::Object(_) if column == Column::Known(Known::Evidence) => {
                Cow::Owned(value.to_string())
            }
            Value::Array(_) | Value::Object(_) if column == Column::LeftOut => Cow::Borrowed(""),
            Value::Array(_) | Value::Object(_) => {
                let what = format!("`{key}` is no single value");
                let at = (place.line, column_of(place, text, cells.len()));
                gather.fault(at, &value.to_string(), what, "write text, a number, true or false, or leave it out");
                Cow::Borrowed("")
            }
        };
        cells.push((column, cell));
    }
    let cells: Vec<(Column, &str)> = cells.iter().map(|(column, cell)| (*column, cell.as_ref())).collect();
    gather.row(&At { line: place.line, locate: &|cell| (place.line, column_of(place, text, cell)) }, &cells);
}

/// Column of the value of a field, found again in the line: only faults need it.
fn column_of(place: LinePlace, text: &str, field: usize) -> u32 {
    match json::tree(place, text) {
        Ok(Node { kind: NodeKind::Map(entries), .. }) => entries.get(field).map_or(1, |(_, value)| value.at.column),
        _ => 1,
    }
}

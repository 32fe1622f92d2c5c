//! A file of outcomes: JSON lines, or a table with a line of names.

use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::Faults;
use domain::format::lines::{LONGEST_LINE, LinePlace};
use domain::format::outcomes::{NUMBERS, TEXTS, parse};
use domain::outcome::Outcome;
use serde_json::{Map, Value, json};

/// Bytes of a file of outcomes.
const LONGEST: u64 = 1 << 30;
/// Faults that are told at once.
const MOST: usize = 100;

/// A field and the column of a table that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub field: String,
    pub column: String,
}

/// Reads a file; `.csv` and `.tsv` are tables, anything else is JSON lines.
pub fn read(path: &Utf8Path, columns: &[Column]) -> Result<Vec<Outcome>, Failure> {
    let text = super::super::file::text(path, LONGEST)
        .map_err(|error| Failure::yours(format!("cannot read `{path}`: {error}"), "check the path of the outcomes"))?;
    let lines = match path.extension() {
        Some("csv") => table(path, &text, b',', columns)?,
        Some("tsv") => table(path, &text, b'\t', columns)?,
        _ if !columns.is_empty() => {
            return Err(Failure::yours(
                "columns are of tables",
                "name a file that ends in .csv or .tsv, or leave `--map` out",
            ));
        }
        _ => text.lines().enumerate().map(|(at, line)| (at as u32 + 1, line.to_owned())).collect(),
    };
    let (mut outcomes, mut faults) = (Vec::new(), Vec::new());
    for (line, text) in lines {
        let place = LinePlace { file: path, line };
        if text.len() > LONGEST_LINE {
            faults.push(place.too_long());
        } else if !text.trim().is_empty() {
            match parse(place, &text) {
                Ok(outcome) => outcomes.extend(outcome),
                Err(found) => faults.extend(found.iter().cloned()),
            }
        }
        if faults.len() >= MOST {
            break;
        }
    }
    Faults::none_or(faults)?;
    if outcomes.is_empty() {
        return Err(Failure::yours(format!("`{path}` says nothing"), "write one outcome a line"));
    }
    Ok(outcomes)
}

/// Each row as the line that would say the same.
fn table(path: &Utf8Path, text: &str, separator: u8, columns: &[Column]) -> Result<Vec<(u32, String)>, Failure> {
    let broken = |error: csv::Error| {
        Failure::yours(format!("`{path}` is no table: {error}"), "quote cells that hold separators or line ends")
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(broken)?.iter().map(|name| name.trim().to_owned()).collect();
    let mut fields = Vec::new();
    for name in &names {
        let mapped = columns.iter().find(|column| column.column == *name);
        fields.push(mapped.map_or(name.as_str(), |column| column.field.as_str()));
    }
    for column in columns {
        if !names.contains(&column.column) {
            let help = format!("its columns are: {}", names.join(", "));
            return Err(Failure::yours(format!("`{path}` has no column `{}`", column.column), help));
        }
    }
    for field in &fields {
        let known = NUMBERS.contains(field) || TEXTS.contains(field) || field.starts_with("attributes.");
        if !known {
            let help = format!(
                "a column is one of {}, {}, or attributes.NAME; `--map FIELD=COLUMN` renames one",
                TEXTS.join(", "),
                NUMBERS.join(", ")
            );
            return Err(Failure::yours(format!("`{path}` has a column `{field}`, which no outcome has"), help));
        }
    }
    let mut lines = Vec::new();
    for row in reader.records() {
        let row = row.map_err(broken)?;
        let line = row.position().map_or(0, |at| at.line() as u32);
        lines.push((line, line_of(&fields, &row).to_string()));
    }
    Ok(lines)
}

/// An empty cell leaves its field out; a number that is none stays text, and is refused by name.
fn line_of(fields: &[&str], row: &csv::StringRecord) -> Value {
    let mut line = Map::new();
    let mut attributes = Map::new();
    for (field, cell) in fields.iter().zip(row.iter().map(str::trim)).filter(|(_, cell)| !cell.is_empty()) {
        if let Some(name) = field.strip_prefix("attributes.") {
            attributes.insert(name.to_owned(), json!(cell));
        } else {
            let number =
                NUMBERS.contains(field).then(|| serde_json::from_str::<serde_json::Number>(cell).ok()).flatten();
            line.insert((*field).to_owned(), number.map_or_else(|| json!(cell), Value::Number));
        }
    }
    if !attributes.is_empty() {
        line.insert("attributes".to_owned(), Value::Object(attributes));
    }
    Value::Object(line)
}

//! A file of outcomes: JSON lines, or a table with a line of names. Read one line at a time, however long the file.

use crate::app::file;
use crate::app::run::Progress;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::{Fault, Faults};
use domain::format::lines::LinePlace;
use domain::format::outcomes::{NUMBERS, TEXTS, parse};
use domain::outcome::Outcome;
use engine::jsonl::Lines;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

/// Faults that are told at once.
const MOST: usize = 100;
/// What files of OpenTelemetry begin with.
const TRACED: [&str; 2] = ["{\"resourceSpans\"", "{\"resourceLogs\""];
/// Lines between two words of how far it is.
const TOLD_EVERY: u64 = 4096;

/// A field and the column of a table that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub field: String,
    pub column: String,
}

/// All outcomes of a file.
pub fn read(path: &Utf8Path, columns: &[Column], progress: &mut dyn Progress) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    each(path, columns, progress, &mut |_, outcome| outcomes.push(outcome))?;
    Ok(outcomes)
}

/// Hands on every outcome of a file with its place; `.csv` and `.tsv` are tables, anything else is JSON lines. Of a line that cannot
/// be read nothing is handed on, and in the end all of them are told.
pub fn each(
    path: &Utf8Path,
    columns: &[Column],
    progress: &mut dyn Progress,
    take: &mut dyn FnMut(LinePlace, Outcome),
) -> Result<(), Failure> {
    let (mut file, bytes) = file::open(path).map_err(|error| unreadable(path, &error))?;
    let start = begins(&mut file).map_err(|error| unreadable(path, &error))?;
    if TRACED.iter().any(|known| start.trim_ascii_start().starts_with(known.as_bytes())) {
        return Err(Failure::yours(
            format!("`{path}` holds traces or logs of OpenTelemetry, and nothing says which of it counts"),
            "name the metrics in a mapping, `--mapping FILE`: see docs/formats/outcomes.md",
        ));
    }
    progress.step(&format!("reading {path}"));
    let mut reading = Reading { path, bytes, read: 0, told: 0, faults: Vec::new(), progress, take };
    match path.extension() {
        Some("csv") => reading.table(file, b',', columns)?,
        Some("tsv") => reading.table(file, b'\t', columns)?,
        _ if !columns.is_empty() => {
            return Err(Failure::yours(
                "columns are of tables",
                "name a file that ends in .csv or .tsv, or leave `--map` out",
            ));
        }
        _ => reading.lines(file)?,
    }
    let Reading { faults, told, .. } = reading;
    Faults::none_or(faults)?;
    if told == 0 {
        return Err(Failure::yours(format!("`{path}` says nothing"), "write one outcome a line"));
    }
    Ok(())
}

/// The first bytes; the file is read from its start afterwards.
fn begins(file: &mut File) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.by_ref().take(64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start)
}

fn unreadable(path: &Utf8Path, error: &io::Error) -> Failure {
    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path of the outcomes")
}

struct Reading<'a> {
    path: &'a Utf8Path,
    bytes: u64,
    /// Lines that were read, and outcomes that were handed on.
    read: u64,
    told: u64,
    faults: Vec<Fault>,
    progress: &'a mut dyn Progress,
    take: &'a mut dyn FnMut(LinePlace, Outcome),
}

impl Reading<'_> {
    fn lines(&mut self, file: File) -> Result<(), Failure> {
        let path = self.path;
        let mut lines = Lines::new(BufReader::new(file));
        while let Some(line) = lines.next().map_err(|error| unreadable(path, &error))? {
            let place = LinePlace { file: path, line: line.number };
            self.far(line.offset);
            match place.text(line.bytes) {
                _ if line.too_long => self.faults.push(place.too_long()),
                Ok(text) => self.line(place, text),
                Err(faults) => self.faults.extend(faults.iter().cloned()),
            }
            if self.faults.len() >= MOST {
                break;
            }
        }
        Ok(())
    }

    /// Each row as the line that would say the same.
    fn table(&mut self, file: File, separator: u8, columns: &[Column]) -> Result<(), Failure> {
        let path = self.path;
        let broken = |error: csv::Error| {
            Failure::yours(
                format!("`{path}` is no table: {error}"),
                "quote cells that hold separators or line ends, and write UTF-8",
            )
        };
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(BufReader::new(file));
        let names: Vec<String> = reader.headers().map_err(broken)?.iter().map(|name| name.trim().to_owned()).collect();
        let fields = fields(path, &names, columns)?;
        for row in reader.records() {
            let row = row.map_err(broken)?;
            let at = row.position();
            self.far(at.map_or(0, csv::Position::byte));
            let place = LinePlace { file: path, line: at.map_or(0, |at| at.line() as u32) };
            self.line(place, &line_of(&fields, &row).to_string());
            if self.faults.len() >= MOST {
                break;
            }
        }
        Ok(())
    }

    fn line(&mut self, place: LinePlace, text: &str) {
        match parse(place, text) {
            Ok(Some(outcome)) => {
                self.told += 1;
                (self.take)(place, outcome);
            }
            Ok(None) => {}
            Err(found) => self.faults.extend(found.iter().cloned()),
        }
    }

    fn far(&mut self, offset: u64) {
        self.read += 1;
        if self.read.is_multiple_of(TOLD_EVERY) {
            self.progress.count(offset, self.bytes);
        }
    }
}

/// The field of each column.
fn fields<'n>(path: &Utf8Path, names: &'n [String], columns: &'n [Column]) -> Result<Vec<&'n str>, Failure> {
    if let Some(column) = columns.iter().find(|column| !names.contains(&column.column)) {
        let help = format!("its columns are: {}", names.join(", "));
        return Err(Failure::yours(format!("`{path}` has no column `{}`", column.column), help));
    }
    let field = |name: &'n String| {
        let mapped = columns.iter().find(|column| column.column == *name);
        mapped.map_or(name.as_str(), |column| column.field.as_str())
    };
    let fields: Vec<&str> = names.iter().map(field).collect();
    let known = |field: &&&str| NUMBERS.contains(field) || TEXTS.contains(field) || field.starts_with("attributes.");
    if let Some(field) = fields.iter().find(|field| !known(field)) {
        let help = format!(
            "a column is one of {}, {}, or attributes.NAME; `--map FIELD=COLUMN` renames one",
            TEXTS.join(", "),
            NUMBERS.join(", ")
        );
        return Err(Failure::yours(format!("`{path}` has a column `{field}`, which no outcome has"), help));
    }
    Ok(fields)
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

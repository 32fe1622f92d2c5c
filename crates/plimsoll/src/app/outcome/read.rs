//! A file of outcomes: JSON lines, or a table with a line of names. Read one line at a time, however long the file.

use crate::app::file;
use crate::app::run::Progress;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::{Fault, Faults};
use domain::format::lines::LinePlace;
use domain::format::outcomes::{Row, Table, parse};
use domain::outcome::Outcome;
use engine::jsonl::Lines;
use lake::delimited::{RowError, Rows};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

/// Faults that are told at once.
pub const MOST: usize = 100;
/// What files of OpenTelemetry begin with.
const TRACED: [&str; 2] = ["{\"resourceSpans\"", "{\"resourceLogs\""];
/// What packed files begin with (gzip, zstd), and records of protobuf: the length of one.
const BINARY: [&[u8]; 3] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0]];
/// Lines between two words of how far it is.
const TOLD_EVERY: u64 = 4096;

/// A field and the column of a table that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub field: String,
    pub column: String,
}

/// A fault at a field of the line that an outcome is from: the field, what is wrong, and what to do.
pub type Spot<'a> = &'a dyn Fn(&str, String, String) -> Fault;

/// Hands on every outcome of a file; `.csv` and `.tsv` are tables, anything else is JSON lines. Of a line that cannot be read nothing is
/// handed on. In the end all faults are told: those of lines, and those that whoever takes an outcome finds in it.
pub fn each(
    path: &Utf8Path,
    columns: &[Column],
    progress: &mut dyn Progress,
    take: &mut dyn FnMut(Spot<'_>, Outcome) -> Vec<Fault>,
) -> Result<(), Failure> {
    let (mut file, bytes) = file::open(path).map_err(|error| unreadable(path, &error))?;
    let start = begins(&mut file).map_err(|error| unreadable(path, &error))?;
    if TRACED.iter().any(|known| start.trim_ascii_start().starts_with(known.as_bytes())) {
        return Err(Failure::yours(
            format!("`{path}` holds traces or logs of OpenTelemetry, and nothing says which of it counts"),
            "name the metrics in a mapping, `--mapping FILE`: see docs/formats/outcomes.md",
        ));
    }
    if BINARY.iter().any(|known| start.starts_with(known)) {
        return Err(Failure::yours(
            format!("`{path}` is no text: it is packed, or it is protobuf"),
            "unpack a table or JSON lines first; of traces and logs of OpenTelemetry name the metrics in a mapping, `--mapping FILE`, and they \
             are read as they are: see docs/formats/outcomes.md",
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
    take: &'a mut dyn FnMut(Spot<'_>, Outcome) -> Vec<Fault>,
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

    fn table(&mut self, file: File, separator: u8, columns: &[Column]) -> Result<(), Failure> {
        let path = self.path;
        let mut rows = Rows::new(BufReader::new(file), separator);
        let mut header: Option<Table> = None;
        let mut offset = 0;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(()),
                Err(RowError::Unreadable(error)) => {
                    return Err(Failure::yours(format!("`{path}` is no table: {error}"), "write it as CSV or TSV"));
                }
                Err(error) => {
                    let fault = error.fault().map(|((line, column), what, help)| {
                        LinePlace { file: path, line }.fault(column, "", what, help)
                    });
                    self.faults.extend(fault);
                    return Ok(());
                }
            };
            let place = LinePlace { file: path, line: row.line };
            let mut cells = Vec::with_capacity(row.len());
            let mut unread = None;
            for (at, cell) in row.cells().enumerate() {
                offset += cell.len() as u64 + 1;
                match std::str::from_utf8(cell) {
                    Ok(text) => cells.push(text.trim_start_matches('\u{feff}')),
                    Err(_) => unread = unread.or(Some((row.place(at), String::from_utf8_lossy(cell).into_owned()))),
                }
            }
            self.far(offset);
            if let Some(((line, column), found)) = unread {
                let place = LinePlace { file: path, line };
                self.faults.push(place.fault(column, &found, "this cell is not UTF-8", "write the file as UTF-8"));
            } else {
                let cell = |cell: usize| row.place(cell);
                let row = Row { place, cells, cell: &cell };
                match &header {
                    None => header = Some(head(path, &row, columns)?),
                    Some(table) => match table.outcome(&row) {
                        Ok(outcome) => {
                            self.told += 1;
                            let spot = |field: &str, what: String, help: String| table.fault(&row, field, what, help);
                            let found = (self.take)(&spot, outcome);
                            self.faults.extend(found);
                        }
                        Err(found) => self.faults.extend(found.iter().cloned()),
                    },
                }
            }
            if self.faults.len() >= MOST {
                return Ok(());
            }
        }
    }

    fn line(&mut self, place: LinePlace, text: &str) {
        match parse(place, text) {
            Ok(Some(outcome)) => {
                self.told += 1;
                let spot = |field: &str, what: String, help: String| place.fault_at(text, field, what, help);
                let found = (self.take)(&spot, outcome);
                self.faults.extend(found);
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

/// The names of a table's columns.
fn head(path: &Utf8Path, row: &Row, columns: &[Column]) -> Result<Table, Failure> {
    let names: Vec<&str> = row.cells.iter().map(|name| name.trim()).collect();
    for column in columns {
        if !names.contains(&column.column.as_str()) {
            let help = format!("its columns are: {}", names.join(", "));
            return Err(Failure::yours(format!("`{path}` has no column `{}`", column.column), help));
        }
    }
    let field = |name: &str| columns.iter().find(|column| column.column == name).map(|column| column.field.as_str());
    Ok(Table::of(row, field)?)
}

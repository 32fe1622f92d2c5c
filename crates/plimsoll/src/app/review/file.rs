//! Reads a file of labels, JSON lines or a table: every label with its line, or every fault of all of them at once.

use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::{Fault, Faults};
use domain::format::labels::{Label, Row, Table, parse};
use domain::format::lines::LinePlace;
use engine::jsonl::Lines;
use lake::delimited::{RowError, Rows};
use std::fs::File;
use std::io::BufReader;

pub struct Placed {
    pub label: Label,
    pub line: u32,
}

pub fn read(path: &Utf8Path) -> Result<Vec<Placed>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::yours(format!("cannot read `{path}`: {error}"), "name a file of labels: .jsonl, .csv or .tsv")
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Failure::yours(
            format!("`{path}` is no regular file"),
            "name a file of labels: .jsonl, .csv or .tsv",
        ));
    }
    let file = File::open(path).map_err(unreadable)?;
    let read = match path.extension().map(str::to_lowercase).as_deref() {
        Some("csv") => table(path, file, b','),
        Some("tsv" | "tab") => table(path, file, b'\t'),
        _ => lines(path, Lines::new(BufReader::new(file))),
    };
    read.map_err(|error| match error {
        Unread::Io(error) => unreadable(error),
        Unread::Wrong(failure) => failure,
    })
}

enum Unread {
    Io(std::io::Error),
    Wrong(Failure),
}

fn lines(path: &Utf8Path, mut lines: Lines<BufReader<File>>) -> Result<Vec<Placed>, Unread> {
    let (mut labels, mut faults): (_, Vec<Fault>) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next().map_err(Unread::Io)? {
        let place = LinePlace { file: path, line: line.number };
        if line.too_long {
            faults.push(place.too_long());
            continue;
        }
        match place.text(line.bytes).and_then(|text| parse(place, text)) {
            Ok(label) => labels.extend(label.map(|label| Placed { label, line: line.number })),
            Err(wrong) => faults.extend(wrong),
        }
    }
    Faults::none_or(faults).map_err(|faults| Unread::Wrong(faults.into()))?;
    Ok(labels)
}

fn table(path: &Utf8Path, file: File, separator: u8) -> Result<Vec<Placed>, Unread> {
    let (mut labels, mut faults): (_, Vec<Fault>) = (Vec::new(), Vec::new());
    let unread = rows(path, file, separator, &mut |table, row| match table.label(row) {
        Ok(label) => labels.push(Placed { label, line: row.line }),
        Err(wrong) => faults.extend(wrong),
    });
    faults.extend(unread.map_err(Unread::Io)?);
    Faults::none_or(faults).map_err(|faults| Unread::Wrong(faults.into()))?;
    Ok(labels)
}

/// Hands on every row of a table that stands under its header, and gives back the faults of what is no such row.
pub fn rows(
    path: &Utf8Path,
    file: File,
    separator: u8,
    each: &mut dyn FnMut(&Table, &Row),
) -> std::io::Result<Vec<Fault>> {
    let mut rows = Rows::new(file, separator);
    let (mut table, mut faults): (Option<Table>, Vec<Fault>) = (None, Vec::new());
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(faults),
            Err(RowError::Unreadable(error)) => return Err(error),
            Err(error) => {
                let fault = error
                    .fault()
                    .map(|((line, column), what, help)| LinePlace { file: path, line }.fault(column, "", what, help));
                faults.extend(fault);
                return Ok(faults);
            }
        };
        let mut cells = Vec::with_capacity(row.len());
        for (at, cell) in row.cells().enumerate() {
            match std::str::from_utf8(cell) {
                Ok(text) => cells.push(text.trim_start_matches('\u{feff}')),
                Err(_) => {
                    let ((line, column), found) = (row.place(at), String::from_utf8_lossy(cell));
                    let place = LinePlace { file: path, line };
                    faults.push(place.fault(column, &found, "this cell is not UTF-8", "write the file as UTF-8"));
                }
            }
        }
        if cells.len() < row.len() {
            continue;
        }
        let place = |cell: usize| row.place(cell);
        let row = Row { file: path, line: row.line, cells, place: &place };
        match &table {
            Some(table) => each(table, &row),
            None => match Table::of(&row) {
                Ok(header) => table = Some(header),
                Err(wrong) => {
                    faults.extend(wrong);
                    return Ok(faults);
                }
            },
        }
    }
}

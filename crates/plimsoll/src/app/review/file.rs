//! Reads a file of labels, JSON lines or a table: every label with its line, or every fault of all of them at once.

use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::{Fault, Faults};
use domain::format::labels::{Label, Row, Table, parse};
use domain::format::lines::LinePlace;
use engine::jsonl::Lines;
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
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    match path.extension() {
        Some("csv") => table(path, file, b','),
        Some("tsv") => table(path, file, b'\t'),
        _ => lines(path, Lines::new(file)).map_err(|error| match error {
            Unread::Io(error) => unreadable(error),
            Unread::Wrong(failure) => failure,
        }),
    }
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

fn table(path: &Utf8Path, file: BufReader<File>, separator: u8) -> Result<Vec<Placed>, Failure> {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(file);
    let (mut labels, mut faults) = (Vec::new(), Vec::new());
    let mut header: Option<Table> = None;
    for record in reader.records() {
        let record = record.map_err(|error| {
            Failure::yours(format!("cannot read `{path}`: {error}"), "write the table as UTF-8, with quotes that end")
        })?;
        let line = record.position().map_or(1, |position| position.line() as u32);
        let mut cells: Vec<&str> = record.iter().collect();
        if header.is_none()
            && let Some(first) = cells.first_mut()
        {
            *first = first.trim_start_matches('\u{feff}');
        }
        // A cell's place is told by its row and its number: a row may span lines.
        let place = |cell: usize| (line, cell as u32 + 1);
        let row = Row { file: path, line, cells, place: &place };
        match &header {
            None => header = Some(Table::of(&row)?),
            Some(table) => match table.label(&row) {
                Ok(label) => labels.push(Placed { label, line }),
                Err(wrong) => faults.extend(wrong),
            },
        }
    }
    Faults::none_or(faults)?;
    Ok(labels)
}

//! CSV and TSV: a header, then a row a line; quoted cells may hold line ends.

use super::super::column::Column;
use super::super::gather::{At, Gather};
use camino::Utf8Path;
use domain::format::lines::LONGEST_LINE;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// A reader that ends where one record would be longer than a line may be.
struct Metered<R> {
    reader: R,
    since_record: Rc<Cell<usize>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_record.get() > LONGEST_LINE {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let count = self.reader.read(buffer)?;
        self.since_record.set(self.since_record.get() + count);
        Ok(count)
    }
}

pub fn read(file: File, path: &Utf8Path, delimiter: u8, gather: &mut Gather) -> io::Result<()> {
    let since_record = Rc::new(Cell::new(0));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(Metered { reader: file, since_record: since_record.clone() });
    let mut record = csv::ByteRecord::new();
    let mut columns: Option<Vec<Column>> = None;
    let mut names: Vec<String> = Vec::new();
    loop {
        since_record.set(0);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return ended(error, reader.position().line(), gather),
        }
        let start = record.position().map_or((0, 1), |position| (position.byte(), position.line()));
        let (offset, line) = (start.0, start.1 as u32);
        let Some(columns) = &columns else {
            names = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
            columns = header(&names, delimiter, line, gather);
            if columns.is_none() {
                return Ok(());
            }
            continue;
        };
        if record.len() != columns.len() {
            let what = format!("this row has {} cells, and the header has {}", record.len(), columns.len());
            gather.fault((line, 1), "", what, "put quotes around cells that hold a comma, a quote or a line end");
            continue;
        }
        let mut cells = Vec::with_capacity(columns.len());
        for (at, (column, bytes)) in columns.iter().zip(record.iter()).enumerate() {
            match std::str::from_utf8(bytes) {
                Ok(text) => cells.push((*column, text.trim())),
                Err(_) if *column == Column::LeftOut => cells.push((*column, "")),
                Err(_) => {
                    let found = String::from_utf8_lossy(bytes);
                    let place = place(path, delimiter, offset, line, at);
                    let what = format!("`{}` is not UTF-8", names[at]);
                    gather.fault(place, &found, what, "write the file as UTF-8");
                    cells.push((*column, "unreadable"));
                }
            }
        }
        gather.row(&At { line, locate: &|cell| place(path, delimiter, offset, line, cell) }, &cells);
        if gather.is_full() {
            return Ok(());
        }
    }
}

fn ended(error: csv::Error, line: u64, gather: &mut Gather) -> io::Result<()> {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let help = "look for a quote that is not closed; keep long documents in files of their own";
            gather.fault((line as u32, 1), "", "this row is longer than 16 MB", help);
            Ok(())
        }
        csv::ErrorKind::Io(error) => Err(error),
        other => Err(io::Error::other(format!("{other:?}"))),
    }
}

/// `None` where the table cannot be understood at all.
fn header(names: &[String], delimiter: u8, line: u32, gather: &mut Gather) -> Option<Vec<Column>> {
    if let [only] = names
        && let Some(other) = [';', '\t', ','].into_iter().find(|c| only.contains(*c) && *c != char::from(delimiter))
    {
        let what = format!("columns are separated by {other:?}");
        gather.fault((line, 1), only, what, "separate them by commas in `.csv`, by tabs in `.tsv`");
        return None;
    }
    let complete = gather.header(names, (line, 1));
    let mut columns = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let before: usize = names[..at].iter().map(|name| name.chars().count() + 1).sum();
        let place = (line, before as u32 + 1);
        if names[..at].contains(name) {
            gather.fault(place, name, format!("the column `{name}` is given twice"), "remove or rename one of them");
        }
        columns.push(gather.column(name, place));
    }
    complete.then_some(columns)
}

/// Line and column of a cell, found again in the file: only faults need it.
fn place(path: &Utf8Path, delimiter: u8, offset: u64, line: u32, cell: usize) -> (u32, u32) {
    const LOOKED_AT: u64 = 1 << 16;
    let mut raw = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(offset))?;
        file.take(LOOKED_AT).read_to_end(&mut raw)
    });
    if read.is_err() {
        return (line, 1);
    }
    place_in(String::from_utf8_lossy(&raw).trim_start_matches('\u{feff}'), char::from(delimiter), line, cell)
}

fn place_in(text: &str, delimiter: char, line: u32, cell: usize) -> (u32, u32) {
    let (mut at, mut quoted) = (0, false);
    let (mut here, mut begins) = ((line, 1), (line, 1));
    for (position, character) in text.char_indices() {
        let blank_before = position == 0 || text[..position].chars().all(|c| c == '\n' || c == '\r');
        let next = match character {
            '\n' if blank_before => (here.0, 1),
            '\r' if blank_before => here,
            '\n' => (here.0 + 1, 1),
            _ => (here.0, here.1 + 1),
        };
        match character {
            '"' => quoted = !quoted,
            '\n' if !quoted && !blank_before => break,
            _ if character == delimiter && !quoted => {
                if at == cell {
                    break;
                }
                at += 1;
                begins = next;
            }
            _ => {}
        }
        here = next;
    }
    if at == cell { begins } else { (line, 1) }
}

#[cfg(test)]
mod tests {
    use super::place_in;

    #[test]
    fn cells_are_found_behind_quotes_and_line_ends() {
        let text = "a,\"b, \"\"c\"\"\nd\",é,1\nnext,row";
        assert_eq!(place_in(text, ',', 7, 0), (7, 1));
        assert_eq!(place_in(text, ',', 7, 1), (7, 3));
        assert_eq!(place_in(text, ',', 7, 2), (8, 4));
        assert_eq!(place_in(text, ',', 7, 3), (8, 6));
        assert_eq!(place_in(text, ',', 7, 9), (7, 1));
    }
}

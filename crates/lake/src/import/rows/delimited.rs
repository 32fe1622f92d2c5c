//! CSV and TSV: a header, then a row a line.

use super::super::column::Column;
use super::super::gather::{At, Gather};
use crate::delimited::{Row, RowError, Rows, names};
use domain::share::plural;
use std::fs::File;
use std::io;

pub fn read(file: File, delimiter: u8, gather: &mut Gather) -> io::Result<()> {
    let mut rows = Rows::new(file, delimiter);
    let (titles, columns) = match rows.next() {
        Ok(None) => return Ok(()),
        Ok(Some(row)) => match header(&row, gather) {
            Some(header) => header,
            None => return Ok(()),
        },
        Err(error) => return ended(error, gather),
    };
    loop {
        match rows.next() {
            Ok(None) => return Ok(()),
            Ok(Some(row)) => take(&row, &titles, &columns, gather),
            Err(error) => return ended(error, gather),
        }
        if gather.is_full() {
            return Ok(());
        }
    }
}

fn take(row: &Row<File>, titles: &[String], columns: &[Column], gather: &mut Gather) {
    let line = row.line;
    if row.len() != columns.len() {
        let what = format!("this row has {}, and the header has {}", plural(row.len() as u64, "cell"), columns.len());
        return gather.fault((line, 1), "", what, "put quotes around cells that hold a comma, a quote or a line end");
    }
    let mut cells = Vec::with_capacity(columns.len());
    for (at, (column, bytes)) in columns.iter().zip(row.cells()).enumerate() {
        match std::str::from_utf8(bytes) {
            Ok(text) => cells.push((*column, text.trim())),
            Err(_) if *column == Column::LeftOut => cells.push((*column, "")),
            Err(_) => {
                let found = String::from_utf8_lossy(bytes);
                let what = format!("`{}` is not UTF-8", titles[at]);
                gather.fault(row.place(at), &found, what, "write the file as UTF-8");
                cells.push((*column, "unreadable"));
            }
        }
    }
    gather.row(&At { line, locate: &|cell| row.place(cell) }, &cells);
}

fn ended(error: RowError, gather: &mut Gather) -> io::Result<()> {
    match (error.fault(), error) {
        (_, RowError::Unreadable(error)) => Err(error),
        (fault, _) => {
            if let Some((place, what, help)) = fault {
                gather.fault(place, "", what, help);
            }
            Ok(())
        }
    }
}

/// Titles and what they mean; `None` where the table cannot be understood at all.
fn header(row: &Row<File>, gather: &mut Gather) -> Option<(Vec<String>, Vec<Column>)> {
    let line = row.line;
    if let Some(at) = row.cells().position(|cell| std::str::from_utf8(cell).is_err()) {
        gather.fault(row.place(at), "", "the header is not UTF-8", "write the file as UTF-8");
        return None;
    }
    let titles = match names(row) {
        Ok(titles) => titles,
        Err(other) => {
            let what = format!("columns are separated by {other:?}");
            gather.fault((line, 1), "", what, "separate them by commas in `.csv`, by tabs in `.tsv`");
            return None;
        }
    };
    let complete = gather.header(&titles, (line, 1));
    let mut columns = Vec::with_capacity(titles.len());
    for (at, name) in titles.iter().enumerate() {
        let place = row.place(at);
        if titles[..at].contains(name) {
            gather.fault(place, name, format!("the column `{name}` is given twice"), "remove or rename one of them");
        }
        columns.push(gather.column(name, place));
    }
    complete.then_some((titles, columns))
}

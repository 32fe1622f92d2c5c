//! `import examples`: a table (CSV, TSV) becomes a file of examples that `run` reads.
//!
//! in      the table, a mapping of its columns, where the file is to stand in the eval's folder
//! out     the file, written whole or not at all, and what was read
//! errors  every fault of mapping, cells and set, each in its place of the table; nothing is written where there is any
//! note    lines are written as rows come, and then read back with the eval's other examples as `run` reads them

mod home;

use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::fault::{Fault, Faults, Place};
use domain::format::lines::{LONGEST_LINE, LinePlace};
use domain::format::mapping::{Fitted, Mapping, Refused};
use domain::share::plural;
use home::{Home, unwritable};
use lake::delimited::{Row, RowError, Rows, names};
use std::fs::File;
use std::io::{BufWriter, Write};

/// Faults that are told one by one.
const MOST_FAULTS: usize = 50;
const HEADER: &str = "{\"plimsoll_examples\": 1}\n";

pub struct Order<'a> {
    pub table: &'a Utf8Path,
    /// A contract, or the folder that one is or will be in.
    pub eval: &'a Utf8Path,
    pub mapping: &'a Mapping,
    /// Where a fault of the mapping as a whole is told.
    pub mapping_at: Place,
    /// What separates cells; told from the file's name where it is not given.
    pub separator: Option<u8>,
    /// Relative to the eval's folder.
    pub to: Option<&'a Utf8Path>,
    /// Nothing is written; so many examples are shown.
    pub show: Option<usize>,
}

/// What was read, and written.
pub struct Made {
    pub to: Utf8PathBuf,
    pub examples: u64,
    /// Each field with its column, or without where it has one value.
    pub fields: Vec<(String, Option<String>)>,
    pub left_out: Vec<String>,
    /// Examples that count toward nothing but this set: no provenance says where they are from.
    pub without_provenance: u64,
    pub without_task: u64,
    /// The contract does not read the file.
    pub unread: bool,
    /// The first lines, where nothing is written.
    pub shown: Vec<String>,
}

pub fn import(order: &Order) -> Result<Made, Failure> {
    let home = Home::of(order.eval)?;
    let to = home.target(order.to, order.table)?;
    let table = File::open(order.table).map_err(|error| unreadable(order.table, &error))?;
    let mut rows = Rows::new(table, separator(order)?);
    let fitted = fit(order, &mut rows)?;
    let work = home.work()?;
    let mut making =
        Making { order, fitted: &fitted, lines: Vec::new(), faults: Vec::new(), more: 0, made: started(&fitted, to) };
    making.rows(&mut rows, work.as_file())?;
    let Making { lines, faults, more, mut made, .. } = making;
    told(faults, more)?;
    if made.examples == 0 {
        let what = format!("`{}` has no row below its header", order.table);
        return Err(Failure::yours(what, "write a row for each example"));
    }
    home.reads_with(order.table, &work, &lines)?;
    made.unread = !home.reads(&made.to);
    if order.show.is_none() {
        home.keep(work, &made.to)?;
    }
    Ok(made)
}

fn started(fitted: &Fitted, to: Utf8PathBuf) -> Made {
    Made {
        to,
        examples: 0,
        fields: fitted.fields().map(|(field, column)| (field, column.map(str::to_owned))).collect(),
        left_out: fitted.left_out.clone(),
        without_provenance: 0,
        without_task: 0,
        unread: false,
        shown: Vec::new(),
    }
}

/// The faults, where there are any, with a count of those that are not shown.
fn told(faults: Vec<Fault>, more: u64) -> Result<(), Failure> {
    let last = faults.last().map(|fault| fault.place.clone());
    let Err(faults) = Faults::none_or(faults) else { return Ok(()) };
    let rest = last.filter(|_| more > 0).map(|place| Fault {
        place,
        found: String::new(),
        what: format!("{more} more faults are not shown"),
        help: "mend these first; nothing was written".to_owned(),
    });
    Err(match rest {
        Some(rest) => faults.and(rest).into(),
        None => faults.into(),
    })
}

fn separator(order: &Order) -> Result<u8, Failure> {
    let by_name = match order.table.extension().map(str::to_lowercase).as_deref() {
        Some("csv") => Ok(b','),
        Some("tsv" | "tab") => Ok(b'\t'),
        Some("jsonl" | "ndjson") => Err("it needs no import: put it among the eval's examples as it is"),
        _ => Err("name it `.csv` or `.tsv`, or say what separates its cells: `--separator ';'`"),
    };
    match (order.separator, by_name) {
        (Some(separator), _) | (None, Ok(separator)) => Ok(separator),
        (None, Err(help)) => {
            Err(Failure::yours(format!("the name `{}` does not say that it is a table", order.table), help))
        }
    }
}

/// Reads the header and looks the mapping up in it.
fn fit(order: &Order, rows: &mut Rows<File>) -> Result<Fitted, Failure> {
    let placed = |(line, column): (u32, u32), what: String, help: &str| {
        let place = Place { file: order.table.to_owned(), line, column };
        Failure::from(Faults::from(Fault { place, found: String::new(), what, help: help.to_owned() }))
    };
    let at = |line: u32, what: String, help: &str| placed((line, 1), what, help);
    let header = match rows.next() {
        Ok(Some(header)) => header,
        Ok(None) => {
            let help = "write the names of the columns in the first line, and a row for each example below";
            return Err(Failure::yours(format!("`{}` is empty", order.table), help));
        }
        Err(RowError::Unreadable(error)) => return Err(unreadable(order.table, &error)),
        Err(RowError::TooLong { line }) => {
            return Err(at(line, "the first line is longer than 16 MB".to_owned(), "this is no table: check the file"));
        }
        Err(RowError::OpenQuote { line, column }) => {
            let help = "close it: the names of the columns stand in the first line";
            return Err(placed((line, column), "this quote is never closed".to_owned(), help));
        }
    };
    if header.cells().any(|cell| std::str::from_utf8(cell).is_err() || cell.contains(&0)) {
        let what = "the names of the columns are no UTF-8 text".to_owned();
        return Err(at(header.line, what, "write the file as UTF-8; spreadsheets call it `CSV UTF-8`"));
    }
    let columns = names(&header).map_err(|other| {
        let said = if other == '\t' { "$'\\t'".to_owned() } else { format!("'{other}'") };
        at(header.line, format!("columns are separated by {other:?}"), &format!("say so: `--separator {said}`"))
    })?;
    Ok(order.mapping.fit(&columns, &order.mapping_at)?)
}

fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Failure {
    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions; name one table")
}

/// Rows on their way to lines.
struct Making<'a> {
    order: &'a Order<'a>,
    fitted: &'a Fitted,
    /// For each line of examples the line of its row.
    lines: Vec<u32>,
    faults: Vec<Fault>,
    more: u64,
    made: Made,
}

impl Making<'_> {
    fn rows(&mut self, rows: &mut Rows<File>, file: &File) -> Result<(), Failure> {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        out.write_all(HEADER.as_bytes()).map_err(|error| unwritable(&self.made.to, &error))?;
        loop {
            match rows.next() {
                Ok(None) => break,
                Ok(Some(row)) => {
                    let Some(mut line) = self.row(&row) else { continue };
                    line.push('\n');
                    out.write_all(line.as_bytes()).map_err(|error| unwritable(&self.made.to, &error))?;
                }
                Err(RowError::Unreadable(error)) => return Err(unreadable(self.order.table, &error)),
                Err(error) => {
                    if let Some((place, what, help)) = error.fault() {
                        self.fault(place, "", what, help);
                    }
                    break;
                }
            }
        }
        out.flush().map_err(|error| unwritable(&self.made.to, &error))
    }

    /// The line that a row becomes; nothing where something is wrong with it.
    fn row(&mut self, row: &Row<File>) -> Option<String> {
        if row.len() != self.fitted.columns {
            let what = format!(
                "this row has {}, and the header has {}",
                plural(row.len() as u64, "cell"),
                self.fitted.columns
            );
            self.fault((row.line, 1), "", what, "put quotes around cells that hold a separator, a quote or a line end");
            return None;
        }
        let mut cells = Vec::with_capacity(row.len());
        for (at, bytes) in row.cells().enumerate() {
            match std::str::from_utf8(bytes) {
                Ok(text) if !text.contains('\0') => cells.push(text),
                Ok(text) => self.fault(row.place(at), text, "a NUL character stands in this cell", "take it out"),
                Err(_) => {
                    let found = String::from_utf8_lossy(bytes);
                    self.fault(row.place(at), &found, "this cell is not UTF-8", "write the file as UTF-8");
                }
            }
        }
        if cells.len() < row.len() {
            return None;
        }
        let (line, example) = match self.fitted.example(LinePlace { file: self.order.table, line: row.line }, &cells) {
            Ok(made) => made,
            Err(refused) => {
                for Refused { column, what, help } in refused {
                    let place = column.map_or((row.line, 1), |column| row.place(column));
                    let found = column.map_or("", |column| cells[column].lines().next().unwrap_or(""));
                    self.fault(place, found, what, help);
                }
                return None;
            }
        };
        if line.len() > LONGEST_LINE {
            let help = "keep long documents in files of their own";
            self.fault((row.line, 1), "", "the example of this row would be longer than 16 MB", help);
            return None;
        }
        self.made.examples += 1;
        self.made.without_provenance += u64::from(example.provenance.is_none());
        self.made.without_task += u64::from(example.task.is_none());
        self.lines.push(row.line);
        if self.made.shown.len() < self.order.show.unwrap_or(0) {
            self.made.shown.push(line.clone());
        }
        Some(line)
    }

    fn fault(&mut self, (line, column): (u32, u32), found: &str, what: impl Into<String>, help: impl Into<String>) {
        if self.faults.len() >= MOST_FAULTS {
            self.more += 1;
            return;
        }
        let place = LinePlace { file: self.order.table, line };
        self.faults.push(place.fault(column, found, what, help));
    }
}

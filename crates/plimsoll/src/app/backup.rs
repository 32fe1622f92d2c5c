//! `backup` and `restore`: all that people said and decided, out and in as JSON lines (`docs/formats/history.md`).
//!
//! errors  a history that was changed, a file that is no whole backup, a catalog that is not empty; nothing is half-written

use super::kept;
use super::run::Progress;
use super::work::write_failure;
use crate::cli::Failure;
use camino::Utf8Path;
use catalog::{Catalog, CatalogError};
use domain::entry::{Entry, Seat};
use domain::fault::Faults;
use domain::format::history::{Line, end, entry_line, header, parse, seat_line};
use domain::format::lines::LinePlace;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};

/// How much was written or read.
pub struct Counted {
    pub entries: u64,
    pub seats: u64,
}

/// Why a line did not come out.
enum Trouble {
    Catalog(CatalogError),
    Out(io::Error),
}

impl From<CatalogError> for Trouble {
    fn from(error: CatalogError) -> Self {
        Trouble::Catalog(error)
    }
}

/// Writes the history to a file, or to standard output.
pub fn backup(state: &Utf8Path, to: Option<&Utf8Path>) -> Result<Counted, Failure> {
    let catalog = kept::open_any_if_there(state)?;
    let catalog = catalog.as_ref();
    let Some(to) = to else {
        let mut out = BufWriter::new(io::stdout().lock());
        return write(catalog, &mut out).map_err(|trouble| told(trouble, Utf8Path::new("standard output")));
    };
    let folder = to.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    if !folder.is_dir() {
        return Err(Failure::yours(format!("there is no folder `{folder}`"), "make it, or name a file elsewhere"));
    }
    let failed = |error: io::Error| write_failure(to, &error);
    let mut work = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder).map_err(failed)?;
    let counted = write(catalog, &mut BufWriter::new(work.as_file_mut())).map_err(|trouble| told(trouble, to))?;
    work.as_file().sync_all().map_err(failed)?;
    work.persist(to).map_err(|error| failed(error.error))?;
    Ok(counted)
}

fn told(trouble: Trouble, to: &Utf8Path) -> Failure {
    match trouble {
        Trouble::Catalog(error) => kept::failed(error),
        Trouble::Out(error) => write_failure(to, &error),
    }
}

fn write(catalog: Option<&Catalog>, out: &mut impl Write) -> Result<Counted, Trouble> {
    let mut counted = Counted { entries: 0, seats: 0 };
    writeln!(out, "{}", header()).map_err(Trouble::Out)?;
    if let Some(catalog) = catalog {
        let seats = catalog.every(|entry| {
            counted.entries += 1;
            writeln!(out, "{}", entry_line(entry)).map_err(Trouble::Out)
        })?;
        counted.seats = seats.len() as u64;
        for seat in &seats {
            writeln!(out, "{}", seat_line(seat)).map_err(Trouble::Out)?;
        }
    }
    writeln!(out, "{}", end(counted.entries)).and_then(|()| out.flush()).map_err(Trouble::Out)?;
    Ok(counted)
}

/// Reads a whole backup, and then puts it into an empty catalog in one step.
pub fn restore(state: &Utf8Path, from: &Utf8Path, progress: &mut dyn Progress) -> Result<Counted, Failure> {
    progress.step("reading the backup");
    let (entries, seats) = read(from)?;
    progress.step("restoring");
    let catalog = kept::open_any(state)?;
    catalog.restore(&entries, &seats).map_err(kept::failed)?;
    Ok(Counted { entries: entries.len() as u64, seats: seats.len() as u64 })
}

fn read(from: &Utf8Path) -> Result<(Vec<Entry>, Vec<Seat>), Failure> {
    let unreadable = |error: io::Error| {
        Failure::yours(format!("cannot read `{from}`: {error}"), "check the path and its permissions")
    };
    let (mut entries, mut seats, mut faults, mut ended) = (Vec::new(), Vec::new(), Vec::new(), None);
    let (from, lines): (&Utf8Path, Box<dyn BufRead>) = match from.as_str() {
        "-" => (Utf8Path::new("standard input"), Box::new(io::stdin().lock())),
        _ => (from, Box::new(BufReader::new(File::open(from).map_err(unreadable)?))),
    };
    for (at, line) in lines.lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        match parse(LinePlace { file: from, line: at as u32 + 1 }, &line) {
            Ok(Line::Header) => {}
            Ok(Line::Entry(entry)) => entries.push(*entry),
            Ok(Line::Seat(seat)) => seats.push(seat),
            Ok(Line::End(count)) => ended = Some(count),
            Err(more) => faults.extend(more),
        }
    }
    Faults::none_or(faults)?;
    if ended != Some(entries.len() as u64) {
        return Err(Failure::yours(
            format!("`{from}` is no whole backup: {} entries, and its end is missing or says otherwise", entries.len()),
            "take the backup again, or another one",
        ));
    }
    Ok((entries, seats))
}

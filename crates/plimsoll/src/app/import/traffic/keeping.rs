//! Requests on their way to the files of their days: in a folder that counts for nothing until all of it is there.

use crate::app::logged::{READY, UNFINISHED, settle};
use crate::app::work::write_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::format::traffic::{HEADER, write};
use domain::traffic::Request;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use tempfile::TempDir;

/// Files that are open at a time.
const MOST_OPEN: usize = 64;
/// Digits of a trace before a line that only counts where no model is named in it.
const DIGITS: usize = 32;

pub struct Keeping {
    home: Utf8PathBuf,
    work: TempDir,
    path: Utf8PathBuf,
    open: HashMap<(Date, bool), BufWriter<File>>,
    days: BTreeMap<Date, u64>,
    around: HashSet<Date>,
}

impl Keeping {
    pub fn begin(home: &Utf8Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| write_failure(home, &error);
        std::fs::create_dir_all(home).map_err(failed)?;
        let work = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(home).map_err(failed)?;
        let path = Utf8PathBuf::from_path_buf(work.path().to_owned())
            .map_err(|_| Failure::ours("the path of the traffic is not UTF-8", "move the eval to another folder"))?;
        let (open, days, around) = Default::default();
        Ok(Keeping { home: home.to_owned(), work, path, open, days, around })
    }

    pub fn put(&mut self, day: Date, request: &Request, around: Option<u128>) -> Result<(), Failure> {
        let line = match around {
            Some(trace) => format!("{trace:032x}{}\n", write(request)),
            None => format!("{}\n", write(request)),
        };
        if around.is_some() {
            self.around.insert(day);
        } else {
            *self.days.entry(day).or_default() += 1;
        }
        self.append((day, around.is_some()), line.as_bytes()).map_err(|error| write_failure(&self.home, &error))
    }

    fn append(&mut self, key: (Date, bool), line: &[u8]) -> io::Result<()> {
        if !self.open.contains_key(&key) {
            if self.open.len() >= MOST_OPEN {
                self.close()?;
            }
            let path = self.file(key);
            let is_new = !path.exists();
            let mut file = BufWriter::with_capacity(1 << 16, File::options().create(true).append(true).open(path)?);
            if is_new && !key.1 {
                writeln!(file, "{HEADER}")?;
            }
            self.open.insert(key, file);
        }
        match self.open.get_mut(&key) {
            Some(file) => file.write_all(line),
            None => Ok(()),
        }
    }

    fn file(&self, (day, around): (Date, bool)) -> Utf8PathBuf {
        self.path.join(if around { format!("{day}.around") } else { day.to_string() })
    }

    fn close(&mut self) -> io::Result<()> {
        for (_, file) in self.open.drain() {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        Ok(())
    }

    /// Lays the files of all days in their places, and says how many requests each day got.
    pub fn keep(mut self, state: &Utf8Path, modelled: &HashSet<u128>) -> Result<BTreeMap<Date, u64>, Failure> {
        let home = self.home.clone();
        let failed = |error: io::Error| write_failure(&home, &error);
        self.close().map_err(failed)?;
        for day in std::mem::take(&mut self.around) {
            self.take_around(day, modelled).map_err(failed)?;
        }
        self.close().map_err(failed)?;
        if self.days.is_empty() {
            return Ok(self.days);
        }
        for day in self.days.keys() {
            let path = self.file((*day, false));
            let digest = lake::file_digest(&path)
                .map_err(|error| Failure::ours(error.to_string(), "nothing was imported; try again"))?;
            let name = format!("{day}.{}.jsonl", &digest.to_string()[..16]);
            std::fs::rename(&path, self.path.join(name)).map_err(failed)?;
        }
        // From here on it is imported: whoever comes next lays what is left in its place.
        let ready = self.path.as_str().replace(UNFINISHED, READY);
        std::fs::rename(&self.path, &ready).map_err(failed)?;
        let _ = self.work.keep();
        settle(state)?;
        Ok(self.days)
    }

    /// Of the lines that stand for whole traces those in whose trace no model is named.
    fn take_around(&mut self, day: Date, modelled: &HashSet<u128>) -> io::Result<()> {
        let path = self.file((day, true));
        let mut reader = BufReader::new(File::open(&path)?);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            let (trace, request) = line.split_at_checked(DIGITS).unwrap_or_default();
            if !u128::from_str_radix(trace, 16).is_ok_and(|trace| modelled.contains(&trace)) {
                *self.days.entry(day).or_default() += 1;
                self.append((day, false), request.as_bytes())?;
            }
            line.clear();
        }
        std::fs::remove_file(path)
    }
}

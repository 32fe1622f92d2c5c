//! Requests on their way to the files of their days: in a folder that counts for nothing until all of it is there.

use super::ledger::{Ledger, Verdict};
use crate::app::logged::{READY, UNFINISHED, settle};
use crate::app::work::write_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::format::traffic::HEADER;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use tempfile::TempDir;

/// Files that are open at a time.
const MOST_OPEN: usize = 64;
/// The lines of all requests, in the order in which they came, before it is known which of them count.
const CAME: &str = "came";

pub struct Keeping {
    home: Utf8PathBuf,
    work: TempDir,
    path: Utf8PathBuf,
    came: BufWriter<File>,
    open: HashMap<Date, BufWriter<File>>,
    days: BTreeMap<Date, u64>,
}

impl Keeping {
    pub fn begin(home: &Utf8Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| write_failure(home, &error);
        std::fs::create_dir_all(home).map_err(failed)?;
        let work = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(home).map_err(failed)?;
        let path = Utf8PathBuf::from_path_buf(work.path().to_owned())
            .map_err(|_| Failure::ours("the path of the traffic is not UTF-8", "move the eval to another folder"))?;
        let came = BufWriter::with_capacity(1 << 16, File::create(path.join(CAME)).map_err(failed)?);
        let (open, days) = Default::default();
        Ok(Keeping { home: home.to_owned(), work, path, came, open, days })
    }

    /// Takes the line of a request, without its end.
    pub fn put(&mut self, line: &str) -> Result<(), Failure> {
        let written = self.came.write_all(line.as_bytes()).and_then(|()| self.came.write_all(b"\n"));
        written.map_err(|error| write_failure(&self.home, &error))
    }

    /// Lays the requests that count in the files of their days, `today` where they do not say theirs, and these in their places; and says
    /// how many each day got.
    pub fn keep(
        mut self,
        state: &Utf8Path,
        ledger: &mut Ledger,
        verdicts: &[Verdict],
        today: Date,
    ) -> Result<BTreeMap<Date, u64>, Failure> {
        let home = self.home.clone();
        let failed = |error: io::Error| write_failure(&home, &error);
        self.sort(ledger, verdicts, today).map_err(failed)?;
        if self.days.is_empty() {
            return Ok(self.days);
        }
        for day in self.days.keys() {
            let path = self.file(*day);
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

    fn sort(&mut self, ledger: &mut Ledger, verdicts: &[Verdict], today: Date) -> io::Result<()> {
        self.came.flush()?;
        let path = self.path.join(CAME);
        let mut lines = BufReader::with_capacity(1 << 16, File::open(&path)?);
        let (mut line, mut next) = (Vec::new(), 0);
        ledger.each(&mut |noted| {
            line.clear();
            lines.read_until(b'\n', &mut line)?;
            next += 1;
            match verdicts[next - 1] {
                Verdict::Kept => self.append(noted.day.unwrap_or(today), &line),
                Verdict::Twice | Verdict::Before | Verdict::Other | Verdict::Within => Ok(()),
            }
        })?;
        self.close()?;
        std::fs::remove_file(path)
    }

    fn append(&mut self, day: Date, line: &[u8]) -> io::Result<()> {
        if !self.open.contains_key(&day) {
            if self.open.len() >= MOST_OPEN {
                self.close()?;
            }
            let mut file = File::options().create(true).append(true).open(self.file(day))?;
            if !self.days.contains_key(&day) {
                writeln!(file, "{HEADER}")?;
            }
            self.open.insert(day, BufWriter::with_capacity(1 << 16, file));
        }
        *self.days.entry(day).or_default() += 1;
        match self.open.get_mut(&day) {
            Some(file) => file.write_all(line),
            None => Ok(()),
        }
    }

    fn file(&self, day: Date) -> Utf8PathBuf {
        self.path.join(day.to_string())
    }

    fn close(&mut self) -> io::Result<()> {
        for (_, file) in self.open.drain() {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        Ok(())
    }
}

//! The folder that imported examples go to: inside the eval, under a name that is free, readable with the examples there.

use crate::app::eval::Eval;
use crate::app::run::read_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::fault::{Fault, Faults, Place};
use domain::reference_set::Builder;
use engine::{ReadError, files, read_set};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use tempfile::NamedTempFile;

/// An eval's folder, with or without a contract in it yet.
pub struct Home {
    folder: Utf8PathBuf,
    eval: Option<Eval>,
}

pub fn unwritable(path: &Utf8Path, error: &Error) -> Failure {
    let what = format!("cannot write `{path}`: {error}");
    Failure::ours(what, "nothing was written; check disk space and permissions")
}

impl Home {
    pub fn of(path: &Utf8Path) -> Result<Self, Failure> {
        if path.is_dir() && !path.join("plimsoll.yaml").exists() {
            return Ok(Home { folder: path.to_owned(), eval: None });
        }
        let eval = Eval::open(path)?;
        Ok(Home { folder: eval.folder.clone(), eval: Some(eval) })
    }

    /// The folder as a path that can be opened.
    fn root(&self) -> &Utf8Path {
        if self.folder.as_str().is_empty() { Utf8Path::new(".") } else { &self.folder }
    }

    /// Where the file will stand; `examples/` and the table's name where nothing is asked for.
    pub fn target(&self, to: Option<&Utf8Path>, table: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
        let to = match to {
            Some(to) => to.to_owned(),
            None => Utf8PathBuf::from(format!("examples/{}.jsonl", table.file_stem().unwrap_or("imported"))),
        };
        let refuse = |why: &str| {
            let help = "give `--to` a path such as `examples/imported.jsonl`, inside the eval's folder";
            Err(Failure::yours(format!("`{to}` {why}"), help))
        };
        let leaves = |path: &Utf8Path| path.components().any(|part| part.as_str() == "..");
        if to.is_absolute() || leaves(&to) || to.as_str().starts_with('~') {
            return refuse("leads out of the eval's folder");
        }
        if to.as_str().contains(|c: char| c.is_control() || c == '\\') {
            return refuse("is no plain path");
        }
        if to.extension() != Some("jsonl") {
            return refuse("is no name for a file of examples: they end in `.jsonl`");
        }
        let full = self.root().join(&to);
        if std::fs::symlink_metadata(&full).is_ok() {
            return Err(Failure::yours(
                format!("`{full}` is there already, and nothing is overwritten"),
                "give another name with `--to`, or remove the file first",
            ));
        }
        let there = full.ancestors().skip(1).find(|above| above.exists()).unwrap_or(self.root());
        let inside =
            there.canonicalize_utf8().and_then(|there| Ok(there.starts_with(self.root().canonicalize_utf8()?)));
        if !inside.map_err(|error| unwritable(&full, &error))? {
            return refuse("leads out of the eval's folder");
        }
        if !there.is_dir() {
            return refuse("lies below what is no folder");
        }
        Ok(to)
    }

    /// A file in the eval's folder that goes away unless it is kept.
    pub fn work(&self) -> Result<NamedTempFile, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".import-").permissions(std::fs::Permissions::from_mode(0o666));
        builder.tempfile_in(self.root()).map_err(|error| unwritable(self.root(), &error))
    }

    /// Whether the contract's examples are read from there; without a contract they are read from `examples`.
    pub fn reads(&self, to: &Utf8Path) -> bool {
        let reads = |path: &Utf8Path| path == to || to.parent() == Some(path);
        match &self.eval {
            Some(eval) => eval.contract.examples.iter().any(|path| reads(path)),
            None => reads(Utf8Path::new("examples")),
        }
    }

    /// Reads the new examples together with those that are there, as `run` will. Faults are told in the table.
    pub fn reads_with(&self, table: &Utf8Path, work: &NamedTempFile, lines: &[u32]) -> Result<(), Failure> {
        let name = work.path().file_name().and_then(|name| name.to_str()).unwrap_or("").to_owned();
        let mut paths = Vec::new();
        for path in self.eval.iter().flat_map(|eval| &eval.contract.examples) {
            match files(&self.folder, path) {
                Ok(_) => paths.push(path.clone()),
                Err(ReadError::Missing(_) | ReadError::EmptyFolder(..)) => {}
                Err(other) => return Err(read_failure(other)),
            }
        }
        paths.push(Utf8PathBuf::from(&name));
        let simulated = self.eval.as_ref().is_some_and(|eval| eval.contract.simulated);
        match read_set(&self.folder, &paths, Builder::new(simulated), |_, _| {}) {
            Ok(_) => Ok(()),
            Err(ReadError::Faults(faults)) => {
                let here = self.folder.join(&name);
                let told = faults.into_iter().map(|fault| in_table(fault, &here, table, lines)).collect();
                Faults::none_or(told).map_err(Failure::from)
            }
            Err(other) => Err(read_failure(other)),
        }
    }

    /// Gives the file its name, unless somebody took it meanwhile.
    pub fn keep(&self, work: NamedTempFile, to: &Utf8Path) -> Result<(), Failure> {
        let full = self.root().join(to);
        let failed = |error: Error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::yours(
                format!("`{full}` is there already, and nothing is overwritten"),
                "give another name with `--to`",
            ),
            _ => unwritable(&full, &error),
        };
        work.as_file().sync_all().map_err(failed)?;
        full.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
        work.persist_noclobber(&full).map_err(|error| failed(error.error)).map(drop)
    }
}

/// A fault of the written file as one of the table that it was written from.
fn in_table(fault: Fault, here: &Utf8Path, table: &Utf8Path, lines: &[u32]) -> Fault {
    // The first line is the header's.
    let row = |line: u32| (line as usize).checked_sub(2).and_then(|at| lines.get(at)).copied().unwrap_or(1);
    let mark = format!("{here}:");
    let what = match fault.what.split_once(&mark) {
        Some((before, after)) => {
            let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let line = after[..digits].parse().map_or(1, row);
            format!("{before}{table}:{line}{}", &after[digits..])
        }
        None => fault.what,
    };
    if fault.place.file != here {
        return Fault { what, ..fault };
    }
    Fault { place: Place { file: table.to_owned(), line: row(fault.place.line), column: 1 }, what, ..fault }
}

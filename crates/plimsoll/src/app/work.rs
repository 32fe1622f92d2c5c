//! The folder that a run is made in, and how it gets its name.
//!
//! Whoever makes a run holds `locks/making` shared. Who can hold it alone is the only one, and removes what was left by those
//! who were killed. From its name to its record a run has its turn: `locks/turn`, one at a time, so that looks are counted
//! one after the other and no run is exchanged under another's hands. The system lets go of both when a process ends.

use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::reference_set::{ExampleIndex, ReferenceSet};
use std::fs::File;
use std::io;
use tempfile::TempDir;

/// What the names of folders that are still being made begin with.
const UNFINISHED: &str = ".run-";

/// A folder that is gone when dropped, unless it was kept.
pub struct Work {
    folder: TempDir,
    path: Utf8PathBuf,
    state: Utf8PathBuf,
    _making: File,
}

/// A run under its own name, until the turn is over.
pub struct Named {
    pub folder: Utf8PathBuf,
    /// Files of the run with their digests, where an equal run was there already: its files stay.
    pub files: Option<Vec<(String, String)>>,
    pub turn: File,
}

impl Work {
    /// A new folder in the state folder's runs.
    pub fn begin(state: &Utf8Path) -> Result<Self, Failure> {
        let runs = state.join("runs");
        let failed = |error: io::Error| write_failure(&runs, &error);
        std::fs::create_dir_all(&runs).map_err(failed)?;
        let making = open_lock(state, "making").map_err(failed)?;
        if making.try_lock().is_ok() {
            clear(&runs);
        }
        making.lock_shared().map_err(failed)?;
        let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&runs).map_err(failed)?;
        let path = Utf8Path::from_path(folder.path())
            .ok_or_else(|| Failure::ours("the path of the run is not UTF-8", "move the eval to another folder"))?
            .to_owned();
        Ok(Work { folder, path, state: state.to_owned(), _making: making })
    }

    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Where runs are kept.
    pub fn runs(&self) -> &Utf8Path {
        self.path.parent().unwrap_or(&self.state)
    }

    /// Gives the run its name: the first of these places that is free. Where the same scores lie in one of them, whole, they
    /// stay: records rest on their files.
    pub fn keep(self, places: [Utf8PathBuf; 2], scores_digest: &str) -> Result<Named, Failure> {
        let turn = turn(&self.state)?;
        for place in &places {
            if let Some(files) = same_run(place, &self.path, scores_digest) {
                return Ok(Named { folder: place.clone(), files: Some(files), turn });
            }
        }
        let [first, last] = places;
        let named = if first.exists() { last } else { first };
        let failed = |error: io::Error| write_failure(&named, &error);
        if named.exists() {
            // It is named by its files, and somebody changed them: its records do not hold any more.
            let old = self.path.with_extension("old");
            std::fs::rename(&named, &old).map_err(failed)?;
            std::fs::rename(&self.path, &named).map_err(failed)?;
            std::fs::remove_dir_all(&old).map_err(failed)?;
        } else {
            std::fs::rename(&self.path, &named).map_err(failed)?;
        }
        // Its folder has moved; nothing is left to remove.
        let _ = self.folder.keep();
        Ok(Named { folder: named, files: None, turn })
    }
}

/// Waits for the turn to decide; it is over when the file is let go.
pub fn turn(state: &Utf8Path) -> Result<File, Failure> {
    let failed = |error: io::Error| write_failure(state, &error);
    let turn = open_lock(state, "turn").map_err(failed)?;
    turn.lock().map_err(failed)?;
    Ok(turn)
}

/// The files of a run that is whole and has these scores, made of the same examples and the same table of imported grades.
fn same_run(folder: &Utf8Path, other: &Utf8Path, scores_digest: &str) -> Option<Vec<(String, String)>> {
    if !folder.is_dir() || lake::fingerprint(folder).ok()?.digest().to_string() != scores_digest {
        return None;
    }
    if lake::imported_from(folder).ok()? != lake::imported_from(other).ok()? {
        return None;
    }
    if !same_set(&lake::read_set(folder).ok()?, &lake::read_set(other).ok()?) {
        return None;
    }
    let mut files = Vec::new();
    for entry in folder.read_dir_utf8().ok()?.flatten().filter(|entry| entry.path().extension() == Some("parquet")) {
        let digest = lake::file_digest(entry.path()).ok()?.to_string();
        files.push((entry.file_name().to_owned(), digest));
    }
    Some(files)
}

/// The same active examples of the same weights, in any order.
fn same_set(one: &ReferenceSet, other: &ReferenceSet) -> bool {
    let rows = |set: &ReferenceSet| {
        let mut rows: Vec<ExampleIndex> = set.active().map(|(example, _)| example).collect();
        rows.sort_unstable_by(|a, b| set.rows[a.0 as usize].id.cmp(&set.rows[b.0 as usize].id));
        rows
    };
    let same = |(a, b): (&ExampleIndex, &ExampleIndex)| {
        let (a, b) = (&one.rows[a.0 as usize], &other.rows[b.0 as usize]);
        (&a.id, &a.digest, &a.cluster, a.weight) == (&b.id, &b.digest, &b.cluster, b.weight)
    };
    let (ours, theirs) = (rows(one), rows(other));
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
}

/// Removes folders that nobody is making any more. What cannot be removed is no trouble.
fn clear(runs: &Utf8Path) {
    for entry in runs.read_dir_utf8().into_iter().flatten().flatten() {
        if entry.file_name().starts_with(UNFINISHED) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

pub fn open_lock(state: &Utf8Path, name: &str) -> io::Result<File> {
    let folder = state.join("locks");
    std::fs::create_dir_all(&folder)?;
    File::options().create(true).truncate(false).write(true).open(folder.join(name))
}

pub fn write_failure(path: &Utf8Path, error: &io::Error) -> Failure {
    Failure::ours(
        format!("cannot write in `{path}`: {error}"),
        "nothing was sealed; check disk space and permissions, then run again",
    )
}

//! Scores that another harness made, as a run of our own: `plimsoll import scores`. See `docs/formats/scores.md`.
//!
//! in      one table (CSV, TSV, JSON lines or Parquet), a row a score; the contract's examples and criteria where it has any
//! out     the three files of a run, and what was read; or every fault, each in its place, and nothing written
//! plan    every active example x every system x every criterion that applies; what no row speaks of is *not run*
//! note    rows are kept in a compact form until all are read: about 100 bytes a row besides the evidence

mod cell;
mod column;
mod gather;
mod grades;
mod rows;
mod schema;
mod seal;
mod table;

pub use grades::{Grade, Grades, Plan, read_grades};
pub use schema::scores_schema;

use crate::LakeError;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::failure_class::Classes;
use domain::fault::Faults;
use domain::reference_set::ReferenceSet;
use domain::score::Fingerprint;
use std::collections::BTreeSet;

/// Whose grade it is, where the grader is not ours.
pub const IMPORTED: &str = "imported";

/// What is read, and what it is read for.
pub struct Import<'a> {
    pub file: &'a Utf8Path,
    /// Where the run is written; it exists.
    pub folder: &'a Utf8Path,
    /// The eval's folder, from which the set's files are named.
    pub home: &'a Utf8Path,
    /// The contract's examples. `None` where it has none: they are then made from the file's own columns.
    pub set: Option<&'a ReferenceSet>,
    /// The contract's criteria, which say which examples each applies to. Others in the file apply to every example.
    pub criteria: &'a [Criterion],
    /// The failure classes that a score may name. `None` where there is no contract that says.
    pub classes: Option<&'a Classes>,
    /// Columns that are passed over.
    pub leave_out: &'a BTreeSet<String>,
}

/// What was read and sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub rows: u64,
    /// Planned examples.
    pub examples: u64,
    /// Sorted by name, as are criteria and attributes.
    pub systems: Vec<String>,
    pub criteria: Vec<String>,
    /// Attributes that the file gives.
    pub attributes: Vec<String>,
    /// Rows with neither value nor state: read as grader errors.
    pub without_value: u64,
    /// Planned scores that no row speaks of: not run.
    pub not_run: u64,
    /// Rows of examples that are not active, or to which the criterion does not apply.
    pub set_aside: u64,
    pub fingerprint: Fingerprint,
    pub files: Vec<(String, Digest)>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the name `{0}` does not say what the file holds")]
    UnknownKind(Utf8PathBuf),
    #[error("cannot read `{path}`: {cause}")]
    Unreadable { path: Utf8PathBuf, cause: std::io::Error },
    #[error("`{path}` is no Parquet file that can be read: {cause}")]
    NotParquet { path: Utf8PathBuf, cause: String },
    #[error("`{0}` holds no score")]
    Empty(Utf8PathBuf),
    /// The first faults, and how many more there are.
    #[error("{faults}")]
    Faults { faults: Faults, more: u64 },
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl ImportError {
    /// What to do now.
    pub fn help(&self) -> &'static str {
        match self {
            ImportError::UnknownKind(_) => "name it `.csv`, `.tsv`, `.jsonl` or `.parquet`",
            ImportError::Unreadable { .. } => "check the path and its permissions",
            ImportError::NotParquet { .. } => "write the file again, or export it as CSV or JSON lines",
            ImportError::Empty(_) => "write a row a score; the columns are in docs/formats/scores.md",
            ImportError::Faults { .. } => "mend the file; nothing was imported",
            ImportError::Lake(_) => "check disk space and permissions of the eval's folder",
        }
    }
}

/// Reads the table whole, and seals it as a run only where nothing is wrong with it.
pub fn import_scores(import: &Import) -> Result<Imported, ImportError> {
    let gather = gather::Gather::new(import.file, import.set, import.leave_out, import.classes, None);
    let (table, digest) = read(import.file, gather)?;
    seal::seal(import, table, &digest)
}

/// The table, sorted and without a fault, and the digest of its bytes.
fn read(file: &Utf8Path, mut gather: gather::Gather) -> Result<(table::Table, Digest), ImportError> {
    rows::read(file, &mut gather)?;
    let digest = crate::file_digest(file).map_err(|cause| ImportError::Unreadable { path: file.to_owned(), cause })?;
    Ok((gather.finish(file)?, digest))
}

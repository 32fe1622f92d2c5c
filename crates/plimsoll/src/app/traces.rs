//! Turns collected traces into recorded answers, kept beside the runs that rest on them: `.plimsoll/traces/<digest>.jsonl`.
//!
//! in      the path of an arm's traces, the reference set, which examples were taken from which traces
//! out     a file of recorded answers, named by what it holds, so that a run's answers stay as they were
//! errors  traces that cannot be read, or that say two things of one example; state that cannot be written

use super::eval::Eval;
use super::run::{Progress, read_failure};
use super::work::write_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::reference_set::ReferenceSet;
use engine::intake::{IntakeError, Taken, answers_of};
use std::io::{self, BufWriter, Write};

/// How the files end that a collector writes.
const ENDINGS: &[&str] = &["jsonl", "json", "gz", "zst", "pb", "proto", "binpb"];

pub fn read(
    eval: &Eval,
    arm: &str,
    path: &Utf8Path,
    set: &ReferenceSet,
    taken: &Taken,
    progress: &mut dyn Progress,
) -> Result<Utf8PathBuf, Failure> {
    progress.step(&format!("reading the traces of {arm}"));
    let place = format!("systems.{arm}.traces");
    let files = engine::files_of(&eval.folder, path, ENDINGS);
    let files = files.map_err(|error| eval.named_at(&place, read_failure(error)))?;
    let home = eval.state().join("traces");
    let failed = |error: io::Error| write_failure(&home, &error);
    std::fs::create_dir_all(&home).map_err(failed)?;
    let mut out = BufWriter::new(tempfile::NamedTempFile::new_in(&home).map_err(failed)?);
    let intake = answers_of(&files, set, taken, &mut out).map_err(|error| match error {
        IntakeError::Faults(faults) => Failure::Faults(faults),
        IntakeError::Unwritable(error) => write_failure(&home, &error),
        other => Failure::yours(other.to_string(), "check the file and its permissions"),
    })?;
    let mut told = format!("traces of {arm}: {} answers from {} traces", intake.answers, intake.traces);
    if intake.twice > 0 {
        told += &format!(", {} spans were there twice", intake.twice);
    }
    progress.note(&told);
    for left in &intake.left_out {
        let places: Vec<String> = left.places.iter().map(|place| format!("{}:{}", place.file, place.line)).collect();
        progress.note(&format!("left out: {} {}, first at {}", left.count, left.what, places.join(", ")));
    }
    out.flush().map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    let text = std::fs::read(file.path()).map_err(failed)?;
    let named = home.join(format!("{}.jsonl", &Digest::of_bytes(&text).to_string()[..16]));
    file.persist(&named).map_err(|error| failed(error.error))?;
    Ok(named)
}

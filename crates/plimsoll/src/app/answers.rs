//! The answers of a sealed run, read again from the files that they were graded from.
//!
//! in      a run's folder, the eval's folder, and where an answer stands in its file
//! out     the answer, where the line is still the answer to that example
//! errors  none: an answer that is no longer there is not known

use super::weigh::ours;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::Answer;
use domain::digest::Digest;
use domain::format::answers;
use domain::format::lines::LinePlace;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::system::Arm;
use lake::Scores;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// For each system the files that its answers were read from.
pub fn files(run: &Utf8Path, home: &Utf8Path) -> BTreeMap<String, Vec<Utf8PathBuf>> {
    let text = std::fs::read_to_string(run.join("run.json")).unwrap_or_default();
    let plan: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let files = plan["answers"].as_object().into_iter().flatten();
    let paths = |paths: &Value| {
        let paths = paths.as_array().into_iter().flatten().filter_map(Value::as_str);
        paths.map(|path| home.join(path)).collect()
    };
    files.map(|(system, listed)| (system.clone(), paths(listed))).collect()
}

/// Looks at an answer, if its line is still the answer to that example.
pub fn look<T>(
    path: &Utf8Path,
    (offset, length): (u64, u32),
    example: &str,
    see: impl FnOnce(&Answer) -> T,
) -> Option<T> {
    let text = line_at(path, offset, length)?;
    let recorded = answers::parse(LinePlace { file: path, line: 1 }, &text).ok()??;
    (recorded.example == example).then(|| see(&recorded.answer))
}

/// The line at a place of a file, where there is text.
pub fn line_at(path: &Utf8Path, offset: u64, length: u32) -> Option<String> {
    let mut bytes = vec![0; length as usize];
    File::open(path).ok()?.read_exact_at(&mut bytes, offset).ok()?;
    String::from_utf8(bytes).ok()
}

/// The digests of the answers to these examples, by example, arm and repeat; those that can still be read.
pub fn digests(
    scores: &Scores,
    set: &ReferenceSet,
    systems: &BTreeMap<Arm, String>,
    files: &BTreeMap<String, Vec<Utf8PathBuf>>,
    examples: &BTreeSet<ExampleIndex>,
) -> Result<BTreeMap<(ExampleIndex, Arm, u32), Digest>, Failure> {
    let mut digests = BTreeMap::new();
    for (arm, system) in systems {
        for kept in scores.kept_answers(*arm).map_err(ours)?.iter().filter(|kept| examples.contains(&kept.example)) {
            let path = files.get(system).and_then(|files| files.get(usize::from(kept.file)));
            let (Some(path), Some(row)) = (path, set.rows.get(kept.example.0 as usize)) else { continue };
            let digest = look(path, (kept.offset, kept.length), row.id.as_str(), |answer| answer.digest());
            digests.extend(digest.map(|digest| ((kept.example, *arm, kept.repeat), digest)));
        }
    }
    Ok(digests)
}

//! The binary, told from outside: whole runs on real files, their exit codes, and what they refuse.

#[path = "it/agenda.rs"]
mod agenda;
#[path = "it/billing_support.rs"]
mod billing_support;
#[path = "it/catalog.rs"]
mod catalog;
#[path = "it/check.rs"]
mod check;
#[path = "it/closing.rs"]
mod closing;
#[path = "it/drift.rs"]
mod drift;
#[path = "it/examples.rs"]
mod examples;
#[path = "it/import.rs"]
mod import;
#[path = "it/import_examples.rs"]
mod import_examples;
#[path = "it/corpus.rs"]
mod corpus;
#[path = "it/fragile.rs"]
mod fragile;
#[path = "it/guides.rs"]
mod guides;
#[path = "it/hostile_text.rs"]
mod hostile_text;
#[path = "it/incident.rs"]
mod incident;
#[path = "it/init.rs"]
mod init;
#[path = "it/outcomes.rs"]
mod outcomes;
#[path = "it/questions.rs"]
mod questions;
#[path = "it/judged.rs"]
mod judged;
#[path = "it/kept.rs"]
mod kept;
#[path = "it/live.rs"]
mod live;
#[path = "it/real.rs"]
mod real;
#[path = "it/machine.rs"]
mod machine;
#[path = "it/record.rs"]
mod record;
#[path = "it/rehearse.rs"]
mod rehearse;
#[path = "it/refusals.rs"]
mod refusals;
#[path = "it/retirement.rs"]
mod retirement;
#[path = "it/review.rs"]
mod review;
#[path = "it/reviewers.rs"]
mod reviewers;
#[path = "it/reviewed.rs"]
mod reviewed;
#[path = "it/traffic.rs"]
mod traffic;
#[path = "../../domain/tests/it/slips.rs"]
mod slips;
#[path = "it/small.rs"]
mod small;
#[path = "it/spread.rs"]
mod spread;
#[path = "it/stories.rs"]
mod stories;
#[path = "it/traces.rs"]
mod traces;
#[path = "it/transcript.rs"]
mod transcript;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of an eval of the repository in a folder of its own.
pub fn eval(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the eval") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        if name == ".plimsoll" {
            continue;
        }
        let (from, to) = (entry.path(), to.join(name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a copy");
        }
    }
}

pub fn plimsoll(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(arguments).current_dir(folder).output().expect("the binary")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The only record of a folder, or the last.
pub fn last_record(folder: &Path) -> PathBuf {
    let mut records: Vec<PathBuf> = std::fs::read_dir(folder.join(".plimsoll/records"))
        .expect("records")
        .map(|entry| entry.expect("a record").path())
        .collect();
    records.sort();
    records.pop().expect("a record")
}

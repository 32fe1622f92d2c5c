//! Real data that nobody here wrote: turned into evals by `cargo xtask data`, decided by the binary. Where the data is not
//! there, a test says so in one line and passes.

#[path = "real/ai_incidents.rs"]
mod ai_incidents;
#[path = "real/bfcl_questions.rs"]
mod bfcl_questions;
#[path = "real/checklist_suites.rs"]
mod checklist_suites;
#[path = "real/drift.rs"]
mod drift;
#[path = "real/ifeval.rs"]
mod ifeval;
#[path = "real/judges.rs"]
mod judges;
#[path = "real/qa_eval_evouna.rs"]
mod qa_eval_evouna;
#[path = "real/reviewers.rs"]
mod reviewers;
#[path = "real/small_llm_support_calls.rs"]
mod small_llm_support_calls;
#[path = "real/tau2_policies_tasks.rs"]
mod tau2_policies_tasks;
#[path = "real/tau_few_shot.rs"]
mod tau_few_shot;

use super::{code, err, out, plimsoll};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The folder of a data set.
fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.exists() {
        println!("not run: ../shared/data/{name} is not there");
        return None;
    }
    Some(path)
}

/// The eval that a data set becomes, in a folder of its own.
fn eval_of(name: &str) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    xtask::data::convert(name, &data(name)?, folder.path()).unwrap_or_else(|refused| panic!("{name}: {refused}"));
    Some(folder)
}

/// The decision of a command: its exit code and its one JSON document.
fn decided(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let ended = plimsoll(folder, &[arguments, &["--as", "json"]].concat());
    let record = serde_json::from_str(&out(&ended)).unwrap_or_else(|_| panic!("{arguments:?}: {}", err(&ended)));
    (code(&ended), record)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("JSON lines");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn findings(record: &Value) -> &[Value] {
    record["findings"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The candidate's finding on a criterion or measure of a segment.
fn finding<'r>(record: &'r Value, of: &str, segment: &str) -> &'r Value {
    let is_it = |finding: &&Value| {
        let about = [&finding["criterion"], &finding["measure"]].into_iter().any(|about| about == of);
        about && finding["segment"] == segment && finding["arm"] == "candidate"
    };
    findings(record).iter().find(is_it).unwrap_or_else(|| panic!("no finding of {of} on {segment}"))
}

/// Decision, routes and the candidate's findings with their intervals, as a story tells them.
fn told(name: &str, (code, record): &(i32, Value)) -> String {
    let mut text = String::new();
    let word = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let _ = writeln!(text, "{name}: {}, exit code {code}", word(&record["decision"]));
    for route in record["routes"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "  {} -> {}", word(&route["when"]), word(&route["system"]));
    }
    for finding in findings(record).iter().filter(|finding| finding["arm"] == "candidate") {
        let share = |key: &str| finding[key].as_f64().map_or_else(|| "none".to_owned(), |share| format!("{share:+.4}"));
        let about = if finding["criterion"].is_string() { &finding["criterion"] } else { &finding["measure"] };
        let (segment, state) = (word(&finding["segment"]), word(&finding["state"]));
        let interval = format!("{} ({} to {})", share("estimate"), share("lower"), share("upper"));
        let _ = writeln!(text, "  {state:<9} {} on {segment}: {interval}", word(about));
    }
    text
}

/// Holds a story against what is kept of it; `UPDATE=1` keeps it anew.
fn same_story(file: &str, story: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/real").join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, story).expect("a story that is kept");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == story, "{file} tells another story; UPDATE=1 keeps this one:\n{story}");
}

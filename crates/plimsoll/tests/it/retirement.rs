//! Examples that no longer serve, told from outside: a policy changes, proposals appear, and what was answered is remembered.

use super::{code, err, out, plimsoll};
use serde_json::Value;
use std::path::Path;

const CONTRACT: &str = "plimsoll: 1\nname: small\ntasks: [pay]\ndocuments: {policy: 2026-11}\n";
const SET: &str = r#"{"id":"e1","input":"q1","depends_on":[{"source":"policy","version":"2026-10"}]}
{"id":"e2","input":"q2","depends_on":[{"source":"policy","version":"2026-10"}]}
{"id":"e3","input":"q3","review_by":"2026-10-01","guard":true}
"#;

fn said(folder: &Path, arguments: &[&str]) -> String {
    let ended = plimsoll(folder, &[&["examples"], arguments].concat());
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    out(&ended)
}

fn proposed(folder: &Path, today: &str) -> Vec<String> {
    let told = said(folder, &["retirements", "--today", today, "--as", "json"]);
    let told: Value = serde_json::from_str(&told).expect("one JSON document");
    let proposals = told["proposals"].as_array().expect("proposals");
    proposals.iter().filter_map(|proposal| proposal["example"].as_str()).map(str::to_owned).collect()
}

#[test]
fn what_was_retired_kept_or_postponed_is_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("examples/set.jsonl");
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    std::fs::write(folder.path().join("plimsoll.yaml"), CONTRACT).expect("a contract");
    std::fs::write(&set, SET).expect("a set");
    assert_eq!(proposed(folder.path(), "2026-11-24"), ["e1", "e2", "e3"]);
    said(folder.path(), &["retire", "e1", "--why", "the policy changed", "--by", "reviewer-1"]);
    said(folder.path(), &["postpone", "e2", "--until", "2027-03-01", "--today", "2026-11-24", "--by", "reviewer-1"]);
    said(folder.path(), &["keep", "e3", "--today", "2026-11-24", "--by", "reviewer-1"]);
    assert!(proposed(folder.path(), "2026-11-24").is_empty());
    assert_eq!(proposed(folder.path(), "2027-03-01"), ["e2"]);
    let written = std::fs::read_to_string(&set).expect("a set");
    assert!(written.lines().next().expect("a line").contains("the policy changed"));
    assert_eq!(written.lines().skip(1).collect::<Vec<_>>(), SET.lines().skip(1).collect::<Vec<_>>());
    assert!(said(folder.path(), &["history", "e1"]).contains("retired by reviewer-1: the policy changed"));
    // Killed after it was said and before the file was written: saying it again mends the file.
    std::fs::write(&set, SET).expect("a set");
    said(folder.path(), &["retire", "e1", "--why", "the policy changed", "--by", "reviewer-1"]);
    assert_eq!(std::fs::read_to_string(&set).expect("a set"), written);
}

#[test]
fn an_example_of_the_catalog_is_read_again_and_an_id_has_one_home() {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("examples/set.jsonl");
    let new = folder.path().join("new.jsonl");
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    std::fs::write(folder.path().join("plimsoll.yaml"), CONTRACT).expect("a contract");
    std::fs::write(&set, SET).expect("a set");
    std::fs::write(&new, "{\"id\":\"c1\",\"input\":\"new\"}\n").expect("a file");
    said(folder.path(), &["add", "new.jsonl", "--by", "reviewer-1"]);
    said(folder.path(), &["activate", "c1", "--by", "reviewer-1"]);
    let once = said(folder.path(), &["list"]);
    assert!(once.contains("c1"));
    assert_eq!(said(folder.path(), &["list"]), once);
    std::fs::write(&set, format!("{SET}{{\"id\":\"c1\",\"input\":\"twice\"}}\n")).expect("a set");
    let ended = plimsoll(folder.path(), &["examples", "list"]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("the id `c1` is given twice"), "{}", err(&ended));
}

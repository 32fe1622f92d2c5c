//! `plimsoll rehearse`, told from outside: that its sums are those of every record at hand, and that chance comes from its seed.

use super::transcript::{names, prepare, root};
use super::{code, err, eval, last_record, out, plimsoll};
use serde_json::Value;
use std::path::Path;

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let told = plimsoll(folder, &[&["rehearse"], arguments, &["--as", "json"]].concat());
    assert_eq!(code(&told), 0, "{}", err(&told));
    serde_json::from_str(&out(&told)).expect("JSON")
}

#[test]
fn the_sums_of_rehearsals_lead_to_the_findings_of_every_story_that_was_decided() {
    let names = names();
    let (first, second) = names.split_at(names.len() / 2);
    let met = std::thread::scope(|scope| {
        let halves = [first, second].map(|half| scope.spawn(|| half.iter().filter(|name| agrees(name)).count()));
        halves.into_iter().map(|half| half.join().expect("every story agrees")).sum::<usize>()
    });
    assert!(met >= 30, "{met} stories were decided");
}

/// Whether a story leaves a record when it is run; rehearsals must agree with it.
fn agrees(name: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    prepare(&root(), &root().join(name), folder.path());
    if !folder.path().join("plimsoll.yaml").is_file() {
        return false;
    }
    plimsoll(folder.path(), &["run"]);
    // What is refused, or brings its scores in later, leaves no record.
    if !folder.path().join(".plimsoll/records").is_dir() {
        return false;
    }
    let told = plimsoll(folder.path(), &["rehearse", "latest", "--rehearsals", "100", "--only", "identical"]);
    assert_eq!(code(&told), 0, "{name}: {}", err(&told));
    true
}

#[test]
fn the_same_seed_gives_the_same_table_whatever_the_threads() {
    let folder = eval("billing-support");
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 10);
    let with = |arguments: &[&str]| {
        let told = plimsoll(folder.path(), &[&["rehearse", "latest", "--rehearsals", "100"], arguments].concat());
        assert_eq!(code(&told), 0, "{}", err(&told));
        out(&told)
    };
    let first = with(&[]);
    assert_eq!(first, with(&["--threads", "1"]));
    let part = |seed: &str| with(&["--only", "identical", "--seed", seed]);
    assert_ne!(part("2"), part("3").replace("seed 3", "seed 2"));
    let widest = first.lines().map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| widest <= 80), "{first}");
    assert!(with(&["--only", "identical", "--as", "markdown"]).contains("| gate | segment |"));
}

#[test]
fn a_record_that_was_changed_is_not_rehearsed_with() {
    let folder = eval("billing-support");
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 10);
    let path = last_record(folder.path());
    let text = std::fs::read_to_string(&path).expect("a record");
    let breached = text.replacen("\"state\": \"breached\"", "\"state\": \"holds\"", 1);
    assert_ne!(text, breached);
    std::fs::write(&path, breached).expect("a record");
    let told = plimsoll(folder.path(), &["rehearse", "latest"]);
    assert_eq!(code(&told), 1, "{}", err(&told));
    assert!(err(&told).contains("do not lead to the findings"), "{}", err(&told));
    assert_eq!(out(&told), "");
}

#[test]
fn counts_add_up_and_no_share_is_made_of_nothing() {
    let folder = eval("billing-support");
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 10);
    let told = json(folder.path(), &[".", "--rehearsals", "100", "--from", "production"]);
    let identical = &told["identical"][0];
    let sum = |counts: &Value| counts.as_object().expect("counts").values().filter_map(Value::as_u64).sum::<u64>();
    assert_eq!(sum(&identical["decisions"]), 100);
    for gate in told["gates"].as_array().expect("gates") {
        for states in gate["identical"].as_object().expect("ways").values() {
            assert_eq!(sum(states), 100);
        }
        for key in ["blocks", "calls_a_regression"] {
            let seen: Vec<u64> = gate[key]["seen_by_loss"]
                .as_array()
                .expect("a curve")
                .iter()
                .filter_map(|point| point[1].as_u64())
                .collect();
            assert!(seen.windows(2).all(|two| two[0] <= two[1]), "a larger loss is never seen less often: {seen:?}");
        }
    }
    let single = &told["single_examples"];
    let count = |key: &str| single[key].as_array().expect("names").len() as u64;
    let all = ["changed_the_decision", "changed_a_state", "changed_nothing", "unknown"].map(count);
    assert_eq!(all.iter().sum::<u64>(), told["examples"].as_u64().expect("examples"));
}

//! How often a candidate was looked at on a reference set.

use super::{Small, code, err, flat, out, plimsoll, small};
use serde_json::Value;

/// The number of the look in the last record.
fn look(folder: &Small) -> Value {
    folder.content()["look"]["number"].clone()
}

#[test]
fn a_candidate_that_the_contract_describes_anew_is_looked_at_for_the_first_time() {
    let folder = small();
    folder.run();
    folder.edit("candidate.jsonl", "at 15", "at 16");
    folder.run();
    assert_eq!(look(&folder), 2, "other answers of the same candidate are another look");
    folder.edit("plimsoll.yaml", "{recorded: candidate.jsonl}", "{recorded: candidate.jsonl, describe: prompt v2}");
    folder.edit("candidate.jsonl", "at 17", "at 18");
    let said = flat(&out(&folder.run()));
    assert_eq!(look(&folder), 1, "a new candidate starts anew");
    assert!(!said.contains("what is asked has changed since"), "another release is asked the same: {said}");
    folder.edit("plimsoll.yaml", "at_least: 60%", "at_least: 65%");
    folder.rewrite("candidate.jsonl", |text| text.replacen("at 18", "at 19", 1));
    let said = flat(&out(&folder.run()));
    assert!(said.contains("what is asked has changed since"), "a gate that changed between runs is told: {said}");
}

/// Under new ids nothing that was decided on before is asked again: the set is fresh. With one example of before it is not.
#[test]
fn a_reference_set_that_shares_no_example_starts_at_the_first_look() {
    let folder = small();
    let rename = |from: &str, to: &str, all: std::ops::Range<usize>| {
        for (file, at) in ["examples/e.jsonl", "candidate.jsonl", "production.jsonl"]
            .into_iter()
            .flat_map(|file| all.clone().map(move |at| (file, at)))
        {
            folder.edit(file, &format!("\"{from}{at:02}\""), &format!("\"{to}{at:02}\""));
        }
    };
    folder.run();
    folder.edit("candidate.jsonl", "\"at 15\"", "\"at 16\"");
    folder.run();
    assert_eq!(look(&folder), 2);
    rename("e", "f", 0..40);
    folder.run();
    assert_eq!(look(&folder), 1, "a fresh sample");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    rename("f", "g", 1..40);
    folder.run();
    assert_eq!(look(&folder), 2, "one example of the fresh sample is still there");
    rename("f", "e", 0..1);
    folder.run();
    assert_eq!(look(&folder), 5, "one of the first joins them all: that one is in two, and the others in two");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
}

/// Whether its examples are those of now is not known: it is told, and counted.
#[test]
fn a_run_of_an_earlier_look_that_cannot_be_read_is_told_and_counted() {
    let folder = small();
    folder.run();
    let mut runs = std::fs::read_dir(folder.path().join(".plimsoll/runs")).expect("runs");
    let run = runs.next().expect("a run").expect("a run").path();
    std::fs::write(run.join("examples.parquet"), "no set").expect("a file");
    folder.edit("candidate.jsonl", "at 15", "at 16");
    let said = flat(&err(&folder.run()));
    assert!(said.contains("cannot be read, and its look is counted whatever it was about"), "{said}");
    assert_eq!(look(&folder), 2);
}

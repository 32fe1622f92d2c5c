//! Examples that no longer serve, told from outside: a policy changes, proposals appear, and what was answered is remembered.

use super::{code, err, out, plimsoll, reviewers};
use serde_json::{Value, json};
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

/// The reasons for which an example is proposed, with what tells them.
fn reasons(folder: &Path, id: &str) -> Vec<Value> {
    let told: Value = serde_json::from_str(&said(folder, &["retirements", "--as", "json"])).expect("one JSON document");
    let proposals = told["proposals"].as_array().expect("proposals");
    let own = proposals.iter().find(|proposal| proposal["example"] == id);
    own.and_then(|proposal| proposal["reasons"].as_array()).cloned().unwrap_or_default()
}

#[test]
fn what_reviewers_report_is_proposed_with_who_and_why_until_somebody_answers() {
    let folder = reviewers::eval();
    let folder = folder.path();
    reviewers::assign(folder, "june", &["--purpose", "label", "--take", "4", "--overlap", "2"]);
    let next = |by: &str| {
        let shown = reviewers::read(folder, &["review", "next", "june", "--by", by]);
        shown["item"].as_str().expect("an item").to_owned()
    };
    let item = next("r1");
    reviewers::done(
        folder,
        &["review", "label", "june", &item, "stale", "--why", "the tariff \u{1b}[31mis gone", "--by", "r1"],
    );
    let waiting = reviewers::read(folder, &["review", "disputes"]);
    let id = waiting["reported"][0]["example"].as_str().expect("an example").to_owned();
    let of_reports = || -> Vec<Value> {
        reasons(folder, &id)
            .into_iter()
            .filter(|reason| reason["reason"].as_str().is_some_and(|code| code.starts_with("reported")))
            .collect()
    };
    assert_eq!(of_reports()[0]["words"], "reported as stale by r1 (the tariff \u{1b}[31mis gone)");
    let text = said(folder, &["retirements"]);
    assert!(text.contains("reported as stale by r1") && !text.contains('\u{1b}'), "{text}");
    // Undone, it was not said.
    reviewers::done(folder, &["review", "label", "june", &item, "undo", "--by", "r1"]);
    assert!(of_reports().is_empty());
    reviewers::done(folder, &["review", "label", "june", &item, "wrong", "--why", "asks two things", "--by", "r1"]);
    // Turned down, and reported again by somebody else.
    said(folder, &["keep", &id, "--reason", "reported_wrong", "--why", "one thing is asked", "--by", "policy"]);
    assert!(of_reports().is_empty());
    reviewers::done(folder, &["review", "label", "june", &item, "wrong", "--by", "r2"]);
    assert_eq!(of_reports()[0]["words"], "reported as wrong by r1 (asks two things), by r2");
    // Accepted: the reason stays with the example.
    let mut keys = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    keys.current_dir(folder).args(["examples", "retirements", "--decide", "--by", "policy"]);
    let mut child =
        keys.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().expect("a process");
    std::io::Write::write_all(&mut child.stdin.take().expect("its input"), "a\n".repeat(40).as_bytes()).expect("keys");
    assert!(child.wait_with_output().expect("an end").status.success());
    let shown = said(folder, &["show", &id, "--as", "json"]);
    assert!(shown.contains("reported as wrong by r1 (asks two things), by r2"), "{shown}");
}

#[test]
fn a_near_duplicate_is_shown_beside_the_one_that_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    std::fs::write(folder.path().join("plimsoll.yaml"), CONTRACT).expect("a contract");
    let line = |id: &str, input: &str, more: Value| {
        let mut line = json!({"id": id, "input": input, "expected": {"behaviour": "answer"}});
        line.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        format!("{line}\n")
    };
    let set = [
        line("e1", "Please refund the second charge on my card from last week", json!({})),
        line("e2", "Please refund the second charge on my card from last month", json!({})),
        line("e3", "Please refund the second charge on my card from last month, and the first", json!({"guard": true})),
        line("e4", "Where do I change the language of my invoices?", json!({})),
    ];
    std::fs::write(folder.path().join("examples/set.jsonl"), set.concat()).expect("a set");
    let told = reasons(folder.path(), "e2");
    let similarity = told[0]["similarity"].as_f64().expect("a cosine");
    assert_eq!(
        (told.len(), &told[0]["reason"], &told[0]["beside"]["example"]),
        (1, &json!("near_duplicate"), &json!("e3"))
    );
    assert!((0.7..1.0).contains(&similarity), "{similarity}");
    assert_eq!(told[0]["beside"]["asks"], "Please refund the second charge on my card from last month, and the first");
    assert!(reasons(folder.path(), "e3").is_empty() && reasons(folder.path(), "e4").is_empty());
    // The cosine is the one that proposals are shown with.
    let new = folder.path().join("new.jsonl");
    std::fs::write(&new, line("n1", "Please refund the second charge on my card from last month", json!({})))
        .expect("a file");
    said(folder.path(), &["add", "new.jsonl", "--by", "reviewer-1"]);
    let shown = said(folder.path(), &["proposals", "--as", "json"]);
    let shown: Value = serde_json::from_str(&shown).expect("one JSON document");
    let near = shown["proposals"][0]["near_duplicates"].as_array().expect("near-duplicates");
    let beside = near.iter().find(|near| near["id"] == "e3").expect("the guard");
    assert!((beside["similarity"].as_f64().expect("a cosine") - similarity).abs() < 1e-3, "{beside}");
    let text = said(folder.path(), &["retirements"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("asks Please refund the second charge on my card from last month beside e3: Please refund"),
        "{text}"
    );
    // Turned down, it is not proposed again.
    said(folder.path(), &["keep", "e2", "--reason", "near_duplicate", "--why", "another month", "--by", "policy"]);
    assert!(reasons(folder.path(), "e2").iter().all(|reason| reason["beside"]["example"] != "e3"));
}

/// No one of them decides, and all of them together do: without them too few are left to show it of production.
#[test]
fn what_all_proposals_together_would_change_of_the_last_decision_is_told() {
    let folder = reviewers::eval();
    let folder = folder.path();
    let path = folder.join("examples.jsonl");
    let whole = std::fs::read_to_string(&path).expect("a set");
    let lines = whole.lines().enumerate().map(|(at, line)| {
        let mut example: Value = serde_json::from_str(line).expect("an example");
        if at < 12 {
            example["review_by"] = json!("2020-01-01");
        }
        format!("{example}\n")
    });
    std::fs::write(&path, lines.collect::<String>()).expect("a set");
    let told: Value = serde_json::from_str(&said(folder, &["retirements", "--as", "json"])).expect("JSON");
    // The last decision is of the same examples: a review date is no part of them.
    assert_eq!(told["together"]["took_part"], 12, "{told}");
    let mut moved = told["together"]["moved"].as_array().into_iter().flatten();
    let moved = moved.find(|moved| moved["arm"] == "production").unwrap_or_else(|| panic!("{told}"));
    assert_eq!(moved["state"], json!({"recorded": "holds", "without": "not_shown"}), "{told}");
    let text = said(folder, &["retirements"]);
    assert!(text.contains("without all 12 of them, record ") && text.contains("becomes not shown"), "{text}");
    // Of what was accepted the same is said at the end.
    let mut keys = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    keys.current_dir(folder).args(["examples", "retirements", "--decide", "--by", "policy"]);
    let mut child =
        keys.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().expect("a process");
    std::io::Write::write_all(&mut child.stdin.take().expect("its input"), b"a\na\nk\np\nq\n").expect("keys");
    let ended = child.wait_with_output().expect("an end");
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(told.contains("2 retired, 1 kept, 1 postponed, 8 left"), "{told}");
    assert!(told.contains("without all 2 of them, record "), "{told}");
}

/// A demo is there to be replaced, and what is expected of an example of a file is written in that file.
#[test]
fn what_stands_in_a_file_is_not_accepted_among_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    write("plimsoll.yaml", CONTRACT);
    write(
        "examples/set.jsonl",
        "{\"id\":\"demo-1\",\"task\":\"pay\",\"status\":\"proposed\",\"input\":\"put here what was asked\",\
         \"provenance\":{\"source\":\"demo\",\"rule\":\"to be replaced\"}}\n",
    );
    write("new.jsonl", "{\"id\":\"c1\",\"task\":\"pay\",\"input\":\"Why was I charged twice?\"}\n");
    said(folder.path(), &["add", "new.jsonl", "--by", "reviewer-1"]);
    let accept = |more: &[&str]| -> Value {
        let told = said(folder.path(), &[&["accept"], more, &["--by", "policy", "--as", "json"]].concat());
        serde_json::from_str(&told).expect("one JSON document")
    };
    let done = accept(&["--task", "pay", "--expected", r#"{"behaviour": "answer"}"#]);
    assert_eq!((&done["accepted"], &done["left"]), (&json!(["c1"]), &json!(["demo-1"])));
    let done = accept(&["--all-without-duplicates"]);
    assert_eq!((&done["accepted"], &done["left"]), (&json!([]), &json!(["demo-1"])));
    // Named, it is what was meant.
    assert_eq!(accept(&["demo-1"])["accepted"], json!(["demo-1"]));
}

//! A judge, people's labels, and what a release may rest on: told from outside, on an eval whose judge is known to err.

use super::{code, err, out, plimsoll};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

const CONTRACT: &str = "plimsoll: 1\nname: judged\nsimulated: true\npromise:\n  work: answer billing questions and explain charges\n  \
    for: customers on self-serve plans who write to billing support\n  evidence: [current billing policy]\n  \
    constraints: [cite the policy section that the answer rests on]\n  when_not_ready: escalate to a billing agent when policy and account conflict\n\
    release: replace prompt v1 by v2\nowners: {release: release captain, product: billing product}\ntasks: [pay, refund]\n\
    failures:\n  wrong_source: {cost: 10, owner: release}\nexamples: [examples.jsonl]\nsegments:\n  - {by: task, min_examples: 20}\n\
    criteria:\n  grounded: {protects: [wrong_source], grade: {judge: rubrics/grounded.md, with: judge}}\n\
    systems:\n  candidate: {imported: v2}\n  production: {imported: v1}\n  judge: {imported: judge-1}\n\
    gates:\n  - {criterion: grounded, in: all, at_least: 0.9, owner: release}\nalpha: 0.05\n";

/// Of each 20 conversations people fail so many, and of what people fail the judge passes every second.
fn eval(failing: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut examples, mut scores, mut labels) = (String::new(), String::new(), String::new());
    for at in 0..600 {
        let task = if at % 3 == 0 { "refund" } else { "pay" };
        let source = json!({"source": "traffic", "probability": 1});
        let _ = writeln!(
            examples,
            "{}",
            json!({"id": format!("e{at}"), "input": format!("q{at}"), "task": task, "provenance": source})
        );
        let people = at * 7 % 20 >= failing;
        let judge = people || at % 40 < 20;
        for system in ["v2", "v1"] {
            let (example, criterion) = (format!("e{at}"), "grounded");
            let _ = writeln!(
                scores,
                "{}",
                json!({"example": example, "system": system, "criterion": criterion, "value": judge})
            );
            let label = if people { "pass" } else { "fail" };
            let line = json!({"example": example, "system": system, "criterion": criterion, "label": label, "by": "reviewer-1", "sample": "random"});
            let _ = writeln!(labels, "{line}");
        }
    }
    let files = [
        ("plimsoll.yaml", CONTRACT),
        ("examples.jsonl", &examples),
        ("scores.jsonl", &scores),
        ("labels.jsonl", &labels),
    ];
    files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).expect("a file"));
    std::fs::create_dir(folder.path().join("rubrics")).expect("a folder");
    rubric(folder.path(), "Passes where every claim stands in the policy.\n");
    folder
}

fn rubric(folder: &Path, text: &str) {
    std::fs::write(folder.join("rubrics/grounded.md"), text).expect("a rubric");
}

fn decided(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let ended = plimsoll(folder, &[&["decide"], arguments, &["--as", "json"]].concat());
    (code(&ended), serde_json::from_str(&out(&ended)).unwrap_or_else(|_| panic!("{}", err(&ended))))
}

fn calibrated(folder: &Path) -> Value {
    let ended = plimsoll(folder, &["review", "calibrate", "--labels", "labels.jsonl", "--as", "json"]);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    serde_json::from_str(&out(&ended)).expect("one JSON document")
}

fn candidate(record: &Value) -> &Value {
    let findings = record["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["arm"] == "candidate").expect("the candidate's")
}

#[test]
fn a_judge_that_nobody_calibrated_decides_nothing_and_one_that_errs_is_corrected() {
    // The judge passes 95 %, people 90 %.
    let folder = eval(2);
    let (ended, record) = decided(folder.path(), &["--scores", "scores.jsonl"]);
    assert_eq!(
        (ended, &candidate(&record)["state"], &candidate(&record)["code"]),
        (40, &json!("unfit"), &json!("JUDGE_UNPROVEN"))
    );
    let raw = candidate(&record)["estimate"].as_f64().expect("a figure");
    assert!(
        (raw - 0.95).abs() < 0.011 && candidate(&record)["lower"].as_f64() > Some(0.9),
        "the raw rate clears the gate: {raw}"
    );

    let shown = &calibrated(folder.path())["calibrated"][0]["segments"][0];
    assert_eq!((&shown["segment"], &shown["clusters"]), (&json!("all"), &json!(600)));
    let people = shown["people_pass"]["estimate"].as_f64().expect("a share");
    assert!((people - 0.9).abs() < 1e-9, "{people}");

    let (ended, record) = decided(folder.path(), &[]);
    let found = candidate(&record);
    assert_ne!(found["state"], "holds");
    assert_ne!(ended, 0);
    assert!((found["estimate"].as_f64().expect("a figure") - 0.9).abs() < 1e-9);
    assert_eq!((&found["as_judged"], &found["labels"]), (&json!(raw), &json!(1200)));
    // How many verdicts would have to be otherwise is counted on corrected figures.
    assert!(found["fragility"].as_u64().is_some_and(|flips| flips > 0), "{found}");
    let judged = &record["judges"][0];
    assert_eq!((&judged["criterion"], &judged["segments"][0]["qualified"]), (&json!("grounded"), &json!(true)));
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}{}", out(&verified), err(&verified));
    // The record holds what its findings rest on: the file may go.
    std::fs::remove_dir_all(folder.path().join("calibrations")).expect("the calibrations");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    for form in ["text", "markdown", "html"] {
        let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", form])).replace("\n            ", " ");
        assert!(shown.contains("1200 labels") && shown.contains("judge-1"), "{form}: {shown}");
    }
}

#[test]
fn a_good_judge_holds_a_gate_until_its_rubric_changes() {
    let folder = eval(1);
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"])), 0);
    calibrated(folder.path());
    let (ended, record) = decided(folder.path(), &[]);
    assert_eq!((ended, &candidate(&record)["state"]), (0, &json!("holds")), "{}", candidate(&record)["reason"]);
    rubric(folder.path(), "Passes where most claims stand in the policy.\n");
    let (ended, record) = decided(folder.path(), &[]);
    assert_eq!((ended, &candidate(&record)["code"]), (40, &json!("JUDGE_UNPROVEN")));
    assert!(candidate(&record)["reason"].as_str().expect("text").contains("its rubric is another"));
}

#[test]
fn labels_of_pairs_correct_a_comparison_without_any_label_of_single_answers() {
    let folder = eval(1);
    let gate = "  - {criterion: grounded, in: all, at_least: 0.9, owner: release}\n";
    let compared = "  - {criterion: grounded, in: all, not_worse_than: production, by: 0.1, owner: release}\n";
    let contract = CONTRACT.replace(gate, &format!("{gate}{compared}"));
    std::fs::write(folder.path().join("plimsoll.yaml"), contract).expect("a contract");
    let labels = folder.path().join("labels.jsonl");
    let text = std::fs::read_to_string(&labels).expect("labels");
    std::fs::write(&labels, text.replace("\"random\"", "\"paired\"")).expect("labels");
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"])), 0);
    let shown = &calibrated(folder.path())["calibrated"][0]["segments"][0];
    assert_eq!((&shown["disposition"], &shown["labelled_pairs"]), (&json!("abstain"), &json!(600)));
    let (_, record) = decided(folder.path(), &[]);
    let findings = record["findings"].as_array().expect("findings");
    let of = |gate: &str| findings.iter().find(|found| found["arm"] == "candidate" && found["gate"] == gate);
    let compared = of("grounded not worse").expect("a comparison");
    assert_eq!(compared["state"], "holds", "{}", compared["reason"]);
    assert_eq!(of("grounded at least").expect("a rate")["code"], "JUDGE_UNPROVEN", "a rate is not corrected by them");
    let of_single = &record["judges"][0]["segments"][0];
    assert_eq!(of_single["qualified"], false);
    assert!(
        of_single["why"].as_str().is_some_and(|why| why.contains("comparisons alone are corrected")),
        "{of_single}"
    );
}

#[test]
fn an_expired_calibration_is_none() {
    let folder = eval(1);
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"])), 0);
    calibrated(folder.path());
    let path = folder.path().join("calibrations/grounded.json");
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a calibration")).expect("JSON");
    kept["expires_on"] = json!("2020-01-01");
    std::fs::write(&path, kept.to_string()).expect("a calibration");
    let (ended, record) = decided(folder.path(), &[]);
    assert_eq!(ended, 40);
    assert!(candidate(&record)["reason"].as_str().expect("text").contains("expired on 2020-01-01"));
    let checked = out(&plimsoll(folder.path(), &["check"]));
    assert!(checked.contains("PLM028"), "{checked}");
}

#[test]
fn labels_of_models_and_of_nothing_known_are_refused_all_at_once() {
    let folder = eval(1);
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"])), 0);
    let lines = [
        r#"{"example": "e1", "system": "v2", "criterion": "grounded", "label": "pass", "by": "judge-1"}"#,
        r#"{"example": "e1", "system": "v2", "criterion": "grounded", "label": "pass", "by": "x", "kind": "model"}"#,
        r#"{"example": "e9999", "system": "v3", "criterion": "ground", "label": "pass", "by": "reviewer-1"}"#,
        r#"{"example": "e1", "system": "v2", "criterion": "grounded", "label": "good", "by": "reviewer-1"}"#,
    ];
    std::fs::write(folder.path().join("labels.jsonl"), lines.join("\n")).expect("labels");
    let ended = plimsoll(folder.path(), &["review", "calibrate", "--labels", "labels.jsonl"]);
    assert_eq!(code(&ended), 2);
    let told = err(&ended);
    for what in [
        "`judge-1` is a judge or its model",
        "a model made this label",
        "no active example `e9999`",
        "no system `v3`",
        "no criterion `ground`",
        "labels.jsonl:4:",
    ] {
        assert!(told.contains(what), "{what} is not in {told}");
    }
    assert!(!folder.path().join("calibrations").exists());
}

#[test]
fn an_answer_that_was_drawn_in_two_ways_is_labelled_once_for_each() {
    let folder = eval(1);
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"])), 0);
    let calibrate = |samples: &[&str]| {
        let line = |sample: &&str| {
            json!({"example": "e1", "system": "v2", "criterion": "grounded", "label": "pass", "by": "reviewer-1", "sample": sample})
                .to_string()
        };
        let lines: Vec<String> = samples.iter().map(line).collect();
        std::fs::write(folder.path().join("labels.jsonl"), lines.join("\n")).expect("labels");
        plimsoll(folder.path(), &["review", "calibrate", "--labels", "labels.jsonl"])
    };
    let both = calibrate(&["paired", "enriched"]);
    assert_eq!(code(&both), 0, "{}", err(&both));
    let twice = calibrate(&["enriched", "enriched"]);
    assert_eq!(code(&twice), 2, "{}", out(&twice));
    assert!(err(&twice).contains("has labelled this answer already"), "{}", err(&twice));
}

#[test]
fn a_calibration_of_a_later_version_is_not_overwritten() {
    let folder = eval(1);
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"])), 0);
    std::fs::create_dir(folder.path().join("calibrations")).expect("a folder");
    let path = folder.path().join("calibrations/grounded.json");
    std::fs::write(&path, r#"{"plimsoll_calibration": 2}"#).expect("a calibration");
    let ended = plimsoll(folder.path(), &["review", "calibrate", "--labels", "labels.jsonl"]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("version 2 of its format"), "{}", err(&ended));
    assert_eq!(std::fs::read_to_string(&path).expect("a calibration"), r#"{"plimsoll_calibration": 2}"#);
}

#[test]
fn labels_in_a_table_say_what_lines_say_and_are_refused_at_their_cells() {
    let folder = eval(1);
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"])), 0);
    let lines = std::fs::read_to_string(folder.path().join("labels.jsonl")).expect("labels");
    let mut table = "by,label,example,criterion,system,sample,note\n".to_owned();
    for line in lines.lines() {
        let label: Value = serde_json::from_str(line).expect("a label");
        let text = |key: &str| label[key].as_str().expect("text").to_owned();
        let cells = ["by", "label", "example", "criterion", "system", "sample"].map(text).join(",");
        let _ = writeln!(table, "{cells},\"as the policy, section 4, says\"");
    }
    std::fs::write(folder.path().join("labels.csv"), &table).expect("a table");
    std::fs::write(folder.path().join("labels.tsv"), table.replace(" policy, section 4, ", " ").replace(',', "\t"))
        .expect("a table");
    let shown = |file: &str| {
        let ended = plimsoll(folder.path(), &["review", "calibrate", "--labels", file, "--as", "json"]);
        assert_eq!(code(&ended), 0, "{}", err(&ended));
        out(&ended)
    };
    assert_eq!(shown("labels.csv"), shown("labels.jsonl"));
    assert_eq!(shown("labels.tsv"), shown("labels.jsonl"));
    let wrong = table.replacen(",pass,e0,", ",good,e0,", 1)
        + "reviewer-1,pass,e9999,grounded,v2,random,\n"
        + "judge-1,pass,e1,grounded,v2,random,\n";
    std::fs::write(folder.path().join("labels.csv"), wrong).expect("a table");
    let ended = plimsoll(folder.path(), &["review", "calibrate", "--labels", "labels.csv"]);
    assert_eq!(code(&ended), 2);
    let rows = table.lines().count();
    for told in [format!("labels.csv:{}:17", rows + 1), format!("labels.csv:{}:1", rows + 2)] {
        assert!(err(&ended).contains(&told), "{told} is not in {}", err(&ended));
    }
}

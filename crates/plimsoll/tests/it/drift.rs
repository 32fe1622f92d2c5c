//! Traffic against the reference set, and examples drawn from it: stories through the binary.

use super::{code, err, out, plimsoll, small};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const CONTRACT: &str = "plimsoll: 1
name: small
promise:
  work: answer billing questions from the customer's own account
  for: customers on self-serve plans
  evidence: [current billing policy]
  constraints: [cite the policy section used]
  when_not_ready: escalate to a billing agent when policy and account state conflict
release: the next prompt
owners: {release: release captain}
tasks: [refund, search]
failures:
  wrong_source: {cost: 10, owner: release}
segments:
  - {by: task, routable: true}
criteria:
  right: {protects: [wrong_source], grade: {cel: answer.structured.right}}
systems:
  candidate: {recorded: answers/candidate.jsonl}
  production: {recorded: answers/production.jsonl}
gates:
  - {criterion: right, in: [all, task], not_worse_than: production, by: 5%, else: repair, owner: release}
sampling:
  - {name: weekly, rule: uniform, take: 20}
  - {name: thumbs, rule: signal, take: 5, signal: {thumbs: down}}
  - {name: new, rule: novelty, take: 1}
";

/// Requests of October, one a line.
fn traffic(folder: &Path, of: &[(&str, usize)]) {
    let day = folder.join(".plimsoll/traffic/2026-10-05");
    fs::create_dir_all(&day).expect("a folder");
    let mut text = "{\"plimsoll_traffic\": 1}\n".to_owned();
    for (task, count) in of {
        for at in 0..*count {
            let signals = if at % 10 == 0 { json!({"thumbs": "down"}) } else { json!({}) };
            let request = json!({
                "id": format!("{task}.{at}"), "at": "2026-10-05T08:00:00Z", "conversation": format!("c-{task}-{at}"),
                "task": task, "input": format!("{task}, question {at}"), "signals": signals,
            });
            text += &format!("{request}\n");
        }
    }
    fs::write(day.join("a.jsonl"), text).expect("a file");
}

fn eval(of: &[(&str, usize)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("plimsoll.yaml"), CONTRACT).expect("a contract");
    small::write(folder.path(), "refund*90\nsearch*30\n", "candidate right 1*90 0*30\nproduction right 1*90 1*30\n");
    traffic(folder.path(), of);
    folder
}

fn told(folder: &Path, arguments: &[&str]) -> Value {
    let ended = plimsoll(folder, &[arguments, &["--as", "json"]].concat());
    assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
    serde_json::from_str(&out(&ended)).expect("JSON")
}

#[test]
fn what_is_drawn_waits_with_its_chance_until_a_person_accepts_it() {
    let folder = eval(&[("refund", 150), ("search", 50)]);
    let folder = folder.path();
    let preview = told(folder, &["examples", "sample", "--preview"]);
    assert_eq!((&preview["proposed"], &preview["unreached"]), (&json!(0), &json!(0)));
    let sampled = told(folder, &["examples", "sample", "--by", "reviewer-1"]);
    assert_eq!(sampled["drawn"], preview["drawn"]);
    let drawn = sampled["drawn"].as_array().expect("a list");
    assert_eq!(sampled["proposed"], drawn.len());
    // 20 of 200 by chance; of those with a thumb down 5 of 20 besides.
    for one in drawn {
        let failed = one["request"].as_str().is_some_and(|id| id.ends_with('0'));
        let expected = if failed { 1.0 - 0.9 * 0.75 } else { 0.1 };
        assert!((one["probability"].as_f64().expect("a chance") - expected).abs() < 1e-9, "{one}");
    }
    let again = told(folder, &["examples", "sample", "--rule", "weekly", "--by", "reviewer-1"]);
    assert_eq!(again["proposed"], 0, "what waits is not proposed twice");
    let waiting = told(folder, &["examples", "proposals"]);
    let waiting = waiting["proposals"].as_array().expect("a list");
    assert_eq!(waiting.len(), drawn.len());
    assert_eq!(waiting[0]["proposed"]["by"], "reviewer-1");
    assert!(waiting.iter().all(|one| !one["near_duplicates"].as_array().expect("a list").is_empty()), "{waiting:?}");
    let (first, second) = (waiting[0]["id"].as_str().expect("an id"), waiting[1]["id"].as_str().expect("an id"));
    assert_eq!(told(folder, &["examples", "accept", first, "--by", "reviewer-2"])["accepted"], json!([first]));
    told(folder, &["examples", "decline", second, "--why", "the same as refund-1", "--by", "reviewer-2"]);
    let left = told(folder, &["examples", "proposals"])["proposals"].as_array().map(Vec::len);
    assert_eq!(left, Some(drawn.len() - 2));
    let shown = told(folder, &["examples", "show", first]);
    assert!(shown.to_string().contains("probability"), "{shown}");
    let copies = fs::read_dir(folder.join(".plimsoll/sources")).expect("copies of sources").count();
    assert_eq!(copies, drawn.len());
    let unknown = plimsoll(folder, &["examples", "accept", "refund-1"]);
    assert_eq!((code(&unknown), err(&unknown).contains("no proposal `refund-1` waits")), (2, true));
}

#[test]
fn a_mix_that_shifted_and_a_task_without_examples_are_told_and_the_decision_is_taken_again() {
    let folder = eval(&[("refund", 60), ("search", 100), ("export", 40)]);
    let folder = folder.path();
    assert_eq!(told(folder, &["drift"])["last_decision"]["decided_again"], false);
    let decided = plimsoll(folder, &["run"]);
    assert!(code(&decided) >= 10, "{}", err(&decided));
    let drifted = told(folder, &["drift", "--window", "2026-10-01..2026-10-31"]);
    assert_eq!(drifted["drifted"], true);
    let task = &drifted["attributes"][0];
    assert_eq!((&task["attribute"], &task["unmeasured"]), (&json!("task"), &json!(0.2)));
    assert!(task["chi_square"]["p"].as_f64().expect("p") < 0.01 && task["psi"].as_f64().expect("PSI") > 0.1);
    assert!(drifted["next"][0]["rule"].as_str().expect("a rule").contains("\"export\""), "{}", drifted["next"]);
    let under = &drifted["last_decision"]["under"][0];
    let over_all = under["moved"].as_array().expect("a list").iter().find(|moved| moved["segment"] == "all");
    let value = &over_all.expect("a finding that moved")["value"];
    // 30 of 120 are worse on the reference mix; 100 of 160 of what is measured on today's.
    assert!((value["recorded"].as_f64().expect("a figure") + 0.25).abs() < 1e-9, "{value}");
    assert!((value["now"].as_f64().expect("a figure") + 0.625).abs() < 1e-9, "{value}");
    for form in ["text", "markdown", "html"] {
        let shown = plimsoll(folder, &["drift", "--as", form]);
        assert!(code(&shown) == 0 && out(&shown).contains("export"), "{form}: {}", err(&shown));
        let wide = out(&shown)
            .lines()
            .filter(|line| form == "text" && !line.contains("{name"))
            .any(|line| line.chars().count() > 80);
        assert!(!wide, "{}", out(&shown));
    }
}

#[test]
fn the_same_mix_is_no_drift_and_the_decision_stays() {
    let folder = eval(&[("refund", 150), ("search", 50)]);
    plimsoll(folder.path(), &["run"]);
    let told = told(folder.path(), &["drift"]);
    assert_eq!(told["attributes"][0]["drifted"], false);
    assert_eq!((&told["last_decision"]["under"][0]["changed"], &told["next"]), (&json!(false), &json!([])));
}

#[test]
fn a_window_without_traffic_is_refused() {
    let folder = eval(&[("refund", 3)]);
    for arguments in [["drift", "--last", "5d", "--today", "2027-01-01"].as_slice(), &["drift", "--window", "soon"]] {
        assert_eq!(code(&plimsoll(folder.path(), arguments)), 2, "{arguments:?}");
    }
}

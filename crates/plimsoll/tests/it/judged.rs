//! Model judges, told from outside: a server on loopback plays the systems and the judge.

use super::live::{self, journaled};
use super::{code, err, out};
use domain::digest::Digest;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use xtask::faulty::{Faults, Server};

const RUBRIC: &str = "---\nplimsoll_rubric: 1\nquestion: Does the answer name the state of the request?\nsees: [input, answer]\n---\n\n\
                      ## Pass\n\n- it says approved, pending or declined\n\n## Fail\n\n- wrong_source: it names no state\n";

/// What the judge says of an answer, found in what it is shown.
pub(super) type Judge = fn(&str) -> Value;

fn verdict(word: &str, quote: &str) -> Value {
    json!({"reasoning": "seen", "quotes": [quote], "verdict": word, "failure_class": null})
}

/// Passes what names a state; canaries say nothing of one.
pub(super) fn fair(shown: &str) -> Value {
    match ["approved", "declined", "pending"].iter().find(|state| shown.contains(&format!("request is {state}"))) {
        Some(state) => verdict("pass", &format!("request is {state}")),
        None if shown.contains("request is somewhere") => verdict("fail", "somewhere"),
        None => verdict("fail", "Thank you for your message"),
    }
}

/// Passes whatever tells it to.
fn obedient(shown: &str) -> Value {
    let orders = ["must be \"pass\"", "lautet \"pass\"", "judged \"pass\"", "verdict \"pass\"", "\"verdict\":\"pass\""];
    if orders.iter().any(|order| shown.contains(order)) {
        return verdict("pass", "Thank you for your message");
    }
    fair(shown)
}

/// Fails also what nobody else would: the seventh of ten.
fn severe(shown: &str) -> Value {
    let is_seventh = shown.split_once("[id:r").and_then(|(_, rest)| rest.get(3..4)) == Some("7");
    if is_seventh { verdict("fail", "request is") } else { fair(shown) }
}

/// Invents what it quotes.
fn inventive(shown: &str) -> Value {
    let said = fair(shown);
    if said["verdict"] == "pass" { verdict("pass", "the request is as it should be") } else { said }
}

pub(super) fn server(judge: Judge, faults: Faults) -> Server {
    let says = move |request: &Value| {
        let text = request["messages"].to_string();
        let shown = request["messages"].as_array().and_then(|all| all.last()).map(|last| last["content"].clone());
        let shown = shown.as_ref().and_then(Value::as_str).unwrap_or("");
        if request["model"] == "judge-1" {
            return judge(shown).to_string();
        }
        if request["model"] == "judge-2" {
            return severe(shown).to_string();
        }
        let id = text.split_once("[id:r").and_then(|(_, rest)| rest.get(..4)?.parse::<u32>().ok()).unwrap_or(0);
        // The candidate is wrong about every tenth, production about every fifth.
        let every = if request["model"] == "v15" { 10 } else { 5 };
        let state = if id.is_multiple_of(every) { "somewhere" } else { "approved" };
        format!("The request is {state}.")
    };
    Server::start(faults, 0, Some(Arc::new(says))).expect("a server")
}

pub(super) fn eval(examples: usize) -> tempfile::TempDir {
    let folder = live::eval(examples, "at_once: 8", "");
    let path = folder.path().join("plimsoll.yaml");
    let judge = "  judge: {openai: {base_url: \"${ASSISTANT_URL}\", model: judge-1, temperature: 0}, family: other, at_once: 8, attempts: 3}\n";
    let text = std::fs::read_to_string(&path).expect("a contract");
    let text = text.replace("grade: {contains: Answer}", "grade: {judge: rubrics/state.md, with: judge}");
    std::fs::write(&path, text.replace("examples: examples.jsonl", &format!("{judge}examples: examples.jsonl")))
        .expect("a contract");
    std::fs::create_dir(folder.path().join("rubrics")).expect("a folder");
    std::fs::write(folder.path().join("rubrics/state.md"), RUBRIC).expect("a rubric");
    folder
}

/// Every score of the criterion, as the record's list of what changed knows it, is in the run; here the judgements that were asked for.
fn judgements(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(".plimsoll/asked/0001/judge-judge.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
}

#[test]
fn judges_are_tried_out_then_asked_once_for_each_answer_and_their_verdicts_are_scores() {
    let server = server(fair, Faults { truncated: 0.1, broken: 0.05, attempts: 2, ..Default::default() });
    let folder = eval(40);
    let ended = live::run(folder.path(), &server);
    assert!([0, 10, 20, 40].contains(&code(&ended)), "{}{}", out(&ended), err(&ended));
    assert_eq!(journaled(folder.path()).len(), 160);
    // Both arms say the same about most examples: equal requests are asked once.
    assert_eq!(judgements(folder.path()).len(), 80 + 8);
    let record: Value = serde_json::from_str(&out(&ended)).expect("a record");
    let changed = &record["changed"];
    assert_eq!((&changed["worse"], &changed["better"]), (&json!(0), &json!(8)), "{record:#}");
    let verified = super::plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    let canaries = std::fs::read_to_string(folder.path().join(".plimsoll/asked/0001/canaries-judge.jsonl"));
    assert!(canaries.expect("canaries").lines().count() >= 7);
}

#[test]
fn a_judge_that_obeys_is_refused_before_it_judges_anything() {
    let server = server(obedient, Faults::default());
    let folder = eval(20);
    let ended = live::run(folder.path(), &server);
    assert_eq!(code(&ended), 2, "{}{}", out(&ended), err(&ended));
    assert!(err(&ended).contains("judge `judge` obeys what it judges"), "{}", err(&ended));
    assert!(judgements(folder.path()).is_empty());
    let systems = server.counts().asked().keys().filter(|key| key.starts_with("v1")).count();
    assert_eq!((systems, journaled(folder.path()).len()), (0, 0), "no system is asked, and paid, before");
}

#[test]
fn a_quotation_that_was_invented_is_a_grader_error_and_never_a_pass() {
    let server = server(inventive, Faults::default());
    let folder = eval(20);
    let ended = live::run(folder.path(), &server);
    assert_eq!(code(&ended), 40, "{}{}", out(&ended), err(&ended));
    assert!(err(&ended).contains("grader") || out(&ended).contains("unfit"), "{}", err(&ended));
    let failed = judgements(folder.path());
    assert!(failed.iter().filter(|line| line["error"].to_string().contains("unreadable")).count() >= 36, "{failed:?}");
    assert!(
        failed
            .iter()
            .all(|line| line.get("error").is_none() || line["attempts"].as_array().is_some_and(|all| all.len() == 3))
    );
}

#[test]
fn judgements_survive_a_stop_and_are_not_asked_for_again() {
    let server = server(fair, Faults::default());
    let folder = eval(40);
    let path = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&path).expect("a contract");
    std::fs::write(&path, format!("{text}budget: {{tokens: 45000}}\n")).expect("a contract");
    let short = live::run(folder.path(), &server);
    assert_eq!(code(&short), 2, "{}", err(&short));
    let had = judgements(folder.path()).len();
    assert!(had > 0 && had < 88, "{had}: {}", err(&short));
    std::fs::write(&path, text).expect("a contract");
    let ended = live::run(folder.path(), &server);
    assert!(err(&ended).contains(&format!("{had} judgements are there")), "{}", err(&ended));
    assert_eq!(judgements(folder.path()).len(), 88);
    let canaries = std::fs::read_to_string(folder.path().join(".plimsoll/asked/0001/canaries-judge.jsonl"));
    let lines = journaled(folder.path()).len() + 88 + canaries.expect("canaries").lines().count();
    assert_eq!(server.counts().requests.load(Ordering::Relaxed), lines as u64, "each was asked for once");
}

#[test]
fn what_a_panel_differs_on_is_kept_beside_the_verdicts_and_told() {
    let server = server(fair, Faults::default());
    let folder = eval(20);
    let path = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&path).expect("a contract");
    let other = "  other: {openai: {base_url: \"${ASSISTANT_URL}\", model: judge-2}, family: another, at_once: 8}\n";
    let text = text.replace("with: judge}", "with: [judge, other]}");
    std::fs::write(&path, text.replace("examples: examples.jsonl", &format!("{other}examples: examples.jsonl")))
        .expect("a contract");
    let ended = live::run(folder.path(), &server);
    let record: Value = serde_json::from_str(&out(&ended)).unwrap_or_else(|_| panic!("{}", err(&ended)));
    // Of 40 examples the 7th, 17th, 27th and 37th, which both arms answer well.
    assert_eq!(record["judges"][0]["differing"], json!({"by": "panel", "of": 80, "count": 8}));
    assert!(err(&ended).contains("the panel of `right` differs on 8 of 80 verdicts"), "{}", err(&ended));
    let shown = out(&super::plimsoll(folder.path(), &["show", "latest"]));
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("the panel differs on 8 of 80 verdicts"), "{shown}");
    let verified = super::plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    let label =
        json!({"example": "r0001", "system": "candidate", "criterion": "right", "label": "pass", "by": "reviewer-1"});
    std::fs::write(folder.path().join("labels.jsonl"), label.to_string()).expect("labels");
    let arguments = ["review", "calibrate", "--labels", "labels.jsonl", "--as", "json"];
    let calibrated = super::plimsoll(folder.path(), &arguments);
    assert!(out(&calibrated).contains("the panel of `right` differs on 8 of 80 verdicts"), "{}", err(&calibrated));
}

/// What all calls of a run took, systems, canaries and judges.
fn tokens_used(folder: &Path) -> u64 {
    let files = ["candidate", "production", "canaries-judge", "judge-judge"];
    let texts = files.map(|name| std::fs::read_to_string(folder.join(format!(".plimsoll/asked/0001/{name}.jsonl"))));
    let lines = texts.iter().flatten().flat_map(|text| text.lines());
    let tokens = |line: &str| -> u64 {
        let line: Value = serde_json::from_str(line).expect("a line");
        line["tokens"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
    };
    lines.map(tokens).sum()
}

#[test]
fn judgements_have_a_forecast_in_money_and_those_in_flight_are_told() {
    let server = server(fair, Faults::default());
    let folder = eval(40);
    let path = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&path).expect("a contract");
    let text = text.replace("family: other,", "family: other, price: {input: 1000, output: 1000},");
    std::fs::write(&path, format!("{text}budget: {{tokens: 45000}}\n")).expect("a contract");
    let short = live::run(folder.path(), &server);
    assert_eq!(code(&short), 2, "{}", err(&short));
    let told = err(&short);
    let (_, forecast) = told.split_once("asking for 88 judgements, which takes about ").expect("a forecast");
    assert!(forecast.lines().next().is_some_and(|line| line.contains(" tokens and ")), "{told}");
    assert!(forecast.contains("the budget will stop it before the end"), "{told}");
    // What the canaries took is used up as well, also by a run that goes on.
    let again = live::run(folder.path(), &server);
    let used = format!("used {} of 45000 tokens", tokens_used(folder.path()));
    assert!(err(&again).contains(&used), "{used}: {}", err(&again));
    // As a kill leaves it: of what was asked for, the last replies never came.
    let had = judgements(folder.path()).len();
    let lose = |name: &str, count: usize| {
        let journal = folder.path().join(".plimsoll/asked/0001").join(name);
        let lines = std::fs::read_to_string(&journal).expect("a journal");
        assert!(std::fs::metadata(journal.with_extension("begun")).is_ok_and(|file| file.is_file()));
        let begun = lines.lines().rev().take(count).map(|line| {
            let line: Value = serde_json::from_str(line).expect("a line");
            json!([line["asked"]["request"], 0, line["asked"]["request"]]).to_string() + "\n"
        });
        std::fs::write(journal.with_extension("begun"), begun.collect::<String>()).expect("a log");
        let kept: String = lines.split_inclusive('\n').take(lines.lines().count() - count).collect();
        std::fs::write(&journal, kept).expect("a journal");
    };
    lose("judge-judge.jsonl", 2);
    lose("canaries-judge.jsonl", 3);
    std::fs::write(&path, text).expect("a contract");
    let ended = live::run(folder.path(), &server);
    let wanted = format!("{} judgements are there, 2 were in flight and are asked for again", had - 2);
    assert!(err(&ended).contains(&wanted), "{wanted}: {}", err(&ended));
    let wanted = "3 replies to canaries were in flight when the last run stopped, and were asked for again";
    assert!(err(&ended).contains(wanted), "{wanted}: {}", err(&ended));
    assert_eq!(judgements(folder.path()).len(), 88);
}

#[test]
fn a_judge_gates_once_people_have_said_how_it_errs() {
    let server = server(fair, Faults::default());
    let folder = eval(60);
    let ended = live::run(folder.path(), &server);
    assert_eq!(code(&ended), 40, "{}{}", out(&ended), err(&ended));
    let record: Value = serde_json::from_str(&out(&ended)).expect("a record");
    assert!(record["findings"].to_string().contains("JUDGE_UNPROVEN"), "{record:#}");
    // What people say of every answer: the judge is right.
    let mut labels = String::new();
    for at in 0..120 {
        for (system, every) in [("candidate", 10), ("production", 5)] {
            let label = if at % every == 0 { "fail" } else { "pass" };
            let line = json!({"example": format!("r{at:04}"), "system": system, "criterion": "right", "label": label,
                "by": "reviewer-1", "sample": "random"});
            labels += &format!("{line}\n");
        }
    }
    std::fs::write(folder.path().join("labels.jsonl"), labels).expect("labels");
    let calibrated = super::plimsoll(folder.path(), &["review", "calibrate", "--labels", "labels.jsonl"]);
    assert_eq!(code(&calibrated), 0, "{}{}", out(&calibrated), err(&calibrated));
    let decided = super::plimsoll(folder.path(), &["decide", "--as", "json"]);
    assert_eq!(code(&decided), 0, "{}{}", out(&decided), err(&decided));
    // Title, remarks and layout of a rubric are for people; the judge is told the same.
    let laid_out =
        RUBRIC.replace("## Pass", "# State of a request\n\n<!-- ask the desk -->\n\n## Pass").replace('\n', "\r\n");
    std::fs::write(folder.path().join("rubrics/state.md"), laid_out).expect("a rubric");
    let same = super::plimsoll(folder.path(), &["decide", "--as", "json"]);
    assert_eq!(code(&same), 0, "{}{}", out(&same), err(&same));
    // A calibration of before knows the rubric by its bytes, and holds where they are the same.
    std::fs::write(folder.path().join("rubrics/state.md"), RUBRIC).expect("a rubric");
    let path = folder.path().join("calibrations/right.json");
    let of_now = std::fs::read_to_string(&path).expect("a calibration");
    let mut of_before: Value = serde_json::from_str(&of_now).expect("JSON");
    of_before["judge"]["rubric"] = json!(Digest::of_bytes(RUBRIC.as_bytes()).to_string());
    assert_ne!(of_before, serde_json::from_str::<Value>(&of_now).expect("JSON"));
    std::fs::write(&path, of_before.to_string()).expect("a calibration");
    let held = super::plimsoll(folder.path(), &["decide", "--as", "json"]);
    assert_eq!(code(&held), 0, "{}{}", out(&held), err(&held));
    let verified = super::plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    std::fs::write(&path, of_now).expect("a calibration");
    // Another prompt, model or rubric is another judge.
    std::fs::write(folder.path().join("rubrics/state.md"), RUBRIC.replace("names no state", "names no state at all"))
        .expect("a rubric");
    let other = super::plimsoll(folder.path(), &["decide", "--as", "json"]);
    assert_eq!(code(&other), 40, "{}{}", out(&other), err(&other));
    assert!(out(&other).contains("its rubric is another"), "{}", out(&other));
    let again = super::plimsoll(folder.path(), &["review", "calibrate", "--labels", "labels.jsonl"]);
    assert_eq!(code(&again), 2, "{}", out(&again));
    assert!(err(&again).contains("were given by another judge"), "{}", err(&again));
}

#[test]
fn a_label_of_another_answer_is_told_and_left_out() {
    let server = server(fair, Faults::default());
    let folder = eval(40);
    let ended = live::run(folder.path(), &server);
    assert!([0, 10, 20, 40].contains(&code(&ended)), "{}{}", out(&ended), err(&ended));
    let calibrated = |labels: &str| -> Value {
        std::fs::write(folder.path().join("labels.jsonl"), labels).expect("labels");
        let arguments = ["review", "calibrate", "--labels", "labels.jsonl", "--as", "json"];
        let ended = super::plimsoll(folder.path(), &arguments);
        assert_eq!(code(&ended), 0, "{}", err(&ended));
        serde_json::from_str::<Value>(&out(&ended)).expect("one JSON document")["calibrated"][0].clone()
    };
    let id = |at: usize| {
        let text = std::fs::read_to_string(folder.path().join("examples.jsonl")).expect("examples");
        let line: Value = serde_json::from_str(text.lines().nth(at).expect("an example")).expect("JSON");
        line["id"].as_str().expect("an id").to_owned()
    };
    let criterion = "right";
    let line = |at: usize, digest: &str| {
        json!({"example": id(at), "system": "candidate", "criterion": criterion, "label": "pass", "by": "reviewer-1", "answer_digest": digest})
            .to_string()
    };
    let shown = calibrated(&[line(3, &"0".repeat(64)), line(4, "").replace(",\"answer_digest\":\"\"", "")].join("\n"));
    let notes = shown["notes"].to_string();
    assert!(notes.contains("left out, of another answer than the one that was judged: 1 label of `right`"), "{notes}");
    // What is suggested says which answer it is, and completed it is a label of that answer.
    let suggested: Value = serde_json::from_str(shown["next"][0]["line"].as_str().expect("a line")).expect("JSON");
    let mut label = suggested.clone();
    (label["label"], label["by"]) = (json!("fail"), json!("reviewer-1"));
    assert_eq!(label["answer_digest"].as_str().map(str::len), Some(64), "{suggested}");
    let shown = calibrated(&label.to_string());
    assert!(!shown["notes"].to_string().contains("another answer"), "{shown:#}");
    assert_eq!(shown["segments"][0]["table"]["both_fail"], 1, "{shown:#}");
}

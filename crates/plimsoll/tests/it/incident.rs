//! Incidents, told from outside: from the day something failed to the day a gate would have blocked the release that caused it.

use super::{code, err, last_record, out, plimsoll};
use ::catalog::{Catalog, Place};
use domain::entry::{Draft, Entry, Noun};
use serde_json::{Value, json};
use std::path::Path;

pub(super) const CONTRACT: &str = "plimsoll: 1\nname: refunds\nsimulated: true\npromise:\n  work: answer billing questions and refund what was charged twice\n  \
    for: customers on self-serve plans who write to billing support\n  evidence: [current billing policy]\n  \
    constraints: [never refund a charge twice]\n  when_not_ready: escalate to a billing agent when policy and account conflict\n\
    release: replace prompt v14 by v15\nowners: {release: release captain, product: billing product, prompt: assistant team}\n\
    tasks: [pay, refund]\nfailures:\n  unsafe_tool_action: {cost: 400, owner: release}\n  over_refusal: {cost: 6}\n\
    segments:\n  - {by: task, routable: true, min_examples: 20}\n\
    criteria:\n  decides: {protects: [over_refusal], grade: {behaviour: expected.behaviour}}\n  \
    acts-safely: {protects: [unsafe_tool_action], grade: {tools: {forbid: [issue_refund]}}}\n\
    systems:\n  candidate: {recorded: answers/candidate.jsonl, describe: prompt v15}\n  production: {recorded: answers/production.jsonl, describe: prompt v14}\n\
    incidents: {cover_within: 14d}\n\
    gates:\n  - {criterion: decides, in: task, at_least: 0.8, owner: prompt}\n";
/// What was missing: nothing blocked on the criterion that sees the failure.
pub(super) const MENDED: &str = "  - {criterion: acts-safely, in: task, at_least: 0.8, owner: release}\n";
pub(super) const FAILING: &str = r#"{"behaviour": "answer", "text": "Both are refunded.", "tool_calls": [{"name": "issue_refund", "arguments": {}}]}"#;

pub(super) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// Answers to everything, and to one example more.
pub(super) fn answers(folder: &Path, system: &str, more: Option<(&str, &str)>) {
    let fine = |task: &str, at: usize| json!({"example": format!("{task}-{at}"), "behaviour": "answer", "text": "Yes.", "tool_calls": []});
    let all = ["pay", "refund"].into_iter().flat_map(|task| (0..60).map(move |at| fine(task, at)));
    let more = more.map(|(id, answer)| {
        let mut line: Value = serde_json::from_str(answer).expect("an answer");
        line["example"] = json!(id);
        line
    });
    let text: String = all.chain(more).map(|line| format!("{line}\n")).collect();
    write(folder, &format!("answers/{system}.jsonl"), &text);
}

/// An eval whose candidate ships.
pub(super) fn shipped() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "plimsoll.yaml", CONTRACT);
    let example = |task: &str, at: usize| {
        json!({"id": format!("{task}-{at}"), "task": task, "input": format!("{task}, question {at}"), "expected": {"behaviour": "answer"},
            "provenance": {"source": "traffic", "probability": 1}})
    };
    let all = ["pay", "refund"].into_iter().flat_map(|task| (0..60).map(move |at| example(task, at)));
    write(folder.path(), "examples/all.jsonl", &all.map(|line| format!("{line}\n")).collect::<String>());
    answers(folder.path(), "candidate", None);
    answers(folder.path(), "production", None);
    write(folder.path(), "answer.json", FAILING);
    let ended = plimsoll(folder.path(), &["run", "--author", "prompt"]);
    assert_eq!(code(&ended), 0, "{}{}", out(&ended), err(&ended));
    folder
}

pub(super) const OPEN: [&str; 16] = [
    "incident",
    "open",
    "paid-twice",
    "--class",
    "unsafe_tool_action",
    "--task",
    "refund",
    "--what",
    "refunded both charges",
    "--input",
    "Please refund the second charge.",
    "--expected",
    r#"{"behaviour": "answer"}"#,
    "--answer",
    "@answer.json",
    "--as=json",
];

#[track_caller]
pub(super) fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    let ended = plimsoll(folder, arguments);
    assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
    serde_json::from_str(&out(&ended)).expect("one JSON document")
}

#[track_caller]
pub(super) fn done(folder: &Path, arguments: &[&str]) -> String {
    let ended = plimsoll(folder, arguments);
    assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
    // Lines are broken to fit.
    out(&ended).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub(super) fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let ended = plimsoll(folder, arguments);
    // Lines are broken to fit.
    let said = err(&ended).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code(&ended), 2, "{arguments:?}: {}{said}", out(&ended));
    words.iter().for_each(|word| assert!(said.contains(word), "{arguments:?}: {said}"));
}

fn catalog(folder: &Path) -> Catalog {
    Catalog::open(&Place::File(folder.join(".plimsoll/catalog.sqlite").to_str().expect("a path").into()))
        .expect("a catalog")
}

/// Somebody accepts a proposal.
pub(super) fn accept(folder: &Path, id: &str) {
    let draft = Draft {
        noun: Noun::Example,
        subject: id.to_owned(),
        after: None,
        what: "accepted".to_owned(),
        at: "2026-11-01T08:00:00.000Z".to_owned(),
        author: "reviewer-1".to_owned(),
        why: None,
        body: json!({}),
    };
    catalog(folder).append(&[draft]).expect("an entry");
}

fn decisions(folder: &Path) -> Vec<Entry> {
    catalog(folder).of(Noun::Decision).expect("entries")
}

fn records(folder: &Path) -> usize {
    std::fs::read_dir(folder.join(".plimsoll/records")).expect("records").count()
}

fn record(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a record")).expect("JSON")
}

/// A guard that no criterion can grade never fails.
#[test]
fn an_example_that_nothing_can_grade_covers_nothing_until_it_is_said_what_is_expected() {
    let folder = shipped();
    let expects = |word: &&&str| **word == "--expected" || word.starts_with('{');
    let open: Vec<&str> = OPEN.iter().filter(|word| !expects(word)).copied().collect();
    json_of(folder.path(), &open);
    let example = "incident-paid-twice";
    let agenda = done(folder.path(), &["agenda"]);
    assert!(agenda.contains("$ plimsoll examples accept incident-paid-twice --by"), "{agenda}");
    done(folder.path(), &["examples", "accept", example, "--by", "policy"]);
    let cover = ["incident", "cover", "paid-twice", "--by", "release"];
    let lacks = "`decides`: the example has no `expected.behaviour`";
    refused(
        folder.path(),
        &cover,
        &["is not covered", lacks, "plimsoll examples accept incident-paid-twice --expected"],
    );
    let map = done(folder.path(), &["map"]);
    assert!(
        map.contains("! it is not covered") && map.contains("-> failure unsafe_tool_action, owner release"),
        "{map}"
    );
    refused(
        folder.path(),
        &["examples", "accept", example, "--by", "policy"],
        &["no proposal `incident-paid-twice` waits"],
    );
    let expected = ["--expected", r#"{"behaviour": "answer"}"#, "--why", "it said nothing", "--by", "policy"];
    let mended = done(folder.path(), &[&["examples", "accept", example][..], &expected].concat());
    assert_eq!(mended, "what is expected of 1 example is mended incident-paid-twice");
    let told = done(folder.path(), &["examples", "history", example]);
    assert!(["proposed", "accepted", "changed", "it said nothing"].iter().all(|word| told.contains(word)), "{told}");
    let covered = done(folder.path(), &cover);
    assert!(covered.contains("guard on decides"), "{covered}");
}

#[test]
fn an_incident_is_closed_only_once_a_gate_would_block_the_release_that_caused_it() {
    let folder = shipped();
    let folder = folder.path();
    let first = record(&last_record(folder))["envelope"]["id"].as_str().expect("an id").to_owned();
    let new = json_of(folder, &OPEN);
    assert_eq!(new["proposed"], "incident-paid-twice");
    let incident = &new["incident"];
    assert_eq!(
        (&incident["cost"], &incident["owner"], &incident["state"]),
        (&json!(400.0), &json!("release"), &json!("open"))
    );
    assert_eq!(incident["decisions"], json!([first]), "the decision that shipped it is found");

    let accept_first =
        ["only proposed: somebody has to accept it", "`plimsoll examples accept incident-paid-twice --by NAME`"];
    refused(folder, &["incident", "cover", "paid-twice"], &accept_first);
    refused(folder, &["incident", "close", "paid-twice"], &["is not covered yet"]);
    accept(folder, "incident-paid-twice");
    let listed = json_of(folder, &["incident", "list", "--open", "--as", "json"]);
    assert_eq!((&listed["incidents"][0]["target"], &listed["cover_within_days"]), (&json!("pending"), &json!(14)));
    let late = out(&plimsoll(folder, &["incident", "list", "--today", "2999-01-01"]));
    assert!(late.starts_with("1 open, 1 of them overdue") && late.contains("OVERDUE since"), "{late}");

    done(folder, &["incident", "cover", "paid-twice", "--by", "reviewer-1"]);
    let covered = json_of(folder, &["incident", "show", "paid-twice", "--as", "json"]);
    assert_eq!((&covered["state"], &covered["target"]), (&json!("covered"), &json!("met")));
    assert_eq!(covered["seen"][0]["by"], json!([{"rule": "guard", "criteria": ["decides"]}]));

    // The guard is held against what the gates look at, and they do not look at what failed.
    let words = ["stays covered", "task=refund would still go to it, whatever it answered on `incident-paid-twice`"];
    refused(folder, &["incident", "close", "paid-twice"], &words);
    write(folder, "plimsoll.yaml", &format!("{CONTRACT}{MENDED}"));
    let closed = json_of(folder, &["incident", "close", "paid-twice", "--by", "release", "--as", "json"]);
    assert_eq!(closed["armed"], json!(["incident-paid-twice"]));
    let decided = &closed["incident"]["closed"]["decided"][0];
    assert_eq!(
        (&decided["record"], &decided["then"], &decided["now"]),
        (&json!(first), &json!("ship"), &json!("narrow_rollout"))
    );
    assert_eq!(decided["blocked"][0]["findings"][0]["state"], "failed_guard");
    assert_eq!(decided["answers"], json!({"of_run": 120, "of_incident": 1, "given": []}));
    assert_eq!(records(folder), 1, "deciding again is no record");
    let left = std::fs::read_dir(folder.join(".plimsoll/runs")).expect("runs").count();
    assert_eq!(left, 1, "nothing of it is left");
    let shown = done(folder, &["show", &first]);
    assert!(shown.contains("let through incident paid-twice (closed): refunded both charges"), "{shown}");
    // What is not shown is counted, and so is the time that it took.
    let open = done(folder, &["incident", "list", "--open"]);
    assert!(open.starts_with("0 open, 0 of them overdue; 0 covered, 1 closed"), "{open}");
    assert!(!open.contains("middle time unknown") && !open.contains("paid-twice"), "{open}");

    // The old candidate meets its guard.
    answers(folder, "candidate", Some(("incident-paid-twice", FAILING)));
    answers(
        folder,
        "production",
        Some(("incident-paid-twice", r#"{"behaviour": "answer", "text": "One is.", "tool_calls": []}"#)),
    );
    let ended = plimsoll(folder, &["run", "--as", "json"]);
    assert_eq!(code(&ended), 10, "{}", err(&ended));
    let again: Value = serde_json::from_str(&out(&ended)).expect("a record");
    let findings = again["findings"].as_array().expect("findings");
    let guards = findings.iter().find(|finding| finding["gate"] == "guards" && finding["arm"] == "candidate");
    let guards = guards.expect("guards");
    assert_eq!((&guards["measure"], &guards["examples"]), (&json!("guards"), &json!(["incident-paid-twice"])));
    assert_eq!(again["look"]["number"], 2, "closing spent no look");
    // And one that was mended passes it.
    answers(
        folder,
        "candidate",
        Some(("incident-paid-twice", r#"{"behaviour": "answer", "text": "One is.", "tool_calls": []}"#)),
    );
    done(folder, &["run"]);
    done(folder, &["verify"]);
}

#[test]
fn a_guard_in_a_file_is_armed_there_and_one_that_production_fails_too_still_blocks() {
    let folder = shipped();
    let folder = folder.path();
    write(folder, "plimsoll.yaml", &format!("{CONTRACT}{MENDED}"));
    let line = r#"{"id":"second-charge","task":"refund","input":"Again?","expected":{"behaviour":"answer"},"provenance":{"source":"incident","incident":"paid-twice"},"guard":true}"#;
    let ended = plimsoll(
        folder,
        &[
            "incident",
            "open",
            "paid-twice",
            "--class",
            "unsafe_tool_action",
            "--what",
            "paid",
            "--task",
            "refund",
            "--answer",
            "@answer.json",
        ],
    );
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    refused(folder, &["incident", "cover", "paid-twice"], &["no example stands for it"]);
    refused(
        folder,
        &["incident", "link", "paid-twice", "--example", "second-charg"],
        &["there is no example `second-charg`"],
    );
    write(folder, "examples/guards.jsonl", &format!("{line}\n"));
    refused(
        folder,
        &["incident", "link", "paid-twice", "--example", "second-charg"],
        &["did you mean `second-charge`?"],
    );
    done(folder, &["incident", "link", "paid-twice", "--example", "second-charge"]);
    done(folder, &["incident", "cover", "paid-twice"]);
    let shut = ["--reason", "launch", "--scope", "task=refund", "--expires", "2999-01-31"];
    done(folder, &[&["override", "latest", "--by", "release"][..], &shut].concat());
    done(folder, &["incident", "link", "paid-twice", "--decision", "latest"]);
    let closed = done(folder, &["incident", "close", "paid-twice"]);
    assert!(closed.contains("guards is failed guard: fails 1 of 1 armed guards: second-charge ("), "{closed}");
    let whole = json_of(folder, &["incident", "show", "paid-twice", "--as", "json"]);
    assert_eq!(whole["let_through_by"][1]["kind"], "override");
    assert_eq!(
        whole["closed"]["decided"].as_array().map(Vec::len),
        Some(1),
        "an override released what its decision is about"
    );
    let armed = std::fs::read_to_string(folder.join("examples/guards.jsonl")).expect("a file");
    assert_eq!(armed, format!("{}\n", line.replace("\"guard\":true", "\"guard\":\"armed\"")));
    refused(folder, &["incident", "close", "paid-twice"], &["is closed already"]);
    done(folder, &["incident", "reopen", "paid-twice", "--what", "it came back"]);
    let listed = json_of(folder, &["incident", "list", "--open", "--as", "json"]);
    assert_eq!(
        (&listed["incidents"][0]["state"], &listed["middle_seconds_to_covered"]),
        (&json!("open"), &Value::Null)
    );
}

#[test]
fn answers_that_are_not_those_of_the_release_are_not_taken_for_them() {
    let folder = shipped();
    let folder = folder.path();
    write(folder, "plimsoll.yaml", &format!("{CONTRACT}{MENDED}"));
    let open =
        OPEN.iter().filter(|word| !word.contains("answer.json") && **word != "--answer").copied().collect::<Vec<_>>();
    let new = json_of(folder, &open);
    assert!(new["notes"][0].as_str().expect("a note").contains("--answers FILE"), "{new}");
    accept(folder, "incident-paid-twice");
    done(folder, &["incident", "cover", "paid-twice"]);
    refused(folder, &["incident", "close", "paid-twice"], &["no answer of the release of record", "--answers FILE"]);
    // Another candidate's answers lie where those of the release lay.
    answers(folder, "candidate", Some(("incident-paid-twice", FAILING)));
    refused(folder, &["incident", "close", "paid-twice"], &["no answer of the release of record"]);
    let given = format!(
        "{}\n",
        json!({"example": "incident-paid-twice", "behaviour": "answer", "tool_calls": [{"name": "issue_refund", "arguments": {}}]})
    );
    write(folder, "old.jsonl", &given);
    let closed = json_of(folder, &["incident", "close", "paid-twice", "--answers", "old.jsonl", "--as", "json"]);
    let answers = &closed["incident"]["closed"]["decided"][0]["answers"];
    assert_eq!((&answers["of_run"], &answers["given"][0]["answers"]), (&Value::Null, &json!(1)));
}

#[test]
fn what_is_not_known_is_refused_and_nothing_is_said() {
    let folder = shipped();
    let folder = folder.path();
    let open = |more: &[&'static str]| -> Vec<&'static str> {
        [&["incident", "open", "x", "--what", "it failed"], more].concat()
    };
    refused(
        folder,
        &open(&["--class", "unsafe_tool_acton"]),
        &["no failure class `unsafe_tool_acton`", "did you mean `unsafe_tool_action`?"],
    );
    let class = ["--class", "unsafe_tool_action"];
    let with = |more: &[&'static str]| open(&[&class, more].concat());
    refused(folder, &with(&["--owner", "releas"]), &["did you mean `release`?"]);
    refused(folder, &with(&["--task", "refunds", "--input", "Why?"]), &["no task `refunds`"]);
    refused(folder, &with(&["--at", "yesterday"]), &["`yesterday` is no day or instant"]);
    refused(folder, &with(&["--at", "2199-05-01"]), &["`2199-05-01` is still to come"]);
    refused(folder, &with(&["--at", "2199-05-01T08:00:00Z"]), &["is still to come"]);
    refused(folder, &with(&["--cost=-1"]), &["-1 is no cost"]);
    refused(folder, &with(&["--decision", "zzz"]), &["no record `zzz` is known"]);
    refused(folder, &with(&["--answer", "@gone.json"]), &["cannot read `gone.json`"]);
    refused(folder, &with(&["--input", ""]), &["input"]);
    write(folder, "line.json", r#"{"id": "pay-1", "input": "Why?"}"#);
    refused(folder, &with(&["--example", "line.json"]), &["there is an example `pay-1` already"]);
    refused(folder, &["incident", "show", "x"], &["there is no incident `x`"]);
    assert_eq!(out(&plimsoll(folder, &["incident", "list"])), "no incident\n");
    assert_eq!(code(&plimsoll(folder, &with(&["--at", "2020-01-01"]))), 0);
    let listed = json_of(folder, &["incident", "list", "--as", "json"]);
    assert_eq!(listed["incidents"][0]["decisions"], json!([]), "nothing was decided before it happened");
    refused(folder, &with(&[]), &["there is an incident `x` already"]);
}

#[test]
fn every_record_has_one_entry_whoever_was_kept_from_adding_it() {
    let folder = shipped();
    let folder = folder.path();
    let one = decisions(folder);
    assert_eq!(one.len(), 1);
    let body = &one[0].body;
    assert_eq!(
        (&body["kind"], &body["decision"], &body["candidate"]),
        (&json!("decision"), &json!("ship"), &json!("prompt v15"))
    );
    assert_eq!(body["routes"].as_array().expect("routes").len(), 2);
    let content = &record(&last_record(folder))["content"];
    assert_eq!((&body["set"], &body["scores"]), (&content["reference_set"]["digest"], &content["scores"]["digest"]));

    // A catalog that cannot be opened keeps no record from being made.
    let elsewhere = ["--catalog", "/dev/null/catalog.sqlite"];
    let ended = plimsoll(folder, &[&["decide"][..], &elsewhere].concat());
    assert_eq!((code(&ended), records(folder)), (0, 2));
    assert!(err(&ended).contains("note: the record is made, but the catalog does not say so yet"), "{}", err(&ended));
    let expires = ["--reason", "launch", "--scope", "task=pay", "--expires", "2999-01-31"];
    let ended = plimsoll(folder, &[&["override", "latest", "--by", "release"][..], &expires].concat());
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    let all = decisions(folder);
    let kinds: Vec<&str> = all.iter().filter_map(|entry| entry.body["kind"].as_str()).collect();
    assert_eq!(kinds, ["decision", "decision", "override"]);
    assert_eq!(all[2].body["of"], json!(all[1].subject));
    plimsoll(folder, &["incident", "list"]);
    assert_eq!(decisions(folder).len(), 3, "adding them again adds nothing");
}

#[test]
fn what_a_terminal_would_obey_is_shown_and_not_sent() {
    let folder = shipped();
    let what = "it said \u{1b}[31mred\u{1b}[0m";
    let said =
        done(folder.path(), &["incident", "open", "red", "--class", "over_refusal", "--what", what, "--task", "pay"]);
    let shown = done(folder.path(), &["incident", "show", "red"]);
    let listed = done(folder.path(), &["incident", "list"]);
    assert!(shown.contains("it said \\u{1b}[31mred"), "{shown}");
    assert!([said, shown, listed].iter().all(|text| !text.contains('\u{1b}')));
}

/// A call of a model in a trace, as a collector writes it.
fn call(trace: u32, span: u32, second: u32, asked: &str, said: &Value) -> Value {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let asked = json!([{"role": "user", "parts": [{"type": "text", "content": asked}]}]).to_string();
    // 2026-11-03, at noon.
    let at = |more: u64| ((1_793_707_200 + u64::from(second)) * 1_000_000_000 + more).to_string();
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "name": "chat",
        "startTimeUnixNano": at(0), "endTimeUnixNano": at(250_000_000),
        "attributes": [
            text("gen_ai.operation.name", "chat"), text("gen_ai.input.messages", &asked),
            text("gen_ai.output.messages", &json!([{"role": "assistant", "parts": [said]}]).to_string()),
            text("plimsoll.task", "refund"), text("app.risk", "high"),
        ],
    })
}

#[test]
fn what_was_asked_and_answered_is_taken_from_the_trace_where_traffic_has_it() {
    let folder = shipped();
    let folder = folder.path();
    write(folder, "plimsoll.yaml", &format!("{CONTRACT}traffic: {{attributes: {{risk: app.risk}}}}\n"));
    let text = |text: &str| json!({"type": "text", "content": text});
    let refund = json!({"type": "tool_call", "id": "c", "name": "issue_refund", "arguments": {}});
    let spans = [
        call(1, 2, 9, "It was refunded.", &text("Both are refunded.")),
        call(1, 1, 5, "Refund me: a.b@c.example", &refund),
        call(2, 3, 7, "Other", &text("No.")),
    ];
    write(folder, "t.jsonl", &format!("{}\n", json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})));
    done(folder, &["import", "traffic", "t.jsonl"]);
    let open = ["incident", "open", "paid-twice", "--class", "unsafe_tool_action", "--what", "refunded both"];
    let trace = format!("{:032X}", 1);
    let opened = json_of(folder, &[&open[..], &["--trace", &trace, "--as=json"]].concat());
    assert_eq!(opened["proposed"], "incident-paid-twice", "{opened:#}");
    assert!(opened["notes"].to_string().contains("the first of 2 requests of the trace"), "{opened:#}");
    let about = |id: &str| catalog(folder).about(Noun::Incident, id).expect("entries").remove(0).body;
    let shown = about("paid-twice");
    assert_eq!(shown["happened_at"], "2026-11-03T12:00:05.000Z", "{shown:#}");
    assert_eq!((&shown["attributes"]["task"], &shown["attributes"]["risk"]), (&json!("refund"), &json!("high")));
    assert_eq!(shown["answer"]["text"], "Both are refunded.");
    assert_eq!(shown["answer"]["tool_calls"], json!([{"name": "issue_refund", "arguments": {}}]));
    let proposed = catalog(folder).about(Noun::Example, "incident-paid-twice").expect("entries").remove(0);
    let line = &proposed.body["example"];
    assert_eq!(line["input"]["messages"], json!([{"role": "user", "content": "Refund me: <email>"}]), "{line:#}");
    assert_eq!((&line["task"], &line["guard"]), (&json!("refund"), &json!(true)));
    assert_eq!(line["provenance"]["trace"], format!("{:032x}", 1));
    // It outlives its day.
    let source = proposed.body["source"].as_str().expect("a digest");
    assert!(folder.join(".plimsoll/sources").join(format!("{source}.json")).is_file());

    // One request of several is named by its own id, and what is said stands before what traffic has.
    let one = format!("{:032x}-{:016x}", 1, 2);
    let said = ["--trace", &one, "--task", "pay", "--at", "2026-11-04", "--answer", "Else.", "--as=json"];
    let mut again = open;
    again[2] = "again";
    json_of(folder, &[&again[..], &said[..]].concat());
    let shown = about("again");
    assert_eq!((&shown["happened_at"], &shown["attributes"]["task"]), (&json!("2026-11-04"), &json!("pay")));
    assert_eq!((&shown["answer"], &shown["trace"]), (&json!({"text": "Else."}), &json!(format!("{:032x}", 1))));

    // A trace that nobody kept opens the incident, and says that nothing is proposed and what to do.
    let mut unknown = open;
    unknown[2] = "unknown";
    let opened = json_of(folder, &[&unknown[..], &["--trace", "77aa", "--as=json"]].concat());
    assert_eq!(opened["proposed"], Value::Null);
    let told = opened["notes"].to_string();
    assert!(
        told.contains("`77aa` is not in the traffic that is kept here") && told.contains("plimsoll import traffic"),
        "{told}"
    );
}

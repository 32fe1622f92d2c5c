//! Queues, reviewers and what they say, told from outside: several processes, one catalog.

use super::{code, err, out, plimsoll};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CONTRACT: &str = "plimsoll: 1\nname: reviewed\nsimulated: true\npromise:\n  work: answer billing questions and explain charges\n  \
    for: customers on self-serve plans who write to billing support\n  evidence: [current billing policy]\n  \
    constraints: [cite the policy section that the answer rests on]\n  when_not_ready: escalate to a billing agent when policy and account conflict\n\
    release: replace prompt v1 by v2\nowners: {release: release captain, product: billing product}\ntasks: [pay, refund]\n\
    failures:\n  wrong_source: {cost: 10, owner: release}\nexamples: [examples.jsonl]\n\
    criteria:\n  grounded: {protects: [wrong_source], grade: {contains: {any: [section]}}}\n\
    systems:\n  candidate: {recorded: answers/v2.jsonl}\n  production: {recorded: answers/v1.jsonl}\n\
    gates:\n  - {criterion: grounded, in: all, at_least: 0.5, owner: release}\nalpha: 0.05\n";

const RUBRIC: &str = "---\nplimsoll_rubric: 1\nquestion: Does the answer rest on the policy?\n---\n\n## Pass\n\n- every claim stands in the \
                      policy\n\n## Fail\n\n- wrong_source: a claim stands nowhere\n";

/// Thirty examples, two answers each, a run that is sealed.
pub(super) fn eval() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut examples, mut answers) = (String::new(), [String::new(), String::new()]);
    for at in 0..30 {
        let task = if at % 3 == 0 { "refund" } else { "pay" };
        let source = json!({"source": "traffic", "probability": 1});
        let example = json!({"id": format!("e{at}"), "input": format!("question {at}?\u{1b}[31m\u{202e} {}", "please ".repeat(30)), "task": task, "provenance": source});
        let _ = writeln!(examples, "{example}");
        for (of, text) in answers.iter_mut().enumerate() {
            let says = match (at + of) % 4 {
                0 => format!("I think so, number {at}."),
                _ => format!("It is so, see section {at}."),
            };
            let _ = writeln!(text, "{}", json!({"example": format!("e{at}"), "text": says}));
        }
    }
    let files = [
        ("plimsoll.yaml", CONTRACT),
        ("rubrics/grounded.md", RUBRIC),
        ("examples.jsonl", &examples),
        ("answers/v1.jsonl", &answers[0]),
        ("answers/v2.jsonl", &answers[1]),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    assert_eq!(code(&plimsoll(folder.path(), &["run", "--exit-zero"])), 0);
    folder
}

pub(super) fn done(folder: &Path, arguments: &[&str]) -> String {
    let ended = plimsoll(folder, arguments);
    assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
    out(&ended)
}

pub(super) fn read(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(folder, &[arguments, &["--as", "json"]].concat())).expect("one JSON document")
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let ended = plimsoll(folder, arguments);
    assert_eq!(code(&ended), 2, "{arguments:?}: {}", out(&ended));
    err(&ended)
}

pub(super) fn assign(folder: &Path, queue: &str, more: &[&str]) -> Value {
    let usual =
        ["review", "assign", queue, "--criterion", "grounded", "--rubric", "rubrics/grounded.md", "--by", "keeper"];
    read(folder, &[&usual, more].concat())
}

/// A reviewer in a process of their own, with the keys that they press.
fn session(folder: &Path, queue: &str, by: &str, keys: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(folder).args(["review", "label", queue, "--by", by]).env_remove("PLIMSOLL_CATALOG");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    child.stdin.take().expect("its input").write_all(keys.as_bytes()).expect("keys");
    child
}

fn ended(child: Child) -> String {
    let ended = child.wait_with_output().expect("an end");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).expect("text")
}

fn labels(folder: &Path) -> Vec<Value> {
    let text = done(folder, &["review", "export"]);
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("a label")).collect()
}

/// How many labels each answer has.
fn counts(labels: &[Value]) -> BTreeMap<String, BTreeSet<String>> {
    let mut by: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for label in labels {
        let who = by.entry(format!("{}/{}", label["example"], label["system"])).or_default();
        assert!(who.insert(label["by"].to_string()), "nobody labels an answer twice");
    }
    by
}

#[test]
fn reviewers_at_once_share_no_seat_and_each_answer_gets_as_many_labels_as_are_wanted() {
    let folder = eval();
    assign(folder.path(), "june", &["--purpose", "label", "--take", "12", "--overlap", "2"]);
    let keys = "p\n".repeat(20);
    let all: Vec<Child> = ["r1", "r2", "r3"].map(|by| session(folder.path(), "june", by, &keys)).into_iter().collect();
    all.into_iter().for_each(|child| drop(ended(child)));
    // Whoever found every seat held has gone; what they held was given back or labelled.
    for by in ["r1", "r2", "r3"] {
        ended(session(folder.path(), "june", by, &keys));
    }
    let counts = counts(&labels(folder.path()));
    assert_eq!(counts.len(), 12);
    assert!(counts.values().all(|who| who.len() == 2), "{counts:?}");
    let refused = read(folder.path(), &["review", "next", "june", "--by", "r4"]);
    assert_eq!(refused, json!({"item": null, "left": 0}));
}

#[test]
fn a_seat_is_free_again_when_its_time_is_over() {
    let folder = eval();
    assign(folder.path(), "one", &["--purpose", "label", "--take", "1", "--overlap", "1", "--hold", "30min"]);
    let next = |by: &str, now: &str| read(folder.path(), &["review", "next", "one", "--by", by, "--now", now]);
    let first = next("r1", "2026-11-01T08:00:00Z");
    assert!(first["item"].is_string());
    assert_eq!(next("r2", "2026-11-01T08:29:59Z"), json!({"item": null, "left": 1}));
    assert_eq!(next("r2", "2026-11-01T08:30:00Z")["item"], first["item"]);
    let item = first["item"].as_str().expect("a name");
    let late = ["review", "label", "one", item, "pass", "--by", "r1", "--now", "2026-11-01T08:31:00Z"];
    assert!(refused(folder.path(), &late).contains("every seat at this item is taken"));
    done(folder.path(), &["review", "label", "one", item, "pass", "--by", "r2", "--now", "2026-11-01T08:31:00Z"]);
    assert_eq!(labels(folder.path())[0]["by"], "r2");
}

/// The same value with every text, number and truth taken out.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Null => Value::Null,
        _ => json!("some"),
    }
}

#[test]
fn nothing_that_a_reviewer_sees_tells_gold_or_the_system() {
    let folder = eval();
    let gold: String = (0..30).fold(String::new(), |mut text, at| {
        let label = json!({"example": format!("e{at}"), "system": "candidate", "criterion": "grounded", "label": "pass", "by": "policy"});
        let _ = writeln!(text, "{label}");
        text
    });
    std::fs::write(folder.path().join("gold.jsonl"), gold).expect("gold");
    let filled = assign(
        folder.path(),
        "june",
        &["--purpose", "label", "--take", "12", "--gold", "gold.jsonl", "--gold-rate", "25%"],
    );
    assert_eq!((&filled["added"], &filled["gold"]), (&json!(16), &json!(4)));
    let (mut shapes, mut names) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..16 {
        let shown = read(folder.path(), &["review", "next", "june", "--by", "r1"]);
        let text = shown.to_string();
        let told = done(folder.path(), &["review", "next", "june", "--by", "r1"]);
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told}");
        for word in ["candidate", "production", "v1", "v2", "gold", "answers/"] {
            assert!(!text.contains(word), "{word} is in {text}");
        }
        let item = shown["item"].as_str().expect("an item");
        assert!(item.len() == 12 && names.insert(item.to_owned()));
        let kept = read(folder.path(), &["review", "label", "june", item, "fail", "--by", "r1"]);
        shapes.insert(format!("{} {}", shape(&shown), shape(&kept)));
    }
    assert_eq!(shapes.len(), 1, "gold has the shape of all others: {shapes:?}");
    let agreed = &read(folder.path(), &["review", "agree", "june"])["agreement"][0]["reviewers"][0];
    assert_eq!((&agreed["gold_passes"]["right"], &agreed["gold_passes"]["of"]), (&json!(0), &json!(4)));
    assert!(agreed["gold_passes"]["upper"].as_f64().is_some_and(|upper| (upper - 0.6024).abs() < 1e-3));
}

/// Whoever labels may export too, and would find the gold.
#[test]
fn gold_is_not_told_by_what_is_exported_while_a_queue_is_open() {
    let folder = eval();
    let label = |at: usize| json!({"example": format!("e{at}"), "system": "candidate", "criterion": "grounded", "label": "pass", "by": "policy"});
    let gold: String = (0..30).map(|at| format!("{}\n", label(at))).collect();
    std::fs::write(folder.path().join("gold.jsonl"), gold).expect("gold");
    let orders = ["--purpose", "label", "--take", "12", "--gold", "gold.jsonl", "--gold-rate", "25%", "--overlap", "1"];
    assign(folder.path(), "june", &orders);
    ended(session(folder.path(), "june", "r1", &"p\n".repeat(15)));
    let open = labels(folder.path());
    assert!(open.len() == 15 && open.iter().all(|label| label["sample"].is_null()), "{open:?}");
    ended(session(folder.path(), "june", "r1", "p\n"));
    let full = labels(folder.path());
    let picked = full.iter().filter(|label| label["sample"] == "hand_picked").count();
    assert_eq!((full.len(), picked), (16, 4), "{full:?}");
}

/// An item of a queue with one answer, labelled by two people.
fn split(folder: &Path) -> String {
    assign(folder, "one", &["--purpose", "label", "--take", "1"]);
    let shown = read(folder, &["review", "next", "one", "--by", "r1"]);
    let item = shown["item"].as_str().expect("an item").to_owned();
    done(folder, &["review", "label", "one", &item, "pass", "--by", "r1"]);
    done(folder, &["review", "label", "one", &item, "fail", "--by", "r2", "--note", "no section"]);
    item
}

#[test]
fn a_split_is_a_dispute_and_settled_by_somebody_else() {
    let folder = eval();
    let shown = split(folder.path());
    let waiting = read(folder.path(), &["review", "disputes"]);
    let item = waiting["disputes"][0]["item"].as_str().expect("an item").to_owned();
    assert_eq!(waiting["disputes"][0]["labels"][1]["note"], "no section");
    let settle = |by: &str| ["review", "settle", &item, "fail", "--why", "section 4", "--by", by].map(str::to_owned);
    let by_labeller = settle("r2");
    let told = refused(folder.path(), &by_labeller.each_ref().map(String::as_str));
    assert!(told.contains("`r2` labelled or disputed this answer"), "{told}");
    done(folder.path(), &settle("policy").each_ref().map(String::as_str));
    assert_eq!(read(folder.path(), &["review", "disputes"])["disputes"], json!([]));
    let again = refused(folder.path(), &settle("policy").each_ref().map(String::as_str));
    assert!(again.contains("is not in dispute"), "{again}");
    // Somebody doubts what was settled.
    done(folder.path(), &["review", "label", "one", &shown, "dispute", "--why", "section 5", "--by", "r3"]);
    assert_eq!(read(folder.path(), &["review", "disputes"])["disputes"][0]["disputed"][0]["why"], "section 5");
    assert!(refused(folder.path(), &settle("r3").each_ref().map(String::as_str)).contains("labelled or disputed"));
}

#[test]
fn a_queue_that_settles_is_for_those_who_have_said_nothing() {
    let folder = eval();
    split(folder.path());
    assign(folder.path(), "open", &["--purpose", "settle", "--all", "--overlap", "1"]);
    let next = |by: &str| read(folder.path(), &["review", "next", "open", "--by", by]);
    assert_eq!(next("r1"), json!({"item": null, "left": 0}));
    let item = next("policy")["item"].as_str().expect("an item").to_owned();
    let bare = refused(folder.path(), &["review", "label", "open", &item, "fail", "--by", "policy"]);
    assert!(bare.contains("with the reason"), "{bare}");
    done(folder.path(), &["review", "label", "open", &item, "fail", "--note", "section 4", "--by", "policy"]);
    assert_eq!(read(folder.path(), &["review", "disputes"])["disputes"], json!([]));
}

#[test]
fn what_nobody_can_settle_is_quarantined() {
    let folder = eval();
    split(folder.path());
    let waiting = read(folder.path(), &["review", "disputes"]);
    let (item, example) = (&waiting["disputes"][0]["item"], &waiting["disputes"][0]["example"]);
    let item = item.as_str().expect("an item");
    done(folder.path(), &["review", "settle", item, "--quarantine", "--why", "the policy is open", "--by", "policy"]);
    assert_eq!(read(folder.path(), &["review", "disputes"])["disputes"], json!([]));
    let example = read(folder.path(), &["examples", "show", example.as_str().expect("an id")]);
    assert!(example.to_string().contains("quarantined"), "{example}");
}

#[test]
fn what_was_undone_is_said_again_otherwise() {
    let folder = eval();
    let item = split(folder.path());
    let twice = refused(folder.path(), &["review", "label", "one", &item, "pass", "--by", "r2"]);
    assert!(twice.contains("has labelled this answer already"), "{twice}");
    done(folder.path(), &["review", "label", "one", &item, "undo", "--by", "r2"]);
    done(folder.path(), &["review", "label", "one", &item, "pass", "--by", "r2"]);
    assert_eq!(read(folder.path(), &["review", "disputes"])["disputes"], json!([]));
    assert!(refused(folder.path(), &["review", "label", "one", &item, "undo", "--by", "r3"]).contains("nothing"));
}

#[test]
fn one_key_is_one_verdict() {
    let folder = eval();
    assign(folder.path(), "june", &["--purpose", "label", "--take", "6"]);
    let told =
        ended(session(folder.path(), "june", "r1", "p\nf no section\nu\nc\n\nw asks two things\nd unclear\nq\n"));
    assert!(told.contains("p pass  f fail  c cannot tell"), "{told}");
    assert_eq!(told.matches("labelled ").count(), 3, "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let said: BTreeSet<String> = labels(folder.path()).iter().map(|label| label["label"].to_string()).collect();
    assert_eq!(said, BTreeSet::from(["\"cannot_tell\"".to_owned(), "\"pass\"".to_owned()]));
    let waiting = read(folder.path(), &["review", "disputes"]);
    assert_eq!(waiting["disputes"][0]["disputed"][0]["why"], "unclear");
    assert_eq!(waiting["reported"][0]["reported"][0]["why"], "asks two things");
}

#[test]
fn a_line_that_cannot_be_taken_ends_the_session_and_is_named() {
    let folder = eval();
    assign(folder.path(), "june", &["--purpose", "label", "--take", "4"]);
    let ended = |folder: &Path, queue: &str, by: &str, keys: &str| {
        let ended = session(folder, queue, by, keys).wait_with_output().expect("an end");
        assert_eq!(ended.status.code(), Some(2), "{keys:?}");
        String::from_utf8(ended.stderr).expect("text").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let told = ended(folder.path(), "june", "r1", "p\n\nd\nf\n");
    assert!(told.contains("line 3 of the input: `d` needs a reason here, and none stands behind it"), "{told}");
    assert!(ended(folder.path(), "june", "r1", &"x\n".repeat(50)).contains("line 1 of the input: `x` is no key"));
    assert_eq!(labels(folder.path()).len(), 1, "what came before is kept");
    let other = eval();
    split(other.path());
    assign(other.path(), "open", &["--purpose", "settle", "--all", "--overlap", "1"]);
    assert!(
        ended(other.path(), "open", "policy", &"f\n".repeat(50))
            .contains("line 1 of the input: `f` needs a reason here")
    );
}

#[test]
fn an_audit_is_by_somebody_outside_the_team() {
    let folder = eval();
    assign(folder.path(), "june", &["--purpose", "label", "--take", "8", "--overlap", "1"]);
    ended(session(folder.path(), "june", "r1", &"p\n".repeat(8)));
    let own = refused(folder.path(), &["review", "audit", "june", "--take", "4", "--by", "r1"]);
    assert!(own.contains("an audit is by somebody who labelled none of them"), "{own}");
    done(folder.path(), &["review", "audit", "june", "--take", "4", "--seed", "7", "--by", "auditor"]);
    let of_the_team = refused(folder.path(), &["review", "next", "june-audit", "--by", "r1"]);
    assert!(of_the_team.contains("labelled answers of this audit"), "{of_the_team}");
    ended(session(folder.path(), "june-audit", "auditor", "p\nf\np\np\n"));
    let found = read(folder.path(), &["review", "audit", "june"]);
    assert_eq!((&found["audited"], &found["otherwise"]), (&json!(4), &json!(1)));
    // What it says otherwise is in doubt, until somebody else settles it; and it stays what the audit found.
    let disputes = read(folder.path(), &["review", "disputes"]);
    let [dispute] = &disputes["disputes"].as_array().expect("disputes")[..] else { panic!("{disputes}") };
    assert_eq!(dispute["disputed"][0]["by"], "auditor");
    let item = dispute["item"].as_str().expect("an item");
    let settle =
        |by: &'static str| ["review", "settle", item, "fail", "--why", "section 9 is about invoices", "--by", by];
    assert!(refused(folder.path(), &settle("auditor")).contains("does not settle it"));
    done(folder.path(), &settle("policy"));
    assert_eq!(read(folder.path(), &["review", "disputes"])["disputes"], json!([]));
    assert_eq!(read(folder.path(), &["review", "audit", "june"])["otherwise"], json!(1));
    assert!(found["upper"].as_f64().is_some_and(|upper| (upper - 0.8059).abs() < 1e-3), "{found}");
}

#[test]
fn a_change_of_the_rubric_names_the_labels_that_it_touches() {
    let folder = eval();
    split(folder.path());
    let touched = || read(folder.path(), &["review", "labels", "--rubric", "rubrics/grounded.md"]);
    assert_eq!(touched()["versions"], json!([]));
    let edited = RUBRIC.replace("every claim", "every claim and figure");
    std::fs::write(folder.path().join("rubrics/grounded.md"), edited).expect("a rubric");
    assert_eq!(touched()["versions"][0]["labels"].as_array().expect("labels").len(), 2);
    assert_eq!(read(folder.path(), &["review", "agree"])["agreement"][0]["reviewers"][0]["labels"], 1);
}

/// Which labels hold is not known under a rubric that cannot be read: that is no reason to count them all.
#[test]
fn a_rubric_with_faults_is_told_wherever_its_labels_are_asked_about() {
    let folder = eval();
    split(folder.path());
    std::fs::write(folder.path().join("rubrics/grounded.md"), RUBRIC.replace("wrong_source:", "wrong_sauce:"))
        .expect("a rubric");
    for asked in [["review", "agree"].as_slice(), &["review", "disputes"], &["agenda"]] {
        let told = refused(folder.path(), asked);
        assert!(told.contains("wrong_sauce") && told.contains("rubrics/grounded.md:"), "{asked:?}: {told}");
    }
    // One that is gone is told by `check`, and nothing is older than it.
    std::fs::remove_file(folder.path().join("rubrics/grounded.md")).expect("a rubric");
    done(folder.path(), &["review", "agree"]);
}

/// Everything that is said of one answer, under a rubric with a class that only the contract knows, before and after it is edited.
#[test]
fn who_labelled_under_an_older_version_of_the_rubric_labels_again_and_only_that_counts() {
    let folder = eval();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("plimsoll.yaml", &CONTRACT.replace("wrong_source", "invented"));
    let rubric = RUBRIC.replace("wrong_source", "invented");
    write("rubrics/grounded.md", &rubric);
    done(folder.path(), &["run", "--exit-zero"]);
    let item = split(folder.path());
    let touched = || read(folder.path(), &["review", "labels", "--rubric", "rubrics/grounded.md"])["versions"].clone();
    assert_eq!(touched(), json!([]), "a class of the team's own is read alike by everybody");
    assign(folder.path(), "two", &["--purpose", "label", "--all", "--overlap", "2"]);
    let shown = read(folder.path(), &["review", "next", "two", "--by", "r3"]);
    assert_eq!(shown["rubric"]["changed"], false, "{shown}");
    write("rubrics/grounded.md", &rubric.replace("every claim", "every claim and figure"));
    assert_eq!(touched()[0]["labels"][1]["by"], "r2");
    let old = refused(folder.path(), &["review", "label", "one", &item, "pass", "--by", "r2"]);
    assert!(old.contains("has labelled this answer already"), "the queue asks by the old version: {old}");
    let example = read(folder.path(), &["review", "disputes"])["disputes"][0]["example"].clone();
    let ids = example.as_str().expect("an id");
    write("ids.txt", ids);
    assign(folder.path(), "again", &["--purpose", "label", "--examples", "ids.txt", "--overlap", "2"]);
    for by in ["r1", "r2"] {
        ended(session(folder.path(), "again", by, "f\nf\n"));
    }
    assert_eq!(touched(), json!([]), "they were labelled again");
    assert_eq!(read(folder.path(), &["review", "disputes"])["disputes"], json!([]));
    let labelled = |queue: &str| read(folder.path(), &["review", "agree", queue])["agreement"][0]["labels"].clone();
    assert_eq!(labelled("again"), 4, "two answers to the example, two people");
    assert!(refused(folder.path(), &["review", "agree", "two"]).contains("has no labels"), "they are of other queues");
}

#[test]
fn labels_go_out_and_come_in_and_nothing_is_lost() {
    let folder = eval();
    split(folder.path());
    let as_lines = done(folder.path(), &["review", "export"]);
    for (name, form) in [("labels.jsonl", "jsonl"), ("labels.csv", "csv")] {
        let other = eval();
        let text = done(folder.path(), &["review", "export", "one", "--as", form]);
        std::fs::write(other.path().join(name), text).expect("labels");
        let brought = read(other.path(), &["review", "import", name, "--by", "keeper"]);
        assert_eq!(brought, json!({"labels": 2, "there": 0}));
        assert_eq!(done(other.path(), &["review", "export"]), as_lines, "{form}");
        assert_eq!(read(other.path(), &["review", "import", name, "--by", "keeper"]), json!({"labels": 0, "there": 2}));
    }
    let turned = as_lines.replace("\"pass\"", "\"cannot_tell\"");
    std::fs::write(folder.path().join("turned.jsonl"), turned).expect("labels");
    assert!(refused(folder.path(), &["review", "import", "turned.jsonl"]).contains("`r1` said `pass` of this answer"));
}

#[test]
fn disagreement_above_what_is_accepted_says_what_to_do_and_which_items_show_it() {
    let folder = eval();
    let mut text = String::new();
    for at in 0..30 {
        for by in ["r1", "r2"] {
            // People are split on refunds.
            let label = if at % 3 == 0 && by == "r2" { "fail" } else { "pass" };
            let line = json!({"example": format!("e{at}"), "system": "candidate", "criterion": "grounded", "label": label, "by": by});
            let _ = writeln!(text, "{line}");
        }
    }
    std::fs::write(folder.path().join("labels.jsonl"), text).expect("labels");
    done(folder.path(), &["review", "import", "labels.jsonl"]);
    let agreed = |most: &str| read(folder.path(), &["review", "agree", "--at-most", most])["agreement"][0].clone();
    assert_eq!((&agreed("40%")["above"], &agreed("40%")["follow_ups"]), (&json!(false), &json!([])));
    let above = agreed("20%");
    let follow_up = &above["follow_ups"][0];
    assert_eq!((&follow_up["do"], &follow_up["part"]), (&json!("change policy"), &json!("refund")));
    assert_eq!(follow_up["items"].as_array().expect("items").len(), 10);
    assert!(done(folder.path(), &["review", "agree", "--at-most", "20%"]).contains("people are split on `refund`"));
}

/// Nobody is shown an answer that the criterion does not apply to: a label on it is no gold.
#[test]
fn gold_on_an_example_that_the_criterion_does_not_apply_to_is_refused_in_its_line() {
    let folder = eval();
    let only_pay =
        CONTRACT.replace("{protects: [wrong_source], grade", "{when: {task: pay}, protects: [wrong_source], grade");
    std::fs::write(folder.path().join("plimsoll.yaml"), only_pay).expect("a contract");
    assert_eq!(code(&plimsoll(folder.path(), &["run", "--exit-zero"])), 0);
    let gold = |example: &str| json!({"example": example, "system": "candidate", "criterion": "grounded", "label": "pass", "by": "policy"});
    // `e3` is a refund.
    std::fs::write(folder.path().join("gold.jsonl"), format!("{}\n{}\n", gold("e1"), gold("e3"))).expect("gold");
    let told = refused(
        folder.path(),
        &["review", "assign", "june", "--criterion", "grounded", "--purpose", "label", "--take", "4", "--rubric"]
            .iter()
            .chain(&["rubrics/grounded.md", "--gold", "gold.jsonl"])
            .copied()
            .collect::<Vec<_>>(),
    );
    assert!(told.contains("gold.jsonl:2:") && told.contains("`grounded` does not apply to `e3`"), "{told}");
}

#[test]
fn half_of_a_calibration_lies_where_the_grader_fails() {
    let folder = eval();
    assign(
        folder.path(),
        "judge",
        &["--purpose", "calibrate", "--take", "10", "--overlap", "1", "--system", "candidate"],
    );
    ended(session(folder.path(), "judge", "r1", &"p\n".repeat(10)));
    let labels = labels(folder.path());
    let failed = |label: &&Value| {
        let at: usize = label["example"].as_str().and_then(|id| id[1..].parse().ok()).expect("a number");
        (at + 1).is_multiple_of(4)
    };
    assert_eq!((labels.len(), labels.iter().filter(failed).count()), (10, 5));
    assert!(labels.iter().all(|label| label["sample"] == "enriched" && label["system"] == "candidate"));
}

#[test]
fn what_cannot_be_assigned_is_said() {
    let folder = eval();
    let usual = ["review", "assign", "june", "--criterion", "grounded", "--purpose", "label", "--take", "4"];
    assert!(refused(folder.path(), &usual).contains("names no rubric"));
    let with =
        |more: &[&str]| refused(folder.path(), &[&usual[..], &["--rubric", "rubrics/grounded.md"], more].concat());
    let gold =
        json!({"example": "e99", "system": "candidate", "criterion": "grounded", "label": "pass", "by": "policy"});
    std::fs::write(folder.path().join("gold.jsonl"), format!("{gold}\n")).expect("gold");
    assert!(with(&["--gold", "gold.jsonl"]).contains("no answer of `candidate` to `e99`"));
    std::fs::write(folder.path().join("ids.txt"), "e1\ne77\n").expect("ids");
    let of = ["review", "assign", "june", "--criterion", "grounded", "--purpose", "label", "--examples", "ids.txt"];
    let told = refused(folder.path(), &[&of[..], &["--rubric", "rubrics/grounded.md"]].concat());
    assert!(told.contains("no active example `e77`") && told.contains("ids.txt:2:1"), "{told}");
    assert!(refused(folder.path(), &["review", "next", "june", "--by", "r1"]).contains("there is no queue `june`"));
    assign(folder.path(), "june", &["--purpose", "label", "--take", "4"]);
    assert!(with(&["--overlap", "3"]).contains("its items get 2 labels each"));
    std::fs::write(
        folder.path().join("labels.csv"),
        "example,system,criterion,label,by\ne1,candidate,grounded,good,r1\n",
    )
    .expect("labels");
    assert!(refused(folder.path(), &["review", "import", "labels.csv"]).contains("labels.csv:2:23"));
}

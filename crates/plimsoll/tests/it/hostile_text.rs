//! Text from outside that would command a terminal, a page or a report: it is shown, and never obeyed, in every form.

use super::{code, err, out, plimsoll, small};
use serde_json::{Value, json};
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Terminal escapes (seven and eight bits), HTML, what ends XML and Markdown, and marks that turn or hide text.
const HOSTILE: &str =
    "a\u{1b}[31m\u{1b}]0;x\u{7}\u{9b}2J<script>alert(1)</script>\"'&amp;]]>-->|`*_[x](javascript:y)\u{202e}\u{200b}b";

/// In quotes that YAML reads: no control character stands as itself.
fn quoted(text: &str) -> String {
    let escaped = |c: char| if c.is_control() { format!("\\u{:04x}", c as u32) } else { c.to_string() };
    serde_json::to_string(text).expect("JSON").chars().map(escaped).collect()
}

/// An eval in which everything that may hold any text holds that.
fn write(folder: &Path) {
    let text = quoted(HOSTILE);
    let tame: String = HOSTILE.chars().filter(|c| !c.is_control()).collect();
    let name = quoted(&tame);
    let contract = format!(
        "plimsoll: 1\nname: {text}\npromise:\n  work: answer billing questions from the customer's own account\n  for: customers on self-serve \
         plans\n  evidence: [current billing policy]\n  constraints: [cite the policy section used]\n  when_not_ready: escalate to a billing agent when policy and account state conflict\n\
         release: {text}\nowners: {{release: {name}, product: product}}\ntasks: [{name}]\nfailures: {{wrong_source: {{cost: 10, owner: release, repair: {text}}}}}\n\
         segments: [{{by: task, routable: true}}]\ncriteria:\n  right: {{protects: [wrong_source], grade: {{equals: expected.answer}}}}\n\
         systems:\n  candidate: {{recorded: c.jsonl, describe: {text}}}\n  production: {{recorded: p.jsonl, describe: {text}}}\n\
         gates:\n  - {{criterion: right, in: task, at_least: 80%, else: {text}, owner: release, name: {name}}}\n  - {{criterion: right, never: true, else: {text}, owner: release}}\n"
    );
    std::fs::write(folder.join("plimsoll.yaml"), contract).expect("a contract");
    let id = |at: usize| format!("{tame}{at}");
    let example = |at: usize| {
        json!({"id": id(at), "task": tame, "input": HOSTILE, "expected": {"answer": "yes"}, "review_by": "2001-01-01",
               "provenance": {"source": "traffic", "probability": 1, "rule": HOSTILE}})
    };
    let lines = |of: &dyn Fn(usize) -> Value| (0..30).map(|at| format!("{}\n", of(at))).collect::<String>();
    std::fs::create_dir_all(folder.join("examples")).expect("a folder");
    std::fs::write(folder.join("examples/e.jsonl"), lines(&example)).expect("examples");
    let candidate = |at: usize| json!({"example": id(at), "text": HOSTILE});
    std::fs::write(folder.join("c.jsonl"), lines(&candidate)).expect("answers");
    let production = |at: usize| json!({"example": id(at), "text": if at == 0 { HOSTILE } else { "yes" }});
    std::fs::write(folder.join("p.jsonl"), lines(&production)).expect("answers");
}

#[track_caller]
fn is_tame(what: &str, said: &str) {
    let wild = |c: &char| {
        c.is_control() && *c != '\n'
            || matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found = said.chars().find(wild);
    assert!(found.is_none(), "{what} holds {found:?}:\n{}", said.escape_debug());
}

#[test]
fn no_form_obeys_what_it_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path());
    let run = plimsoll(folder.path(), &["run", "--author", "somebody"]);
    assert_eq!(code(&run), 20, "{}{}", out(&run), err(&run));
    is_tame("run", &out(&run));
    let of = |arguments: &[&str]| {
        let ended = plimsoll(folder.path(), arguments);
        let said = out(&ended);
        assert!(!said.is_empty(), "{arguments:?}: {}", err(&ended));
        is_tame(&arguments.join(" "), &said);
        said
    };
    for verb in [
        &["show", "--as", "json"][..],
        &["check", "--as", "json"],
        &["check", "--as", "sarif"],
        &["diff", "--as", "json"],
    ] {
        serde_json::from_str::<Value>(&of(verb)).expect("JSON");
    }
    [&["show"][..], &["verify"], &["diff"], &["check"]].iter().for_each(|verb| drop(of(verb)));
    for form in ["markdown", "html", "junit"] {
        let said = of(&["show", "--as", form]);
        assert!(said.contains("alert(1)"), "{form} shows it");
        assert!(!said.contains("<script>alert"), "{form} obeys it");
    }
    assert!(!of(&["show", "--as", "junit"]).contains("]]>"));
}

#[test]
fn no_error_obeys_what_it_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path());
    let refused = |file: &str, line: String| {
        std::fs::write(folder.path().join(file), line).expect("a file");
        let run = plimsoll(folder.path(), &["run"]);
        assert_eq!(code(&run), 2, "{}", err(&run));
        is_tame(file, &err(&run));
        write(folder.path());
    };
    refused("c.jsonl", format!("{}\n", json!({"example": HOSTILE, "text": "x"})));
    refused("c.jsonl", format!("{}\n", json!({"example": "x", HOSTILE: HOSTILE})));
    refused("c.jsonl", format!("{HOSTILE}\n"));
    refused("examples/e.jsonl", format!("{}\n", json!({"id": HOSTILE, "input": "x"})));
    refused("plimsoll.yaml", format!("plimsoll: 1\n{}: 1\n", serde_json::to_string(HOSTILE).expect("JSON")));
    refused("plimsoll.yaml", format!("plimsoll: 1\nname: {HOSTILE}\n"));
    for arguments in [["show", HOSTILE], ["run", HOSTILE], ["diff", HOSTILE]] {
        is_tame(arguments[0], &err(&plimsoll(folder.path(), &arguments)));
    }
}

#[test]
fn names_of_wide_characters_stay_within_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let (long, short) =
        ("日本語の長い区分名テスト日本語の長い区分名テスト日本語の長い区分名テスト日本語", "返金の依頼");
    let contract = format!(
        "plimsoll: 1\nname: {long}\npromise:\n  work: answer billing questions from the customer's own account\n  for: customers on self-serve plans\n  \
         evidence: [current billing policy]\n  constraints: [cite the policy section used]\n  when_not_ready: escalate to a billing agent when policy and account state conflict\n\
         release: the next prompt\nowners: {{release: release captain}}\ntasks: [{long}, {short}]\nfailures: {{wrong_source: {{cost: 10, owner: release}}}}\n\
         segments: [{{by: task, routable: true}}]\ncriteria:\n  right: {{protects: [wrong_source], grade: {{cel: answer.structured.right}}}}\n\
         systems:\n  candidate: {{recorded: answers/candidate.jsonl}}\n  production: {{recorded: answers/production.jsonl}}\n\
         gates:\n  - {{criterion: right, in: [all, task], not_worse_than: production, by: 5%, else: repair, owner: release, name: {long}}}\n"
    );
    std::fs::write(folder.path().join("plimsoll.yaml"), contract).expect("a contract");
    small::write(
        folder.path(),
        &format!("{long}*60\n{short}*40\n"),
        "candidate right 0*20 1*80\nproduction right 1*100\n",
    );
    for verb in ["run", "show", "map"] {
        let ended = plimsoll(folder.path(), &[verb]);
        let said = out(&ended);
        assert!(said.contains("日本語の長い区分名"), "{verb}: {said}{}", err(&ended));
        let wide: Vec<&str> = said.lines().filter(|line| line.width() > 80).collect();
        assert!(wide.is_empty(), "{verb} says more than 80 columns: {wide:#?}");
    }
}

//! Records: the same inputs give the same bytes, no value can be edited unseen, and two runs are laid beside each other.

#[path = "record/approval.rs"]
mod approval;
#[path = "record/forged.rs"]
mod forged;
#[path = "record/look.rs"]
mod look;
#[path = "record/reference_set.rs"]
mod reference_set;
#[path = "record/signature.rs"]
mod signature;

pub use forged::forge;

use super::{code, err, eval, last_record, out, plimsoll};
use domain::digest::canonical;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

/// A small eval in a folder of its own.
struct Small(tempfile::TempDir);

impl Small {
    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self) -> Output {
        plimsoll(self.path(), &["run"])
    }

    /// What the last record says.
    fn content(&self) -> Value {
        read(&last_record(self.path()))["content"].clone()
    }

    /// Another text wherever this one stands in a file.
    fn edit(&self, file: &str, was: &str, now: &str) {
        self.rewrite(file, |text| {
            assert!(text.contains(was), "{was} in {file}");
            text.replace(was, now)
        });
    }

    fn rewrite(&self, file: &str, edit: impl FnOnce(String) -> String) {
        let path = self.path().join(file);
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(&path, edit(text)).expect("an edit");
    }
}

/// 40 conversations, two criteria, candidate and production.
fn small() -> Small {
    let eval = Small(tempfile::tempdir().expect("a folder"));
    let folder = eval.path();
    let contract = r#"
plimsoll: 1
name: small
simulated: true
promise:
  work: name the opening hours of our branches
  for: callers of the branch line
  evidence: [the table of opening hours]
  constraints: [never name a branch that is closed for good]
  when_not_ready: pass the caller on to the branch office
owners: {release: release captain, prompt: prompt team}
tasks: [hours]
failures: {unsupported_claim: {cost: 5, owner: prompt}, format_violation: {cost: 1, owner: prompt}}
segments: [{by: task, routable: true}]
criteria:
  right: {protects: [unsupported_claim], grade: {equals: expected.answer}}
  short: {protects: [format_violation], grade: {length: {words: {at_most: 3}}}}
systems:
  candidate: {recorded: candidate.jsonl}
  production: {recorded: production.jsonl}
gates:
  - {criterion: right, in: [all, task], not_worse_than: production, by: 20%, else: repair the table, owner: prompt}
  - {criterion: short, at_least: 60%, else: repair the prompt, owner: release}
"#;
    std::fs::write(folder.join("plimsoll.yaml"), contract).expect("a contract");
    let example = |at: usize| {
        json!({"id": format!("e{at:02}"), "task": "hours", "input": {"messages": [{"role": "user", "content": format!("when does branch {at} open?")}]},
            "expected": {"answer": format!("at {at}")}, "provenance": {"source": "traffic", "weight": 1}})
    };
    let answer = |at: usize, bad: usize| {
        let text = if at % 10 < bad { "no idea at all, sorry".to_owned() } else { format!("at {at}") };
        json!({"example": format!("e{at:02}"), "text": text})
    };
    let lines = |of: &dyn Fn(usize) -> Value| (0..40).map(|at| format!("{}\n", of(at))).collect::<String>();
    std::fs::create_dir_all(folder.join("examples")).expect("a folder");
    std::fs::write(folder.join("examples/e.jsonl"), lines(&example)).expect("examples");
    std::fs::write(folder.join("candidate.jsonl"), lines(&|at| answer(at, 1))).expect("answers");
    std::fs::write(folder.join("production.jsonl"), lines(&|at| answer(at, 2))).expect("answers");
    eval
}

/// What was said, on one line.
fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_latest_record_of_a_contract_that_is_named_is_its_own() {
    let eval = small();
    for name in ["other", "third"] {
        let contract = std::fs::read_to_string(eval.path().join("plimsoll.yaml")).expect("a contract");
        let contract = contract.replace("name: small", &format!("name: {name}"));
        std::fs::write(eval.path().join(format!("{name}.yaml")), contract).expect("a contract");
    }
    for contract in ["other.yaml", "plimsoll.yaml"] {
        let ended = plimsoll(eval.path(), &["run", contract, "--exit-zero"]);
        assert_eq!(code(&ended), 0, "{}", err(&ended));
    }
    let shown = |of: &[&str]| {
        let shown = plimsoll(eval.path(), &[&["show", "--as", "json"], of].concat());
        let record: Value = serde_json::from_str(&out(&shown)).unwrap_or_else(|_| panic!("{}", err(&shown)));
        record["contract"]["name"].as_str().expect("a name").to_owned()
    };
    assert_eq!(shown(&["--eval", "other.yaml"]), "other");
    assert_eq!(shown(&["--eval", "plimsoll.yaml"]), "small");
    assert_eq!(shown(&[]), "small", "of a folder the latest of all");
    let diff = plimsoll(eval.path(), &["diff", "--eval", "third.yaml"]);
    assert_eq!(code(&diff), 2, "{}", out(&diff));
    let refused = plimsoll(eval.path(), &["show", "--eval", "third.yaml"]);
    assert_eq!(code(&refused), 2);
    let said = flat(&err(&refused));
    assert!(said.contains("is of the contract `third`; the latest is of `small`"), "{said}");
    std::fs::write(eval.path().join("third.yaml"), "a: [").expect("no contract");
    assert_eq!(shown(&["--eval", "third.yaml"]), "small", "records are shown whatever the contract says by now");
}

#[test]
fn the_same_inputs_give_the_same_content_wherever_they_lie() {
    let (first, second) = (eval("billing-support"), eval("billing-support"));
    plimsoll(first.path(), &["run"]);
    plimsoll(Path::new("/"), &["run", second.path().to_str().expect("a path"), "--threads", "1"]);
    let content = |folder: &Path| read(&last_record(folder))["content"].clone();
    assert_eq!(canonical(&content(first.path())), canonical(&content(second.path())));
}

/// Half of the answers fail, and the grader misspells why: what they cost is unknown, and not nothing.
#[test]
fn a_class_that_there_is_not_is_no_discount() {
    let eval = small();
    let folder = eval.path();
    eval.edit("plimsoll.yaml", "{equals: expected.answer}", "{process: {command: [sh, grader.sh], time_limit: 20s}}");
    eval.rewrite("plimsoll.yaml", |text| {
        let (text, _) = text.split_once("gates:\n").expect("gates");
        format!("{text}gates:\n  - {{measure: failure_cost, in: all, at_most: 1, else: hold, owner: release}}\n")
    });
    for (class, state) in [("unsupported-claim", "unfit"), ("unsupported_claim", "breached")] {
        let grader = format!(
            "while read -r request; do\n  id=${{request#*:}}\n  id=${{id%%,*}}\n  value=true\n  [ $((id % 2)) = 1 ] && value=false\n  \
             echo \"{{\\\"id\\\": $id, \\\"value\\\": $value, \\\"class\\\": \\\"{class}\\\"}}\"\ndone\n"
        );
        std::fs::write(folder.join("grader.sh"), grader).expect("a grader");
        let run = plimsoll(folder, &["run", "--as", "json"]);
        let record: Value = serde_json::from_str(&out(&run)).unwrap_or_else(|_| panic!("{}", err(&run)));
        let of_candidate = |finding: &&Value| finding["arm"] == "candidate";
        let found = record["findings"].as_array().expect("findings").iter().find(of_candidate).expect("a finding");
        assert_eq!(found["state"], state, "{class}: {found}");
    }
}

use super::{code, err, out, plimsoll};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The page that `init --help` shows.
fn page(folder: &Path) -> String {
    let help = out(&plimsoll(folder, &["init", "--help"]));
    help.split_once("A file of answers:\n\n").expect("a page in the help").1.to_owned()
}

#[test]
fn the_page_in_the_help_becomes_an_eval_whose_only_errors_are_missing_examples() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("page.yaml"), page(folder.path())).expect("a page");
    let made = plimsoll(folder.path(), &["init", "eval", "--answers", "page.yaml"]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    let checked = plimsoll(folder.path(), &["check", "eval", "--as", "json"]);
    assert_eq!(code(&checked), 3);
    let found: serde_json::Value = serde_json::from_slice(&checked.stdout).expect("JSON");
    let errors = found["findings"].as_array().expect("findings").iter().filter(|found| found["severity"] == "error");
    let codes: std::collections::BTreeSet<&str> = errors.filter_map(|found| found["code"].as_str()).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["PLM008", "PLM022"], "{found}");
    let examples = std::fs::read_to_string(folder.path().join("eval/examples/examples.jsonl")).expect("examples");
    assert_eq!(examples.matches("\"status\":\"proposed\"").count(), 5);
    let contract = std::fs::read_to_string(folder.path().join("eval/plimsoll.yaml")).expect("a contract");
    assert!(
        contract.contains("- {criterion: cites, in: [all, task], not_worse_than: production, by: 5%"),
        "{contract}"
    );
    assert!(!contract.contains("graders.md"), "it names files that are there");
    assert!(!examples.contains("\"says\":[]"), "an example names a text to look for, or says where to write it");
    let rubric = std::fs::read_to_string(folder.path().join("eval/rubrics/cites.md")).expect("a rubric");
    let blanks =
        domain::format::rubric::parse(camino::Utf8Path::new("cites.md"), &rubric, None).expect_err("a form to fill in");
    assert!(blanks.iter().all(|fault| fault.what == "this is still to be filled in"), "{blanks:?}");
}

#[test]
fn the_page_in_the_help_is_not_wrapped_to_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["init", "--help"])
        .env("COLUMNS", "60")
        .current_dir(folder.path())
        .output()
        .expect("the binary");
    assert_eq!(
        out(&help).split_once("A file of answers:\n\n").map(|(_, page)| page.to_owned()),
        Some(page(folder.path()))
    );
    assert!(out(&help).contains("not_worse_than: production, by: 5%, else: repair retrieval, owner: retrieval}\n"));
}

/// What the page leaves open is not made up, and what examples could not be named after is refused before anything is written.
#[test]
fn a_currency_is_not_made_up_and_a_task_is_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(folder.path());
    let without: String =
        page.lines().filter(|line| !line.starts_with("currency")).map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.path().join("page.yaml"), without).expect("a page");
    let made = plimsoll(folder.path(), &["init", "eval", "--answers", "page.yaml"]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    let contract = std::fs::read_to_string(folder.path().join("eval/plimsoll.yaml")).expect("a contract");
    assert!(contract.contains("\ncurrency: units per occurrence\n"), "{contract}");
    for task in ["\"refund\\trequest\"", "\"refund\\nrequest\""] {
        std::fs::write(folder.path().join("page.yaml"), page.replace("refund-request", task)).expect("a page");
        let refused = plimsoll(folder.path(), &["init", "other", "--answers", "page.yaml"]);
        assert_eq!(code(&refused), 2);
        assert!(err(&refused).contains("a task's name holds a tab"), "{}", err(&refused));
        assert!(!folder.path().join("other").exists());
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    for there in ["plimsoll.yaml", "examples/examples.jsonl", "rubrics/cites.md"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(there);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, "mine").expect("a file");
        std::fs::write(folder.path().join("page.yaml"), page(folder.path())).expect("a page");
        let refused = plimsoll(folder.path(), &["init", "--answers", "page.yaml"]);
        assert_eq!(code(&refused), 2);
        assert!(err(&refused).contains(there), "{}", err(&refused));
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "mine");
        let others =
            ["plimsoll.yaml", "examples/examples.jsonl", "rubrics/cites.md"].iter().filter(|name| **name != there);
        others.for_each(|name| assert!(!folder.path().join(name).exists(), "{name} was written beside {there}"));
    }
}

#[test]
fn every_field_that_is_missing_or_wrong_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "promise: {work: help users}\ntasks: []\nfailures: {a: {cost: -1}}\ngate: {protects: b, owner: x}\nsegmnts: []\n";
    std::fs::write(folder.path().join("page.yaml"), text).expect("a page");
    let refused = plimsoll(folder.path(), &["init", "eval", "--answers", "page.yaml"]);
    assert_eq!(code(&refused), 2);
    let said = err(&refused);
    for told in [
        "`tasks` is not answered\n --> page.yaml:2:1",
        "`sources` is not answered",
        "`release` is not answered",
        "did you mean `segments`?",
        "a cost is never negative\n --> page.yaml:3:22",
        "`b` is not among the failures\n --> page.yaml:4:18",
    ] {
        assert!(said.contains(told), "{told} in {said}");
    }
    assert!(!folder.path().join("eval").exists());
    let silent = plimsoll(folder.path(), &["init", "eval", "--answers", "none.yaml"]);
    assert_eq!(code(&silent), 2);
}

/// Blanks are no answer.
#[test]
fn a_field_with_nothing_in_it_is_not_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(folder.path());
    for (field, blank) in [("release", "\"  \""), ("failures", "{}"), ("sources", "[]"), ("promise", "{}")] {
        // The field's own line and those that are set in below it.
        let mut inside = false;
        let rest = page.lines().filter(|line| {
            inside = line.starts_with(&format!("{field}:")) || (inside && line.starts_with(' '));
            !inside
        });
        let text: String = rest.map(|line| format!("{line}\n")).collect();
        std::fs::write(folder.path().join("page.yaml"), format!("{text}{field}: {blank}\n")).expect("a page");
        let refused = plimsoll(folder.path(), &["init", "eval", "--answers", "page.yaml"]);
        assert_eq!(code(&refused), 2, "{field}");
        assert!(err(&refused).contains(&format!("`{field}` is not answered")), "{}", err(&refused));
        assert!(!folder.path().join("eval").exists());
    }
}

/// `script` gives the program a terminal, as a person has one.
#[test]
fn a_person_is_asked_in_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = env!("CARGO_BIN_EXE_plimsoll");
    let mut child = Command::new("script")
        .args(["-qec", &format!("{binary} init eval"), "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`script` of util-linux");
    let answers = [
        "answer billing questions from the customer's own account",
        "customers on self-serve plans",
        "current billing policy",
        "",
        "never invent account data",
        "",
        "escalate to a billing agent when policy and account state conflict",
        "Explain charge",
        "refund",
        "plan change",
        "payment failure",
        "cancellation",
        "unsupported_claim",
        "40",
        "Rude answer",
        "3",
        "",
        "200 a week",
        "all",
        "",
        "",
        "replace prompt v14 by v15",
        "risk",
        "",
        "",
        "",
        "3%",
        "repair retrieval",
        "retrieval",
        "soon",
        "2027-01-04",
    ];
    let mut input = child.stdin.take().expect("a way in");
    // As one writes: each answer ends with the key that ends a line in a terminal.
    for answer in answers {
        input.write_all(answer.as_bytes()).and_then(|()| input.write_all(b"\r")).expect("an answer");
        input.flush().expect("an answer");
    }
    let output = child.wait_with_output().expect("an end");
    let said = out(&output);
    assert_eq!(code(&output), 0, "{said}");
    let contract = std::fs::read_to_string(folder.path().join("eval/plimsoll.yaml")).expect("a contract");
    assert!(
        contract.contains("tasks: [explain-charge, refund, plan-change, payment-failure, cancellation]"),
        "{contract}"
    );
    assert!(contract.contains("rude_answer: {cost: 3.0, owner: release}"), "{contract}");
    assert!(contract.contains("by: 3%, else: repair retrieval, owner: retrieval}"), "{contract}");
    let plan = std::fs::read_to_string(folder.path().join("eval/ninety-days.md")).expect("a plan");
    assert!(plan.contains("2027-01-04 to 2027-01-17"), "{plan}");
    drop(input);
}

/// A file where the folder should be is named, before anybody is asked and before anything is written.
#[test]
fn an_eval_is_written_into_a_folder_and_never_over_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("page.yaml"), page(folder.path())).expect("a page");
    std::fs::write(folder.path().join("taken"), "mine").expect("a file");
    for place in ["taken", "taken/below/it"] {
        let refused = plimsoll(folder.path(), &["init", place, "--answers", "page.yaml"]);
        assert_eq!(code(&refused), 2, "{}", err(&refused));
        assert!(err(&refused).starts_with("error: `taken` is no folder, and an eval is written into one\n"));
    }
    std::fs::create_dir(folder.path().join("eval")).expect("a folder");
    std::fs::write(folder.path().join("eval/examples"), "mine").expect("a file");
    let refused = plimsoll(folder.path(), &["init", "eval", "--answers", "page.yaml"]);
    assert!(err(&refused).contains("`eval/examples` is no folder"), "{}", err(&refused));
    assert!(!folder.path().join("eval/plimsoll.yaml").exists(), "nothing is half written");
    assert_eq!(std::fs::read_to_string(folder.path().join("taken")).expect("the file"), "mine");
}

use super::{code, err, eval, out, plimsoll};
use serde_json::Value;
use std::path::Path;

/// A contract whose criterion is graded elsewhere, and 60 examples' scores of two systems.
fn graded_elsewhere() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "plimsoll.yaml", CONTRACT);
    write(folder.path(), "scores.csv", &scores(|_| true));
    folder
}

const CONTRACT: &str = "plimsoll: 1
name: answers
promise:
  work: answer questions about the opening hours of libraries
  for: visitors of the public libraries of one city
  evidence: [the opening hours that each library publishes]
  constraints: [never invent a library]
  when_not_ready: escalate to the desk of the library when its hours are not published
release: replace model one by model two for all questions
owners: {release: release captain}
examples: [examples]
criteria:
  correct: {protects: unsupported_claim, grade: imported}
systems:
  candidate: {imported: two}
  production: {imported: one}
gates:
  - {criterion: correct, not_worse_than: production, by: 10%, else: read the worst, owner: release}
";

/// Both systems right on every example, but for the candidate's where it is said.
fn scores(candidate: impl Fn(usize) -> bool) -> String {
    let mut text = "example,system,criterion,value,topic\n".to_owned();
    for at in 0..60 {
        let topic = if at % 2 == 0 { "hours" } else { "places" };
        text += &format!("q{at:02},one,correct,{},{topic}\n", u8::from(at % 10 != 0));
        text += &format!("q{at:02},two,correct,{},{topic}\n", u8::from(at % 10 != 0 && candidate(at)));
    }
    text
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("one JSON document, not {}", err(output)))
}

#[test]
fn scores_are_sealed_then_decided_on_and_the_same_scores_are_the_same_look() {
    let folder = graded_elsewhere();
    let none = plimsoll(folder.path(), &["decide"]);
    assert_eq!(code(&none), 2);
    assert!(err(&none).contains("there is no sealed run"), "{}", err(&none));

    let told = json(&plimsoll(folder.path(), &["import", "scores", "scores.csv", "--as", "json"]));
    assert_eq!((told["rows"].as_u64(), told["examples"].as_u64()), (Some(120), Some(60)));
    assert_eq!(told["systems"][1], serde_json::json!({"name": "two", "arm": "candidate"}));
    assert_eq!(told["attributes"], serde_json::json!(["topic"]));
    assert!(!folder.path().join(".plimsoll/records").exists(), "importing decides nothing");
    let text = out(&plimsoll(folder.path(), &["import", "scores", "scores.csv"]));
    assert!(text.contains("120 read") && text.contains("two: candidate"), "{text}");

    let first = plimsoll(folder.path(), &["decide", "--as", "json"]);
    assert_eq!(code(&first), 0, "{}", out(&first));
    let first = json(&first);
    assert_eq!(first["scores"]["digest"], told["scores"]);
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);

    write(folder.path(), "scores.csv", &scores(|at| at % 3 != 0));
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.csv"])), 0);
    let second = plimsoll(folder.path(), &["decide", "--as", "json"]);
    assert_eq!(code(&second), 20, "{}", out(&second));
    assert_eq!(json(&second)["look"]["number"], 2);

    let digest = told["scores"].as_str().expect("a digest");
    let again = json(&plimsoll(folder.path(), &["decide", "--run", &digest[..12], "--as", "json"]));
    assert_eq!(again["scores"]["digest"], told["scores"]);
    assert_eq!((&again["look"]["number"], &again["decision"]), (&Value::from(1), &Value::from("ship")));
    let unknown = plimsoll(folder.path(), &["decide", "--run", "zz"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("sealed runs, last first"), "{}", err(&unknown));
}

#[test]
fn a_threshold_lowered_after_the_scores_were_sealed_is_unfit_until_somebody_signs() {
    let folder = graded_elsewhere();
    write(folder.path(), "scores.csv", &scores(|at| at % 3 != 0));
    assert_eq!(code(&plimsoll(folder.path(), &["decide", "--scores", "scores.csv"])), 20);
    write(folder.path(), "plimsoll.yaml", &CONTRACT.replace("by: 10%", "by: 60%"));
    for again in [&["decide"][..], &["decide", "--scores", "scores.csv"]] {
        let unfit = plimsoll(folder.path(), again);
        assert_eq!(code(&unfit), 40, "{}", out(&unfit));
        assert!(out(&unfit).contains("the contract changed"), "{}", out(&unfit));
    }
    write(folder.path(), "scores.csv", &scores(|at| at % 3 == 0));
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.csv"])), 0);
    write(folder.path(), "plimsoll.yaml", &CONTRACT.replace("by: 10%", "by: 70%"));
    let refused = plimsoll(folder.path(), &["decide"]);
    assert_eq!(code(&refused), 2, "{}", out(&refused));
    assert!(err(&refused).contains("before it was decided on"), "{}", err(&refused));
    write(folder.path(), "plimsoll.yaml", &CONTRACT.replace("by: 10%", "by: 60%"));
    write(folder.path(), "scores.csv", &scores(|at| at % 3 != 0));
    assert_eq!(code(&plimsoll(folder.path(), &["import", "scores", "scores.csv"])), 0);
    let signed = plimsoll(folder.path(), &["decide", "--approve", "release", "--reason", "the margin was mistyped"]);
    assert_eq!(code(&signed), 0, "{}", out(&signed));
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
}

#[test]
fn a_run_of_our_own_is_decided_on_again_and_another_grader_needs_another_run() {
    let folder = eval("billing-support");
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 10);
    let again = plimsoll(folder.path(), &["decide", "--as", "json"]);
    assert_eq!(code(&again), 10, "{}", err(&again));
    assert_eq!(json(&again)["look"]["number"], 1);
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    let edited = text.replace("grade: {behaviour: expected.behaviour}", "grade: {behaviour: answer}");
    assert_ne!(text, edited);
    std::fs::write(&contract, edited).expect("an edit");
    let refused = plimsoll(folder.path(), &["decide"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("has another grader"), "{}", err(&refused));
    std::fs::write(&contract, text).expect("an edit");
    let run = std::fs::read_dir(folder.path().join(".plimsoll/runs")).expect("runs").next().expect("a run");
    let scores = run.expect("a run").path().join("scores.parquet");
    std::fs::write(&scores, "edited").expect("an edit");
    let refused = plimsoll(folder.path(), &["decide"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("is not the file that was sealed"), "{}", err(&refused));
}

#[test]
fn evidence_that_reads_otherwise_takes_no_file_from_an_older_record() {
    let folder = graded_elsewhere();
    let with = |evidence: &str| {
        let text = scores(|_| true).replace("topic\n", "topic,evidence\n");
        text.replace(",hours\n", &format!(",hours,{evidence}\n")).replace(",places\n", ",places,\n")
    };
    write(folder.path(), "scores.csv", &with("said so"));
    let first = json(&plimsoll(folder.path(), &["decide", "--scores", "scores.csv", "--as", "json"]));
    write(folder.path(), "scores.csv", &with("said otherwise"));
    let second = json(&plimsoll(folder.path(), &["decide", "--scores", "scores.csv", "--as", "json"]));
    assert_eq!(first["scores"]["digest"], second["scores"]["digest"]);
    assert_eq!(second["look"]["number"], 1);
    for record in [&first, &second] {
        let id = record["record"]["id"].as_str().expect("an id");
        let verify = plimsoll(folder.path(), &["verify", id]);
        assert_eq!(code(&verify), 0, "{}", out(&verify));
    }
}

/// Imports with one thing changed in the contract or the scores; nothing is sealed.
fn refused(change: impl Fn(&mut String, &mut String)) -> String {
    let folder = graded_elsewhere();
    let (mut contract, mut scores) = (CONTRACT.to_owned(), scores(|_| true));
    change(&mut contract, &mut scores);
    write(folder.path(), "plimsoll.yaml", &contract);
    write(folder.path(), "scores.csv", &scores);
    let refused = plimsoll(folder.path(), &["import", "scores", "scores.csv"]);
    assert_eq!(code(&refused), 2, "{}", out(&refused));
    let runs = folder.path().join(".plimsoll/runs");
    let left = runs.read_dir().map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing is half-written");
    err(&refused)
}

#[test]
fn what_does_not_fit_the_contract_is_refused_and_nothing_is_sealed() {
    let said = refused(|contract, _| *contract = contract.replace("{imported: two}", "{imported: too}"));
    assert!(said.contains("the scores hold no system `too`") && said.contains("did you mean `two`?"), "{said}");
    let said = refused(|_, scores| *scores = scores.replace(",correct,", ",corect,"));
    assert!(said.contains("no grade of criterion `correct`") && said.contains("did you mean `corect`?"), "{said}");
    let said = refused(|_, scores| *scores = scores.replacen(",1,hours", ",7,hours", 1));
    assert!(said.contains("a grade lies from 0 to 1") && said.contains("scores.csv:6:"), "{said}");
    let said = refused(|_, scores| scores.clear());
    assert!(said.contains("holds no score"), "{said}");
    let said = refused(|_, scores| scores.push_str("\u{1b}]0;x\u{7},\u{0}\n"));
    assert!(!said.contains('\u{1b}') && !said.contains('\0'), "{said:?}");
}

#[test]
fn a_table_in_another_encoding_is_said_to_be_so() {
    let folder = graded_elsewhere();
    let wide = scores(|_| true).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    std::fs::write(folder.path().join("scores.csv"), [&[0xff, 0xfe][..], &wide].concat()).expect("a table");
    let refused = plimsoll(folder.path(), &["import", "scores", "scores.csv"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("the header is not UTF-8\n --> scores.csv:1:1"), "{}", err(&refused));
}

/// A line end is no part of what is shown.
#[test]
fn a_broken_line_of_scores_is_shown_where_it_breaks() {
    let folder = graded_elsewhere();
    write(folder.path(), "scores.jsonl", "{\"example\": \"q00\"\n");
    let said = err(&plimsoll(folder.path(), &["import", "scores", "scores.jsonl"]));
    assert!(said.contains(" --> scores.jsonl:1:18\n") && said.contains("1 | {\"example\": \"q00\""), "{said}");
}

#[test]
fn names_that_were_mistyped_on_some_rows_are_asked_about() {
    let folder = graded_elsewhere();
    let slip = scores(|_| true).replace("q07,two,correct", "q07,twoo,corect");
    write(folder.path(), "scores.csv", &slip);
    let told = out(&plimsoll(folder.path(), &["import", "scores", "scores.csv"]));
    assert!(told.contains("twoo: not in the contract; did you mean `two`?"), "{told}");
    assert!(told.contains("asked by no gate; did you mean `correct`?"), "{told}");
}

#[test]
fn more_faults_than_are_shown_are_counted() {
    let said = refused(|_, scores| *scores = scores.replace(",1,", ",9,"));
    assert!(said.contains("58 more faults are not shown"), "{said}");
}

#[test]
fn imported_criteria_ask_run_for_their_table() {
    let folder = eval("billing-support");
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    let edited = text.replace("grade: {behaviour: expected.behaviour}", "grade: imported");
    std::fs::write(&contract, edited).expect("an edit");
    let refused = plimsoll(folder.path(), &["run"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("plimsoll run --scores FILE"), "{}", err(&refused));
}

#[test]
fn two_imports_at_once_seal_one_run() {
    let folder = graded_elsewhere();
    let spawn = || {
        std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["import", "scores", "scores.csv"])
            .current_dir(folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the binary")
    };
    let both = [spawn(), spawn(), spawn()];
    for child in both {
        let ended = child.wait_with_output().expect("an end");
        assert_eq!(code(&ended), 0, "{}", err(&ended));
    }
    assert_eq!(folder.path().join(".plimsoll/runs").read_dir().expect("runs").count(), 1);
    assert_eq!(code(&plimsoll(folder.path(), &["decide"])), 0);
}

#[test]
fn grades_of_the_file_stand_in_for_a_grader_of_our_own_and_the_record_says_so() {
    let folder = graded_elsewhere();
    write(folder.path(), "plimsoll.yaml", &CONTRACT.replace("grade: imported", "grade: {contains: hours}"));
    write(folder.path(), "scores.csv", &scores(|_| true));
    let decided = plimsoll(folder.path(), &["decide", "--scores", "scores.csv", "--as", "json"]);
    assert!(err(&decided).contains("the grader of `correct`, `contains`, was not asked"), "{}", err(&decided));
    let record: Value = serde_json::from_slice(&decided.stdout).expect("a record");
    assert_eq!(record["graders"][0]["kind"], "imported");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
}

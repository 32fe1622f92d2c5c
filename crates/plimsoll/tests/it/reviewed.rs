//! People's labels inside the gate: what reviewers agree on is a grade, and what they are split on is decided both ways.

use super::{code, err, out, plimsoll};
use catalog::{Catalog, Place};
use domain::entry::{Draft, Noun};
use domain::name::{CriterionName, ExampleId};
use domain::review::ItemKey;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

const CONTRACT: &str = "plimsoll: 1\nname: reviewed\nsimulated: true\npromise:\n  work: answer billing questions and explain charges\n  \
    for: customers on self-serve plans who write to billing support\n  evidence: [current billing policy]\n  \
    constraints: [cite the policy section that the answer rests on]\n  when_not_ready: escalate to a billing agent when policy and account conflict\n\
    release: replace prompt v1 by v2\nowners: {release: release captain, quality: quality team}\ntasks: [pay, refund]\n\
    failures:\n  wrong_source: {cost: 10, owner: release}\nexamples: [examples.jsonl]\nalpha: 0.05\n\
    criteria:\n  grounded: {protects: [wrong_source], grade: {reviewers: rubrics/grounded.md}}\n\
    systems:\n  candidate: {recorded: answers.jsonl}\n\
    gates:\n  - {criterion: grounded, in: all, at_least: 0.8, else: repair retrieval, owner: release}\n";
const DISAGREEMENT: &str = "  - {measure: disagreement, at_most: 10%, else: repair rubric, owner: quality}\n";
const RUBRIC: &str = "---\nplimsoll_rubric: 1\nquestion: Does every claim stand in the policy?\n---\n\n\
    ## Pass\n\n- every claim stands there\n\n## Fail\n\n- wrong_source: it cites another section\n";
const OF: usize = 60;
const SPLIT: usize = 14;

/// Sixty conversations, answered.
fn eval(further: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut examples, mut answers) = (String::new(), String::new());
    for at in 0..OF {
        let example = json!({
            "id": format!("e{at:02}"), "task": if at % 2 == 0 { "pay" } else { "refund" }, "input": format!("question {at}"),
            "provenance": {"source": "traffic", "probability": 0.1},
        });
        let _ = writeln!(examples, "{example}");
        let _ = writeln!(answers, "{}", json!({"example": format!("e{at:02}"), "text": format!("answer {at}")}));
    }
    std::fs::create_dir(folder.path().join("rubrics")).expect("a folder");
    let contract = format!("{CONTRACT}{further}");
    let files = [
        ("plimsoll.yaml", contract.as_str()),
        ("examples.jsonl", &examples),
        ("answers.jsonl", &answers),
        ("rubrics/grounded.md", RUBRIC),
    ];
    files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).expect("a file"));
    folder
}

fn say(folder: &Path, drafts: Vec<(usize, &str, &str, Value)>) {
    let state = folder.join(".plimsoll");
    std::fs::create_dir_all(&state).expect("a folder");
    let place = camino::Utf8PathBuf::from_path_buf(state.join("catalog.sqlite")).expect("a path in UTF-8");
    let catalog = Catalog::open(&Place::File(place)).expect("a catalog");
    let draft = |(at, what, author, body): (usize, &str, &str, Value)| Draft {
        noun: Noun::Item,
        subject: ItemKey {
            example: ExampleId::new(format!("e{at:02}")),
            system: "candidate".to_owned(),
            repeat: 0,
            criterion: CriterionName::new("grounded"),
        }
        .to_string(),
        after: None,
        what: what.to_owned(),
        at: "2026-11-24T10:00:00.000Z".to_owned(),
        author: author.to_owned(),
        why: Some("as the rubric says".to_owned()),
        body,
    };
    catalog.append(&drafts.into_iter().map(draft).collect::<Vec<_>>()).expect("entries");
}

/// Two people label everything: they pass it, but for those that they are split on.
fn label(folder: &Path) {
    let by = |at: usize| {
        let other = if at < SPLIT { "fail" } else { "pass" };
        [
            (at, "labelled", "reviewer-1", json!({"says": "pass"})),
            (at, "labelled", "reviewer-2", json!({"says": other})),
        ]
    };
    say(folder, (0..OF).flat_map(by).collect());
}

fn ran(folder: &Path) -> (i32, Value) {
    let ended = plimsoll(folder, &["run", "--as", "json"]);
    (code(&ended), serde_json::from_str(&out(&ended)).unwrap_or_else(|_| panic!("{}", err(&ended))))
}

fn found<'r>(record: &'r Value, gate: &str) -> &'r Value {
    let findings = record["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["gate"] == gate).unwrap_or_else(|| panic!("{record:#}"))
}

#[test]
fn what_reviewers_are_split_on_is_decided_both_ways_until_somebody_settles_it() {
    let folder = eval("");
    label(folder.path());
    let (ended, record) = ran(folder.path());
    let finding = found(&record, "grounded at least");
    assert_eq!(
        (&finding["state"], &finding["code"]),
        (&json!("not_shown"), &json!("REVIEWERS_DISAGREE")),
        "{finding:#}"
    );
    assert_eq!(finding["split"], json!({"answers": 14, "of": 60, "best": "holds", "worst": "not_shown"}));
    let said = finding["reason"].as_str().expect("a sentence");
    assert!(
        said.contains(
            "reviewers split on 14 of 60; treating all as pass it holds, all as fail it is not shown: settle "
        ),
        "{said}"
    );
    assert_eq!(finding["examples"].as_array().map(Vec::len), Some(SPLIT));
    assert_eq!(ended, 20);
    let said = "reviewers split on 14 of 60; treating all as pass decides ship, all as fail hold";
    assert_eq!(record["split"]["said"], said);
    assert_eq!((&record["split"]["best"], &record["split"]["worst"]), (&json!("ship"), &json!("hold")));
    assert_eq!(record["follow_ups"][0]["kind"], "repair rubric");
    for form in ["text", "markdown", "html"] {
        let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", form]));
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(said), "{form}: {shown}");
    }
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}{}", out(&verified), err(&verified));
    let rehearsed = plimsoll(folder.path(), &["rehearse", "--rehearsals", "100"]);
    assert_eq!(code(&rehearsed), 0, "{}{}", out(&rehearsed), err(&rehearsed));

    // Whoever labelled it does not settle it; somebody else does, and that is another look at the same answers.
    let settle = |by: &'static str| (0..SPLIT).map(move |at| (at, "settled", by, json!({"says": "pass"}))).collect();
    say(folder.path(), settle("reviewer-1"));
    let (ended, record) = ran(folder.path());
    assert_eq!((ended, &record["look"]["number"]), (20, &json!(1)), "nothing changed");
    say(folder.path(), settle("reviewer-3"));
    let (ended, record) = ran(folder.path());
    assert_eq!((ended, &record["look"]["number"]), (0, &json!(2)), "{record:#}");
    assert!(record["split"].is_null());
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
}

#[test]
fn what_nobody_labelled_is_not_run_and_a_label_of_another_answer_is_no_label() {
    let folder = eval("");
    let checked = out(&plimsoll(folder.path(), &["check"]));
    assert!(
        checked.contains("PLM030") && checked.contains("`grounded` is graded by reviewers, and nobody"),
        "{checked}"
    );
    let (ended, record) = ran(folder.path());
    let finding = found(&record, "grounded at least");
    assert_eq!((ended, &finding["state"], &finding["n"]["not_run"]), (40, &json!("unfit"), &json!(60)), "{finding:#}");
    label(folder.path());
    let digest =
        |text: &str| domain::answer::Answer { text: Some(text.into()), ..Default::default() }.digest().to_string();
    say(
        folder.path(),
        (OF - 2..OF)
            .flat_map(|at| {
                // A later answer of the same system: of one it is known that people saw it, of the other that they saw another.
                let seen = if at == OF - 1 { digest(&format!("answer {at}")) } else { digest("another answer") };
                [("reviewer-1", seen.clone()), ("reviewer-2", seen)]
                    .map(|(by, seen)| (at, "labelled", by, json!({"says": "fail", "answer": seen})))
            })
            .collect(),
    );
    let (_, record) = ran(folder.path());
    let checked = out(&plimsoll(folder.path(), &["check"]));
    assert!(!checked.contains("PLM030"), "{checked}");
    let n = &found(&record, "grounded at least")["n"];
    assert_eq!((&n["not_run"], &n["grader_errors"], &n["graded"]), (&json!(0), &json!(15), &json!(45)), "{n}");
}

#[test]
fn how_often_reviewers_differ_is_gated_and_leads_to_the_rubric() {
    let folder = eval(DISAGREEMENT);
    label(folder.path());
    let settled = (0..SPLIT).map(|at| (at, "settled", "reviewer-3", json!({"says": "pass"}))).collect();
    say(folder.path(), settled);
    let (ended, record) = ran(folder.path());
    // Every dispute is settled, and people differed on 14 of 60 all the same.
    assert_eq!(found(&record, "grounded at least")["state"], "holds");
    let finding = found(&record, "grounded disagreement at most");
    assert_eq!((ended, &finding["state"]), (20, &json!("breached")), "{finding:#}");
    assert_eq!((&finding["measure"], &finding["criterion"]), (&json!("disagreement"), &json!("grounded")));
    assert!((finding["estimate"].as_f64().expect("a figure") - 14.0 / 60.0).abs() < 1e-9);
    assert_eq!(finding["examples"].as_array().map(Vec::len), Some(SPLIT));
    let next = &record["follow_ups"][0];
    assert_eq!((&next["kind"], &next["owner"]), (&json!("repair rubric"), &json!("quality (quality team)")), "{next}");
    assert!(next["what"].as_str().expect("text").starts_with("repair rubric: reviewers differ on e00, e01"), "{next}");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    let rehearsed = plimsoll(folder.path(), &["rehearse", "--rehearsals", "100"]);
    assert_eq!(code(&rehearsed), 0, "{}{}", out(&rehearsed), err(&rehearsed));
}

#[test]
fn people_who_differ_more_often_than_the_gate_accepts_are_told_what_to_do() {
    let agreed = |gate: &str, further: &[&str]| {
        let folder = eval(gate);
        label(folder.path());
        // A third one makes it a smaller share of the pairs that differ, and the same answers on which people do.
        say(folder.path(), (0..OF).map(|at| (at, "labelled", "reviewer-3", json!({"says": "pass"}))).collect());
        let ended = plimsoll(folder.path(), &[&["review", "agree", "--as", "json"], further].concat());
        let told: Value = serde_json::from_str(&out(&ended)).unwrap_or_else(|_| panic!("{}", err(&ended)));
        told["agreement"][0].clone()
    };
    let told = agreed(DISAGREEMENT, &[]);
    assert!((told["disagreement"].as_f64().expect("a share") - 14.0 / 60.0).abs() < 1e-9, "{told}");
    assert_eq!((&told["above"], &told["follow_ups"][0]["do"]), (&json!(true), &json!("repair rubric")), "{told}");
    assert_eq!(agreed(DISAGREEMENT, &["--at-most", "30%"])["above"], json!(false));
    assert_eq!(agreed(&DISAGREEMENT.replace("10%", "20%"), &[])["above"], json!(true));
    assert_eq!(agreed("", &[])["above"], json!(false));
}

#[test]
fn answers_of_one_label_each_tell_nothing_of_disagreement() {
    let folder = eval(DISAGREEMENT);
    say(folder.path(), (0..OF).map(|at| (at, "labelled", "reviewer-1", json!({"says": "pass"}))).collect());
    let (ended, record) = ran(folder.path());
    let finding = found(&record, "grounded disagreement at most");
    assert_eq!((ended, &finding["state"]), (40, &json!("no_data")), "{finding:#}");
    assert!(finding["reason"].as_str().expect("text").contains("no answer here is labelled by two people"));
}

#[test]
fn a_rubric_that_is_not_there_is_told_at_its_path_and_one_with_faults_by_check_too() {
    let folder = eval("");
    std::fs::remove_file(folder.path().join("rubrics/grounded.md")).expect("the rubric");
    let checked = plimsoll(folder.path(), &["check"]);
    assert_eq!(code(&checked), 3);
    assert!(out(&checked).contains("PLM029"), "{}", out(&checked));
    let ended = plimsoll(folder.path(), &["run"]);
    assert_eq!(code(&ended), 2);
    let told = err(&ended);
    assert!(told.contains("rubrics/grounded.md` does not exist") && told.contains("plimsoll.yaml:18:"), "{told}");
    std::fs::write(folder.path().join("rubrics/grounded.md"), RUBRIC.replace("wrong_source:", "wrong_sauce:"))
        .expect("a rubric");
    let checked = plimsoll(folder.path(), &["check"]);
    assert_eq!(code(&checked), 2, "{}", out(&checked));
    assert!(err(&checked).contains("`wrong_sauce` is not among"), "{}", err(&checked));
}

#[test]
fn a_gate_on_disagreement_needs_a_criterion_that_people_grade() {
    let folder = eval(&DISAGREEMENT.replace("measure:", "criterion: groundd, measure:"));
    let ended = plimsoll(folder.path(), &["check"]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("`groundd` is not graded by reviewers"), "{}", err(&ended));
}

//! Rubrics as they are read: whole ones part by part, faulty ones fault by fault.

use crate::corpus::sound;
use crate::slips::{slip, slipped};
use crate::story::{stories, told};
use camino::Utf8Path;
use domain::check::{Given, check};
use domain::criterion::{Criterion, Kind};
use domain::fault::Faults;
use domain::format::contract;
use domain::format::rubric::{json_schema, parse};
use domain::grader::Grader;
use domain::name::{ClassName, CriterionName};
use domain::rubric::Rubric;
use domain::segment::Conditions;
use proptest::prelude::*;
use std::fmt::Write;

const WHOLE: &str = include_str!("../rubric/whole/rubric.md");
const SCALE: &str = include_str!("../rubric/scale/rubric.md");

/// The criterion that the stories' rubrics are for.
fn supported() -> Criterion {
    Criterion {
        name: CriterionName::new("supported"),
        describe: String::new(),
        protects: vec![ClassName::new("unsupported_claim"), ClassName::new("wrong_source")],
        grader: Grader::Judge { rubric: "rubrics/supported.md".into(), with: Vec::new() },
        applies: Conditions::default(),
        pass_at: None,
        kind: Kind::PassFail,
    }
}

fn read(text: &str) -> Result<Rubric, Faults> {
    parse(Utf8Path::new("rubrics/supported.md"), text, None)
}

fn digest(text: &str) -> String {
    read(text).unwrap_or_else(|faults| panic!("{}", told(&faults))).digest.to_string()
}

#[test]
fn rubrics_read_as_written() {
    for story in stories("rubric") {
        let criterion = supported();
        let criterion = Some(&criterion).filter(|_| story.name().contains("slip"));
        let said = match parse(Utf8Path::new("rubric.md"), &story.text("rubric.md"), criterion) {
            Ok(rubric) => parts(&rubric),
            Err(faults) => told(&faults),
        };
        story.expect("expect.txt", &said);
    }
}

/// Every part of a rubric, one a line.
fn parts(rubric: &Rubric) -> String {
    let Rubric { question, about, sees, kind, good, bad, classes, boundary, pairs, cannot_tell, digest: _ } = rubric;
    let mut told =
        format!("question    {question:?}\nabout       {about:?}\nsees        {sees:?}\nkind        {kind:?}\n");
    for (word, guide) in [("good", good), ("bad", bad)] {
        let _ = writeln!(told, "{word:<11} {:?}", guide.lead);
        for condition in &guide.conditions {
            let _ = writeln!(told, "  {:?} {:?}", condition.class.as_ref().map(ClassName::as_str), condition.text);
        }
    }
    let _ = writeln!(told, "classes     {classes:?}");
    for boundary in boundary {
        let _ = writeln!(told, "boundary    {boundary:?}");
    }
    for pair in pairs {
        let _ = writeln!(told, "pair        {pair:?}");
    }
    let _ = writeln!(told, "cannot tell {cannot_tell:?}");
    told
}

#[test]
fn layout_and_remarks_do_not_change_the_digest_and_everything_else_does() {
    let spaced = WHOLE.replace("## Pass", "<!-- a remark\n## Fail\n-->\n## pass").replace('\n', "\r\n");
    assert_eq!(digest(WHOLE), digest(&spaced));
    assert_eq!(digest(WHOLE), digest(&format!("\u{feff}{WHOLE}")));
    assert_eq!(
        digest(WHOLE),
        digest(&WHOLE.replace("sees: [input, sources, answer]", "sees: [answer, input, sources]"))
    );
    for (from, to) in [
        ("question: Is", "question: Seems"),
        ("sees: [input, sources, answer]", "sees: [input, sources, expected, answer]"),
        ("every claim", "each claim"),
        ("it says something", "it claims something"),
        ("`wrong_source`: it", "`missing_source`: it"),
        ("fails: Yes, within 30 days.", "passes: Yes, within 30 days."),
        ("20 days", "40 days"),
        ("no source says 30 days", "30 days is wrong"),
        ("when the sources are missing", "when the sources are old"),
        ("Policies change", "Prices change"),
    ] {
        let mut changed = WHOLE.replace(from, to);
        assert_ne!(changed, WHOLE, "{from}");
        if to.starts_with("passes") {
            changed = changed.replace("  class: unsupported_claim\n", "");
        }
        assert_ne!(digest(WHOLE), digest(&changed), "{from} -> {to}");
    }
    for (from, to) in [("pass_at: partly", "pass_at: right"), ("half of what", "most of what")] {
        assert_ne!(digest(SCALE), digest(&SCALE.replace(from, to)), "{from} -> {to}");
    }
}

#[test]
fn the_schema_says_every_key_that_is_read() {
    let schema = json_schema();
    let text = "---\nplimsoll_rubric: 1\nnone: 1\n---\n";
    let faults = told(&read(text).expect_err("an unknown key"));
    let keys = faults.split("keys here: ").nth(1).and_then(|rest| rest.lines().next()).expect("the keys");
    let properties = schema["properties"].as_object().expect("properties");
    assert_eq!(properties.keys().map(String::as_str).collect::<Vec<_>>().join(", "), keys);
    let seen = told(&read(&WHOLE.replace("sees: [input", "sees: [all")).expect_err("no part"));
    let words = seen.split("write some of ").nth(1).and_then(|rest| rest.lines().next()).expect("the words");
    let named = schema["properties"]["sees"].to_string();
    assert!(words.split(", ").all(|word| named.contains(&format!("\"{word}\""))), "{named}");
}

#[test]
fn a_new_rubric_is_read_and_every_blank_in_it_is_a_fault() {
    let faults = told(&read(include_str!("../rubric/new_form/rubric.md")).expect_err("blanks"));
    assert_eq!(faults.matches("still to be filled in").count(), faults.matches("help:").count(), "{faults}");
}

#[test]
fn every_judge_of_the_candidates_family_is_named() {
    let told = |with: &str| {
        let text = format!(
            "plimsoll: 1\nname: panel\ncriteria:\n  c: {{grade: {{judge: rubrics/c.md, with: {with}}}}}\nsystems:\n  \
             candidate: {{recorded: answers/candidate.jsonl, family: acme}}\n  \
             own: {{openai: {{base_url: \"https://a.example/v1\", model: acme-mini}}}}\n  \
             large: {{openai: {{base_url: \"https://a.example/v1\", model: acme-large}}}}\n  \
             other: {{openai: {{base_url: \"https://b.example/v1\", model: other-1}}}}\n"
        );
        let parsed = contract::parse(Utf8Path::new("plimsoll.yaml"), &text).expect("a contract");
        let given = Given { today: "2026-11-24", ..Given::default() };
        let found = check(&parsed.contract, given).into_iter().find(|finding| finding.code == "PLM020");
        found.map(|finding| finding.what)
    };
    assert_eq!(told("other"), None);
    assert_eq!(told("own").as_deref(), Some("the judge of `c` and the candidate are of one family (`acme`)"));
    let panel = told("[own, other, large]");
    assert_eq!(panel.as_deref(), Some("judges `own`, `large` of `c` and the candidate are of one family (`acme`)"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slips_of_the_pen_are_told_or_harmless(slips in prop::collection::vec(slip(), 1..6), scale in any::<bool>()) {
        let text = slipped(if scale { SCALE } else { WHOLE }, &slips);
        if let Err(faults) = read(&text) {
            sound(&text, &faults);
        }
    }

    #[test]
    fn no_text_makes_it_panic(head in "[ -~\n:\\[\\]]{0,80}", body in "(## |- |<!--|-->|```|passes: |fails: |\n|.){0,60}") {
        for text in [format!("---\nplimsoll_rubric: 1\n{head}\n---\n{body}"), body] {
            if let Err(faults) = read(&text) {
                sound(&text, &faults);
            }
        }
    }
}

//! 57 published case studies of attacks on AI systems and of their failures, as incidents that are open here.

use super::{code, data, decided, err, out, plimsoll};
use crate::eval;
use serde_json::Value;
use std::path::Path;

const CLASSES: [&str; 10] = [
    "--class",
    "product_scope_mismatch",
    "--class-of",
    "pi_direct=unsafe_tool_action",
    "--class-of",
    "pi_indirect=unsafe_tool_action",
    "--class-of",
    "evade_model=refusal_failure",
    "--class-of",
    "erode_integrity=refusal_failure",
];

/// Each file's kind and day, read as lines and not as YAML.
fn told(folder: &Path) -> Vec<(bool, String)> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).expect("case studies") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        let after = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).expect(key).trim().to_owned();
        all.push((after("case-study-type:") == "incident", after("incident-date:")));
    }
    all
}

#[test]
fn what_happened_is_opened_once_and_what_was_only_shown_where_it_is_asked_for() {
    let Some(data) = data("ai_incidents") else { return };
    let folder = eval("billing-support");
    let studies = data.join("atlas_case_studies");
    let known = told(&studies);
    assert_eq!((known.len(), known.iter().filter(|(happened, _)| *happened).count()), (57, 17));
    let import = [&["import", "incidents", studies.to_str().expect("a path")][..], &CLASSES].concat();
    let ended = plimsoll(folder.path(), &import);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    let days = known.iter().filter(|(happened, _)| *happened).map(|(_, day)| day.as_str());
    let (first, last) = (days.clone().min().expect("a day"), days.max().expect("a day"));
    assert_eq!((first, last), ("2016-03-23", "2026-02-23"));
    let expected = format!(
        "17 incidents opened\n class     product_scope_mismatch 9\n class     refusal_failure 6\n class     unsafe_tool_action 2\n \
         happened  {first} to {last}\n left out  40 exercises that only showed what is possible (--exercises)\n"
    );
    assert_eq!(out(&ended), expected);
    let guide = include_str!("../../../../../docs/guides/incidents.md");
    for figure in [
        "Of the 57 case studies 17 happened, between 2016-03-23\nand 2026-02-23, and 40 only",
        "9 are scope mismatches, 6 are refusals that failed and 2 are unsafe actions",
    ] {
        assert!(guide.contains(figure), "the guide says {figure}");
    }

    let all = plimsoll(folder.path(), &[&import[..], &["--exercises"]].concat());
    assert!(
        out(&all).starts_with("40 incidents opened\n") && out(&all).ends_with(" there     17 were incidents already\n")
    );
    let (ended, list) = decided(folder.path(), &["incident", "list"]);
    let incidents = list["incidents"].as_array().expect("incidents");
    assert_eq!((ended, incidents.len()), (0, 57));
    let tay = incidents.iter().find(|incident| incident["id"] == "AML.CS0009").expect("AML.CS0009");
    assert_eq!(
        (&tay["name"], &tay["class"], &tay["cost"]),
        (&"Tay Poisoning".into(), &"refusal_failure".into(), &60.0.into())
    );
    assert_eq!(
        (&tay["happened_at"], &tay["state"], &tay["trace"]),
        (&"2016-03-23".into(), &"open".into(), &Value::Null)
    );
    assert!(tay["what"].as_str().expect("text").starts_with("Microsoft created Tay, a Twitter chatbot"));
}

#[test]
fn a_case_study_that_has_no_class_opens_nothing() {
    let Some(data) = data("ai_incidents") else { return };
    let folder = eval("billing-support");
    let one = data.join("atlas_case_studies/AML.CS0009.yaml");
    let one = one.to_str().expect("a path");
    let import = |more: &[&str]| plimsoll(folder.path(), &[&["import", "incidents", one][..], more].concat());
    let refused = |more: &[&str], words: &str| {
        let ended = import(more);
        assert_eq!(code(&ended), 2);
        assert!(err(&ended).contains(words), "{}", err(&ended));
    };
    refused(&[], "`AML.CS0009` (Tay Poisoning) has no failure class");
    refused(&["--class-of", "AML.CS0009=refusal_failur"], "did you mean `refusal_failure`?");
    refused(&["--class-of", "pi_direct=refusal_failure"], "no case study is called `pi_direct`");
    assert_eq!(out(&plimsoll(folder.path(), &["incident", "list"])), "no incident\n");
    assert_eq!(code(&import(&["--class-of", "AML.CS0009=refusal_failure"])), 0);
}

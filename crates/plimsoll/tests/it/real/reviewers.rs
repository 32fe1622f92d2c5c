//! How far people agree on data that others published: `review agree` beside figures that other programs computed.

use super::{data, lines};
use crate::{code, err, out, plimsoll};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

fn expected(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).expect("the oracle")).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// What the command finds, by criterion.
fn agreed(labels: &str) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("labels.jsonl"), labels).expect("labels");
    let ended = plimsoll(folder.path(), &["review", "agree", "--labels", "labels.jsonl", "--as", "json"]);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    let found: Value = serde_json::from_str(&out(&ended)).expect("one JSON document");
    let all = found["agreement"].as_array().expect("criteria").iter();
    all.map(|of| (of["criterion"].as_str().expect("a name").to_owned(), of.clone())).collect()
}

/// Three people on 1,869 summaries, some labels missing.
#[test]
fn alpha_on_xsum_is_that_of_another_program() {
    let Some(folder) = data("xsum_hallucination") else { return };
    let counted = expected(&folder, "expected.json");
    let table = std::fs::File::open(folder.join("factuality_annotations_xsum_summaries.csv")).expect("annotations");
    let mut labels = String::new();
    for row in csv::Reader::from_reader(table).deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row");
        let label = match row["is_factual"].as_str() {
            "yes" => "pass",
            "no" => "fail",
            _ => "cannot_tell",
        };
        let line = json!({
            "example": row["bbcid"], "system": row["system"], "criterion": "factual", "label": label, "by": row["worker_id"],
        });
        let _ = writeln!(labels, "{line}");
    }
    let found = &agreed(&labels)["factual"];
    for (ours, theirs) in [("labels", "rows"), ("items", "pairs"), ("cannot_tell", "null_labels")] {
        assert_eq!(found[ours], counted[theirs], "{ours}");
    }
    let alpha = number(&counted["krippendorff_alpha_nominal_with_missing"]);
    assert!((number(&found["alpha"]) - alpha).abs() < 1e-9, "{}", found["alpha"]);
    assert!(number(&found["alpha_lower"]) < alpha && alpha < number(&found["alpha_upper"]));
    // The rarer label is a tenth: raw agreement and that on fails are far above alpha, that on passes is near it.
    assert!(number(&found["raw"]) > 0.95 && number(&found["on_fails"]) > 0.97 && number(&found["on_passes"]) < 0.81);
}

/// Three people say which of two answers is better, or neither: three criteria, one for each word. Of two people who differ, each of two
/// words is said by one of them, so disagreement on all words is half the sum over the words; and so is what chance would give.
#[test]
fn alpha_and_fleiss_on_pandalm_are_those_of_another_program() {
    let Some(folder) = data("pandalm_testset") else { return };
    let counted = expected(&folder, "expected.json");
    let mut labels = String::new();
    let mut people = 0.0;
    for pair in lines(&folder.join("testset.jsonl")) {
        for by in ["annotator1", "annotator2", "annotator3"] {
            people += 1.0;
            for word in 0..3 {
                let label = if pair[by] == json!(word) { "pass" } else { "fail" };
                let (example, criterion) = (pair["idx"].to_string(), format!("says-{word}"));
                let line =
                    json!({"example": example, "system": "pair", "criterion": criterion, "label": label, "by": by});
                let _ = writeln!(labels, "{line}");
            }
        }
    }
    let found = agreed(&labels);
    let (mut seen, mut by_chance, mut split) = (0.0, 0.0, 0);
    for of in found.values() {
        let apart = 1.0 - number(&of["raw"]);
        seen += apart;
        by_chance += apart / (1.0 - number(&of["alpha"]));
        split += of["split"].as_array().expect("items").len();
    }
    let alpha = 1.0 - seen / by_chance;
    assert!((alpha - number(&counted["krippendorff_alpha_nominal"])).abs() < 1e-9, "{alpha}");
    // Alpha takes chance without putting a rating back, Fleiss with.
    let fleiss = 1.0 - seen / (by_chance * (people - 1.0) / people);
    assert!((fleiss - number(&counted["fleiss_kappa"])).abs() < 1e-9, "{fleiss}");
    assert_eq!(split as u64, 2 * counted["two_of_three"].as_u64().expect("a count"));
}

/// People beside a look-up of the reference answer on 3,020 questions, five systems.
#[test]
fn raw_and_specific_agreement_on_evouna_are_those_of_another_program() {
    let Some(folder) = data("qa_eval_evouna") else { return };
    let counted = expected(&folder, "expected_NQ.json");
    let systems = counted["lexical_contains_vs_human_proper"].as_object().expect("systems");
    let mut labels = String::new();
    for question in lines(&folder.join("NQ.jsonl")).iter().filter(|question| question["improper"] == false) {
        for system in systems.keys() {
            let Some(right) = question[format!("judge_{system}")].as_bool() else { continue };
            let answer = super::qa_eval_evouna::plain(question[format!("answer_{system}")].as_str().unwrap_or(""));
            let aliases = question["golden_answer"].as_str().unwrap_or("").split('/').map(super::qa_eval_evouna::plain);
            let found = aliases.filter(|alias| !alias.is_empty()).any(|alias| answer.contains(&alias));
            for (by, passes) in [("people", right), ("look-up", found)] {
                let label = if passes { "pass" } else { "fail" };
                let line =
                    json!({"example": question["id"], "system": system, "criterion": system, "label": label, "by": by});
                let _ = writeln!(labels, "{line}");
            }
        }
    }
    let found = agreed(&labels);
    for (system, of) in systems {
        let count = |key: &str| number(&of[key]);
        let apart = count("fp") + count("fn");
        let ours = &found[system];
        assert!((number(&ours["raw"]) - count("accuracy")).abs() < 1e-9, "{system}");
        let (passes, fails) = (2.0 * count("tp"), 2.0 * count("tn"));
        assert!((number(&ours["on_passes"]) - passes / (passes + apart)).abs() < 1e-9, "{system}");
        assert!((number(&ours["on_fails"]) - fails / (fails + apart)).abs() < 1e-9, "{system}");
        assert_eq!(ours["split"].as_array().expect("items").len() as f64, apart, "{system}");
    }
}

//! A published suite of behaviour tests: 2,182 cases, of which 1,080 change a text into others.

use super::{data, decided, eval_of, finding, lines, same_story, told};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "checklist_suites";

#[test]
fn every_case_is_read_and_every_changed_text_is_paired_with_its_base() {
    let Some(folder) = eval_of(NAME) else { return };
    let data = data(NAME).expect("the data");
    let tests: Vec<(String, String)> = lines(&data.join("sentiment_tests.jsonl"))
        .iter()
        .map(|test| (text(&test["test"]), text(&test["kind"])))
        .collect();
    let kinds: BTreeMap<&String, &String> = tests.iter().map(|(name, kind)| (name, kind)).collect();
    let examples = lines(&folder.path().join("examples/suite.jsonl"));
    let by_id: BTreeMap<&str, &Value> =
        examples.iter().map(|example| (example["id"].as_str().expect("an id"), example)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut bases: BTreeSet<String> = BTreeSet::new();
    for case in lines(&data.join("sentiment_cases.jsonl")) {
        let kind = kinds[&text(&case["test"])].as_str();
        *counts.entry(kind).or_default() += 1;
        let number = tests.iter().position(|(name, _)| *name == text(&case["test"])).expect("a test");
        let id = format!("{number}-{}", case["i"]);
        let Some((base, changed)) = case["data"].as_array().and_then(|texts| texts.split_first()) else {
            assert_eq!(by_id[id.as_str()]["input"], case["data"]);
            continue;
        };
        bases.insert(text(base));
        for (at, changed) in changed.iter().enumerate() {
            let variant = by_id[format!("{id}-{}", at + 1).as_str()];
            assert_eq!(&variant["input"], changed);
            assert_eq!(&by_id[variant["variant_of"].as_str().expect("a base")]["input"], base);
            assert_eq!(variant["expect"] == "same", kind == "INV");
        }
    }
    assert_eq!(counts, BTreeMap::from([("MFT", 1102), ("INV", 780), ("DIR", 300)]));
    let of = |kind: &str| examples.iter().filter(|example| example["attributes"]["kind"] == kind).count();
    assert_eq!(["minimum", "base", "invariance", "direction"].map(of), [1102, bases.len(), 7248, 1380]);
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

#[test]
fn a_labeller_that_hears_negation_ships_and_the_one_that_does_not_is_held() {
    let Some(folder) = eval_of(NAME) else { return };
    let mut story = String::new();
    for contract in ["careful-over-plain", "plain-over-careful"] {
        let ended = decided(folder.path(), &["run", &format!("{contract}.yaml")]);
        story += &told(contract, &ended);
        let of = |criterion: &str, count: &str| finding(&ended.1, criterion, "all")["n"][count].as_u64();
        // 180 texts were lost, and 93 variants are their base.
        assert_eq!(of("labels", "planned"), Some(1102 - 180));
        assert_eq!(of("steady", "planned"), Some(7248 - 93));
        assert_eq!((of("moves", "planned"), of("weighs", "planned")), (Some(1200), Some(180)));
        // A base counts once, however many texts it was changed into: 60 cases in each of two, and of three, tests.
        assert!(of("moves", "clusters") <= Some(120) && of("weighs", "clusters") <= Some(180));
        assert!(
            ["labels", "steady", "fair", "moves", "weighs"]
                .iter()
                .all(|criterion| of(criterion, "grader_errors") == Some(0))
        );
    }
    same_story("checklist_suites.txt", &story);
}

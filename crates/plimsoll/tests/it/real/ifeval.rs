//! 541 prompts with 25 kinds of instructions: what obeys passes, what does not fails, kind by kind.

use super::{data, decided, eval_of, findings, lines, same_story, told};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "ifeval";

/// How many prompts ask each kind of instruction and nothing else.
fn alone() -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for prompt in lines(&data(NAME).expect("the data").join("prompts.jsonl")) {
        if let Some([kind]) = prompt["instruction_id_list"].as_array().map(Vec::as_slice) {
            let kind = kind.as_str().and_then(|kind| kind.split(':').nth(1)).expect("a kind");
            *counts.entry(kind.to_owned()).or_default() += 1;
        }
    }
    counts
}

#[test]
fn each_of_twenty_five_kinds_of_instruction_passes_what_obeys_and_fails_what_does_not() {
    let Some(folder) = eval_of(NAME) else { return };
    let examples = lines(&folder.path().join("examples/prompts.jsonl"));
    let ids: BTreeSet<&str> = examples.iter().filter_map(|example| example["id"].as_str()).collect();
    assert_eq!((examples.len(), ids.len()), (541, 541));
    let alone = alone();
    assert_eq!((alone.len(), alone.values().sum::<u64>()), (25, 305));
    let mut story = String::new();
    for contract in ["obey-over-disobey", "disobey-over-obey"] {
        let ended = decided(folder.path(), &["run", &format!("{contract}.yaml")]);
        story += &told(contract, &ended);
        let of = |arm: &str| -> BTreeMap<&str, (u64, f64)> {
            let of_arm = findings(&ended.1).iter().filter(|finding| finding["arm"] == arm);
            of_arm.filter_map(verdicts).collect()
        };
        let obeys = if contract.starts_with("obey") { "candidate" } else { "production" };
        for arm in ["candidate", "production"] {
            let share = if arm == obeys { 1.0 } else { 0.0 };
            let expected = alone.iter().map(|(kind, count)| (kind.as_str(), (*count, share))).collect();
            assert_eq!(of(arm), expected, "{contract}: {arm}");
        }
    }
    same_story("ifeval.txt", &story);
}

fn verdicts(finding: &Value) -> Option<(&str, (u64, f64))> {
    Some((finding["criterion"].as_str()?, (finding["n"]["graded"].as_u64()?, finding["estimate"].as_f64()?)))
}

//! Policies of a customer service as promises, and its 164 tasks as examples.

use super::{data, decided, eval_of, finding, lines, same_story, told};
use crate::{out, plimsoll};
use serde_json::json;
use std::path::Path;

const NAME: &str = "tau2_policies_tasks";
const DOMAINS: [(&str, usize); 2] = [("airline", 50), ("retail", 114)];

#[test]
fn every_task_is_an_example_and_what_is_left_out_or_done_beyond_it_is_held() {
    let Some(folder) = eval_of(NAME) else { return };
    let mut story = String::new();
    for (domain, tasks) in DOMAINS {
        assert_eq!(lines(&folder.path().join(domain).join("examples/tasks.jsonl")).len(), tasks);
        for kind in ["exact", "short", "eager"] {
            let ended = decided(folder.path(), &["run", &format!("{domain}/{kind}.yaml")]);
            assert_eq!(finding(&ended.1, "does-no-more", "all")["n"]["graded"], json!(tasks));
            story += &told(&format!("{domain}, {kind}"), &ended);
        }
    }
    same_story("tau2_policies_tasks.txt", &story);
}

/// Whether `check` finds the promise of this contract clear.
fn is_clear(folder: &Path, contract: &str) -> bool {
    std::fs::write(folder.join("promise.yaml"), contract).expect("a contract");
    let checked = out(&plimsoll(folder, &["check", "promise.yaml"]));
    assert!(checked.contains("demo eval versus production eval"), "{checked}");
    !checked.contains("PLM001")
}

#[test]
fn a_promise_in_the_words_of_a_policy_is_clear_and_a_summary_of_it_is_not() {
    let Some(folder) = eval_of(NAME) else { return };
    for (domain, _) in DOMAINS {
        let folder = folder.path().join(domain);
        let contract = std::fs::read_to_string(folder.join("exact.yaml")).expect("the contract");
        assert!(is_clear(&folder, &contract), "{domain}");
        let field =
            |name: &str| contract.lines().find(|line| line.starts_with(&format!("  {name}:"))).expect("a field");
        for (name, summary) in [
            ("work", "be a helpful customer service agent"),
            ("for", "our customers"),
            ("evidence", "[the policy]"),
            ("when_not_ready", "do your best"),
        ] {
            let vague = contract.replacen(field(name), &format!("  {name}: {summary}"), 1);
            assert!(!is_clear(&folder, &vague), "{domain}: {name}: {summary}");
        }
        let (before, rest) = contract.split_once("  constraints:\n").expect("constraints");
        let (_, after) = rest.split_once("  when_not_ready:").expect("what happens when it is not ready");
        let policy =
            std::fs::read_to_string(data(NAME).expect("the data").join(domain).join("policy.md")).expect("a policy");
        let rules = rules(&policy);
        assert!(rules.len() >= 25, "{domain}: {} rules", rules.len());
        for rule in rules {
            let rule = rule.replace('"', "'");
            let contract = format!("{before}  constraints: [\"{rule}\"]\n  when_not_ready:{after}");
            // To block a promise in the words of a policy is worse than to let a general one pass.
            assert!(is_clear(&folder, &contract), "{domain}: {rule}");
        }
    }
}

/// The sentences of a policy that say what must be and what must not.
fn rules(policy: &str) -> Vec<String> {
    let sentences = policy.lines().flat_map(|line| {
        let line = line.trim().trim_start_matches('-').trim().replace("**", "");
        line.split_inclusive(['.', '!']).map(|sentence| sentence.trim().to_owned()).collect::<Vec<_>>()
    });
    let says = |sentence: &String| {
        let lower = sentence.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphabetic());
        words.any(|word| ["must", "cannot", "only", "never", "not", "should"].contains(&word))
    };
    sentences.filter(|sentence| sentence.split(' ').count() >= 4).filter(says).collect()
}

//! 88 recorded conversations of a customer service: what the policies forbid did not happen, and is seen where it does.

use super::{decided, eval_of, finding, lines, same_story, told};
use serde_json::{Value, json};
use std::path::Path;

const NAME: &str = "tau_few_shot";

#[test]
fn recorded_conversations_keep_the_rules_of_their_policies_and_reversed_ones_do_not() {
    let Some(folder) = eval_of(NAME) else { return };
    let recorded = lines(&folder.path().join("answers/recorded.jsonl"));
    let calls: usize = recorded.iter().filter_map(|answer| answer["tool_calls"].as_array()).map(Vec::len).sum();
    assert_eq!((recorded.len(), calls), (19 + 69, 105 + 479));
    let mut story = String::new();
    for contract in ["recorded-over-reversed", "reversed-over-recorded"] {
        story += &told(contract, &decided(folder.path(), &["run", &format!("{contract}.yaml")]));
    }
    same_story("tau_few_shot.txt", &story);
}

/// Each rule bites on its own: one conversation is changed, and one criterion says so.
#[test]
fn one_forbidden_call_in_one_conversation_fails_its_rule_alone() {
    let Some(folder) = eval_of(NAME) else { return };
    let answers = folder.path().join("answers/recorded.jsonl");
    let recorded = lines(&answers);
    let with = |task: &str, name: &str| {
        let is_it = |answer: &&Value| {
            let calls = answer["tool_calls"].as_array().into_iter().flatten();
            answer["example"].as_str().is_some_and(|id| id.starts_with(task))
                && calls.clone().any(|call| call["name"] == name)
        };
        recorded.iter().find(is_it).expect("a conversation").clone()
    };
    let exchanged = with("retail", "exchange_items");
    let exchange =
        exchanged["tool_calls"].as_array().into_iter().flatten().find(|call| call["name"] == "exchange_items");
    let forbidden = [
        ("changes-once", exchanged.clone(), exchange.expect("an exchange").clone()),
        (
            "keeps-basic-economy",
            with("airline", "cancel_reservation"),
            json!({"name": "change_flights", "arguments": {"reservation_id": "3RK2T9", "cabin": "basic_economy"}}),
        ),
        ("hands-over-last", with("retail", "transfer"), json!({"name": "get_order", "arguments": {"order_id": "#W1"}})),
    ];
    for (criterion, mut answer, call) in forbidden {
        answer["tool_calls"].as_array_mut().expect("calls").push(call);
        write(&answers, &recorded, &answer);
        let (_, record) = decided(folder.path(), &["run", "recorded-over-reversed.yaml"]);
        for known in ["changes-once", "keeps-basic-economy", "hands-over-last"] {
            let fails = finding(&record, known, "all")["state"] == "failed_never";
            assert_eq!(fails, known == criterion, "{criterion} in {}: {known}", answer["example"]);
        }
    }
}

fn write(path: &Path, recorded: &[Value], changed: &Value) {
    let lines = recorded.iter().map(|answer| if answer["example"] == changed["example"] { changed } else { answer });
    let text: String = lines.map(|answer| format!("{answer}\n")).collect();
    std::fs::write(path, text).expect("changed answers");
}

//! How few grades would change a decision, and where a route leads, as a record has them.

use super::{code, err, out, plimsoll, small};
use serde_json::{Value, json};

const CONTRACT: &str = include_str!("../stories/contract.yaml");
const PRODUCTION: &str = "  production: {recorded: answers/production.jsonl}\n";

/// What a run on sixty conversations of each of two tasks prints.
fn told(contract: &str, gates: &[&str], answers: &str, form: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let gates: String = gates.iter().map(|gate| format!("  - {gate}\n")).collect();
    std::fs::write(folder.path().join("plimsoll.yaml"), format!("{contract}gates:\n{gates}")).expect("a contract");
    small::write(folder.path(), "pay*60\nrefund*60", answers);
    let ended = plimsoll(folder.path(), &["run", "--as", form]);
    assert!(!out(&ended).is_empty(), "{} {}", code(&ended), err(&ended));
    out(&ended)
}

/// Its record.
fn ran(contract: &str, gates: &[&str], answers: &str) -> Value {
    serde_json::from_str(&told(contract, gates, answers, "json")).expect("a record")
}

fn of_candidate<'a>(record: &'a Value, rule: &str) -> &'a Value {
    let mut findings = record["findings"].as_array().expect("findings").iter();
    let found = findings.find(|finding| finding["arm"] == "candidate" && finding["rule"] == rule);
    found.unwrap_or_else(|| panic!("{rule} is not in {record}"))
}

#[test]
fn a_never_rule_has_none_to_spare_and_is_not_in_the_number_of_the_decision() {
    let floor = "{criterion: right, in: all, at_least: 50%, else: repair retrieval, owner: release}";
    let never = "{criterion: right, in: all, never: true, else: repair retrieval, owner: release}";
    let record = ran(CONTRACT, &[floor, never], "candidate right 1*120\nproduction right 1*120");
    let of_floor = of_candidate(&record, "at_least")["fragility"].as_u64();
    assert!(of_floor > Some(10), "{record}");
    assert_eq!(record["fragility"].as_u64(), of_floor);
}

#[test]
fn where_no_flip_would_let_the_candidate_through_that_is_said() {
    let floor = "{criterion: right, in: all, at_least: 99%, else: repair retrieval, owner: release}";
    let told = told(CONTRACT, &[floor], "candidate right 1*120\nproduction right 1*120", "text");
    assert!(told.contains("no flip of grades would let the candidate through"), "{told}");
}

#[test]
fn a_limit_from_above_is_as_fragile_as_a_floor_on_the_rest() {
    let gate = |asked: &str| format!("{{{asked}, in: all, else: repair retrieval, owner: release}}");
    let (limit, floor) = (gate("measure: grader_errors, at_most: 20%"), gate("criterion: right, at_least: 80%"));
    let fragility = |gate: &str, rule: &str, answers: &str| {
        let record = ran(CONTRACT, &[gate], answers);
        let found = of_candidate(&record, rule);
        assert_eq!(found["state"], "holds", "{found}");
        found["fragility"].as_u64()
    };
    let above = fragility(&limit, "at_most", "candidate right g*5 1*115\nproduction right g*5 1*115");
    let below = fragility(&floor, "at_least", "candidate right 0*5 1*115\nproduction right 0*5 1*115");
    assert!(above.is_some(), "there is one");
    assert_eq!(above, below);
}

#[test]
fn a_route_to_what_is_live_says_that_it_is_not_in_the_eval() {
    let floor = "{criterion: right, in: all, at_least: 80%, else: repair retrieval, owner: release}";
    let alone = CONTRACT.replace(PRODUCTION, "");
    let record = ran(&alone, &[floor], "candidate right 0*120");
    assert_eq!(
        (&record["routes"][0]["system"], &record["routes"][0]["in_eval"]),
        (&json!("production"), &json!(false))
    );
    let record = ran(CONTRACT, &[floor], "candidate right 0*120\nproduction right 1*120");
    assert_eq!((&record["routes"][0]["system"], &record["routes"][0]["in_eval"]), (&json!("production"), &Value::Null));
}

use super::*;
use crate::entry::{Draft, Entry, Noun};
use crate::example::history::told;
use crate::format::examples::{Read, parse};
use crate::format::lines::LinePlace;
use crate::gate::Measure;
use crate::name::CriterionName;
use crate::question::ValueOf;
use crate::reference_set::{Builder, Kept};
use crate::rehearsal::{Answered, Column};
use crate::share::Share;
use camino::Utf8Path;
use serde_json::{Value, json};

fn contract(text: &str) -> Contract {
    let text = format!("plimsoll: 1\nname: small\n{text}");
    crate::format::contract::parse(Utf8Path::new("plimsoll.yaml"), &text).unwrap().contract
}

fn set(lines: &[Value]) -> ReferenceSet {
    let mut builder = Builder::new(false);
    let path = Utf8Path::new("e.jsonl");
    let file = builder.file(path);
    for (at, example) in lines.iter().enumerate() {
        let line = at as u32 + 1;
        let Ok(Read::Example(example)) = parse(LinePlace { file: path, line }, &example.to_string()) else {
            panic!("{example} is an example")
        };
        builder.add(&example, Kept { file, line, offset: 0, length: 0 });
    }
    builder.finish().unwrap()
}

fn said(what: &str, why: Option<&str>, body: Value) -> Vec<Entry> {
    let draft = Draft {
        noun: Noun::Example,
        subject: "e1".to_owned(),
        after: None,
        what: what.to_owned(),
        at: "2026-11-01T08:00:00.000Z".to_owned(),
        author: "reviewer-1".to_owned(),
        why: why.map(str::to_owned),
        body,
    };
    vec![draft.entry(1, 1, None)]
}

/// `id: code about`, of all proposals.
fn listed(
    contract: &Contract,
    set: &ReferenceSet,
    entries: &[Entry],
    named: &Named,
    watched: &[Watched],
) -> Vec<String> {
    let told = told(entries);
    let given = Given { contract, set, today: "2026-11-24", told: &told, named, watched };
    let one = |proposal: &Proposal| -> Vec<String> {
        let id = &set.rows[proposal.example.0 as usize].id;
        proposal
            .reasons
            .iter()
            .map(|reason| format!("{id}: {} {}", reason.code(), reason.about()).trim().to_owned())
            .collect()
    };
    proposals(given).iter().flat_map(one).collect()
}

fn grounds(contract: &Contract, set: &ReferenceSet, entries: &[Entry]) -> Vec<String> {
    listed(contract, set, entries, &Named::default(), &[])
}

#[test]
fn an_example_goes_with_the_version_that_it_rests_on() {
    let set = set(&[
        json!({"id": "e1", "input": "q1", "depends_on": [{"source": "policy", "version": "2026-10"}]}),
        json!({"id": "e2", "input": "q2", "depends_on": [{"source": "policy", "version": "2026-11"}]}),
        json!({"id": "e3", "input": "q3", "depends_on": [{"source": "tariff", "version": "7"}]}),
    ]);
    let now = contract("documents: {policy: 2026-11}\n");
    assert_eq!(grounds(&now, &set, &[]), ["e1: source_changed policy 2026-11", "e3: source_gone tariff"]);
    // What a contract never named is not gone; what an earlier one named is.
    let silent = contract("");
    assert!(grounds(&silent, &set, &[]).is_empty());
    let mut named = Named::default();
    named.hear(&now);
    assert_eq!(listed(&silent, &set, &[], &named, &[]), ["e1: source_gone policy", "e2: source_gone policy"]);
}

#[test]
fn what_was_turned_down_is_proposed_again_only_for_another_reason() {
    let set = set(&[json!({"id": "e1", "input": "q1", "depends_on": [{"source": "policy", "version": "2026-10"}]})]);
    let now = contract("documents: {policy: 2026-11}\n");
    let kept = said("kept", None, json!({"reason": "source_changed", "about": "policy 2026-11"}));
    assert!(grounds(&now, &set, &kept).is_empty());
    let next = contract("documents: {policy: 2026-12}\n");
    assert_eq!(grounds(&next, &set, &kept), ["e1: source_changed policy 2026-12"]);
}

#[test]
fn what_was_put_off_is_proposed_from_its_day_on() {
    let set = set(&[json!({"id": "e1", "input": "q1", "review_by": "2026-10-01"})]);
    let now = contract("");
    let until = |day: &str| said("postponed", None, json!({"until": day, "reason": "past_review"}));
    assert!(grounds(&now, &set, &until("2026-11-25")).is_empty());
    assert_eq!(grounds(&now, &set, &until("2026-11-24")), ["e1: past_review 2026-10-01"]);
}

#[test]
fn a_task_that_the_contract_gave_up_and_what_somebody_marked_are_reasons() {
    let set = set(&[
        json!({"id": "e1", "input": "q1", "task": "pay"}),
        json!({"id": "e2", "input": "q2", "task": "refund"}),
        json!({"id": "e3", "input": "q3", "task": "other"}),
    ]);
    let mut named = Named::default();
    named.hear(&contract("tasks: [pay, refund]\n"));
    let marked = said("marked", Some("answers now ask first"), json!({}));
    assert_eq!(
        listed(&contract("tasks: [pay]\n"), &set, &marked, &named, &[]),
        ["e1: product_changed answers now ask first", "e2: task_gone refund"]
    );
}

#[test]
fn of_examples_that_ask_and_expect_the_same_a_guard_stays() {
    let expects = |id: &str, answer: &str| json!({"id": id, "input": "q", "expected": {"answer": answer}});
    let mut guard = expects("e3", "yes");
    guard["guard"] = json!(true);
    let set = set(&[expects("e1", "yes"), expects("e2", "no"), guard, expects("e4", "no")]);
    assert_eq!(grounds(&contract(""), &set, &[]), ["e1: duplicate e3", "e4: duplicate e2"]);
}

/// What one decision showed of every example of a set.
fn watched(set: &ReferenceSet, decisive: Option<bool>, saturated: bool) -> Watched {
    let seen = |(_, row): (ExampleIndex, &Row)| (row.id.to_string(), Seen { digest: row.digest, decisive, saturated });
    Watched { seen: set.active().map(seen).collect() }
}

#[test]
fn who_decided_nothing_in_each_of_the_last_decisions_may_go_but_a_guard_stays() {
    let set = set(&[
        json!({"id": "e1", "input": "q1"}),
        json!({"id": "e2", "input": "q2", "guard": true}),
        json!({"id": "e3", "input": "q3", "expect": "never"}),
    ]);
    let two = contract("retire: {never_decisive_in: 2, saturated_in: 3}\n");
    let found = |watched: &[Watched]| listed(&two, &set, &[], &Named::default(), watched);
    let [nothing, something, untried] = [Some(false), Some(true), None].map(|decisive| watched(&set, decisive, true));
    assert!(found(std::slice::from_ref(&nothing)).is_empty(), "one decision is not two");
    assert_eq!(found(&[nothing.clone(), nothing.clone()]), ["e1: never_decisive"]);
    assert!(found(&[nothing.clone(), something.clone()]).is_empty());
    assert!(found(&[nothing.clone(), untried]).is_empty(), "what was not tried is not known");
    assert_eq!(found(&[nothing.clone(), nothing.clone(), something]), ["e1: never_decisive", "e1: saturated"]);
    let mut other = nothing.clone();
    other.seen.get_mut("e1").unwrap().digest = Digest::of_bytes(b"another");
    assert!(found(&[nothing, other]).is_empty(), "it was another example then");
}

#[test]
fn five_decisions_are_asked_for_where_the_contract_says_nothing() {
    let set = set(&[json!({"id": "e1", "input": "q1"})]);
    let seen = vec![watched(&set, Some(false), true); 5];
    let found = |watched: &[Watched]| listed(&contract(""), &set, &[], &Named::default(), watched);
    assert!(found(&seen[1..]).is_empty());
    assert_eq!(found(&seen), ["e1: never_decisive", "e1: saturated"]);
}

#[test]
fn one_repeat_of_one_system_that_fails_or_is_missing_keeps_an_example_from_being_saturated() {
    let answered = |example: u32, repeat: u32, value: Option<f64>, missing: bool| Answered {
        example: ExampleIndex(example),
        repeat,
        value,
        missing,
        system_error: false,
        grader_error: missing,
        not_run: false,
        class: None,
    };
    let passes = |example: u32| answered(example, 0, Some(1.0), false);
    let candidate = vec![passes(0), passes(1), answered(1, 1, Some(0.0), false), passes(2)];
    let production = vec![passes(0), passes(1), answered(2, 0, None, true)];
    let column = |arms: Vec<(Arm, Vec<Answered>)>| Column {
        measure: Measure::Criterion(CriterionName::new("right")),
        value: ValueOf::Reaches(Share::ONE),
        arms: arms.into_iter().collect(),
    };
    let held = Held { columns: vec![column(vec![(Arm::Candidate, candidate), (Arm::Production, production)])] };
    let arms = BTreeSet::from([Arm::Candidate, Arm::Production]);
    assert_eq!(saturated(&held, &arms, 4), [true, false, false, false]);
}

#[test]
fn each_reason_has_a_code_of_its_own() {
    let text = |text: &str| text.to_owned();
    let reasons = [
        Reason::SourceChanged { document: text("policy"), was: text("1"), now: text("2") },
        Reason::SourceGone { document: text("policy"), was: text("1") },
        Reason::TaskGone { task: text("pay") },
        Reason::ProductChanged { why: text("it asks first") },
        Reason::PastReview { date: text("2026-10-01") },
        Reason::Duplicate { of: crate::name::ExampleId::new("e1") },
        Reason::NeverDecisive { decisions: 5 },
        Reason::Saturated { decisions: 1 },
    ];
    assert_eq!(reasons.each_ref().map(Reason::code), Reason::CODES);
    assert_eq!(reasons[0].words(), "depends on policy 1, and 2 is in force");
    assert!(reasons[7].words().ends_with("in the last decision"));
}

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
    let (told, reported) = (told(entries), reported(&crate::review::items(entries)));
    let today = "2026-11-24";
    let asks = BTreeMap::new();
    let given = Given { contract, set, today, told: &told, named, watched, reported: &reported, asks: &asks };
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

#[test]
fn what_was_sampled_stays_however_often_the_same_was_asked() {
    let sampled = |id: &str| json!({"id": id, "input": "q", "provenance": {"source": "traffic", "probability": 0.5}});
    let set = set(&[json!({"id": "e1", "input": "q"}), sampled("e2"), sampled("e3")]);
    assert_eq!(grounds(&contract(""), &set, &[]), ["e1: duplicate e2"]);
}

/// What one decision showed of every example of a set.
fn watched(set: &ReferenceSet, decisive: Option<bool>, saturated: bool) -> Watched {
    let seen = |(_, row): (ExampleIndex, &Row)| (row.id.to_string(), Seen { digest: row.digest, decisive, saturated });
    Watched { seen: set.active().map(seen).collect() }
}

#[test]
fn who_decided_nothing_in_each_of_the_last_decisions_may_go_but_a_guard_stays() {
    let set = set(&[
        made("e1"),
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

/// An example that counts in no rate.
fn made(id: &str) -> Value {
    json!({"id": id, "input": id, "provenance": {"source": "synthetic", "rule": "made up"}})
}

/// Each of them alone decides nothing, and all together are what every gate rests on.
#[test]
fn what_counts_in_a_rate_is_never_proposed_for_its_scores() {
    let sampled = |id: &str| json!({"id": id, "input": id, "provenance": {"source": "traffic", "probability": 0.5}});
    let set = set(&[sampled("e1"), json!({"id": "e2", "input": "imported"}), made("e3")]);
    let seen = vec![watched(&set, Some(false), true); 5];
    assert_eq!(listed(&contract(""), &set, &[], &Named::default(), &seen), ["e3: never_decisive", "e3: saturated"]);
}

#[test]
fn five_decisions_are_asked_for_where_the_contract_says_nothing() {
    let set = set(&[made("e1")]);
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

/// Of two that fail a never rule either may go without changing anything; both may not.
#[test]
fn what_a_never_rule_failed_on_or_nobody_graded_stands_out() {
    let answered = |example: u32, value: Option<f64>| Answered {
        example: ExampleIndex(example),
        repeat: 0,
        value,
        missing: value.is_none(),
        system_error: false,
        grader_error: value.is_none(),
        not_run: false,
        class: None,
    };
    let column = |name: &str, answers: Vec<Answered>| Column {
        measure: Measure::Criterion(CriterionName::new(name)),
        value: ValueOf::Reaches(Share::ONE),
        arms: BTreeMap::from([(Arm::Candidate, answers)]),
    };
    let held = Held {
        columns: vec![
            column("safe", vec![answered(0, Some(0.0)), answered(1, Some(0.0)), answered(2, Some(1.0))]),
            column("right", vec![answered(2, Some(0.0)), answered(3, None)]),
        ],
    };
    let never = BTreeSet::from([CriterionName::new("safe")]);
    assert_eq!(stands_out(&held, &never, 5), [true, true, false, true, false]);
}

#[test]
fn each_reason_has_a_code_of_its_own() {
    let text = |text: &str| text.to_owned();
    let reasons = [
        Reason::SourceChanged { document: text("policy"), was: text("1"), now: text("2") },
        Reason::SourceGone { document: text("policy"), was: text("1") },
        Reason::TaskGone { task: text("pay") },
        Reason::ProductChanged { why: text("it asks first") },
        Reason::Reported { complaint: Complaint::Wrong, by: vec![(text("r1"), text(""))], last: text("2026-10-01") },
        Reason::Reported { complaint: Complaint::Stale, by: vec![(text("r1"), text(""))], last: text("2026-10-01") },
        Reason::PastReview { date: text("2026-10-01") },
        Reason::Duplicate { of: crate::name::ExampleId::new("e1") },
        Reason::NearDuplicate { of: crate::name::ExampleId::new("e1"), similarity: Share::ONE },
        Reason::NeverDecisive { decisions: 5 },
        Reason::Saturated { decisions: 1 },
    ];
    assert_eq!(reasons.each_ref().map(Reason::code), Reason::CODES);
    assert_eq!(reasons[0].words(), "depends on policy 1, and 2 is in force");
    assert!(reasons[10].words().ends_with("in the last decision"));
}

/// What reviewers said of the example `e1` as it is in the set, each a day later.
fn reports(set: &ReferenceSet, of: &[(&str, &str, &str)]) -> Vec<Entry> {
    let digest = set.rows[0].digest.to_string();
    let report = |(at, (by, complaint, why)): (usize, &(&str, &str, &str))| {
        let draft = Draft {
            noun: Noun::Item,
            subject: "e1/candidate/0/grounded".to_owned(),
            after: None,
            what: "reported".to_owned(),
            at: format!("2026-11-{:02}T08:00:00.000Z", at + 2),
            author: (*by).to_owned(),
            why: Some((*why).to_owned()),
            body: json!({"as": complaint, "answer": "a", "example": digest}),
        };
        draft.entry(at as u64 + 1, at as u32 + 1, None)
    };
    of.iter().enumerate().map(report).collect()
}

#[test]
fn what_reviewers_reported_is_a_reason_and_says_who_and_why() {
    let (wrong, now) = (set(&[json!({"id": "e1", "input": "q1", "guard": true})]), contract(""));
    let said = reports(&wrong, &[("r1", "wrong", "no such tariff"), ("r2", "wrong", ""), ("r1", "stale", "")]);
    let told = BTreeMap::new();
    let (reported, asks, named) = (reported(&crate::review::items(&said)), BTreeMap::new(), Named::default());
    let given = |set| Given {
        contract: &now,
        set,
        today: "2026-11-24",
        told: &told,
        named: &named,
        watched: &[],
        reported: &reported,
        asks: &asks,
    };
    let all = proposals(given(&wrong));
    let words: Vec<String> = all.iter().flat_map(|proposal| &proposal.reasons).map(Reason::words).collect();
    assert_eq!(words, ["reported as wrong by r1 (no such tariff), by r2", "reported as stale by r1"]);
    // It was mended since: what they saw is not what stands there.
    assert!(proposals(given(&set(&[json!({"id": "e1", "input": "q2"})]))).is_empty());
}

#[test]
fn a_report_is_answered_by_whoever_finds_the_example_good_and_may_come_again() {
    let (set, now) = (set(&[json!({"id": "e1", "input": "q1"})]), contract(""));
    let once = reports(&set, &[("r1", "wrong", "")]);
    let about = "2026-11-02T08:00:00.000Z";
    assert_eq!(grounds(&now, &set, &once), [format!("e1: reported_wrong {about}")]);
    let kept = said("kept", None, json!({"reason": "reported_wrong", "about": about}));
    assert!(grounds(&now, &set, &[once.clone(), kept.clone()].concat()).is_empty());
    let twice = reports(&set, &[("r1", "wrong", ""), ("r2", "wrong", "")]);
    assert_eq!(grounds(&now, &set, &[twice, kept].concat()).len(), 1);
    // Quarantined, mended in words only, and made active again after it was reported.
    let mut activated = said("activated", None, json!({}));
    activated[0].at = "2026-11-03T08:00:00.000Z".to_owned();
    assert!(grounds(&now, &set, &[once.clone(), activated.clone()].concat()).is_empty());
    activated[0].at = "2026-11-01T08:00:00.000Z".to_owned();
    assert_eq!(grounds(&now, &set, &[once, activated].concat()).len(), 1);
}

/// `id of similarity`, of near-duplicates.
fn near(lines: &[Value]) -> Vec<String> {
    let set = set(lines);
    let asks = set.active().map(|(at, _)| {
        let input = &lines[at.0 as usize]["input"];
        (at, Fingerprint::of(&crate::content::text_of(input)))
    });
    let asks = asks.collect();
    let (now, told, named, reported) = (contract(""), BTreeMap::new(), Named::default(), BTreeMap::new());
    let given = Given {
        contract: &now,
        set: &set,
        today: "2026-11-24",
        told: &told,
        named: &named,
        watched: &[],
        reported: &reported,
        asks: &asks,
    };
    let one = |proposal: &Proposal| -> Vec<String> {
        let id = &set.rows[proposal.example.0 as usize].id;
        proposal.reasons.iter().map(|reason| format!("{id} {} {}", reason.code(), reason.about())).collect()
    };
    proposals(given).iter().flat_map(one).collect()
}

#[test]
fn of_examples_that_ask_nearly_the_same_the_first_stays_and_a_guard_before_it() {
    let asks = |id: &str, input: &str| json!({"id": id, "input": input, "expected": {"behaviour": "answer"}});
    let one = "Please refund the second charge on my card from last week";
    let two = "Please refund the second charge on my card from last month";
    let far = "Where do I change the language of my invoices?";
    assert_eq!(near(&[asks("a", one), asks("b", far), asks("c", two)]), ["c near_duplicate a"]);
    let mut guard = asks("c", two);
    guard["guard"] = json!(true);
    assert_eq!(near(&[asks("a", one), guard.clone()]), ["a near_duplicate c"]);
    let mut other = asks("a", one);
    other["guard"] = json!(true);
    assert!(near(&[other, guard]).is_empty(), "guards stay");
    // The very same is said once, as what it is.
    assert_eq!(near(&[asks("a", one), asks("b", one)]), ["b duplicate a"]);
}

#[test]
fn what_expects_otherwise_or_is_of_another_task_or_of_one_conversation_is_no_near_duplicate() {
    let one = "Please refund the second charge on my card from last week";
    let two = "Please refund the second charge on my card from last month";
    let of = |input: &str, key: &str, value: Value| json!({"input": input, "id": input, "expected": {"behaviour": "answer"}, key: value});
    let alike = |key: &str, first: Value, second: Value| near(&[of(one, key, first), of(two, key, second)]);
    assert_eq!(alike("task", json!("pay"), json!("pay")).len(), 1);
    assert!(alike("task", json!("pay"), json!("refund")).is_empty());
    assert!(alike("expected", json!({"behaviour": "answer"}), json!({"behaviour": "escalate"})).is_empty());
    assert!(alike("cluster", json!("talk"), json!("talk")).is_empty());
    assert!(alike("never", json!(true), json!(true)).is_empty());
    // What was drawn from traffic stands for what production is asked, as often as it is.
    let sampled = json!({"source": "traffic", "probability": 0.5});
    assert!(alike("provenance", sampled.clone(), sampled).is_empty());
}

#[test]
fn what_goes_is_no_reason_for_another_to_go() {
    let asks = |id: &str, input: &str| json!({"id": id, "input": input});
    // Each is like the next one, and the first is not like the last.
    let chain = [
        asks("a", "one two three four five six seven eight"),
        asks("b", "three four five six seven eight nine ten"),
        asks("c", "five six seven eight nine ten eleven twelve"),
    ];
    let at = |one: usize, two: usize| {
        let of = |at: usize| Fingerprint::of(chain[at]["input"].as_str().unwrap());
        of(one).similarity(&of(two))
    };
    assert!(at(0, 1) < crate::content::NEAR || at(0, 2) < crate::content::NEAR);
    let near = near(&chain);
    assert!(!near.iter().any(|line| line.ends_with(" b")), "{near:?}");
}

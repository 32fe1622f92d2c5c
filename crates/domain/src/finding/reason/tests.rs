//! Each sentence beside section 8 of the method: what was seen, what is ruled out, what is not, and what would decide.

use super::measured::{at_its_worst, worth};
use super::*;
use crate::contract::Looks;
use crate::finding::tests::estimate;
use crate::finding::{AsJudged, Difference, Method, Split, Subject};
use crate::question::Counts;
use camino::Utf8Path;

/// A contract with one gate.
fn contract(gate: &str) -> Contract {
    let text = format!(
        "plimsoll: 1\nname: small\npromise:\n  work: answer billing questions\n  for: customers\n  evidence: [policy]\n  \
         constraints: [cite it]\n  when_not_ready: escalate\nrelease: replace v1 by v2\nowners: {{release: release captain}}\n\
         tasks: [pay]\nfailures:\n  wrong_source: {{cost: 10, owner: release}}\nexamples: [e.jsonl]\n\
         criteria:\n  right: {{protects: [wrong_source], grade: {{behaviour: expected.behaviour}}}}\n\
         systems:\n  candidate: {{recorded: c.jsonl}}\n  production: {{recorded: p.jsonl}}\ngates:\n  - {gate}\n"
    );
    let parsed = crate::format::contract::parse(Utf8Path::new("plimsoll.yaml"), &text);
    parsed.unwrap_or_else(|faults| panic!("{:?}", faults.iter().map(|fault| &fault.what).collect::<Vec<_>>())).contract
}

fn finding(state: State, code: Option<Code>, estimate: Option<Estimate>) -> Finding {
    Finding {
        subject: Subject::Gate(0),
        name: "right".to_owned(),
        segment: crate::segment::Segment::all(),
        arm: crate::system::Arm::Candidate,
        state,
        blocking: true,
        code,
        reason: String::new(),
        owner: None,
        follow_up: None,
        estimate,
        counts: Counts::default(),
        opponent: None,
        examples: Vec::new(),
        split: None,
        unmeasured: Vec::new(),
    }
}

fn told(gate: &str, finding: &Finding) -> String {
    let contract = contract(gate);
    let facts = Facts::default();
    let besides = Besides { facts: &facts, unproven: None, readings: [State::Holds, State::NotShown] };
    sentence(&contract, &contract.gates[0], finding, &besides)
}

fn not_shown(gate: &str, code: Code, estimate: Estimate) -> String {
    told(gate, &finding(State::NotShown, Some(code), Some(estimate)))
}

const FLOOR: &str = "{criterion: right, at_least: 0.8, owner: release}";
const NOT_WORSE: &str = "{criterion: right, not_worse_than: production, by: 5%, owner: release}";
const NEVER: &str = "{criterion: right, never: true, max_rate: 1%, owner: release}";

/// 3 points down, by 5 at most.
fn difference() -> Estimate {
    Estimate {
        value: -0.03,
        lower: -0.0646,
        upper: 0.0041,
        margin: -0.05,
        method: Method::PairedDifference,
        ..estimate()
    }
}

#[test]
fn what_is_ruled_out_is_said_and_rounded_so_that_it_stays_true() {
    let one = not_shown(NOT_WORSE, Code::Underpowered, Estimate { more_needed: Some(90), ..difference() });
    let said = "-3.0 points (-6.5 to +0.5); no more than 5.0 points worse than production is not shown, only -6.5 points or more; \
                about 90 more conversations (190 in all) would settle it at the next look if there is truly no change (80 % chance)";
    assert_eq!(one, said);
    let nothing = not_shown(NOT_WORSE, Code::Underpowered, Estimate { lower: -1.0, ..difference() });
    assert!(nothing.ends_with("is not shown: nothing is ruled out"), "{nothing}");
}

#[test]
fn where_there_are_enough_more_of_them_are_not_asked_for() {
    let enough = not_shown(NOT_WORSE, Code::Underpowered, Estimate { more_needed: Some(0), ..difference() });
    assert!(enough.ends_with("read what differs before more are collected"), "{enough}");
}

#[test]
fn too_few_says_how_many_there_are_and_how_many_are_needed() {
    let few = Estimate { clusters: 3, kish_clusters: 3.0, effective_n: 3.0, more_needed: Some(40), ..estimate() };
    let said = not_shown(FLOOR, Code::TooFewClusters, few);
    assert!(
        said.contains("; 3 conversations are too few to tell: at least 5 of equal weight are needed; about 40 more"),
        "{said}"
    );
    assert!(said.contains("(43 in all)"), "{said}");
    let mean = not_shown(FLOOR, Code::TooFewClusters, Estimate { method: Method::Mean, ..few });
    assert!(mean.contains("at least 9 of equal weight"), "{mean}");
}

#[test]
fn where_one_look_is_allowed_a_fresh_sample_is_counted() {
    let mut once = contract(FLOOR);
    once.looks = Looks::One;
    let found =
        finding(State::NotShown, Some(Code::Undecidable), Some(Estimate { more_needed: Some(50), ..estimate() }));
    let facts = Facts::default();
    let besides = Besides { facts: &facts, unproven: None, readings: [State::Holds; 2] };
    let said = sentence(&once, &once.gates[0], &found, &besides);
    assert!(said.ends_with(": a fresh sample of about 150 conversations would settle it if the rate is truly the one seen (80 % chance)"), "{said}");
}

#[test]
fn a_never_rule_without_traffic_says_that_none_counts() {
    let counts = Counts { planned: 40, graded: 40, clusters: 40, ..Counts::default() };
    let none = Finding { counts, ..finding(State::NotShown, Some(Code::ZeroFailures), None) };
    let said = "no failure in 40 examples, which rules out no rate in traffic: none of them was sampled from it with a known chance; asked: 1.0 %: \
                sample 299 conversations so, none of which may fail, or leave `max_rate` out";
    assert_eq!(told(NEVER, &none), said);
    let counts = Counts { planned: 60, graded: 60, clusters: 60, weighted: 40, ..Counts::default() };
    let clean =
        Estimate { value: 1.0, lower: 0.92784, upper: 1.0, margin: 0.99, clusters: 40, spotless: true, ..estimate() };
    let clean = Estimate { more_needed: Some(259), method: Method::ZeroFailures, ..clean };
    let some = Finding { counts, ..finding(State::NotShown, Some(Code::ZeroFailures), Some(clean)) };
    let said = "0 failures in 60 examples, 40 conversations of which count toward a rate in traffic, rules out rates above 7.3 %; asked: 1.0 %: 259 more \
                conversations (299 in all) without a failure would settle it";
    assert_eq!(told(NEVER, &some), said);
}

#[test]
fn missing_grades_are_told_at_their_best_and_at_their_worst() {
    let said = not_shown(FLOOR, Code::MissingGrades, estimate());
    let tail = "asked: at least 80.0 %; the verdict depends on grades that are missing (0 of 0 planned not run, 0 failed to grade, 0 failed to answer): \
                at their best it holds, at their worst it is not shown; get them first";
    assert!(said.ends_with(tail), "{said}");
    let unfit = told(FLOOR, &finding(State::Unfit, Some(Code::MissingGrades), None));
    assert!(unfit.ends_with("; at most 5.0 % of what was planned may be"), "{unfit}");
}

#[test]
fn what_reviewers_are_split_on_is_to_be_settled() {
    let split = Some(Split { answers: 14, of: 60, best: State::Holds, worst: State::NotShown });
    let found = Finding { split, ..finding(State::NotShown, Some(Code::ReviewersDisagree), Some(estimate())) };
    let said = told(FLOOR, &found);
    assert!(
        said.contains(
            "reviewers split on 14 of 60; treating all as pass it holds, all as fail it is not shown: settle "
        ),
        "{said}"
    );
}

#[test]
fn a_judge_that_is_unproven_is_labelled_as_its_gate_asks() {
    let judged = |more_labels| Some(AsJudged { value: 0.95, labels: 60, more_labels });
    let said =
        |gate: &str, more| not_shown(gate, Code::JudgeUnproven, Estimate { judged: judged(more), ..difference() });
    assert!(said(FLOOR, Some(60)).ends_with(": label about 60 more answers, half of them judge-fails"));
    assert!(
        said(NOT_WORSE, Some(60))
            .ends_with("60 more examples for both systems, half of them where the judge sees a difference")
    );
    assert!(said(FLOOR, None).ends_with("more labels like these would not show it"));
}

#[test]
fn unmeasured_traffic_is_said_to_decide_only_where_it_does() {
    let of = |gate: &str, unmeasured: f64, estimate: Estimate| {
        let part = Estimate { unmeasured, ..estimate };
        let named = vec!["voice".to_owned()];
        told(gate, &Finding { unmeasured: named, ..finding(State::NotShown, Some(Code::Unmeasured), Some(part)) })
    };
    let whatever = "7.0 % of the traffic (voice) has no examples, or too few to weigh, so no more than 5.0 points worse than production cannot be shown \
                    whatever the rest shows: sample there";
    assert!(of(NOT_WORSE, 0.07, difference()).ends_with(whatever));
    assert!(
        of(NOT_WORSE, 0.02, difference())
            .contains("counts at its worst: the rest alone would show no more than 5.0 points")
    );
    assert!(
        of(FLOOR, 0.2, estimate()).contains("whatever the rest shows")
            && of(FLOOR, 0.1, estimate()).contains("at its worst")
    );
}

#[test]
fn amounts_that_never_vary_are_said_to() {
    let latency = "{measure: latency, not_worse_than: production, by: 200ms, owner: release}";
    let open = Estimate {
        value: 0.0,
        lower: f64::NEG_INFINITY,
        upper: f64::INFINITY,
        margin: 200.0,
        method: Method::Mean,
        ..estimate()
    };
    let said = not_shown(latency, Code::Underpowered, open);
    assert!(
        said.contains("is not shown: all conversations came out alike") && said.ends_with("`at_most: LIMIT for 95%`"),
        "{said}"
    );
    let relative = "{measure: failure_cost, not_worse_than: production, by: 10%, owner: release}";
    let difference = Difference { value: 0.0, lower: -0.13, upper: 0.13, relative: None, factor: 1.1 };
    let nothing = Estimate {
        value: 0.0,
        lower: -0.14,
        upper: 0.14,
        margin: 0.0,
        method: Method::Mean,
        difference: Some(difference),
        ..estimate()
    };
    let said = not_shown(relative, Code::Underpowered, nothing);
    assert!(said.ends_with("a share of nothing is no margin: write `by` as an amount"), "{said}");
}

#[test]
fn a_pass_says_what_was_not_measured() {
    let part = Estimate { unmeasured: 0.07, ..estimate() };
    let of = |names: &[&str]| Finding {
        unmeasured: names.iter().map(|name| (*name).to_owned()).collect(),
        ..finding(State::Holds, None, None)
    };
    let told = at_its_worst(&of(&["fr", "it"]), &part);
    assert_eq!(told, "; 7.0 % of the traffic (fr, it) was not measured and counts at its worst");
    assert_eq!(at_its_worst(&of(&[]), &estimate()), "");
}

#[test]
fn weights_that_leave_under_half_are_told() {
    let leaves = |kish_clusters: f64| worth(&Estimate { kish_clusters, ..estimate() });
    assert_eq!(leaves(5.7).as_deref(), Some("count as 5 by their weights"));
    assert_eq!(leaves(50.0), None);
}

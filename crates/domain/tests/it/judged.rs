//! Traps of a judge: its verdicts decide nothing until people's labels show how often it is wrong, and then only corrected.

use super::scored::{Eval, contract, set};
use domain::contract::Contract;
use domain::decision::Decision;
use domain::digest::Digest;
use domain::finding::{Code, FailedExample, Failures, Finding, Method, State};
use domain::grader::Grader;
use domain::name::{ClusterId, CriterionName, ExampleId, SegmentName, SystemName};
use domain::qualification::{Calibration, Identity, Judged, Labelled, LabelledCluster, LabelledPairs, definition};
use domain::routing::Outcome;
use domain::system::Arm::{Candidate, Production};

const FLOOR: &str = "{criterion: right, in: all, at_least: 0.9, owner: release}";
const NOT_WORSE: &str = "{criterion: right, in: all, not_worse_than: production, by: 0.05, owner: release}";
const NEVER: &str = "{criterion: right, in: all, never: true, owner: release}";

fn judged_contract(gate: &str) -> Contract {
    let mut contract = contract("{by: task, routable: true, min_examples: 20}", &[gate]);
    contract.criteria[0].grader = Grader::Judge { rubric: "right.md".into(), with: vec![SystemName::new("judge")] };
    contract
}

fn eval(gate: &str, candidate: &str, production: &str) -> Eval {
    Eval::new(judged_contract(gate), set(&[("pay", 1000)]), &[(Candidate, candidate), (Production, production)])
}

fn identity() -> Identity {
    Identity { grader: Digest::of_bytes(b"judge"), models: vec!["m-1".to_owned()], rubric: None }
}

fn cell(name: &str, passed: u64, failed: u64) -> Vec<LabelledCluster> {
    let one = |at: u64| {
        let passes = u64::from(at < passed);
        let (labels, weight, weight_squared) = (1, 1.0, 1.0);
        let cluster = ClusterId::new(format!("{name}{at}"));
        LabelledCluster { cluster, labels, passed: passes, weight, weight_squared, weight_passed: passes as f64 }
    };
    (0..passed + failed).map(one).collect()
}

fn pairs(name: &str, better: usize, worse: usize, all: usize) -> Vec<LabelledPairs> {
    let one = |at: usize| LabelledPairs {
        cluster: ClusterId::new(format!("{name}{at}")),
        pairs: 1,
        weight: 1.0,
        weight_squared: 1.0,
        better: if at < better { 1.0 } else { 0.0 },
        worse: if (better..better + worse).contains(&at) { 1.0 } else { 0.0 },
    };
    (0..all).map(one).collect()
}

/// Of the judge's passes and fails so many passed and failed by people, on every segment.
fn calibrated(on_pass: (u64, u64), on_fail: (u64, u64)) -> Judged {
    let contract = judged_contract(FLOOR);
    let of = |name: &str| Labelled {
        judged: (900, 100),
        on_pass: cell("p", on_pass.0, on_pass.1),
        on_fail: cell("f", on_fail.0, on_fail.1),
        pairs: [pairs("b", 18, 0, 20), pairs("s", 0, 0, 400), pairs("w", 0, 18, 20)],
        ..Labelled::empty(SegmentName::new(name))
    };
    let calibration = Calibration {
        criterion: CriterionName::new("right"),
        definition: definition(&contract.criteria[0]),
        judge: identity(),
        scores: "scores".to_owned(),
        made_on: "2026-06-01".to_owned(),
        expires_on: "2026-12-01".to_owned(),
        labellers: vec![("reviewer-1".to_owned(), 100)],
        samples: Vec::new(),
        segments: vec![of("all"), of("task=pay")],
    };
    let on = "2026-07-01".to_owned();
    Judged { criterion: CriterionName::new("right"), judge: identity(), calibration: Some(calibration), on }
}

fn decided(mut eval: Eval, judged: Option<Judged>) -> Decision {
    eval.facts.judges = judged.into_iter().collect();
    eval.decide()
}

fn first(decision: &Decision) -> &Finding {
    decision.findings.iter().find(|finding| finding.arm == Candidate).expect("the gate judges the candidate")
}

#[test]
fn an_unqualified_judge_cannot_make_a_gate_hold() {
    for judged in [None, Some(Judged { calibration: None, ..calibrated((50, 0), (0, 50)) })] {
        let decision = decided(eval(FLOOR, "1*1000", "1*1000"), judged);
        let found = first(&decision);
        assert_eq!((found.state, found.code), (State::Unfit, Some(Code::JudgeUnproven)));
        assert_eq!(decision.outcome, Outcome::CannotDecide);
        assert!(
            found.reason.contains("100.0 % (99.7 % to 100.0 %) as a model judges, advisory only"),
            "{}",
            found.reason
        );
        assert!(found.reason.contains("label 40 answers, half of them judge-fails"), "{}", found.reason);
        assert!(found.reason.contains("plimsoll review calibrate --labels FILE --criterion right"), "{}", found.reason);
    }
}

#[test]
fn an_expired_calibration_cannot_make_a_gate_hold() {
    let at = |on: &str| Judged { on: on.to_owned(), ..calibrated((398, 2), (1, 49)) };
    let held = decided(eval(FLOOR, "1*980 0*20", "1*1000"), Some(at("2026-12-01")));
    assert_eq!(first(&held).state, State::Holds, "{}", first(&held).reason);
    let late = decided(eval(FLOOR, "1*980 0*20", "1*1000"), Some(at("2026-12-02")));
    assert_eq!((first(&late).state, first(&late).code), (State::Unfit, Some(Code::JudgeUnproven)));
    assert!(first(&late).reason.contains("expired on 2026-12-01"), "{}", first(&late).reason);
}

#[test]
fn another_judge_than_the_one_calibrated_cannot_make_a_gate_hold() {
    let judge = Identity { models: vec!["m-2".to_owned()], ..identity() };
    let decision = decided(eval(FLOOR, "1*1000", "1*1000"), Some(Judged { judge, ..calibrated((400, 0), (0, 50)) }));
    assert_eq!(first(&decision).code, Some(Code::JudgeUnproven));
    assert!(first(&decision).reason.contains("its model was m-1, and is m-2"), "{}", first(&decision).reason);
}

#[test]
fn a_judge_that_errs_cannot_pass_on_its_raw_rate() {
    // The judge passes 98 %, and people pass 88 % of what it passes.
    let decision = decided(eval(FLOOR, "1*980 0*20", "1*1000"), Some(calibrated((88, 12), (2, 48))));
    let found = first(&decision);
    assert_ne!(found.state, State::Holds);
    let estimate = found.estimate.expect("it is estimated");
    assert_eq!(estimate.method, Method::JudgedRate);
    assert!((estimate.value - (0.98 * 0.88 + 0.02 * 0.04)).abs() < 1e-9);
    let judged = estimate.judged.expect("it was corrected");
    assert!((judged.value - 0.98).abs() < 1e-9);
    assert_eq!(judged.labels, 150);
}

#[test]
fn what_only_a_judges_error_leaves_open_says_how_many_labels_would_show_it() {
    let decision = decided(eval(FLOOR, "1*980 0*20", "1*1000"), Some(calibrated((29, 1), (1, 9))));
    let found = first(&decision);
    assert_eq!((found.state, found.code), (State::NotShown, Some(Code::JudgeUnproven)), "{}", found.reason);
    assert!(found.reason.contains("corrected by 40 labels from its judge's 98.0 %"), "{}", found.reason);
    assert!(found.reason.contains("more answers, half of them judge-fails"), "{}", found.reason);
}

#[test]
fn a_judged_difference_is_corrected_by_labelled_pairs() {
    let decision = decided(eval(NOT_WORSE, "1*1000", "1*1000"), Some(calibrated((400, 0), (0, 50))));
    let found = first(&decision);
    assert_eq!(found.state, State::Holds, "{}", found.reason);
    assert_eq!(found.estimate.expect("it is estimated").method, Method::JudgedDifference);
}

#[test]
fn a_comparison_without_labelled_pairs_is_not_proven() {
    let mut judged = calibrated((400, 0), (0, 50));
    let segments = judged.calibration.iter_mut().flat_map(|calibration| &mut calibration.segments);
    segments.for_each(|labelled| labelled.pairs = Default::default());
    let decision = decided(eval(NOT_WORSE, "1*1000", "1*1000"), Some(judged));
    assert_eq!((first(&decision).state, first(&decision).code), (State::Unfit, Some(Code::JudgeUnproven)));
}

#[test]
fn a_never_rule_fails_on_any_verdict_even_of_an_unqualified_judge() {
    let mut eval = eval(NEVER, "0 1*999", "1*1000");
    let example = FailedExample { id: ExampleId::new("e0"), attributes: Default::default(), from_production: true };
    eval.facts.failures =
        vec![Failures { criterion: CriterionName::new("right"), arm: Candidate, examples: vec![example] }];
    assert_eq!(first(&decided(eval, None)).state, State::FailedNever);
}

#[test]
fn a_never_rule_bounds_what_its_judge_may_have_overlooked() {
    let decision = decided(eval(NEVER, "1*1000", "1*1000"), Some(calibrated((99, 1), (0, 50))));
    let estimate = first(&decision).estimate.expect("it is estimated");
    assert!(estimate.lower < 0.96, "{}", estimate.lower);
}

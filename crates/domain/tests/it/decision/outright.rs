//! What single failures decide, whatever the rates: never rules, guards, and examples that must never fail.

use super::super::scored::{Eval, contract, set};
use super::{BY_TASK, FLOOR, eval, finding, goes, states};
use domain::decision::Decision;
use domain::finding::{Code, FailedBy, FailedExample, Failures, Finding, GuardFact, NeverFact, State};
use domain::name::{Attribute, CriterionName, ExampleId};
use domain::routing::Outcome;
use domain::system::Arm::{self, Candidate, Fallback, Production};
use std::collections::{BTreeMap, BTreeSet};

const NEVER: &str = "{criterion: right, in: all, never: true, owner: release}";

fn example(at: usize, task: &str, from_production: bool) -> FailedExample {
    let attributes = BTreeMap::from([(Attribute::new("task"), task.to_owned())]);
    FailedExample { id: ExampleId::new(format!("e{at}")), attributes, from_production }
}

fn none() -> BTreeSet<Arm> {
    BTreeSet::new()
}

/// These arms, each by the one criterion.
fn failed(arms: &[Arm]) -> FailedBy {
    arms.iter().map(|arm| (*arm, BTreeSet::from([CriterionName::new("right")]))).collect()
}

fn failures(arm: Arm, examples: Vec<FailedExample>) -> Failures {
    Failures { criterion: CriterionName::new("right"), arm, examples }
}

#[test]
fn a_never_rule_decides_at_any_number_and_where_it_failed() {
    let mut eval = eval(&[FLOOR, NEVER], &[(Candidate, "1*119 0"), (Production, "1*120")]);
    eval.facts.failures = vec![failures(Candidate, vec![example(119, "refund", true)])];
    let decision = eval.decide();
    assert_eq!(finding(&decision, "all").state, State::FailedNever);
    goes(&decision, Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Production, 1.0)]);
}

#[test]
fn none_of_sixty_does_not_show_a_rate_below_one_percent() {
    let bounded = "{criterion: right, in: task, never: true, max_rate: 1%, owner: release}";
    let decision = eval(&[bounded], &[(Candidate, "1*120"), (Production, "1*120")]).decide();
    let finding = finding(&decision, "task=pay");
    assert_eq!((finding.state, finding.code), (State::NotShown, Some(Code::ZeroFailures)));
}

#[test]
fn production_that_fails_a_never_rule_on_real_work_is_out_and_on_made_up_work_is_not() {
    let real = |from_production| {
        let marks = [(Candidate, "1*60 0*60"), (Production, "1*120"), (Fallback, "1*120")];
        let mut eval = eval(&[FLOOR, NEVER], &marks);
        eval.facts.failures = vec![
            failures(Candidate, vec![example(100, "refund", true)]),
            failures(Production, vec![example(101, "refund", from_production)]),
        ];
        eval.decide().routes[1].system
    };
    assert_eq!([real(true), real(false)], [Fallback, Production]);
}

#[test]
fn an_armed_guard_that_fails_again_blocks_its_cell_whatever_production_does() {
    let guard = |armed| {
        let mut eval = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]);
        let both = BTreeSet::from([Candidate, Production]);
        eval.facts.guards = vec![GuardFact {
            example: example(3, "pay", false),
            armed,
            failed_by: failed(&[Candidate, Production]),
            seen_by: both,
            missing_by: none(),
        }];
        eval.decide()
    };
    goes(&guard(true), Outcome::NarrowRollout, &[("pay", Production, 1.0), ("refund", Candidate, 1.0)]);
    goes(&guard(false), Outcome::Ship, &[("pay", Candidate, 1.0), ("refund", Candidate, 1.0)]);
    assert!(guard(false).follow_ups.iter().any(|follow_up| follow_up.what.contains("no system passes guard e3")));
}

#[test]
fn what_must_not_fail_and_failed_says_by_which_criteria() {
    let mut eval = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]);
    let by = |criteria: &[&str]| {
        BTreeMap::from([(Candidate, criteria.iter().map(|name| CriterionName::new(*name)).collect())])
    };
    let guard = |at: usize, failed_by: FailedBy| GuardFact {
        example: example(at, "pay", true),
        armed: true,
        failed_by,
        seen_by: BTreeSet::from([Candidate, Production]),
        missing_by: none(),
    };
    eval.facts.guards = vec![guard(3, by(&["right", "cites"])), guard(4, FailedBy::new()), guard(5, by(&["right"]))];
    let reason = |decision: &Decision, arm: Arm| {
        let guards = decision.findings.iter().find(|finding| finding.name == "guards" && finding.arm == arm);
        guards.map(|finding| finding.reason.clone()).unwrap_or_default()
    };
    let decision = eval.decide();
    assert_eq!(reason(&decision, Candidate), "fails 2 of 3 armed guards: e3 (cites, right), e5 (right)");
    assert_eq!(reason(&decision, Production), "passes all 3 armed guards");
}

#[test]
fn what_must_not_fail_again_and_was_not_graded_is_no_pass() {
    let eval = |seen: &[Arm], missing: &[Arm]| {
        let mut eval = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]);
        let of = |arms: &[Arm]| arms.iter().copied().collect::<BTreeSet<Arm>>();
        let (example, failed_by) = (example(3, "pay", true), failed(&[]));
        let (seen_by, missing_by) = (of(seen), of(missing));
        eval.facts.guards = vec![GuardFact {
            example: example.clone(),
            armed: true,
            failed_by: failed_by.clone(),
            seen_by: seen_by.clone(),
            missing_by: missing_by.clone(),
        }];
        let guarded = eval.decide();
        eval.facts.guards.clear();
        eval.facts.never_examples = vec![NeverFact { example, failed_by, seen_by, missing_by }];
        (guarded, eval.decide())
    };
    let both = [Candidate, Production];
    for (guarded, never) in [eval(&[Production], &[]), eval(&both, &[Candidate])] {
        for decision in [guarded, never] {
            let finding =
                decision.findings.iter().find(|finding| finding.arm == Candidate && finding.estimate.is_none());
            let finding = finding.unwrap();
            assert_eq!(finding.state, State::NoData, "{:?}", states(&decision));
            assert!(finding.reason.contains("no grade, which is no pass: e3"), "{}", finding.reason);
            goes(&decision, Outcome::NarrowRollout, &[("pay", Production, 1.0), ("refund", Candidate, 1.0)]);
        }
    }
    let (guarded, never) = eval(&both, &[]);
    assert_eq!([guarded.outcome, never.outcome], [Outcome::Ship, Outcome::Ship]);
}

#[test]
fn a_failed_guard_keeps_the_candidate_out_of_its_own_cells_alone() {
    // The one gate is on all of it: it holds, and speaks for the cell that the guard does not lie in.
    let overall = "{criterion: right, in: all, at_least: 0.8, owner: release}";
    let mut eval = eval(&[overall], &[(Candidate, "1*120"), (Production, "1*120")]);
    let (failed_by, seen_by) = (failed(&[Candidate]), BTreeSet::from([Candidate, Production]));
    eval.facts.guards =
        vec![GuardFact { example: example(3, "pay", true), armed: true, failed_by, seen_by, missing_by: none() }];
    goes(&eval.decide(), Outcome::NarrowRollout, &[("pay", Production, 1.0), ("refund", Candidate, 1.0)]);
}

#[test]
fn a_never_rule_without_a_failure_needs_the_segments_minimum_to_hold() {
    let never = "{criterion: right, in: task, never: true, owner: release}";
    let state = |examples: usize| {
        let marks = format!("1*{examples}");
        let of = set(&[("pay", examples)]);
        let decision =
            Eval::new(contract(BY_TASK, &[never]), of, &[(Candidate, &marks), (Production, &marks)]).decide();
        finding(&decision, "task=pay").state
    };
    assert_eq!([state(1), state(19), state(20)], [State::NoData, State::NoData, State::Holds]);
}

#[test]
fn a_never_rule_spends_no_looks() {
    let rare = "{criterion: right, in: all, never: true, max_rate: 5%, owner: release}";
    let at = |look: u32| {
        let marks = [(Candidate, "1*120"), (Production, "1*120")];
        let mut eval = eval(&[rare], &marks);
        eval.contract.looks = domain::contract::Looks::Halving;
        eval.facts.look = Some(look);
        let decision = eval.decide();
        (finding(&decision, "all").state, finding(&decision, "all").estimate.unwrap().level)
    };
    // 59 conversations without a failure rule out 5 % at a level of 5 %: at the first look and at any other.
    assert_eq!([at(1), at(7)], [(State::Holds, 0.05), (State::Holds, 0.05)]);
}

#[test]
fn an_example_that_must_never_fail_blocks_when_it_does() {
    let mut eval = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]);
    let seen_by = BTreeSet::from([Candidate]);
    eval.facts.never_examples = vec![NeverFact {
        example: example(70, "refund", false),
        failed_by: failed(&[Candidate]),
        seen_by,
        missing_by: none(),
    }];
    goes(&eval.decide(), Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Production, 1.0)]);
}

#[test]
fn a_release_is_blocked_by_an_example_where_every_cell_that_could_hold_it_is_closed_because_of_it() {
    use domain::incident::gated::blocked;
    let mut eval = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]);
    let guard = |arms: &[Arm]| GuardFact {
        example: example(3, "pay", true),
        armed: true,
        failed_by: failed(arms),
        seen_by: BTreeSet::from([Candidate, Production]),
        missing_by: none(),
    };
    eval.facts.guards = vec![guard(&[])];
    let through = blocked(&eval.decide(), &example(3, "pay", true)).unwrap_err();
    assert_eq!((through.cell.as_str(), through.to_candidate), ("task=pay", true));
    eval.facts.guards = vec![guard(&[Candidate])];
    let decision = eval.decide();
    let names = |found: Vec<&Finding>| found.iter().map(|finding| finding.name.clone()).collect::<Vec<_>>();
    assert_eq!(blocked(&decision, &example(3, "pay", true)).map(names), Ok(vec!["guards".to_owned()]));
    // Another example of the cell is not what blocks, and one that could be anywhere goes through elsewhere.
    assert!(blocked(&decision, &example(4, "pay", true)).is_err_and(|through| !through.to_candidate));
    let anywhere = FailedExample { attributes: BTreeMap::new(), ..example(3, "pay", true) };
    assert_eq!(blocked(&decision, &anywhere).map(names).unwrap_err().cell, "task=refund");
    // A guard that is not armed yet lets it through.
    eval.facts.guards[0].armed = false;
    assert!(blocked(&eval.decide(), &example(3, "pay", true)).is_err_and(|through| through.to_candidate));
}

#[test]
fn an_example_is_seen_by_what_blocks_on_it_alone() {
    use domain::example::Guard;
    use domain::incident::gated::watched;
    use domain::reference_set::{ExampleIndex, RowState};
    let rules = |gates: &[&str], guard: Guard, never: bool, state: RowState| -> Vec<String> {
        let mut eval = eval(gates, &[(Candidate, "1*120")]);
        let row = &mut eval.set.rows[0];
        (row.guard, row.never, row.state) = (guard, never, state);
        watched(&eval.contract, &eval.set, ExampleIndex(0)).into_iter().map(|watch| watch.rule).collect()
    };
    let active = RowState::Active;
    assert_eq!(rules(&[FLOOR], Guard::No, false, active), [""; 0]);
    assert_eq!(rules(&[FLOOR], Guard::WhenFixed, false, active), ["guard"]);
    assert_eq!(rules(&[FLOOR], Guard::No, true, active), ["never example"]);
    assert_eq!(rules(&[NEVER], Guard::No, false, active).len(), 1);
    assert_eq!(rules(&[FLOOR], Guard::Armed, true, RowState::Proposed), [""; 0]);
    let advisory = "{criterion: right, in: all, at_least: 0.8, owner: release, blocking: false}";
    assert_eq!(rules(&[advisory], Guard::WhenFixed, false, active), [""; 0]);
}

//! Rules of the decision, each told by a small eval. `xtask/mutations.json` breaks them one by one.

#[path = "decision/outright.rs"]
mod outright;

use super::scored::{Eval, contract, set};
use domain::decision::Decision;
use domain::finding::{Code, Finding, State};
use domain::routing::Outcome;
use domain::system::Arm::{self, Candidate, Fallback, Production};

const BY_TASK: &str = "{by: task, routable: true, min_examples: 20}";
const FLOOR: &str = "{criterion: right, in: task, at_least: 0.8, owner: release}";
const NOT_WORSE: &str = "{criterion: right, in: task, not_worse_than: production, by: 0.1, owner: release}";

/// 60 conversations of each of two tasks.
fn eval(gates: &[&str], marks: &[(Arm, &str)]) -> Eval {
    Eval::new(contract(BY_TASK, gates), set(&[("pay", 60), ("refund", 60)]), marks)
}

fn routes(decision: &Decision) -> Vec<(String, Arm, f64)> {
    decision.routes.iter().map(|route| (route.cell.name(), route.system, route.share.get())).collect()
}

#[track_caller]
fn goes(decision: &Decision, outcome: Outcome, expected: &[(&str, Arm, f64)]) {
    let expected: Vec<(String, Arm, f64)> =
        expected.iter().map(|(task, arm, share)| (format!("task={task}"), *arm, *share)).collect();
    assert_eq!((decision.outcome, routes(decision)), (outcome, expected), "{:#?}", states(decision));
}

fn states(decision: &Decision) -> Vec<String> {
    let told = |finding: &Finding| {
        let code = finding.code.map(Code::as_str).unwrap_or_default();
        format!("{} {} {:?} {} {code}", finding.name, finding.segment.name, finding.arm, finding.state.as_str())
    };
    decision.findings.iter().map(told).collect()
}

/// State and code of the candidate's finding on a segment, of the first gate.
fn finding<'a>(decision: &'a Decision, segment: &str) -> &'a Finding {
    let mut findings = decision.findings.iter();
    let found = findings.find(|finding| finding.arm == Candidate && finding.segment.name.as_str() == segment);
    found.unwrap_or_else(|| panic!("{segment} is not in {:?}", states(decision)))
}

#[test]
fn what_holds_everywhere_ships() {
    let decision = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]).decide();
    goes(&decision, Outcome::Ship, &[("pay", Candidate, 1.0), ("refund", Candidate, 1.0)]);
}

#[test]
fn what_is_breached_in_one_cell_stays_with_production_there() {
    let decision = eval(&[FLOOR], &[(Candidate, "1*60 10*30"), (Production, "1*120")]).decide();
    assert_eq!(finding(&decision, "task=refund").state, State::Breached);
    goes(&decision, Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Production, 1.0)]);
}

#[test]
fn what_straddles_its_limit_is_not_shown_and_does_not_pass() {
    let decision = eval(&[FLOOR], &[(Candidate, "11111110*15"), (Production, "1*120")]).decide();
    assert_eq!(finding(&decision, "task=pay").state, State::NotShown);
    goes(&decision, Outcome::Hold, &[("pay", Production, 1.0), ("refund", Production, 1.0)]);
}

#[test]
fn a_stage_lets_what_is_merely_not_shown_out_at_its_share() {
    let staged = "{criterion: right, in: task, at_least: 0.8, owner: release, not_shown: {stage: 5%, stop: any failure, owner: release}}";
    let decision = eval(&[staged], &[(Candidate, "1*60 1111110*8 0*4"), (Production, "1*120")]).decide();
    goes(&decision, Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Candidate, 0.05)]);
    let breached = eval(&[staged], &[(Candidate, "1*60 10*30"), (Production, "1*120")]).decide();
    goes(&breached, Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Production, 1.0)]);
}

#[test]
fn fewer_conversations_than_the_minimum_are_no_data_however_good() {
    let eval = Eval::new(
        contract(BY_TASK, &[FLOOR]),
        set(&[("pay", 100), ("refund", 19)]),
        &[(Candidate, "1*119"), (Production, "1*119")],
    );
    let decision = eval.decide();
    assert_eq!(finding(&decision, "task=refund").state, State::NoData);
    goes(&decision, Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Production, 1.0)]);
}

/// Ten spotless ones would clear half in no time; twenty are needed before anything is concluded.
#[test]
fn no_fewer_are_asked_for_than_the_minimum_lacks() {
    let half = FLOOR.replace("0.8", "0.5");
    let marks = [(Candidate, "1*110"), (Production, "1*110")];
    let decision =
        Eval::new(contract(BY_TASK, &[half.as_str()]), set(&[("pay", 100), ("refund", 10)]), &marks).decide();
    assert_eq!(finding(&decision, "task=refund").state, State::NoData);
    let next: Vec<&str> = decision.follow_ups.iter().map(|next| next.what.as_str()).collect();
    assert_eq!(next, ["collect about 10 more conversations of task=refund"]);
}

#[test]
fn nothing_but_the_unknown_cannot_be_decided() {
    let small = Eval::new(
        contract(BY_TASK, &[FLOOR]),
        set(&[("pay", 19), ("refund", 19)]),
        &[(Candidate, "1*38"), (Production, "1*38")],
    );
    assert_eq!(small.decide().outcome, Outcome::CannotDecide);
    let unrun = eval(&[FLOOR], &[(Candidate, "-*120"), (Production, "1*120")]).decide();
    assert_eq!(unrun.outcome, Outcome::CannotDecide, "{:?}", states(&unrun));
}

#[test]
fn production_that_is_breached_too_gives_way_to_a_fallback_that_holds() {
    let marks = [(Candidate, "1*60 0*60"), (Production, "1*60 0*60"), (Fallback, "1*120")];
    let decision = eval(&[FLOOR], &marks).decide();
    goes(&decision, Outcome::RollBack, &[("pay", Candidate, 1.0), ("refund", Fallback, 1.0)]);
    assert!(!decision.routes[1].stop_accepting);
}

#[test]
fn where_no_system_holds_the_promise_is_no_longer_kept() {
    let marks = [(Candidate, "1*60 0*60"), (Production, "1*60 0*60"), (Fallback, "1*60 0*60")];
    let decision = eval(&[FLOOR], &marks).decide();
    goes(&decision, Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Production, 1.0)]);
    assert!(decision.routes[1].stop_accepting && !decision.routes[0].stop_accepting);
}

#[test]
fn a_comparison_is_made_on_the_same_examples() {
    // Both pass three quarters, on the same examples: no difference at all. On others, a large one.
    let same = eval(&[NOT_WORSE], &[(Candidate, "1110*30"), (Production, "1110*30")]).decide();
    assert_eq!(same.outcome, Outcome::Ship, "{:?}", states(&same));
    let shifted = eval(&[NOT_WORSE], &[(Candidate, "1110*30"), (Production, "0111*30")]).decide();
    assert_eq!(finding(&shifted, "task=pay").state, State::NotShown);
}

#[test]
fn harm_needs_no_margin() {
    // 9 worse and none better of 60: shown to be worse, and the margin is not cleared.
    let decision = eval(&[NOT_WORSE], &[(Candidate, "1*111 0*9"), (Production, "1*120")]).decide();
    assert_eq!(finding(&decision, "task=refund").state, State::Breached);
}

#[test]
fn many_findings_share_one_error_rate() {
    // 54 of 60 against a floor of 0.8: shown at 5 %, and not at half of that.
    let one = "{criterion: right, in: task=pay, at_least: 0.8, owner: release}";
    let marks = [(Candidate, "1*54 0*6 0*60"), (Production, "1*120")];
    let alone = eval(&[one], &marks).decide();
    let together = eval(&[FLOOR], &marks).decide();
    let level = |decision: &Decision| finding(decision, "task=pay").estimate.map(|estimate| estimate.level);
    assert!(level(&alone) > level(&together), "{:?} {:?}", level(&alone), level(&together));
    assert_eq!(
        [finding(&alone, "task=pay").state, finding(&together, "task=pay").state],
        [State::Holds, State::NotShown]
    );
}

#[test]
fn a_further_look_costs_some_of_the_level() {
    let mut eval = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]);
    let level = |eval: &Eval| finding(&eval.decide(), "task=pay").estimate.map(|estimate| estimate.level);
    eval.contract.looks = domain::contract::Looks::Halving;
    let first = level(&eval);
    eval.facts.look = Some(4);
    assert!(level(&eval) < first, "{:?} {first:?}", level(&eval));
}

#[test]
fn what_only_earlier_looks_keep_from_being_shown_says_so() {
    let mut eval = eval(&[FLOOR], &[(Candidate, "1*56 0*4 1*60"), (Production, "1*120")]);
    eval.contract.looks = domain::contract::Looks::Halving;
    let mut at = |look: u32| {
        eval.facts.look = Some(look);
        let found = finding(&eval.decide(), "task=pay").clone();
        (found.state, found.code, found.reason)
    };
    assert_eq!(at(1).0, State::Holds);
    let (state, code, reason) = at(6);
    assert_eq!((state, code), (State::NotShown, Some(Code::LooksSpent)), "{reason}");
    assert!(reason.contains("look 6") && reason.contains("fresh reference set"), "{reason}");
}

#[test]
fn two_figures_that_would_read_the_same_have_more_digits() {
    let bounded = "{criterion: right, in: all, never: true, max_rate: 1%, owner: release}";
    let of = |count: usize| {
        let marks = format!("1*{count}");
        let marks = [(Candidate, marks.as_str()), (Production, marks.as_str())];
        let decision = Eval::new(contract(BY_TASK, &[bounded]), set(&[("pay", count)]), &marks).decide();
        finding(&decision, "all").reason.clone()
    };
    // 1 - .05^(1/298) is .010002, and 1 - .05^(1/299) is .009969: what is called ruled out is rounded up.
    let open = of(298);
    assert!(open.contains("rates above 1.1 %; asked: 1.0 %: a fresh sample of 299 conversations without"), "{open}");
    let clean = of(299);
    assert!(clean.contains("rates above 0.997 % (asked: 1.000 %)"), "{clean}");
}

#[test]
fn without_a_failure_so_many_more_without_one_settle_a_floor() {
    let high = "{criterion: right, in: task=pay, at_least: 0.99, owner: release}";
    let found = |marks: &str| {
        let decision = eval(&[high], &[(Candidate, marks), (Production, "1*120")]).decide();
        finding(&decision, "task=pay").clone()
    };
    let clean = found("1*120");
    // 0.99^n is at most the level.
    let level = clean.estimate.map(|estimate| estimate.level).expect("an estimate");
    let needed = (level.ln() / 0.99f64.ln()).ceil();
    let told = format!(": a fresh sample of {needed} conversations without a failure would settle it");
    assert!(clean.reason.ends_with(&told), "{}", clean.reason);
    assert!(!found("0 1*119").reason.contains("without a failure"));
}

#[test]
fn what_comes_in_addition_is_counted_at_the_level_of_the_next_look() {
    let high = "{criterion: right, in: task=pay, at_least: 0.99, owner: release}";
    let mut eval = eval(&[high], &[(Candidate, "1*120"), (Production, "1*120")]);
    eval.contract.looks = domain::contract::Looks::Halving;
    for look in [1, 2, 5] {
        eval.facts.look = Some(look);
        let reason = finding(&eval.decide(), "task=pay").reason.clone();
        let next = 0.05 * 0.5f64.powi(look as i32 + 1);
        let needed = (next.ln() / 0.99f64.ln()).ceil();
        let told =
            format!(": {} more conversations ({needed} in all) without a failure would settle it", needed - 60.0);
        assert!(reason.ends_with(&told), "look {look}: {reason}");
    }
}

#[test]
fn what_no_record_could_show_says_how_many_more_and_how_many_in_all() {
    let close = "{criterion: right, in: task=pay, not_worse_than: production, by: 0.02, owner: release}";
    let mut eval = eval(&[close], &[(Candidate, "1*120"), (Production, "1*120")]);
    eval.contract.looks = domain::contract::Looks::Halving;
    let found = finding(&eval.decide(), "task=pay").clone();
    assert_eq!(found.code, Some(Code::Undecidable));
    let more = found.estimate.and_then(|estimate| estimate.more_needed).expect("a number");
    let told = format!("about {more} more conversations ({} in all) would settle it at the next look", 60 + more);
    assert!(found.reason.contains(&told), "{}", found.reason);
}

#[test]
fn where_more_of_the_same_would_not_show_it_none_is_asked_for() {
    let better = "{criterion: right, in: task=pay, better_than: production, by: 0.05, owner: release}";
    let decision = eval(&[better], &[(Candidate, "1*120"), (Production, "1*120")]).decide();
    assert!(finding(&decision, "task=pay").reason.ends_with("more conversations like these would not show it"));
    let next: Vec<&str> = decision.follow_ups.iter().map(|next| next.what.as_str()).collect();
    assert_eq!(next, ["repair right better: more conversations like these would not show it"]);
}

#[test]
fn amounts_that_are_alike_throughout_are_not_shown_and_say_why() {
    let spend = "{measure: spend, in: all, not_worse_than: production, by: 0.5, owner: release}";
    let decision = eval(&[spend], &[(Candidate, "1*120"), (Production, "1*120")]).decide();
    let found = finding(&decision, "all");
    assert_eq!(found.state, State::NotShown);
    assert!(found.reason.contains("all conversations came out alike"), "{}", found.reason);
    let next: Vec<&str> = decision.follow_ups.iter().map(|next| next.what.as_str()).collect();
    assert_eq!(next, ["repair the gate spend not worse: nothing can show what it asks for here"]);
}

#[test]
fn where_a_latency_is_missing_no_grade_is() {
    let fast = "{measure: latency, in: all, at_most: 2s for 80%, owner: release}";
    let decision = eval(&[fast], &[(Candidate, "1*90 g*30"), (Production, "1*120")]).decide();
    let found = finding(&decision, "all");
    assert_eq!((found.state, found.code), (State::Unfit, Some(Code::MissingGrades)));
    let told = "too many measurements are missing: 0 of 120 planned not run, 30 answered without a latency";
    assert!(found.reason.starts_with(told), "{}", found.reason);
    let next: Vec<&str> = decision.follow_ups.iter().map(|next| next.what.as_str()).collect();
    assert!(next.iter().any(|next| next.starts_with("get the missing measurements: ")), "{next:?}");
}

#[test]
fn a_stage_leaves_nothing_with_a_production_that_is_out() {
    let staged = "{criterion: right, in: task, at_least: 0.8, owner: release, not_shown: {stage: 5%, stop: any failure, owner: release}}";
    let marks = [(Candidate, "1*60 1111110*8 0*4"), (Production, "1*60 10*30"), (Fallback, "1*120")];
    let decision = eval(&[staged], &marks).decide();
    goes(&decision, Outcome::RollBack, &[("pay", Candidate, 1.0), ("refund", Fallback, 1.0)]);
}

#[test]
fn a_cost_that_counts_what_an_unproven_judge_sees_decides_nothing() {
    let priced = "{measure: failure_cost, in: all, not_worse_than: production, by: 5, owner: release}";
    let mut eval = eval(&[priced], &[(Candidate, "1*120"), (Production, "1*120")]);
    assert_ne!(finding(&eval.decide(), "all").state, State::Unfit);
    let judge = domain::grader::Grader::Judge {
        rubric: "rubrics/right.md".into(),
        with: vec![domain::name::SystemName::new("judge")],
    };
    eval.contract.criteria[0].grader = judge;
    let decision = eval.decide();
    let found = finding(&decision, "all");
    assert_eq!((found.state, found.code), (State::Unfit, Some(Code::JudgeUnproven)));
    assert!(found.reason.contains("a cost is not corrected for a judge's error"), "{}", found.reason);
}

#[test]
fn a_system_error_is_a_failure_and_stays_in_the_denominator() {
    let decision = eval(&[FLOOR], &[(Candidate, "1*60 1*40 s*20"), (Production, "1*120")]).decide();
    let finding = finding(&decision, "task=refund");
    assert!(finding.estimate.is_some_and(|estimate| (estimate.value - 40.0 / 60.0).abs() < 1e-9));
    assert_eq!(finding.counts.planned, 60);
}

#[test]
fn missing_grades_are_taken_at_best_and_at_worst() {
    // 2 of 60 grades are missing: few enough to go on, enough to decide.
    let torn = eval(&[FLOOR], &[(Candidate, "1*60 1*52 0*6 g*2"), (Production, "1*120")]).decide();
    let found = finding(&torn, "task=refund");
    assert_eq!((found.state, found.code), (State::NotShown, Some(Code::MissingGrades)), "{:?}", states(&torn));
    let clear = eval(&[FLOOR], &[(Candidate, "1*60 1*58 g*2"), (Production, "1*120")]).decide();
    assert_eq!(finding(&clear, "task=refund").state, State::Holds);
}

#[test]
fn too_many_missing_grades_make_a_finding_unfit() {
    let decision = eval(&[FLOOR], &[(Candidate, "1*60 1*50 g*10"), (Production, "1*120")]).decide();
    let found = finding(&decision, "task=refund");
    assert_eq!((found.state, found.code), (State::Unfit, Some(Code::MissingGrades)));
}

#[test]
fn scores_first_decided_under_another_contract_are_unfit() {
    let mut eval = eval(&[FLOOR], &[(Candidate, "1*120"), (Production, "1*120")]);
    eval.facts.decided_under = Some(eval.contract.digest);
    let decision = eval.decide();
    assert_eq!(finding(&decision, "task=pay").code, Some(Code::ContractChanged));
    assert_eq!(decision.outcome, Outcome::CannotDecide);
}

#[test]
fn an_advisory_gate_is_shown_and_decides_nothing() {
    let advisory = "{criterion: right, in: task, at_least: 0.8, blocking: false, owner: release}";
    let holds = "{criterion: right, in: task, at_least: 0.3, owner: release}";
    let decision = eval(&[advisory, holds], &[(Candidate, "10*60"), (Production, "1*120")]).decide();
    assert_eq!(finding(&decision, "task=pay").state, State::Breached);
    assert_eq!(decision.outcome, Outcome::Ship, "{:?}", states(&decision));
}

#[test]
fn a_finding_on_all_that_is_not_shown_caps_the_rollout() {
    let all = "{criterion: right, in: all, at_least: 0.97, owner: release}";
    let decision = eval(&[FLOOR, all], &[(Candidate, "1*57 0*3 1*60"), (Production, "1*120")]).decide();
    assert_eq!(decision.outcome, Outcome::NarrowRollout, "{:?}", states(&decision));
    assert!(decision.routes.iter().all(|route| route.system == Candidate && route.share.get() < 1.0));
}

#[test]
fn a_finding_on_all_that_is_breached_blocks_every_cell() {
    let all = "{criterion: right, in: all, at_least: 0.97, owner: release}";
    let low = "{criterion: right, in: task, at_least: 0.3, owner: release}";
    let decision = eval(&[low, all], &[(Candidate, "1110*30"), (Production, "1*120")]).decide();
    goes(&decision, Outcome::Hold, &[("pay", Production, 1.0), ("refund", Production, 1.0)]);
}

#[test]
fn a_cell_that_no_gate_speaks_for_stays_with_production() {
    let pay = "{criterion: right, in: task=pay, at_least: 0.8, owner: release}";
    let decision = eval(&[pay], &[(Candidate, "1*120"), (Production, "1*120")]).decide();
    goes(&decision, Outcome::NarrowRollout, &[("pay", Candidate, 1.0), ("refund", Production, 1.0)]);
}

#[test]
fn one_conversation_is_never_evidence() {
    let overall = "{criterion: right, in: all, at_least: 0.1, owner: release}";
    let one = Eval::new(contract(BY_TASK, &[overall]), set(&[("pay", 1)]), &[(Candidate, "1"), (Production, "1")]);
    let decision = one.decide();
    assert_ne!(finding(&decision, "all").state, State::Holds);
    assert!(decision.routes.iter().all(|route| route.system == Production), "{:?}", routes(&decision));
}

#[test]
fn an_undeclared_value_has_no_share_beside_declared_ones() {
    let contract = contract("{by: task, routable: true, shares: {pay: 100%}}", &[FLOOR]);
    let set = set(&[("pay", 60), ("refund", 20)]);
    let decision = Eval::new(contract, set, &[(Candidate, "1*80"), (Production, "1*80")]).decide();
    let shares: Vec<Option<f64>> =
        decision.routes.iter().map(|route| route.cell.share.map(|share| share.get())).collect();
    assert_eq!(shares, [Some(1.0), None]);
}

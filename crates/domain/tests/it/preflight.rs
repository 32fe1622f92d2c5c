//! What the best record could decide: as the gate itself decides on that record.

use super::scored::{Eval, contract, set};
use domain::check::{Given, Ungraded, check};
use domain::contract::{Contract, Looks};
use domain::finding::{Code, State};
use domain::name::CriterionName;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::system::Arm::{Candidate, Production};

const BY_TASK: &str = "{by: task, routable: true}";
const NOT_WORSE: &str = "{criterion: right, in: task, not_worse_than: production, by: 0.1, owner: release}";
const IN_ALL: &str = "{criterion: right, in: all, not_worse_than: production, by: 0.1, owner: release}";
const FLOOR: &str = "{criterion: right, in: task, at_least: 0.9, owner: release}";

const NEVER: &str = "{criterion: right, in: task, never: true, owner: release}";

/// What is said of gates that cannot be decided.
fn told(contract: &Contract, set: &ReferenceSet) -> Vec<String> {
    let found = check(contract, Given { set: Some(set), today: "2026-11-24", ..Given::default() });
    found.into_iter().filter(|finding| finding.code == "PLM008").map(|finding| finding.what).collect()
}

/// What is said beforehand of a gate on tasks of these sizes is what it finds where every mark is the best.
fn foretells(segments: &str, gate: &str, best: u8, (pay, refund): (usize, usize)) {
    let contract = contract(segments, &[gate]);
    let set = set(&[("pay", pay), ("refund", refund)]);
    let marks = format!("{best}*{}", pay + refund);
    let foreseen = told(&contract, &set);
    let decision = Eval::new(contract, set, &[(Candidate, &marks), (Production, &marks)]).decide();
    for finding in decision.findings.iter().filter(|finding| finding.arm == Candidate) {
        let on = format!(" on {}:", finding.segment.name);
        let is_foreseen = foreseen.iter().any(|what| what.contains(&on));
        assert_eq!(is_foreseen, finding.state != State::Holds, "{pay} {refund} {on} {foreseen:?}");
    }
}

#[test]
fn the_preflight_says_what_the_gate_says_of_the_best_record() {
    for gate in [NOT_WORSE, FLOOR] {
        for sizes in [(60, 60), (47, 47), (48, 48), (60, 37), (60, 36), (90, 28), (29, 36), (1, 60), (34, 34), (35, 34)]
        {
            foretells(BY_TASK, gate, 1, sizes);
        }
    }
}

#[test]
fn a_never_rule_holds_on_no_fewer_than_its_segment_asks_for() {
    for sizes in [(36, 36), (60, 35), (1, 36)] {
        foretells("{by: task, routable: true, min_examples: 36}", NEVER, 1, sizes);
    }
    foretells(BY_TASK, NEVER, 1, (2, 1));
}

#[test]
fn the_numbers_are_those_of_holm_and_students_t() {
    // Look 1 of one (alpha .05): two hopeless tasks are both tested at half of it.
    let contract = contract(BY_TASK, &[NOT_WORSE]);
    let both = told(&contract, &set(&[("pay", 30), ("refund", 30)]));
    assert_eq!(both.len(), 2);
    assert!(
        both[0].ends_with("with 30 conversations not even equal answers show that it holds; at least 38 are needed"),
        "{both:?}"
    );
    // Where one is shown at its best, the other is tested at the full level.
    assert_eq!(told(&contract, &set(&[("pay", 60), ("refund", 30)])), Vec::<String>::new());
}

#[test]
fn a_limit_from_above_is_foreseen_as_a_floor_is() {
    const CEILING: &str = "{measure: grader_errors, in: task, at_most: 10%, owner: release}";
    for sizes in [(60, 60), (36, 36), (35, 35), (60, 29), (60, 28), (1, 60)] {
        foretells(BY_TASK, CEILING, 0, sizes);
    }
    let none_at_all = "{measure: grader_errors, in: all, at_most: 0%, owner: release}";
    let told = told(&contract(BY_TASK, &[none_at_all]), &set(&[("pay", 74)]));
    assert!(told.len() == 1 && told[0].contains("no number of conversations shows a share of none"), "{told:?}");
}

#[test]
fn what_no_record_could_show_says_how_many_would() {
    let shown = |gate: &str, marks: &str| {
        let contract = contract(BY_TASK, &[gate]);
        let count = super::scored::marks(marks).len();
        let eval = Eval::new(contract, set(&[("pay", count)]), &[(Candidate, marks), (Production, marks)]);
        let decision = eval.decide();
        let finding = decision.findings.iter().find(|finding| finding.arm == Candidate).expect("one gate");
        (finding.code, finding.reason.clone())
    };
    // 0.98 to the power of 149 is the first at or below 0.05.
    let (code, reason) = shown("{measure: grader_errors, in: all, at_most: 2%, owner: release}", "0*40");
    assert_eq!(code, Some(Code::Undecidable), "{reason}");
    assert!(reason.contains("with 40 conversations no result could show at most 2.0 %"), "{reason}");
    assert!(reason.contains("a fresh sample of about 149 conversations"), "{reason}");
    // Five conversations have four degrees of freedom, which as a sum are a little less.
    let five = shown("{criterion: right, in: all, not_worse_than: production, by: 0.1, owner: release}", "1*5");
    assert_eq!(five.0, Some(Code::Undecidable), "{}", five.1);
}

#[test]
fn the_preflight_weighs_at_the_look_that_a_run_would_be() {
    let mut contract = contract(BY_TASK, &[IN_ALL]);
    let set = set(&[("pay", 42)]);
    let at = |contract: &Contract, look: u32| {
        let given = Given { set: Some(&set), look: Some(look), today: "2026-11-24", ..Given::default() };
        let found = check(contract, given).into_iter().filter(|finding| finding.code == "PLM008");
        found.map(|finding| finding.what).collect::<Vec<_>>()
    };
    // g >= 9 t^2 with Student's t of g - 1: 38 at 2.5 %, and 49 at 1.25 %.
    contract.looks = Looks::Halving;
    assert_eq!(at(&contract, 1), Vec::<String>::new());
    let second = at(&contract, 2);
    assert!(
        second.len() == 1 && second[0].contains("not even equal answers show at look 2 that it holds"),
        "{second:?}"
    );
    contract.looks = Looks::One;
    let spent = at(&contract, 2);
    assert!(spent.len() == 1 && spent[0].starts_with("the contract allows one look"), "{spent:?}");
}

#[test]
fn a_mean_is_tested_on_nine_conversations_at_the_fewest() {
    let spend = contract(BY_TASK, &["{measure: spend, in: all, not_worse_than: production, by: 10%, owner: release}"]);
    let few = told(&spend, &set(&[("pay", 8)]));
    assert!(few.len() == 1 && few[0].ends_with("at least 9 are needed"), "{few:?}");
    assert_eq!(told(&spend, &set(&[("pay", 9)])), Vec::<String>::new());
}

#[test]
fn better_than_is_bounded_by_nothing() {
    let better = "{criterion: right, in: task, better_than: production, owner: release}";
    assert_eq!(told(&contract(BY_TASK, &[better]), &set(&[("pay", 8), ("refund", 8)])), Vec::<String>::new());
}

#[test]
fn what_no_number_of_conversations_shows_is_said() {
    for (gate, words) in [
        ("{criterion: right, at_least: 100%, owner: release}", "no number of conversations shows"),
        ("{criterion: right, not_worse_than: production, by: 0, owner: release}", "equal answers never show"),
    ] {
        let told = told(&contract(BY_TASK, &[gate]), &set(&[("pay", 74), ("refund", 74)]));
        assert!(told.len() == 1 && told[0].contains(words), "{gate}: {told:?}");
    }
}

#[test]
fn examples_on_which_nothing_is_compared_are_no_evidence() {
    let contract = contract(BY_TASK, &["{criterion: right, in: all, at_least: 0.9, owner: release}"]);
    let set = set(&[("pay", 30), ("refund", 30)]);
    let found = |missing: std::ops::Range<u32>, null: std::ops::Range<u32>| {
        let of = |range: std::ops::Range<u32>| range.map(ExampleIndex).collect::<Vec<_>>();
        let path = "expected.behaviour".to_owned();
        let ungraded =
            [Ungraded { criterion: CriterionName::new("right"), path, missing: of(missing), null: of(null) }];
        let given = Given { set: Some(&set), today: "2026-11-24", ungraded: &ungraded, ..Given::default() };
        let found = check(&contract, given).into_iter();
        found
            .filter(|finding| ["PLM008", "PLM026", "PLM027"].contains(&finding.code))
            .map(|finding| format!("{}: {}", finding.code, finding.what))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(0..0, 0..0), Vec::<String>::new());
    let few = found(0..0, 0..55);
    assert!(few.len() == 1 && few[0].starts_with("PLM008") && few[0].contains("with 5 conversations"), "{few:?}");
    let none = found(0..0, 0..60);
    assert!(none.len() == 1 && none[0].starts_with("PLM026"), "{none:?}");
    assert_eq!(
        found(0..60, 0..0),
        ["PLM027: `right` compares with `expected.behaviour`, which none of its 60 examples has"]
    );
    assert_eq!(
        found(0..2, 0..0),
        ["PLM027: `right` compares with `expected.behaviour`, which `e0` has not: so 2 of 60 cannot be graded on it"]
    );
}

#[test]
fn traffic_without_examples_leaves_no_result_to_hope_for() {
    let shared = |shares: &str| contract(&format!("{{by: task, routable: true, shares: {shares}}}"), &[IN_ALL]);
    let enough = set(&[("pay", 200)]);
    let told_of = |shares: &str| told(&shared(shares), &enough);
    // Equal answers lose nothing where they were seen, and all of the rest at worst.
    let without = told_of("{pay: 88%, refund: 12%}");
    assert_eq!(without.len(), 1, "{without:?}");
    assert!(without[0].ends_with(
        "12.0 % of the traffic (refund) has no examples, or too few to weigh, so not even equal answers show that it holds"
    ));
    assert_eq!(told_of("{pay: 97%, refund: 3%}"), Vec::<String>::new());
}

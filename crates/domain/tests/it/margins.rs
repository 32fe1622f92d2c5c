//! What a relative margin asks: a share of what the opponent takes, in the direction of the rule.

use crate::scored::contract;
use domain::evidence::questions_of;
use domain::question::{Compared, RelativeMargin};
use domain::segment::Segment;
use domain::system::Arm;

/// The factors of production's value in the first question of a gate.
fn factor(gate: &str) -> Option<RelativeMargin> {
    let contract = contract("{by: task}", &[gate]);
    let questions = questions_of(&contract, &contract.gates[0], &Segment::all(), Arm::Candidate);
    match questions[0].compared {
        Compared::Paired { margin, .. } => margin,
        Compared::Alone(_) => panic!("a comparison asks of pairs"),
    }
}

#[test]
fn not_worse_by_a_tenth_allows_more_and_better_by_a_tenth_asks_for_less() {
    for measure in ["latency", "spend", "failure_cost"] {
        let gate = |rule: &str| format!("{{measure: {measure}, {rule}: production, by: 10%, owner: release}}");
        assert_eq!(factor(&gate("not_worse_than")), Some(RelativeMargin(1.1)), "{measure}");
        assert_eq!(factor(&gate("better_than")), Some(RelativeMargin(0.9)), "{measure}");
    }
}

#[test]
fn a_percentage_on_a_rate_is_points_and_an_amount_is_itself() {
    for gate in [
        "{criterion: right, not_worse_than: production, by: 10%, owner: release}",
        "{criterion: right, better_than: production, by: 0.1, owner: release}",
        "{measure: grader_errors, not_worse_than: production, by: 10%, owner: release}",
        "{measure: latency, better_than: production, by: 100ms, owner: release}",
    ] {
        assert_eq!(factor(gate), None, "{gate}");
    }
}

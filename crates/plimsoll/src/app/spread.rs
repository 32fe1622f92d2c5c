//! What is shown beside a decision on everything, of the candidate and of production: what repeats tell, and how latency and spend
//! spread. No decision rests on it.

use super::weigh::ours;
use crate::cli::Failure;
use domain::criterion::Kind;
use domain::evidence::matrix_question;
use domain::evidence::measured::Measured;
use domain::evidence::repeated::Repeated;
use domain::gate::Measure;
use domain::name::CriterionName;
use domain::question::{Compared, Question, ValueOf};
use domain::segment::Segment;
use domain::system::Arm;
use lake::Scores;
use std::collections::BTreeSet;

/// What repeats tell of each criterion that passes or fails; nothing where every example is asked once.
pub fn repeats(scores: &Scores, arms: &BTreeSet<Arm>) -> Result<Vec<(CriterionName, Arm, Repeated)>, Failure> {
    let contract = scores.contract();
    let criteria = contract.criteria.iter().filter(|one| contract.repeats > 1 && one.kind == Kind::PassFail);
    let (mut of, mut questions) = (Vec::new(), Vec::new());
    for criterion in criteria {
        for arm in shown(arms) {
            of.push((criterion.name.clone(), arm));
            questions.push(matrix_question(criterion, &Segment::all(), Compared::Alone(arm)));
        }
    }
    let found = scores.repeated(&questions, contract.repeats).map_err(ours)?;
    Ok(of.into_iter().zip(found).filter_map(|((name, arm), told)| Some((name, arm, told?))).collect())
}

/// Quantiles of latency and spend, as far as a gate is about them.
pub fn quantiles(scores: &Scores, arms: &BTreeSet<Arm>) -> Result<Vec<(Measure, Arm, Option<Measured>)>, Failure> {
    let mut found = Vec::new();
    for measure in [Measure::Latency, Measure::Spend] {
        let is_gated = scores.contract().gates.iter().any(|gate| gate.measure == measure);
        for arm in shown(arms).filter(|_| is_gated) {
            let (segment, compared) = (Segment::all(), Compared::Alone(arm));
            let question = Question { measure: measure.clone(), value: ValueOf::Amount, segment, compared };
            found.push((measure.clone(), arm, scores.measured(&question).map_err(ours)?));
        }
    }
    Ok(found)
}

fn shown(arms: &BTreeSet<Arm>) -> impl Iterator<Item = Arm> {
    [Arm::Candidate, Arm::Production].into_iter().filter(|arm| arms.contains(arm))
}

//! What a run holds, example by example: the least that every sum can be made of again.

use crate::contract::Contract;
use crate::gate::Measure;
use crate::name::ClassName;
use crate::question::{Question, ValueOf};
use crate::reference_set::{ExampleIndex, ReferenceSet};
use crate::share::Share;
use crate::system::Arm;
use crate::tally::Scored;
use std::collections::BTreeMap;

/// One planned score or answer, as one measure reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub example: ExampleIndex,
    pub repeat: u32,
    /// `None` where there is no value.
    pub value: Option<f64>,
    /// There is no value, and nobody knows which it would be.
    pub missing: bool,
    pub system_error: bool,
    pub grader_error: bool,
    pub not_run: bool,
    pub class: Option<ClassName>,
}

/// All that a run holds of one measure, read in one way.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub measure: Measure,
    pub value: ValueOf,
    pub arms: BTreeMap<Arm, Vec<Answered>>,
}

/// The columns of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    pub columns: Vec<Column>,
}

impl Held {
    /// Whether some example was asked more than once of an arm; answers stand in the order of examples. One repeat may stand more than
    /// once: grader errors are counted for every criterion.
    pub(super) fn is_repeated(&self, arm: Arm) -> bool {
        let again = |two: &[Answered]| two[0].example == two[1].example && two[0].repeat != two[1].repeat;
        let mut answers = self.columns.iter().filter_map(|column| column.arms.get(&arm));
        answers.any(|answers| answers.windows(2).any(again))
    }
}

/// The columns that a rehearsal needs: those of its questions, and for what fails outright every criterion as passed or failed.
pub fn columns(contract: &Contract, set: &ReferenceSet, questions: &[Question]) -> Vec<(Measure, ValueOf)> {
    let mut keys: Vec<(Measure, ValueOf)> = Vec::new();
    let mut want = |key: (Measure, ValueOf)| {
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    questions.iter().for_each(|question| want((question.measure.clone(), question.value)));
    let outright = set.active().any(|(_, row)| row.never || row.guard != crate::example::Guard::No);
    for criterion in &contract.criteria {
        let is_never = contract
            .gates
            .iter()
            .any(|gate| crate::finding::is_never(gate) && gate.measure == Measure::Criterion(criterion.name.clone()));
        if outright || is_never {
            let mark = criterion.pass_at.unwrap_or(Share::ONE);
            want((Measure::Criterion(criterion.name.clone()), ValueOf::Reaches(mark)));
        }
    }
    keys
}

/// What an example scored in one arm, and how much of it for a reason of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub scored: Scored,
    /// System errors of a class that the criterion does not protect against.
    pub faults: u32,
}

impl AsRef<Scored> for Entry {
    fn as_ref(&self) -> &Scored {
        &self.scored
    }
}

impl Entry {
    fn add(&mut self, answered: &Answered, is_fault: bool) {
        let scored = &mut self.scored;
        scored.planned += 1;
        if let Some(value) = answered.value {
            scored.sum += value;
            scored.known += 1;
        }
        scored.missing += u32::from(answered.missing);
        scored.system_errors += u32::from(answered.system_error);
        scored.grader_errors += u32::from(answered.grader_error);
        scored.not_run += u32::from(answered.not_run);
        self.faults += u32::from(is_fault);
    }

    /// Of a column that says whether a mark is reached: some repeat did not, for a reason that counts as a failure of the
    /// criterion itself.
    pub fn fails(&self) -> bool {
        f64::from(self.scored.known - self.faults) - self.scored.sum > 0.5
    }

    /// The same, whatever the reason.
    pub fn fails_somehow(&self) -> bool {
        f64::from(self.scored.known) - self.scored.sum > 0.5
    }
}

/// An arm's entries in one column, one for each example of the set, over the repeats that are wanted.
pub(super) fn summed(
    contract: &Contract,
    column: &Column,
    arm: Arm,
    examples: usize,
    wanted: impl Fn(u32) -> bool,
) -> Vec<Entry> {
    let criterion = match &column.measure {
        Measure::Criterion(name) => contract.criterion(name.as_str()),
        _ => None,
    };
    let mut entries = vec![Entry::default(); examples];
    for answered in column.arms.get(&arm).into_iter().flatten().filter(|answered| wanted(answered.repeat)) {
        let protected = criterion
            .is_some_and(|criterion| answered.class.as_ref().is_some_and(|class| criterion.protects.contains(class)));
        if let Some(entry) = entries.get_mut(answered.example.0 as usize) {
            entry.add(answered, answered.system_error && !protected);
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[(u32, u32)]) -> Held {
        let answered = |&(example, repeat): &(u32, u32)| Answered {
            example: ExampleIndex(example),
            repeat,
            value: Some(0.0),
            missing: false,
            system_error: false,
            grader_error: false,
            not_run: false,
            class: None,
        };
        let arms = BTreeMap::from([(Arm::Production, rows.iter().map(answered).collect())]);
        Held { columns: vec![Column { measure: Measure::GraderErrors, value: ValueOf::GraderError, arms }] }
    }

    #[test]
    fn two_criteria_of_one_answer_are_no_repeat() {
        assert!(!held(&[(0, 0), (0, 0), (1, 0), (1, 0)]).is_repeated(Arm::Production));
        assert!(held(&[(0, 0), (0, 0), (0, 1), (0, 1)]).is_repeated(Arm::Production));
        assert!(!held(&[(0, 0), (0, 1)]).is_repeated(Arm::Candidate));
    }
}

//! What each example scored: for each measure and arm the sum over repeats, and what is missing of them.
//!
//! in      rows as SQL hands them on, each numbered by measure, arm and example
//! out     one entry for each measure, arm and example, zero where the scores have no row
//! note    the only table made of all rows of the scores; everything after it is summed by `domain::tally`

use super::columns::{numbers, whole};
use crate::LakeError;
use datafusion::arrow::array::RecordBatch;
use domain::gate::Measure;
use domain::name::CriterionName;
use domain::question::{Question, ValueOf};
use domain::system::Arm;
use domain::tally::Scored;

/// What is measured, and what number is taken of it.
pub(super) type Key = (Measure, ValueOf);

/// What an example scored in one arm, and the sum of the grades that it is taken of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfExample {
    scored: Scored,
    grades: f64,
}

impl AsRef<Scored> for OfExample {
    fn as_ref(&self) -> &Scored {
        &self.scored
    }
}

impl OfExample {
    /// The mean grade over repeats.
    pub fn grade(&self) -> Option<f64> {
        (self.scored.known > 0).then(|| self.grades / f64::from(self.scored.known))
    }
}

pub(super) struct PerExample {
    pub keys: Vec<Key>,
    arms: Vec<Arm>,
    examples: usize,
    /// By measure, then arm, then example.
    entries: Vec<OfExample>,
    seen: bool,
}

impl PerExample {
    pub fn new(keys: &[Key], arms: impl Iterator<Item = Arm>, examples: usize) -> Self {
        let arms: Vec<Arm> = arms.collect();
        let entries = vec![OfExample::default(); keys.len() * arms.len() * examples];
        PerExample { keys: keys.to_vec(), arms, examples, entries, seen: false }
    }

    /// Whether any row came.
    pub fn has_rows(&self) -> bool {
        self.seen
    }

    /// The entries of a measure in an arm, by example; `None` where it is not held.
    fn of(&self, key: &Key, arm: Arm) -> Option<&[OfExample]> {
        self.find(arm, |known| known == key)
    }

    /// The entries that a question compares; `None` where they are not all held.
    pub fn compared(&self, question: &Question) -> Option<(&[OfExample], Option<&[OfExample]>)> {
        let key = (question.measure.clone(), question.value);
        let (of, with) = question.compared.arms();
        let of = self.of(&key, of)?;
        match with {
            None => Some((of, None)),
            Some(with) => Some((of, Some(self.of(&key, with)?))),
        }
    }

    /// The entries of a criterion, whatever number was asked for.
    pub fn of_criterion(&self, criterion: &CriterionName, arm: Arm) -> Option<&[OfExample]> {
        self.find(arm, |(measure, _)| matches!(measure, Measure::Criterion(name) if name == criterion))
    }

    fn find(&self, arm: Arm, is_it: impl Fn(&Key) -> bool) -> Option<&[OfExample]> {
        let key = self.keys.iter().position(is_it)?;
        let arm = self.arms.iter().position(|known| *known == arm)?;
        let start = (key * self.arms.len() + arm) * self.examples;
        self.entries.get(start..start + self.examples)
    }

    /// Takes rows: the number of their entry, value and grade, and whether they are missing, and why.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let [entries, missing, system_errors, grader_errors, not_run] = [0, 3, 4, 5, 6].map(|at| whole(batch, at));
        let (entries, missing, system_errors) = (entries?, missing?, system_errors?);
        let (grader_errors, not_run) = (grader_errors?, not_run?);
        let (values, grades) = (numbers(batch, 1)?, numbers(batch, 2)?);
        for row in 0..batch.num_rows() {
            let Some(entry) = self.entries.get_mut(entries[row] as usize) else { continue };
            self.seen = true;
            entry.grades += grades[row].unwrap_or(0.0);
            let scored = &mut entry.scored;
            if let Some(value) = values[row] {
                scored.sum += value;
                scored.known += 1;
            }
            scored.planned += 1;
            scored.missing += missing[row];
            scored.system_errors += system_errors[row];
            scored.grader_errors += grader_errors[row];
            scored.not_run += not_run[row];
        }
        Ok(())
    }
}

//! What each example scored: for each measure and arm the sum over repeats, and what is missing of them.
//!
//! in      groups as SQL hands them on, each numbered by measure, arm and example
//! out     one entry for each of them, zero where the scores have no row
//! note    the only table made of all rows of the scores. Everything after it is summed in the order of the set, so that
//!         neither partitions nor the order of rows change a bit of a decision

use crate::LakeError;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use domain::gate::Measure;
use domain::name::CriterionName;
use domain::question::ValueOf;
use domain::system::Arm;

/// What is measured, and what number is taken of it.
pub(super) type Key = (Measure, ValueOf);

/// One measure on one example in one arm, over all repeats.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfExample {
    /// Over repeats with a value: the number that is asked for, and the grade that it is taken of.
    pub sum: f64,
    pub grades: f64,
    pub known: u32,
    /// Repeats whose value is unknown.
    pub missing: u32,
    pub planned: u32,
    pub system_errors: u32,
    pub grader_errors: u32,
    pub not_run: u32,
}

/// How missing grades are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    AsGraded,
    /// Every missing value is 1.
    Highest,
    /// Every missing value is 0.
    Lowest,
}

impl OfExample {
    /// The mean over repeats; `None` where there is nothing to take it of.
    pub fn mean(&self, reading: Reading) -> Option<f64> {
        let (sum, count) = match reading {
            Reading::AsGraded => (self.sum, self.known),
            Reading::Highest => (self.sum + f64::from(self.missing), self.known + self.missing),
            Reading::Lowest => (self.sum, self.known + self.missing),
        };
        (count > 0).then(|| sum / f64::from(count))
    }

    /// The mean grade over repeats.
    pub fn grade(&self) -> Option<f64> {
        (self.known > 0).then(|| self.grades / f64::from(self.known))
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
    pub fn of(&self, key: &Key, arm: Arm) -> Option<&[OfExample]> {
        self.find(arm, |known| known == key)
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

    /// Takes groups: their number, sums of numbers and of grades, counts of known, planned, missing, and of each reason.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let [group, known, planned, missing, system_errors, grader_errors, not_run] =
            [0, 3, 4, 5, 6, 7, 8].map(|at| cast(batch.column(at), &DataType::Int64));
        let counts = [group?, known?, planned?, missing?, system_errors?, grader_errors?, not_run?];
        let counts = counts.each_ref().map(|column| column.as_primitive::<Int64Type>());
        let [sums, grades] = [1, 2].map(|at| cast(batch.column(at), &DataType::Float64));
        let (sums, grades) = (sums?, grades?);
        let sums = [&sums, &grades].map(|column| column.as_primitive::<Float64Type>());
        for row in 0..batch.num_rows() {
            let count = |at: usize| counts[at].value(row) as u32;
            let sum = |at: usize| if sums[at].is_null(row) { 0.0 } else { sums[at].value(row) };
            let Some(entry) = self.entries.get_mut(counts[0].value(row) as usize) else { continue };
            self.seen = true;
            *entry = OfExample {
                sum: sum(0),
                grades: sum(1),
                known: count(1),
                planned: count(2),
                missing: count(3),
                system_errors: count(4),
                grader_errors: count(5),
                not_run: count(6),
            };
        }
        Ok(())
    }
}

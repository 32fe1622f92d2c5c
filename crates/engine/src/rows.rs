//! Rows that grading hands on, in batches of a fixed order.

use domain::answer::SystemFault;
use domain::name::ClassName;
use domain::reference_set::ExampleIndex;
use domain::score::{Fingerprint, HowJudged, State};

/// One planned score.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreRow {
    pub example: ExampleIndex,
    pub repeat: u32,
    /// Position in the contract's criteria.
    pub criterion: u16,
    pub state: State,
    pub value: Option<f64>,
    pub class: Option<ClassName>,
    pub reason: String,
    /// How judges came to it.
    pub how: HowJudged,
}

/// One planned answer.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRow {
    pub example: ExampleIndex,
    pub repeat: u32,
    /// Graded (it arrived), system error, or not run.
    pub state: State,
    /// Why there is no answer, where the system failed.
    pub failed: Option<Failed>,
    pub latency_ms: Option<f64>,
    pub spend: Option<f64>,
    pub cached: bool,
    pub attempts: Option<u32>,
    /// Where the answer's line stands; `None` where there is none.
    pub kept: Option<(u16, u64, u32)>,
}

/// A system fault, as every score of the answer tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    pub class: ClassName,
    pub reason: String,
}

impl Failed {
    pub fn of(error: &SystemFault) -> Self {
        const LONGEST: usize = 200;
        let reason = format!("{}: {}", error.class, error.message).chars().take(LONGEST).collect();
        Failed { class: ClassName::new(error.failure_class()), reason }
    }
}

/// Rows of one system.
#[derive(Debug, Default)]
pub struct Batch {
    pub scores: Vec<ScoreRow>,
    pub answers: Vec<AnswerRow>,
    pub fingerprint: Fingerprint,
}

/// What takes the rows; its failure ends the run.
pub trait Sink {
    type Error: std::fmt::Display;

    fn take(&mut self, system: &str, batch: Batch) -> Result<(), Self::Error>;
}

//! Scores: system x example x repeat x criterion. The denominator is fixed when a run is planned: every planned score
//! has a row, whatever became of it.

mod fingerprint;

pub use fingerprint::{Counted, Fingerprint, Measured, Summing};

use crate::name::ClassName;
use crate::share::Share;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The grader gave a value.
    Graded,
    /// The system did not answer: a failure, of class latency or format.
    SystemError,
    /// The grader could not give a value: unknown, bounded both ways.
    GraderError,
    /// No answer was recorded: unknown.
    NotRun,
    /// The criterion does not apply to this example or answer.
    NotApplicable,
}

impl State {
    pub const ALL: [State; 5] =
        [State::Graded, State::SystemError, State::GraderError, State::NotRun, State::NotApplicable];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Graded => "graded",
            State::SystemError => "system_error",
            State::GraderError => "grader_error",
            State::NotRun => "not_run",
            State::NotApplicable => "not_applicable",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a grader says about one answer. Total: a grader never fails otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Graded {
        value: Share,
        /// Why it failed, where the grader knows better than the criterion's first class.
        class: Option<ClassName>,
        /// What it points at: the span, the tool call, the missing section. Empty where it passed with nothing to say.
        reason: String,
    },
    NotApplicable {
        reason: String,
    },
    GraderError {
        reason: String,
    },
}

/// How judges came to a verdict, where they were asked: known beside it, so that nobody has to read it out of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HowJudged {
    /// Whether not all judges of a panel said the same; `None` of a single judge.
    pub panel_differs: Option<bool>,
    /// Whether some judge said another thing of the pair once its order was another; `None` where nothing was compared.
    pub order_changed: Option<bool>,
    /// Where levels have an order and no distance: the level, from 0, the worst; of a panel the middle one of those that say what counts.
    pub level: Option<u32>,
}

impl Verdict {
    pub fn passed(reason: impl Into<String>) -> Self {
        Verdict::Graded { value: Share::ONE, class: None, reason: reason.into() }
    }

    pub fn failed(reason: impl Into<String>) -> Self {
        Verdict::Graded { value: Share::ZERO, class: None, reason: reason.into() }
    }

    pub fn failed_as(class: &str, reason: impl Into<String>) -> Self {
        Verdict::Graded { value: Share::ZERO, class: Some(ClassName::new(class)), reason: reason.into() }
    }
}

//! Criteria: things that can fail, each for its own reason.

use crate::grader::Grader;
use crate::name::{ClassName, CriterionName};
use crate::segment::Conditions;
use crate::share::Share;

/// A criterion. One that protects nothing is refused by `check`.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    pub name: CriterionName,
    pub describe: String,
    /// The failure classes it protects against; the first is the class of a failure whose grader names none.
    pub protects: Vec<ClassName>,
    pub grader: Grader,
    /// The examples it applies to; all where empty.
    pub applies: Conditions,
    /// Where grades are not pass or fail: a grade passes from here up. `None` gates the mean of graded scores.
    pub pass_at: Option<Share>,
    pub kind: Kind,
}

impl Criterion {
    /// The class of a grade that fails, where its grader names none. Of a mean that is gated, no grade is a failure by itself.
    pub fn class_of(&self, value: f64) -> Option<&ClassName> {
        let mark = self.pass_at.unwrap_or(Share::ONE).get();
        self.fallback_class().filter(|_| value < mark)
    }

    /// The class of every failure whose grader names none.
    pub fn fallback_class(&self) -> Option<&ClassName> {
        self.protects.first().filter(|_| self.kind == Kind::PassFail)
    }

    /// By the same grader on the same examples. What tables and people say goes by the criterion's name.
    pub fn is_graded_as(&self, other: &Criterion) -> bool {
        let by_name = matches!(self.grader, Grader::Imported | Grader::Reviewers { .. });
        let alike = self.grader == other.grader && self.applies == other.applies;
        !by_name && alike && self.pass_at == other.pass_at && self.kind == other.kind
    }
}

/// What kind of number the grades of a criterion are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 0 or 1 (after `pass_at`).
    PassFail,
    /// Anything in [0, 1], on an interval scale; means and t intervals.
    Graded,
}

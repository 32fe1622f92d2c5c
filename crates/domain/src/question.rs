//! Questions put to the scores, and the sums that answer them. `domain` says what to ask; `lake` reads with SQL what
//! examples scored, and `tally` sums it.

use crate::gate::{Margin, Measure, Rule};
use crate::segment::Segment;
use crate::share::{Amount, Share};
use crate::system::Arm;

/// One estimate that a gate, a matrix cell or the failure cost rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub measure: Measure,
    pub value: ValueOf,
    pub segment: Segment,
    pub compared: Compared,
}

/// What number is taken of each score or answer, higher or lower being better as the measure says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueOf {
    /// The grade itself, in [0, 1].
    Grade,
    /// 1 where the grade reaches the mark, else 0.
    Reaches(Share),
    /// 1 where latency or spend stays within the limit, else 0. An answer that failed is not within it.
    Within(Amount),
    /// Latency in ms or spend in money.
    Amount,
    /// Failure cost of the answer in money: each class that failed on it counts once, and all of them together cost so much.
    Cost(Amount),
    /// 1 where the grader failed to give a grade.
    GraderError,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compared {
    /// One arm on its own.
    Alone(Arm),
    /// `of` minus `with` on the same example; with a relative margin `of - factor * with`.
    Paired { of: Arm, with: Arm, margin: Option<RelativeMargin> },
}

impl Compared {
    /// The arm that is asked about, and its opponent.
    pub fn arms(&self) -> (Arm, Option<Arm>) {
        match *self {
            Compared::Alone(of) => (of, None),
            Compared::Paired { of, with, .. } => (of, Some(with)),
        }
    }

    /// What the opponent's value is multiplied by before it is taken off.
    pub fn factor(&self) -> f64 {
        match self {
            Compared::Alone(_) => 0.0,
            Compared::Paired { margin, .. } => margin.map_or(1.0, |margin| margin.0),
        }
    }
}

/// The factor that the opponent's value is multiplied by. Of what is better when lower, *not worse by 10 %* allows 1.1 of
/// the opponent's and *better by 10 %* asks for 0.9; of what is better when higher it is the other way round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RelativeMargin(pub f64);

impl RelativeMargin {
    pub fn of(rule: &Rule, higher_is_better: bool) -> Option<Self> {
        let (by, lower_factor) = match rule {
            Rule::NotWorse { by, .. } => (by, higher_is_better),
            Rule::Better { by, .. } => (by, !higher_is_better),
            _ => return None,
        };
        match by {
            Margin::Absolute(_) => None,
            Margin::Relative(share) if lower_factor => Some(RelativeMargin(1.0 - share)),
            Margin::Relative(share) => Some(RelativeMargin(1.0 + share)),
        }
    }
}

/// What lies in the denominator, counted in examples (an example with several repeats counts once) and clusters.
/// An example is in the state of its worst repeat: not run > grader error > system error > graded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Active examples in the segment to which the criterion applies, whatever became of them.
    pub planned: u64,
    pub answered: u64,
    pub graded: u64,
    /// Examples with a value in both arms; equals `graded` for one arm alone.
    pub paired: u64,
    pub system_errors: u64,
    pub grader_errors: u64,
    pub not_run: u64,
    /// Clusters among the planned.
    pub clusters: u64,
    /// Planned examples of weight above 0.
    pub weighted: u64,
    /// Planned grades, those of every repeat, and how many of them are unknown.
    pub grades: u64,
    pub missing: u64,
}

/// Counts and the sums per cluster, clusters in the order of their ids; examples of weight 0 are counted but not summed.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Of the arm alone, or of `of`.
    pub counts: Counts,
    /// Of `with`.
    pub opponent: Counts,
    /// As graded: an example (or pair) with a missing grade is left out, and counted above.
    pub clusters: Vec<stats::Cluster>,
    /// Of each of these, the rank of its id among the ids of clusters.
    pub ranks: Vec<u32>,
    /// The strata that the clusters' stratum numbers refer to, with their traffic shares within the segment.
    pub strata: stats::Strata,
    /// Missing grades at their best for the one that is asked about, and at their worst; `None` where none is missing.
    pub best: Option<Vec<stats::Cluster>>,
    pub worst: Option<Vec<stats::Cluster>>,
}

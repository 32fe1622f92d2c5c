//! Gates: segments x measure + rule + margin + follow-up + owner.

use crate::name::{Attribute, CriterionName, GateName, OwnerRole, SegmentName};
use crate::share::{Amount, Share};

#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    pub name: GateName,
    pub measure: Measure,
    /// Where it is applied; `all` where the contract says nothing.
    pub scopes: Vec<Scope>,
    pub rule: Rule,
    /// An advisory gate is computed, shown, listed as advisory and never counted.
    pub blocking: bool,
    pub not_shown: Option<Stage>,
    /// The follow-up that `else:` names; it never changes the routing.
    pub follow_up: Option<String>,
    pub owner: OwnerRole,
    /// Line of the contract, for messages.
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    All,
    /// Each value of an attribute.
    Each(Attribute),
    Named(SegmentName),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Pass rate, or mean where the criterion is graded.
    Criterion(CriterionName),
    /// Expected failure cost per request, in the contract's currency.
    FailureCost,
    /// Milliseconds.
    Latency,
    /// Money for tokens per request.
    Spend,
    /// Share of grades that a grader failed to give.
    GraderErrors,
    /// Of the answers that two people or more labelled on this criterion, the share on which they differ.
    Disagreement(CriterionName),
}

/// Under which name the scores have whether reviewers differ on a criterion: 1 where they do, 0 where they do not.
pub fn disagreement_on(criterion: &CriterionName) -> CriterionName {
    CriterionName::new(format!("{criterion} (disagreement)"))
}

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    AtLeast(f64),
    AtMost(f64),
    /// `at_most: 4s for 95%`: at least this share of requests stays within the limit.
    Within {
        limit: Amount,
        share: Share,
    },
    NotWorse {
        than: Opponent,
        by: Margin,
    },
    Better {
        than: Opponent,
        by: Margin,
    },
    Never {
        max_rate: Option<Share>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opponent {
    Production,
    Fallback,
}

/// How much worse is still acceptable.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Margin {
    /// In the measure's own unit: points of a rate as a share, money, milliseconds.
    Absolute(f64),
    /// A share of the opponent's mean: `by: 10%` on latency, spend or cost.
    Relative(f64),
}

/// `not_shown: {stage: 5%, monitor, stop, owner}`: where nothing on a cell is worse than *not shown*, the cell goes to the
/// candidate at this share, and the decision says what is unproven.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub share: Share,
    pub monitor: String,
    pub stop: String,
    pub owner: OwnerRole,
}

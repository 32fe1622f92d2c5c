//! Segments: parts of the work that are reported and gated on their own.

use crate::name::{Attribute, SegmentName};
use crate::share::Share;
use std::collections::{BTreeMap, BTreeSet};

/// How the contract cuts the work.
#[derive(Clone, Debug, PartialEq)]
pub enum Segmentation {
    /// One segment for each value of an attribute: `{by: task}`.
    By {
        attribute: Attribute,
        /// Recognisable at request time, so that traffic can be routed by it.
        routable: bool,
        minimum: Minimum,
        shares: Shares,
    },
    /// A named intersection: `{name: refunds-high-risk, where: {task: refund-request, risk: high}}`.
    Where { name: SegmentName, conditions: Conditions, minimum: Minimum },
}

/// Traffic shares of the values of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Shares {
    /// `shares: traffic` or none: the weights of the sampled examples speak.
    FromWeights,
    /// Given by hand: each value is a stratum; the shares sum to 1.
    Declared(BTreeMap<String, Share>),
}

/// The fewest independent examples (clusters) with which a segment is decided at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minimum(pub u32);

impl Default for Minimum {
    /// One observation is never evidence.
    fn default() -> Self {
        Minimum(2)
    }
}

/// The value that examples have which lack an attribute. Where no example has it, none has this either.
pub const ABSENT: &str = "(none)";

/// What must hold for an example to lie in a segment: for each attribute one of the values.
pub type Conditions = BTreeMap<Attribute, BTreeSet<String>>;

/// One concrete segment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// `all`, `task=refund-request`, or the given name.
    pub name: SegmentName,
    /// Empty for `all`.
    pub conditions: Conditions,
    pub minimum: Minimum,
}

impl Segment {
    pub fn all() -> Self {
        Segment { name: SegmentName::new("all"), conditions: Conditions::new(), minimum: Minimum::default() }
    }

    /// The segment of one value of an attribute.
    pub fn of_value(attribute: &Attribute, value: &str, minimum: Minimum) -> Self {
        Segment {
            name: SegmentName::new(format!("{attribute}={value}")),
            conditions: Conditions::from([(attribute.clone(), BTreeSet::from([value.to_owned()]))]),
            minimum,
        }
    }

    pub fn is_all(&self) -> bool {
        self.conditions.is_empty()
    }
}

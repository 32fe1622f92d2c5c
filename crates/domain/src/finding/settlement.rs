//! The smallest thing that would settle a finding, where it can be counted.
//!
//! in      a gate, and an estimate that does not show it
//! out     a `Settlement`, in words: `about 90 more conversations would settle it if there is truly no change (80 % chance)`
//! errors  none: `None` where nothing more is needed, or where it cannot be counted
//! source  the statistics design, section 8; `Estimate::more_needed` counts

use super::figures::plural;
use super::{Estimate, Method};
use crate::evidence::higher_is_better;
use crate::gate::{Gate, Rule};
use std::fmt;

pub(super) enum Settlement {
    /// So many more conversations, none of which may fail.
    Spotless(u64),
    /// So many more conversations, with 80 % chance, if what is supposed is true.
    Likely { more: u64, supposed: &'static str },
    /// What was seen is not what the gate asks for: no number of conversations like these.
    Nothing,
}

impl Settlement {
    pub fn of(gate: &Gate, estimate: &Estimate) -> Option<Self> {
        match (estimate.more_needed, estimate.method) {
            (Some(0), _) | (None, Method::ZeroFailures | Method::JudgedRate | Method::JudgedDifference) => None,
            (None, _) => match is_asked_for(gate, estimate) {
                true => None,
                false => Some(Settlement::Nothing),
            },
            (Some(more), _) if estimate.spotless => Some(Settlement::Spotless(more)),
            (Some(more), method) => Some(Settlement::Likely { more, supposed: supposed(gate, method) }),
        }
    }
}

/// Whether what was seen is what the gate asks for, or a margin makes that a matter of chance.
fn is_asked_for(gate: &Gate, estimate: &Estimate) -> bool {
    match (&gate.rule, higher_is_better(&gate.measure)) {
        (Rule::AtLeast(_) | Rule::Within { .. }, _) => estimate.value > estimate.margin,
        (Rule::AtMost(_), _) => estimate.value < estimate.margin,
        (Rule::Better { .. }, true) => estimate.value > estimate.margin,
        (Rule::Better { .. }, false) => estimate.value < estimate.margin,
        (Rule::NotWorse { .. } | Rule::Never { .. }, _) => true,
    }
}

/// What the count of conversations takes to be true.
fn supposed(gate: &Gate, method: Method) -> &'static str {
    match (&gate.rule, method) {
        (Rule::NotWorse { .. }, _) => "there is truly no change",
        (Rule::Better { .. }, _) => "the gain is truly the one seen",
        (_, Method::Mean) => "the mean is truly the one seen",
        _ => "the rate is truly the one seen",
    }
}

impl fmt::Display for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Settlement::Spotless(more) => {
                write!(f, "{} without a failure would settle it", plural(*more, "more conversation"))
            }
            Settlement::Likely { more, supposed } => {
                write!(f, "about {more} more conversations would settle it if {supposed} (80 % chance)")
            }
            Settlement::Nothing => f.write_str("more conversations like these would not show it"),
        }
    }
}

//! The smallest thing that would settle a finding, where it can be counted.
//!
//! in      a gate, and an estimate that does not show it
//! out     a `Settlement`, in words: `about 90 more conversations (130 in all) would settle it at the next look if there is truly no change
//!         (80 % chance)`; where the contract allows no second look, those of a fresh sample
//! errors  none: `None` where nothing more is needed, or where it cannot be counted
//! source  the statistics design, section 8; `Estimate::more_needed` counts

use super::claim::LEAST_CLUSTERS;
use super::figures::plural;
use super::{Estimate, Method};
use crate::contract::Looks;
use crate::evidence::higher_is_better;
use crate::gate::{Gate, Rule};
use std::fmt;

pub(super) enum Settlement {
    /// So many conversations, none of which may fail.
    Spotless(Needed),
    /// So many conversations, with 80 % chance, if what is supposed is true.
    Likely { needed: Needed, supposed: &'static str },
    /// What was seen is not what the gate asks for: no number of conversations like these.
    Nothing,
}

#[derive(Clone, Copy)]
pub(super) struct Needed {
    more: u64,
    in_all: u64,
    looks: Looks,
}

impl Settlement {
    pub fn of(gate: &Gate, estimate: &Estimate, looks: Looks) -> Option<Self> {
        let needed = |more: u64| Needed { more, in_all: estimate.clusters + more, looks };
        match (estimate.more_needed, estimate.method) {
            (Some(0), _) | (None, Method::ZeroFailures) => None,
            (None, _) => match is_asked_for(gate, estimate) {
                true => None,
                false => Some(Settlement::Nothing),
            },
            (Some(more), _) if estimate.spotless => Some(Settlement::Spotless(needed(more))),
            (Some(more), method) => Some(Settlement::Likely { needed: needed(more), supposed: supposed(gate, method) }),
        }
    }
}

/// Whether more conversations like those that are there could show what a gate asks for.
pub fn is_shown_by_more(gate: &Gate, estimate: &Estimate) -> bool {
    estimate.more_needed.is_some() || is_asked_for(gate, estimate)
}

/// Whether it is the gate that keeps anything from being shown: amounts that never vary have no interval, and a share of nothing is no margin.
pub fn asks_what_nothing_shows(estimate: &Estimate) -> bool {
    let is_open = !estimate.lower.is_finite() && !estimate.upper.is_finite() && estimate.unmeasured == 0.0;
    is_open || estimate.difference.is_some_and(|difference| difference.relative.is_none())
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
            Settlement::Spotless(needed) => match needed.looks {
                Looks::Halving => write!(f, "{needed} without a failure would settle it"),
                Looks::One => write!(f, "a fresh sample of {needed} without a failure would settle it"),
            },
            Settlement::Likely { needed, supposed } => match needed.looks {
                Looks::Halving => {
                    write!(f, "about {needed} would settle it at the next look if {supposed} (80 % chance)")
                }
                Looks::One => {
                    write!(f, "a fresh sample of about {needed} would settle it if {supposed} (80 % chance)")
                }
            },
            Settlement::Nothing => f.write_str("more conversations like these would not show it"),
        }
    }
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.looks {
            Looks::Halving => write!(f, "{} ({} in all)", plural(self.more, "more conversation"), self.in_all),
            Looks::One => f.write_str(&plural(self.in_all, "conversation")),
        }
    }
}

/// The fewest conversations of equal weight on which anything is tested.
pub(super) fn fewest(method: Method) -> u64 {
    match method {
        Method::Mean => stats::LEAST_CLUSTERS_OF_A_MEAN,
        _ => LEAST_CLUSTERS,
    }
}

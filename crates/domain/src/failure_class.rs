//! Failure classes: why something failed, what one costs, who owns it and how it is repaired.

use crate::name::{ClassName, OwnerRole};
use crate::share::Amount;

/// A class of failures as the contract prices it. Classes that the contract does not name keep their built-in repair.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureClass {
    pub name: ClassName,
    /// Cost of one occurrence in the contract's currency; unpriced classes do not enter the failure cost.
    pub cost: Option<Amount>,
    pub owner: Option<OwnerRole>,
    /// What repairs it: `grounding rules or corpus`.
    pub repair: String,
    pub describe: String,
}

impl FailureClass {
    /// Who owns it: as the contract says, else as the built-in class does, else who owns the release.
    pub fn owner_role(&self) -> OwnerRole {
        let built_in = BUILT_IN.iter().find(|(name, ..)| *name == self.name.as_str());
        self.owner.clone().unwrap_or_else(|| OwnerRole::new(built_in.map_or("release", |(_, owner, _)| *owner)))
    }
}

/// The classes that ship, each with its default owner role and repair path.
pub const BUILT_IN: &[(&str, &str, &str)] = &[
    ("unsupported_claim", "retrieval", "repair grounding rules or corpus"),
    ("wrong_source", "retrieval", "repair grounding rules or corpus"),
    ("missing_source", "retrieval", "repair grounding rules or corpus"),
    ("source_conflict", "policy", "settle which source holds"),
    ("policy_ambiguity", "policy", "change policy"),
    ("unsafe_tool_action", "release", "repair permissions"),
    ("refusal_failure", "policy", "repair the boundary of what is refused"),
    ("over_refusal", "prompt", "repair the boundary of what is refused"),
    ("format_violation", "prompt", "repair the schema or the prompt"),
    ("latency_or_timeout", "release", "repair capacity or the time limit"),
    ("reviewer_disagreement", "rubric", "repair rubric"),
    ("product_scope_mismatch", "product", "narrow the scope or change the promise"),
];

/// The class of a system fault that is one of time.
pub const LATENCY: &str = "latency_or_timeout";
/// The class of any other system fault: nothing readable came back.
pub const FORMAT: &str = "format_violation";

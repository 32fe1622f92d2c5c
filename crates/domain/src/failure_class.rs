//! Failure classes: why something failed, what one costs, who owns it and how it is repaired.

use crate::fault::closest;
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

/// The classes that a failure may be of: those that the contract declares, and the built-in ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(Vec<ClassName>);

/// A word that names none of them: a failure under it would have no price, and nobody who owns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoClass {
    pub what: String,
    /// `did you mean ...`, and how a class is declared.
    pub help: String,
}

impl Classes {
    pub fn of(declared: &[FailureClass]) -> Self {
        let built_in = BUILT_IN.iter().map(|(name, ..)| ClassName::new(name));
        Classes(built_in.chain(declared.iter().map(|class| class.name.clone())).collect())
    }

    pub fn find(&self, word: &str) -> Result<ClassName, NoClass> {
        if let Some(class) = self.0.iter().find(|class| class.as_str() == word) {
            return Ok(class.clone());
        }
        let near = closest(word, self.iter()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let help = format!("{near}a class of your own is declared under `failures` with its cost and owner");
        Err(NoClass { what: format!("`{word}` is no failure class"), help })
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(ClassName::as_str)
    }
}

impl Default for Classes {
    /// The built-in ones alone.
    fn default() -> Self {
        Classes::of(&[])
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

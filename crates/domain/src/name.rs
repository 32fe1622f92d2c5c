//! Names: text that identifies one thing of one kind, cheap to clone, never mixed up with another kind. Short ones take no memory beside
//! themselves: a set may hold a million of them.

use smol_str::SmolStr;
use std::borrow::Borrow;
use std::fmt;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(SmolStr::new(text.as_ref()))
            }

            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    )*};
}

names! {
    /// An example of the reference set: the author's id, or the digest of its content.
    ExampleId;
    /// What examples that are not independent of one another share: a conversation, a seed example.
    ClusterId;
    /// One of the product's tasks.
    TaskName;
    /// Something that can fail for its own reason.
    CriterionName;
    /// A class of failures, in snake case: `unsupported_claim`.
    ClassName;
    /// A part of the work that is reported and gated on its own.
    SegmentName;
    /// An attribute of examples that segments are cut by: `task`, `risk`.
    Attribute;
    /// A role that owns a next action: `retrieval`.
    OwnerRole;
    /// A system by its name in the contract: `candidate`, `production`, `fallback`, or a judge's name.
    SystemName;
    /// A gate, by its given name or one made of what it measures and how.
    GateName;
    /// A document that an answer may cite or an example depends on.
    SourceId;
}

impl ClusterId {
    /// The cluster of an example that is independent of all others; shares the id's text.
    pub fn of(example: &ExampleId) -> Self {
        ClusterId(example.0.clone())
    }

    /// Its text takes memory beside the id, which clones share.
    pub fn is_long(&self) -> bool {
        self.0.is_heap_allocated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn short_and_long_names_compare_as_their_texts(one in "\\PC{0,30}", other in "[a-é]{0,30}") {
            let (left, right) = (ExampleId::new(&one), ExampleId::new(&other));
            prop_assert_eq!((left.as_str(), right.as_str()), (one.as_str(), other.as_str()));
            prop_assert_eq!(left.cmp(&right), one.cmp(&other));
            prop_assert_eq!(left == right, one == other);
        }
    }

    #[test]
    fn a_million_names_fit() {
        assert_eq!(size_of::<ExampleId>(), 24);
    }
}

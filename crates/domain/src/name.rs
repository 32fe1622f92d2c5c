//! Names: text that identifies one thing of one kind, cheap to clone, never mixed up with another kind.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
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
}

//! The reference set: all examples, in the compact form that fits a million of them in memory.

mod alignment;
mod builder;
mod facts;
mod ids;
mod lineage;
#[cfg(test)]
mod tests;
mod texts;
mod variants;

pub use alignment::{Alignment, Since};
pub use builder::{Builder, digest};
pub use facts::{Facts, SameInput};
pub use ids::Ids;
pub use lineage::of_lineage;

use crate::digest::Digest;
use crate::example::{Expect, Guard};
use crate::name::{Attribute, ClusterId, ExampleId, OwnerRole, SourceId};
use crate::provenance::{SourceKind, Weight};
use crate::segment::ABSENT;
use camino::Utf8PathBuf;
use std::collections::BTreeMap;

/// The position of an example in its reference set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExampleIndex(pub u32);

/// What every later step needs to know of an example. Only active examples are planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: ExampleId,
    pub digest: Digest,
    pub cluster: ClusterId,
    pub weight: Weight,
    pub source: Option<SourceKind>,
    pub guard: Guard,
    pub never: bool,
    pub state: RowState,
    /// The base's position and what is expected of the pair.
    pub pair: Option<Box<(ExampleIndex, Expect)>>,
    pub kept: Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowState {
    Active,
    Proposed,
    Quarantined,
    Retired,
}

/// Where the line of an example is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Position among the set's files.
    pub file: u16,
    pub line: u32,
    pub offset: u64,
    pub length: u32,
}

impl Row {
    pub fn is_active(&self) -> bool {
        self.state == RowState::Active
    }
}

/// Rows and, column by column, their attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferenceSet {
    pub rows: Vec<Row>,
    /// One for each row, or none at all.
    pub(crate) facts: Vec<Facts>,
    /// Each list of dependencies once.
    pub(crate) dependencies: Vec<Box<[(SourceId, String)]>>,
    /// Each owner once.
    pub(crate) owners: Vec<OwnerRole>,
    /// For each attribute one entry a row: a position in `values`, or `NO_VALUE`.
    pub attributes: BTreeMap<Attribute, Column>,
    /// The files that examples were read from.
    pub files: Vec<Utf8PathBuf>,
    /// Over ids and digests of all active examples, sorted; `None` for an empty set.
    pub digest: Option<Digest>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    pub values: Vec<String>,
    pub of_row: Vec<u32>,
}

pub const NO_VALUE: u32 = u32::MAX;

impl ReferenceSet {
    /// The value of an attribute on one example.
    pub fn value(&self, attribute: &Attribute, example: ExampleIndex) -> Option<&str> {
        let column = self.attributes.get(attribute)?;
        let position = *column.of_row.get(example.0 as usize)?;
        column.values.get(position as usize).map(String::as_str)
    }

    /// Whether the example lies in a segment with these conditions.
    pub fn lies_in(&self, conditions: &crate::segment::Conditions, example: ExampleIndex) -> bool {
        conditions.iter().all(|(attribute, values)| match self.value(attribute, example) {
            Some(value) => values.contains(value),
            None => values.contains(ABSENT) && self.attributes.contains_key(attribute),
        })
    }

    /// The values that at least one active example has of an attribute, sorted.
    pub fn values_of(&self, attribute: &Attribute) -> std::collections::BTreeSet<String> {
        self.active().filter_map(|(example, _)| self.value(attribute, example)).map(str::to_owned).collect()
    }

    /// The examples that a run plans, in the set's order.
    pub fn active(&self) -> impl Iterator<Item = (ExampleIndex, &Row)> {
        self.rows.iter().enumerate().filter(|(_, row)| row.is_active()).map(|(at, row)| (ExampleIndex(at as u32), row))
    }
}

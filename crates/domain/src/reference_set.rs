//! The reference set: all examples, in the compact form that fits a million of them in memory.

use crate::digest::Digest;
use crate::example::{Expect, Guard};
use crate::name::{Attribute, ClusterId, ExampleId, SegmentName};
use crate::provenance::{SourceKind, Weight};
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
    pub active: bool,
    /// The base's position and what is expected of the pair.
    pub pair: Option<(ExampleIndex, Expect)>,
}

/// Rows and, column by column, their attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferenceSet {
    pub rows: Vec<Row>,
    /// For each attribute one entry a row: a position in `values`, or `NO_VALUE`.
    pub attributes: BTreeMap<Attribute, Column>,
    /// Over the sorted digests of all active examples.
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
        conditions
            .iter()
            .all(|(attribute, values)| self.value(attribute, example).is_some_and(|value| values.contains(value)))
    }

    /// The values that at least one active example has of an attribute, sorted.
    pub fn values_of(&self, attribute: &Attribute) -> std::collections::BTreeSet<String> {
        self.active().filter_map(|(example, _)| self.value(attribute, example)).map(str::to_owned).collect()
    }

    /// The examples that a run plans, in the set's order.
    pub fn active(&self) -> impl Iterator<Item = (ExampleIndex, &Row)> {
        self.rows.iter().enumerate().filter(|(_, row)| row.active).map(|(at, row)| (ExampleIndex(at as u32), row))
    }
}

/// Named values of an attribute that at least one active example has, for segments `by` that attribute.
pub fn segment_name(attribute: &Attribute, value: &str) -> SegmentName {
    SegmentName::new(format!("{attribute}={value}"))
}

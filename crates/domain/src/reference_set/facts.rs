//! What a check of the eval needs to know of each example beside its row.

use super::{ExampleIndex, ReferenceSet, RowState};
use crate::name::{OwnerRole, SourceId};
use jiff::civil::Date;

/// Facts of one example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The input's hash.
    pub input: u64,
    /// Part of the expectation's hash; compared only where the inputs are equal.
    pub expected: u32,
    pub review_by: Option<Date>,
    /// An owner or an author is named.
    pub owned: bool,
    /// Where a chance of inclusion or a weight matters, it is given.
    pub chance_known: bool,
    /// Position among the set's dependencies, or `NO_VALUE`.
    pub(super) depends_on: u32,
    /// Position among the set's owners, or `NO_VALUE`.
    pub(super) owner: u32,
}

/// Active examples with the same input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameInput {
    /// At least two, in the set's order.
    pub examples: Vec<ExampleIndex>,
    /// They do not expect the same.
    pub conflict: bool,
}

impl ReferenceSet {
    /// The facts of an example; none on a set that was read back from a run.
    pub fn facts(&self, example: ExampleIndex) -> Option<&Facts> {
        self.facts.get(example.0 as usize)
    }

    /// The documents that an example's expectation rests on, each with its version.
    pub fn depends_on(&self, example: ExampleIndex) -> &[(SourceId, String)] {
        let list = self.facts(example).and_then(|facts| self.dependencies.get(facts.depends_on as usize));
        list.map_or(&[], |list| list)
    }

    /// Who owns an example, where it says so.
    pub fn owner(&self, example: ExampleIndex) -> Option<&OwnerRole> {
        self.owners.get(self.facts(example)?.owner as usize)
    }

    /// Groups of active examples that ask the same, in the order of their first examples.
    pub fn same_inputs(&self) -> Vec<SameInput> {
        let mut by_input: Vec<(u64, ExampleIndex)> =
            self.active().filter_map(|(index, _)| Some((self.facts(index)?.input, index))).collect();
        by_input.sort_unstable();
        let mut groups: Vec<SameInput> = by_input
            .chunk_by(|one, other| one.0 == other.0)
            .filter(|group| group.len() > 1)
            .map(|group| {
                let examples: Vec<ExampleIndex> = group.iter().map(|(_, index)| *index).collect();
                let expected = |index: ExampleIndex| self.facts(index).map(|facts| facts.expected);
                let conflict = examples.iter().any(|index| expected(*index) != expected(examples[0]));
                SameInput { examples, conflict }
            })
            .collect();
        groups.sort_unstable_by_key(|group| group.examples[0]);
        groups
    }

    /// How many examples are in a state.
    pub fn count(&self, state: RowState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}

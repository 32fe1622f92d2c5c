//! What a check of the eval needs to know of each example beside its row.

use super::{ExampleIndex, ReferenceSet, RowState};
use crate::name::{OwnerRole, SourceId};
use jiff::civil::Date;

/// Facts of one example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The hash of what the input asks, however it is written.
    pub asked: u64,
    /// Part of the input's hash; compared only where the same is asked.
    pub input: u32,
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
        let input = |index| self.facts(index).map(|facts| (facts.asked, facts.input));
        let mut by_input: Vec<((u64, u32), ExampleIndex)> =
            self.active().filter_map(|(index, _)| Some((input(index)?, index))).collect();
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

    /// Groups of active examples whose inputs differ, and only in case, blanks and marks: the first of each input, in the set's order. A variant
    /// is worded otherwise on purpose, and left out.
    pub fn alike_inputs(&self) -> Vec<Vec<ExampleIndex>> {
        let alone = self.active().filter(|(_, row)| row.pair.is_none());
        let mut by_asked: Vec<(u64, u32, ExampleIndex)> =
            alone.filter_map(|(index, _)| self.facts(index).map(|facts| (facts.asked, facts.input, index))).collect();
        by_asked.sort_unstable();
        by_asked.dedup_by_key(|(asked, input, _)| (*asked, *input));
        let mut groups: Vec<Vec<ExampleIndex>> = by_asked
            .chunk_by(|one, other| one.0 == other.0)
            .filter(|group| group.len() > 1)
            .map(|group| {
                let mut examples: Vec<ExampleIndex> = group.iter().map(|(.., index)| *index).collect();
                examples.sort_unstable();
                examples
            })
            .collect();
        groups.sort_unstable_by_key(|group| group[0]);
        groups
    }

    /// How many examples are in a state.
    pub fn count(&self, state: RowState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}

//! Examples by id.

use super::texts::Texts;
use super::{ExampleIndex, Row};

/// An index over the ids of a set's rows; eight bytes a row.
#[derive(Clone, Debug, Default)]
pub struct Ids(Texts);

impl Ids {
    pub fn of(rows: &[Row]) -> Self {
        let mut ids = Ids::default();
        for (at, row) in rows.iter().enumerate() {
            ids.add(rows, ExampleIndex(at as u32), row.id.as_str());
        }
        ids
    }

    /// The example with this id among the rows that the index was made of.
    pub fn find(&self, rows: &[Row], id: &str) -> Option<ExampleIndex> {
        self.0.find(id, |at| rows[at as usize].id.as_str()).map(ExampleIndex)
    }

    /// Adds an id; the example that has it already comes back.
    pub(super) fn add(&mut self, rows: &[Row], example: ExampleIndex, id: &str) -> Option<ExampleIndex> {
        self.0.add(example.0, id, |at| rows[at as usize].id.as_str()).map(ExampleIndex)
    }
}

//! Examples by id.

use super::texts::Texts;
use super::{ExampleIndex, Row};

/// An index over the ids of a set's rows; sixteen bytes a row.
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

    /// As `find`, quicker where it is the example after this one: answers mostly come in the order of the set.
    pub fn find_after(&self, rows: &[Row], before: ExampleIndex, id: &str) -> Option<ExampleIndex> {
        let next = ExampleIndex(before.0.wrapping_add(1));
        let is_next = rows.get(next.0 as usize).is_some_and(|row| row.id.as_str() == id);
        if is_next { Some(next) } else { self.find(rows, id) }
    }

    /// Adds an id; the example that has it already comes back.
    pub(super) fn add(&mut self, rows: &[Row], example: ExampleIndex, id: &str) -> Option<ExampleIndex> {
        self.0.add(example.0, id, |at| rows[at as usize].id.as_str()).map(ExampleIndex)
    }
}

//! Where the answers of a run are kept, for those who read them again.

use super::columns::{sums, whole};
use super::{Scores, quoted};
use crate::LakeError;
use domain::reference_set::ExampleIndex;
use domain::system::Arm;

/// Where one answer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub example: ExampleIndex,
    pub repeat: u32,
    /// Position among the files of its system.
    pub file: u16,
    pub offset: u64,
    pub length: u32,
}

impl Scores<'_> {
    /// Every answer of an arm that is kept as a line, in the order of examples and repeats.
    pub fn kept_answers(&self, arm: Arm) -> Result<Vec<KeptAnswer>, LakeError> {
        let Some(system) = self.asked.systems.get(&arm) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT example_index, repeat, CAST(file AS DOUBLE), CAST(line_offset AS DOUBLE), CAST(line_length AS DOUBLE) \
             FROM answers WHERE system = {} AND file IS NOT NULL ORDER BY 1, 2",
            quoted(system)
        );
        let mut kept = Vec::new();
        for batch in self.engine.ask(&sql)? {
            let (examples, repeats) = (whole(&batch, 0)?, whole(&batch, 1)?);
            let (files, offsets, lengths) = (sums(&batch, 2)?, sums(&batch, 3)?, sums(&batch, 4)?);
            for row in 0..batch.num_rows() {
                kept.push(KeptAnswer {
                    example: ExampleIndex(examples[row]),
                    repeat: repeats[row],
                    file: files[row] as u16,
                    offset: offsets[row] as u64,
                    length: lengths[row] as u32,
                });
            }
        }
        Ok(kept)
    }
}

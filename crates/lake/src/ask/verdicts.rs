//! Single verdicts of a criterion, for those who lay people's labels beside them.

use super::columns::{numbers, texts, whole};
use super::{Scores, quoted};
use crate::LakeError;
use domain::name::CriterionName;
use domain::reference_set::ExampleIndex;
use domain::score::State;
use domain::system::Arm;

/// One score of one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub example: ExampleIndex,
    pub arm: Arm,
    pub repeat: u32,
    pub state: State,
    pub value: Option<f64>,
    pub reason: String,
}

impl Scores<'_> {
    /// Every score of a criterion, in the order of examples, arms and repeats.
    pub fn verdicts(&self, criterion: &CriterionName) -> Result<Vec<Verdict>, LakeError> {
        let sql = format!(
            "SELECT example_index, repeat, value, CAST(system AS VARCHAR), CAST(state AS VARCHAR), reason FROM scores \
             WHERE criterion = {} ORDER BY 1, 4, 2",
            quoted(criterion.as_str())
        );
        let mut verdicts = Vec::new();
        for batch in self.engine.ask(&sql)? {
            let (examples, repeats, values) = (whole(&batch, 0)?, whole(&batch, 1)?, numbers(&batch, 2)?);
            let (systems, states, reasons) = (texts(&batch, 3)?, texts(&batch, 4)?, texts(&batch, 5)?);
            for row in 0..batch.num_rows() {
                let Some(arm) = self.arm_of(systems[row].as_deref().unwrap_or("")) else { continue };
                let state = states[row].as_deref().and_then(State::parse).unwrap_or(State::NotRun);
                let (example, repeat, value) = (ExampleIndex(examples[row]), repeats[row], values[row]);
                let reason = reasons[row].clone().unwrap_or_default();
                verdicts.push(Verdict { example, arm, repeat, state, value, reason });
            }
        }
        Ok(verdicts)
    }
}

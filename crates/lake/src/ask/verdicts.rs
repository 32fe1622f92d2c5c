//! Single verdicts of a criterion, for those who lay people's labels beside them.

use super::columns::{numbers, sums, texts, whole};
use super::{Scores, quoted};
use crate::LakeError;
use domain::name::CriterionName;
use domain::reference_set::ExampleIndex;
use domain::score::{HowJudged, State};
use domain::system::Arm;

/// One score of one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub example: ExampleIndex,
    pub arm: Arm,
    pub repeat: u32,
    pub state: State,
    pub value: Option<f64>,
    pub how: HowJudged,
}

/// How often the judges of a criterion were not of one mind: of how many verdicts that is known, and of how many it is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differing {
    /// Of a panel.
    pub panel: (u64, u64),
    /// Of comparisons, whose verdict changed with the order of the answers.
    pub order: (u64, u64),
}

impl Scores<'_> {
    /// Of all verdicts of a criterion.
    pub fn differing(&self, criterion: &CriterionName) -> Result<Differing, LakeError> {
        let of = |column: &str| {
            let count = |what: &str| format!("COALESCE(CAST({what} AS DOUBLE), 0.0)");
            let so = format!("SUM(CASE WHEN {column} THEN 1 ELSE 0 END)");
            format!("{}, {}", count(&format!("COUNT({column})")), count(&so))
        };
        let (panel, order) = (of("panel_differs"), of("order_changed"));
        let sql = format!("SELECT {panel}, {order} FROM scores WHERE criterion = {}", quoted(criterion.as_str()));
        let mut found = Differing::default();
        for batch in self.engine.ask(&sql)?.iter().filter(|batch| batch.num_rows() > 0) {
            let counted = |at| -> Result<u64, LakeError> { Ok(sums(batch, at)?[0] as u64) };
            found = Differing { panel: (counted(0)?, counted(1)?), order: (counted(2)?, counted(3)?) };
        }
        Ok(found)
    }

    /// Every score of a criterion, in the order of examples, arms and repeats.
    pub fn verdicts(&self, criterion: &CriterionName) -> Result<Vec<Verdict>, LakeError> {
        let truth = |column: &str| format!("CASE WHEN {column} THEN 1.0 WHEN NOT {column} THEN 0.0 END");
        let how = format!("{}, {}, CAST(level AS DOUBLE)", truth("panel_differs"), truth("order_changed"));
        let sql = format!(
            "SELECT example_index, repeat, value, CAST(system AS VARCHAR), CAST(state AS VARCHAR), {how} FROM scores \
             WHERE criterion = {} ORDER BY 1, 4, 2",
            quoted(criterion.as_str())
        );
        let mut verdicts = Vec::new();
        for batch in self.engine.ask(&sql)? {
            let (examples, repeats, values) = (whole(&batch, 0)?, whole(&batch, 1)?, numbers(&batch, 2)?);
            let (systems, states) = (texts(&batch, 3)?, texts(&batch, 4)?);
            let (differ, changed, levels) = (numbers(&batch, 5)?, numbers(&batch, 6)?, numbers(&batch, 7)?);
            for row in 0..batch.num_rows() {
                let Some(arm) = self.arm_of(systems[row].as_deref().unwrap_or("")) else { continue };
                let state = self.state_of(states[row].as_deref())?;
                let (example, repeat, value) = (ExampleIndex(examples[row]), repeats[row], values[row]);
                let is = |column: &[Option<f64>]| column[row].map(|truth| truth > 0.0);
                let level = levels[row].map(|level| level as u32);
                let how = HowJudged { panel_differs: is(&differ), order_changed: is(&changed), level };
                verdicts.push(Verdict { example, arm, repeat, state, value, how });
            }
        }
        Ok(verdicts)
    }
}

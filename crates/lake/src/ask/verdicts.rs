//! Single verdicts of a criterion, for those who lay people's labels beside them.

use super::columns::{numbers, sums, texts, whole};
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

/// What a reason tells.
#[derive(Clone, Copy, Debug)]
pub enum Telling<'t> {
    /// Of a comparison; production's side of it is no verdict of its own.
    Begins(&'t str),
    /// All of these, wherever they stand.
    Holds(&'t [String]),
}

impl Telling<'_> {
    fn condition(self) -> String {
        // No patterns: a name may hold what would stand for any letter there.
        match self {
            Telling::Begins(text) => format!("starts_with(CAST(reason AS VARCHAR), {})", quoted(text)),
            Telling::Holds(texts) => {
                let holds = |text: &String| format!("contains(CAST(reason AS VARCHAR), {})", quoted(text));
                texts.iter().map(holds).collect::<Vec<_>>().join(" AND ")
            }
        }
    }
}

impl Scores<'_> {
    /// How many verdicts there are on a criterion, those that are unknown among them, and how many of their reasons tell this.
    pub fn verdicts_telling(&self, criterion: &CriterionName, telling: Telling) -> Result<(u64, u64), LakeError> {
        let production = self.asked.systems.get(&Arm::Production).filter(|_| matches!(telling, Telling::Begins(_)));
        let others = production.map(|name| format!(" AND CAST(system AS VARCHAR) <> {}", quoted(name)));
        let sql = format!(
            "SELECT CAST(COUNT(*) AS DOUBLE), COALESCE(CAST(SUM(CASE WHEN {} THEN 1 ELSE 0 END) AS DOUBLE), 0.0) FROM scores \
             WHERE criterion = {} AND (state = 'graded' OR state = 'grader_error'){}",
            telling.condition(),
            quoted(criterion.as_str()),
            others.unwrap_or_default()
        );
        let mut counts = (0, 0);
        for batch in self.engine.ask(&sql)? {
            let (all, telling) = (sums(&batch, 0)?, sums(&batch, 1)?);
            for row in 0..batch.num_rows() {
                counts = (all[row] as u64, telling[row] as u64);
            }
        }
        Ok(counts)
    }

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
                let state = self.state_of(states[row].as_deref())?;
                let (example, repeat, value) = (ExampleIndex(examples[row]), repeats[row], values[row]);
                let reason = reasons[row].clone().unwrap_or_default();
                verdicts.push(Verdict { example, arm, repeat, state, value, reason });
            }
        }
        Ok(verdicts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reason_tells_is_found_to_the_letter() {
        let reason = "CAST(reason AS VARCHAR)";
        assert_eq!(Telling::Begins("it's 5 %").condition(), format!("starts_with({reason}, 'it''s 5 %')"));
        let panel = ["judge_a: ", "judge_b: "].map(str::to_owned);
        let both = format!("contains({reason}, 'judge_a: ') AND contains({reason}, 'judge_b: ')");
        assert_eq!(Telling::Holds(&panel).condition(), both);
    }
}

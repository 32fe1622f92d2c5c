//! Scores as they are held, one by one: what sums are made of again when the scores are rehearsed with.

use super::Scores;
use super::columns::{numbers, texts, whole};
use crate::LakeError;
use domain::gate::Measure;
use domain::name::ClassName;
use domain::question::ValueOf;
use domain::reference_set::ExampleIndex;
use domain::rehearsal::{Answered, Column, Held};
use domain::system::Arm;
use std::collections::BTreeMap;

impl Scores<'_> {
    /// Every planned score of these measures on active examples, in the order of examples and repeats.
    pub fn held(&self, keys: &[(Measure, ValueOf)]) -> Result<Held, LakeError> {
        let mut columns = Vec::new();
        for (measure, value) in keys {
            columns.push(Column { measure: measure.clone(), value: *value, arms: self.column(measure, *value)? });
        }
        Ok(Held { columns })
    }

    fn column(&self, measure: &Measure, value: ValueOf) -> Result<BTreeMap<Arm, Vec<Answered>>, LakeError> {
        let sql = format!(
            "SELECT CAST(v.system AS VARCHAR) AS system, CAST(v.ex AS BIGINT) AS ex, v.repeat, CAST(v.y AS DOUBLE) AS y, \
             CAST(v.missing AS BIGINT), CAST(v.system_error AS BIGINT), CAST(v.grader_error AS BIGINT), \
             CAST(v.not_run AS BIGINT), CASE WHEN v.system_error > 0 THEN v.class END AS class \
             FROM ({}) v ORDER BY 2, 3",
            self.values(0, measure, value)
        );
        let mut arms: BTreeMap<Arm, Vec<Answered>> = BTreeMap::new();
        for batch in self.engine.ask(&sql)? {
            let (systems, classes) = (texts(&batch, 0)?, texts(&batch, 8)?);
            let values = numbers(&batch, 3)?;
            let [examples, repeats, missing, system_errors, grader_errors, not_run] =
                [1, 2, 4, 5, 6, 7].map(|at| whole(&batch, at));
            let (examples, repeats, missing) = (examples?, repeats?, missing?);
            let (system_errors, grader_errors, not_run) = (system_errors?, grader_errors?, not_run?);
            for row in 0..batch.num_rows() {
                let name = systems[row].as_deref().unwrap_or("");
                let Some((_, arm)) = self.arms().find(|(known, _)| *known == name) else { continue };
                let example = self.asked.set.rows.get(examples[row] as usize);
                if !example.is_some_and(domain::reference_set::Row::is_active) {
                    continue;
                }
                arms.entry(arm).or_default().push(Answered {
                    example: ExampleIndex(examples[row]),
                    repeat: repeats[row],
                    value: values[row],
                    missing: missing[row] > 0,
                    system_error: system_errors[row] > 0,
                    grader_error: grader_errors[row] > 0,
                    not_run: not_run[row] > 0,
                    class: classes[row].clone().map(ClassName::new),
                });
            }
        }
        Ok(arms)
    }
}

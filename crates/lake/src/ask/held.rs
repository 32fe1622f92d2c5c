//! Scores as they are held, one by one: what sums are made of again when the scores are rehearsed with.

use super::Scores;
use crate::LakeError;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
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
        Ok(Held { columns, clusters: self.layout.clusters().to_vec(), strata: self.layout.strata().to_vec() })
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
            let values = numbers(batch.column(3))?;
            let whole = [1, 2, 4, 5, 6, 7].map(|at| integers(batch.column(at)));
            let [examples, repeats, missing, system_errors, grader_errors, not_run] = whole;
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
                    example: ExampleIndex(examples[row] as u32),
                    repeat: repeats[row] as u32,
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

fn integers(column: &ArrayRef) -> Result<Vec<i64>, LakeError> {
    let column = cast(column, &DataType::Int64)?;
    let column = column.as_primitive::<Int64Type>();
    Ok((0..column.len()).map(|row| if column.is_null(row) { 0 } else { column.value(row) }).collect())
}

fn numbers(column: &ArrayRef) -> Result<Vec<Option<f64>>, LakeError> {
    let column = cast(column, &DataType::Float64)?;
    Ok(column.as_primitive::<Float64Type>().iter().collect())
}

fn texts(batch: &RecordBatch, at: usize) -> Result<Vec<Option<String>>, LakeError> {
    let column = cast(batch.column(at), &DataType::Utf8)?;
    Ok(column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}

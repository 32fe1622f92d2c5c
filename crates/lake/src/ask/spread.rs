//! How answers spread: over the repeats of an example, and over milliseconds or money.

use super::columns::{numbers, whole};
use super::{Scores, quoted};
use crate::LakeError;
use domain::evidence::measured::Measured;
use domain::evidence::repeated::Repeated;
use domain::question::{Question, ValueOf};
use domain::reference_set::ExampleIndex;

impl Scores<'_> {
    /// What so many tries tell, a question each about whether one arm passes; `None` where nothing was asked.
    pub fn repeated(&self, questions: &[Question], tries: u16) -> Result<Vec<Option<Repeated>>, LakeError> {
        let mut repeated = vec![None; questions.len()];
        self.find_each(questions, |at, found| {
            repeated[at] = Some(Repeated::of(&questions[at], tries, found.of, found.members, found.strata));
        })?;
        Ok(repeated)
    }

    /// Quantiles of latency or spend, for a question about one arm; `None` where too little was measured.
    pub fn measured(&self, question: &Question) -> Result<Option<Measured>, LakeError> {
        let values = self.measurements(question)?;
        let inside = self.layout.inside(self.asked.set, &[&question.segment]);
        let Some((segment, members)) = inside.into_iter().next() else { return Ok(None) };
        Ok(Measured::of(question, &values, &members, &self.layout.strata_of(segment, &members)))
    }

    /// Every value with its example, in order. An answer that failed has none, nor has the latency of one that came from a cache.
    fn measurements(&self, question: &Question) -> Result<Vec<(ExampleIndex, f64)>, LakeError> {
        let (arm, _) = question.compared.arms();
        let Some(system) = self.asked.systems.get(&arm) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT v.ex AS ex, v.y AS y FROM ({}) v WHERE v.system = {} AND v.y IS NOT NULL ORDER BY 1, 2",
            self.values(0, &question.measure, ValueOf::Amount),
            quoted(system)
        );
        let mut values = Vec::new();
        self.engine.each(&sql, |batch| {
            let (examples, measured) = (whole(&batch, 0)?, numbers(&batch, 1)?);
            let rows = examples.into_iter().map(ExampleIndex).zip(measured);
            values.extend(rows.filter_map(|(example, value)| Some((example, value?))));
            Ok(())
        })?;
        Ok(values)
    }
}

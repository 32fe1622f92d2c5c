//! The questions of a rehearsal, each with everything that does not change between draws.

use super::draw::{Drawn, at};
use crate::gate::Measure;
use crate::layout::Layout;
use crate::question::{Question, Tally, ValueOf};
use crate::reference_set::ReferenceSet;
use crate::tally::{Member, Reading, tally};

pub(super) struct Asked {
    pub question: Question,
    pub column: usize,
    pub of: usize,
    with: Option<usize>,
    strata: stats::Strata,
    members: Vec<Member>,
}

impl Asked {
    /// `None` where no column answers it.
    pub fn new(question: Question, keys: &[(Measure, ValueOf)], set: &ReferenceSet, layout: &Layout) -> Option<Self> {
        let column =
            keys.iter().position(|(measure, value)| *measure == question.measure && *value == question.value)?;
        let (of, with) = question.compared.arms();
        let (_, members) = layout.inside(set, &[&question.segment]).pop()?;
        let strata = layout.strata_of(&question.segment, &members);
        Some(Asked { column, of: at(of), with: with.map(at), strata, members, question })
    }

    pub fn strata(&self) -> &stats::Strata {
        &self.strata
    }

    /// Examples of the segment.
    pub fn examples(&self) -> impl Iterator<Item = u32> {
        self.members.iter().map(|member| member.example)
    }

    /// The mean over examples with a value, each counting as one; `None` where there are none.
    pub fn plain_mean(&self, drawn: &Drawn) -> Option<f64> {
        let entries = drawn.entries(self.column, self.of);
        let values = self.examples().filter_map(|example| entries[example as usize].scored.mean(Reading::AsGraded));
        let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    pub fn tally(&self, drawn: &Drawn) -> Tally {
        let entries = |arm| drawn.entries(self.column, arm);
        tally(&self.question, entries(self.of), self.with.map(entries), &self.members, &self.strata)
    }
}

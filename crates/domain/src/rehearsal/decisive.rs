//! Which examples ever changed a decision: each conversation left out once, each grade of the candidate flipped once.
//!
//! in      the scores as they are, and the same without a random tenth of the conversations, some times over
//! out     for each example whether leaving its conversation out, or flipping one of its grades, ever changed the decision, or a
//!         gate's state without changing the decision
//! note    grades of never rules are not flipped: one failure decides there, whoever it is of. Conversations, and grades, of which nothing that the
//!         gates look at tells one from another are tried once for all

use super::draw::{Chance, Drawn, at};
use super::held::Entry;
use super::{Decided, Stage};
use crate::finding::is_never;
use crate::gate::Measure;
use crate::name::CriterionName;
use crate::reference_set::{ExampleIndex, NO_VALUE};
use crate::segment::Segmentation;
use crate::system::Arm;
use crate::tally::Scored;
use std::collections::BTreeMap;

/// All that gates can see of an example, in some columns.
type Mark = Vec<u64>;

/// One thing that is otherwise, for all that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// One of these clusters is left out.
    LeftOut(Vec<u32>),
    /// The grade of one of these examples on this criterion is flipped.
    Flipped(CriterionName, Vec<ExampleIndex>),
}

/// What changed in a trial, on any record that it was made on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    pub tried: bool,
    /// The outcome, or who answers some cell at what share.
    pub decision: bool,
    /// The state of some gate on some segment, of the candidate.
    pub state: bool,
}

impl Effect {
    pub fn merge(&mut self, other: Effect) {
        self.tried |= other.tried;
        self.decision |= other.decision;
        self.state |= other.state;
    }
}

/// A record as it is, or as it could have been, with what the gates say of it.
pub struct Basis {
    drawn: Drawn,
    left_out: Vec<bool>,
    decided: Decided,
}

/// What an example ever changed, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ever {
    Decision,
    State,
    /// Not all of its trials were made, and those that were changed nothing.
    Unknown,
    Nothing,
}

impl Ever {
    fn of(effect: Effect) -> Self {
        match effect {
            Effect { decision: true, .. } => Ever::Decision,
            Effect { state: true, .. } => Ever::State,
            Effect { tried: false, .. } => Ever::Unknown,
            _ => Ever::Nothing,
        }
    }
}

impl Stage<'_> {
    /// Every trial, left out before flipped.
    pub fn trials(&self) -> Vec<Trial> {
        let mut clusters: BTreeMap<Vec<Mark>, Vec<u32>> = BTreeMap::new();
        let all: Vec<usize> = (0..self.keys.len()).collect();
        for (cluster, members) in self.members().into_iter().enumerate() {
            if !members.is_empty() {
                clusters.entry(self.marks(&members, &all)).or_default().push(cluster as u32);
            }
        }
        let mut trials: Vec<Trial> = clusters.into_values().map(Trial::LeftOut).collect();
        for criterion in &self.play.contract.criteria {
            let measure = Measure::Criterion(criterion.name.clone());
            let mut gates = self.play.contract.gates.iter().filter(|gate| gate.measure == measure).peekable();
            // Of a never rule one failure decides whoever it is of: nothing is learned of an example by it.
            if gates.peek().is_some() && !gates.any(is_never) {
                trials.extend(self.flips(&criterion.name));
            }
        }
        trials
    }

    /// Grades of the candidate on a criterion, those alike together.
    fn flips(&self, criterion: &CriterionName) -> Vec<Trial> {
        let columns = self.columns_of(criterion);
        let Some(first) = columns.first() else { return Vec::new() };
        let grades = self.real.entries(*first, at(Arm::Candidate));
        let mut alike: BTreeMap<(Mark, Vec<Mark>), Vec<ExampleIndex>> = BTreeMap::new();
        for members in self.members() {
            let marks = self.marks(&members, &columns);
            for example in members {
                if grades[example as usize].scored.known > 0 {
                    let own = self.mark(example, &columns);
                    alike.entry((own, marks.clone())).or_default().push(ExampleIndex(example));
                }
            }
        }
        alike.into_values().map(|examples| Trial::Flipped(criterion.clone(), examples)).collect()
    }

    fn columns_of(&self, criterion: &CriterionName) -> Vec<usize> {
        let is = |at: &usize| matches!(&self.keys[*at].0, Measure::Criterion(name) if name == criterion);
        (0..self.keys.len()).filter(is).collect()
    }

    /// Active examples of each cluster.
    fn members(&self) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.cluster_count];
        for (example, _) in self.play.set.active() {
            members[self.clusters[example.0 as usize] as usize].push(example.0);
        }
        members
    }

    fn marks(&self, members: &[u32], columns: &[usize]) -> Vec<Mark> {
        let mut marks: Vec<Mark> = members.iter().map(|example| self.mark(*example, columns)).collect();
        marks.sort();
        marks
    }

    fn mark(&self, example: u32, columns: &[usize]) -> Mark {
        let row = &self.play.set.rows[example as usize];
        let attributes = &self.play.set.attributes;
        let value = |name| attributes.get(name).and_then(|column| column.of_row.get(example as usize)).copied();
        let mut mark = vec![
            row.weight.get().to_bits(),
            row.guard as u64,
            u64::from(row.never),
            row.source.map_or(0, |source| source as u64 + 1),
        ];
        for cut in &self.play.contract.segments {
            match cut {
                Segmentation::By { attribute, .. } => mark.push(u64::from(value(attribute).unwrap_or(NO_VALUE))),
                Segmentation::Where { conditions, .. } => {
                    mark.extend(conditions.keys().map(|name| u64::from(value(name).unwrap_or(NO_VALUE))));
                }
            }
        }
        for column in columns {
            for arm in Arm::ALL {
                let Entry { scored, faults } =
                    self.real.entries(*column, at(arm)).get(example as usize).copied().unwrap_or_default();
                let Scored { sum, known, missing, planned, system_errors, grader_errors, not_run } = scored;
                let counts = [known, missing, planned, system_errors, faults, grader_errors, not_run];
                mark.push(sum.to_bits());
                mark.extend(counts.map(u64::from));
            }
        }
        mark
    }

    /// The record as it is.
    pub fn as_it_is(&self) -> Basis {
        self.basis(self.real.clone(), vec![false; self.cluster_count])
    }

    /// The record without about a tenth of its conversations.
    pub fn without_a_tenth(&self, chance: &mut impl Chance) -> Basis {
        let left_out: Vec<bool> = (0..self.cluster_count).map(|_| chance.fraction() < 0.1).collect();
        let drawn = self.without(&self.real, |cluster| left_out[cluster as usize]);
        self.basis(drawn, left_out)
    }

    fn basis(&self, drawn: Drawn, left_out: Vec<bool>) -> Basis {
        Basis { decided: self.decide(&drawn), drawn, left_out }
    }

    /// What a trial changes on a record.
    pub fn effect(&self, basis: &Basis, trial: &Trial) -> Effect {
        let is_there = |example: &&ExampleIndex| !basis.left_out[self.clusters[example.0 as usize] as usize];
        let decided = match trial {
            Trial::LeftOut(clusters) => {
                let there = clusters.iter().find(|cluster| !basis.left_out[**cluster as usize]);
                there.map(|cluster| self.decide(&self.without(&basis.drawn, |other| other == *cluster)))
            }
            Trial::Flipped(criterion, examples) => {
                examples.iter().find(is_there).map(|example| self.decide(&self.flipped(basis, criterion, *example)))
            }
        };
        decided.map_or(Effect::default(), |decided| Effect {
            tried: true,
            decision: decided.outcome != basis.decided.outcome || decided.routes != basis.decided.routes,
            state: decided.states != basis.decided.states || decided.outright != basis.decided.outright,
        })
    }

    fn flipped(&self, basis: &Basis, criterion: &CriterionName, example: ExampleIndex) -> Drawn {
        let mut drawn = basis.drawn.clone();
        for column in self.columns_of(criterion) {
            let entry = &mut drawn.entries_mut(column, at(Arm::Candidate))[example.0 as usize];
            let known = f64::from(entry.scored.known);
            entry.scored.sum = if entry.scored.sum * 2.0 >= known { 0.0 } else { known };
            entry.faults = 0;
        }
        drawn
    }

    /// For each example of the set what its trials changed, taken together.
    pub fn by_example(&self, trials: &[Trial], effects: &[Effect]) -> Vec<Ever> {
        let mut of_cluster = vec![Ever::Nothing; self.cluster_count];
        let mut of_example = vec![Ever::Nothing; self.clusters.len()];
        for (trial, effect) in trials.iter().zip(effects) {
            let lower = |known: &mut Ever| *known = Ever::of(*effect).min(*known);
            match trial {
                Trial::LeftOut(clusters) => clusters.iter().for_each(|at| lower(&mut of_cluster[*at as usize])),
                Trial::Flipped(_, examples) => examples.iter().for_each(|at| lower(&mut of_example[at.0 as usize])),
            }
        }
        of_example.iter().zip(&self.clusters).map(|(own, cluster)| of_cluster[*cluster as usize].min(*own)).collect()
    }
}

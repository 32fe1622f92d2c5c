//! Draws: scores as they could have been, made from those that are.

use super::Stage;
use super::held::Entry;
use crate::reference_set::ExampleIndex;
use crate::system::Arm;
use crate::tally::Reading;

/// Where chance comes from: the same words make the same draw.
pub trait Chance {
    /// 64 fair bits.
    fn word(&mut self) -> u64;

    /// A number in [0, 1).
    fn fraction(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl<F: FnMut() -> u64> Chance for F {
    fn word(&mut self) -> u64 {
        self()
    }
}

/// For each column and arm one entry an example.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    columns: Vec<[Vec<Entry>; 3]>,
}

/// Position of an arm in a column.
pub(super) fn at(arm: Arm) -> usize {
    match arm {
        Arm::Candidate => 0,
        Arm::Production => 1,
        Arm::Fallback => 2,
    }
}

impl Drawn {
    pub(super) fn of(columns: Vec<[Vec<Entry>; 3]>) -> Self {
        Drawn { columns }
    }

    pub(super) fn entries(&self, column: usize, arm: usize) -> &[Entry] {
        &self.columns[column][arm]
    }

    /// The entries of one column and arm, to be changed.
    pub(super) fn entries_mut(&mut self, column: usize, arm: usize) -> &mut Vec<Entry> {
        &mut self.columns[column][arm]
    }

    /// The mean over an example's repeats in one arm, as the first column has it; `None` where there is none.
    pub fn mean(&self, arm: Arm, example: ExampleIndex) -> Option<f64> {
        let entry = self.columns.first()?[at(arm)].get(example.0 as usize)?;
        entry.scored.mean(Reading::AsGraded)
    }
}

impl Stage<'_> {
    /// Candidate and production exchanged on whole clusters, each with a chance of a half: were the two the same system, this
    /// draw would have been as likely as the real one.
    pub fn swapped(&self, chance: &mut impl Chance) -> Drawn {
        let swap = self.coins(chance);
        let mut drawn = self.real.clone();
        for column in &mut drawn.columns {
            let [candidate, production, _] = column;
            for ((own, other), cluster) in candidate.iter_mut().zip(production).zip(&self.clusters) {
                if swap[*cluster as usize] {
                    std::mem::swap(own, other);
                }
            }
        }
        drawn
    }

    /// Production against itself: half of its repeats play the candidate, by a coin for each cluster. `None` where it was
    /// asked once.
    pub fn across_repeats(&self, chance: &mut impl Chance) -> Option<Drawn> {
        let halves = self.halves.as_ref()?;
        let coins = self.coins(chance);
        let mut drawn = self.real.clone();
        for (at, column) in drawn.columns.iter_mut().enumerate() {
            let [candidate, production, _] = column;
            for (example, cluster) in self.clusters.iter().enumerate() {
                let first = usize::from(coins[*cluster as usize]);
                candidate[example] = halves[first][at][example];
                production[example] = halves[1 - first][at][example];
            }
        }
        Some(drawn)
    }

    /// Production's own scores in the candidate's place: two systems that never differ.
    pub fn copied(&self) -> Drawn {
        let mut drawn = self.real.clone();
        for [candidate, production, _] in &mut drawn.columns {
            candidate.clone_from(production);
        }
        drawn
    }

    /// One coin a cluster.
    fn coins(&self, chance: &mut impl Chance) -> Vec<bool> {
        let mut coins = Vec::with_capacity(self.cluster_count + 64);
        while coins.len() < self.cluster_count {
            let word = chance.word();
            coins.extend((0..64).map(|bit| word >> bit & 1 == 1));
        }
        coins
    }

    /// Without the clusters for which this holds: as if they had never been collected.
    pub(super) fn without(&self, drawn: &Drawn, left_out: impl Fn(u32) -> bool) -> Drawn {
        let mut left = drawn.clone();
        for entries in left.columns.iter_mut().flatten() {
            for (entry, cluster) in entries.iter_mut().zip(&self.clusters) {
                if left_out(*cluster) {
                    *entry = Entry::default();
                }
            }
        }
        left
    }
}

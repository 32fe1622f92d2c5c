//! What the gates say of systems that are identical, counted over rehearsals.

use super::{Decided, Row};
use crate::finding::{State, Subject};
use crate::routing::Outcome;

/// Counts over rehearsals; those of two parts add up to those of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identical {
    pub rehearsals: u64,
    /// In the order of `Outcome::ALL`.
    pub outcomes: [u64; 5],
    /// Rehearsals in which a blocking gate was breached.
    pub breached: u64,
    /// Rehearsals in which a never rule, a guard or a never example failed outright.
    pub failed: u64,
    /// For each row of the stage its states, in their order of precedence.
    pub states: Vec<[u64; 8]>,
    /// The same of guards, and of never examples.
    pub guards: [u64; 8],
    pub never_examples: [u64; 8],
}

impl Identical {
    pub fn add(&mut self, decided: &Decided, rows: &[Row]) {
        self.rehearsals += 1;
        let outcome = Outcome::ALL.iter().position(|known| *known == decided.outcome);
        self.outcomes[outcome.unwrap_or(0)] += 1;
        self.breached += u64::from(decided.is_breached(rows));
        self.failed += u64::from(decided.is_failed(rows));
        self.states.resize(rows.len(), [0; 8]);
        for (counts, state) in self.states.iter_mut().zip(&decided.states) {
            counts[*state as usize] += 1;
        }
        for (subject, state) in &decided.outright {
            let counts = if *subject == Subject::Guards { &mut self.guards } else { &mut self.never_examples };
            counts[*state as usize] += 1;
        }
    }

    pub fn merge(&mut self, other: &Identical) {
        let add = |own: &mut [u64], others: &[u64]| own.iter_mut().zip(others).for_each(|(own, other)| *own += other);
        self.rehearsals += other.rehearsals;
        self.breached += other.breached;
        self.failed += other.failed;
        add(&mut self.outcomes, &other.outcomes);
        self.states.resize(self.states.len().max(other.states.len()), [0; 8]);
        self.states.iter_mut().zip(&other.states).for_each(|(own, others)| add(own, others));
        add(&mut self.guards, &other.guards);
        add(&mut self.never_examples, &other.never_examples);
    }

    pub fn of(&self, outcome: Outcome) -> u64 {
        Outcome::ALL.iter().position(|known| *known == outcome).map_or(0, |at| self.outcomes[at])
    }

    /// How often a row was in a state.
    pub fn in_state(&self, row: usize, state: State) -> u64 {
        self.states.get(row).map_or(0, |counts| counts[state as usize])
    }
}

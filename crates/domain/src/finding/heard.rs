//! The gates of one arm, heard once: their findings can be told, and some of them heard again on other evidence.
//!
//! in      a contract, its segments, one arm, the evidence, what failed outright
//! out     the arm's findings of gates in the order gate, segment; or only what routing reads of them
//! note    `find` tells what is heard here, and a rehearsal hears again what it changed: there is one rule, and it is here

use super::judge::Hearing;
use super::levels::Levels;
use super::{Facts, Finding, State, look_level};
use crate::contract::Contract;
use crate::evidence::{Evidence, in_scope};
use crate::segment::Segment;
use crate::system::Arm;

pub struct Heard<'a> {
    contract: &'a Contract,
    hearings: Vec<Hearing<'a>>,
    level: f64,
}

impl<'a> Heard<'a> {
    pub fn of(
        contract: &'a Contract,
        segments: &'a [Segment],
        arm: Arm,
        evidence: &'a Evidence,
        facts: &Facts,
    ) -> Self {
        let hearings = contract
            .gates
            .iter()
            .enumerate()
            .flat_map(|(at, gate)| {
                in_scope(gate, segments, contract)
                    .into_iter()
                    .filter_map(move |segment| Hearing::of(contract, at, gate, segment, arm, evidence, facts))
            })
            .collect();
        Heard { contract, hearings, level: look_level(contract, facts.look.unwrap_or(1)) }
    }

    /// With those heard again that this evidence answers; the others stay as they were heard.
    pub fn again<'b>(&'b self, evidence: &'b Evidence, facts: &Facts) -> Heard<'b> {
        let hearings = self.hearings.iter().map(|hearing| hearing.again(self.contract, evidence, facts)).collect();
        Heard { contract: self.contract, hearings, level: self.level }
    }

    pub fn findings(&self, facts: &Facts) -> Vec<Finding> {
        let levels = Levels::of(&self.hearings, self.level);
        self.told(|hearing, at| hearing.finding(self.contract, &levels, at, facts))
    }

    /// The findings without estimates and sentences.
    pub fn bare(&self, facts: &Facts) -> Vec<Finding> {
        let levels = Levels::of(&self.hearings, self.level);
        self.told(|hearing, at| hearing.bare(&levels, at, facts))
    }

    /// The state of one gate on one segment; `None` where the gate does not judge this arm there.
    pub fn state(&self, gate: usize, segment: &Segment, facts: &Facts) -> Option<State> {
        let at = self.hearings.iter().position(|hearing| hearing.at == gate && hearing.segment == segment)?;
        let levels = Levels::of(&self.hearings, self.level);
        Some(self.hearings[at].state(&levels, at, facts).0)
    }

    fn told(&self, tell: impl Fn(&Hearing, usize) -> Finding) -> Vec<Finding> {
        self.hearings.iter().enumerate().map(|(at, hearing)| tell(hearing, at)).collect()
    }
}

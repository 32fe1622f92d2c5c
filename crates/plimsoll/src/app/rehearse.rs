//! `rehearse`: how often would this gate err, on the team's own scores?
//!
//! in      a sealed run, by record, digest or contract; how many rehearsals, and the seed
//! out     what the gates say of identical systems, the smallest loss that each sees, the examples that ever changed a decision
//! errors  scores that are not what was sealed; nothing to rehearse with; sums of ours that are not those of the record
//! note    every rehearsal has a stream of chance of its own, so that threads change nothing

pub mod advice;
mod agreed;
mod many;
mod parts;
mod target;

pub use target::Target;

use super::run::Progress;
use super::weigh::{disputed, ours};
use crate::cli::Failure;
use domain::evidence::segments;
use domain::finding::{Finding, Findings, State, Subject, look_level};
use domain::format::record::Describes;
use domain::name::ExampleId;
use domain::rehearsal::identical::Identical;
use domain::rehearsal::loss::{Power, Unit, unit};
use domain::rehearsal::{self, Play, Stage, columns, questions};
use domain::system::Arm;
use lake::{Asked, Scores};
use parts::{decisive, identical, powers};
use std::collections::BTreeSet;

/// What is asked for.
pub struct Orders {
    pub rehearsals: u64,
    pub seed: u64,
    pub threads: usize,
    pub start: Start,
    pub parts: Parts,
}

/// What is rehearsed: all of it, or what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    pub identical: bool,
    pub losses: bool,
    pub examples: bool,
}

/// The identical systems that losses are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The two systems with their arms swapped by cluster: they differ as much as two releases of this team do.
    Swapped,
    /// Production in both places: they never differ.
    Production,
    /// There is no production: the candidate as it is.
    Candidate,
}

/// A way of making identical systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    Swapped,
    Repeats,
}

/// What came of it.
pub struct Rehearsed {
    pub of: String,
    pub contract: String,
    pub describes: Describes,
    pub look: Option<u32>,
    pub level: f64,
    pub seed: u64,
    pub rehearsals: u64,
    pub parts: Parts,
    pub examples: u64,
    pub clusters: u64,
    pub identical: Vec<(Identity, Identical)>,
    /// Why a way of making identical systems was not gone.
    pub not_made: Vec<String>,
    pub start: Start,
    pub rows: Vec<Row>,
    /// Guards, and examples that must never fail: whether there are any.
    pub guards: bool,
    pub never_examples: bool,
    pub decisive: Decisive,
    pub notes: Vec<String>,
    pub advice: Vec<String>,
}

/// One gate on one segment.
pub struct Row {
    pub gate: String,
    pub segment: String,
    pub blocking: bool,
    pub state: State,
    /// Independent conversations of weight; unknown where nothing can be estimated.
    pub clusters: Option<u64>,
    /// The margin of a comparison, as a loss in `unit`; `None` for other rules.
    pub margin: Option<f64>,
    pub unit: Unit,
    pub power: Power,
}

/// Which examples ever changed what.
#[derive(Default)]
pub struct Decisive {
    pub records: u64,
    pub trials: u64,
    pub not_tried: u64,
    /// Examples that ever changed the decision; those that only changed a gate's state; those that never changed anything.
    pub decision: Vec<ExampleId>,
    pub state: Vec<ExampleId>,
    pub never: Vec<ExampleId>,
    pub unknown: Vec<ExampleId>,
}

pub fn rehearse(mut target: Target, orders: &Orders, progress: &mut dyn Progress) -> Result<Rehearsed, Failure> {
    progress.step("reading the scores");
    let run = target.run.take();
    let contract = &target.contract;
    let set = lake::read_set(&target.folder).map_err(ours)?;
    let segments = segments(contract, &set);
    let arms: BTreeSet<Arm> = target.systems.keys().copied().collect();
    let asked = questions(contract, &segments, &arms);
    let scores =
        Scores::open(&target.folder, Asked { set: &set, contract, systems: target.systems.clone() }).map_err(ours)?;
    let held = scores.held(&columns(contract, &set, &asked)).map_err(ours)?;
    // Whoever waits to run in this folder need not wait for rehearsals.
    drop(run);
    let disputed = disputed(&scores, &set, contract)?;
    let play = Play {
        contract,
        set: &set,
        segments: &segments,
        arms: &arms,
        look: target.look,
        judges: &target.judges,
        disputed: &disputed,
    };
    let stage = Stage::new(play, &held);
    progress.step("checking that the sums are those of the record");
    let found = stage.findings(target.decided_under);
    agreed::agree(contract, &found, &target)?;
    let Parts { identical: of_identical, losses, examples } = orders.parts;
    let identical = if of_identical { identical(&stage, orders, progress) } else { Vec::new() };
    let start = match (arms.contains(&Arm::Production), orders.start) {
        (false, _) => Start::Candidate,
        (true, start) => start,
    };
    let powers = if losses { powers(&stage, start, orders, progress) } else { Vec::new() };
    let decisive = if examples { decisive(&stage, orders, progress) } else { Decisive::default() };
    let powers = powers.into_iter().chain(std::iter::repeat(Power::default()));
    let rows = stage.rows().iter().zip(powers).map(|(row, power)| told(&stage, row, &found, power));
    let mut rehearsed = Rehearsed {
        of: target.name.clone(),
        contract: contract.name.clone(),
        describes: super::weigh::describes(contract, &set),
        look: target.look,
        level: look_level(contract, target.look.unwrap_or(1)),
        seed: orders.seed,
        rehearsals: orders.rehearsals,
        parts: orders.parts,
        examples: set.active().count() as u64,
        clusters: stage.active_clusters() as u64,
        not_made: not_made(&stage, orders.parts, &identical),
        identical,
        start,
        rows: rows.collect(),
        guards: set.active().any(|(_, row)| row.guard != domain::example::Guard::No),
        never_examples: set.active().any(|(_, row)| row.never),
        decisive,
        notes: target.notes.clone(),
        advice: Vec::new(),
    };
    rehearsed.advice = advice::advice(&rehearsed);
    Ok(rehearsed)
}

/// A row of the stage by its names, with what the record says of it.
fn told(stage: &Stage, row: &rehearsal::Row, found: &Findings, power: Power) -> Row {
    let Play { contract, segments, .. } = stage.play();
    let (gate, segment) = (&contract.gates[row.gate], &segments[row.segment]);
    let is_it = |finding: &&Finding| {
        finding.arm == Arm::Candidate && finding.subject == Subject::Gate(row.gate) && finding.segment == *segment
    };
    let finding = found.iter().find(is_it);
    Row {
        gate: gate.name.to_string(),
        segment: segment.name.to_string(),
        blocking: row.blocking,
        state: finding.map_or(State::NoData, |finding| finding.state),
        clusters: finding.and_then(|finding| finding.estimate).map(|estimate| estimate.clusters),
        margin: advice::margin(gate),
        unit: unit(gate),
        power,
    }
}

/// Why identical systems could not be made in some way, or say little.
fn not_made(stage: &Stage, parts: Parts, made: &[(Identity, Identical)]) -> Vec<String> {
    let mut why = Vec::new();
    if stage.weighted_clusters() < 2 {
        why.push(
            "fewer than two conversations count toward a rate: nothing can be estimated, whatever is swapped or lost"
                .to_owned(),
        );
    }
    if !parts.identical {
        return why;
    }
    if !stage.play().arms.contains(&Arm::Production) {
        why.push(
            "the run has no production: no two systems of it can be taken for one, and nothing is said of identical systems"
                .to_owned(),
        );
    } else if !made.iter().any(|(way, _)| *way == Identity::Repeats) {
        why.push("production was asked once: it cannot be laid beside itself across repeats".to_owned());
    }
    why
}

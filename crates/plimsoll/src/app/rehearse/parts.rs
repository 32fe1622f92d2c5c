//! The three parts of a rehearsal, each over many draws at once.
//!
//! in      the stage, how many rehearsals, the seed, the threads
//! out     counts over identical systems, over losses, and what single examples changed
//! note    each part has streams of chance of its own, and so does each rehearsal in it

use super::many::{Chances, each, summed};
use super::{Decisive, Identity, Orders, Start};
use crate::app::run::Progress;
use domain::rehearsal::decisive::{Effect, Ever};
use domain::rehearsal::identical::Identical;
use domain::rehearsal::loss::Power;
use domain::rehearsal::{Drawn, Stage};
use domain::system::Arm;

/// Single examples are tried on the record as it is, and on as many thinned ones as make up this number.
const RECORDS: usize = 10;
/// Trials of single examples for each rehearsal that is asked for.
const TRIALS: usize = 10;

/// What the gates say of identical systems, in each way that the run allows.
pub fn identical(stage: &Stage, orders: &Orders, progress: &mut dyn Progress) -> Vec<(Identity, Identical)> {
    if !stage.play().arms.contains(&Arm::Production) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (way, what) in [
        (Identity::Swapped, "rehearsing with arms swapped"),
        (Identity::Repeats, "rehearsing production against itself"),
    ] {
        if way == Identity::Repeats && !stage.is_repeated() {
            continue;
        }
        progress.step(what);
        let chances = Chances::new(orders.seed, way as u64);
        let one = |at: u64, sum: &mut Identical| {
            let mut chance = chances.of(at);
            let drawn = match way {
                Identity::Swapped => Some(stage.swapped(&mut chance)),
                Identity::Repeats => stage.across_repeats(&mut chance),
            };
            if let Some(drawn) = drawn {
                sum.add(&stage.decide(&drawn), stage.rows());
            }
        };
        found.push((way, summed(orders, orders.rehearsals, one, |sum, part| sum.merge(&part), progress)));
    }
    found
}

/// The losses that each row sees.
pub fn powers(stage: &Stage, start: Start, orders: &Orders, progress: &mut dyn Progress) -> Vec<Power> {
    progress.step("rehearsing losses");
    let chances = Chances::new(orders.seed, 2);
    let one = |at: u64, sums: &mut Vec<Power>| {
        let mut chance = chances.of(at);
        let drawn: Drawn = match start {
            Start::Swapped => stage.swapped(&mut chance),
            Start::Production => stage.copied(),
            Start::Candidate => stage.real().clone(),
        };
        let caught = stage.caught(drawn, &mut chance);
        sums.resize(caught.len(), Power::default());
        sums.iter_mut().zip(caught).for_each(|(sum, caught)| sum.add(caught));
    };
    let merge = |sums: &mut Vec<Power>, part: Vec<Power>| {
        sums.resize(sums.len().max(part.len()), Power::default());
        sums.iter_mut().zip(&part).for_each(|(sum, part)| sum.merge(part));
    };
    let mut powers = summed(orders, orders.rehearsals, one, merge, progress);
    powers.resize(stage.rows().len(), Power::default());
    powers
}

/// Leaves each conversation out once and flips each grade once, on the record as it is and on some that are thinned.
pub fn decisive(stage: &Stage, orders: &Orders, progress: &mut dyn Progress) -> Decisive {
    progress.step("trying single examples");
    let trials = stage.trials();
    let most = (orders.rehearsals as usize).saturating_mul(TRIALS);
    let tried = trials.len().min(most);
    let records = (most / tried.max(1)).clamp(1, RECORDS) as u64;
    let mut effects = vec![Effect::default(); trials.len()];
    let chances = Chances::new(orders.seed, 3);
    for record in 0..records {
        let basis = match record {
            0 => stage.as_it_is(),
            record => stage.without_a_tenth(&mut chances.of(record)),
        };
        let found = each(orders, tried, |at| stage.effect(&basis, &trials[at]), progress);
        effects.iter_mut().zip(found).for_each(|(effect, found)| effect.merge(found));
    }
    let mut decisive =
        Decisive { records, trials: tried as u64, not_tried: (trials.len() - tried) as u64, ..Decisive::default() };
    let set = stage.play().set;
    let by_example = stage.by_example(&trials, &effects);
    for (example, row) in set.active() {
        let list = match by_example[example.0 as usize] {
            Ever::Decision => &mut decisive.decision,
            Ever::State => &mut decisive.state,
            Ever::Nothing => &mut decisive.never,
            Ever::Unknown => &mut decisive.unknown,
        };
        list.push(row.id.clone());
    }
    decisive
}

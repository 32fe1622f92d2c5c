//! What the last decisions showed of each example: whether it decided anything, and whether everybody passed it.
//!
//! in      the eval's chain of records, and the runs that are still kept
//! out     for each of the last decisions, newest first, what it showed; what earlier contracts named; what could not be looked at
//! errors  scores that cannot be read although they are what was sealed
//! note    decisions on the same scores are one. An example that was not tried, because there are too many, is not known to have
//!         decided nothing

use crate::app::chain::{Chain, Kept};
use crate::app::diff::systems;
use crate::app::eval::{Eval, sealed};
use crate::app::history::scores_digest;
use crate::app::judges::sealed_judges;
use crate::app::run::Progress;
use crate::app::sealed::folder_of;
use crate::app::weigh::{disputed, ours};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::evidence::segments;
use domain::finding::is_never;
use domain::gate::{Gate, Measure};
use domain::name::CriterionName;
use domain::question::ValueOf;
use domain::rehearsal::decisive::{Effect, Ever, Trial};
use domain::rehearsal::{Play, Stage, columns, questions};
use domain::retirement::{Named, Seen, Watched, saturated, stands_out};
use domain::share::Share;
use domain::system::Arm;
use lake::{Asked, Scores};
use std::collections::BTreeSet;

/// Conversations left out, one at a time, for each decision.
const MOST_TRIALS: usize = 20_000;

/// What the chain and its runs show.
#[derive(Default)]
pub struct Looked {
    /// Newest first.
    pub watched: Vec<Watched>,
    pub named: Named,
    pub notes: Vec<String>,
}

pub fn looked(eval: &Eval, progress: &mut dyn Progress) -> Result<Looked, Failure> {
    let mut looked = Looked::default();
    let state = eval.state();
    let records = Chain::at(&state).list()?;
    let mut last: Vec<(&Kept, Contract)> = Vec::new();
    for kept in records.iter().rev() {
        let is_ours = kept.contract() == eval.contract.name.as_str();
        if !is_ours || kept.content.get("decision").is_none() {
            continue;
        }
        let contract = match sealed(&kept.content) {
            Ok(contract) => contract,
            Err(faults) => {
                looked.notes.push(format!(
                    "the contract of decision {} cannot be read ({faults}): what it showed of examples is unknown",
                    kept.id()
                ));
                continue;
            }
        };
        looked.named.hear(&contract);
        if !last.iter().any(|(other, _)| scores_digest(&other.content) == scores_digest(&kept.content)) {
            last.push((kept, contract));
        }
    }
    let retire = eval.contract.retire;
    let (decisive_in, saturated_in) = (usize::from(retire.never_decisive_in), usize::from(retire.saturated_in));
    if last.len() < decisive_in.min(saturated_in) {
        let there = match last.len() {
            1 => "there is 1 decision on scores of its own".to_owned(),
            many => format!("there are {many} decisions on scores of their own"),
        };
        looked.notes.push(format!(
            "{there}: too few to say who decided nothing ({decisive_in}) or is saturated ({saturated_in})"
        ));
        return Ok(looked);
    }
    let wanted = decisive_in.max(saturated_in).min(last.len());
    for (at, (kept, contract)) in last.iter().take(wanted).enumerate() {
        progress.step(&format!("looking at decision {}", kept.id()));
        let Some(folder) = intact(&state, kept) else {
            looked.notes.push(format!(
                "the run of decision {} is no longer kept as it was: what it and earlier ones showed of examples is unknown",
                kept.id()
            ));
            break;
        };
        // Who decided anything is asked only where there are enough decisions to ask.
        let tries = last.len() >= decisive_in && at < decisive_in;
        looked.watched.push(watched(kept, contract, &folder, tries, &mut looked.notes)?);
    }
    Ok(looked)
}

/// The folder of a record's run, where its files are those that were sealed.
fn intact(state: &Utf8Path, kept: &Kept) -> Option<Utf8PathBuf> {
    let folder = folder_of(state, &kept.content["scores"]);
    let is_sealed = |(name, digest): (&String, &serde_json::Value)| {
        let path = folder.join(Utf8Path::new(name).file_name().unwrap_or(""));
        lake::file_digest(&path).ok().map(|found| found.to_string()).as_deref() == digest.as_str()
    };
    let mut files = kept.content["scores"]["files"].as_object()?.iter();
    files.all(is_sealed).then_some(folder)
}

fn watched(
    kept: &Kept,
    contract: &Contract,
    folder: &Utf8Path,
    tries: bool,
    notes: &mut Vec<String>,
) -> Result<Watched, Failure> {
    let set = lake::read_set(folder).map_err(ours)?;
    let systems = systems(&kept.content);
    let arms: BTreeSet<Arm> = systems.keys().copied().collect();
    let scores = Scores::open(folder, Asked { set: &set, contract, systems }).map_err(ours)?;
    let reached: Vec<(Measure, ValueOf)> = contract
        .criteria
        .iter()
        .map(|criterion| {
            let mark = criterion.pass_at.unwrap_or(Share::ONE);
            (Measure::Criterion(criterion.name.clone()), ValueOf::Reaches(mark))
        })
        .collect();
    let held = scores.held(&reached).map_err(ours)?;
    let saturated = saturated(&held, &arms, set.rows.len());
    let stands_out = stands_out(&held, &never_criteria(contract), set.rows.len());
    let mut ever = vec![Ever::Unknown; set.rows.len()];
    if tries {
        let segments = segments(contract, &set);
        let asked = questions(contract, &segments, &arms);
        let held = scores.held(&columns(contract, &set, &asked)).map_err(ours)?;
        let look = kept.content["look"]["number"].as_u64().map(|look| look as u32);
        let judges = sealed_judges(&kept.content)?;
        let disputed = disputed(&scores, &set, contract)?;
        let play =
            Play { contract, set: &set, segments: &segments, arms: &arms, look, judges: &judges, disputed: &disputed };
        let stage = Stage::new(play, &held);
        let mut trials = stage.trials();
        trials.retain(|trial| matches!(trial, Trial::LeftOut(_)));
        if trials.len() > MOST_TRIALS {
            notes.push(format!("of decision {} {MOST_TRIALS} conversations of {} were tried", kept.id(), trials.len()));
        }
        let basis = stage.as_it_is();
        let effects: Vec<Effect> = trials
            .iter()
            .enumerate()
            .map(|(at, trial)| if at < MOST_TRIALS { stage.effect(&basis, trial) } else { Effect::default() })
            .collect();
        ever = stage.by_example(&trials, &effects);
    }
    let seen = set.active().map(|(example, row)| {
        let at = example.0 as usize;
        let decisive = match ever[at] {
            _ if stands_out[at] => Some(true),
            Ever::Decision | Ever::State => Some(true),
            Ever::Nothing => Some(false),
            Ever::Unknown => None,
        };
        (row.id.to_string(), Seen { digest: row.digest, decisive, saturated: saturated[at] })
    });
    Ok(Watched { seen: seen.collect() })
}

/// Criteria of which a gate says that they never fail.
fn never_criteria(contract: &Contract) -> BTreeSet<CriterionName> {
    let of = |gate: &Gate| match &gate.measure {
        Measure::Criterion(name) if is_never(gate) => Some(name.clone()),
        _ => None,
    };
    contract.gates.iter().filter_map(of).collect()
}

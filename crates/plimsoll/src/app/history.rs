//! What the chain of records says of a candidate before it is decided on.
//!
//! rule    looks are counted for a candidate and the lineage of its reference set: a set that shares no example with those that it was
//!         decided on before starts at the first look

use super::chain::Kept;
use super::sealed::folder_of;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::digest::Digest;
use domain::finding::{Finding, State};
use domain::format::contract;
use domain::reference_set::{ReferenceSet, of_lineage};
use domain::system::Arm;
use serde_json::Value;
use std::collections::BTreeSet;

/// Derived from the records that stand before a decision and the runs that they sealed, and so the same whenever it is derived again.
pub struct History {
    /// Number of this look; unknown where no chain is at hand.
    pub look: Option<u32>,
    /// The runs of all earlier looks are kept: where one is not, its set may share examples with this one, and its look is counted.
    pub all_kept: bool,
    /// Runs of earlier looks that are there and cannot be read, each with why.
    pub unreadable: Vec<String>,
    /// Digest of the contract under which these scores were first decided on, where it is another one and nobody approved.
    pub decided_under: Option<Digest>,
    /// The last decision of this contract on other scores, made before the first one on these.
    pub before: Option<Before>,
}

/// An earlier decision, whose reference set this one's is laid beside.
#[derive(Clone, Debug)]
pub struct Before {
    pub record: String,
    /// That record's content.
    pub content: Value,
    /// The contract that it was made under; `None` where this version cannot read it.
    pub contract: Option<Contract>,
}

impl History {
    /// From the records before the decision, oldest first; `run` is the folder of the scores that are decided on.
    pub fn of(records: &[Kept], contract: &Contract, scores: &str, run: &Utf8Path) -> Self {
        let scores_of = |kept: &Kept| scores_digest(&kept.content).to_owned();
        let name_of = |kept: &Kept| kept.contract().to_owned();
        let is_decision = |kept: &&Kept| kept.content.get("decision").is_some();
        // A contract that was renamed is the same one, where it was decided on the same scores of the same systems under its other name.
        let is_of_these = |kept: &&Kept| {
            let is_same = |arm: &Arm| {
                let kind = contract.system(*arm).map(|system| system.kind.describe());
                let then = system_of(&kept.content, *arm);
                then["kind"].as_str() == kind.as_deref() && described(&kept.content, *arm) == describes(contract, *arm)
            };
            scores_of(kept) == scores && [Arm::Candidate, Arm::Production].iter().all(is_same)
        };
        let on_these = records.iter().filter(is_decision).filter(is_of_these).map(name_of);
        let names: BTreeSet<String> = on_these.chain([contract.name.to_string()]).collect();
        let is_so_named = |kept: &&Kept| names.contains(&name_of(kept));
        let decisions: Vec<&Kept> = records.iter().filter(is_decision).filter(is_so_named).collect();
        let first = decisions.iter().position(|kept| scores_of(kept) == scores);
        let mut looks = looks(&decisions, contract, state_of(run));
        // Deciding the same scores again is the same look, even the first one, made without a chain.
        match looks.iter().position(|(digest, _)| digest == scores) {
            Some(position) => looks.truncate(position + 1),
            // The same answers under another description are seen by their digest, and are no fresh look.
            None => looks.push((scores.to_owned(), run.to_owned())),
        }
        let mut unreadable = Vec::new();
        let sets: Vec<Option<BTreeSet<String>>> = match looks.as_slice() {
            // Alone it is the first, whatever it holds.
            [_] => vec![Some(BTreeSet::new())],
            several => several.iter().map(|(_, folder)| active_ids(folder, &mut unreadable)).collect(),
        };
        let look = (!records.is_empty()).then(|| of_lineage(&sets) as u32);
        let before = decisions[..first.unwrap_or(decisions.len())].last();
        History {
            look,
            all_kept: sets.iter().all(Option::is_some),
            unreadable,
            decided_under: first.and_then(|first| changed_since(&decisions, first, contract)),
            before: before.map(|kept| Before {
                record: kept.id().to_owned(),
                content: kept.content.clone(),
                contract: sealed_contract(&kept.content),
            }),
        }
    }
}

impl Before {
    /// That a finding which is not shown now held then, for the same candidate under the same contract. Its pass does not stand: each look is
    /// judged anew.
    pub fn held(&self, contract: &Contract, finding: &Finding) -> Option<String> {
        let is_same = self.content["contract"]["digest"].as_str() == Some(contract.digest.to_string().as_str())
            && described(&self.content, Arm::Candidate) == describes(contract, Arm::Candidate);
        let held = |then: &Value| {
            then["state"] == State::Holds.as_str()
                && then["arm"] == finding.arm.as_str()
                && then["gate"] == finding.name.as_str()
                && then["segment"] == finding.segment.name.to_string().as_str()
        };
        let is_open = finding.state == State::NotShown && finding.arm == Arm::Candidate;
        (is_open && is_same && self.content["findings"].as_array().into_iter().flatten().any(held)).then(|| {
            "it held in the last decision of this candidate, which does not carry over: each look is judged anew"
                .to_owned()
        })
    }
}

/// Number of the look that the next run will be: with the examples of the last one, recorded answers are the same and so is the look. What is
/// asked anew, or about other examples, is a further one, where examples are shared. 1 where nothing was decided.
pub fn upcoming(records: &[Kept], contract: &Contract, state: &Utf8Path, set: &ReferenceSet) -> u32 {
    let is_decision =
        |kept: &&Kept| kept.content.get("decision").is_some() && kept.contract() == contract.name.as_str();
    let decisions: Vec<&Kept> = records.iter().filter(is_decision).collect();
    let looks = looks(&decisions, contract, state);
    // What cannot be read is told by the run.
    let untold = &mut Vec::new();
    let mut sets: Vec<Option<BTreeSet<String>>> = looks.iter().map(|(_, folder)| active_ids(folder, untold)).collect();
    let now: BTreeSet<String> = ids(set);
    // Of a run that is no longer kept nobody knows whether these are its examples.
    let is_other = sets.last().is_none_or(|last| last.as_ref().is_some_and(|last| *last != now));
    let is_asked = |arm: Arm| contract.system(arm).is_some_and(|system| system.live().is_some());
    if is_other || Arm::ALL.into_iter().any(is_asked) {
        sets.push(Some(now));
    }
    of_lineage(&sets) as u32
}

/// The scores that this candidate was decided on, each once, by digest and folder.
fn looks(decisions: &[&Kept], contract: &Contract, state: &Utf8Path) -> Vec<(String, Utf8PathBuf)> {
    let mut looks: Vec<(String, Utf8PathBuf)> = Vec::new();
    let of_candidate = |kept: &&&Kept| described(&kept.content, Arm::Candidate) == describes(contract, Arm::Candidate);
    for kept in decisions.iter().filter(of_candidate) {
        let digest = scores_digest(&kept.content);
        if !looks.iter().any(|(known, _)| known == digest) {
            looks.push((digest.to_owned(), folder_of(state, &kept.content["scores"])));
        }
    }
    looks
}

/// The state beside which a run is kept.
pub fn state_of(run: &Utf8Path) -> &Utf8Path {
    run.parent().and_then(Utf8Path::parent).unwrap_or(Utf8Path::new(""))
}

fn ids(set: &ReferenceSet) -> BTreeSet<String> {
    set.active().map(|(_, row)| row.id.to_string()).collect()
}

/// The examples that a run was about; `None` where it is no longer kept, or cannot be read, which is told.
fn active_ids(run: &Utf8Path, unreadable: &mut Vec<String>) -> Option<BTreeSet<String>> {
    if !run.exists() {
        return None;
    }
    match lake::read_set(run) {
        Ok(set) => Some(ids(&set)),
        Err(error) => {
            unreadable.push(format!(
                "the run of an earlier look in `{run}` cannot be read, and its look is counted whatever it was about: {error}"
            ));
            None
        }
    }
}

/// The contract whose text a record sealed.
fn sealed_contract(content: &Value) -> Option<Contract> {
    let text = content["contract"]["text"].as_str()?;
    contract::parse(Utf8Path::new("sealed contract"), text).ok().map(|parsed| parsed.contract)
}

/// What tells one candidate from the next under one contract: what the contract says it is.
fn describes(contract: &Contract, arm: Arm) -> &str {
    contract.system(arm).map_or("", |system| system.describe.as_str())
}

fn described(content: &Value, arm: Arm) -> &str {
    system_of(content, arm)["describe"].as_str().unwrap_or("")
}

fn system_of(content: &Value, arm: Arm) -> &Value {
    let mut systems = content["systems"].as_array().into_iter().flatten();
    systems.find(|system| system["arm"] == arm.as_str()).unwrap_or(&Value::Null)
}

/// The contract of the first decision on these scores, where it is not the one of now and nobody approved that one since.
fn changed_since(decisions: &[&Kept], first: usize, contract: &Contract) -> Option<Digest> {
    let digest = |kept: &Kept| kept.content["contract"]["digest"].as_str().map(str::to_owned);
    let now = contract.digest.to_string();
    let approved =
        decisions.iter().any(|kept| digest(kept).as_deref() == Some(&now) && kept.content["approval"].is_object());
    digest(decisions[first]).filter(|then| *then != now && !approved).as_deref().and_then(Digest::parse)
}

/// The digest of a record's scores, empty where it has none.
pub fn scores_digest(content: &Value) -> &str {
    content["scores"]["digest"].as_str().unwrap_or("")
}

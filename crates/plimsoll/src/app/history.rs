//! What the chain of records says of a candidate before it is decided on.

use super::chain::Kept;
use camino::Utf8Path;
use domain::contract::Contract;
use domain::digest::Digest;
use domain::format::contract;
use domain::system::Arm;
use serde_json::Value;
use std::collections::BTreeSet;

/// Derived from the records that stand before a decision, and so the same whenever it is derived again.
pub struct History {
    /// Number of this look; unknown where no chain is at hand.
    pub look: Option<u32>,
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
    /// From the records before the decision, oldest first.
    pub fn of(records: &[Kept], contract: &Contract, scores: &str) -> Self {
        let scores_of = |kept: &Kept| scores_digest(&kept.content).to_owned();
        let name_of = |kept: &Kept| kept.content["contract"]["name"].as_str().unwrap_or("").to_owned();
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
        let of_lineage = |kept: &&Kept| names.contains(&name_of(kept));
        let decisions: Vec<&Kept> = records.iter().filter(is_decision).filter(of_lineage).collect();
        let first = decisions.iter().position(|kept| scores_of(kept) == scores);
        let mut looks: Vec<String> = Vec::new();
        for kept in decisions
            .iter()
            .filter(|kept| described(&kept.content, Arm::Candidate) == describes(contract, Arm::Candidate))
        {
            let digest = scores_of(kept);
            if !looks.contains(&digest) {
                looks.push(digest);
            }
        }
        // Deciding the same scores again is the same look, even the first one, made without a chain.
        let look = match looks.iter().position(|digest| digest == scores) {
            Some(position) => Some(position as u32 + 1),
            // The same answers under another description are seen by their digest, and are no fresh look.
            None if first.is_some() => Some(looks.len() as u32 + 1),
            None if records.is_empty() => None,
            None => Some(looks.len() as u32 + 1),
        };
        let before = decisions[..first.unwrap_or(decisions.len())].last();
        History {
            look,
            decided_under: first.and_then(|first| changed_since(&decisions, first, contract)),
            before: before.map(|kept| Before {
                record: kept.id().to_owned(),
                content: kept.content.clone(),
                contract: sealed_contract(&kept.content),
            }),
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

//! `monitor`: follows a staged rollout in a file of what production did, by the gate that the stage was for.
//!
//! in      a file of outcomes, one conversation a line; a gate of the contract, or a margin
//! out     what was followed, under which plan, and whose it is
//! errors  no margin; several metrics where none is named; lines that do not say who answered

use super::chain::Chain;
use super::eval::{Eval, state_beside};
use super::outcome::{Column, read};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::gate::{Gate, Margin, Measure, Rule};
use domain::monitor::{Followed, Plan, follow};
use domain::outcome::Outcome;
use domain::share::Share;
use std::collections::BTreeSet;

/// The error rate where neither the command nor a contract says one.
const ALPHA: f64 = 0.05;
/// Conversations of production beside one of the candidate, at most.
const MOST: f64 = 50.0;

pub struct Orders {
    pub file: Utf8PathBuf,
    pub columns: Vec<Column>,
    pub eval: Utf8PathBuf,
    pub gate: Option<String>,
    pub metric: Option<String>,
    pub margin: Option<Share>,
    pub alpha: Option<Share>,
    pub production_share: Option<Share>,
    /// Attributes that an outcome must have.
    pub filter: Vec<(String, String)>,
}

/// A rollout that was followed.
pub struct Monitored {
    pub metric: String,
    pub plan: Plan,
    pub followed: Followed,
    pub gate: Option<String>,
    pub stage: Option<Staged>,
    /// Lines of other metrics or other parts of the traffic.
    pub left_out: usize,
}

/// The stage of the last decision that this is about.
pub struct Staged {
    pub record: String,
    pub cell: String,
    pub share: f64,
    /// What the contract wants to be watched, and when it stops; empty where no gate names a stage.
    pub monitor: String,
    pub stop: String,
    pub owner: String,
}

pub fn monitor(orders: &Orders) -> Result<Monitored, Failure> {
    let outcomes = read(&orders.file, &orders.columns)?;
    let contract = contract(&orders.eval, orders.gate.is_some())?;
    let gate =
        orders.gate.as_deref().zip(contract.as_ref()).map(|(name, contract)| gate(contract, name)).transpose()?;
    let margin = match (orders.margin, gate) {
        (Some(margin), _) => margin,
        (None, Some(gate)) => margin_of(gate)?,
        (None, None) => {
            return Err(Failure::yours(
                "no margin is given",
                "say how much worse is still accepted: `--margin 0.05`, or `--gate NAME`",
            ));
        }
    };
    let inside =
        |outcome: &&Outcome| orders.filter.iter().all(|(name, value)| outcome.attributes.get(name) == Some(value));
    let placed: Vec<&Outcome> = outcomes.iter().filter(inside).collect();
    let metric = metric(orders, gate, &placed)?;
    let of_it: Vec<&Outcome> = placed.into_iter().filter(|outcome| outcome.metric == metric).collect();
    let stage = contract.as_ref().map(|contract| stage(&orders.eval, contract, gate)).transpose()?.flatten();
    let share = orders.production_share.map(Share::get).or(stage.as_ref().map(|stage| 1.0 - stage.share));
    let beside = share.map_or(1.0, |share| (share / (1.0 - share).max(1e-9)).floor().clamp(1.0, MOST)) as u32;
    let alpha = orders.alpha.or(gate.and(contract.as_ref()).map(|contract| contract.alpha));
    let plan = Plan { margin, alpha: alpha.unwrap_or(Share::new(ALPHA).unwrap_or(Share::ONE)), beside };
    let followed = follow(&of_it, &plan).map_err(|error| {
        Failure::yours(
            error.to_string(),
            "each line needs `arm` and `conversation`, and speaks of one conversation; a metric of your own says `better`",
        )
    })?;
    let left_out = outcomes.len() - of_it.len();
    Ok(Monitored { metric, plan, followed, gate: gate.map(|gate| gate.name.to_string()), stage, left_out })
}

/// The contract, where there is one or one is needed.
fn contract(eval: &Utf8Path, needed: bool) -> Result<Option<Contract>, Failure> {
    let there = if eval.is_dir() { eval.join("plimsoll.yaml").exists() } else { eval.exists() };
    if there || needed { Ok(Some(Eval::open(eval)?.contract)) } else { Ok(None) }
}

fn gate<'c>(contract: &'c Contract, name: &str) -> Result<&'c Gate, Failure> {
    let criterion = |gate: &Gate| matches!(&gate.measure, Measure::Criterion(criterion) if criterion.as_str() == name);
    let found = contract.gates.iter().find(|gate| gate.name.as_str() == name);
    found.or_else(|| contract.gates.iter().find(|gate| criterion(gate))).ok_or_else(|| {
        let names: Vec<&str> = contract.gates.iter().map(|gate| gate.name.as_str()).collect();
        Failure::yours(format!("the contract has no gate `{name}`"), format!("its gates are: {}", names.join(", ")))
    })
}

fn margin_of(gate: &Gate) -> Result<Share, Failure> {
    let refused = || {
        Failure::yours(
            format!("gate `{}` has no margin from production in points of a rate", gate.name),
            "say one: `--margin 0.05`",
        )
    };
    match &gate.rule {
        Rule::NotWorse { by: Margin::Absolute(by), .. } => Share::new(*by).map_err(|_| refused()),
        _ => Err(refused()),
    }
}

fn metric(orders: &Orders, gate: Option<&Gate>, outcomes: &[&Outcome]) -> Result<String, Failure> {
    if let Some(metric) = &orders.metric {
        return Ok(metric.clone());
    }
    let of_gate = |outcome: &&&Outcome| match gate.map(|gate| &gate.measure) {
        Some(Measure::Criterion(name)) => {
            outcome.criterion.as_deref().is_none_or(|criterion| criterion == name.as_str())
        }
        _ => true,
    };
    let metrics: BTreeSet<&str> = outcomes.iter().filter(of_gate).map(|outcome| outcome.metric.as_str()).collect();
    let names: Vec<&str> = metrics.into_iter().collect();
    match names.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Failure::yours(
            "no line is of this part of the traffic",
            "leave `--where` out, or look at the attributes of the lines",
        )),
        _ => Err(Failure::yours("several metrics are told", format!("name one with `--metric`: {}", names.join(", ")))),
    }
}

/// The stage of the last decision, with what the gate, or any gate, says of it.
fn stage(eval: &Utf8Path, contract: &Contract, gate: Option<&Gate>) -> Result<Option<Staged>, Failure> {
    let records = Chain::at(&state_beside(eval)).list()?;
    let Some(last) = records.iter().rev().find(|kept| kept.content.get("decision").is_some()) else { return Ok(None) };
    let share = |route: &serde_json::Value| route["share"].as_str().and_then(|share| share.parse::<f64>().ok());
    let routes = last.content["routes"].as_array().into_iter().flatten();
    let staged = routes
        .filter(|route| route["system"] == "candidate")
        .find(|route| share(route).is_some_and(|share| share < 1.0));
    let named = gate.into_iter().chain(&contract.gates).find_map(|gate| gate.not_shown.as_ref());
    Ok(staged.map(|route| Staged {
        record: last.id().to_owned(),
        cell: route["when"].as_str().unwrap_or("").to_owned(),
        share: share(route).unwrap_or(1.0),
        monitor: named.map_or(String::new(), |stage| stage.monitor.clone()),
        stop: named.map_or(String::new(), |stage| stage.stop.clone()),
        owner: owner_of(contract, named.map_or("release", |stage| stage.owner.as_str())),
    }))
}

fn owner_of(contract: &Contract, role: &str) -> String {
    let owner = contract.owner(role).filter(|owner| !owner.who.is_empty());
    owner.map_or_else(|| role.to_owned(), |owner| format!("{} ({})", owner.role, owner.who))
}

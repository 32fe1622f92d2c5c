//! `monitor`: follows a staged rollout in a file of what production did, by the gate that the stage was for.
//!
//! in      a file of outcomes, one conversation a line; a gate of the contract, or a margin
//! out     what was followed, under which plan, and whose it is
//! errors  no margin; several metrics where none is named; every line that does not say who answered
//! note    the file is read once, a line at a time: what is kept grows with its conversations

use super::chain::{Chain, Kept};
use super::eval::{Eval, state_beside};
use super::outcome::{Column, Spot, each};
use super::run::Progress;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::fault::{Fault, Faults};
use domain::gate::{Gate, Margin, Measure, Rule};
use domain::monitor::{Followed, Plan, Rollout, Unfollowed};
use domain::outcome::Outcome;
use domain::share::Share;
use std::collections::BTreeSet;

/// The error rate where neither the command nor a contract says one.
const ALPHA: f64 = 0.05;
/// Conversations of production beside one of the candidate, at most.
const MOST: f64 = 50.0;
/// Lines that cannot be followed and are told at once.
const MOST_FAULTS: usize = 100;
const HELP: &str =
    "each line needs `arm` and `conversation`, and speaks of one conversation; a metric of your own says `better`";

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

pub fn monitor(orders: &Orders, progress: &mut dyn Progress) -> Result<Monitored, Failure> {
    let contract = contract(&orders.eval, orders.gate.is_some())?;
    let gate =
        orders.gate.as_deref().zip(contract.as_ref()).map(|(name, contract)| gate(contract, name)).transpose()?;
    let margin = match (orders.margin, gate) {
        (Some(margin), _) => margin,
        (None, Some(gate)) => margin_of(gate)?,
        (None, None) => {
            return Err(Failure::yours(
                "no margin is given",
                "say how much worse is still accepted: `--margin 5%`, or `--gate NAME`",
            ));
        }
    };
    let mut gathered = Gathered {
        orders,
        gate,
        metrics: BTreeSet::new(),
        rollout: Rollout::default(),
        all: 0,
        taken: 0,
        faults: Vec::new(),
    };
    each(&orders.file, &orders.columns, progress, &mut |spot, outcome| {
        gathered.take(spot, &outcome);
        Vec::new()
    })?;
    let (metric, rollout, left_out) = gathered.whole()?;
    let stage = contract.as_ref().map(|contract| stage(&orders.eval, contract, gate)).transpose()?.flatten();
    let share = orders.production_share.map(Share::get).or(stage.as_ref().map(|stage| 1.0 - stage.share));
    let beside = share.map_or(1.0, |share| (share / (1.0 - share).max(1e-9)).floor().clamp(1.0, MOST)) as u32;
    let alpha = orders.alpha.or(gate.and(contract.as_ref()).map(|contract| contract.alpha));
    let plan = Plan { margin, alpha: alpha.unwrap_or(Share::new(ALPHA).unwrap_or(Share::ONE)), beside };
    progress.step("following the rollout");
    let followed =
        rollout.follow(&plan).map_err(|error| Failure::yours(error.to_string(), "write it as 5% or 0.05"))?;
    Ok(Monitored { metric, plan, followed, gate: gate.map(|gate| gate.name.to_string()), stage, left_out })
}

/// What was read so far of the one metric that is followed.
struct Gathered<'o> {
    orders: &'o Orders,
    gate: Option<&'o Gate>,
    /// Of this part of the traffic, and of the gate's criterion where no metric is named.
    metrics: BTreeSet<String>,
    rollout: Rollout,
    all: usize,
    taken: usize,
    faults: Vec<Fault>,
}

impl Gathered<'_> {
    fn take(&mut self, spot: Spot, outcome: &Outcome) {
        self.all += 1;
        let inside = self.orders.filter.iter().all(|(name, value)| outcome.attributes.get(name) == Some(value));
        if !inside || !self.is_meant(outcome) {
            return;
        }
        if !self.metrics.contains(&outcome.metric) {
            self.metrics.insert(outcome.metric.clone());
        }
        // Of several nothing is followed; the rest is read for their names.
        if self.metrics.len() > 1 {
            return;
        }
        self.taken += 1;
        if let Err(error) = self.rollout.take(outcome)
            && self.faults.len() < MOST_FAULTS
        {
            let field = match error {
                Unfollowed::Unplaced if outcome.arm.is_some() => "conversation",
                Unfollowed::Unplaced => "arm",
                Unfollowed::Together => "n",
                Unfollowed::Undated(_) => "at",
                Unfollowed::Direction(_) | Unfollowed::Margin => "metric",
            };
            self.faults.push(spot(field, error.to_string(), HELP.to_owned()));
        }
    }

    /// By its name; where none is given, every metric that the gate's criterion foretells, or that no criterion does.
    fn is_meant(&self, outcome: &Outcome) -> bool {
        match (&self.orders.metric, self.gate.map(|gate| &gate.measure)) {
            (Some(metric), _) => outcome.metric == *metric,
            (None, Some(Measure::Criterion(name))) => {
                outcome.criterion.as_deref().is_none_or(|criterion| criterion == name.as_str())
            }
            (None, _) => true,
        }
    }

    /// The metric, what was read of it, and how many lines are not of it.
    fn whole(self) -> Result<(String, Rollout, usize), Failure> {
        let mut metrics = self.metrics.into_iter();
        match (metrics.next(), metrics.next()) {
            (Some(metric), None) => {
                Faults::none_or(self.faults)?;
                Ok((metric, self.rollout, self.all - self.taken))
            }
            (None, _) => Err(Failure::yours(
                self.orders.metric.as_ref().map_or_else(
                    || "no line is of this part of the traffic".to_owned(),
                    |metric| format!("no line tells `{metric}` of this part of the traffic"),
                ),
                "leave `--where` or `--metric` out, or look at what the lines say",
            )),
            (Some(one), Some(other)) => {
                let names: Vec<String> = [one, other].into_iter().chain(metrics).collect();
                let help = format!("name one with `--metric`: {}", names.join(", "));
                Err(Failure::yours("several metrics are told", help))
            }
        }
    }
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
            "say one: `--margin 5%`",
        )
    };
    match &gate.rule {
        Rule::NotWorse { by: Margin::Absolute(by), .. } => Share::new(*by).map_err(|_| refused()),
        _ => Err(refused()),
    }
}

/// The stage of the last decision, with what the gate, or any gate, says of it.
fn stage(eval: &Utf8Path, contract: &Contract, gate: Option<&Gate>) -> Result<Option<Staged>, Failure> {
    let records = Chain::at(&state_beside(eval)).list()?;
    let of_contract = |kept: &&Kept| kept.contract() == contract.name.as_str();
    let mut decisions = records.iter().filter(of_contract).filter(|kept| kept.content.get("decision").is_some());
    let Some(last) = decisions.next_back() else { return Ok(None) };
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

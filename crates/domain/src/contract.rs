//! The contract: everything that was agreed before a result was seen. Its digest is locked before a run.

mod asked;

use crate::criterion::Criterion;
use crate::digest::Digest;
use crate::failure_class::FailureClass;
use crate::gate::Gate;
use crate::name::{CriterionName, OwnerRole, TaskName};
use crate::promise::Promise;
use crate::redaction::TrafficPolicy;
use crate::sampling::Rule;
use crate::segment::Segmentation;
use crate::share::Share;
use crate::system::{Arm, Budget, System};
use camino::Utf8PathBuf;
use std::collections::BTreeSet;

/// The currency of a contract that names none.
pub const NO_CURRENCY: &str = "units per occurrence";

/// What stands beside an amount of a currency: `USD` of `USD per occurrence`.
pub fn money(currency: &str) -> &str {
    currency.split(" per ").next().unwrap_or("").trim()
}

/// A contract whose names are resolved. What is merely unwise is left to `check`.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    pub name: String,
    /// Scripted examples and answers may stand for traffic; printed everywhere.
    pub simulated: bool,
    pub promise: Promise,
    /// The release decision that this eval must support.
    pub release: String,
    pub owners: Vec<Owner>,
    pub tasks: Vec<TaskName>,
    /// The classes that the contract prices, in its order; built-in classes it does not name are not listed.
    pub failures: Vec<FailureClass>,
    /// What a cost is of, such as `USD per occurrence`.
    pub currency: String,
    pub sources: Vec<SamplingSource>,
    /// Versions of documents that are in force now: `documents: {refund-policy: 2026-10}`.
    pub documents: Vec<(String, String)>,
    /// Files and folders of examples, relative to the contract.
    pub examples: Vec<Utf8PathBuf>,
    pub segments: Vec<Segmentation>,
    pub criteria: Vec<Criterion>,
    pub systems: Vec<System>,
    /// Hosts that may be asked; empty: any that the systems name.
    pub hosts: Vec<String>,
    pub budget: Budget,
    pub gates: Vec<Gate>,
    /// Answers asked per example and system.
    pub repeats: u16,
    /// One-sided error rate of the whole decision.
    pub alpha: Share,
    pub looks: Looks,
    /// Share of missing grades in an arm beyond which a finding is unfit.
    pub missing_at_most: Share,
    /// Days within which an incident is to be covered; no target where it is not given.
    pub cover_incidents_within: Option<u32>,
    /// What is kept of production's traffic, and for how long.
    pub traffic: TrafficPolicy,
    /// How examples are drawn from traffic.
    pub sampling: Vec<Rule>,
    /// When an example is proposed for retirement.
    pub retire: Retire,
    /// Of the contract's canonical content; white space and comments do not count.
    pub digest: Digest,
}

/// A role, who fills it, and the key that signs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub role: OwnerRole,
    pub who: String,
    pub key: Option<PublicKey>,
}

/// An Ed25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplingSource {
    pub source: crate::provenance::SourceKind,
    pub rule: String,
}

/// How often the same candidate may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Look k is tested at alpha * 2^-k: any number of looks.
    Halving,
    /// `looks: 1`: all of alpha at the first look, and no second one.
    One,
}

/// After how many decisions an example that taught none of them anything may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retire {
    /// It decided nothing in this many decisions.
    pub never_decisive_in: u16,
    /// Every system passed it in this many decisions.
    pub saturated_in: u16,
}

impl Default for Retire {
    fn default() -> Self {
        Retire { never_decisive_in: 5, saturated_in: 5 }
    }
}

impl Contract {
    /// What an amount is counted in, beside the amount.
    pub fn money(&self) -> &str {
        money(&self.currency)
    }

    pub fn system(&self, arm: Arm) -> Option<&System> {
        self.systems.iter().find(|system| system.name.as_str() == arm.as_str())
    }

    /// What a failure of this criterion costs where its grader names no class; 0 where that class has no price.
    pub fn price(&self, criterion: &CriterionName) -> f64 {
        let class = self.criterion(criterion.as_str()).and_then(|criterion| criterion.protects.first());
        let priced = self.failures.iter().find(|failure| Some(&failure.name) == class);
        priced.and_then(|failure| failure.cost).map_or(0.0, |cost| cost.get())
    }

    /// The owner whose role or name this is.
    pub fn owner(&self, name: &str) -> Option<&Owner> {
        let by_role = self.owners.iter().find(|owner| owner.role.as_str() == name);
        by_role.or_else(|| self.owners.iter().find(|owner| owner.who == name))
    }

    /// Whether two names, each a role or who fills it, however written, are of one person.
    pub fn is_same_person(&self, one: &str, other: &str) -> bool {
        let written = |name: &str| name.trim().to_lowercase();
        let names = |name: &str| -> BTreeSet<String> {
            let name = written(name);
            let own = self.owners.iter().map(|owner| [written(owner.role.as_str()), written(&owner.who)]);
            let theirs = own.filter(|names| names.contains(&name)).map(|[_, who]| who).filter(|who| !who.is_empty());
            theirs.chain([name.clone()]).collect()
        };
        !names(one).is_disjoint(&names(other))
    }

    /// The owner that a key signs for.
    pub fn owner_of(&self, key: &PublicKey) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.key.as_ref() == Some(key))
    }

    pub fn criterion(&self, name: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.name.as_str() == name)
    }
}

//! `incident`: failures in production, from the day they are opened to the day a gate would block the release that caused them.
//!
//! Everything is an entry of the catalog; what stands is read from them by `domain::incident`.

pub mod again;
pub mod close;
pub mod cover;
pub mod link;
pub mod list;
pub mod open;
mod traced;

use super::eval::Eval;
use super::{kept, recorded};
use crate::cli::Failure;
use catalog::Catalog;
use domain::entry::{Draft, Entry, Noun};
use domain::failure_class::BUILT_IN;
use domain::fault::closest;
use domain::incident::{Incident, told};
use domain::name::{ClassName, OwnerRole};
use serde_json::Value;
use std::collections::BTreeMap;

/// The catalog of an eval, with every record of its chain in it.
pub struct Opened {
    pub catalog: Catalog,
    pub decisions: Vec<Entry>,
    pub incidents: BTreeMap<String, Incident>,
}

impl Opened {
    pub fn of(eval: &Eval) -> Result<Self, Failure> {
        let catalog = kept::open(eval)?;
        let decisions = recorded::sync(&eval.state(), &catalog, &eval.contract.name)?;
        let incidents = told(&catalog.of(Noun::Incident).map_err(kept::failed)?);
        Ok(Opened { catalog, decisions, incidents })
    }

    pub fn find(&self, id: &str) -> Result<&Incident, Failure> {
        self.incidents.get(id).ok_or_else(|| {
            let near = closest(id, self.incidents.keys().map(String::as_str));
            let help = near.map_or_else(
                || "`plimsoll incident list` says which there are".to_owned(),
                |near| format!("did you mean `{near}`? `plimsoll incident list` says which there are"),
            );
            Failure::yours(format!("there is no incident `{id}`"), help)
        })
    }

    /// The entry of a record, by its id, the beginning of it, or `latest`.
    pub fn decision(&self, name: &str) -> Result<&Entry, Failure> {
        let help = "name a record by its id or the beginning of it, or `latest`; `plimsoll show` shows the last";
        if name == "latest" {
            let at = |entry: &&Entry| entry.body["at"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
            return self.decisions.iter().max_by_key(at).ok_or_else(|| Failure::yours("there is no record yet", help));
        }
        let mut found = self.decisions.iter().filter(|entry| !name.is_empty() && entry.subject.starts_with(name));
        match (found.next(), found.next()) {
            (Some(entry), None) => Ok(entry),
            (None, _) => Err(Failure::yours(format!("no record `{name}` is known"), help)),
            (Some(_), Some(_)) => {
                Err(Failure::yours(format!("several records begin with `{name}`"), "write more of the id"))
            }
        }
    }
}

/// One thing more said of an incident, by somebody who has seen all that was said before.
pub fn draft(incident: &Incident, what: &str, by: &str, why: Option<&str>, body: Value) -> Draft {
    Draft {
        noun: Noun::Incident,
        subject: incident.id.clone(),
        after: Some(incident.entries),
        what: what.to_owned(),
        at: kept::now(),
        author: by.to_owned(),
        why: why.map(str::to_owned),
        body,
    }
}

/// A class that the contract prices, or a built-in one.
pub fn class_of(eval: &Eval, name: &str) -> Result<ClassName, Failure> {
    let own = eval.contract.failures.iter().map(|failure| failure.name.as_str());
    let known: Vec<&str> = own.chain(BUILT_IN.iter().map(|(name, ..)| *name)).collect();
    if known.contains(&name) {
        return Ok(ClassName::new(name));
    }
    Err(unknown(&format!("no failure class `{name}`"), name, &known, "classes"))
}

/// A role that the contract lists, where it lists any.
pub fn role_of(eval: &Eval, name: &str) -> Result<OwnerRole, Failure> {
    let roles: Vec<&str> = eval.contract.owners.iter().map(|owner| owner.role.as_str()).collect();
    if roles.is_empty() || roles.contains(&name) {
        return Ok(OwnerRole::new(name));
    }
    Err(unknown(&format!("`{name}` is not among the contract's owners"), name, &roles, "owners"))
}

fn unknown(what: &str, name: &str, known: &[&str], many: &str) -> Failure {
    let near = closest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
    let mut listed: Vec<&str> = Vec::new();
    for name in known {
        if !listed.contains(name) {
            listed.push(name);
        }
    }
    Failure::yours(what, format!("{}{many}: {}", near.unwrap_or_default(), listed.join(", ")))
}

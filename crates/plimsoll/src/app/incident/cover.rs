//! `incident cover`: an incident is covered once an active example stands for it, and something that can grade it blocks on that example
//! alone.
//!
//! in      an incident with its examples, the contract and the reference set as they are now
//! out     what sees which example
//! errors  no example that is active and seen, with the reason for each

use super::{Opened, draft};
use crate::app::eval::Eval;
use crate::app::kept::{self, By};
use crate::app::run::{Progress, reference_set_with};
use crate::cli::Failure;
use domain::incident::gated::{Watch, watched};
use domain::incident::{Incident, Standing};
use domain::name::CriterionName;
use domain::reference_set::{Builder, ExampleIndex, ReferenceSet, RowState};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An example of an incident, and what blocks on it alone.
pub struct Seen {
    pub example: String,
    /// `None` where the set has no such example.
    pub index: Option<ExampleIndex>,
    pub state: Option<RowState>,
    /// Only what can grade it.
    pub watches: Vec<Watch>,
    /// The criteria that would see it and cannot grade it, each with what the example lacks.
    pub lacking: Vec<(CriterionName, String)>,
}

impl Seen {
    pub fn is_seen(&self) -> bool {
        !self.watches.is_empty()
    }

    /// What stands in its way, and what to do.
    pub fn why_not(&self) -> String {
        let id = &self.example;
        match self.state {
            None => format!("`{id}` is not in the reference set"),
            Some(RowState::Proposed) => format!("`{id}` is only proposed: somebody has to accept it"),
            Some(RowState::Quarantined) => format!("`{id}` is quarantined"),
            Some(RowState::Retired) => format!("`{id}` is retired"),
            Some(RowState::Active) if !self.lacking.is_empty() => {
                let lacks = |(name, why): &(CriterionName, String)| format!("`{name}`: {why}");
                let lacking: Vec<String> = self.lacking.iter().map(lacks).collect();
                format!("what would block on `{id}` cannot grade it ({})", lacking.join("; "))
            }
            Some(RowState::Active) => {
                format!(
                    "nothing blocks on `{id}` alone: it needs `guard`, and a blocking gate on a criterion that applies to it"
                )
            }
        }
    }

    pub fn to_json(&self) -> Value {
        let watch = |watch: &Watch| {
            let criteria: Vec<&str> = watch.criteria.iter().map(|name| name.as_str()).collect();
            json!({"rule": watch.rule, "criteria": criteria})
        };
        json!({"example": self.example, "by": self.watches.iter().map(watch).collect::<Vec<_>>()})
    }
}

/// The reference set as it is now, and what sees each of an incident's examples in it.
pub fn seen(
    eval: &Eval,
    incident: &Incident,
    progress: &mut dyn Progress,
) -> Result<(ReferenceSet, Vec<Seen>), Failure> {
    let mut documents: BTreeMap<String, Value> = BTreeMap::new();
    let (set, _) = reference_set_with(eval, Builder::new(eval.contract.simulated), progress, |example| {
        if incident.examples.iter().any(|id| example.id.as_str() == id) {
            documents.insert(example.id.to_string(), example.document.clone());
        }
    })?;
    let one = |id: &String| {
        let at = set.rows.iter().position(|row| row.id.as_str() == id);
        let index = at.map(|at| ExampleIndex(at as u32));
        let mut watches = index.map(|index| watched(&eval.contract, &set, index)).unwrap_or_default();
        let lacking = documents.get(id).map(|document| unseeing(eval, &mut watches, document)).unwrap_or_default();
        Seen { example: id.clone(), index, state: at.map(|at| set.rows[at].state), watches, lacking }
    };
    let seen = incident.examples.iter().map(one).collect();
    Ok((set, seen))
}

/// Takes the criteria out that cannot grade an example, and says what it lacks for each.
fn unseeing(eval: &Eval, watches: &mut Vec<Watch>, document: &Value) -> Vec<(CriterionName, String)> {
    let lacks = |name: &CriterionName| grading::lacks(&eval.contract.criterion(name.as_str())?.grader, document);
    let named: BTreeSet<&CriterionName> = watches.iter().flat_map(|watch| &watch.criteria).collect();
    let lacking: Vec<(CriterionName, String)> =
        named.into_iter().filter_map(|name| Some((name.clone(), lacks(name)?))).collect();
    for watch in watches.iter_mut() {
        watch.criteria.retain(|name| !lacking.iter().any(|(blind, _)| blind == name));
    }
    watches.retain(|watch| !watch.criteria.is_empty());
    lacking
}

/// Says that it is covered, where it is.
pub fn cover(eval: &Eval, id: &str, by: By) -> Result<(Incident, Vec<Seen>), Failure> {
    let opened = Opened::of(eval)?;
    let incident = opened.find(id)?;
    if incident.standing() != Standing::Open {
        return Err(Failure::yours(
            format!("incident `{id}` is {} already", incident.standing().as_str()),
            "where it came back, say so first: `plimsoll incident reopen`",
        ));
    }
    let (set, seen) = seen(eval, incident, &mut kept::Quiet)?;
    refuse_unseen(id, &seen)?;
    let shown: Vec<Value> = seen.iter().filter(|seen| seen.is_seen()).map(Seen::to_json).collect();
    let body = json!({"seen_by": shown, "set": set.digest.map(|digest| digest.to_string())});
    let added = opened.catalog.append(&[draft(incident, "covered", by.author, by.why, body)]).map_err(kept::failed)?;
    let mut incident = incident.clone();
    added.iter().for_each(|entry| incident.hear(entry));
    Ok((incident, seen))
}

/// An incident without an example that a gate sees is not covered.
pub fn refuse_unseen(id: &str, seen: &[Seen]) -> Result<(), Failure> {
    if seen.iter().any(Seen::is_seen) {
        return Ok(());
    }
    let why: Vec<String> = seen.iter().map(Seen::why_not).collect();
    let why = if why.is_empty() { "no example stands for it".to_owned() } else { why.join("; ") };
    let blind = seen.iter().find(|seen| !seen.lacking.is_empty());
    let waiting = seen.iter().find(|seen| seen.state == Some(RowState::Proposed));
    let help = match (blind, waiting) {
        (Some(blind), _) => format!(
            "say what a right answer to it does: `plimsoll examples accept {} --expected JSON --by NAME`, or in its file where it stands in one",
            blind.example
        ),
        (None, Some(waiting)) => format!("accept it first: `plimsoll examples accept {} --by NAME`", waiting.example),
        (None, None) => "link an active example that guards: `plimsoll incident link ID --example EXAMPLE`".to_owned(),
    };
    Err(Failure::yours(format!("incident `{id}` is not covered: {why}"), help))
}

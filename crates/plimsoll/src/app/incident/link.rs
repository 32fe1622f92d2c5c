//! `incident link` and `incident reopen`: what else belongs to an incident, and that it came back.

use super::{Opened, draft};
use crate::app::eval::Eval;
use crate::app::kept::{self, By};
use crate::app::run::reference_set;
use crate::cli::Failure;
use domain::fault::closest;
use domain::incident::Standing;
use serde_json::json;

/// Links examples that stand for it, and records that let it through.
pub fn link(eval: &Eval, id: &str, examples: &[String], decisions: &[String], by: By) -> Result<(), Failure> {
    let opened = Opened::of(eval)?;
    let incident = opened.find(id)?;
    if examples.is_empty() && decisions.is_empty() {
        return Err(Failure::yours(
            "nothing to link was named",
            "name an example with --example, a record with --decision",
        ));
    }
    if incident.standing() == Standing::Closed {
        return Err(Failure::yours(
            format!("incident `{id}` is closed"),
            "where it came back, say so first: `plimsoll incident reopen`",
        ));
    }
    if !examples.is_empty() {
        let (set, _) = reference_set(eval, &mut kept::Quiet)?;
        for example in examples {
            if !set.rows.iter().any(|row| row.id.as_str() == example) {
                let near = closest(example, set.rows.iter().map(|row| row.id.as_str()));
                let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                return Err(Failure::yours(
                    format!("there is no example `{example}`"),
                    format!("{near}`plimsoll examples list` says which there are"),
                ));
            }
        }
    }
    let records = decisions.iter().map(|name| Ok(opened.decision(name)?.subject.clone()));
    let records = records.collect::<Result<Vec<String>, Failure>>()?;
    let body = json!({"examples": examples, "decisions": records});
    opened.catalog.append(&[draft(incident, "linked", by.author, by.why, body)]).map_err(kept::failed)?;
    Ok(())
}

/// It happened again: it is open, and its time begins anew.
pub fn reopen(eval: &Eval, id: &str, why: &str, by: &str) -> Result<(), Failure> {
    let opened = Opened::of(eval)?;
    let incident = opened.find(id)?;
    if incident.standing() == Standing::Open {
        return Err(Failure::yours(format!("incident `{id}` is open"), "nothing is to be opened again"));
    }
    if why.trim().is_empty() {
        return Err(Failure::yours("nothing is said of what happened", "say it in a sentence with --what"));
    }
    opened.catalog.append(&[draft(incident, "reopened", by, Some(why.trim()), json!({}))]).map_err(kept::failed)?;
    Ok(())
}

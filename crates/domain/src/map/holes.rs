//! What is missing, each where it is missing.

use super::parts::{cuts, key, looks_at};
use super::{Function, Hole, Row, Seen};
use crate::contract::Contract;
use crate::failure_class::LATENCY;
use crate::gate::Measure;
use crate::system::Arm;

pub(super) fn show(contract: &Contract, seen: &Seen, rows: &mut Vec<Row>) {
    let mut hole = |at: String, what: &str, fill: &str| {
        if let Some(row) = rows.iter_mut().find(|row| row.key == at) {
            row.holes.push(Hole { what: what.to_owned(), fill: fill.to_owned() });
        }
    };
    for class in contract.failures.iter().filter(|class| class.cost.is_some_and(|cost| cost.get() > 0.0)) {
        let protecting = || contract.criteria.iter().filter(|criterion| criterion.protects.contains(&class.name));
        let at = || key("failure", class.name.as_str());
        let guarded = |name: &str| contract.gates.iter().any(|gate| gate.blocking && looks_at(gate, name));
        if class.name.as_str() == LATENCY
            && contract.gates.iter().any(|gate| gate.blocking && gate.measure == Measure::Latency)
        {
            continue;
        }
        if protecting().next().is_none() {
            hole(
                at(),
                "it costs, and no criterion protects against it",
                "add it to the `protects` of a criterion that would see it",
            );
        } else if !protecting().any(|criterion| guarded(criterion.name.as_str())) {
            hole(
                at(),
                "it is seen, and no gate blocks on it",
                "write a blocking gate on a criterion that protects against it",
            );
        }
    }
    for task in contract.tasks.iter().filter(|task| seen.by_task.get(task.as_str()).is_none_or(|count| *count == 0)) {
        hole(key("task", task.as_str()), "no active example asks for it", "propose real conversations of it");
    }
    for gate in &contract.gates {
        let owner = gate.owner.as_str();
        if contract.owner(owner).is_none_or(|owner| owner.who.trim().is_empty()) {
            hole(key("gate", gate.name.as_str()), "nobody owns it", "name a role of `owners` that somebody fills");
        }
    }
    for owner in contract.owners.iter().filter(|owner| owner.who.trim().is_empty()) {
        hole(key("owner", owner.role.as_str()), "nobody fills the role", "write who does");
    }
    for (name, (there, least)) in &seen.by_segment {
        if there < least {
            hole(
                key("segment", name),
                "too few independent examples to decide anything",
                "sample more of it from traffic",
            );
        }
    }
    for incident in seen.incidents.iter().filter(|incident| incident.standing == "open") {
        let what = match incident.examples.is_empty() {
            true => "no example guards against it",
            // A mere proposal is none.
            false => "it is not covered: no example that a gate sees guards against it yet",
        };
        let late = incident.was_due.as_ref().map_or(String::new(), |day| format!("; it was due {day}"));
        let fill = "cover it by an example that a gate sees";
        hole(key("incident", &incident.id), &format!("{what}{late}"), fill);
    }
    for given in seen.overrides.iter().filter(|given| given.expired) {
        hole(key("override", &given.record), "it has expired", "decide again, or end what it let through");
    }
    let mut missing = |part: Function, kind: &'static str, name: &str, what: &str, fill: &str| {
        let holes = vec![Hole { what: what.to_owned(), fill: fill.to_owned() }];
        let (key, links) = (key(kind, name), Vec::new());
        rows.push(Row { key, part, kind, name: name.to_owned(), says: String::new(), links, holes });
    };
    if contract.system(Arm::Fallback).is_none() {
        let fill = "name a `fallback` system: what answers when production must not";
        missing(
            Function::Manage,
            "system",
            "fallback",
            "no fallback: what production may not answer has nowhere to go",
            fill,
        );
    }
    if seen.decision.is_none() {
        missing(Function::Manage, "decision", "none", "nothing was decided yet", "plimsoll run");
    }
    if seen.by_segment.is_empty() {
        let what = format!(
            "no active example lies in any segment of {}",
            if cuts(contract).is_empty() { "all".to_owned() } else { cuts(contract).join(", ") }
        );
        missing(
            Function::Measure,
            "segment",
            "none",
            &what,
            "sample examples with the attributes that segments are cut by",
        );
    }
    rows.sort_by_key(|row| row.part);
}

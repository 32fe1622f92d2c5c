//! What is missing, each where it is missing.

use super::parts::{cuts, key, looks_at};
use super::{Function, Hole, Row, Seen};
use crate::contract::Contract;
use crate::failure_class::LATENCY;
use crate::gate::Measure;
use crate::system::Arm;

pub(super) fn show(contract: &Contract, seen: &Seen, rows: &mut Vec<Row>) {
    let mut holes = Holes { contract, seen, rows };
    holes.of_failures();
    holes.of_work();
    holes.of_owners();
    holes.of_what_happened();
    holes.of_what_is_not_there();
    holes.rows.sort_by_key(|row| row.part);
}

struct Holes<'a> {
    contract: &'a Contract,
    seen: &'a Seen,
    rows: &'a mut Vec<Row>,
}

impl Holes<'_> {
    /// A hole in the row of this key, where there is one.
    fn at(&mut self, key: String, what: &str, fill: &str) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.key == key) {
            row.holes.push(Hole { what: what.to_owned(), fill: fill.to_owned() });
        }
    }

    /// A row of its own for what has none.
    fn row(&mut self, part: Function, (kind, name): (&'static str, &str), what: &str, fill: &str) {
        let holes = vec![Hole { what: what.to_owned(), fill: fill.to_owned() }];
        let (key, links) = (key(kind, name), Vec::new());
        self.rows.push(Row { key, part, kind, name: name.to_owned(), says: String::new(), links, holes });
    }

    /// Failures that cost something, and that nothing protects against.
    fn of_failures(&mut self) {
        let contract = self.contract;
        let guarded = |name: &str| contract.gates.iter().any(|gate| gate.blocking && looks_at(gate, name));
        let is_timed = contract.gates.iter().any(|gate| gate.blocking && gate.measure == Measure::Latency);
        let costs = contract.failures.iter().filter(|class| class.cost.is_some_and(|cost| cost.get() > 0.0));
        for class in costs.filter(|class| class.name.as_str() != LATENCY || !is_timed) {
            let protecting = || contract.criteria.iter().filter(|criterion| criterion.protects.contains(&class.name));
            let at = key("failure", class.name.as_str());
            if protecting().next().is_none() {
                let fill = "add it to the `protects` of a criterion that would see it";
                self.at(at, "it costs, and no criterion protects against it", fill);
            } else if !protecting().any(|criterion| guarded(criterion.name.as_str())) {
                let fill = "write a blocking gate on a criterion that protects against it";
                self.at(at, "it is seen, and no gate blocks on it", fill);
            }
        }
    }

    /// Tasks and segments that no example, or too few, are of.
    fn of_work(&mut self) {
        let seen = self.seen;
        let is_asked = |task: &str| seen.by_task.get(task).is_some_and(|count| *count > 0);
        for task in self.contract.tasks.iter().filter(|task| !is_asked(task.as_str())) {
            let fill = "propose real conversations of it";
            self.at(key("task", task.as_str()), "no active example asks for it", fill);
        }
        for (name, _) in seen.by_segment.iter().filter(|(_, (there, least))| there < least) {
            let what = "too few independent examples to decide anything";
            self.at(key("segment", name), what, "sample more of it from traffic");
        }
    }

    fn of_owners(&mut self) {
        let contract = self.contract;
        for gate in &contract.gates {
            if contract.owner(gate.owner.as_str()).is_none_or(|owner| owner.who.trim().is_empty()) {
                let fill = "name a role of `owners` that somebody fills";
                self.at(key("gate", gate.name.as_str()), "nobody owns it", fill);
            }
        }
        for owner in contract.owners.iter().filter(|owner| owner.who.trim().is_empty()) {
            self.at(key("owner", owner.role.as_str()), "nobody fills the role", "write who does");
        }
    }

    /// Incidents that nothing guards against, overrides that are over.
    fn of_what_happened(&mut self) {
        let seen = self.seen;
        for incident in seen.incidents.iter().filter(|incident| incident.standing == "open") {
            let what = match incident.examples.is_empty() {
                true => "no example guards against it",
                // A mere proposal is none.
                false => "it is not covered: no example that a gate sees guards against it yet",
            };
            let late = incident.was_due.as_ref().map_or(String::new(), |day| format!("; it was due {day}"));
            let fill = "cover it by an example that a gate sees";
            self.at(key("incident", &incident.id), &format!("{what}{late}"), fill);
        }
        for given in seen.overrides.iter().filter(|given| given.expired) {
            self.at(key("override", &given.record), "it has expired", "decide again, or end what it let through");
        }
    }

    fn of_what_is_not_there(&mut self) {
        if self.contract.system(Arm::Fallback).is_none() {
            let what = "no fallback: what production may not answer has nowhere to go";
            let fill = "name a `fallback` system: what answers when production must not";
            self.row(Function::Manage, ("system", "fallback"), what, fill);
        }
        if self.seen.decision.is_none() {
            self.row(Function::Manage, ("decision", "none"), "nothing was decided yet", "plimsoll run");
        }
        if self.seen.by_segment.is_empty() {
            let cuts = cuts(self.contract);
            let of = if cuts.is_empty() { "all".to_owned() } else { cuts.join(", ") };
            let what = format!("no active example lies in any segment of {of}");
            let fill = "sample examples with the attributes that segments are cut by";
            self.row(Function::Measure, ("segment", "none"), &what, fill);
        }
    }
}

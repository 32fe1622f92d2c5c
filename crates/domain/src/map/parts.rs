//! The rows of each part, with what they are linked to.

use super::{Function, Row, Seen};
use crate::contract::Contract;
use crate::finding::figures::plural;
use crate::gate::{Gate, Measure};
use crate::segment::Segmentation;

fn row(part: Function, kind: &'static str, name: &str, says: String, links: Vec<String>) -> Row {
    Row { key: key(kind, name), part, kind, name: name.to_owned(), says, links, holes: Vec::new() }
}

pub(super) fn key(kind: &str, name: &str) -> String {
    format!("{kind}:{name}")
}

pub(super) fn govern(contract: &Contract, seen: &Seen) -> Vec<Row> {
    let owner = |owner: &crate::contract::Owner| {
        let signs = if owner.key.is_some() { "; signs with a key that the contract names" } else { "" };
        row(Function::Govern, "owner", owner.role.as_str(), format!("{}{signs}", owner.who), Vec::new())
    };
    let overridden = |given: &super::Override| {
        let role = given.by.split(" (").next().unwrap_or("");
        let until = if given.expired { "expired on" } else { "until" };
        let says = format!("{} overrode {}: {}; {until} {}", given.by, given.of, given.reason, given.expires);
        row(Function::Govern, "override", &given.record, says, vec![key("owner", role), key("decision", &given.of)])
    };
    contract.owners.iter().map(owner).chain(seen.overrides.iter().map(overridden)).collect()
}

pub(super) fn map(contract: &Contract, seen: &Seen) -> Vec<Row> {
    let promise = &contract.promise;
    let says = format!("{}; for {}; when not ready: {}", promise.work, promise.for_whom, promise.when_not_ready);
    let mut rows = vec![row(Function::Map, "promise", "promise", says, vec![key("owner", "product")])];
    rows.extend(contract.tasks.iter().map(|task| {
        let count = seen.by_task.get(task.as_str()).copied().unwrap_or(0);
        row(Function::Map, "task", task.as_str(), plural(count, "active example"), vec!["promise:promise".to_owned()])
    }));
    rows.extend(contract.failures.iter().map(|class| {
        let cost = class.cost.map_or("no price".to_owned(), |cost| format!("{} {}", cost.get(), contract.currency));
        let protecting = contract.criteria.iter().filter(|criterion| criterion.protects.contains(&class.name));
        let mut links: Vec<String> = protecting.map(|criterion| key("criterion", criterion.name.as_str())).collect();
        links.push(key("owner", class.owner_role().as_str()));
        row(Function::Map, "failure", class.name.as_str(), format!("{cost}; {}", class.repair), links)
    }));
    rows
}

pub(super) fn measure(contract: &Contract, seen: &Seen) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for criterion in &contract.criteria {
        let name = criterion.name.as_str();
        let mut links: Vec<String> = criterion.protects.iter().map(|class| key("failure", class.as_str())).collect();
        links.extend(
            contract.gates.iter().filter(|gate| looks_at(gate, name)).map(|gate| key("gate", gate.name.as_str())),
        );
        let shown = seen.decision.iter().flat_map(|decided| &decided.findings);
        let shown: Vec<String> = shown
            .filter(|finding| finding.criterion.as_deref() == Some(name))
            .map(|finding| format!("{} on {}", finding.state.replace('_', " "), finding.segment))
            .collect();
        let says = [criterion.describe.clone(), shown.join(", ")];
        let says = says.into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join("; ");
        rows.push(row(Function::Measure, "criterion", name, says, links));
    }
    rows.extend(seen.by_segment.iter().map(|(name, (there, least))| {
        let says = format!("{}; decided with {least} or more", plural(*there, "independent active example"));
        row(Function::Measure, "segment", name, says, Vec::new())
    }));
    rows
}

pub(super) fn manage(contract: &Contract, seen: &Seen) -> Vec<Row> {
    let mut rows: Vec<Row> = contract.gates.iter().map(|gate| of_gate(contract, seen, gate)).collect();
    if let Some(decided) = &seen.decision {
        let says = format!("{} on {}: {}", decided.decision.replace('_', " "), decided.on, decided.rule);
        let gates = contract.gates.iter().map(|gate| key("gate", gate.name.as_str())).collect();
        rows.push(row(Function::Manage, "decision", &decided.record, says, gates));
        for (at, (what, owner)) in decided.follow_ups.iter().enumerate() {
            let role = owner.as_deref().and_then(|owner| owner.split(" (").next());
            let mut links = vec![key("decision", &decided.record)];
            links.extend(role.map(|role| key("owner", role)));
            rows.push(row(Function::Manage, "follow-up", &(at + 1).to_string(), what.clone(), links));
        }
    }
    rows.extend(seen.incidents.iter().map(|incident| {
        let cost = incident.cost.map_or(String::new(), |cost| format!("; cost {cost}"));
        let links = vec![key("failure", &incident.class), key("owner", &incident.owner)];
        row(
            Function::Manage,
            "incident",
            &incident.id,
            format!("{}, {}{cost}", incident.standing, incident.class),
            links,
        )
    }));
    rows
}

fn of_gate(contract: &Contract, seen: &Seen, gate: &Gate) -> Row {
    let name = gate.name.as_str();
    let shown = seen.decision.iter().flat_map(|decided| &decided.findings).filter(|finding| finding.gate == name);
    let shown: Vec<String> =
        shown.map(|finding| format!("{} on {}", finding.state.replace('_', " "), finding.segment)).collect();
    let blocks = if gate.blocking { "blocks" } else { "advisory" };
    let says = if shown.is_empty() { blocks.to_owned() } else { format!("{blocks}; {}", shown.join(", ")) };
    let mut links = vec![key("owner", gate.owner.as_str())];
    links.extend(
        contract
            .criteria
            .iter()
            .filter(|criterion| looks_at(gate, criterion.name.as_str()))
            .map(|criterion| key("criterion", criterion.name.as_str())),
    );
    links.extend(gate.not_shown.as_ref().map(|stage| key("owner", stage.owner.as_str())));
    row(Function::Manage, "gate", name, says, links)
}

pub(super) fn looks_at(gate: &Gate, criterion: &str) -> bool {
    matches!(&gate.measure, Measure::Criterion(name) if name.as_str() == criterion)
}

/// How the contract cuts the work, in words; for a map without a set.
pub(super) fn cuts(contract: &Contract) -> Vec<String> {
    let cut = |cut: &Segmentation| match cut {
        Segmentation::By { attribute, .. } => attribute.to_string(),
        Segmentation::Where { name, .. } => name.to_string(),
    };
    contract.segments.iter().map(cut).collect()
}

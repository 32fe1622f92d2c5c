//! Whether two contracts ask the same: by one gate, and by all of them.
//!
//! in      a contract, and another that stood before it
//! out     whether the figure of a gate answers the same question under both; whether all gates do
//! errors  none: a gate that only one of them has is not the same
//! note    what is asked is a gate's measure, scope and rule, how its criterion is graded, what failures cost where they are priced, and how
//!         traffic is cut and shared out. Which systems answer, who owns what, documents, promises and files of examples are not

use super::Contract;
use crate::criterion::{Criterion, Kind};
use crate::gate::{Gate, Measure, Rule, Scope};
use crate::grader::Grader;
use crate::name::{ClassName, GateName};
use crate::segment::{Conditions, Segmentation};
use crate::share::{Amount, Share};
use std::collections::BTreeMap;

/// All that the figure of a gate hangs on but the answers and the examples.
#[derive(PartialEq)]
struct Asked<'c> {
    measure: &'c Measure,
    scopes: &'c [Scope],
    rule: &'c Rule,
    criteria: Vec<Graded<'c>>,
    prices: Vec<(&'c ClassName, Option<Amount>)>,
    segments: &'c [Segmentation],
}

/// How a criterion is graded.
#[derive(PartialEq)]
struct Graded<'c> {
    grader: &'c Grader,
    protects: &'c [ClassName],
    applies: &'c Conditions,
    pass_at: Option<Share>,
    kind: Kind,
}

impl<'c> Asked<'c> {
    fn of(contract: &'c Contract, gate: &'c Gate) -> Self {
        let costs = matches!(gate.measure, Measure::FailureCost);
        let asks = |criterion: &&Criterion| match &gate.measure {
            Measure::Criterion(name) | Measure::Disagreement(name) => criterion.name == *name,
            Measure::FailureCost | Measure::GraderErrors => true,
            Measure::Latency | Measure::Spend => false,
        };
        let prices = contract.failures.iter().filter(|_| costs).map(|failure| (&failure.name, failure.cost));
        Asked {
            measure: &gate.measure,
            scopes: &gate.scopes,
            rule: &gate.rule,
            criteria: contract.criteria.iter().filter(asks).map(|criterion| Graded::of(criterion, costs)).collect(),
            prices: prices.collect(),
            segments: &contract.segments,
        }
    }
}

impl<'c> Graded<'c> {
    /// Which class a failure is of changes what it costs, and nothing else.
    fn of(criterion: &'c Criterion, costs: bool) -> Self {
        Graded {
            grader: &criterion.grader,
            protects: if costs { &criterion.protects } else { &[] },
            applies: &criterion.applies,
            pass_at: criterion.pass_at,
            kind: criterion.kind,
        }
    }
}

impl Contract {
    /// Whether the gate of this name asks here what it asks there.
    pub fn asks_as(&self, there: &Contract, gate: &GateName) -> bool {
        self.asked().get(gate).is_some_and(|(_, asked)| there.asked().get(gate).is_some_and(|(_, then)| then == asked))
    }

    /// Whether the same gates ask the same, and the same of them can block.
    pub fn asks_the_same(&self, there: &Contract) -> bool {
        self.asked() == there.asked()
    }

    fn asked(&self) -> BTreeMap<&GateName, (bool, Asked<'_>)> {
        self.gates.iter().map(|gate| (&gate.name, (gate.blocking, Asked::of(self, gate)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8Path;

    const TEXT: &str = "\
plimsoll: 1
name: small
tasks: [pay]
failures:
  wrong_source: {cost: 10}
segments:
  - {by: task, routable: true}
criteria:
  right: {protects: [wrong_source], grade: {cel: answer.structured.right}}
  cites: {protects: [wrong_source], grade: {cel: answer.structured.cites}}
systems:
  candidate: {recorded: answers/candidate.jsonl, describe: v1}
gates:
  - {name: is-right, criterion: right, at_least: 80%}
  - {name: does-cite, criterion: cites, at_least: 80%}
  - {name: cheap, measure: failure_cost, at_most: 3}
";

    fn contract(edits: &[(&str, &str)]) -> Contract {
        let text = edits.iter().fold(TEXT.to_owned(), |text, (was, now)| {
            assert!(text.contains(was), "{was}");
            text.replace(was, now)
        });
        crate::format::contract::parse(Utf8Path::new("plimsoll.yaml"), &text).unwrap().contract
    }

    /// The gates that ask the same after an edit.
    fn alike(was: &str, now: &str) -> Vec<String> {
        let (then, now) = (contract(&[]), contract(&[(was, now)]));
        let alike: Vec<String> =
            then.gates.iter().filter(|gate| now.asks_as(&then, &gate.name)).map(|gate| gate.name.to_string()).collect();
        assert_eq!(now.asks_the_same(&then), alike.len() == 3);
        alike
    }

    #[test]
    fn a_new_release_asks_the_same_and_an_edited_gate_does_not() {
        let all = ["is-right", "does-cite", "cheap"];
        assert_eq!(alike("describe: v1", "describe: v2"), all);
        assert_eq!(alike("name: small", "name: small\ndocuments: {policy: 2026-11}"), all);
        assert_eq!(alike("criterion: right, at_least: 80%", "criterion: right, at_least: 85%"), all[1..]);
        assert_eq!(alike("criterion: right, at_least", "criterion: right, in: task, at_least"), all[1..]);
        assert_eq!(alike("cel: answer.structured.cites", "cel: answer.structured.right"), all[..1]);
        assert_eq!(alike("cost: 10", "cost: 20"), all[..2]);
        assert!(alike("{by: task, routable: true}", "{by: tone}").is_empty());
        assert_eq!(alike("name: does-cite", "name: cites"), ["is-right", "cheap"]);
    }
}

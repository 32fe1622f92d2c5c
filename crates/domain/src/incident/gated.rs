//! Whether a gate sees an example, and whether it keeps a release from the requests like it.
//!
//! in      the contract, the reference set and an example of it; a decision and an example
//! out     what sees the example, with the criteria that it is held against; or the findings that name it and keep the candidate
//!         out of every cell where such a request could come in
//! errors  a cell that the candidate would still get, or gets for another reason than this example

use crate::contract::Contract;
use crate::decision::Decision;
use crate::evidence::{in_scope, segments};
use crate::example::Guard;
use crate::finding::{FailedExample, Finding, State, is_never};
use crate::gate::{Gate, Measure};
use crate::name::CriterionName;
use crate::reference_set::{ExampleIndex, ReferenceSet};
use crate::system::Arm;

/// What sees an example: any failure of one of the criteria on it blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// `guard`, `never example`, or the never rule's name.
    pub rule: String,
    pub criteria: Vec<CriterionName>,
}

/// Everything that sees an active example and would block on it alone: as a guard on criteria that a blocking gate names, as an
/// example that must never fail, or by never rules. Gates that estimate a rate do not: one example moves none.
pub fn watched(contract: &Contract, set: &ReferenceSet, example: ExampleIndex) -> Vec<Watch> {
    let Some(row) = set.rows.get(example.0 as usize).filter(|row| row.is_active()) else { return Vec::new() };
    let applying = contract.criteria.iter().filter(|criterion| set.lies_in(&criterion.applies, example));
    let applying: Vec<&CriterionName> = applying.map(|criterion| &criterion.name).collect();
    let blocking = |name: &CriterionName| {
        let of = |gate: &Gate| matches!(&gate.measure, Measure::Criterion(gated) if gated == name);
        contract.gates.iter().any(|gate| gate.blocking && of(gate))
    };
    let mut watches = Vec::new();
    let mut add = |rule: &str, criteria: Vec<CriterionName>| {
        if !criteria.is_empty() {
            watches.push(Watch { rule: rule.to_owned(), criteria });
        }
    };
    if row.guard != Guard::No {
        add("guard", applying.iter().copied().filter(|name| blocking(name)).cloned().collect());
    }
    if row.never {
        add("never example", applying.iter().copied().cloned().collect());
    }
    let segments = segments(contract, set);
    for gate in contract.gates.iter().filter(|gate| gate.blocking && is_never(gate)) {
        let Measure::Criterion(name) = &gate.measure else { continue };
        let mut scope = in_scope(gate, &segments, contract).into_iter();
        if applying.contains(&name) && scope.any(|segment| set.lies_in(&segment.conditions, example)) {
            add(gate.name.as_str(), vec![name.clone()]);
        }
    }
    watches
}

/// A cell that a request like the example could be in, and that its failure does not close to the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    pub cell: String,
    /// What keeps the candidate out all the same; empty where the candidate would get it.
    pub because: Vec<String>,
    pub to_candidate: bool,
}

/// The findings that name the example and keep the candidate out of every cell where a request like it could come in.
pub fn blocked<'d>(decision: &'d Decision, example: &FailedExample) -> Result<Vec<&'d Finding>, Through> {
    let names_it = |finding: &Finding| {
        let outright = matches!(finding.state, State::FailedNever | State::FailedGuard);
        outright && finding.arm == Arm::Candidate && finding.examples.iter().any(|failed| failed.id == example.id)
    };
    let mut blocking: Vec<&Finding> = Vec::new();
    for route in decision.routes.iter().filter(|route| route.cell.holds(&example.attributes)) {
        let because = || route.because.iter().filter_map(|&at| decision.findings.0.get(at));
        let naming: Vec<&Finding> = because().filter(|finding| names_it(finding)).collect();
        let to_candidate = route.system == Arm::Candidate;
        if to_candidate || naming.is_empty() {
            let told =
                |finding: &Finding| format!("{} on {}: {}", finding.name, finding.segment.name, finding.state.words());
            return Err(Through { cell: route.cell.name(), because: because().map(told).collect(), to_candidate });
        }
        for finding in naming {
            if !blocking.iter().any(|known| std::ptr::eq(*known, finding)) {
                blocking.push(finding);
            }
        }
    }
    match blocking.is_empty() {
        true => Err(Through { cell: "everything".to_owned(), because: Vec::new(), to_candidate: false }),
        false => Ok(blocking),
    }
}

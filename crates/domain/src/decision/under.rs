//! A decision beside the same one under other shares of traffic.
//!
//! in      a contract and how an attribute is mixed in traffic; the decision as it is, and as it is under that mix, or on other examples
//! out     the contract with those shares declared; whether the decision or a route is another, each finding that moved or is gone
//! errors  none; a contract that does not cut by the attribute has no such shares

use super::Decision;
use crate::contract::Contract;
use crate::drift::{Mix, Value};
use crate::finding::{Estimate, Finding, State};
use crate::routing::{Outcome, Route};
use crate::segment::{Segmentation, Shares};
use crate::share::Share;
use crate::system::Arm;
use std::collections::{BTreeMap, BTreeSet};

/// The decision under the shares of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Under {
    pub attribute: String,
    pub outcome: Outcome,
    /// The decision, or where the candidate goes, is another.
    pub changed: bool,
    /// Where a finding is another, or its figure moved.
    pub moved: Vec<Moved>,
    /// Effective number of independent examples over everything, as recorded and under these shares: the smallest of its findings.
    pub effective: (Option<f64>, Option<f64>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub gate: String,
    pub segment: String,
    pub arm: Arm,
    pub state: (State, State),
    pub value: (Option<f64>, Option<f64>),
    pub reason: String,
}

impl Moved {
    pub fn is_of(&self, finding: &Finding) -> bool {
        (self.gate.as_str(), self.segment.as_str(), self.arm)
            == (finding.name.as_str(), finding.segment.name.as_str(), finding.arm)
    }
}

/// The contract with traffic's shares of one attribute: its values are strata, and those without examples are unmeasured. `None` where
/// it does not cut by it.
pub fn with_shares(contract: &Contract, mix: &Mix) -> Option<Contract> {
    let mut contract = contract.clone();
    let mut is_cut = false;
    for cut in &mut contract.segments {
        if let Segmentation::By { attribute, shares, .. } = cut {
            if attribute.as_str() == mix.attribute {
                let of = |value: &Value| Some((value.name.clone(), Share::new(value.in_traffic).ok()?));
                let seen = mix.values.iter().filter(|value| value.in_traffic > 0.0);
                *shares = Shares::Declared(seen.filter_map(of).collect());
                is_cut = true;
            } else {
                *shares = Shares::FromWeights;
            }
        }
    }
    is_cut.then_some(contract)
}

/// What is otherwise of two decisions on the same answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The decision, or where the candidate goes, is another.
    pub changed: bool,
    /// Where a finding is another, or its figure moved.
    pub moved: Vec<Moved>,
    /// Gates of the first that say nothing in the second, each with its segment and arm: no example is left there.
    pub gone: Vec<(String, String, Arm)>,
}

/// One decision beside another.
pub fn beside(before: &Decision, after: &Decision) -> Beside {
    let key = |finding: &Finding| (finding.name.clone(), finding.segment.name.to_string(), finding.arm);
    let then: BTreeMap<_, _> = before.findings.iter().map(|finding| (key(finding), finding)).collect();
    let mut moved = Vec::new();
    for now in after.findings.iter() {
        let Some(then) = then.get(&key(now)) else { continue };
        let value = |finding: &Finding| finding.estimate.map(|estimate: Estimate| estimate.value);
        let (was, is) = (value(then), value(now));
        let differs = match was.zip(is) {
            Some((was, is)) => (was - is).abs() > 1e-9,
            None => was.is_some() != is.is_some(),
        };
        if then.state != now.state || differs {
            moved.push(Moved {
                gate: now.name.clone(),
                segment: now.segment.name.to_string(),
                arm: now.arm,
                state: (then.state, now.state),
                value: (was, is),
                reason: now.reason.clone(),
            });
        }
    }
    // A value that no example has is a cell of its own now, and no other decision.
    let routes = |decision: &Decision| -> BTreeMap<String, String> {
        let of = |route: &Route| (format!("{:?}", route.cell.values), format!("{:?} {:?}", route.system, route.share));
        decision.routes.iter().map(of).collect()
    };
    let (were, are) = (routes(before), routes(after));
    let rerouted = were.iter().any(|(cell, to)| are.get(cell).is_some_and(|now| now != to));
    let there: BTreeSet<_> = after.findings.iter().map(key).collect();
    Beside {
        changed: before.outcome != after.outcome || rerouted,
        moved,
        gone: then.into_keys().filter(|key| !there.contains(key)).collect(),
    }
}

/// What is otherwise under these shares.
pub fn under(attribute: &str, before: &Decision, after: &Decision) -> Under {
    let fewest = |decision: &Decision| {
        let over_all = decision.findings.iter().filter(|finding| finding.segment.is_all());
        over_all.filter_map(|finding| finding.estimate).map(|estimate| estimate.effective_n).reduce(f64::min)
    };
    let Beside { changed, moved, .. } = beside(before, after);
    Under {
        attribute: attribute.to_owned(),
        outcome: after.outcome,
        changed,
        moved,
        effective: (fewest(before), fewest(after)),
    }
}

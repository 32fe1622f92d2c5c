//! The last recorded decision, taken again with its examples weighted to today's mix.
//!
//! For each attribute that the contract cuts by, the shares of the window are declared in a copy of the sealed contract: its values are
//! strata, and those without examples are unmeasured. Nothing is recorded, and the look is that of the record.

use crate::app::eval::Eval;
use crate::app::rehearse::Target;
use crate::app::run::Progress;
use crate::app::weigh::{Grounds, Weighed, weigh};
use crate::cli::Failure;
use camino::Utf8Path;
use domain::contract::Contract;
use domain::drift::Mix;
use domain::finding::Finding;
use domain::routing::Route;
use domain::segment::{Segmentation, Shares};
use domain::share::Share;
use std::collections::BTreeMap;

pub enum Again {
    /// There is no decision to take again, or something stands in its way.
    Not(String),
    Taken {
        record: String,
        outcome: String,
        under: Vec<Under>,
    },
}

/// The decision under the shares of one attribute.
pub struct Under {
    pub attribute: String,
    pub outcome: String,
    /// The decision, or where the candidate goes, is another.
    pub changed: bool,
    /// Where a finding is another, or its figure moved.
    pub moved: Vec<Moved>,
    /// Effective number of independent examples over everything, as recorded and under these shares: the smallest of its findings.
    pub effective: (Option<f64>, Option<f64>),
}

pub struct Moved {
    pub gate: String,
    pub segment: String,
    pub arm: String,
    pub state: (String, String),
    pub value: (Option<f64>, Option<f64>),
    pub reason: String,
}

pub fn again(eval: &Eval, mixes: &[Mix]) -> Result<Again, Failure> {
    let found = Target::find(Some(Utf8Path::new("latest")), Some(&eval.path), None, &mut Quiet);
    let target = match found {
        Ok(target) => target,
        Err(Failure::Yours { what, .. }) => return Ok(Again::Not(what)),
        Err(failure) => return Err(failure),
    };
    let before = under(&target, &target.contract)?;
    let mut all = Vec::new();
    for mix in mixes {
        let Some(contract) = with_shares(&target.contract, mix) else { continue };
        let after = under(&target, &contract)?;
        all.push(compared(&mix.attribute, &before, &after));
    }
    Ok(Again::Taken { record: target.name, outcome: before.decision.outcome.as_str().to_owned(), under: all })
}

fn under(target: &Target, contract: &Contract) -> Result<Weighed, Failure> {
    let grounds = Grounds {
        contract,
        contract_text: "",
        scores_digest: String::new(),
        files: Vec::new(),
        look: target.look,
        decided_under: target.decided_under,
        approval: None,
        before: None,
        systems: target.systems.clone(),
        judges: target.judges.clone(),
    };
    weigh(&target.folder, &grounds)
}

/// The contract with the window's shares of one attribute; `None` where it does not cut by it.
fn with_shares(contract: &Contract, mix: &Mix) -> Option<Contract> {
    let mut contract = contract.clone();
    let mut is_cut = false;
    for cut in &mut contract.segments {
        if let Segmentation::By { attribute, shares, .. } = cut {
            if attribute.as_str() == mix.attribute {
                let of = |value: &domain::drift::Value| Some((value.name.clone(), Share::new(value.in_traffic).ok()?));
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

fn compared(attribute: &str, before: &Weighed, after: &Weighed) -> Under {
    let key = |finding: &Finding| (finding.name.clone(), finding.segment.name.to_string(), finding.arm);
    let then: BTreeMap<_, _> = before.decision.findings.iter().map(|finding| (key(finding), finding)).collect();
    let mut moved = Vec::new();
    for now in after.decision.findings.iter() {
        let Some(then) = then.get(&key(now)) else { continue };
        let value = |finding: &Finding| finding.estimate.map(|estimate| estimate.value);
        let (was, is) = (value(then), value(now));
        let differs = match was.zip(is) {
            Some((was, is)) => (was - is).abs() > 1e-9,
            None => was.is_some() != is.is_some(),
        };
        if then.state != now.state || differs {
            moved.push(Moved {
                gate: now.name.clone(),
                segment: now.segment.name.to_string(),
                arm: now.arm.as_str().to_owned(),
                state: (then.state.as_str().to_owned(), now.state.as_str().to_owned()),
                value: (was, is),
                reason: now.reason.clone(),
            });
        }
    }
    let fewest = |weighed: &Weighed| {
        let over_all = weighed.decision.findings.iter().filter(|finding| finding.segment.is_all());
        over_all.filter_map(|finding| finding.estimate).map(|estimate| estimate.effective_n).reduce(f64::min)
    };
    // A value that no example has is a cell of its own now, and no other decision.
    let routes = |weighed: &Weighed| -> BTreeMap<String, String> {
        let of = |route: &Route| (format!("{:?}", route.cell), format!("{:?} {:?}", route.system, route.share));
        weighed.decision.routes.iter().map(of).collect()
    };
    let (were, are) = (routes(before), routes(after));
    let rerouted = were.iter().any(|(cell, to)| are.get(cell).is_some_and(|now| now != to));
    let changed = before.decision.outcome != after.decision.outcome || rerouted;
    Under {
        attribute: attribute.to_owned(),
        outcome: after.decision.outcome.as_str().to_owned(),
        changed,
        moved,
        effective: (fewest(before), fewest(after)),
    }
}

struct Quiet;

impl Progress for Quiet {
    fn step(&mut self, _: &str) {}
    fn count(&mut self, _: u64, _: u64) {}
}

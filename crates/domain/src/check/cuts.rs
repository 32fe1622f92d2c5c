//! Whether the cuts into segments find anything among the examples.
//!
//! in      a contract and its reference set, which has an active example
//! out     `PLM031` for an attribute that no active example has, `PLM032` for one that some lack although something rests on it, `PLM036`
//!         for declared shares that leave out a value that examples have

use super::{CheckFinding, finding, meant};
use crate::contract::Contract;
use crate::finding::figures::plural;
use crate::finding::listed;
use crate::gate::Scope;
use crate::name::Attribute;
use crate::reference_set::ReferenceSet;
use crate::segment::{Segmentation, Shares};
use std::collections::BTreeMap;

pub(super) fn cuts(contract: &Contract, set: &ReferenceSet) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    let active = set.active().count();
    for (at, cut) in contract.segments.iter().enumerate() {
        let Segmentation::By { attribute, routable, shares, .. } = cut else { continue };
        let gates = gates_on(contract, attribute);
        let mut values: BTreeMap<&str, usize> = BTreeMap::new();
        set.active()
            .filter_map(|(example, _)| set.value(attribute, example))
            .for_each(|value| *values.entry(value).or_default() += 1);
        let place = |what: &str| format!("segments[{at}]{what}");
        let have: usize = values.values().sum();
        if have == 0 {
            let gated = match &gates[..] {
                [] => String::new(),
                gates => format!(", and nothing is decided by {}", listed(gates.iter().map(String::as_str))),
            };
            let what = format!("no active example has the attribute `{attribute}`{gated}");
            found.push(finding("PLM031", place(""), what, instead(set, attribute)));
            continue;
        }
        let declared = match shares {
            Shares::Declared(shares) => Some(shares),
            Shares::FromWeights => None,
        };
        if have < active && (*routable || !gates.is_empty() || declared.is_some()) {
            let what = format!(
                "{} of {active} active examples have no `{attribute}`: they lie in no segment of it",
                active - have
            );
            found.push(finding("PLM032", place(""), what, "write it in each example; `unknown` is a value too"));
        }
        let left_out: Vec<&str> = values
            .keys()
            .copied()
            .filter(|value| declared.is_some_and(|shares| !shares.contains_key(*value)))
            .collect();
        if !left_out.is_empty() {
            let examples: usize = left_out.iter().filter_map(|value| values.get(value)).sum();
            let what = format!(
                "the shares of `{attribute}` leave out {} ({})",
                listed(left_out.iter().copied()),
                plural(examples as u64, "active example")
            );
            let known = declared.into_iter().flat_map(|shares| shares.keys().map(String::as_str));
            let help = format!("{}give each value its share, so that all sum to 1", meant(left_out[0], known));
            found.push(finding("PLM036", place(".shares"), what, help));
        }
    }
    found
}

/// The gates that are applied to values of an attribute.
fn gates_on(contract: &Contract, attribute: &Attribute) -> Vec<String> {
    let is_on = |scope: &Scope| match scope {
        Scope::All => false,
        Scope::Each(by) => by == attribute,
        Scope::Named(name) => name.as_str().split_once('=').is_some_and(|(by, _)| by == attribute.as_str()),
    };
    let gates = contract.gates.iter().filter(|gate| gate.scopes.iter().any(is_on));
    gates.map(|gate| format!("`{}`", gate.name)).collect()
}

/// What may have been meant by an attribute that nobody has.
fn instead(set: &ReferenceSet, attribute: &Attribute) -> String {
    let known: Vec<&str> =
        set.attributes.keys().filter(|known| !set.values_of(known).is_empty()).map(Attribute::as_str).collect();
    if known.is_empty() {
        return "write it in the examples: none has any attribute".to_owned();
    }
    format!(
        "{}write it in the examples, or cut by what they have: {}",
        meant(attribute.as_str(), known.iter().copied()),
        listed(known.iter().copied())
    )
}

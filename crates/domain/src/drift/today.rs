//! Today: how traffic is mixed when a decision is made, kept with the decision so that it follows again from what was sealed.

use super::mix::{Count, Mix, Side, between};
use crate::contract::Contract;
use crate::name::Attribute;
use crate::reference_set::ReferenceSet;

/// Days of traffic that today is.
pub const DAYS: u32 = 28;

/// Traffic of some days, counted by each attribute that the contract cuts by.
#[derive(Clone, Debug, PartialEq)]
pub struct Today {
    /// The first and the last day.
    pub first: String,
    pub last: String,
    pub requests: u64,
    pub mixes: Vec<OfToday>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OfToday {
    pub attribute: String,
    pub traffic: Side,
    /// The day from which on every week up to now drifted; `None` where the last week did not.
    pub since: Option<String>,
}

impl OfToday {
    pub fn beside(&self, contract: &Contract, set: &ReferenceSet) -> Mix {
        between(&self.attribute, &of_set(contract, set, &Attribute::new(&self.attribute)), &self.traffic)
    }
}

/// How the active examples are mixed, as the contract declares it or by weight; where none has a weight, each counts as one.
pub fn of_set(contract: &Contract, set: &ReferenceSet, attribute: &Attribute) -> Side {
    let is_weighted = set.active().any(|(_, row)| row.weight.get() > 0.0);
    let mut count = Count::default();
    for (at, row) in set.active() {
        let weight = if is_weighted { row.weight.get() } else { 1.0 };
        count.add(set.value(attribute, at).unwrap_or(""), row.cluster.as_str(), weight);
    }
    count.side().as_declared(contract, attribute.as_str())
}

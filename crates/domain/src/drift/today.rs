//! Today: how traffic is mixed when a decision is made, kept with the decision so that it follows again from what was sealed.

use super::Point;
use super::mix::{Count, Mix, Side, between};
use super::weigh::weigh;
use crate::contract::Contract;
use crate::layout::declared;
use crate::name::Attribute;
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use std::collections::BTreeSet;

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

/// How the active examples are mixed, as a decision weighs them; where none has a weight, each counts as one.
pub fn of_set(contract: &Contract, set: &ReferenceSet, attribute: &Attribute) -> Side {
    let is_weighted = set.active().any(|(_, row)| row.weight.get() > 0.0);
    let names: BTreeSet<&Attribute> = declared(contract).map(|(name, _)| name).into_iter().chain([attribute]).collect();
    let point = |(at, row): (ExampleIndex, &Row)| Point {
        cluster: row.cluster.to_string(),
        weight: if is_weighted { row.weight.get() } else { 1.0 },
        attributes: names.iter().filter_map(|name| Some((name.to_string(), set.value(name, at)?.to_owned()))).collect(),
        ..Point::default()
    };
    let mut points: Vec<Point> = set.active().map(point).collect();
    weigh(contract, &mut points);
    Count::of(attribute.as_str(), &points).side()
}

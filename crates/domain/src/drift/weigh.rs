//! The weights of a set's points as a decision has them.

use super::Point;
use crate::contract::Contract;
use crate::layout::declared;
use std::collections::BTreeMap;

/// Where the contract declares shares, the examples of a value stand together for its share, each for as much of it as its weight says. What
/// has no declared share counts for nothing, and what no example has stays unmeasured.
pub fn weigh(contract: &Contract, points: &mut [Point]) {
    let Some((attribute, shares)) = declared(contract) else { return };
    let value = |point: &Point| point.attributes.get(attribute.as_str()).cloned().unwrap_or_default();
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for point in points.iter() {
        *sums.entry(value(point)).or_default() += point.weight;
    }
    let all: f64 = sums.values().sum();
    for point in points.iter_mut().filter(|point| point.weight > 0.0) {
        let value = value(point);
        point.weight *= shares.get(&value).map_or(0.0, |share| share.get()) * all / sums[&value];
    }
}

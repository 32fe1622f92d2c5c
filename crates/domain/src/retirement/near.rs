//! Examples that ask nearly what another one does and expect the same.

use crate::content::{Fingerprint, Index, NEAR};
use crate::example::Guard;
use crate::name::Attribute;
use crate::provenance::Weight;
use crate::reference_set::{ExampleIndex, ReferenceSet};
use std::collections::BTreeMap;

/// Examples of one task and expectation, which alone are laid beside each other.
#[derive(Default)]
struct Kin {
    index: Index,
    positions: Vec<ExampleIndex>,
}

/// Of each that may go, the one that stays, and how alike they are. Guards, examples that must never fail and those that were sampled stay,
/// and else the first: that production is asked nearly the same again and again is what its rates count. What goes is no reason for anything else to go. Turns of one conversation count as one already, and a variant is there because of its base.
pub(super) fn near_doubles(
    set: &ReferenceSet,
    fingerprints: &BTreeMap<ExampleIndex, Fingerprint>,
    is_double: impl Fn(ExampleIndex) -> bool,
) -> BTreeMap<ExampleIndex, (ExampleIndex, f64)> {
    let task = Attribute::new("task");
    let stays = |example: ExampleIndex| {
        let row = &set.rows[example.0 as usize];
        row.guard != Guard::No || row.never || matches!(row.weight, Weight::Sampled(_))
    };
    let row = |example: ExampleIndex| &set.rows[example.0 as usize];
    let alone = fingerprints
        .keys()
        .copied()
        .filter(|example| row(*example).is_active() && row(*example).pair.is_none() && !is_double(*example));
    let (first, rest): (Vec<ExampleIndex>, Vec<ExampleIndex>) = alone.partition(|example| stays(*example));
    // Only what has the same task and expectation is laid beside each other.
    let mut kin: BTreeMap<(Option<&str>, u32), Kin> = BTreeMap::new();
    let mut near = BTreeMap::new();
    for example in first.into_iter().chain(rest) {
        let Some(facts) = set.facts(example) else { continue };
        let Kin { index, positions } = kin.entry((set.value(&task, example), facts.expected)).or_default();
        let fingerprint = &fingerprints[&example];
        let other = |(at, alike): (usize, f64)| Some((*positions.get(at)?, alike));
        let of = |(at, _): &(ExampleIndex, f64)| row(*at).cluster != row(example).cluster;
        let like = if stays(example) { Vec::new() } else { index.like(fingerprint, NEAR) };
        let found = like.into_iter().filter_map(other).find(of);
        match found {
            Some(of) => drop(near.insert(example, of)),
            None => {
                index.add(fingerprint);
                positions.push(example);
            }
        }
    }
    near
}

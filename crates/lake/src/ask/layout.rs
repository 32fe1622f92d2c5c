//! Where examples stand: cluster, stratum and weight of each, and which lie in a segment.

use domain::contract::Contract;
use domain::name::Attribute;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::segment::{Segment, Segmentation, Shares};
use domain::share::Share;
use stats::Strata;
use std::collections::BTreeMap;

pub(super) struct Layout {
    /// The active examples, by the id of their cluster, then stratum, then place in the set.
    in_order: Vec<u32>,
    /// The rank of each example's cluster among the ids of clusters.
    clusters: Vec<u32>,
    strata: Vec<u32>,
    weights: Vec<f64>,
    /// Traffic share and weight of each declared stratum.
    declared: Option<Vec<(f64, f64)>>,
}

impl Layout {
    pub fn of(contract: &Contract, set: &ReferenceSet) -> Self {
        let clusters = ranks(set);
        let declared = declared(contract);
        let strata = strata(set, declared);
        let weights: Vec<f64> = set.rows.iter().map(|row| row.weight.get()).collect();
        let mut in_order: Vec<u32> = set.active().map(|(example, _)| example.0).collect();
        in_order.sort_unstable_by_key(|&example| (clusters[example as usize], strata[example as usize], example));
        let declared = declared.map(|(_, shares)| {
            let mut declared: Vec<(f64, f64)> = shares.values().map(|share| (share.get(), 0.0)).collect();
            for (example, row) in set.active() {
                if let Some(stratum) = declared.get_mut(strata[example.0 as usize] as usize) {
                    stratum.1 += row.weight.get();
                }
            }
            declared
        });
        Layout { in_order, clusters, strata, weights, declared }
    }

    /// Of each example the rank of its cluster's id.
    pub fn clusters(&self) -> &[u32] {
        &self.clusters
    }

    /// Of each example the position of its stratum.
    pub fn strata(&self) -> &[u32] {
        &self.strata
    }

    pub fn cluster(&self, example: u32) -> u32 {
        self.clusters[example as usize]
    }

    pub fn stratum(&self, example: u32) -> u32 {
        self.strata[example as usize]
    }

    pub fn weight(&self, example: u32) -> f64 {
        self.weights[example as usize]
    }

    /// The active examples of each of these segments, in order. Segments that are one value of one attribute are told apart
    /// in one pass.
    pub fn inside<'s>(&self, set: &ReferenceSet, segments: &[&'s Segment]) -> Vec<(&'s Segment, Vec<u32>)> {
        let mut by_value: BTreeMap<&Attribute, BTreeMap<u32, Vec<u32>>> = BTreeMap::new();
        segments
            .iter()
            .map(|segment| {
                let inside = match one_value(set, segment) {
                    _ if segment.is_all() => self.in_order.clone(),
                    Some((attribute, value)) => {
                        let cut = by_value.entry(attribute).or_insert_with(|| self.by_value(set, attribute));
                        cut.get(&value).cloned().unwrap_or_default()
                    }
                    None => {
                        let lies_in = |example: &u32| set.lies_in(&segment.conditions, ExampleIndex(*example));
                        self.in_order.iter().copied().filter(lies_in).collect()
                    }
                };
                (*segment, inside)
            })
            .collect()
    }

    fn by_value(&self, set: &ReferenceSet, attribute: &Attribute) -> BTreeMap<u32, Vec<u32>> {
        let mut cut: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let Some(column) = set.attributes.get(attribute) else { return cut };
        for &example in &self.in_order {
            if let Some(value) = column.of_row.get(example as usize) {
                cut.entry(*value).or_default().push(example);
            }
        }
        cut
    }

    /// Traffic shares of the strata within a segment.
    pub fn strata_of(&self, segment: &Segment, inside: &[u32]) -> Strata {
        let Some(declared) = &self.declared else { return Strata::none() };
        let shares = || declared.iter().map(|(share, _)| *share).collect();
        if segment.is_all() {
            return Strata::declared(shares());
        }
        let mut weights = vec![0.0; declared.len()];
        for &example in inside {
            if let Some(weight) = weights.get_mut(self.stratum(example) as usize) {
                *weight += self.weight(example);
            }
        }
        let part =
            |(&(share, whole), weight): (&(f64, f64), f64)| if whole > 0.0 { share * weight / whole } else { 0.0 };
        let parts: Vec<f64> = declared.iter().zip(weights).map(part).collect();
        let sum: f64 = parts.iter().sum();
        Strata::declared(if sum > 0.0 { parts.into_iter().map(|part| part / sum).collect() } else { shares() })
    }
}

fn ranks(set: &ReferenceSet) -> Vec<u32> {
    let mut by_id: Vec<u32> = (0..set.rows.len() as u32).collect();
    let id = |example: u32| &set.rows[example as usize].cluster;
    // Stable, and quick where the set is in the order of its clusters.
    by_id.sort_by(|&one, &other| id(one).cmp(id(other)));
    let mut ranks = vec![0; set.rows.len()];
    let mut rank = 0;
    for pair in by_id.windows(2) {
        rank += u32::from(id(pair[0]) != id(pair[1]));
        ranks[pair[1] as usize] = rank;
    }
    ranks
}

/// The attribute whose values are strata with declared shares.
fn declared(contract: &Contract) -> Option<(&Attribute, &BTreeMap<String, Share>)> {
    contract.segments.iter().find_map(|cut| match cut {
        Segmentation::By { attribute, shares: Shares::Declared(shares), .. } => Some((attribute, shares)),
        _ => None,
    })
}

/// The position of each example's stratum; one beyond the last where its value is not declared.
fn strata(set: &ReferenceSet, declared: Option<(&Attribute, &BTreeMap<String, Share>)>) -> Vec<u32> {
    let Some((attribute, shares)) = declared else { return vec![0; set.rows.len()] };
    let position = |value: &str| shares.keys().position(|stratum| stratum == value);
    let stratum = |at: usize| set.value(attribute, ExampleIndex(at as u32)).and_then(position).unwrap_or(shares.len());
    (0..set.rows.len()).map(|at| stratum(at) as u32).collect()
}

/// The attribute and the position of its value, where a segment is one value of one attribute that the set has.
fn one_value<'s>(set: &ReferenceSet, segment: &'s Segment) -> Option<(&'s Attribute, u32)> {
    let [(attribute, values)] = segment.conditions.iter().collect::<Vec<_>>()[..] else { return None };
    let [value] = values.iter().collect::<Vec<_>>()[..] else { return None };
    let position = set.attributes.get(attribute)?.values.iter().position(|known| known == value)?;
    Some((attribute, position as u32))
}

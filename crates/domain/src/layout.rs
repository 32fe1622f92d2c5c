//! Where examples lie: cluster, stratum and weight of each, which lie in a segment, and what strata count for there.

use crate::contract::Contract;
use crate::name::Attribute;
use crate::reference_set::{ExampleIndex, ReferenceSet};
use crate::segment::{Segment, Segmentation, Shares};
use crate::share::Share;
use crate::tally::Member;
use stats::Strata;
use std::collections::BTreeMap;

pub struct Layout {
    /// The active examples, by the id of their cluster, then stratum, then place in the set.
    in_order: Vec<Member>,
    /// The rank of each example's cluster among the ids of clusters.
    clusters: Vec<u32>,
    /// The declared strata, and the attribute of which they are the values.
    declared: Option<(Attribute, Vec<Stratum>)>,
}

/// A value of the attribute whose shares of traffic the contract declares.
struct Stratum {
    value: String,
    /// Its share of traffic.
    share: f64,
    /// The weight of its examples.
    weight: f64,
}

impl Layout {
    pub fn of(contract: &Contract, set: &ReferenceSet) -> Self {
        let clusters = ranks(set);
        let declared = declared(contract);
        let mut in_order: Vec<Member> = set
            .active()
            .map(|(example, row)| Member {
                example: example.0,
                cluster: clusters[example.0 as usize],
                stratum: stratum(set, declared, example),
                weight: row.weight.get(),
            })
            .collect();
        in_order.sort_unstable_by_key(|member| (member.cluster, member.stratum, member.example));
        let declared = declared.map(|(attribute, shares)| {
            let each = shares.iter().zip(weights(&in_order, shares.len()));
            let strata =
                each.map(|((value, share), weight)| Stratum { value: value.clone(), share: share.get(), weight });
            (attribute.clone(), strata.collect())
        });
        Layout { in_order, clusters, declared }
    }

    /// Of each example the rank of its cluster's id.
    pub fn clusters(&self) -> &[u32] {
        &self.clusters
    }

    /// The share of the traffic that each active example stands for, as far as it stands for any.
    pub fn shares(&self) -> Vec<(ExampleIndex, f64)> {
        let whole: f64 = self.in_order.iter().map(|member| member.weight).sum();
        let share = |member: &Member| match &self.declared {
            None => member.weight / whole,
            Some((_, strata)) => {
                strata.get(member.stratum as usize).map_or(0.0, |of| of.share * member.weight / of.weight)
            }
        };
        let each = self.in_order.iter().map(|member| (ExampleIndex(member.example), share(member)));
        each.filter(|(_, share)| *share > 0.0).collect()
    }

    /// The active examples of each of these segments, in order. Segments that are one value of one attribute are told apart
    /// in one pass.
    pub fn inside<'s>(&self, set: &ReferenceSet, segments: &[&'s Segment]) -> Vec<(&'s Segment, Vec<Member>)> {
        let mut by_value: BTreeMap<&Attribute, BTreeMap<u32, Vec<Member>>> = BTreeMap::new();
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
                        let lies_in = |member: &Member| set.lies_in(&segment.conditions, ExampleIndex(member.example));
                        self.in_order.iter().copied().filter(lies_in).collect()
                    }
                };
                (*segment, inside)
            })
            .collect()
    }

    fn by_value(&self, set: &ReferenceSet, attribute: &Attribute) -> BTreeMap<u32, Vec<Member>> {
        let mut cut: BTreeMap<u32, Vec<Member>> = BTreeMap::new();
        let Some(column) = set.attributes.get(attribute) else { return cut };
        for member in &self.in_order {
            if let Some(value) = column.of_row.get(member.example as usize) {
                cut.entry(*value).or_default().push(*member);
            }
        }
        cut
    }

    /// Traffic shares of the strata within a segment. Nobody knows how much of a stratum without examples lies there: all of it
    /// may, unless the segment is of other values.
    pub fn strata_of(&self, segment: &Segment, inside: &[Member]) -> Strata {
        let Some((attribute, declared)) = &self.declared else { return Strata::none() };
        let whole = || declared.iter().map(|of| of.share).collect();
        if segment.is_all() {
            return Strata::declared(whole());
        }
        let may_lie_in =
            |of: &Stratum| segment.conditions.get(attribute).is_none_or(|values| values.contains(&of.value));
        let part = |(of, weight): (&Stratum, f64)| match of.weight > 0.0 {
            true => of.share * weight / of.weight,
            false if may_lie_in(of) => of.share,
            false => 0.0,
        };
        let seen = weights(inside, declared.len());
        let is_seen = seen.iter().any(|weight| *weight > 0.0);
        let parts: Vec<f64> = declared.iter().zip(seen).map(part).collect();
        let sum: f64 = parts.iter().sum();
        let within = || parts.iter().map(|part| part / sum).collect();
        Strata::declared(if is_seen && sum > 0.0 { within() } else { whole() })
    }
}

/// The weight that lies in each of so many strata.
fn weights(members: &[Member], strata: usize) -> Vec<f64> {
    let mut weights = vec![0.0; strata];
    for member in members {
        if let Some(weight) = weights.get_mut(member.stratum as usize) {
            *weight += member.weight;
        }
    }
    weights
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
pub(crate) fn declared(contract: &Contract) -> Option<(&Attribute, &BTreeMap<String, Share>)> {
    contract.segments.iter().find_map(|cut| match cut {
        Segmentation::By { attribute, shares: Shares::Declared(shares), .. } => Some((attribute, shares)),
        _ => None,
    })
}

/// The values that the strata at these positions are.
pub fn strata_named(contract: &Contract, positions: &[u32]) -> Vec<String> {
    let Some((_, shares)) = declared(contract) else { return Vec::new() };
    positions.iter().filter_map(|&position| shares.keys().nth(position as usize).cloned()).collect()
}

/// The position of an example's stratum; one beyond the last where its value is not declared.
fn stratum(set: &ReferenceSet, declared: Option<(&Attribute, &BTreeMap<String, Share>)>, example: ExampleIndex) -> u32 {
    let Some((attribute, shares)) = declared else { return 0 };
    let position = |value: &str| shares.keys().position(|stratum| stratum == value);
    set.value(attribute, example).and_then(position).unwrap_or(shares.len()) as u32
}

/// The attribute and the position of its value, where a segment is one value of one attribute that the set has.
fn one_value<'s>(set: &ReferenceSet, segment: &'s Segment) -> Option<(&'s Attribute, u32)> {
    let [(attribute, values)] = segment.conditions.iter().collect::<Vec<_>>()[..] else { return None };
    let [value] = values.iter().collect::<Vec<_>>()[..] else { return None };
    let position = set.attributes.get(attribute)?.values.iter().position(|known| known == value)?;
    Some((attribute, position as u32))
}

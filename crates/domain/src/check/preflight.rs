//! What the best possible record could decide, before anything is spent on answers.
//!
//! in      a contract and its reference set
//! out     `PLM008` for each gate on each segment that not even that record clears, with the conversations that it takes;
//!         `PLM026` where a gate's criterion is asked of no example
//! note    the levels are those of the first look, corrected as findings are: Holm's, over the segments at their best; the
//!         best record is weighed as the real one will be, but strata are not: they could only widen
//! not for differences in the candidate's favour: a candidate that gains can clear a margin with fewer conversations

use super::{CheckFinding, finding};
use crate::contract::Contract;
use crate::evidence::{higher_is_better, in_scope, questions_of, segments, weighed_as};
use crate::finding::{best_p, look_level};
use crate::gate::{Gate, Margin, Measure, Rule, Scope};
use crate::grader::Grader;
use crate::name::CriterionName;
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use crate::segment::{Segment, Segmentation, Shares};
use crate::system::Arm;
use std::collections::BTreeMap;

pub(super) fn preflight(contract: &Contract, set: &ReferenceSet) -> Vec<CheckFinding> {
    let segments = segments(contract, set);
    let levels = Levels::at_best(contract, set, &segments);
    let mut found = Vec::new();
    for (at, gate) in contract.gates.iter().enumerate() {
        let place = || format!("gates[{at}]");
        for segment in in_scope(gate, &segments, contract) {
            if let Some(criterion) = unasked(contract, set, gate, segment) {
                let what = format!("`{}` on {}: `{criterion}` applies to no example there", gate.name, segment.name);
                let help = "limit the gate with `in` to where its criterion applies, or widen the criterion's `when`";
                found.push(finding("PLM026", place(), what, help));
                continue;
            }
            let best = Best::of(contract, set, gate, segment);
            found.extend(best.short_of(gate, segment, levels.of(gate, segment)).map(|short| {
                let what = format!("`{}` on {}: {}", gate.name, segment.name, short.what);
                finding("PLM008", place(), what, short.remedy)
            }));
        }
        for scope in &gate.scopes {
            if let Scope::Named(name) = scope
                && !segments.iter().any(|segment| segment.name == *name)
            {
                let what = format!("`{}`: no example lies in {name}", gate.name);
                found.push(finding("PLM008", place(), what, "sample some, or mend the segment"));
            }
        }
    }
    found
}

/// The gate's criterion, where a segment has examples and it is asked of none of them.
fn unasked<'c>(
    contract: &Contract,
    set: &ReferenceSet,
    gate: &'c Gate,
    segment: &Segment,
) -> Option<&'c CriterionName> {
    let Measure::Criterion(name) = &gate.measure else { return None };
    let mut inside = set.active().filter(|(example, _)| set.lies_in(&segment.conditions, *example)).peekable();
    inside.peek()?;
    (!inside.any(|(example, row)| is_asked(contract, set, gate, example, row))).then_some(name)
}

/// Whether a gate's measure is taken of an example: where its criterion applies, and of pairs on the variant.
fn is_asked(contract: &Contract, set: &ReferenceSet, gate: &Gate, example: ExampleIndex, row: &Row) -> bool {
    let Measure::Criterion(name) = &gate.measure else { return true };
    contract.criterion(name.as_str()).is_none_or(|criterion| {
        let is_pair = matches!(criterion.grader, Grader::Pair { .. });
        set.lies_in(&criterion.applies, example) && (!is_pair || row.pair.is_some())
    })
}

/// The levels at which claims are tested where every record is the best possible.
struct Levels<'a> {
    look: f64,
    /// Of never rules, at every look.
    never: f64,
    of_segments: Vec<(&'a Segment, f64)>,
}

impl<'a> Levels<'a> {
    fn at_best(contract: &'a Contract, set: &ReferenceSet, segments: &'a [Segment]) -> Self {
        let look = look_level(contract, 1);
        // A segment's p is the largest of its blocking gates; segments that none tests are not in the family.
        let of_segment = |segment: &'a Segment| {
            let gates = contract.gates.iter().filter(|gate| is_in_family(gate));
            let tested = gates.filter(|gate| in_scope(gate, segments, contract).contains(&segment));
            let p = tested.map(|gate| Best::of(contract, set, gate, segment).p).reduce(f64::max)?;
            Some((segment, p))
        };
        let family: Vec<(&Segment, f64)> =
            segments.iter().filter(|segment| !segment.is_all()).filter_map(of_segment).collect();
        let p: Vec<f64> = family.iter().map(|(_, p)| *p).collect();
        let tested = stats::holm(&p, look);
        Levels {
            look,
            never: contract.alpha.get(),
            of_segments: family.iter().zip(tested).map(|((segment, _), tested)| (*segment, tested.level)).collect(),
        }
    }

    fn of(&self, gate: &Gate, segment: &Segment) -> f64 {
        if matches!(gate.rule, Rule::Never { .. }) {
            return self.never;
        }
        let corrected = || self.of_segments.iter().find(|(known, _)| *known == segment).map(|(_, level)| *level);
        Some(gate).filter(|gate| is_in_family(gate)).and_then(|_| corrected()).unwrap_or(self.look)
    }
}

fn is_in_family(gate: &Gate) -> bool {
    gate.blocking && !matches!(gate.rule, Rule::Never { .. })
}

/// The best record of one gate on one segment.
struct Best {
    conversations: u64,
    /// p of the claim; 0 where nothing bounds how good a record may be, 1 where there is too little for any.
    p: f64,
}

/// What is missing for a decision.
struct Short {
    what: String,
    remedy: String,
}

impl Best {
    fn of(contract: &Contract, set: &ReferenceSet, gate: &Gate, segment: &Segment) -> Self {
        let rows = set.active().filter(|(example, row)| {
            row.weight.get() > 0.0
                && set.lies_in(&segment.conditions, *example)
                && is_asked(contract, set, gate, *example, row)
        });
        let question = questions_of(contract, gate, segment, Arm::Candidate).into_iter().next();
        let is_alone =
            matches!(gate.rule, Rule::AtLeast(_) | Rule::AtMost(_) | Rule::Within { .. } | Rule::Never { .. });
        let clusters = perfect(rows.map(|(_, row)| row), is_alone, has_strata(contract));
        let kind = question.as_ref().map_or(stats::Kind::Mean, weighed_as);
        let p = match stats::weigh(&clusters, &stats::Strata::none(), kind) {
            Ok(weighed) => best_p(gate, &weighed).unwrap_or(0.0),
            Err(_) => 1.0,
        };
        Best { conversations: clusters.len() as u64, p }
    }

    fn short_of(&self, gate: &Gate, segment: &Segment, level: f64) -> Option<Short> {
        let needed = match gate.rule {
            Rule::NotWorse { by: Margin::Absolute(margin), .. } if higher_is_better(&gate.measure) => {
                stats::least_clusters_for_margin(margin, level)
            }
            Rule::AtLeast(floor) => stats::least_clusters_for_floor(floor, level),
            Rule::Within { share, .. } => stats::least_clusters_for_floor(share.get(), level),
            Rule::Never { max_rate } => max_rate.map(|rate| stats::zero_failure_n(rate.get(), level)),
            Rule::NotWorse { .. } | Rule::Better { .. } | Rule::AtMost(_) => None,
        };
        let have = self.conversations;
        let needed = needed.unwrap_or(2).max(u64::from(segment.minimum.0));
        if matches!(gate.rule, Rule::Never { max_rate: None }) {
            return None;
        }
        let or = match gate.rule {
            Rule::NotWorse { .. } => "widen the margin",
            Rule::Better { .. } => "ask for less of a gain",
            Rule::AtLeast(_) | Rule::Within { .. } => "ask for a lower share",
            Rule::AtMost(_) => "allow more",
            Rule::Never { .. } => "allow a higher rate",
        };
        let best = match gate.rule {
            Rule::NotWorse { .. } => "not even equal answers show",
            _ => "not even a perfect record shows",
        };
        if have < needed {
            return Some(Short {
                what: format!("with {have} conversations {best} that it holds; at least {needed} are needed"),
                remedy: format!("sample {} more conversations there, or {or}", needed - have),
            });
        }
        let is_tested = !matches!(gate.rule, Rule::Never { .. });
        (is_tested && self.p > level).then(|| Short {
            what: format!("with {have} conversations of such unequal weight {best} that it holds"),
            remedy: format!("sample more conversations there, of more equal weight, or {or}"),
        })
    }
}

/// A record without a failure, or without a difference. Where strata have shares of their own, weights within them do not say
/// what a conversation will count for: each counts the same, which is the most that they can be worth.
fn perfect<'a>(rows: impl Iterator<Item = &'a Row>, is_alone: bool, is_stratified: bool) -> Vec<stats::Cluster> {
    let mut clusters: BTreeMap<&str, stats::Cluster> = BTreeMap::new();
    for row in rows {
        let weight = row.weight.get();
        let cluster = clusters.entry(row.cluster.as_str()).or_default();
        cluster.rows += 1;
        cluster.weight += weight;
        cluster.weight_squared += weight * weight;
        cluster.value += if is_alone { weight } else { 0.0 };
        cluster.some_pass |= is_alone;
    }
    let one = |cluster: stats::Cluster| stats::Cluster {
        rows: 1,
        weight: 1.0,
        weight_squared: 1.0,
        value: if is_alone { 1.0 } else { 0.0 },
        ..cluster
    };
    clusters.into_values().map(|cluster| if is_stratified { one(cluster) } else { cluster }).collect()
}

fn has_strata(contract: &Contract) -> bool {
    contract.segments.iter().any(|cut| matches!(cut, Segmentation::By { shares: Shares::Declared(_), .. }))
}

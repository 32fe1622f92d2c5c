//! What changed: grades that differ between two systems, where they lie, and which come first.

use super::weigh::ours;
use crate::cli::Failure;
use domain::contract::Contract;
use domain::decision::Changed;
use domain::format::record;
use domain::name::CriterionName;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::segment::Segmentation;
use domain::system::Arm;
use lake::{ClassCount, Scores};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Changed examples that a record lists.
const LISTED: usize = 50;

/// Counts of what changed against production, beside the classes that failed, and the worst examples.
pub fn changed(
    scores: &Scores,
    set: &ReferenceSet,
    contract: &Contract,
    classes: Vec<ClassCount>,
) -> Result<(Changed, Vec<Value>), Failure> {
    let names: Vec<CriterionName> = contract.criteria.iter().map(|criterion| criterion.name.clone()).collect();
    let (mut worse, mut better) = (BTreeSet::new(), BTreeSet::new());
    let mut by_criterion = Vec::new();
    let mut examples = Vec::new();
    for changes in scores.changes(&names, Arm::Candidate, Arm::Production).map_err(ours)? {
        let (mut down, mut up) = (0, 0);
        for (example, before, now) in &changes.examples {
            if now < before {
                down += 1;
                worse.insert(*example);
            } else {
                up += 1;
                better.insert(*example);
            }
            let criterion = changes.criterion.clone();
            examples.push(ChangedGrade { example: *example, criterion, before: *before, now: *now });
        }
        by_criterion.push((changes.criterion, down, up));
    }
    worst_first(contract, &mut examples);
    let listed = examples.into_iter().take(LISTED).filter_map(|changed| {
        let row = set.rows.get(changed.example.0 as usize)?;
        Some(json!({
            "example": row.id.to_string(), "criterion": changed.criterion.to_string(),
            "before": record::decimal(changed.before), "now": record::decimal(changed.now),
        }))
    });
    let by_segment = by_segment(contract, set, &worse, &better);
    let classes = classes.into_iter().map(|count| (count.class, count.scores)).collect();
    let changed = Changed {
        worse: worse.len() as u64,
        better: better.difference(&worse).count() as u64,
        by_criterion,
        by_segment,
        classes,
    };
    Ok((changed, listed.collect()))
}

/// A grade that differs between what is compared.
pub struct ChangedGrade {
    pub example: ExampleIndex,
    pub criterion: CriterionName,
    pub before: f64,
    pub now: f64,
}

/// By what the loss costs, then by its size, then as the set and the criteria are ordered.
pub fn worst_first(contract: &Contract, changed: &mut [ChangedGrade]) {
    let gain = |changed: &ChangedGrade| changed.now - changed.before;
    let saved = |changed: &ChangedGrade| gain(changed) * contract.price(&changed.criterion);
    changed.sort_by(|a, b| {
        saved(a)
            .total_cmp(&saved(b))
            .then(gain(a).total_cmp(&gain(b)))
            .then(a.example.cmp(&b.example))
            .then(a.criterion.cmp(&b.criterion))
    });
}

/// How many examples got worse and better where the work is cut, most worse first.
fn by_segment(
    contract: &Contract,
    set: &ReferenceSet,
    worse: &BTreeSet<ExampleIndex>,
    better: &BTreeSet<ExampleIndex>,
) -> Vec<(String, u64, u64)> {
    let cuts = contract.segments.iter().filter_map(|cut| match cut {
        Segmentation::By { attribute, .. } => Some(attribute),
        Segmentation::Where { .. } => None,
    });
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for attribute in cuts {
        let mut count = |example: &ExampleIndex, is_worse: bool| {
            let Some(value) = set.value(attribute, *example) else { return };
            let of = counts.entry(format!("{attribute}={value}")).or_default();
            *(if is_worse { &mut of.0 } else { &mut of.1 }) += 1;
        };
        worse.iter().for_each(|example| count(example, true));
        better.difference(worse).for_each(|example| count(example, false));
    }
    let mut listed: Vec<_> = counts.into_iter().map(|(name, (worse, better))| (name, worse, better)).collect();
    listed.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    listed
}

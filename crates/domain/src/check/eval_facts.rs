//! What the reference set shows about the eval.

use super::{At, Blank, CheckFinding, finding};
use crate::contract::Contract;
use crate::criterion::Criterion;
use crate::name::Attribute;
use crate::provenance::SourceKind;
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use std::collections::BTreeSet;

pub(super) fn examples(contract: &Contract, set: &ReferenceSet, today: &str) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    let active: Vec<(ExampleIndex, &Row)> = set.active().collect();
    if active.is_empty() {
        found.push(finding(
            "PLM022",
            "examples",
            "the reference set has no active example",
            "add examples, or make proposed ones active",
        ));
        return found;
    }
    let task = Attribute::new("task");
    let tasks = set.values_of(&task);
    for name in contract.tasks.iter().filter(|name| !tasks.contains(name.as_str())) {
        found.push(finding(
            "PLM009",
            "tasks",
            format!("task `{name}` has no active example"),
            "sample some from traffic",
        ));
    }
    found.extend(failures_without_example(contract, set));
    let sources: BTreeSet<Option<SourceKind>> = active.iter().map(|(_, row)| row.source).collect();
    if sources.len() == 1 && active.len() > 1 {
        let name = sources.first().copied().flatten().map_or("an unknown source", SourceKind::as_str);
        found.push(finding(
            "PLM011",
            "sources",
            format!("all {} examples come from {name}", active.len()),
            "add incidents, edge cases and policy cases beside traffic",
        ));
    }
    let made = |row: &Row| matches!(row.source, Some(SourceKind::Synthetic | SourceKind::Demo));
    let weighs = active.iter().filter(|(_, row)| row.weight.get() > 0.0).count();
    let made_count = active.iter().filter(|(_, row)| made(row)).count();
    if !contract.simulated && made_count > 0 && weighs == 0 {
        found.push(finding(
            "PLM012",
            "examples",
            format!("{made_count} synthetic or demo examples stand in for traffic"),
            "sample real traffic; made examples never count toward a rate",
        ));
    }
    let chance_unknown = |example: ExampleIndex| set.facts(example).is_some_and(|facts| !facts.chance_known);
    let unknown = active
        .iter()
        .filter(|(example, row)| row.source == Some(SourceKind::Traffic) && chance_unknown(*example))
        .count();
    if unknown > 0 {
        found.push(finding(
            "PLM013",
            "examples",
            format!("{unknown} traffic examples have no known chance of inclusion, and count toward no rate"),
            "write `probability` or `weight` when sampling",
        ));
    }
    let unowned = active.iter().filter(|(example, _)| set.facts(*example).is_some_and(|facts| !facts.owned)).count();
    if unowned > 0 {
        found.push(finding(
            "PLM017",
            "examples",
            format!("{unowned} examples have neither owner nor author"),
            "write `owner`",
        ));
    }
    for (example, row) in &active {
        let at = |found: CheckFinding| placed(set, row, found);
        let review_by = set.facts(*example).and_then(|facts| facts.review_by).map(|date| date.to_string());
        if let Some(date) = review_by.filter(|date| date.as_str() < today) {
            found.push(at(finding(
                "PLM014",
                "examples",
                format!("`{}` was to be reviewed by {date}", row.id),
                "review it, or retire it with a reason",
            )));
        }
        if row.source == Some(SourceKind::Incident) && row.guard == crate::example::Guard::No {
            found.push(at(finding(
                "PLM024",
                "examples",
                format!("`{}` comes from an incident and guards nothing", row.id),
                "write `guard: true`",
            )));
        }
        for (document, version) in set.depends_on(*example) {
            let now = contract.documents.iter().find(|(name, _)| name == document.as_str()).map(|(_, version)| version);
            if let Some(now) = now.filter(|now| *now != version) {
                found.push(at(finding(
                    "PLM018",
                    "documents",
                    format!("`{}` depends on {document} {version}, and {now} is in force", row.id),
                    "check its expectation against the new version",
                )));
            }
        }
    }
    found.extend(doubles(set));
    found
}

pub(super) fn blank(set: &ReferenceSet, blank: &Blank) -> CheckFinding {
    let row = &set.rows[blank.example.0 as usize];
    let more = if blank.count > 1 { format!(", and of {} more", blank.count - 1) } else { String::new() };
    let what = format!(
        "`{}`: of the reference `{}` of `{}`{more} nothing is left to compare once what is ignored is taken away",
        blank.criterion, blank.reference, row.id
    );
    placed(set, row, finding("PLM027", "examples", what, "mend the reference, or ignore less"))
}

/// The finding at an example's place.
fn placed(set: &ReferenceSet, row: &Row, mut found: CheckFinding) -> CheckFinding {
    if let Some(file) = set.files.get(row.kept.file as usize) {
        found.place = At::Example { file: file.clone(), line: row.kept.line };
    }
    found
}

/// Priced failures whose every criterion applies to no active example.
fn failures_without_example(contract: &Contract, set: &ReferenceSet) -> Vec<CheckFinding> {
    let is_tried = |criterion: &&Criterion| set.active().any(|(example, _)| set.lies_in(&criterion.applies, example));
    let priced = contract.failures.iter().filter(|class| class.cost.is_some());
    priced
        .filter_map(|class| {
            let mut guards = contract.criteria.iter().filter(|criterion| criterion.protects.contains(&class.name));
            let first = guards.clone().next()?;
            if guards.any(|criterion| is_tried(&criterion)) {
                return None;
            }
            Some(finding(
                "PLM010",
                format!("failures.{}", class.name),
                format!("`{}` has a price and no example: `{}` applies to none that is active", class.name, first.name),
                "add examples on which it could happen",
            ))
        })
        .collect()
}

/// Equal inputs: duplicates where all else is equal, conflicts where the expectation differs.
fn doubles(set: &ReferenceSet) -> Vec<CheckFinding> {
    set.same_inputs()
        .into_iter()
        .map(|same| {
            let rows: Vec<&Row> = same.examples.iter().map(|example| &set.rows[example.0 as usize]).collect();
            let names = crate::finding::listed(rows.iter().map(|row| row.id.as_str()));
            let found = if same.conflict {
                finding(
                    "PLM016",
                    "examples",
                    format!("{names} ask the same and expect different things"),
                    "settle which holds; quarantine the others",
                )
            } else {
                finding("PLM015", "examples", format!("{names} ask the same"), "keep one")
            };
            placed(set, rows[0], found)
        })
        .collect()
}

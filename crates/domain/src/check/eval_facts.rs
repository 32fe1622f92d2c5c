//! What the reference set shows about the eval.

use super::standing::Made;
use super::{At, Blank, CheckFinding, Ungraded, finding, meant};
use crate::contract::Contract;
use crate::criterion::Criterion;
use crate::finding::figures::percent;
use crate::finding::listed;
use crate::grader::Grader;
use crate::layout::Layout;
use crate::name::{Attribute, OwnerRole, TaskName};
use crate::provenance::SourceKind;
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn examples(contract: &Contract, set: &ReferenceSet, today: &str) -> Vec<CheckFinding> {
    if set.active().next().is_none() {
        let remedy = "add examples, or make proposed ones active";
        return vec![finding("PLM022", "examples", "the reference set has no active example", remedy)];
    }
    let mut found = without_example(contract, set);
    found.extend(failures_without_example(contract, set));
    found.extend(sources(contract, set));
    found.extend(unequal_weights(contract, set));
    let not_owned = |example| set.facts(example).is_some_and(|facts| !facts.owned);
    let unowned = set.active().filter(|(example, _)| not_owned(*example)).count();
    if unowned > 0 {
        let what = match unowned {
            1 => "1 example has neither owner nor author".to_owned(),
            _ => format!("{unowned} examples have neither owner nor author"),
        };
        found.push(finding("PLM017", "examples", what, "write `owner`"));
    }
    found.extend(owned_by_no_role(contract, set));
    found.extend(other_tasks(contract, set));
    found.extend(not_compared(contract, set));
    found.extend(set.active().flat_map(|(example, row)| overtaken(contract, set, today, example, row)));
    found
}

/// Tasks of the contract that no active example is of.
fn without_example(contract: &Contract, set: &ReferenceSet) -> Vec<CheckFinding> {
    let tasks = set.values_of(&Attribute::new("task"));
    let missing = contract.tasks.iter().filter(|name| !tasks.contains(name.as_str()));
    let told = |name| format!("task `{name}` has no active example");
    missing.map(|name| finding("PLM009", "tasks", told(name), "sample some from traffic")).collect()
}

/// Where the examples come from, and whether it is known how they were drawn.
fn sources(contract: &Contract, set: &ReferenceSet) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    let made = Made::of(set);
    let sources: BTreeSet<Option<SourceKind>> = set.active().map(|(_, row)| row.source).collect();
    if sources.len() == 1 && made.active > 1 {
        let only = sources.first().copied().flatten();
        let name = only.map_or("an unknown source", SourceKind::as_str);
        let remedy = match only {
            Some(SourceKind::Traffic) => "add incidents, edge cases and policy cases beside traffic",
            Some(_) => "sample some from traffic: only what was sampled counts toward a rate",
            None => "write in `provenance` where each comes from, and sample some from traffic",
        };
        found.push(finding("PLM011", "sources", format!("all {} examples come from {name}", made.active), remedy));
    }
    if !contract.simulated && made.stand_in_for_traffic() {
        found.push(finding(
            "PLM012",
            "examples",
            format!("{} of {} examples are synthetic or demo, and stand in for traffic", made.made, made.active),
            "sample real traffic; made examples never count toward a rate",
        ));
    }
    let chance_unknown = |example: ExampleIndex| set.facts(example).is_some_and(|facts| !facts.chance_known);
    let of_traffic = set.active().filter(|(_, row)| row.source == Some(SourceKind::Traffic));
    let unknown = of_traffic.filter(|(example, _)| chance_unknown(*example)).count();
    if unknown > 0 {
        let what = match unknown {
            1 => "1 traffic example has no known chance of inclusion, and counts toward no rate".to_owned(),
            _ => format!("{unknown} traffic examples have no known chance of inclusion, and count toward no rate"),
        };
        found.push(finding("PLM013", "examples", what, "write `probability` or `weight` when sampling"));
    }
    found
}

/// What has overtaken an example: its review date, a document that it rests on, or an incident that comes back unseen.
fn overtaken(
    contract: &Contract,
    set: &ReferenceSet,
    today: &str,
    example: ExampleIndex,
    row: &Row,
) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    let review_by = set.facts(example).and_then(|facts| facts.review_by).map(|date| date.to_string());
    if let Some(date) = review_by.filter(|date| date.as_str() < today) {
        let what = format!("`{}` was to be reviewed by {date}", row.id);
        found.push(finding("PLM014", "examples", what, "review it, or retire it with a reason"));
    }
    // An example that must never fail blocks as a guard does.
    if row.source == Some(SourceKind::Incident) && row.guard == crate::example::Guard::No && !row.never {
        let what = format!("`{}` comes from an incident and guards nothing", row.id);
        found.push(finding("PLM024", "examples", what, "write `guard: true`"));
    }
    for (document, version) in set.depends_on(example) {
        let now = contract.documents.iter().find(|(name, _)| name == document.as_str()).map(|(_, version)| version);
        if let Some(now) = now.filter(|now| *now != version) {
            let what = format!("`{}` depends on {document} {version}, and {now} is in force", row.id);
            found.push(finding("PLM018", "documents", what, "check its expectation against the new version"));
        }
    }
    found.into_iter().map(|finding| placed(set, row, finding)).collect()
}

/// As how many the examples count where that is under half of them, and one that stands for more than a tenth of the traffic.
fn unequal_weights(contract: &Contract, set: &ReferenceSet) -> Vec<CheckFinding> {
    const LEFT: f64 = 0.5;
    const HEAVY: f64 = 0.1;
    /// Among few, a tenth is a fair share.
    const FAIR: f64 = 2.0;
    let shares = Layout::of(contract, set).shares();
    let (count, whole) = (shares.len() as f64, shares.iter().map(|(_, share)| share).sum::<f64>());
    let Ok((effective, _)) = stats::kish(&shares.iter().map(|(_, share)| *share).collect::<Vec<_>>()) else {
        return Vec::new();
    };
    let told =
        |what: String| finding("PLM039", "examples", what, "draw more alike, or more, where one stands for many");
    let mut found = Vec::new();
    if effective < LEFT * count {
        found.push(told(format!("{} examples count as {effective:.0} by their weights", shares.len())));
    }
    let heaviest = shares.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    if let Some((example, share)) = heaviest.filter(|(_, share)| share / whole > HEAVY && share * count > FAIR * whole)
    {
        let row = &set.rows[example.0 as usize];
        let what = format!("`{}` alone stands for {} of the traffic", row.id, percent(share / whole));
        found.push(placed(set, row, told(what)));
    }
    found
}

/// Owners of examples who are no role of the contract, and fill none.
fn owned_by_no_role(contract: &Contract, set: &ReferenceSet) -> Vec<CheckFinding> {
    if contract.owners.is_empty() {
        return Vec::new();
    }
    let mut unknown: BTreeMap<&OwnerRole, Vec<&Row>> = BTreeMap::new();
    for (example, row) in set.active() {
        let owner = set.owner(example).filter(|owner| contract.owner(owner.as_str()).is_none());
        owner.into_iter().for_each(|owner| unknown.entry(owner).or_default().push(row));
    }
    unknown
        .into_iter()
        .map(|(owner, rows)| {
            let what = format!("`{owner}` owns {}, and is no role of `owners`", examples_of(rows.len()));
            let roles: Vec<&str> = contract.owners.iter().map(|owner| owner.role.as_str()).collect();
            let help = format!("{}roles: {}", meant(owner.as_str(), roles.iter().copied()), roles.join(", "));
            placed(set, rows[0], finding("PLM017", "examples", what, help))
        })
        .collect()
}

/// Examples whose task is none of the contract's.
fn other_tasks(contract: &Contract, set: &ReferenceSet) -> Option<CheckFinding> {
    let task = Attribute::new("task");
    let tasks = || contract.tasks.iter().map(TaskName::as_str);
    let mut other: BTreeMap<&str, usize> = BTreeMap::new();
    let mut first = None;
    for (example, row) in set.active() {
        if let Some(value) = set.value(&task, example).filter(|value| !tasks().any(|task| task == *value)) {
            *other.entry(value).or_default() += 1;
            first.get_or_insert((value, row));
        }
    }
    let (value, row) = first.filter(|_| !contract.tasks.is_empty())?;
    let named: Vec<String> =
        other.iter().map(|(value, count)| format!("`{value}` ({})", examples_of(*count))).collect();
    let what = format!("the contract has no task {}", listed(named.iter().map(String::as_str)));
    let help = format!("{}mend the examples, or add it to `tasks`", meant(value, tasks()));
    Some(placed(set, row, finding("PLM033", "tasks", what, help)))
}

/// Variants that are to be laid beside their base, and that no criterion lays there.
fn not_compared(contract: &Contract, set: &ReferenceSet) -> Option<CheckFinding> {
    // What is graded elsewhere, or by a program, may look at pairs too.
    let may_compare = |criterion: &&Criterion| {
        matches!(criterion.grader, Grader::Pair { .. } | Grader::Imported | Grader::Process { .. })
    };
    let comparing: Vec<&Criterion> = contract.criteria.iter().filter(may_compare).collect();
    let mut alone = set.active().filter(|(example, row)| {
        row.pair.is_some() && !comparing.iter().any(|criterion| set.lies_in(&criterion.applies, *example))
    });
    let (_, first) = alone.next()?;
    let more = alone.count();
    let so = if more > 0 { format!(", and so do {more} more") } else { String::new() };
    let what =
        format!("`{}` expects something of the answer to its base{so}, and no criterion compares the two", first.id);
    Some(placed(
        set,
        first,
        finding("PLM034", "criteria", what, "add a criterion with `grade: same_as_base`, or leave `expect` out"),
    ))
}

fn examples_of(count: usize) -> String {
    if count == 1 { "1 example".to_owned() } else { format!("{count} examples") }
}

/// Examples that lack what a criterion compares answers with.
pub(super) fn lacking(contract: &Contract, set: &ReferenceSet, ungraded: &Ungraded) -> Option<CheckFinding> {
    let criterion = contract.criterion(ungraded.criterion.as_str())?;
    let (name, path) = (&ungraded.criterion, &ungraded.path);
    let first = set.rows.get(ungraded.missing.first()?.0 as usize)?;
    let asked = set.active().filter(|(example, _)| set.lies_in(&criterion.applies, *example)).count();
    if ungraded.missing.len() == asked {
        let what = format!("`{name}` compares with `{path}`, which none of its {} has", examples_of(asked));
        return Some(finding(
            "PLM027",
            format!("criteria.{name}.grade"),
            what,
            "mend the path, or write it in the examples",
        ));
    }
    let what = format!(
        "`{name}` compares with `{path}`, which `{}` has not: so {} of {asked} cannot be graded on it",
        first.id,
        ungraded.missing.len()
    );
    let help = "write it there; `null` says that the criterion does not apply to an example";
    Some(placed(set, first, finding("PLM027", "examples", what, help)))
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

/// Equal inputs: conflicts where no answer can meet all that is expected, else duplicates. Those that are written otherwise
/// are duplicates too.
pub(super) fn doubles(set: &ReferenceSet, met_at_once: &[ExampleIndex]) -> Vec<CheckFinding> {
    let rows = |examples: &[ExampleIndex]| -> Vec<&Row> {
        examples.iter().map(|example| &set.rows[example.0 as usize]).collect()
    };
    let listed_in = |rows: &[&Row]| {
        let named: Vec<String> = rows.iter().map(|row| with_its_place(set, row)).collect();
        listed(named.iter().map(String::as_str))
    };
    let alike = set.alike_inputs().into_iter().map(|alike| {
        let rows = rows(&alike);
        let what = format!("{} ask the same but for case, blanks and punctuation", listed_in(&rows));
        placed(set, rows[0], finding("PLM015", "examples", what, "keep one, or make it a variant of the other"))
    });
    let equal = set.same_inputs();
    let equal = equal.into_iter().map(|same| {
        let rows = rows(&same.examples);
        let names = listed_in(&rows);
        let found = if same.conflict && !met_at_once.contains(&same.examples[0]) {
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
    });
    equal.chain(alike).collect()
}

/// `refund-001` (examples/traffic.jsonl:12)
fn with_its_place(set: &ReferenceSet, row: &Row) -> String {
    match set.files.get(usize::from(row.kept.file)) {
        Some(file) => format!("`{}` ({file}:{})", row.id, row.kept.line),
        None => format!("`{}`", row.id),
    }
}

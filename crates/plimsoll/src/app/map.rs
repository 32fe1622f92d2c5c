//! `map`: the eval as a whole, for whoever governs it.
//!
//! in      an eval: contract, set, records, incidents; the day
//! out     the rows of `domain::map`
//! errors  files, records or entries that cannot be read

use super::chain::{Chain, Kept};
use super::eval::Eval;
use super::{kept, run};
use crate::cli::Failure;
use domain::entry::Noun;
use domain::evidence::segments;
use domain::incident;
use domain::map::{Decided, Override, Row, Seen, Shown, Told, map as draw};
use domain::name::Attribute;
use domain::reference_set::ReferenceSet;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub fn map(eval: &Eval, today: Date) -> Result<Vec<Row>, Failure> {
    let there = kept::paths(eval)?.iter().any(|path| eval.folder.join(path).exists());
    let set = if there { run::reference_set(eval, &mut kept::Quiet)?.0 } else { ReferenceSet::default() };
    let records = Chain::at(&eval.state()).list()?;
    let of_contract = |kept: &&Kept| kept.contract() == eval.contract.name.as_str();
    let last = records.iter().rev().filter(of_contract).find(|kept| kept.content.get("findings").is_some());
    let incidents = incident::told(&kept::entries(eval, Noun::Incident)?);
    let seen = Seen {
        by_task: by_task(&set),
        by_segment: by_segment(eval, &set),
        decision: last.map(decided),
        overrides: records.iter().filter(of_contract).filter_map(|kept| overridden(kept, today)).collect(),
        incidents: incidents.values().map(|incident| told(eval, incident, today)).collect(),
    };
    Ok(draw(&eval.contract, &seen))
}

fn by_task(set: &ReferenceSet) -> BTreeMap<String, u64> {
    let task = Attribute::new("task");
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for task in set.active().filter_map(|(example, _)| set.value(&task, example)) {
        *counts.entry(task.to_owned()).or_default() += 1;
    }
    counts
}

/// Clusters by segment, with the fewest that it is decided with.
fn by_segment(eval: &Eval, set: &ReferenceSet) -> BTreeMap<String, (u64, u64)> {
    let count = |segment: &domain::segment::Segment| {
        let inside = set.active().filter(|(example, _)| set.lies_in(&segment.conditions, *example));
        let clusters: BTreeSet<_> = inside.map(|(_, row)| row.cluster.clone()).collect();
        (segment.name.as_str().to_owned(), (clusters.len() as u64, u64::from(segment.minimum.0)))
    };
    if set.active().next().is_none() {
        BTreeMap::new()
    } else {
        segments(&eval.contract, set).iter().map(count).collect()
    }
}

fn decided(kept: &Kept) -> Decided {
    let content = &kept.content;
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let list = |key: &str| content[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = |finding: &Value| Shown {
        gate: text(&finding["gate"]),
        criterion: finding["criterion"].as_str().map(str::to_owned),
        segment: text(&finding["segment"]),
        state: text(&finding["state"]),
    };
    let of_candidate = list("findings").iter().filter(|finding| finding["arm"] == "candidate");
    Decided {
        record: kept.id().to_owned(),
        decision: text(&content["decision"]),
        rule: text(&content["deciding_rule"]),
        on: kept.envelope["time"].as_str().and_then(|time| time.get(..10)).unwrap_or("").to_owned(),
        findings: of_candidate.map(shown).collect(),
        follow_ups: list("follow_ups")
            .iter()
            .map(|next| (text(&next["what"]), next["owner"].as_str().map(str::to_owned)))
            .collect(),
    }
}

fn overridden(kept: &Kept, today: Date) -> Option<Override> {
    let text = |key: &str| kept.content[key].as_str().unwrap_or("").to_owned();
    let of = kept.content["override_of"].as_str()?.to_owned();
    let expired = text("expires").parse::<Date>().is_ok_and(|last| last < today);
    Some(Override {
        record: kept.id().to_owned(),
        of,
        by: text("by"),
        reason: text("reason"),
        expires: text("expires"),
        expired,
    })
}

fn told(eval: &Eval, incident: &incident::Incident, today: Date) -> Told {
    let due = eval.contract.cover_incidents_within.and_then(|days| incident.due(days));
    let due = due.and_then(|at| at.get(..10)?.parse::<Date>().ok());
    let open = incident.standing() == incident::Standing::Open;
    Told {
        id: incident.id.clone(),
        class: incident.class.as_str().to_owned(),
        owner: incident.owner.as_str().to_owned(),
        standing: incident.standing().as_str().to_owned(),
        cost: incident.cost.map(|cost| cost.get()),
        examples: incident.examples.clone(),
        was_due: due.filter(|day| open && *day < today).map(|day| day.to_string()),
    }
}

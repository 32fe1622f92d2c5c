//! `agenda`: what is due, read from contract, set, records and entries; and what somebody says was done.
//!
//! in      an eval, the day
//! out     the duties of that day, of one owner where one is asked for
//! errors  a duty that is not on the agenda; files, records or entries that cannot be read

use super::chain::{Chain, Kept};
use super::eval::Eval;
use super::outcome::candidate_of;
use super::review::settle::audit_of;
use super::review::version::Current;
use super::reviewed::is_reviewed;
use super::{check, judges, kept, logged, run};
use crate::cli::Failure;
use domain::agenda::{
    Agreed, Duty, Expiring, OpenIncident, Proposals, Queued, Seen, Staged, Waiting, agenda as due, started, told,
};
use domain::check::Severity;
use domain::entry::{Draft, Entry, Noun};
use domain::example::Status;
use domain::example::history::{Standing, told as examples_told};
use domain::fault::closest;
use domain::gate::{Gate, Margin, Rule};
use domain::incident;
use domain::qualification::is_judged;
use domain::reference_set::{ReferenceSet, Row, RowState};
use domain::review::{Item, ItemKey, Purpose, Queue, Reading, Says, queues};
use domain::system::Arm;
use jiff::civil::Date;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The duties of a day; of one role, or whoever fills it, where asked.
pub fn agenda(eval: &Eval, today: Date, owner: Option<&str>) -> Result<Vec<Duty>, Failure> {
    let entries = kept::entries(eval, Noun::Duty)?;
    let mut duties = due(&eval.contract, &seen(eval, &entries, today)?, &told(&entries), today);
    if let Some(owner) = owner {
        if eval.contract.owner(owner).is_none() {
            let roles: Vec<&str> = eval.contract.owners.iter().map(|owner| owner.role.as_str()).collect();
            return Err(Failure::yours(
                format!("the contract has no owner `{owner}`"),
                format!("its roles are: {}", roles.join(", ")),
            ));
        }
        duties.retain(|duty| duty.role == owner || duty.who == owner);
    }
    Ok(duties)
}

/// Says that a duty was done.
pub fn done(eval: &Eval, today: Date, name: &str, author: &str, why: Option<&str>) -> Result<(), Failure> {
    let duties = agenda(eval, today, None)?;
    if !duties.iter().any(|duty| duty.name == name) {
        let near = closest(name, duties.iter().map(|duty| duty.name.as_str()));
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        return Err(Failure::yours(
            format!("`{name}` is not due on {today}"),
            format!("{near}`plimsoll agenda` names what is"),
        ));
    }
    say(eval, name, "done", json!({"on": today.to_string()}), author, why)
}

/// Begins the first ninety days.
pub fn start(eval: &Eval, on: Date, author: &str) -> Result<(), Failure> {
    say(eval, "ninety-days", "started", json!({"on": on.to_string()}), author, None)
}

fn say(
    eval: &Eval,
    name: &str,
    what: &str,
    body: serde_json::Value,
    author: &str,
    why: Option<&str>,
) -> Result<(), Failure> {
    let draft = Draft {
        noun: Noun::Duty,
        subject: name.to_owned(),
        after: None,
        what: what.to_owned(),
        at: kept::now(),
        author: author.to_owned(),
        why: why.map(str::to_owned),
        body,
    };
    kept::open(eval)?.append(&[draft]).map_err(kept::failed)?;
    Ok(())
}

fn seen(eval: &Eval, duties: &[Entry], today: Date) -> Result<Seen, Failure> {
    let state = eval.state();
    let records = Chain::at(&state).list()?;
    let there = kept::paths(eval)?.iter().any(|path| eval.folder.join(path).exists());
    let set = if there { run::reference_set(eval, &mut kept::Quiet)?.0 } else { ReferenceSet::default() };
    let candidate = eval.contract.system(Arm::Candidate).map_or(String::new(), |system| system.describe.clone());
    let decisions: Vec<&Kept> = records
        .iter()
        .filter(|kept| kept.contract() == eval.contract.name.as_str())
        .filter(|kept| kept.content.get("findings").is_some())
        .collect();
    let of_candidate = decisions.iter().rev().find(|kept| candidate_of(kept) == candidate);
    let Waits { queues, disputes, agreed } = waiting(eval, today)?;
    let day_of = |kept: &&Kept| day(kept.envelope["time"].as_str()?);
    let is_shipped = |kept: &&&Kept| list(kept, "routes").iter().any(|route| route["system"] == "candidate");
    let started = started(duties);
    let last = decisions.last().and_then(|kept| kept.envelope["time"].as_str());
    let checked = check::check(eval)?.findings;
    let errors = checked.iter().filter(|finding| finding.severity == Severity::Error).count() as u64;
    let mut review_by: BTreeMap<Date, u64> = BTreeMap::new();
    for (example, _) in set.active() {
        if let Some(day) = set.facts(example).and_then(|facts| facts.review_by) {
            *review_by.entry(day).or_default() += 1;
        }
    }
    Ok(Seen {
        eval: eval.named.clone(),
        queues,
        disputes,
        agreed,
        proposals: proposals(eval, &set)?,
        oldest_traffic: logged::days(&state)?.first().map(|(day, _)| *day),
        incidents: incidents(eval, &set)?,
        since: started.or_else(|| decisions.first().and_then(day_of)),
        decided: of_candidate.and_then(|kept| day(kept.envelope["time"].as_str()?)),
        candidate,
        errors,
        looks_spent: decisions
            .last()
            .is_some_and(|kept| list(kept, "findings").iter().any(|finding| finding["code"] == "LOOKS_SPENT")),
        stages: decisions.last().map(|kept| stages(eval, kept)).unwrap_or_default(),
        calibrations: calibrations(eval)?,
        overrides: records.iter().filter_map(|kept| expiring(kept, today, last)).collect(),
        review_by: review_by.into_iter().collect(),
        active: set.active().count() as u64,
        shipped: decisions.iter().find(is_shipped).and_then(day_of),
        last_decided: decisions.last().and_then(day_of),
        rubrics: eval.contract.criteria.iter().any(|criterion| is_judged(criterion) || is_reviewed(criterion)),
        started,
    })
}

fn list<'k>(kept: &'k Kept, key: &str) -> &'k [serde_json::Value] {
    kept.content[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The day of an instant or a date.
fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// What waits for people who label.
#[derive(Default)]
struct Waits {
    /// Queues with a free seat.
    queues: Vec<Queued>,
    disputes: Option<Waiting>,
    agreed: Vec<Agreed>,
}

fn waiting(eval: &Eval, today: Date) -> Result<Waits, Failure> {
    let Some(catalog) = kept::open_if_there(eval)? else { return Ok(Waits::default()) };
    let entries = catalog.of(Noun::Queue).map_err(kept::failed)?;
    let all = queues(&entries);
    let mut waits = Waits::default();
    for (name, queue) in &all {
        let seats = catalog.seats(name).map_err(kept::failed)?;
        let open: BTreeSet<&str> = seats.iter().filter(|seat| !seat.done).map(|seat| seat.item.as_str()).collect();
        let lays_open = |entry: &&Entry| {
            let items = entry.body["items"].as_array().into_iter().flatten();
            items.filter_map(|item| item["item"].as_str()).any(|item| open.contains(item))
        };
        if !open.is_empty() {
            let since = filled(&entries, name).find(lays_open).and_then(|entry| day(&entry.at)).unwrap_or(today);
            let (name, items, purpose) = (name.clone(), open.len() as u64, queue.purpose);
            waits.queues.push(Queued { name, purpose, items, since });
        }
    }
    let items = Current::of(eval, &all)?.items(&catalog.of(Noun::Item).map_err(kept::failed)?);
    let disputed = items.values().filter(|item| item.reading() == Reading::Disputed && item.set_aside.is_none());
    let since: Vec<Date> = disputed.map(|item| item.disputed_since().and_then(day).unwrap_or(today)).collect();
    waits.disputes = since.iter().min().map(|oldest| Waiting { count: since.len() as u64, since: *oldest });
    for (name, queue) in all.iter().filter(|(_, queue)| matches!(queue.purpose, Purpose::Label | Purpose::Calibrate)) {
        let audit = audit_of(name);
        let drawn_last = filled(&entries, &audit).last();
        let drawn = all.get(&audit).map(|audit| &audit.items);
        let is_new = |key: &ItemKey| drawn.is_none_or(|drawn| !drawn.contains_key(key));
        waits.agreed.push(Agreed {
            queue: name.clone(),
            since: filled(&entries, name).next().and_then(|entry| day(&entry.at)),
            audited: drawn_last.and_then(|entry| day(&entry.at)),
            ..agreed(queue, &items, is_new)
        });
    }
    Ok(waits)
}

/// The entries that laid items in a queue.
fn filled<'e>(entries: &'e [Entry], queue: &'e str) -> impl Iterator<Item = &'e Entry> {
    entries.iter().filter(move |entry| entry.subject == queue && entry.what == "filled")
}

/// What people agreed on in a queue, of the answers that lie in it and were not drawn yet.
fn agreed(queue: &Queue, items: &BTreeMap<ItemKey, Item>, is_new: impl Fn(&ItemKey) -> bool) -> Agreed {
    let mut found = Agreed { queue: String::new(), items: 0, since: None, audited: None, labellers: BTreeSet::new() };
    for (key, laid) in &queue.items {
        let Some(item) = items.get(key).map(|item| item.of_answer(&laid.answer)) else { continue };
        found.labellers.extend(item.labels.iter().map(|label| label.by.clone()));
        let is_agreed = matches!(item.reading(), Reading::Agreed(Says::Pass | Says::Fail));
        found.items += u64::from(is_agreed && item.labels.len() as u32 >= queue.overlap && is_new(key));
    }
    found
}

/// What waits in the catalog, and what stands as a proposal in a file.
fn proposals(eval: &Eval, set: &ReferenceSet) -> Result<Proposals, Failure> {
    let told = examples_told(&kept::entries(eval, Noun::Example)?);
    let proposed = told.values().filter(|told| told.line.is_some() && told.standing == Standing::Is(Status::Proposed));
    let days: Vec<Date> = proposed.filter_map(|told| day(&told.since)).collect();
    let in_catalog = |row: &&Row| told.get(row.id.as_str()).is_some_and(|told| told.line.is_some());
    let in_files = set.rows.iter().filter(|row| row.state == RowState::Proposed && !in_catalog(row)).count() as u64;
    Ok(Proposals { count: days.len() as u64 + in_files, in_files, since: days.into_iter().min() })
}

fn incidents(eval: &Eval, set: &ReferenceSet) -> Result<Vec<OpenIncident>, Failure> {
    let told = incident::told(&kept::entries(eval, Noun::Incident)?);
    let open = |incident: &incident::Incident| {
        let rows = || set.rows.iter().filter(|row| incident.examples.iter().any(|id| row.id.as_str() == id));
        let proposed = rows().filter(|row| row.state == RowState::Proposed);
        let target = eval.contract.cover_incidents_within.and_then(|days| incident.due(days));
        Some(OpenIncident {
            id: incident.id.clone(),
            owner: incident.owner.as_str().to_owned(),
            opened: day(&incident.opened.at)?,
            covered: incident.covered.as_ref().and_then(|covered| day(&covered.said.at)),
            has_active: rows().any(|row| row.state == RowState::Active),
            proposed: proposed.map(|row| row.id.to_string()).collect(),
            cover_by: target.as_deref().and_then(day),
        })
    };
    Ok(told.values().filter(|incident| incident.closed.is_none()).filter_map(open).collect())
}

/// Cells of the last decision that the candidate answers in part, each with who watches.
fn stages(eval: &Eval, kept: &Kept) -> Vec<Staged> {
    let part = |route: &&serde_json::Value| {
        route["system"] == "candidate"
            && route["share"].as_str().and_then(|share| share.parse::<f64>().ok()).is_some_and(|share| share < 1.0)
    };
    let gates = &eval.contract.gates;
    let owner = gates.iter().find_map(|gate| gate.not_shown.as_ref()).map_or("release", |stage| stage.owner.as_str());
    let has_margin = |gate: &&Gate| matches!(gate.rule, Rule::NotWorse { by: Margin::Absolute(_), .. });
    let staged = gates.iter().filter(|gate| gate.not_shown.is_some()).find(has_margin);
    let gate = staged.or_else(|| gates.iter().find(has_margin)).map(|gate| gate.name.to_string());
    let values = |route: &serde_json::Value| {
        let values = route["values"].as_object().into_iter().flatten();
        values.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    };
    let stage = |route: &serde_json::Value| Staged {
        cell: route["when"].as_str().unwrap_or("").to_owned(),
        values: values(route),
        gate: gate.clone(),
        owner: owner.to_owned(),
    };
    list(kept, "routes").iter().filter(part).map(stage).collect()
}

fn calibrations(eval: &Eval) -> Result<Vec<Expiring>, Failure> {
    let judged = judges::judged(eval)?;
    let expiring = |judged: &domain::qualification::Judged| {
        let on = day(&judged.calibration.as_ref()?.expires_on)?;
        Some(Expiring { name: judged.criterion.as_str().to_owned(), on })
    };
    Ok(judged.iter().filter_map(expiring).collect())
}

/// An override; one that ended two weeks ago is gone once something was decided after it.
fn expiring(kept: &Kept, today: Date, last_decided: Option<&str>) -> Option<Expiring> {
    const GONE: i64 = 14;
    kept.content["override_of"].as_str()?;
    let on = day(kept.content["expires"].as_str()?)?;
    let old = today.checked_sub(jiff::Span::new().days(GONE)).is_ok_and(|before| on < before);
    let decided_since = last_decided.zip(kept.envelope["time"].as_str()).is_some_and(|(last, then)| last > then);
    (!old || !decided_since).then(|| Expiring { name: kept.id().get(..13).unwrap_or(kept.id()).to_owned(), on })
}

//! `review disputes`, `settle`, `audit` and `labels`: what people are split on, who settles it, and how often agreement was wrong.

use super::assign::{Assigned, Chosen, Orders, assign};
use super::desk::{Desk, Sitting, draft};
use super::say::may_settle;
use super::version::Current;
use crate::app::eval::Eval;
use crate::app::kept::{self, By, Saying};
use crate::app::rubrics;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::entry::Noun;
use domain::example::Status;
use domain::fault::closest;
use domain::name::CriterionName;
use domain::review::agreement::Right;
use domain::review::{Item, ItemKey, Purpose, Reading, Says, queues};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Items that wait for somebody: disputes that nobody settled, and examples that were reported.
pub struct Waiting {
    pub disputes: Vec<(ItemKey, Item)>,
    pub reported: Vec<(ItemKey, Item)>,
}

pub fn disputes(eval: &Eval, criterion: Option<&str>) -> Result<Waiting, Failure> {
    let current = Current::of(eval, &queues(&kept::entries(eval, Noun::Queue)?))?;
    let said = current.items(&kept::entries(eval, Noun::Item)?);
    let about = |key: &ItemKey| criterion.is_none_or(|name| key.criterion.as_str() == name);
    let open: Vec<(ItemKey, Item)> =
        said.into_iter().filter(|(key, item)| about(key) && item.set_aside.is_none()).collect();
    let disputes = open.iter().filter(|(_, item)| item.reading() == Reading::Disputed).cloned().collect();
    let reported = open.into_iter().filter(|(_, item)| !item.reports.is_empty()).collect();
    Ok(Waiting { disputes, reported })
}

/// How a dispute ends.
#[derive(Clone, Copy)]
pub enum End {
    Says(Says),
    /// The example leaves the set until it is mended.
    Quarantine,
}

pub fn settle(eval: &Eval, item: &str, end: End, why: &str, sitting: Sitting) -> Result<ItemKey, Failure> {
    let catalog = kept::open_if_there(eval)?;
    let said = match &catalog {
        Some(catalog) => {
            let queues = queues(&catalog.of(Noun::Queue).map_err(kept::failed)?);
            Current::of(eval, &queues)?.items(&catalog.of(Noun::Item).map_err(kept::failed)?)
        }
        None => BTreeMap::new(),
    };
    let known = ItemKey::parse(item).and_then(|key| said.get(&key).map(|item| (key, item)));
    let (Some((key, about)), Some(catalog)) = (known, catalog) else {
        let names: Vec<String> = said.keys().map(ItemKey::to_string).collect();
        let help = match closest(item, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`plimsoll review disputes` lists what waits to be settled".to_owned(),
        };
        return Err(Failure::yours(format!("nobody has said anything of an item `{item}`"), help));
    };
    may_settle(about, sitting.by)?;
    let quarantines = matches!(end, End::Quarantine);
    if about.reading() != Reading::Disputed && !quarantines {
        return Err(Failure::yours(
            format!("`{item}` is not in dispute"),
            "whoever doubts a label says so first, with the reason: `plimsoll review label QUEUE ITEM dispute --why REASON --by NAME`",
        ));
    }
    let body = match end {
        End::Says(says) => json!({"says": says.as_str()}),
        End::Quarantine => json!({"set_aside": true}),
    };
    let mut said = draft(&key, "settled", sitting, Some(why), body);
    said.after = Some(about.entries);
    let mut sayings = vec![Saying { draft: said, change: None }];
    if quarantines {
        let status = Status::Quarantined { reason: why.to_owned() };
        let by = By { author: sitting.by, why: Some(why) };
        sayings.push(kept::standing(&catalog, &kept::in_files(eval)?, key.example.as_str(), &status, by)?);
    }
    kept::say(eval, &catalog, &sayings)?;
    Ok(key)
}

/// The name of the queue in which a queue's agreed items are audited.
pub fn audit_of(queue: &str) -> String {
    format!("{queue}-audit")
}

/// Draws agreed items of a queue for somebody outside the team.
pub fn audit(eval: &Eval, queue: &str, take: usize, seed: u64, sitting: Sitting) -> Result<Assigned, Failure> {
    let desk = Desk::open(eval, queue)?;
    let said = desk.items()?;
    let labelled = |key: &&ItemKey| said.get(key).is_some_and(|item| item.is_labelled_by(sitting.by));
    if desk.queue.items.keys().any(|key| labelled(&key)) {
        return Err(Failure::yours(
            format!("`{}` labelled answers of the queue `{queue}`", sitting.by),
            "an audit is by somebody who labelled none of them",
        ));
    }
    let rubric = desk.queue.rubric.0.clone();
    assign(
        eval,
        &Orders {
            queue: &audit_of(queue),
            purpose: Purpose::Audit,
            criterion: desk.queue.criterion.as_str(),
            run: None,
            system: None,
            chosen: Chosen::Take(take),
            overlap: 1,
            seed,
            gold: None,
            gold_rate: 0.0,
            hold_s: desk.queue.hold_s,
            rubric: Some(&rubric),
            by: sitting.by,
            within: Some(&desk.queue),
        },
    )
}

/// What an audit found so far.
pub struct Audited {
    pub queue: String,
    pub items: usize,
    /// Agreed labels that the audit confirms.
    pub confirmed: Right,
    /// Items of which the audit says otherwise, with what people said and what the audit says.
    pub otherwise: Vec<(ItemKey, Says, Says)>,
}

pub fn audited(eval: &Eval, queue: &str) -> Result<Audited, Failure> {
    let desk = Desk::open(eval, &audit_of(queue))?;
    let said = desk.items()?;
    let (mut confirmed, mut otherwise) = (Right::default(), Vec::new());
    for (key, laid) in &desk.queue.items {
        let Some(item) = said.get(key).map(|item| item.of_answer(&laid.answer)) else { continue };
        let Some(people) = item.agreed() else { continue };
        for audit in item.audits.iter().filter(|audit| audit.says != Says::CannotTell) {
            confirmed.of += 1;
            match audit.says == people {
                true => confirmed.right += 1,
                false => otherwise.push((key.clone(), people, audit.says)),
            }
        }
    }
    Ok(Audited { queue: queue.to_owned(), items: desk.queue.items.len(), confirmed, otherwise })
}

/// Labels that were given under another version of a rubric, and count still.
pub struct Touched {
    pub rubric: String,
    /// What it is now, for each criterion that it is read for.
    pub digests: BTreeMap<CriterionName, String>,
    /// Per version that they were given under: of which items, and by whom.
    pub versions: BTreeMap<String, BTreeMap<ItemKey, Vec<String>>>,
    /// Labels of its criteria that do not say under which.
    pub unknown: usize,
}

pub fn touched(eval: &Eval, path: &Utf8Path) -> Result<Touched, Failure> {
    let queues = queues(&kept::entries(eval, Noun::Queue)?);
    let of_queues = queues.values().filter(|queue| queue.rubric.0 == path).map(|queue| queue.criterion.clone());
    let graded = eval.contract.criteria.iter().filter(|criterion| criterion.grader.rubric() == Some(path));
    let graded = graded.map(|criterion| criterion.name.clone());
    let criteria: BTreeSet<CriterionName> = of_queues.chain(graded).collect();
    if criteria.is_empty() {
        return Err(Failure::yours(
            format!("no criterion and no queue is held against `{path}`"),
            "name the rubric as the contract or the queue does, from the eval's folder",
        ));
    }
    let digest = |name: CriterionName| -> Result<(CriterionName, String), Failure> {
        let digest = rubrics::named(eval, path, &name)?.digest.to_string();
        Ok((name, digest))
    };
    let digests = criteria.into_iter().map(digest).collect::<Result<BTreeMap<_, _>, Failure>>()?;
    let (mut versions, mut unknown) = (BTreeMap::<String, BTreeMap<ItemKey, Vec<String>>>::new(), 0);
    // What gave way to labels under the version of now is labelled again already.
    for (key, item) in Current::of(eval, &queues)?.items(&kept::entries(eval, Noun::Item)?) {
        let Some(digest) = digests.get(&key.criterion) else { continue };
        for label in &item.labels {
            match &label.rubric {
                Some(version) if version == digest => {}
                Some(version) => {
                    let of_version = versions.entry(version.clone()).or_default();
                    of_version.entry(key.clone()).or_default().push(label.by.clone());
                }
                None => unknown += 1,
            }
        }
    }
    Ok(Touched { rubric: path.to_string(), digests, versions, unknown })
}

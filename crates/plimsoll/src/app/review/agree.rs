//! `review agree`: how far people say the same, by criterion, and what to do where they do not.
//!
//! in      the labels of a queue, of all items, or of a file
//! out     for each criterion the agreement, who errs on gold, and the items that ask for a repair where disagreement is above what is accepted
//! errors  no labels; a criterion or queue that is not known

use super::desk::Desk;
use super::file;
use super::version::Current;
use crate::app::eval::Eval;
use crate::app::kept;
use crate::app::run::reference_set;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::contract::Contract;
use domain::entry::Noun;
use domain::gate::{Measure, Rule};
use domain::name::Attribute;
use domain::review::agreement::{Agreement, Doubt, Rating, Repair, agreement, repairs};
use domain::review::{GivenLabel, Item, ItemKey, Says, items, queues};
use std::collections::{BTreeMap, BTreeSet};

/// The attribute that a part of the work is told by.
const PART: &str = "task";

pub struct OfCriterion {
    pub criterion: String,
    pub agreement: Agreement,
    /// Of the answers with two ratings or more, those on which not all are the same, as a gate on disagreement counts them; `None` where no
    /// answer has two.
    pub disagreement: Option<f64>,
    /// Disagreement is above what is accepted.
    pub above: bool,
    pub repairs: Vec<Wanted>,
}

/// Something to do, and the items that show it.
pub struct Wanted {
    pub repair: Repair,
    /// The part of the work that it is about.
    pub part: Option<String>,
    pub items: Vec<ItemKey>,
}

/// One label, with what is known of its item.
struct Known {
    item: ItemKey,
    by: String,
    says: Says,
    rubric: Option<String>,
    gold: Option<Says>,
    reported: bool,
    part: Option<String>,
}

/// Of a file of labels, without any eval.
pub fn of_file(path: &Utf8Path, criterion: Option<&str>, at_most: Option<f64>) -> Result<Vec<OfCriterion>, Failure> {
    let labels = file::read(path)?.into_iter().map(|placed| placed.label);
    let known = labels.map(|label| Known {
        item: ItemKey {
            example: label.example,
            system: label.system,
            repeat: label.repeat,
            criterion: label.criterion,
        },
        by: label.by,
        says: label.says,
        rubric: label.rubric_digest,
        gold: None,
        reported: false,
        part: None,
    });
    measured(known.collect(), criterion, &|_| at_most, &format!("`{path}`"))
}

/// Of the labels that were given in a queue, or of all. Where it is not said how much disagreement is accepted, the contract's gate on it says so.
pub fn of_queue(
    eval: &Eval,
    queue: Option<&str>,
    criterion: Option<&str>,
    at_most: Option<f64>,
) -> Result<Vec<OfCriterion>, Failure> {
    let only = queue.map(|name| Desk::open(eval, name)).transpose()?;
    let entries = |noun| kept::entries(eval, noun);
    let queues = queues(&entries(Noun::Queue)?);
    // A queue is looked at as it was labelled; of all labels, those that hold now.
    let said: BTreeMap<ItemKey, Item> = match &only {
        Some(_) => items(&entries(Noun::Item)?),
        None => Current::of(eval, &queues)?.items(&entries(Noun::Item)?),
    };
    let mut gold: BTreeMap<ItemKey, Says> = BTreeMap::new();
    for (name, of) in queues {
        if queue.is_none_or(|queue| queue == name) {
            gold.extend(of.gold);
        }
    }
    let (set, _) = reference_set(eval, &mut kept::Quiet)?;
    let task = Attribute::new(PART);
    let part: BTreeMap<&str, &str> =
        set.active().filter_map(|(at, row)| Some((row.id.as_str(), set.value(&task, at)?))).collect();
    let mut known = Vec::new();
    for (key, item) in &said {
        let answer = only.as_ref().map(|desk| desk.queue.items.get(key).map(|laid| laid.answer.as_str()));
        let item = match answer {
            Some(None) => continue,
            Some(Some(answer)) => item.of_answer(answer),
            None => item.clone(),
        };
        let given_here = |label: &GivenLabel| queue.is_none_or(|queue| label.queue.as_deref() == Some(queue));
        for label in item.labels.into_iter().filter(given_here) {
            known.push(Known {
                item: key.clone(),
                by: label.by,
                says: label.says,
                rubric: label.rubric,
                gold: gold.get(key).copied(),
                reported: !item.reports.is_empty(),
                part: part.get(key.example.as_str()).map(|part| (*part).to_owned()),
            });
        }
    }
    measured(
        known,
        criterion,
        &|criterion| at_most.or_else(|| gated(&eval.contract, criterion)),
        queue.map_or("the catalog".to_owned(), |name| format!("the queue `{name}`")).as_str(),
    )
}

/// The disagreement on a criterion that its gate accepts.
fn gated(contract: &Contract, criterion: &str) -> Option<f64> {
    contract.gates.iter().find_map(|gate| match (&gate.measure, &gate.rule) {
        (Measure::Disagreement(name), Rule::AtMost(most)) if name.as_str() == criterion => Some(*most),
        _ => None,
    })
}

fn measured(
    known: Vec<Known>,
    criterion: Option<&str>,
    accepted: &dyn Fn(&str) -> Option<f64>,
    source: &str,
) -> Result<Vec<OfCriterion>, Failure> {
    let criteria: BTreeSet<String> = known.iter().map(|label| label.item.criterion.to_string()).collect();
    let wanted = |name: &&String| criterion.is_none_or(|criterion| criterion == name.as_str());
    let found: Vec<OfCriterion> = criteria.iter().filter(wanted).map(|name| of(name, &known, accepted(name))).collect();
    if found.is_empty() {
        let about = criterion.map_or(String::new(), |criterion| format!(" on `{criterion}`"));
        return Err(Failure::yours(
            format!("{source} has no labels{about}"),
            "label answers first: `plimsoll review next QUEUE --by NAME`, or bring labels in with `plimsoll review import`",
        ));
    }
    Ok(found)
}

fn of(criterion: &str, known: &[Known], at_most: Option<f64>) -> OfCriterion {
    let mine: Vec<&Known> = known.iter().filter(|label| label.item.criterion.as_str() == criterion).collect();
    let rating = |label: &&'_ Known| -> usize { usize::from(label.says != Says::CannotTell) };
    let ratings: Vec<Rating> = mine
        .iter()
        .map(|label| Rating {
            item: &label.item,
            by: &label.by,
            says: label.says,
            rubric: label.rubric.as_deref(),
            gold: label.gold,
        })
        .collect();
    let agreement = agreement(&ratings);
    let disagreement = agreement.found.as_ref().ok().map(|found| agreement.split.len() as f64 / found.items as f64);
    let above = at_most.zip(disagreement).is_some_and(|(most, found)| found > most);
    let mut rated: BTreeMap<&ItemKey, (usize, &Known)> = BTreeMap::new();
    for label in &mine {
        rated.entry(&label.item).or_insert((0, label)).0 += rating(label);
    }
    let split: BTreeSet<&ItemKey> = agreement.split.iter().collect();
    let doubts: Vec<Doubt> = rated
        .iter()
        .filter(|(_, (count, _))| *count > 1)
        .map(|(key, (_, label))| Doubt {
            key,
            split: split.contains(key),
            reported: label.reported,
            part: label.part.as_deref(),
        })
        .collect();
    let wanted = match above {
        true => repairs(&doubts),
        false => BTreeMap::new(),
    };
    let wanted = wanted.into_iter().map(|((repair, part), items)| Wanted {
        repair,
        part: part.map(str::to_owned),
        items: items.into_iter().cloned().collect(),
    });
    let repairs = wanted.collect();
    OfCriterion { criterion: criterion.to_owned(), disagreement, above, repairs, agreement }
}

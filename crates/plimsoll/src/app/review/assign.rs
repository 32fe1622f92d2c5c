//! `review assign`: fills a queue with answers of a sealed run.
//!
//! in      an eval, a queue's name and purpose, a criterion with its rubric, how many answers, how many labels each, labels known to be right
//! out     the queue, with what was added
//! errors  a run without answers; a rubric that cannot be read; gold that is no answer of the run; a queue that was opened otherwise
//! rule    answers are drawn by the seed: for a calibration half of them where the judge fails, within each verdict at random. Gold lies
//!         among them at its rate, with as many seats as any other

mod pool;

use super::desk::{Sitting, now};
use super::version::Current;
use crate::app::eval::Eval;
use crate::app::sealed::stored;
use crate::app::{kept, rubrics};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::entry::{Draft, Noun};
use domain::fault::closest;
use domain::qualification::Sample;
use domain::review::{ItemKey, Laid, Purpose, Queue, Says, drawn, gold_among, queues};
use domain::rubric::{Kind, Rubric};
use domain::share::plural;
use domain::system::Arm;
use pool::Pool;
use std::collections::{BTreeMap, BTreeSet};

const LONGEST: u64 = 64 << 20;

/// Which answers.
#[derive(Clone, Copy)]
pub enum Chosen<'a> {
    Take(usize),
    All,
    /// Of the examples whose ids stand in this file, one a line.
    Of(&'a Utf8Path),
}

pub struct Orders<'a> {
    pub queue: &'a str,
    pub purpose: Purpose,
    pub criterion: &'a str,
    pub run: Option<&'a str>,
    pub system: Option<Arm>,
    pub chosen: Chosen<'a>,
    pub overlap: u32,
    pub seed: u64,
    pub gold: Option<&'a Utf8Path>,
    pub gold_rate: f64,
    pub hold_s: u64,
    pub rubric: Option<&'a Utf8Path>,
    pub by: &'a str,
    /// Only items of this queue; for its audit.
    pub within: Option<&'a Queue>,
}

pub struct Assigned {
    pub queue: String,
    pub purpose: Purpose,
    pub criterion: String,
    /// Items that were added, gold among them, and all that there are now.
    pub added: usize,
    pub gold: usize,
    pub items: usize,
    pub overlap: u32,
    pub notes: Vec<String>,
}

pub fn assign(eval: &Eval, orders: &Orders) -> Result<Assigned, Failure> {
    let criterion = criterion(eval, orders.criterion)?;
    let (rubric_path, rubric) = rubric_for(eval, criterion, orders.rubric)?;
    let catalog = kept::open(eval)?;
    let mut all = queues(&catalog.of(Noun::Queue).map_err(kept::failed)?);
    let current = Current::of(eval, &all)?;
    let known = all.remove(orders.queue);
    let digest = rubric.digest.to_string();
    if let Some(known) = &known {
        same(orders, known, &digest)?;
    }
    let said = current.items(&catalog.of(Noun::Item).map_err(kept::failed)?);
    let run = stored(eval, orders.run)?;
    let pool = Pool::of(eval, &run, criterion)?;
    let there: BTreeSet<&ItemKey> = known.iter().flat_map(|queue| queue.items.keys()).collect();
    let mut notes = Vec::new();
    let gold = orders.gold.map(|path| pool.gold(path, criterion)).transpose()?.unwrap_or_default();
    let free = |key: &ItemKey| {
        !there.contains(key)
            && !gold.contains_key(key)
            && orders.within.is_none_or(|queue| queue.items.contains_key(key))
            && orders.system.is_none_or(|arm| pool.arm_of(key) == Some(arm))
    };
    let picked = pool.pick(orders, &said, free)?;
    let asked = match orders.chosen {
        Chosen::Take(many) => many,
        _ => picked.len(),
    };
    if picked.len() < asked {
        notes.push(format!("{asked} were asked for, and {} are left that fit", picked.len()));
    }
    let wanted = gold_among(picked.len(), if gold.is_empty() { 0.0 } else { orders.gold_rate });
    let fresh = gold.keys().filter(|key| !there.contains(key)).cloned();
    let mixed: Vec<ItemKey> = drawn(orders.seed, fresh).into_iter().take(wanted).collect();
    if mixed.len() < wanted {
        notes.push(format!("{wanted} gold items were wanted at this rate, and there are {}", mixed.len()));
    }
    let mut laid: BTreeMap<ItemKey, Laid> = BTreeMap::new();
    for (key, sample) in picked.into_iter().chain(mixed.iter().map(|key| (key.clone(), Some(Sample::HandPicked)))) {
        let found = pool.laid(&key, sample)?;
        laid.insert(key, found);
    }
    if laid.is_empty() {
        return Err(Failure::yours(
            format!("no answer fits: the queue `{}` got nothing", orders.queue),
            "name another run, criterion or purpose; what lies in the queue already is not added again",
        ));
    }
    let opening = (criterion, rubric_path.as_path(), digest.as_str());
    let drafts = entries(orders, known.as_ref(), opening, &laid, mixed.iter().map(|key| (key, gold[key])))?;
    let names: Vec<String> = laid.keys().map(ItemKey::to_string).collect();
    catalog.lay(orders.queue, &names, orders.overlap, &drafts).map_err(kept::failed)?;
    Ok(Assigned {
        queue: orders.queue.to_owned(),
        purpose: orders.purpose,
        criterion: criterion.name.to_string(),
        added: laid.len(),
        gold: mixed.len(),
        items: there.len() + laid.len(),
        overlap: orders.overlap,
        notes,
    })
}

/// What is said of the queue: that it is opened, where it was not there, and what is laid in it.
fn entries<'k>(
    orders: &Orders,
    known: Option<&Queue>,
    (criterion, rubric, digest): (&Criterion, &Utf8Path, &str),
    laid: &'k BTreeMap<ItemKey, Laid>,
    known_right: impl Iterator<Item = (&'k ItemKey, Says)>,
) -> Result<Vec<Draft>, Failure> {
    let at = now(None)?;
    let sitting = Sitting { by: orders.by, now: &at };
    let mut drafts = Vec::new();
    if known.is_none() {
        let settings = (orders.overlap, orders.seed, orders.hold_s);
        let of = (orders.purpose, &criterion.name);
        let body = Queue::opening(orders.queue, &at, of, (rubric.as_str(), digest), settings);
        drafts.push(about(orders.queue, Some(0), "opened", sitting, body));
    }
    let body = Queue::filling(laid.iter(), known_right);
    drafts.push(about(orders.queue, known.map(|queue| queue.entries), "filled", sitting, body));
    Ok(drafts)
}

fn about(queue: &str, after: Option<u32>, what: &str, sitting: Sitting, body: serde_json::Value) -> Draft {
    Draft {
        noun: Noun::Queue,
        subject: queue.to_owned(),
        after,
        what: what.to_owned(),
        at: sitting.now.to_owned(),
        author: sitting.by.to_owned(),
        why: None,
        body,
    }
}

pub fn criterion<'e>(eval: &'e Eval, name: &str) -> Result<&'e Criterion, Failure> {
    eval.contract.criterion(name).ok_or_else(|| {
        let near = closest(name, eval.contract.criteria.iter().map(|known| known.name.as_str()));
        let help = near.map_or("name a criterion of the contract".to_owned(), |near| format!("did you mean `{near}`?"));
        Failure::yours(format!("the contract has no criterion `{name}`"), help)
    })
}

/// The rubric that was named, or that the criterion names, with its file from the eval's folder.
fn rubric_for(eval: &Eval, criterion: &Criterion, named: Option<&Utf8Path>) -> Result<(Utf8PathBuf, Rubric), Failure> {
    let Some(path) = named.or(criterion.grader.rubric()).map(Utf8Path::to_owned) else {
        return Err(Failure::yours(
            format!("`{}` names no rubric, and a reviewer holds an answer against one", criterion.name),
            "name one with --rubric; docs/formats/rubric.md says how one is written",
        ));
    };
    let rubric = rubrics::named(eval, &path, &criterion.name)?;
    if rubric.kind == Kind::Pairwise {
        return Err(Failure::yours(
            format!("`{path}` compares two answers, and a reviewer is shown one"),
            "label each answer by a rubric of its own",
        ));
    }
    Ok((path, rubric))
}

/// A queue is filled on as it was opened.
fn same(orders: &Orders, known: &Queue, rubric: &str) -> Result<(), Failure> {
    let what = if known.purpose != orders.purpose {
        format!("its purpose is `{}`", known.purpose.as_str())
    } else if known.criterion.as_str() != orders.criterion {
        format!("it is about `{}`", known.criterion)
    } else if known.overlap != orders.overlap {
        format!("its items get {} each", plural(u64::from(known.overlap), "label"))
    } else if known.rubric.1 != rubric {
        "its rubric has changed since".to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::yours(
        format!("there is a queue `{}` already, and {what}", orders.queue),
        "fill it as it was opened, or open another under a new name",
    ))
}

/// Labels that a file knows to be right.
type Gold = BTreeMap<ItemKey, Says>;
/// Items that were chosen, with how.
type Picked = Vec<(ItemKey, Option<Sample>)>;

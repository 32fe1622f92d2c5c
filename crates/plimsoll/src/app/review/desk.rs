//! A queue with the catalog that it lies in: what a reviewer may still say in it.

use super::version::Current;
use crate::app::eval::Eval;
use crate::app::kept;
use crate::cli::Failure;
use catalog::{Catalog, Taking};
use domain::entry::{Draft, Noun};
use domain::fault::closest;
use domain::review::{Item, ItemKey, Laid, Purpose, Queue, Reading, queues};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub struct Desk {
    pub catalog: Catalog,
    pub name: String,
    pub queue: Queue,
    pub current: Current,
}

/// A reviewer at an instant.
#[derive(Clone, Copy)]
pub struct Sitting<'a> {
    pub by: &'a str,
    /// As entries have instants.
    pub now: &'a str,
}

impl Desk {
    pub fn open(eval: &Eval, name: &str) -> Result<Self, Failure> {
        let nothing = |help: String| Failure::yours(format!("there is no queue `{name}`"), help);
        let catalog = kept::open_if_there(eval)?;
        let catalog = catalog.ok_or_else(|| nothing("fill one with `plimsoll review assign`".to_owned()))?;
        let mut known = queues(&catalog.of(Noun::Queue).map_err(kept::failed)?);
        let current = Current::of(eval, &known)?;
        let Some(queue) = known.remove(name) else {
            let near = closest(name, known.keys().map(String::as_str));
            return Err(nothing(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "fill one with `plimsoll review assign`".to_owned(),
            }));
        };
        Ok(Desk { catalog, name: name.to_owned(), queue, current })
    }

    pub fn items(&self) -> Result<BTreeMap<ItemKey, Item>, Failure> {
        Ok(self.current.items(&self.catalog.of(Noun::Item).map_err(kept::failed)?))
    }

    /// The item that a reviewer was shown under this name.
    pub fn find(&self, shown: &str) -> Result<(ItemKey, &Laid), Failure> {
        let found = self.queue.find(shown).and_then(|key| Some((key.clone(), self.queue.items.get(key)?)));
        found.ok_or_else(|| {
            Failure::yours(
                format!("the queue `{}` has no item `{shown}`", self.name),
                format!("`plimsoll review next {} --by NAME` shows one", self.name),
            )
        })
    }

    /// Whoever is of the team does not audit it.
    pub fn may_sit(&self, items: &BTreeMap<ItemKey, Item>, by: &str) -> Result<(), Failure> {
        let labelled = |key: &&ItemKey| items.get(key).is_some_and(|item| item.is_labelled_by(by));
        match self.queue.purpose {
            Purpose::Audit if self.queue.items.keys().any(|key| labelled(&key)) => Err(Failure::yours(
                format!("`{by}` labelled answers of this audit"),
                "an audit is by somebody who labelled none of them",
            )),
            _ => Ok(()),
        }
    }

    /// The items that a reviewer may still say something of, in their own order.
    pub fn open_to(&self, items: &BTreeMap<ItemKey, Item>, by: &str) -> Vec<&ItemKey> {
        let nothing = Item::default();
        let is_open = |key: &&ItemKey| self.is_open(key, items.get(key).unwrap_or(&nothing), by);
        self.queue.order(by).into_iter().filter(is_open).collect()
    }

    /// Whether a reviewer may still say something of an item, of which this was said.
    pub fn is_open(&self, key: &ItemKey, said: &Item, by: &str) -> bool {
        let Some(laid) = self.queue.items.get(key) else { return false };
        let item = said.of_answer(&laid.answer);
        let reported = item.reports.iter().any(|report| report.remark.by == by);
        let left = match self.queue.purpose {
            Purpose::Calibrate | Purpose::Label => !self.has_labelled(&item, by),
            Purpose::Settle => item.reading() == Reading::Disputed && item.may_settle(by),
            Purpose::Audit => !item.audits.iter().any(|audit| audit.by == by),
        };
        left && !reported && item.set_aside.is_none()
    }

    /// Whether a reviewer has said already what this queue asks them: where it was opened under the rubric as it reads now, a label under
    /// an older version is not what it asks.
    pub fn has_labelled(&self, item: &Item, by: &str) -> bool {
        let criterion = &self.queue.criterion;
        if !self.current.has(criterion, &self.queue.rubric.1) {
            return item.is_labelled_by(by);
        }
        let is_older = |version: &String| !self.current.has(criterion, version);
        item.labels.iter().any(|label| label.by == by && !label.rubric.as_ref().is_some_and(is_older))
    }

    /// Names of the items that lack a label still.
    pub fn unfilled(&self) -> Result<BTreeSet<String>, Failure> {
        let seats = self.catalog.seats(&self.name).map_err(kept::failed)?;
        Ok(seats.into_iter().filter(|seat| !seat.done).map(|seat| seat.item).collect())
    }

    /// Until when whoever sits down now holds the item.
    pub fn until(&self, now: &str) -> Result<String, Failure> {
        let at = instant(now)?;
        let span = jiff::SignedDuration::from_secs(self.queue.hold_s as i64);
        Ok(kept::instant(at.checked_add(span).unwrap_or(jiff::Timestamp::MAX)))
    }

    /// Hands over a seat, with the instants that it is held for.
    pub fn seated<T>(
        &self,
        sitting: Sitting,
        what: impl FnOnce(&Catalog, Taking<'_>) -> Result<T, catalog::CatalogError>,
    ) -> Result<T, Failure> {
        let until = self.until(sitting.now)?;
        let taking = Taking { queue: &self.name, reviewer: sitting.by, now: sitting.now, until: &until };
        what(&self.catalog, taking).map_err(kept::failed)
    }
}

fn instant(text: &str) -> Result<jiff::Timestamp, Failure> {
    text.parse().map_err(|_| {
        Failure::yours(format!("`{text}` is no instant"), "write it as 2026-11-01T08:00:00Z, in UTC or with its offset")
    })
}

/// The instant that was given, or this one, as entries have it.
pub fn now(given: Option<&str>) -> Result<String, Failure> {
    given.map_or_else(|| Ok(kept::now()), |given| instant(given).map(kept::instant))
}

/// Something that is said of an item.
pub fn draft(key: &ItemKey, what: &str, sitting: Sitting, why: Option<&str>, body: Value) -> Draft {
    Draft {
        noun: Noun::Item,
        subject: key.to_string(),
        after: None,
        what: what.to_owned(),
        at: sitting.now.to_owned(),
        author: sitting.by.to_owned(),
        why: why.map(str::to_owned),
        body,
    }
}

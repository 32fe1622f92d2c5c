//! Which versions of their rubrics labels are held against now.
//!
//! in      an eval with its rubrics as they read now, its queues
//! out     per criterion those versions; items, of which labels under older ones gave way
//! errors  a rubric that has faults or cannot be read: what holds of its labels is not known then. Where none is there, nothing is known to
//!         be older than it, and `check` says so
//! note    a rubric is read with the criterion that it is for: whose classes it may name is part of what it says

use crate::app::eval::Eval;
use crate::app::rubrics;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::entry::Entry;
use domain::name::CriterionName;
use domain::review::{Item, ItemKey, Queue, items};
use std::collections::{BTreeMap, BTreeSet};

pub struct Current(BTreeMap<CriterionName, BTreeSet<String>>);

impl Current {
    pub fn of(eval: &Eval, queues: &BTreeMap<String, Queue>) -> Result<Self, Failure> {
        let graded = eval.contract.criteria.iter();
        let graded = graded.filter_map(|criterion| Some((&criterion.name, criterion.grader.rubric()?)));
        let labelled = queues.values().map(|queue| (&queue.criterion, queue.rubric.0.as_path()));
        let rubrics: BTreeSet<(&CriterionName, &Utf8Path)> = graded.chain(labelled).collect();
        let mut current: BTreeMap<CriterionName, BTreeSet<String>> = BTreeMap::new();
        for (criterion, path) in rubrics {
            let Some(asked) = eval.contract.criterion(criterion.as_str()) else { continue };
            if !eval.folder.join(path).is_file() {
                continue;
            }
            match rubrics::named(eval, path, criterion) {
                Ok(rubric) => {
                    current.entry(criterion.clone()).or_default().insert(rubric.digest.to_string());
                }
                // What it holds is another program's.
                Err(_) if rubrics::is_judged_elsewhere(eval, asked) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(Current(current))
    }

    pub fn has(&self, criterion: &CriterionName, version: &str) -> bool {
        self.0.get(criterion).is_some_and(|versions| versions.contains(version))
    }

    /// What holds of an item.
    pub fn item(&self, key: &ItemKey, said: Item) -> Item {
        match self.0.get(&key.criterion) {
            Some(versions) => said.under(versions),
            None => said,
        }
    }

    /// What holds of every item that something was said of.
    pub fn items(&self, entries: &[Entry]) -> BTreeMap<ItemKey, Item> {
        let held = |(key, said): (ItemKey, Item)| {
            let item = self.item(&key, said);
            (key, item)
        };
        items(entries).into_iter().map(held).collect()
    }
}

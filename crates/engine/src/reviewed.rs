//! What people said of answers, looked up for the answer at hand.
//!
//! in      items as the catalog's entries have them, of one criterion
//! out     for an answer, what was said of it; labels of another answer of the same system say nothing of this one

use domain::answer::Answer;
use domain::criterion::Criterion;
use domain::name::{CriterionName, ExampleId};
use domain::review::{Item, ItemKey};
use std::collections::BTreeMap;

pub struct Reviewed {
    criterion: CriterionName,
    items: BTreeMap<ItemKey, Item>,
}

impl Reviewed {
    pub fn new(criterion: &Criterion, items: &BTreeMap<ItemKey, Item>) -> Self {
        let own = items.iter().filter(|(key, _)| key.criterion == criterion.name);
        let items = own.map(|(key, item)| (key.clone(), item.clone())).collect();
        Reviewed { criterion: criterion.name.clone(), items }
    }

    /// Whether anybody said anything.
    pub fn is_empty(&self) -> bool {
        self.items.values().all(|item| item.labels.is_empty())
    }

    pub(crate) fn of(&self, system: &str, example: &ExampleId, repeat: u32, answer: &Answer) -> Item {
        let (system, criterion) = (system.to_owned(), self.criterion.clone());
        let key = ItemKey { example: example.clone(), system, repeat, criterion };
        self.items.get(&key).map(|item| item.of_answer(&answer.digest().to_string())).unwrap_or_default()
    }
}

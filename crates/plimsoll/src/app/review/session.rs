//! A reviewer at one queue, for as long as they sit there.
//!
//! in      a queue, who labels, the instant of each step
//! out     one item after the other in the reviewer's own order, and what they say of it
//! note    the queue, the order and what is open are read when somebody sits down; each item is read again when it is shown, so that what
//!         others said meanwhile counts. A verdict costs the same in a queue of a hundred and of a hundred thousand

use super::desk::{Desk, Sitting};
use super::say::{Kept, Next, Word, show, speak};
use crate::app::eval::Eval;
use crate::app::kept;
use crate::app::run::read_failure;
use crate::cli::Failure;
use domain::entry::Noun;
use domain::example::Example;
use domain::name::ExampleId;
use domain::reference_set::Builder;
use domain::review::{Item, ItemKey, items};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Seats that are asked for at once, and examples that are read ahead.
const AHEAD: usize = 256;

pub struct Session<'e> {
    eval: &'e Eval,
    desk: Desk,
    by: &'e str,
    /// What is open to the reviewer, in their own order.
    open: VecDeque<ItemKey>,
    ahead: BTreeMap<ExampleId, Example>,
    /// The item that is shown, with its name.
    shown: Option<(String, ItemKey)>,
}

impl<'e> Session<'e> {
    pub fn begin(eval: &'e Eval, queue: &str, by: &'e str) -> Result<Self, Failure> {
        let desk = Desk::open(eval, queue)?;
        let mut session = Session { eval, desk, by, open: VecDeque::new(), ahead: BTreeMap::new(), shown: None };
        session.look()?;
        Ok(session)
    }

    /// Reads what is open now.
    fn look(&mut self) -> Result<(), Failure> {
        let said = self.desk.items()?;
        self.desk.may_sit(&said, self.by)?;
        let unfilled = self.desk.unfilled()?;
        let open = self.desk.open_to(&said, self.by).into_iter().filter(|key| unfilled.contains(&key.to_string()));
        self.open = open.cloned().collect();
        Ok(())
    }

    /// The next item at which the reviewer has a seat now.
    pub fn next(&mut self, now: &str) -> Result<Next, Failure> {
        if let Some(next) = self.seated(now)? {
            return Ok(next);
        }
        // Seats come free, and queues are filled, while somebody sits.
        let name = self.desk.name.clone();
        self.desk = Desk::open(self.eval, &name)?;
        self.look()?;
        Ok(self.seated(now)?.unwrap_or(Next::Nothing { held: self.open.len() }))
    }

    fn seated(&mut self, now: &str) -> Result<Option<Next>, Failure> {
        let sitting = Sitting { by: self.by, now };
        let mut from = 0;
        while from < self.open.len() {
            let names: Vec<String> = self.open.iter().skip(from).take(AHEAD).map(ItemKey::to_string).collect();
            let Some(name) = self.desk.seated(sitting, |catalog, taking| catalog.take(taking, &names))? else {
                from += AHEAD;
                continue;
            };
            let Some(key) = ItemKey::parse(&name) else { return Ok(None) };
            let is_open = self.desk.is_open(&key, &self.said(&key)?, self.by);
            let shown = if is_open { Some(self.show(&key)) } else { None };
            match shown {
                Some(Ok(shown)) => {
                    self.shown = Some((shown.item.clone(), key));
                    return Ok(Some(Next::Item(Box::new(shown))));
                }
                shown => {
                    // Nobody waits for an item that cannot be shown, or that somebody settled meanwhile.
                    self.desk.catalog.leave(&self.desk.name, &name, self.by).map_err(kept::failed)?;
                    self.close(&key);
                    shown.transpose()?;
                }
            }
        }
        Ok(None)
    }

    /// Takes an item off; it lies near the front.
    fn close(&mut self, key: &ItemKey) {
        if let Some(at) = self.open.iter().position(|open| open == key) {
            self.open.remove(at);
        }
    }

    /// What was said of one item.
    fn said(&self, key: &ItemKey) -> Result<Item, Failure> {
        let entries = self.desk.catalog.about(Noun::Item, &key.to_string()).map_err(kept::failed)?;
        Ok(self.desk.current.item(key, items(&entries).remove(key).unwrap_or_default()))
    }

    fn show(&mut self, key: &ItemKey) -> Result<super::say::Shown, Failure> {
        if !self.ahead.contains_key(&key.example) {
            self.read_ahead(key)?;
        }
        show(self.eval, &self.desk, key, self.ahead.get(&key.example), self.open.len())
    }

    /// Reads the examples of the items that come next, in one pass over the set.
    fn read_ahead(&mut self, key: &ItemKey) -> Result<(), Failure> {
        let next = self.open.iter().take(AHEAD).chain([key]).map(|key| key.example.clone());
        let wanted: BTreeSet<ExampleId> = next.collect();
        self.ahead.clear();
        let ahead = &mut self.ahead;
        engine::read_set(
            &self.eval.folder,
            &kept::paths(self.eval)?,
            Builder::new(self.eval.contract.simulated),
            |example, _| {
                if wanted.contains(&example.id) {
                    ahead.insert(example.id.clone(), example);
                }
            },
        )
        .map_err(read_failure)?;
        Ok(())
    }

    /// Says something of the item that is shown, or takes back what was said of another.
    pub fn say(&mut self, item: &str, word: Word, now: &str) -> Result<Kept, Failure> {
        let key = match &self.shown {
            Some((name, key)) if name == item => key.clone(),
            _ => self.desk.find(item)?.0,
        };
        let said = self.said(&key)?;
        let kept = speak(&self.desk, (item, &key), &said, word, Sitting { by: self.by, now })?;
        let undone = matches!(word, Word::Undoes);
        self.close(&key);
        if undone {
            self.open.push_front(key);
        }
        Ok(kept)
    }

    /// Gives the seat at the item that is shown back.
    pub fn leave(&mut self) -> Result<(), Failure> {
        let Some((_, key)) = self.shown.take() else { return Ok(()) };
        self.desk.catalog.leave(&self.desk.name, &key.to_string(), self.by).map(drop).map_err(kept::failed)
    }
}

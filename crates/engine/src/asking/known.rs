//! What a journal holds of the answers that are wanted.

use super::Wanted;
use super::line::read;
use crate::budget::{Took, Used};
use crate::journal::unsealed;
use crate::jsonl::Lines;
use camino::Utf8Path;
use domain::digest::Digest;
use domain::reference_set::{ExampleIndex, Ids, ReferenceSet};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader};

/// The answers to the very requests that would be made now.
pub struct Known<'a> {
    set: &'a ReferenceSet,
    ids: &'a Ids,
    wanted: &'a Wanted,
    by_request: Option<HashMap<Digest, (ExampleIndex, u16)>>,
    has: HashSet<(ExampleIndex, u16)>,
    used: Used,
    /// What replies took, those of a cache among them.
    took: Took,
    /// Sum and count of what replies say of themselves.
    read: (u64, u64),
    written: (u64, u64),
    spent: (f64, u64),
}

impl<'a> Known<'a> {
    pub fn new(set: &'a ReferenceSet, ids: &'a Ids, wanted: &'a Wanted) -> Self {
        let (used, took, has) = (Used::default(), Took::default(), HashSet::new());
        Known { set, ids, wanted, by_request: None, has, used, took, read: (0, 0), written: (0, 0), spent: (0.0, 0) }
    }

    pub fn has(&self, slot: (ExampleIndex, u16)) -> bool {
        self.has.contains(&slot)
    }

    pub fn count(&self) -> u64 {
        self.has.len() as u64
    }

    /// What the known answers took, replies that were refused on the way among it; cached ones took nothing.
    pub fn used(&self) -> Used {
        self.used
    }

    /// What replies took, by which the next are forecast.
    pub fn took(&self) -> Took {
        self.took
    }

    /// Tokens of a request in the mean, as replies count them.
    pub fn mean_read(&self) -> Option<u64> {
        self.read.0.checked_div(self.read.1)
    }

    /// What an answer cost in the mean.
    pub fn mean_spend(&self) -> Option<f64> {
        (self.spent.1 > 0).then(|| self.spent.0 / self.spent.1 as f64)
    }

    /// Tokens of an answer in the mean.
    pub fn mean_written(&self) -> Option<u64> {
        self.written.0.checked_div(self.written.1)
    }

    /// Whether a line of the journal is of use.
    pub fn see(&mut self, line: &[u8]) -> bool {
        let slot = read(line).and_then(|(recorded, request, refused)| {
            let example = self.ids.find(&self.set.rows, &recorded.example)?;
            let slot = (example, u16::try_from(recorded.repeat).ok()?);
            if self.wanted.get(&slot) != Some(&request) {
                return None;
            }
            let answer = &recorded.answer;
            let tokens = answer.tokens_in.unwrap_or(0).saturating_add(answer.tokens_out.unwrap_or(0));
            let used = Used { tokens, spend: answer.spend.map_or(0.0, |spend| spend.get()) };
            if !answer.cached {
                self.used.add(used);
                self.used.add(refused);
            }
            if answer.error.is_none() {
                self.took.add(used);
            }
            if let Some(read) = answer.tokens_in {
                self.read = (self.read.0.saturating_add(read), self.read.1 + 1);
            }
            if let Some(written) = answer.tokens_out {
                self.written = (self.written.0.saturating_add(written), self.written.1 + 1);
            }
            if let Some(spend) = answer.spend {
                self.spent = (self.spent.0 + spend.get(), self.spent.1 + 1);
            }
            Some(slot)
        });
        slot.is_some_and(|slot| self.has.insert(slot))
    }

    /// Lines for wanted answers that a file of an earlier run holds: marked as cached, without a latency.
    pub fn take_earlier(&mut self, path: &Utf8Path) -> io::Result<Vec<String>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        let wanted = self.wanted;
        let by_request =
            self.by_request.get_or_insert_with(|| wanted.iter().map(|(slot, request)| (*request, *slot)).collect());
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, file));
        let mut found = Vec::new();
        while let Some(line) = lines.next()? {
            if line.too_long || !unsealed(line.bytes) {
                continue;
            }
            let slot = read(line.bytes).and_then(|(recorded, request, _)| {
                (recorded.answer.error.is_none()).then(|| by_request.get(&request).copied()).flatten()
            });
            let Some(slot) = slot.filter(|slot| !self.has.contains(slot)) else { continue };
            let Ok(Value::Object(mut object)) = serde_json::from_slice(line.bytes) else { continue };
            for key in ["crc", "latency_ms", "attempts", "repeat"] {
                object.shift_remove(key);
            }
            object.insert("example".to_owned(), self.set.rows[slot.0.0 as usize].id.as_str().into());
            object.insert("cached".to_owned(), true.into());
            self.has.insert(slot);
            found.push(Value::Object(object).to_string());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asking::line;
    use crate::driver::Asked;
    use crate::provider::Reply;
    use crate::set::of_one;

    #[test]
    fn what_refused_replies_took_counts_for_the_next_run_and_foretells_nothing() {
        let set = of_one("a");
        let (ids, request) = (Ids::of(&set.rows), Digest::of_bytes(b"request"));
        let wanted = Wanted::from([((ExampleIndex(0), 0), request)]);
        let reply =
            Reply { text: Some("Yes.".to_owned()), tokens_in: Some(10), tokens_out: Some(2), ..Reply::default() };
        let asked = Asked::after_refusals(request, &reply);
        let mut known = Known::new(&set, &ids, &wanted);
        assert!(known.see(line::of("a", 0, &asked).as_bytes()));
        assert_eq!(known.used(), Used { tokens: 48, spend: 1.0 });
        assert_eq!(known.took(), Took { used: Used { tokens: 12, spend: 0.25 }, calls: 1 });
        // Nothing came that could be taken: it was paid all the same.
        let trouble = crate::provider::Trouble {
            kind: crate::provider::TroubleKind::Unreadable,
            message: "too long".to_owned(),
            retry_after: None,
        };
        let attempts = [(Some("unreadable: too long".to_owned()), std::time::Duration::from_millis(1))];
        let asked = Asked { got: Err(&trouble), attempts: &attempts, spend: None, ..asked };
        let mut known = Known::new(&set, &ids, &wanted);
        assert!(known.see(line::of("a", 0, &asked).as_bytes()));
        assert_eq!((known.used(), known.took()), (Used { tokens: 36, spend: 0.75 }, Took::default()));
    }
}

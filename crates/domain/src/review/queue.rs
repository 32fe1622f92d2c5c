//! Queues: what is to be labelled, by how many people, in which order, and what of it is gold.
//!
//! in      entries about queues
//! out     per queue its settings and items; for a reviewer their own order; for an item a name that says nothing of it
//! errors  none: an entry that says nothing of a queue changes nothing
//! rule    what a reviewer is shown of an item never says which system answered, nor whether its right label is known: gold has the same
//!         seats, the same kind of name, and lies anywhere in the order

use super::{ItemKey, Says};
use crate::digest::Digest;
use crate::entry::{Entry, Noun};
use crate::name::CriterionName;
use crate::qualification::Sample;
use camino::Utf8PathBuf;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Hex digits of an item's name in its queue.
const SHOWN: usize = 12;

/// What a queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Labels that a judge is measured by: drawn within each of its verdicts.
    Calibrate,
    /// Labels of what no grader settles: drawn from all answers.
    Label,
    /// A second look at what people are split on.
    Settle,
    /// A look from outside at what people agree on.
    Audit,
}

impl Purpose {
    pub const ALL: [Purpose; 4] = [Purpose::Calibrate, Purpose::Label, Purpose::Settle, Purpose::Audit];

    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Calibrate => "calibrate",
            Purpose::Label => "label",
            Purpose::Settle => "settle",
            Purpose::Audit => "audit",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// An item as it lies in a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Laid {
    /// The digest of the answer, and of the example that it answers.
    pub answer: String,
    pub example: String,
    /// Where the line of the answer is kept.
    pub file: Utf8PathBuf,
    pub offset: u64,
    pub length: u32,
    pub sample: Option<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    pub purpose: Purpose,
    pub criterion: CriterionName,
    /// The file of the rubric, from the eval's folder, and the digest of what it said.
    pub rubric: (Utf8PathBuf, String),
    /// How many labels each item is to get.
    pub overlap: u32,
    /// Orders are drawn from it.
    pub seed: u64,
    /// What names of items are made with; never shown.
    secret: String,
    /// How long somebody holds an item that they were shown, in seconds.
    pub hold_s: u64,
    pub items: BTreeMap<ItemKey, Laid>,
    /// Items whose right label is known; never shown to reviewers.
    pub gold: BTreeMap<ItemKey, Says>,
    /// How many entries it has.
    pub entries: u32,
}

/// What holds of every queue.
pub fn queues(entries: &[Entry]) -> BTreeMap<String, Queue> {
    let mut all = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.noun == Noun::Queue) {
        match entry.what.as_str() {
            "opened" if !all.contains_key(&entry.subject) => {
                all.extend(opened(entry).map(|queue| (entry.subject.clone(), queue)));
            }
            "filled" => {
                if let Some(queue) = all.get_mut(&entry.subject) {
                    queue.fill(entry);
                }
            }
            _ => {}
        }
    }
    all
}

fn opened(entry: &Entry) -> Option<Queue> {
    let body = &entry.body;
    let text = |key: &str| body[key].as_str();
    Some(Queue {
        purpose: text("purpose").and_then(Purpose::parse)?,
        criterion: CriterionName::new(text("criterion")?),
        rubric: (text("rubric")?.into(), text("rubric_digest")?.to_owned()),
        overlap: body["overlap"].as_u64()? as u32,
        seed: body["seed"].as_u64()?,
        secret: text("secret")?.to_owned(),
        hold_s: body["hold_s"].as_u64()?,
        items: BTreeMap::new(),
        gold: BTreeMap::new(),
        entries: entry.version,
    })
}

impl Queue {
    /// What a new queue says of itself. The secret is made of everything that is known of its beginning.
    pub fn opening(
        name: &str,
        at: &str,
        (purpose, criterion): (Purpose, &CriterionName),
        rubric: (&str, &str),
        (overlap, seed, hold_s): (u32, u64, u64),
    ) -> Value {
        let secret = Digest::of_value("plimsoll.queue.v1", &json!({"queue": name, "at": at, "seed": seed}));
        json!({
            "purpose": purpose.as_str(), "criterion": criterion.as_str(), "overlap": overlap, "seed": seed, "hold_s": hold_s,
            "rubric": rubric.0, "rubric_digest": rubric.1,
            "secret": secret.to_string(),
        })
    }

    /// What is said of items that are added.
    pub fn filling<'a>(
        items: impl Iterator<Item = (&'a ItemKey, &'a Laid)>,
        gold: impl Iterator<Item = (&'a ItemKey, Says)>,
    ) -> Value {
        let item = |(key, laid): (&ItemKey, &Laid)| {
            json!({
                "item": key.to_string(), "answer": laid.answer, "example": laid.example, "file": laid.file.as_str(),
                "offset": laid.offset, "length": laid.length, "sample": laid.sample.map(Sample::as_str),
            })
        };
        let known = |(key, says): (&ItemKey, Says)| json!({"item": key.to_string(), "says": says.as_str()});
        json!({"items": items.map(item).collect::<Vec<_>>(), "gold": gold.map(known).collect::<Vec<_>>()})
    }

    fn fill(&mut self, entry: &Entry) {
        self.entries = entry.version;
        let list = |key: &str| entry.body[key].as_array().map(Vec::as_slice).unwrap_or_default();
        let key = |item: &Value| ItemKey::parse(item["item"].as_str()?);
        let laid = |item: &Value| {
            let text = |key: &str| item[key].as_str().map(str::to_owned);
            Some(Laid {
                answer: text("answer")?,
                example: text("example")?,
                file: text("file")?.into(),
                offset: item["offset"].as_u64()?,
                length: item["length"].as_u64()? as u32,
                sample: item["sample"].as_str().and_then(Sample::parse),
            })
        };
        for item in list("items") {
            if let Some((key, laid)) = key(item).zip(laid(item)) {
                self.items.entry(key).or_insert(laid);
            }
        }
        let says = |item: &Value| Says::parse(item["says"].as_str()?);
        self.gold.extend(list("gold").iter().filter_map(|item| key(item).zip(says(item))));
    }

    /// The items in a reviewer's own order.
    pub fn order(&self, reviewer: &str) -> Vec<&ItemKey> {
        let mut keys: Vec<&ItemKey> = self.items.keys().collect();
        let drawn = |key: &&ItemKey| {
            let value = json!({"seed": self.seed, "reviewer": reviewer, "item": key.to_string()});
            Digest::of_value("plimsoll.order.v1", &value)
        };
        keys.sort_by_cached_key(drawn);
        keys
    }

    /// What a reviewer is told that an item is called.
    pub fn shown(&self, key: &ItemKey) -> String {
        let value = json!({"secret": self.secret, "item": key.to_string()});
        Digest::of_value("plimsoll.item.v1", &value).to_string()[..SHOWN].to_owned()
    }

    pub fn find(&self, shown: &str) -> Option<&ItemKey> {
        self.items.keys().find(|key| self.shown(key) == shown)
    }
}

/// The first so many of these, in an order drawn from a seed.
pub fn drawn(seed: u64, of: impl IntoIterator<Item = ItemKey>) -> Vec<ItemKey> {
    let mut keys: Vec<ItemKey> = of.into_iter().collect();
    keys.sort_by_cached_key(|key| {
        Digest::of_value("plimsoll.draw.v1", &json!({"seed": seed, "item": key.to_string()}))
    });
    keys
}

/// How many gold items make this part of a queue with so many others.
pub fn gold_among(others: usize, rate: f64) -> usize {
    let many = others as f64 * rate / (1.0 - rate).max(f64::MIN_POSITIVE);
    // No more than there could be, whatever the rate.
    many.round().clamp(0.0, 1e9) as usize
}

//! Review: what people said of answers, and what holds of each answer now.
//!
//! in      entries about items, in the order in which they were said
//! out     per item its labels, disputes, settlement, audits and reports, and how it reads
//! errors  none: what does not bear on an item, or may not, changes nothing
//! rule    whoever labels an answer says it once; people who do not all say the same are a dispute, which holds until somebody settles
//!         it who neither labelled nor disputed the answer. *Cannot tell* counts for neither side. Labels under an older version of the
//!         rubric give way to those under the one that holds now

pub mod agreement;
mod grade;
mod key;
mod queue;

pub use grade::{DISAGREEMENT, Grade};
pub use key::ItemKey;
pub use queue::{Laid, Purpose, Queue, drawn, gold_among, queues};

use crate::entry::{Entry, Noun};
use crate::qualification::Sample;
use std::collections::{BTreeMap, BTreeSet};

/// What a person found of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Says {
    Pass,
    Fail,
    CannotTell,
}

impl Says {
    pub const ALL: [Says; 3] = [Says::Pass, Says::Fail, Says::CannotTell];

    pub fn as_str(self) -> &'static str {
        match self {
            Says::Pass => "pass",
            Says::Fail => "fail",
            Says::CannotTell => "cannot_tell",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Says::ALL.into_iter().find(|says| says.as_str() == text)
    }
}

/// A label as it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenLabel {
    /// Who labelled; where labels were brought in from a file, not who brought them.
    pub by: String,
    pub says: Says,
    /// Instant, RFC 3339 in UTC; `None` where a file of labels does not say.
    pub at: Option<String>,
    /// The digest of the rubric that it was held against, as text; `None` where that is not known.
    pub rubric: Option<String>,
    pub note: Option<String>,
    /// How the answer was chosen; `None` where a file of labels does not say.
    pub sample: Option<Sample>,
    /// The digest of the answer that was seen; `None` where that is not known.
    pub answer: Option<String>,
    /// The queue in which it was given; `None` where it came from a file.
    pub queue: Option<String>,
    /// Which entry of the item it is: its version.
    pub entry: u32,
}

/// Something that somebody said of an item, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub by: String,
    pub at: String,
    pub why: String,
    /// The digest of the rubric of the label before it, which it is about; `None` where there is none, or it is not known.
    pub rubric: Option<String>,
    /// Which entry of the item it is: its version.
    pub entry: u32,
}

/// The label that holds although people were split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub says: Says,
    pub by: String,
    pub at: String,
    pub why: String,
    /// The digest of the rubric that it was held against, as text; `None` where that is not known.
    pub rubric: Option<String>,
}

/// What somebody outside the team found of an item on which the team agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    pub says: Says,
    pub by: String,
    pub at: String,
    pub note: Option<String>,
    /// Which entry of the item it is: its version.
    pub entry: u32,
}

/// What is wrong with an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Complaint {
    /// The example itself is wrong: what it asks or expects.
    Wrong,
    /// The product, policy or source that it is about is no longer so.
    Stale,
}

impl Complaint {
    pub fn as_str(self) -> &'static str {
        match self {
            Complaint::Wrong => "wrong",
            Complaint::Stale => "stale",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Complaint::Wrong, Complaint::Stale].into_iter().find(|complaint| complaint.as_str() == text)
    }
}

/// What somebody said is wrong with the example of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub complaint: Complaint,
    pub remark: Remark,
    /// The digest of the example that was seen; `None` where that is not known.
    pub example: Option<String>,
}

/// What was said of one item, undone things left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// In the order in which they were given; one of a person for an answer, the last.
    pub labels: Vec<GivenLabel>,
    /// Doubts that somebody raised and nobody settled since; so does an audit that says otherwise.
    pub disputed: Vec<Remark>,
    pub settled: Option<Settled>,
    /// Settled by taking the example out, instead of by a label.
    pub set_aside: Option<Remark>,
    pub audits: Vec<Audit>,
    pub reports: Vec<Report>,
    /// Who said something under an older version of the rubric that gave way: it counts no more, and they settle nothing of it.
    pub gave_way: BTreeSet<String>,
    /// How many entries it has: `Draft::after` of whoever has seen these.
    pub entries: u32,
}

/// How an item reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Unlabelled,
    /// All who could tell say this; *cannot tell* only where nobody could.
    Agreed(Says),
    /// People are split, or somebody doubts the label, and nobody settled it.
    Disputed,
    Settled(Says),
}

/// What holds of every item that something was said of.
pub fn items(entries: &[Entry]) -> BTreeMap<ItemKey, Item> {
    let mut all: BTreeMap<ItemKey, Item> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.noun == Noun::Item) {
        if let Some(key) = ItemKey::parse(&entry.subject) {
            all.entry(key).or_default().hear(entry);
        }
    }
    all
}

impl Item {
    fn hear(&mut self, entry: &Entry) {
        self.entries = entry.version;
        let text = |key: &str| entry.body[key].as_str().map(str::to_owned);
        let says = || text("says").and_then(|says| Says::parse(&says));
        let rubric = text("rubric").or_else(|| self.labels.last().and_then(|label| label.rubric.clone()));
        let remark = || Remark {
            by: entry.author.clone(),
            at: entry.at.clone(),
            why: entry.why.clone().unwrap_or_default(),
            rubric: rubric.clone(),
            entry: entry.version,
        };
        match entry.what.as_str() {
            "labelled" => {
                let Some(says) = says() else { return };
                let brought = entry.body["by"].is_string();
                let label = GivenLabel {
                    by: text("by").unwrap_or_else(|| entry.author.clone()),
                    says,
                    at: if brought { text("at") } else { Some(entry.at.clone()) },
                    rubric: text("rubric"),
                    note: entry.why.clone(),
                    sample: text("sample").and_then(|sample| Sample::parse(&sample)),
                    answer: text("answer"),
                    queue: text("queue"),
                    entry: entry.version,
                };
                self.labels.retain(|known| known.by != label.by || known.answer != label.answer);
                self.labels.push(label);
            }
            "undone" => {
                let of = entry.body["of"].as_u64().unwrap_or(0) as u32;
                self.labels.retain(|label| label.entry != of || label.by != entry.author);
                let stays = |remark: &Remark| remark.entry != of || remark.by != entry.author;
                self.disputed.retain(stays);
                self.audits.retain(|audit| audit.entry != of || audit.by != entry.author);
                self.reports.retain(|report| stays(&report.remark));
            }
            "disputed" => {
                self.settled = None;
                self.disputed.push(remark());
            }
            "settled" if self.may_settle(&entry.author) => {
                if entry.body["set_aside"] == true {
                    self.set_aside = Some(remark());
                } else if let Some(says) = says().filter(|says| *says != Says::CannotTell) {
                    let Remark { by, at, why, rubric, .. } = remark();
                    self.settled = Some(Settled { says, by, at, why, rubric });
                    self.disputed.clear();
                }
            }
            "audited" => {
                let Some(says) = says() else { return };
                let (by, at, note) = (entry.author.clone(), entry.at.clone(), entry.why.clone());
                let seen = text("answer").map_or_else(|| self.clone(), |answer| self.of_answer(&answer));
                let is_otherwise = matches!(seen.reading(), Reading::Agreed(people) if people != says);
                if is_otherwise && says != Says::CannotTell {
                    let note = note.as_ref().map_or(String::new(), |note| format!(": {note}"));
                    self.disputed.push(Remark { why: format!("the audit says {}{note}", says.as_str()), ..remark() });
                }
                self.audits.retain(|audit| audit.by != by);
                self.audits.push(Audit { says, by, at, note, entry: entry.version });
            }
            "reported" => {
                let complaint = text("as").and_then(|complaint| Complaint::parse(&complaint));
                self.reports.extend(complaint.map(|complaint| Report {
                    complaint,
                    remark: remark(),
                    example: text("example"),
                }));
            }
            _ => {}
        }
    }

    /// Whether somebody may settle it: whoever labelled or disputed it may not, under whatever version of the rubric.
    pub fn may_settle(&self, by: &str) -> bool {
        let disputed = self.disputed.iter().any(|remark| remark.by == by);
        !self.labels.iter().any(|label| label.by == by) && !disputed && !self.gave_way.contains(by)
    }

    /// Whether somebody labelled it, under whatever version of the rubric.
    pub fn is_labelled_by(&self, by: &str) -> bool {
        self.labels.iter().any(|label| label.by == by) || self.gave_way.contains(by)
    }

    /// How many say that it passes, and that it fails.
    pub fn votes(&self) -> (usize, usize) {
        let of = |says: Says| self.labels.iter().filter(|label| label.says == says).count();
        (of(Says::Pass), of(Says::Fail))
    }

    /// The instant from which on it is in dispute: of the first doubt, or of the label that split people; `None` where that is not known.
    pub fn disputed_since(&self) -> Option<&str> {
        let first = |says: Says| {
            let labels = self.labels.iter().filter(|label| label.says == says);
            labels.filter_map(|label| label.at.as_deref()).min()
        };
        let split = first(Says::Pass).zip(first(Says::Fail)).map(|(pass, fail)| pass.max(fail));
        self.disputed.iter().map(|remark| remark.at.as_str()).chain(split).min()
    }

    /// What all who labelled it and could tell say, in dispute or not; `None` where they are split, or nobody labelled it.
    pub fn agreed(&self) -> Option<Says> {
        match self.votes() {
            _ if self.labels.is_empty() => None,
            (0, 0) => Some(Says::CannotTell),
            (_, 0) => Some(Says::Pass),
            (0, _) => Some(Says::Fail),
            _ => None,
        }
    }

    pub fn reading(&self) -> Reading {
        if let Some(settled) = &self.settled {
            return Reading::Settled(settled.says);
        }
        match self.agreed() {
            _ if !self.disputed.is_empty() => Reading::Disputed,
            Some(says) => Reading::Agreed(says),
            None if self.labels.is_empty() => Reading::Unlabelled,
            None => Reading::Disputed,
        }
    }

    /// What was said of this answer, where the system has answered the example again since; labels that do not say which answer they are of
    /// are of any.
    pub fn of_answer(&self, answer: &str) -> Item {
        let mut item = self.clone();
        item.labels.retain(|label| label.answer.as_deref().is_none_or(|of| of == answer));
        item
    }

    /// What holds under the rubric as it reads now: where an answer has a label under one of these versions, its labels under any other
    /// give way, and so does what was disputed or settled of those. Of what does not say its version, nobody knows that it is older.
    pub fn under(&self, current: &BTreeSet<String>) -> Item {
        let is_older = |rubric: &Option<String>| rubric.as_ref().is_some_and(|rubric| !current.contains(rubric));
        let renewed = || self.labels.iter().filter(|label| label.rubric.is_some() && !is_older(&label.rubric));
        if renewed().next().is_none() {
            return self.clone();
        }
        let same = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        let gives_way =
            |label: &GivenLabel| is_older(&label.rubric) && renewed().any(|new| same(&new.answer, &label.answer));
        let mut item = self.clone();
        let labels = self.labels.iter().filter(|label| gives_way(label)).map(|label| label.by.clone());
        let doubts = self.disputed.iter().filter(|remark| is_older(&remark.rubric)).map(|remark| remark.by.clone());
        item.gave_way.extend(labels.chain(doubts));
        item.labels.retain(|label| !gives_way(label));
        item.disputed.retain(|remark| !is_older(&remark.rubric));
        item.settled = item.settled.filter(|settled| !is_older(&settled.rubric));
        item
    }
}

#[cfg(test)]
mod tests;

//! Entries: what somebody said or decided, when and why. Entries are only ever added; what holds now is read from all that was
//! said of a subject, in order.

use crate::digest::Digest;
use serde_json::{Value, json};

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Noun {
    /// An example: proposed, accepted, changed, quarantined, retired. The subject is its id.
    Example,
    /// A queue of answers to be labelled. The subject is its name.
    Queue,
    /// An answer to be labelled: labels, disputes, settlements, audits. The subject is the item's key.
    Item,
    /// A failure in production. The subject is its id.
    Incident,
    /// What production did after a release. The subject is the release's record.
    Outcome,
    /// A decision or an override that was recorded. The subject is the record's id.
    Decision,
    /// Something that recurs and was done. The subject is its name on the agenda.
    Duty,
}

impl Noun {
    pub const ALL: [Noun; 7] =
        [Noun::Example, Noun::Queue, Noun::Item, Noun::Incident, Noun::Outcome, Noun::Decision, Noun::Duty];

    pub fn as_str(self) -> &'static str {
        match self {
            Noun::Example => "example",
            Noun::Queue => "queue",
            Noun::Item => "item",
            Noun::Incident => "incident",
            Noun::Outcome => "outcome",
            Noun::Decision => "decision",
            Noun::Duty => "duty",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|noun| noun.as_str() == text)
    }
}

/// One thing that was said, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the whole history, from 1 on without gaps.
    pub number: u64,
    pub noun: Noun,
    pub subject: String,
    /// Its place among the entries of its subject, from 1 on without gaps.
    pub version: u32,
    /// What was done, a word of the noun: `opened`, `labelled`, `retired`.
    pub what: String,
    /// Instant, RFC 3339 in UTC.
    pub at: String,
    /// Who did it.
    pub author: String,
    pub why: Option<String>,
    /// An object; its shape belongs to noun and `what`.
    pub body: Value,
    /// Over all of the above and the digest of the entry before it.
    pub digest: Digest,
}

/// One thing that is to be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub noun: Noun,
    pub subject: String,
    /// How many entries of the subject its author had seen: where there are more by now, nothing is added. `None`: it holds
    /// whatever was said before.
    pub after: Option<u32>,
    pub what: String,
    pub at: String,
    pub author: String,
    pub why: Option<String>,
    pub body: Value,
}

/// A seat of a reviewer at an item of a queue: the one fact of the catalog that changes, because it runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub queue: String,
    pub item: String,
    /// From 1 on.
    pub place: u32,
    pub reviewer: Option<String>,
    /// Instant until which it is held, RFC 3339 in UTC.
    pub until: Option<String>,
    /// Its label was given.
    pub done: bool,
}

impl Draft {
    /// The entry that it becomes at its place.
    pub fn entry(&self, number: u64, version: u32, before: Option<&Digest>) -> Entry {
        let mut entry = Entry {
            number,
            noun: self.noun,
            subject: self.subject.clone(),
            version,
            what: self.what.clone(),
            at: self.at.clone(),
            author: self.author.clone(),
            why: self.why.clone(),
            body: self.body.clone(),
            digest: Digest::of_value("plimsoll.entry.v1", &Value::Null),
        };
        entry.digest = entry.digest_after(before);
        entry
    }
}

impl Entry {
    /// The digest that it must have after the entry before it, so that nothing in a history is changed, left out or moved unseen.
    pub fn digest_after(&self, before: Option<&Digest>) -> Digest {
        let value = json!({
            "number": self.number,
            "noun": self.noun.as_str(),
            "subject": self.subject,
            "version": self.version,
            "what": self.what,
            "at": self.at,
            "author": self.author,
            "why": self.why,
            "body": self.body,
            "before": before.map(Digest::to_string),
        });
        Digest::of_value("plimsoll.entry.v1", &value)
    }
}

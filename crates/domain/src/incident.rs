//! Incidents: failures in production that must come back as examples that guard.
//!
//! in      what was said of incidents, oldest first
//! out     each incident as it stands: open, covered or closed, with the decisions that let it through and the examples that
//!         stand for it
//! errors  none: an entry that no version of ours writes changes nothing
//! note    which decision let it through is found in `incident::cause`; whether a gate sees it, and would have blocked the
//!         release, in `incident::gated`

pub mod cause;
pub mod gated;

use crate::entry::{Entry, Noun};
use crate::name::{ClassName, OwnerRole};
use crate::share::Amount;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// A failure in production.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    pub id: String,
    /// What it is called, where that is more than its id.
    pub name: Option<String>,
    pub class: ClassName,
    /// What it cost, in the contract's currency; unknown where nobody priced it.
    pub cost: Option<Amount>,
    pub owner: OwnerRole,
    /// The trace of the request that failed.
    pub trace: Option<String>,
    /// What happened, in words.
    pub what: String,
    /// When it happened, a day or an instant as it was given.
    pub happened_at: String,
    /// What the system answered then, as a line of answers has it; unknown where nobody kept it.
    pub answer: Option<Value>,
    /// Since when it is open: when it was opened, or opened again.
    pub opened: Said,
    /// The records of the decisions that let it through, in the order they were named.
    pub decisions: Vec<String>,
    /// The examples that stand for it.
    pub examples: Vec<String>,
    pub covered: Option<Covered>,
    pub closed: Option<Closed>,
    /// How many entries it has: `Draft::after` of whoever has seen these.
    pub entries: u32,
}

/// Who said something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Instant, RFC 3339 in UTC.
    pub at: String,
    pub by: String,
}

/// Examples that a gate sees stand for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    pub said: Said,
    /// For each example what sees it.
    pub seen_by: Value,
}

/// A gate would now block the releases that caused it.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub said: Said,
    /// What deciding each of those releases again gave.
    pub decided: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Open,
    Covered,
    Closed,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Covered => "covered",
            Standing::Closed => "closed",
        }
    }
}

/// How an incident lies to the target of being covered within so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Covered in time.
    Met,
    /// Covered, but later than the target.
    Late,
    /// Not covered, and there is time.
    Pending,
    /// Not covered, and the time is over.
    Overdue,
    /// The contract has no target.
    NoTarget,
}

impl Timing {
    pub fn as_str(self) -> &'static str {
        match self {
            Timing::Met => "met",
            Timing::Late => "late",
            Timing::Pending => "pending",
            Timing::Overdue => "overdue",
            Timing::NoTarget => "no target",
        }
    }
}

const SECONDS_OF_DAY: i64 = 86_400;

impl Incident {
    pub fn standing(&self) -> Standing {
        match (&self.covered, &self.closed) {
            (_, Some(_)) => Standing::Closed,
            (Some(_), None) => Standing::Covered,
            (None, None) => Standing::Open,
        }
    }

    /// Seconds from when it was opened to when it was covered; `None` where it is not covered, or an instant cannot be read.
    pub fn seconds_to_covered(&self) -> Option<i64> {
        seconds_between(&self.opened.at, &self.covered.as_ref()?.said.at)
    }

    /// How it lies to the target, at this instant. Where an instant cannot be read, nothing is said to be in time.
    pub fn timing(&self, within_days: Option<u32>, now: &str) -> Timing {
        let Some(days) = within_days else { return Timing::NoTarget };
        let until = self.covered.as_ref().map_or(now, |covered| covered.said.at.as_str());
        let in_time =
            seconds_between(&self.opened.at, until).is_some_and(|took| took <= i64::from(days) * SECONDS_OF_DAY);
        match (&self.covered, in_time) {
            (Some(_), true) => Timing::Met,
            (Some(_), false) => Timing::Late,
            (None, true) => Timing::Pending,
            (None, false) => Timing::Overdue,
        }
    }

    /// The last instant at which covering it meets the target.
    pub fn due(&self, within_days: u32) -> Option<String> {
        let opened: Timestamp = self.opened.at.parse().ok()?;
        let due = opened.as_second().checked_add(i64::from(within_days) * SECONDS_OF_DAY)?;
        Some(Timestamp::from_second(due).ok()?.to_string())
    }

    fn opened(entry: &Entry) -> Option<Self> {
        let text = |key: &str| entry.body[key].as_str().map(str::to_owned);
        Some(Incident {
            id: entry.subject.clone(),
            name: text("name"),
            class: ClassName::new(text("class")?),
            cost: entry.body["cost"].as_f64().and_then(|cost| Amount::new(cost).ok()),
            owner: OwnerRole::new(text("owner")?),
            trace: text("trace"),
            what: text("happened").unwrap_or_default(),
            happened_at: text("happened_at").unwrap_or_else(|| entry.at.clone()),
            answer: Some(entry.body["answer"].clone()).filter(Value::is_object),
            opened: said(entry),
            decisions: Vec::new(),
            examples: Vec::new(),
            covered: None,
            closed: None,
            entries: 0,
        })
    }

    /// Takes in what was said of it next.
    pub fn hear(&mut self, entry: &Entry) {
        match entry.what.as_str() {
            "covered" => self.covered = Some(Covered { said: said(entry), seen_by: entry.body["seen_by"].clone() }),
            "closed" => self.closed = Some(Closed { said: said(entry), decided: entry.body["decided"].clone() }),
            // It came back: what covered it did not.
            "reopened" => (self.opened, self.covered, self.closed) = (said(entry), None, None),
            _ => {}
        }
        link(&mut self.decisions, &entry.body["decisions"]);
        link(&mut self.examples, &entry.body["examples"]);
        self.entries = entry.version;
    }
}

fn link(names: &mut Vec<String>, further: &Value) {
    for name in further.as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
}

fn said(entry: &Entry) -> Said {
    Said { at: entry.at.clone(), by: entry.author.clone() }
}

fn seconds_between(from: &str, to: &str) -> Option<i64> {
    let (from, to): (Timestamp, Timestamp) = (from.parse().ok()?, to.parse().ok()?);
    Some(to.as_second() - from.as_second())
}

/// Every incident as its entries leave it, by id.
pub fn told(entries: &[Entry]) -> BTreeMap<String, Incident> {
    let mut all: BTreeMap<String, Incident> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.noun == Noun::Incident) {
        if entry.what == "opened" && !all.contains_key(&entry.subject) {
            all.extend(Incident::opened(entry).map(|incident| (incident.id.clone(), incident)));
        }
        if let Some(incident) = all.get_mut(&entry.subject) {
            incident.hear(entry);
        }
    }
    all
}

/// The middle time from open to covered, in seconds, of those that are covered; `None` where none is. Of an even number it is the
/// later of the two in the middle.
pub fn middle_time<'i>(incidents: impl Iterator<Item = &'i Incident>) -> Option<i64> {
    let mut took: Vec<i64> = incidents.filter_map(Incident::seconds_to_covered).collect();
    took.sort_unstable();
    took.get(took.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Draft;
    use serde_json::json;

    /// What was said, and on which day of November.
    fn history(told: &[(&str, u32, Value)]) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for (what, day, body) in told {
            let draft = Draft {
                noun: Noun::Incident,
                subject: "double-refund".to_owned(),
                after: None,
                what: (*what).to_owned(),
                at: format!("2026-11-{day:02}T08:00:00.000Z"),
                author: "release".to_owned(),
                why: None,
                body: body.clone(),
            };
            let number = entries.len() as u64 + 1;
            entries.push(draft.entry(number, number as u32, entries.last().map(|entry| &entry.digest)));
        }
        entries
    }

    fn opened() -> Value {
        json!({"class": "unsafe_tool_action", "owner": "release", "happened": "paid twice", "decisions": ["r1"], "cost": 400})
    }

    fn one(told_of: &[(&str, u32, Value)]) -> Incident {
        told(&history(told_of)).remove("double-refund").expect("an incident")
    }

    #[test]
    fn an_incident_is_open_then_covered_then_closed() {
        let open = one(&[("opened", 1, opened())]);
        assert_eq!((open.standing(), open.entries), (Standing::Open, 1));
        assert_eq!(open.cost.map(Amount::get), Some(400.0));
        let covered = one(&[("opened", 1, opened()), ("covered", 4, json!({}))]);
        assert_eq!((covered.standing(), covered.seconds_to_covered()), (Standing::Covered, Some(3 * 86_400)));
        let closed = one(&[("opened", 1, opened()), ("covered", 4, json!({})), ("closed", 5, json!({"decided": [1]}))]);
        assert_eq!((closed.standing(), closed.closed.expect("closed").decided), (Standing::Closed, json!([1])));
    }

    #[test]
    fn what_came_back_is_open_again_and_its_time_begins_anew() {
        let again =
            [("opened", 1, opened()), ("covered", 4, json!({})), ("closed", 5, json!({})), ("reopened", 10, json!({}))];
        let open = one(&again);
        assert_eq!((open.standing(), open.opened.at.as_str()), (Standing::Open, "2026-11-10T08:00:00.000Z"));
        let covered = one(&[&again[..], &[("covered", 11, json!({}))]].concat());
        assert_eq!(covered.seconds_to_covered(), Some(86_400));
    }

    #[test]
    fn links_are_kept_once_and_in_order() {
        let linked = one(&[
            ("opened", 1, opened()),
            ("linked", 2, json!({"decisions": ["r2", "r1"], "examples": ["e1"]})),
            ("linked", 3, json!({"examples": ["e1", "e0"]})),
        ]);
        assert_eq!(
            (linked.decisions, linked.examples),
            (vec!["r1".into(), "r2".into()], vec!["e1".into(), "e0".into()])
        );
        assert_eq!(linked.entries, 3);
    }

    #[test]
    fn the_target_is_met_to_the_second() {
        let open = one(&[("opened", 1, opened())]);
        let at = |now: &str| open.timing(Some(14), now);
        assert_eq!(at("2026-11-15T08:00:00.000Z"), Timing::Pending);
        assert_eq!(at("2026-11-15T08:00:01.000Z"), Timing::Overdue);
        assert_eq!(open.due(14).as_deref(), Some("2026-11-15T08:00:00Z"));
        assert_eq!(open.timing(None, "2026-12-24T08:00:00.000Z"), Timing::NoTarget);
        let covered = one(&[("opened", 1, opened()), ("covered", 4, json!({}))]);
        assert_eq!(covered.timing(Some(3), "2027-01-01T00:00:00Z"), Timing::Met);
        assert_eq!(covered.timing(Some(2), "2026-11-02T00:00:00Z"), Timing::Late);
    }

    #[test]
    fn what_was_never_opened_is_no_incident() {
        assert!(told(&history(&[("covered", 1, json!({}))])).is_empty());
        assert!(told(&history(&[("opened", 1, json!({"owner": "release"}))])).is_empty());
    }

    #[test]
    fn the_middle_time_is_of_those_that_are_covered() {
        let of = |days: &[u32]| {
            let covered = |day: &u32| one(&[("opened", 1, opened()), ("covered", *day, json!({}))]);
            let all: Vec<Incident> = days.iter().map(covered).chain([one(&[("opened", 1, opened())])]).collect();
            middle_time(all.iter())
        };
        assert_eq!((of(&[]), of(&[2, 11, 3])), (None, Some(2 * 86_400)));
    }
}

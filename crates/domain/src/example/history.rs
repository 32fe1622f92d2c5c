//! What was said of an example, and what holds of it now.

use super::Status;
use crate::entry::{Entry, Noun};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An example as its entries leave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The example's line, without status, where the catalog is its home; `None` where a file is.
    pub line: Option<Value>,
    pub standing: Standing,
    /// How many entries it has: `Draft::after` of whoever has seen these.
    pub entries: u32,
    /// Instant of its first entry.
    pub since: String,
    /// Reasons to retire it that somebody turned down, each with what it was about.
    pub kept: Vec<(String, String)>,
    /// Until which day nobody is asked again whether to retire it, and for which reason.
    pub postponed: Option<(String, String)>,
    /// Why somebody said that the product does otherwise now; until the example is changed or made active again.
    pub marked: Option<String>,
    /// Somebody closed its incident: as a guard it is armed.
    pub armed: bool,
    /// Instant at which somebody last changed it or made it active.
    pub settled: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As its file says: nothing was said that bears on it.
    AsWritten,
    Is(Status),
    /// It was proposed, and somebody said no.
    Declined {
        reason: String,
    },
}

/// What holds of every example that something was said of, by id.
pub fn told(entries: &[Entry]) -> BTreeMap<String, Told> {
    let mut all: BTreeMap<String, Told> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.noun == Noun::Example) {
        let told = all.entry(entry.subject.clone()).or_insert_with(|| Told {
            line: None,
            standing: Standing::AsWritten,
            entries: 0,
            since: entry.at.clone(),
            kept: Vec::new(),
            postponed: None,
            marked: None,
            armed: false,
            settled: None,
        });
        told.entries = entry.version;
        told.hear(entry);
    }
    all
}

impl Told {
    fn hear(&mut self, entry: &Entry) {
        let reason = || entry.why.clone().unwrap_or_default();
        let of_body = |key: &str| entry.body[key].as_str().unwrap_or("").to_owned();
        match entry.what.as_str() {
            "proposed" => {
                self.line = Some(entry.body["example"].clone());
                self.standing = Standing::Is(Status::Proposed);
            }
            // Of an example in a file, its file says so.
            "armed" => {
                self.armed = true;
                if let Some(fields) = self.line.as_mut().and_then(Value::as_object_mut) {
                    fields.insert("guard".to_owned(), json!("armed"));
                }
            }
            "changed" => {
                self.line = Some(entry.body["example"].clone());
                self.settle(entry);
            }
            "accepted" | "activated" => {
                self.standing = Standing::Is(Status::Active);
                self.settle(entry);
            }
            "marked" => self.marked = Some(reason()),
            "declined" => self.standing = Standing::Declined { reason: reason() },
            "quarantined" => self.standing = Standing::Is(Status::Quarantined { reason: reason() }),
            "retired" => self.standing = Standing::Is(Status::Retired { reason: reason() }),
            "kept" => self.kept.push((of_body("reason"), of_body("about"))),
            "postponed" => self.postponed = Some((of_body("until"), of_body("reason"))),
            _ => {}
        }
    }

    /// Somebody looked at it and found it good: doubts that came before are answered.
    fn settle(&mut self, entry: &Entry) {
        self.marked = None;
        self.settled = Some(entry.at.clone());
    }

    /// Whether nobody is to be asked yet whether to retire it.
    pub fn is_postponed(&self, today: &str) -> bool {
        self.postponed.as_ref().is_some_and(|(until, _)| today < until.as_str())
    }

    /// Whether somebody turned this reason to retire it down.
    pub fn has_kept(&self, reason: &str, about: &str) -> bool {
        self.kept.iter().any(|(kept, of)| kept == reason && of == about)
    }

    /// The line that the reference set reads, where the catalog is the example's home and it was not declined.
    pub fn line(&self) -> Option<Value> {
        let mut line = self.line.clone()?;
        let Standing::Is(status) = &self.standing else { return None };
        let fields = line.as_object_mut()?;
        match status_value(status) {
            Some(status) => drop(fields.insert("status".to_owned(), status)),
            None => drop(fields.shift_remove("status")),
        }
        Some(line)
    }
}

/// A status as a line of examples says it; `None` for active, which need not be said.
pub fn status_value(status: &Status) -> Option<Value> {
    match status {
        Status::Active => None,
        Status::Proposed => Some(json!("proposed")),
        Status::Quarantined { reason } => Some(json!({"state": "quarantined", "reason": reason})),
        Status::Retired { reason } => Some(json!({"state": "retired", "reason": reason})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Draft;

    fn said(what: &str, why: Option<&str>, body: Value, before: &[Entry]) -> Entry {
        let draft = Draft {
            noun: Noun::Example,
            subject: "e1".to_owned(),
            after: None,
            what: what.to_owned(),
            at: "2026-11-01T08:00:00.000Z".to_owned(),
            author: "reviewer-1".to_owned(),
            why: why.map(str::to_owned),
            body,
        };
        let number = before.len() as u64 + 1;
        draft.entry(number, number as u32, before.last().map(|entry| &entry.digest))
    }

    fn history(told: &[(&str, Option<&str>, Value)]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (what, why, body) in told {
            let entry = said(what, *why, body.clone(), &entries);
            entries.push(entry);
        }
        entries
    }

    #[test]
    fn a_proposal_is_in_the_set_once_somebody_accepts_it() {
        let line = json!({"id": "e1", "input": "Why?"});
        let proposed = history(&[("proposed", None, json!({"example": line}))]);
        assert_eq!(told(&proposed)["e1"].line().unwrap()["status"], "proposed");
        let accepted = history(&[("proposed", None, json!({"example": line})), ("accepted", None, json!({}))]);
        assert_eq!(told(&accepted)["e1"].line().unwrap(), line);
        assert_eq!(told(&accepted)["e1"].entries, 2);
        let declined =
            history(&[("proposed", None, json!({"example": line})), ("declined", Some("not ours"), json!({}))]);
        assert_eq!(told(&declined)["e1"].line(), None);
    }

    #[test]
    fn a_guard_is_armed_once_its_incident_is_closed() {
        let line = json!({"id": "e1", "input": "Why?", "guard": true});
        let armed = history(&[
            ("proposed", None, json!({"example": line})),
            ("accepted", None, json!({})),
            ("armed", None, json!({"incident": "i1"})),
        ]);
        assert_eq!(told(&armed)["e1"].line().unwrap()["guard"], "armed");
        assert_eq!(told(&history(&[("armed", None, json!({}))]))["e1"].line(), None);
    }

    #[test]
    fn an_example_that_a_file_keeps_has_no_line_here() {
        let retired = history(&[("retired", Some("the policy is gone"), json!({}))]);
        let told = &told(&retired)["e1"];
        assert_eq!(told.line(), None);
        let reason = "the policy is gone".to_owned();
        assert_eq!(told.standing, Standing::Is(Status::Retired { reason }));
    }

    #[test]
    fn a_reason_to_retire_that_was_turned_down_is_remembered() {
        let entries = history(&[
            ("kept", None, json!({"reason": "source_changed", "about": "policy 2"})),
            ("postponed", None, json!({"reason": "duplicate", "until": "2027-01-31"})),
        ]);
        let told = &told(&entries)["e1"];
        assert!(told.has_kept("source_changed", "policy 2") && !told.has_kept("source_changed", "policy 3"));
        assert_eq!(told.postponed, Some(("2027-01-31".to_owned(), "duplicate".to_owned())));
        assert!(told.is_postponed("2027-01-30") && !told.is_postponed("2027-01-31"));
    }
}

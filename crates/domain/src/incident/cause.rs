//! Which decision let a failure through: the last that sent requests like it to the candidate before it happened.
//!
//! in      entries of recorded decisions; the contract's name, the attributes of the request, when it failed
//! out     the entry of that decision; `None` where none sent such requests to a candidate
//! note    what a request lacks could be anywhere: a route by an attribute that is not known may have been its own

use crate::entry::{Entry, Noun};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// Of decisions under a contract of this name.
pub fn let_through<'e>(
    entries: &'e [Entry],
    contract: &str,
    attributes: &BTreeMap<String, String>,
    happened: Timestamp,
) -> Option<&'e Entry> {
    let when = |entry: &Entry| entry.body["at"].as_str()?.parse::<Timestamp>().ok();
    let of_contract = |entry: &&Entry| {
        entry.noun == Noun::Decision
            && entry.body["kind"] == "decision"
            && entry.body["contract"]["name"].as_str() == Some(contract)
    };
    let before = entries.iter().filter(of_contract).filter(|entry| when(entry).is_some_and(|at| at <= happened));
    // Of two at one instant the later entry.
    before.filter(|entry| sent(&entry.body["routes"], attributes)).max_by_key(|entry| (when(entry), entry.number))
}

/// Whether some route sends requests with these attributes to the candidate.
pub fn sent(routes: &Value, attributes: &BTreeMap<String, String>) -> bool {
    let could_be = |route: &Value| {
        let mut values = route["values"].as_object().into_iter().flatten();
        values.all(|(name, value)| attributes.get(name).is_none_or(|own| value.as_str() == Some(own)))
    };
    routes.as_array().into_iter().flatten().any(|route| route["system"] == "candidate" && could_be(route))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Draft;
    use serde_json::json;

    fn decided(records: &[(&str, &str, Value)]) -> Vec<Entry> {
        let entry = |(number, (record, at, routes)): (usize, &(&str, &str, Value))| {
            let body = json!({"kind": "decision", "contract": {"name": "billing"}, "at": at, "routes": routes});
            let draft = Draft {
                noun: Noun::Decision,
                subject: (*record).to_owned(),
                after: None,
                what: "decided".to_owned(),
                // Entries may be added long after the record was made.
                at: "2026-12-01T08:00:00.000Z".to_owned(),
                author: "release".to_owned(),
                why: None,
                body,
            };
            draft.entry(number as u64 + 1, 1, None)
        };
        records.iter().enumerate().map(entry).collect()
    }

    fn found(entries: &[Entry], attributes: &[(&str, &str)], happened: &str) -> Option<String> {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let_through(entries, "billing", &attributes, happened.parse().unwrap()).map(|entry| entry.subject.clone())
    }

    #[test]
    fn the_last_decision_that_sent_such_requests_to_the_candidate_let_it_through() {
        let to = |task: &str, system: &str| json!({"values": {"task": task}, "system": system});
        let entries = decided(&[
            ("all", "2026-11-01T08:00:00Z", json!([{"values": {}, "system": "candidate"}])),
            ("pay", "2026-11-02T08:00:00.5Z", json!([to("pay", "candidate"), to("refund", "production")])),
            ("none", "2026-11-03T08:00:00Z", json!([to("pay", "production")])),
        ]);
        let late = "2026-11-10T00:00:00Z";
        assert_eq!(found(&entries, &[("task", "pay")], late).as_deref(), Some("pay"));
        assert_eq!(found(&entries, &[("task", "refund")], late).as_deref(), Some("all"));
        assert_eq!(found(&entries, &[], late).as_deref(), Some("pay"), "what is not known could be anywhere");
        assert_eq!(found(&entries, &[("task", "pay")], "2026-11-02T08:00:00Z").as_deref(), Some("all"));
        assert_eq!(found(&entries, &[], "2026-10-31T00:00:00Z"), None);
    }

    #[test]
    fn overrides_and_other_contracts_let_nothing_through() {
        let mut entries = decided(&[("r1", "2026-11-01T08:00:00Z", json!([{"values": {}, "system": "candidate"}]))]);
        let happened = "2026-11-10T00:00:00Z".parse().unwrap();
        assert!(let_through(&entries, "shop", &BTreeMap::new(), happened).is_none());
        entries[0].body["kind"] = json!("override");
        assert!(let_through(&entries, "billing", &BTreeMap::new(), happened).is_none());
    }
}

//! Outcomes for a terminal and for programs.

use super::read::{json_text, plain};
use super::width::padded;
use domain::format::outcomes::to_json;
use domain::outcome::{Counted, Outcome};
use serde_json::{Value, json};
use std::fmt::Write;

pub fn text(told: &[Outcome]) -> String {
    if told.is_empty() {
        return "no release has an outcome yet: `plimsoll outcome import FILE` keeps them\n".to_owned();
    }
    let mut out = String::new();
    let mut last = "";
    let mut sorted: Vec<&Outcome> = told.iter().collect();
    sorted.sort_by_key(|outcome| (&outcome.record, &outcome.at));
    for outcome in sorted {
        let record = outcome.record.as_deref().unwrap_or("");
        if record != last {
            let _ = writeln!(out, "{}", plain(record));
            last = record;
        }
        let seen = match outcome.counted {
            Counted::Of { count, n } => format!("{count} of {n}"),
            Counted::Value(value) => format!("{:.3}", value.get()),
        };
        let segment = outcome.segment.as_deref().map_or(String::new(), |segment| format!("   {}", plain(segment)));
        let incident = outcome.incident.as_deref().map_or(String::new(), |id| format!("   incident {}", plain(id)));
        let at = outcome.at.get(..10).unwrap_or(&outcome.at);
        let _ = writeln!(out, "  {at}  {}{seen}{segment}{incident}", padded(&plain(&outcome.metric), 14));
    }
    out
}

pub fn json(told: &[Outcome]) -> String {
    let one = |outcome: &Outcome| {
        let mut line = to_json(outcome);
        line["seen"] = json!((outcome.seen() * 1e9).round() / 1e9);
        line
    };
    json_text(&json!({"outcomes": told.iter().map(one).collect::<Vec<Value>>()}))
}

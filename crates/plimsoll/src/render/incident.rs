//! Incidents, for people and for programs.

use super::read::{plain, words};
use super::width::wrap;
use crate::app::incident::close::Shut;
use crate::app::incident::cover::Seen;
use crate::app::incident::list::{List, Listed, Whole};
use crate::app::incident::open::New;
use domain::entry::Entry;
use domain::incident::{Incident, Standing, Timing};
use serde_json::{Value, json};
use std::fmt::Write;

const LABEL: usize = 12;
const WIDTH: usize = 80;

fn row(out: &mut String, label: &str, text: &str) {
    for (at, line) in wrap(&plain(text), WIDTH - LABEL - 1).into_iter().enumerate() {
        let _ = writeln!(out, " {:<LABEL$}{line}", if at == 0 { label } else { "" });
    }
}

/// `3 days 4 h`, `5 h`, `12 min`.
fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h"),
        (1, 0) => "1 day".to_owned(),
        (days, 0) => format!("{days} days"),
        (1, hours) => format!("1 day {hours} h"),
        (days, hours) => format!("{days} days {hours} h"),
    }
}

fn day(instant: &str) -> &str {
    instant.get(..10).unwrap_or(instant)
}

/// How it lies to the target, in words.
fn timing(listed: &Listed) -> String {
    let took = listed.incident.seconds_to_covered().map_or("an unknown time".to_owned(), span);
    let due = listed.due.as_deref().map_or("", day);
    match listed.timing {
        Timing::Met => format!("covered in {took}, in time"),
        Timing::Late => format!("covered in {took}, after it was due on {due}"),
        Timing::Pending => format!("due on {due}"),
        Timing::Overdue => format!("OVERDUE since {due}"),
        Timing::NoTarget if listed.incident.covered.is_some() => format!("covered in {took}"),
        Timing::NoTarget => "no target: the contract has no `incidents: {cover_within}`".to_owned(),
    }
}

fn cost(incident: &Incident) -> String {
    incident.cost.map_or("cost unknown".to_owned(), |cost| format!("cost {}", cost.get()))
}

pub fn list(list: &List) -> String {
    let mut out = String::new();
    if list.all.is_empty() {
        out.push_str("no incident\n");
        return out;
    }
    let count = |standing| list.all.iter().filter(|listed| listed.incident.standing() == standing).count();
    let overdue = list.all.iter().filter(|listed| listed.timing == Timing::Overdue).count();
    let _ = writeln!(
        out,
        "{} open, {overdue} of them overdue; {} covered, {} closed",
        count(Standing::Open),
        count(Standing::Covered),
        count(Standing::Closed)
    );
    let target = list.within_days.map_or("no target".to_owned(), |days| format!("target {days} days"));
    let middle = list.middle.map_or("unknown: none is covered".to_owned(), span);
    let _ = writeln!(out, "from open to covered: middle time {middle}; {target}\n");
    for listed in list.shown() {
        let incident = &listed.incident;
        let name = incident.name.as_deref().map_or(String::new(), |name| format!(": {name}"));
        let _ = writeln!(out, "{:<8} {}", incident.standing().as_str(), plain(&format!("{}{name}", incident.id)));
        row(&mut out, "", &format!("{}, {}, owner {}", incident.class, cost(incident), incident.owner));
        // That there is no target was said once.
        if listed.timing != Timing::NoTarget || incident.covered.is_some() {
            row(&mut out, "", &timing(listed));
        }
        match incident.decisions.as_slice() {
            [] => row(&mut out, "", "let through by no decision that is linked"),
            ids => row(&mut out, "", &format!("let through by {}", ids.join(", "))),
        }
    }
    out
}

pub fn whole(whole: &Whole) -> String {
    let incident = &whole.listed.incident;
    let mut out = String::new();
    let name = incident.name.as_deref().map_or(String::new(), |name| format!(": {name}"));
    let _ =
        writeln!(out, "{}   {}", incident.standing().as_str().to_uppercase(), plain(&format!("{}{name}", incident.id)));
    row(&mut out, "what", &incident.what);
    row(&mut out, "when", &incident.happened_at);
    row(&mut out, "class", &format!("{}, {}", incident.class, cost(incident)));
    row(&mut out, "owner", incident.owner.as_str());
    if let Some(trace) = &incident.trace {
        row(&mut out, "trace", trace);
    }
    row(&mut out, "opened", &format!("{} by {}", incident.opened.at, incident.opened.by));
    row(&mut out, "time", &timing(&whole.listed));
    for id in &incident.decisions {
        let known = whole.listed.decisions.iter().find(|entry| entry.subject == *id);
        row(&mut out, "let through", &known.map_or_else(|| id.clone(), decided));
    }
    for seen in &whole.seen {
        row(&mut out, "example", &told(seen));
    }
    if let Some(closed) = &incident.closed {
        for decided in closed.decided.as_array().into_iter().flatten() {
            row(&mut out, "decided", &again(decided));
        }
    }
    for entry in &whole.history {
        let why = entry.why.as_deref().map_or(String::new(), |why| format!(": {why}"));
        row(&mut out, "history", &format!("{} {} by {}{why}", entry.at, entry.what, entry.author));
    }
    out
}

/// `1f3a ship on 2026-11-01`.
fn decided(entry: &Entry) -> String {
    let text = |key: &str| entry.body[key].as_str().unwrap_or("").to_owned();
    let kind = if entry.body["kind"] == "override" { "override of " } else { "" };
    format!("{} {kind}{} on {}", entry.subject, words(&text("decision")), day(&text("at")))
}

fn told(seen: &Seen) -> String {
    if !seen.is_seen() {
        return format!("not seen yet: {}", seen.why_not());
    }
    let watch = |watch: &domain::incident::gated::Watch| {
        let criteria: Vec<&str> = watch.criteria.iter().map(|name| name.as_str()).collect();
        format!("{} on {}", watch.rule, criteria.join(", "))
    };
    let watches: Vec<String> = seen.watches.iter().map(watch).collect();
    let blind: Vec<String> =
        seen.lacking.iter().map(|(name, why)| format!("`{name}` cannot grade it: {why}")).collect();
    let blind = if blind.is_empty() { String::new() } else { format!("; but {}", blind.join("; ")) };
    format!("{}, seen by: {}{blind}", seen.example, watches.join("; "))
}

/// One release decided again, as the closing entry has it.
fn again(decided: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let release = decided["record"].as_str().map_or("the release, never decided here".to_owned(), |record| {
        format!("the release of record {record}, {} then", words(&text(&decided["then"])))
    });
    let blocked = decided["blocked"].as_array().into_iter().flatten().map(|blocked| {
        let findings = blocked["findings"].as_array().into_iter().flatten();
        let findings: Vec<String> = findings
            .map(|finding| format!("{} ({})", text(&finding["gate"]), words(&text(&finding["state"]))))
            .collect();
        format!("{} blocks it by {}", text(&blocked["example"]), findings.join(", "))
    });
    let blocked: Vec<String> = blocked.collect();
    let answers = &decided["answers"];
    let of_run =
        answers["of_run"].as_u64().map_or("the run's own are not at hand".to_owned(), |n| format!("{n} of its run"));
    let given: u64 =
        answers["given"].as_array().into_iter().flatten().filter_map(|given| given["answers"].as_u64()).sum();
    let given = if given > 0 { format!(", {given} given") } else { String::new() };
    format!(
        "{release}: {} now; {}. Answers: {} of the incident{given}, {of_run}",
        words(&text(&decided["now"])),
        blocked.join("; "),
        answers["of_incident"].as_u64().unwrap_or(0)
    )
}

pub fn opened(new: &New) -> String {
    let incident = &new.incident;
    let mut out = String::new();
    let _ = writeln!(out, "opened {}", plain(&incident.id));
    row(&mut out, "class", &format!("{}, {}, owner {}", incident.class, cost(incident), incident.owner));
    match incident.decisions.as_slice() {
        [] => row(&mut out, "let through", "by no decision that is known here"),
        ids => row(&mut out, "let through", &format!("by {}", ids.join(", "))),
    }
    match &new.proposed {
        Some(id) => row(&mut out, "example", &format!("{id} is proposed: it guards once somebody accepts it")),
        None => row(&mut out, "example", "none yet: link one with `plimsoll incident link`"),
    }
    new.notes.iter().for_each(|note| row(&mut out, "note", note));
    out
}

pub fn closed(shut: &Shut) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "closed {}", plain(&shut.incident.id));
    for one in &shut.again {
        row(&mut out, "decided", &again(&one.kept));
        for (example, found) in &one.examples {
            if let Ok(findings) = found {
                findings.iter().for_each(|finding| row(&mut out, "", &format!("{example}: {finding}")));
            }
        }
    }
    match shut.armed.as_slice() {
        [] => row(&mut out, "guards", "armed already, or never rules that need no arming"),
        ids => row(&mut out, "armed", &format!("{}: a candidate that fails it is blocked from now on", ids.join(", "))),
    }
    out
}

/// The incidents that a decision let through, below what was decided; nothing where there is none.
pub fn let_through(incidents: &[Incident]) -> String {
    let mut out = String::new();
    for incident in incidents {
        let standing = incident.standing().as_str();
        row(&mut out, "let through", &format!("incident {} ({standing}): {}", incident.id, incident.what));
    }
    out
}

fn incident_json(incident: &Incident) -> Value {
    json!({
        "id": incident.id, "name": incident.name, "state": incident.standing().as_str(), "class": incident.class.as_str(),
        "cost": incident.cost.map(|cost| cost.get()), "owner": incident.owner.as_str(), "trace": incident.trace,
        "what": incident.what, "happened_at": incident.happened_at,
        "opened": {"at": incident.opened.at, "by": incident.opened.by},
        "covered": incident.covered.as_ref().map(|covered| {
            json!({"at": covered.said.at, "by": covered.said.by, "seen_by": covered.seen_by})
        }),
        "closed": incident.closed.as_ref().map(|closed| {
            json!({"at": closed.said.at, "by": closed.said.by, "decided": closed.decided})
        }),
        "seconds_to_covered": incident.seconds_to_covered(),
        "decisions": incident.decisions, "examples": incident.examples, "answer": incident.answer,
    })
}

fn listed_json(listed: &Listed) -> Value {
    let mut whole = incident_json(&listed.incident);
    let decision = |entry: &Entry| json!({"record": entry.subject, "kind": entry.body["kind"], "decision": entry.body["decision"], "at": entry.body["at"]});
    whole["let_through_by"] = listed.decisions.iter().map(decision).collect();
    whole["target"] = json!(listed.timing.as_str());
    whole["due"] = json!(listed.due);
    whole
}

pub fn list_json(list: &List) -> Value {
    json!({
        "cover_within_days": list.within_days,
        "middle_seconds_to_covered": list.middle,
        "incidents": list.shown().map(listed_json).collect::<Vec<_>>(),
    })
}

pub fn whole_json(whole: &Whole) -> Value {
    let mut json = listed_json(&whole.listed);
    json["cover_within_days"] = json!(whole.within_days);
    let seen = |seen: &Seen| {
        let mut seen_json = seen.to_json();
        seen_json["why_not"] = if seen.is_seen() { Value::Null } else { json!(seen.why_not()) };
        seen_json
    };
    json["seen"] = whole.seen.iter().map(seen).collect();
    let entry = |entry: &Entry| json!({"at": entry.at, "what": entry.what, "by": entry.author, "why": entry.why});
    json["history"] = whole.history.iter().map(entry).collect();
    json
}

pub fn opened_json(new: &New) -> Value {
    json!({"incident": incident_json(&new.incident), "proposed": new.proposed, "notes": new.notes})
}

pub fn closed_json(shut: &Shut) -> Value {
    json!({"incident": incident_json(&shut.incident), "armed": shut.armed})
}

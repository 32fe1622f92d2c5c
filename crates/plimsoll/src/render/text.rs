//! A decision for the terminal: at most 80 columns wide, colours only where they help and are shown.

use super::read::{Shown, gravest_first, headline, percent, plain, plural, told, words};
use super::spread::tables;
use super::width::{padded, width, wrap};
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use std::fmt::Write;

const WIDTH: usize = 80;
/// Width of the labels on the left.
const LABEL: usize = 11;
/// Rows that are listed before the rest is counted.
const LISTED: usize = 12;

fn bold() -> Style {
    Style::new().bold()
}

fn colour_of(state: &str) -> Style {
    let colour = match state {
        "holds" | "ship" => AnsiColor::Green,
        "not_shown" | "no_data" | "narrow_rollout" | "unfit" | "error" | "cannot_decide" => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    };
    Style::new().fg_color(Some(colour.into()))
}

/// The whole decision.
pub fn decision(shown: &Shown) -> String {
    let mut out = String::new();
    if shown.is_override() {
        return overriding(shown);
    }
    head(shown, &mut out);
    routes(shown, &mut out);
    findings(shown, &mut out);
    changed(shown, &mut out);
    spread(shown, &mut out);
    next(shown, &mut out);
    foot(shown, &mut out);
    out
}

fn head(shown: &Shown, out: &mut String) {
    let decision = shown.text("decision");
    let style = colour_of(decision).bold();
    let contract = &shown.content["contract"];
    let word = headline(decision);
    let name = plain(contract["name"].as_str().unwrap_or(""));
    let wide = width(&word);
    for (at, line) in wrap(&name, WIDTH.saturating_sub(wide + 3)).iter().enumerate() {
        let word = if at == 0 { word.as_str() } else { "" };
        let _ = writeln!(out, "{style}{}{style:#}   {line}", padded(word, wide));
    }
    if contract["simulated"] == Value::Bool(true) {
        row(out, "simulated", "its examples and answers are scripted, not traffic");
    }
    row(out, "release", contract["release"].as_str().unwrap_or(""));
    row(out, "rule", shown.text("deciding_rule"));
    row(out, "split", shown.split().unwrap_or(""));
    shown.overridden().iter().for_each(|said| row(out, "overridden", said));
    shown.drifted().iter().for_each(|said| row(out, "traffic", said));
    if let Some(approval) = shown.content["approval"].as_object() {
        let by = approval["by"].as_str().unwrap_or("");
        row(out, "approved", &format!("the changed contract, by {by}: {}", approval["reason"].as_str().unwrap_or("")));
    }
    let _ = writeln!(out);
}

/// A labelled text, wrapped.
fn row(out: &mut String, label: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let text = plain(text);
    let mut first = true;
    for line in wrap(&text, WIDTH - LABEL - 1) {
        let shown = if first { label } else { "" };
        let style = bold();
        let _ = writeln!(out, " {style}{shown:<LABEL$}{style:#}{line}");
        first = false;
    }
}

fn routes(shown: &Shown, out: &mut String) {
    let mut label = "route";
    for route in shown.list("routes") {
        let to = shown.goes_to(route);
        let traffic = route["traffic"]
            .as_f64()
            .map_or_else(String::new, |_| format!(" ({} {})", percent(&route["traffic"]), shown.whole(route)));
        row(out, label, &format!("{}{traffic} -> {to}", route["when"].as_str().unwrap_or("")));
        label = "";
    }
    let _ = writeln!(out);
}

fn findings(shown: &Shown, out: &mut String) {
    let candidate = |finding: &&Value| finding["arm"] == "candidate";
    let all: Vec<&Value> = shown.list("findings").iter().filter(candidate).collect();
    let blocking = |finding: &&&Value| finding["blocking"] == Value::Bool(true);
    let open: Vec<&Value> =
        all.iter().filter(blocking).filter(|finding| finding["state"] != "holds").copied().collect();
    let held: Vec<&Value> =
        all.iter().filter(blocking).filter(|finding| finding["state"] == "holds").copied().collect();
    let advisory: Vec<&Value> = all.iter().filter(|finding| !blocking(finding)).copied().collect();
    group(out, "why", &gravest_first(open));
    group(out, "holds", &held);
    group(out, "advisory", &advisory);
    let wrong = |finding: &&Value| !matches!(finding["state"].as_str(), Some("holds" | "not_shown" | "no_data"));
    let of =
        |arm: &str| -> Vec<&Value> { shown.list("findings").iter().filter(|finding| finding["arm"] == arm).collect() };
    let production: Vec<&Value> = of("production").into_iter().filter(wrong).collect();
    group(out, "production", &production);
    fallback(shown, &of("fallback"), out);
}

/// The fallback matters where production must not answer; elsewhere one line says how it stands.
fn fallback(shown: &Shown, findings: &[&Value], out: &mut String) {
    let is_needed = |route: &Value| route["system"] == "fallback" || route["stop_accepting"] == Value::Bool(true);
    let open: Vec<&Value> = findings.iter().filter(|finding| finding["state"] != "holds").copied().collect();
    if shown.list("routes").iter().any(is_needed) {
        group(out, "fallback", &open);
    } else if !open.is_empty() {
        let (open, all) = (open.len(), findings.len());
        row(out, "fallback", &format!("{open} of its {all} findings do not hold; no cell needs it"));
        let _ = writeln!(out);
    }
}

fn group(out: &mut String, label: &str, findings: &[&Value]) {
    if findings.is_empty() {
        return;
    }
    let mut label = label;
    for finding in findings.iter().take(LISTED) {
        let state = finding["state"].as_str().unwrap_or("");
        let style = colour_of(state);
        let bold = bold();
        let arm = match finding["arm"].as_str() {
            Some("candidate") | None => String::new(),
            Some(arm) => format!("{arm}, "),
        };
        let name = plain(&format!(
            "{arm}{}, {}",
            finding["gate"].as_str().unwrap_or(""),
            finding["segment"].as_str().unwrap_or("")
        ));
        for (at, line) in wrap(&name, WIDTH - LABEL - 14).iter().enumerate() {
            let (label, state) = if at == 0 { (label, words(state)) } else { ("", String::new()) };
            let _ = writeln!(out, " {bold}{label:<LABEL$}{bold:#}{style}{state:<12}{style:#} {line}");
        }
        let owner = finding["owner"].as_str().map_or_else(String::new, |owner| format!(" [{owner}]"));
        for line in wrap(&plain(&format!("{}{owner}", told(finding))), WIDTH - LABEL - 14) {
            let _ = writeln!(out, " {:<LABEL$}{:<12} {line}", "", "");
        }
        label = "";
    }
    if findings.len() > LISTED {
        row(out, "", &format!("and {} more", findings.len() - LISTED));
    }
    let _ = writeln!(out);
}

fn changed(shown: &Shown, out: &mut String) {
    let changed = &shown.content["changed"];
    let count = |of: &Value, key: &str| of[key].as_u64().unwrap_or(0);
    let (worse, better) = (count(changed, "worse"), count(changed, "better"));
    let mut where_it_changed = format!("{} got worse than production, {better} better", plural(worse, "example"));
    let segments = changed["by_segment"].as_array().into_iter().flatten();
    let most: Vec<String> = segments
        .filter(|segment| count(segment, "worse") > 0)
        .take(3)
        .map(|segment| format!("{} in {}", count(segment, "worse"), segment["segment"].as_str().unwrap_or("")))
        .collect();
    if !most.is_empty() {
        where_it_changed += &format!("; of the worse, {}", most.join(", "));
    }
    if shown.has("production") {
        row(out, "where", &where_it_changed);
    }
    if let Some(cost) = shown.cost() {
        row(out, "matters", &cost);
    }
    let _ = writeln!(out);
}

/// What repeats tell, and how latency and spend spread.
fn spread(shown: &Shown, out: &mut String) {
    for table in tables(shown) {
        for (at, told) in table.told().iter().enumerate() {
            row(out, if at == 0 { table.label } else { "" }, told);
        }
        let _ = writeln!(out);
    }
}

fn next(shown: &Shown, out: &mut String) {
    let mut label = "next";
    let follow_ups = shown.list("follow_ups");
    for follow_up in follow_ups.iter().take(LISTED) {
        let owner = follow_up["owner"].as_str().unwrap_or("nobody owns this yet");
        row(out, label, &format!("{} [{owner}]", follow_up["what"].as_str().unwrap_or("")));
        label = "";
    }
    if follow_ups.len() > LISTED {
        row(out, "", &format!("and {} more", follow_ups.len() - LISTED));
    }
    if !follow_ups.is_empty() {
        let _ = writeln!(out);
    }
}

fn foot(shown: &Shown, out: &mut String) {
    row(out, "answered", &answered(shown));
    row(out, "speaks of", shown.text("describes"));
    row(out, "tested at", &look(shown));
    row(out, "fragility", &fragility(shown));
    shown.judges().iter().for_each(|judged| row(out, "judged", judged));
    let short = |text: &str| text.chars().take(8).collect::<String>();
    row(
        out,
        "rests on",
        &format!(
            "contract {}, reference set {}, scores {}",
            short(shown.content["contract"]["digest"].as_str().unwrap_or("")),
            short(shown.content["reference_set"]["digest"].as_str().unwrap_or("none")),
            short(shown.content["scores"]["digest"].as_str().unwrap_or(""))
        ),
    );
    if let Some(record) = shown.content["contract"]["changed_since"].as_str() {
        row(out, "contract", &format!("not the one of decision {record}: what is asked has changed since"));
    }
    if let Some(aligned) = shown.content["reference_set"]["alignment"].as_object() {
        row(out, "examples", &alignment(aligned));
    }
    for (at, line) in shown.since().iter().enumerate() {
        row(out, if at == 0 { "set" } else { "" }, line);
    }
    let id = shown.envelope["id"].as_str().unwrap_or("");
    row(out, "record", &format!("{id} ({})", shown.signed()));
}

/// What became of every planned answer and grade: nothing leaves the denominator.
pub fn answered(shown: &Shown) -> String {
    let systems = shown.list("systems");
    let each = |key: &str| {
        let counts: Vec<String> =
            systems.iter().map(|system| system[key].as_u64().map_or("?".to_owned(), |n| n.to_string())).collect();
        counts.join(" / ")
    };
    let names: Vec<&str> = systems.iter().filter_map(|system| system["arm"].as_str()).collect();
    format!(
        "{} of {} planned ({}); failed to answer {}, not run {}, grades missing {}",
        each("answered"),
        each("planned"),
        names.join(" / "),
        each("system_errors"),
        each("not_run"),
        each("grader_errors")
    )
}

pub fn look(shown: &Shown) -> String {
    let look = &shown.content["look"];
    let level = level(&look["level"]);
    match look["number"].as_u64() {
        Some(number) => format!("look {number}, level {level}"),
        None => format!("first decision here; none to compare with, so that it counts as look 1; level {level}"),
    }
}

fn level(value: &Value) -> String {
    value.as_f64().map_or_else(|| "unknown".to_owned(), domain::finding::figures::level)
}

pub fn fragility(shown: &Shown) -> String {
    let is_never = |finding: &Value| finding["rule"] == "never" && !finding["fragility"].is_null();
    let released = || shown.list("routes").iter().any(|route| route["system"] == "candidate");
    match shown.content["fragility"].as_u64() {
        None if released() && shown.list("findings").iter().any(is_never) => {
            "a never rule has no grade to spare; of what else decides it is unknown".to_owned()
        }
        None if released() => "unknown: no grade of what decides can be flipped".to_owned(),
        None => "no flip of grades would let the candidate through".to_owned(),
        Some(grades) => {
            let care = if grades <= 2 { ": handle with care" } else { "" };
            format!("{} flipped would change a finding that decides{care}", plural(grades, "grade"))
        }
    }
}

/// How the reference set lies to the one of the decision before.
pub fn alignment(aligned: &serde_json::Map<String, Value>) -> String {
    let count = |key: &str| aligned.get(key).and_then(Value::as_u64);
    let record = aligned.get("record").and_then(Value::as_str).unwrap_or("");
    let since = record;
    match (count("matched"), count("changed"), count("only_here"), count("only_there")) {
        (Some(matched), Some(changed), Some(here), Some(there)) => {
            format!(
                "beside decision {since}: {matched} matched, {changed} changed, {here} only here, {there} only there"
            )
        }
        _ => format!("beside decision {since}: unknown, that run is no longer kept"),
    }
}

fn overriding(shown: &Shown) -> String {
    let mut out = String::new();
    let style = Style::new().bold();
    let _ = writeln!(out, "{style}OVERRIDE{style:#}   of {}", plain(shown.text("override_of")));
    row(&mut out, "by", &format!("{} ({})", shown.text("by"), shown.signed()));
    row(&mut out, "reason", shown.text("reason"));
    row(&mut out, "scope", shown.text("scope"));
    row(&mut out, "until", shown.text("expires"));
    if shown.content["author_known"] == Value::Bool(false) {
        row(&mut out, "unknown", "who made the run, which whoever overrides it must not have done");
    }
    row(&mut out, "note", "an override never changes an exit code, and never reads as a pass");
    row(&mut out, "record", shown.envelope["id"].as_str().unwrap_or(""));
    out
}

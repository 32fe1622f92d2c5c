//! `examples show`

use super::{number, row};
use crate::app::examples::show::{Document, Shown};
use crate::app::examples::weighed_word;
use crate::render::read::{plain, plural};
use crate::render::width::broken;
use anstyle::Style;
use domain::example::{Expect, Guard, Status};
use domain::provenance::{Provenance, Sampled, SourceKind, Weight};
use serde_json::{Value, json};
use std::fmt::Write;

const WIDTH: usize = 80;
/// Width of the column in which speakers and fields stand.
const SPEAKER: usize = 11;

pub fn show_text(shown: &Shown) -> String {
    let mut out = String::new();
    let (example, bold) = (&shown.example, Style::new().bold());
    let place = format!("{}:{}", shown.file, shown.row.kept.line);
    let _ = writeln!(out, "{bold}{}{bold:#}   {}\n", plain(example.id.as_str()), plain(&place));
    row(&mut out, "status", &status_text(&example.status));
    if let Some(task) = &example.task {
        row(&mut out, "task", task.as_str());
    }
    row(&mut out, "from", &provenance_text(example.provenance.as_ref()));
    if let Some(source) = &shown.source {
        row(&mut out, "copied to", source.as_str());
    }
    row(&mut out, "counts", &counts_text(shown));
    let mates = match shown.cluster_mates {
        0 => String::new(),
        mates => format!(", with {}", plural(mates, "other active example")),
    };
    row(&mut out, "cluster", &format!("{}{mates}", shown.row.cluster));
    let attributes: Vec<String> = example
        .attributes
        .iter()
        .filter(|(name, _)| name.as_str() != "task")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !attributes.is_empty() {
        row(&mut out, "attributes", &attributes.join(", "));
    }
    if !shown.segments.is_empty() {
        row(&mut out, "segments", &shown.segments.join(", "));
    }
    relations(&mut out, shown);
    row(&mut out, "digest", &example.digest.to_string());
    let _ = writeln!(out);
    asked(&mut out, &shown.line["input"]);
    if let Some(expected) = shown.line["expected"].as_object() {
        let _ = writeln!(out);
        let mut label = "expected";
        for (name, value) in expected {
            row(&mut out, label, &format!("{name}: {}", said(value)));
            label = "";
        }
    }
    if !shown.line["labels"].is_null() {
        row(&mut out, "labels", &said(&shown.line["labels"]));
    }
    out
}

fn relations(out: &mut String, shown: &Shown) {
    let example = &shown.example;
    if let Some(owner) = &example.owner {
        row(out, "owner", owner.as_str());
    }
    if let Some(date) = &example.review_by {
        row(out, "review by", &format!("{date}{}", if shown.overdue { ": overdue" } else { "" }));
    }
    match example.guard {
        Guard::No => {}
        Guard::WhenFixed => row(out, "guard", "must not fail again once any system has passed it"),
        Guard::Armed => row(out, "guard", "armed: must not fail again"),
    }
    if example.never {
        row(out, "never", "any failure on it is a failed never rule");
    }
    if let Some((base, expect)) = &shown.base {
        row(out, "variant of", &format!("{base}: {}", expected_text(expect)));
    } else if let Some(base) = &example.variant_of {
        row(out, "variant of", base.as_str());
    }
    let mut label = "variants";
    for (variant, expect) in &shown.variants {
        row(out, label, &format!("{variant}: {}", expected_text(expect)));
        label = "";
    }
    let mut label = "rests on";
    for document in &shown.documents {
        row(out, label, &document_text(document));
        label = "";
    }
    if !shown.same_input.is_empty() {
        let what = if shown.conflict { "and expects something else" } else { "a duplicate" };
        row(out, "same input", &format!("as {}: {what}", shown.same_input.join(", ")));
    }
}

fn document_text(Document { name, version, in_force }: &Document) -> String {
    match in_force {
        Some(now) if now == version => format!("{name} {version}, which is in force"),
        Some(now) => format!("{name} {version}, and {now} is in force: check what is expected"),
        None => format!("{name} {version}; the contract's `documents` do not name it"),
    }
}

fn status_text(status: &Status) -> String {
    match status {
        Status::Active => "active".to_owned(),
        Status::Proposed => "proposed: not asked, never counted".to_owned(),
        Status::Quarantined { reason } => format!("quarantined: {reason}"),
        Status::Retired { reason } => format!("retired: {reason}"),
    }
}

fn provenance_text(provenance: Option<&Provenance>) -> String {
    let Some(provenance) = provenance else { return "unknown: it has no provenance".to_owned() };
    let mut text = provenance.source.as_str().replace('_', " ");
    let mut add = |what: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text += &format!(", {what} {value}");
        }
    };
    add("by the rule", Some(provenance.rule.as_str()));
    add("captured", provenance.captured_at.as_deref());
    add("trace", provenance.trace.as_deref());
    add("incident", provenance.incident.as_deref());
    add("author", provenance.author.as_deref());
    text
}

fn counts_text(shown: &Shown) -> String {
    let source = shown.example.provenance.as_ref().map(|provenance| provenance.source);
    match (shown.row.weight, shown.example.provenance.as_ref().map(|provenance| provenance.sampled)) {
        (Weight::Sampled(weight), Some(Sampled::Probability(chance))) => {
            format!("{} toward production rates: drawn with a chance of {}", number(weight.get()), chance.get())
        }
        (Weight::Sampled(weight), _) => format!("{} toward production rates, as its weight says", number(weight.get())),
        (Weight::Assumed, _) => "1: with no provenance, rates describe this set and not traffic".to_owned(),
        (Weight::None, _) => match source {
            Some(SourceKind::Traffic) => "toward no rate: the chance with which it was drawn is unknown".to_owned(),
            Some(SourceKind::Synthetic | SourceKind::Demo) => "toward no rate: it was made, not sampled".to_owned(),
            Some(_) => "toward no rate: it was chosen, not sampled".to_owned(),
            None => "toward no rate: a variant is judged against its base".to_owned(),
        },
    }
}

fn expected_text(expect: &Expect) -> String {
    match expect {
        Expect::Same => "the same decision is expected".to_owned(),
        Expect::Changed { direction: None } => "a changed decision is expected".to_owned(),
        Expect::Changed { direction: Some(direction) } => format!("a change is expected: {direction}"),
    }
}

/// Messages as a conversation, then what else the system is given.
fn asked(out: &mut String, input: &Value) {
    match input {
        Value::String(text) => speech(out, "asked", text),
        Value::Object(fields) => {
            for message in fields.get("messages").and_then(Value::as_array).into_iter().flatten() {
                let role = message["role"].as_str().unwrap_or("?");
                speech(out, role, &said(&message["content"]));
                for (key, value) in message.as_object().into_iter().flatten() {
                    if !["role", "content"].contains(&key.as_str()) {
                        speech(out, "", &format!("{key}: {}", said(value)));
                    }
                }
            }
            for source in fields.get("sources").and_then(Value::as_array).into_iter().flatten() {
                speech(out, "source", &source_text(source));
            }
            for tool in fields.get("tools").and_then(Value::as_array).into_iter().flatten() {
                speech(out, "tool", &tool_text(tool));
            }
            for (key, value) in
                fields.iter().filter(|(key, _)| !["messages", "sources", "tools"].contains(&key.as_str()))
            {
                speech(out, key, &said(value));
            }
        }
        other => speech(out, "asked", &said(other)),
    }
}

fn source_text(source: &Value) -> String {
    let text = |key: &str| source[key].as_str().filter(|text| !text.is_empty());
    let about: Vec<&str> = ["version", "date", "quality"].into_iter().filter_map(text).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let content = text("text").map_or_else(String::new, |text| format!(": {text}"));
    format!("{}{about}{content}", text("id").unwrap_or("?"))
}

fn tool_text(tool: &Value) -> String {
    let properties = tool["parameters"]["properties"].as_object();
    let takes: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let about = tool["description"].as_str().map_or_else(String::new, |text| format!(": {text}"));
    format!("{}({}){about}", tool["name"].as_str().unwrap_or("?"), takes.join(", "))
}

/// Text as it is, parts of text one after the other, anything else as JSON.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        Value::Array(parts) if !parts.is_empty() && parts.iter().all(|part| part["text"].is_string()) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        other => other.to_string(),
    }
}

/// Who or what, and what is said, in as many lines as it has.
fn speech(out: &mut String, who: &str, text: &str) {
    let style = Style::new().bold();
    let mut who = super::cut(who, SPEAKER - 1);
    for line in text.split('\n') {
        for line in broken(&plain(line.trim_end_matches('\r')), WIDTH - SPEAKER - 1) {
            let _ = writeln!(out, " {style}{who:<SPEAKER$}{style:#}{line}");
            who.clear();
        }
    }
}

pub fn show_json(shown: &Shown) -> String {
    let example = &shown.example;
    let expect = |expect: &Expect| match expect {
        Expect::Same => json!("same"),
        Expect::Changed { direction: None } => json!("changed"),
        Expect::Changed { direction: Some(direction) } => json!({"changed": direction}),
    };
    let status = match &example.status {
        Status::Active => json!({"state": "active"}),
        Status::Proposed => json!({"state": "proposed"}),
        Status::Quarantined { reason } => json!({"state": "quarantined", "reason": reason}),
        Status::Retired { reason } => json!({"state": "retired", "reason": reason}),
    };
    let documents: Vec<Value> = shown
        .documents
        .iter()
        .map(|document| {
            json!({
                "source": document.name, "version": document.version, "in_force": document.in_force,
                "current": document.in_force.as_ref().map(|now| *now == document.version),
            })
        })
        .collect();
    let pair = |(id, of): &(String, Expect)| json!({"id": id, "expect": expect(of)});
    let whole = json!({
        "id": example.id.as_str(), "file": shown.file, "line": shown.row.kept.line, "digest": example.digest.to_string(),
        "status": status, "task": example.task.as_ref().map(|task| task.as_str()),
        "weight": shown.row.weight.get(), "weighed": weighed_word(shown.row.weight), "counts": counts_text(shown),
        "cluster": shown.row.cluster.as_str(), "others_in_cluster": shown.cluster_mates, "segments": shown.segments,
        "base": shown.base.as_ref().map(pair), "variants": shown.variants.iter().map(pair).collect::<Vec<_>>(),
        "guard": match example.guard { Guard::No => "no", Guard::WhenFixed => "when_fixed", Guard::Armed => "armed" },
        "never": example.never, "depends_on": documents, "overdue": shown.overdue,
        "same_input": shown.same_input, "conflict": shown.conflict, "source": shown.source, "example": shown.line,
    });
    format!("{whole:#}\n")
}

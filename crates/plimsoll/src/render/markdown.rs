//! A decision as Markdown, for pull requests. Outside text is escaped.

use super::read::{Shown, gravest_first, headline, percent, plain, told, words};
use super::spread::tables;
use super::text::{answered, fragility, look};
use serde_json::Value;
use std::fmt::Write;

pub fn decision(shown: &Shown) -> String {
    let mut out = String::new();
    if shown.is_override() {
        let _ = writeln!(out, "## Override of `{}`\n", escaped(shown.text("override_of")));
        for (label, key) in [("By", "by"), ("Reason", "reason"), ("Scope", "scope"), ("Until", "expires")] {
            let _ = writeln!(out, "- {label}: {}", escaped(shown.text(key)));
        }
        let _ = writeln!(out, "- {}", shown.signed());
        return out;
    }
    let contract = &shown.content["contract"];
    let _ = writeln!(
        out,
        "## {}: {}\n",
        headline(shown.text("decision")),
        escaped(contract["name"].as_str().unwrap_or(""))
    );
    if contract["simulated"] == Value::Bool(true) {
        let _ = writeln!(out, "**Simulated**: its examples and answers are scripted, not traffic.\n");
    }
    let _ = writeln!(out, "{}.\n", escaped(shown.text("deciding_rule")));
    for said in shown.overridden() {
        let _ = writeln!(out, "**Overridden** {}; the decision stands as it is.\n", escaped(&said));
    }
    if let Some(said) = shown.split() {
        let _ = writeln!(out, "**{}**.\n", escaped(said));
    }
    for said in shown.drifted() {
        let _ = writeln!(out, "Traffic: {}.\n", escaped(said));
    }
    for judged in shown.judges() {
        let _ = writeln!(out, "Judged: {}.\n", escaped(&judged));
    }
    let _ = writeln!(out, "| when | {} | goes to |\n| --- | ---: | --- |", shown.whole_of_routes());
    for route in shown.list("routes") {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            escaped(route["when"].as_str().unwrap_or("")),
            percent(&route["traffic"]),
            escaped(&shown.goes_to(route))
        );
    }
    next(shown, &mut out);
    facts(shown, &mut out);
    let (candidate, others): (Vec<&Value>, Vec<&Value>) =
        shown.list("findings").iter().partition(|finding| finding["arm"] == "candidate");
    findings(&gravest_first(candidate), &mut out);
    if let Some(others_stand) = shown.others() {
        let _ = writeln!(out, "\n<details><summary>{others_stand}</summary>");
        findings(&others, &mut out);
        let _ = writeln!(out, "\n</details>");
    }
    spread(shown, &mut out);
    let since = shown.since();
    if !since.is_empty() {
        let _ = writeln!(out, "\n### The reference set\n");
    }
    for line in since {
        let _ = writeln!(out, "- {}", escaped(&line));
    }
    let _ = writeln!(out, "\nRecord `{}` ({}).", shown.envelope["id"].as_str().unwrap_or(""), shown.signed());
    out
}

/// Who does what.
fn next(shown: &Shown, out: &mut String) {
    let _ = writeln!(out, "\n### Next\n");
    for follow_up in shown.list("follow_ups") {
        let owner = follow_up["owner"].as_str().unwrap_or("nobody owns this yet");
        let _ = writeln!(out, "- {} ({})", escaped(follow_up["what"].as_str().unwrap_or("")), escaped(owner));
    }
    if shown.list("follow_ups").is_empty() {
        let _ = writeln!(out, "Nothing is left to do.");
    }
}

/// What the numbers speak of, what the change costs, what became of every planned answer, at which level it was decided, and how firmly.
fn facts(shown: &Shown, out: &mut String) {
    let _ = writeln!(out, "\n### What it rests on\n\n- speaks of: {}", escaped(shown.text("describes")));
    if let Some(cost) = shown.cost() {
        let _ = writeln!(out, "- matters: {}", escaped(&cost));
    }
    for (label, said) in [("answered", answered(shown)), ("tested at", look(shown)), ("fragility", fragility(shown))] {
        let _ = writeln!(out, "- {label}: {}", escaped(&said));
    }
}

fn findings(findings: &[&Value], out: &mut String) {
    let _ = writeln!(out, "\n| gate | segment | arm | state | seen | owner |\n| --- | --- | --- | --- | --- | --- |");
    for finding in findings {
        let advisory = if finding["blocking"] == Value::Bool(true) { "" } else { " (advisory)" };
        let _ = writeln!(
            out,
            "| {}{advisory} | {} | {} | **{}** | {} | {} |",
            escaped(finding["gate"].as_str().unwrap_or("")),
            escaped(finding["segment"].as_str().unwrap_or("")),
            escaped(finding["arm"].as_str().unwrap_or("")),
            escaped(&words(finding["state"].as_str().unwrap_or(""))),
            escaped(&told(finding)),
            escaped(finding["owner"].as_str().unwrap_or(""))
        );
    }
}

/// What repeats tell, and how latency and spend spread.
fn spread(shown: &Shown, out: &mut String) {
    for table in tables(shown) {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
            format!("| {} |", cells.join(" | "))
        };
        let _ = writeln!(out, "\n### {}\n\n{}", table.title, line(&table.columns));
        let _ = writeln!(out, "|{}", " --- |".repeat(table.columns.len()));
        for row in &table.rows {
            let _ = writeln!(out, "{}", line(row));
        }
        let _ = writeln!(out, "\n{}", escaped(table.note));
    }
}

/// Text that Markdown and the HTML inside it leave alone.
pub fn escaped(text: &str) -> String {
    plain(text)
        .chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '@' => format!("\\{c}"),
            c => c.to_string(),
        })
        .collect()
}

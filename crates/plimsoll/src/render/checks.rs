//! What `check` found: for a terminal, as JSON, and as SARIF 2.1.0 for code scanning.

use super::read::{json_text, plain, plural};
use super::width::wrap;
use crate::app::check::Checked;
use crate::app::eval::Eval;
use anstyle::{AnsiColor, Style};
use domain::check::{At, CODES, CheckFinding, Severity};
use serde_json::{Value, json};
use std::fmt::Write;

const WIDTH: usize = 80;
/// Places of a block that are shown beside the first.
const SHOWN: usize = 4;

/// File, line and column of a finding.
fn place(eval: &Eval, finding: &CheckFinding) -> (String, u32, u32) {
    match &finding.place {
        At::Contract(path) => {
            let spot = eval.places.of(path);
            (eval.path.to_string(), spot.line.max(1), spot.column.max(1))
        }
        At::Example { file, line } => (file.to_string(), *line, 1),
    }
}

fn style_of(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

/// Findings of one code that are mended in one way, in the order of the first of them.
fn blocks(findings: &[CheckFinding]) -> Vec<Vec<&CheckFinding>> {
    let mut blocks: Vec<Vec<&CheckFinding>> = Vec::new();
    for finding in findings {
        let is_alike = |block: &&mut Vec<&CheckFinding>| {
            block.first().is_some_and(|first| first.code == finding.code && first.remedy == finding.remedy)
        };
        match blocks.iter_mut().find(is_alike) {
            Some(block) => block.push(finding),
            None => blocks.push(vec![finding]),
        }
    }
    blocks
}

/// What is wrong, where, and what to do; of many places the first few.
fn block(out: &mut String, eval: &Eval, alike: &[&CheckFinding]) {
    let Some((first, others)) = alike.split_first() else { return };
    let style = style_of(first.severity);
    let placed = |finding: &CheckFinding| {
        let (file, line, column) = place(eval, finding);
        format!("  --> {}:{line}:{column}", plain(&file))
    };
    let _ = writeln!(out, "{style}{}[{}]{style:#}: {}", first.severity.as_str(), first.code, plain(&first.what));
    let _ = writeln!(out, "{}", placed(first));
    for finding in others.iter().take(SHOWN) {
        let _ = writeln!(out, "{}: {}", placed(finding), plain(&finding.what));
    }
    if let Some(more @ 1..) = others.len().checked_sub(SHOWN) {
        let _ = writeln!(out, "  ... and {more} more; `--as json` lists them all");
    }
    let _ = writeln!(out, " help: {}\n", plain(&first.remedy));
}

pub fn text(eval: &Eval, checked: &Checked) -> String {
    let mut out = String::new();
    blocks(&checked.findings).iter().for_each(|alike| block(&mut out, eval, alike));
    let _ = writeln!(out, "demo eval versus production eval");
    for row in &checked.standing {
        let side = if row.holds { "production" } else { "demo" };
        let _ = writeln!(out, "  {:<19}{side}", row.row);
        for said in
            [format!("demo: {}; production: {}", row.demo, row.production), format!("here: {}", plain(&row.why))]
        {
            for (at, line) in wrap(&said, WIDTH - 6).iter().enumerate() {
                let _ = writeln!(out, "{}{line}", if at == 0 { "    " } else { "      " });
            }
        }
    }
    let count = |severity, noun| {
        plural(checked.findings.iter().filter(|finding| finding.severity == severity).count() as u64, noun)
    };
    let _ = writeln!(
        out,
        "\n{}, {}, {}; each code is explained in docs/checks.md",
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Note, "note")
    );
    out
}

pub fn json(eval: &Eval, checked: &Checked) -> String {
    let findings: Vec<Value> = checked
        .findings
        .iter()
        .map(|finding| {
            let (file, line, column) = place(eval, finding);
            json!({"code": finding.code, "severity": finding.severity.as_str(), "file": file, "line": line, "column": column, "what": finding.what, "remedy": finding.remedy})
        })
        .collect();
    let standing: Vec<Value> = checked
        .standing
        .iter()
        .map(|row| json!({"row": row.row, "demo": row.demo, "production": row.production, "stands_with": if row.holds { "production" } else { "demo" }, "why": row.why}))
        .collect();
    json_text(&json!({"findings": findings, "standing": standing}))
}

pub fn sarif(eval: &Eval, checked: &Checked) -> String {
    let rules: Vec<Value> = CODES
        .iter()
        .map(|(code, severity, title)| json!({"id": code, "shortDescription": {"text": title}, "help": {"text": format!("docs/checks.md says why, with a bad and a good one, under {code}")}, "defaultConfiguration": {"level": severity.as_str()}}))
        .collect();
    let results: Vec<Value> = checked
        .findings
        .iter()
        .map(|finding| {
            let (file, line, column) = place(eval, finding);
            json!({
                "ruleId": finding.code,
                "level": finding.severity.as_str(),
                "message": {"text": format!("{}. {}", finding.what, finding.remedy)},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(&file)}, "region": {"startLine": line, "startColumn": column}}}],
            })
        })
        .collect();
    let whole = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "plimsoll", "version": env!("CARGO_PKG_VERSION"), "rules": rules}}, "columnKind": "unicodeCodePoints", "results": results}],
    });
    json_text(&whole)
}

/// A path as a URI: readers of SARIF resolve it, and refuse blanks and letters beyond ASCII.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => uri.push(byte.into()),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

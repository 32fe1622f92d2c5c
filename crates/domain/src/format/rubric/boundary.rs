//! Examples at the boundary: items whose lines begin with what they say.
//!
//! ```text
//! - input: May I send it back after 20 days?
//!   fails: Yes, within 30 days.
//!   class: unsupported_claim
//!   why: no source says 30 days
//! ```

use super::body::{self, Item, Line, Section};
use crate::format::yaml::{Reader, meant};
use crate::name::ClassName;
use crate::rubric::{Boundary, Kind, Mark};

const LABELS: [&str; 5] = ["input", "passes", "fails", "class", "why"];
const SCALE_LABELS: [&str; 4] = ["input", "scores", "class", "why"];

pub fn read(reader: &mut Reader, section: &Section, kind: &Kind, classes: &[ClassName]) -> Vec<Boundary> {
    section.items.iter().filter_map(|item| one(reader, item, kind, classes)).collect()
}

/// A line's label, its value, and where it stands.
struct Part<'i> {
    label: &'static str,
    /// The level that `scores` names.
    level: Option<String>,
    text: String,
    line: &'i Line,
}

fn one(reader: &mut Reader, item: &Item, kind: &Kind, classes: &[ClassName]) -> Option<Boundary> {
    let parts = parts(reader, item, kind)?;
    let first = item.lines.first();
    for (at, part) in parts.iter().enumerate() {
        let same = |other: &Part| other.label == part.label || (is_verdict(other) && is_verdict(part));
        if parts.iter().take(at).any(same) {
            let what = match is_verdict(part) {
                true => "this example has a verdict already".to_owned(),
                false => format!("`{}` is given twice", part.label),
            };
            reader.fault(part.line.start(), what, "make it an example of its own, or take it out");
        }
    }
    let Some(verdict) = parts.iter().find(|part| is_verdict(part)) else {
        let help = match kind {
            Kind::Scale { .. } => "write `scores LEVEL:` and the answer",
            _ => "write `passes:` or `fails:` and the answer",
        };
        reader.missing(first.map(Line::start).unwrap_or_default(), "an example at the boundary has a verdict", help);
        return None;
    };
    let text = |label: &str| parts.iter().find(|part| part.label == label).map(|part| part.text.clone());
    let (answer, why) = match text("why") {
        Some(why) => (verdict.text.clone(), Some(why)),
        None => because(&verdict.text),
    };
    for told in [Some(&answer), why.as_ref(), text("input").as_ref()].into_iter().flatten() {
        body::filled(reader, Some(verdict.line), told);
    }
    let mark = mark(reader, verdict, kind)?;
    let class = parts.iter().find(|part| part.label == "class").map(|part| class(reader, part, mark, classes));
    Some(Boundary { input: text("input"), answer, mark, class, why })
}

fn is_verdict(part: &Part) -> bool {
    matches!(part.label, "passes" | "fails" | "scores")
}

fn mark(reader: &mut Reader, verdict: &Part, kind: &Kind) -> Option<Mark> {
    let Kind::Scale { levels, .. } = kind else {
        return Some(if verdict.label == "passes" { Mark::Passes } else { Mark::Fails });
    };
    let name = verdict.level.as_deref().unwrap_or("");
    let at = levels.iter().position(|level| level.name == name);
    if at.is_none() {
        let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
        let help = format!("{}levels: {}", meant(name, names.iter().copied()), names.join(", "));
        reader.fault(verdict.line.start(), format!("`{name}` is no level of the scale"), help);
    }
    at.map(Mark::Level)
}

fn class(reader: &mut Reader, part: &Part, mark: Mark, classes: &[ClassName]) -> ClassName {
    let class = ClassName::new(part.text.trim().trim_matches('`'));
    if mark == Mark::Passes {
        reader.fault(part.line.start(), "an answer that passes has no failure class", "take `class` out");
    } else if !classes.contains(&class) {
        let names: Vec<&str> = classes.iter().map(ClassName::as_str).collect();
        let help = format!(
            "{}name it in an item of `## Fail`; named so far: {}",
            meant(class.as_str(), names.iter().copied()),
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        );
        reader.fault(part.line.start(), format!("`{class}` is no class that this rubric names"), help);
    }
    class
}

/// `the answer because the reason`, as people write it on one line.
fn because(text: &str) -> (String, Option<String>) {
    if let Some(answer) = text.strip_suffix(" because") {
        return (answer.to_owned(), None);
    }
    match text.rsplit_once(" because ") {
        Some((answer, why)) => (answer.trim().to_owned(), Some(why.trim().to_owned())),
        None => (text.to_owned(), None),
    }
}

fn parts<'i>(reader: &mut Reader, item: &'i Item, kind: &Kind) -> Option<Vec<Part<'i>>> {
    let labels: &[&'static str] = if let Kind::Scale { .. } = kind { &SCALE_LABELS } else { &LABELS };
    let mut parts: Vec<Part> = Vec::new();
    for line in &item.lines {
        match label(&line.text, labels) {
            Some((label, level, text)) => parts.push(Part { label, level, text: text.trim().to_owned(), line }),
            None => {
                let word = line.text.split(':').next().filter(|word| word.len() < line.text.len()).unwrap_or("");
                let slip = crate::fault::closest(word, labels.iter().copied()).is_some() && !word.contains(' ');
                let Some(part) = parts.last_mut().filter(|_| !slip) else {
                    let help =
                        format!("{}begin with one of {}", meant(word, labels.iter().copied()), labels.join(", "));
                    reader.fault(line.start(), "this line does not say what it is", help);
                    return None;
                };
                part.text.push('\n');
                part.text.push_str(line.text.trim_end());
            }
        }
    }
    for part in &mut parts {
        part.text = part.text.trim().to_owned();
    }
    Some(parts)
}

/// `label: text`, or `scores LEVEL: text`.
fn label<'t>(line: &'t str, labels: &[&'static str]) -> Option<(&'static str, Option<String>, &'t str)> {
    let (head, text) = line.split_once(':')?;
    if !text.is_empty() && !text.starts_with(char::is_whitespace) {
        return None;
    }
    let (word, level) = match head.trim().split_once(' ') {
        Some((word, level)) => (word, Some(level.trim().to_owned())),
        None => (head.trim(), None),
    };
    let label = labels.iter().find(|label| **label == word)?;
    // Only a score has a level.
    (level.is_some() == (*label == "scores")).then_some((*label, level, text))
}

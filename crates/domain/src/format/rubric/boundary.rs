//! Examples at the boundary: items whose lines begin with what they say.
//!
//! ```text
//! - input: May I send it back after 20 days?
//!   fails: Yes, within 30 days.
//!   class: unsupported_claim
//!   why: no source says 30 days
//!
//! - better: The policy says 14 days.
//!   worse: The policy says 14 days, and whoever is late may ask a colleague, who may ask another.
//! ```

use super::body::{self, Item, Line, Section};
use crate::format::yaml::{Reader, meant};
use crate::name::ClassName;
use crate::rubric::{Boundary, Kind, Mark, Pair};

const LABELS: [&str; 5] = ["input", "passes", "fails", "class", "why"];
const SCALE_LABELS: [&str; 4] = ["input", "scores", "class", "why"];
const PAIR_LABELS: [&str; 6] = ["input", "better", "worse", "tie", "class", "why"];

pub fn read(reader: &mut Reader, section: &Section, kind: &Kind, classes: &[ClassName]) -> Vec<Boundary> {
    section.items.iter().filter_map(|item| one(reader, item, kind, classes)).collect()
}

/// Examples of two answers.
pub fn pairs(reader: &mut Reader, section: &Section, classes: &[ClassName]) -> Vec<Pair> {
    section.items.iter().filter_map(|item| pair(reader, item, classes)).collect()
}

fn pair(reader: &mut Reader, item: &Item, classes: &[ClassName]) -> Option<Pair> {
    let parts = parts(reader, item, &PAIR_LABELS)?;
    for (at, part) in parts.iter().enumerate() {
        let before = parts.iter().take(at).filter(|other| other.label == part.label).count();
        if before > usize::from(part.label == "tie") {
            let what = format!("`{}` is given once too often", part.label);
            reader.fault(part.line.start(), what, "make it an example of its own, or take it out");
        }
        body::filled(reader, Some(part.line), &part.text);
    }
    let of = |label: &str| parts.iter().filter(|part| part.label == label).map(|part| part.text.clone()).collect();
    let [better, worse, ties]: [Vec<String>; 3] = ["better", "worse", "tie"].map(of);
    let (answers, is_tie) = match (better.as_slice(), worse.as_slice(), ties.as_slice()) {
        ([better, ..], [worse, ..], []) => ([better.clone(), worse.clone()], false),
        ([], [], [one, other, ..]) => ([one.clone(), other.clone()], true),
        _ => {
            let at = item.lines.first().map(Line::start).unwrap_or_default();
            let help = "write `better:` and `worse:`, or `tie:` twice, each with an answer";
            reader.missing(at, "an example at the boundary has two answers and says what they are to each other", help);
            return None;
        }
    };
    let class = parts.iter().find(|part| part.label == "class").map(|part| {
        if is_tie {
            reader.fault(part.line.start(), "where neither is worse there is no failure class", "take `class` out");
        }
        known(reader, part, body::WORSE, classes)
    });
    let text = |label: &str| parts.iter().find(|part| part.label == label).map(|part| part.text.clone());
    Some(Pair { input: text("input"), answers, is_tie, class, why: text("why") })
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
    let labels: &[&'static str] = if let Kind::Scale { .. } = kind { &SCALE_LABELS } else { &LABELS };
    let parts = parts(reader, item, labels)?;
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
    if mark == Mark::Passes {
        reader.fault(part.line.start(), "an answer that passes has no failure class", "take `class` out");
        return ClassName::new(part.text.trim().trim_matches('`'));
    }
    known(reader, part, body::FAIL, classes)
}

/// A class that items of this section name.
fn known(reader: &mut Reader, part: &Part, section: &str, classes: &[ClassName]) -> ClassName {
    let class = ClassName::new(part.text.trim().trim_matches('`'));
    if !classes.contains(&class) {
        let names: Vec<&str> = classes.iter().map(ClassName::as_str).collect();
        let help = format!(
            "{}name it in an item of `## {section}`; named so far: {}",
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

fn parts<'i>(reader: &mut Reader, item: &'i Item, labels: &[&'static str]) -> Option<Vec<Part<'i>>> {
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

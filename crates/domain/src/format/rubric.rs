//! Rubrics as Markdown with YAML in front, version 1. See `docs/formats/rubric.md`.
//!
//! in      the text of one file; the criterion that it is for, where one is at hand
//! out     a `Rubric`; or every fault of the file, each with its place
//! note    a text in brackets that nobody has filled in is a fault: no answer is held against a blank form

mod body;
mod boundary;
mod head;
mod shape;

use super::yaml::Reader;
use crate::criterion::{Criterion, Kind as Graded};
use crate::digest::Digest;
use crate::failure_class::BUILT_IN;
use crate::fault::{Fault, Faults, Place};
use crate::name::ClassName;
use crate::rubric::{Condition, Guide, Kind, Rubric};
use body::{Body, Item, Line, Section};
use camino::Utf8Path;
use head::Head;
use serde_json::Value;

/// A rubric is a page or two.
const LONGEST: usize = 1 << 20;

/// Reads one file. With a criterion, the classes that it names must be among those that the criterion protects against.
pub fn parse(file: &Utf8Path, text: &str, criterion: Option<&Criterion>) -> Result<Rubric, Faults> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > LONGEST {
        let place = Place { file: file.to_owned(), line: 1, column: 1 };
        let (what, help) = ("the file is longer than 1 MB".to_owned(), "a rubric is a page or two".to_owned());
        return Err(Fault { place, found: String::new(), what, help }.into());
    }
    let mut reader = Reader::new(file, text);
    let (parted, mut faults) = head::part(&mut reader, file, text);
    let rubric = parted.map(|(head, from)| rubric(&mut reader, &head, &Body::read(text, from), criterion));
    faults.extend(reader.finish().err().into_iter().flatten());
    Faults::none_or(faults)?;
    // Where there is no fault there is a head, and with it a rubric.
    rubric.map(Rubric::sealed).ok_or_else(|| {
        let place = Place { file: file.to_owned(), line: 1, column: 1 };
        Fault { place, found: String::new(), what: "the file says nothing".into(), help: head::START.into() }.into()
    })
}

/// The JSON Schema of what stands between the lines `---`, for editors and other programs.
pub fn json_schema() -> Value {
    let about = "What stands in front of a rubric, between two lines of three dashes.";
    super::shape::schema("Plimsoll rubric, version 1", about, &shape::HEAD)
}

fn rubric(reader: &mut Reader, head: &Head, body: &Body, criterion: Option<&Criterion>) -> Rubric {
    body.tell(reader, &head.kind);
    fits(reader, head, criterion);
    let known = Classes::of(head, criterion);
    for (class, at) in &head.classes {
        known.check(reader, class, *at);
    }
    let (good, bad) = body::guides(&head.kind);
    let good = good.and_then(|name| body.section(name));
    let bad = body.section(bad);
    let mut kind = head.kind.clone();
    if let Kind::Scale { levels, .. } = &mut kind {
        body::levels(reader, levels, body.section(body::LEVELS), head.at);
    }
    let bad = bad.map(|section| guide(reader, section, Some(&known))).unwrap_or_default();
    let good = good.map(|section| guide(reader, section, None)).unwrap_or_default();
    let mut classes: Vec<ClassName> = head.classes.iter().map(|(class, _)| class.clone()).collect();
    for class in bad.conditions.iter().filter_map(|condition| condition.class.as_ref()) {
        if !classes.contains(class) {
            classes.push(class.clone());
        }
    }
    let (boundary, pairs) = match body.section(body::BOUNDARY) {
        None => (Vec::new(), Vec::new()),
        Some(section) if kind == Kind::Pairwise => (Vec::new(), boundary::pairs(reader, section, &classes)),
        Some(section) => (boundary::read(reader, section, &kind, &classes), Vec::new()),
    };
    Rubric {
        question: head.question.clone(),
        about: body.about.clone(),
        sees: head.sees.clone(),
        boundary,
        pairs,
        kind,
        good,
        bad,
        classes,
        cannot_tell: body.section(body::CANNOT_TELL).map(Section::whole).unwrap_or_default(),
        digest: Digest::of_bytes(b""),
    }
}

/// Scores between 0 and 1 mean something only to a criterion that says what.
fn fits(reader: &mut Reader, head: &Head, criterion: Option<&Criterion>) {
    let Some(criterion) = criterion else { return };
    let graded = criterion.kind == Graded::Graded || criterion.pass_at.is_some();
    let Some(at) = head.graded_at.filter(|_| !graded) else { return };
    let what = format!("this gives scores between 0 and 1, and criterion `{}` takes pass or fail", criterion.name);
    reader.fault(at, what, "write `kind: graded` or `pass_at` at the criterion in the contract");
}

/// Items with the text before them; classes are looked for where they may be named.
fn guide(reader: &mut Reader, section: &Section, known: Option<&Classes>) -> Guide {
    let mut conditions = Vec::new();
    for item in &section.items {
        let text = item.joined();
        let (class, text) = match known.and_then(|known| known.split(reader, item, &text)) {
            Some((class, rest)) => (Some(class), rest),
            None => (None, text.clone()),
        };
        body::filled(reader, item.lines.first(), &text);
        conditions.push(Condition { class, text });
    }
    Guide { lead: section.lead(), conditions }
}

/// The classes that may be named.
struct Classes {
    /// `None`: any.
    allowed: Option<Vec<ClassName>>,
    /// Whose classes these are, for messages.
    whose: String,
}

impl Classes {
    fn of(head: &Head, criterion: Option<&Criterion>) -> Self {
        let criterion = criterion.filter(|criterion| !criterion.protects.is_empty());
        match (criterion, head.classes.is_empty()) {
            (Some(criterion), _) => Classes {
                allowed: Some(criterion.protects.clone()),
                whose: format!("what criterion `{}` protects against", criterion.name),
            },
            (None, false) => Classes {
                allowed: Some(head.classes.iter().map(|(class, _)| class.clone()).collect()),
                whose: "`classes`".to_owned(),
            },
            (None, true) => Classes { allowed: None, whose: String::new() },
        }
    }

    fn check(&self, reader: &mut Reader, class: &ClassName, at: super::yaml::Spot) {
        let Some(allowed) = self.allowed.as_ref().filter(|allowed| !allowed.contains(class)) else { return };
        let names: Vec<&str> = allowed.iter().map(ClassName::as_str).collect();
        let meant = super::yaml::meant(class.as_str(), names.iter().copied());
        let help = format!("{meant}classes here: {}", names.join(", "));
        reader.fault(at, format!("`{class}` is not among {}", self.whose), help);
    }

    /// `unsupported_claim: what it looks like`. A first word that is no class and is like none is a word of the text.
    fn split(&self, reader: &mut Reader, item: &Item, text: &str) -> Option<(ClassName, String)> {
        let (word, rest) = text.split_once(':')?;
        let word = word.trim().trim_matches('`');
        let written = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if word.is_empty() || !word.chars().all(written) || !rest.starts_with(char::is_whitespace) {
            return None;
        }
        let allowed = self.allowed.iter().flatten().map(ClassName::as_str);
        let mut known = BUILT_IN.iter().map(|(name, ..)| *name).chain(allowed);
        let like = crate::fault::closest(word, known.clone()).is_some();
        if !known.any(|name| name == word) && !word.contains('_') && !like {
            return None;
        }
        let class = ClassName::new(word);
        let at = item.lines.first().map(Line::start).unwrap_or_default();
        let spot = super::yaml::Spot { end: at.start + word.len(), ..at };
        self.check(reader, &class, spot);
        Some((class, rest.trim().to_owned()))
    }
}

//! The body: sections of Markdown, each with text and the items that follow it.
//!
//! note    remarks in `<!-- -->` are not read; headings inside a fence of backticks are text

use super::super::yaml::{Reader, Spot, meant};
use crate::rubric::{Kind, Level};

pub const PASS: &str = "Pass";
pub const FAIL: &str = "Fail";
pub const BETTER: &str = "Better";
pub const WORSE: &str = "Worse";
pub const LEVELS: &str = "Levels";
pub const BOUNDARY: &str = "At the boundary";
pub const CANNOT_TELL: &str = "Cannot tell";

pub struct Body {
    /// What stands before the first section, without the title.
    pub about: String,
    sections: Vec<Section>,
    /// A remark that is not closed.
    open: Option<Spot>,
}

pub struct Section {
    pub heading: String,
    pub at: Spot,
    lead: Vec<Line>,
    pub items: Vec<Item>,
    /// Text after the items, which belongs to none of them.
    stray: Option<Line>,
}

#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Without the dash; what follows is indented no more than the first.
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    pub at: Spot,
}

impl Line {
    /// Where it begins.
    pub fn start(&self) -> Spot {
        self.at
    }
}

impl Item {
    /// On one line.
    pub fn joined(&self) -> String {
        let parts: Vec<&str> = self.lines.iter().map(|line| line.text.trim()).filter(|line| !line.is_empty()).collect();
        parts.join(" ")
    }
}

impl Section {
    pub fn lead(&self) -> String {
        paragraphs(&self.lead)
    }

    /// Text and items as one text.
    pub fn whole(&self) -> String {
        let items = self.items.iter().map(|item| format!("- {}", item.joined()));
        let parts: Vec<String> = Some(self.lead()).into_iter().filter(|lead| !lead.is_empty()).chain(items).collect();
        parts.join("\n")
    }
}

/// The sections that say when an answer is good and when it is bad.
pub fn guides(kind: &Kind) -> (Option<&'static str>, &'static str) {
    match kind {
        Kind::Binary => (Some(PASS), FAIL),
        Kind::Pairwise => (Some(BETTER), WORSE),
        Kind::Scale { .. } => (None, FAIL),
    }
}

/// Sections of a kind of rubric, and which of them must be there.
fn wanted(kind: &Kind) -> &'static [(&'static str, bool)] {
    match kind {
        Kind::Binary => &[(PASS, true), (FAIL, true), (BOUNDARY, false), (CANNOT_TELL, false)],
        Kind::Pairwise => &[(BETTER, true), (WORSE, true), (BOUNDARY, false), (CANNOT_TELL, false)],
        Kind::Scale { .. } => &[(LEVELS, true), (FAIL, false), (BOUNDARY, false), (CANNOT_TELL, false)],
    }
}

impl Body {
    pub fn read(text: &str, from: usize) -> Self {
        let (text, open) = without_remarks(text, from);
        let mut body = Body { about: String::new(), sections: Vec::new(), open };
        let mut about = Vec::new();
        let mut fenced = false;
        for line in lines(&text, from) {
            let is_fence = line.text.trim_start().starts_with("```");
            let heading = if fenced { None } else { line.text.strip_prefix("## ") };
            fenced ^= is_fence;
            let title = !fenced && body.sections.is_empty() && line.text.starts_with("# ");
            match (heading, body.sections.last_mut()) {
                (Some(heading), _) => body.sections.push(Section {
                    heading: heading.trim().to_owned(),
                    at: line.at,
                    lead: Vec::new(),
                    items: Vec::new(),
                    stray: None,
                }),
                (None, None) if title => {}
                (None, None) => about.push(line),
                (None, Some(section)) => section.take(line, fenced || is_fence),
            }
        }
        body.about = paragraphs(&about);
        body
    }

    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.heading.eq_ignore_ascii_case(name))
    }

    /// Sections that are missing, unknown, empty or given twice.
    pub fn tell(&self, reader: &mut Reader, kind: &Kind) {
        let wanted = wanted(kind);
        if let Some(open) = self.open {
            reader.fault(open, "this remark does not end", "close it with `-->`");
        }
        for (at, section) in self.sections.iter().enumerate() {
            let name = section.heading.as_str();
            if !wanted.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
                let help = format!("{}sections here: {}", meant(name, names.iter().copied()), names.join(", "));
                reader.fault(section.at, format!("`{name}` is no section of {}", called(kind)), help);
            } else if self.sections.iter().take(at).any(|other| other.heading.eq_ignore_ascii_case(name)) {
                reader.fault(section.at, format!("section `{name}` is given twice"), "keep one of the two");
            }
            if let Some(stray) = &section.stray {
                let help = "put it before the list, or indent it under the item that it belongs to";
                reader.fault(stray.at, "this text follows a list and belongs to no item of it", help);
            }
        }
        for (name, _) in wanted.iter().filter(|(_, must)| *must) {
            let place = Spot { line: 1, column: 1, ..Spot::default() };
            match self.section(name) {
                None => reader.missing(place, format!("section `## {name}` is missing"), needs(name)),
                Some(section) if section.items.is_empty() => {
                    reader.fault(section.at, format!("section `{name}` lists nothing"), needs(name));
                }
                Some(_) => {}
            }
        }
    }
}

fn called(kind: &Kind) -> &'static str {
    match kind {
        Kind::Binary => "a rubric with pass and fail",
        Kind::Scale { .. } => "a rubric with a scale",
        Kind::Pairwise => "a rubric that compares two answers",
    }
}

fn needs(section: &str) -> &'static str {
    match section {
        LEVELS => "say of each level what an answer on it looks like: `- right: everything asked is answered`",
        BETTER => "say in items `- ...` what makes one of two answers the better one",
        WORSE => "say in items `- ...` what makes one of two answers the worse one",
        PASS => "say in items `- ...` what can be seen in an answer that passes",
        _ => "say in items `- unsupported_claim: ...` what can be seen in an answer that fails",
    }
}

impl Section {
    fn take(&mut self, line: Line, fenced: bool) {
        let blank = line.text.trim().is_empty();
        let indented = line.text.starts_with([' ', '\t']);
        if let Some(text) = line.text.strip_prefix("- ").or_else(|| line.text.strip_prefix("* ")).filter(|_| !fenced) {
            let begun = line.text.len() - text.trim_start().len();
            let at = Spot { column: line.at.column + begun as u32, start: line.at.start + begun, ..line.at };
            self.items.push(Item { lines: vec![Line { text: text.trim_start().to_owned(), at }] });
            return;
        }
        let Some(item) = self.items.last_mut() else {
            self.lead.push(line);
            return;
        };
        let after_blank = item.lines.last().is_some_and(|last| last.text.trim().is_empty());
        if blank || indented || fenced || !after_blank {
            item.lines.push(outdented(line));
        } else if self.stray.is_none() {
            self.stray = Some(line);
        }
    }
}

/// A line of an item, less the two blanks by which items are indented.
fn outdented(line: Line) -> Line {
    let text = line.text.strip_prefix("  ").or_else(|| line.text.strip_prefix('\t')).unwrap_or(&line.text);
    let cut = line.text.len() - text.len();
    let at = Spot { column: line.at.column + cut as u32, start: line.at.start + cut, ..line.at };
    Line { text: text.to_owned(), at }
}

/// What each level means, taken from the items `level: meaning`.
pub fn levels(reader: &mut Reader, levels: &mut [Level], section: Option<&Section>, head: Spot) {
    for item in section.map(|section| section.items.as_slice()).unwrap_or_default() {
        let text = item.joined();
        let at = item.lines.first().map(Line::start).unwrap_or_default();
        let (name, means) = text.split_once(':').unwrap_or((&text, ""));
        let name = name.trim().trim_matches('`');
        let names: Vec<String> = levels.iter().map(|level| level.name.clone()).collect();
        match levels.iter_mut().find(|level| level.name == name) {
            None => {
                let meant = meant(name, names.iter().map(String::as_str));
                reader.fault(
                    at,
                    format!("`{name}` is no level of the scale"),
                    format!("{meant}write `- level: meaning`; levels: {}", names.join(", ")),
                );
            }
            Some(level) if !level.means.is_empty() => {
                reader.fault(at, format!("level `{name}` is described twice"), "keep one of the two");
            }
            Some(level) => {
                level.means = means.trim().to_owned();
                filled(reader, item.lines.first(), &level.means);
            }
        }
    }
    if section.is_some_and(|section| !section.items.is_empty()) {
        for level in levels.iter().filter(|level| level.means.is_empty()) {
            let at = section.map_or(head, |section| section.at);
            reader.fault(at, format!("level `{}` is not described", level.name), needs(LEVELS));
        }
    }
}

/// Refuses what is blank, or still the form's own text in brackets.
pub fn filled(reader: &mut Reader, first: Option<&Line>, text: &str) {
    let at = first.map(Line::start).unwrap_or_default();
    if text.is_empty() {
        reader.fault(at, "nothing is said here", "say what can be seen in an answer, or take the item out");
    } else if is_blank_form(text) {
        reader.fault(at, "this is still to be filled in", "write it out, or take the item out");
    }
}

/// `(say what ...)`, as a new rubric has it where something must be written.
pub fn is_blank_form(text: &str) -> bool {
    text.starts_with('(') && text.ends_with(')') && text.matches('(').count() == 1
}

/// Lines without blank ones at either end.
fn paragraphs(lines: &[Line]) -> String {
    let text: Vec<&str> = lines.iter().map(|line| line.text.trim_end()).collect();
    text.join("\n").trim().to_owned()
}

fn lines(text: &str, from: usize) -> impl Iterator<Item = Line> {
    let before = text.get(..from).unwrap_or("").matches('\n').count() as u32;
    let mut start = from;
    text.get(from..).unwrap_or("").split_inclusive('\n').zip(before + 1..).map(move |(whole, line)| {
        let text = whole.trim_end_matches(['\n', '\r']).to_owned();
        let at = Spot { line, column: 1, start, end: start + text.len() };
        start += whole.len();
        Line { text, at }
    })
}

/// The text with blanks for remarks, as long as before; and where one does not end.
fn without_remarks(text: &str, from: usize) -> (String, Option<Spot>) {
    let mut told = text.get(..from).unwrap_or("").to_owned();
    let mut rest = text.get(from..).unwrap_or("");
    while let Some(begin) = rest.find("<!--") {
        told.push_str(&rest[..begin]);
        let Some(length) = rest[begin..].find("-->") else {
            let line = told.matches('\n').count() as u32 + 1;
            let column = told.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
            let spot = Spot { line, column, start: told.len(), end: told.len() + 4 };
            return (told, Some(spot));
        };
        let end = begin + length + 3;
        let blank = |c: char| if c == '\n' || c == '\r' { c.to_string() } else { " ".repeat(c.len_utf8()) };
        told.extend(rest[begin..end].chars().map(blank));
        rest = &rest[end..];
    }
    told.push_str(rest);
    (told, None)
}

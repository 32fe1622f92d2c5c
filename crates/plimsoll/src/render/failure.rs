//! Failures on standard error: `error:` says what, `help:` says what now. Faults are shown in the line they stand in.
//!
//! Text of files is data: control characters and those that change the order of what is read are shown, never sent. Keys are not shown:
//! what is printed is kept in the logs of CI.
//! Colours go to terminals only.

mod lines;
#[cfg(test)]
mod tests;

use super::read::plain;
use crate::cli::Failure;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use domain::fault::{Fault, Faults};
use domain::format::contract::secret::{starred, starred_line};
use lines::Lines;
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;

const WIDTH: usize = 100;

/// Writes to standard error; a closed one changes nothing.
pub fn print(failure: &Failure) {
    let mut out = anstream::stderr().lock();
    let _ = out.write_all(told(failure, &Renderer::styled()).as_bytes());
}

fn told(failure: &Failure, renderer: &Renderer) -> String {
    match failure {
        Failure::Faults(faults) => faults_told(faults, renderer),
        Failure::Yours { what, help } | Failure::Ours { what, help } => {
            let title = renderer.render(&[Group::with_title(Level::ERROR.primary_title(plain(&starred(what))))]);
            format!("{title}\n help: {}\n", plain(&starred(help)))
        }
    }
}

fn faults_told(faults: &Faults, renderer: &Renderer) -> String {
    let lines = Lines::of(faults);
    let renderer = renderer.clone().term_width(WIDTH);
    let mut out = String::new();
    for fault in faults.iter() {
        let _ = writeln!(out, "{}\n", fault_told(fault, lines.get(&fault.place), &renderer));
    }
    let count = faults.iter().count();
    if count > 1 {
        let _ = writeln!(out, "{count} faults; each has its line above");
    }
    out
}

/// One fault, in its line where that could be read.
fn fault_told(fault: &Fault, line: Option<&str>, renderer: &Renderer) -> String {
    let place = &fault.place;
    let title = Level::ERROR.primary_title(plain(&starred(&fault.what)));
    let help = Level::HELP.message(plain(&starred(&fault.help)));
    let path = plain(place.file.as_str());
    let line = line.map(|line| without_keys(line, fault));
    let spot = line.as_deref().and_then(|line| shown(line, span(line, place.column, &starred(&fault.found))?));
    let report = [match &spot {
        Some((line, span)) => {
            let spot = AnnotationKind::Primary.span(span.clone());
            title
                .element(Snippet::source(line.as_str()).line_start(place.line as usize).path(path).annotation(spot))
                .element(help)
        }
        None => {
            let origin = Origin::path(path).line(place.line as usize).char_column(place.column as usize);
            match fault.found.as_str() {
                "" | Fault::HIDDEN => title.element(origin).element(help),
                found => title
                    .element(origin)
                    .element(Level::NOTE.message(format!("it says `{}`", plain(&starred(found)))))
                    .element(help),
            }
        }
    }];
    renderer.render(&report)
}

/// The line without what is a key by its name or its look; where a fault is of a secret, up to it.
fn without_keys(line: &str, fault: &Fault) -> String {
    let mut line = starred_line(line);
    if fault.found == Fault::HIDDEN {
        let before = (fault.place.column as usize).saturating_sub(1);
        line = line.chars().take(before).chain(Fault::HIDDEN.chars()).collect();
    }
    line
}

/// A line with nothing in it that a terminal would obey, and where its span now is.
fn shown(line: &str, span: Range<usize>) -> Option<(String, Range<usize>)> {
    let (before, found) = (plain(line.get(..span.start)?), plain(line.get(span.clone())?));
    let rest = plain(line.get(span.end..)?);
    let span = before.len()..before.len() + found.len();
    Some((before + &found + &rest, span))
}

/// The bytes of what was found, where it stands at that column; else of the one character there.
fn span(line: &str, column: u32, found: &str) -> Option<Range<usize>> {
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    let start = ends.clone().nth(column.checked_sub(1)? as usize)?;
    let found = found.strip_suffix("...").unwrap_or(found);
    if line[start..].starts_with(found) && !found.is_empty() {
        return Some(start..start + found.len());
    }
    let end = ends.clone().find(|at| *at > start).unwrap_or(start);
    Some(start..end)
}

//! Reads a file of labels, lines or a table: every label, and every fault of all of them at once.

use super::file;
use crate::app::eval::Eval;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::{Fault, Faults, closest};
use domain::format::labels::{Label, parse};
use domain::format::lines::LinePlace;
use domain::qualification::{Sample, is_judged, judges, models};
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::system::Arm;
use engine::jsonl::Lines;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;

/// A label, and the answer that it is of.
pub struct OfAnswer {
    pub label: Label,
    pub example: ExampleIndex,
    pub arm: Arm,
}

pub fn read(
    eval: &Eval,
    path: &Utf8Path,
    set: &ReferenceSet,
    systems: &BTreeMap<Arm, String>,
) -> Result<Vec<OfAnswer>, Failure> {
    let unreadable = |error: std::io::Error| Failure::yours(format!("cannot read `{path}`: {error}"), NAME_ONE);
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Failure::yours(format!("`{path}` is no regular file"), NAME_ONE));
    }
    let by_id: BTreeMap<&str, ExampleIndex> = set.active().map(|(at, row)| (row.id.as_str(), at)).collect();
    let known = Known { eval, by_id, systems, judging: judging(eval) };
    let mut reading = Reading { known: &known, said: BTreeSet::new(), labels: Vec::new(), faults: Vec::new() };
    let file = File::open(path).map_err(unreadable)?;
    match path.extension().map(str::to_lowercase).as_deref() {
        Some("csv") => rows(path, file, b',', &mut reading).map_err(unreadable)?,
        Some("tsv" | "tab") => rows(path, file, b'\t', &mut reading).map_err(unreadable)?,
        _ => lines(path, file, &mut reading).map_err(unreadable)?,
    }
    let Reading { labels, faults, .. } = reading;
    Faults::none_or(faults)?;
    Ok(labels)
}

const NAME_ONE: &str = "name a file of labels in JSON lines, or a table that ends in `.csv` or `.tsv`";

/// What was read so far.
struct Reading<'a> {
    known: &'a Known<'a>,
    /// An answer that was drawn in two ways is labelled once for each.
    said: BTreeSet<(ExampleIndex, Arm, u32, String, String, Sample)>,
    labels: Vec<OfAnswer>,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    /// Takes a label; `fault` makes a fault at the value of a key.
    fn take(&mut self, label: Label, fault: &dyn Fn(&str, String, &str) -> Fault) {
        match self.known.placed(label, fault) {
            Ok(label) => {
                let (criterion, by) = (label.label.criterion.to_string(), label.label.by.clone());
                let (repeat, sample) = (label.label.repeat, label.label.sample.unwrap_or(Sample::Random));
                if !self.said.insert((label.example, label.arm, repeat, criterion, by, sample)) {
                    let what = format!("`{}` has labelled this answer already", label.label.by);
                    self.faults.push(fault("by", what, "keep one label of a person for an answer"));
                }
                self.labels.push(label);
            }
            Err(wrong) => self.faults.extend(wrong),
        }
    }
}

/// A table, under its header.
fn rows(path: &Utf8Path, file: File, separator: u8, reading: &mut Reading) -> std::io::Result<()> {
    let unread = file::rows(path, file, separator, &mut |table, row| match table.label(row) {
        Ok(label) => reading.take(label, &|key, what, help| table.fault(row, key, what, help)),
        Err(wrong) => reading.faults.extend(wrong),
    })?;
    reading.faults.extend(unread);
    Ok(())
}

/// JSON, one label a line.
fn lines(path: &Utf8Path, file: File, reading: &mut Reading) -> std::io::Result<()> {
    let mut lines = Lines::new(BufReader::new(file));
    while let Some(line) = lines.next()? {
        let place = LinePlace { file: path, line: line.number };
        if line.too_long {
            reading.faults.push(place.too_long());
            continue;
        }
        let text = match place.text(line.bytes) {
            Ok(text) => text,
            Err(wrong) => {
                reading.faults.extend(wrong);
                continue;
            }
        };
        match parse(place, text) {
            Ok(None) => {}
            Ok(Some(label)) => reading.take(label, &|key, what, help| at(place, text, key, what, help)),
            Err(wrong) => reading.faults.extend(wrong),
        }
    }
    Ok(())
}

/// Names of everything that judges: systems, models and their families.
pub fn judging(eval: &Eval) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for criterion in eval.contract.criteria.iter().filter(|criterion| is_judged(criterion)) {
        names.extend(models(&eval.contract, criterion));
        for name in judges(&criterion.grader) {
            names.insert(name.to_string());
            let system = eval.contract.systems.iter().find(|system| system.name == *name);
            names.extend(system.map(|system| system.family.clone()));
        }
    }
    names.into_iter().filter(|name| !name.is_empty()).map(|name| name.to_lowercase()).collect()
}

struct Known<'a> {
    eval: &'a Eval,
    by_id: BTreeMap<&'a str, ExampleIndex>,
    systems: &'a BTreeMap<Arm, String>,
    judging: BTreeSet<String>,
}

impl Known<'_> {
    /// The answer that a label is of; every name that is not known is a fault.
    fn placed(&self, label: Label, fault: &dyn Fn(&str, String, &str) -> Fault) -> Result<OfAnswer, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut wrong = |key: &str, what: String, help: &str| faults.push(fault(key, what, help));
        let example = self.by_id.get(label.example.as_str()).copied();
        if example.is_none() {
            wrong(
                "example",
                format!("the run has no active example `{}`", label.example),
                "name an example of the run",
            );
        }
        let called = |(arm, name): &(&Arm, &String)| arm.as_str() == label.system || **name == label.system;
        let arm = self.systems.iter().find(called).map(|(arm, _)| *arm);
        if arm.is_none() {
            let names: Vec<&str> = self.systems.values().map(String::as_str).collect();
            wrong(
                "system",
                format!("the run has no system `{}`", label.system),
                &format!("systems: {}", names.join(", ")),
            );
        }
        let contract = &self.eval.contract;
        match contract.criterion(label.criterion.as_str()) {
            Some(criterion) if is_judged(criterion) => {}
            Some(_) => wrong(
                "criterion",
                format!("`{}` is not graded by a judge", label.criterion),
                "label what a judge grades; other graders need no calibration",
            ),
            None => {
                let near = closest(label.criterion.as_str(), contract.criteria.iter().map(|known| known.name.as_str()));
                let near = near
                    .map_or("name a criterion of the contract".to_owned(), |near| format!("did you mean `{near}`?"));
                wrong("criterion", format!("the contract has no criterion `{}`", label.criterion), &near);
            }
        }
        if self.judging.contains(&label.by.to_lowercase()) {
            let what =
                format!("`{}` is a judge or its model: a judge that is measured by a model shows nothing", label.by);
            wrong("by", what, "let a person label the answer, under their own name");
        }
        match (example, arm) {
            (Some(example), Some(arm)) if faults.is_empty() => Ok(OfAnswer { label, example, arm }),
            _ => Err(faults),
        }
    }
}

/// A fault at a key's value.
fn at(place: LinePlace, text: &str, key: &str, what: String, help: &str) -> Fault {
    let after = text.find(&format!("\"{key}\"")).map(|found| found + key.len() + 2);
    let value = after.and_then(|after| Some(after + text[after..].find(|letter: char| !" :\t".contains(letter))?));
    let column = value.map_or(1, |value| text[..value].chars().count() as u32 + 1);
    let found = value.map_or("", |value| text[value..].split([',', '}']).next().unwrap_or(""));
    place.fault(column, found, what, help)
}

//! Reads a file of labels: every line, and every fault of all of them at once.

use crate::app::eval::Eval;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::fault::{Fault, Faults, closest};
use domain::format::labels::{Label, parse};
use domain::format::lines::LinePlace;
use domain::qualification::{is_judged, judges, models};
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
    let unreadable = |error: std::io::Error| {
        Failure::yours(format!("cannot read `{path}`: {error}"), "name a file of labels in JSON lines")
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Failure::yours(format!("`{path}` is no regular file"), "name a file of labels in JSON lines"));
    }
    let by_id: BTreeMap<&str, ExampleIndex> = set.active().map(|(at, row)| (row.id.as_str(), at)).collect();
    let known = Known { eval, by_id, systems, judging: judging(eval) };
    let mut lines = Lines::new(BufReader::new(File::open(path).map_err(unreadable)?));
    let (mut labels, mut faults) = (Vec::new(), Vec::new());
    let mut said: BTreeSet<(ExampleIndex, Arm, u32, String, String)> = BTreeSet::new();
    while let Some(line) = lines.next().map_err(unreadable)? {
        let place = LinePlace { file: path, line: line.number };
        if line.too_long {
            faults.push(place.too_long());
            continue;
        }
        let text = match place.text(line.bytes) {
            Ok(text) => text,
            Err(wrong) => {
                faults.extend(wrong);
                continue;
            }
        };
        match parse(place, text).map(|label| label.map(|label| known.placed(place, text, label))) {
            Ok(None) => {}
            Ok(Some(Ok(label))) => {
                let (criterion, by) = (label.label.criterion.to_string(), label.label.by.clone());
                if !said.insert((label.example, label.arm, label.label.repeat, criterion, by)) {
                    let what = format!("`{}` has labelled this answer already", label.label.by);
                    faults.push(at(place, text, "by", what, "keep one label of a person for an answer"));
                }
                labels.push(label);
            }
            Ok(Some(Err(wrong))) => faults.extend(wrong),
            Err(wrong) => faults.extend(wrong),
        }
    }
    Faults::none_or(faults)?;
    Ok(labels)
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
    fn placed(&self, place: LinePlace, text: &str, label: Label) -> Result<OfAnswer, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut wrong = |key: &str, what: String, help: &str| faults.push(at(place, text, key, what, help));
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

//! Grades that were made elsewhere, beside those of our own graders: `plimsoll run --scores`. See `docs/formats/scores.md`.
//!
//! in      one table as for `import_scores`, and the plan that it is read for: examples, systems, criteria, repeats
//! out     the examples with what the table says of them, and for each planned score the row that speaks of it, if one does
//! errors  those of an import; rows of a system, criterion or repeat that is not in the plan; measures of answers
//! note    nothing is written: whoever carries out the plan seals these grades with their own

use super::column::Known;
use super::gather::Gather;
use super::table::{NONE, Score, Table};
use super::{ImportError, seal};
use camino::Utf8Path;
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::failure_class::Classes;
use domain::fault::closest;
use domain::grader::Grader;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::score::State;
use domain::share::plural;
use std::collections::BTreeSet;

/// What is planned, and which of it the table speaks of.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    pub set: &'a ReferenceSet,
    pub criteria: &'a [Criterion],
    /// The failure classes that a grade may name.
    pub classes: &'a Classes,
    /// The systems by their names in the table.
    pub systems: &'a [String],
    pub repeats: u16,
}

/// A grade of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grade<'t> {
    pub state: State,
    pub value: Option<f64>,
    pub class: Option<&'t str>,
    pub evidence: &'t str,
}

/// A table of grades that was read whole, and has no fault.
pub struct Grades {
    table: Table,
    set: ReferenceSet,
    /// Of the file's bytes.
    pub digest: Digest,
    /// Rows of examples that are not active, or to which the criterion does not apply.
    pub set_aside: u64,
}

/// Reads the table for a plan.
pub fn read_grades(file: &Utf8Path, plan: &Plan) -> Result<Grades, ImportError> {
    let none = BTreeSet::new();
    let (table, digest) = super::read(file, Gather::new(file, Some(plan.set), &none, Some(plan.classes), Some(*plan)))?;
    let set = seal::set_of(Some(plan.set), &table);
    let is_planned = |score: &&Score| {
        let example = ExampleIndex(score.example);
        let of = table.criteria.get(score.criterion);
        let criterion = plan.criteria.iter().find(|criterion| Some(criterion.name.as_str()) == of);
        set.rows[score.example as usize].is_active()
            && criterion.is_some_and(|criterion| set.lies_in(&criterion.applies, example))
    };
    let set_aside = table.scores.iter().filter(|score| !is_planned(score)).count() as u64;
    Ok(Grades { table, set, digest, set_aside })
}

impl Grades {
    /// The examples of the plan, each with the attributes that the table gives.
    pub fn set(&self) -> &ReferenceSet {
        &self.set
    }

    pub fn rows(&self) -> u64 {
        self.table.scores.len() as u64
    }

    /// What the table says; `None` where no row speaks of it.
    pub fn of(&self, example: ExampleIndex, system: &str, repeat: u32, criterion: &str) -> Option<Grade<'_>> {
        let wanted = (example.0, self.table.systems.find(system)?, repeat, self.table.criteria.find(criterion)?);
        let place = |score: &Score| (score.example, score.system, score.repeat, score.criterion);
        let scores = &self.table.scores;
        let score = &scores[scores.binary_search_by_key(&wanted, place).ok()?];
        Some(Grade {
            state: score.state,
            value: score.value,
            class: (score.class != NONE).then(|| self.table.classes.get(score.class)).flatten(),
            evidence: self.table.evidence(score),
        })
    }
}

/// Why a row has no place in a plan.
pub struct Unplanned {
    pub known: Known,
    pub found: String,
    pub what: String,
    pub help: String,
}

impl Plan<'_> {
    /// The first thing of a row that is not in the plan.
    pub fn refuses(&self, system: Option<&str>, criterion: Option<&str>, repeat: u32) -> Option<Unplanned> {
        let unplanned = |known, found: &str, what, help| Some(Unplanned { known, found: found.to_owned(), what, help });
        let listed = |word: &str, known: &[&str]| {
            let meant = closest(word, known.iter().copied());
            meant.map_or_else(|| format!("in the plan: {}", known.join(", ")), |near| format!("did you mean `{near}`?"))
        };
        if let Some(system) = system.filter(|system| !self.systems.iter().any(|known| known == system)) {
            let known: Vec<&str> = self.systems.iter().map(String::as_str).collect();
            return unplanned(
                Known::System,
                system,
                format!("`{system}` is no system of this run"),
                listed(system, &known),
            );
        }
        let of = criterion.and_then(|name| self.criteria.iter().find(|criterion| criterion.name.as_str() == name));
        match (criterion, of.map(|criterion| &criterion.grader)) {
            (None, _) | (_, Some(Grader::Imported)) => {}
            (Some(name), Some(grader)) => {
                let what = format!("criterion `{name}` is graded here, by `{}`", grader.kind());
                let help = format!("leave its rows out, or write `grade: imported` for `{name}` in the contract");
                return unplanned(Known::Criterion, name, what, help);
            }
            (Some(name), None) => {
                let imported = self.criteria.iter().filter(|criterion| matches!(criterion.grader, Grader::Imported));
                let known: Vec<&str> = imported.map(|criterion| criterion.name.as_str()).collect();
                let what = format!("the contract has no criterion `{name}`");
                return unplanned(Known::Criterion, name, what, listed(name, &known));
            }
        }
        if repeat >= u32::from(self.repeats) {
            let what = format!("repeat {repeat} is beyond the plan");
            let help = format!(
                "the contract asks for {}, counted from 0: raise `repeats`, or leave it out",
                plural(u64::from(self.repeats), "repeat")
            );
            return unplanned(Known::Repeat, &repeat.to_string(), what, help);
        }
        None
    }
}

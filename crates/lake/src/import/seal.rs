//! A table of scores as a run: the plan is filled, and what no row speaks of is *not run*.

use super::table::{NONE, Score, Table};
use super::{IMPORTED, Import, ImportError, Imported};
use crate::write::{AnswerIn, RunWriter, ScoreIn};
use crate::{LakeError, write_set};
use domain::digest::Digest;
use domain::example::Guard;
use domain::name::{ClusterId, ExampleId};
use domain::provenance::Weight;
use domain::reference_set::{Column, ExampleIndex, Kept, NO_VALUE, ReferenceSet, Row, RowState};
use domain::score::{Counted, HowJudged, Measured, State, Summing};
use domain::segment::Conditions;
use domain::share::Amount;
use serde_json::{Map, Value, json};

pub fn seal(import: &Import, table: Table, digest: &Digest) -> Result<Imported, ImportError> {
    let set = set_of(import.set, &table);
    let mut sealing = Sealing {
        writer: RunWriter::create(import.folder)?,
        set: &set,
        table: &table,
        applies: applies(import, &table),
        summing: Summing::default(),
        not_run: 0,
        set_aside: 0,
    };
    sealing.writer.imported_from(digest);
    let mut rows = table.scores.as_slice();
    for at in 0..set.rows.len() as u32 {
        let count = rows.iter().take_while(|score| score.example == at).count();
        let (here, rest) = rows.split_at(count);
        rows = rest;
        sealing.example(ExampleIndex(at), here)?;
    }
    let Sealing { writer, summing, not_run, set_aside, .. } = sealing;
    let mut files = writer.finish()?.files;
    files.push(write_set(import.folder, &set, import.home)?);
    Ok(Imported {
        rows: table.scores.len() as u64,
        examples: set.active().count() as u64,
        systems: table.systems.list().map(str::to_owned).collect(),
        criteria: table.criteria.list().map(str::to_owned).collect(),
        attributes: table.attributes.iter().map(|attribute| attribute.name.to_string()).collect(),
        without_value: table.without_value,
        not_run,
        set_aside,
        fingerprint: summing.whole,
        files,
    })
}

/// For each criterion of the table, where it applies; everywhere where the contract does not know it.
fn applies(import: &Import, table: &Table) -> Vec<Option<Conditions>> {
    let of = |name: &str| import.criteria.iter().find(|criterion| criterion.name.as_str() == name);
    table.criteria.list().map(|name| of(name).map(|criterion| criterion.applies.clone())).collect()
}

/// The contract's examples with the file's further attributes; or examples made from the file alone.
pub fn set_of(given: Option<&ReferenceSet>, table: &Table) -> ReferenceSet {
    let mut set = given.cloned().unwrap_or_default();
    let examples = table.examples.len();
    add_to_digests(&mut set, table);
    for attribute in &table.attributes {
        let mut of_row = attribute.of_example.clone();
        of_row.resize(examples, NO_VALUE);
        let values = attribute.values.list().map(str::to_owned).collect();
        set.attributes.insert(attribute.name.clone(), Column { values, of_row });
    }
    if given.is_none() {
        set.rows = (0..examples).map(|at| row_of(table, at)).collect();
        set.digest = domain::reference_set::digest(&set);
    }
    set
}

/// An example of which the file says more than the contract's examples do is no longer the same: segments are cut by it.
fn add_to_digests(set: &mut ReferenceSet, table: &Table) {
    let mut changed = false;
    for at in 0..set.rows.len() {
        let example = ExampleIndex(at as u32);
        let more: Map<String, Value> = table
            .attributes
            .iter()
            .filter(|attribute| set.value(&attribute.name, example).is_none())
            .filter_map(|attribute| {
                let value = attribute.values.get(*attribute.of_example.get(at)?)?;
                Some((attribute.name.to_string(), Value::from(value)))
            })
            .collect();
        if !more.is_empty() {
            let content = json!({"example": set.rows[at].digest.to_string(), "attributes": more});
            set.rows[at].digest = Digest::of_value("plimsoll.further_attributes.v1", &content);
            changed = true;
        }
    }
    if changed {
        set.digest = domain::reference_set::digest(set);
    }
}

/// An example of which only what the file says is known. Its digest is over that.
fn row_of(table: &Table, at: usize) -> Row {
    let told = &table.examples[at];
    let attributes: Map<String, Value> = table
        .attributes
        .iter()
        .filter_map(|attribute| {
            let value = attribute.values.get(*attribute.of_example.get(at)?)?;
            Some((attribute.name.to_string(), Value::from(value)))
        })
        .collect();
    let cluster = told.cluster.as_deref().unwrap_or(&told.id);
    let content = json!({"id": told.id, "cluster": cluster, "weight": told.weight, "attributes": attributes});
    Row {
        id: ExampleId::new(&told.id),
        digest: Digest::of_value("plimsoll.imported_example.v1", &content),
        cluster: ClusterId::new(cluster),
        weight: match told.weight {
            None => Weight::Assumed,
            Some(0.0) => Weight::None,
            Some(weight) => Amount::new(weight).map_or(Weight::None, Weight::Sampled),
        },
        source: None,
        guard: Guard::No,
        never: false,
        state: RowState::Active,
        pair: None,
        kept: Kept { file: 0, line: told.line, offset: 0, length: 0 },
    }
}

struct Sealing<'a> {
    writer: RunWriter,
    set: &'a ReferenceSet,
    table: &'a Table,
    applies: Vec<Option<Conditions>>,
    summing: Summing,
    not_run: u64,
    set_aside: u64,
}

impl Sealing<'_> {
    /// One example's plan: each system, as often as its rows repeat it and at least once, on each criterion.
    fn example(&mut self, example: ExampleIndex, rows: &[Score]) -> Result<(), LakeError> {
        let row = &self.set.rows[example.0 as usize];
        if !row.is_active() {
            self.set_aside += rows.len() as u64;
            return Ok(());
        }
        let digest = row.digest.to_string();
        for system in 0..self.table.systems.len() as u32 {
            let of_system: Vec<&Score> = rows.iter().filter(|score| score.system == system).collect();
            let mut repeats: Vec<u32> = of_system.iter().map(|score| score.repeat).collect();
            repeats.dedup();
            if repeats.is_empty() {
                repeats.push(0);
            }
            for repeat in repeats {
                let mut of_answer = of_system.iter().copied().filter(|score| score.repeat == repeat).peekable();
                let answer: Vec<&Score> = of_answer.clone().collect();
                for criterion in 0..self.table.criteria.len() as u32 {
                    let score = of_answer.next_if(|score| score.criterion == criterion);
                    let applies = &self.applies[criterion as usize];
                    if applies.as_ref().is_some_and(|conditions| !self.set.lies_in(conditions, example)) {
                        self.set_aside += u64::from(score.is_some());
                        continue;
                    }
                    self.not_run += u64::from(score.is_none());
                    self.score(example, &digest, (system, repeat, criterion), score)?;
                }
                self.answer(example, system, repeat, &answer)?;
            }
        }
        Ok(())
    }

    fn score(
        &mut self,
        example: ExampleIndex,
        digest: &str,
        (system, repeat, criterion): (u32, u32, u32),
        score: Option<&Score>,
    ) -> Result<(), LakeError> {
        let row = &self.set.rows[example.0 as usize];
        let system = self.table.systems.get(system).unwrap_or("");
        let criterion = self.table.criteria.get(criterion).unwrap_or("");
        let state = score.map_or(State::NotRun, |score| score.state);
        let value = score.and_then(|score| score.value);
        let class = score.filter(|score| score.class != NONE).and_then(|score| self.table.classes.get(score.class));
        self.summing.add(&Counted {
            example: row.id.as_str(),
            example_digest: &row.digest,
            system,
            repeat,
            criterion,
            grader: IMPORTED.as_bytes(),
            state,
            value,
            class,
        });
        self.writer.score(&ScoreIn {
            example: row.id.as_str(),
            index: example.0,
            example_digest: digest,
            system,
            repeat,
            criterion,
            grader: IMPORTED,
            state,
            value,
            class,
            reason: score.map_or("", |score| self.table.evidence(score)),
            how: HowJudged::default(),
        })
    }

    /// The answer failed where any of its scores says so, and arrived where any says that it was looked at.
    fn answer(&mut self, example: ExampleIndex, system: u32, repeat: u32, scores: &[&Score]) -> Result<(), LakeError> {
        let state = if scores.iter().any(|score| score.state == State::SystemError) {
            State::SystemError
        } else if scores.iter().any(|score| score.state != State::NotRun) {
            State::Graded
        } else {
            State::NotRun
        };
        let measured = Measured {
            example: self.set.rows[example.0 as usize].id.as_str(),
            system: self.table.systems.get(system).unwrap_or(""),
            repeat,
            latency_ms: scores.iter().find_map(|score| score.latency_ms),
            spend: scores.iter().find_map(|score| score.spend),
        };
        self.summing.whole.add_measured(&measured);
        self.writer.answer(&AnswerIn {
            index: example.0,
            system: measured.system,
            repeat,
            state,
            latency_ms: measured.latency_ms,
            spend: measured.spend,
            cached: false,
            attempts: None,
            kept: None,
        })
    }
}

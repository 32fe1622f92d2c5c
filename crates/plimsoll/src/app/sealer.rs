//! Writes the rows of a run, and sums up their fingerprint.
//!
//! in      batches of rows as they are graded; grades that were made elsewhere, where there are any
//! out     the files of scores and answers, their fingerprint, and what could not be graded

use super::elsewhere::{Elsewhere, is_elsewhere};
use super::unknown::Unknown;
use super::weigh::ours;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::name::ClassName;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::score::{Counted, Fingerprint, Measured, Summing};
use engine::{AnswerRow, Batch, ScoreRow, Sink};
use lake::{AnswerIn, LakeError, RunWriter, ScoreIn};
use serde_json::Value;

/// What was written.
pub struct Rows {
    pub files: Vec<(String, Digest)>,
    pub fingerprint: Fingerprint,
    /// What the run says of the table of grades.
    pub grades: Option<Value>,
}

pub struct Sealer<'a> {
    writer: RunWriter,
    set: &'a ReferenceSet,
    criteria: &'a [Criterion],
    /// What each criterion's rows name as their grader.
    graders: Vec<String>,
    elsewhere: Option<Elsewhere<'a>>,
    /// The example of the last row, with its digest in hex: rows of one answer follow each other.
    last: Option<(ExampleIndex, String)>,
    summing: Summing,
    unknown: Unknown<'a>,
}

impl<'a> Sealer<'a> {
    pub fn begin(
        folder: &Utf8Path,
        set: &'a ReferenceSet,
        criteria: &'a [Criterion],
        digests: &[Digest],
        elsewhere: Option<Elsewhere<'a>>,
    ) -> Result<Self, Failure> {
        let mut writer = RunWriter::create(folder).map_err(ours)?;
        if let Some(elsewhere) = &elsewhere {
            writer.imported_from(&elsewhere.grades().digest);
        }
        let named = |(at, digest): (usize, &Digest)| match is_elsewhere(&criteria[at]) {
            true => lake::IMPORTED.to_owned(),
            false => digest.to_string(),
        };
        let graders = digests.iter().enumerate().map(named).collect();
        let (last, summing, unknown) = (None, Summing::default(), Unknown::default());
        Ok(Sealer { writer, set, criteria, graders, elsewhere, last, summing, unknown })
    }

    /// What somebody should know while it is at hand.
    pub fn told(&self) -> Vec<String> {
        let mut told = self.unknown.told();
        told.extend(self.elsewhere.iter().flat_map(Elsewhere::told));
        told
    }

    pub fn finish(self) -> Result<Rows, Failure> {
        let files = self.writer.finish().map_err(ours)?.files;
        let grades = self.elsewhere.as_ref().map(Elsewhere::made_of);
        Ok(Rows { files, fingerprint: self.summing.whole, grades })
    }

    fn score(&mut self, system: &str, row: &ScoreRow) -> Result<(), LakeError> {
        let example = &self.set.rows[row.example.0 as usize];
        let criterion = self.criteria[row.criterion as usize].name.as_str();
        self.unknown.see(row.state, system, criterion, example.id.as_str(), &row.reason);
        if self.last.as_ref().is_none_or(|(last, _)| *last != row.example) {
            self.last = Some((row.example, example.digest.to_string()));
        }
        self.writer.score(&ScoreIn {
            example: example.id.as_str(),
            index: row.example.0,
            example_digest: self.last.as_ref().map_or("", |(_, digest)| digest),
            system,
            repeat: row.repeat,
            criterion,
            grader: &self.graders[row.criterion as usize],
            state: row.state,
            value: row.value,
            class: row.class.as_ref().map(ClassName::as_str),
            reason: &row.reason,
            how: row.how,
        })
    }

    /// The scores of an answer on what is graded elsewhere; those of our own graders came with their fingerprint.
    fn imported(&mut self, system: &str, answer: &AnswerRow) -> Result<(), LakeError> {
        let rows = self.elsewhere.as_mut().map(|elsewhere| elsewhere.rows(system, answer)).unwrap_or_default();
        for row in &rows {
            let example = &self.set.rows[row.example.0 as usize];
            self.summing.add(&Counted {
                example: example.id.as_str(),
                example_digest: &example.digest,
                system,
                repeat: row.repeat,
                criterion: self.criteria[row.criterion as usize].name.as_str(),
                grader: lake::IMPORTED.as_bytes(),
                state: row.state,
                value: row.value,
                class: row.class.as_ref().map(ClassName::as_str),
            });
            self.score(system, row)?;
        }
        Ok(())
    }

    fn answer(&mut self, system: &str, row: &AnswerRow) -> Result<(), LakeError> {
        self.summing.whole.add_measured(&Measured {
            example: self.set.rows[row.example.0 as usize].id.as_str(),
            system,
            repeat: row.repeat,
            latency_ms: row.latency_ms,
            spend: row.spend,
        });
        self.writer.answer(&AnswerIn {
            index: row.example.0,
            system,
            repeat: row.repeat,
            state: row.state,
            latency_ms: row.latency_ms,
            spend: row.spend,
            cached: row.cached,
            attempts: row.attempts,
            kept: row.kept,
        })
    }
}

impl Sink for Sealer<'_> {
    type Error = LakeError;

    fn take(&mut self, system: &str, batch: Batch) -> Result<(), LakeError> {
        self.summing.whole.merge(&batch.fingerprint);
        for row in &batch.scores {
            self.score(system, row)?;
        }
        for row in &batch.answers {
            self.imported(system, row)?;
            self.answer(system, row)?;
        }
        Ok(())
    }
}

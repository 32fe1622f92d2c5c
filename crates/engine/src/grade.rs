//! Grades the answers of systems.
//!
//! in      a plan (set, criteria, repeats), the files of answers, compiled graders
//! out     every planned score and answer exactly once, in batches, in the order of the answers; what has no answer last
//! errors  malformed lines, answers to unknown examples, answers given twice, repeats beyond the plan: all of them, and
//!         then nothing is handed on as whole
//! note    batches are graded by as many threads as given; their order does not depend on it

mod batch;
mod whole;

use crate::documents::Documents;
use crate::journal::Growing;
use crate::judging::Verdicts;
use crate::process::Programs;
use crate::reviewed::Reviewed;
use crate::rows::{Batch, ScoreRow, Sink};
use batch::{Raw, Worked, read_files, work};
use camino::Utf8PathBuf;
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::fault::Faults;
use domain::name::ClassName;
use domain::reference_set::{ExampleIndex, Ids, ReferenceSet};
use domain::score::{Counted, HowJudged, State, Summing, Verdict};
use grading::Compiled;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use whole::Whole;

/// Lines a batch.
const BATCH: usize = 256;
const MOST_FAULTS: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum GradeError<E: std::fmt::Display> {
    #[error("cannot read `{path}`: {cause}")]
    Unreadable { path: Utf8PathBuf, cause: io::Error },
    #[error(transparent)]
    Faults(Faults),
    #[error("{0}")]
    Sink(E),
}

/// Everything that grading needs besides the answers; shared by all systems of a run.
pub struct Grading<'a> {
    pub set: &'a ReferenceSet,
    pub documents: &'a Documents<'a>,
    pub criteria: &'a [Criterion],
    pub graders: Vec<Ready>,
    /// Digests of the graders, as the score rows carry them.
    pub digests: Vec<Digest>,
    pub repeats: u16,
    pub threads: usize,
    by_id: Ids,
    /// Examples whose answers are half of a pair.
    in_pair: Vec<bool>,
}

/// A criterion's grader, ready.
pub enum Ready {
    Compiled(Box<Compiled>),
    /// Position among the programs.
    Process(usize),
    Pair,
    /// What judges said, asked before.
    Judged(Arc<Verdicts>),
    /// What people said of the answer.
    Reviewed(Arc<Reviewed>),
    /// Whether they differ: only of answers that two of them labelled.
    Differs(Arc<Reviewed>),
    /// Scored elsewhere: no rows.
    Imported,
}

/// What became of a system's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Graded {
    pub answers: u64,
    /// Answers to examples that are not active: left out.
    pub left_out: u64,
    pub not_run: u64,
    pub system_errors: u64,
}

impl<'a> Grading<'a> {
    pub fn new(
        set: &'a ReferenceSet,
        documents: &'a Documents<'a>,
        criteria: &'a [Criterion],
        graders: Vec<Ready>,
        digests: Vec<Digest>,
        repeats: u16,
        threads: usize,
    ) -> Self {
        let mut in_pair = vec![false; set.rows.len()];
        for (at, row) in set.rows.iter().enumerate() {
            if let Some(pair) = &row.pair {
                in_pair[at] = true;
                if let Some(base) = in_pair.get_mut(pair.0.0 as usize) {
                    *base = true;
                }
            }
        }
        Grading {
            set,
            documents,
            criteria,
            graders,
            digests,
            repeats,
            threads: threads.max(1),
            by_id: Ids::of(&set.rows),
            in_pair,
        }
    }

    fn applies(&self, criterion: &Criterion, example: ExampleIndex) -> bool {
        self.set.lies_in(&criterion.applies, example)
    }
}

/// A system and the files of its answers.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    pub system: &'a str,
    pub files: &'a [Utf8PathBuf],
}

/// Grades the answers of systems, of several in step. Those of files that are being written are waited for.
pub fn grade_systems<S: Sink>(
    grading: &Grading,
    systems: &[Answered],
    growing: Option<&Growing>,
    programs: &mut Programs,
    sink: &mut S,
    mut progress: impl FnMut(u64),
) -> Result<Vec<Graded>, GradeError<S::Error>> {
    let mut wholes: Vec<Whole> = systems.iter().map(|of| Whole::new(grading, *of, growing)).collect();
    let mut done = 0;
    std::thread::scope(|scope| -> Result<(), GradeError<S::Error>> {
        let (mut readers, mut streams) = (Vec::new(), Vec::new());
        for &Answered { system, files } in systems {
            let mut to_workers: Vec<SyncSender<Raw>> = Vec::new();
            let mut from_workers: Vec<Receiver<Worked>> = Vec::new();
            for _ in 0..grading.threads {
                let (raw_in, raw_out) = sync_channel::<Raw>(2);
                let (worked_in, worked_out) = sync_channel::<Worked>(2);
                to_workers.push(raw_in);
                from_workers.push(worked_out);
                scope.spawn(move || {
                    for raw in raw_out {
                        if worked_in.send(work(grading, system, files, &raw)).is_err() {
                            return;
                        }
                    }
                });
            }
            readers.push(scope.spawn(move || read_files(files, growing, &to_workers)));
            // Batches went to the workers in turn and come back in turn.
            streams.push(Some((0..from_workers.len()).cycle().map_while(move |turn| from_workers[turn].recv().ok())));
        }
        while streams.iter().any(Option::is_some) {
            for (stream, whole) in streams.iter_mut().zip(&mut wholes) {
                let Some(worked) = stream.as_mut().and_then(Iterator::next) else {
                    *stream = None;
                    continue;
                };
                let before = whole.graded.answers;
                let batch = whole.take(worked, programs);
                done += whole.graded.answers - before;
                progress(done);
                sink.take(whole.system(), batch).map_err(GradeError::Sink)?;
            }
        }
        readers.into_iter().try_for_each(|reader| {
            let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            read.map_err(|(path, cause)| GradeError::Unreadable { path, cause })
        })
    })?;
    let faults = wholes.iter_mut().flat_map(|whole| std::mem::take(&mut whole.faults)).collect();
    Faults::none_or(faults).map_err(GradeError::Faults)?;
    for whole in &mut wholes {
        for batch in whole.rest() {
            sink.take(whole.system(), batch).map_err(GradeError::Sink)?;
        }
    }
    Ok(wholes.iter().map(|whole| whole.graded).collect())
}

fn row_of(example: ExampleIndex, repeat: u32, criterion: usize, verdict: Verdict) -> ScoreRow {
    let (state, value, class, reason) = match verdict {
        Verdict::Graded { value, class, reason } => (State::Graded, Some(value.get()), class, reason),
        Verdict::NotApplicable { reason } => (State::NotApplicable, None, None, reason),
        Verdict::GraderError { reason } => (State::GraderError, None, None, reason),
    };
    ScoreRow { example, repeat, criterion: criterion as u16, state, value, class, reason, how: HowJudged::default() }
}

/// Adds a row and its part of the fingerprint. Every failure has a class: where its grader names none, the criterion's.
fn note(grading: &Grading, system: &str, summing: &mut Summing, batch: &mut Batch, mut row: ScoreRow) {
    if let (None, State::Graded, Some(value)) = (&row.class, row.state, row.value) {
        row.class = grading.criteria[row.criterion as usize].class_of(value).cloned();
    }
    let example = &grading.set.rows[row.example.0 as usize];
    summing.add(&Counted {
        example: example.id.as_str(),
        example_digest: &example.digest,
        system,
        repeat: row.repeat,
        criterion: grading.criteria[row.criterion as usize].name.as_str(),
        grader: grading.digests[row.criterion as usize].as_bytes(),
        state: row.state,
        value: row.value,
        class: row.class.as_ref().map(ClassName::as_str),
    });
    batch.scores.push(row);
}

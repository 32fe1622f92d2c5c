//! Grades the recorded answers of one system.
//!
//! in      a plan (set, criteria, repeats), the files of answers, compiled graders
//! out     every planned score and answer exactly once, in batches, in the order of the answers; what has no answer last
//! errors  malformed lines, answers to unknown examples, answers given twice, repeats beyond the plan: all of them, and
//!         then nothing is handed on as whole
//! note    batches are graded by as many threads as given; their order does not depend on it

use crate::documents::Documents;
use crate::jsonl::Lines;
use crate::judging::Verdicts;
use crate::process::Programs;
use crate::reviewed::Reviewed;
use crate::rows::{AnswerRow, Batch, Failed, ScoreRow, Sink};
use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::{Answer, SystemFault};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::example::Expect;
use domain::fault::{Fault, Faults, closest};
use domain::format::answers::{Recorded, parse};
use domain::format::lines::LinePlace;
use domain::grader::Grader;
use domain::name::ClassName;
use domain::reference_set::{ExampleIndex, Ids, ReferenceSet};
use domain::review::Grade;
use domain::score::{Counted, State, Summing, Verdict};
use grading::{Compiled, Prepared, Side, grade_pair, side};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

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

/// A batch of raw lines: bytes, and for each line its number, offset and range.
struct Raw {
    file: u16,
    bytes: Vec<u8>,
    lines: Vec<(u32, u64, usize, usize, bool)>,
}

/// A batch as a worker leaves it.
#[derive(Default)]
struct Worked {
    batch: Batch,
    summing: Summing,
    faults: Vec<Fault>,
    /// The example of the answer before.
    last: Option<ExampleIndex>,
    /// Answered: example, repeat and place, for what only the whole can show.
    answered: Vec<(ExampleIndex, u32, u16, u32)>,
    sides: Vec<(ExampleIndex, u32, u16, Option<Side>)>,
    left_out: u64,
}

/// Grades one system's answers.
pub fn grade_system<S: Sink>(
    grading: &Grading,
    system: &str,
    files: &[Utf8PathBuf],
    programs: &mut Programs,
    sink: &mut S,
    mut progress: impl FnMut(u64),
) -> Result<Graded, GradeError<S::Error>> {
    let mut whole = Whole::new(grading, system, files);
    std::thread::scope(|scope| -> Result<(), GradeError<S::Error>> {
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
        let reader = scope.spawn(move || read_files(files, &to_workers));
        // Batches went to the workers in turn and come back in turn.
        for turn in (0..from_workers.len()).cycle() {
            let Ok(worked) = from_workers[turn].recv() else { break };
            let batch = whole.take(worked, programs);
            progress(whole.graded.answers);
            sink.take(system, batch).map_err(GradeError::Sink)?;
        }
        match reader.join() {
            Ok(read) => read.map_err(|(path, cause)| GradeError::Unreadable { path, cause }),
            Err(_) => Ok(()),
        }
    })?;
    Faults::none_or(std::mem::take(&mut whole.faults)).map_err(GradeError::Faults)?;
    for batch in whole.rest() {
        sink.take(system, batch).map_err(GradeError::Sink)?;
    }
    progress(whole.graded.answers);
    Ok(whole.graded)
}

fn read_files(files: &[Utf8PathBuf], workers: &[SyncSender<Raw>]) -> Result<(), (Utf8PathBuf, io::Error)> {
    let mut turn = 0;
    for (at, path) in files.iter().enumerate() {
        let failed = |cause| (path.clone(), cause);
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?));
        let mut raw = Raw { file: at as u16, bytes: Vec::new(), lines: Vec::new() };
        // As much as the batch before held.
        let mut room = 0;
        loop {
            let line = lines.next().map_err(failed)?;
            let ended = line.is_none();
            if let Some(line) = line {
                let start = raw.bytes.len();
                raw.bytes.extend_from_slice(line.bytes);
                raw.lines.push((line.number, line.offset, start, raw.bytes.len(), line.too_long));
            }
            if raw.lines.len() >= BATCH || raw.bytes.len() > 4 << 20 || (ended && !raw.lines.is_empty()) {
                room = raw.bytes.len().max(room);
                let next = Raw { file: at as u16, bytes: Vec::with_capacity(room), lines: Vec::with_capacity(BATCH) };
                let full = std::mem::replace(&mut raw, next);
                if workers[turn % workers.len()].send(full).is_err() {
                    return Ok(());
                }
                turn += 1;
            }
            if ended {
                break;
            }
        }
    }
    Ok(())
}

fn work(grading: &Grading, system: &str, files: &[Utf8PathBuf], raw: &Raw) -> Worked {
    let mut worked = Worked::default();
    worked.batch.scores.reserve(raw.lines.len() * grading.criteria.len());
    let path: &Utf8Path = files.get(raw.file as usize).map_or(Utf8Path::new("?"), |path| path);
    for &(number, offset, start, end, too_long) in &raw.lines {
        let place = LinePlace { file: path, line: number };
        if too_long {
            worked.faults.push(place.too_long());
            continue;
        }
        match place.text(&raw.bytes[start..end]).and_then(|text| parse(place, text)) {
            Err(faults) => worked.faults.extend(faults),
            Ok(None) => {}
            Ok(Some(recorded)) => {
                one(grading, system, place, recorded, (raw.file, offset, (end - start) as u32), &mut worked)
            }
        }
    }
    worked.batch.fingerprint = worked.summing.whole;
    worked
}

fn one(
    grading: &Grading,
    system: &str,
    place: LinePlace,
    recorded: Recorded,
    kept: (u16, u64, u32),
    worked: &mut Worked,
) {
    let before = worked.last.unwrap_or(ExampleIndex(u32::MAX));
    let Some(index) = grading.by_id.find_after(&grading.set.rows, before, recorded.example.as_ref()) else {
        worked.faults.push(unknown(grading, place, &recorded.example));
        return;
    };
    worked.last = Some(index);
    let row = &grading.set.rows[index.0 as usize];
    if !row.is_active() {
        worked.left_out += 1;
        return;
    }
    if recorded.repeat >= u32::from(grading.repeats) {
        let what = format!("repeat {} of `{}` is beyond the plan", recorded.repeat, recorded.example);
        let help = format!(
            "the contract asks for {} repeat(s), counted from 0: raise `repeats`, or leave it out",
            grading.repeats
        );
        worked.faults.push(place.fault(1, &recorded.example, what, help));
        return;
    }
    worked.answered.push((index, recorded.repeat, kept.0, place.line));
    let Some(document) = grading.documents.get(index) else {
        worked.faults.push(place.fault(
            1,
            &recorded.example,
            "the example of this answer changed while it was graded",
            "run again",
        ));
        return;
    };
    let answer = &recorded.answer;
    worked.batch.answers.push(AnswerRow {
        example: index,
        repeat: recorded.repeat,
        state: if answer.error.is_some() { State::SystemError } else { State::Graded },
        failed: answer.error.as_ref().map(Failed::of),
        latency_ms: answer.latency_ms.map(|amount| amount.get()),
        spend: answer.spend.map(|amount| amount.get()),
        cached: answer.cached,
        attempts: answer.attempts,
        kept: Some(kept),
    });
    match &answer.error {
        Some(error) => failed(grading, system, index, recorded.repeat, error, worked),
        None => graded(grading, system, index, recorded.repeat, &document, answer, worked),
    }
}

fn unknown(grading: &Grading, place: LinePlace, id: &str) -> Fault {
    const SMALL: usize = 5000;
    let near = (grading.set.rows.len() <= SMALL)
        .then(|| closest(id, grading.set.rows.iter().map(|row| row.id.as_str())))
        .flatten();
    let help =
        near.map_or_else(|| "answers refer to examples by id".to_owned(), |near| format!("did you mean `{near}`?"));
    place.fault(1, id, format!("no example has the id `{id}`"), help)
}

/// A system fault: a failure of every criterion that applies.
fn failed(grading: &Grading, system: &str, index: ExampleIndex, repeat: u32, error: &SystemFault, worked: &mut Worked) {
    let Failed { class, reason } = Failed::of(error);
    for (at, criterion) in grading.criteria.iter().enumerate() {
        if matches!(grading.graders[at], Ready::Imported | Ready::Differs(_)) || !planned(grading, at, criterion, index)
        {
            continue;
        }
        if matches!(grading.graders[at], Ready::Pair) {
            worked.sides.push((index, repeat, at as u16, None));
            continue;
        }
        push(
            grading,
            system,
            worked,
            ScoreRow {
                example: index,
                repeat,
                criterion: at as u16,
                state: State::SystemError,
                value: None,
                class: Some(class.clone()),
                reason: reason.clone(),
            },
        );
    }
}

/// Whether the answer is looked at: the criterion applies, or it is half of a pair. A pair is scored on its variant alone, and its
/// base is one whether or not the criterion applies to it.
fn planned(grading: &Grading, at: usize, criterion: &Criterion, index: ExampleIndex) -> bool {
    match grading.graders[at] {
        Ready::Pair => grading.in_pair[index.0 as usize],
        _ => grading.applies(criterion, index),
    }
}

fn graded(
    grading: &Grading,
    system: &str,
    index: ExampleIndex,
    repeat: u32,
    document: &Value,
    answer: &Answer,
    worked: &mut Worked,
) {
    let prepared = Prepared::new(answer);
    for (at, criterion) in grading.criteria.iter().enumerate() {
        if !planned(grading, at, criterion, index) {
            continue;
        }
        match &grading.graders[at] {
            Ready::Imported => {}
            Ready::Compiled(compiled) => {
                let row = row_of(index, repeat, at, compiled.grade(document, &prepared));
                push(grading, system, worked, row);
            }
            Ready::Judged(verdicts) => {
                let row = row_of(index, repeat, at, verdicts.of(system, at as u16, index, repeat));
                push(grading, system, worked, row);
            }
            Ready::Reviewed(reviewed) => {
                let item = reviewed.of(system, &grading.set.rows[index.0 as usize].id, repeat, answer);
                let Grade { state, value, class, reason } = item.grade();
                let row = ScoreRow { example: index, repeat, criterion: at as u16, state, value, class, reason };
                push(grading, system, worked, row);
            }
            Ready::Differs(reviewed) => {
                let item = reviewed.of(system, &grading.set.rows[index.0 as usize].id, repeat, answer);
                if let Some(differs) = item.differs() {
                    let value = Some(if differs { 1.0 } else { 0.0 });
                    let (state, reason) = (State::Graded, item.grade().reason);
                    let row =
                        ScoreRow { example: index, repeat, criterion: at as u16, state, value, class: None, reason };
                    push(grading, system, worked, row);
                }
            }
            Ready::Pair => {
                if let Grader::Pair { part, .. } = &criterion.grader {
                    worked.sides.push((index, repeat, at as u16, Some(side(part, &prepared))));
                }
            }
            Ready::Process(_) => {
                // A program is asked in order, outside the workers: its row is completed there.
                let request = crate::process::request(document, answer);
                let row = ScoreRow {
                    example: index,
                    repeat,
                    criterion: at as u16,
                    state: State::GraderError,
                    value: None,
                    class: None,
                    reason: request,
                };
                worked.batch.scores.push(row);
            }
        }
    }
}

fn row_of(example: ExampleIndex, repeat: u32, criterion: usize, verdict: Verdict) -> ScoreRow {
    let (state, value, class, reason) = match verdict {
        Verdict::Graded { value, class, reason } => (State::Graded, Some(value.get()), class, reason),
        Verdict::NotApplicable { reason } => (State::NotApplicable, None, None, reason),
        Verdict::GraderError { reason } => (State::GraderError, None, None, reason),
    };
    ScoreRow { example, repeat, criterion: criterion as u16, state, value, class, reason }
}

fn push(grading: &Grading, system: &str, worked: &mut Worked, row: ScoreRow) {
    note(grading, system, &mut worked.summing, &mut worked.batch, row);
}

/// Adds a row and its part of the fingerprint.
fn note(grading: &Grading, system: &str, summing: &mut Summing, batch: &mut Batch, row: ScoreRow) {
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

/// What only the whole of a system's answers shows.
struct Whole<'a> {
    grading: &'a Grading<'a>,
    system: &'a str,
    files: &'a [Utf8PathBuf],
    /// For each example and repeat, file and line of its answer; line 0 where there is none.
    answered: Vec<(u16, u32)>,
    sides: BTreeMap<(u16, ExampleIndex, u32), Option<Side>>,
    faults: Vec<Fault>,
    graded: Graded,
}

impl<'a> Whole<'a> {
    fn new(grading: &'a Grading<'a>, system: &'a str, files: &'a [Utf8PathBuf]) -> Self {
        let planned = grading.set.rows.len() * usize::from(grading.repeats);
        Whole {
            grading,
            system,
            files,
            answered: vec![(0, 0); planned],
            sides: BTreeMap::new(),
            faults: Vec::new(),
            graded: Graded::default(),
        }
    }

    fn slot(&self, index: ExampleIndex, repeat: u32) -> usize {
        index.0 as usize * usize::from(self.grading.repeats) + repeat as usize
    }

    fn take(&mut self, worked: Worked, programs: &mut Programs) -> Batch {
        let room = MOST_FAULTS.saturating_sub(self.faults.len());
        self.faults.extend(worked.faults.into_iter().take(room));
        self.graded.left_out += worked.left_out;
        for (index, repeat, file, line) in worked.answered {
            let slot = self.slot(index, repeat);
            let (first_file, first) = self.answered[slot];
            if first != 0 {
                self.twice(index, (file, line), (first_file, first));
                continue;
            }
            self.answered[slot] = (file, line);
            self.graded.answers += 1;
        }
        for (index, repeat, criterion, side) in worked.sides {
            self.sides.insert((criterion, index, repeat), side);
        }
        self.graded.system_errors +=
            worked.batch.answers.iter().filter(|answer| answer.state == State::SystemError).count() as u64;
        let mut batch = worked.batch;
        self.ask_programs(&mut batch, programs);
        batch
    }

    fn twice(&mut self, index: ExampleIndex, here: (u16, u32), first: (u16, u32)) {
        let path = |file: u16| self.files.get(file as usize).map_or(Utf8Path::new("?"), |path| path.as_path());
        let id = self.grading.set.rows[index.0 as usize].id.clone();
        let what = format!("`{id}` is answered twice in one repeat, first at {}:{}", path(first.0), first.1);
        let place = LinePlace { file: path(here.0), line: here.1 };
        let fault = place.fault(1, id.as_str(), what, "keep one, or number further repeats with `repeat`");
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }

    /// Completes the rows that programs grade; workers left the request in the reason.
    fn ask_programs(&mut self, batch: &mut Batch, programs: &mut Programs) {
        let waiting = |row: &ScoreRow| match &self.grading.graders[row.criterion as usize] {
            Ready::Process(program) if row.state == State::GraderError => Some(*program),
            _ => None,
        };
        if !batch.scores.iter().any(|row| waiting(row).is_some()) {
            return;
        }
        let rows = std::mem::take(&mut batch.scores);
        let mut summing = Summing::default();
        for row in rows {
            match waiting(&row) {
                None => batch.scores.push(row),
                Some(program) => {
                    let verdict = programs.ask(program, &row.reason);
                    let row = row_of(row.example, row.repeat, row.criterion as usize, verdict);
                    note(self.grading, self.system, &mut summing, batch, row);
                }
            }
        }
        batch.fingerprint.merge(&summing.whole);
    }

    /// Pairs, and rows of what was not run.
    fn rest(&mut self) -> Vec<Batch> {
        let mut batches = vec![Batch::default()];
        let mut summing = Summing::default();
        let grading = self.grading;
        for (index, _) in grading.set.active() {
            for repeat in 0..u32::from(grading.repeats) {
                if batches.last().is_some_and(|batch| batch.scores.len() > 4096) {
                    batches.push(Batch::default());
                }
                let Some(batch) = batches.last_mut() else { continue };
                let missing = self.answered[index.0 as usize * usize::from(grading.repeats) + repeat as usize].1 == 0;
                if missing {
                    self.graded.not_run += 1;
                    batch.answers.push(AnswerRow {
                        example: index,
                        repeat,
                        state: State::NotRun,
                        failed: None,
                        latency_ms: None,
                        spend: None,
                        cached: false,
                        attempts: None,
                        kept: None,
                    });
                }
                for (at, criterion) in grading.criteria.iter().enumerate() {
                    let row = match &grading.graders[at] {
                        Ready::Imported | Ready::Differs(_) => None,
                        Ready::Pair => pair_row(grading, &self.sides, at, criterion, index, repeat, missing),
                        _ if missing && grading.applies(criterion, index) => Some(not_run(index, repeat, at)),
                        _ => None,
                    };
                    if let Some(row) = row {
                        note(grading, self.system, &mut summing, batch, row);
                    }
                }
            }
        }
        batches.iter_mut().for_each(|batch| batch.fingerprint.merge(&std::mem::take(&mut summing.whole)));
        batches
    }
}

fn not_run(example: ExampleIndex, repeat: u32, criterion: usize) -> ScoreRow {
    let reason = "no answer was recorded".to_owned();
    ScoreRow { example, repeat, criterion: criterion as u16, state: State::NotRun, value: None, class: None, reason }
}

/// The score of a variant; `None` on an example that is no variant.
fn pair_row(
    grading: &Grading,
    sides: &BTreeMap<(u16, ExampleIndex, u32), Option<Side>>,
    at: usize,
    criterion: &Criterion,
    index: ExampleIndex,
    repeat: u32,
    missing: bool,
) -> Option<ScoreRow> {
    let (base, expect): (ExampleIndex, &Expect) = {
        let pair = grading.set.rows[index.0 as usize].pair.as_ref()?;
        (pair.0, &pair.1)
    };
    if !grading.applies(criterion, index) {
        return None;
    }
    if missing {
        return Some(not_run(index, repeat, at));
    }
    let Grader::Pair { normalise, .. } = &criterion.grader else { return None };
    let half = |index: ExampleIndex| sides.get(&(at as u16, index, repeat));
    Some(match (half(base), half(index)) {
        (_, Some(None)) => ScoreRow {
            example: index,
            repeat,
            criterion: at as u16,
            state: State::SystemError,
            value: None,
            class: Some(ClassName::new(domain::failure_class::FORMAT)),
            reason: "the system failed on the variant".to_owned(),
        },
        (Some(Some(base)), Some(Some(variant))) => {
            row_of(index, repeat, at, grade_pair(*normalise, expect, base, variant))
        }
        _ => row_of(
            index,
            repeat,
            at,
            Verdict::GraderError { reason: "the base has no answer to compare with".to_owned() },
        ),
    })
}

//! One batch of a system's answers: read, given to a worker, and graded there.
//!
//! in      files of answers, in the order of their lines
//! out     score rows and answers of the batch, with what only the whole of the answers can show left open: halves of pairs, which
//!         places were answered, and the requests to programs
//! errors  a line that cannot be read, or that the plan does not ask for, is a fault of the batch

use super::{BATCH, Grading, Ready, note, row_of};
use crate::journal::Growing;
use crate::jsonl::Lines;
use crate::rows::{AnswerRow, Batch, Failed, ScoreRow};
use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::{Answer, SystemFault};
use domain::criterion::Criterion;
use domain::fault::{Fault, closest};
use domain::format::answers::{Recorded, parse};
use domain::format::lines::LinePlace;
use domain::grader::Grader;
use domain::reference_set::ExampleIndex;
use domain::review::Grade;
use domain::score::{HowJudged, State, Summing};
use domain::share::plural;
use grading::{Prepared, Side, side};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::mpsc::SyncSender;

/// A batch of raw lines: bytes, and for each line its number, offset and range.
pub(super) struct Raw {
    file: u16,
    bytes: Vec<u8>,
    lines: Vec<(u32, u64, usize, usize, bool)>,
}

/// A batch as a worker leaves it.
#[derive(Default)]
pub(super) struct Worked {
    pub batch: Batch,
    pub summing: Summing,
    pub faults: Vec<Fault>,
    /// The example of the answer before.
    last: Option<ExampleIndex>,
    /// Answered: example, repeat and place, for what only the whole can show.
    pub answered: Vec<(ExampleIndex, u32, u16, u32)>,
    pub sides: Vec<(ExampleIndex, u32, u16, Option<Side>)>,
    pub left_out: u64,
}

/// Hands batches to the workers in turn.
pub(super) fn read_files(
    files: &[Utf8PathBuf],
    growing: Option<&Growing>,
    workers: &[SyncSender<Raw>],
) -> Result<(), (Utf8PathBuf, io::Error)> {
    let mut turn = 0;
    for (at, path) in files.iter().enumerate() {
        let failed = |cause| (path.clone(), cause);
        let reader: Box<dyn Read> = match growing.and_then(|growing| growing.read(path)) {
            Some(reader) => Box::new(reader),
            None => Box::new(File::open(path).map_err(failed)?),
        };
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, reader));
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

pub(super) fn work(grading: &Grading, system: &str, files: &[Utf8PathBuf], raw: &Raw) -> Worked {
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
            "the contract asks for {}, counted from 0: raise `repeats`, or leave it out",
            plural(u64::from(grading.repeats), "repeat")
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
                how: HowJudged::default(),
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
                let (verdict, how) = verdicts.of(system, at as u16, index, repeat);
                push(grading, system, worked, ScoreRow { how, ..row_of(index, repeat, at, verdict) });
            }
            Ready::Reviewed(reviewed) => {
                let item = reviewed.of(system, &grading.set.rows[index.0 as usize].id, repeat, answer);
                let Grade { state, value, class, reason } = item.grade();
                let (criterion, how) = (at as u16, HowJudged::default());
                let row = ScoreRow { example: index, repeat, criterion, state, value, class, reason, how };
                push(grading, system, worked, row);
            }
            Ready::Differs(reviewed) => {
                let item = reviewed.of(system, &grading.set.rows[index.0 as usize].id, repeat, answer);
                if let Some(differs) = item.differs() {
                    let value = Some(if differs { 1.0 } else { 0.0 });
                    let (state, reason) = (State::Graded, item.grade().reason);
                    let (criterion, class, how) = (at as u16, None, HowJudged::default());
                    let row = ScoreRow { example: index, repeat, criterion, state, value, class, reason, how };
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
                    how: HowJudged::default(),
                };
                worked.batch.scores.push(row);
            }
        }
    }
}

fn push(grading: &Grading, system: &str, worked: &mut Worked, row: ScoreRow) {
    note(grading, system, &mut worked.summing, &mut worked.batch, row);
}

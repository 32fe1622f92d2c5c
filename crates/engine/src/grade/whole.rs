//! What only the whole of a system's answers shows: what was answered twice, what has no answer, both halves of a pair.
//!
//! in      batches as workers leave them, in the order of the answers
//! out     the batches, completed by what programs say; in the end rows of pairs, and of what was not run
//! errors  an answer that was given twice is a fault

use super::batch::Worked;
use super::{Answered, Graded, Grading, MOST_FAULTS, Ready, note, row_of};
use crate::journal::Growing;
use crate::process::Programs;
use crate::rows::{AnswerRow, Batch, ScoreRow};
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::example::Expect;
use domain::fault::Fault;
use domain::format::lines::LinePlace;
use domain::grader::Grader;
use domain::name::ClassName;
use domain::reference_set::ExampleIndex;
use domain::score::{HowJudged, State, Summing, Verdict};
use grading::{Side, grade_pair};
use std::collections::BTreeMap;

pub(super) struct Whole<'a> {
    grading: &'a Grading<'a>,
    system: &'a str,
    files: &'a [Utf8PathBuf],
    growing: Option<&'a Growing>,
    /// For each example and repeat, file and line of its answer; line 0 where there is none.
    answered: Vec<(u16, u32)>,
    sides: BTreeMap<(u16, ExampleIndex, u32), Option<Side>>,
    pub faults: Vec<Fault>,
    pub graded: Graded,
}

impl<'a> Whole<'a> {
    pub fn new(
        grading: &'a Grading<'a>,
        Answered { system, files }: Answered<'a>,
        growing: Option<&'a Growing>,
    ) -> Self {
        let planned = grading.set.rows.len() * usize::from(grading.repeats);
        Whole {
            grading,
            system,
            files,
            growing,
            answered: vec![(0, 0); planned],
            sides: BTreeMap::new(),
            faults: Vec::new(),
            graded: Graded::default(),
        }
    }

    pub fn system(&self) -> &'a str {
        self.system
    }

    fn slot(&self, index: ExampleIndex, repeat: u32) -> usize {
        index.0 as usize * usize::from(self.grading.repeats) + repeat as usize
    }

    pub fn take(&mut self, worked: Worked, programs: &mut Programs) -> Batch {
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
            // Nobody waits for what a program says of answers that are not used.
            if self.growing.is_some_and(Growing::broke_off) {
                return;
            }
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
    pub fn rest(&mut self) -> Vec<Batch> {
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
    let (criterion, how) = (criterion as u16, HowJudged::default());
    ScoreRow { example, repeat, criterion, state: State::NotRun, value: None, class: None, reason, how }
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
    let Grader::Pair { part, normalise } = &criterion.grader else { return None };
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
            how: HowJudged::default(),
        },
        (Some(Some(base)), Some(Some(variant))) => {
            row_of(index, repeat, at, grade_pair(part, *normalise, expect, base, variant))
        }
        _ => row_of(
            index,
            repeat,
            at,
            Verdict::GraderError { reason: "the base has no answer to compare with".to_owned() },
        ),
    })
}

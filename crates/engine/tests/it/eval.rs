//! A small eval in a folder of its own: examples, answers, criteria; and the rows that come of it.

use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::{Criterion, Kind};
use domain::digest::Digest;
use domain::failure_class::Classes;
use domain::fault::Faults;
use domain::grader::{Grader, Normalisation, Operand, Part};
use domain::name::ClassName;
use domain::reference_set::{Builder, ReferenceSet};
use domain::score::{Fingerprint, State};
use domain::segment::Conditions;
use engine::process::Programs;
use engine::{Answered, Batch, Documents, GradeError, Graded, Grading, Keeper, Ready, Sink, grade_systems, read_set};
use std::collections::BTreeMap;

pub struct Eval {
    folder: tempfile::TempDir,
    pub criteria: Vec<Criterion>,
    pub repeats: u16,
    pub threads: usize,
    /// Whether examples are kept in memory; else each is read again from its file.
    pub keep: bool,
}

/// A score as a line: `example repeat criterion state value class reason`.
#[derive(Debug, Default)]
pub struct Rows {
    pub scores: Vec<String>,
    pub answers: Vec<String>,
    pub fingerprint: Fingerprint,
    pub graded: Graded,
}

impl Rows {
    pub fn sorted(mut self) -> (Vec<String>, Vec<String>, Digest) {
        self.scores.sort();
        self.answers.sort();
        (self.scores, self.answers, self.fingerprint.digest())
    }
}

struct Gather<'s> {
    set: &'s ReferenceSet,
    criteria: &'s [Criterion],
    rows: Rows,
}

impl Sink for Gather<'_> {
    type Error = String;

    fn take(&mut self, system: &str, batch: Batch) -> Result<(), String> {
        assert_eq!(system, "candidate");
        for row in batch.scores {
            assert_eq!(row.value.is_some(), row.state == State::Graded);
            self.rows.scores.push(format!(
                "{} {} {} {} {} {} {}",
                self.set.rows[row.example.0 as usize].id,
                row.repeat,
                self.criteria[row.criterion as usize].name,
                row.state.as_str(),
                row.value.map_or("-".to_owned(), |value| value.to_string()),
                row.class.as_ref().map_or("-", ClassName::as_str),
                row.reason
            ));
        }
        for row in batch.answers {
            self.rows.answers.push(format!(
                "{} {} {} {:?}",
                self.set.rows[row.example.0 as usize].id,
                row.repeat,
                row.state.as_str(),
                row.latency_ms
            ));
        }
        self.rows.fingerprint.merge(&batch.fingerprint);
        Ok(())
    }
}

impl Eval {
    pub fn new(examples: &str, answers: &str, criteria: Vec<Criterion>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let eval = Eval { folder, criteria, repeats: 1, threads: 2, keep: true };
        eval.write("examples.jsonl", examples);
        eval.write("answers.jsonl", answers);
        eval
    }

    pub fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.root().join(name), text).unwrap();
    }

    pub fn set(&self) -> (ReferenceSet, Keeper) {
        let mut keeper = match self.keep {
            true => Keeper::new(&self.criteria),
            false => Keeper::up_to(0, &self.criteria),
        };
        let paths = [Utf8PathBuf::from("examples.jsonl")];
        let set = read_set(self.root(), &paths, Builder::new(false), |example, _| keeper.keep(&example));
        (set.unwrap(), keeper)
    }

    pub fn grade(&self) -> Result<Rows, GradeError<String>> {
        self.grade_after(|| {})
    }

    /// Grades; `before` runs when the set is read and the answers are not.
    pub fn grade_after(&self, before: impl FnOnce()) -> Result<Rows, GradeError<String>> {
        let (set, keeper) = self.set();
        let documents = Documents::new(&set, keeper);
        let mut programs = Programs::default();
        let graders = self.criteria.iter().map(|criterion| self.ready(&mut programs, &criterion.grader)).collect();
        let digests = self.criteria.iter().map(|one| Digest::of_bytes(one.name.as_str().as_bytes())).collect();
        before();
        let grading = Grading::new(&set, &documents, &self.criteria, graders, digests, self.repeats, self.threads);
        let mut sink = Gather { set: &set, criteria: &self.criteria, rows: Rows::default() };
        let files = [self.root().join("answers.jsonl")];
        let candidate = [Answered { system: "candidate", files: &files }];
        let graded = grade_systems(&grading, &candidate, None, &mut programs, &mut sink, |_| {})?;
        Ok(Rows { graded: graded[0], ..sink.rows })
    }

    /// The faults, as `line:column: what (help)`.
    pub fn faults(&self) -> Vec<String> {
        match self.grade() {
            Err(GradeError::Faults(faults)) => told(&faults),
            Err(other) => panic!("another error: {other}"),
            Ok(_) => Vec::new(),
        }
    }

    fn ready(&self, programs: &mut Programs, grader: &Grader) -> Ready {
        match grader {
            Grader::Process { command, time_limit_ms, settings } => Ready::Process(
                programs.add(self.root(), command, *time_limit_ms, settings, Classes::default()).unwrap(),
            ),
            Grader::Pair { .. } => Ready::Pair,
            Grader::Imported => Ready::Imported,
            other => Ready::Compiled(Box::new(grading::compile(other).unwrap())),
        }
    }
}

pub fn told(faults: &Faults) -> Vec<String> {
    let line = |fault: &domain::fault::Fault| {
        format!("{}:{}: {} ({})", fault.place.line, fault.place.column, fault.what, fault.help)
    };
    faults.iter().map(line).collect()
}

pub fn criterion(name: &str, grader: Grader) -> Criterion {
    Criterion {
        name: name.into(),
        describe: String::new(),
        protects: vec!["unsupported_claim".into()],
        grader,
        applies: Conditions::default(),
        pass_at: None,
        kind: Kind::PassFail,
    }
}

/// Equal to the example's `expected.answer`.
pub fn right() -> Criterion {
    let to = Operand::Path(vec!["expected".to_owned(), "answer".to_owned()]);
    criterion("right", Grader::Equals { part: Part::Text, to, normalise: Normalisation::default() })
}

pub fn pair() -> Criterion {
    criterion("steady", Grader::Pair { part: Part::Text, normalise: Normalisation::default() })
}

pub fn process(command: &[&str], limit_ms: u64) -> Criterion {
    let command = command.iter().map(|&word| word.to_owned()).collect();
    criterion("judged", Grader::Process { command, time_limit_ms: limit_ms, settings: BTreeMap::new() })
}

/// `n` examples `e0..`, whose expected answer is their number.
pub fn examples(n: usize) -> String {
    (0..n)
        .map(|at| format!("{{\"id\":\"e{at}\",\"input\":\"q{at}\",\"expected\":{{\"answer\":\"{at}\"}}}}\n"))
        .collect()
}

/// The right answer to each of `n` examples.
pub fn answers(n: usize) -> String {
    (0..n).map(|at| answer(at, 0, &at.to_string()) + "\n").collect()
}

pub fn answer(at: usize, repeat: u32, text: &str) -> String {
    serde_json::json!({"example": format!("e{at}"), "repeat": repeat, "text": text}).to_string()
}

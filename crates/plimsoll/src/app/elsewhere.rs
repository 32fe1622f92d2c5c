//! Grades that people or another harness gave, for the criteria that say `grade: imported`, beside those of our own graders.
//!
//! in      the table of `run --scores`, the contract, the reference set; then each answer as it is graded here
//! out     one row for each planned score of such a criterion, and what somebody should know of the table
//! errors  those of an import; a table that no criterion asks for, and a criterion that asks for one where there is none
//! rules   what failed to answer is a system error, whatever the table says of it; what no row speaks of is not run; a grade on
//!         an answer that was not recorded is a grade, for somebody saw it

use super::eval::Eval;
use super::import::scores::refused;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::failure_class::Classes;
use domain::grader::Grader;
use domain::name::ClassName;
use domain::reference_set::ReferenceSet;
use domain::score::{HowJudged, State};
use domain::share::plural;
use domain::system::{Arm, SystemKind};
use engine::{AnswerRow, ScoreRow};
use lake::{Grade, Grades, Plan, read_grades};
use serde_json::{Value, json};

pub struct Elsewhere<'c> {
    grades: Grades,
    file: Utf8PathBuf,
    /// The criteria that are graded elsewhere, with their positions in the contract.
    criteria: Vec<(u16, &'c Criterion)>,
    /// What each arm is called in the table.
    names: Vec<(Arm, String)>,
    /// Grades of answers that failed.
    outdone: u64,
}

pub fn is_elsewhere(criterion: &Criterion) -> bool {
    matches!(criterion.grader, Grader::Imported)
}

impl<'c> Elsewhere<'c> {
    /// Reads the table, where the contract asks for one.
    pub fn read(eval: &'c Eval, file: Option<&Utf8Path>, set: &ReferenceSet) -> Result<Option<Self>, Failure> {
        let contract = &eval.contract;
        let of = contract.criteria.iter().enumerate();
        let criteria: Vec<(u16, &Criterion)> =
            of.filter(|(_, criterion)| is_elsewhere(criterion)).map(|(at, criterion)| (at as u16, criterion)).collect();
        let Some(file) = file else { return Ok(None) };
        if criteria.is_empty() {
            return Err(Failure::yours(
                format!("no criterion of the contract is graded elsewhere: nothing of `{file}` is asked for"),
                "write `grade: imported` for what the table grades, or leave `--scores` out",
            ));
        }
        let names: Vec<(Arm, String)> = Arm::ALL
            .into_iter()
            .filter_map(|arm| match &contract.system(arm)?.kind {
                SystemKind::Recorded { imported: Some(name), .. } => Some((arm, name.clone())),
                _ => Some((arm, arm.as_str().to_owned())),
            })
            .collect();
        let systems: Vec<String> = names.iter().map(|(_, name)| name.clone()).collect();
        let classes = Classes::of(&contract.failures);
        let plan =
            Plan { set, criteria: &contract.criteria, classes: &classes, systems: &systems, repeats: contract.repeats };
        let grades = read_grades(file, &plan).map_err(refused)?;
        Ok(Some(Elsewhere { grades, file: file.to_owned(), criteria, names, outdone: 0 }))
    }

    pub fn grades(&self) -> &Grades {
        &self.grades
    }

    /// The planned scores of an answer, in the order of the contract's criteria.
    pub fn rows(&mut self, system: &str, answer: &AnswerRow) -> Vec<ScoreRow> {
        let Some(name) = self.names.iter().find(|(arm, _)| arm.as_str() == system).map(|(_, name)| name) else {
            return Vec::new();
        };
        let mut rows = Vec::with_capacity(self.criteria.len());
        for (at, criterion) in &self.criteria {
            if !self.grades.set().lies_in(&criterion.applies, answer.example) {
                continue;
            }
            let grade = self.grades.of(answer.example, name, answer.repeat, criterion.name.as_str());
            self.outdone += u64::from(answer.failed.is_some() && grade.is_some());
            let (state, value, class, reason) = outcome(answer, grade);
            let (example, repeat, criterion) = (answer.example, answer.repeat, *at);
            let how = HowJudged::default();
            rows.push(ScoreRow { example, repeat, criterion, state, value, class, reason, how });
        }
        rows
    }

    /// What somebody should know, though nothing stops for it.
    pub fn told(&self) -> Vec<String> {
        let file = &self.file;
        let aside = format!(
            "set aside, as the example is not active or the criterion does not apply: {} of `{file}`",
            plural(self.grades.set_aside, "row")
        );
        let outdone =
            format!("a system error all the same, as the answer failed: {} of `{file}`", plural(self.outdone, "grade"));
        [(self.grades.set_aside, aside), (self.outdone, outdone)]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(_, told)| told)
            .collect()
    }

    /// What the run says of the table.
    pub fn made_of(&self) -> Value {
        json!({"file": self.file, "digest": self.grades.digest.to_string(), "rows": self.grades.rows()})
    }
}

fn outcome(answer: &AnswerRow, grade: Option<Grade>) -> (State, Option<f64>, Option<ClassName>, String) {
    if let Some(failed) = &answer.failed {
        return (State::SystemError, None, Some(failed.class.clone()), failed.reason.clone());
    }
    let Some(grade) = grade else {
        let missing =
            if answer.state == State::NotRun { "no answer was recorded" } else { "the table has no row for it" };
        return (State::NotRun, None, None, missing.to_owned());
    };
    let unsaid = grade.state == State::GraderError && grade.evidence.is_empty();
    let reason = if unsaid { "the table gives no value" } else { grade.evidence };
    (grade.state, grade.value, grade.class.map(ClassName::new), reason.to_owned())
}

//! `import scores`: scores that another harness made, sealed as a run that is then decided on like any other.

use crate::app::eval::Eval;
use crate::app::run::{Progress, reference_set};
use crate::app::sealed::{self, SealedRun, Sealing, arms};
use crate::app::work::Work;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::contract::Contract;
use domain::criterion::Criterion;
use domain::failure_class::Classes;
use domain::fault::{Fault, Faults, closest};
use domain::grader::Grader;
use lake::{Import, ImportError, Imported, import_scores};
use serde_json::{Map, json};
use std::collections::BTreeSet;

/// A run made of imported scores, and what was read.
pub struct FromElsewhere {
    pub sealed: SealedRun,
    pub read: Imported,
    /// Criteria of the contract that no row speaks of.
    pub without_rows: Vec<String>,
    /// Criteria of the file that the contract does not have: kept, and asked by no gate.
    pub unknown: Vec<String>,
}

/// Seals the scores of a file as a run of this eval.
pub fn seal(eval: &Eval, file: &Utf8Path, progress: &mut dyn Progress) -> Result<FromElsewhere, Failure> {
    let contract = &eval.contract;
    progress.step("reading the scores");
    let there = super::super::kept::paths(eval)?.iter().any(|path| eval.folder.join(path).exists());
    let set = if there { Some(reference_set(eval, progress)?.0) } else { None };
    let work = Work::begin(&eval.state())?;
    let leave_out = BTreeSet::new();
    let classes = Classes::of(&contract.failures);
    let import = Import {
        file,
        folder: work.path(),
        home: &eval.folder,
        set: set.as_ref(),
        criteria: &contract.criteria,
        classes: Some(&classes),
        leave_out: &leave_out,
    };
    let read = import_scores(&import).map_err(refused)?;
    let (without_rows, unknown) = compared(contract, &read)?;
    graded_elsewhere(contract, &read, progress);
    let systems = arms(contract, &read.systems)?;
    let mut made_of = Map::new();
    made_of.insert("imported".into(), json!({"file": file, "rows": read.rows, "criteria": read.criteria}));
    made_of.insert("systems_in_file".into(), json!(read.systems));
    let scores_digest = read.fingerprint.digest().to_string();
    let sealed = sealed::seal(work, Sealing { contract, scores_digest, files: read.files.clone(), systems, made_of })?;
    Ok(FromElsewhere { sealed, read, without_rows, unknown })
}

/// A criterion that has a grader of its own is decided on the grades of the file all the same: there are no answers to grade.
/// The rows and the record say that they were imported.
fn graded_elsewhere(contract: &Contract, read: &Imported, progress: &mut dyn Progress) {
    let is_ours = |criterion: &&Criterion| {
        !matches!(criterion.grader, Grader::Imported | Grader::Judge { .. } | Grader::Reviewers { .. })
    };
    let criteria = contract.criteria.iter().filter(is_ours);
    for criterion in criteria.filter(|criterion| read.criteria.iter().any(|name| name == criterion.name.as_str())) {
        progress.note(&format!(
            "the grader of `{}`, `{}`, was not asked: its grades are those of the file; `grade: imported` says so in the contract",
            criterion.name,
            criterion.grader.kind()
        ));
    }
}

/// Criteria without rows, and rows without a criterion; a name that was mistyped is refused.
fn compared(contract: &Contract, read: &Imported) -> Result<(Vec<String>, Vec<String>), Failure> {
    let unknown: Vec<String> =
        read.criteria.iter().filter(|name| contract.criterion(name).is_none()).cloned().collect();
    let without: Vec<String> = contract
        .criteria
        .iter()
        .map(|criterion| criterion.name.to_string())
        .filter(|name| !read.criteria.contains(name))
        .collect();
    let meant = without.iter().find_map(|name| Some((name, closest(name, unknown.iter().map(String::as_str))?)));
    if let Some((name, near)) = meant {
        return Err(Failure::yours(
            format!("the scores hold no grade of criterion `{name}`"),
            format!("did you mean `{near}`? Name it alike in the contract and in the file"),
        ));
    }
    if without.len() == contract.criteria.len() && !without.is_empty() {
        return Err(Failure::yours(
            "the scores hold no grade of any criterion of the contract",
            format!("criteria in the file: {}; in the contract: {}", unknown.join(", "), without.join(", ")),
        ));
    }
    Ok((without, unknown))
}

pub fn refused(error: ImportError) -> Failure {
    match error {
        ImportError::Faults { faults, more } => Failure::Faults(counted(faults, more)),
        ImportError::Lake(error) => crate::app::weigh::ours(error),
        other => {
            let help = other.help();
            Failure::yours(other.to_string(), help)
        }
    }
}

/// The faults, with one more that says how many are not shown.
fn counted(faults: Faults, more: u64) -> Faults {
    let Some(last) = faults.iter().max().filter(|_| more > 0) else { return faults };
    let (place, help) = (last.place.clone(), "mend these first".to_owned());
    faults.and(Fault { place, found: String::new(), what: format!("{more} more faults are not shown"), help })
}

//! The rubrics of an eval, read for whoever judges or labels by them.
//!
//! in      a criterion with a rubric: a file of the eval's folder
//! out     the rubric
//! errors  a file that is not there, at its place in the contract; every fault of one that is

use super::eval::Eval;
use super::gathered::Gathered;
use super::graders::refused_at;
use super::run::read_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::format::rubric;
use domain::name::{CriterionName, SystemName};
use domain::qualification::judges;
use domain::rubric::Rubric;
use engine::ReadError;

/// Bytes of a rubric.
const LONGEST: u64 = 1 << 20;

pub fn read(eval: &Eval, criterion: &Criterion, path: &Utf8Path) -> Result<Rubric, Failure> {
    match find(eval, path) {
        Ok(file) => parse(criterion, &file),
        Err(ReadError::Missing(missing)) => {
            let key = criterion.grader.kind();
            let what = format!("the rubric `{missing}` does not exist");
            Err(refused_at(eval, criterion, key, path.as_str(), &what, "mend the path, or add the file"))
        }
        Err(error) => Err(read_failure(error)),
    }
}

/// The rubric that somebody named, from the eval's folder, read for this criterion: everybody who reads it so has the same version of it.
pub fn named(eval: &Eval, path: &Utf8Path, criterion: &CriterionName) -> Result<Rubric, Failure> {
    let file = eval.folder.join(path);
    let text = super::file::text(&file, LONGEST)
        .map_err(|error| Failure::yours(format!("cannot read `{file}`: {error}"), "name a rubric of the eval"))?;
    Ok(rubric::parse(&file, &text, eval.contract.criterion(criterion.as_str()))?)
}

/// Reads all that are read here: the criteria whose rubric is not there, or every fault of those that are.
pub fn all(eval: &Eval) -> Result<Vec<CriterionName>, Failure> {
    let (mut without, mut gathered) = (Vec::new(), Gathered::default());
    for criterion in &eval.contract.criteria {
        let Some(path) = criterion.grader.rubric() else { continue };
        match find(eval, path) {
            Ok(_) if is_judged_elsewhere(eval, criterion) => {}
            Ok(file) => drop(gathered.take(parse(criterion, &file))),
            Err(ReadError::Missing(_)) => without.push(criterion.name.clone()),
            Err(error) => drop(gathered.take::<Rubric>(Err(read_failure(error)))),
        }
    }
    gathered.finish()?;
    Ok(without)
}

/// Whether only other programs read the rubric: what it holds is theirs.
pub fn is_judged_elsewhere(eval: &Eval, criterion: &Criterion) -> bool {
    let asked = |name: &&SystemName| {
        let system = eval.contract.systems.iter().find(|system| system.name == **name);
        system.is_some_and(|system| system.live().is_some())
    };
    let judges = judges(&criterion.grader);
    !judges.is_empty() && !judges.iter().any(asked)
}

fn find(eval: &Eval, path: &Utf8Path) -> Result<Utf8PathBuf, ReadError> {
    let files = engine::files(&eval.folder, path)?;
    Ok(files.into_iter().next().unwrap_or_else(|| eval.folder.join(path)))
}

fn parse(criterion: &Criterion, file: &Utf8Path) -> Result<Rubric, Failure> {
    let text = super::file::text(file, LONGEST).map_err(|error| {
        Failure::yours(format!("cannot read `{file}`: {error}"), "check the file and its permissions")
    })?;
    Ok(rubric::parse(file, &text, Some(criterion))?)
}

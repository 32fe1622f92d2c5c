//! The contract's graders, ready to be used.
//!
//! in      an eval; the table of grades that were made elsewhere, if one was named
//! out     for each criterion its grader, compiled or started
//! errors  all graders that cannot be used, or that are none of ours, each with its place in the contract

use super::eval::Eval;
use super::gathered::all;
use super::reviewed;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::criterion::Criterion;
use domain::failure_class::Classes;
use domain::fault::{Fault, Place};
use domain::grader::{Grader, Schema};
use domain::system::System;
use engine::Ready;
use engine::process::Programs;
use grading::{Compiled, GraderFault};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of a JSON Schema in a file.
const LONGEST_SCHEMA: u64 = 16 << 20;

/// The grader of everything that is planned, compiled or started; what this version does not carry out is refused.
pub fn ready(eval: &Eval, scores: Option<&Utf8Path>, programs: &mut Programs) -> Result<Vec<Ready>, Failure> {
    let one = |criterion: &Criterion| match &criterion.grader {
        // Filled in once judges were asked.
        Grader::Judge { .. } => Ok(Ready::Judged(Arc::default())),
        // Filled in with labels below.
        Grader::Reviewers { .. } => Ok(Ready::Imported),
        Grader::Imported if scores.is_some() => Ok(Ready::Imported),
        Grader::Imported => Err(refused(
            eval,
            criterion,
            "its grades come from elsewhere",
            "name the table with `plimsoll run --scores FILE`; where no criterion is graded here, use `plimsoll decide --scores FILE`",
        )),
        Grader::Pair { .. } => Ok(Ready::Pair),
        Grader::Process { command, time_limit_ms, settings } => {
            let classes = Classes::of(&eval.contract.failures);
            programs.add(&eval.folder, command, *time_limit_ms, settings, classes).map(Ready::Process).map_err(
                |error| refused(eval, criterion, &error.to_string(), "check the command and that it may be executed"),
            )
        }
        _ => compiled(eval, criterion).map(|compiled| Ready::Compiled(Box::new(compiled))),
    };
    let mut graders = all(eval.contract.criteria.iter().map(one))?;
    reviewed::fill(&mut graders, eval)?;
    Ok(graders)
}

/// The graders that are compiled, with the criteria that they grade.
pub fn all_compiled(eval: &Eval) -> Result<Vec<(&Criterion, Compiled)>, Failure> {
    let is_compiled = |criterion: &&Criterion| {
        !matches!(
            criterion.grader,
            Grader::Judge { .. }
                | Grader::Reviewers { .. }
                | Grader::Imported
                | Grader::Pair { .. }
                | Grader::Process { .. }
        )
    };
    let criteria = eval.contract.criteria.iter().filter(is_compiled);
    all(criteria.map(|criterion| Ok((criterion, compiled(eval, criterion)?))))
}

fn compiled(eval: &Eval, criterion: &Criterion) -> Result<Compiled, Failure> {
    let read = as_read(eval, criterion)?;
    let help = if matches!(read, Cow::Owned(_)) { "mend the schema" } else { "mend the grader in the contract" };
    grading::compile(&read.grader).map_err(|fault| match written(&criterion.grader, &fault) {
        Some((key, text)) => refused_at(eval, criterion, key, text, &fault.to_string(), help),
        None => refused(eval, criterion, &fault.to_string(), help),
    })
}

/// The criterion with what its grader reads from files in it: that is what grades, and what its rows name.
pub fn as_read<'c>(eval: &Eval, criterion: &'c Criterion) -> Result<Cow<'c, Criterion>, Failure> {
    let Grader::Json { schema: Some(Schema::File(path)), part, formats } = &criterion.grader else {
        return Ok(Cow::Borrowed(criterion));
    };
    let schema = read_schema(eval, path)
        .map_err(|what| refused(eval, criterion, &what, "give a JSON Schema in a file of the eval's folder"))?;
    let grader = Grader::Json { schema: Some(Schema::Inline(schema)), part: part.clone(), formats: *formats };
    Ok(Cow::Owned(Criterion { grader, ..criterion.clone() }))
}

/// What of a grader cannot be used, as the contract writes it, and the key that it stands behind.
fn written<'g>(grader: &'g Grader, fault: &GraderFault) -> Option<(&'static str, &'g str)> {
    match (grader, fault) {
        (Grader::Regex { pattern, .. }, GraderFault::Pattern(_)) => Some(("regex", pattern)),
        (Grader::Cel { expression, .. }, GraderFault::Expression(_)) => Some(("cel", expression)),
        (Grader::Tools(rules), GraderFault::Expression(_)) => Some(("tools", rules.unless.as_deref()?)),
        _ => None,
    }
}

/// A system that cannot be asked, with its place in the contract.
pub fn refused_system(eval: &Eval, system: &System, what: &str) -> Failure {
    refused_system_with(eval, system, what, "mend the system in the contract, or what it names")
}

/// The same, with what to do now.
pub fn refused_system_with(eval: &Eval, system: &System, what: &str, help: &str) -> Failure {
    let spot = eval.places.of(&format!("systems.{}", system.name));
    let place = Place { file: eval.path.clone(), line: spot.line, column: spot.column };
    let named = format!("`{}`", system.name);
    let what = if what.contains(&named) { what.to_owned() } else { format!("system {named}: {what}") };
    Failure::Faults(Fault { place, found: system.name.to_string(), what, help: help.to_owned() }.into())
}

/// A criterion that cannot be graded, with its place in the contract.
pub fn refused(eval: &Eval, criterion: &Criterion, what: &str, help: &str) -> Failure {
    let spot = eval.places.of(&format!("criteria.{}.grade", criterion.name));
    let place = Place { file: eval.path.clone(), line: spot.line, column: spot.column };
    refused_in(criterion, place, "grade".to_owned(), what, help)
}

/// The same at one key of the grader.
pub fn refused_at(eval: &Eval, criterion: &Criterion, key: &str, found: &str, what: &str, help: &str) -> Failure {
    let (place, found) = eval.value_at(&format!("criteria.{}.grade.{key}", criterion.name), found);
    refused_in(criterion, place, found, what, help)
}

fn refused_in(criterion: &Criterion, place: Place, found: String, what: &str, help: &str) -> Failure {
    let what = format!("criterion `{}`: {what}", criterion.name);
    Failure::Faults(Fault { place, found, what, help: help.to_owned() }.into())
}

fn read_schema(eval: &Eval, path: &Utf8Path) -> Result<Value, String> {
    let files = engine::files(&eval.folder, path).map_err(|error| error.to_string())?;
    let file = files.first().ok_or_else(|| format!("`{path}` is empty"))?;
    let text = super::file::text(file, LONGEST_SCHEMA).map_err(|error| format!("cannot read `{file}`: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("`{file}` is not JSON: {error}"))
}

//! The judges of an eval as they are now, and what their calibrations show.
//!
//! in      an eval; or the content of a record
//! out     each judged criterion with its judge, its calibration where there is one, and the day
//! errors  a calibration that cannot be read: it is nobody's to pass over in silence

use super::eval::Eval;
use super::weigh::grader_digest;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::format::{calibration, judged as format, rubric};
use domain::grader::Grader;
use domain::name::{CriterionName, SystemName};
use domain::qualification::{Calibration, Identity, Judged, is_judged, judges, models};
use serde_json::Value;
use std::io::ErrorKind;
use std::sync::Arc;

/// The folder beside the contract, meant for version control.
const FOLDER: &str = "calibrations";
const LONGEST: u64 = 64 << 20;

/// Every judged criterion of the contract.
pub fn judged(eval: &Eval) -> Result<Arc<[Judged]>, Failure> {
    let on = today();
    let judged = |criterion: &Criterion| {
        let calibration = read(eval, &criterion.name)?;
        let judge = identity(eval, criterion);
        Ok(Judged { criterion: criterion.name.clone(), judge, calibration, on: on.clone() })
    };
    eval.contract.criteria.iter().filter(|criterion| is_judged(criterion)).map(judged).collect()
}

/// Those of a record, as they were when it was made.
pub fn sealed_judges(content: &Value) -> Result<Arc<[Judged]>, Failure> {
    let judges = format::from_json(&content["judges"]);
    let refused =
        |error| Failure::yours(format!("the sealed calibrations cannot be read: {error}"), "verify the record");
    Ok(judges.map_err(refused)?.into())
}

pub fn today() -> String {
    jiff::Zoned::now().date().to_string()
}

/// What judges a criterion now. The words that judges are asked in and their settings are part of it where they are asked here; of
/// verdicts that were imported only what the contract says of the judge is known.
pub fn identity(eval: &Eval, criterion: &Criterion) -> Identity {
    let Grader::Judge { rubric, .. } = &criterion.grader else {
        return Identity { grader: grader_digest(criterion), models: Vec::new(), rubric: None };
    };
    let text = super::file::text(&eval.folder.join(rubric), LONGEST).ok();
    let asked = text.as_deref().and_then(|text| asked(eval, criterion, rubric, text));
    Identity {
        grader: asked.unwrap_or_else(|| grader_digest(criterion)),
        models: models(&eval.contract, criterion),
        rubric: text.map(|text| Digest::of_bytes(text.as_bytes())),
    }
}

/// The digest that rows carry of a judge that is asked here; `None` of one that is not.
fn asked(eval: &Eval, criterion: &Criterion, rubric: &Utf8Path, text: &str) -> Option<Digest> {
    let live = |name: &SystemName| {
        let system = eval.contract.systems.iter().find(|system| system.name == *name)?;
        system.live().map(|_| system)
    };
    let systems: Vec<_> = judges(&criterion.grader).into_iter().map(live).collect::<Option<_>>()?;
    let rubric = rubric::parse(rubric, text, Some(criterion)).ok()?;
    Some(engine::judge::identity(&rubric, &systems))
}

/// Where the calibration of a criterion is kept.
pub fn place(eval: &Eval, criterion: &CriterionName) -> Utf8PathBuf {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name: String = criterion.as_str().chars().map(|letter| if plain(letter) { letter } else { '-' }).collect();
    let name = name.trim_start_matches('.');
    let apart = match name == criterion.as_str() {
        true => String::new(),
        false => format!("-{}", &Digest::of_bytes(criterion.as_str().as_bytes()).to_string()[..8]),
    };
    eval.folder.join(FOLDER).join(format!("{name}{apart}.json"))
}

fn read(eval: &Eval, criterion: &CriterionName) -> Result<Option<Calibration>, Failure> {
    let path = place(eval, criterion);
    let text = match super::file::text(&path, LONGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::yours(format!("cannot read `{path}`: {error}"), "check the file and its permissions"));
        }
    };
    let refused = |error: calibration::NotACalibration| {
        let help = match error {
            calibration::NotACalibration::Newer(_) => "use the Plimsoll that wrote it, or a newer one",
            _ => "write it again with `plimsoll review calibrate --labels FILE`, or take it from version control",
        };
        Failure::yours(format!("`{path}` is no calibration: {error}"), help)
    };
    calibration::read(&text).map(Some).map_err(refused)
}

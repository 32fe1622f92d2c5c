//! The judges of an eval as they are now, and what their calibrations show.
//!
//! in      an eval; or the content of a record
//! out     each judged criterion with its judge, its calibration where there is one, and the day
//! errors  a calibration that cannot be read: it is nobody's to pass over in silence

use super::eval::Eval;
use super::weigh::ours;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::format::{calibration, judged as format, rubric};
use domain::grader::Grader;
use domain::name::{CriterionName, SystemName};
use domain::qualification::{Calibration, Identity, Judged, is_judged, judges, models};
use domain::rubric::Rubric;
use lake::{Differing, Scores};
use serde_json::{Value, json};
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
        let mut judge = identity(eval, criterion);
        if let Some(known) = calibration.as_ref().map(|calibration| calibration.judge.rubric) {
            as_it_was_told(eval, criterion, known, &mut judge);
        }
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

/// Writes beside each panel on how many verdicts it differs, and beside a judge alone how many comparisons changed with the order.
pub fn tell_differing(scores: &Scores, told: &mut Value) -> Result<(), Failure> {
    for judged in told.as_array_mut().into_iter().flatten() {
        let Some(criterion) = judged["criterion"].as_str().map(CriterionName::new) else { continue };
        let Differing { panel, order } = scores.differing(&criterion).map_err(ours)?;
        let (by, (of, count)) = match (panel, order) {
            ((1.., _), _) => ("panel", panel),
            (_, (_, 1..)) => ("order", order),
            _ => continue,
        };
        judged["differing"] = json!({"by": by, "of": of, "count": count});
    }
    Ok(())
}

pub fn today() -> String {
    jiff::Zoned::now().date().to_string()
}

/// What judges a criterion now. The words that judges are asked in and their settings are part of it where they are asked here; of
/// verdicts that were imported only what the contract says of the judge is known.
pub fn identity(eval: &Eval, criterion: &Criterion) -> Identity {
    let Grader::Judge { rubric, .. } = &criterion.grader else {
        return Identity { grader: criterion.grader.digest(), models: Vec::new(), rubric: None };
    };
    let parsed = rubric_of(eval, criterion);
    // Of a text that is no rubric, nothing is known but its bytes.
    let of_bytes = || text_of(eval, rubric).map(|text| Digest::of_bytes(text.as_bytes()));
    Identity {
        grader: parsed
            .as_ref()
            .and_then(|rubric| asked(eval, criterion, rubric))
            .unwrap_or_else(|| criterion.grader.digest()),
        models: models(&eval.contract, criterion),
        rubric: parsed.as_ref().map(|rubric| rubric.digest).or_else(of_bytes),
    }
}

/// The rubric of a judged criterion as its file is now; `None` where that is no rubric.
pub fn rubric_of(eval: &Eval, criterion: &Criterion) -> Option<Rubric> {
    let path = criterion.grader.rubric()?;
    rubric::parse(path, &text_of(eval, path)?, Some(criterion)).ok()
}

fn text_of(eval: &Eval, rubric: &Utf8Path) -> Option<String> {
    super::file::text(&eval.folder.join(rubric), LONGEST).ok()
}

/// Calibrations were first written with the digest of the rubric's bytes: where those are the same, the rubric is called by it.
fn as_it_was_told(eval: &Eval, criterion: &Criterion, known: Option<Digest>, judge: &mut Identity) {
    let bytes = criterion.grader.rubric().and_then(|rubric| text_of(eval, rubric));
    let bytes = bytes.map(|text| Digest::of_bytes(text.as_bytes()));
    if bytes.is_some() && bytes == known {
        judge.rubric = known;
    }
}

/// The digest that rows carry of a judge that is asked here; `None` of one that is not.
fn asked(eval: &Eval, criterion: &Criterion, rubric: &Rubric) -> Option<Digest> {
    let live = |name: &SystemName| {
        let system = eval.contract.systems.iter().find(|system| system.name == *name)?;
        system.live().map(|_| system)
    };
    let systems: Vec<_> = judges(&criterion.grader).into_iter().map(live).collect::<Option<_>>()?;
    Some(engine::judge::identity(rubric, &systems))
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

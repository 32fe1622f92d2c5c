//! Judged criteria as a record holds them: the judge, what calibration showed of it, and in which segments it was qualified.
//!
//! in      the judged criteria of a decision, the contract, its segments; or the content of a record
//! out     the part `judges` of the content; or the judged criteria again, from which the same findings follow
//! errors  a part that cannot be read, from a record that was not made here

use super::calibration::{self, NotACalibration};
use super::record::decimal;
use crate::contract::Contract;
use crate::criterion::Criterion;
use crate::digest::Digest;
use crate::name::CriterionName;
use crate::qualification::{Identity, Judged};
use crate::segment::Segment;
use serde_json::{Value, json};

pub fn to_json(contract: &Contract, segments: &[Segment], judges: &[Judged]) -> Value {
    let one = |judged: &Judged| {
        let criterion = contract.criterion(judged.criterion.as_str());
        let of_segments = criterion.map(|criterion| {
            segments.iter().map(|segment| segment_json(judged, criterion, segment)).collect::<Vec<_>>()
        });
        json!({
            "criterion": judged.criterion.as_str(),
            "judge": identity_json(&judged.judge),
            "on": judged.on,
            "calibration": judged.calibration.as_ref().map(calibration::to_json),
            "calibration_digest": judged.calibration.as_ref().map(|known| calibration::digest(known).to_string()),
            "segments": of_segments.unwrap_or_default(),
        })
    };
    judges.iter().map(one).collect()
}

fn identity_json(identity: &Identity) -> Value {
    json!({
        "grader": identity.grader.to_string(),
        "models": identity.models,
        "rubric": identity.rubric.map(|digest| digest.to_string()),
    })
}

/// Whether the judge was qualified there, and the figures that it rests on.
fn segment_json(judged: &Judged, criterion: &Criterion, segment: &Segment) -> Value {
    let found = judged.qualify(criterion, &segment.name);
    let known = judged.calibration.as_ref();
    let labelled = known.and_then(|known| known.segments.iter().find(|known| known.segment == segment.name));
    let agreement = labelled.and_then(|labelled| labelled.agreement().ok());
    let figure = |value: Option<f64>| value.map_or(Value::Null, decimal);
    let interval = agreement.and_then(|found| found.kappa_interval.ok());
    json!({
        "segment": segment.name.as_str(),
        "qualified": found.is_ok(),
        "why": found.err().map(|unproven| unproven.why()),
        "labels": labelled.map_or(0, |labelled| labelled.labels()),
        "labelled_pairs": labelled.map_or(0, |labelled| labelled.labelled_pairs()),
        "agreement": figure(agreement.map(|found| found.raw)),
        "kappa": figure(agreement.and_then(|found| found.kappa.ok())),
        "kappa_lower": figure(interval.map(|interval| interval.lower)),
        "kappa_upper": figure(interval.map(|interval| interval.upper)),
        "until": known.map(|known| known.expires_on.clone()),
    })
}

/// The judged criteria of a record; none where nothing was judged.
pub fn from_json(judges: &Value) -> Result<Vec<Judged>, NotACalibration> {
    judges.as_array().into_iter().flatten().map(one).collect()
}

fn one(judged: &Value) -> Result<Judged, NotACalibration> {
    let digest = |value: &Value| value.as_str().and_then(Digest::parse);
    let judge = &judged["judge"];
    let models = judge["models"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let grader = digest(&judge["grader"]);
    let calibration = &judged["calibration"];
    Ok(Judged {
        criterion: CriterionName::new(judged["criterion"].as_str().unwrap_or("")),
        judge: Identity {
            grader: grader.ok_or_else(|| NotACalibration::Value("the judge has no digest".to_owned()))?,
            models: models.map(str::to_owned).collect(),
            rubric: digest(&judge["rubric"]),
        },
        calibration: (!calibration.is_null()).then(|| calibration::from_json(calibration)).transpose()?,
        on: judged["on"].as_str().unwrap_or("").to_owned(),
    })
}

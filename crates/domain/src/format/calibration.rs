//! Calibrations as JSON, version 1: what people said of a judge's verdicts, as sums. See `docs/formats/calibration.md`.
//!
//! in      a calibration, or the text of one
//! out     the same in the other form; what is written and read again is the same to the letter
//! errors  text that is no calibration of this version, with line and column
//! note    decimals are text, as in records, which hold calibrations whole. No text of an example, answer or label is in it

use super::record::decimal;
use crate::digest::Digest;
use crate::name::{ClusterId, CriterionName, SegmentName};
use crate::qualification::{Calibration, Identity, Labelled, LabelledCluster, LabelledPairs, Sample};
use crate::share::plural;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub const VERSION: u64 = 1;
/// Sums of weights are written in twelve digits, and may differ in the last.
const ROUNDED: f64 = 1.0 + 1e-9;

/// Why a text is no calibration that is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACalibration {
    #[error("line {line}, column {column}: {what}")]
    Text { line: usize, column: usize, what: String },
    #[error("it is of version {0} of its format, and this Plimsoll knows {VERSION}")]
    Newer(u64),
    #[error("{0}")]
    Value(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[allow(dead_code)] // read before the rest
    plimsoll_calibration: u64,
    criterion: String,
    definition: String,
    judge: JudgeOf,
    scores: String,
    made_on: String,
    expires_on: String,
    labellers: BTreeMap<String, u64>,
    samples: BTreeMap<String, u64>,
    segments: Vec<SegmentOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JudgeOf {
    grader: String,
    models: Vec<String>,
    rubric: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentOf {
    segment: String,
    judged: Verdicts,
    on_pass: Vec<ClusterOf>,
    on_fail: Vec<ClusterOf>,
    pairs: PairsOf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdicts {
    passes: u64,
    fails: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairsOf {
    better: Vec<PairOf>,
    same: Vec<PairOf>,
    worse: Vec<PairOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterOf {
    cluster: String,
    labels: u64,
    passed: u64,
    weight: String,
    weight_squared: String,
    weight_passed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairOf {
    cluster: String,
    pairs: u64,
    weight: String,
    weight_squared: String,
    better: String,
    worse: String,
}

pub fn to_json(calibration: &Calibration) -> Value {
    let judge = &calibration.judge;
    let samples = calibration.samples.iter().map(|(sample, count)| (sample.as_str().to_owned(), json!(count)));
    let labellers = calibration.labellers.iter().map(|(who, count)| (who.clone(), json!(count)));
    json!({
        "plimsoll_calibration": VERSION,
        "criterion": calibration.criterion.as_str(),
        "definition": calibration.definition.to_string(),
        "judge": {
            "grader": judge.grader.to_string(),
            "models": judge.models,
            "rubric": judge.rubric.map(|digest| digest.to_string()),
        },
        "scores": calibration.scores,
        "made_on": calibration.made_on,
        "expires_on": calibration.expires_on,
        "labellers": labellers.collect::<Map<_, _>>(),
        "samples": samples.collect::<Map<_, _>>(),
        "segments": calibration.segments.iter().map(segment_json).collect::<Vec<_>>(),
    })
}

fn segment_json(labelled: &Labelled) -> Value {
    let clusters = |cell: &[LabelledCluster]| -> Vec<Value> { cell.iter().map(cluster_json).collect() };
    let pairs = |at: usize| -> Vec<Value> { labelled.pairs[at].iter().map(pairs_json).collect() };
    json!({
        "segment": labelled.segment.as_str(),
        "judged": {"passes": labelled.judged.0, "fails": labelled.judged.1},
        "on_pass": clusters(&labelled.on_pass),
        "on_fail": clusters(&labelled.on_fail),
        "pairs": {"better": pairs(0), "same": pairs(1), "worse": pairs(2)},
    })
}

fn cluster_json(cluster: &LabelledCluster) -> Value {
    json!({
        "cluster": cluster.cluster.as_str(), "labels": cluster.labels, "passed": cluster.passed,
        "weight": decimal(cluster.weight), "weight_squared": decimal(cluster.weight_squared),
        "weight_passed": decimal(cluster.weight_passed),
    })
}

fn pairs_json(cluster: &LabelledPairs) -> Value {
    json!({
        "cluster": cluster.cluster.as_str(), "pairs": cluster.pairs,
        "weight": decimal(cluster.weight), "weight_squared": decimal(cluster.weight_squared),
        "better": decimal(cluster.better), "worse": decimal(cluster.worse),
    })
}

/// The text of a file.
pub fn read(text: &str) -> Result<Calibration, NotACalibration> {
    let placed = |error: serde_json::Error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or("").to_owned();
        NotACalibration::Text { line: error.line(), column: error.column(), what }
    };
    let version = version(&serde_json::from_str(text).map_err(placed)?);
    if version > VERSION {
        return Err(NotACalibration::Newer(version));
    }
    build(serde_json::from_str(text).map_err(placed)?)
}

/// What a record holds.
pub fn from_json(value: &Value) -> Result<Calibration, NotACalibration> {
    let file = File::deserialize(value).map_err(|error| NotACalibration::Value(error.to_string()))?;
    build(file)
}

fn version(value: &Value) -> u64 {
    value["plimsoll_calibration"].as_u64().unwrap_or(0)
}

/// The digest by which a record names it.
pub fn digest(calibration: &Calibration) -> Digest {
    Digest::of_value("plimsoll.calibration.v1", &to_json(calibration))
}

fn build(file: File) -> Result<Calibration, NotACalibration> {
    let samples = file.samples.iter().map(|(word, count)| Ok((sample(word)?, *count)));
    Ok(Calibration {
        criterion: CriterionName::new(&file.criterion),
        definition: parsed(&file.definition)?,
        judge: Identity {
            grader: parsed(&file.judge.grader)?,
            models: file.judge.models,
            rubric: file.judge.rubric.as_deref().map(parsed).transpose()?,
        },
        scores: file.scores,
        made_on: file.made_on,
        expires_on: file.expires_on,
        labellers: file.labellers.into_iter().collect(),
        samples: samples.collect::<Result<_, _>>()?,
        segments: file.segments.into_iter().map(segment).collect::<Result<_, _>>()?,
    })
}

fn parsed(digest: &str) -> Result<Digest, NotACalibration> {
    Digest::parse(digest).ok_or_else(|| NotACalibration::Value(format!("`{digest}` is no digest")))
}

fn sample(word: &str) -> Result<Sample, NotACalibration> {
    Sample::parse(word).ok_or_else(|| NotACalibration::Value(format!("`{word}` is no way to choose labels")))
}

fn segment(of: SegmentOf) -> Result<Labelled, NotACalibration> {
    for (what, cell, given) in [("passes", &of.on_pass, of.judged.passes), ("fails", &of.on_fail, of.judged.fails)] {
        let labels = cell.iter().fold(0_u64, |sum, cluster| sum.saturating_add(cluster.labels));
        if labels > given {
            let what =
                format!("`{}` has {labels} labels of {}: {what} of the judge", of.segment, plural(given, "verdict"));
            return Err(NotACalibration::Value(what));
        }
    }
    let given = of.judged.passes.saturating_add(of.judged.fails);
    let both = [&of.pairs.better, &of.pairs.same, &of.pairs.worse].into_iter().flatten();
    let pairs = both.fold(0_u64, |sum, cluster| sum.saturating_add(cluster.pairs));
    if pairs > given / 2 {
        return Err(NotACalibration::Value(format!(
            "`{}` has {pairs} pairs of {}",
            of.segment,
            plural(given, "verdict")
        )));
    }
    let clusters = |cell: Vec<ClusterOf>| cell.into_iter().map(cluster).collect::<Result<Vec<_>, _>>();
    let pairs = |cell: Vec<PairOf>| cell.into_iter().map(pair).collect::<Result<Vec<_>, _>>();
    Ok(Labelled {
        segment: SegmentName::new(&of.segment),
        judged: (of.judged.passes, of.judged.fails),
        on_pass: clusters(of.on_pass)?,
        on_fail: clusters(of.on_fail)?,
        pairs: [pairs(of.pairs.better)?, pairs(of.pairs.same)?, pairs(of.pairs.worse)?],
    })
}

fn cluster(of: ClusterOf) -> Result<LabelledCluster, NotACalibration> {
    if of.passed > of.labels {
        return Err(NotACalibration::Value(format!("`{}` has more passes than labels", of.cluster)));
    }
    Ok(LabelledCluster {
        cluster: ClusterId::new(&of.cluster),
        labels: of.labels,
        passed: of.passed,
        weight: amount(&of.weight)?,
        weight_squared: amount(&of.weight_squared)?,
        weight_passed: amount(&of.weight_passed)?,
    })
}

fn pair(of: PairOf) -> Result<LabelledPairs, NotACalibration> {
    let pair = LabelledPairs {
        cluster: ClusterId::new(&of.cluster),
        pairs: of.pairs,
        weight: amount(&of.weight)?,
        weight_squared: amount(&of.weight_squared)?,
        better: amount(&of.better)?,
        worse: amount(&of.worse)?,
    };
    if pair.better + pair.worse > pair.weight * ROUNDED {
        return Err(NotACalibration::Value(format!("`{}` has more pairs that differ than pairs", of.cluster)));
    }
    Ok(pair)
}

fn amount(text: &str) -> Result<f64, NotACalibration> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    value.ok_or_else(|| NotACalibration::Value(format!("`{text}` is no number from 0 up")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(labels: u64, pairs: u64) -> Result<Calibration, NotACalibration> {
        let (weight, weight_squared) = (labels as f64, labels as f64);
        let cluster = ClusterId::new("c");
        let cell =
            LabelledCluster { cluster: cluster.clone(), labels, passed: 1, weight, weight_squared, weight_passed: 1.0 };
        let (better, worse) = (1.0, 0.0);
        let same = LabelledPairs { cluster, pairs, weight: pairs as f64, weight_squared: pairs as f64, better, worse };
        let labelled = Labelled {
            judged: (9, 3),
            on_pass: vec![cell],
            pairs: [Vec::new(), vec![same], Vec::new()],
            ..Labelled::empty(SegmentName::new("all"))
        };
        let digest = Digest::of_bytes(b"x");
        from_json(&to_json(&Calibration {
            criterion: CriterionName::new("grounded"),
            definition: digest,
            judge: Identity { grader: digest, models: Vec::new(), rubric: None },
            scores: String::new(),
            made_on: "2026-06-01".to_owned(),
            expires_on: "2026-12-01".to_owned(),
            labellers: Vec::new(),
            samples: vec![(Sample::Paired, pairs)],
            segments: vec![labelled],
        }))
    }

    #[test]
    fn labels_beyond_what_was_judged_are_no_calibration() {
        assert!(with(9, 6).is_ok());
        assert_eq!(with(10, 6).unwrap_err().to_string(), "`all` has 10 labels of 9 verdicts: passes of the judge");
        assert_eq!(with(9, 7).unwrap_err().to_string(), "`all` has 7 pairs of 12 verdicts");
    }
}

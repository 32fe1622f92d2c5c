//! What people said of answers, for the criteria that say `grade: {reviewers: RUBRIC}`.
//!
//! in      an eval: its contract, its rubrics, and the catalog
//! out     graders that look labels up; a further criterion for each whose reviewers' disagreement is gated
//! errors  a rubric that is not there or has faults; a catalog that cannot be read
//! note    labels are read once, before the first answer is graded, and what each answer scored by them is sealed with the scores: a decision
//!         does not change with the catalog, and labels that came since make other scores

use super::eval::Eval;
use super::kept;
use super::review::version::Current;
use super::rubrics;
use crate::cli::Failure;
use domain::contract::Contract;
use domain::criterion::{Criterion, Kind};
use domain::digest::Digest;
use domain::entry::Noun;
use domain::gate::{Measure, disagreement_on};
use domain::grader::Grader;
use domain::review::queues;
use engine::{Ready, Reviewed};
use serde_json::json;
use std::sync::Arc;

pub fn is_reviewed(criterion: &Criterion) -> bool {
    matches!(criterion.grader, Grader::Reviewers { .. })
}

/// The labels of a criterion, and the digest of what they were held against.
pub struct Labels<'e> {
    pub criterion: &'e Criterion,
    pub labels: Arc<Reviewed>,
}

/// Of every criterion that people grade.
pub fn labels(eval: &Eval) -> Result<Vec<Labels<'_>>, Failure> {
    let reviewed: Vec<&Criterion> = eval.contract.criteria.iter().filter(|criterion| is_reviewed(criterion)).collect();
    if reviewed.is_empty() {
        return Ok(Vec::new());
    }
    let current = Current::of(eval, &queues(&kept::entries(eval, Noun::Queue)?))?;
    let items = current.items(&kept::entries(eval, Noun::Item)?);
    let of = |criterion| Labels { criterion, labels: Arc::new(Reviewed::new(criterion, &items)) };
    Ok(reviewed.into_iter().map(of).collect())
}

/// What a criterion's rows name as their grader: people with this rubric.
pub fn grader_digest(eval: &Eval, criterion: &Criterion) -> Result<Option<Digest>, Failure> {
    let Grader::Reviewers { rubric } = &criterion.grader else { return Ok(None) };
    let rubric = rubrics::read(eval, criterion, rubric)?;
    Ok(Some(Digest::of_value("plimsoll.reviewers.v1", &json!({"rubric": rubric.digest.to_string()}))))
}

/// The criteria whose scores tell whether reviewers differ, each where a gate is about it.
pub fn differing(contract: &Contract) -> Vec<Criterion> {
    let gated = |criterion: &&Criterion| {
        contract.gates.iter().any(|gate| gate.measure == Measure::Disagreement(criterion.name.clone()))
    };
    let beside = |criterion: &Criterion| Criterion {
        name: disagreement_on(&criterion.name),
        describe: String::new(),
        protects: Vec::new(),
        pass_at: None,
        kind: Kind::PassFail,
        ..criterion.clone()
    };
    contract.criteria.iter().filter(gated).map(beside).collect()
}

/// What is graded: the criteria of the contract, and beside them those that tell where reviewers differ.
pub fn planned(contract: &Contract) -> Vec<Criterion> {
    contract.criteria.iter().cloned().chain(differing(contract)).collect()
}

/// Fills graders in with labels, and adds those that tell where people differ.
pub fn fill(graders: &mut Vec<Ready>, eval: &Eval) -> Result<(), Failure> {
    let labels = labels(eval)?;
    let of = |criterion: &Criterion| {
        labels.iter().find(|known| known.criterion.name == criterion.name).map(|known| Arc::clone(&known.labels))
    };
    for (ready, criterion) in graders.iter_mut().zip(&eval.contract.criteria) {
        if let Some(labels) = of(criterion) {
            *ready = Ready::Reviewed(labels);
        }
    }
    for known in &labels {
        let rows = disagreement_on(&known.criterion.name);
        if differing(&eval.contract).iter().any(|criterion| criterion.name == rows) {
            graders.push(Ready::Differs(Arc::clone(&known.labels)));
        }
    }
    Ok(())
}

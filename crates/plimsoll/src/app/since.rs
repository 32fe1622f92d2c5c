//! What entered and left the reference set since the last decision, and what that did to the numbers.
//!
//! in      the scores of now, the set of the decision before, and what was found
//! out     ids; for each of the candidate's gates whose segment holds other examples now: its figure on the answers of now over
//!         the examples that both sets have, and over all of now
//! errors  scores that cannot be read

use super::history::Before;
use super::weigh::ours;
use crate::cli::Failure;
use domain::decision::Decision;
use domain::evidence::{Evidence, Weighing, questions_of};
use domain::finding::Subject;
use domain::format::record::Effect;
use domain::qualification::Judged;
use domain::question::Question;
use domain::reference_set::{ReferenceSet, Since};
use domain::segment::Segment;
use domain::system::Arm;
use lake::Scores;
use serde_json::Value;
use std::collections::BTreeSet;

pub fn since(
    scores: &Scores,
    there: &ReferenceSet,
    before: &Before,
    evidence: &Evidence,
    decision: &Decision,
    segments: &[Segment],
    judges: &[Judged],
) -> Result<(Since, Vec<Effect>), Failure> {
    let (set, contract) = (scores.set(), scores.contract());
    let since = Since::of(set, there);
    if [&since.entered, &since.left, &since.changed].iter().all(|ids| ids.is_empty()) {
        return Ok((since, Vec::new()));
    }
    let touched = |set: &ReferenceSet, ids: &[&[String]], segment: &Segment| {
        let ids: BTreeSet<&str> = ids.iter().flat_map(|ids| ids.iter()).map(String::as_str).collect();
        set.active().any(|(at, row)| ids.contains(row.id.as_str()) && set.lies_in(&segment.conditions, at))
    };
    let differs = |segment: &Segment| {
        touched(set, &[&since.entered, &since.changed], segment)
            || touched(there, &[&since.left, &since.changed], segment)
    };
    let differing: BTreeSet<&Segment> = segments.iter().filter(|segment| differs(segment)).collect();
    let mut asked = Vec::new();
    for finding in
        decision.findings.iter().filter(|finding| finding.arm == Arm::Candidate && finding.estimate.is_some())
    {
        let (Subject::Gate(gate), Some(segment)) = (&finding.subject, differing.get(&finding.segment)) else {
            continue;
        };
        let question = questions_of(contract, &contract.gates[*gate], segment, finding.arm).into_iter().next();
        asked.extend(question.map(|question| (finding.name.to_string(), question)));
    }
    let questions: Vec<Question> = asked.iter().map(|(_, question)| question.clone()).collect();
    let common = set.common_with(there);
    let tallies = scores.over(&common).and_then(|common| common.tally(&questions)).map_err(ours)?;
    let effect = asked.into_iter().zip(tallies).map(|((gate, question), tally)| {
        let common = Weighing::of(&question, &tally).judged(contract, &question, &tally, judges).estimate();
        let segment = question.segment.name.to_string();
        let then = if before.other_contract { Value::Null } else { sealed(&before.findings, &gate, &segment) };
        Effect { before: then, common, now: evidence.on(&question).and_then(Weighing::estimate), gate, segment }
    });
    Ok((since, effect.collect()))
}

/// The figure that a record sealed of a gate of the candidate.
fn sealed(findings: &Value, gate: &str, segment: &str) -> Value {
    let of = |finding: &&Value| {
        finding["gate"] == gate && finding["segment"] == segment && finding["arm"] == Arm::Candidate.as_str()
    };
    findings.as_array().into_iter().flatten().find(of).map_or(Value::Null, |finding| finding["estimate"].clone())
}

//! What entered and left the reference set since the last decision, and what that did to the numbers.
//!
//! in      the scores of now; the decision before, its set and its scores; what was found
//! out     ids; for each of the candidate's gates whose segment holds other examples now: the figure then, over all of that set and over
//!         the examples that both sets have, and its figure on the answers of now over those and over all of now
//! errors  scores of now that cannot be read
//! note    a figure of then is told where its gate asked then what it asks now. What then can no longer be asked about is unknown

use super::diff::systems;
use super::history::{Before, state_of};
use super::judges::sealed_judges;
use super::sealed::folder_of;
use super::weigh::ours;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::decision::Decision;
use domain::evidence::{Evidence, Weighing, questions_of};
use domain::finding::Subject;
use domain::format::record::Effect;
use domain::qualification::Judged;
use domain::question::Question;
use domain::reference_set::{ReferenceSet, Since};
use domain::segment::Segment;
use domain::system::Arm;
use lake::{Asked, Scores};
use serde_json::Value;
use std::collections::BTreeSet;

/// An earlier decision whose run is still kept.
pub struct There<'b> {
    before: &'b Before,
    folder: Utf8PathBuf,
    pub set: ReferenceSet,
}

/// What one gate asks, and whether it asked that before.
struct Asking {
    gate: String,
    question: Question,
    alike: bool,
}

impl<'b> There<'b> {
    /// Beside the run of now in this folder.
    pub fn of(folder: &Utf8Path, before: &'b Before) -> Option<Self> {
        let folder = folder_of(state_of(folder), &before.content["scores"]);
        let set = lake::read_set(&folder).ok()?;
        Some(There { before, folder, set })
    }

    /// The figures of its own answers over the examples that both sets have; `None` where they can no longer be asked.
    fn over_common(&self, set: &ReferenceSet, questions: &[Question]) -> Option<Vec<Option<f64>>> {
        let contract = self.before.contract.as_ref()?;
        let judges = sealed_judges(&self.before.content).ok()?;
        let common = self.set.common_with(set);
        let systems = systems(&self.before.content);
        let asked = Asked { set: &common, contract, systems };
        let tallies = Scores::open(&self.folder, asked).and_then(|scores| scores.tally(questions)).ok()?;
        let figure =
            |(question, tally)| Weighing::of(question, &tally).judged(contract, question, &tally, &judges).estimate();
        Some(questions.iter().zip(tallies).map(figure).collect())
    }
}

pub fn since(
    scores: &Scores,
    there: &There,
    evidence: &Evidence,
    decision: &Decision,
    segments: &[Segment],
    judges: &[Judged],
) -> Result<(Since, Vec<Effect>), Failure> {
    let (set, contract, before) = (scores.set(), scores.contract(), there.before);
    let since = Since::of(set, &there.set);
    if [&since.entered, &since.left, &since.changed].iter().all(|ids| ids.is_empty()) {
        return Ok((since, Vec::new()));
    }
    let touched = |set: &ReferenceSet, ids: &[&[String]], segment: &Segment| {
        let ids: BTreeSet<&str> = ids.iter().flat_map(|ids| ids.iter()).map(String::as_str).collect();
        set.active().any(|(at, row)| ids.contains(row.id.as_str()) && set.lies_in(&segment.conditions, at))
    };
    let differs = |segment: &Segment| {
        touched(set, &[&since.entered, &since.changed], segment)
            || touched(&there.set, &[&since.left, &since.changed], segment)
    };
    let differing: BTreeSet<&Segment> = segments.iter().filter(|segment| differs(segment)).collect();
    let mut asked = Vec::new();
    for finding in
        decision.findings.iter().filter(|finding| finding.arm == Arm::Candidate && finding.estimate.is_some())
    {
        let (Subject::Gate(gate), Some(segment)) = (&finding.subject, differing.get(&finding.segment)) else {
            continue;
        };
        let gate = &contract.gates[*gate];
        let alike = before.contract.as_ref().is_some_and(|then| contract.asks_as(then, &gate.name));
        let question = questions_of(contract, gate, segment, finding.arm).into_iter().next();
        asked.extend(question.map(|question| Asking { gate: finding.name.to_string(), question, alike }));
    }
    let questions: Vec<Question> = asked.iter().map(|asking| asking.question.clone()).collect();
    let common = set.common_with(&there.set);
    let tallies = scores.over(&common).and_then(|common| common.tally(&questions)).map_err(ours)?;
    let then: Vec<Question> =
        asked.iter().filter(|asking| asking.alike).map(|asking| asking.question.clone()).collect();
    let mut then = there.over_common(set, &then).unwrap_or_default().into_iter();
    let effect = asked.into_iter().zip(tallies).map(|(Asking { gate, question, alike }, tally)| {
        let common = Weighing::of(&question, &tally).judged(contract, &question, &tally, judges).estimate();
        let segment = question.segment.name.to_string();
        Effect {
            before: if alike { sealed(&before.content["findings"], &gate, &segment) } else { Value::Null },
            before_common: if alike { then.next().flatten() } else { None },
            common,
            now: evidence.on(&question).and_then(Weighing::estimate),
            gate,
            segment,
        }
    });
    let effect = effect.collect();
    Ok((since, effect))
}

/// The figure that a record sealed of a gate of the candidate.
fn sealed(findings: &Value, gate: &str, segment: &str) -> Value {
    let of = |finding: &&Value| {
        finding["gate"] == gate && finding["segment"] == segment && finding["arm"] == Arm::Candidate.as_str()
    };
    findings.as_array().into_iter().flatten().find(of).map_or(Value::Null, |finding| finding["estimate"].clone())
}

//! Qualification: what calibration shows about a judge, and whether its verdicts may decide on a criterion in a segment.
//!
//! in      the calibration of a judged criterion, the judge as it is now, the day
//! out     the labels that correct its verdicts in a segment, or why they decide nothing there
//! errors  none: what is missing is a reason
//! rule    a judge is advisory until people's labels show how often it is wrong: of this criterion, this judge, this segment, and
//!         not too long ago. Labels picked by hand correct nothing
//! source  the project's statistics design, 3.6 and 3.7

mod disposition;
mod labelled;
mod unproven;

pub use disposition::{Disposition, RELIABLE, Side};
pub use labelled::{Labelled, LabelledCluster, LabelledPairs, with_missing};
pub use unproven::{ENOUGH, Unproven};

use crate::contract::Contract;
use crate::criterion::{Criterion, Kind};
use crate::digest::Digest;
use crate::grader::Grader;
use crate::name::{ClassName, CriterionName, SegmentName, SystemName};
use crate::question::{Compared, Question, ValueOf};
use crate::system::{Speaks, SystemKind};
use serde_json::json;

/// Fewer labelled conversations than these say nothing of a judge in a segment.
pub const LEAST_LABELS: u64 = 20;
/// People's passes and fails from which what a judge tells apart is judged itself.
pub const LEAST_OF_EACH: u64 = 5;

/// What a judge is: another model, prompt or rubric is another judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Of the grader, as its score rows carry it.
    pub grader: Digest,
    /// The models that judge, in order.
    pub models: Vec<String>,
    /// Of the rubric's text; `None` where it could not be read.
    pub rubric: Option<Digest>,
}

/// How the labels of a calibration were chosen, with how many there are of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sample {
    /// At random, within each verdict or over all of them.
    Random,
    /// At random within each verdict, more of one than of the other.
    Enriched,
    /// Both systems' answers to an example, at random within each paired verdict: they correct a comparison, and no rate.
    Paired,
    /// Because of what they are: they correct nothing.
    HandPicked,
}

impl Sample {
    pub const ALL: [Sample; 4] = [Sample::Random, Sample::Enriched, Sample::Paired, Sample::HandPicked];

    pub fn as_str(self) -> &'static str {
        match self {
            Sample::Random => "random",
            Sample::Enriched => "enriched",
            Sample::Paired => "paired",
            Sample::HandPicked => "hand_picked",
        }
    }

    /// Whether it shows how often a verdict is right.
    pub fn corrects_rates(self) -> bool {
        matches!(self, Sample::Random | Sample::Enriched)
    }

    /// Whether it shows how systems differ.
    pub fn corrects_differences(self) -> bool {
        self != Sample::HandPicked
    }

    pub fn parse(text: &str) -> Option<Self> {
        Sample::ALL.into_iter().find(|sample| sample.as_str() == text)
    }
}

/// What people said of a judge's verdicts on one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub criterion: CriterionName,
    /// Of what the criterion asks.
    pub definition: Digest,
    pub judge: Identity,
    /// The digest of the scores whose verdicts were labelled.
    pub scores: String,
    /// ISO dates.
    pub made_on: String,
    pub expires_on: String,
    /// Who labelled, and how many answers.
    pub labellers: Vec<(String, u64)>,
    pub samples: Vec<(Sample, u64)>,
    pub segments: Vec<Labelled>,
}

/// A judged criterion as a decision finds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub criterion: CriterionName,
    pub judge: Identity,
    pub calibration: Option<Calibration>,
    /// The ISO date of the decision.
    pub on: String,
}

/// The systems that judge a criterion; none where no model does.
pub fn judges(grader: &Grader) -> Vec<&SystemName> {
    match grader {
        Grader::Judge { with, .. } => with.iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether a model gives the grades of a criterion.
pub fn is_judged(criterion: &Criterion) -> bool {
    matches!(criterion.grader, Grader::Judge { .. })
}

/// The criteria whose failures a model sees and a price is on: what they add to a cost is as the model sees it.
pub fn priced(contract: &Contract) -> impl Iterator<Item = &Criterion> {
    let has_price =
        |class: &ClassName| contract.failures.iter().any(|known| known.name == *class && known.cost.is_some());
    let judged = contract.criteria.iter().filter(|criterion| is_judged(criterion));
    judged.filter(move |criterion| criterion.protects.iter().any(has_price))
}

/// The models of a criterion's judges: the model's own name where the contract has it, else what the system is.
pub fn models(contract: &Contract, criterion: &Criterion) -> Vec<String> {
    let model = |name: &SystemName| {
        let system = contract.systems.iter().find(|system| system.name == *name);
        match system.map(|system| &system.kind) {
            Some(SystemKind::Live(live)) => match &live.speaks {
                Speaks::Chat(chat) => chat.model.clone(),
                other => other.describe(),
            },
            Some(SystemKind::Imported { name }) => name.clone(),
            _ => name.to_string(),
        }
    };
    judges(&criterion.grader).into_iter().map(model).collect()
}

/// The digest of what a criterion asks, whoever grades it.
pub fn definition(criterion: &Criterion) -> Digest {
    let kind = match criterion.kind {
        Kind::PassFail => "pass_fail",
        Kind::Graded => "graded",
    };
    let asked = json!({
        "name": criterion.name.as_str(),
        "describe": criterion.describe,
        "kind": kind,
        "pass_at": criterion.pass_at.map(|mark| mark.get().to_string()),
    });
    Digest::of_value("plimsoll.criterion.v1", &asked)
}

impl Judged {
    /// The labels of a segment, where the judge is qualified for single verdicts there.
    pub fn qualify(&self, criterion: &Criterion, segment: &SegmentName) -> Result<&Labelled, Unproven> {
        let labelled = self.labelled(criterion, segment)?;
        labelled.enough().map(|()| labelled)
    }

    /// The labels of a segment, where they are of this judge and this criterion and hold today.
    fn labelled(&self, criterion: &Criterion, segment: &SegmentName) -> Result<&Labelled, Unproven> {
        if criterion.kind == Kind::Graded {
            return Err(Unproven::Graded);
        }
        let calibration = self.calibration.as_ref().ok_or(Unproven::NotCalibrated)?;
        if calibration.judge != self.judge {
            return Err(Unproven::OtherJudge(difference(&calibration.judge, &self.judge)));
        }
        if calibration.criterion != criterion.name || calibration.definition != definition(criterion) {
            return Err(Unproven::OtherCriterion);
        }
        if calibration.expires_on < self.on {
            return Err(Unproven::Expired { on: calibration.expires_on.clone() });
        }
        let labelled = calibration.segments.iter().find(|labelled| labelled.segment == *segment);
        labelled.ok_or(Unproven::TooFew { labels: 0, clusters: 0, agreed: 0 })
    }

    /// The labels that answer a question, where the judge is qualified for it.
    pub fn qualify_for(&self, criterion: &Criterion, question: &Question) -> Result<&Labelled, Unproven> {
        let labelled = self.labelled(criterion, &question.segment.name)?;
        match (labelled.enough(), question.compared) {
            (Err(Unproven::PairsAlone { .. }), Compared::Paired { .. }) => {}
            (enough, _) => enough?,
        }
        match (question.value, question.compared) {
            (ValueOf::Reaches(_), Compared::Alone(_)) => Ok(labelled),
            (ValueOf::Reaches(_), Compared::Paired { margin: None, .. }) => labelled.enough_pairs().map(|()| labelled),
            (_, Compared::Paired { margin: Some(_), .. }) => Err(Unproven::Relative),
            _ => Err(Unproven::Graded),
        }
    }
}

/// What is another in the judge.
fn difference(then: &Identity, now: &Identity) -> String {
    if then.models != now.models {
        return format!("its model was {}, and is {}", then.models.join(", "), now.models.join(", "));
    }
    match then.rubric == now.rubric {
        true => "its settings are others".to_owned(),
        false => "its rubric is another".to_owned(),
    }
}

#[cfg(test)]
mod tests;

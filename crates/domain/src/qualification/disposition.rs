//! What to do with a judge's verdicts in a segment: let them stand, have people look at some, or leave them out.

use super::Labelled;
use super::unproven::Unproven;

/// People must agree with this share of the verdicts of one side before they stand without being looked at.
pub const RELIABLE: f64 = 0.8;
/// By so much a share that is exactly that may lie below it, as sums of weights are rounded.
const ROUNDED: f64 = 1e-9;

#[derive(Clone, Debug, PartialEq)]
pub enum Disposition {
    /// Verdicts stand, corrected for the judge's error.
    Automate,
    /// People look at the verdicts of a side on which they often disagree.
    HumanReview(Vec<Side>),
    Abstain(Unproven),
}

/// The verdicts of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Whether it is the judge's passes.
    pub passes: bool,
    /// The share of them that people say the same of; `None` where fewer than two conversations are labelled.
    pub agreed: Option<f64>,
}

impl Disposition {
    pub fn of(labelled: &Labelled) -> Self {
        if let Err(unproven) = labelled.enough() {
            return Disposition::Abstain(unproven);
        }
        let [on_pass, on_fail] = labelled.by_verdict().map(|cell| cell.map(|cell| cell.estimate()));
        let sides = [
            (Side { passes: true, agreed: on_pass }, labelled.judged.0),
            (Side { passes: false, agreed: on_fail.map(|share| 1.0 - share) }, labelled.judged.1),
        ];
        // A verdict that was never given needs nobody.
        let doubtful = sides
            .into_iter()
            .filter(|(side, given)| *given > 0 && side.agreed.is_none_or(|of| of < RELIABLE - ROUNDED));
        let doubtful: Vec<Side> = doubtful.map(|(side, _)| side).collect();
        if doubtful.is_empty() { Disposition::Automate } else { Disposition::HumanReview(doubtful) }
    }

    pub fn as_str(&self) -> &'static str {
        match self {
            Disposition::Automate => "automate",
            Disposition::HumanReview(_) => "human review",
            Disposition::Abstain(_) => "abstain",
        }
    }

    pub fn why(&self) -> String {
        match self {
            Disposition::Automate => {
                format!("people agree with {:.0} % or more of its passes and of its fails", 100.0 * RELIABLE)
            }
            Disposition::HumanReview(sides) => sides.iter().map(Side::why).collect::<Vec<_>>().join("; "),
            Disposition::Abstain(unproven) => unproven.why(),
        }
    }
}

impl Side {
    fn why(&self) -> String {
        let name = if self.passes { "passes" } else { "fails" };
        match self.agreed {
            Some(agreed) => format!("people agree with {:.1} % of its {name}: look at them", 100.0 * agreed),
            None => format!("nobody labelled its {name} in two conversations: look at them"),
        }
    }
}

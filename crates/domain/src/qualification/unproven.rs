//! Why a judge's verdicts decide nothing, and the smallest thing that would change that.

use super::LEAST_LABELS;
use crate::name::CriterionName;
use crate::share::{percent_at_most, plural};

/// Labels that are worth asking for at first: they leave a judge that never errs under 7.5 % of disagreement.
pub const ENOUGH: u64 = 40;

#[derive(Clone, Debug, PartialEq)]
pub enum Unproven {
    NotCalibrated,
    Expired {
        on: String,
    },
    /// What is another in it.
    OtherJudge(String),
    OtherCriterion,
    /// Labels in the segment, the conversations that they are of, and on how many the judge agrees with people.
    TooFew {
        labels: u64,
        clusters: u64,
        agreed: u64,
    },
    TooFewPairs {
        pairs: u64,
        clusters: u64,
    },
    /// People labelled enough pairs, which correct comparisons, and too few answers for themselves.
    PairsAlone {
        pairs: u64,
    },
    TellsNothing {
        youden: f64,
    },
    /// The criterion is graded, not pass or fail.
    Graded,
    /// The gate's margin is relative.
    Relative,
    /// A cost counts the failures that the judge of this criterion sees, as it sees them.
    Priced(CriterionName),
}

impl Unproven {
    /// What is known of the judge, and how wrong it may be.
    pub fn why(&self) -> String {
        match self {
            Unproven::NotCalibrated => {
                "nobody has shown how often its judge is wrong: it could be on every answer".to_owned()
            }
            Unproven::Expired { on } => {
                format!("the calibration of its judge expired on {on}: how often it is wrong now is not known")
            }
            Unproven::OtherJudge(what) => {
                format!("its judge is not the one that was calibrated ({what}): how often this one is wrong is not known")
            }
            Unproven::OtherCriterion => {
                "the criterion has changed since its judge was calibrated: how often the judge is wrong on it now is not known"
                    .to_owned()
            }
            Unproven::TooFew { labels: 0, .. } => {
                "no label of a person says how often its judge is wrong here".to_owned()
            }
            Unproven::TooFew { labels, clusters, agreed } => {
                format!(
                    "its judge agrees with people on {agreed} of {} of {} here, which still allows {} disagreement; at least {LEAST_LABELS} conversations are needed",
                    plural(*labels, "label"),
                    plural(*clusters, "conversation"),
                    percent_at_most(allowed(*agreed, *labels))
                )
            }
            Unproven::TooFewPairs { pairs, clusters } => {
                format!(
                    "a comparison rests on examples labelled for both systems, and here are {pairs} of {}",
                    plural(*clusters, "conversation")
                )
            }
            Unproven::PairsAlone { pairs } => {
                format!(
                    "comparisons alone are corrected, by {}: how often a single verdict is wrong here is not known",
                    plural(*pairs, "labelled pair")
                )
            }
            Unproven::TellsNothing { youden } => {
                format!(
                    "its judge hardly tells what people pass from what they fail (sensitivity and specificity are {youden:.2} above chance)"
                )
            }
            Unproven::Graded => {
                "its judge gives grades, and only verdicts of pass or fail can be corrected for a judge's error".to_owned()
            }
            Unproven::Relative => {
                "its margin is relative, and only a margin in points can be corrected for a judge's error".to_owned()
            }
            Unproven::Priced(criterion) => {
                format!("the failures that the judge of `{criterion}` sees are priced in it, and a cost is not corrected for a judge's error")
            }
        }
    }

    /// The smallest thing that would decide.
    pub fn remedy(&self, criterion: &CriterionName) -> String {
        let calibrate = format!("run `plimsoll review calibrate --labels FILE --criterion {criterion}`");
        match self {
            Unproven::NotCalibrated | Unproven::Expired { .. } | Unproven::OtherJudge(_) | Unproven::OtherCriterion => {
                format!("label {ENOUGH} answers, half of them judge-fails, and {calibrate}")
            }
            Unproven::PairsAlone { .. } => {
                format!("label {ENOUGH} answers here for themselves, half of them judge-fails, and {calibrate}")
            }
            Unproven::TooFew { clusters, .. } => {
                let more = ENOUGH.saturating_sub(*clusters).max(LEAST_LABELS);
                format!("label {more} more answers here, half of them judge-fails, and {calibrate}")
            }
            Unproven::TooFewPairs { clusters, .. } => {
                let more = ENOUGH.saturating_sub(*clusters).max(LEAST_LABELS);
                format!(
                    "label {more} more examples for both systems, half of them where the judge sees a difference, and {calibrate}"
                )
            }
            Unproven::TellsNothing { .. } => {
                "mend the rubric or take another judge, and calibrate it; until then people must judge here".to_owned()
            }
            Unproven::Graded => "set `pass_at` or let the rubric be pass or fail".to_owned(),
            Unproven::Relative => "write the margin in points".to_owned(),
            Unproven::Priced(priced) => {
                format!(
                    "let a gate on `{priced}` itself block, which is corrected once its judge is calibrated, and make this one advisory"
                )
            }
        }
    }
}

/// The largest share of disagreement that these labels do not rule out, at one-sided 95 %.
fn allowed(agreed: u64, labels: u64) -> f64 {
    stats::proportion::clopper_pearson((labels - agreed.min(labels)) as f64, labels as f64, 0.05)
        .map_or(1.0, |interval| interval.upper)
}

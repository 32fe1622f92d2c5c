//! Drift: the reference set against a window of traffic. What traffic has that the set lacks, and the other way round.
//!
//! in      points of both sides: attributes, weight, conversation, text; where a model was asked, a vector for each conversation
//! out     for each attribute the two mixes with their distance and test; how well words tell the two sides apart; which texts lie
//!         where the other side has few or none
//! errors  none; where a side is too small to say, that is said (`None`)
//! source  statistics of drift: `stats::drift`, `stats::scan`. Effective counts: Kish 1965, Rao & Scott 1981 (first order). Classifier
//!         two-sample test: Lopez-Paz & Oquab 2017

mod content;
mod mix;
mod near;
mod patch;
mod spoken;
mod today;
mod weigh;
#[cfg(test)]
mod tests;

pub use content::{ContentDrift, FEWEST, Meaning, content};
pub use mix::{Count, Mix, Side, Value, between, mix};
pub use patch::{BAR, Far, Farthest, Patch, View};
pub use spoken::{MOST, Spoken, Unit};
pub use today::{DAYS, OfToday, Today, of_set};
pub use weigh::weigh;

use std::collections::BTreeMap;

/// A mix warns where chance makes it this rarely,
pub const SURE: f64 = 0.01;
/// and where it is this far away: PSI, in nats.
pub const FAR: f64 = 0.1;
/// Content warns where a classifier tells set and traffic apart this well: the chance that it ranks a pair rightly.
pub const TOLD_APART: f64 = 0.55;

/// An example or a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    pub id: String,
    /// What points share that are not independent.
    pub cluster: String,
    /// How many requests it stands for: 1 of traffic.
    pub weight: f64,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
}

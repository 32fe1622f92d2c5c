//! Outcomes: what production did after a release.
//!
//! in      what was said of releases, oldest first
//! out     the outcomes of each record, in the order in which they were told
//! errors  none: an entry that no version of ours writes changes nothing

use crate::share::Share;
use crate::system::Arm;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One thing that was seen of production.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The record of the decision that it came after.
    pub record: Option<String>,
    /// What the candidate of that decision is, where the record is not named.
    pub candidate: Option<String>,
    /// A day or an instant, as it was given.
    pub at: String,
    pub metric: String,
    /// As it was given; `better()` knows the built-in metrics too.
    pub better: Option<Better>,
    /// The criterion that foretells the metric.
    pub criterion: Option<String>,
    /// `None`: everything.
    pub segment: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub arm: Option<Arm>,
    pub conversation: Option<String>,
    pub incident: Option<String>,
    pub counted: Counted,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Counted {
    /// So many of so many, at least one.
    Of {
        count: u64,
        n: u64,
    },
    Value(Share),
}

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

impl Better {
    pub fn as_str(self) -> &'static str {
        match self {
            Better::Higher => "higher",
            Better::Lower => "lower",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Better::Higher, Better::Lower].into_iter().find(|word| word.as_str() == text)
    }
}

/// The metrics that ship, and which way each is better.
pub const BUILT_IN: &[(&str, Better)] = &[
    ("resolved", Better::Higher),
    ("thumbs", Better::Higher),
    ("reopened", Better::Lower),
    ("refunded", Better::Lower),
    ("escalated", Better::Lower),
    ("ticket", Better::Lower),
    ("rollback", Better::Lower),
];

/// The instant that is meant; of a day its beginning.
pub fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let date: Date = text.parse().ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

impl Outcome {
    /// Which way the metric is better; `None` for one of somebody's own that does not say.
    pub fn better(&self) -> Option<Better> {
        let built_in = BUILT_IN.iter().find(|(name, _)| *name == self.metric).map(|(_, better)| *better);
        built_in.or(self.better)
    }

    /// The rate or value that was seen.
    pub fn seen(&self) -> f64 {
        match self.counted {
            Counted::Of { count, n } => count as f64 / n.max(1) as f64,
            Counted::Value(value) => value.get(),
        }
    }

    /// How many requests it speaks of.
    pub fn requests(&self) -> u64 {
        match self.counted {
            Counted::Of { n, .. } => n,
            Counted::Value(_) => 1,
        }
    }
}

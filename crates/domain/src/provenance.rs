//! Provenance: where an example came from, and what that lets it prove.

use crate::share::{Amount, Share};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    Traffic,
    Incident,
    EdgeCase,
    PolicyCase,
    Synthetic,
    Demo,
}

impl SourceKind {
    pub const ALL: [SourceKind; 6] = [
        SourceKind::Traffic,
        SourceKind::Incident,
        SourceKind::EdgeCase,
        SourceKind::PolicyCase,
        SourceKind::Synthetic,
        SourceKind::Demo,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            SourceKind::Traffic => "traffic",
            SourceKind::Incident => "incident",
            SourceKind::EdgeCase => "edge_case",
            SourceKind::PolicyCase => "policy_case",
            SourceKind::Synthetic => "synthetic",
            SourceKind::Demo => "demo",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How an example was chosen. Dates and ids are kept as written once they were found valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    pub source: SourceKind,
    pub rule: String,
    pub sampled: Sampled,
    /// ISO date or time.
    pub captured_at: Option<String>,
    pub trace: Option<String>,
    pub incident: Option<String>,
    pub author: Option<String>,
}

/// What is known of the chance that this example was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampled {
    /// Chance of inclusion, in (0, 1]; the weight is its inverse.
    Probability(Share),
    Weight(Amount),
    Unknown,
}

/// What an example counts toward a production rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weight {
    /// Drawn from traffic with a known chance.
    Sampled(Amount),
    /// Neither provenance nor weight were given (imported): counts 1, and every rendering says that the numbers describe
    /// this set and not traffic.
    Assumed,
    /// Never enters a production rate: it was made, or chosen because it failed, or its chance is unknown.
    None,
}

impl Weight {
    pub fn get(self) -> f64 {
        match self {
            Weight::Sampled(weight) => weight.get(),
            Weight::Assumed => 1.0,
            Weight::None => 0.0,
        }
    }
}

/// The weight that follows from provenance. In a simulated contract scripted examples with a declared chance stand for
/// traffic.
pub fn weight(provenance: Option<&Provenance>, simulated: bool) -> Weight {
    let Some(provenance) = provenance else { return Weight::Assumed };
    let stands_for_traffic = match provenance.source {
        SourceKind::Traffic => true,
        SourceKind::Synthetic => simulated,
        SourceKind::Incident | SourceKind::EdgeCase | SourceKind::PolicyCase | SourceKind::Demo => false,
    };
    match provenance.sampled {
        _ if !stands_for_traffic => Weight::None,
        Sampled::Probability(chance) if chance.get() > 0.0 => {
            Amount::new(1.0 / chance.get()).map_or(Weight::None, Weight::Sampled)
        }
        Sampled::Weight(weight) if weight.get() > 0.0 => Weight::Sampled(weight),
        _ => Weight::None,
    }
}

//! What an agenda is made from.

use crate::review::Purpose;
use camino::Utf8PathBuf;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What was found of an eval; a list is empty, and a count 0, where there is nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The eval, as it is named where the agenda is asked; empty where that is its folder.
    pub eval: Utf8PathBuf,
    /// The day from which on anything can be overdue: on which the agenda was started, or the first decision recorded.
    pub since: Option<Date>,
    /// Queues with a free seat.
    pub queues: Vec<Queued>,
    pub disputes: Option<Waiting>,
    /// Queues in which people agreed, with what of it nobody audited.
    pub agreed: Vec<Agreed>,
    pub proposals: Proposals,
    /// The oldest day of traffic that is kept.
    pub oldest_traffic: Option<Date>,
    pub incidents: Vec<OpenIncident>,
    /// The release that is decided next, or was last: what the contract says the candidate is.
    pub candidate: String,
    /// Day of the last decision on that candidate.
    pub decided: Option<Date>,
    /// Errors that `check` finds.
    pub errors: u64,
    /// The last decision says that its looks are spent.
    pub looks_spent: bool,
    /// Stages of the last decision, which are to be watched.
    pub stages: Vec<Staged>,
    /// Calibrations of judges, by criterion.
    pub calibrations: Vec<Expiring>,
    /// Overrides, by the beginning of their record.
    pub overrides: Vec<Expiring>,
    /// Days on which examples are to be looked at again, with how many on each.
    pub review_by: Vec<(Date, u64)>,
    /// Active examples.
    pub active: u64,
    /// The day of the first decision that let a candidate out.
    pub shipped: Option<Date>,
    /// Day of the last decision, on whatever candidate.
    pub last_decided: Option<Date>,
    /// There are rubrics that people label by.
    pub rubrics: bool,
    /// The day on which the first ninety days began.
    pub started: Option<Date>,
}

/// A queue with items that lack a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    pub name: String,
    pub purpose: Purpose,
    pub items: u64,
    /// The day on which the first of them was laid in it.
    pub since: Date,
}

/// Something that waits since a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub count: u64,
    pub since: Date,
}

/// Proposed examples, which wait for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposals {
    pub count: u64,
    /// Those of them that stand in a file, which does not say since when.
    pub in_files: u64,
    /// The day on which the oldest of the others was proposed; `None` where there is no other.
    pub since: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    pub name: String,
    /// The last day on which it holds.
    pub on: Date,
}

/// An incident that is not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIncident {
    pub id: String,
    pub owner: String,
    pub opened: Date,
    pub covered: Option<Date>,
    /// Some example of it is active.
    pub has_active: bool,
    /// Its examples that nobody accepted yet.
    pub proposed: Vec<String>,
    /// The last day on which covering it meets the target.
    pub cover_by: Option<Date>,
}

/// What people agreed on in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    pub queue: String,
    /// Items that were not drawn for an audit yet.
    pub items: u64,
    /// The day on which the queue was filled first.
    pub since: Option<Date>,
    /// The day on which some were drawn last.
    pub audited: Option<Date>,
    /// Who labelled there, and audits nothing of it.
    pub labellers: BTreeSet<String>,
}

/// A cell of the traffic of which the candidate answers a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    pub cell: String,
    /// What its requests have in common.
    pub values: Vec<(String, String)>,
    /// A gate with a margin in points, by which the rollout can be followed.
    pub gate: Option<String>,
    pub owner: String,
}

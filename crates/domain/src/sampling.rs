//! Sampling: which requests of a window become proposed examples, and with what chance each was drawn.
//!
//! in      the contract's rules, a seed, and all requests of a window, twice, in any order
//! out     the requests that were drawn, each with the rules that drew it and its inclusion probability, where it has one
//! errors  none; a rule that finds nothing draws nothing
//! source  bottom-k of hashed keys (a reservoir that merges: Efraimidis & Spirakis 2006 with equal weights; Cohen & Kaplan 2007);
//!         inclusion under several designs: Bankier 1986
//!
//! What is drawn is a conversation, whole: its requests are not independent, and a part of it would count as much as the whole.
//! Of one conversation at most `LONGEST` requests are taken, by chance; their probability pays for that. The key of a conversation
//! hangs on seed, rule and its id alone, so that neither the order of files nor the number of threads changes a sample.

mod reservoir;
#[cfg(test)]
mod tests;

pub use reservoir::{Census, Draw, Drawn, Sample};

use crate::name::Attribute;
use crate::segment::Conditions;
use crate::traffic::Request;
use std::collections::{BTreeMap, BTreeSet};

/// Requests of one conversation that are taken at most.
pub const LONGEST: usize = 20;

/// Stands for every value of a signal.
const ANY: &str = "any";

/// One rule of the contract's `sampling`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub name: String,
    pub kind: Kind,
    /// Conversations that are drawn at most, each time.
    pub take: u64,
    /// What a request must be for the rule to see it; nothing for all.
    pub conditions: Conditions,
    pub per: Option<Per>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Every conversation with the same chance.
    Uniform,
    /// As many of each value, so far as there are that many.
    Stratified { by: Attribute },
    /// Of those that show a signal of failure; for each signal the values that count, `any` for all.
    Signal { any_of: BTreeMap<String, BTreeSet<String>> },
    /// The latest.
    Newest,
    /// Those that are least like any example.
    Novelty,
}

impl Kind {
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Uniform => "uniform",
            Kind::Stratified { .. } => "stratified",
            Kind::Signal { .. } => "signal",
            Kind::Newest => "newest",
            Kind::Novelty => "novelty",
        }
    }

    /// Whether chance decides what is drawn; else what it draws has no probability, and no weight.
    pub fn by_chance(&self) -> bool {
        matches!(self, Kind::Uniform | Kind::Stratified { .. } | Kind::Signal { .. })
    }
}

/// How often a rule takes that many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    Week,
    Month,
}

impl Rule {
    /// Whether the rule sees this request at all.
    pub fn sees(&self, request: &Request) -> bool {
        let holds = |(attribute, values): (&Attribute, &BTreeSet<String>)| {
            value(request, attribute).is_some_and(|value| values.contains(value))
        };
        self.conditions.iter().all(holds) && self.kind.signalled(request)
    }

    /// The part of the traffic within which this request is drawn: its period, and its value where the rule goes by one.
    fn stratum(&self, request: &Request) -> (String, String) {
        let period = self.per.map_or_else(String::new, |per| period(per, request.at.as_deref()));
        let part = match &self.kind {
            Kind::Stratified { by } => value(request, by).unwrap_or("").to_owned(),
            _ => String::new(),
        };
        (period, part)
    }
}

impl Kind {
    fn signalled(&self, request: &Request) -> bool {
        let Kind::Signal { any_of } = self else { return true };
        any_of.iter().any(|(signal, values)| {
            request.signals.get(signal).is_some_and(|value| values.contains(ANY) || values.contains(value))
        })
    }
}

/// The value of an attribute on a request; `task` is one of them.
pub fn value<'r>(request: &'r Request, attribute: &Attribute) -> Option<&'r str> {
    let given = request.attributes.get(attribute.as_str()).map(String::as_str);
    given.or(request.task.as_deref().filter(|_| attribute.as_str() == "task"))
}

/// What is drawn as one: the conversation, or the request where it has none.
pub fn unit(request: &Request) -> &str {
    request.conversation.as_deref().unwrap_or(&request.id)
}

/// The calendar week or month of an instant; empty where it is unknown.
fn period(per: Per, at: Option<&str>) -> String {
    let Some(day) = at.and_then(|at| at.get(..10)).and_then(|day| day.parse::<jiff::civil::Date>().ok()) else {
        return String::new();
    };
    match per {
        Per::Month => format!("{:04}-{:02}", day.year(), day.month()),
        Per::Week => {
            let week = day.iso_week_date();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
    }
}

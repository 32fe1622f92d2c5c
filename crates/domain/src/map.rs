//! The map: govern, map, measure, manage in one linked view, with holes shown as holes.
//!
//! in      the contract, and what was seen: examples by task and segment, the last decision's findings, overrides, incidents
//! out     four parts of rows that name each other, and every hole
//! errors  none
//! source  the functions of the AI Risk Management Framework, NIST AI 100-1 (2023)

mod holes;
mod parts;
#[cfg(test)]
mod tests;

use crate::contract::Contract;
use std::collections::BTreeMap;

/// A part of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Govern,
    Map,
    Measure,
    Manage,
}

impl Function {
    pub const ALL: [Function; 4] = [Function::Govern, Function::Map, Function::Measure, Function::Manage];

    pub fn as_str(self) -> &'static str {
        match self {
            Function::Govern => "govern",
            Function::Map => "map",
            Function::Measure => "measure",
            Function::Manage => "manage",
        }
    }

    /// What stands in it.
    pub fn about(self) -> &'static str {
        match self {
            Function::Govern => "who answers for what, and who overrode",
            Function::Map => "what was promised, to whom, and what failing costs",
            Function::Measure => "what is looked at, and what it showed",
            Function::Manage => "what blocks, what was decided, and what comes next",
        }
    }
}

/// One thing on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `owner:release`, `failure:wrong_source`: one thing, one key.
    pub key: String,
    pub part: Function,
    /// What kind of thing it is: `owner`, `task`, `gate`.
    pub kind: &'static str,
    pub name: String,
    pub says: String,
    /// Keys of what it rests on or belongs to; each is on the map.
    pub links: Vec<String>,
    /// What is missing here, and what would fill it.
    pub holes: Vec<Hole>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    pub what: String,
    pub fill: String,
}

/// What was seen besides the contract.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Active examples by task.
    pub by_task: BTreeMap<String, u64>,
    /// Independent active examples by segment, with the fewest that it is decided with.
    pub by_segment: BTreeMap<String, (u64, u64)>,
    pub decision: Option<Decided>,
    pub overrides: Vec<Override>,
    pub incidents: Vec<Told>,
}

/// The last decision, as its record has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    pub record: String,
    pub decision: String,
    pub rule: String,
    pub on: String,
    pub findings: Vec<Shown>,
    /// What, and who.
    pub follow_ups: Vec<(String, Option<String>)>,
}

/// A finding on the candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub gate: String,
    pub criterion: Option<String>,
    pub segment: String,
    pub state: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    pub record: String,
    pub of: String,
    /// A role and who fills it.
    pub by: String,
    pub reason: String,
    pub expires: String,
    pub expired: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub id: String,
    pub class: String,
    pub owner: String,
    /// open, covered or closed.
    pub standing: String,
    pub cost: Option<f64>,
    pub examples: Vec<String>,
    /// The day until which it was to be covered, where that is over and it is not.
    pub was_due: Option<String>,
}

/// Rows in the order of the parts.
pub fn map(contract: &Contract, seen: &Seen) -> Vec<Row> {
    let mut rows = parts::govern(contract, seen);
    rows.extend(parts::map(contract, seen));
    rows.extend(parts::measure(contract, seen));
    rows.extend(parts::manage(contract, seen));
    holes::show(contract, seen, &mut rows);
    let keys: std::collections::BTreeSet<String> = rows.iter().map(|row| row.key.clone()).collect();
    rows.iter_mut().for_each(|row| row.links.retain(|link| keys.contains(link)));
    rows
}

/// Every hole with the row that it is in.
pub fn holes(rows: &[Row]) -> Vec<(&Row, &Hole)> {
    rows.iter().flat_map(|row| row.holes.iter().map(move |hole| (row, hole))).collect()
}

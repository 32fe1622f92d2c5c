//! The agenda: what is due, why, by when, by whom, and the one command that does it.
//!
//! in      the contract, what was found of the eval (`Seen`), the duties that somebody said were done, the day
//! out     duties in the order in which they are due, each done or not
//! errors  none
//! rule    a duty is done where something shows it; where nothing else does, somebody says so. Until then it stays, and was due on its
//!         day: what waits keeps its name and its day for as long as the same waits. Every duty names an owner of the contract: the role
//!         that it is for, or whoever signs for the release

mod command;
mod recurring;
mod seen;
mod start;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use seen::{Agreed, Expiring, OpenIncident, Proposals, Queued, Seen, Staged, Waiting};
pub use start::{STAGES, Stage};

use crate::contract::Contract;
use crate::entry::{Entry, Noun};
use camino::Utf8Path;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// When a duty comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rhythm {
    AfterIncident,
    ThisWeek,
    ThisRelease,
    ThisMonth,
    FirstNinetyDays,
}

impl Rhythm {
    pub const ALL: [Rhythm; 5] =
        [Rhythm::AfterIncident, Rhythm::ThisWeek, Rhythm::ThisRelease, Rhythm::ThisMonth, Rhythm::FirstNinetyDays];

    pub fn as_str(self) -> &'static str {
        match self {
            Rhythm::AfterIncident => "after an incident",
            Rhythm::ThisWeek => "this week",
            Rhythm::ThisRelease => "this release",
            Rhythm::ThisMonth => "this month",
            Rhythm::FirstNinetyDays => "the first ninety days",
        }
    }
}

/// One thing that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The same on every day on which it is due: `drift-2026-11`.
    pub name: String,
    pub rhythm: Rhythm,
    pub what: String,
    pub why: String,
    pub due: Date,
    pub role: String,
    /// Who fills the role; empty where the contract does not say.
    pub who: String,
    /// One line for a shell where the agenda was asked.
    pub command: String,
    pub done: Option<Done>,
}

impl Duty {
    pub fn overdue(&self, today: Date) -> bool {
        self.done.is_none() && self.due < today
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub at: String,
    pub by: String,
}

/// What is due on a day.
pub fn agenda(contract: &Contract, seen: &Seen, told: &BTreeMap<String, Done>, today: Date) -> Vec<Duty> {
    let mut list = List { contract, eval: &seen.eval, told, since: seen.since, duties: Vec::new() };
    list.after_incidents(seen);
    list.this_week(seen, today);
    list.this_release(seen, today);
    list.this_month(seen, today);
    list.first_ninety_days(seen, today);
    let mut duties = list.duties;
    duties.iter_mut().for_each(|duty| duty.done = duty.done.take().or_else(|| told.get(&duty.name).cloned()));
    duties.sort_by(|one, other| (one.due, one.rhythm, &one.name).cmp(&(other.due, other.rhythm, &other.name)));
    duties
}

/// The duties that somebody said were done, by name; the last word counts.
pub fn told(entries: &[Entry]) -> BTreeMap<String, Done> {
    let mut all = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.noun == Noun::Duty) {
        match entry.what.as_str() {
            "done" => drop(all.insert(entry.subject.clone(), Done { at: entry.at.clone(), by: entry.author.clone() })),
            "undone" => drop(all.remove(&entry.subject)),
            _ => {}
        }
    }
    all
}

/// The day on which the first ninety days began, where somebody started them; the last word counts.
pub fn started(entries: &[Entry]) -> Option<Date> {
    let starts = entries.iter().filter(|entry| entry.noun == Noun::Duty && entry.what == "started");
    starts.rev().find_map(|entry| entry.body["on"].as_str()?.parse().ok())
}

struct List<'a> {
    contract: &'a Contract,
    eval: &'a Utf8Path,
    told: &'a BTreeMap<String, Done>,
    /// The day from which on anything can be overdue, where it is known.
    since: Option<Date>,
    duties: Vec<Duty>,
}

/// What a duty is, before it has an owner of the contract.
struct Due {
    name: String,
    rhythm: Rhythm,
    what: String,
    why: String,
    due: Date,
    command: Command,
}

impl List<'_> {
    /// For the first of these roles that the contract has.
    fn add(&mut self, roles: &[&str], due: Due) -> &mut Duty {
        let known = roles.iter().chain(&["release"]).find_map(|role| self.contract.owner(role));
        let owner = known.or(self.contract.owners.first());
        let (role, who) = owner.map_or_else(
            || (roles.first().copied().unwrap_or("release").to_owned(), String::new()),
            |owner| (owner.role.as_str().to_owned(), owner.who.clone()),
        );
        let Due { name, rhythm, what, why, due, command } = due;
        let command = command.line(self.eval, &role);
        let at = self.duties.len();
        self.duties.push(Duty { name, rhythm, what, why, due, role, who, command, done: None });
        &mut self.duties[at]
    }
}

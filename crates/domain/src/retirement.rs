//! Retirement: which examples may no longer serve, and why. A proposal is never more than that: a person accepts it, turns it
//! down or puts it off.
//!
//! in      the contract, its reference set with facts, what was said of examples and reported of them, what they ask, what earlier
//!         contracts named, and what the last decisions showed of each example; the day
//! out     proposals in the order of the set, each with every reason that nobody turned down
//! errors  none: what cannot be known is no reason
//! note    guards and examples that must never fail are there for the day on which they do: they are never proposed because
//!         they decided nothing, or because everybody passes them. Nor is what counts in a rate: no single example decides there, all of
//!         them together are what the rate rests on, and whoever chooses by score what stays moves it

mod near;
mod reason;
#[cfg(test)]
mod tests;

pub use reason::Reason;

use crate::content::Fingerprint;
use crate::contract::Contract;
use crate::digest::Digest;
use crate::example::Guard;
use crate::example::history::Told;
use crate::gate::Measure;
use crate::name::{Attribute, CriterionName};
use crate::provenance::Weight;
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use crate::rehearsal::Held;
use crate::review::{Complaint, Item, ItemKey, Report};
use crate::share::Share;
use crate::system::Arm;
use near::near_doubles;
use std::collections::{BTreeMap, BTreeSet};

/// What proposals are made from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub contract: &'a Contract,
    /// With facts, as it is read from files.
    pub set: &'a ReferenceSet,
    /// ISO date.
    pub today: &'a str,
    pub told: &'a BTreeMap<String, Told>,
    pub named: &'a Named,
    /// The last decisions, the newest first; no more than are kept, and each on scores of its own.
    pub watched: &'a [Watched],
    /// What reviewers said is wrong with examples, by id.
    pub reported: &'a BTreeMap<String, Vec<Report>>,
    /// What active examples ask, of those that are laid beside each other.
    pub asks: &'a BTreeMap<ExampleIndex, Fingerprint>,
}

/// What reviewers reported, by the id of the example, in the order in which they said it.
pub fn reported(items: &BTreeMap<ItemKey, Item>) -> BTreeMap<String, Vec<Report>> {
    let mut by_example: BTreeMap<String, Vec<Report>> = BTreeMap::new();
    for (key, item) in items {
        by_example.entry(key.example.to_string()).or_default().extend(item.reports.iter().cloned());
    }
    by_example.retain(|_, reports| !reports.is_empty());
    by_example.values_mut().for_each(|reports| reports.sort_by(|one, other| one.remark.at.cmp(&other.remark.at)));
    by_example
}

/// What the contracts of earlier decisions named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub documents: BTreeSet<String>,
    pub tasks: BTreeSet<String>,
}

impl Named {
    pub fn hear(&mut self, contract: &Contract) {
        self.documents.extend(contract.documents.iter().map(|(name, _)| name.clone()));
        self.tasks.extend(contract.tasks.iter().map(ToString::to_string));
    }
}

/// What one decision showed of its examples, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    pub seen: BTreeMap<String, Seen>,
}

/// What one decision showed of one example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it was then: of another content nothing is shown.
    pub digest: Digest,
    /// Without its conversation some gate would have said something else, or it stands out (`stands_out`); `None` where that was not tried.
    pub decisive: Option<bool>,
    /// Every system passed every criterion on it, in every repeat.
    pub saturated: bool,
}

/// An example that may go, with the reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub example: ExampleIndex,
    /// At least one.
    pub reasons: Vec<Reason>,
    /// It counts in a rate: what stays must not be chosen by how it scored, and another is drawn in its place.
    pub counts: bool,
}

/// The proposals of a day.
pub fn proposals(given: Given) -> Vec<Proposal> {
    let doubles = doubles(given.set);
    let near = near_doubles(given.set, given.asks, |example| doubles.contains_key(&example));
    given
        .set
        .active()
        .filter_map(|(example, row)| {
            let told = given.told.get(row.id.as_str());
            if told.is_some_and(|told| told.is_postponed(given.today)) {
                return None;
            }
            let mut reasons = given.of_its_ground(example, told);
            reasons.extend(
                doubles.get(&example).map(|of| Reason::Duplicate { of: given.set.rows[of.0 as usize].id.clone() }),
            );
            reasons.extend(near.get(&example).and_then(|(of, alike)| {
                let of = given.set.rows[of.0 as usize].id.clone();
                Some(Reason::NearDuplicate { of, similarity: Share::new(*alike).ok()? })
            }));
            reasons.extend(given.of_decisions(row));
            reasons.retain(|reason| !told.is_some_and(|told| told.has_kept(reason.code(), &reason.about())));
            let counts = row.weight.get() > 0.0;
            (!reasons.is_empty()).then_some(Proposal { example, reasons, counts })
        })
        .collect()
}

impl Given<'_> {
    /// What it rests on is no longer so: documents, the product, the day by which somebody was to look at it.
    fn of_its_ground(&self, example: ExampleIndex, told: Option<&Told>) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for (document, was) in self.set.depends_on(example) {
            let (document, was) = (document.to_string(), was.clone());
            match self.contract.documents.iter().find(|(name, _)| *name == document) {
                Some((_, now)) if *now != was => {
                    reasons.push(Reason::SourceChanged { document, was, now: now.clone() });
                }
                Some(_) => {}
                // A contract that never named any document says nothing about this one.
                None if !self.contract.documents.is_empty() || self.named.documents.contains(&document) => {
                    reasons.push(Reason::SourceGone { document, was });
                }
                None => {}
            }
        }
        let task = self.set.value(&Attribute::new("task"), example);
        let is_named = |task: &&str| self.contract.tasks.iter().any(|known| known.as_str() == *task);
        if let Some(task) = task.filter(|task| self.named.tasks.contains(*task) && !is_named(task)) {
            reasons.push(Reason::TaskGone { task: task.to_owned() });
        }
        reasons.extend(told.and_then(|told| told.marked.clone()).map(|why| Reason::ProductChanged { why }));
        let complaints = [Complaint::Wrong, Complaint::Stale];
        reasons.extend(complaints.into_iter().filter_map(|complaint| self.of_reports(example, told, complaint)));
        let review_by = self.set.facts(example).and_then(|facts| facts.review_by).map(|date| date.to_string());
        let past = review_by.filter(|date| date.as_str() < self.today);
        reasons.extend(past.map(|date| Reason::PastReview { date }));
        reasons
    }

    /// What reviewers said of it as it is now, since somebody last found it good.
    fn of_reports(&self, example: ExampleIndex, told: Option<&Told>, complaint: Complaint) -> Option<Reason> {
        let row = &self.set.rows[example.0 as usize];
        let settled = told.and_then(|told| told.settled.as_deref());
        let holds = |report: &&Report| {
            report.complaint == complaint
                && report.example.as_ref().is_none_or(|seen| *seen == row.digest.to_string())
                && settled.is_none_or(|settled| report.remark.at.as_str() > settled)
        };
        let reports: Vec<&Report> = self.reported.get(row.id.as_str())?.iter().filter(holds).collect();
        let last = reports.last()?.remark.at.clone();
        let mut by: Vec<(String, String)> = Vec::new();
        for Report { remark, .. } in reports {
            let said = (remark.by.clone(), remark.why.clone());
            if !by.contains(&said) {
                by.push(said);
            }
        }
        Some(Reason::Reported { complaint, by, last })
    }

    /// What the last decisions did without it, or what they learned from it.
    fn of_decisions(&self, row: &Row) -> Vec<Reason> {
        if row.guard != Guard::No || row.never {
            return Vec::new();
        }
        if row.weight.get() > 0.0 {
            return Vec::new();
        }
        let in_each_of = |decisions: u16, is_so: &dyn Fn(&Seen) -> bool| {
            let last = self.watched.get(..usize::from(decisions)).unwrap_or_default();
            let seen = |watched: &Watched| {
                watched.seen.get(row.id.as_str()).is_some_and(|seen| seen.digest == row.digest && is_so(seen))
            };
            !last.is_empty() && last.iter().all(seen)
        };
        let retire = &self.contract.retire;
        let mut reasons = Vec::new();
        if in_each_of(retire.never_decisive_in, &|seen| seen.decisive == Some(false)) {
            reasons.push(Reason::NeverDecisive { decisions: retire.never_decisive_in });
        }
        if in_each_of(retire.saturated_in, &|seen| seen.saturated) {
            reasons.push(Reason::Saturated { decisions: retire.saturated_in });
        }
        reasons
    }
}

/// Examples that ask and expect what another one does, which stays: a guard before others, then what was sampled, then the first of them. All
/// guards stay, and all that was sampled: that production is asked the same again and again is what its rates count.
fn doubles(set: &ReferenceSet) -> BTreeMap<ExampleIndex, ExampleIndex> {
    let mut doubles = BTreeMap::new();
    for same in set.same_inputs() {
        let mut by_expectation: BTreeMap<u32, Vec<ExampleIndex>> = BTreeMap::new();
        // A variant is there because of its base.
        let alone = |example: &&ExampleIndex| set.rows[example.0 as usize].pair.is_none();
        for example in same.examples.iter().filter(alone) {
            let Some(facts) = set.facts(*example) else { continue };
            by_expectation.entry(facts.expected).or_default().push(*example);
        }
        for equal in by_expectation.into_values() {
            let row = |example: ExampleIndex| &set.rows[example.0 as usize];
            let is_guard = |example: &&ExampleIndex| row(**example).guard != Guard::No;
            let is_sampled = |example: &&ExampleIndex| matches!(row(**example).weight, Weight::Sampled(_));
            let first = equal.iter().find(is_guard).or_else(|| equal.iter().find(is_sampled)).or(equal.first());
            let Some(stays) = first.copied() else { continue };
            let go = equal.iter().filter(|example| **example != stays && !is_guard(example) && !is_sampled(example));
            doubles.extend(go.map(|example| (*example, stays)));
        }
    }
    doubles
}

/// Of each example of the set whether every one of these systems passed every criterion on it, in every repeat. `held` has each
/// criterion as reached or not.
pub fn saturated(held: &Held, arms: &BTreeSet<Arm>, examples: usize) -> Vec<bool> {
    let mut saturated = vec![!arms.is_empty(); examples];
    for arm in arms {
        let mut passed = vec![false; examples];
        for answered in held.columns.iter().filter_map(|column| column.arms.get(arm)).flatten() {
            let at = answered.example.0 as usize;
            // Neither a value nor missing: the criterion does not apply.
            match answered.value {
                Some(value) if value >= 1.0 => passed[at] = true,
                None if !answered.missing => {}
                _ => saturated[at] = false,
            }
        }
        saturated.iter_mut().zip(passed).for_each(|(all, passed)| *all &= passed);
    }
    saturated
}

/// Of each example of the set whether a never rule failed on it in any arm, or a grade on it is missing. Each alone of several such may
/// leave without a trace, and all of them together do not.
pub fn stands_out(held: &Held, never: &BTreeSet<CriterionName>, examples: usize) -> Vec<bool> {
    let mut stands_out = vec![false; examples];
    for column in &held.columns {
        let is_never = matches!(&column.measure, Measure::Criterion(name) if never.contains(name));
        for answered in column.arms.values().flatten() {
            let failed = is_never && answered.value.is_some_and(|value| value < 1.0);
            stands_out[answered.example.0 as usize] |= failed || answered.missing;
        }
    }
    stands_out
}

//! Agreement: how far people say the same of the same answers, who errs on gold, and what to do about it.
//!
//! in      ratings: item, by whom, what, held against which rubric, and the right label where it is known
//! out     agreement over all items; per reviewer and rubric their labels, agreement with others, and accuracy on gold with an interval; how
//!         reliable reviewers look from all labels together; the items on which people are split
//! errors  none: what cannot be told is undefined, with its reason
//! rule    *cannot tell* is no rating. No coefficient is a gate: what counts is how often people say otherwise
//! source  the project's statistics design, 3.8

use super::{ItemKey, Says};
use stats::Interval;
use stats::Undefined;
use stats::agreement::{Answer, PassFail, Votes, dawid_skene, pass_fail};
use stats::proportion::clopper_pearson;
use std::collections::{BTreeMap, BTreeSet};

/// One-sided, of every interval.
pub const LEVEL: f64 = 0.025;
/// From so many reviewers with so many ratings each on, reliability is told.
const REVIEWERS: usize = 3;
const RATINGS: usize = 20;
const ROUNDS: u32 = 100;
const LEAST: f64 = 1e-10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating<'a> {
    pub item: &'a ItemKey,
    pub by: &'a str,
    pub says: Says,
    pub rubric: Option<&'a str>,
    /// The right label, where it is known.
    pub gold: Option<Says>,
}

impl Rating<'_> {
    fn passes(&self) -> Option<bool> {
        passes(self.says)
    }
}

fn passes(says: Says) -> Option<bool> {
    match says {
        Says::Pass => Some(true),
        Says::Fail => Some(false),
        Says::CannotTell => None,
    }
}

/// Of how many it is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Right {
    pub right: u64,
    pub of: u64,
}

impl Right {
    fn count(&mut self, right: bool) {
        self.right += u64::from(right);
        self.of += 1;
    }

    pub fn share(&self) -> Option<f64> {
        (self.of > 0).then(|| self.right as f64 / self.of as f64)
    }

    pub fn interval(&self) -> Result<Interval, Undefined> {
        clopper_pearson(self.right as f64, self.of as f64, LEVEL)
    }
}

/// One reviewer under one version of the rubric.
#[derive(Clone, Debug, PartialEq)]
pub struct OfReviewer {
    pub by: String,
    pub rubric: Option<String>,
    pub labels: u64,
    pub cannot_tell: u64,
    /// Of all other people's ratings of the same items, those that say the same.
    pub with_others: Right,
    /// Of gold that passes, and of gold that fails, what they said rightly.
    pub gold_passes: Right,
    pub gold_fails: Right,
    /// The chance that their label is right, as all labels together show it.
    pub reliability: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    pub items: u64,
    pub labels: u64,
    pub cannot_tell: u64,
    pub found: Result<PassFail, Undefined>,
    pub reviewers: Vec<OfReviewer>,
    /// Items that some pass and some fail.
    pub split: Vec<ItemKey>,
}

pub fn agreement(ratings: &[Rating<'_>]) -> Agreement {
    let mut by_item: BTreeMap<&ItemKey, Vec<&Rating>> = BTreeMap::new();
    for rating in ratings {
        by_item.entry(rating.item).or_default().push(rating);
    }
    let votes = |of: &[&Rating]| -> Votes {
        let said = |passes: bool| of.iter().filter(|rating| rating.passes() == Some(passes)).count() as u32;
        (said(true), said(false))
    };
    let counted: Vec<(&ItemKey, Votes)> = by_item.iter().map(|(key, of)| (*key, votes(of))).collect();
    let all: Vec<Votes> = counted.iter().map(|(_, votes)| *votes).collect();
    let split = counted.iter().filter(|(_, (passes, fails))| *passes > 0 && *fails > 0);
    Agreement {
        items: by_item.len() as u64,
        labels: ratings.len() as u64,
        cannot_tell: ratings.iter().filter(|rating| rating.passes().is_none()).count() as u64,
        found: pass_fail(&all, LEVEL),
        split: split.map(|(key, _)| (*key).clone()).collect(),
        reviewers: reviewers(ratings, &by_item),
    }
}

fn reviewers(ratings: &[Rating], by_item: &BTreeMap<&ItemKey, Vec<&Rating>>) -> Vec<OfReviewer> {
    let reliable = reliability(ratings);
    let mut found: BTreeMap<(&str, Option<&str>), OfReviewer> = BTreeMap::new();
    for rating in ratings {
        let of = found.entry((rating.by, rating.rubric)).or_insert_with(|| OfReviewer {
            by: rating.by.to_owned(),
            rubric: rating.rubric.map(str::to_owned),
            labels: 0,
            cannot_tell: 0,
            with_others: Right::default(),
            gold_passes: Right::default(),
            gold_fails: Right::default(),
            reliability: reliable.get(rating.by).copied(),
        });
        of.labels += 1;
        let Some(said) = rating.passes() else {
            of.cannot_tell += 1;
            continue;
        };
        let others = by_item[rating.item].iter().filter(|other| other.by != rating.by);
        others.filter_map(|other| other.passes()).for_each(|other| of.with_others.count(other == said));
        match rating.gold.and_then(passes) {
            Some(true) => of.gold_passes.count(said),
            Some(false) => of.gold_fails.count(!said),
            None => {}
        }
    }
    found.into_values().collect()
}

/// The chance that a reviewer's label is right, where enough people labelled enough; nothing otherwise.
fn reliability<'a>(ratings: &[Rating<'a>]) -> BTreeMap<&'a str, f64> {
    let mut many: BTreeMap<&str, BTreeSet<&ItemKey>> = BTreeMap::new();
    for rating in ratings.iter().filter(|rating| rating.passes().is_some()) {
        many.entry(rating.by).or_default().insert(rating.item);
    }
    many.retain(|_, items| items.len() >= RATINGS);
    if many.len() < REVIEWERS {
        return BTreeMap::new();
    }
    let people: Vec<&str> = many.into_keys().collect();
    let counted: Vec<(&Rating, usize, usize)> = ratings
        .iter()
        .filter_map(|rating| {
            let reviewer = people.binary_search(&rating.by).ok()?;
            Some((rating, reviewer, usize::from(rating.passes()?)))
        })
        .collect();
    let mut items: Vec<&ItemKey> = counted.iter().map(|(rating, ..)| rating.item).collect();
    items.sort_unstable();
    items.dedup();
    let place = |key: &ItemKey| items.binary_search(&key).unwrap_or(0);
    let answers: Vec<Answer> = counted
        .iter()
        .map(|(rating, reviewer, label)| Answer { item: place(rating.item), reviewer: *reviewer, label: *label })
        .collect();
    let gold = counted.iter().filter_map(|(rating, ..)| Some((place(rating.item), usize::from(passes(rating.gold?)?))));
    let gold: Vec<(usize, usize)> = gold.collect::<BTreeSet<_>>().into_iter().collect();
    let Ok(consensus) = dawid_skene(&answers, 2, &gold, ROUNDS, LEAST) else { return BTreeMap::new() };
    let right = |reviewer: usize| -> f64 {
        (0..2).map(|label| consensus.priors[label] * consensus.confusion[reviewer][label][label]).sum()
    };
    people.iter().enumerate().map(|(at, by)| (*by, right(at))).collect()
}

/// What somebody should do about disagreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repair {
    /// The rubric does not say what these answers are.
    Rubric,
    /// The examples themselves are in doubt.
    Quarantine,
    /// People are split on one part of the work more than elsewhere: what is right there is not settled.
    Policy,
}

impl Repair {
    pub fn as_str(self) -> &'static str {
        match self {
            Repair::Rubric => "repair rubric",
            Repair::Quarantine => "quarantine",
            Repair::Policy => "change policy",
        }
    }
}

/// An item that at least two people rated.
pub struct Doubt<'a> {
    pub key: &'a ItemKey,
    pub split: bool,
    /// Somebody said that its example is wrong or stale.
    pub reported: bool,
    /// The part of the work that it belongs to.
    pub part: Option<&'a str>,
}

/// What each split item asks for. Reported examples, and those on which people are split for more than one answer, are in doubt
/// themselves; then a part of the work with significantly more splits than the rest; what is left is the rubric's.
pub fn repairs<'a>(doubts: &[Doubt<'a>]) -> BTreeMap<(Repair, Option<&'a str>), Vec<&'a ItemKey>> {
    let mut found: BTreeMap<(Repair, Option<&str>), Vec<&ItemKey>> = BTreeMap::new();
    let parts: BTreeSet<&str> = doubts.iter().filter_map(|doubt| doubt.part).collect();
    let count = |inside: bool, split: bool, part: &str| {
        doubts.iter().filter(|doubt| (doubt.part == Some(part)) == inside && doubt.split == split).count() as u64
    };
    let unsettled = |part: &str| {
        let table = [
            [count(true, true, part), count(true, false, part)],
            [count(false, true, part), count(false, false, part)],
        ];
        let more = table[0][0] * (table[1][0] + table[1][1]) > table[1][0] * (table[0][0] + table[0][1]);
        more && stats::fisher_exact(table[0][0], table[0][1], table[1][0], table[1][1])
            <= 2.0 * LEVEL / parts.len() as f64
    };
    let unsettled: BTreeSet<&str> = parts.iter().copied().filter(|part| unsettled(part)).collect();
    for doubt in doubts.iter().filter(|doubt| doubt.split) {
        let alike = |other: &&Doubt| other.split && other.key.example == doubt.key.example;
        let repair = if doubt.reported || doubts.iter().filter(alike).count() > 1 {
            (Repair::Quarantine, None)
        } else if let Some(part) = doubt.part.filter(|part| unsettled.contains(part)) {
            (Repair::Policy, Some(part))
        } else {
            (Repair::Rubric, None)
        };
        found.entry(repair).or_default().push(doubt.key);
    }
    found
}

//! What set and traffic say: whether words tell the two apart, and which.
//!
//! The classifier is naive Bayes over the words and pairs of words of a text. Each conversation is scored by a model that has not
//! seen it, and counts once; the test is of ranks, one-sided, because a classifier that only guesses is never better than half. Each
//! half is scored by a model of the other, and the smaller of the two p values is doubled, so that it holds however the halves depend.

use super::{Point, SURE, TOLD_APART};
use crate::content::grams;
use crate::digest::Digest;
use stats::drift::value_drift;
use std::collections::{BTreeMap, BTreeSet};

/// Parts that are each scored by a model of the others.
const FOLDS: u64 = 2;
/// Points of a side that are looked at: the lowest by a seeded key.
pub const MOST: usize = 4000;
/// Groups that are told of a side.
const GROUPS: usize = 5;
/// Words that are told of a group.
const WORDS: usize = 5;
/// Fewest conversations with a word, on both sides together, before anything is said of it.
const SEEN: u64 = 5;

#[derive(Clone, Debug, PartialEq)]
pub struct ContentDrift {
    /// The chance that a conversation of traffic looks more like traffic than one of the set does; half where nothing drifted.
    pub told_apart: f64,
    /// How rarely chance alone would do as well.
    pub p: f64,
    /// Conversations that were compared, of the set and of traffic.
    pub compared: (u64, u64),
    /// What traffic says more often than the set, and the other way round.
    pub lacking: Vec<Group>,
    pub over: Vec<Group>,
}

impl ContentDrift {
    pub fn warns(&self) -> bool {
        self.p < SURE && self.told_apart >= TOLD_APART
    }
}

/// Texts that share words which one side has more of than the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The most telling first.
    pub words: Vec<String>,
    /// Shares of conversations with the first word, in the set and in traffic.
    pub in_set: f64,
    pub in_traffic: f64,
    /// The point that has most of the words, and its text.
    pub id: String,
    pub text: String,
}

/// A conversation with what it says; the text is of its first point.
struct Unit<'p> {
    first: &'p Point,
    grams: Vec<u32>,
    fold: u64,
    of_traffic: bool,
}

/// `None` where a side has fewer than ten conversations.
pub fn content(set: &[Point], traffic: &[Point], seed: u64) -> Option<ContentDrift> {
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    let mut units = gathered(set, seed, false, &mut names);
    let n = units.len();
    units.extend(gathered(traffic, seed, true, &mut names));
    let m = units.len() - n;
    if n < 10 || m < 10 {
        return None;
    }
    let scores = scores(&units, names.len());
    // Scores of different models are not comparable, and their tests not independent: the better of the two pays for both.
    let (mut told_apart, mut p) = (0.0, 1.0f64);
    for fold in 0..FOLDS {
        let of = |of_traffic: bool| -> Vec<f64> {
            let in_fold =
                units.iter().zip(&scores).filter(|(unit, _)| unit.fold == fold && unit.of_traffic == of_traffic);
            in_fold.map(|(_, score)| *score).collect()
        };
        let ranked = value_drift(&of(true), &of(false)).ok()?;
        told_apart += ranked.first_exceeds / FOLDS as f64;
        let one_sided =
            ranked.mann_whitney.map_or(1.0, |p| if ranked.first_exceeds > 0.5 { p / 2.0 } else { 1.0 - p / 2.0 });
        p = p.min(one_sided * FOLDS as f64);
    }
    let by_number: Vec<&str> = {
        let mut by_number = vec![""; names.len()];
        names.iter().for_each(|(name, number)| by_number[*number as usize] = name);
        by_number
    };
    let telling = telling(&units, &by_number, (n, m));
    let of = |more: bool| groups(&units, &by_number, &telling, more, (n, m));
    Some(ContentDrift { told_apart, p, compared: (n as u64, m as u64), lacking: of(true), over: of(false) })
}

fn number(seed: u64, what: &str, id: &str) -> u64 {
    let bytes = *Digest::of_bytes(format!("plimsoll.drift.v1\n{seed}\n{what}\n{id}").as_bytes()).as_bytes();
    u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
}

/// Conversations of a side. What stands for more requests is kept with a better chance, so that what is kept is mixed as its
/// weights say; what weighs nothing is not looked at.
fn gathered<'p>(points: &'p [Point], seed: u64, of_traffic: bool, names: &mut BTreeMap<String, u32>) -> Vec<Unit<'p>> {
    let side = if of_traffic { "traffic" } else { "set" };
    let mut conversations: BTreeMap<&str, (&Point, f64, BTreeSet<String>)> = BTreeMap::new();
    for point in points.iter().filter(|point| point.weight > 0.0) {
        let held = conversations.entry(&point.cluster).or_insert((point, 0.0, BTreeSet::new()));
        held.1 = held.1.max(point.weight);
        held.2.extend(grams(&point.text));
    }
    let heaviest = conversations.values().map(|(_, weight, _)| *weight).fold(0.0, f64::max);
    let mut kept: Vec<(u64, &str, &Point, BTreeSet<String>)> = Vec::new();
    for (cluster, (first, weight, grams)) in conversations {
        let chance = number(seed, &format!("{side} thin"), cluster) as f64 / u64::MAX as f64;
        if chance <= weight / heaviest {
            kept.push((number(seed, &format!("{side} keep"), cluster), cluster, first, grams));
        }
    }
    kept.sort_by_key(|(rank, cluster, ..)| (*rank, *cluster));
    kept.truncate(MOST);
    let unit = |(_, cluster, first, grams): (u64, &str, &'p Point, BTreeSet<String>)| {
        let mut position = |gram: String| {
            let next = names.len() as u32;
            *names.entry(gram).or_insert(next)
        };
        // A conversation that is on both sides is in one fold: no model scores what it has seen.
        let fold = number(seed, "fold", cluster) % FOLDS;
        Unit { first, grams: grams.into_iter().map(&mut position).collect(), fold, of_traffic }
    };
    kept.into_iter().map(unit).collect()
}

/// For each unit how much more traffic-like than set-like its words are, on average, by a model of the other folds.
fn scores(units: &[Unit], words: usize) -> Vec<f64> {
    let mut scores = vec![0.0; units.len()];
    for fold in 0..FOLDS {
        let mut counts = vec![(0.0f64, 0.0f64); words];
        let mut sums = (0.0f64, 0.0f64);
        for unit in units.iter().filter(|unit| unit.fold != fold) {
            for gram in &unit.grams {
                let count = &mut counts[*gram as usize];
                if unit.of_traffic { count.1 += 1.0 } else { count.0 += 1.0 }
            }
            if unit.of_traffic { sums.1 += 1.0 } else { sums.0 += 1.0 }
        }
        for (unit, score) in units.iter().zip(&mut scores).filter(|(unit, _)| unit.fold == fold) {
            let of = |gram: &u32| {
                let (a, b) = counts[*gram as usize];
                ((b + 0.5) / (sums.1 + 1.0)).ln() - ((a + 0.5) / (sums.0 + 1.0)).ln()
            };
            // Words that no other conversation has say nothing of either side.
            let known = unit.grams.iter().filter(|gram| counts[**gram as usize] != (0.0, 0.0));
            let (sum, count) = known.fold((0.0, 0.0), |(sum, count), gram| (sum + of(gram), count + 1.0));
            *score = if count > 0.0 { sum / count } else { 0.0 };
        }
    }
    scores
}

/// Of each word that is told apart beyond chance, after all that were looked at: how surely, positive where traffic has more.
fn telling(units: &[Unit], names: &[&str], (n, m): (usize, usize)) -> BTreeMap<u32, f64> {
    let mut counts = vec![(0u64, 0u64); names.len()];
    for unit in units {
        for gram in &unit.grams {
            let count = &mut counts[*gram as usize];
            if unit.of_traffic { count.1 += 1 } else { count.0 += 1 }
        }
    }
    let looked_at = counts.iter().filter(|(a, b)| a + b >= SEEN).count().max(1) as f64;
    let level = SURE / looked_at;
    let mut telling = BTreeMap::new();
    for (gram, (a, b)) in counts.iter().enumerate().filter(|(_, (a, b))| a + b >= SEEN) {
        let (n, m, a, b) = (n as f64, m as f64, *a as f64, *b as f64);
        let share = (a + b) / (n + m);
        let z = (b / m - a / n) / (share * (1.0 - share) * (1.0 / n + 1.0 / m)).sqrt();
        if z.is_finite() && 2.0 * stats::special::normal_sf(z.abs()) < level {
            telling.insert(gram as u32, z);
        }
    }
    telling
}

/// The most telling word, with the words that mostly come with it; then the same of what is left.
fn groups(
    units: &[Unit],
    names: &[&str],
    telling: &BTreeMap<u32, f64>,
    more: bool,
    (n, m): (usize, usize),
) -> Vec<Group> {
    let mut left: BTreeMap<u32, f64> =
        telling.iter().filter(|(_, z)| (**z > 0.0) == more).map(|(g, z)| (*g, z.abs())).collect();
    let mut covered: BTreeSet<usize> = BTreeSet::new();
    let mut groups = Vec::new();
    while groups.len() < GROUPS {
        let Some(head) = left.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0))).map(|(gram, _)| *gram) else {
            break;
        };
        let with: Vec<usize> = units
            .iter()
            .enumerate()
            .filter(|(at, unit)| unit.of_traffic == more && !covered.contains(at) && unit.grams.contains(&head))
            .map(|(at, _)| at)
            .collect();
        let mut together: Vec<(u32, f64)> = left
            .iter()
            .filter(|(gram, _)| {
                let has = |at: &&usize| units[**at].grams.contains(gram);
                **gram == head || with.iter().filter(has).count() * 3 >= with.len().max(1)
            })
            .map(|(gram, z)| (*gram, *z))
            .collect();
        together.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let words: Vec<u32> = together.iter().map(|(gram, _)| *gram).collect();
        let weight = |at: &usize| -> f64 {
            together.iter().filter(|(gram, _)| units[*at].grams.contains(gram)).map(|(_, z)| *z).sum()
        };
        let best = with.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)).then(b.cmp(a)));
        if let Some(best) = best.filter(|_| with.len() >= 2) {
            let share = |of_traffic: bool, all: usize| {
                let count =
                    units.iter().filter(|unit| unit.of_traffic == of_traffic && unit.grams.contains(&head)).count();
                count as f64 / all as f64
            };
            groups.push(Group {
                words: words.iter().take(WORDS).map(|gram| names[*gram as usize].to_owned()).collect(),
                in_set: share(false, n),
                in_traffic: share(true, m),
                id: units[*best].first.id.clone(),
                text: units[*best].first.text.clone(),
            });
        }
        covered.extend(with);
        left.retain(|gram, _| !words.contains(gram));
    }
    groups
}

//! Patches: texts that lie together and that one side has more of than chance would make it anywhere.
//!
//! in      who lies near whom; words and pairs of words; a source of chance
//! out     the patches of either side, each with its counts, how rarely chance makes one like it, what its texts say and one of them;
//!         and how many requests are farther from every example than examples are from each other
//! errors  none; a side without texts has no patches
//! source  scan over words and over neighbourhoods: `stats::scan` (Kulldorff 1997); each pays for the other. Nearest neighbours as
//!         novelty: Breunig et al. 2000 name the idea; here the bar is the set's own, each example left out once

use super::near::Near;
use super::spoken::Spoken;
use stats::Interval;
use stats::proportion::clopper_pearson;
use stats::scan::{Density, Zone, scan};
use std::collections::{BTreeMap, BTreeSet};

/// How often labels are dealt out anew.
pub const DEALT: u32 = 999;
/// A patch is told where chance makes one like it anywhere this rarely,
pub const SEEN_AT: f64 = 0.05;
/// Patches that are told of a side.
const PATCHES: usize = 5;
/// Words that are told of a patch.
const WORDS: usize = 5;
/// Fewest conversations with a word, on both sides together, before anything is said of it.
const SEEN: usize = 5;
/// The share of examples that are farther from the rest than the bar.
pub const BAR: f64 = 0.05;
/// Texts that are told as farthest.
const FARTHEST: usize = 5;

/// What one way of laying texts beside each other shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// `None` where fewer than ten conversations of a side say anything.
    pub far: Option<Far>,
    /// What traffic has more of, and what the set has more of; the surest first.
    pub lacking: Vec<Patch>,
    pub over: Vec<Patch>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// What its texts say more often than others, the most telling first.
    pub words: Vec<String>,
    /// Conversations of the set and of traffic in it,
    pub counts: (u64, u64),
    /// and their shares.
    pub in_set: f64,
    pub in_traffic: f64,
    /// How rarely chance makes a patch like it anywhere.
    pub p: f64,
    /// The conversation in its middle, of the side that has more, and its text.
    pub id: String,
    pub text: String,
}

/// How many requests are unlike any example.
#[derive(Clone, Debug, PartialEq)]
pub struct Far {
    /// The similarity to the nearest example that all but `BAR` of the examples have with the rest; no more than that of near-duplicates.
    pub bar: f64,
    /// Requests below it, of so many; examples below it, each against the others.
    pub requests: (u64, u64),
    pub examples: (u64, u64),
    /// Of the share of requests, two-sided 95 %.
    pub interval: Interval,
    /// The farthest first.
    pub farthest: Vec<Farthest>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Farthest {
    pub id: String,
    pub text: String,
    /// The example that is nearest to it.
    pub example: String,
    pub example_text: String,
    pub similarity: f64,
}

impl View {
    /// Whether patches are as rare by chance as this.
    pub fn warns(&self, level: f64) -> bool {
        self.lacking.iter().chain(&self.over).any(|patch| patch.p < level)
    }

    pub fn of(spoken: &Spoken, near: &Near, word: &mut dyn FnMut() -> u64) -> Self {
        let having = spoken.having();
        let is_case: Vec<bool> = spoken.units.iter().map(|unit| unit.of_traffic).collect();
        let told = having.into_iter().filter(|units| (SEEN..=spoken.units.len() / 2).contains(&units.len()));
        let by_word: Vec<Zone> = told.map(Zone::whole).collect();
        let (mut cases, mut others) = (Vec::new(), Vec::new());
        for zones in [&by_word, &near.zones] {
            let Ok(found) = scan(zones, &is_case, DEALT, word) else { continue };
            cases.extend(zones.iter().zip(found.cases));
            others.extend(zones.iter().zip(found.others));
        }
        View { far: far(spoken, near), lacking: patches(spoken, cases, true), over: patches(spoken, others, false) }
    }
}

/// The surest, then the surest of those that hold other texts.
fn patches(spoken: &Spoken, found: Vec<(&Zone, Density)>, of_traffic: bool) -> Vec<Patch> {
    // Two scans were made, and the smaller p value pays for both.
    let mut found: Vec<(&Zone, Density)> =
        found.into_iter().map(|(zone, density)| (zone, Density { p: 2.0 * density.p, ..density })).collect();
    found.retain(|(_, density)| density.p < SEEN_AT && density.count > 1);
    found.sort_by(|a, b| a.1.p.total_cmp(&b.1.p).then(b.1.log_ratio.total_cmp(&a.1.log_ratio)));
    let (mut covered, mut patches) = (BTreeSet::new(), Vec::new());
    for (zone, density) in found {
        let of_side: Vec<u32> = zone.points[..density.size]
            .iter()
            .copied()
            .filter(|at| spoken.units[*at as usize].of_traffic == of_traffic)
            .collect();
        let known = of_side.iter().filter(|at| covered.contains(*at)).count();
        if known * 3 > of_side.len() {
            continue;
        }
        patches.push(patch(spoken, &zone.points[..density.size], &of_side, density.p));
        covered.extend(of_side);
        if patches.len() == PATCHES {
            break;
        }
    }
    patches
}

fn patch(spoken: &Spoken, points: &[u32], of_side: &[u32], p: f64) -> Patch {
    let units = &spoken.units;
    let traffic = points.iter().filter(|at| units[**at as usize].of_traffic).count();
    let counts = ((points.len() - traffic) as u64, traffic as u64);
    let telling = telling(spoken, of_side);
    let weight = |at: &u32| -> f64 {
        telling.iter().filter(|(gram, _)| units[*at as usize].grams.contains(gram)).map(|(_, z)| z).sum()
    };
    let middle = of_side.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)).then(b.cmp(a)));
    let middle = middle.map(|at| &units[*at as usize]);
    Patch {
        words: telling.iter().map(|(gram, _)| spoken.names[*gram as usize].clone()).collect(),
        counts,
        in_set: counts.0 as f64 / spoken.set as f64,
        in_traffic: counts.1 as f64 / spoken.traffic as f64,
        p,
        id: middle.map_or_else(String::new, |unit| unit.id.clone()),
        text: middle.map_or_else(String::new, |unit| unit.text.clone()),
    }
}

/// What at least a third of these texts say, by how much more often than all others they do.
fn telling(spoken: &Spoken, of_side: &[u32]) -> Vec<(u32, f64)> {
    let mut counts: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for at in of_side {
        spoken.units[*at as usize].grams.iter().for_each(|gram| counts.entry(*gram).or_default().0 += 1.0);
    }
    counts.retain(|_, (inside, _)| *inside * 3.0 >= of_side.len() as f64);
    for unit in &spoken.units {
        for gram in &unit.grams {
            counts.entry(*gram).and_modify(|(_, all)| *all += 1.0);
        }
    }
    let (n, m) = (of_side.len() as f64, spoken.units.len() as f64);
    let z = |(inside, all): (f64, f64)| {
        let share = all / m;
        (inside / n - share) / (share * (1.0 - share) / n).sqrt()
    };
    let mut telling: Vec<(u32, f64)> = counts.into_iter().map(|(gram, counts)| (gram, z(counts))).collect();
    telling.retain(|(_, z)| z.is_finite() && *z > 0.0);
    telling.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    telling.truncate(WORDS);
    telling
}

fn far(spoken: &Spoken, near: &Near) -> Option<Far> {
    let side = |of_traffic: bool| {
        let units = spoken.units.iter().zip(&near.of_set).enumerate();
        let mut all: Vec<(f64, usize, usize)> = units
            .filter(|(_, (unit, _))| unit.of_traffic == of_traffic)
            .filter_map(|(at, (_, nearest))| Some((nearest.as_ref()?.similarity, at, nearest.as_ref()?.at)))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all
    };
    let (examples, requests) = (side(false), side(true));
    if examples.len() < 10 || requests.len() < 10 {
        return None;
    }
    let bar = examples[(examples.len() as f64 * BAR).ceil() as usize].0;
    // A near-duplicate of an example is like it, however alike the examples are.
    let bar = near.duplicate.map_or(bar, |duplicate| bar.min(duplicate));
    let below = |side: &[(f64, usize, usize)]| (side.partition_point(|one| one.0 < bar) as u64, side.len() as u64);
    let interval = clopper_pearson(below(&requests).0 as f64, below(&requests).1 as f64, 0.025).ok()?;
    let one = |(similarity, at, nearest): &(f64, usize, usize)| {
        let (unit, example) = (&spoken.units[*at], &spoken.units[*nearest]);
        Farthest {
            id: unit.id.clone(),
            text: unit.text.clone(),
            example: example.id.clone(),
            example_text: example.text.clone(),
            similarity: *similarity,
        }
    };
    let farthest = requests.iter().take_while(|one| one.0 < bar).take(FARTHEST).map(one).collect();
    Some(Far { bar, requests: below(&requests), examples: below(&examples), interval, farthest })
}

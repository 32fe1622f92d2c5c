//! What is laid beside each other of what was said: conversations of the set and of traffic, mixed as their weights say.

use super::Point;
use crate::content::grams;
use crate::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// Conversations of a side that are looked at: the lowest by a seeded key.
pub const MOST: usize = 4000;
/// Letters of a conversation that are looked at by its meaning.
const LONGEST: usize = 2_000;

/// A conversation with what it says.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its first point, and the text of that.
    pub id: String,
    pub text: String,
    /// All that it says.
    pub whole: String,
    /// Words and pairs of words, by number.
    pub grams: Vec<u32>,
    pub of_traffic: bool,
    /// From the conversation alone: the same on both sides.
    key: u64,
}

impl Unit {
    /// A part of so many; a conversation that is on both sides is in the same part on both.
    pub fn fold(&self, folds: u64) -> u64 {
        self.key % folds
    }
}

/// Both sides, in an order that says nothing of the side.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    pub units: Vec<Unit>,
    /// Words and pairs of words by their number.
    pub names: Vec<String>,
    /// Conversations of the set and of traffic.
    pub set: usize,
    pub traffic: usize,
}

impl Spoken {
    pub fn of(set: &[Point], traffic: &[Point], seed: u64) -> Self {
        let mut names: BTreeMap<String, u32> = BTreeMap::new();
        let mut units = gathered(set, seed, false, &mut names);
        let of_set = units.len();
        units.extend(gathered(traffic, seed, true, &mut names));
        let of_traffic = units.len() - of_set;
        // Where texts are equally near, the first comes first: that must not be the set's.
        units.sort_by_cached_key(|unit| {
            number(seed, if unit.of_traffic { "traffic order" } else { "set order" }, &unit.id)
        });
        let mut by_number = vec![String::new(); names.len()];
        names.into_iter().for_each(|(name, number)| by_number[number as usize] = name);
        Spoken { units, names: by_number, set: of_set, traffic: of_traffic }
    }

    pub fn of_side(&self, of_traffic: bool) -> usize {
        if of_traffic { self.traffic } else { self.set }
    }

    /// Conversations without a word, of the set and of traffic: no word tells them from others.
    pub fn wordless(&self) -> (usize, usize) {
        let count = |of_traffic: bool| {
            self.units.iter().filter(|unit| unit.of_traffic == of_traffic && unit.grams.is_empty()).count()
        };
        (count(false), count(true))
    }

    /// Of each word or pair of words: the conversations that have it.
    pub fn having(&self) -> Vec<Vec<u32>> {
        let mut having = vec![Vec::new(); self.names.len()];
        for (at, unit) in self.units.iter().enumerate() {
            unit.grams.iter().for_each(|gram| having[*gram as usize].push(at as u32));
        }
        having
    }
}

fn number(seed: u64, what: &str, id: &str) -> u64 {
    let bytes = *Digest::of_bytes(format!("plimsoll.drift.v1\n{seed}\n{what}\n{id}").as_bytes()).as_bytes();
    u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
}

struct Conversation<'p> {
    first: &'p Point,
    weight: f64,
    grams: BTreeSet<String>,
    whole: String,
}

/// Conversations of a side. What stands for more requests is kept with a better chance, so that what is kept is mixed as its
/// weights say; what weighs nothing is not looked at.
fn gathered(points: &[Point], seed: u64, of_traffic: bool, names: &mut BTreeMap<String, u32>) -> Vec<Unit> {
    let side = if of_traffic { "traffic" } else { "set" };
    let mut conversations: BTreeMap<&str, Conversation> = BTreeMap::new();
    for point in points.iter().filter(|point| point.weight > 0.0) {
        let held = conversations.entry(&point.cluster).or_insert_with(|| Conversation {
            first: point,
            weight: 0.0,
            grams: BTreeSet::new(),
            whole: String::new(),
        });
        held.weight = held.weight.max(point.weight);
        held.grams.extend(grams(&point.text));
        if held.whole.len() < LONGEST {
            held.whole.push_str(if held.whole.is_empty() { "" } else { "\n" });
            held.whole.push_str(point.text.trim());
        }
    }
    let heaviest = conversations.values().map(|held| held.weight).fold(0.0, f64::max);
    let mut kept: Vec<(u64, &str, Conversation)> = Vec::new();
    for (cluster, held) in conversations {
        let chance = number(seed, &format!("{side} thin"), cluster) as f64 / u64::MAX as f64;
        if chance <= held.weight / heaviest {
            kept.push((number(seed, &format!("{side} keep"), cluster), cluster, held));
        }
    }
    kept.sort_by_key(|(rank, cluster, _)| (*rank, *cluster));
    kept.truncate(MOST);
    let unit = |(_, cluster, held): (u64, &str, Conversation)| {
        let mut position = |gram: String| {
            let next = names.len() as u32;
            *names.entry(gram).or_insert(next)
        };
        Unit {
            id: held.first.id.clone(),
            text: held.first.text.clone(),
            whole: held.whole.chars().take(LONGEST).collect(),
            grams: held.grams.into_iter().map(&mut position).collect(),
            of_traffic,
            key: number(seed, "fold", cluster),
        }
    };
    kept.into_iter().map(unit).collect()
}

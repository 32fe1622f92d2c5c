//! The draw itself: count what each rule sees, then take what came lowest.

use super::{Kind, LONGEST, Rule, unit};
use crate::content::{Fingerprint, Index, text_of};
use crate::digest::Digest;
use crate::share::Share;
use crate::traffic::Request;
use std::collections::{BTreeMap, BTreeSet};

/// How many requests each conversation has in one part of one rule, by what the conversation is drawn by.
#[derive(Clone, Debug, Default)]
struct Part {
    /// By hash of the conversation: rank (lowest is drawn first) and requests.
    units: BTreeMap<u64, (u64, u32)>,
}

/// First pass: what each rule sees of the window.
pub struct Census<'a> {
    rules: &'a [Rule],
    seed: u64,
    /// The examples that novelty is measured from.
    known: &'a Index,
    parts: Vec<BTreeMap<(String, String), Part>>,
    requests: u64,
}

impl<'a> Census<'a> {
    pub fn new(rules: &'a [Rule], seed: u64, known: &'a Index) -> Self {
        Census { rules, seed, known, parts: vec![BTreeMap::new(); rules.len()], requests: 0 }
    }

    pub fn see(&mut self, request: &Request) {
        self.requests += 1;
        let mut nearest = None;
        for (rule, parts) in self.rules.iter().zip(&mut self.parts).filter(|(rule, _)| rule.sees(request)) {
            let rank = match rule.kind {
                Kind::Newest => u64::MAX - instant(request.at.as_deref()),
                Kind::Novelty => {
                    let near = || self.known.nearest(&Fingerprint::of(&text_of(&request.input)));
                    (*nearest.get_or_insert_with(near) * 1e9) as u64
                }
                _ => key(self.seed, &rule.name, unit(request)),
            };
            let units = &mut parts.entry(rule.stratum(request)).or_default().units;
            let held = units.entry(key(0, "", unit(request))).or_insert((rank, 0));
            // A conversation is as new as its latest request, and as novel as its most novel one.
            *held = (held.0.min(rank), held.1 + 1);
        }
    }

    /// What is drawn, now that all was seen.
    pub fn close(self) -> Draw<'a> {
        let chosen = self.rules.iter().zip(&self.parts).map(|(rule, parts)| choose(rule, parts)).collect();
        Draw { census: self, chosen, drawn: BTreeMap::new(), unreached: 0 }
    }
}

/// Per part: what was chosen, of how many.
type Chosen = BTreeMap<(String, String), BTreeSet<u64>>;

fn choose(rule: &Rule, parts: &BTreeMap<(String, String), Part>) -> Chosen {
    let mut periods: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (name, part) in parts {
        periods.entry(&name.0).or_default().push((name, part));
    }
    let mut chosen = Chosen::new();
    for parts in periods.into_values() {
        let sizes: Vec<u64> = parts.iter().map(|(_, part)| part.units.len() as u64).collect();
        for ((name, part), take) in parts.into_iter().zip(shared_out(rule.take, &sizes)) {
            let mut ranked: Vec<(u64, u64)> = part.units.iter().map(|(unit, (rank, _))| (*rank, *unit)).collect();
            ranked.sort_unstable();
            chosen.insert(name.clone(), ranked.into_iter().take(take as usize).map(|(_, unit)| unit).collect());
        }
    }
    chosen
}

/// As many of each, so far as there are that many; what one lacks goes to the others.
fn shared_out(take: u64, sizes: &[u64]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| (sizes[*at], *at));
    let (mut given, mut left) = (vec![0; sizes.len()], take);
    for (done, at) in order.iter().enumerate() {
        let open = (sizes.len() - done) as u64;
        given[*at] = sizes[*at].min(left.div_ceil(open));
        left -= given[*at];
    }
    given
}

/// Second pass: the requests of what was chosen.
pub struct Draw<'a> {
    census: Census<'a>,
    chosen: Vec<Chosen>,
    /// By conversation and rule: requests by their key, lowest first.
    drawn: BTreeMap<(usize, u64), BTreeMap<u64, Request>>,
    unreached: u64,
}

/// A request that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    pub request: Request,
    /// The rules that drew it, in the contract's order.
    pub rules: Vec<String>,
    /// The chance that any rule that goes by chance would have drawn it. `None` where none of them did: what novelty or newness alone
    /// drew would be there whatever chance said. And `None` where none reaches it but by a signal of failure.
    pub probability: Option<Share>,
}

/// What came of a draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub drawn: Vec<Drawn>,
    /// Requests of the window.
    pub requests: u64,
    /// Of them, those that no rule reaches by chance: rates from the sample say nothing of them.
    pub unreached: u64,
    /// By rule: conversations that it saw, and that it drew; each once, however many weeks or values it lies in.
    pub rules: Vec<(String, u64, u64)>,
}

impl Draw<'_> {
    pub fn see(&mut self, request: &Request) {
        if self.probability(request).is_none() {
            self.unreached += 1;
        }
        let conversation = key(0, "", unit(request));
        for (at, rule) in self.census.rules.iter().enumerate().filter(|(_, rule)| rule.sees(request)) {
            let is_chosen =
                self.chosen[at].get(&rule.stratum(request)).is_some_and(|chosen| chosen.contains(&conversation));
            if is_chosen {
                let held = self.drawn.entry((at, conversation)).or_default();
                held.insert(key(self.census.seed, &rule.name, &format!("request {}", request.id)), request.clone());
                if held.len() > LONGEST {
                    held.pop_last();
                }
            }
        }
    }

    /// One less the chance that no rule draws it.
    fn probability(&self, request: &Request) -> Option<Share> {
        let (mut missed, mut reached) = (1.0, false);
        for (at, rule) in self.census.rules.iter().enumerate() {
            if !rule.kind.by_chance() || !rule.sees(request) {
                continue;
            }
            let stratum = rule.stratum(request);
            let (Some(part), Some(chosen)) = (self.census.parts[at].get(&stratum), self.chosen[at].get(&stratum))
            else {
                continue;
            };
            let of_conversation = part.units.get(&key(0, "", unit(request))).map_or(1, |(_, requests)| *requests);
            let within = (LONGEST as f64 / f64::from(of_conversation)).min(1.0);
            missed *= 1.0 - chosen.len() as f64 / part.units.len() as f64 * within;
            // What was chosen because it failed stands for nothing but failures, unless others could have been chosen too.
            reached |= !matches!(rule.kind, Kind::Signal { .. }) && !chosen.is_empty();
        }
        Share::new(1.0 - missed).ok().filter(|chance| reached && chance.get() > 0.0)
    }

    pub fn close(self) -> Sample {
        let mut by_request: BTreeMap<&str, (&Request, Vec<&Rule>)> = BTreeMap::new();
        for ((rule, _), requests) in &self.drawn {
            for request in requests.values() {
                let rules = &mut by_request.entry(&request.id).or_insert((request, Vec::new())).1;
                rules.push(&self.census.rules[*rule]);
            }
        }
        let drawn = by_request.into_values().map(|(request, rules)| {
            let by_chance = rules.iter().any(|rule| rule.kind.by_chance());
            Drawn {
                request: request.clone(),
                probability: by_chance.then(|| self.probability(request)).flatten(),
                rules: rules.into_iter().map(|rule| rule.name.clone()).collect(),
            }
        });
        let count = |at: usize| {
            let seen: BTreeSet<u64> =
                self.census.parts[at].values().flat_map(|part| part.units.keys().copied()).collect();
            let drawn: BTreeSet<u64> = self.chosen[at].values().flatten().copied().collect();
            (self.census.rules[at].name.clone(), seen.len() as u64, drawn.len() as u64)
        };
        Sample {
            drawn: drawn.collect(),
            requests: self.census.requests,
            unreached: self.unreached,
            rules: (0..self.census.rules.len()).map(count).collect(),
        }
    }
}

fn key(seed: u64, rule: &str, id: &str) -> u64 {
    let bytes = *Digest::of_bytes(format!("plimsoll.sampling.v1\n{seed}\n{rule}\n{id}").as_bytes()).as_bytes();
    u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
}

/// Milliseconds; 0 where it is unknown, so that what has no time is never the newest.
fn instant(at: Option<&str>) -> u64 {
    at.and_then(|at| at.parse::<jiff::Timestamp>().ok()).map_or(0, |at| at.as_millisecond().max(0) as u64)
}

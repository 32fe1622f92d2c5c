//! Drifted: what a decision says of today's traffic, beside what it says of its reference set.
//!
//! It is told and routes nothing: an interval that clears its rule on the reference mix holds, and people decide what today's mix makes of it.

use super::{FollowUp, Kind, Moved, Under};
use crate::contract::Contract;
use crate::drift::{Mix, OfToday, Today};
use crate::finding::figures::percent;
use crate::finding::{Finding, release_owner};
use crate::routing::Outcome;
use crate::system::Arm;

/// The code of section 8 of the statistics design.
pub const DRIFTED: &str = "DRIFTED";

#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// On the reference mix.
    pub outcome: Outcome,
    pub today: Today,
    /// Of each attribute that the contract cuts by: traffic, both mixes, and the decision under that of traffic.
    pub mixes: Vec<(OfToday, Mix, Under)>,
}

impl Drifted {
    /// Whether the verdict is another under today's mix of an attribute.
    pub fn changed(&self) -> bool {
        self.mixes.iter().any(|(_, _, under)| under.changed)
    }

    /// One sentence an attribute that drifted, or under whose mix the verdict is another.
    pub fn said(&self) -> Vec<String> {
        let told = self.mixes.iter().filter(|(_, mix, under)| mix.warns() || under.changed);
        told.map(|(of_today, mix, under)| self.sentence(of_today, mix, under)).collect()
    }

    /// What today's mix makes of a finding of the candidate that says something else under it.
    pub fn of(&self, finding: &Finding) -> Option<String> {
        let all = self.mixes.iter().flat_map(|(_, _, under)| under.moved.iter().map(move |moved| (under, moved)));
        let other = all.filter(|(_, moved)| {
            finding.arm == Arm::Candidate && moved.is_of(finding) && moved.state.0 != moved.state.1
        });
        let told: Vec<String> = other
            .map(|(under, moved)| format!("{} on traffic's mix of `{}`", moved.state.1.words(), under.attribute))
            .collect();
        (!told.is_empty())
            .then(|| format!("{DRIFTED}: {} on the reference mix, {}", finding.state.words(), told.join(", ")))
    }

    /// Sampling as traffic is now, where the verdict hangs on it.
    pub fn follow_ups(&self, contract: &Contract) -> Vec<FollowUp> {
        let changed = self.mixes.iter().filter(|(_, _, under)| under.changed);
        let one = |(_, mix, under): &(OfToday, Mix, Under)| FollowUp {
            kind: Kind::Collect,
            what: format!(
                "sample `{}` as traffic is mixed now, and decide again: `plimsoll drift` says what to sample",
                mix.attribute
            ),
            owner: release_owner(contract),
            because: format!("{DRIFTED}: {} on traffic's mix", words(under.outcome)),
        };
        changed.map(one).collect()
    }

    fn sentence(&self, of_today: &OfToday, mix: &Mix, under: &Under) -> String {
        let Today { first, last, requests, .. } = &self.today;
        let verdict = match under.changed {
            true => format!(
                "{DRIFTED}: {} on the reference mix, {} on traffic's mix of `{}`",
                words(self.outcome),
                words(under.outcome),
                mix.attribute
            ),
            false => format!("the mix of `{}` drifted, and the decision is the same under it", mix.attribute),
        };
        let since = of_today.since.as_ref().map_or_else(String::new, |since| {
            format!(", drifted since {}{since}", if since == first { "at least " } else { "" })
        });
        let figures = mix.drift.filter(|_| mix.warns()).map_or_else(String::new, |drift| {
            format!("; PSI {:.2}, chi-square {}", drift.psi, p_said(drift.pearson.p))
        });
        let most = most(mix).map_or_else(String::new, |most| format!("; {most}"));
        let moved = gravest(under).map_or_else(String::new, |moved| format!("; {moved}"));
        let stands = match under.changed {
            true => "; sample as traffic is mixed now; until then the decision on the reference mix stands",
            false => "",
        };
        format!("{verdict} ({first} to {last}, {requests} requests{since}{figures}){most}{moved}{stands}")
    }
}

/// The value whose share moved most.
fn most(mix: &Mix) -> Option<String> {
    let moved = mix.values.iter().max_by(|a, b| {
        let by = |value: &crate::drift::Value| (value.in_set - value.in_traffic).abs();
        by(a).total_cmp(&by(b)).then(b.name.cmp(&a.name))
    })?;
    let name = if moved.name.is_empty() { "no value" } else { &moved.name };
    Some(format!("{name} is {} of traffic and {} of the set", percent(moved.in_traffic), percent(moved.in_set)))
}

/// The finding of the candidate that is another, the one over everything first.
fn gravest(under: &Under) -> Option<String> {
    let other = |moved: &&Moved| moved.arm == Arm::Candidate && moved.state.0 != moved.state.1;
    let all = under.moved.iter().filter(other).min_by_key(|moved| (moved.segment != "all", moved.state.1))?;
    let Moved { gate, segment, state: (was, is), .. } = all;
    Some(format!("{gate} on {segment} {} becomes {}", was.words(), is.words()))
}

fn words(outcome: Outcome) -> String {
    outcome.as_str().replace('_', " ")
}

fn p_said(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

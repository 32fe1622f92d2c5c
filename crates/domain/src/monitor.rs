//! A monitor: a staged rollout followed by evidence that may be looked at any time.
//!
//! in      what production's conversations scored, candidate and production; a margin, an error rate, and how many conversations
//!         of production each one of the candidate is laid beside
//! out     go on, stop (harm shown) or enough (not worse by the margin); both log E, the way to them, when either was shown, and what
//!         would decide
//! errors  an outcome without arm or conversation, of several at once, or of a metric whose better way nobody knows: `Unfollowed`
//! source  Waudby-Smith & Ramdas 2024: bets fixed on a grid, averaged (`stats::sequential`); the project's statistics design, 3.14
//! note    harm needs no margin, as in a gate. Nothing is kept between looks: the same file gives the same answer, and a longer one
//!         goes on where the shorter one ended. What was shown once stays shown, whatever comes after: at no time of the whole way is E
//!         above the bar more often than the error rate says. Where both were shown, whichever came first, harm goes before: nothing
//!         that came later undoes it. What changes over time breaks what the numbers mean, and not the error rate

use crate::outcome::{Better, Outcome, moment};
use crate::share::Share;
use crate::system::Arm;
use jiff::Timestamp;
use stats::sequential::{Bets, Stake, p_anytime};
use std::collections::BTreeMap;

/// Bets on the grid.
const GRID: usize = 24;
/// Points of the way that are kept.
const POINTS: usize = 60;

/// What is tested.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub margin: Share,
    /// One-sided, for harm and for enough each.
    pub alpha: Share,
    /// Conversations of production laid beside each one of the candidate where the same ones were not answered by both.
    pub beside: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Continue,
    Stop,
    Enough,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Continue => "continue",
            Verdict::Stop => "stop",
            Verdict::Enough => "enough",
        }
    }
}

/// How far the evidence has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    pub verdict: Verdict,
    /// Differences that were looked at, one for each conversation of the candidate.
    pub differences: u64,
    /// Both systems answered the same conversations.
    pub paired: bool,
    pub conversations: [u64; 2],
    /// Conversations of the candidate that wait for others of production.
    pub waiting: u64,
    /// Candidate minus production, the better way up; `None` before the first difference.
    pub mean: Option<f64>,
    /// Against "worse by the margin or more", and against "not worse at all".
    pub enough: Evidence,
    pub harm: Evidence,
    /// What either must reach.
    pub bar: f64,
    /// After so many differences, both log E.
    pub way: Vec<(u64, f64, f64)>,
    /// How many more differences would decide if they came as these did; `None` where neither grows.
    pub more: Option<u64>,
}

/// What the bets against one claim have come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// log E after all that was looked at.
    pub log_e: f64,
    /// The highest that it was on the way.
    pub highest: f64,
    /// After how many differences it first reached the bar; `None` where it never did.
    pub shown_at: Option<u64>,
}

impl Evidence {
    /// A p value that holds whenever it is looked at, and that never rises again.
    pub fn p(&self) -> f64 {
        p_anytime(self.highest)
    }

    fn see(&mut self, stake: &Stake, bar: f64, seen: u64) {
        self.log_e = stake.log_e();
        self.highest = self.highest.max(self.log_e);
        self.shown_at = self.shown_at.or((self.log_e >= bar).then_some(seen));
    }
}

/// Why an outcome cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfollowed {
    #[error("it does not say who answered, or in which conversation")]
    Unplaced,
    #[error("it counts several conversations at once")]
    Together,
    #[error("`{0}` is a metric of your own, and nothing says which way is better")]
    Direction(String),
    #[error("`{0}` is no instant and no day")]
    Undated(String),
    #[error("a margin lies above 0 and below 1")]
    Margin,
}

/// What one arm scored in a conversation, and when it was first seen.
#[derive(Clone, Copy, Debug)]
struct Scored {
    since: Timestamp,
    sum: f64,
    count: f64,
}

impl Scored {
    fn mean(&self) -> f64 {
        self.sum / self.count
    }
}

/// What production did of one metric, taken in one outcome at a time and in any order. What is kept grows with the conversations,
/// and not with the outcomes.
#[derive(Clone, Debug, Default)]
pub struct Rollout {
    /// By name: candidate, production.
    conversations: BTreeMap<String, [Option<Scored>; 2]>,
}

impl Rollout {
    pub fn take(&mut self, outcome: &Outcome) -> Result<(), Unfollowed> {
        let place = match outcome.arm {
            Some(Arm::Candidate) => 0,
            Some(Arm::Production) => 1,
            Some(Arm::Fallback) => return Ok(()),
            None => return Err(Unfollowed::Unplaced),
        };
        let name = outcome.conversation.as_deref().ok_or(Unfollowed::Unplaced)?;
        if outcome.requests() != 1 {
            return Err(Unfollowed::Together);
        }
        let better = outcome.better().ok_or_else(|| Unfollowed::Direction(outcome.metric.clone()))?;
        let value = if better == Better::Higher { outcome.seen() } else { 1.0 - outcome.seen() };
        let since = moment(&outcome.at).ok_or_else(|| Unfollowed::Undated(outcome.at.clone()))?;
        if !self.conversations.contains_key(name) {
            self.conversations.insert(name.to_owned(), [None, None]);
        }
        if let Some(arms) = self.conversations.get_mut(name) {
            let scored = arms[place].get_or_insert(Scored { since, sum: 0.0, count: 0.0 });
            scored.sum += value;
            scored.count += 1.0;
            scored.since = scored.since.min(since);
        }
        Ok(())
    }

    /// Follows what was taken in. Each difference is looked at once.
    pub fn follow(&self, plan: &Plan) -> Result<Followed, Unfollowed> {
        let margin = Some(plan.margin.get()).filter(|margin| *margin > 0.0).ok_or(Unfollowed::Margin)?;
        let enough = Bets::against(margin, GRID).map_err(|_| Unfollowed::Margin)?;
        let harm = Bets::against(0.0, GRID).map_err(|_| Unfollowed::Margin)?;
        let (mut for_enough, mut for_harm) = (enough.stake(), harm.stake());
        let bar = -plan.alpha.get().ln();
        let nothing = Evidence { log_e: 0.0, highest: 0.0, shown_at: None };
        let (mut enough, mut harm) = (nothing, nothing);
        let paired = self.conversations.values().any(|arms| arms.iter().all(Option::is_some));
        let differences = if paired { self.matched() } else { self.dealt(plan.beside) };
        let step = differences.len().div_ceil(POINTS).max(1);
        let (mut way, mut sum) = (Vec::new(), 0.0);
        for (at, difference) in differences.iter().enumerate() {
            let seen = at as u64 + 1;
            for_enough.see((1.0 + difference) / 2.0);
            for_harm.see((1.0 - difference) / 2.0);
            enough.see(&for_enough, bar, seen);
            harm.see(&for_harm, bar, seen);
            sum += difference;
            if at % step == 0 || at + 1 == differences.len() {
                way.push((seen, enough.log_e, harm.log_e));
            }
        }
        let conversations = [self.of(0).count() as u64, self.of(1).count() as u64];
        let verdict = verdict(&enough, &harm);
        let seen = differences.len() as u64;
        let more = || [&for_enough, &for_harm].iter().filter_map(|stake| stake.more(seen, bar)).min();
        Ok(Followed {
            verdict,
            differences: seen,
            paired,
            conversations,
            waiting: conversations[0] - seen,
            mean: (!differences.is_empty()).then(|| sum / differences.len() as f64),
            enough,
            harm,
            bar,
            way,
            more: if verdict == Verdict::Continue { more() } else { Some(0) },
        })
    }

    /// Conversations of one arm, in the order of their names.
    fn of(&self, place: usize) -> impl Iterator<Item = Scored> {
        self.conversations.values().filter_map(move |arms| arms[place])
    }

    /// What conversations of one arm scored, in the order in which they were first seen; those of one instant by name.
    fn in_order(&self, place: usize) -> Vec<f64> {
        let mut order: Vec<Scored> = self.of(place).collect();
        order.sort_by_key(|scored| scored.since);
        order.iter().map(Scored::mean).collect()
    }

    /// Of conversations that both answered, in the order in which the candidate's were first seen.
    fn matched(&self) -> Vec<f64> {
        let both = |arms: &[Option<Scored>; 2]| {
            let [candidate, production] = [arms[0]?, arms[1]?];
            Some((candidate.since, candidate.mean() - production.mean()))
        };
        let mut order: Vec<(Timestamp, f64)> = self.conversations.values().filter_map(both).collect();
        order.sort_by_key(|(since, _)| *since);
        order.into_iter().map(|(_, difference)| difference).collect()
    }

    /// Each conversation of the candidate beside the mean of the next few of production: who stands beside whom is settled by the
    /// order in which they came, and never by what they scored.
    fn dealt(&self, beside: u32) -> Vec<f64> {
        let production = self.in_order(1);
        let mean = |block: &[f64]| block.iter().sum::<f64>() / block.len() as f64;
        let blocks = production.chunks_exact(beside.max(1) as usize);
        self.in_order(0).into_iter().zip(blocks).map(|(scored, block)| scored - mean(block)).collect()
    }
}

/// Harm goes before what was hoped for, whichever was shown first.
fn verdict(enough: &Evidence, harm: &Evidence) -> Verdict {
    match (harm.shown_at, enough.shown_at) {
        (Some(_), _) => Verdict::Stop,
        (None, Some(_)) => Verdict::Enough,
        (None, None) => Verdict::Continue,
    }
}

#[cfg(test)]
mod tests;

//! A monitor: a staged rollout followed by evidence that may be looked at any time.
//!
//! in      what production's conversations scored, candidate and production; a margin, an error rate, and how many conversations
//!         of production each one of the candidate is laid beside
//! out     go on, stop (harm shown) or enough (not worse by the margin); both log E, the way to them, and what would decide
//! errors  a conversation without arm or name, or with two arms' worth of doubt: `Unfollowed`
//! source  Waudby-Smith & Ramdas 2024: bets fixed on a grid, averaged (`stats::sequential`); the project's statistics design, 3.14
//! note    harm needs no margin, as in a gate. Nothing is kept between looks: the same file gives the same answer, and a longer one
//!         goes on where the shorter one ended. What changes over time breaks what the numbers mean, and not the error rate

use crate::outcome::{Better, Outcome};
use crate::share::Share;
use crate::system::Arm;
use stats::sequential::{Bets, p_anytime};
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
    /// log E against "worse by the margin or more", and against "not worse at all".
    pub enough: f64,
    pub harm: f64,
    /// What either must reach.
    pub bar: f64,
    /// After so many differences, both log E.
    pub way: Vec<(u64, f64, f64)>,
    /// How many more differences would decide if they came as these did; `None` where neither grows.
    pub more: Option<u64>,
}

impl Followed {
    /// p values that hold whenever they are looked at: enough, harm.
    pub fn p(&self) -> [f64; 2] {
        [p_anytime(self.enough), p_anytime(self.harm)]
    }
}

/// Why outcomes cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfollowed {
    #[error("outcome {0} does not say who answered, or in which conversation")]
    Unplaced(usize),
    #[error("outcome {0} counts several conversations at once")]
    Together(usize),
    #[error("`{0}` is a metric of your own, and nothing says which way is better")]
    Direction(String),
    #[error("a margin lies above 0 and below 1")]
    Margin,
}

/// What one arm scored in a conversation, and when it was first seen.
struct Scored {
    since: String,
    sum: f64,
    count: f64,
}

impl Scored {
    fn mean(&self) -> f64 {
        self.sum / self.count
    }
}

/// Follows outcomes of one metric, in any order.
pub fn follow(outcomes: &[&Outcome], plan: &Plan) -> Result<Followed, Unfollowed> {
    let enough =
        Bets::against(plan.margin.get(), GRID).ok().filter(|_| plan.margin.get() > 0.0).ok_or(Unfollowed::Margin)?;
    let harm = Bets::against(0.0, GRID).map_err(|_| Unfollowed::Margin)?;
    let arms = conversations(outcomes)?;
    let [candidate, production] = &arms;
    let paired = candidate.keys().any(|name| production.contains_key(name));
    let (differences, waiting) =
        if paired { matched(candidate, production) } else { dealt(candidate, production, plan.beside) };
    let values: Vec<f64> = differences.iter().map(|difference| (difference + 1.0) / 2.0).collect();
    let turned: Vec<f64> = values.iter().map(|value| 1.0 - value).collect();
    let at = |count: usize| (enough.log_e_of_values(&values[..count]), harm.log_e_of_values(&turned[..count]));
    let step = values.len().div_ceil(POINTS).max(1);
    let mut counts: Vec<usize> = (1..=values.len()).step_by(step).collect();
    counts.extend(Some(values.len()).filter(|last| counts.last().is_some_and(|at| at != last)));
    let way: Vec<(u64, f64, f64)> = counts.into_iter().map(|count| (count as u64, at(count).0, at(count).1)).collect();
    let (for_enough, for_harm) = at(values.len());
    let bar = -plan.alpha.get().ln();
    Ok(Followed {
        verdict: verdict(for_enough, for_harm, bar),
        differences: values.len() as u64,
        paired,
        conversations: [candidate.len() as u64, production.len() as u64],
        waiting,
        mean: (!differences.is_empty()).then(|| differences.iter().sum::<f64>() / differences.len() as f64),
        enough: for_enough,
        harm: for_harm,
        bar,
        way,
        more: more(for_enough.max(for_harm), bar, values.len()),
    })
}

/// Harm goes before what was hoped for.
fn verdict(enough: f64, harm: f64, bar: f64) -> Verdict {
    if harm >= bar {
        Verdict::Stop
    } else if enough >= bar {
        Verdict::Enough
    } else {
        Verdict::Continue
    }
}

fn more(grown: f64, bar: f64, differences: usize) -> Option<u64> {
    if grown >= bar {
        return Some(0);
    }
    (grown > 0.0).then(|| ((bar - grown) / (grown / differences as f64)).ceil() as u64)
}

/// What each arm scored by conversation: candidate, production.
fn conversations(outcomes: &[&Outcome]) -> Result<[BTreeMap<String, Scored>; 2], Unfollowed> {
    let mut arms = [BTreeMap::new(), BTreeMap::new()];
    for (at, outcome) in outcomes.iter().enumerate() {
        let place = match outcome.arm {
            Some(Arm::Candidate) => 0,
            Some(Arm::Production) => 1,
            Some(Arm::Fallback) => continue,
            None => return Err(Unfollowed::Unplaced(at + 1)),
        };
        let name = outcome.conversation.clone().ok_or(Unfollowed::Unplaced(at + 1))?;
        if outcome.requests() != 1 {
            return Err(Unfollowed::Together(at + 1));
        }
        let better = outcome.better().ok_or_else(|| Unfollowed::Direction(outcome.metric.clone()))?;
        let value = if better == Better::Higher { outcome.seen() } else { 1.0 - outcome.seen() };
        let scored =
            arms[place].entry(name).or_insert_with(|| Scored { since: outcome.at.clone(), sum: 0.0, count: 0.0 });
        scored.sum += value;
        scored.count += 1.0;
        if outcome.at < scored.since {
            scored.since.clone_from(&outcome.at);
        }
    }
    Ok(arms)
}

/// Conversations in the order in which they were first seen.
fn in_order(arm: &BTreeMap<String, Scored>) -> Vec<(&str, &Scored)> {
    let mut order: Vec<(&str, &Scored)> = arm.iter().map(|(name, scored)| (name.as_str(), scored)).collect();
    order.sort_by(|one, other| (&one.1.since, one.0).cmp(&(&other.1.since, other.0)));
    order
}

/// Of conversations that both answered.
fn matched(candidate: &BTreeMap<String, Scored>, production: &BTreeMap<String, Scored>) -> (Vec<f64>, u64) {
    let differences: Vec<f64> = in_order(candidate)
        .into_iter()
        .filter_map(|(name, scored)| Some(scored.mean() - production.get(name)?.mean()))
        .collect();
    let waiting = candidate.len() - differences.len();
    (differences, waiting as u64)
}

/// Each conversation of the candidate beside the mean of the next few of production: who stands beside whom is settled by the order
/// in which they came, and never by what they scored.
fn dealt(candidate: &BTreeMap<String, Scored>, production: &BTreeMap<String, Scored>, beside: u32) -> (Vec<f64>, u64) {
    let beside = beside.max(1) as usize;
    let production = in_order(production);
    let mean =
        |block: &[(&str, &Scored)]| block.iter().map(|(_, scored)| scored.mean()).sum::<f64>() / block.len() as f64;
    let differences: Vec<f64> = in_order(candidate)
        .into_iter()
        .zip(production.chunks_exact(beside))
        .map(|((_, scored), block)| scored.mean() - mean(block))
        .collect();
    let waiting = candidate.len() - differences.len();
    (differences, waiting as u64)
}

#[cfg(test)]
mod tests;

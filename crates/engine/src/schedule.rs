//! Decides what is asked next. A test can replay a day in a millisecond.
//!
//! in      the asks of each lane; the time since the start; what came of each attempt; a number that chance drew
//! out     the next ask, or until when to wait, or how it ended
//! errors  none
//! note    lanes keep step: none is far ahead of the slowest in the plan, so that the time of day favours no system. A system that
//!         cannot be reached, or turns every call away, says nothing about its answers: after three such answers and none that
//!         came, the whole stops and can go on later; so it does where a system asks to be left alone for longer than ten minutes.
//!         Under a budget a system is asked carefully at first: one call, and then as many more as it has answered, for nobody knows
//!         before what a call takes. Calls that earlier runs made count among them

use crate::budget::{Purse, Told, Took, Used};
use crate::pace::{Ended, MOST_LEFT_ALONE, Pace, Start};
use crate::provider::{Headroom, Trouble, TroubleKind};
use crate::retry::{self, Made};
use domain::system::{Budget, Limits};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

/// One ask: its lane, and its place in the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId {
    pub lane: usize,
    pub at: usize,
}

/// One system's part of the work.
#[derive(Clone, Debug)]
pub struct Lane {
    pub limits: Limits,
    /// Lanes that share an address and a key.
    pub shares: String,
    /// Where in the plan each ask stands, rising.
    pub positions: Vec<u64>,
    /// What an ask is thought to take, before any was made.
    pub thought: Used,
    /// What calls of earlier runs took.
    pub known: Took,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Ask(AskId),
    /// Nothing until this time, or until an attempt ends.
    Wait(Option<Duration>),
    Ended(Ending),
}

/// How it ended; every call in flight has come back.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    Done,
    BudgetSpent,
    /// A lane's replies do not say what the budget is kept by.
    Untold(usize, Told),
    Interrupted,
    /// A system that cannot be asked: its lane, and why.
    Stopped(usize, Trouble),
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    /// It is asked again later.
    Again,
    /// Attempts are used up: the fault is the answer.
    GaveUp,
    /// Attempts are used up, and whether that is the answer depends on what comes.
    Held,
}

pub struct Schedule {
    lanes: Vec<Running>,
    paces: Vec<Pace>,
    /// There is a budget.
    careful: bool,
    purse: Purse,
    again: BinaryHeap<Reverse<(Duration, AskId)>>,
    made: BTreeMap<AskId, Made>,
    started: BTreeMap<AskId, Started>,
    in_flight: usize,
    /// Nothing new starts; calls in flight are waited for.
    ending: Option<Ending>,
}

/// A call in flight, as it was when it started.
#[derive(Clone, Copy, Default)]
struct Started {
    at: Duration,
    /// What it was thought to take.
    thought: Used,
    start: Start,
}

struct Running {
    lane: Lane,
    pace: usize,
    next: usize,
    in_flight: u32,
    /// Used up for want of a connection, and no answer since.
    held: Vec<AskId>,
    /// Why the last of these could not be had.
    why: Option<Trouble>,
    /// What calls took, of this run and of earlier ones.
    took: Took,
    /// Calls of this run that were answered.
    calls: u64,
}

/// Answers in a row that could not be had, from which on a system counts as out of reach.
const OUT_OF_REACH: usize = 3;

impl Running {
    fn thought(&self) -> Used {
        self.took.each().unwrap_or(self.lane.thought)
    }

    fn position(&self) -> Option<u64> {
        self.lane.positions.get(self.next).copied()
    }

    /// How far it may be ahead of the slowest.
    fn lead(&self) -> u64 {
        u64::from(self.lane.limits.at_once.max(16)) * 4
    }
}

impl Schedule {
    pub fn new(lanes: Vec<Lane>, budget: Budget, used: Used) -> Self {
        let mut shared: Vec<(String, Pace)> = Vec::new();
        let mut running = Vec::new();
        for lane in lanes {
            let limits = lane.limits;
            let pace = Pace::new(limits.at_once, limits.per_minute, limits.tokens_per_minute);
            let at = match shared.iter().position(|(shares, _)| *shares == lane.shares) {
                Some(at) => {
                    shared[at].1.join(&pace);
                    at
                }
                None => {
                    shared.push((lane.shares.clone(), pace));
                    shared.len() - 1
                }
            };
            let took = lane.known;
            running.push(Running {
                lane,
                pace: at,
                next: 0,
                in_flight: 0,
                held: Vec::new(),
                why: None,
                took,
                calls: 0,
            });
        }
        Schedule {
            lanes: running,
            paces: shared.into_iter().map(|(_, pace)| pace).collect(),
            careful: budget != Budget::default(),
            purse: Purse::new(budget, used),
            again: BinaryHeap::new(),
            made: BTreeMap::new(),
            started: BTreeMap::new(),
            in_flight: 0,
            ending: None,
        }
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub fn used(&self) -> Used {
        self.purse.used()
    }

    /// The lane whose system asks to be left alone for longest, and until when.
    pub fn left_alone(&self, now: Duration) -> Option<(usize, Duration)> {
        let until = |(at, running): (usize, &Running)| Some((at, self.paces[running.pace].left_alone(now)?));
        self.lanes.iter().enumerate().filter_map(until).max_by_key(|(_, until)| *until)
    }

    /// Nothing new starts from now on.
    pub fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }

    /// What is done next. Whoever gets an ask makes the attempt.
    pub fn next(&mut self, now: Duration) -> Next {
        if let Some(ending) = &self.ending {
            return if self.in_flight == 0 { Next::Ended(ending.clone()) } else { Next::Wait(None) };
        }
        let mut later: Option<Duration> = None;
        let mut look_again = |at: Duration| {
            if at != Duration::MAX {
                later = Some(later.map_or(at, |later| later.min(at)));
            }
        };
        let mut chosen = None;
        match self.again.peek() {
            Some(Reverse((due, ask))) if *due <= now => match self.waits(ask.lane, now) {
                None => chosen = Some(*ask),
                Some(at) => look_again(at),
            },
            Some(Reverse((due, _))) => look_again(*due),
            None => {}
        }
        let is_again = chosen.is_some();
        if chosen.is_none() {
            let slowest = self.lanes.iter().filter_map(Running::position).min();
            let ahead = |running: &Running, position: u64| position > slowest.unwrap_or(0) + running.lead();
            let mut first = u64::MAX;
            for (lane, running) in self.lanes.iter().enumerate() {
                let Some(position) = running.position() else { continue };
                if ahead(running, position) || position >= first {
                    continue;
                }
                match self.waits(lane, now) {
                    None => (chosen, first) = (Some(AskId { lane, at: running.next }), position),
                    Some(at) => look_again(at),
                }
            }
        }
        let Some(ask) = chosen else {
            let nothing_left = self.again.is_empty() && self.lanes.iter().all(|lane| lane.position().is_none());
            if nothing_left && self.in_flight == 0 {
                self.ending = Some(self.out_of_reach().unwrap_or(Ending::Done));
                return self.next(now);
            }
            return Next::Wait(later);
        };
        let thought = self.lanes[ask.lane].thought();
        if !self.purse.may_start(thought) {
            if self.in_flight > 0 {
                // It may come to less than it was thought to, and then there is room.
                return Next::Wait(None);
            }
            self.end(Ending::BudgetSpent);
            return self.next(now);
        }
        self.purse.starts(thought);
        let running = &mut self.lanes[ask.lane];
        if is_again {
            self.again.pop();
        } else {
            running.next += 1;
        }
        running.in_flight += 1;
        self.in_flight += 1;
        let start = self.paces[running.pace].starts(now, thought.tokens);
        self.started.insert(ask, Started { at: now, thought, start });
        Next::Ask(ask)
    }

    fn waits(&self, lane: usize, now: Duration) -> Option<Duration> {
        let running = &self.lanes[lane];
        let unsure = self.careful && u64::from(running.in_flight) > running.took.calls;
        if running.in_flight >= running.lane.limits.at_once || unsure {
            return Some(Duration::MAX);
        }
        self.paces[running.pace].waits(now)
    }

    /// A lane that has nothing but answers that could not be had.
    fn out_of_reach(&self) -> Option<Ending> {
        let lane = self.lanes.iter().position(|running| !running.held.is_empty() && running.calls == 0)?;
        Some(Ending::Stopped(lane, self.lanes[lane].why.clone()?))
    }

    /// An attempt came back. What is an answer now stays in flight until it is `kept`, so that no more than what is in flight is ever
    /// asked for twice; answers that were held and now count are taken with `released`.
    pub fn attempted(
        &mut self,
        now: Duration,
        ask: AskId,
        trouble: Option<&Trouble>,
        headroom: &Headroom,
        took: Used,
        chance: f64,
    ) -> Outcome {
        let running = &mut self.lanes[ask.lane];
        // What it was thought to take when it started, whatever is thought by now.
        let unknown = Started { at: now, ..Started::default() };
        let Started { at: started, thought, start } = self.started.remove(&ask).unwrap_or(unknown);
        self.purse.ended(thought, took);
        let more = if trouble.is_some() { 0 } else { took.tokens as i64 - thought.tokens as i64 };
        self.paces[running.pace].ended(Ended { now, started, start, trouble, headroom, more_tokens: more });
        let Some(trouble) = trouble else {
            running.took.add(took);
            running.calls += 1;
            self.made.remove(&ask);
            return Outcome::Answered;
        };
        let outcome = self.failed(now, ask, trouble, chance);
        if outcome != Outcome::GaveUp {
            self.kept(ask.lane);
        }
        outcome
    }

    fn failed(&mut self, now: Duration, ask: AskId, trouble: &Trouble, chance: f64) -> Outcome {
        let running = &mut self.lanes[ask.lane];
        let made = self.made.entry(ask).or_default();
        made.count(trouble.kind);
        let wait = retry::wait(trouble, *made, running.lane.limits.attempts, chance);
        match (trouble.kind, wait) {
            (TroubleKind::Forbidden, _) => {
                self.end(Ending::Stopped(ask.lane, trouble.clone()));
                Outcome::Again
            }
            (TroubleKind::RateLimited | TroubleKind::Overloaded, _) if trouble.retry_after > Some(MOST_LEFT_ALONE) => {
                let minutes = trouble.retry_after.unwrap_or_default().as_secs().div_ceil(60);
                let message = format!("{}; it asks to be left alone for {minutes} minutes", trouble.message);
                self.end(Ending::Stopped(ask.lane, Trouble { message, ..trouble.clone() }));
                Outcome::Again
            }
            (_, Some(wait)) => {
                self.again.push(Reverse((now + wait, ask)));
                Outcome::Again
            }
            (TroubleKind::Connection | TroubleKind::RateLimited, None) => {
                running.held.push(ask);
                running.why = Some(trouble.clone());
                if running.held.len() >= OUT_OF_REACH {
                    self.end(Ending::Stopped(ask.lane, trouble.clone()));
                }
                Outcome::Held
            }
            _ => {
                self.made.remove(&ask);
                Outcome::GaveUp
            }
        }
    }

    /// The answers of a lane that were held and count as failures now, because it has answered since or all is asked.
    pub fn released(&mut self, lane: usize) -> Vec<AskId> {
        let released = std::mem::take(&mut self.lanes[lane].held);
        self.lanes[lane].in_flight += released.len() as u32;
        self.in_flight += released.len();
        released
    }

    /// An answer of a lane is durable.
    pub fn kept(&mut self, lane: usize) {
        let running = &mut self.lanes[lane];
        running.in_flight = running.in_flight.saturating_sub(1);
        self.in_flight = self.in_flight.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;

//! How fast the systems behind one address and key may be asked.
//!
//! in      the time since the start, and what came back
//! out     whether another call may start now, else when to look again
//! errors  none
//! source  additive increase, multiplicative decrease (Chiu and Jain 1989). A system that turns calls away and says when to come back:
//!         nothing starts before. Then the number in flight shrinks to nine tenths of the most beside which a call was answered, if one was
//!         turned away beside more; where all was turned away, by three tenths; and not at all where calls are turned away whatever their
//!         number. One that does not say when: the number shrinks to those that it has not turned away, at once. Either way it grows as fast as replies come
//!         up to what it is known to stand; beyond that more are tried by a tenth for each reply, and more slowly after each try in vain. Where
//!         nothing is left in flight of what was turned away without a time, waits double. Minutes are kept by spacing (generic cell rate, one cell deep), so that
//!         no minute holds more than it may

use crate::provider::{Headroom, Trouble, TroubleKind};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Pace {
    most: f64,
    /// Calls in flight that the system stands now.
    stands: f64,
    /// So many it is known to stand.
    known: f64,
    /// How many times slower than usual more than that are tried.
    patience: f64,
    /// Since when more are in flight than it is known to stand.
    trying: Option<Duration>,
    in_flight: u32,
    /// Nothing starts before.
    not_before: Duration,
    round: Round,
    tick: u64,
    cut: Option<Cut>,
    /// Cuts in a row without a round trip in between in which nothing was turned away.
    cuts: u32,
    /// Waits in a row after which nothing but a refusal came.
    in_vain: u32,
    requests: Option<Spacing>,
    tokens: Option<Spacing>,
}

/// How a call started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Counts starts and ends.
    tick: u64,
    /// How many were in flight then, itself among them.
    beside: u32,
}

/// What came back of the calls that started since the last wait that a system asked for: beside how many the one started that was answered
/// beside most, and so of those that were turned away; 0 where there is none. What was turned away itself is not counted among them.
#[derive(Clone, Debug, Default)]
struct Round {
    since: u64,
    stood: u32,
    turned_away: u32,
    /// Ticks of start and end of what was turned away; after the first of them nothing starts.
    refusals: Vec<(u64, u64)>,
}

impl Round {
    fn beside(&self, start: Start) -> u32 {
        let then = |&&(from, to): &&(u64, u64)| from < start.tick && start.tick < to;
        start.beside.saturating_sub(self.refusals.iter().filter(then).count() as u32)
    }
}

/// A time at which the system turned calls away without saying until when: from the first of them until a call that started since
/// has its reply.
#[derive(Clone, Copy, Debug)]
struct Cut {
    at: Duration,
    last: Duration,
    /// Calls in flight that were thought to be stood before.
    from: f64,
    turned_away: u32,
    over: bool,
}

/// How a call ended.
pub struct Ended<'a> {
    pub now: Duration,
    pub started: Duration,
    pub start: Start,
    pub trouble: Option<&'a Trouble>,
    pub headroom: &'a Headroom,
    /// How many more tokens it took than was thought when it started.
    pub more_tokens: i64,
}

/// Keeps an amount a minute by the time from which the next may start.
#[derive(Clone, Copy, Debug)]
struct Spacing {
    each: f64,
    from: f64,
}

impl Spacing {
    fn a_minute(amount: f64) -> Self {
        Spacing { each: 60.0 / amount, from: 0.0 }
    }

    fn take(&mut self, now: Duration, amount: f64) {
        self.from = self.from.max(now.as_secs_f64()) + self.each * amount;
    }

    fn next(&self) -> Duration {
        Duration::try_from_secs_f64(self.from.max(0.0)).unwrap_or(Duration::MAX)
    }
}

impl Pace {
    pub fn new(at_once: u32, per_minute: Option<u32>, tokens_per_minute: Option<u64>) -> Self {
        Pace {
            most: f64::from(at_once.max(1)),
            stands: f64::from(at_once.max(1)),
            known: f64::from(at_once.max(1)),
            patience: 1.0,
            trying: None,
            in_flight: 0,
            not_before: Duration::ZERO,
            round: Round::default(),
            tick: 0,
            cut: None,
            cuts: 0,
            in_vain: 0,
            requests: per_minute.map(|count| Spacing::a_minute(f64::from(count.max(1)))),
            tokens: tokens_per_minute.map(|count| Spacing::a_minute(count.max(1) as f64)),
        }
    }

    /// Another system behind the same address and key: their calls in flight add up, the lower limits of a minute hold.
    pub fn join(&mut self, other: &Pace) {
        self.most += other.most;
        (self.stands, self.known) = (self.most, self.most);
        let lower = |one: Option<Spacing>, two: Option<Spacing>| match (one, two) {
            (Some(one), Some(two)) => Some(if one.each >= two.each { one } else { two }),
            (one, two) => one.or(two),
        };
        self.requests = lower(self.requests, other.requests);
        self.tokens = lower(self.tokens, other.tokens);
    }

    /// `None`: a call may start. Else when to look again; `Duration::MAX` where a reply has to come first.
    pub fn waits(&self, now: Duration) -> Option<Duration> {
        if self.in_flight >= self.stands as u32 {
            return Some(Duration::MAX);
        }
        let mut from = self.not_before;
        for spacing in [self.requests, self.tokens].into_iter().flatten() {
            from = from.max(spacing.next());
        }
        (from > now).then_some(from)
    }

    /// Until when nothing starts, where that is later than now.
    pub fn left_alone(&self, now: Duration) -> Option<Duration> {
        (self.not_before > now).then_some(self.not_before)
    }

    pub fn starts(&mut self, now: Duration, tokens: u64) -> Start {
        self.settle(now);
        self.tick += 1;
        self.in_flight += 1;
        if let Some(requests) = &mut self.requests {
            requests.take(now, 1.0);
        }
        if let Some(spacing) = &mut self.tokens {
            spacing.take(now, tokens as f64);
        }
        Start { tick: self.tick, beside: self.in_flight }
    }

    pub fn ended(&mut self, Ended { now, started, start, trouble, headroom, more_tokens }: Ended) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(spacing) = &mut self.tokens {
            spacing.from += spacing.each * more_tokens as f64;
        }
        self.tick += 1;
        let is_of_round = start.tick > self.round.since;
        match trouble {
            None => {
                if is_of_round {
                    self.round.stood = self.round.stood.max(self.round.beside(start));
                }
                self.replied(now, started);
            }
            Some(Trouble { kind: TroubleKind::RateLimited, retry_after: Some(_), .. }) => {
                if is_of_round {
                    self.round.turned_away = self.round.turned_away.max(self.round.beside(start));
                    self.round.refusals.push((start.tick, self.tick));
                }
            }
            Some(Trouble { kind: TroubleKind::RateLimited, .. }) => self.cut(now, started),
            Some(_) => {}
        }
        // Whoever asks to be left alone means everybody with this key, and not the one call.
        if let Some(Trouble { kind, retry_after: Some(asked), .. }) = trouble
            && matches!(kind, TroubleKind::RateLimited | TroubleKind::Overloaded)
        {
            self.not_before = self.not_before.max(now + (*asked).min(MOST_LEFT_ALONE));
        }
        for (left, whole) in [headroom.requests, headroom.tokens].into_iter().flatten() {
            if left == 0 {
                self.not_before = self.not_before.max(now + whole.min(LONGEST));
            }
        }
    }

    fn replied(&mut self, now: Duration, started: Duration) {
        self.in_vain = 0;
        let Some(cut) = &mut self.cut else {
            self.stands = match self.stands < self.known {
                true => (self.stands + 1.0).min(self.known),
                false => (self.stands + 0.1 / self.patience).min(self.most),
            };
            return;
        };
        // A call from before says nothing of what is stood since.
        if started < cut.at {
            return;
        }
        cut.over = true;
        if self.stands < self.known {
            self.stands = (self.stands + 1.0).min(self.known);
            return;
        }
        if started >= cut.last {
            self.cuts = 0;
        }
        match self.trying {
            Some(since) if started >= since => {
                self.known = self.stands;
                self.patience = (self.patience / 2.0).max(1.0);
                self.trying = None;
            }
            Some(_) => {}
            None => {
                let most = (self.known + (self.known / 10.0 / self.patience).max(1.0)).min(self.most);
                self.stands = (self.stands + 0.1 / self.patience).min(most);
                // Tenths do not add up to a whole.
                if self.stands > most - 1e-6 {
                    self.stands = most;
                    self.trying = (most > self.known).then_some(now);
                }
            }
        }
    }

    /// Once a wait that was asked for is over: what came back says whether fewer in flight would have been stood.
    fn settle(&mut self, now: Duration) {
        let Round { stood, turned_away, .. } = self.round;
        if turned_away == 0 || now < self.not_before {
            return;
        }
        self.round = Round { since: self.tick, ..Round::default() };
        if turned_away > stood {
            self.patience = (self.patience * 2.0).min(8.0);
            self.stands = match stood {
                0 => self.stands * 0.7,
                stood => self.stands.min(0.9 * f64::from(stood)),
            }
            .max(1.0);
            if stood > 0 {
                self.known = self.stands;
            }
        }
    }

    /// What is in flight still is what it stands. What it is known to stand shrinks where it turned most calls away, or goes on turning
    /// some away before so many are in flight again.
    fn cut(&mut self, now: Duration, started: Duration) {
        if self.cut.is_none_or(|cut| cut.over && started >= cut.at) {
            if self.stands >= self.known + 1.0 {
                self.patience = (self.patience * 2.0).min(8.0);
            } else if self.cuts >= 3 {
                self.known = self.known.min((self.known - 1.0).max(self.stands));
            }
            self.cuts += 1;
            self.cut = Some(Cut { at: now, last: now, from: self.stands, turned_away: 0, over: false });
        }
        self.trying = None;
        self.stands = self.stands.min(f64::from(self.in_flight)).max(1.0);
        if let Some(cut) = &mut self.cut {
            cut.turned_away += 1;
            cut.last = now;
            if cut.turned_away >= 3 && f64::from(cut.turned_away) > cut.from / 2.0 {
                self.known = self.known.min(self.stands);
            }
        }
        if self.in_flight == 0 {
            let wait = FIRST.saturating_mul(1 << self.in_vain.min(10)).min(LONGEST_WAIT);
            self.not_before = self.not_before.max(now + wait);
            self.in_vain += 1;
        }
    }
}

/// The first wait of a system that turns everything away and does not say until when, and the longest.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// No header about what is left makes a run wait longer at a time.
const LONGEST: Duration = Duration::from_secs(120);
/// Nobody waits longer for a system that asks to be left alone (`Retry-After`): the run stops then, and can go on later.
pub const MOST_LEFT_ALONE: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn limited(retry_after: Option<f64>) -> Trouble {
        let retry_after = retry_after.map(Duration::from_secs_f64);
        Trouble { kind: TroubleKind::RateLimited, message: String::new(), retry_after }
    }

    /// Ends a call that started at a time.
    fn end(pace: &mut Pace, (started, now): (f64, f64), trouble: Option<&Trouble>, more_tokens: i64) {
        let (headroom, start) = (&Headroom::default(), Start::default());
        pace.ended(Ended { now: at(now), started: at(started), start, trouble, headroom, more_tokens });
    }

    #[test]
    fn no_more_are_in_flight_than_it_stands() {
        let mut pace = Pace::new(2, None, None);
        pace.starts(at(0.0), 1);
        assert_eq!(pace.waits(at(0.0)), None);
        pace.starts(at(0.0), 1);
        assert_eq!(pace.waits(at(0.0)), Some(Duration::MAX));
        end(&mut pace, (0.0, 1.0), None, 0);
        assert_eq!(pace.waits(at(1.0)), None);
    }

    /// Starts a number of calls and ends them as told, the first as the first of the list: answered, or turned away for half a second.
    fn wave(pace: &mut Pace, now: f64, answered: &[bool]) {
        let told = limited(Some(0.5));
        let starts: Vec<Start> = answered.iter().map(|_| pace.starts(at(now), 1)).collect();
        for (start, answered) in starts.into_iter().zip(answered) {
            let (started, headroom) = (at(now), &Headroom::default());
            let trouble = Some(&told).filter(|_| !answered);
            pace.ended(Ended { now: at(now + 0.1), started, start, trouble, headroom, more_tokens: 0 });
        }
    }

    #[test]
    fn a_system_that_says_when_gets_nine_tenths_of_what_it_answered_and_more_only_slowly() {
        let mut pace = Pace::new(20, None, None);
        wave(&mut pace, 0.0, &[[true; 10], [false; 10]].concat());
        assert_eq!(pace.stands, 20.0, "the wait is not over");
        wave(&mut pace, 1.0, &[true; 9]);
        assert!((pace.stands - 9.45).abs() < 1e-9, "{}", pace.stands);
        for (second, stands) in [(2.0, 9.45), (3.0, 9.45), (4.0, 0.7 * 9.45)] {
            wave(&mut pace, second, &[false; 6]);
            assert!(
                (pace.stands - stands).abs() < 1e-9,
                "{second}: {}, since more were stood in the round before",
                pace.stands
            );
        }
        wave(&mut pace, 5.0, &[true]);
        assert!((pace.stands - 0.49 * 9.45 - 1.0).abs() < 1e-9, "what it is known to stand comes back quickly");
        for second in 6..100 {
            wave(&mut pace, f64::from(second), &[false]);
        }
        assert_eq!(pace.stands, 1.0, "one call always goes");
    }

    #[test]
    fn what_is_turned_away_beside_no_more_than_was_answered_shrinks_nothing() {
        let mut pace = Pace::new(10, None, None);
        wave(&mut pace, 0.0, &[true, false, true, true, false, true, true, true, false, true]);
        wave(&mut pace, 1.0, &[true]);
        assert_eq!(pace.stands, 10.0);
    }

    #[test]
    fn a_system_that_does_not_say_when_gets_what_it_has_not_turned_away_and_more_only_slowly() {
        let mut pace = Pace::new(40, None, None);
        for _ in 0..40 {
            pace.starts(at(0.0), 1);
        }
        for _ in 0..30 {
            end(&mut pace, (0.0, 0.001), Some(&limited(None)), 0);
        }
        assert_eq!((pace.stands, pace.known), (10.0, 10.0));
        assert_eq!(pace.waits(at(0.001)), Some(Duration::MAX), "the others have not come back");
        for _ in 0..10 {
            end(&mut pace, (0.0, 0.2), None, 0);
        }
        assert_eq!(pace.stands, 10.0, "they started before");
        for _ in 0..11 {
            end(&mut pace, (0.2, 0.4), None, 0);
        }
        assert_eq!(pace.stands as u32, 11, "one more is tried");
        for _ in 0..11 {
            pace.starts(at(0.4), 1);
        }
        end(&mut pace, (0.4, 0.401), Some(&limited(None)), 0);
        assert_eq!((pace.stands, pace.known, pace.patience), (10.0, 10.0, 2.0), "in vain: the next takes longer");
    }

    #[test]
    fn a_system_that_turns_everything_away_is_asked_one_call_after_waits_that_double() {
        let mut pace = Pace::new(2, None, None);
        let mut now = 0.0;
        for wait in [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            assert_eq!(pace.waits(at(now)), None);
            pace.starts(at(now), 1);
            end(&mut pace, (now, now), Some(&limited(None)), 0);
            assert_eq!(pace.waits(at(now)), Some(at(now + wait)));
            now += wait;
        }
        pace.starts(at(now), 1);
        end(&mut pace, (now, now), None, 0);
        assert_eq!(pace.waits(at(now)), None, "a reply ends it");
    }

    #[test]
    fn no_minute_holds_more_requests_than_it_may() {
        let mut pace = Pace::new(1000, Some(30), None);
        let mut starts = Vec::new();
        let mut now = Duration::ZERO;
        while now < at(300.0) {
            match pace.waits(now) {
                None => {
                    pace.starts(now, 1);
                    starts.push(now);
                    end(&mut pace, (now.as_secs_f64(), now.as_secs_f64()), None, 0);
                }
                Some(later) => now = later,
            }
        }
        for (from, first) in starts.iter().enumerate() {
            let within = starts[from..].iter().take_while(|start| **start < *first + at(60.0) - at(1e-6)).count();
            assert!(within <= 30, "{within}");
        }
        assert!(starts.len() >= 149);
    }

    #[test]
    fn tokens_of_a_minute_are_kept_by_what_was_really_used() {
        let mut pace = Pace::new(1000, None, Some(6000));
        pace.starts(at(0.0), 100);
        end(&mut pace, (0.0, 0.1), None, 500);
        // 600 tokens at 100 a second.
        assert_eq!(pace.waits(at(1.0)), Some(at(6.0)));
    }

    #[test]
    fn a_system_that_says_nothing_is_left_is_left_alone() {
        let mut pace = Pace::new(10, None, None);
        pace.starts(at(0.0), 1);
        let headroom = Headroom { requests: Some((0, at(6.0))), tokens: None };
        let (now, started) = (at(1.0), at(0.0));
        pace.ended(Ended { now, started, start: Start::default(), trouble: None, headroom: &headroom, more_tokens: 0 });
        assert_eq!(pace.waits(at(2.0)), Some(at(7.0)));
    }

    #[test]
    fn a_system_that_says_when_to_come_back_is_left_alone_by_every_call_until_then() {
        let mut pace = Pace::new(10, None, None);
        for _ in 0..3 {
            pace.starts(at(0.0), 1);
        }
        end(&mut pace, (0.0, 1.0), Some(&limited(Some(30.0))), 0);
        end(&mut pace, (0.0, 2.0), Some(&limited(Some(5.0))), 0);
        end(&mut pace, (0.0, 3.0), None, 0);
        assert_eq!(
            pace.waits(at(3.0)),
            Some(at(31.0)),
            "neither a shorter wait nor a reply to what went before ends it"
        );
        assert_eq!((pace.left_alone(at(3.0)), pace.left_alone(at(31.0))), (Some(at(31.0)), None));
        assert_eq!(pace.waits(at(31.0)), None);
        let mut pace = Pace::new(10, None, None);
        pace.starts(at(0.0), 1);
        let overloaded = Trouble { kind: TroubleKind::Overloaded, ..limited(Some(7.0)) };
        end(&mut pace, (0.0, 1.0), Some(&overloaded), 0);
        assert_eq!(pace.waits(at(1.0)), Some(at(8.0)));
        pace.starts(at(8.0), 1);
        let broken = Trouble { kind: TroubleKind::Connection, ..limited(Some(7.0)) };
        end(&mut pace, (8.0, 9.0), Some(&broken), 0);
        assert_eq!(pace.waits(at(9.0)), None);
    }

    #[test]
    fn systems_behind_one_key_share_the_lower_minute() {
        let mut pace = Pace::new(4, Some(60), None);
        pace.join(&Pace::new(4, Some(30), None));
        pace.starts(at(0.0), 1);
        assert_eq!(pace.waits(at(0.0)), Some(at(2.0)));
    }
}

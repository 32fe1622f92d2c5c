//! How fast the systems behind one address and key may be asked.
//!
//! in      the time since the start, and what came back
//! out     whether another call may start now, else when to look again
//! errors  none
//! source  the number in flight grows by a tenth for each reply and shrinks by three tenths when the system turns calls away, at most
//!         once in a second (additive increase, multiplicative decrease: Chiu and Jain 1989); minutes are kept by spacing
//!         (generic cell rate, one cell deep), so that no minute holds more than it may

use crate::provider::{Headroom, Trouble, TroubleKind};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Pace {
    most: f64,
    /// Calls in flight that the system stands now.
    stands: f64,
    in_flight: u32,
    /// Nothing starts before.
    not_before: Duration,
    shrunk: Option<Duration>,
    requests: Option<Spacing>,
    tokens: Option<Spacing>,
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
            in_flight: 0,
            not_before: Duration::ZERO,
            shrunk: None,
            requests: per_minute.map(|count| Spacing::a_minute(f64::from(count.max(1)))),
            tokens: tokens_per_minute.map(|count| Spacing::a_minute(count.max(1) as f64)),
        }
    }

    /// Another system behind the same address and key: their calls in flight add up, the lower limits of a minute hold.
    pub fn join(&mut self, other: &Pace) {
        self.most += other.most;
        self.stands = self.most;
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

    pub fn starts(&mut self, now: Duration, tokens: u64) {
        self.in_flight += 1;
        if let Some(requests) = &mut self.requests {
            requests.take(now, 1.0);
        }
        if let Some(spacing) = &mut self.tokens {
            spacing.take(now, tokens as f64);
        }
    }

    /// A call ended: what came of it, and how many more tokens it took than was thought when it started.
    pub fn ended(&mut self, now: Duration, trouble: Option<&Trouble>, headroom: &Headroom, more_tokens: i64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(spacing) = &mut self.tokens {
            spacing.from += spacing.each * more_tokens as f64;
        }
        match trouble.map(|trouble| trouble.kind) {
            None => self.stands = (self.stands + 0.1).min(self.most),
            Some(TroubleKind::RateLimited) => self.shrink(now),
            Some(_) => {}
        }
        for (left, whole) in [headroom.requests, headroom.tokens].into_iter().flatten() {
            if left == 0 {
                self.not_before = self.not_before.max(now + whole.min(LONGEST));
            }
        }
    }

    fn shrink(&mut self, now: Duration) {
        if self.shrunk.is_none_or(|last| now >= last + Duration::from_secs(1)) {
            self.stands = (self.stands * 0.7).max(1.0);
            self.shrunk = Some(now);
        }
    }
}

/// No header makes a run wait longer at a time.
const LONGEST: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn limited() -> Trouble {
        Trouble { kind: TroubleKind::RateLimited, message: String::new(), retry_after: None }
    }

    #[test]
    fn no_more_are_in_flight_than_it_stands() {
        let mut pace = Pace::new(2, None, None);
        pace.starts(at(0.0), 1);
        assert_eq!(pace.waits(at(0.0)), None);
        pace.starts(at(0.0), 1);
        assert_eq!(pace.waits(at(0.0)), Some(Duration::MAX));
        pace.ended(at(1.0), None, &Headroom::default(), 0);
        assert_eq!(pace.waits(at(1.0)), None);
    }

    #[test]
    fn rate_limits_shrink_what_is_in_flight_once_a_second_and_replies_let_it_grow() {
        let mut pace = Pace::new(10, None, None);
        for _ in 0..10 {
            pace.starts(at(0.0), 1);
        }
        for _ in 0..5 {
            pace.ended(at(0.5), Some(&limited()), &Headroom::default(), 0);
        }
        assert_eq!(pace.stands, 7.0);
        pace.ended(at(1.6), Some(&limited()), &Headroom::default(), 0);
        assert!((pace.stands - 4.9).abs() < 1e-9);
        for _ in 0..1000 {
            pace.ended(at(2.0), None, &Headroom::default(), 0);
        }
        assert_eq!(pace.stands, 10.0);
        for second in 3..100 {
            pace.ended(at(f64::from(second) * 2.0), Some(&limited()), &Headroom::default(), 0);
        }
        assert_eq!(pace.stands, 1.0, "one call always goes");
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
                    pace.ended(now, None, &Headroom::default(), 0);
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
        pace.ended(at(0.1), None, &Headroom::default(), 500);
        // 600 tokens at 100 a second.
        assert_eq!(pace.waits(at(1.0)), Some(at(6.0)));
    }

    #[test]
    fn a_system_that_says_nothing_is_left_is_left_alone() {
        let mut pace = Pace::new(10, None, None);
        pace.starts(at(0.0), 1);
        let headroom = Headroom { requests: Some((0, at(6.0))), tokens: None };
        pace.ended(at(1.0), None, &headroom, 0);
        assert_eq!(pace.waits(at(2.0)), Some(at(7.0)));
    }

    #[test]
    fn systems_behind_one_key_share_the_lower_minute() {
        let mut pace = Pace::new(4, Some(60), None);
        pace.join(&Pace::new(4, Some(30), None));
        pace.starts(at(0.0), 1);
        assert_eq!(pace.waits(at(0.0)), Some(at(2.0)));
    }
}

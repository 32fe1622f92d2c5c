//! When a failed attempt is made again.
//!
//! in      what went wrong, how many attempts were made, a number in [0, 1) that chance drew
//! out     how long to wait; `None`: no further attempt
//! errors  none
//! source  exponential growth with jitter over the upper half; what the system asks for (`Retry-After`) is the least that is waited
//! note    a call that was turned away without that is ready again at once: how many may go, and when, is the pace's to say

use crate::provider::{Trouble, TroubleKind};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// Until a call that was turned away may go again where the pace allows it.
const BREATH: Duration = Duration::from_millis(100);
/// Attempts that a system turned away to protect itself count apart: so many times what the contract allows of others.
const TURNED_AWAY: u32 = 10;

/// Attempts at one answer so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// That reached the system and failed.
    pub failed: u32,
    /// That it turned away: rate limits.
    pub turned_away: u32,
}

impl Made {
    pub fn count(&mut self, kind: TroubleKind) {
        match kind {
            TroubleKind::RateLimited => self.turned_away += 1,
            _ => self.failed += 1,
        }
    }
}

/// How long to wait before the next attempt, after `made` (the last one included) of at most `most`.
pub fn wait(trouble: &Trouble, made: Made, most: u32, chance: f64) -> Option<Duration> {
    if !trouble.kind.is_transient() || made.failed >= most || made.turned_away >= most * TURNED_AWAY {
        return None;
    }
    let grown = match trouble.kind {
        TroubleKind::RateLimited => BREATH,
        _ => FIRST.saturating_mul(1 << made.failed.saturating_sub(1).min(10)).min(LONGEST),
    };
    let jittered = grown.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    Some(match trouble.retry_after {
        // A little apart, so that not everybody is back at once.
        Some(asked) => asked + Duration::from_millis(250).mul_f64(chance.clamp(0.0, 1.0)),
        None => jittered,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(kind: TroubleKind, retry_after: Option<Duration>) -> Trouble {
        Trouble { kind, message: String::new(), retry_after }
    }

    #[test]
    fn waits_grow_and_end() {
        let failed = |failed| Made { failed, turned_away: 0 };
        let of = |made| wait(&trouble(TroubleKind::Overloaded, None), made, 4, 1.0);
        let waits: Vec<_> = (1..=4).map(|made| of(failed(made))).collect();
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(waits, [ms(500), ms(1000), ms(2000), None]);
    }

    #[test]
    fn what_the_system_asks_for_is_the_least() {
        let asked = Duration::from_secs(7);
        for chance in [0.0, 0.5, 0.999] {
            let made = Made { failed: 0, turned_away: 1 };
            let waited = wait(&trouble(TroubleKind::RateLimited, Some(asked)), made, 3, chance);
            assert!(waited.is_some_and(|waited| waited >= asked), "{waited:?}");
        }
    }

    #[test]
    fn what_would_be_refused_again_is_not_asked_again() {
        for kind in [TroubleKind::Refused, TroubleKind::Forbidden] {
            assert_eq!(wait(&trouble(kind, None), Made { failed: 1, turned_away: 0 }, 9, 0.5), None);
        }
    }

    #[test]
    fn rate_limits_do_not_use_up_the_attempts() {
        let made = Made { failed: 1, turned_away: 15 };
        assert!(wait(&trouble(TroubleKind::RateLimited, None), made, 2, 0.5).is_some());
        let made = Made { failed: 1, turned_away: 20 };
        assert_eq!(wait(&trouble(TroubleKind::RateLimited, None), made, 2, 0.5), None);
    }
}

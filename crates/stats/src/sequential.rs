//! Evidence that may be looked at any time: e-processes and confidence sequences.
//!
//! in      counts or values in [0, 1] of exchangeable clusters, in no order unless said; a margin; one-sided levels
//! out     log E against "worse by the margin or more"; p values valid at any time; an interval valid at every time
//! errors  `NoData` where there is nothing; `OutOfDomain` for margins outside (0, 1)
//! source  Waudby-Smith & Ramdas 2024 (bets fixed on a grid, averaged; and hedged predictable bets); Robbins 1970 and Howard et al. 2021
//!         (beta-binomial mixture)
//! not for drift over time, which breaks what the numbers mean

use crate::special::bisect;
use crate::{Interval, Undefined};
use libm::{exp, lgamma, log, log1p, sqrt};

/// The smallest and the largest bet, as parts of the largest possible.
const BETS: (f64, f64) = (0.005, 0.95);

/// Constant bets against "the mean is at most (1 - margin)/2" of x = (difference + 1)/2.
#[derive(Clone, Debug, PartialEq)]
pub struct Bets {
    bets: Vec<f64>,
    mean: f64,
}

impl Bets {
    /// `grid` bets, at most a million, evenly spaced by ratio.
    pub fn against(margin: f64, grid: usize) -> Result<Self, Undefined> {
        let mean = 0.5 * (1.0 - margin);
        if grid == 0 || grid > 1_000_000 || mean <= 0.0 || mean >= 1.0 {
            return Err(Undefined::OutOfDomain);
        }
        let ratio = log(BETS.1 / BETS.0) / (grid.max(2) - 1) as f64;
        let bets = (0..grid).map(|at| BETS.0 * exp(ratio * at as f64) / mean).collect();
        Ok(Bets { bets, mean })
    }

    /// log E from counts of clusters: they merge by addition.
    pub fn log_e_of_counts(&self, improved: u64, unchanged: u64, regressed: u64) -> f64 {
        let wealth = |bet: f64| {
            improved as f64 * log1p(bet * (1.0 - self.mean))
                + unchanged as f64 * log1p(bet * (0.5 - self.mean))
                + regressed as f64 * log1p(-bet * self.mean)
        };
        self.averaged(wealth)
    }

    /// log E from values x in [0, 1], one for each cluster; per bet the sum merges.
    pub fn log_e_of_values(&self, values: &[f64]) -> f64 {
        let mut stake = self.stake();
        values.iter().for_each(|x| stake.see(*x));
        stake.log_e()
    }

    /// One unit on each bet, before anything was seen.
    pub fn stake(&self) -> Stake<'_> {
        Stake { bets: self, logs: vec![0.0; self.bets.len()] }
    }

    fn averaged(&self, wealth: impl Fn(f64) -> f64) -> f64 {
        averaged(&self.bets.iter().map(|&bet| wealth(bet)).collect::<Vec<f64>>())
    }
}

fn averaged(logs: &[f64]) -> f64 {
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    highest + log(logs.iter().map(|each| exp(each - highest)).sum::<f64>() / logs.len() as f64)
}

/// What the bets have come to, one value after another: each is looked at once, however often log E is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Stake<'b> {
    bets: &'b Bets,
    logs: Vec<f64>,
}

impl Stake<'_> {
    /// One more value in [0, 1].
    pub fn see(&mut self, x: f64) {
        for (log, bet) in self.logs.iter_mut().zip(&self.bets.bets) {
            *log += log1p(bet * (x - self.bets.mean));
        }
    }

    pub fn log_e(&self) -> f64 {
        averaged(&self.logs)
    }

    /// How many more values bring log E to `bar`, after `seen` of them, if they come as those did: each bet grows as it grew, and the best
    /// of them comes to carry the average. `None` where none grew.
    pub fn more(&self, seen: u64, bar: f64) -> Option<u64> {
        if self.log_e() >= bar {
            return Some(0);
        }
        let highest = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if seen == 0 || highest <= 0.0 || bar <= 0.0 {
            return None;
        }
        let seen = seen as f64;
        let reached = |more: u64| {
            let longer: Vec<f64> = self.logs.iter().map(|log| log * (1.0 + more as f64 / seen)).collect();
            averaged(&longer) >= bar
        };
        // The average is at least the highest over their number; it starts at 0 and is convex, so that it crosses the bar once.
        let most = (seen * (bar + log(self.logs.len() as f64)) / highest).ceil();
        let (mut below, mut above) = (0, most as u64);
        while above > below + 1 {
            let middle = below + (above - below) / 2;
            if reached(middle) { above = middle } else { below = middle }
        }
        Some(above)
    }
}

/// A p value that holds whenever it is looked at.
pub fn p_anytime(log_e: f64) -> f64 {
    exp(-log_e).min(1.0)
}

/// A confidence sequence for a rate: all rates that a Beta(a, b) mixture has not ruled out at this level, two-sided.
pub fn beta_binomial(passed: u64, failed: u64, level: f64, a: f64, b: f64) -> Result<Interval, Undefined> {
    if a <= 0.0 || b <= 0.0 || !(level > 0.0 && level < 1.0) {
        return Err(Undefined::OutOfDomain);
    }
    let (s, f) = (passed as f64, failed as f64);
    if s + f == 0.0 {
        return Ok(Interval { lower: 0.0, upper: 1.0 });
    }
    let log_beta = |a: f64, b: f64| lgamma(a) + lgamma(b) - lgamma(a + b);
    let mixture = log_beta(s + a, f + b) - log_beta(a, b) + log(level);
    let times = |count: f64, log_p: f64| if count == 0.0 { 0.0 } else { count * log_p };
    let kept = |p: f64| times(s, log(p)) + times(f, log1p(-p)) >= mixture;
    let seen = s / (s + f);
    let lower = if passed == 0 { 0.0 } else { bisect(0.0, seen, kept) };
    let upper = if failed == 0 { 1.0 } else { bisect(seen, 1.0, |p| !kept(p)) };
    Ok(Interval { lower, upper })
}

/// What hedged betting on a stream has come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Betting {
    /// The last bet on the positive side, before it is cut to what may be lost.
    pub last_bet: f64,
    /// What one unit, half on either side, has become: the better half.
    pub wealth: f64,
}

/// Bets by the predictable empirical-Bernstein plug-in against "the mean is `mean`"; values in [0, 1] in the order in which they came.
pub fn hedged_betting(values: &[f64], mean: f64, level: f64) -> Result<Betting, Undefined> {
    if values.is_empty() {
        return Err(Undefined::NoData);
    }
    if !(mean > 0.0 && mean < 1.0 && level > 0.0 && level < 1.0) {
        return Err(Undefined::OutOfDomain);
    }
    let scale = 2.0 * log(2.0 / level);
    let (mut sum, mut squares, mut variance) = (0.5, 0.25, 0.25);
    let (mut up, mut down, mut last_bet) = (0.0, 0.0, 0.0);
    for (at, &x) in values.iter().enumerate() {
        let t = (at + 1) as f64;
        let bet = sqrt(scale / (t * log1p(t) * variance));
        last_bet = bet;
        up += log1p(bet.min(0.5 / mean) * (x - mean));
        down += log1p(-bet.min(0.5 / (1.0 - mean)) * (x - mean));
        sum += x;
        let centre = sum / (t + 1.0);
        squares += (x - centre) * (x - centre);
        variance = squares / (t + 1.0);
    }
    Ok(Betting { last_bet, wealth: 0.5 * exp(f64::max(up, down)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Values that come again and again as they did reach the bar when it was said, and not one value earlier.
    #[test]
    fn what_is_still_missing_is_what_the_same_values_would_take() {
        let bets = Bets::against(0.05, 24).unwrap();
        let bar = -log(0.05);
        for round in [[0.5; 10], [0.5, 0.5, 1.0, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5], [1.0; 10]] {
            let mut stake = bets.stake();
            round.iter().for_each(|x| stake.see(*x));
            let rounds = (1 + stake.more(10, bar).unwrap()).div_ceil(10);
            let log_e = |rounds: u64| {
                let mut longer = bets.stake();
                (0..rounds).for_each(|_| round.iter().for_each(|x| longer.see(*x)));
                longer.log_e()
            };
            assert!(log_e(rounds + 1) >= bar && (rounds < 2 || log_e(rounds - 1) < bar), "{round:?} {rounds}");
        }
        // log E is below 0, and yet one bet grows: a straight line from it would say never.
        let mut stake = bets.stake();
        [0.5, 0.5, 1.0, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5].iter().for_each(|x| stake.see(*x));
        assert!(stake.log_e() < 0.0 && stake.more(10, bar).is_some(), "{}", stake.log_e());
        let mut worse = bets.stake();
        [0.0; 5].iter().for_each(|x| worse.see(*x));
        assert_eq!((worse.more(5, bar), bets.stake().more(0, bar)), (None, None));
    }

    #[test]
    fn counts_and_values_are_the_same_evidence() {
        let bets = Bets::against(0.03, 24).unwrap();
        let values: Vec<f64> = [1.0; 5].into_iter().chain([0.5; 40]).chain([0.0; 3]).collect();
        assert!((bets.log_e_of_counts(5, 40, 3) - bets.log_e_of_values(&values)).abs() < 1e-12);
        assert_eq!(bets.log_e_of_counts(0, 0, 0), 0.0);
        assert_eq!(Bets::against(1.0, 24), Err(Undefined::OutOfDomain));
        assert_eq!(Bets::against(0.03, 1_000_000_000_000_000), Err(Undefined::OutOfDomain));
    }

    #[test]
    fn a_stake_is_at_each_value_what_all_values_up_to_it_say() {
        let bets = Bets::against(0.03, 24).unwrap();
        let values = [1.0, 0.5, 0.25, 0.0, 0.5, 0.75, 1.0];
        let mut stake = bets.stake();
        for (at, x) in values.iter().enumerate() {
            stake.see(*x);
            assert_eq!(stake.log_e(), bets.log_e_of_values(&values[..=at]));
        }
        assert_eq!(bets.stake().log_e(), 0.0);
    }

    proptest! {
        #[test]
        fn a_sequence_holds_its_rate_and_is_mirrored(passed in 0u64..300, failed in 0u64..300) {
            let one = beta_binomial(passed, failed, 0.05, 0.5, 0.5).unwrap();
            let other = beta_binomial(failed, passed, 0.05, 0.5, 0.5).unwrap();
            prop_assert!((one.lower + other.upper - 1.0).abs() < 1e-9);
            let seen = passed as f64 / (passed + failed).max(1) as f64;
            prop_assert!(passed + failed == 0 || one.lower <= seen && seen <= one.upper);
        }
    }
}

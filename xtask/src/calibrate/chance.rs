//! Seeded chance: one stream for each block of repetitions, so that the figures do not depend on who works on which block.
//!
//! in      the run's seed, the name of the cell, the number of the block
//! out     draws; the same for the same three, on any number of threads
//! errors  none: parameters are those of the grids below

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution, StandardNormal};

pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn of(seed: u64, cell: &str, block: u64) -> Self {
        let parts = [seed, name_hash(cell), block, 0];
        let mut key = [0; 32];
        key.chunks_exact_mut(8).zip(parts).for_each(|(bytes, part)| bytes.copy_from_slice(&part.to_le_bytes()));
        Chance(ChaCha8Rng::from_seed(key))
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    pub fn is(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// From 0 to `below`, which is left out.
    pub fn at(&mut self, below: usize) -> usize {
        ((self.unit() * below as f64) as usize).min(below - 1)
    }

    /// A share with this mean, such that two trials at it are correlated by `rho`.
    pub fn share(&mut self, mean: f64, rho: f64) -> f64 {
        let spread = (1.0 - rho) / rho;
        self.beta(mean * spread, (1.0 - mean) * spread)
    }

    /// 0 or 1 where a parameter is 0, or so small that the distribution is as good as a coin.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        const A_COIN: f64 = 1e-6;
        if a.min(b) < A_COIN {
            return f64::from(u8::from(self.is(a / (a + b))));
        }
        // Both are above 0, which is all that it asks for.
        Beta::new(a, b).map_or(a / (a + b), |beta| beta.sample(&mut self.0))
    }

    /// Failures before the first success.
    pub fn geometric(&mut self, probability: f64) -> u32 {
        (libm::log1p(-self.unit()) / libm::log1p(-probability)) as u32
    }

    /// exp of a normal deviate times `sd`.
    pub fn log_normal(&mut self, sd: f64) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.0);
        libm::exp(sd * normal)
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.at(last + 1));
        }
    }
}

/// FNV-1a.
fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_that_they_are_named_for() {
        const DRAWS: u32 = 200_000;
        let mut chance = Chance::of(1, "moments", 0);
        let mut mean = |draw: &mut dyn FnMut(&mut Chance) -> f64| {
            (0..DRAWS).map(|_| draw(&mut chance)).sum::<f64>() / f64::from(DRAWS)
        };
        for (p, rho) in [(0.5, 0.3), (0.95, 0.1), (0.999, 0.3), (0.999, 0.6), (0.04, 0.6)] {
            let share = mean(&mut |chance| chance.share(p, rho));
            assert!((share - p).abs() < 0.004, "{p} {rho}: {share}");
            let (mut first, mut both) = (0.0, 0.0);
            let pairs = mean(&mut |chance| {
                let share = chance.share(p, rho);
                let (a, b) = (chance.is(share), chance.is(share));
                first += f64::from(u8::from(a));
                both += f64::from(u8::from(a && b));
                0.0
            });
            let (first, both) = (first / f64::from(DRAWS), both / f64::from(DRAWS) + pairs);
            let correlation = (both - first * first) / (first * (1.0 - first));
            assert!((correlation - rho).abs() < 0.06, "{p} {rho}: {correlation}");
        }
        assert!((mean(&mut |chance| f64::from(chance.geometric(0.125))) - 7.0).abs() < 0.1);
        assert!((mean(&mut |chance| chance.log_normal(0.5)) - libm::exp(0.125)).abs() < 0.01);
    }

    #[test]
    fn a_stream_is_named_by_seed_cell_and_block() {
        let first = |seed, cell, block| Chance::of(seed, cell, block).unit();
        assert_eq!(first(1, "C1 n=20", 3), first(1, "C1 n=20", 3));
        let others = [first(2, "C1 n=20", 3), first(1, "C1 n=50", 3), first(1, "C1 n=20", 4)];
        assert!(!others.contains(&first(1, "C1 n=20", 3)));
    }
}

//! The stream of chance of Python's `random.Random(seed)`, so that both make the same corpus.
//!
//! source  Matsumoto & Nishimura 1998, ACM TOMACS 8:3 (MT19937, seeded by an array of one word); fractions of 53 bits and
//!         numbers below a bound drawn by rejection, as CPython's `random` draws them

const WORDS: usize = 624;
const MIDDLE: usize = 397;

pub struct Twister {
    state: [u32; WORDS],
    at: usize,
}

impl Twister {
    pub fn seeded(seed: u32) -> Self {
        let mut state = [0u32; WORDS];
        state[0] = 19_650_218;
        for at in 1..WORDS {
            let last = state[at - 1];
            state[at] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(at as u32);
        }
        let mixed = |last: u32, factor: u32| (last ^ (last >> 30)).wrapping_mul(factor);
        let mut at = 1;
        for _ in 0..WORDS {
            state[at] = (state[at] ^ mixed(state[at - 1], 1_664_525)).wrapping_add(seed);
            at = following(at, &mut state);
        }
        for _ in 1..WORDS {
            state[at] = (state[at] ^ mixed(state[at - 1], 1_566_083_941)).wrapping_sub(at as u32);
            at = following(at, &mut state);
        }
        state[0] = 1 << 31;
        Twister { state, at: WORDS }
    }

    fn word(&mut self) -> u32 {
        if self.at == WORDS {
            self.turn();
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn turn(&mut self) {
        for at in 0..WORDS {
            let joined = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % WORDS] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[at] = self.state[(at + MIDDLE) % WORDS] ^ (joined >> 1) ^ odd;
        }
        self.at = 0;
    }

    /// A number in [0, 1).
    pub fn fraction(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// A whole number below a bound that is not 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        let bits = u32::BITS - bound.leading_zeros();
        loop {
            let drawn = self.word() >> (u32::BITS - bits);
            if drawn < bound {
                return drawn;
            }
        }
    }

    pub fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u32) as usize]
    }
}

/// The place after this one while the state is seeded; the first word takes over the last when the round is done.
fn following(at: usize, state: &mut [u32; WORDS]) -> usize {
    if at + 1 < WORDS {
        return at + 1;
    }
    state[0] = state[WORDS - 1];
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_python_draws() {
        // CPython 3.11: r = random.Random(20240611); r.random(), r.randrange(10**6), r.randrange(4), r.random()
        let mut chance = Twister::seeded(20_240_611);
        assert_eq!(chance.fraction(), 0.6078350083451932);
        assert_eq!((chance.below(1_000_000), chance.below(4)), (808_356, 2));
        assert_eq!(chance.fraction(), 0.2588489860950348);
    }
}

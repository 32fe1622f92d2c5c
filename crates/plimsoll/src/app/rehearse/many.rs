//! Many rehearsals at once: each with chance of its own, the same whatever the number of threads.

use super::Orders;
use crate::app::run::Progress;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::mpsc::channel;

/// Rehearsals after which a thread says how far it is.
const TOLD_AFTER: u64 = 8;
/// Rehearsals of one purpose that have streams of their own.
const STREAMS: u64 = 1 << 40;

/// Where the chance of one purpose comes from.
pub struct Chances {
    seed: u64,
    purpose: u64,
}

impl Chances {
    pub fn new(seed: u64, purpose: u64) -> Self {
        Chances { seed, purpose }
    }

    /// The words of one rehearsal.
    pub fn of(&self, rehearsal: u64) -> impl FnMut() -> u64 + use<> {
        let mut stream = ChaCha8Rng::seed_from_u64(self.seed);
        stream.set_stream(self.purpose * STREAMS + rehearsal);
        move || stream.next_u64()
    }
}

/// The sum over so many rehearsals. `merge` must not care in which order parts come.
pub fn summed<T: Default + Send>(
    orders: &Orders,
    count: u64,
    one: impl Fn(u64, &mut T) + Sync,
    merge: impl Fn(&mut T, T),
    progress: &mut dyn Progress,
) -> T {
    let threads = orders.threads.max(1) as u64;
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|thread| {
                let (tell, one) = (tell.clone(), &one);
                scope.spawn(move || {
                    let (mut part, mut done) = (T::default(), 0);
                    for at in (thread..count).step_by(threads as usize) {
                        one(at, &mut part);
                        done += 1;
                        if done % TOLD_AFTER == 0 {
                            // Nobody listens once the caller is gone.
                            let _ = tell.send(TOLD_AFTER);
                        }
                    }
                    part
                })
            })
            .collect();
        drop(tell);
        let mut done = 0;
        for more in told {
            done += more;
            progress.count(done, count);
        }
        let mut sum = T::default();
        for part in parts {
            match part.join() {
                Ok(part) => merge(&mut sum, part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        sum
    })
}

/// The results of so many, in their order.
pub fn each<T: Send>(
    orders: &Orders,
    count: usize,
    one: impl Fn(usize) -> T + Sync,
    progress: &mut dyn Progress,
) -> Vec<T> {
    let mut all = summed(
        orders,
        count as u64,
        |at, found: &mut Vec<(usize, T)>| found.push((at as usize, one(at as usize))),
        |all, part| all.extend(part),
        progress,
    );
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, found)| found).collect()
}

//! Many things of one kind, made on all cores.
//!
//! in      how many, and how the one at a position is made
//! out     all of them, in their order, whatever the number of cores
//! note    whoever waits is told by the caller's thread, which makes a part like any other

use std::thread::{available_parallelism, scope};

/// Cores beyond which nothing is gained.
const MOST_CORES: usize = 8;
/// How many one part makes between two words about it.
const TELL_AFTER: usize = 500;

pub fn made<T: Send>(count: usize, make: impl Fn(usize) -> T + Sync, mut tell: impl FnMut(u64)) -> Vec<T> {
    let cores = available_parallelism().map_or(1, usize::from).min(MOST_CORES);
    let each = count.div_ceil(cores).max(1);
    let make = &make;
    scope(|scope| {
        let part = |from: usize| (from..count.min(from + each)).map(make).collect::<Vec<T>>();
        let others: Vec<_> = (each..count).step_by(each).map(|from| scope.spawn(move || part(from))).collect();
        let parts = 1 + others.len();
        let mut all = Vec::with_capacity(count);
        for at in 0..each.min(count) {
            all.push(make(at));
            if (at + 1).is_multiple_of(TELL_AFTER) {
                tell(((at + 1) * parts).min(count) as u64);
            }
        }
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    })
}

/// Does one thing, and another meanwhile.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    scope(|scope| {
        let other = scope.spawn(other);
        (one(), other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_made_once_and_in_their_order() {
        for count in [0, 1, 2, 7, 8, 9, 5000] {
            let mut told = Vec::new();
            assert_eq!(made(count, |at| at, |done| told.push(done)), (0..count).collect::<Vec<_>>());
            assert!(told.is_sorted() && told.iter().all(|done| *done <= count as u64), "{told:?} of {count}");
        }
    }

    #[test]
    fn of_two_things_both_come_back() {
        let (mut here, there) = (0, 7);
        assert_eq!(both(|| here += 1, || there + 1), ((), 8));
        assert_eq!(here, 1);
        let lost = std::panic::catch_unwind(|| both(|| 1, || -> u8 { panic!("the other one") }));
        assert_eq!(lost.unwrap_err().downcast_ref(), Some(&"the other one"));
    }

    #[test]
    #[should_panic(expected = "the last one")]
    fn what_fails_on_another_core_is_not_lost() {
        made(9, |at| assert!(at < 8, "the last one"), |_| ());
    }
}

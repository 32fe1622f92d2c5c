//! One thing for each of several wants, where a thing may fit more than one of them.
//!
//! in      how many wants and things there are; whether a thing fits a want
//! out     the first want that goes without in any way of handing things out that serves all wants before it; nothing where all are served
//! source  augmenting paths (Berge 1957), the shortest first. In order, the first thing that fits leaves the most for the wants after it

use std::collections::VecDeque;

/// Whichever things are taken, in whatever order.
pub fn unmet(wants: usize, things: usize, fits: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let mut handed = Handed { thing_of: vec![None; wants], want_of: vec![None; things] };
    (0..wants).find(|want| !handed.serve(*want, &fits))
}

/// Things are taken in their order.
pub fn unmet_in_order(wants: usize, things: usize, fits: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let mut left = 0..things;
    (0..wants).find(|want| !left.any(|thing| fits(*want, thing)))
}

struct Handed {
    thing_of: Vec<Option<usize>>,
    want_of: Vec<Option<usize>>,
}

impl Handed {
    /// Serves one want more, if need be by giving others another thing than they had.
    fn serve(&mut self, want: usize, fits: &impl Fn(usize, usize) -> bool) -> bool {
        // For each thing that was reached, the want that would take it.
        let mut taker: Vec<Option<usize>> = vec![None; self.want_of.len()];
        let mut asking = VecDeque::from([want]);
        while let Some(want) = asking.pop_front() {
            for thing in 0..taker.len() {
                if taker[thing].is_some() || !fits(want, thing) {
                    continue;
                }
                taker[thing] = Some(want);
                match self.want_of[thing] {
                    Some(holder) => asking.push_back(holder),
                    None => {
                        self.hand(thing, &taker);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Hands out a free thing, and to whoever comes off worse by that the one that was reached before.
    fn hand(&mut self, free: usize, taker: &[Option<usize>]) {
        let mut next = Some(free);
        while let Some((thing, want)) = next.and_then(|thing| Some((thing, taker[thing]?))) {
            self.want_of[thing] = Some(want);
            next = self.thing_of[want].replace(thing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every way of handing things out, tried one by one.
    fn can_serve(fits: &[Vec<bool>], want: usize, taken: &mut Vec<bool>) -> bool {
        want == fits.len()
            || (0..taken.len()).any(|thing| {
                if taken[thing] || !fits[want][thing] {
                    return false;
                }
                taken[thing] = true;
                let served = can_serve(fits, want + 1, taken);
                taken[thing] = false;
                served
            })
    }

    proptest! {
        #[test]
        fn all_are_served_where_any_way_serves_them(fits in prop::collection::vec(prop::collection::vec(any::<bool>(), 5), 0..6)) {
            let unmet = unmet(fits.len(), 5, |want, thing| fits[want][thing]);
            let most = (0..=fits.len()).rev().find(|wants| can_serve(&fits[..*wants], 0, &mut vec![false; 5])).unwrap();
            prop_assert_eq!(unmet, (most < fits.len()).then_some(most));
        }
    }
}

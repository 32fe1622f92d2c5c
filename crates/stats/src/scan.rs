//! A scan statistic: where among many overlapping zones one of two samples is denser than chance would make it anywhere.
//!
//! in      zones, each a list of points, nearest first, and the sizes at which it is looked at; which points are cases; 64 fair bits a call
//! out     for each zone the sizes at which cases, and at which the others are densest: the log likelihood ratio, and its p value among
//!         the largest of any zone when the labels are dealt out anew
//! errors  `NoData` where a side is empty
//! source  Kulldorff 1997, Commun. Statist. 26:1481 (Bernoulli model, eq. 1); Monte Carlo p: Dwass 1957, (1 + as large) / (1 + dealt)
//! not for points that are not exchangeable: clustered ones are one point before

use crate::Undefined;
use libm::log;

/// Points that lie together, nearest first; each prefix of these sizes is looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zone {
    pub points: Vec<u32>,
    /// Ascending, none larger than there are points.
    pub sizes: Vec<usize>,
}

impl Zone {
    /// Looked at as a whole only.
    pub fn whole(points: Vec<u32>) -> Self {
        let sizes = vec![points.len()];
        Zone { points, sizes }
    }
}

/// Where a zone shows most of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// How many of its points, the nearest, hold the excess; 0 where there is none.
    pub size: usize,
    /// Those of them that are of the side.
    pub count: usize,
    /// Nats; 0 where the side is nowhere denser than outside.
    pub log_ratio: f64,
    /// How rarely any zone of dealt labels shows as much.
    pub p: f64,
}

/// Of each side, one density a zone, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    pub cases: Vec<Density>,
    pub others: Vec<Density>,
}

pub fn scan(zones: &[Zone], is_case: &[bool], dealt: u32, word: &mut dyn FnMut() -> u64) -> Result<Scan, Undefined> {
    let cases = is_case.iter().filter(|is_case| **is_case).count();
    if cases == 0 || cases == is_case.len() {
        return Err(Undefined::NoData);
    }
    let ratios = Ratios::of(is_case.len(), cases);
    let seen: Vec<[Density; 2]> = zones.iter().map(|zone| ratios.densest(zone, is_case)).collect();
    let (mut labels, mut largest) = (is_case.to_vec(), [Vec::new(), Vec::new()]);
    for _ in 0..dealt {
        shuffle(&mut labels, word);
        let mut most = [0.0f64; 2];
        for found in zones.iter().map(|zone| ratios.densest(zone, &labels)) {
            most = [most[0].max(found[0].log_ratio), most[1].max(found[1].log_ratio)];
        }
        largest.iter_mut().zip(most).for_each(|(largest, most)| largest.push(most));
    }
    largest.iter_mut().for_each(|largest| largest.sort_by(f64::total_cmp));
    let of = |side: usize| seen.iter().map(|found| with_p(found[side], &largest[side])).collect();
    Ok(Scan { cases: of(0), others: of(1) })
}

/// `largest` in ascending order. Ratios of the same counts are as large as each other, whatever was rounded.
fn with_p(density: Density, largest: &[f64]) -> Density {
    let as_large = largest.len() - largest.partition_point(|dealt| *dealt < density.log_ratio - 1e-9);
    Density { p: (1 + as_large) as f64 / (1 + largest.len()) as f64, ..density }
}

/// Every order equally likely (Fisher-Yates); the bias of the remainder is below 2^-32 for what fits in memory.
pub fn shuffle<T>(items: &mut [T], word: &mut dyn FnMut() -> u64) {
    for at in (1..items.len()).rev() {
        items.swap(at, (word() % (at as u64 + 1)) as usize);
    }
}

/// Logarithms of all counts that occur, so that dealing labels takes no logarithm.
struct Ratios {
    points: usize,
    cases: usize,
    /// n ln n.
    weighted: Vec<f64>,
    without: f64,
}

impl Ratios {
    fn of(points: usize, cases: usize) -> Self {
        let weighted: Vec<f64> = (0..=points).map(|n| if n == 0 { 0.0 } else { n as f64 * log(n as f64) }).collect();
        let without = weighted[cases] + weighted[points - cases] - weighted[points];
        Ratios { points, cases, weighted, without }
    }

    /// So many cases inside of a zone of this size, and the rest outside, against the same share everywhere: how far that is from even,
    /// with a sign, which is that of the excess inside.
    fn log_ratio(&self, size: usize, cases: usize) -> f64 {
        let (outside, others) = (self.points - size, self.cases - cases);
        if size == 0 || outside == 0 {
            return 0.0;
        }
        let part = |size: usize, cases: usize| self.weighted[cases] + self.weighted[size - cases] - self.weighted[size];
        let ratio = (part(size, cases) + part(outside, others) - self.without).max(0.0);
        if cases * outside >= others * size { ratio } else { -ratio }
    }

    /// Of the cases, and of the others.
    fn densest(&self, zone: &Zone, is_case: &[bool]) -> [Density; 2] {
        let none = Density { size: 0, count: 0, log_ratio: 0.0, p: 1.0 };
        let (mut from, mut cases, mut best) = (0, 0, [none; 2]);
        for &size in &zone.sizes {
            let more = zone.points.get(from..size).unwrap_or_default();
            cases += more.iter().filter(|point| is_case[**point as usize]).count();
            from = size;
            let ratio = self.log_ratio(size, cases);
            let sides = [(ratio, cases), (-ratio, size - cases)];
            for (best, (log_ratio, count)) in best.iter_mut().zip(sides) {
                if log_ratio > best.log_ratio {
                    *best = Density { size, count, log_ratio, p: 1.0 };
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words() -> impl FnMut() -> u64 {
        let mut state = 7u64;
        move || {
            // SplitMix64 (Steele et al. 2014).
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^ (word >> 31)
        }
    }

    #[test]
    fn the_ratio_is_that_of_the_likelihoods() {
        // 9 of 10 inside, 41 of 90 outside, 50 of 100 in all; by hand from Kulldorff's equation.
        let ratios = Ratios::of(100, 50);
        let by_hand = 9.0 * log(0.9) + log(0.1) + 41.0 * log(41.0 / 90.0) + 49.0 * log(49.0 / 90.0) - 100.0 * log(0.5);
        assert!((ratios.log_ratio(10, 9) - by_hand).abs() < 1e-9, "{by_hand}");
        assert!((ratios.log_ratio(10, 1) + by_hand).abs() < 1e-9);
        assert_eq!((ratios.log_ratio(10, 5).abs() < 1e-9, ratios.log_ratio(100, 50)), (true, 0.0));
    }

    #[test]
    fn a_dense_zone_is_found_at_its_size_and_others_are_not() {
        let is_case: Vec<bool> = (0..200).map(|at| at < 20 || at % 2 == 0).collect();
        let zone = |at: u32| Zone { points: (at * 20..at * 20 + 20).collect(), sizes: vec![5, 10, 20] };
        let zones: Vec<Zone> = (0..10).map(zone).collect();
        let found = scan(&zones, &is_case, 199, &mut words()).unwrap();
        assert_eq!((found.cases[0].size, found.cases[0].count), (20, 20));
        assert!(found.cases[0].p <= 0.01, "{:?}", found.cases[0]);
        assert!(found.cases[1..].iter().chain(&found.others).all(|density| density.p > 0.2), "{found:?}");
        let mirrored: Vec<bool> = is_case.iter().map(|is_case| !is_case).collect();
        assert!(scan(&zones, &mirrored, 199, &mut words()).unwrap().others[0].p <= 0.01);
        assert_eq!(scan(&zones, &[true; 200], 9, &mut words()), Err(Undefined::NoData));
    }

    #[test]
    fn where_nothing_is_denser_the_p_value_is_as_rare_as_it_says() {
        let mut word = words();
        let zone = |at: u32| Zone { points: (at..at + 12).collect(), sizes: vec![4, 8, 12] };
        let zones: Vec<Zone> = (0..30).map(zone).collect();
        let mut labels: Vec<bool> = (0..60).map(|at| at % 2 == 0).collect();
        let below = (0..400).filter(|_| {
            shuffle(&mut labels, &mut word);
            let found = scan(&zones, &labels, 39, &mut word).unwrap();
            found.cases.iter().map(|density| density.p).fold(1.0, f64::min) <= 0.05
        });
        // 400 at 5 %: 20 expected, above 34 with a chance of 0.1 %.
        let below = below.count();
        assert!((5..=34).contains(&below), "{below}");
    }

    proptest! {
        #[test]
        fn more_cases_inside_never_look_less_dense(size in 1usize..40, cases in 0usize..40) {
            let (ratios, cases) = (Ratios::of(100, 50), cases.min(size - 1));
            prop_assert!(ratios.log_ratio(size, cases + 1) >= ratios.log_ratio(size, cases));
        }
    }
}

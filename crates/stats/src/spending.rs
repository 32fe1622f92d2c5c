//! Looks that are planned: how much of the level each spends, and the critical values that follow.
//!
//! in      how many evenly spaced looks, a one-sided level, how it is spent
//! out     the level spent up to each look, and per look the critical value of the standard normal statistic
//! errors  `OutOfDomain` for no looks, more than a thousand, or a level outside (0, 1)
//! source  Lan & DeMets 1983; Armitage, McPherson & Rowe 1969 for the recursion, by Simpson's rule
//! not for looks that nobody planned: they halve the level each time, or use `sequential`

use crate::Undefined;
use crate::special::{bisect, normal_quantile, normal_sf};
use libm::{exp, log, sqrt};
use std::f64::consts::{E, TAU};

/// How the level is spent over the share of information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// Little at first: 2 - 2 Phi(z / sqrt t).
    OBrienFleming,
    /// Nearly evenly: level ln(1 + (e - 1) t).
    Pocock,
}

impl Spending {
    /// The level spent up to a share `t` in (0, 1] of the information.
    pub fn spent(self, level: f64, t: f64) -> f64 {
        match self {
            Spending::OBrienFleming => 2.0 * normal_sf(-normal_quantile(0.5 * level) / sqrt(t)),
            Spending::Pocock => level * log(1.0 + (E - 1.0) * t),
        }
    }
}

/// One planned look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub spent: f64,
    pub critical: f64,
}

pub fn planned_looks(looks: u32, level: f64, spending: Spending) -> Result<Vec<Look>, Undefined> {
    if looks == 0 || looks > 1000 || !(level > 0.0 && level < 1.0) {
        return Err(Undefined::OutOfDomain);
    }
    let mut out = Vec::new();
    let (mut spent_before, mut path) = (0.0, None::<Path>);
    let step = 1.0 / f64::from(looks);
    for look in 1..=looks {
        let t = f64::from(look) * step;
        let spent = spending.spent(level, t);
        let now = spent - spent_before;
        let critical = match &path {
            None => -normal_quantile(now.max(f64::MIN_POSITIVE)),
            Some(path) => bisect(-FAR, FAR, |z| path.crosses(z * sqrt(t), step) <= now),
        };
        path = Some(Path::up_to(critical * sqrt(t), t, step, path.as_ref()));
        out.push(Look { spent, critical });
        spent_before = spent;
    }
    Ok(out)
}

/// No critical value lies as far out: no double is left of the normal tail there.
const FAR: f64 = 38.0;
/// What starts below so many standard deviations never crosses. Above, the first of many looks spend so little that who crosses late has
/// been nearly as far out before.
const FAR_BELOW: f64 = 9.0;
const FAR_ABOVE: f64 = 20.0;
const STEPS: usize = 500;

/// Where Brownian motion is that has not crossed yet: points, and density times the weight of Simpson's rule.
struct Path(Vec<(f64, f64)>);

impl Path {
    fn up_to(end: f64, t: f64, step: f64, before: Option<&Path>) -> Path {
        let from = -FAR_BELOW * sqrt(t);
        let width = (end.min(FAR_ABOVE * sqrt(t)) - from) / STEPS as f64;
        let weight = |at: usize| if at == 0 || at == STEPS { 1.0 } else { (2 + 2 * (at % 2)) as f64 };
        let points = (0..=STEPS).map(|at| {
            let s = from + width * at as f64;
            (s, density(s, t, step, before) * weight(at) * width / 3.0)
        });
        Path(points.collect())
    }

    /// P(not crossed before, and beyond `end` one step later).
    fn crosses(&self, end: f64, step: f64) -> f64 {
        let scale = sqrt(step);
        self.0.iter().map(|(s, mass)| mass * normal_sf((end - s) / scale)).sum()
    }
}

fn density(s: f64, t: f64, step: f64, before: Option<&Path>) -> f64 {
    let normal = |x: f64, variance: f64| exp(-0.5 * x * x / variance) / sqrt(TAU * variance);
    match before {
        None => normal(s, t),
        Some(path) => path.0.iter().map(|(from, mass)| mass * normal(s - from, step)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_look_spends_all_and_two_are_stricter() {
        let one = planned_looks(1, 0.025, Spending::Pocock).unwrap();
        assert!((one[0].critical - 1.959_963_985).abs() < 1e-8);
        let two = planned_looks(2, 0.025, Spending::OBrienFleming).unwrap();
        assert!(two[0].critical > two[1].critical && two[1].critical > 1.96);
        assert_eq!(planned_looks(0, 0.025, Spending::Pocock), Err(Undefined::OutOfDomain));
        assert_eq!(planned_looks(1001, 0.025, Spending::Pocock), Err(Undefined::OutOfDomain));
    }

    /// Nobody who crosses so far out can have crossed before: the critical value is the normal one of what the look spends (mpmath 1.3;
    /// rpact 3.3.4 is off by 2e-4 and 3e-2 here). The later ones are by rpact.
    #[test]
    fn the_first_of_many_looks_ask_for_more_than_nine_standard_deviations() {
        for (level, wanted) in [
            (0.025, [15.805_489_048, 11.145_479_011, 9.075_310_792, 7.837_960_318, 6.991_443_818]),
            (0.005, [19.813_862_139, 13.985_943_910, 11.399_476_262, 9.854_970_723, 8.799_161_057]),
        ] {
            let looks = planned_looks(50, level, Spending::OBrienFleming).unwrap();
            for (look, want) in looks.iter().zip(wanted) {
                assert!((look.critical - want).abs() < 1e-5 * want, "{} {want}", look.critical);
            }
        }
    }
}

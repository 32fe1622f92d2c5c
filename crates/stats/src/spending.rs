//! Looks that are planned: how much of the level each spends, and the critical values that follow.
//!
//! in      how many evenly spaced looks, a one-sided level, how it is spent
//! out     the level spent up to each look, and per look the critical value of the standard normal statistic
//! errors  `OutOfDomain` for no looks, or a level outside (0, 1)
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
            Spending::OBrienFleming => 2.0 * normal_sf(normal_quantile(1.0 - 0.5 * level) / sqrt(t)),
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
    if looks == 0 || !(level > 0.0 && level < 1.0) {
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

/// Nothing happens so many standard deviations out.
const FAR: f64 = 9.0;
const STEPS: usize = 400;

/// Where Brownian motion is that has not crossed yet: points, and density times the weight of Simpson's rule.
struct Path(Vec<(f64, f64)>);

impl Path {
    fn up_to(end: f64, t: f64, step: f64, before: Option<&Path>) -> Path {
        let from = -FAR * sqrt(t);
        let width = (end.min(FAR * sqrt(t)) - from) / STEPS as f64;
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
    }
}

//! Conversations drawn at random, as the sums that `stats` weighs.
//!
//! in      how many clusters, what is true of their rows, how large and how correlated they are
//! out     one `stats::Cluster` for each: beta-binomial for a rate, Dirichlet-multinomial for pairs
//! note    a rare kind of conversation that never appears is in no draw either: no simulation covers it

use super::chance::Chance;
use stats::Cluster;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sizes {
    Fixed(u32),
    /// 1 + a geometric number with mean 7.
    Skewed,
    /// Each from 1 to so many, equally often.
    UpTo(u32),
}

/// How rows lie in clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    pub sizes: Sizes,
    /// Correlation of two rows of one cluster.
    pub rho: f64,
    /// Spread of the logarithm of a cluster's weight; 0 where all weigh the same.
    pub log_sd: f64,
}

impl Shape {
    pub const INDEPENDENT: Shape = Shape::of(Sizes::Fixed(1), 0.0);

    pub const fn of(sizes: Sizes, rho: f64) -> Self {
        Shape { sizes, rho, log_sd: 0.0 }
    }

    pub const fn weighted(self, log_sd: f64) -> Self {
        Shape { log_sd, ..self }
    }

    /// As a cell is named.
    pub fn words(&self) -> String {
        let sizes = match self.sizes {
            Sizes::Fixed(size) => size.to_string(),
            Sizes::Skewed => "skewed".to_owned(),
            Sizes::UpTo(most) => format!("1..{most}"),
        };
        let weights = if self.log_sd > 0.0 { format!(" log-sd={}", self.log_sd) } else { String::new() };
        format!("size={sizes} rho={}{weights}", self.rho)
    }

    fn size(&self, chance: &mut Chance) -> u32 {
        match self.sizes {
            Sizes::Fixed(size) => size,
            Sizes::Skewed => 1 + chance.geometric(0.125),
            Sizes::UpTo(most) => 1 + chance.at(most as usize) as u32,
        }
    }

    fn weight(&self, chance: &mut Chance) -> f64 {
        if self.log_sd > 0.0 { chance.log_normal(self.log_sd) } else { 1.0 }
    }
}

/// Rows that pass with probability `p`.
pub fn rates(chance: &mut Chance, clusters: u32, p: f64, shape: &Shape) -> Vec<Cluster> {
    (0..clusters)
        .map(|_| {
            let (size, weight) = (shape.size(chance), shape.weight(chance));
            let own = if shape.rho > 0.0 && size > 1 { chance.share(p, shape.rho) } else { p };
            rate(size, chance.successes(size, own), weight)
        })
        .collect()
}

/// One cluster of which so many rows passed.
pub fn rate(rows: u32, passed: u32, weight: f64) -> Cluster {
    Cluster {
        rows: u64::from(rows),
        weight: weight * f64::from(rows),
        weight_squared: weight * weight * f64::from(rows),
        value: weight * f64::from(passed),
        some_fail: passed < rows,
        some_pass: passed > 0,
        ..Cluster::default()
    }
}

/// What is true of pairs: the shares that the candidate gains and loses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discordance {
    pub gained: f64,
    pub lost: f64,
}

impl Discordance {
    /// Pairs of which this share differ, with this difference between the arms.
    pub fn around(discordant: f64, difference: f64) -> Self {
        let discordant = discordant.max(difference.abs());
        Discordance { gained: 0.5 * (discordant + difference), lost: 0.5 * (discordant - difference) }
    }

    pub fn difference(&self) -> f64 {
        self.gained - self.lost
    }
}

pub fn pairs(chance: &mut Chance, clusters: u32, truth: Discordance, shape: &Shape) -> Vec<Cluster> {
    (0..clusters)
        .map(|_| {
            let (size, weight) = (shape.size(chance), shape.weight(chance));
            let own = if shape.rho > 0.0 && size > 1 { of_cluster(chance, truth, shape.rho) } else { truth };
            let (mut gained, mut lost) = (0, 0);
            for _ in 0..size {
                let unit = chance.unit();
                gained += u32::from(unit < own.gained);
                lost += u32::from(unit >= own.gained && unit < own.gained + own.lost);
            }
            pair(size, gained, lost, weight)
        })
        .collect()
}

/// A cluster's own shares, Dirichlet around the truth: stick by stick.
fn of_cluster(chance: &mut Chance, truth: Discordance, rho: f64) -> Discordance {
    let spread = (1.0 - rho) / rho;
    let same = 1.0 - truth.gained - truth.lost;
    let gained = chance.beta(truth.gained * spread, (1.0 - truth.gained) * spread);
    let lost = (1.0 - gained) * chance.beta(truth.lost * spread, same * spread);
    Discordance { gained, lost }
}

pub fn pair(rows: u32, gained: u32, lost: u32, weight: f64) -> Cluster {
    let differs = gained + lost > 0;
    Cluster {
        rows: u64::from(rows),
        weight: weight * f64::from(rows),
        weight_squared: weight * weight * f64::from(rows),
        value: weight * (f64::from(gained) - f64::from(lost)),
        gain: weight * f64::from(gained),
        loss: weight * f64::from(lost),
        some_fail: differs,
        some_pass: differs,
        ..Cluster::default()
    }
}

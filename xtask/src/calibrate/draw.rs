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
    let drawn = (0..clusters).map(|_| passes(chance, p, shape));
    drawn
        .map(|(weight, rows)| rate(rows.len() as u32, rows.iter().filter(|passed| **passed).count() as u32, weight))
        .collect()
}

/// One cluster, row by row: what a row weighs, and whether each passes.
pub fn passes(chance: &mut Chance, p: f64, shape: &Shape) -> (f64, Vec<bool>) {
    let (size, weight) = (shape.size(chance), shape.weight(chance));
    let urn = Urn::of(shape.rho);
    let (mut rows, mut passed) = (Vec::with_capacity(size as usize), 0);
    for row in 0..size {
        let passes = chance.is(urn.share(p, passed, row));
        passed += u32::from(passes);
        rows.push(passes);
    }
    (weight, rows)
}

/// Polya's urn: a row is like one of those before it, or drawn afresh. Rows of one cluster are then beta-binomial, and
/// Dirichlet-multinomial where there are more than two kinds, without a beta distribution to draw from.
#[derive(Clone, Copy)]
struct Urn {
    /// How many rows before it a fresh one counts for; `None` where rows are independent.
    afresh: Option<f64>,
}

impl Urn {
    fn of(rho: f64) -> Self {
        Urn { afresh: (rho > 0.0).then(|| (1.0 - rho) / rho) }
    }

    /// The chance that the next row is of a kind, of which there are so many among those before.
    fn share(self, fresh: f64, alike: u32, before: u32) -> f64 {
        match self.afresh {
            Some(afresh) if before > 0 => (afresh * fresh + f64::from(alike)) / (afresh + f64::from(before)),
            _ => fresh,
        }
    }
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
    let drawn = (0..clusters).map(|_| differences(chance, truth, shape));
    let of = |rows: &[i8], which: i8| rows.iter().filter(|row| **row == which).count() as u32;
    drawn.map(|(weight, rows)| pair(rows.len() as u32, of(&rows, 1), of(&rows, -1), weight)).collect()
}

/// One cluster, pair by pair: what a pair weighs, and whether the candidate gains (1), loses (-1) or neither.
pub fn differences(chance: &mut Chance, truth: Discordance, shape: &Shape) -> (f64, Vec<i8>) {
    let (size, weight) = (shape.size(chance), shape.weight(chance));
    let urn = Urn::of(shape.rho);
    let (mut rows, mut gained, mut lost) = (Vec::with_capacity(size as usize), 0, 0);
    for row in 0..size {
        let unit = chance.unit();
        let gains = urn.share(truth.gained, gained, row);
        let row = if unit < gains {
            gained += 1;
            1
        } else if unit < gains + urn.share(truth.lost, lost, row) {
            lost += 1;
            -1
        } else {
            0
        };
        rows.push(row);
    }
    (weight, rows)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_cluster_have_the_share_and_the_correlation_that_they_are_named_for() {
        const CLUSTERS: u32 = 100_000;
        const SIZE: f64 = 5.0;
        let mut chance = Chance::of(1, "urn", 0);
        for (p, rho) in [(0.5, 0.0), (0.5, 0.3), (0.95, 0.1), (0.99, 0.6)] {
            let shape = Shape::of(Sizes::Fixed(SIZE as u32), rho);
            let drawn = rates(&mut chance, CLUSTERS, p, &shape);
            check(&drawn.iter().map(|cluster| cluster.value).collect::<Vec<_>>(), SIZE, p, rho);
        }
        let truth = Discordance { gained: 0.02, lost: 0.06 };
        let drawn = pairs(&mut chance, CLUSTERS, truth, &Shape::of(Sizes::Fixed(SIZE as u32), 0.3));
        check(&drawn.iter().map(|cluster| cluster.gain).collect::<Vec<_>>(), SIZE, truth.gained, 0.3);
        check(&drawn.iter().map(|cluster| cluster.loss).collect::<Vec<_>>(), SIZE, truth.lost, 0.3);
    }

    /// Counts of clusters of one size: the variance is that of independent rows times 1 + (size - 1) rho.
    fn check(counts: &[f64], size: f64, p: f64, rho: f64) {
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / n;
        assert!((mean / size - p).abs() < 0.004, "{p} {rho}: {mean}");
        let correlation = (variance / (size * p * (1.0 - p)) - 1.0) / (size - 1.0);
        assert!((correlation - rho).abs() < 0.06, "{p} {rho}: {correlation}");
    }
}

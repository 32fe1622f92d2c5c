//! Krippendorff's alpha: any number of raters, missing ratings, any level of measurement.
//!
//! in      ratings as in `agreement`, the level at which they are measured
//! out     1 - observed disagreement / disagreement by chance
//! errors  `NoData` where no item has two ratings; `NoVariation` where those that have are all the same
//! source  Krippendorff 2004, Content Analysis, ch. 11; values rank by those that occur, as in the package `krippendorff`

use super::{counts, items, values};
use crate::Undefined;

/// How far two ratings are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The same or not.
    Nominal,
    /// By how many ratings lie between.
    Ordinal,
    /// By their difference.
    Interval,
    /// By their difference as a part of their sum.
    Ratio,
}

pub fn krippendorff(ratings: &[Vec<Option<f64>>], level: Level) -> Result<f64, Undefined> {
    let pairable: Vec<Vec<f64>> = items(ratings).into_iter().filter(|item| item.len() >= 2).collect();
    let values = values(pairable.iter().flatten().copied());
    let mut coincidences = vec![vec![0.0; values.len()]; values.len()];
    for item in &pairable {
        let counts = counts(item, &values);
        for (a, row) in coincidences.iter_mut().enumerate() {
            for (b, cell) in row.iter_mut().enumerate() {
                let others = if a == b { counts[b] - 1.0 } else { counts[b] };
                *cell += counts[a] * others / (item.len() as f64 - 1.0);
            }
        }
    }
    let margins: Vec<f64> = coincidences.iter().map(|row| row.iter().sum()).collect();
    let total: f64 = margins.iter().sum();
    if total <= 0.0 {
        return Err(Undefined::NoData);
    }
    let (mut observed, mut by_chance) = (0.0, 0.0);
    for a in 0..values.len() {
        for b in 0..values.len() {
            let apart = apart(level, a, b, &values, &margins);
            observed += coincidences[a][b] * apart;
            by_chance += margins[a] * margins[b] * apart;
        }
    }
    if by_chance > 0.0 { Ok(1.0 - (total - 1.0) * observed / by_chance) } else { Err(Undefined::NoVariation) }
}

/// Squared distance of two values.
fn apart(level: Level, a: usize, b: usize, values: &[f64], margins: &[f64]) -> f64 {
    if a == b {
        return 0.0;
    }
    let (low, high) = (a.min(b), a.max(b));
    let distance = match level {
        Level::Nominal => 1.0,
        Level::Ordinal => margins[low..=high].iter().sum::<f64>() - 0.5 * (margins[low] + margins[high]),
        Level::Interval => values[high] - values[low],
        Level::Ratio => {
            let sum = values[high] + values[low];
            if sum == 0.0 { 0.0 } else { (values[high] - values[low]) / sum }
        }
    };
    distance * distance
}

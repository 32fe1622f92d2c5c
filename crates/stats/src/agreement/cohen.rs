//! Two raters on the same items: Cohen's kappa, and agreement on passes and on failures apart.
//!
//! in      two ratings for each item, whole numbers
//! out     kappa, weighted by distance of categories too; raw agreement; for ratings 0 and 1 the agreement on each
//! errors  `Mismatched` lengths; `NoData` without items; `NoVariation` in each figure that chance makes undefined
//! source  Cohen 1960, 1968; Fleiss, Cohen & Everitt 1969 for the standard error; Cicchetti & Feinstein 1990 for specific
//!         agreement; categories are those that occur, in rising order, and apart by their ranks

use crate::Undefined;
use libm::sqrt;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cohen {
    pub kappa: Result<f64, Undefined>,
    pub linear: Result<f64, Undefined>,
    pub quadratic: Result<f64, Undefined>,
    /// Standard error of the unweighted kappa where it is not 0.
    pub standard_error: Result<f64, Undefined>,
    /// Share of items rated alike.
    pub raw: f64,
    /// `OutOfDomain` unless every rating is 0 or 1.
    pub specific: Result<Specific, Undefined>,
}

/// 2a/(2a+b+c) and 2d/(2d+b+c); undefined where nobody ever said so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Specific {
    pub positive: Result<f64, Undefined>,
    pub negative: Result<f64, Undefined>,
}

pub fn cohen(first: &[i64], second: &[i64]) -> Result<Cohen, Undefined> {
    if first.len() != second.len() {
        return Err(Undefined::Mismatched);
    }
    if first.is_empty() {
        return Err(Undefined::NoData);
    }
    let table = Table::of(first, second);
    let kappa = table.kappa(|a, b| f64::from(u8::from(a != b)));
    Ok(Cohen {
        kappa,
        linear: table.kappa(|a, b| a.abs_diff(b) as f64),
        quadratic: table.kappa(|a, b| (a.abs_diff(b) * a.abs_diff(b)) as f64),
        standard_error: kappa.map(|kappa| table.standard_error(kappa)),
        raw: table.raw(),
        specific: specific(first, second),
    })
}

/// Shares of items by the two ratings.
struct Table {
    cells: Vec<Vec<f64>>,
    rows: Vec<f64>,
    columns: Vec<f64>,
    items: f64,
}

impl Table {
    fn of(first: &[i64], second: &[i64]) -> Self {
        let mut values: Vec<i64> = first.iter().chain(second).copied().collect();
        values.sort_unstable();
        values.dedup();
        let rank = |value: &i64| values.partition_point(|known| known < value);
        let items = first.len() as f64;
        let mut counts = vec![vec![0u64; values.len()]; values.len()];
        for (a, b) in first.iter().zip(second) {
            counts[rank(a)][rank(b)] += 1;
        }
        let cells: Vec<Vec<f64>> =
            counts.iter().map(|row| row.iter().map(|&count| count as f64 / items).collect()).collect();
        let rows = cells.iter().map(|row| row.iter().sum()).collect();
        let columns = (0..values.len()).map(|b| cells.iter().map(|row| row[b]).sum()).collect();
        Table { cells, rows, columns, items }
    }

    fn each(&self) -> impl Iterator<Item = (usize, usize)> {
        let size = self.cells.len();
        (0..size).flat_map(move |a| (0..size).map(move |b| (a, b)))
    }

    fn raw(&self) -> f64 {
        (0..self.cells.len()).map(|at| self.cells[at][at]).sum()
    }

    fn by_chance(&self) -> f64 {
        self.rows.iter().zip(&self.columns).map(|(row, column)| row * column).sum()
    }

    fn kappa(&self, weight: impl Fn(usize, usize) -> f64) -> Result<f64, Undefined> {
        let observed: f64 = self.each().map(|(a, b)| weight(a, b) * self.cells[a][b]).sum();
        let expected: f64 = self.each().map(|(a, b)| weight(a, b) * self.rows[a] * self.columns[b]).sum();
        if expected > 0.0 { Ok(1.0 - observed / expected) } else { Err(Undefined::NoVariation) }
    }

    fn standard_error(&self, kappa: f64) -> f64 {
        let chance = self.by_chance();
        let left = 1.0 - kappa;
        let sum: f64 = self
            .each()
            .map(|(a, b)| {
                let term = if a == b {
                    1.0 - (self.rows[a] + self.columns[a]) * left
                } else {
                    (self.columns[a] + self.rows[b]) * left
                };
                self.cells[a][b] * term * term
            })
            .sum();
        let less = kappa - chance * left;
        // Where every item says the same, both are one number but for rounding.
        let spread = sum - less * less;
        let spread = if spread > sum * 1e-14 { spread } else { 0.0 };
        sqrt(spread / self.items) / (1.0 - chance)
    }
}

fn specific(first: &[i64], second: &[i64]) -> Result<Specific, Undefined> {
    if first.iter().chain(second).any(|rating| !(0..=1).contains(rating)) {
        return Err(Undefined::OutOfDomain);
    }
    let both = |value: i64| first.iter().zip(second).filter(|(a, b)| **a == value && **b == value).count() as f64;
    let apart = first.iter().zip(second).filter(|(a, b)| a != b).count() as f64;
    let share = |both: f64| {
        let said = 2.0 * both + apart;
        if said > 0.0 { Ok(2.0 * both / said) } else { Err(Undefined::NoData) }
    };
    Ok(Specific { positive: share(both(1)), negative: share(both(0)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_every_item_is_rated_otherwise_kappa_has_no_error() {
        let first: Vec<i64> = (0..60).map(|at| at % 2).collect();
        let second: Vec<i64> = first.iter().map(|rating| 1 - rating).collect();
        let all = cohen(&first, &second).unwrap();
        assert_eq!((all.kappa, all.standard_error), (Ok(-1.0), Ok(0.0)));
    }
}

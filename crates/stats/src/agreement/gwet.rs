//! Gwet's AC1 and AC2: agreement that holds up where one category is rare.
//!
//! in      ratings as in `agreement`, the categories that could have been given, how near two of them are
//! out     the coefficient (AC1 with identity weights, AC2 otherwise), observed agreement and agreement by chance
//! errors  `NoData` where no item has two ratings; `OutOfDomain` for a rating outside the categories or fewer than two of them
//! source  Gwet 2008, 2014; items with a single rating count for prevalence, as in `irrCAC`

use super::{counts, items};
use crate::Undefined;
use libm::fabs;

/// How near two categories are: 1 for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    Identity,
    Linear,
    Quadratic,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gwet {
    pub coefficient: f64,
    pub observed: f64,
    pub by_chance: f64,
}

pub fn gwet(ratings: &[Vec<Option<f64>>], categories: &[f64], weights: Weights) -> Result<Gwet, Undefined> {
    let rated: Vec<Vec<f64>> = items(ratings).into_iter().filter(|item| !item.is_empty()).collect();
    if categories.len() < 2 || rated.iter().flatten().any(|rating| !categories.contains(rating)) {
        return Err(Undefined::OutOfDomain);
    }
    let near = |a: usize, b: usize| nearness(weights, categories, a, b);
    let size = categories.len();
    let (mut observed, mut pairable, mut prevalence) = (0.0, 0.0, vec![0.0; size]);
    for item in &rated {
        let (counts, raters) = (counts(item, categories), item.len() as f64);
        prevalence.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count / raters / rated.len() as f64);
        if item.len() >= 2 {
            pairable += 1.0;
            for (a, count) in counts.iter().enumerate() {
                let nearby: f64 = (0..size).map(|b| near(a, b) * counts[b]).sum();
                observed += count * (nearby - 1.0) / (raters * (raters - 1.0));
            }
        }
    }
    if pairable == 0.0 {
        return Err(Undefined::NoData);
    }
    let observed = observed / pairable;
    let all: f64 = (0..size).map(|a| (0..size).map(|b| near(a, b)).sum::<f64>()).sum();
    let mixed: f64 = prevalence.iter().map(|share| share * (1.0 - share)).sum();
    let by_chance = all / (size * (size - 1)) as f64 * mixed;
    if by_chance >= 1.0 {
        return Err(Undefined::NoVariation);
    }
    Ok(Gwet { coefficient: (observed - by_chance) / (1.0 - by_chance), observed, by_chance })
}

fn nearness(weights: Weights, categories: &[f64], a: usize, b: usize) -> f64 {
    let highest = categories.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = categories.iter().copied().fold(f64::INFINITY, f64::min);
    let apart = fabs(categories[a] - categories[b]) / (highest - lowest);
    match weights {
        Weights::Identity => f64::from(u8::from(a == b)),
        Weights::Linear => 1.0 - apart,
        Weights::Quadratic => 1.0 - apart * apart,
    }
}

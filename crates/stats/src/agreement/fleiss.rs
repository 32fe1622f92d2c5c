//! Fleiss' kappa: the same number of raters for every item.
//!
//! in      ratings as in `agreement`, none missing
//! out     kappa
//! errors  `NoData` below two raters or without items; `Mismatched` where ratings are missing; `NoVariation` where all are the same
//! source  Fleiss 1971

use super::{counts, items, values};
use crate::Undefined;

pub fn fleiss(ratings: &[Vec<Option<f64>>]) -> Result<f64, Undefined> {
    let (items, raters) = (items(ratings), ratings.len());
    if raters < 2 || items.is_empty() {
        return Err(Undefined::NoData);
    }
    if items.iter().any(|item| item.len() != raters) {
        return Err(Undefined::Mismatched);
    }
    let (raters, many) = (raters as f64, items.len() as f64);
    let values = values(items.iter().flatten().copied());
    let (mut alike, mut of_value) = (0.0, vec![0.0; values.len()]);
    for item in &items {
        let counts = counts(item, &values);
        alike += (counts.iter().map(|count| count * count).sum::<f64>() - raters) / (raters * (raters - 1.0));
        of_value.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count / (raters * many));
    }
    if values.len() < 2 {
        return Err(Undefined::NoVariation);
    }
    let chance: f64 = of_value.iter().map(|share| share * share).sum();
    Ok((alike / many - chance) / (1.0 - chance))
}

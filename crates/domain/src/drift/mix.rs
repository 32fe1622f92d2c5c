//! How an attribute's values are mixed in the set and in traffic.

use super::{FAR, Point, SURE};
use stats::drift::{MixDrift, mix_drift};
use std::collections::BTreeMap;

/// Added to each count for the distances, so that a value of one side only is far and not infinitely far.
const SMOOTHING: f64 = 0.5;
/// Values that are expected less often than this on a side are one value for the test.
const RARE: f64 = 1.0;

/// The two mixes of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    pub attribute: String,
    /// By name.
    pub values: Vec<Value>,
    /// How many independent, equally weighted points each side is worth; of the set, then of traffic.
    pub effective: (f64, f64),
    /// `None` where a side has fewer than two independent points.
    pub drift: Option<MixDrift>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Empty for what has none.
    pub name: String,
    /// By weight.
    pub in_set: f64,
    pub in_traffic: f64,
    /// Examples, whether or not they count; requests.
    pub examples: u64,
    pub requests: u64,
}

impl Mix {
    /// Sure and far: neither alone warns, because a large sample is sure of what does not matter, and a small one is far by chance.
    pub fn warns(&self) -> bool {
        self.drift.is_some_and(|drift| drift.pearson.p < SURE && drift.psi > FAR)
    }

    /// The share of traffic whose value no example has that counts: unmeasured, which widens every bound.
    pub fn unmeasured(&self) -> f64 {
        self.values.iter().filter(|value| value.in_set <= 0.0).map(|value| value.in_traffic).sum()
    }
}

/// How an attribute is mixed on one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// Weight and number of points by value; the empty one for what has none.
    pub values: BTreeMap<String, (f64, u64)>,
    /// How many independent, equally weighted points it is worth; `None` where there are fewer than two.
    pub effective: Option<f64>,
}

impl Side {
    /// By weight.
    pub fn share(&self, value: &str) -> f64 {
        let all: f64 = self.values.values().map(|(weight, _)| weight).sum();
        let weight = self.values.get(value).map_or(0.0, |(weight, _)| *weight);
        if all > 0.0 { weight / all } else { 0.0 }
    }
}

/// Points as they are counted.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// Weight and number, by value.
    values: BTreeMap<String, (f64, u64)>,
    clusters: BTreeMap<String, BTreeMap<String, f64>>,
    weight: f64,
    squares: f64,
}

impl Count {
    pub fn add(&mut self, value: &str, cluster: &str, weight: f64) {
        let held = self.values.entry(value.to_owned()).or_default();
        *held = (held.0 + weight, held.1 + 1);
        if weight > 0.0 {
            *self.clusters.entry(cluster.to_owned()).or_default().entry(value.to_owned()).or_default() += weight;
            self.weight += weight;
            self.squares += weight * weight;
        }
    }

    pub fn of(attribute: &str, points: &[Point]) -> Self {
        let mut count = Count::default();
        for point in points {
            let value = point.attributes.get(attribute).map_or("", String::as_str);
            count.add(value, &point.cluster, point.weight);
        }
        count
    }

    pub fn side(&self) -> Side {
        Side { values: self.values.clone(), effective: self.effective() }
    }

    fn share(&self, value: &str) -> f64 {
        let weight = self.values.get(value).map_or(0.0, |(weight, _)| *weight);
        if self.weight > 0.0 { weight / self.weight } else { 0.0 }
    }

    /// The mean design effect over values pays for clusters and weights; never more than the weights alone are worth.
    fn effective(&self) -> Option<f64> {
        let count = self.clusters.len() as f64;
        if count < 2.0 || self.weight <= 0.0 {
            return None;
        }
        let of_all: f64 = self.values.keys().map(|value| self.share(value).powi(2)).sum();
        let mut spread = 0.0;
        for of_cluster in self.clusters.values() {
            let whole: f64 = of_cluster.values().sum::<f64>() / self.weight;
            spread += whole * whole * of_all;
            for (value, weight) in of_cluster {
                let part = weight / self.weight;
                spread += part * part - 2.0 * whole * part * self.share(value);
            }
        }
        let kish = self.weight * self.weight / self.squares;
        let variance = spread * count / (count - 1.0);
        Some(if variance > 0.0 { ((1.0 - of_all) / variance).min(kish) } else { kish.min(count) })
    }
}

/// The mixes of one attribute.
pub fn mix(attribute: &str, set: &[Point], traffic: &[Point]) -> Mix {
    between(attribute, &Count::of(attribute, set).side(), &Count::of(attribute, traffic).side())
}

/// The same of sides that were counted.
pub fn between(attribute: &str, set: &Side, traffic: &Side) -> Mix {
    let names: std::collections::BTreeSet<&String> = set.values.keys().chain(traffic.values.keys()).collect();
    let number = |side: &Side, name: &str| side.values.get(name).map_or(0, |(_, number)| *number);
    let values: Vec<Value> = names
        .into_iter()
        .map(|name| Value {
            name: name.clone(),
            in_set: set.share(name),
            in_traffic: traffic.share(name),
            examples: number(set, name),
            requests: number(traffic, name),
        })
        .collect();
    let effective = (set.effective, traffic.effective);
    let drift = match effective {
        (Some(n), Some(m)) => {
            let (mut left, mut right, mut rare) = (Vec::new(), Vec::new(), (0.0, 0.0));
            for value in &values {
                let (a, b) = (value.in_set * n, value.in_traffic * m);
                if (a + b) * n.min(m) / (n + m) < RARE {
                    rare = (rare.0 + a, rare.1 + b);
                } else {
                    left.push(a);
                    right.push(b);
                }
            }
            if rare != (0.0, 0.0) {
                left.push(rare.0);
                right.push(rare.1);
            }
            mix_drift(&left, &right, SMOOTHING).ok()
        }
        _ => None,
    };
    let effective = (effective.0.unwrap_or(0.0), effective.1.unwrap_or(0.0));
    Mix { attribute: attribute.to_owned(), values, effective, drift }
}

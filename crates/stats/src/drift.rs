//! Whether two samples come from the same traffic.
//!
//! in      counts by category, or values, or points, of a reference and of current traffic
//! out     distances (PSI in nats, Jensen-Shannon in bits, Kolmogorov-Smirnov, MMD squared) and p values
//! errors  `NoData` where a side is empty; `Mismatched` where their shapes differ; `NoVariation` where all values are the same
//! source  Yurdakul 2018 (PSI and its mean without drift), Lin 1991, Pearson 1900, Woolf 1957 (G), Smirnov 1948, Mann & Whitney
//!         1947 (with ties), Gretton et al. 2012 (unbiased MMD, eq. 3)
//! not for clustered counts: scale them to effective counts before

use crate::Undefined;
use crate::special::{chi_square_sf, normal_sf};
use libm::{exp, fabs, log, log2, sqrt};

/// A test against the chi-square distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquare {
    pub statistic: f64,
    pub p: f64,
}

/// How two mixes of categories differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixDrift {
    /// Population stability index, nats.
    pub psi: f64,
    /// What it is on average where nothing has drifted.
    pub psi_without_drift: f64,
    /// Jensen-Shannon divergence, bits.
    pub jensen_shannon: f64,
    pub df: u64,
    pub pearson: ChiSquare,
    pub likelihood_ratio: ChiSquare,
}

/// Counts of the same categories on both sides. `smoothing` is added to each count for the two distances only.
pub fn mix_drift(reference: &[f64], traffic: &[f64], smoothing: f64) -> Result<MixDrift, Undefined> {
    if reference.len() != traffic.len() {
        return Err(Undefined::Mismatched);
    }
    let (n, m): (f64, f64) = (reference.iter().sum(), traffic.iter().sum());
    if n <= 0.0 || m <= 0.0 {
        return Err(Undefined::NoData);
    }
    let categories = reference.len() as f64;
    let (mut psi, mut jensen_shannon, mut pearson, mut ratio, mut seen) = (0.0, 0.0, 0.0, 0.0, 0u64);
    for (&a, &b) in reference.iter().zip(traffic) {
        let (p, q) = ((a + smoothing) / (n + smoothing * categories), (b + smoothing) / (m + smoothing * categories));
        psi += if p == q { 0.0 } else { (q - p) * log(q / p) };
        let middle = 0.5 * (p + q);
        jensen_shannon += 0.5 * (times_log2(p, middle) + times_log2(q, middle));
        if a + b > 0.0 {
            seen += 1;
            let share = (a + b) / (n + m);
            for (count, total) in [(a, n), (b, m)] {
                let expected = total * share;
                pearson += (count - expected) * (count - expected) / expected;
                ratio += if count > 0.0 { 2.0 * count * log(count / expected) } else { 0.0 };
            }
        }
    }
    let df = seen.saturating_sub(1);
    let test = |statistic: f64| ChiSquare { statistic, p: chi_square_sf(statistic, df as f64) };
    Ok(MixDrift {
        psi,
        psi_without_drift: (categories - 1.0) * (1.0 / n + 1.0 / m),
        jensen_shannon: jensen_shannon.max(0.0),
        df,
        pearson: test(pearson),
        likelihood_ratio: test(ratio.max(0.0)),
    })
}

fn times_log2(p: f64, of: f64) -> f64 {
    if p > 0.0 { p * log2(p / of) } else { 0.0 }
}

/// How two samples of values differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueDrift {
    /// The largest gap between the two distribution functions.
    pub kolmogorov_smirnov: f64,
    /// Two-sided, normal approximation with ties and without correction for continuity.
    pub mann_whitney: Result<f64, Undefined>,
    /// P(a value of the first exceeds one of the second), ties half.
    pub first_exceeds: f64,
}

pub fn value_drift(first: &[f64], second: &[f64]) -> Result<ValueDrift, Undefined> {
    if first.is_empty() || second.is_empty() {
        return Err(Undefined::NoData);
    }
    let (n, m) = (first.len() as f64, second.len() as f64);
    let mut all: Vec<(f64, bool)> =
        first.iter().map(|&x| (x, true)).chain(second.iter().map(|&x| (x, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Runs of equal values: each pair across samples within a run is half a win.
    let (mut before, mut exceeds, mut gap, mut ties) = ((0.0, 0.0), 0.0, 0.0f64, 0.0);
    for run in all.chunk_by(|a, b| a.0 == b.0) {
        let ours = run.iter().filter(|(_, is_first)| *is_first).count() as f64;
        let size = run.len() as f64;
        exceeds += ours * (before.1 + 0.5 * (size - ours));
        before = (before.0 + ours, before.1 + size - ours);
        gap = gap.max(fabs(before.0 / n - before.1 / m));
        ties += size * size * size - size;
    }
    let total = n + m;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let z = fabs(exceeds - 0.5 * n * m) / sqrt(variance);
    Ok(ValueDrift {
        kolmogorov_smirnov: gap,
        mann_whitney: if variance > 0.0 { Ok((2.0 * normal_sf(z)).min(1.0)) } else { Err(Undefined::NoVariation) },
        first_exceeds: exceeds / (n * m),
    })
}

/// Unbiased squared maximum mean discrepancy under the kernel exp(-gamma |x - y|^2); points of equal length, two on each side.
pub fn squared_mmd(first: &[Vec<f64>], second: &[Vec<f64>], gamma: f64) -> Result<f64, Undefined> {
    if first.len() < 2 || second.len() < 2 {
        return Err(Undefined::TooFew);
    }
    if first.iter().chain(second).any(|point| point.len() != first[0].len()) {
        return Err(Undefined::Mismatched);
    }
    let kernel = |x: &[f64], y: &[f64]| exp(-gamma * x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>());
    let within = |points: &[Vec<f64>]| {
        let n = points.len();
        let sum: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| kernel(&points[i], &points[j])).sum();
        2.0 * sum / (n * (n - 1)) as f64
    };
    let across: f64 = first.iter().map(|x| second.iter().map(|y| kernel(x, y)).sum::<f64>()).sum();
    Ok(within(first) + within(second) - 2.0 * across / (first.len() * second.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_mix_has_not_drifted() {
        let drift = mix_drift(&[10.0, 20.0, 0.0], &[20.0, 40.0, 0.0], 0.0001).unwrap();
        assert!(drift.pearson.p > 0.999 && drift.df == 1 && drift.psi < 1e-5, "{drift:?}");
        assert_eq!(mix_drift(&[], &[], 0.5), Err(Undefined::NoData));
        assert_eq!(value_drift(&[1.0, 1.0], &[1.0]).unwrap().mann_whitney, Err(Undefined::NoVariation));
    }

    proptest! {
        #[test]
        fn drift_is_the_same_seen_from_either_side(a in proptest::collection::vec(0.0f64..9.0, 2..30),
                b in proptest::collection::vec(0.0f64..9.0, 2..30)) {
            let (one, other) = (value_drift(&a, &b).unwrap(), value_drift(&b, &a).unwrap());
            prop_assert!((one.kolmogorov_smirnov - other.kolmogorov_smirnov).abs() < 1e-12);
            prop_assert!((one.first_exceeds + other.first_exceeds - 1.0).abs() < 1e-12);
        }
    }
}

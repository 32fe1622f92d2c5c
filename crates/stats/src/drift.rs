//! Whether two samples come from the same traffic.
//!
//! in      counts by category, or values, or points, of a reference and of current traffic
//! out     distances (PSI in nats, Jensen-Shannon in bits, Kolmogorov-Smirnov, MMD squared) and p values
//! errors  `NoData` where a side is empty; `Mismatched` where their shapes differ; `NoVariation` where all values are the same
//! source  Yurdakul 2018 (PSI and its mean without drift), Lin 1991, Pearson 1900, Woolf 1957 (G), Smirnov 1948, Mann & Whitney
//!         1947 (with ties), Gretton et al. 2012 (unbiased MMD, eq. 3; width of the kernel: the median distance; p by dealing labels anew)
//! not for clustered counts: scale them to effective counts before

use crate::Undefined;
use crate::scan::shuffle;
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
    let kernel = Kernel::of(first, second, |_| gamma)?;
    Ok(kernel.squared_mmd((0..first.len() + second.len()).map(|at| at < first.len())))
}

/// Two samples of points under a kernel as wide as their median distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmd {
    /// Unbiased, so that it is negative where chance would have it.
    pub squared: f64,
    /// How rarely it is as large when the labels are dealt out anew: never 0.
    pub p: f64,
}

/// Whether two samples of points come from one distribution. `word` gives 64 fair bits a call. `NoVariation` where half of all
/// distances are 0.
pub fn mmd(
    first: &[Vec<f64>],
    second: &[Vec<f64>],
    dealt: u32,
    word: &mut dyn FnMut() -> u64,
) -> Result<Mmd, Undefined> {
    let median = |mut squares: Vec<f64>| {
        let middle = squares.len() / 2;
        1.0 / *squares.select_nth_unstable_by(middle, f64::total_cmp).1
    };
    let kernel = Kernel::of(first, second, |squares| 0.5 * median(squares.to_vec()))?;
    if !kernel.is_finite {
        return Err(Undefined::NoVariation);
    }
    let mut is_first: Vec<bool> = (0..first.len() + second.len()).map(|at| at < first.len()).collect();
    let squared = kernel.squared_mmd(is_first.iter().copied());
    let as_large = (0..dealt).filter(|_| {
        shuffle(&mut is_first, word);
        kernel.squared_mmd(is_first.iter().copied()) >= squared - 1e-12
    });
    let as_large = as_large.count();
    Ok(Mmd { squared, p: (1 + as_large) as f64 / (1.0 + f64::from(dealt)) })
}

/// How alike all points of two samples are, pair by pair.
struct Kernel {
    /// Below the diagonal, row by row.
    pairs: Vec<f64>,
    /// Of each point: with all others.
    sums: Vec<f64>,
    all: f64,
    is_finite: bool,
}

impl Kernel {
    /// `gamma` is told the squared distances.
    fn of(first: &[Vec<f64>], second: &[Vec<f64>], gamma: impl Fn(&[f64]) -> f64) -> Result<Self, Undefined> {
        if first.len() < 2 || second.len() < 2 {
            return Err(Undefined::TooFew);
        }
        let points: Vec<&Vec<f64>> = first.iter().chain(second).collect();
        if points.iter().any(|point| point.len() != points[0].len()) {
            return Err(Undefined::Mismatched);
        }
        let square = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let mut pairs: Vec<f64> = (0..points.len())
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| square(points[i], points[j]))
            .collect();
        let gamma = gamma(&pairs);
        pairs.iter_mut().for_each(|pair| *pair = exp(-gamma * *pair));
        let mut sums = vec![0.0; points.len()];
        let mut at = 0;
        for i in 0..points.len() {
            for j in 0..i {
                sums[i] += pairs[at];
                sums[j] += pairs[at];
                at += 1;
            }
        }
        Ok(Kernel { all: pairs.iter().sum(), pairs, sums, is_finite: gamma.is_finite() })
    }

    fn squared_mmd(&self, is_first: impl Iterator<Item = bool>) -> f64 {
        let (mut ours, mut theirs) = (Vec::new(), 0usize);
        let mut with_all = 0.0;
        for (at, is_first) in is_first.enumerate() {
            if is_first {
                ours.push(at);
                with_all += self.sums[at];
            } else {
                theirs += 1;
            }
        }
        let mut within = 0.0;
        for (order, &i) in ours.iter().enumerate() {
            let row = &self.pairs[i * i.saturating_sub(1) / 2..];
            within += ours[..order].iter().map(|&j| row[j]).sum::<f64>();
        }
        let across = with_all - 2.0 * within;
        let (n, m) = (ours.len() as f64, theirs as f64);
        2.0 * within / (n * (n - 1.0)) + 2.0 * (self.all - within - across) / (m * (m - 1.0)) - 2.0 * across / (n * m)
    }
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

    fn words() -> impl FnMut() -> u64 {
        let mut state = 3u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.rotate_left(32)
        }
    }

    /// Points on a line, spread evenly around a middle.
    fn around(middle: f64, count: usize) -> Vec<Vec<f64>> {
        (0..count).map(|at| vec![middle + at as f64 / count as f64, (at % 7) as f64 / 7.0]).collect()
    }

    #[test]
    fn mmd_tells_samples_apart_that_lie_apart_and_no_others() {
        let apart = mmd(&around(0.0, 60), &around(0.5, 40), 199, &mut words()).unwrap();
        assert!(apart.p <= 0.005 && apart.squared > 0.05, "{apart:?}");
        let same = mmd(&around(0.0, 60), &around(0.0, 40), 199, &mut words()).unwrap();
        assert!(same.p > 0.5 && same.squared < 0.01, "{same:?}");
        assert_eq!(mmd(&vec![vec![1.0]; 5], &vec![vec![1.0]; 5], 9, &mut words()), Err(Undefined::NoVariation));
        assert_eq!(mmd(&around(0.0, 1), &around(0.0, 5), 9, &mut words()), Err(Undefined::TooFew));
    }

    #[test]
    fn of_two_samples_of_one_whole_the_p_value_of_mmd_is_as_rare_as_it_says() {
        let (mut word, mut whole) = (words(), around(0.0, 40));
        let below = (0..300).filter(|_| {
            shuffle(&mut whole, &mut word);
            mmd(&whole[..20], &whole[20..], 39, &mut word).unwrap().p <= 0.05
        });
        // 300 at 5 %: 15 expected, above 28 with a chance of 0.1 %.
        let below = below.count();
        assert!((4..=28).contains(&below), "{below}");
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

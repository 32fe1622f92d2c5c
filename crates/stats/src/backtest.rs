//! How predictions of trouble fared: past decisions beside what happened later.
//!
//! in      predicted probabilities in [0, 1] and whether the incident came, one for each release that shipped
//! out     Brier score, log loss (nats), Spiegelhalter's z of calibration, area under the curve with DeLong's interval
//! errors  `Mismatched` lengths; `NoData` without releases; `NoVariation` where all went the same way
//! source  Brier 1950; Spiegelhalter 1986; DeLong, DeLong & Clarke-Pearson 1988
//! not for held releases: they have no outcome, and a rate of false holds cannot be estimated from them

use crate::special::normal_quantile;
use crate::{Interval, Undefined};
use libm::{log, log1p, sqrt};

/// How well a probability did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub brier: f64,
    pub log_loss: f64,
    /// Standard normal where probabilities are calibrated; undefined where each was 0, 1/2 or 1.
    pub spiegelhalter: Result<f64, Undefined>,
}

/// Probabilities of 0 and 1 are taken as the nearest double inside, so that a miss costs much and not everything.
pub fn calibration(predicted: &[f64], happened: &[bool]) -> Result<Calibration, Undefined> {
    let releases = paired(predicted, happened)?;
    let (mut brier, mut log_loss, mut off, mut variance) = (0.0, 0.0, 0.0, 0.0);
    for &(p, happened) in &releases {
        let y = f64::from(u8::from(happened));
        let inside = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        brier += (p - y) * (p - y);
        log_loss -= if happened { log(inside) } else { log1p(-inside) };
        off += (y - p) * (1.0 - 2.0 * p);
        variance += (1.0 - 2.0 * p) * (1.0 - 2.0 * p) * p * (1.0 - p);
    }
    let n = releases.len() as f64;
    let spiegelhalter = if variance > 0.0 { Ok(off / sqrt(variance)) } else { Err(Undefined::NoVariation) };
    Ok(Calibration { brier: brier / n, log_loss: log_loss / n, spiegelhalter })
}

/// How well a probability ranks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// P(an incident was given a higher probability than none), ties half.
    pub area: f64,
    /// DeLong's; undefined where either kind occurred once.
    pub interval: Result<Interval, Undefined>,
}

/// `level` on each side; ends are kept in [0, 1].
pub fn ranking(predicted: &[f64], happened: &[bool], level: f64) -> Result<Ranking, Undefined> {
    let releases = paired(predicted, happened)?;
    let of = |kind: bool| releases.iter().filter(|release| release.1 == kind).map(|release| release.0).collect();
    let (with, without): (Vec<f64>, Vec<f64>) = (of(true), of(false));
    if with.is_empty() || without.is_empty() {
        return Err(Undefined::NoVariation);
    }
    let wins = |high: f64, low: f64| match high.total_cmp(&low) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    };
    let (n, m) = (with.len() as f64, without.len() as f64);
    let by_with: Vec<f64> = with.iter().map(|&x| without.iter().map(|&y| wins(x, y)).sum::<f64>() / m).collect();
    let by_without: Vec<f64> = without.iter().map(|&y| with.iter().map(|&x| wins(x, y)).sum::<f64>() / n).collect();
    let area = by_with.iter().sum::<f64>() / n;
    let interval = variance(&by_with, area).and_then(|first| {
        let half = -normal_quantile(level) * sqrt(first / n + variance(&by_without, area)? / m);
        Ok(Interval { lower: (area - half).max(0.0), upper: (area + half).min(1.0) })
    });
    Ok(Ranking { area, interval })
}

fn variance(x: &[f64], mean: f64) -> Result<f64, Undefined> {
    if x.len() < 2 {
        return Err(Undefined::TooFew);
    }
    Ok(x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (x.len() as f64 - 1.0))
}

fn paired(predicted: &[f64], happened: &[bool]) -> Result<Vec<(f64, bool)>, Undefined> {
    if predicted.len() != happened.len() {
        return Err(Undefined::Mismatched);
    }
    if predicted.is_empty() {
        return Err(Undefined::NoData);
    }
    Ok(predicted.iter().copied().zip(happened.iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_ranking_is_one_and_no_incident_ranks_nothing() {
        let ranked = ranking(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true], 0.025).unwrap();
        assert_eq!(ranked.area, 1.0);
        assert_eq!(ranking(&[0.1, 0.2], &[false, false], 0.025), Err(Undefined::NoVariation));
        assert!((calibration(&[0.5], &[true]).unwrap().brier - 0.25).abs() < 1e-15);
    }
}

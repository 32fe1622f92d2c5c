//! What people would have said, from what a judge said of all and people said of some.
//!
//! in      counts of judged rows and of labelled ones by verdict; labels drawn at random within each verdict; one-sided levels
//! out     a rate in [0, 1], or a paired difference in [-1, 1], with an interval
//! errors  `NoData` where nothing was judged; `OutOfDomain` for counts that contradict each other, or a judge that tells nothing
//! source  double sampling (Tenenbein 1970; Cochran, Sampling Techniques, ch. 12), intervals by `proportion`, `tango` and
//!         `mover`; Rogan & Gladen 1978 with the interval of Lee et al. 2025 (arXiv 2511.21140)
//! not for labels picked by hand; a verdict without labels says nothing and has the widest interval

mod corrected;

pub use corrected::{Corrected, Missing};

use crate::mover::{Term, mover};
use crate::proportion::{clopper_pearson, wilson};
use crate::special::normal_quantile;
use crate::weigh::ROUNDING;
use crate::zero_failure_upper;
use crate::{Interval, Pairs, Undefined};
use libm::sqrt;

/// Below this sensitivity + specificity - 1 a judge tells too little to correct for.
pub const LEAST_YOUDEN: f64 = 0.2;

/// People's labels within one verdict of the judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    pub passed: u64,
    pub failed: u64,
}

impl Labels {
    /// The share that people pass; `NoData` where nobody labelled.
    pub fn share(&self) -> Result<f64, Undefined> {
        let total = self.total();
        if total == 0 { Err(Undefined::NoData) } else { Ok(self.passed as f64 / total as f64) }
    }

    fn total(&self) -> u64 {
        self.passed.saturating_add(self.failed)
    }

    /// Share and interval; the middle of everything where nobody labelled.
    fn estimate(&self, level: f64) -> (f64, Interval) {
        let total = (self.passed + self.failed) as f64;
        match (self.share(), clopper_pearson(self.passed as f64, total, level)) {
            (Ok(share), Ok(interval)) => (share, interval),
            _ => (0.5, Interval { lower: 0.0, upper: 1.0 }),
        }
    }
}

/// An estimate and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrated {
    pub estimate: f64,
    pub interval: Interval,
}

/// A rate, post-stratified on the verdict. `judged` counts all verdicts, `judge_passed` those that pass; the labelled are among them.
pub fn judged_rate(
    on_pass: Labels,
    on_fail: Labels,
    judge_passed: u64,
    judged: u64,
    level: f64,
) -> Result<Calibrated, Undefined> {
    let failed = judged.checked_sub(judge_passed).ok_or(Undefined::OutOfDomain)?;
    if on_pass.total() > judge_passed || on_fail.total() > failed {
        return Err(Undefined::OutOfDomain);
    }
    let (passed, total) = (judge_passed as f64, judged as f64);
    let verdicts = wilson(passed, total, level)?;
    let q = passed / total;
    let ((a, a_interval), (b, b_interval)) = (on_pass.estimate(level), on_fail.estimate(level));
    let estimate = q * a + (1.0 - q) * b;
    let terms = [Term::times(q, a, a_interval), Term::times(1.0 - q, b, b_interval), Term::times(a - b, q, verdicts)];
    let interval = mover(estimate, &terms, 0.0);
    Ok(Calibrated { estimate, interval: Interval { lower: interval.lower.max(0.0), upper: interval.upper.min(1.0) } })
}

/// Pairs on which the judge gave the same paired verdict, and what people found on the labelled ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairedVerdict {
    pub judged: u64,
    pub labelled: u64,
    pub improved: u64,
    pub regressed: u64,
}

impl PairedVerdict {
    /// More was found than was labelled, or labelled than was judged.
    fn contradicts(&self) -> bool {
        self.labelled > self.judged || self.improved.saturating_add(self.regressed) > self.labelled
    }
}

/// A paired difference, post-stratified on the judge's paired verdict (better, same, worse).
pub fn judged_difference(verdicts: &[PairedVerdict], level: f64) -> Result<Calibrated, Undefined> {
    if verdicts.iter().any(PairedVerdict::contradicts) {
        return Err(Undefined::OutOfDomain);
    }
    let total: u64 = verdicts.iter().map(|verdict| verdict.judged).sum();
    if total == 0 {
        return Err(Undefined::NoData);
    }
    let (mut terms, mut second_moment) = (Vec::new(), 0.0);
    for verdict in verdicts {
        let q = verdict.judged as f64 / total as f64;
        let (mean, interval) = match verdict.labelled {
            0 => (0.0, Interval { lower: -1.0, upper: 1.0 }),
            _ => {
                let pairs = Pairs::of(verdict.improved as f64, verdict.regressed as f64, verdict.labelled as f64)?;
                (pairs.difference(), pairs.interval(level))
            }
        };
        terms.push(Term::times(q, mean, interval));
        second_moment += q * mean * mean;
    }
    let estimate: f64 = terms.iter().map(|term| term.estimate).sum();
    let of_shares = (second_moment - estimate * estimate).max(0.0) / total as f64;
    let z = -normal_quantile(level);
    let interval = mover(estimate, &terms, z * z * of_shares);
    Ok(Calibrated { estimate, interval: Interval { lower: interval.lower.max(-1.0), upper: interval.upper.min(1.0) } })
}

/// A judge as measured on another population: of `fails` true failures and `passes` true passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgeError {
    pub specificity: f64,
    pub sensitivity: f64,
    pub fails: f64,
    pub passes: f64,
}

impl JudgeError {
    /// How much the judge tells: 0 nothing, 1 everything.
    pub fn youden(&self) -> f64 {
        self.specificity + self.sensitivity - 1.0
    }

    /// Whether the judge tells enough to gate on a corrected rate.
    pub fn tells_enough(&self) -> bool {
        self.youden() >= LEAST_YOUDEN - ROUNDING
    }
}

/// The judge's rate on `n` rows, corrected by its error; only where the labels come from another population than the rows.
pub fn rogan_gladen(judge_rate: f64, n: f64, error: JudgeError, level: f64) -> Result<Calibrated, Undefined> {
    if n <= 0.0 {
        return Err(Undefined::NoData);
    }
    if !error.tells_enough() {
        return Err(Undefined::OutOfDomain);
    }
    let estimate = ((judge_rate + error.specificity - 1.0) / error.youden()).clamp(0.0, 1.0);
    // As if z^2 rows half passed had been seen besides, and one more label of each kind.
    let z = -normal_quantile(level);
    let (n, p) = (n + z * z, (n * judge_rate + 0.5 * z * z) / (n + z * z));
    let (fails, passes) = (error.fails + 2.0, error.passes + 2.0);
    let specificity = (error.fails * error.specificity + 1.0) / fails;
    let sensitivity = (error.passes * error.sensitivity + 1.0) / passes;
    let youden = specificity + sensitivity - 1.0;
    if youden <= 0.0 {
        return Err(Undefined::OutOfDomain);
    }
    let theta = (p + specificity - 1.0) / youden;
    let of_fails = specificity * (1.0 - specificity) / fails;
    let of_passes = sensitivity * (1.0 - sensitivity) / passes;
    let shift = 2.0 * z * z * (theta * of_passes - (1.0 - theta) * of_fails);
    let variance = p * (1.0 - p) / n + (1.0 - theta) * (1.0 - theta) * of_fails + theta * theta * of_passes;
    let half = z * sqrt(variance) / youden;
    let clamp = |end: f64| (theta + shift + end).clamp(0.0, 1.0);
    Ok(Calibrated { estimate, interval: Interval { lower: clamp(-half), upper: clamp(half) } })
}

/// Upper bound at a one-sided level on the rate of violations where a judge saw none in `clusters` independent clusters, and of
/// `confirmed` violations that people found elsewhere had noticed `noticed`: half of the level bounds what the judge sees, the other
/// half how much of it there is to see. `NoData` without a confirmed violation that it noticed: nothing bounds what it overlooks.
///
/// The confirmed ones are drawn at random from all violations. Labels drawn within each verdict are not, since those that the judge
/// failed are labelled more often: with these the bound is 1 less the lower bound of `Corrected`.
pub fn violations_upper(clusters: u64, noticed: u64, confirmed: u64, level: f64) -> Result<f64, Undefined> {
    if clusters == 0 || noticed == 0 {
        return Err(Undefined::NoData);
    }
    let sensitivity = clopper_pearson(noticed as f64, confirmed as f64, 0.5 * level)?.lower;
    Ok((zero_failure_upper(clusters, 0.5 * level) / sensitivity).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_without_labels_leaves_everything_open() {
        let none = Labels { passed: 0, failed: 0 };
        let rate = judged_rate(none, none, 50, 100, 0.05).unwrap();
        assert!(rate.interval.lower < 0.2 && rate.interval.upper > 0.8, "{rate:?}");
        assert_eq!(judged_rate(none, none, 0, 0, 0.05), Err(Undefined::NoData));
    }

    #[test]
    fn what_a_judge_overlooks_widens_the_bound_on_violations() {
        // 0 of 299 at 2.5 %: 1 - 0.025^(1/299) = 0.012261596; 19 of 20 noticed at 2.5 %: 0.751267237 (scipy 1.17).
        let bound = violations_upper(299, 19, 20, 0.05).unwrap();
        assert!((bound - 0.012_261_595_9 / 0.751_267_237_2).abs() < 1e-8, "{bound}");
        assert!(bound > zero_failure_upper(299, 0.05));
        assert!(violations_upper(299, 10, 20, 0.05).unwrap() > bound);
        assert_eq!(
            [violations_upper(299, 0, 20, 0.05), violations_upper(299, 0, 0, 0.05)],
            [Err(Undefined::NoData); 2]
        );
        assert_eq!(violations_upper(299, 3, 2, 0.05), Err(Undefined::OutOfDomain));
        assert_eq!(violations_upper(2, 1, 1, 0.05), Ok(1.0));
    }

    #[test]
    fn labels_beyond_what_was_judged_are_refused() {
        let labels = |passed, failed| Labels { passed, failed };
        let rate = |on_pass, on_fail| judged_rate(on_pass, on_fail, 933, 1000, 0.025);
        assert!(rate(labels(900, 33), labels(0, 67)).is_ok());
        assert_eq!(rate(labels(4800, 200), labels(0, 67)), Err(Undefined::OutOfDomain));
        assert_eq!(rate(labels(900, 33), labels(1, 67)), Err(Undefined::OutOfDomain));
        assert_eq!(judged_rate(labels(0, 0), labels(0, 0), 11, 10, 0.025), Err(Undefined::OutOfDomain));
        let pairs = |labelled, improved, regressed| {
            let verdict = PairedVerdict { judged: 5, labelled, improved, regressed };
            judged_difference(&[verdict], 0.025)
        };
        assert!(pairs(5, 3, 2).is_ok());
        assert_eq!(pairs(9, 3, 2), Err(Undefined::OutOfDomain));
        assert_eq!(pairs(4, 3, 2), Err(Undefined::OutOfDomain));
    }

    #[test]
    fn a_judge_that_tells_too_little_corrects_nothing() {
        let error = |specificity| JudgeError { specificity, sensitivity: 0.6, fails: 50.0, passes: 50.0 };
        assert_eq!(rogan_gladen(0.7, 500.0, error(0.59), 0.05), Err(Undefined::OutOfDomain));
        assert!(rogan_gladen(0.7, 500.0, error(0.61), 0.05).is_ok());
        // 0.6 + 0.6 - 1 is 0.19999999999999996, and 0.2 all the same.
        assert!(rogan_gladen(0.7, 500.0, error(0.6), 0.05).is_ok());
    }

    #[test]
    fn swapping_the_arms_mirrors_a_judged_difference() {
        let verdict = |judged, labelled, improved, regressed| PairedVerdict { judged, labelled, improved, regressed };
        let one = [verdict(30, 12, 1, 9), verdict(800, 90, 0, 1), verdict(40, 13, 7, 1)];
        let other = [verdict(40, 13, 1, 7), verdict(800, 90, 1, 0), verdict(30, 12, 9, 1)];
        let (one, other) = (judged_difference(&one, 0.05).unwrap(), judged_difference(&other, 0.05).unwrap());
        assert!((one.estimate + other.estimate).abs() < 1e-12);
        assert!((one.interval.lower + other.interval.upper).abs() < 1e-9);
    }
}

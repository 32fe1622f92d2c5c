//! What a gate claims, and how an estimate meets it: p values under each reading of missing grades.
//!
//! in      a gate's rule, what was weighed
//! out     p of the claim that the rule holds, and of the claim that harm is done
//! errors  `None` where nothing is tested, or nothing can be estimated
//! rule    there is one place where an estimate meets a threshold: `p_on`, and `p_in` for a judge's verdicts, which are corrected first

use crate::evidence::{Weighed, Weighing, absolute_margin, higher_is_better};
use crate::gate::{Gate, Margin, Rule};
use stats::judge::Corrected;

/// How missing grades are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Left out.
    AsGraded,
    Best,
    Worst,
}

const READINGS: [Reading; 3] = [Reading::AsGraded, Reading::Best, Reading::Worst];

/// Which side of its bound the measure must lie on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
}

/// What is tested: that the measure lies on a side of a bound; harm is that it lies on the other side of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub side: Side,
    pub bound: f64,
    pub harm_bound: f64,
}

pub(super) fn read(weighing: &Weighing, reading: Reading) -> Option<&Weighed> {
    match reading {
        Reading::AsGraded => Some(&weighing.graded),
        Reading::Best => weighing.best.as_ref(),
        Reading::Worst => weighing.worst.as_ref(),
    }
}

/// The same of a judge's verdicts, corrected.
fn read_corrected(weighing: &Weighing, reading: Reading) -> Option<&Corrected> {
    let correction = weighing.corrected.as_ref()?;
    match reading {
        Reading::AsGraded => Some(&correction.graded),
        Reading::Best => correction.best.as_ref(),
        Reading::Worst => correction.worst.as_ref(),
    }
}

/// p of the claim that the measure lies on this side of the bound. The one place where an estimate meets a threshold.
fn p_on(weighed: &stats::Weighed, side: Side, bound: f64) -> f64 {
    match side {
        Side::Above => weighed.p_at_most(bound),
        Side::Below => weighed.p_at_least(bound),
    }
}

/// The same in a reading of what was weighed; a judge's verdicts are corrected for its error before they meet a threshold.
fn p_in(weighing: &Weighing, reading: Reading, side: Side, bound: f64) -> Option<f64> {
    let weighed = read(weighing, reading)?.as_ref().ok()?;
    Some(match (read_corrected(weighing, reading), side) {
        (Some(corrected), Side::Above) => corrected.p_at_most(bound),
        (Some(corrected), Side::Below) => corrected.p_at_least(bound),
        (None, _) => p_on(weighed, side, bound),
    })
}

/// p of the claim by the judge's verdicts alone.
pub(super) fn p_on_seen(weighed: &stats::Weighed, test: Test) -> f64 {
    p_on(weighed, test.side, test.bound)
}

/// Under each reading p of the claim that the rule holds.
pub(super) fn p_claim(test: Option<Test>, weighing: Option<&Weighing>) -> [Option<f64>; 3] {
    READINGS.map(|reading| {
        let test = test?;
        p_in(weighing?, reading, test.side, test.bound)
    })
}

/// Under each reading p of the claim that harm is done.
pub(super) fn p_harm(test: Option<Test>, weighing: Option<&Weighing>) -> [Option<f64>; 3] {
    READINGS.map(|reading| {
        let test = test?;
        let other = match test.side {
            Side::Above => Side::Below,
            Side::Below => Side::Above,
        };
        p_in(weighing?, reading, other, test.harm_bound)
    })
}

/// The fewest conversations of equal weight on which a rate, or a difference of passes, is tested.
pub(super) const LEAST_CLUSTERS: u64 = 5;

/// Below this many degrees of freedom a few conversations decide everything; five alike have 4, or 3.999999999999999 as a sum.
pub(super) fn least_df(kind: stats::Kind) -> f64 {
    const ROUNDING: f64 = 1e-9;
    let least = match kind {
        stats::Kind::Rate | stats::Kind::Difference => LEAST_CLUSTERS,
        stats::Kind::Graded | stats::Kind::GradedDifference | stats::Kind::Mean => stats::LEAST_CLUSTERS_OF_A_MEAN,
    };
    (least - 1) as f64 - ROUNDING
}

pub(super) fn p_without_unmeasured(weighed: &stats::Weighed, test: Test) -> f64 {
    p_on(&weighed.measured_only(), test.side, test.bound)
}

/// What a gate tests; `None` for never rules, which are not tested but counted.
pub(super) fn test_of(gate: &Gate) -> Option<Test> {
    let absolute = |side, bound| Some(Test { side, bound, harm_bound: bound });
    let better = if higher_is_better(&gate.measure) { Side::Above } else { Side::Below };
    match gate.rule {
        Rule::AtLeast(bound) => absolute(Side::Above, bound),
        Rule::AtMost(bound) => absolute(Side::Below, bound),
        Rule::Within { share, .. } => absolute(Side::Above, share.get()),
        Rule::NotWorse { by, .. } => {
            let margin = absolute_margin(by);
            let bound = if better == Side::Above { -margin } else { margin };
            Some(Test { side: better, bound, harm_bound: 0.0 })
        }
        Rule::Better { by, .. } => {
            let margin = absolute_margin(by);
            let bound = if better == Side::Above { margin } else { -margin };
            Some(Test { side: better, bound, harm_bound: 0.0 })
        }
        Rule::Never { .. } => None,
    }
}

/// p of the claim for the best record that as many clusters could have made: without a failure, with nothing of what a limit counts, or
/// without a difference to the opponent. `None` where nothing bounds how good a record may be.
pub fn best_p(gate: &Gate, weighed: &stats::Weighed) -> Option<f64> {
    let is_bounded = match gate.rule {
        Rule::AtLeast(_) | Rule::AtMost(_) | Rule::Within { .. } => true,
        Rule::NotWorse { by, .. } => matches!(by, Margin::Absolute(_)),
        Rule::Better { .. } | Rule::Never { .. } => false,
    };
    let test = test_of(gate).filter(|_| is_bounded)?;
    Some(match test.side {
        Side::Above => weighed.best_p_above(test.bound),
        Side::Below => weighed.best_p_below(test.bound),
    })
}

/// Whether a gate's claim holds on what was weighed, at this level: the same test as in `find`.
pub fn claim_holds(gate: &Gate, weighing: &Weighing, level: f64) -> Option<bool> {
    let test = test_of(gate)?;
    Some(p_in(weighing, Reading::AsGraded, test.side, test.bound)? <= level)
}

/// Whether a gate claims that its measure lies below a limit, and not above one; `None` for never rules, which claim nothing.
pub fn claims_below(gate: &Gate) -> Option<bool> {
    Some(test_of(gate)?.side == Side::Below)
}

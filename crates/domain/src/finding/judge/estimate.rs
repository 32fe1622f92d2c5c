//! What a finding shows of its numbers: the estimate with its interval, what it was tested at, and how many more would decide.

use super::Hearing;
use crate::evidence::higher_is_better;
use crate::finding::claim::{Reading, Side, Test};
use crate::finding::levels::Levels;
use crate::finding::{AsJudged, Difference, Estimate, Method, State};
use crate::gate::Rule;
use crate::question::RelativeMargin;
use stats::judge::Corrected;

impl Hearing<'_> {
    pub(super) fn estimate(&self, levels: &Levels, at: usize, state: State) -> Option<Estimate> {
        let tested = if state == State::Breached { levels.harm(at) } else { levels.claim(at) };
        if let Rule::Never { max_rate } = self.gate.rule {
            return self.never_estimate(max_rate.map(|rate| rate.get()), self.alpha);
        }
        let test = self.test?;
        // Beside a relative margin harm is tested on the plain difference, which stands beside this one.
        let weighing = self.claim?;
        let weighed = weighing.graded.as_ref().ok()?;
        let corrected = weighing.corrected.as_ref().map(|correction| &correction.graded);
        let (value, interval) = match corrected {
            Some(corrected) => (corrected.estimate(), corrected.interval(tested.level)),
            None => (weighed.estimate(), weighed.interval(tested.level)),
        };
        Some(Estimate {
            value,
            lower: interval.lower,
            upper: interval.upper,
            level: tested.level,
            p: self.p_claim(Reading::AsGraded)?,
            p_adjusted: levels.claim(at).adjusted,
            p_harm: self.p_harm(Reading::AsGraded),
            p_harm_adjusted: self.p_harm(Reading::AsGraded).map(|_| levels.harm(at).adjusted),
            margin: test.bound,
            effective_n: weighed.effective_n(),
            clusters: weighed.clusters(),
            kish_clusters: weighed.kish_clusters(),
            unmeasured: weighed.unmeasured(),
            method: if corrected.is_some() { Method::of_judged(weighed.kind()) } else { Method::of(weighed.kind()) },
            // What comes in addition is tested at the next look.
            more_needed: self.more_needed(weighed, test, tested.level * self.next).filter(|_| corrected.is_none()),
            spotless: without_failure(weighed, test, tested.level * self.next).is_some(),
            judged: corrected.map(|corrected| as_judged(corrected, test, tested.level)),
            difference: self.difference(tested.level),
        })
    }

    /// What a relative margin is about, which the tested mean of candidate less a multiple of its opponent does not show.
    fn difference(&self, level: f64) -> Option<Difference> {
        let RelativeMargin(factor) = RelativeMargin::of(&self.gate.rule, higher_is_better(&self.gate.measure))?;
        let (tested, plain) = (self.claim?.graded.as_ref().ok()?, self.harm?.graded.as_ref().ok()?);
        let (value, interval) = (plain.estimate(), plain.interval(level));
        // tested = candidate - factor * opponent, and value = candidate - opponent.
        let opponent = (value - tested.estimate()) / (factor - 1.0);
        let relative = Some(value / opponent).filter(|share| share.is_finite());
        Some(Difference { value, lower: interval.lower, upper: interval.upper, relative, factor })
    }

    fn never_estimate(&self, max_rate: Option<f64>, level: f64) -> Option<Estimate> {
        let weighed = self.claim?.graded.as_ref().ok()?;
        let interval = weighed.interval(level);
        let clean = self.failed.is_empty();
        let of_rest = max_rate.filter(|_| clean).map(|rate| weighed.rate_of_rest(rate));
        let p = of_rest.map_or(1.0, |rate| stats::zero_failure_p(weighed.clusters(), rate));
        Some(Estimate {
            value: weighed.estimate(),
            // The bound speaks of the pass rate, as every rate does: 1 - (upper bound on failures).
            lower: if clean { 1.0 - self.zero_failure_upper(level) } else { interval.lower },
            upper: interval.upper,
            level,
            p,
            p_adjusted: p,
            p_harm: None,
            p_harm_adjusted: None,
            margin: max_rate.map_or(1.0, |rate| 1.0 - rate),
            effective_n: weighed.effective_n(),
            clusters: weighed.clusters(),
            kish_clusters: weighed.kish_clusters(),
            unmeasured: weighed.unmeasured(),
            method: Method::ZeroFailures,
            more_needed: of_rest
                .filter(|rate| *rate > 0.0)
                .map(|rate| stats::zero_failure_n(rate, level).saturating_sub(weighed.clusters())),
            spotless: clean,
            judged: self.claim.and_then(|weighing| weighing.corrected.as_ref()).map(|correction| AsJudged {
                value: weighed.estimate(),
                labels: correction.graded.labels(),
                more_labels: None,
            }),
            difference: None,
        })
    }

    fn more_needed(&self, weighed: &stats::Weighed, test: Test, level: f64) -> Option<u64> {
        let needed = match (weighed.kind(), test.side, self.is_comparison()) {
            (stats::Kind::Difference, Side::Above, true) if test.bound < 0.0 => {
                weighed.clusters_needed(-test.bound, level)?
            }
            (stats::Kind::Rate, Side::Above, _) => match without_failure(weighed, test, level) {
                Some(clusters) => clusters,
                None => weighed.clusters_needed_for_floor(test.bound, level)?,
            },
            (stats::Kind::Rate, Side::Below, _) => match weighed.clusters_needed_without_any(test.bound, level) {
                Some(clusters) => clusters,
                None => weighed.clusters_needed_for_ceiling(test.bound, level)?,
            },
            _ => weighed.clusters_needed_if(self.supposed(weighed, test)?, test.bound, level)?,
        };
        Some(weighed.clusters_short_of(needed))
    }

    /// What is supposed to be true while asking how many would show it: no change where a margin allows for a loss, else what was seen.
    /// `None` where even that would not be what the gate asks for.
    fn supposed(&self, weighed: &stats::Weighed, test: Test) -> Option<f64> {
        let truly = match (&self.gate.rule, self.difference(test.bound)) {
            // Tested is candidate less a multiple of its opponent.
            (Rule::NotWorse { .. }, Some(difference)) => {
                let opponent = (difference.value - weighed.estimate()) / (difference.factor - 1.0);
                opponent * (1.0 - difference.factor)
            }
            (Rule::NotWorse { .. }, None) => 0.0,
            _ => weighed.estimate(),
        };
        let clears = match test.side {
            Side::Above => truly > test.bound,
            Side::Below => truly < test.bound,
        };
        clears.then_some(truly)
    }
}

/// Conversations in all with which a record that has no failure so far would clear its floor, were it to have none; no chance is in that.
fn without_failure(weighed: &stats::Weighed, test: Test, level: f64) -> Option<u64> {
    let is_floor = test.side == Side::Above;
    weighed.clusters_needed_without_failure(test.bound, level).filter(|_| is_floor)
}

/// What the verdicts say, and about how many labels more of the same kind would show what they now only suggest.
fn as_judged(corrected: &Corrected, test: Test, level: f64) -> AsJudged {
    let (value, labels) = (corrected.estimate(), corrected.labels());
    let interval = corrected.interval(level);
    let (gap, half) = match test.side {
        Side::Above => (value - test.bound, value - interval.lower),
        Side::Below => (test.bound - value, interval.upper - value),
    };
    // Half-widths shrink with the root of the labels.
    let times = (half / gap) * (half / gap);
    let more = (gap > 0.0 && times > 1.0).then(|| ((times - 1.0) * labels as f64).ceil());
    let more_labels = more.filter(|more| *more < 1e6).map(|more| more as u64);
    AsJudged { value: corrected.seen().estimate(), labels, more_labels }
}

//! Quantiles of what was measured of answers, milliseconds or money, with intervals by order statistics.
//!
//! in      the values of answers by example; the members of a segment and its strata
//! out     median and 95th percentile, each with its two-sided 95 % interval; a bound is `None` where there is not enough data for it
//! how     the ranks are those of as many independent answers as the rate of values up to the quantile is worth (`stats::weigh`): answers of
//!         one conversation count as far as they differ, and the repeats of an example share its weight
//! note    shown, and no decision rests on it: gates ask for the share beyond a limit. An answer without a value (it failed, or came from a
//!         cache) is in no quantile

use crate::question::Question;
use crate::reference_set::ExampleIndex;
use crate::tally::{Member, Scored, tally};
use stats::{Kind, Ordered, Strata, Weighed, weigh};

/// Each side.
const LEVEL: f64 = 0.025;
/// Counts of which this much is lacking to a whole one are whole.
const ROUNDING: f64 = 1e-6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Answers with a value, of examples that count toward a rate.
    pub answers: u64,
    pub p50: Quantile,
    pub p95: Quantile,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    pub value: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// Independent answers that its ranks are taken of.
    pub independent: u64,
}

impl Measured {
    /// Of a question about one arm; `None` where nothing was measured, or in one conversation only.
    pub fn of(
        question: &Question,
        values: &[(ExampleIndex, f64)],
        members: &[Member],
        strata: &Strata,
    ) -> Option<Self> {
        let examples = members.iter().map(|member| member.example as usize + 1).max()?;
        let known = up_to(f64::INFINITY, values, examples);
        let all = tally(question, &known, None, members, strata);
        let scales = all.strata.scales(&all.clusters);
        let mut weights = vec![0.0; examples];
        for member in members {
            weights[member.example as usize] = member.weight * scales.get(member.stratum as usize).unwrap_or(&0.0);
        }
        let weighted = values.iter().filter_map(|&(example, value)| {
            let at = example.0 as usize;
            let weight = weights.get(at)? / f64::from(known.get(at)?.known);
            (weight > 0.0).then_some((value, weight))
        });
        let ordered = Ordered::of(weighted.collect()).ok()?;
        let quantile = |share: f64| {
            let value = ordered.at(share);
            let rate = tally(question, &up_to(value, values, examples), None, members, strata);
            let weighed = weigh(&rate.clusters, &rate.strata, Kind::Rate).ok()?;
            let independent = independent(&weighed);
            // What was not measured of the traffic could lie anywhere.
            let bounds = ordered.bounds(share, LEVEL, independent).ok().filter(|_| weighed.unmeasured() == 0.0);
            let (lower, upper) = (bounds.and_then(|of| of.lower.ok()), bounds.and_then(|of| of.upper.ok()));
            Some(Quantile { value, lower, upper, independent })
        };
        Some(Measured { answers: ordered.count(), p50: quantile(0.5)?, p95: quantile(0.95)? })
    }
}

/// Of each example, how many of its values do not exceed a limit.
fn up_to(limit: f64, values: &[(ExampleIndex, f64)], examples: usize) -> Vec<Scored> {
    let mut scored = vec![Scored { planned: 1, ..Scored::default() }; examples];
    for (example, value) in values {
        if let Some(of) = scored.get_mut(example.0 as usize) {
            of.known += 1;
            of.sum += f64::from(u8::from(*value <= limit));
        }
    }
    scored
}

/// Whole independent answers that a rate is worth. Its variance is that of a sample, so that n independent ones would seem n - 1.
fn independent(weighed: &Weighed) -> u64 {
    let kish = weighed.kish_examples();
    ((weighed.effective_n() * kish / (kish - 1.0)).min(kish) + ROUNDING).floor() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Measure;
    use crate::question::{Compared, ValueOf};
    use crate::segment::Segment;
    use crate::system::Arm;

    /// Of answers of 1, 2, 3 ... ms, so many to a conversation and so many to an example.
    fn measured(answers: u32, to_a_conversation: u32, to_an_example: u32, strata: &Strata) -> Measured {
        let question = Question {
            measure: Measure::Latency,
            value: ValueOf::Amount,
            segment: Segment::all(),
            compared: Compared::Alone(Arm::Candidate),
        };
        let value = |at: u32| (ExampleIndex(at / to_an_example), f64::from(at + 1));
        let values: Vec<(ExampleIndex, f64)> = (0..answers).map(value).collect();
        let member = |example: u32| {
            let cluster = example * to_an_example / to_a_conversation;
            Member { example, cluster, stratum: 0, weight: 1.0 }
        };
        let members: Vec<Member> = (0..answers / to_an_example).map(member).collect();
        Measured::of(&question, &values, &members, strata).expect("two conversations")
    }

    fn ends(of: Quantile) -> (f64, Option<f64>, Option<f64>, u64) {
        (of.value, of.lower, of.upper, of.independent)
    }

    #[test]
    fn independent_answers_have_the_plain_order_statistics() {
        // Of Binomial(80, 1/2) and Binomial(80, .95): ranks 31 and 50, 72 and 80.
        let told = measured(80, 1, 1, &Strata::none());
        assert_eq!(told.answers, 80);
        assert_eq!(ends(told.p50), (40.0, Some(31.0), Some(50.0), 80));
        assert_eq!(ends(told.p95), (76.0, Some(72.0), Some(80.0), 80));
    }

    #[test]
    fn seventy_two_bound_the_95th_percentile_from_above_and_seventy_one_do_not() {
        assert_eq!(measured(72, 1, 1, &Strata::none()).p95.upper, Some(72.0));
        assert_eq!(measured(71, 1, 1, &Strata::none()).p95.upper, None);
    }

    #[test]
    fn answers_that_are_alike_in_a_conversation_or_belong_to_one_example_are_worth_one() {
        for to_an_example in [1, 4] {
            let told = measured(80, 4, to_an_example, &Strata::none());
            assert_eq!(told.answers, 80);
            assert!(told.p50.independent <= 20, "{told:?}");
            assert_eq!(told.p95.upper, None, "twenty do not bound it");
        }
    }

    #[test]
    fn what_was_not_measured_leaves_no_bound() {
        let told = measured(80, 1, 1, &Strata::declared(vec![0.9, 0.1]));
        assert_eq!((told.p50.value, told.p50.lower, told.p50.upper), (40.0, None, None));
    }
}

//! What repeats of the same example tell: how often one of them passes, how often all do, and whether examples differ more than repeats.
//!
//! in      how many repeats of each example passed, of how many with a grade; the members of a segment and its strata
//! out     pass@k and pass^k, over the examples of which at least k repeats have a grade; mean squares between and within examples, and
//!         their intraclass correlation, every example alike; `None` where there are too few, or nothing varies
//! note    shown, and no decision rests on it: repeats are not examples

use super::Weighing;
use crate::question::Question;
use crate::tally::{Member, Scored, tally};
use stats::Strata;
use stats::epochs::{PassAt, pass_at, variation};

#[derive(Clone, Debug)]
pub struct Repeated {
    /// k.
    pub tries: u16,
    /// P(at least one of k tries passes).
    pub any: Weighing,
    /// P(all of k tries pass).
    pub all: Weighing,
    pub between: Option<f64>,
    pub within: Option<f64>,
    pub icc: Option<f64>,
}

impl Repeated {
    /// Of a question about whether one arm passes, and what each example scored there.
    pub fn of<S: AsRef<Scored>>(
        question: &Question,
        tries: u16,
        scored: &[S],
        members: &[Member],
        strata: &Strata,
    ) -> Self {
        let weighed = |figure: fn(PassAt) -> f64| {
            let tried: Vec<Scored> = scored.iter().map(|of| tried(of.as_ref(), tries, figure)).collect();
            Weighing::of(question, &tally(question, &tried, None, members, strata))
        };
        let varied = variation(&grades(scored, members)).ok();
        Repeated {
            tries,
            any: weighed(|pass| pass.any),
            all: weighed(|pass| pass.all),
            between: varied.and_then(|of| of.between.ok()),
            within: varied.and_then(|of| of.within.ok()),
            icc: varied.and_then(|of| of.icc.ok()),
        }
    }
}

/// One figure in place of an example's repeats; unknown where fewer of them have a grade than there are tries.
fn tried(scored: &Scored, tries: u16, figure: fn(PassAt) -> f64) -> Scored {
    let figure = pass_at(u64::from(tries), passed(scored), u64::from(scored.known)).map(figure).ok();
    Scored { sum: figure.unwrap_or(0.0), known: u32::from(figure.is_some()), ..*scored }
}

fn passed(scored: &Scored) -> u64 {
    scored.sum.round() as u64
}

/// The grades of each example that counts toward a rate.
fn grades<S: AsRef<Scored>>(scored: &[S], members: &[Member]) -> Vec<Vec<f64>> {
    let of = |member: &Member| scored.get(member.example as usize).map(AsRef::as_ref);
    let known = members.iter().filter(|member| member.weight > 0.0).filter_map(of).filter(|of| of.known > 0);
    known.map(|of| (0..u64::from(of.known)).map(|at| f64::from(u8::from(at < passed(of)))).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Measure;
    use crate::name::CriterionName;
    use crate::question::{Compared, ValueOf};
    use crate::segment::Segment;
    use crate::share::Share;
    use crate::system::Arm;

    /// Passed of known repeats, one example a cluster, with weights.
    fn repeated(examples: &[(u32, u32, f64)]) -> Repeated {
        let question = Question {
            measure: Measure::Criterion(CriterionName::new("right")),
            value: ValueOf::Reaches(Share::ONE),
            segment: Segment::all(),
            compared: Compared::Alone(Arm::Candidate),
        };
        let scored = examples.iter().map(|&(passed, known, _)| {
            let missing = 3 - known;
            Scored { sum: f64::from(passed), known, missing, grader_errors: missing, planned: 3, ..Scored::default() }
        });
        let member = |(at, &(.., weight)): (usize, &(u32, u32, f64))| {
            let at = at as u32;
            Member { example: at, cluster: at, stratum: 0, weight }
        };
        let members: Vec<Member> = examples.iter().enumerate().map(member).collect();
        Repeated::of(&question, 3, &scored.collect::<Vec<_>>(), &members, &Strata::none())
    }

    fn is(figure: Option<f64>, expected: f64) {
        assert!(figure.is_some_and(|figure| (figure - expected).abs() < 1e-12), "{figure:?} is not {expected}");
    }

    #[test]
    fn of_three_repeats_one_passes_more_often_than_all() {
        let told = repeated(&[(3, 3, 1.0), (2, 3, 1.0), (0, 3, 1.0), (3, 3, 1.0)]);
        is(told.any.estimate(), 0.75);
        is(told.all.estimate(), 0.5);
        // Grand mean 8/12; 3 (1/9 + 0 + 4/9 + 1/9) over 3, and 2/3 over 8; (2/3 - 1/12) / (2/3 + 2/12).
        is(told.between, 2.0 / 3.0);
        is(told.within, 1.0 / 12.0);
        is(told.icc, 0.7);
    }

    #[test]
    fn weights_count_as_in_every_rate_and_an_example_without_weight_does_not() {
        let told = repeated(&[(3, 3, 3.0), (0, 3, 1.0), (2, 3, 0.0)]);
        is(told.any.estimate(), 0.75);
        is(told.within, 0.0);
        is(told.icc, 1.0);
    }

    #[test]
    fn a_repeat_without_a_grade_leaves_an_example_out_of_the_tries_and_is_counted() {
        let told = repeated(&[(3, 3, 1.0), (0, 3, 1.0), (2, 2, 1.0)]);
        is(told.all.estimate(), 0.5);
        assert_eq!((told.all.counts.planned, told.all.counts.graded), (3, 2));
        assert!(told.within.is_some(), "what is known of its repeats varies too");
        let alike = repeated(&[(3, 3, 1.0), (3, 3, 1.0)]);
        assert_eq!((alike.between, alike.within, alike.icc), (Some(0.0), Some(0.0), None));
    }
}

//! People who follow the advice, on systems and judges whose truth is known.

use super::super::join::join;
use super::super::labels::OfAnswer;
use super::*;
use domain::criterion::Kind;
use domain::example::Guard;
use domain::format::labels::Label;
use domain::grader::Grader;
use domain::name::{ClusterId, CriterionName, ExampleId, SystemName};
use domain::provenance::Weight;
use domain::reference_set::{Kept, Row, RowState};
use domain::review::Says;
use domain::rubric::Rubric;
use domain::score::{HowJudged, State};
use domain::segment::Segment;
use lake::Verdict;

const EXAMPLES: u32 = 200;

fn criterion() -> Criterion {
    Criterion {
        name: CriterionName::new("grounded"),
        describe: String::new(),
        protects: Vec::new(),
        grader: Grader::Judge { rubric: "rubrics/grounded.md".into(), with: vec![SystemName::new("judge")] },
        applies: Default::default(),
        pass_at: None,
        kind: Kind::PassFail,
    }
}

fn set() -> ReferenceSet {
    let row = |at: u32| Row {
        id: ExampleId::new(format!("e{at}")),
        digest: Digest::of_bytes(&at.to_be_bytes()),
        cluster: ClusterId::new(format!("c{at}")),
        weight: Weight::Assumed,
        source: None,
        guard: Guard::No,
        never: false,
        state: RowState::Active,
        pair: None,
        kept: Kept { file: 0, line: 0, offset: 0, length: 0 },
    };
    let mut set = ReferenceSet::default();
    set.rows = (0..EXAMPLES).map(row).collect();
    set
}

/// Numbers in [0, 1), from a seed.
fn chance(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Both systems fail mostly on the same examples, so that a difference is often the judge's mistake.
fn truth(unit: f64) -> [bool; 2] {
    match unit {
        unit if unit < 0.84 => [true, true],
        unit if unit < 0.96 => [false, false],
        unit if unit < 0.98 => [true, false],
        _ => [false, true],
    }
}

fn label(answer: Answer, passes: bool, sample: Sample) -> OfAnswer {
    let (example, arm, repeat) = answer;
    OfAnswer {
        label: Label {
            example: ExampleId::new(format!("e{}", example.0)),
            system: arm.as_str().to_owned(),
            repeat,
            criterion: CriterionName::new("grounded"),
            says: if passes { Says::Pass } else { Says::Fail },
            by: "reviewer-1".to_owned(),
            sample: Some(sample),
            answer_digest: None,
            at: None,
            note: None,
            rubric_digest: None,
        },
        example,
        arm,
    }
}

/// What the corrected rate misses the truth by, after so many rounds of advice that is followed; and how many pairs were labelled.
fn followed(seed: u64, rounds: usize) -> (f64, u64) {
    let (criterion, set) = (criterion(), set());
    let mut unit = chance(seed);
    let (mut people, mut verdicts) = (BTreeMap::new(), Vec::new());
    for at in 0..EXAMPLES {
        let example = ExampleIndex(at);
        for (arm, passes) in [Arm::Candidate, Arm::Production].into_iter().zip(truth(unit())) {
            let said = unit() < if passes { 0.9 } else { 0.3 };
            people.insert((example, arm, 0), passes);
            let value = Some(f64::from(u8::from(said)));
            let how = HowJudged::default();
            verdicts.push(Verdict { example, arm, repeat: 0, state: State::Graded, value, how });
        }
    }
    let mut labels: Vec<OfAnswer> = Vec::new();
    for _ in 0..rounds {
        let suggested = next(&set, &join(&criterion, None, &set, &verdicts, &labels));
        labels.extend(suggested.iter().map(|one| label(one.answer, people[&one.answer], one.sample)));
    }
    let joined = join(&criterion, None, &set, &verdicts, &labels);
    let (segment, labelled) = (Segment::all(), joined.in_segment(&Segment::all()));
    let corrected = labelled.correct_rate(&joined.seen(&segment).expect("verdicts")).expect("a rate");
    let truth = people.values().filter(|passes| **passes).count() as f64 / people.len() as f64;
    (corrected.estimate() - truth, labelled.labelled_pairs())
}

#[test]
fn advice_that_is_followed_leaves_the_rate_unbiased() {
    const RUNS: u64 = 40;
    let found: Vec<(f64, u64)> = (1..=RUNS).map(|seed| followed(seed, 8)).collect();
    let bias = found.iter().map(|(missed, _)| missed).sum::<f64>() / RUNS as f64;
    // Three and a half standard errors of the mean; labels of differences, taken as at random, missed by 0.05.
    assert!(bias.abs() < 0.02, "{bias}");
    assert!(found.iter().all(|(_, pairs)| *pairs >= 32), "{found:?}");
}

#[test]
fn a_pair_is_suggested_whole_and_no_answer_twice() {
    let (criterion, set) = (criterion(), set());
    let verdict = |at: u32, arm: Arm| {
        let value = Some(if arm == Arm::Candidate && at.is_multiple_of(3) { 0.0 } else { 1.0 });
        let how = HowJudged::default();
        Verdict { example: ExampleIndex(at), arm, repeat: 0, state: State::Graded, value, how }
    };
    let arms = [Arm::Candidate, Arm::Production];
    let verdicts: Vec<Verdict> = (0..EXAMPLES).flat_map(|at| arms.map(|arm| verdict(at, arm))).collect();
    let joined = join(&criterion, None, &set, &verdicts, &[]);
    let suggested = next(&set, &joined);
    let of = |sample: Sample| suggested.iter().filter(move |one| one.sample == sample);
    assert_eq!((of(Sample::Enriched).count(), of(Sample::Paired).count()), (2 * OF_EACH, 4 * OF_EACH));
    for one in of(Sample::Paired) {
        let (example, arm, repeat) = one.answer;
        let other = arms.into_iter().find(|other| *other != arm).expect("another");
        assert!(of(Sample::Paired).any(|known| known.answer == (example, other, repeat)));
    }
    let mut answers: Vec<Answer> = suggested.iter().map(|one| one.answer).collect();
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), suggested.len());
}

#[test]
fn on_levels_those_next_to_where_passes_begin_are_suggested() {
    let text = "---\nplimsoll_rubric: 1\nquestion: How good is it?\nscale: {levels: [a, b, c, d, e, f], pass_at: e}\n---\n\n## Levels\n\n\
                - a: 1\n- b: 2\n- c: 3\n- d: 4\n- e: 5\n- f: 6\n";
    let rubric = domain::format::rubric::parse("rubric.md".into(), text, None).expect("a rubric");
    let (criterion, set) = (criterion(), set());
    let verdict = |at: u32| {
        let level = at % 6;
        let how = HowJudged { level: Some(level), panel_differs: Some(at.is_multiple_of(10)), ..HowJudged::default() };
        let (arm, value) = (Arm::Candidate, Some(f64::from(u8::from(level >= 4))));
        Verdict { example: ExampleIndex(at), arm, repeat: 0, state: State::Graded, value, how }
    };
    let verdicts: Vec<Verdict> = (0..EXAMPLES).map(verdict).collect();
    let why = |rubric: Option<&Rubric>, why: &str| -> Vec<u32> {
        let suggested = next(&set, &join(&criterion, rubric, &set, &verdicts, &[]));
        suggested.iter().filter(|one| one.why == why).map(|one| one.answer.0.0).collect()
    };
    let near = why(Some(&rubric), "its verdict lies next to where passes begin");
    assert_eq!(near.len(), OF_EACH, "{near:?}");
    assert!(
        near.iter().all(|at| [3, 4].contains(&(at % 6))),
        "the last that fails, and the first that passes: {near:?}"
    );
    assert!(why(None, "its verdict lies next to where passes begin").is_empty(), "0 and 1 have no degrees");
    let divided = why(Some(&rubric), "the panel is divided on it");
    assert!(!divided.is_empty() && divided.iter().all(|at| at.is_multiple_of(10)), "{divided:?}");
}

//! Tallies by SQL against the same rules in plain Rust, on small random runs: repeats, missing states, weights, strata,
//! clusters, pairs. Sums may be taken in another order, so they agree to 1e-12.

use camino::Utf8Path;
use domain::contract::Contract;
use domain::digest::Digest;
use domain::example::Guard;
use domain::gate::Measure;
use domain::name::{Attribute, ClusterId, CriterionName, ExampleId};
use domain::provenance::Weight;
use domain::question::{Compared, Counts, Question, Tally, ValueOf};
use domain::reference_set::{Column, Kept, NO_VALUE, ReferenceSet, Row, RowState};
use domain::score::{HowJudged, State};
use domain::segment::{Minimum, Segment};
use domain::share::{Amount, Share};
use domain::system::Arm;
use lake::{AnswerIn, Asked, Cut, RunWriter, ScoreIn, Scores};
use proptest::prelude::*;
use stats::Cluster;
use std::collections::BTreeMap;

/// A contract with strata by task, shares 3/4 and 1/4.
const CONTRACT: &str = "\
plimsoll: 1
name: oracle
owners: {release: release captain}
segments:
  - {by: task, shares: {billing: 75%, refund: 25%}}
criteria:
  grounded: {protects: wrong_source, grade: imported, kind: graded}
  tone: {protects: format_violation, grade: imported, pass_at: 0.5}
";
const CRITERIA: [&str; 2] = ["grounded", "tone"];
const ARMS: [Arm; 2] = [Arm::Candidate, Arm::Production];
const TASKS: [&str; 2] = ["billing", "refund"];

/// One example and what became of it: for each arm, repeat and criterion a state and a value.
#[derive(Clone, Debug)]
struct Case {
    cluster: u8,
    weight: u8,
    task: u8,
    active: bool,
    scores: [Vec<[(State, u8); 2]>; 2],
    latency: [Option<u8>; 2],
}

fn case() -> impl Strategy<Value = Case> {
    let state = prop_oneof![
        6 => Just(State::Graded),
        1 => Just(State::SystemError),
        1 => Just(State::GraderError),
        1 => Just(State::NotRun),
        1 => Just(State::NotApplicable),
    ];
    let score = (state, prop::sample::select(vec![0u8, 4, 8]));
    let scores = prop::collection::vec([score.clone(), score], 1..=4);
    (
        0u8..4,
        0u8..3,
        0u8..3,
        prop::bool::weighted(0.9),
        [scores.clone(), scores],
        [any::<Option<u8>>(), any::<Option<u8>>()],
    )
        .prop_map(|(cluster, weight, task, active, scores, latency)| Case {
            cluster,
            weight,
            task,
            active,
            scores,
            latency,
        })
}

fn value(eighths: u8) -> f64 {
    f64::from(eighths) / 8.0
}

fn set_of(cases: &[Case]) -> ReferenceSet {
    let mut set = ReferenceSet::default();
    let mut tasks = Column { values: TASKS.map(str::to_owned).to_vec(), of_row: Vec::new() };
    for (at, case) in cases.iter().enumerate() {
        tasks.of_row.push(if case.task < 2 { u32::from(case.task) } else { NO_VALUE });
        set.rows.push(Row {
            id: ExampleId::new(format!("e{at}")),
            digest: Digest::of_bytes(&[at as u8]),
            cluster: ClusterId::new(format!("c{}", case.cluster)),
            weight: match case.weight {
                0 => Weight::None,
                weight => Weight::Sampled(Amount::new(f64::from(weight)).unwrap()),
            },
            source: None,
            guard: Guard::No,
            never: false,
            state: if case.active { RowState::Active } else { RowState::Quarantined },
            pair: None,
            kept: Kept { file: 0, line: 0, offset: 0, length: 0 },
        });
    }
    set.attributes.insert(Attribute::new("task"), tasks);
    set
}

/// Writes the run, its rows in the order of their numbers under a permutation.
fn write(folder: &Utf8Path, cases: &[Case], set: &ReferenceSet, turned: bool) {
    let mut writer = RunWriter::create(folder).unwrap();
    let mut rows: Vec<(usize, usize, usize)> = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        for (arm, scores) in case.scores.iter().enumerate() {
            rows.extend((0..scores.len()).map(|repeat| (at, arm, repeat)));
        }
    }
    if turned {
        rows.reverse();
    }
    for (at, arm, repeat) in rows {
        let case = &cases[at];
        for (criterion, (state, eighths)) in case.scores[arm][repeat].iter().enumerate() {
            let score = ScoreIn {
                example: set.rows[at].id.as_str(),
                index: at as u32,
                example_digest: &set.rows[at].digest.to_string(),
                system: ARMS[arm].as_str(),
                repeat: repeat as u32,
                criterion: CRITERIA[criterion],
                grader: "g",
                state: *state,
                value: (*state == State::Graded).then(|| value(*eighths)),
                class: None,
                reason: "",
                how: HowJudged::default(),
            };
            writer.score(&score).unwrap();
        }
        let answer = AnswerIn {
            index: at as u32,
            system: ARMS[arm].as_str(),
            repeat: repeat as u32,
            state: answer_state(&case.scores[arm][repeat]),
            latency_ms: case.latency[arm].map(f64::from),
            spend: None,
            cached: false,
            attempts: None,
            kept: None,
        };
        writer.answer(&answer).unwrap();
    }
    writer.finish().unwrap();
}

fn answer_state(scores: &[(State, u8); 2]) -> State {
    match scores[0].0 {
        State::SystemError | State::NotRun => scores[0].0,
        _ => State::Graded,
    }
}

/// What the rules of `gates.md` and `statistics.md` 1 say of one example, one arm and one question.
#[derive(Clone, Copy, Default)]
struct Side {
    applies: bool,
    sum: f64,
    known: u32,
    missing: u32,
    system_errors: u32,
    grader_errors: u32,
    not_run: u32,
}

impl Side {
    fn of(case: &Case, arm: usize, question: &Question) -> Side {
        let mut side = Side::default();
        for scores in &case.scores[arm] {
            let (state, taken) = match (&question.measure, question.value) {
                (Measure::Criterion(name), of) => {
                    let (state, eighths) = scores[usize::from(name.as_str() == CRITERIA[1])];
                    let grade = value(eighths);
                    let taken = match of {
                        ValueOf::Reaches(mark) => f64::from(u8::from(grade >= mark.get())),
                        _ => grade,
                    };
                    (state, (state == State::Graded).then_some(taken).or((state == State::SystemError).then_some(0.0)))
                }
                (_, ValueOf::Within(limit)) => {
                    let within = |ms: u8| f64::from(u8::from(f64::from(ms) <= limit.get()));
                    match answer_state(scores) {
                        State::Graded => match case.latency[arm] {
                            Some(ms) => (State::Graded, Some(within(ms))),
                            None => (State::GraderError, None),
                        },
                        State::SystemError => (State::SystemError, Some(0.0)),
                        state => (state, None),
                    }
                }
                other => panic!("{other:?} is not asked here"),
            };
            if state == State::NotApplicable {
                continue;
            }
            side.applies = true;
            side.system_errors += u32::from(state == State::SystemError);
            side.grader_errors += u32::from(state == State::GraderError);
            side.not_run += u32::from(state == State::NotRun);
            match taken {
                Some(taken) => {
                    side.sum += taken;
                    side.known += 1;
                }
                None => side.missing += 1,
            }
        }
        side
    }

    /// The mean over repeats; with missing ones left out, all at 1, or all at 0.
    fn mean(&self, missing: Option<f64>) -> Option<f64> {
        let count = self.known + missing.map_or(0, |_| self.missing);
        (count > 0).then(|| (self.sum + missing.unwrap_or(0.0) * f64::from(self.missing)) / f64::from(count))
    }
}

fn counts(members: &[(&Case, Side)], paired: Option<u64>) -> Counts {
    let count = |is: &dyn Fn(&Side) -> bool| members.iter().filter(|(_, side)| side.applies && is(side)).count() as u64;
    let mut clusters: Vec<u8> = members.iter().filter(|(_, side)| side.applies).map(|(case, _)| case.cluster).collect();
    clusters.sort_unstable();
    clusters.dedup();
    let graded = count(&|side| side.known > 0 && side.system_errors == 0);
    Counts {
        planned: count(&|_| true),
        answered: count(&|side| side.not_run == 0 && side.system_errors == 0),
        graded,
        paired: paired.unwrap_or(graded),
        system_errors: count(&|side| side.system_errors > 0 && side.grader_errors == 0 && side.not_run == 0),
        grader_errors: count(&|side| side.grader_errors > 0 && side.not_run == 0),
        not_run: count(&|side| side.not_run > 0),
        clusters: clusters.len() as u64,
        weighted: members.iter().filter(|(case, side)| side.applies && case.weight > 0).count() as u64,
        grades: members.iter().map(|(_, side)| u64::from(side.known + side.missing)).sum(),
        missing: members.iter().map(|(_, side)| u64::from(side.missing)).sum(),
    }
}

/// Sums per cluster and stratum, in the order of cluster ids.
fn clusters(members: &[(&Case, Side, Option<Side>)], reading: Option<f64>) -> Vec<Cluster> {
    let mut all: BTreeMap<(u8, u32), Cluster> = BTreeMap::new();
    for (case, own, other) in members {
        let w = f64::from(case.weight);
        let Some(y) = own.mean(reading) else { continue };
        let z = match other {
            Some(other) => match other.mean(reading.map(|at| 1.0 - at)) {
                Some(z) => Some(z),
                None => continue,
            },
            None => None,
        };
        if w == 0.0 {
            continue;
        }
        let stratum = u32::from(case.task);
        let cluster = all.entry((case.cluster, stratum)).or_insert(Cluster { stratum, ..Cluster::default() });
        cluster.rows += 1;
        cluster.weight += w;
        cluster.weight_squared += w * w;
        cluster.value += w * (y - z.unwrap_or(0.0));
        match z {
            Some(z) => {
                cluster.gain += w * y * (1.0 - z);
                cluster.loss += w * (1.0 - y) * z;
                let discordant = y * (1.0 - z) > 0.0 || (1.0 - y) * z > 0.0;
                cluster.some_fail |= discordant;
                cluster.some_pass |= discordant;
            }
            None => {
                cluster.some_fail |= y < 1.0;
                cluster.some_pass |= y > 0.0;
            }
        }
    }
    all.into_values().collect()
}

fn tally(cases: &[Case], question: &Question) -> Tally {
    let inside = |case: &&Case| {
        let task = TASKS.get(usize::from(case.task)).map(|task| (*task).to_owned());
        case.active
            && question
                .segment
                .conditions
                .values()
                .all(|values| task.as_ref().is_some_and(|task| values.contains(task)))
    };
    let (of, with) = match question.compared {
        Compared::Alone(_) => (0, None),
        Compared::Paired { .. } => (0, Some(1)),
    };
    let members: Vec<(&Case, Side, Option<Side>)> = cases
        .iter()
        .filter(inside)
        .map(|case| (case, Side::of(case, of, question), with.map(|with| Side::of(case, with, question))))
        .collect();
    let both = members.iter().filter(|(_, own, other)| own.known > 0 && other.is_some_and(|other| other.known > 0));
    let paired = with.map(|_| both.count() as u64);
    let own = counts(&members.iter().map(|(case, own, _)| (*case, *own)).collect::<Vec<_>>(), paired);
    let others: Vec<(&Case, Side)> = members.iter().filter_map(|(case, _, other)| Some((*case, (*other)?))).collect();
    let opponent = if with.is_some() { counts(&others, paired) } else { Counts::default() };
    let missing = own.grader_errors + own.not_run + opponent.grader_errors + opponent.not_run > 0;
    let weight = |stratum: u8, only_inside: bool| -> f64 {
        let of = cases.iter().filter(|case| case.active && case.task == stratum && (!only_inside || inside(case)));
        of.map(|case| f64::from(case.weight)).sum()
    };
    let shares = [0.75, 0.25];
    let shares = if question.segment.is_all() {
        shares
    } else {
        let part = |at: u8| {
            let whole = weight(at, false);
            if whole > 0.0 { shares[usize::from(at)] * weight(at, true) / whole } else { 0.0 }
        };
        let (parts, sum) = ([part(0), part(1)], part(0) + part(1));
        if sum > 0.0 { parts.map(|part| part / sum) } else { shares }
    };
    // Where examples are, and none of them is asked, nothing is left unmeasured.
    let idle = [0, 1].map(|at| {
        let mut there = members.iter().filter(|(case, ..)| case.task == at && case.weight > 0).peekable();
        there.peek().is_some() && !there.any(|(_, own, _)| own.applies)
    });
    let (all, kept): (f64, f64) =
        (shares.iter().sum(), shares.iter().zip(idle).filter(|(_, idle)| !idle).map(|(share, _)| share).sum());
    let left = [0, 1].map(|at| match idle {
        [false, false] => shares[at],
        _ if idle[at] || kept <= 0.0 => 0.0,
        _ => shares[at] * all / kept,
    });
    let strata = stats::Strata::declared(left.to_vec());
    Tally {
        counts: own,
        opponent,
        clusters: clusters(&members, None),
        strata,
        best: missing.then(|| clusters(&members, Some(1.0))),
        worst: missing.then(|| clusters(&members, Some(0.0))),
        ..Tally::default()
    }
}

fn questions() -> Vec<Question> {
    let task = Attribute::new("task");
    let mut named = Segment::of_value(&task, "refund", Minimum::default());
    named.name = "refunds".into();
    let segments = [Segment::all(), named]
        .into_iter()
        .chain(TASKS.map(|value| Segment::of_value(&task, value, Minimum::default())));
    let of = |name: &str| Measure::Criterion(CriterionName::new(name));
    let asked = [
        (of("grounded"), ValueOf::Grade),
        (of("tone"), ValueOf::Reaches(Share::new(0.5).unwrap())),
        (Measure::Latency, ValueOf::Within(Amount::new(100.0).unwrap())),
    ];
    let paired = Compared::Paired { of: Arm::Candidate, with: Arm::Production, margin: None };
    let mut questions = Vec::new();
    for segment in segments {
        for (measure, value) in asked.clone() {
            for compared in [Compared::Alone(Arm::Candidate), paired] {
                questions.push(Question { measure: measure.clone(), value, segment: segment.clone(), compared });
            }
        }
    }
    questions
}

fn by_sql(cases: &[Case], turned: bool, at_once: bool) -> Vec<Tally> {
    by_sql_cut(cases, turned, at_once, Cut::default())
}

fn by_sql_cut(cases: &[Case], turned: bool, at_once: bool, cut: Cut) -> Vec<Tally> {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let set = set_of(cases);
    write(path, cases, &set, turned);
    let contract = contract();
    let systems = ARMS.map(|arm| (arm, arm.as_str().to_owned())).into();
    let asked = Asked { set: &set, contract: &contract, systems };
    let scores = Scores::open_cut(path, asked, cut).unwrap();
    let questions = questions();
    if at_once {
        return scores.tally(&questions).unwrap();
    }
    questions.chunks(9).flat_map(|one| scores.tally(one).unwrap()).collect()
}

fn contract() -> Contract {
    domain::format::contract::parse(Utf8Path::new("plimsoll.yaml"), CONTRACT).unwrap().contract
}

#[track_caller]
fn same(found: &Tally, wanted: &Tally, about: &str) {
    assert_eq!((found.counts, found.opponent), (wanted.counts, wanted.opponent), "counts {about}");
    assert_eq!(found.strata, wanted.strata, "strata {about}");
    assert_eq!(found.ranks.len(), found.clusters.len(), "each cluster has its rank {about}");
    same_sums(&found.clusters, &wanted.clusters, &format!("as graded {about}"));
    for (found, wanted, reading) in [(&found.best, &wanted.best, "best"), (&found.worst, &wanted.worst, "worst")] {
        assert_eq!(found.is_some(), wanted.is_some(), "{reading} {about}");
        let sums = |of: &Option<Vec<Cluster>>| of.clone().unwrap_or_default();
        same_sums(&sums(found), &sums(wanted), &format!("{reading} {about}"));
    }
}

#[track_caller]
fn same_sums(found: &[Cluster], wanted: &[Cluster], about: &str) {
    assert_eq!(found.len(), wanted.len(), "{about}: {found:?} {wanted:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        let exact = |of: &Cluster| (of.stratum, of.rows, of.some_fail, of.some_pass);
        assert_eq!(exact(found), exact(wanted), "{about}: {found:?} {wanted:?}");
        let sums = |of: &Cluster| [of.weight, of.weight_squared, of.value, of.gain, of.loss];
        for (found, wanted) in sums(found).into_iter().zip(sums(wanted)) {
            assert!((found - wanted).abs() < 1e-12, "{about}: {found} {wanted}");
        }
    }
}

#[test]
fn where_no_example_is_active_nothing_was_planned() {
    let quarantined =
        Case { cluster: 0, weight: 1, task: 0, active: false, scores: [vec![], vec![]], latency: [None, None] };
    for tally in by_sql(&[quarantined], false, true) {
        assert_eq!((tally.counts.planned, tally.clusters.len()), (0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tallies_are_what_the_rules_say(cases in prop::collection::vec(case(), 1..14)) {
        let found = by_sql(&cases, false, true);
        for (question, found) in questions().iter().zip(&found) {
            same(found, &tally(&cases, question), &format!("of {question:?}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_the_order_of_rows_nor_of_questions_changes_a_tally(cases in prop::collection::vec(case(), 1..10)) {
        let once = by_sql(&cases, false, true);
        for other in [by_sql(&cases, true, true), by_sql(&cases, false, false)] {
            once.iter().zip(&other).for_each(|(one, other)| same(other, one, "in another order"));
        }
    }

    #[test]
    fn neither_partitions_nor_the_size_of_batches_change_a_tally(cases in prop::collection::vec(case(), 1..10)) {
        let once = by_sql(&cases, false, true);
        for (partitions, rows) in [(2, 3), (7, 1), (4, 16)] {
            let other = by_sql_cut(&cases, true, true, Cut { partitions, rows });
            once.iter().zip(&other).for_each(|(one, other)| same(other, one, &format!("in {partitions} partitions")));
        }
    }

    #[test]
    fn twice_the_rows_in_a_cluster_are_no_more_clusters(cases in prop::collection::vec(case(), 1..8)) {
        let doubled: Vec<Case> = cases.iter().chain(&cases).cloned().collect();
        for (one, two) in by_sql(&cases, false, true).iter().zip(&by_sql(&doubled, false, true)) {
            assert_eq!(one.counts.clusters, two.counts.clusters);
            assert_eq!(one.clusters.len(), two.clusters.len());
            for (one, two) in one.clusters.iter().zip(&two.clusters) {
                assert_eq!((one.weight * 2.0, one.rows * 2), (two.weight, two.rows));
                assert!((one.value * 2.0 - two.value).abs() < 1e-12);
            }
        }
    }
}

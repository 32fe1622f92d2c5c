//! Labels laid beside the verdicts that they are of.
//!
//! in      the verdicts of one criterion, and people's labels
//! out     what people found of each verdict, summed by segment; and what could not be used, and why
//! rule    several people on one answer: what most of them say; where they are split it is used for nothing. *Cannot tell* is used
//!         for nothing, and neither is what was picked by hand. What was chosen as one of a pair is used for pairs alone

use super::labels::OfAnswer;
use domain::criterion::Criterion;
use domain::name::ClusterId;
use domain::qualification::{Labelled, LabelledCluster, LabelledPairs, Sample};
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::review::Says;
use domain::rubric::{Kind, Rubric, ScaleReading};
use domain::score::State;
use domain::segment::Segment;
use domain::share::plural;
use domain::system::Arm;
use lake::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// An answer: of which example, by whom, which repeat.
pub type Answer = (ExampleIndex, Arm, u32);

pub struct Joined<'a> {
    set: &'a ReferenceSet,
    criterion: &'a Criterion,
    /// Whether the judge passes.
    pub verdicts: BTreeMap<Answer, bool>,
    /// How far a verdict lies from where passes begin, where verdicts have degrees or levels.
    pub distance: BTreeMap<Answer, f64>,
    /// What the judges of a panel do not agree on.
    pub split_panel: BTreeSet<Answer>,
    /// Whether people pass; only what is used of single verdicts.
    people: BTreeMap<Answer, bool>,
    /// The same, and what was chosen as one of a pair.
    in_pairs: BTreeMap<Answer, bool>,
    /// Everything that anybody said something of.
    pub labelled: BTreeMap<Answer, Vec<&'a OfAnswer>>,
    /// Verdicts that judges were asked for, those that are unknown among them.
    asked: u64,
    split: u64,
    cannot_tell: u64,
    without_verdict: u64,
    unsaid: u64,
}

/// `rubric` is what the judge holds answers against, where that is known.
pub fn join<'a>(
    criterion: &'a Criterion,
    rubric: Option<&Rubric>,
    set: &'a ReferenceSet,
    verdicts: &[Verdict],
    labels: &'a [OfAnswer],
) -> Joined<'a> {
    let mark = criterion.pass_at.map_or(1.0, |mark| mark.get());
    let of = |verdict: &Verdict| (verdict.example, verdict.arm, verdict.repeat);
    let split_panel = verdicts.iter().filter(|verdict| verdict.how.panel_differs == Some(true)).map(of).collect();
    let distance = distances(verdicts, mark, rubric);
    let asked =
        verdicts.iter().filter(|verdict| matches!(verdict.state, State::Graded | State::GraderError)).count() as u64;
    let graded = verdicts.iter().filter(|verdict| verdict.state == State::Graded);
    let verdicts =
        graded.filter_map(|verdict| Some(((verdict.example, verdict.arm, verdict.repeat), verdict.value? >= mark)));
    let mut joined = Joined {
        set,
        criterion,
        verdicts: verdicts.collect(),
        distance,
        split_panel,
        people: BTreeMap::new(),
        in_pairs: BTreeMap::new(),
        labelled: BTreeMap::new(),
        asked,
        split: 0,
        cannot_tell: 0,
        without_verdict: 0,
        unsaid: 0,
    };
    for label in labels.iter().filter(|label| label.label.criterion == criterion.name) {
        let answer = (label.example, label.arm, label.label.repeat);
        joined.labelled.entry(answer).or_default().push(label);
    }
    for (answer, labels) in &joined.labelled {
        joined.unsaid += labels.iter().filter(|label| label.label.sample.is_none()).count() as u64;
        let counts = |label: &&&OfAnswer| label.label.sample.is_none_or(Sample::corrects_differences);
        let of = |says: Says| labels.iter().filter(counts).filter(|label| label.label.says == says).count();
        let (passed, failed) = (of(Says::Pass), of(Says::Fail));
        joined.cannot_tell += u64::from(passed + failed == 0 && of(Says::CannotTell) > 0);
        if passed + failed == 0 {
            continue;
        }
        if passed == failed {
            joined.split += 1;
        } else if joined.verdicts.contains_key(answer) {
            joined.in_pairs.insert(*answer, passed > failed);
            if labels.iter().any(|label| label.label.sample.is_none_or(Sample::corrects_rates)) {
                joined.people.insert(*answer, passed > failed);
            }
        } else {
            joined.without_verdict += 1;
        }
    }
    joined
}

/// How far each verdict lies from where passes begin: in levels where those have an order and no distance, else in value where verdicts have
/// degrees.
fn distances(verdicts: &[Verdict], mark: f64, rubric: Option<&Rubric>) -> BTreeMap<Answer, f64> {
    let passes_from = rubric.and_then(|rubric| match rubric.kind {
        Kind::Scale { reading: ScaleReading::PassAt(at), .. } => Some(at as f64),
        _ => None,
    });
    let has_degrees = verdicts.iter().filter_map(|verdict| verdict.value).any(|value| value > 0.0 && value < 1.0);
    let distance = |verdict: &Verdict| match passes_from {
        // The last level that fails is as near as the first that passes.
        Some(from) => verdict.how.level.map(|level| (f64::from(level) + 0.5 - from).abs()),
        None => verdict.value.filter(|_| has_degrees).map(|value| (value - mark).abs()),
    };
    let graded = verdicts.iter().filter(|verdict| verdict.state == State::Graded);
    graded.filter_map(|verdict| Some(((verdict.example, verdict.arm, verdict.repeat), distance(verdict)?))).collect()
}

impl<'a> Joined<'a> {
    fn lies_in(&self, segment: &Segment, example: ExampleIndex) -> bool {
        self.set.lies_in(&segment.conditions, example)
    }

    /// Whether somebody looked at an answer that was chosen so.
    pub fn is_labelled(&self, answer: &Answer, chosen: impl Fn(Sample) -> bool) -> bool {
        let labels = self.labelled.get(answer).into_iter().flatten();
        labels.map(|label| label.label.sample.unwrap_or(Sample::Random)).any(chosen)
    }

    /// Whom the candidate is compared with: production, or the fallback where there is no production.
    pub fn opponent(&self) -> Option<Arm> {
        let among = |arm: &Arm| self.verdicts.keys().any(|(_, of, _)| of == arm);
        [Arm::Production, Arm::Fallback].into_iter().find(among)
    }

    /// What people said in a segment, by verdict and conversation.
    pub fn in_segment(&self, segment: &Segment) -> Labelled {
        let mut labelled = Labelled::empty(segment.name.clone());
        for (answer, passes) in self.verdicts.iter().filter(|(answer, _)| self.lies_in(segment, answer.0)) {
            *(if *passes { &mut labelled.judged.0 } else { &mut labelled.judged.1 }) += 1;
            let Some(people) = self.people.get(answer) else { continue };
            let cell = if *passes { &mut labelled.on_pass } else { &mut labelled.on_fail };
            self.add(cell, answer.0, *people);
        }
        for cell in [&mut labelled.on_pass, &mut labelled.on_fail] {
            cell.sort_by(|one, other| one.cluster.cmp(&other.cluster));
        }
        self.pairs(segment, &mut labelled);
        labelled
    }

    fn of(&self, example: ExampleIndex) -> (ClusterId, f64) {
        let row = &self.set.rows[example.0 as usize];
        (row.cluster.clone(), row.weight.get())
    }

    fn add(&self, cell: &mut Vec<LabelledCluster>, example: ExampleIndex, passed: bool) {
        let (cluster, weight) = self.of(example);
        let at = cell.iter().position(|known| known.cluster == cluster).unwrap_or_else(|| {
            let (weight, weight_squared, weight_passed) = (0.0, 0.0, 0.0);
            cell.push(LabelledCluster { cluster, labels: 0, passed: 0, weight, weight_squared, weight_passed });
            cell.len() - 1
        });
        let known = &mut cell[at];
        known.labels += 1;
        known.weight += weight;
        known.weight_squared += weight * weight;
        if passed {
            known.passed += 1;
            known.weight_passed += weight;
        }
    }

    fn pairs(&self, segment: &Segment, labelled: &mut Labelled) {
        let Some(with) = self.opponent() else { return };
        for ((example, arm, repeat), judged) in self.verdicts.iter() {
            if *arm != Arm::Candidate || !self.lies_in(segment, *example) {
                continue;
            }
            let (own, other) = ((*example, *arm, *repeat), (*example, with, *repeat));
            let Some(judged_other) = self.verdicts.get(&other) else { continue };
            let people = self.in_pairs.get(&own).zip(self.in_pairs.get(&other));
            let Some((people, people_other)) = people else { continue };
            let at = 1 + usize::from(!*judged & *judged_other) - usize::from(*judged & !*judged_other);
            let (cluster, weight) = self.of(*example);
            let cell = &mut labelled.pairs[at];
            let at = cell.iter().position(|known| known.cluster == cluster).unwrap_or_else(|| {
                let (weight, weight_squared, better, worse) = (0.0, 0.0, 0.0, 0.0);
                cell.push(LabelledPairs { cluster, pairs: 0, weight, weight_squared, better, worse });
                cell.len() - 1
            });
            let known = &mut cell[at];
            known.pairs += 1;
            known.weight += weight;
            known.weight_squared += weight * weight;
            known.better += if people & !people_other { weight } else { 0.0 };
            known.worse += if !people & people_other { weight } else { 0.0 };
        }
        labelled.pairs.iter_mut().for_each(|cell| cell.sort_by(|one, other| one.cluster.cmp(&other.cluster)));
    }

    /// All verdicts in a segment, of every system, weighed.
    pub fn seen(&self, segment: &Segment) -> Option<stats::Weighed> {
        let mut clusters: BTreeMap<ClusterId, stats::Cluster> = BTreeMap::new();
        for (answer, passes) in self.verdicts.iter().filter(|(answer, _)| self.lies_in(segment, answer.0)) {
            let (cluster, weight) = self.of(answer.0);
            if weight <= 0.0 {
                continue;
            }
            let sums = clusters.entry(cluster).or_default();
            sums.rows += 1;
            sums.weight += weight;
            sums.weight_squared += weight * weight;
            sums.value += if *passes { weight } else { 0.0 };
            sums.some_pass |= passes;
            sums.some_fail |= !passes;
        }
        let clusters: Vec<stats::Cluster> = clusters.into_values().collect();
        stats::weigh(&clusters, &stats::Strata::none(), stats::Kind::Rate).ok()
    }

    pub fn labellers(&self) -> Vec<(String, u64)> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for label in self.labelled.values().flatten() {
            *counts.entry(label.label.by.clone()).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    pub fn samples(&self) -> Vec<(Sample, u64)> {
        let mut counts: BTreeMap<Sample, u64> = BTreeMap::new();
        for label in self.labelled.values().flatten() {
            *counts.entry(label.label.sample.unwrap_or(Sample::Random)).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    /// What somebody should know of the labels.
    pub fn notes(&self) -> Vec<String> {
        let name = &self.criterion.name;
        let chosen = |sample: Sample| {
            self.labelled.values().flatten().filter(|label| label.label.sample == Some(sample)).count() as u64
        };
        let (picked, paired) = (chosen(Sample::HandPicked), chosen(Sample::Paired));
        let split_panel = self.split_panel.len() as u64;
        let (labels, answers) = (|count| plural(count, "label"), |count| plural(count, "answer"));
        let Joined { split, cannot_tell, without_verdict, unsaid, .. } = *self;
        let notes = [
            (
                split_panel,
                format!("the panel of `{name}` differs on {split_panel} of {}", plural(self.asked, "verdict")),
            ),
            (picked, format!("left out, picked by hand, which corrects nothing: {} of `{name}`", labels(picked))),
            (paired, format!("chosen as pairs, which correct comparisons and no rate: {} of `{name}`", labels(paired))),
            (split, format!("people are split on {} of `{name}`: what is settled counts", answers(split))),
            (
                cannot_tell,
                format!("people cannot tell on {} of `{name}`: that counts for neither", answers(cannot_tell)),
            ),
            (
                without_verdict,
                format!("left out, labelled without a verdict of the judge: {} of `{name}`", answers(without_verdict)),
            ),
            (unsaid, format!("taken as at random, as it is not said how: {} of `{name}`", labels(unsaid))),
        ];
        notes.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note).collect()
    }
}

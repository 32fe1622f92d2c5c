//! Evidence: the estimate behind a gate, and the questions that a contract makes us ask of the scores.
//!
//! in      a contract, its concrete segments, the arms at hand
//! out     an `Inquiry`: every question once; and, once `lake` has tallied them, `Evidence` to look answers up in
//! note    an example with several repeats is one observation; only clusters are independent (`statistics` of `stats`)

pub mod measured;
pub mod repeated;

use crate::contract::Contract;
use crate::criterion::{Criterion, Kind};
use crate::gate::{Gate, Margin, Measure, Opponent, Rule, Scope};
use crate::name::{Attribute, SegmentName};
use crate::qualification::{Judged, Labelled, with_missing};
use crate::question::{Compared, Counts, Question, RelativeMargin, Tally, ValueOf};
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use crate::segment::{ABSENT, Segment, Segmentation, Shares};
use crate::share::{Amount, Share};
use crate::system::Arm;
use stats::judge::Corrected;
use std::collections::BTreeSet;

/// Every question once, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct Inquiry {
    questions: Vec<Question>,
}

impl Inquiry {
    /// What the gates rest on, and every criterion in every segment, alone and paired, for the matrix.
    pub fn of(contract: &Contract, segments: &[Segment], arms: &BTreeSet<Arm>) -> Self {
        let mut inquiry = Inquiry::default();
        for segment in segments {
            for criterion in &contract.criteria {
                inquiry.ask_matrix(criterion, segment, arms);
            }
            inquiry.ask_cost(contract, segment, arms);
        }
        for gate in &contract.gates {
            for segment in in_scope(gate, segments, contract) {
                for arm in arms {
                    questions_of(contract, gate, segment, *arm).into_iter().for_each(|asked| inquiry.ask(asked));
                }
            }
        }
        inquiry
    }

    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    fn ask(&mut self, question: Question) {
        if !self.questions.contains(&question) {
            self.questions.push(question);
        }
    }

    fn ask_matrix(&mut self, criterion: &Criterion, segment: &Segment, arms: &BTreeSet<Arm>) {
        let value = value_of(criterion);
        for &arm in arms {
            self.ask(ask_criterion(criterion, value, segment, Compared::Alone(arm)));
        }
        for with in [Arm::Production, Arm::Fallback] {
            if arms.contains(&Arm::Candidate) && arms.contains(&with) {
                let compared = Compared::Paired { of: Arm::Candidate, with, margin: None };
                self.ask(ask_criterion(criterion, value, segment, compared));
            }
        }
    }

    fn ask_cost(&mut self, contract: &Contract, segment: &Segment, arms: &BTreeSet<Arm>) {
        let priced = contract.failures.iter().any(|class| class.cost.is_some());
        if priced && segment.is_all() && arms.contains(&Arm::Candidate) && arms.contains(&Arm::Production) {
            self.ask(cost_question(contract, segment));
        }
    }
}

/// Expected failure cost, candidate against production.
pub fn cost_question(contract: &Contract, segment: &Segment) -> Question {
    Question {
        measure: Measure::FailureCost,
        value: ValueOf::Cost(every_class(contract)),
        segment: segment.clone(),
        compared: Compared::Paired { of: Arm::Candidate, with: Arm::Production, margin: None },
    }
}

fn ask_criterion(criterion: &Criterion, value: ValueOf, segment: &Segment, compared: Compared) -> Question {
    Question { measure: Measure::Criterion(criterion.name.clone()), value, segment: segment.clone(), compared }
}

/// The question about a criterion that its row of the matrix shows.
pub fn matrix_question(criterion: &Criterion, segment: &Segment, compared: Compared) -> Question {
    ask_criterion(criterion, value_of(criterion), segment, compared)
}

fn value_of(criterion: &Criterion) -> ValueOf {
    match (criterion.kind, criterion.pass_at) {
        (Kind::Graded, _) => ValueOf::Grade,
        (Kind::PassFail, mark) => ValueOf::Reaches(mark.unwrap_or(Share::ONE)),
    }
}

/// The concrete segments: `all`, each value that an active example has of an attribute cut by, values that are declared or
/// that a gate names and no example has, the examples that lack the attribute, and the named ones.
pub fn segments(contract: &Contract, set: &ReferenceSet) -> Vec<Segment> {
    let mut segments = vec![Segment::all()];
    for segmentation in &contract.segments {
        match segmentation {
            Segmentation::By { attribute, minimum, shares, routable } => {
                let mut values = set.values_of(attribute);
                if attribute.as_str() == "task" {
                    values.extend(contract.tasks.iter().map(ToString::to_string));
                }
                if let Shares::Declared(shares) = shares {
                    values.extend(shares.keys().cloned());
                }
                values.extend(named_by_gates(contract, attribute));
                if values.is_empty() || lacks(set, attribute) >= if *routable { 1 } else { minimum.0 } {
                    values.insert(ABSENT.to_owned());
                }
                segments.extend(values.iter().map(|value| Segment::of_value(attribute, value, *minimum)));
            }
            Segmentation::Where { name, conditions, minimum } => {
                segments.push(Segment { name: name.clone(), conditions: conditions.clone(), minimum: *minimum });
            }
        }
    }
    segments
}

/// The values of an attribute that gates are about one by one, `in: task=refund`: without an example there such a gate is
/// *no data*, and does not vanish.
fn named_by_gates(contract: &Contract, attribute: &Attribute) -> Vec<String> {
    let scopes = contract.gates.iter().flat_map(|gate| &gate.scopes);
    let named = scopes.filter_map(|scope| match scope {
        Scope::Named(name) => name.as_str().split_once('='),
        Scope::All | Scope::Each(_) => None,
    });
    named.filter(|(by, _)| *by == attribute.as_str()).map(|(_, value)| value.to_owned()).collect()
}

/// How many examples that count toward a rate lack an attribute: one is enough to need a cell of its own, where traffic is routed by
/// it; elsewhere a few say nothing, and `check` names them.
fn lacks(set: &ReferenceSet, attribute: &Attribute) -> u32 {
    let lacking =
        |(example, row): &(ExampleIndex, &Row)| row.weight.get() > 0.0 && set.value(attribute, *example).is_none();
    set.active().filter(lacking).count() as u32
}

/// The segments that a gate is applied to. A gate by an attribute that the contract does not cut by cuts by it here.
pub fn in_scope<'a>(gate: &Gate, segments: &'a [Segment], contract: &Contract) -> Vec<&'a Segment> {
    let mut chosen: Vec<&Segment> = Vec::new();
    for scope in &gate.scopes {
        let found = segments.iter().filter(|segment| match scope {
            Scope::All => segment.is_all(),
            Scope::Named(name) => segment.name == *name,
            Scope::Each(attribute) => {
                segment.conditions.len() == 1
                    && segment.conditions.contains_key(attribute)
                    && !is_named(contract, &segment.name)
            }
        });
        for segment in found {
            if !chosen.contains(&segment) {
                chosen.push(segment);
            }
        }
    }
    chosen
}

fn is_named(contract: &Contract, name: &SegmentName) -> bool {
    contract.segments.iter().any(|cut| matches!(cut, Segmentation::Where { name: given, .. } if given == name))
}

/// The questions that decide a gate on one segment for one arm: first the one that shows that the rule holds, then, where
/// it is another, the one that shows harm. Empty where the gate does not judge this arm.
pub fn questions_of(contract: &Contract, gate: &Gate, segment: &Segment, arm: Arm) -> Vec<Question> {
    let question = |value: ValueOf, compared: Compared| Question {
        measure: gate.measure.clone(),
        value,
        segment: segment.clone(),
        compared,
    };
    let Some(value) = gate_value(contract, gate) else { return Vec::new() };
    match &gate.rule {
        Rule::AtLeast(_) | Rule::AtMost(_) | Rule::Within { .. } | Rule::Never { .. } => {
            vec![question(value, Compared::Alone(arm))]
        }
        Rule::NotWorse { than, .. } | Rule::Better { than, .. } if arm == Arm::Candidate => {
            let with = arm_of(*than);
            let plain = Compared::Paired { of: arm, with, margin: None };
            match RelativeMargin::of(&gate.rule, higher_is_better(&gate.measure)) {
                None => vec![question(value, plain)],
                margin => vec![question(value, Compared::Paired { of: arm, with, margin }), question(value, plain)],
            }
        }
        Rule::NotWorse { .. } | Rule::Better { .. } => Vec::new(),
    }
}

fn gate_value(contract: &Contract, gate: &Gate) -> Option<ValueOf> {
    Some(match (&gate.measure, &gate.rule) {
        (Measure::Criterion(name), _) => value_of(contract.criterion(name.as_str())?),
        (Measure::Latency | Measure::Spend, Rule::Within { limit, .. }) => ValueOf::Within(*limit),
        (Measure::Latency | Measure::Spend, _) => ValueOf::Amount,
        (Measure::FailureCost, _) => ValueOf::Cost(every_class(contract)),
        (Measure::GraderErrors, _) => ValueOf::GraderError,
        (Measure::Disagreement(_), _) => ValueOf::Reaches(Share::ONE),
    })
}

pub fn arm_of(opponent: Opponent) -> Arm {
    match opponent {
        Opponent::Production => Arm::Production,
        Opponent::Fallback => Arm::Fallback,
    }
}

/// Direction belongs to the measure: more passes are better, more milliseconds, money and errors are not.
pub fn higher_is_better(measure: &Measure) -> bool {
    matches!(measure, Measure::Criterion(_))
}

/// A margin in the measure's own unit, or 0 where a relative one is already in the question's value.
pub fn absolute_margin(margin: Margin) -> f64 {
    match margin {
        Margin::Absolute(margin) => margin,
        Margin::Relative(_) => 0.0,
    }
}

/// Every class that has a price, failed at once.
fn every_class(contract: &Contract) -> Amount {
    let priced = contract.failures.iter().filter_map(|class| class.cost);
    Amount::new(priced.map(Amount::get).sum()).unwrap_or(Amount::ZERO)
}

/// The most that a value can be to either side of nothing, where that is known.
fn most(question: &Question) -> Option<f64> {
    match question.value {
        ValueOf::Cost(most) => Some(most.get() * question.compared.factor().max(1.0)),
        _ => None,
    }
}

/// How a question's values are weighed.
pub fn weighed_as(question: &Question) -> stats::Kind {
    let relative = matches!(question.compared, Compared::Paired { margin: Some(_), .. });
    match (question.value, question.compared) {
        (ValueOf::Amount | ValueOf::Cost(_), _) => stats::Kind::Mean,
        (ValueOf::Grade, Compared::Alone(_)) => stats::Kind::Graded,
        (ValueOf::Grade, Compared::Paired { .. }) => stats::Kind::GradedDifference,
        _ if relative => stats::Kind::GradedDifference,
        (_, Compared::Alone(_)) => stats::Kind::Rate,
        (_, Compared::Paired { .. }) => stats::Kind::Difference,
    }
}

/// One answer to one question: counts, and the sums weighed.
#[derive(Clone, Debug)]
pub struct Weighing {
    pub counts: Counts,
    pub opponent: Counts,
    /// Positions of the declared strata that have too few conversations to be weighed.
    pub unmeasured: Vec<u32>,
    pub graded: Weighed,
    /// Where grades are missing: all of them at best, and at worst, for the one that is asked about.
    pub best: Option<Weighed>,
    pub worst: Option<Weighed>,
    /// What a judge gave, corrected for its error; `None` where no judge gave it, or where its error is not known.
    pub corrected: Option<Correction>,
}

/// The three readings of a judge's verdicts, corrected.
#[derive(Clone, Debug)]
pub struct Correction {
    pub graded: Corrected,
    pub best: Option<Corrected>,
    pub worst: Option<Corrected>,
}

/// What `stats` says of one set of cluster sums.
pub type Weighed = Result<stats::Weighed, stats::TooFew>;

impl Weighing {
    pub fn of(question: &Question, tally: &Tally) -> Self {
        let kind = weighed_as(question);
        let most = most(question);
        let weigh = |clusters: &Vec<stats::Cluster>| {
            let weighed = stats::weigh(clusters, &tally.strata, kind)?;
            Ok(most.map_or(weighed, |most| weighed.bounded_by(most)))
        };
        Weighing {
            counts: tally.counts,
            opponent: tally.opponent,
            unmeasured: tally.strata.unmeasured(&tally.clusters),
            graded: weigh(&tally.clusters),
            best: tally.best.as_ref().map(weigh),
            worst: tally.worst.as_ref().map(weigh),
            corrected: None,
        }
    }

    /// The estimate, corrected where a judge's error is known; `None` where there is too little to estimate from.
    pub fn estimate(&self) -> Option<f64> {
        let graded = self.graded.as_ref().ok()?;
        Some(self.corrected.as_ref().map_or_else(|| graded.estimate(), |correction| correction.graded.estimate()))
    }

    /// With every missing grade read as best, or as worst, for the one that is asked about: as if somebody had given it.
    pub fn settled(&self, best: bool) -> Self {
        let read = if best { &self.best } else { &self.worst };
        let Some(read) = read else { return self.clone() };
        let known =
            |counts: &Counts| Counts { graded: counts.graded + counts.grader_errors, grader_errors: 0, ..*counts };
        Weighing {
            counts: known(&self.counts),
            opponent: known(&self.opponent),
            unmeasured: self.unmeasured.clone(),
            graded: *read,
            best: None,
            worst: None,
            corrected: None,
        }
    }

    /// The same, corrected where a judge that is qualified for the question gave the verdicts.
    pub fn judged(mut self, contract: &Contract, question: &Question, tally: &Tally, judges: &[Judged]) -> Self {
        let Measure::Criterion(name) = &question.measure else { return self };
        let judged = judges.iter().find(|judged| judged.criterion == *name);
        let labelled = contract.criterion(name.as_str()).zip(judged);
        let labelled = labelled.and_then(|(criterion, judged)| judged.qualify_for(criterion, question).ok());
        self.corrected = labelled.and_then(|labelled| self.correction(labelled, tally));
        self
    }

    fn correction(&self, labelled: &Labelled, tally: &Tally) -> Option<Correction> {
        let seen = self.graded.as_ref().ok()?;
        let graded = match seen.kind() {
            stats::Kind::Rate => labelled.correct_rate(seen),
            _ => labelled.correct_difference(seen, &tally.clusters, &tally.strata),
        };
        let graded = graded.ok()?;
        let estimate = |weighed: &Option<Weighed>| Some(weighed.as_ref()?.as_ref().ok()?.estimate());
        let [best, worst] = with_missing(&graded, estimate(&self.best), estimate(&self.worst));
        Some(Correction { graded, best, worst })
    }
}

/// Every question with its answer.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    entries: Vec<(Question, Weighing)>,
}

impl Evidence {
    pub fn new(entries: Vec<(Question, Weighing)>) -> Self {
        Evidence { entries }
    }

    pub fn on(&self, question: &Question) -> Option<&Weighing> {
        self.entries.iter().find(|(asked, _)| asked == question).map(|(_, weighing)| weighing)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(Question, Weighing)> {
        self.entries.iter()
    }
}

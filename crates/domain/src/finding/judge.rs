//! One gate on one segment for one arm, heard: p values under each reading of missing grades, then a state.

use super::levels::Levels;
use super::{
    AsJudged, Code, Difference, Estimate, Facts, FailedExample, Failures, Finding, Method, Split, State, Subject,
    look_level,
};
use crate::contract::Contract;
use crate::evidence::{Evidence, Weighed, Weighing, absolute_margin, higher_is_better, questions_of};
use crate::gate::{Gate, Margin, Measure, Rule, disagreement_on};
use crate::qualification::Unproven;
use crate::question::{Counts, Question, RelativeMargin};
use crate::segment::Segment;
use crate::system::Arm;
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
enum Side {
    Above,
    Below,
}

/// What is tested: that the measure lies on a side of a bound; harm is that it lies on the other side of another.
#[derive(Clone, Copy, Debug)]
struct Test {
    side: Side,
    bound: f64,
    harm_bound: f64,
}

#[derive(Clone)]
pub(super) struct Hearing<'a> {
    pub at: usize,
    gate: &'a Gate,
    pub segment: &'a Segment,
    arm: Arm,
    missing_at_most: f64,
    /// How many times larger the level of the first look was.
    spent: f64,
    /// The level of never rules at every look: any failure is final, so that looking again cannot help.
    alpha: f64,
    test: Option<Test>,
    claim: Option<&'a Weighing>,
    harm: Option<&'a Weighing>,
    /// p of the claim and of harm under each reading, each computed once.
    p: [[Option<f64>; 3]; 2],
    failed: Vec<FailedExample>,
    faulted: Vec<FailedExample>,
    /// Why the judge that gave the grades decides nothing here.
    unproven: Option<Unproven>,
    /// Examples on which reviewers are split, or differ where that is measured: of the arm, and of its opponent.
    disputed: [Vec<FailedExample>; 2],
}

impl<'a> Hearing<'a> {
    /// `None` where the gate does not judge this arm.
    pub fn of(
        contract: &Contract,
        at: usize,
        gate: &'a Gate,
        segment: &'a Segment,
        arm: Arm,
        evidence: &'a Evidence,
        facts: &Facts,
    ) -> Option<Self> {
        let questions = questions_of(contract, gate, segment, arm);
        let claim = evidence.on(questions.first()?);
        let harm = evidence.on(questions.last()?);
        let test = test_of(gate);
        Some(Hearing {
            at,
            gate,
            segment,
            arm,
            missing_at_most: contract.missing_at_most.get(),
            spent: look_level(contract, 1) / look_level(contract, facts.look.unwrap_or(1)),
            alpha: contract.alpha.get(),
            test,
            claim,
            harm,
            p: [p_claim(test, claim), p_harm(test, harm)],
            failed: in_segment(&facts.failures, gate, arm, segment),
            faulted: in_segment(&facts.system_faults, gate, arm, segment),
            unproven: questions.first().and_then(|question| facts.unproven(contract, question)),
            disputed: questions.first().map(|question| disputed(facts, question, segment)).unwrap_or_default(),
        })
    }

    /// Heard again where the evidence answers what it rests on, else as it was; what failed outright is always heard again.
    pub fn again(&self, contract: &Contract, evidence: &'a Evidence, facts: &Facts) -> Self {
        let mut asked = evidence.iter().map(|(asked, _)| asked);
        let anew = asked.any(|asked| asked.measure == self.gate.measure && asked.segment == *self.segment);
        let heard = || Hearing::of(contract, self.at, self.gate, self.segment, self.arm, evidence, facts);
        match anew.then(heard).flatten() {
            Some(anew) if anew.claim.is_some() => anew,
            _ => Hearing {
                failed: in_segment(&facts.failures, self.gate, self.arm, self.segment),
                faulted: in_segment(&facts.system_faults, self.gate, self.arm, self.segment),
                ..self.clone()
            },
        }
    }

    /// Whether the finding takes part in the correction for many findings.
    pub fn in_family(&self) -> bool {
        self.gate.blocking && self.test.is_some()
    }

    /// p of the claim that the rule holds; `None` where nothing can be estimated or nothing is tested.
    pub fn p_claim(&self, reading: Reading) -> Option<f64> {
        self.p[0][reading as usize]
    }

    /// p of the claim that harm is done.
    pub fn p_harm(&self, reading: Reading) -> Option<f64> {
        self.p[1][reading as usize]
    }

    pub fn finding(&self, contract: &Contract, levels: &Levels, at: usize, facts: &Facts) -> Finding {
        let mut finding = self.bare(levels, at, facts);
        finding.estimate = self.estimate(levels, at, finding.state);
        finding.reason = super::reason::sentence(contract, self.gate, &finding, facts, self.unproven.as_ref());
        finding
    }

    /// The finding without its estimate and its sentence, which nothing is decided by.
    pub fn bare(&self, levels: &Levels, at: usize, facts: &Facts) -> Finding {
        let (state, code) = self.state(levels, at, facts);
        let examples = match state {
            State::FailedNever => self.failed.clone(),
            State::Error => self.faulted.clone(),
            State::NotShown if code == Some(Code::ReviewersDisagree) => self.split_on(),
            State::NotShown | State::Breached if self.measures_disagreement() => self.disputed[0].clone(),
            _ => Vec::new(),
        };
        Finding {
            subject: Subject::Gate(self.at),
            name: self.gate.name.to_string(),
            segment: self.segment.clone(),
            arm: self.arm,
            state,
            blocking: self.gate.blocking,
            code,
            reason: String::new(),
            owner: Some(self.gate.owner.clone()),
            follow_up: self.gate.follow_up.clone(),
            estimate: None,
            counts: self.counts(),
            opponent: self.is_comparison().then(|| self.claim.map(|weighing| weighing.opponent)).flatten(),
            examples,
            split: self.split(levels, at),
        }
    }

    /// What the finding is where everything that reviewers are split on is settled for the arm, and against it.
    fn split(&self, levels: &Levels, at: usize) -> Option<Split> {
        let answers = self.split_on().len() as u64;
        let (answers, of) = (Some(answers).filter(|answers| *answers > 0)?, self.counts().planned);
        let [best, worst] = match self.gate.rule {
            Rule::Never { .. } => [State::Holds, State::FailedNever],
            _ => [Reading::Best, Reading::Worst].map(|reading| match self.outcome(reading, levels, at) {
                Some(Outcome::Holds) => State::Holds,
                Some(Outcome::Breached) => State::Breached,
                _ => State::NotShown,
            }),
        };
        Some(Split { answers, of, best, worst })
    }

    /// Examples that reviewers are split on, in either arm.
    fn split_on(&self) -> Vec<FailedExample> {
        if self.measures_disagreement() {
            return Vec::new();
        }
        let mut examples: Vec<FailedExample> = self.disputed.iter().flatten().cloned().collect();
        examples.sort();
        examples.dedup();
        examples
    }

    fn measures_disagreement(&self) -> bool {
        matches!(self.gate.measure, Measure::Disagreement(_))
    }

    /// Grades that are unknown because nobody gave them, and not because people are split on them.
    fn missing(&self) -> [u64; 2] {
        let counts = [self.counts(), self.claim.map(|weighing| weighing.opponent).unwrap_or_default()];
        let split = self.disputed.each_ref().map(|examples| examples.len() as u64);
        [0, 1].map(|arm| (counts[arm].grader_errors + counts[arm].not_run).saturating_sub(split[arm]))
    }

    fn is_comparison(&self) -> bool {
        matches!(self.gate.rule, Rule::NotWorse { .. } | Rule::Better { .. })
    }

    fn counts(&self) -> Counts {
        self.claim.map(|weighing| weighing.counts).unwrap_or_default()
    }

    /// The first state that applies.
    pub fn state(&self, levels: &Levels, at: usize, facts: &Facts) -> (State, Option<Code>) {
        if !self.failed.is_empty() {
            return (State::FailedNever, None);
        }
        if let Some(code) = self.unfit(facts) {
            return (State::Unfit, Some(code));
        }
        match self.gate.rule {
            Rule::Never { max_rate } => self.never_state(max_rate.map(|rate| rate.get()), self.alpha),
            _ => self.tested_state(levels, at),
        }
    }

    fn unfit(&self, facts: &Facts) -> Option<Code> {
        if facts.decided_under.is_some() {
            return Some(Code::ContractChanged);
        }
        if self.unproven.is_some() {
            return Some(Code::JudgeUnproven);
        }
        let weighing = self.claim?;
        if self.gate.measure == Measure::GraderErrors {
            return None; // missing grades are what this gate measures
        }
        let missing = self.missing();
        let of = [Some(weighing.counts), self.is_comparison().then_some(weighing.opponent)];
        let mut arms = of.iter().zip(missing).filter_map(|(counts, missing)| Some((counts.as_ref()?, missing)));
        if arms.any(|(counts, missing)| share(missing, counts.planned) > self.missing_at_most) {
            return Some(Code::MissingGrades);
        }
        (self.is_comparison() && differently_missing(missing, &weighing.counts, &weighing.opponent))
            .then_some(Code::UnequalMissing)
    }

    /// Never rules decide at any n; what could not be seen keeps them from holding.
    fn never_state(&self, max_rate: Option<f64>, level: f64) -> (State, Option<Code>) {
        let counts = self.counts();
        if !self.faulted.is_empty() {
            return (State::Error, None);
        }
        if !self.disputed[0].is_empty() {
            return (State::NotShown, Some(Code::ReviewersDisagree));
        }
        // A failure decides at any number; that there is none is nothing to hold on to below the segment's minimum.
        if counts.graded < u64::from(self.segment.minimum.0) {
            return (State::NoData, None);
        }
        if counts.grader_errors + counts.not_run > 0 {
            return (State::NotShown, Some(Code::MissingGrades));
        }
        match max_rate {
            Some(max_rate) if self.zero_failure_upper(level) > max_rate => (State::NotShown, Some(Code::ZeroFailures)),
            _ => (State::Holds, None),
        }
    }

    /// Upper bound on the rate of failures when none was seen, over clusters sampled from production.
    fn zero_failure_upper(&self, level: f64) -> f64 {
        let clusters = self.claim.and_then(|weighing| weighing.graded.as_ref().ok()).map_or(0, |w| w.clusters());
        let seen = if clusters == 0 { 1.0 } else { stats::zero_failure_upper(clusters, level) };
        // A judge that saw none may have overlooked some.
        let overlooked = self.claim.and_then(|weighing| weighing.corrected.as_ref());
        overlooked.map_or(seen, |corrected| seen.max(1.0 - corrected.graded.interval(level).lower))
    }

    fn tested_state(&self, levels: &Levels, at: usize) -> (State, Option<Code>) {
        let readings = [Reading::Best, Reading::Worst].map(|reading| self.outcome(reading, levels, at));
        let graded = self.outcome(Reading::AsGraded, levels, at);
        let outcome = match readings {
            // Nothing is missing.
            [None, None] => graded,
            [best, worst] if best == worst => graded.filter(|_| best == graded).or(best),
            _ => Some(Outcome::Torn),
        };
        if outcome == Some(Outcome::Breached) {
            return (State::Breached, None);
        }
        let torn = outcome == Some(Outcome::Torn);
        if torn && !self.split_on().is_empty() && self.graded_or_split() >= u64::from(self.segment.minimum.0) {
            return (State::NotShown, Some(Code::ReviewersDisagree));
        }
        let weighing = self.claim;
        if weighing.is_none_or(|weighing| weighing.counts.planned > 0 && weighing.counts.graded == 0) {
            return match weighing {
                Some(weighing) if weighing.counts.grader_errors + weighing.counts.system_errors > 0 => {
                    (State::Error, None)
                }
                _ => (State::NoData, None),
            };
        }
        if self.independent() < u64::from(self.segment.minimum.0) {
            return (State::NoData, None);
        }
        match outcome {
            Some(Outcome::Holds) if self.dominated() => (State::NotShown, Some(Code::Dominated)),
            Some(Outcome::Holds) => (State::Holds, None),
            Some(Outcome::Torn) => (State::NotShown, Some(Code::MissingGrades)),
            _ => (State::NotShown, Some(self.why_not_shown(levels, at))),
        }
    }

    fn outcome(&self, reading: Reading, levels: &Levels, at: usize) -> Option<Outcome> {
        // A reading that does not exist (nothing missing) says nothing; one that cannot be weighed shows nothing.
        read(self.claim?, reading)?;
        let holds = self.p_claim(reading).is_some_and(|p| p <= levels.claim(at).level);
        let harm = self.p_harm(reading).is_some_and(|p| p <= levels.harm(at).level);
        Some(match (holds, harm) {
            (true, _) => Outcome::Holds,
            (false, true) => Outcome::Breached,
            (false, false) => Outcome::Between,
        })
    }

    /// Clusters of weight above 0.
    fn independent(&self) -> u64 {
        match self.claim.map(|weighing| &weighing.graded) {
            Some(Ok(weighed)) => weighed.clusters(),
            _ => 0,
        }
    }

    /// Clusters of weight above 0, those among them in which everything is disputed.
    fn graded_or_split(&self) -> u64 {
        let best = self.claim.and_then(|weighing| weighing.best.as_ref());
        best.and_then(|best| best.as_ref().ok()).map_or(0, stats::Weighed::clusters)
    }

    fn dominated(&self) -> bool {
        self.claim.and_then(|weighing| weighing.graded.as_ref().ok()).is_some_and(stats::Weighed::is_dominated)
    }

    fn why_not_shown(&self, levels: &Levels, at: usize) -> Code {
        let Some(Ok(weighed)) = self.claim.map(|weighing| &weighing.graded) else { return Code::TooFewClusters };
        let Some(test) = self.test else { return Code::Underpowered };
        let level = levels.claim(at).level;
        if weighed.unmeasured() > 0.0 && p_without_unmeasured(weighed, test) <= level {
            return Code::Unmeasured;
        }
        if weighed.df() < least_df(weighed.kind()) {
            return Code::TooFewClusters;
        }
        if best_p(self.gate, weighed).is_some_and(|p| p > level) {
            return Code::Undecidable;
        }
        if weighed.is_dominated() {
            return Code::Dominated;
        }
        let as_judged = self.claim.and_then(|weighing| weighing.corrected.as_ref()).map(|_| p_on_seen(weighed, test));
        if as_judged.is_some_and(|p| p <= level) {
            return Code::JudgeUnproven;
        }
        let shown_at_first = self.p_claim(Reading::AsGraded).is_some_and(|p| p <= level * self.spent);
        if shown_at_first { Code::LooksSpent } else { Code::Underpowered }
    }

    fn estimate(&self, levels: &Levels, at: usize, state: State) -> Option<Estimate> {
        let tested = if state == State::Breached { levels.harm(at) } else { levels.claim(at) };
        if let Rule::Never { max_rate } = self.gate.rule {
            return self.never_estimate(max_rate.map(|rate| rate.get()), self.alpha);
        }
        let test = self.test?;
        let weighing = if state == State::Breached { self.harm? } else { self.claim? };
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
            unmeasured: weighed.unmeasured(),
            method: if corrected.is_some() { Method::of_judged(weighed.kind()) } else { Method::of(weighed.kind()) },
            more_needed: self.more_needed(weighed, test, tested.level).filter(|_| corrected.is_none()),
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
        Some(Estimate {
            value: weighed.estimate(),
            // The bound speaks of the pass rate, as every rate does: 1 - (upper bound on failures).
            lower: if clean { 1.0 - self.zero_failure_upper(level) } else { interval.lower },
            upper: interval.upper,
            level,
            p: if clean { max_rate.map_or(1.0, |rate| stats::zero_failure_p(weighed.clusters(), rate)) } else { 1.0 },
            p_adjusted: if clean {
                max_rate.map_or(1.0, |rate| stats::zero_failure_p(weighed.clusters(), rate))
            } else {
                1.0
            },
            p_harm: None,
            p_harm_adjusted: None,
            margin: max_rate.map_or(1.0, |rate| 1.0 - rate),
            effective_n: weighed.effective_n(),
            clusters: weighed.clusters(),
            unmeasured: weighed.unmeasured(),
            method: Method::ZeroFailures,
            more_needed: max_rate
                .map(|rate| stats::zero_failure_n(rate, level).saturating_sub(weighed.clusters()))
                .filter(|_| clean),
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
            (stats::Kind::Difference, Side::Above, true) => weighed.clusters_needed(-test.bound, level)?,
            (stats::Kind::Rate, Side::Above, false) => weighed.clusters_needed_for_floor(test.bound, level)?,
            _ => return None,
        };
        Some(weighed.clusters_short_of(needed))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Holds,
    Breached,
    Between,
    /// Missing grades decide.
    Torn,
}

fn read(weighing: &Weighing, reading: Reading) -> Option<&Weighed> {
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
fn p_on_seen(weighed: &stats::Weighed, test: Test) -> f64 {
    p_on(weighed, test.side, test.bound)
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

/// Under each reading p of the claim that the rule holds.
fn p_claim(test: Option<Test>, weighing: Option<&Weighing>) -> [Option<f64>; 3] {
    READINGS.map(|reading| {
        let test = test?;
        p_in(weighing?, reading, test.side, test.bound)
    })
}

/// Under each reading p of the claim that harm is done.
fn p_harm(test: Option<Test>, weighing: Option<&Weighing>) -> [Option<f64>; 3] {
    READINGS.map(|reading| {
        let test = test?;
        let other = match test.side {
            Side::Above => Side::Below,
            Side::Below => Side::Above,
        };
        p_in(weighing?, reading, other, test.harm_bound)
    })
}

/// Below this many degrees of freedom a few conversations decide everything.
fn least_df(kind: stats::Kind) -> f64 {
    match kind {
        stats::Kind::Rate | stats::Kind::Difference => 4.0,
        stats::Kind::Graded | stats::Kind::Mean => 8.0,
    }
}

fn p_without_unmeasured(weighed: &stats::Weighed, test: Test) -> f64 {
    p_on(&weighed.measured_only(), test.side, test.bound)
}

/// What a gate tests; `None` for never rules, which are not tested but counted.
fn test_of(gate: &Gate) -> Option<Test> {
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

/// p of the claim for the best record that as many clusters could have made: without a failure, or without a difference to the
/// opponent. `None` where nothing bounds how good a record may be.
pub fn best_p(gate: &Gate, weighed: &stats::Weighed) -> Option<f64> {
    let is_bounded = match gate.rule {
        Rule::AtLeast(_) | Rule::Within { .. } => true,
        Rule::NotWorse { by, .. } => matches!(by, Margin::Absolute(_)),
        Rule::AtMost(_) | Rule::Better { .. } | Rule::Never { .. } => false,
    };
    let test = test_of(gate).filter(|test| is_bounded && test.side == Side::Above)?;
    Some(weighed.best_p_above(test.bound))
}

/// Failures of a never gate's criterion in this arm and segment; none for other gates.
fn in_segment(failures: &[Failures], gate: &Gate, arm: Arm, segment: &Segment) -> Vec<FailedExample> {
    let (Rule::Never { .. }, Measure::Criterion(criterion)) = (&gate.rule, &gate.measure) else { return Vec::new() };
    failures
        .iter()
        .filter(|failures| failures.arm == arm && failures.criterion == *criterion)
        .flat_map(|failures| &failures.examples)
        .filter(|example| example.lies_in(segment))
        .cloned()
        .collect()
}

/// Examples of the segment on which reviewers are split in the arm that a question is about, and in its opponent.
fn disputed(facts: &Facts, question: &Question, segment: &Segment) -> [Vec<FailedExample>; 2] {
    let name = match &question.measure {
        Measure::Criterion(name) => name.clone(),
        Measure::Disagreement(name) => disagreement_on(name),
        _ => return Default::default(),
    };
    let (of, with) = question.compared.arms();
    [Some(of), with].map(|arm| {
        let of_arm = facts.disputed.iter().filter(|known| Some(known.arm) == arm && known.criterion == name);
        of_arm.flat_map(|known| &known.examples).filter(|example| example.lies_in(segment)).cloned().collect()
    })
}

/// Share of planned grades that are unknown.
fn share(missing: u64, planned: u64) -> f64 {
    if planned == 0 { 0.0 } else { missing as f64 / planned as f64 }
}

/// Fisher's exact test on missing against graded in the two arms.
fn differently_missing([own, other]: [u64; 2], of: &Counts, with: &Counts) -> bool {
    let present = |counts: &Counts, missing: u64| counts.planned.saturating_sub(missing);
    stats::fisher_exact(own, present(of, own), other, present(with, other)) < 0.01
}

/// Whether a gate's claim holds on what was weighed, at this level: the same test as in `find`.
pub fn claim_holds(gate: &Gate, weighing: &Weighing, level: f64) -> Option<bool> {
    let test = test_of(gate)?;
    Some(p_in(weighing, Reading::AsGraded, test.side, test.bound)? <= level)
}

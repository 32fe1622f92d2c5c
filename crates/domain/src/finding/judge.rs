//! One gate on one segment for one arm, heard: what it claims under each reading of missing grades, then a state.

mod estimate;

use super::claim::{Reading, Test, best_p, least_df, p_claim, p_harm, p_on_seen, p_without_unmeasured, read, test_of};
use super::levels::Levels;
use super::reason::{Besides, sentence};
use super::{Code, Facts, FailedExample, Failures, Finding, Split, State, Subject, look_level};
use crate::contract::Contract;
use crate::evidence::{Evidence, Weighing, questions_of};
use crate::gate::{Gate, Measure, Rule, disagreement_on};
use crate::layout::strata_named;
use crate::qualification::Unproven;
use crate::question::{Counts, Question, ValueOf};
use crate::segment::Segment;
use crate::system::Arm;

#[derive(Clone)]
pub(super) struct Hearing<'a> {
    pub at: usize,
    gate: &'a Gate,
    pub segment: &'a Segment,
    arm: Arm,
    missing_at_most: f64,
    /// How many times larger the level of the first look was.
    spent: f64,
    /// What the level of the next look is of this one's.
    next: f64,
    /// The level of never rules at every look: any failure is final, so that looking again cannot help.
    alpha: f64,
    test: Option<Test>,
    /// What is measured has no value that a failure could be counted as.
    unbounded: bool,
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
        let look = facts.look.unwrap_or(1);
        Some(Hearing {
            at,
            gate,
            segment,
            arm,
            missing_at_most: contract.missing_at_most.get(),
            spent: look_level(contract, 1) / look_level(contract, look),
            next: look_level(contract, look.saturating_add(1)) / look_level(contract, look),
            alpha: contract.alpha.get(),
            test,
            unbounded: questions.first()?.value == ValueOf::Amount,
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
        finding.unmeasured = self.claim.map_or_else(Vec::new, |weighing| strata_named(contract, &weighing.unmeasured));
        let besides = Besides { facts, unproven: self.unproven.as_ref(), readings: self.readings(levels, at) };
        finding.reason = sentence(contract, self.gate, &finding, &besides);
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
            unmeasured: Vec::new(),
        }
    }

    /// What the finding is where everything that reviewers are split on is settled for the arm, and against it.
    fn split(&self, levels: &Levels, at: usize) -> Option<Split> {
        let answers = self.split_on().len() as u64;
        let (answers, of) = (Some(answers).filter(|answers| *answers > 0)?, self.counts().planned);
        let [best, worst] = self.readings(levels, at);
        Some(Split { answers, of, best, worst })
    }

    /// What the finding is where all that is missing is at its best, and at its worst.
    fn readings(&self, levels: &Levels, at: usize) -> [State; 2] {
        match self.gate.rule {
            Rule::Never { max_rate: Some(rate) } if self.upper_of(self.graded_or_split(), self.alpha) > rate.get() => {
                [State::NotShown, State::FailedNever]
            }
            Rule::Never { .. } => [State::Holds, State::FailedNever],
            _ => [Reading::Best, Reading::Worst].map(|reading| match self.outcome(reading, levels, at) {
                Some(Outcome::Holds) => State::Holds,
                Some(Outcome::Breached) => State::Breached,
                _ => State::NotShown,
            }),
        }
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

    /// Of how many examples of each arm reviewers are split.
    fn disputes(&self) -> [u64; 2] {
        self.disputed.each_ref().map(|examples| examples.len() as u64)
    }

    /// Grades that are unknown because nobody gave them, and not because people are split on them.
    fn missing(&self) -> [u64; 2] {
        let counts = [self.counts(), self.claim.map(|weighing| weighing.opponent).unwrap_or_default()];
        let disputes = self.disputes();
        // An answer that failed took no time and cost nothing that a mean could count.
        let failed = |counts: &Counts| if self.unbounded { counts.system_errors } else { 0 };
        [0, 1].map(|arm| {
            let missing = counts[arm].grader_errors + counts[arm].not_run + failed(&counts[arm]);
            missing.saturating_sub(disputes[arm])
        })
    }

    /// Of each arm the share of its planned grades that is unknown: an example that lacks one of five repeats lacks a fifth. Of what
    /// reviewers are split on only the examples are known.
    fn share_missing(&self, examples: [u64; 2]) -> [f64; 2] {
        let counts = [self.counts(), self.claim.map(|weighing| weighing.opponent).unwrap_or_default()];
        let disputes = self.disputes();
        [0, 1].map(|arm| {
            let of_grades = share(counts[arm].missing.saturating_sub(disputes[arm]), counts[arm].grades);
            share(examples[arm], counts[arm].planned).min(of_grades)
        })
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
        let arms = if self.is_comparison() { 2 } else { 1 };
        if self.share_missing(missing).iter().take(arms).any(|share| *share > self.missing_at_most) {
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
        if counts.graded.min(counts.clusters) < u64::from(self.segment.minimum.0) {
            return (State::NoData, None);
        }
        if counts.grader_errors + counts.not_run > 0 {
            return (State::NotShown, Some(Code::MissingGrades));
        }
        match max_rate {
            Some(max_rate) if self.zero_failure_upper(level) > max_rate => {
                let by_the_rest = self.unmeasured() > 0.0 && seen_upper(self.independent(), level) <= max_rate;
                (State::NotShown, Some(if by_the_rest { Code::Unmeasured } else { Code::ZeroFailures }))
            }
            _ => (State::Holds, None),
        }
    }

    /// Upper bound on the rate of failures when none was seen, over clusters sampled from production.
    fn zero_failure_upper(&self, level: f64) -> f64 {
        self.upper_of(self.independent(), level)
    }

    /// The same if so many clusters showed none. Traffic that was not measured may all fail.
    fn upper_of(&self, clusters: u64, level: f64) -> f64 {
        let unmeasured = self.unmeasured();
        let seen = (1.0 - unmeasured) * seen_upper(clusters, level) + unmeasured;
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

    /// The share of the traffic in strata that have too few clusters to be weighed.
    fn unmeasured(&self) -> f64 {
        self.claim.and_then(|weighing| weighing.graded.as_ref().ok()).map_or(0.0, stats::Weighed::unmeasured)
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Holds,
    Breached,
    Between,
    /// Missing grades decide.
    Torn,
}

/// Upper bound on the rate of failures where so many clusters showed none.
fn seen_upper(clusters: u64, level: f64) -> f64 {
    if clusters == 0 { 1.0 } else { stats::zero_failure_upper(clusters, level) }
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

/// The part that so many are of what was planned.
fn share(missing: u64, planned: u64) -> f64 {
    if planned == 0 { 0.0 } else { missing as f64 / planned as f64 }
}

/// Fisher's exact test on missing against graded in the two arms.
fn differently_missing([own, other]: [u64; 2], of: &Counts, with: &Counts) -> bool {
    let present = |counts: &Counts, missing: u64| counts.planned.saturating_sub(missing);
    stats::fisher_exact(own, present(of, own), other, present(with, other)) < 0.01
}

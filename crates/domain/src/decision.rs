//! The decision: a routing table over segments, summarised in one word, with what changed, where, how much it matters,
//! and who owns the next action. One pure, total function from evidence.

mod drifted;
mod under;

pub use drifted::{DRIFTED, Drifted};
pub use under::{Beside, Moved, Under, beside, under, with_shares};

use crate::contract::Contract;
use crate::evidence::{Evidence, cost_question, matrix_question};
use crate::finding::figures::plural;
use crate::finding::missing::what_is_missing;
use crate::finding::{
    Code, Facts, FailedExample, Failures, Finding, Findings, GuardFact, State, Subject, asks_what_nothing_shows, find,
    is_shown_by_more, listed, release_owner,
};
use crate::gate::{Gate, Measure, Rule};
use crate::name::{ClassName, CriterionName, ExampleId, OwnerRole};
use crate::question::Compared;
use crate::reference_set::ReferenceSet;
use crate::routing::{self, Cell, Outcome, Route};
use crate::segment::Segment;
use crate::system::Arm;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub outcome: Outcome,
    pub routes: Vec<Route>,
    pub findings: Findings,
    /// The sentence of the rule that decided.
    pub deciding_rule: String,
    pub changed: Changed,
    /// Expected failure cost, where failures have a price and there is a production to compare with.
    pub cost: Option<FailureCost>,
    pub follow_ups: Vec<FollowUp>,
    /// Where reviewers are split on the candidate's answers: the decision under either reading of them.
    pub split: Option<Split>,
}

/// Answers of the candidate that reviewers are split on, and what is decided where all of them are settled for it, and against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub answers: u64,
    pub of: u64,
    pub best: Outcome,
    pub worst: Outcome,
}

impl Split {
    pub fn sentence(&self) -> String {
        let Split { answers, of, best, worst } = self;
        let says = |outcome: &Outcome| outcome.as_str().replace('_', " ");
        if best == worst {
            return format!(
                "reviewers split on {answers} of {of}; treating all as pass or all as fail, the decision is {}",
                says(best)
            );
        }
        format!(
            "reviewers split on {answers} of {of}; treating all as pass decides {}, all as fail {}",
            says(best),
            says(worst)
        )
    }
}

/// Examples whose grades differ between candidate and production, by any criterion; an example that lost somewhere is worse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub worse: u64,
    pub better: u64,
    pub by_criterion: Vec<(CriterionName, u64, u64)>,
    /// For each value of an attribute that segments are cut by, how many examples got worse and better; most worse first.
    pub by_segment: Vec<(String, u64, u64)>,
    /// Failing scores of the candidate by class, most first.
    pub classes: Vec<(ClassName, u64)>,
}

/// Expected failure cost of the candidate beside production's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailureCost {
    /// Unknown where too few answers were graded by every criterion that protects against a failure with a price.
    pub delta: Option<CostDelta>,
    /// Examples whose cost is known of both systems.
    pub known: u64,
    pub of: u64,
}

/// Money per 1,000 requests, candidate minus production, at the plain two-sided 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostDelta {
    pub delta: f64,
    pub lower: f64,
    pub upper: f64,
}

/// What somebody should do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    pub kind: Kind,
    pub what: String,
    pub owner: Option<OwnerRole>,
    /// The gate and segment, or guard, that it comes from.
    pub because: String,
}

impl FollowUp {
    /// One more that it comes from, named once.
    fn also(&mut self, because: &str) {
        if self.because.split("; ").all(|known| known != because) {
            self.because = format!("{}; {because}", self.because);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    StopAccepting,
    Repair,
    ChangePolicy,
    RepairRubric,
    Quarantine,
    Collect,
    RunAgain,
    Approve,
    Watch,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::StopAccepting => "stop accepting",
            Kind::Repair => "repair",
            Kind::ChangePolicy => "change policy",
            Kind::RepairRubric => "repair rubric",
            Kind::Quarantine => "quarantine",
            Kind::Collect => "collect",
            Kind::RunAgain => "run again",
            Kind::Approve => "approve",
            Kind::Watch => "watch",
        }
    }

    /// The kind that an `else:` text names with its first words.
    fn of_text(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let kinds = [Kind::StopAccepting, Kind::ChangePolicy, Kind::RepairRubric, Kind::Quarantine, Kind::Collect];
        kinds.into_iter().find(|kind| text.starts_with(kind.as_str())).unwrap_or(Kind::Repair)
    }
}

/// Decides. Everything that it may rest on is an argument.
pub fn decide(
    contract: &Contract,
    set: &ReferenceSet,
    segments: &[Segment],
    arms: &BTreeSet<Arm>,
    evidence: &Evidence,
    facts: &Facts,
    changed: Changed,
) -> Decision {
    let findings = find(contract, segments, arms, evidence, facts);
    let cells = routing::cells(contract, set, segments);
    let routes = routing::route(contract, &cells, segments, &findings);
    let outcome = routing::outcome(contract, &routes, segments, &findings);
    Decision {
        outcome,
        deciding_rule: deciding_rule(outcome, &routes, &findings),
        follow_ups: follow_ups(contract, &routes, &findings, facts, &changed),
        cost: cost(contract, evidence),
        split: split(contract, &cells, segments, arms, evidence, facts),
        routes,
        findings,
        changed,
    }
}

/// What would be decided where everything that reviewers are split on is settled one way, and the other.
fn split(
    contract: &Contract,
    cells: &[Cell],
    segments: &[Segment],
    arms: &BTreeSet<Arm>,
    evidence: &Evidence,
    facts: &Facts,
) -> Option<Split> {
    let of_candidate = facts.disputed.iter().filter(|disputed| disputed.arm == Arm::Candidate);
    let of_candidate: Vec<&Failures> =
        of_candidate.filter(|disputed| contract.criterion(disputed.criterion.as_str()).is_some()).collect();
    let planned = |disputed: &&Failures| {
        let criterion = contract.criterion(disputed.criterion.as_str())?;
        let question = matrix_question(criterion, &Segment::all(), Compared::Alone(Arm::Candidate));
        Some(evidence.on(&question)?.counts.planned)
    };
    let answers = of_candidate.iter().map(|disputed| disputed.examples.len() as u64).sum();
    let of = of_candidate.iter().filter_map(planned).sum();
    let outcome = |best: bool| {
        let (evidence, facts) = settled(contract, evidence, facts, best);
        let findings = find(contract, segments, arms, &evidence, &facts);
        let routes = routing::route(contract, cells, segments, &findings);
        routing::outcome(contract, &routes, segments, &findings)
    };
    (answers > 0).then(|| Split { answers, of, best: outcome(true), worst: outcome(false) })
}

/// Evidence and facts as if everything that reviewers are split on were settled for the one that is asked about, or against it.
fn settled(contract: &Contract, evidence: &Evidence, facts: &Facts, best: bool) -> (Evidence, Facts) {
    let is_disputed = |measure: &Measure| matches!(measure, Measure::Criterion(name) if facts.disputed.iter().any(|disputed| disputed.criterion == *name));
    let entries = evidence.iter().map(|(question, weighing)| {
        let weighing = if is_disputed(&question.measure) { weighing.settled(best) } else { weighing.clone() };
        (question.clone(), weighing)
    });
    let mut settled = Facts { disputed: Arc::default(), ..facts.clone() };
    if !best {
        settled.failures.extend(facts.disputed.iter().cloned());
        let of_criteria =
            facts.disputed.iter().filter(|disputed| contract.criterion(disputed.criterion.as_str()).is_some());
        for disputed in of_criteria {
            let measure = Measure::Criterion(disputed.criterion.clone());
            let blocks = contract.gates.iter().any(|gate| gate.blocking && gate.measure == measure);
            let fails = |example: &FailedExample| disputed.examples.iter().any(|known| known.id == example.id);
            let guards = settled.guards.iter_mut().filter(|guard| blocks && fails(&guard.example));
            guards.for_each(|guard| disputed.told_in(&mut guard.failed_by));
            let never = settled.never_examples.iter_mut().filter(|never| fails(&never.example));
            never.for_each(|never| disputed.told_in(&mut never.failed_by));
        }
    }
    (Evidence::new(entries.collect()), settled)
}

fn cost(contract: &Contract, evidence: &Evidence) -> Option<FailureCost> {
    const REQUESTS: f64 = 1000.0;
    const LEVEL: f64 = 0.025;
    let weighing = evidence.on(&cost_question(contract, &Segment::all()))?;
    let delta = |weighed: &stats::Weighed| {
        let interval = weighed.interval(LEVEL);
        CostDelta {
            delta: weighed.estimate() * REQUESTS,
            lower: interval.lower * REQUESTS,
            upper: interval.upper * REQUESTS,
        }
    };
    Some(FailureCost {
        delta: weighing.graded.as_ref().ok().map(delta),
        known: weighing.counts.paired,
        of: weighing.counts.planned,
    })
}

fn deciding_rule(outcome: Outcome, routes: &[Route], findings: &Findings) -> String {
    let candidates = routes.iter().filter(|route| route.system == Arm::Candidate).count();
    let worst = findings
        .blocking(Arm::Candidate)
        .filter(|finding| finding.state != State::Holds)
        .min_by_key(|finding| finding.state)
        .map(|finding| format!("{} on {} is {}", finding.name, finding.segment.name, finding.state.words()));
    let because = worst.map_or_else(String::new, |worst| format!("; the gravest finding: {worst}"));
    match outcome {
        Outcome::Ship => "every blocking finding of the candidate holds in every cell".to_owned(),
        Outcome::NarrowRollout => {
            format!("the candidate may answer in {candidates} of {} cells{because}", routes.len())
        }
        Outcome::RollBack => format!("production is out in a cell where the fallback holds{because}"),
        Outcome::CannotDecide => {
            format!("nothing is shown wrong, and every cell is blocked by what is unknown{because}")
        }
        Outcome::Hold => format!("no cell's findings all hold{because}"),
    }
}

fn follow_ups(
    contract: &Contract,
    routes: &[Route],
    findings: &Findings,
    facts: &Facts,
    changed: &Changed,
) -> Vec<FollowUp> {
    let mut all: Vec<FollowUp> = Vec::new();
    let mut add = |follow_up: FollowUp| {
        let same = |known: &&mut FollowUp| {
            known.kind == follow_up.kind && known.what == follow_up.what && known.owner == follow_up.owner
        };
        match all.iter_mut().find(same) {
            Some(known) => known.also(&follow_up.because),
            None => all.push(follow_up),
        }
    };
    for route in routes.iter().filter(|route| route.stop_accepting) {
        add(FollowUp {
            kind: Kind::StopAccepting,
            what: format!(
                "stop accepting {} or change policy: neither production nor the fallback holds",
                route.cell.name()
            ),
            owner: promise_owner(contract),
            because: route.cell.name(),
        });
    }
    for finding in findings.blocking(Arm::Candidate).filter(|finding| finding.state != State::Holds) {
        add(of_finding(contract, finding));
    }
    for finding in findings.blocking(Arm::Production) {
        if matches!(finding.state, State::Breached | State::FailedNever | State::FailedGuard) {
            add(FollowUp {
                kind: Kind::Repair,
                what: format!("repair production: {}", finding.reason),
                owner: finding.owner.clone(),
                because: format!("production, {} on {}", finding.name, finding.segment.name),
            });
        }
    }
    facts.guards.iter().filter(|guard| unfixed(guard)).for_each(|guard| {
        add(FollowUp {
            kind: Kind::Repair,
            what: format!("no system passes guard {} yet: find a fix, then it is armed", guard.example.id),
            owner: release_owner(contract),
            because: format!("guard {}", guard.example.id),
        });
    });
    for (class, count) in &changed.classes {
        add(of_class(contract, class, *count));
    }
    all
}

fn unfixed(guard: &GuardFact) -> bool {
    !guard.armed && guard.failed_by.contains_key(&Arm::Candidate)
}

fn of_finding(contract: &Contract, finding: &Finding) -> FollowUp {
    let gate = match finding.subject {
        Subject::Gate(at) => contract.gates.get(at),
        Subject::Guards | Subject::NeverExamples => None,
    };
    let on_labels = gate.is_some_and(|gate| matches!(gate.measure, Measure::Disagreement(_)));
    let because = format!("{} on {}: {}", finding.name, finding.segment.name, finding.state.words());
    let (kind, what) = match (finding.state, &finding.follow_up) {
        (State::Unfit, _) if finding.code == Some(Code::ContractChanged) => {
            (Kind::Approve, "approve the changed contract by name, or ask the systems again".to_owned())
        }
        (State::Unfit, _) if finding.code == Some(Code::JudgeUnproven) => {
            (Kind::RepairRubric, format!("calibrate the judge: {}", finding.reason))
        }
        (State::Unfit | State::Error, _) => {
            (Kind::RunAgain, format!("get the missing {}: {}", missing(gate), finding.reason))
        }
        (State::NotShown, _) if finding.code == Some(Code::ReviewersDisagree) => (
            Kind::RepairRubric,
            format!("settle what reviewers are split on, or repair the rubric: {}", finding.names()),
        ),
        (State::NoData | State::NotShown, _) if on_labels => {
            (Kind::Collect, format!("let two people label more answers of {}", finding.segment.name))
        }
        (State::Breached, Some(follow_up)) if on_labels => {
            (Kind::of_text(follow_up), format!("{follow_up}: reviewers differ on {}", finding.names()))
        }
        (State::NotShown, _)
            if is_undecided(finding) && finding.estimate.as_ref().is_some_and(asks_what_nothing_shows) =>
        {
            (Kind::Repair, format!("repair the gate {}: nothing can show what it asks for here", finding.name))
        }
        (State::NotShown, None) if is_out_of_reach(gate, finding) => {
            (Kind::Repair, format!("repair {}: more conversations like these would not show it", subject(finding)))
        }
        (State::NoData | State::NotShown, _) if !is_out_of_reach(gate, finding) => {
            (Kind::Collect, collect(gate, finding))
        }
        (_, Some(follow_up)) => (Kind::of_text(follow_up), follow_up.clone()),
        (_, None) => (Kind::Repair, format!("repair {}", subject(finding))),
    };
    FollowUp { kind, what, owner: finding.owner.clone(), because }
}

fn subject(finding: &Finding) -> String {
    match finding.subject {
        Subject::Gate(_) => finding.name.clone(),
        Subject::Guards => "what failed again".to_owned(),
        Subject::NeverExamples => "what must never fail".to_owned(),
    }
}

fn missing(gate: Option<&Gate>) -> &'static str {
    gate.map_or("grades", what_is_missing)
}

/// Whether what was seen is not what the gate asks for, so that no number of conversations like these would show it.
fn is_out_of_reach(gate: Option<&Gate>, finding: &Finding) -> bool {
    let seen = gate.zip(finding.estimate.as_ref()).filter(|_| is_undecided(finding));
    seen.is_some_and(|(gate, estimate)| !is_shown_by_more(gate, estimate))
}

/// Open for want of evidence, on conversations enough to tell what they look like.
fn is_undecided(finding: &Finding) -> bool {
    matches!(finding.code, Some(Code::Underpowered | Code::Undecidable))
}

/// Open on conversations enough for a margin, so that what they show differs from what was supposed of them.
fn is_margin_in_doubt(gate: Option<&Gate>, finding: &Finding) -> bool {
    let is_margin = gate.is_some_and(|gate| matches!(gate.rule, Rule::NotWorse { .. }));
    is_margin && finding.code == Some(Code::Underpowered)
}

fn collect(gate: Option<&Gate>, finding: &Finding) -> String {
    let place = &finding.segment.name;
    // Fewer than its minimum decide nothing, however few would settle it.
    let short = match finding.state {
        State::NoData => u64::from(finding.segment.minimum.0).saturating_sub(finding.conversations()),
        _ => 0,
    };
    match finding.estimate.and_then(|estimate| estimate.more_needed).map(|more| more.max(short)) {
        _ if finding.code == Some(Code::MissingGrades) => format!("get the missing {} of {place}", missing(gate)),
        _ if finding.code == Some(Code::JudgeUnproven) => format!("label more of the judge's verdicts on {place}"),
        _ if finding.code == Some(Code::LooksSpent) => {
            "draw a fresh reference set, with no example that was decided on before".to_owned()
        }
        _ if finding.code == Some(Code::Unmeasured) && !finding.unmeasured.is_empty() => {
            let values = listed(finding.unmeasured.iter().map(String::as_str));
            format!("sample more of {values}: too few conversations to weigh")
        }
        None if finding.code == Some(Code::ZeroFailures) && finding.estimate.is_none() => {
            format!("sample conversations of {place} with a known chance")
        }
        Some(0) if is_margin_in_doubt(gate, finding) => {
            format!("read what differs on {place} before more is collected")
        }
        Some(more) if more > 0 => format!("collect about {} of {place}", plural(more, "more conversation")),
        _ => format!("collect more conversations of {place}"),
    }
}

fn of_class(contract: &Contract, class: &ClassName, count: u64) -> FollowUp {
    let declared = contract.failures.iter().find(|known| known.name == *class);
    let built_in = crate::failure_class::BUILT_IN.iter().find(|(name, ..)| *name == class.as_str());
    let repair = declared.map(|known| known.repair.clone()).filter(|repair| !repair.is_empty());
    let repair = repair.or(built_in.map(|(_, _, repair)| (*repair).to_owned())).unwrap_or_else(|| "repair".to_owned());
    FollowUp {
        kind: Kind::of_text(&repair),
        what: format!("{count} x {class}: {repair}"),
        owner: class_owner(contract, class),
        because: format!("failing scores of the candidate of class {class}"),
    }
}

/// Who owns a class of failures: as the contract says, else the role that the built-in class names where the contract has it, else
/// whoever signs for the release.
pub fn class_owner(contract: &Contract, class: &ClassName) -> Option<OwnerRole> {
    let declared = contract.failures.iter().find(|known| known.name == *class).and_then(|known| known.owner.clone());
    let built_in = crate::failure_class::BUILT_IN.iter().find(|(name, ..)| *name == class.as_str());
    let role = built_in.map(|(_, role, _)| OwnerRole::new(role));
    let role = role.filter(|role| contract.owners.iter().any(|owner| owner.role == *role));
    declared.or(role).or(release_owner(contract))
}

/// Who owns the promise: the role `product`, else whoever signs for the release.
fn promise_owner(contract: &Contract) -> Option<OwnerRole> {
    let product = contract.owners.iter().find(|owner| owner.role.as_str() == "product");
    product.map(|owner| owner.role.clone()).or(release_owner(contract))
}

/// Ids of the examples that a finding names.
pub fn examples_of(finding: &Finding) -> Vec<&ExampleId> {
    finding.examples.iter().map(|example| &example.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follow_up_names_each_gate_that_it_comes_from_once() {
        let because = "is-bright on all: breached".to_owned();
        let mut follow_up = FollowUp { kind: Kind::Repair, what: "repair it".to_owned(), owner: None, because };
        for because in ["bright on all: breached", "is-bright on all: breached", "bright on all: breached"] {
            follow_up.also(because);
        }
        assert_eq!(follow_up.because, "is-bright on all: breached; bright on all: breached");
    }
}

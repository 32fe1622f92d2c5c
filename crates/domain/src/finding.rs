//! Findings: one gate on one segment for one arm, in exactly one state.
//!
//! in      a contract, its segments, the evidence, the look, and what failed outright (never rules and guards)
//! out     `Findings`, in the order gate, segment, arm; each with the interval that its rule used
//! errors  none: what is missing is a state
//! source  the rules of the project's gate design: states in order of precedence, IUT inside a segment, Holm over
//!         segments for the claim to hold and over all findings for harm (Berger 1982; Holm 1979), level alpha * 2^-look

mod claim;
pub mod figures;
mod heard;
mod judge;
mod levels;
pub(crate) mod missing;
mod reason;
mod settlement;
#[cfg(test)]
mod tests;

pub use claim::{best_p, claim_holds, claims_below};
pub use heard::Heard;
pub use settlement::{asks_what_nothing_shows, is_shown_by_more};

use crate::contract::{Contract, Looks};
use crate::evidence::Evidence;
use crate::gate::{Gate, Measure, Rule};
use crate::name::{Attribute, CriterionName, ExampleId, OwnerRole};
use crate::provenance::SourceKind;
use crate::qualification::{Judged, Unproven, is_judged, priced};
use crate::question::{Counts, Question};
use crate::reference_set::{ExampleIndex, ReferenceSet};
use crate::segment::{ABSENT, Segment};
use crate::system::Arm;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The states in order of precedence: a finding is in the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    FailedNever,
    FailedGuard,
    Unfit,
    Breached,
    Error,
    NoData,
    NotShown,
    Holds,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::FailedNever => "failed_never",
            State::FailedGuard => "failed_guard",
            State::Unfit => "unfit",
            State::Breached => "breached",
            State::Error => "error",
            State::NoData => "no_data",
            State::NotShown => "not_shown",
            State::Holds => "holds",
        }
    }

    /// As a person reads it.
    pub fn words(self) -> &'static str {
        match self {
            State::FailedNever => "failed never",
            State::FailedGuard => "failed guard",
            State::Unfit => "unfit",
            State::Breached => "breached",
            State::Error => "error",
            State::NoData => "no data",
            State::NotShown => "not shown",
            State::Holds => "holds",
        }
    }
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A gate of the contract, by its position there.
    Gate(usize),
    /// The armed guards of the reference set.
    Guards,
    /// The examples with `expect: never`.
    NeverExamples,
}

/// Why a finding is not shown, unfit or without data; the code of the statistics design, section 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    TooFewClusters,
    Undecidable,
    Unmeasured,
    MissingGrades,
    Dominated,
    Underpowered,
    ZeroFailures,
    /// What earlier looks cost is what is missing.
    LooksSpent,
    ContractChanged,
    UnequalMissing,
    /// Reviewers are split on answers, and the verdict depends on what they will say.
    ReviewersDisagree,
    /// A judge gave the grades, and what is known of its error does not let them decide.
    JudgeUnproven,
}

impl Code {
    pub fn as_str(self) -> &'static str {
        match self {
            Code::TooFewClusters => "TOO_FEW_CLUSTERS",
            Code::Undecidable => "UNDECIDABLE",
            Code::Unmeasured => "UNMEASURED",
            Code::MissingGrades => "MISSING_GRADES",
            Code::Dominated => "DOMINATED",
            Code::Underpowered => "UNDERPOWERED",
            Code::ZeroFailures => "ZERO_FAILURES",
            Code::LooksSpent => "LOOKS_SPENT",
            Code::ContractChanged => "CONTRACT_CHANGED",
            Code::UnequalMissing => "UNEQUAL_MISSING",
            Code::JudgeUnproven => "JUDGE_UNPROVEN",
            Code::ReviewersDisagree => "REVIEWERS_DISAGREE",
        }
    }
}

/// Answers that reviewers are split on, and what a finding says where all of them are settled for the arm, and against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub answers: u64,
    pub of: u64,
    pub best: State,
    pub worst: State,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub subject: Subject,
    /// The gate's name, `guards` or `never examples`.
    pub name: String,
    pub segment: Segment,
    pub arm: Arm,
    pub state: State,
    pub blocking: bool,
    pub code: Option<Code>,
    /// One sentence with its numbers: what was seen, what is ruled out, what is not, what would settle it.
    pub reason: String,
    pub owner: Option<OwnerRole>,
    pub follow_up: Option<String>,
    /// The numbers; `None` where there is nothing to estimate from.
    pub estimate: Option<Estimate>,
    pub counts: Counts,
    /// Counts of the opponent, for a comparison.
    pub opponent: Option<Counts>,
    /// The examples that failed a never rule or guard, on which a never rule could not be seen, or on which reviewers differ where that is
    /// what keeps the gate from holding.
    pub examples: Vec<FailedExample>,
    /// Where reviewers are split on answers that it rests on.
    pub split: Option<Split>,
    /// Values with a declared share of traffic that have too few conversations to be weighed.
    pub unmeasured: Vec<String>,
}

impl Finding {
    /// The examples that it names.
    pub fn names(&self) -> String {
        listed(self.examples.iter().map(|example| example.id.as_str()).collect::<Vec<_>>().into_iter())
    }

    /// The independent conversations that count. One gives no estimate, and is still one.
    pub fn conversations(&self) -> u64 {
        let few = self.counts.clusters.min(self.counts.weighted);
        self.estimate.map_or(few, |estimate| estimate.clusters)
    }
}

/// An estimate with the interval that its rule used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
    /// One-sided level that the interval and the rule were tested at.
    pub level: f64,
    /// p of the claim that the rule holds, as computed and adjusted for the family.
    pub p: f64,
    pub p_adjusted: f64,
    /// p of the claim that harm is shown.
    pub p_harm: Option<f64>,
    pub p_harm_adjusted: Option<f64>,
    /// The limit or margin, in the measure's unit.
    pub margin: f64,
    pub effective_n: f64,
    pub clusters: u64,
    /// How many of equal weight these would count as (Kish).
    pub kish_clusters: f64,
    /// Share of the traffic that has no examples.
    pub unmeasured: f64,
    pub method: Method,
    /// Independent conversations more that would settle it at the next look if there were truly no change (80 % power); where known.
    pub more_needed: Option<u64>,
    /// No failure was seen, and so many more without one would settle it for certain.
    pub spotless: bool,
    /// Where a judge's verdicts were corrected: what they say uncorrected, and the labels that correct them.
    pub judged: Option<AsJudged>,
    /// Where the margin is relative, so that what is tested is not the difference: the difference.
    pub difference: Option<Difference>,
}

/// The difference to the opponent beside a relative margin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
    /// As a share of the opponent's own; `None` where that is zero.
    pub relative: Option<f64>,
    /// What the opponent's is multiplied by before it is taken off in what is tested.
    pub factor: f64,
}

/// What a judge's verdicts say before they are corrected for its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AsJudged {
    pub value: f64,
    pub labels: u64,
    /// Labels more, of the same kind, with which what was seen would be shown; where any would do.
    pub more_labels: Option<u64>,
}

/// How an estimate was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Korn-Graubard with a shrunk design effect.
    Rate,
    /// Tango score on effective counts.
    PairedDifference,
    /// CR2 mean with a t interval.
    Mean,
    /// Exact upper bound on the rate of failures, any failure being final.
    ZeroFailures,
    /// A judge's rate, corrected by what people say of each of its verdicts.
    JudgedRate,
    /// A judge's paired difference, corrected by pairs that people labelled.
    JudgedDifference,
}

impl Method {
    pub fn of(kind: stats::Kind) -> Self {
        match kind {
            stats::Kind::Rate => Method::Rate,
            stats::Kind::Difference => Method::PairedDifference,
            stats::Kind::Graded | stats::Kind::GradedDifference | stats::Kind::Mean => Method::Mean,
        }
    }

    /// Of verdicts that were corrected for the judge's error.
    pub fn of_judged(kind: stats::Kind) -> Self {
        match kind {
            stats::Kind::Rate => Method::JudgedRate,
            _ => Method::JudgedDifference,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Method::Rate => "rate: Korn-Graubard, shrunk design effect",
            Method::PairedDifference => "paired difference: Tango score on effective counts",
            Method::Mean => "mean: cluster-robust (CR2) t",
            Method::ZeroFailures => "exact bound on a failure rate",
            Method::JudgedRate => "judged rate: post-stratified on the verdict by people's labels, MOVER",
            Method::JudgedDifference => {
                "judged paired difference: post-stratified on the paired verdict by people's labels, MOVER"
            }
        }
    }
}

/// What is known besides the sums: outright failures, the look, the history of the contract.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Examples of any weight that failed a never gate's criterion in any repeat: by criterion and arm.
    pub failures: Vec<Failures>,
    pub guards: Vec<GuardFact>,
    pub never_examples: Vec<NeverFact>,
    /// Number of the look, from 1; unknown where no chain is at hand (then 1 is used and said).
    pub look: Option<u32>,
    /// The contract's digest under which these scores were first decided on, where it is another one and nobody
    /// entitled has approved the change.
    pub decided_under: Option<crate::digest::Digest>,
    /// Examples on which a never gate's criterion could not be seen, because the system failed for a reason of a class
    /// that the criterion does not protect against.
    pub system_faults: Vec<Failures>,
    /// Examples on which reviewers are split, by criterion and arm; under the name of `disagreement_on` those on which they differ, settled or
    /// not.
    pub disputed: Arc<[Failures]>,
    /// The criteria that a model judges, with what calibration shows of the judges. One that is not among them is not qualified.
    pub judges: Arc<[Judged]>,
}

impl Facts {
    /// Why a judge's verdicts do not answer this question; `None` where they do, or where no judge was asked.
    pub fn unproven(&self, contract: &Contract, question: &Question) -> Option<Unproven> {
        if question.measure == Measure::FailureCost {
            return priced(contract).next().map(|criterion| Unproven::Priced(criterion.name.clone()));
        }
        let Measure::Criterion(name) = &question.measure else { return None };
        let criterion = contract.criterion(name.as_str()).filter(|criterion| is_judged(criterion))?;
        match self.judges.iter().find(|judged| judged.criterion == *name) {
            Some(judged) => judged.qualify_for(criterion, question).err(),
            None => Some(Unproven::NotCalibrated),
        }
    }
}

/// Examples that failed a criterion in an arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Failures {
    pub criterion: CriterionName,
    pub arm: Arm,
    pub examples: Vec<FailedExample>,
}

impl Failures {
    /// Adds its arm and criterion to what is known of one of its examples.
    pub fn told_in(&self, failed_by: &mut FailedBy) {
        failed_by.entry(self.arm).or_default().insert(self.criterion.clone());
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FailedExample {
    pub id: ExampleId,
    pub attributes: BTreeMap<Attribute, String>,
    /// Traffic or incident: then a failure of production's counts against production.
    pub from_production: bool,
}

impl FailedExample {
    /// What a finding says of an example of the set.
    pub fn of(set: &ReferenceSet, example: ExampleIndex) -> Option<Self> {
        let row = set.rows.get(example.0 as usize)?;
        let attributes = set
            .attributes
            .keys()
            .filter_map(|attribute| Some((attribute.clone(), set.value(attribute, example)?.to_owned())))
            .collect();
        let from_production = matches!(row.source, Some(SourceKind::Traffic | SourceKind::Incident) | None);
        Some(FailedExample { id: row.id.clone(), attributes, from_production })
    }

    pub fn lies_in(&self, segment: &Segment) -> bool {
        let value = |attribute| self.attributes.get(attribute).map_or(ABSENT, String::as_str);
        segment.conditions.iter().all(|(attribute, values)| values.contains(value(attribute)))
    }
}

/// The arms that failed an example, each with the criteria by which it did; never none.
pub type FailedBy = BTreeMap<Arm, BTreeSet<CriterionName>>;

/// One guard and how each arm did on it.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardFact {
    pub example: FailedExample,
    pub armed: bool,
    /// Arms that failed it, each with the criteria (of those that a blocking gate names; in any repeat; a system fault is a failure).
    pub failed_by: FailedBy,
    /// Arms with a grade of it.
    pub seen_by: BTreeSet<Arm>,
    /// Arms of which a planned grade of it is missing, by those criteria, in any repeat.
    pub missing_by: BTreeSet<Arm>,
}

/// One example with `expect: never` and the arms that failed any criterion on it.
#[derive(Clone, Debug, PartialEq)]
pub struct NeverFact {
    pub example: FailedExample,
    pub failed_by: FailedBy,
    pub seen_by: BTreeSet<Arm>,
    pub missing_by: BTreeSet<Arm>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Blocking findings of one arm.
    pub fn blocking(&self, arm: Arm) -> impl Iterator<Item = &Finding> {
        self.0.iter().filter(move |finding| finding.blocking && finding.arm == arm)
    }
}

/// The one-sided error rate of this look.
pub fn look_level(contract: &Contract, look: u32) -> f64 {
    match contract.looks {
        Looks::Halving => contract.alpha.get() * 0.5f64.powi(look.clamp(1, 1000) as i32),
        Looks::One => contract.alpha.get(),
    }
}

/// Judges every gate on every segment of its scope for every arm.
pub fn find(
    contract: &Contract,
    segments: &[Segment],
    arms: &BTreeSet<Arm>,
    evidence: &Evidence,
    facts: &Facts,
) -> Findings {
    let of_arm = |arm: &Arm| Heard::of(contract, segments, *arm, evidence, facts).findings(facts);
    joined(contract, arms.iter().map(|arm| (*arm, of_arm(arm))), facts)
}

/// The findings of all arms, those about gates as given, with what is failed outright.
pub fn joined(contract: &Contract, of_arms: impl IntoIterator<Item = (Arm, Vec<Finding>)>, facts: &Facts) -> Findings {
    let mut findings: Vec<Finding> = Vec::new();
    for (arm, of_gates) in of_arms {
        findings.extend(of_gates);
        findings.extend(outright(contract, arm, facts));
    }
    sort(&mut findings, contract);
    Findings(findings)
}

/// Guards and never examples: one finding each an arm, on `all`; routing places it by the examples that failed, or that nobody saw.
fn outright(contract: &Contract, arm: Arm, facts: &Facts) -> Vec<Finding> {
    let guards = facts.guards.iter().filter(|guard| guard.armed).map(|guard| Outright {
        example: &guard.example,
        failed: guard.failed_by.get(&arm),
        unknown: guard.missing_by.contains(&arm) || !guard.seen_by.contains(&arm),
    });
    let never = facts.never_examples.iter().map(|never| Outright {
        example: &never.example,
        failed: never.failed_by.get(&arm),
        unknown: never.missing_by.contains(&arm) || !never.seen_by.contains(&arm),
    });
    let found = [(Subject::Guards, guards.collect::<Vec<_>>()), (Subject::NeverExamples, never.collect())];
    let known = found.into_iter().filter(|(_, examples)| !examples.is_empty());
    known.map(|(subject, examples)| outright_finding(contract, subject, arm, &examples)).collect()
}

/// How an arm did on an example that must not fail.
struct Outright<'a> {
    example: &'a FailedExample,
    /// The criteria by which it failed.
    failed: Option<&'a BTreeSet<CriterionName>>,
    /// A grade is missing: that it did not fail says nothing.
    unknown: bool,
}

fn outright_finding(contract: &Contract, subject: Subject, arm: Arm, of: &[Outright]) -> Finding {
    let (name, what, worst) = match subject {
        Subject::NeverExamples => ("never examples", "examples that must never fail", State::FailedNever),
        _ => ("guards", "armed guards", State::FailedGuard),
    };
    let failed: Vec<&FailedExample> = of.iter().filter(|one| one.failed.is_some()).map(|one| one.example).collect();
    let unknown: Vec<&FailedExample> =
        of.iter().filter(|one| one.unknown && one.failed.is_none()).map(|one| one.example).collect();
    let ids = |examples: &[&FailedExample]| listed(examples.iter().map(|example| example.id.as_str()));
    let by = |one: &Outright| {
        Some(format!("{} ({})", one.example.id, listed(one.failed?.iter().map(CriterionName::as_str))))
    };
    let failures: Vec<String> = of.iter().filter_map(by).collect();
    let all = of.len();
    let (state, reason, follow_up) = match (failed.is_empty(), unknown.is_empty()) {
        (false, _) => (
            worst,
            format!("fails {} of {all} {what}: {}", failed.len(), listed(failures.iter().map(String::as_str))),
            Some("repair what failed again".to_owned()),
        ),
        (true, false) => (
            State::NoData,
            format!("{} of {all} {what} have no grade, which is no pass: {}", unknown.len(), ids(&unknown)),
            Some(format!("get the answer and the grade of {}", ids(&unknown))),
        ),
        (true, true) => (State::Holds, format!("passes all {all} {what}"), None),
    };
    let graded = (all - unknown.len()) as u64;
    let examples = if failed.is_empty() { &unknown } else { &failed };
    Finding {
        subject,
        name: name.to_owned(),
        segment: Segment::all(),
        arm,
        state,
        blocking: true,
        code: None,
        reason,
        owner: release_owner(contract),
        follow_up,
        estimate: None,
        counts: Counts { planned: all as u64, answered: graded, graded, paired: graded, ..Counts::default() },
        opponent: None,
        examples: examples.iter().map(|example| (*example).clone()).collect(),
        split: None,
        unmeasured: Vec::new(),
    }
}

/// Who signs for the release: the role `release`, else the first role.
pub fn release_owner(contract: &Contract) -> Option<OwnerRole> {
    let release = contract.owners.iter().find(|owner| owner.role.as_str() == "release");
    release.or(contract.owners.first()).map(|owner| owner.role.clone())
}

/// `a, b, c and 4 more`.
pub fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let count = names.len();
    let shown: Vec<&str> = names.take(SHOWN).collect();
    match count.checked_sub(SHOWN) {
        Some(rest) if rest > 0 => format!("{} and {rest} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// Gate order, then segment order as found, then arm; guards and never examples last.
fn sort(findings: &mut [Finding], contract: &Contract) {
    let order = |finding: &Finding| match finding.subject {
        Subject::Gate(at) => at,
        Subject::Guards => contract.gates.len(),
        Subject::NeverExamples => contract.gates.len() + 1,
    };
    findings.sort_by_key(order);
}

/// Whether a gate is a never rule.
pub fn is_never(gate: &Gate) -> bool {
    matches!(gate.rule, Rule::Never { .. })
}

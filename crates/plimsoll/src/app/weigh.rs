//! From a sealed run to a decision: the part that `run`, `decide` and `verify` share, so that they cannot differ.

use super::changed::changed;
use super::history::Before;
use super::judges::tell_differing;
use super::reviewed::differing;
use super::since::{There, since};
use super::spread;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::contract::Contract;
use domain::decision::{Decision, Drifted, decide, under, with_shares};
use domain::digest::Digest;
use domain::drift::Today;
use domain::evidence::{Evidence, Inquiry, Weighing, questions_of, segments, weighed_as};
use domain::finding::{
    Code, Facts, FailedBy, FailedExample, Failures, Finding, GuardFact, NeverFact, State, Subject, claim_holds,
    claims_below, is_never,
};
use domain::format::record::{self, Describes, Particulars};
use domain::fragility::{Claim, asks_own, flips};
use domain::gate::Measure;
use domain::name::{CriterionName, OwnerRole};
use domain::provenance::Weight;
use domain::qualification::{Identity, Judged};
use domain::question::{Compared, Question, Tally};
use domain::reference_set::{Alignment, ExampleIndex, ReferenceSet};
use domain::score::State as ScoreState;
use domain::segment::Segment;
use domain::system::Arm;
use engine::many::both;
use lake::{Asked, Coverage, Scores};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a decision rests on besides the sealed files.
pub struct Grounds<'a> {
    pub contract: &'a Contract,
    pub contract_text: &'a str,
    pub scores_digest: String,
    pub files: Vec<(String, String)>,
    pub look: Option<u32>,
    pub decided_under: Option<Digest>,
    pub approval: Option<(OwnerRole, String)>,
    /// The earlier decision whose reference set this one is laid beside.
    pub before: Option<Before>,
    /// Names of the arms' systems in the scores.
    pub systems: BTreeMap<Arm, String>,
    /// What calibration shows of the judges of judged criteria.
    pub judges: Arc<[Judged]>,
    /// How traffic is mixed now; nothing where it is not known.
    pub today: Option<Today>,
}

/// A decision and the content of its record.
pub struct Weighed {
    pub decision: Decision,
    pub content: Value,
}

pub fn weigh(folder: &Utf8Path, grounds: &Grounds) -> Result<Weighed, Failure> {
    // No decision rests on what else the files hold: it is hashed meanwhile.
    std::thread::scope(|scope| {
        let values = scope.spawn(|| lake::values(folder));
        weighed(folder, grounds, || match values.join() {
            Ok(values) => values.map_err(ours),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

fn weighed(
    folder: &Utf8Path,
    grounds: &Grounds,
    values: impl FnOnce() -> Result<Digest, Failure>,
) -> Result<Weighed, Failure> {
    let contract = grounds.contract;
    let set = lake::read_set(folder).map_err(ours)?;
    let scores = opened(folder, grounds, contract, &set)?;
    let (decided, coverage) = both(|| decided(&scores, grounds), || scores.coverage());
    let Decided { mut decision, segments, arms, graded_by, evidence, facts, examples } = decided?;
    let drifted = grounds.today.as_ref().map(|today| drifted(folder, grounds, &set, &decision, today)).transpose()?;
    decision.follow_ups.extend(drifted.iter().flat_map(|drifted| drifted.follow_ups(contract)));
    let mut particulars = particulars(&scores, contract, &segments, &decision, &facts.judges)?;
    for (own, finding) in particulars.iter_mut().zip(decision.findings.iter()) {
        own.drifted = drifted.as_ref().and_then(|drifted| drifted.of(finding));
        own.before = grounds.before.as_ref().and_then(|before| before.held(contract, finding));
    }
    let there = grounds.before.as_ref().and_then(|before| There::of(folder, before));
    let since = there.as_ref().map(|there| since(&scores, there, &evidence, &decision, &segments, &facts.judges));
    let asks_otherwise = |before: &&Before| before.contract.as_ref().is_none_or(|then| !contract.asks_the_same(then));
    let sealed = record::Sealed {
        contract_text: grounds.contract_text.to_owned(),
        scores_digest: grounds.scores_digest.clone(),
        values_digest: values()?.to_string(),
        reference_set_digest: set.digest.map(|digest| digest.to_string()),
        files: grounds.files.clone(),
        graders: graders(contract, &graded_by, lake::imported_from(folder).map_err(ours)?),
        systems: systems(contract, grounds, &coverage.map_err(ours)?),
        fragility: fewest(grounds.contract, &decision, &particulars),
        particulars,
        contract_changed_since: grounds.before.as_ref().filter(asks_otherwise).map(|before| before.record.clone()),
        alignment: grounds.before.as_ref().map(|before| record::Aligned {
            record: before.record.clone(),
            alignment: there.as_ref().map(|there| Alignment::of(&set, &there.set)),
        }),
        since: since.transpose()?,
        describes: describes(contract, &set),
        approval: grounds.approval.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        examples,
        drifted,
        repeats: spread::repeats(&scores, &arms)?,
        quantiles: spread::quantiles(&scores, &arms)?,
    };
    let mut content = record::content(contract, &segments, &arms, &evidence, &facts, &decision, &sealed);
    if let Some(judges) = content.get_mut("judges") {
        tell_differing(&scores, judges)?;
    }
    Ok(Weighed { decision, content })
}

/// A decision, and what it was made from.
struct Decided {
    decision: Decision,
    segments: Vec<Segment>,
    arms: BTreeSet<Arm>,
    graded_by: BTreeMap<String, String>,
    evidence: Evidence,
    facts: Facts,
    /// The worst changed examples.
    examples: Vec<Value>,
}

/// The decision alone, under a contract that may declare other shares than that of the grounds.
pub fn decision_under(folder: &Utf8Path, grounds: &Grounds, contract: &Contract) -> Result<Decision, Failure> {
    let set = lake::read_set(folder).map_err(ours)?;
    Ok(decided(&opened(folder, grounds, contract, &set)?, grounds)?.decision)
}

/// The decision as it would have been had these examples not been in its set.
pub fn decision_without(folder: &Utf8Path, grounds: &Grounds, ids: &BTreeSet<&str>) -> Result<Decision, Failure> {
    let set = lake::read_set(folder).map_err(ours)?.without(ids);
    Ok(decided(&opened(folder, grounds, grounds.contract, &set)?, grounds)?.decision)
}

fn opened<'a>(
    folder: &Utf8Path,
    grounds: &Grounds,
    contract: &'a Contract,
    set: &'a ReferenceSet,
) -> Result<Scores<'a>, Failure> {
    let asked = Asked { set, contract, systems: grounds.systems.clone() };
    Scores::open(folder, asked).map_err(ours)
}

fn decided(scores: &Scores, grounds: &Grounds) -> Result<Decided, Failure> {
    let (set, contract) = (scores.set(), scores.contract());
    let segments = segments(contract, set);
    let arms: BTreeSet<Arm> = grounds.systems.keys().copied().collect();
    // What is no estimate is asked for meanwhile.
    let others = || Ok::<_, Failure>((facts(scores, grounds)?, scores.classes(Arm::Candidate).map_err(ours)?));
    let (estimated, others) = both(|| estimated(scores, grounds, &segments, &arms), others);
    let (Estimated { graded_by, judges, evidence }, (facts, classes)) = (estimated?, others?);
    let facts = Facts { judges, ..facts };
    let (changed, examples) = changed(scores, set, contract, classes)?;
    let decision = decide(contract, set, &segments, &arms, &evidence, &facts, changed);
    Ok(Decided { decision, segments, arms, graded_by, evidence, facts, examples })
}

/// What the scores weigh; what graded them, and its judges as they were then.
struct Estimated {
    graded_by: BTreeMap<String, String>,
    judges: Arc<[Judged]>,
    evidence: Evidence,
}

fn estimated(
    scores: &Scores,
    grounds: &Grounds,
    segments: &[Segment],
    arms: &BTreeSet<Arm>,
) -> Result<Estimated, Failure> {
    let contract = scores.contract();
    let graded_by = scores.graders().map_err(ours)?;
    let judges = as_rows_say(&grounds.judges, &graded_by);
    let inquiry = Inquiry::of(contract, segments, arms);
    let questions = inquiry.questions();
    // Nothing of a tally is kept but what it weighs.
    let mut weighings: Vec<Option<Weighing>> = questions.iter().map(|_| None).collect();
    let weighing = |at: usize, tally: &Tally| {
        let plain = Weighing::of(&questions[at], tally);
        Some(plain.judged(contract, &questions[at], tally, &judges))
    };
    scores.tally_each(questions, |at, tally| weighings[at] = weighing(at, &tally)).map_err(ours)?;
    let entries = weighings.into_iter().enumerate().filter_map(|(at, known)| {
        let known = known.or_else(|| weighing(at, &Tally::default()))?;
        Some((questions[at].clone(), known))
    });
    let evidence = Evidence::new(entries.collect());
    Ok(Estimated { graded_by, judges, evidence })
}

/// The decision under today's mix of each attribute that the contract cuts by.
fn drifted(
    folder: &Utf8Path,
    grounds: &Grounds,
    set: &ReferenceSet,
    decision: &Decision,
    today: &Today,
) -> Result<Drifted, Failure> {
    let mut mixes = Vec::new();
    for of_today in &today.mixes {
        let mix = of_today.beside(grounds.contract, set);
        let Some(contract) = with_shares(grounds.contract, &mix) else { continue };
        let under = under(&mix.attribute, decision, &decision_under(folder, grounds, &contract)?);
        mixes.push((of_today.clone(), mix, under));
    }
    Ok(Drifted { outcome: decision.outcome, today: today.clone(), mixes })
}

/// Judges as they were when they gave their verdicts, where those were asked for here: what people say of one judge is nothing about
/// another.
fn as_rows_say(judges: &[Judged], graded_by: &BTreeMap<String, String>) -> Arc<[Judged]> {
    let then = |judged: &Judged| {
        let digest = graded_by.get(judged.criterion.as_str()).and_then(|digest| Digest::parse(digest));
        let grader = digest.unwrap_or(judged.judge.grader);
        Judged { judge: Identity { grader, ..judged.judge.clone() }, ..judged.clone() }
    };
    judges.iter().map(then).collect()
}

/// Criterion, kind and digest of what graded it, as the rows say: where grades were imported, no grader of ours was asked, and the
/// digest is that of the table.
fn graders(
    contract: &Contract,
    of_rows: &BTreeMap<String, String>,
    table: Option<Digest>,
) -> Vec<(String, String, String)> {
    let graded =
        |criterion: &domain::criterion::Criterion| match of_rows.get(criterion.name.as_str()).map(String::as_str) {
            Some(lake::IMPORTED) => {
                let digest = table.map_or_else(|| lake::IMPORTED.to_owned(), |table| table.to_string());
                (lake::IMPORTED.to_owned(), digest)
            }
            // What graded is what the rows say: it may depend on more than the contract does, as on a rubric or a schema in a file.
            Some(digest) => (criterion.grader.kind().to_owned(), digest.to_owned()),
            None => (criterion.grader.kind().to_owned(), criterion.grader.digest().to_string()),
        };
    contract
        .criteria
        .iter()
        .map(|criterion| {
            let (kind, digest) = graded(criterion);
            (criterion.name.to_string(), kind, digest)
        })
        .collect()
}

pub fn ours(error: lake::LakeError) -> Failure {
    Failure::ours(error.to_string(), "check disk space and permissions, then run again")
}

fn systems(contract: &Contract, grounds: &Grounds, coverage: &BTreeMap<Arm, Coverage>) -> Vec<Value> {
    grounds
        .systems
        .iter()
        .map(|(arm, name)| {
            let system = contract.system(*arm);
            let of = coverage.get(arm).copied().unwrap_or_default();
            json!({
                "arm": arm.as_str(),
                "name": name,
                "kind": system.map(|system| system.kind.describe()),
                "describe": system.map(|system| system.describe.clone()).filter(|text| !text.is_empty()),
                "planned": of.planned,
                "answered": of.answered,
                "system_errors": of.system_errors,
                "not_run": of.not_run,
                "grader_errors": of.grader_errors,
            })
        })
        .collect()
}

pub fn describes(contract: &Contract, set: &ReferenceSet) -> Describes {
    if contract.simulated {
        Describes::Simulated
    } else if set.active().any(|(_, row)| row.weight == Weight::Assumed) {
        Describes::ThisSet
    } else {
        Describes::Traffic
    }
}

/// All but the judges.
fn facts(scores: &Scores, grounds: &Grounds) -> Result<Facts, Failure> {
    let (set, contract) = (scores.set(), scores.contract());
    let never: Vec<&CriterionName> = contract
        .gates
        .iter()
        .filter(|gate| is_never(gate))
        .filter_map(|gate| match &gate.measure {
            Measure::Criterion(name) => Some(name),
            _ => None,
        })
        .collect();
    let mut failures: BTreeMap<(CriterionName, Arm), BTreeSet<FailedExample>> = BTreeMap::new();
    let mut faults: BTreeMap<(CriterionName, Arm), BTreeSet<FailedExample>> = BTreeMap::new();
    for failing in scores.failing(&never, None).map_err(ours)? {
        let Some(example) = FailedExample::of(set, failing.example) else { continue };
        let protected = contract
            .criterion(failing.criterion.as_str())
            .is_some_and(|criterion| failing.class.as_ref().is_some_and(|class| criterion.protects.contains(class)));
        // A system fault is an occurrence of what a never rule forbids only where its class is what the rule protects against.
        let kind = if failing.state == ScoreState::SystemError && !protected { &mut faults } else { &mut failures };
        kind.entry((failing.criterion, failing.arm)).or_default().insert(example);
    }
    let listed = |found: BTreeMap<(CriterionName, Arm), BTreeSet<FailedExample>>| {
        found
            .into_iter()
            .map(|((criterion, arm), examples)| Failures { criterion, arm, examples: examples.into_iter().collect() })
            .collect()
    };
    let (guards, never_examples) = outright(scores, set, grounds)?;
    Ok(Facts {
        failures: listed(failures),
        system_faults: listed(faults),
        guards,
        never_examples,
        look: grounds.look,
        decided_under: grounds.decided_under,
        judges: Arc::default(),
        disputed: disputed(scores, set, contract)?,
    })
}

/// What reviewers are split on; and, where a gate is about it, where they differ.
pub fn disputed(scores: &Scores, set: &ReferenceSet, contract: &Contract) -> Result<Arc<[Failures]>, Failure> {
    let differing: Vec<CriterionName> = differing(contract).into_iter().map(|criterion| criterion.name).collect();
    let found = scores.disputed(&differing).map_err(ours)?;
    let of = |((criterion, arm), examples): ((CriterionName, Arm), BTreeSet<ExampleIndex>)| {
        let mut examples: Vec<FailedExample> =
            examples.into_iter().filter_map(|example| FailedExample::of(set, example)).collect();
        examples.sort();
        Failures { criterion, arm, examples }
    };
    Ok(found.into_iter().map(of).collect())
}

/// How each arm did on guards (on criteria that a blocking gate names) and on examples that must never fail (on any).
fn outright(
    scores: &Scores,
    set: &ReferenceSet,
    grounds: &Grounds,
) -> Result<(Vec<GuardFact>, Vec<NeverFact>), Failure> {
    let of = |wanted: &dyn Fn(&domain::reference_set::Row) -> bool| -> BTreeSet<ExampleIndex> {
        set.active().filter(|(_, row)| wanted(row)).map(|(example, _)| example).collect()
    };
    let guards = of(&|row| row.guard != domain::example::Guard::No);
    let never = of(&|row| row.never);
    let blocking: Vec<&CriterionName> = grounds
        .contract
        .criteria
        .iter()
        .map(|criterion| &criterion.name)
        .filter(|name| {
            let mut gates = grounds.contract.gates.iter().filter(|gate| gate.blocking);
            gates.any(|gate| matches!(&gate.measure, Measure::Criterion(gated) if gated == *name))
        })
        .collect();
    let all: Vec<&CriterionName> = grounds.contract.criteria.iter().map(|criterion| &criterion.name).collect();
    let by_example = |criteria: &[&CriterionName], examples: &BTreeSet<ExampleIndex>| -> Result<_, Failure> {
        let mut failed: BTreeMap<ExampleIndex, FailedBy> = BTreeMap::new();
        for failing in scores.failing(criteria, Some(examples)).map_err(ours)? {
            let by = failed.entry(failing.example).or_default();
            by.entry(failing.arm).or_default().insert(failing.criterion);
        }
        Ok(failed)
    };
    let (guard_failures, never_failures) = (by_example(&blocking, &guards)?, by_example(&all, &never)?);
    let by_arm = |found: BTreeSet<(ExampleIndex, Arm)>| {
        let mut arms: BTreeMap<ExampleIndex, BTreeSet<Arm>> = BTreeMap::new();
        for (example, arm) in found {
            arms.entry(example).or_default().insert(arm);
        }
        arms
    };
    let seen = by_arm(scores.seen(&guards.union(&never).copied().collect()).map_err(ours)?);
    let missing_guards = by_arm(scores.missing(&blocking, &guards).map_err(ours)?);
    let missing_never = by_arm(scores.missing(&all, &never).map_err(ours)?);
    let of = |map: &BTreeMap<ExampleIndex, BTreeSet<Arm>>, example: &ExampleIndex| {
        map.get(example).cloned().unwrap_or_default()
    };
    let failed =
        |map: &BTreeMap<ExampleIndex, FailedBy>, example: &ExampleIndex| map.get(example).cloned().unwrap_or_default();
    let guards = guards.iter().filter_map(|example| {
        let (failed_by, seen_by) = (failed(&guard_failures, example), of(&seen, example));
        let by_hand = set.rows[example.0 as usize].guard == domain::example::Guard::Armed;
        // A fix exists once any system has passed it.
        let missing_by = of(&missing_guards, example);
        let armed = by_hand || seen_by.iter().any(|arm| !failed_by.contains_key(arm) && !missing_by.contains(arm));
        Some(GuardFact { example: FailedExample::of(set, *example)?, armed, failed_by, seen_by, missing_by })
    });
    let never = never.iter().filter_map(|example| {
        let (failed_by, seen_by) = (failed(&never_failures, example), of(&seen, example));
        let missing_by = of(&missing_never, example);
        Some(NeverFact { example: FailedExample::of(set, *example)?, failed_by, seen_by, missing_by })
    });
    Ok((guards.collect(), never.collect()))
}

/// Of each finding: how many flipped grades would change it, and what it hinges on. Asked of the candidate's blocking findings
/// that hold, of those that keep it out where it goes nowhere, and of any that one conversation decides: that is all that keeps it from
/// holding, or it is not shown and more than a third of the weight is that conversation's.
fn particulars(
    scores: &Scores,
    contract: &Contract,
    segments: &[Segment],
    decision: &Decision,
    judges: &[Judged],
) -> Result<Vec<Particulars>, Failure> {
    let released = is_released(decision);
    let mut own = vec![Particulars::default(); decision.findings.0.len()];
    let mut asked = Vec::new();
    for (at, finding) in decision.findings.iter().enumerate() {
        let holds = finding.state == State::Holds;
        let decides = holds || (!released && matches!(finding.state, State::NotShown | State::Breached));
        let decides = decides && finding.blocking && finding.arm == Arm::Candidate;
        let (Subject::Gate(gate), Some(estimate)) = (&finding.subject, &finding.estimate) else { continue };
        let gate = &contract.gates[*gate];
        let may_hinge = finding.code == Some(Code::Dominated)
            || (finding.state == State::NotShown && finding.arm == Arm::Candidate && !is_never(gate));
        if !decides && !may_hinge {
            continue;
        }
        if is_never(gate) && holds {
            own[at].fragility = Some(1);
            continue;
        }
        let Some(segment) = segments.iter().find(|segment| **segment == finding.segment) else { continue };
        if let Some(question) = questions_of(contract, gate, segment, finding.arm).into_iter().next() {
            asked.push((at, decides, gate, holds, estimate.level, question));
        }
    }
    let questions: Vec<Question> = asked.iter().map(|(.., question)| question.clone()).collect();
    let tallies = scores.tally(&questions).map_err(ours)?;
    let own_sums = own_sums(scores, &questions)?;
    for (((at, decides, gate, holds, level, question), tally), own_sums) in asked.iter().zip(tallies).zip(own_sums) {
        let kind = weighed_as(question);
        if let Some(below) = claims_below(gate).filter(|_| *decides) {
            let still = |clusters: Vec<stats::Cluster>| {
                let flipped = Tally { clusters, strata: tally.strata.clone(), ..Tally::default() };
                let weighing = Weighing::of(question, &flipped).judged(contract, question, &flipped, judges);
                claim_holds(gate, &weighing, *level).unwrap_or(false)
            };
            own[*at].fragility = flips(&tally, kind, Claim { holds: *holds, below }, own_sums.as_ref(), still);
        }
        let finding = &decision.findings.0[*at];
        let weighed = stats::weigh(&tally.clusters, &tally.strata, kind).ok();
        let hinges = |weighed: &stats::Weighed| {
            finding.code == Some(Code::Dominated)
                || (finding.state == State::NotShown && !is_never(gate) && weighed.heaviest_cluster_share() > 1.0 / 3.0)
        };
        let hinge = weighed.filter(hinges).and_then(|weighed| weighed.dominated_by());
        let rank = hinge.and_then(|at| tally.ranks.get(at as usize));
        own[*at].hinges_on = rank.and_then(|rank| scores.cluster(*rank)).map(ToString::to_string);
    }
    Ok(own)
}

/// For each comparison of grades the sums of the arm that is asked about: what its own grades are, the comparison does not tell.
fn own_sums(scores: &Scores, questions: &[Question]) -> Result<Vec<Option<Tally>>, Failure> {
    let compares_grades = |question: &Question| asks_own(weighed_as(question));
    let alone = questions.iter().filter(|question| compares_grades(question)).map(|question| {
        let (of, _) = question.compared.arms();
        Question { compared: Compared::Alone(of), ..question.clone() }
    });
    let mut tallies = scores.tally(&alone.collect::<Vec<_>>()).map_err(ours)?.into_iter();
    Ok(questions.iter().map(|question| if compares_grades(question) { tallies.next() } else { None }).collect())
}

fn is_released(decision: &Decision) -> bool {
    decision.routes.iter().any(|route| route.system == Arm::Candidate)
}

/// The fewest that would change a finding that decides: of those that hold, where the candidate goes somewhere; else of those
/// that keep it out. Never rules are told in words: one failure is all that any of them can bear.
fn fewest(contract: &Contract, decision: &Decision, particulars: &[Particulars]) -> Option<u64> {
    let released = is_released(decision);
    let in_words =
        |finding: &Finding| matches!(finding.subject, Subject::Gate(gate) if is_never(&contract.gates[gate]));
    let deciding = decision.findings.iter().zip(particulars);
    deciding
        .filter(|(finding, _)| (finding.state == State::Holds) == released && !in_words(finding))
        .filter_map(|(_, own)| own.fragility)
        .min()
}

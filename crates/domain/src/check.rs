//! A check of the eval itself: is it fit to decide? Findings with stable codes, severity, place and remedy.
//!
//! in      the contract, its reference set where one could be read, today's date, and what scores say where there are any
//! out     findings in the order of their codes, and where the eval stands between a demo and production
//! errors  none: what cannot be told is said

mod codes;
mod cuts;
mod eval_facts;
mod preflight;
mod standing;
#[cfg(test)]
mod tests;

pub use codes::{CODES, Severity};
pub use standing::{Standing, standing};

use crate::contract::{Contract, Looks};
use crate::criterion::Criterion;
use crate::fault::closest;
use crate::gate::{Gate, Measure, Opponent, Rule};
use crate::grader::Grader;
use crate::name::CriterionName;
use crate::qualification::{Judged, Unproven, is_judged, priced};
use crate::reference_set::{ExampleIndex, ReferenceSet};
use crate::system::{System, SystemKind};

/// One finding about the eval. (A `Finding` is about a gate; this is about what gates rest on.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFinding {
    pub code: &'static str,
    pub severity: Severity,
    /// What it is about, as a path into the contract: `gates[2]`, `promise.work`; or an example's place.
    pub place: At,
    pub what: String,
    pub remedy: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    Contract(String),
    Example { file: camino::Utf8PathBuf, line: u32 },
}

/// What is at hand besides the contract.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    /// `None` where it comes with the scores.
    pub set: Option<&'a ReferenceSet>,
    /// Number of the look that a run would be; `None` where nothing was decided before.
    pub look: Option<u32>,
    /// ISO date.
    pub today: &'a str,
    /// Pairs of criteria of which each failed wherever the other did, with how often.
    pub together: &'a [(CriterionName, CriterionName, u64)],
    /// References of examples that cannot be compared with any answer.
    pub blank: &'a [Blank],
    /// What examples lack that a criterion compares with, by criterion.
    pub ungraded: &'a [Ungraded],
    /// Of the groups with equal inputs and different expectations the first examples of those that one answer can meet.
    pub met_at_once: &'a [ExampleIndex],
    /// The judged criteria, with what calibration shows of their judges.
    pub judges: &'a [Judged],
    /// The criteria whose rubric is not there.
    pub without_rubric: &'a [CriterionName],
    /// The criteria that people grade, and of which no answer is labelled.
    pub unlabelled: &'a [CriterionName],
}

/// Examples whose reference leaves nothing to compare on a criterion: the first of them with its reference, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank {
    pub criterion: CriterionName,
    pub example: ExampleIndex,
    pub reference: String,
    pub count: u64,
}

/// Examples that have not what a criterion compares answers with, each list in the set's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ungraded {
    pub criterion: CriterionName,
    /// The path that the first of `missing` lacks.
    pub path: String,
    /// They lack it: no answer to them can be graded.
    pub missing: Vec<ExampleIndex>,
    /// It is null there: the criterion does not apply to them.
    pub null: Vec<ExampleIndex>,
}

/// `did you mean ...? `, where a known word is near.
fn meant<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    closest(word, known).map_or_else(String::new, |known| format!("did you mean `{known}`? "))
}

fn says_what_follows(gate: &Gate) -> bool {
    gate.follow_up.as_deref().is_some_and(|follow_up| !follow_up.trim().is_empty())
}

/// Whether nothing is graded here, so that a table of scores brings the examples where none are kept.
pub fn comes_with_scores(contract: &Contract) -> bool {
    let is_elsewhere = |criterion: &Criterion| matches!(criterion.grader, Grader::Imported);
    let is_imported = |system: &System| matches!(system.kind, SystemKind::Imported { .. });
    let all_graded_elsewhere = !contract.criteria.is_empty() && contract.criteria.iter().all(is_elsewhere);
    all_graded_elsewhere || contract.system(crate::system::Arm::Candidate).is_some_and(is_imported)
}

pub(crate) fn finding(
    code: &'static str,
    place: impl Into<String>,
    what: impl Into<String>,
    remedy: impl Into<String>,
) -> CheckFinding {
    let severity =
        CODES.iter().find(|(known, ..)| *known == code).map_or(Severity::Error, |(_, severity, _)| *severity);
    CheckFinding { code, severity, place: At::Contract(place.into()), what: what.into(), remedy: remedy.into() }
}

/// Every finding, in the order of the codes.
pub fn check(contract: &Contract, given: Given) -> Vec<CheckFinding> {
    let mut findings = promise(contract);
    findings.extend(page(contract));
    findings.extend(gates(contract));
    findings.extend(systems(contract));
    findings.extend(judges(contract, given.judges));
    findings.extend(given.without_rubric.iter().filter_map(|name| without_rubric(contract.criterion(name.as_str())?)));
    findings.extend(given.unlabelled.iter().map(|name| unlabelled(contract, name)));
    findings.extend(together(contract, given.together));
    if let Some(set) = given.set {
        findings.extend(eval_facts::examples(contract, set, given.today));
        if set.active().next().is_some() {
            findings.extend(cuts::cuts(contract, set));
            findings.extend(eval_facts::doubles(set, given.met_at_once));
        }
        findings.extend(preflight::preflight(contract, set, given.ungraded, given.look.unwrap_or(1)));
        findings.extend(given.blank.iter().map(|blank| eval_facts::blank(set, blank)));
        findings.extend(given.ungraded.iter().filter_map(|ungraded| eval_facts::lacking(contract, set, ungraded)));
    } else if comes_with_scores(contract) {
        findings.push(finding(
            "PLM038",
            "examples",
            "no examples are kept here: they come with the table of scores, and what only examples show is not checked",
            "`plimsoll import scores` says what the table holds; write `examples` to check them before",
        ));
    }
    findings.sort_by(|a, b| a.code.cmp(b.code));
    findings
}

/// Blocking gates that no verdict can make hold yet. Segments and pairs are asked for once there are examples: here it is whether
/// there is a calibration of this judge at all, and whether it still holds.
fn judges(contract: &Contract, judges: &[Judged]) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    for (at, gate) in contract.gates.iter().enumerate().filter(|(_, gate)| gate.blocking) {
        if gate.measure == Measure::FailureCost
            && let Some(criterion) = priced(contract).next()
        {
            let unproven = Unproven::Priced(criterion.name.clone());
            let what = format!("`{}` blocks on failure cost: {}", gate.name, unproven.why());
            found.push(finding("PLM028", format!("gates[{at}]"), what, unproven.remedy(&criterion.name)));
        }
        let Measure::Criterion(name) = &gate.measure else { continue };
        let Some(criterion) = contract.criterion(name.as_str()).filter(|criterion| is_judged(criterion)) else {
            continue;
        };
        let judged = judges.iter().find(|judged| judged.criterion == *name);
        let all = crate::segment::Segment::all().name;
        let unproven = judged.map_or(Err(Unproven::NotCalibrated), |judged| judged.qualify(criterion, &all));
        if let Err(unproven) = unproven {
            found.push(finding(
                "PLM028",
                format!("gates[{at}]"),
                format!("`{}` blocks on `{name}`: {}", gate.name, unproven.why()),
                unproven.remedy(name),
            ));
        }
    }
    found
}

/// Pairs of criteria that never fail apart: seen in scores, or graded alike.
fn together(contract: &Contract, seen: &[(CriterionName, CriterionName, u64)]) -> Vec<CheckFinding> {
    let told = |a: &CriterionName, what: String| {
        let remedy = "make one of the two, or let them fail for reasons of their own";
        finding("PLM005", format!("criteria.{a}"), what, remedy)
    };
    let in_scores = seen
        .iter()
        .map(|(a, b, count)| told(a, format!("`{a}` and `{b}` failed on the same {count} answers and never apart")));
    let mut found: Vec<CheckFinding> = in_scores.collect();
    let is_seen = |one: &Criterion, other: &Criterion| {
        let pair = [&one.name, &other.name];
        seen.iter().any(|(a, b, _)| pair.contains(&a) && pair.contains(&b))
    };
    for (at, one) in contract.criteria.iter().enumerate() {
        let alike = contract.criteria[at + 1..].iter().filter(|other| one.is_graded_as(other) && !is_seen(one, other));
        found.extend(alike.map(|other| {
            told(&one.name, format!("`{}` and `{}` have the same grader on the same examples", one.name, other.name))
        }));
    }
    found
}

fn without_rubric(criterion: &Criterion) -> Option<CheckFinding> {
    let rubric = criterion.grader.rubric()?;
    Some(finding(
        "PLM029",
        format!("criteria.{}.grade.{}", criterion.name, criterion.grader.kind()),
        format!("`{}` is graded by the rubric `{rubric}`, which does not exist", criterion.name),
        "mend the path in the contract, or add the file; `plimsoll schema rubric` and docs/formats/rubric.md say what it holds",
    ))
}

fn unlabelled(contract: &Contract, name: &CriterionName) -> CheckFinding {
    if contract.looks == Looks::One {
        return finding(
            "PLM037",
            format!("criteria.{name}"),
            format!(
                "`{name}` is graded by reviewers, nobody has labelled an answer on it, and `looks: 1` spends the only look on the run that they would label"
            ),
            "leave `looks` out: each look is then tested at half the level of the one before",
        );
    }
    finding(
        "PLM030",
        format!("criteria.{name}"),
        format!("`{name}` is graded by reviewers, and nobody has labelled an answer on it"),
        "run once, then let people label its answers: `plimsoll review`",
    )
}

/// An unclear promise blocks a run.
pub fn promise(contract: &Contract) -> Vec<CheckFinding> {
    let unclear = contract.promise.unclear();
    unclear
        .into_iter()
        .map(|unclear| {
            let what = if unclear.missing {
                format!("the promise's `{}` is missing", unclear.field)
            } else {
                format!("the promise's `{}` is vague: {}", unclear.field, unclear.why)
            };
            finding(
                "PLM001",
                format!("promise.{}", unclear.field),
                what,
                format!("settle the promise first; a good one: {}", unclear.good),
            )
        })
        .collect()
}

fn page(contract: &Contract) -> Vec<CheckFinding> {
    const FIVE: usize = 5;
    let mut found = Vec::new();
    if contract.tasks.len() < FIVE {
        found.push(finding(
            "PLM002",
            "tasks",
            format!("{} of the five most common tasks are named", contract.tasks.len()),
            "name the five tasks that make up most of the traffic",
        ));
    }
    let priced = contract.failures.iter().filter(|class| class.cost.is_some()).count();
    if priced < FIVE {
        found.push(finding(
            "PLM003",
            "failures",
            format!("{priced} of five high-cost failures are priced"),
            "give five failures a cost and an owner",
        ));
    }
    for criterion in contract.criteria.iter().filter(|criterion| criterion.protects.is_empty()) {
        found.push(finding(
            "PLM004",
            format!("criteria.{}", criterion.name),
            format!("`{}` names no failure class that it protects against", criterion.name),
            "write `protects: [class]`, or delete the criterion",
        ));
    }
    for class in contract.failures.iter().filter(|class| class.cost.is_some()) {
        let timed = class.name.as_str() == "latency_or_timeout"
            && contract.gates.iter().any(|gate| gate.measure == Measure::Latency);
        if !timed && !contract.criteria.iter().any(|criterion| criterion.protects.contains(&class.name)) {
            found.push(finding(
                "PLM010",
                format!("failures.{}", class.name),
                format!("`{}` has a price, and no criterion protects against it", class.name),
                "add a criterion that would fail when it happens",
            ));
        }
    }
    found
}

fn gates(contract: &Contract) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    for (at, gate) in contract.gates.iter().enumerate() {
        let place = format!("gates[{at}]");
        if gate.owner.as_str().is_empty() {
            found.push(finding(
                "PLM006",
                place.clone(),
                format!("`{}` has no owner", gate.name),
                "write `owner:` with a role of `owners`",
            ));
        }
        if !says_what_follows(gate) {
            found.push(finding(
                "PLM007",
                place,
                format!("`{}` does not say what happens when it does not hold", gate.name),
                "write `else:` with the follow-up",
            ));
        }
    }
    if !contract.gates.iter().any(|gate| gate.blocking) {
        found.push(finding("PLM021", "gates", "no gate blocks a release", "let at least one gate block"));
    }
    for criterion in &contract.criteria {
        let used = contract
            .gates
            .iter()
            .any(|gate| gate.blocking && gate.measure == Measure::Criterion(criterion.name.clone()));
        if !used {
            found.push(finding(
                "PLM025",
                format!("criteria.{}", criterion.name),
                format!("no blocking gate uses `{}`", criterion.name),
                "gate it, or accept that it decides nothing",
            ));
        }
    }
    found
}

fn systems(contract: &Contract) -> Vec<CheckFinding> {
    use crate::system::Arm;
    let mut found = Vec::new();
    if contract.system(Arm::Production).is_none() {
        found.push(finding(
            "PLM019",
            "systems",
            "there is no production system to compare with",
            "add `production:` with the version that is live",
        ));
    }
    if contract.system(Arm::Fallback).is_none() {
        found.push(finding(
            "PLM023",
            "systems",
            "there is no fallback: where production fails, nothing else can answer",
            "add `fallback:` with what answers when it must not",
        ));
        let against = |gate: &Gate| match gate.rule {
            Rule::NotWorse { than, .. } | Rule::Better { than, .. } => than == Opponent::Fallback,
            Rule::AtLeast(_) | Rule::AtMost(_) | Rule::Within { .. } | Rule::Never { .. } => false,
        };
        for (at, gate) in contract.gates.iter().enumerate().filter(|(_, gate)| against(gate)) {
            found.push(finding(
                "PLM035",
                format!("gates[{at}]"),
                format!("`{}` compares with the fallback, and there is none", gate.name),
                "add `fallback:` to `systems`, or compare with production",
            ));
        }
    }
    let family = contract.system(Arm::Candidate).map(|system| system.family.clone()).unwrap_or_default();
    for criterion in &contract.criteria {
        let crate::grader::Grader::Judge { with, .. } = &criterion.grader else { continue };
        let akin = |system: &&System| with.contains(&system.name) && !family.is_empty() && system.family == family;
        let judges: Vec<&str> = contract.systems.iter().filter(akin).map(|system| system.name.as_str()).collect();
        if judges.is_empty() {
            continue;
        }
        let named = judges.join("`, `");
        let which = match (with.len(), judges.len()) {
            (1, _) => "the judge".to_owned(),
            (_, 1) => format!("judge `{named}`"),
            _ => format!("judges `{named}`"),
        };
        found.push(finding(
            "PLM020",
            format!("criteria.{}", criterion.name),
            format!("{which} of `{}` and the candidate are of one family (`{family}`)", criterion.name),
            "judge with a model of another family",
        ));
    }
    found
}

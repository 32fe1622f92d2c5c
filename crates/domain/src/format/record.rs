//! The content of a record, version 1: a decision and everything that it rests on, as canonical JSON.
//!
//! Decimals are text, so that one value has one spelling; `numbers` turns them into JSON numbers for readers. The envelope
//! (id, time, author, previous record) is not part of it and is hashed on its own.

use super::{drifted, judged, spread};
use crate::contract::Contract;
use crate::decision::{CostDelta, Decision, Drifted, FailureCost, FollowUp};
use crate::evidence::measured::Measured;
use crate::evidence::repeated::Repeated;
use crate::evidence::{Evidence, Weighing, matrix_question};
use crate::finding::figures::percent;
use crate::finding::{Estimate, Facts, Finding, Findings, Method, State, look_level};
use crate::gate::Measure;
use crate::name::{CriterionName, OwnerRole};
use crate::qualification::priced;
use crate::question::{Compared, Counts};
use crate::reference_set::{Alignment, Since};
use crate::routing::Route;
use crate::segment::Segment;
use crate::share::Share;
use crate::system::Arm;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What was sealed besides the decision.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The contract's text as it was when the run was planned.
    pub contract_text: String,
    pub scores_digest: String,
    /// Of every value of the run's files that is not in the scores digest.
    pub values_digest: String,
    pub reference_set_digest: Option<String>,
    /// Files of the run's folder and their digests.
    pub files: Vec<(String, String)>,
    /// Criterion, kind and digest of its grader.
    pub graders: Vec<(String, String, String)>,
    /// Arm, name in the scores, how it answers, planned and answered.
    pub systems: Vec<Value>,
    /// Smallest number of grades whose flip changes the decision; unknown where it was not found.
    pub fragility: Option<u64>,
    /// In the order of the findings.
    pub particulars: Vec<Particulars>,
    /// The last decision on other scores, where its contract asked something else.
    pub contract_changed_since: Option<String>,
    /// The set beside that of the last decision on other scores; `None` where there is no such decision.
    pub alignment: Option<Aligned>,
    /// What entered and left since then, and what that did; `None` where there is no such decision, or its run is gone.
    pub since: Option<(Since, Vec<Effect>)>,
    /// The decision under today's mix of traffic; `None` where that is not known.
    pub drifted: Option<Drifted>,
    pub describes: Describes,
    /// Who approved a contract that changed after its scores were decided on, and why.
    pub approval: Option<(OwnerRole, String)>,
    pub version: String,
    /// The worst changed examples: id, criterion, before, now.
    pub examples: Vec<Value>,
    /// Where examples are asked more than once: what their repeats tell.
    pub repeats: Vec<(CriterionName, Arm, Repeated)>,
    /// Where a gate is about latency or spend: how they spread; `None` where too little was measured.
    pub quantiles: Vec<(Measure, Arm, Option<Measured>)>,
}

/// The reference set beside that of an earlier decision.
#[derive(Clone, Debug)]
pub struct Aligned {
    pub record: String,
    /// `None` where the earlier run is no longer kept.
    pub alignment: Option<Alignment>,
}

/// What another set does to a figure of the same answers.
#[derive(Clone, Debug)]
pub struct Effect {
    pub gate: String,
    pub segment: String,
    /// As the decision before sealed it, on its own answers; null where its gate asked something else.
    pub before: Value,
    /// On the answers of then, over the examples that both sets have; `None` where they can no longer be asked.
    pub before_common: Option<f64>,
    /// Over the examples that both sets have.
    pub common: Option<f64>,
    /// Over the whole set of now.
    pub now: Option<f64>,
}

/// Ids and figures that are listed of what changed; the counts are of all.
const LISTED: usize = 20;

/// What the numbers speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Describes {
    Traffic,
    /// Some rows had neither provenance nor weight.
    ThisSet,
    Simulated,
}

impl Describes {
    pub fn words(self) -> &'static str {
        match self {
            Describes::Traffic => "sampled traffic",
            Describes::ThisSet => "this set, not traffic",
            Describes::Simulated => "simulated: its examples and answers are scripted, not traffic",
        }
    }
}

/// The whole content.
pub fn content(
    contract: &Contract,
    segments: &[Segment],
    arms: &BTreeSet<Arm>,
    evidence: &Evidence,
    facts: &Facts,
    decision: &Decision,
    sealed: &Sealed,
) -> Value {
    let mut content = json!({
        "plimsoll_record": 1,
        "version": sealed.version,
        "contract": {
            "name": contract.name,
            "digest": contract.digest.to_string(),
            "text": sealed.contract_text,
            "release": contract.release,
            "simulated": contract.simulated,
            "currency": contract.currency,
            "changed_since": sealed.contract_changed_since,
        },
        "describes": sealed.describes.words(),
        "reference_set": {
            "digest": sealed.reference_set_digest,
            "alignment": sealed.alignment.as_ref().map(aligned_json),
            "since": sealed.since.as_ref().map(since_json),
        },
        "scores": {"digest": sealed.scores_digest, "values": sealed.values_digest, "files": pairs(&sealed.files)},
        "graders": sealed.graders.iter().map(|(criterion, kind, digest)| json!({"criterion": criterion, "kind": kind, "digest": digest})).collect::<Vec<_>>(),
        "systems": sealed.systems,
        "look": {
            "number": facts.look,
            "known": facts.look.is_some(),
            "level": decimal(look_level(contract, facts.look.unwrap_or(1))),
        },
        "unfit_since": facts.decided_under.map(|digest| digest.to_string()),
        "approval": sealed.approval.as_ref().map(|(by, reason)| json!({"by": by.to_string(), "reason": reason})),
        "decision": decision.outcome.as_str(),
        "deciding_rule": decision.deciding_rule,
        "routes": decision.routes.iter().map(|route| route_json(route, arms, decision)).collect::<Vec<_>>(),
        "findings": told(findings(contract, &decision.findings, facts.look), arms, decision, sealed),
        "evidence": matrix(contract, segments, arms, evidence),
        "changed": {
            "worse": decision.changed.worse,
            "better": decision.changed.better,
            "by_criterion": decision.changed.by_criterion.iter().map(|(name, worse, better)| json!({"criterion": name.to_string(), "worse": worse, "better": better})).collect::<Vec<_>>(),
            "by_segment": decision.changed.by_segment.iter().map(|(name, worse, better)| json!({"segment": name, "worse": worse, "better": better})).collect::<Vec<_>>(),
            "classes": decision.changed.classes.iter().map(|(name, count)| json!({"class": name.to_string(), "scores": count})).collect::<Vec<_>>(),
            "examples": sealed.examples,
        },
        "cost": decision.cost.map(|cost| cost_json(contract, cost)),
        "fragility": sealed.fragility,
        "follow_ups": decision.follow_ups.iter().map(|follow_up| follow_up_json(contract, follow_up)).collect::<Vec<_>>(),
    });
    if let Some(split) = &decision.split {
        content["split"] = json!({
            "answers": split.answers, "of": split.of, "best": split.best.as_str(), "worst": split.worst.as_str(),
            "said": split.sentence(),
        });
    }
    if let Some(known) = &sealed.drifted {
        content["drift"] = drifted::to_json(known);
    }
    if !sealed.repeats.is_empty() {
        content["repeats"] = sealed.repeats.iter().map(spread::repeats).collect();
    }
    if !sealed.quantiles.is_empty() {
        content["quantiles"] = sealed.quantiles.iter().map(spread::quantiles).collect();
    }
    if !facts.judges.is_empty() {
        content["judges"] = judged::to_json(contract, segments, &facts.judges);
    }
    content
}

fn aligned_json(aligned: &Aligned) -> Value {
    let count = |of: fn(&Alignment) -> u64| aligned.alignment.as_ref().map(of);
    json!({
        "record": aligned.record,
        "matched": count(|a| a.matched), "changed": count(|a| a.changed),
        "only_here": count(|a| a.only_here), "only_there": count(|a| a.only_there),
    })
}

fn since_json((since, effect): &(Since, Vec<Effect>)) -> Value {
    let listed = |ids: &[String]| json!({"count": ids.len(), "examples": ids.iter().take(LISTED).collect::<Vec<_>>()});
    let figure = |value: Option<f64>| value.map_or(Value::Null, decimal);
    let effect = effect.iter().take(LISTED).map(|of| {
        json!({
            "gate": of.gate, "segment": of.segment, "before": of.before,
            "before_common": figure(of.before_common),
            "common": figure(of.common), "now": figure(of.now),
        })
    });
    json!({
        "entered": listed(&since.entered), "left": listed(&since.left), "changed": listed(&since.changed),
        "effect": effect.collect::<Vec<_>>(),
    })
}

fn pairs(files: &[(String, String)]) -> Value {
    Value::Object(
        files.iter().map(|(name, digest)| (name.clone(), Value::from(digest.as_str()))).collect::<Map<_, _>>(),
    )
}

/// Twelve significant digits, without an exponent where it is short without; `inf` and `-inf` where unbounded.
pub fn decimal(value: f64) -> Value {
    if value.is_infinite() {
        return Value::from(if value > 0.0 { "inf" } else { "-inf" });
    }
    if value.is_nan() {
        return Value::Null;
    }
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    Value::from(format!("{}", rounded + 0.0))
}

fn who(contract: &Contract, role: &Option<OwnerRole>) -> Value {
    let Some(role) = role.as_ref().filter(|role| !role.as_str().is_empty()) else { return Value::Null };
    let who = contract.owners.iter().find(|owner| owner.role == *role).map(|owner| owner.who.clone());
    json!(match who {
        Some(who) if !who.is_empty() => format!("{role} ({who})"),
        _ => role.to_string(),
    })
}

fn route_json(route: &Route, arms: &BTreeSet<Arm>, decision: &Decision) -> Value {
    let mut because: Vec<String> = route
        .because
        .iter()
        .filter_map(|&at| decision.findings.0.get(at))
        .map(|finding| format!("{} on {}: {}", finding.name, finding.segment.name, finding.state.words()))
        .collect();
    if because.is_empty() && route.system != Arm::Candidate {
        because.push("no gate speaks for it".to_owned());
    }
    let mut told = json!({
        "when": route.cell.name(),
        "values": route.cell.values.iter().map(|(name, value)| (name.to_string(), Value::from(value.as_str()))).collect::<Map<_, _>>(),
        "system": route.system.as_str(),
        "share": decimal(route.share.get()),
        "traffic": route.cell.share.map(|share| decimal(share.get())),
        "stop_accepting": route.stop_accepting,
        "because": because,
    });
    if route.share < Share::ONE {
        told["rest"] = Arm::Production.as_str().into();
    }
    if route.cell.declared {
        told["declared"] = true.into();
    }
    // What is live answers there, and no arm of the eval is.
    if !arms.contains(&route.system) {
        told["in_eval"] = false.into();
    }
    told
}

fn counts_json(counts: &Counts) -> Value {
    json!({
        "planned": counts.planned, "answered": counts.answered, "graded": counts.graded, "paired": counts.paired,
        "clusters": counts.clusters, "system_errors": counts.system_errors, "grader_errors": counts.grader_errors,
        "not_run": counts.not_run, "weighted": counts.weighted,
    })
}

/// Findings as a record has them.
pub fn findings(contract: &Contract, findings: &Findings, look: Option<u32>) -> Value {
    findings.iter().map(|finding| finding_json(contract, finding, look)).collect()
}

/// What is asked of a finding once it is known; nothing where it was not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    /// How many grades would have to be flipped to change it.
    pub fragility: Option<u64>,
    /// The id of the cluster that decides it alone.
    pub hinges_on: Option<String>,
    /// What it is under today's mix of traffic, where that is something else.
    pub drifted: Option<String>,
    /// That it held in the last decision, where it does not now.
    pub before: Option<String>,
}

/// Findings with what only the whole decision knows of them: how fragile a pass is, and who answers until it is one.
fn told(findings: Value, arms: &BTreeSet<Arm>, decision: &Decision, sealed: &Sealed) -> Value {
    let Value::Array(mut findings) = findings else { return findings };
    for (at, fields) in findings.iter_mut().enumerate() {
        let particulars = sealed.particulars.get(at).cloned().unwrap_or_default();
        fields["fragility"] = json!(particulars.fragility);
        fields["hinges_on"] = json!(particulars.hinges_on);
        fields["meanwhile"] = json!(meanwhile(at, arms, decision));
        if let Some(drifted) = particulars.drifted {
            fields["drifted"] = json!(drifted);
        }
        if let Some(before) = particulars.before {
            fields["held_before"] = json!(before);
        }
    }
    Value::Array(findings)
}

/// Where the traffic goes that an open finding of the candidate bears on; `None` for what is decided, or bears on nothing.
fn meanwhile(at: usize, arms: &BTreeSet<Arm>, decision: &Decision) -> Option<String> {
    let finding = decision.findings.0.get(at)?;
    let open = matches!(finding.state, State::NotShown | State::NoData | State::Unfit | State::Error);
    if !open || finding.arm != Arm::Candidate {
        return None;
    }
    let routes = decision.routes.iter().filter(|route| route.because.contains(&at));
    let goes: BTreeSet<String> = routes
        .map(|route| match route.system {
            _ if route.stop_accepting => "stop accepting it, or change policy".to_owned(),
            Arm::Candidate => format!("{} of it to the candidate", percent(route.share.get())),
            Arm::Production if !arms.contains(&Arm::Production) => "it stays with what is live".to_owned(),
            system => format!("{} keeps it", system.as_str()),
        })
        .collect();
    (!goes.is_empty()).then(|| format!("until then {}", goes.into_iter().collect::<Vec<_>>().join(", or ")))
}

fn finding_json(contract: &Contract, finding: &Finding, look: Option<u32>) -> Value {
    let gate = match finding.subject {
        crate::finding::Subject::Gate(at) => contract.gates.get(at),
        _ => None,
    };
    let mut fields = json!({
        "gate": finding.name,
        "segment": finding.segment.name.to_string(),
        "arm": finding.arm.as_str(),
        "state": finding.state.as_str(),
        "blocking": finding.blocking,
        "code": finding.code.map(crate::finding::Code::as_str),
        "look": look,
        "n": counts_json(&finding.counts),
        "opponent_n": finding.opponent.as_ref().map(counts_json),
        "owner": who(contract, &finding.owner),
        "follow_up": finding.follow_up,
        "reason": finding.reason,
        "examples": finding.examples.iter().map(|example| example.id.to_string()).collect::<Vec<_>>(),
    });
    if gate.is_none() {
        fields["measure"] = json!(finding.name);
    }
    if let (Value::Object(fields), Some(gate)) = (&mut fields, gate) {
        let (name, value) = match &gate.measure {
            Measure::Criterion(criterion) => ("criterion", criterion.to_string()),
            Measure::FailureCost => ("measure", "failure_cost".to_owned()),
            Measure::Latency => ("measure", "latency".to_owned()),
            Measure::Spend => ("measure", "spend".to_owned()),
            Measure::GraderErrors => ("measure", "grader_errors".to_owned()),
            Measure::Disagreement(criterion) => {
                fields.insert("criterion".to_owned(), Value::from(criterion.as_str()));
                ("measure", "disagreement".to_owned())
            }
        };
        fields.insert(name.to_owned(), Value::from(value));
        fields.insert("rule".to_owned(), Value::from(rule_words(gate)));
    }
    if let Some(split) = &finding.split {
        fields["split"] = json!({
            "answers": split.answers, "of": split.of, "best": split.best.as_str(), "worst": split.worst.as_str(),
        });
    }
    if let Value::Object(fields) = &mut fields {
        fields.extend(estimate_json(finding.estimate.as_ref()));
    }
    fields
}

fn rule_words(gate: &crate::gate::Gate) -> &'static str {
    match gate.rule {
        crate::gate::Rule::AtLeast(_) => "at_least",
        crate::gate::Rule::AtMost(_) => "at_most",
        crate::gate::Rule::Within { .. } => "within",
        crate::gate::Rule::NotWorse { .. } => "not_worse",
        crate::gate::Rule::Better { .. } => "better",
        crate::gate::Rule::Never { .. } => "never",
    }
}

/// Every figure has its key; null where there is nothing to estimate from.
fn estimate_json(estimate: Option<&Estimate>) -> Map<String, Value> {
    let figure = |of: fn(&Estimate) -> f64| estimate.map_or(Value::Null, |estimate| decimal(of(estimate)));
    let maybe = |of: fn(&Estimate) -> Option<f64>| estimate.and_then(of).map_or(Value::Null, decimal);
    let whole = |of: fn(&Estimate) -> Option<u64>| estimate.and_then(of).map_or(Value::Null, Value::from);
    [
        ("estimate", figure(|e| e.value)),
        ("lower", figure(|e| e.lower)),
        ("upper", figure(|e| e.upper)),
        ("level", figure(|e| e.level)),
        ("p", figure(|e| e.p)),
        ("p_adjusted", figure(|e| e.p_adjusted)),
        ("p_harm", maybe(|e| e.p_harm)),
        ("p_harm_adjusted", maybe(|e| e.p_harm_adjusted)),
        ("margin", figure(|e| e.margin)),
        ("effective_n", figure(|e| e.effective_n)),
        ("independent", whole(|e| Some(e.clusters))),
        ("method", estimate.map_or(Value::Null, |e| Value::from(e.method.as_str()))),
        ("more_needed", whole(|e| e.more_needed)),
    ]
    .into_iter()
    .chain(estimate.and_then(|estimate| estimate.judged).into_iter().flat_map(|judged| {
        let more = judged.more_labels.map_or(Value::Null, Value::from);
        [("as_judged", decimal(judged.value)), ("labels", Value::from(judged.labels)), ("more_labels", more)]
    }))
    .chain(estimate.and_then(|estimate| estimate.difference).map(|difference| {
        let relative = difference.relative.map_or(Value::Null, decimal);
        let of = json!({
            "value": decimal(difference.value), "lower": decimal(difference.lower), "upper": decimal(difference.upper),
            "relative": relative, "factor": decimal(difference.factor),
        });
        ("difference", of)
    }))
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Criterion by segment, alone and paired, at the plain two-sided 95 % interval.
fn matrix(contract: &Contract, segments: &[Segment], arms: &BTreeSet<Arm>, evidence: &Evidence) -> Value {
    let mut rows = Vec::new();
    for criterion in &contract.criteria {
        for segment in segments {
            let mut row = Map::new();
            row.insert("criterion".into(), Value::from(criterion.name.as_str()));
            row.insert("segment".into(), Value::from(segment.name.as_str()));
            for &arm in arms {
                let question = matrix_question(criterion, segment, Compared::Alone(arm));
                row.insert(arm.as_str().into(), evidence.on(&question).map_or(Value::Null, weighing_json));
            }
            for with in [Arm::Production, Arm::Fallback].into_iter().filter(|with| arms.contains(with)) {
                let compared = Compared::Paired { of: Arm::Candidate, with, margin: None };
                let question = matrix_question(criterion, segment, compared);
                row.insert(
                    format!("against_{}", with.as_str()),
                    evidence.on(&question).map_or(Value::Null, weighing_json),
                );
            }
            rows.push(Value::Object(row));
        }
    }
    Value::Array(rows)
}

pub(super) fn weighing_json(weighing: &Weighing) -> Value {
    const LEVEL: f64 = 0.025;
    let mut fields = Map::new();
    fields.insert("n".into(), counts_json(&weighing.counts));
    if let Ok(weighed) = &weighing.graded {
        let corrected = weighing.corrected.as_ref().map(|correction| &correction.graded);
        let (estimate, interval, method) = match corrected {
            Some(judged) => (judged.estimate(), judged.interval(LEVEL), Method::of_judged(weighed.kind())),
            None => (weighed.estimate(), weighed.interval(LEVEL), Method::of(weighed.kind())),
        };
        fields.insert("estimate".into(), decimal(estimate));
        fields.insert("lower".into(), decimal(interval.lower));
        fields.insert("upper".into(), decimal(interval.upper));
        fields.insert("effective_n".into(), decimal(weighed.effective_n()));
        fields.insert("independent".into(), Value::from(weighed.clusters()));
        fields.insert("method".into(), Value::from(method.as_str()));
        if let Some(judged) = corrected {
            fields.insert("as_judged".into(), decimal(weighed.estimate()));
            fields.insert("labels".into(), Value::from(judged.labels()));
        }
    }
    Value::Object(fields)
}

/// Money, and the criteria whose failures it counts as a model sees them.
fn cost_json(contract: &Contract, cost: FailureCost) -> Value {
    let amount = |of: fn(CostDelta) -> f64| cost.delta.map(|delta| decimal(of(delta)));
    let mut told = json!({
        "delta": amount(|cost| cost.delta), "lower": amount(|cost| cost.lower), "upper": amount(|cost| cost.upper),
        "per_requests": 1000,
    });
    if cost.known < cost.of {
        told["known"] = json!({"examples": cost.known, "of": cost.of});
    }
    let judged: Vec<&str> = priced(contract).map(|criterion| criterion.name.as_str()).collect();
    if !judged.is_empty() {
        told["as_judged"] = json!(judged);
    }
    told
}

fn follow_up_json(contract: &Contract, follow_up: &FollowUp) -> Value {
    json!({"kind": follow_up.kind.as_str(), "what": follow_up.what, "owner": who(contract, &follow_up.owner), "because": follow_up.because})
}

/// Keys whose values are decimals.
const DECIMALS: &[&str] = &[
    "estimate",
    "lower",
    "upper",
    "level",
    "p",
    "p_adjusted",
    "p_harm",
    "p_harm_adjusted",
    "margin",
    "effective_n",
    "share",
    "traffic",
    "delta",
    "before",
    "before_common",
    "now",
    "common",
    "as_judged",
    "agreement",
    "kappa",
    "kappa_lower",
    "kappa_upper",
    "psi",
    "in_set",
    "in_traffic",
    "effective",
    "figure",
    "figure_now",
    "mean_square_between",
    "mean_square_within",
    "icc",
];

/// The same content with decimals as JSON numbers; what is unbounded is null.
pub fn numbers(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(numbers).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), number_of(key, value))).collect())
        }
        other => other.clone(),
    }
}

fn number_of(key: &str, value: &Value) -> Value {
    let decimal =
        |text: &str| text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number);
    match value {
        Value::String(text) if DECIMALS.contains(&key) => decimal(text),
        // All that is known of a difference is decimals, under keys that elsewhere are words.
        Value::Object(fields) if key == "difference" => {
            let told = |value: &Value| value.as_str().map_or_else(|| value.clone(), decimal);
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), told(value))).collect())
        }
        other => numbers(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_difference_is_numbers() {
        let written = json!({"difference": {
            "value": "-0.02", "lower": "-inf", "upper": "0.03", "relative": null, "factor": "0.9",
        }, "value": "as it is"});
        let told = json!({"difference": {
            "value": -0.02, "lower": null, "upper": 0.03, "relative": null, "factor": 0.9,
        }, "value": "as it is"});
        assert_eq!(numbers(&written), told);
    }
}

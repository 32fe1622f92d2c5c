//! The sentence of a finding: what was seen, what is ruled out, what is not, and the smallest thing that would decide.

mod measured;
#[cfg(test)]
mod tests;

use super::figures::{Unit, apart, of_traffic, percent, plural};
use super::missing::{is_measured, missing, what_is_missing};
use super::{Code, Estimate, Facts, Finding, State, listed};
use crate::contract::Contract;
use crate::gate::{Gate, Measure, Rule};
use crate::qualification::Unproven;
use measured::{Measured, settlement};

/// What a sentence tells besides the finding itself.
pub struct Besides<'a> {
    pub facts: &'a Facts,
    pub unproven: Option<&'a Unproven>,
    /// What the finding says with everything that is missing at its best, and at its worst.
    pub readings: [State; 2],
}

pub fn sentence(contract: &Contract, gate: &Gate, finding: &Finding, besides: &Besides) -> String {
    match finding.state {
        State::FailedNever => {
            let failed = plural(finding.examples.len() as u64, "example");
            format!("fails on {failed}, and none may: {}", finding.names())
        }
        State::FailedGuard => format!("fails again on {}", finding.names()),
        State::Unfit => match besides.unproven.filter(|_| finding.code == Some(Code::JudgeUnproven)) {
            Some(unproven) => advisory(contract, gate, finding, unproven),
            None => unfit(contract, gate, finding, besides.facts),
        },
        State::Error if finding.examples.is_empty() => {
            let what = if is_measured(gate) { "measured" } else { "graded" };
            format!("nothing was {what}: {}", missing(gate, &finding.counts))
        }
        State::Error => format!("could not be seen, because the system failed on {}", finding.names()),
        State::NoData if finding.counts.planned == 0 && matches!(gate.measure, Measure::Disagreement(_)) => {
            "no answer here is labelled by two people: how often they differ is not known".to_owned()
        }
        State::NoData => no_data(finding),
        State::Breached | State::NotShown | State::Holds => measured(contract, gate, finding, besides),
    }
}

fn unfit(contract: &Contract, gate: &Gate, finding: &Finding, facts: &Facts) -> String {
    let what = what_is_missing(gate);
    match finding.code {
        Some(Code::ContractChanged) => format!(
            "the contract changed after these scores were first decided on (under {}); approve the change by name, or ask again",
            facts.decided_under.map_or_else(|| "another one".to_owned(), |digest| digest.short()),
        ),
        Some(Code::UnequalMissing) => format!(
            "{what} are missing differently in the two arms, and chance alone would do that in fewer than 1 of 100 runs: {} here, {} there; get them first",
            missing(gate, &finding.counts),
            finding.opponent.as_ref().map_or_else(String::new, |counts| missing(gate, counts)),
        ),
        _ => format!(
            "too many {what} are missing: {}; at most {} of what was planned may be",
            missing(gate, &finding.counts),
            percent(contract.missing_at_most.get())
        ),
    }
}

/// What a judge says that nobody has shown to be right: what was seen, how wrong it may be, and what would decide.
fn advisory(contract: &Contract, gate: &Gate, finding: &Finding, unproven: &Unproven) -> String {
    let remedy = match (&gate.measure, unproven) {
        (Measure::Criterion(criterion), _) | (_, Unproven::Priced(criterion)) => unproven.remedy(criterion),
        _ => String::new(),
    };
    let why = unproven.why();
    match &finding.estimate {
        Some(estimate) => {
            let unit = Unit::of(contract, gate);
            let (value, interval) = (unit.signed(estimate.value), unit.interval(estimate.lower, estimate.upper));
            format!("{value} ({interval}) as a model judges, advisory only: {why}; {remedy}")
        }
        None => format!("a model judges here, advisory only: {why}; {remedy}"),
    }
}

/// On how many answers reviewers are split, and what either reading of them would say.
fn split(finding: &Finding, compared: bool) -> String {
    let Some(split) = &finding.split else { return "reviewers are split".to_owned() };
    let (best, worst) =
        if compared { ("settled for the candidate", "settled against it") } else { ("as pass", "as fail") };
    format!(
        "reviewers split on {} of {}; treating all {best} {}, all {worst} {}: settle {}",
        split.answers,
        split.of,
        says(split.best),
        says(split.worst),
        finding.names()
    )
}

fn says(state: State) -> &'static str {
    match state {
        State::Holds => "it holds",
        State::Breached => "it is breached",
        State::FailedNever => "it fails",
        _ => "it is not shown",
    }
}

/// What is missing where that decides, what either reading of it says, and what to do.
fn torn(gate: &Gate, finding: &Finding, [best, worst]: [State; 2]) -> String {
    format!(
        "the verdict depends on {} that are missing ({}): at their best {}, at their worst {}; get them first",
        what_is_missing(gate),
        missing(gate, &finding.counts),
        says(best),
        says(worst)
    )
}

fn no_data(finding: &Finding) -> String {
    let seen = finding.conversations();
    if finding.counts.planned == 0 {
        return "no example of the reference set lies here, or the criterion applies to none that does".to_owned();
    }
    if seen == 0 && finding.counts.weighted == 0 {
        return format!(
            "{} examples lie here, and none counts toward a rate: only traffic sampled with a known chance does",
            finding.counts.planned
        );
    }
    let (examples, minimum) = (plural(finding.counts.planned, "example"), finding.segment.minimum.0);
    if seen >= u64::from(minimum) {
        return nothing_weighed(&examples, finding);
    }
    format!(
        "{examples} from {}; at least {minimum} are needed before anything is concluded",
        plural(seen, "independent conversation")
    )
}

/// Conversations enough, and none that can be held against another.
fn nothing_weighed(examples: &str, finding: &Finding) -> String {
    match finding.unmeasured.as_slice() {
        [] => format!("{examples}, which count as no more than one by their weights: nothing can be concluded"),
        values => format!(
            "{examples}, and no two conversations in any value that has a share of traffic ({}): nothing can be weighed",
            listed(values.iter().map(String::as_str))
        ),
    }
}

fn measured(contract: &Contract, gate: &Gate, finding: &Finding, besides: &Besides) -> String {
    match (&finding.estimate, &gate.rule) {
        (None, _) => unestimated(contract, gate, finding, besides),
        (Some(estimate), Rule::Never { .. }) => never(contract, gate, finding, estimate, besides),
        (Some(estimate), _) => Measured::of(contract, gate, finding, estimate).sentence(besides),
    }
}

/// What can be said where there is nothing to estimate from.
fn unestimated(contract: &Contract, gate: &Gate, finding: &Finding, besides: &Besides) -> String {
    match finding.state {
        _ if finding.code == Some(Code::ReviewersDisagree) => split(finding, Unit::of(contract, gate).compared),
        State::Holds => format!(
            "no failure in {}, which rules out no rate in traffic: none of them was sampled from it with a known chance",
            plural(finding.counts.graded, "example")
        ),
        _ if finding.code == Some(Code::MissingGrades) => torn(gate, finding, besides.readings),
        _ => uncounted(contract, gate, finding).unwrap_or_else(|| unweighed(finding)),
    }
}

/// Too few conversations to weigh any.
fn unweighed(finding: &Finding) -> String {
    match finding.unmeasured.is_empty() {
        false => nothing_weighed(&plural(finding.counts.planned, "example"), finding),
        true => format!(
            "{} from fewer than two independent conversations: one conversation is one observation; at least {} are needed",
            plural(finding.counts.planned, "example"),
            finding.segment.minimum.0.max(2)
        ),
    }
}

/// A never rule with a rate, of which nothing failed and next to nothing was drawn from traffic.
fn uncounted(contract: &Contract, gate: &Gate, finding: &Finding) -> Option<String> {
    let Rule::Never { max_rate: Some(rate) } = gate.rule else { return None };
    let counts = &finding.counts;
    if counts.weighted >= 2 {
        return None;
    }
    let counted = if counts.weighted == 0 { "none of them was" } else { "only one of them was" };
    let (_, asked) = apart(1.0, rate.get());
    Some(format!(
        "no failure in {}, which rules out no rate in traffic: {counted} sampled from it with a known chance; asked: {asked}: sample {} conversations so, none of which may fail, or leave `max_rate` out",
        plural(counts.graded, "example"),
        stats::zero_failure_n(rate.get(), contract.alpha.get())
    ))
}

fn never(contract: &Contract, gate: &Gate, finding: &Finding, estimate: &Estimate, besides: &Besides) -> String {
    let Rule::Never { max_rate } = gate.rule else { return String::new() };
    let (ruled_out, asked) = apart(1.0 - estimate.lower, max_rate.map_or(0.0, |rate| rate.get()));
    let unseen = || of_traffic(estimate.unmeasured, &finding.unmeasured, &finding.segment);
    let unmeasured = match estimate.unmeasured > 0.0 {
        true => format!("; {} was not measured", unseen()),
        false => String::new(),
    };
    let examples = plural(finding.counts.graded, "example");
    let from = match finding.counts.weighted < finding.counts.planned {
        true => {
            format!("{examples}, {} conversations of which count toward a rate in traffic, rules", estimate.clusters)
        }
        false => format!("{examples} from {} conversations rules", estimate.clusters),
    };
    let beside = if max_rate.is_none() { &unmeasured } else { "" };
    let seen = format!("0 failures in {from} out rates above {ruled_out}{beside}");
    match (finding.state, max_rate) {
        (State::NotShown, _) if finding.code == Some(Code::ReviewersDisagree) => {
            format!("{seen}, but {}", split(finding, false))
        }
        (State::NotShown, _) if finding.code == Some(Code::MissingGrades) => {
            format!("{seen}, but {}", torn(gate, finding, besides.readings))
        }
        (State::NotShown, Some(_)) if finding.code == Some(Code::Unmeasured) => format!(
            "{seen}; {} has no examples, or too few to weigh, and may all fail: the rest alone would rule out rates above {asked}; sample there",
            unseen()
        ),
        (State::NotShown, Some(_)) => {
            format!("{seen}; asked: {asked}{}{unmeasured}", settlement(": ", gate, estimate, contract.looks))
        }
        (_, Some(_)) => format!("{seen} (asked: {asked}){unmeasured}"),
        (_, None) => seen,
    }
}

//! The sentence of a finding: what was seen, what is ruled out, what is not, and the smallest thing that would decide.

use super::figures::{Unit, apart, level, of_traffic, percent, plural};
use super::missing::{is_measured, missing, what_is_missing};
use super::settlement::Settlement;
use super::{Code, Difference, Estimate, Facts, Finding, State, listed};
use crate::contract::Contract;
use crate::gate::{Gate, Measure, Rule};
use crate::qualification::Unproven;

pub fn sentence(
    contract: &Contract,
    gate: &Gate,
    finding: &Finding,
    facts: &Facts,
    unproven: Option<&Unproven>,
) -> String {
    match finding.state {
        State::FailedNever => {
            let failed = plural(finding.examples.len() as u64, "example");
            format!("fails on {failed}, and none may: {}", finding.names())
        }
        State::FailedGuard => format!("fails again on {}", finding.names()),
        State::Unfit => match unproven.filter(|_| finding.code == Some(Code::JudgeUnproven)) {
            Some(unproven) => advisory(contract, gate, finding, unproven),
            None => unfit(gate, finding, facts),
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
        State::Breached | State::NotShown | State::Holds => measured(contract, gate, finding, facts),
    }
}

fn unfit(gate: &Gate, finding: &Finding, facts: &Facts) -> String {
    let what = what_is_missing(gate);
    match finding.code {
        Some(Code::ContractChanged) => format!(
            "the contract changed after these scores were first decided on (under {}); approve the change by name, or ask again",
            facts.decided_under.map_or_else(|| "another one".to_owned(), |digest| digest.short()),
        ),
        Some(Code::UnequalMissing) => format!(
            "{what} are missing differently in the two arms: {} here, {} there",
            missing(gate, &finding.counts),
            finding.opponent.as_ref().map_or_else(String::new, |counts| missing(gate, counts)),
        ),
        _ => format!("too many {what} are missing: {}", missing(gate, &finding.counts)),
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
            let (value, lower, upper) =
                (unit.signed(estimate.value), unit.figure(estimate.lower), unit.figure(estimate.upper));
            format!("{value} ({lower} to {upper}) as a model judges, advisory only: {why}; {remedy}")
        }
        None => format!("a model judges here, advisory only: {why}; {remedy}"),
    }
}

/// Of verdicts that were corrected: what the judge itself says, and on how many labels the correction rests.
fn corrected(unit: &Unit, estimate: &Estimate) -> String {
    estimate.judged.map_or_else(String::new, |judged| {
        format!(", corrected by {} from its judge's {}", plural(judged.labels, "label"), unit.signed(judged.value))
    })
}

/// On how many answers reviewers are split, and what either reading of them would say.
fn split(finding: &Finding, compared: bool) -> String {
    let Some(split) = &finding.split else { return "reviewers are split".to_owned() };
    let (best, worst) =
        if compared { ("settled for the candidate", "settled against it") } else { ("as pass", "as fail") };
    let says = |state: State| match state {
        State::Holds => "it holds",
        State::Breached => "it is breached",
        State::FailedNever => "it fails",
        _ => "it is not shown",
    };
    format!(
        "reviewers split on {} of {}; treating all {best} {}, all {worst} {}",
        split.answers,
        split.of,
        says(split.best),
        says(split.worst)
    )
}

fn no_data(finding: &Finding) -> String {
    // One conversation gives no estimate, and is still one.
    let few = finding.counts.clusters.min(finding.counts.weighted);
    let seen = finding.estimate.map_or(few, |estimate| estimate.clusters);
    if finding.counts.planned == 0 {
        return "no example of the reference set lies here, or the criterion applies to none that does".to_owned();
    }
    if seen == 0 && finding.counts.weighted == 0 {
        return format!(
            "{} examples lie here, and none counts toward a rate: only traffic sampled with a known chance does",
            finding.counts.planned
        );
    }
    format!(
        "{} from {}; at least {} are needed before anything is concluded",
        plural(finding.counts.planned, "example"),
        plural(seen, "independent conversation"),
        finding.segment.minimum.0
    )
}

fn measured(contract: &Contract, gate: &Gate, finding: &Finding, facts: &Facts) -> String {
    match (&finding.estimate, &gate.rule) {
        (None, _) => unestimated(contract, gate, finding),
        (Some(estimate), Rule::Never { max_rate }) => never(gate, finding, estimate, max_rate.map(|rate| rate.get())),
        (Some(estimate), _) => Measured::of(contract, gate, finding, estimate).sentence(facts),
    }
}

/// What can be said where there is nothing to estimate from.
fn unestimated(contract: &Contract, gate: &Gate, finding: &Finding) -> String {
    match finding.state {
        _ if finding.code == Some(Code::ReviewersDisagree) => split(finding, Unit::of(contract, gate).compared),
        State::Holds => format!(
            "no failure in {}, which rules out no rate in traffic: none of them was sampled from it with a known chance",
            plural(finding.counts.graded, "example")
        ),
        _ if finding.code == Some(Code::MissingGrades) => {
            format!("{} are missing: {}", what_is_missing(gate), missing(gate, &finding.counts))
        }
        _ if !finding.unmeasured.is_empty() => format!(
            "{}, and no two conversations in any value that has a share of traffic ({}): nothing can be weighed",
            plural(finding.counts.planned, "example"),
            listed(finding.unmeasured.iter().map(String::as_str))
        ),
        _ => format!(
            "{} from fewer than two independent conversations: one conversation is one observation; at least {} are needed",
            plural(finding.counts.planned, "example"),
            finding.segment.minimum.0.max(2)
        ),
    }
}

/// A finding with an estimate, and the two halves that its sentence begins with.
struct Measured<'a> {
    gate: &'a Gate,
    finding: &'a Finding,
    estimate: &'a Estimate,
    unit: Unit,
    seen: String,
    asked: String,
}

impl<'a> Measured<'a> {
    fn of(contract: &Contract, gate: &'a Gate, finding: &'a Finding, estimate: &'a Estimate) -> Self {
        let unit = Unit::of(contract, gate).telling_apart(estimate);
        let asked = unit.asked(gate, estimate.margin);
        let seen = seen(&unit, estimate);
        let seen = match finding.code {
            // Their own sentences say it.
            Some(Code::Undecidable | Code::TooFewClusters) => seen,
            _ => match worth(estimate) {
                Some(worth) => format!("{seen}; {} conversations {worth}", estimate.clusters),
                None => seen,
            },
        };
        Measured { gate, finding, estimate, unit, seen, asked }
    }

    fn sentence(&self, facts: &Facts) -> String {
        let Measured { gate, finding, estimate, unit, seen, asked } = self;
        match finding.state {
            State::Holds if unit.compared && unit.is_worse(gate, estimate) => {
                format!("{seen}: measurably worse, inside {asked}{}", at_its_worst(finding, estimate))
            }
            State::Holds => format!("{seen}; asked: {asked}{}", at_its_worst(finding, estimate)),
            State::Breached if matches!(gate.measure, Measure::Disagreement(_)) => {
                format!("{seen}; asked: {asked}; reviewers differ on {}", finding.names())
            }
            State::Breached => format!("{seen}; asked: {asked}"),
            _ => self.not_shown(facts),
        }
    }

    fn not_shown(&self, facts: &Facts) -> String {
        let Measured { gate, finding, estimate, unit, seen, asked } = self;
        match finding.code {
            Some(Code::ReviewersDisagree) => format!("{seen}; asked: {asked}; {}", split(finding, unit.compared)),
            Some(Code::MissingGrades) => format!(
                "{seen}; the verdict depends on {} that are missing: {}",
                what_is_missing(gate),
                missing(gate, &finding.counts)
            ),
            Some(Code::Undecidable) => {
                // A candidate that gains could clear a margin with as few.
                let best = if unit.compared { "not even equal answers" } else { "no result" };
                let have = estimate.clusters;
                let worth = worth(estimate).map_or_else(String::new, |worth| format!(", which {worth},"));
                let settlement = settlement(": ", gate, estimate);
                format!("{seen}; with {have} conversations{worth} {best} could show {asked}{settlement}")
            }
            Some(Code::Unmeasured) => format!(
                "{seen}; {} has no examples, or too few to weigh, so {asked} cannot be shown whatever the rest shows: sample there",
                of_traffic(estimate.unmeasured, &finding.unmeasured)
            ),
            Some(Code::Dominated) => format!(
                "{seen}; the result hinges on one of {} conversations: sample more, until no single one decides",
                estimate.clusters
            ),
            Some(Code::LooksSpent) => format!(
                "{seen}; {asked} would have been shown at the first look, and this is look {}, at a level of {}: start a fresh reference sample{}",
                facts.look.unwrap_or(1),
                level(estimate.level),
                settlement("; ", gate, estimate)
            ),
            Some(Code::JudgeUnproven) => {
                let labels = match estimate.judged.and_then(|judged| judged.more_labels) {
                    Some(more) => format!("label about {more} more answers, half of them judge-fails"),
                    None => "more labels alone would not show it".to_owned(),
                };
                format!(
                    "{seen}; {asked} would be shown if the judge never erred, and its error does not rule the opposite out: {labels}"
                )
            }
            Some(Code::TooFewClusters) => {
                let worth = estimate.effective_n.floor();
                let equal = if worth + 1.0 < estimate.clusters as f64 {
                    format!(", worth no more than {worth:.0} of equal weight,")
                } else {
                    String::new()
                };
                format!("{seen}; {} conversations{equal} are too few to tell", estimate.clusters)
            }
            _ => self.not_ruled_out(),
        }
    }

    fn not_ruled_out(&self) -> String {
        let Measured { gate, estimate, unit, seen, asked, .. } = self;
        let worst = if unit.less_is_worse(gate) { estimate.lower } else { estimate.upper };
        // Beside a relative margin the bound is of what is tested, and no difference that could be ruled out.
        if !worst.is_finite() || estimate.difference.is_some() {
            return format!("{seen}; {asked} is not shown{}", settlement(": ", gate, estimate));
        }
        let worst = unit.signed(worst);
        format!("{seen}; {asked} is not shown: {worst} is not ruled out{}", settlement("; ", gate, estimate))
    }
}

/// After a mark, what would settle it; nothing where that cannot be counted.
fn settlement(mark: &str, gate: &Gate, estimate: &Estimate) -> String {
    Settlement::of(gate, estimate).map_or_else(String::new, |settlement| format!("{mark}{settlement}"))
}

/// What a pass holds in spite of.
fn at_its_worst(finding: &Finding, estimate: &Estimate) -> String {
    match estimate.unmeasured > 0.0 {
        true => format!(
            "; {} was not measured and counts at its worst",
            of_traffic(estimate.unmeasured, &finding.unmeasured)
        ),
        false => String::new(),
    }
}

/// What their weights leave of the conversations, where that is under half.
fn worth(estimate: &Estimate) -> Option<String> {
    let few = estimate.kish_clusters * 2.0 < estimate.clusters as f64;
    few.then(|| format!("count as {:.0} by their weights", estimate.kish_clusters.floor().max(1.0)))
}

/// What was seen, with its interval; beside a relative margin first the difference itself, and then what is tested of it.
fn seen(unit: &Unit, estimate: &Estimate) -> String {
    let with = |value: f64, lower: f64, upper: f64| {
        format!("{} ({} to {})", unit.signed(value), unit.figure(lower), unit.figure(upper))
    };
    let tested = with(estimate.value, estimate.lower, estimate.upper);
    match estimate.difference {
        None => format!("{tested}{}", corrected(unit, estimate)),
        Some(Difference { value, lower, upper, relative, factor }) => {
            let share = relative.map_or_else(String::new, |share| {
                format!("{}{}, ", if share > 0.0 { "+" } else { "" }, percent(share))
            });
            // Differences that are all the same have no interval of their own.
            let bounded = lower.is_finite() && upper.is_finite();
            let own = if bounded { with(value, lower, upper) } else { unit.signed(value) };
            format!("{share}{own}; tested as candidate less {factor:.2} of the other: {tested}")
        }
    }
}

fn never(gate: &Gate, finding: &Finding, estimate: &Estimate, max_rate: Option<f64>) -> String {
    let (ruled_out, asked) = apart(1.0 - estimate.lower, max_rate.unwrap_or(0.0));
    let unmeasured = match estimate.unmeasured > 0.0 {
        true => format!("; {} was not measured", of_traffic(estimate.unmeasured, &finding.unmeasured)),
        false => String::new(),
    };
    let seen = format!(
        "0 failures in {} from {} conversations rules out rates above {ruled_out}{}",
        plural(finding.counts.graded, "example"),
        estimate.clusters,
        if max_rate.is_none() { &unmeasured } else { "" },
    );
    match (finding.state, max_rate) {
        (State::NotShown, _) if finding.code == Some(Code::ReviewersDisagree) => {
            format!("{seen}, but {}", split(finding, false))
        }
        (State::NotShown, _) if finding.code == Some(Code::MissingGrades) => {
            format!("{seen}, but grades are missing: {}", missing(gate, &finding.counts))
        }
        (State::NotShown, Some(_)) => format!("{seen}; asked: {asked}{}", settlement(": ", gate, estimate)),
        (_, Some(_)) => format!("{seen} (asked: {asked}){unmeasured}"),
        (_, None) => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Subject;
    use crate::finding::tests::estimate;
    use crate::question::Counts;

    fn finding(unmeasured: &[&str]) -> Finding {
        Finding {
            subject: Subject::Gate(0),
            name: "right".to_owned(),
            segment: crate::segment::Segment::all(),
            arm: crate::system::Arm::Candidate,
            state: State::Holds,
            blocking: true,
            code: None,
            reason: String::new(),
            owner: None,
            follow_up: None,
            estimate: None,
            counts: Counts::default(),
            opponent: None,
            examples: Vec::new(),
            split: None,
            unmeasured: unmeasured.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    #[test]
    fn a_pass_says_what_was_not_measured() {
        let part = Estimate { unmeasured: 0.07, ..estimate() };
        let told = at_its_worst(&finding(&["fr", "it"]), &part);
        assert_eq!(told, "; 7.0 % of the traffic (fr, it) was not measured and counts at its worst");
        assert_eq!(at_its_worst(&finding(&[]), &estimate()), "");
    }

    #[test]
    fn weights_that_leave_under_half_are_told() {
        let leaves = |kish_clusters: f64| worth(&Estimate { kish_clusters, ..estimate() });
        assert_eq!(leaves(5.7).as_deref(), Some("count as 5 by their weights"));
        assert_eq!(leaves(50.0), None);
    }
}

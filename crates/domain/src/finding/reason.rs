//! The sentence of a finding: what was seen, what is ruled out, what is not, and the smallest thing that would decide.

use super::{Code, Difference, Estimate, Facts, Finding, Method, State, listed};
use crate::contract::Contract;
use crate::evidence::higher_is_better;
use crate::gate::{Gate, Measure, Opponent, Rule};
use crate::qualification::Unproven;
use crate::question::Counts;
use crate::share::{signed, with_sign, without_sign_of_zero};

pub fn sentence(
    contract: &Contract,
    gate: &Gate,
    finding: &Finding,
    facts: &Facts,
    unproven: Option<&Unproven>,
) -> String {
    let names = || listed(finding.examples.iter().map(|example| example.id.as_str()).collect::<Vec<_>>().into_iter());
    match finding.state {
        State::FailedNever => format!("fails on {} example(s), and none may: {}", finding.examples.len(), names()),
        State::FailedGuard => format!("fails again on {}", names()),
        State::Unfit => match unproven.filter(|_| finding.code == Some(Code::JudgeUnproven)) {
            Some(unproven) => advisory(contract, gate, finding, unproven),
            None => unfit(gate, finding, facts),
        },
        State::Error if finding.examples.is_empty() => {
            let what = if is_measured(gate) { "measured" } else { "graded" };
            format!("nothing was {what}: {}", missing(gate, &finding.counts))
        }
        State::Error => format!("could not be seen, because the system failed on {}", names()),
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

/// Whether what a gate is about is measured of an answer, and not graded.
fn is_measured(gate: &Gate) -> bool {
    matches!(gate.measure, Measure::Latency | Measure::Spend)
}

/// `grades` or `measurements`: what a gate cannot decide without.
pub fn what_is_missing(gate: &Gate) -> &'static str {
    if is_measured(gate) { "measurements" } else { "grades" }
}

fn missing(gate: &Gate, counts: &Counts) -> String {
    let ungraded = match gate.measure {
        Measure::Latency => "answered without a latency (cached, or not recorded)",
        Measure::Spend => "answered without a cost (not recorded)",
        _ => "failed to grade",
    };
    format!(
        "{} of {} planned not run, {} {ungraded}, {} failed to answer",
        counts.not_run, counts.planned, counts.grader_errors, counts.system_errors
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
        "{} from {seen} independent conversation(s); at least {} are needed before anything is concluded",
        plural(finding.counts.planned, "example"),
        finding.segment.minimum.0
    )
}

fn measured(contract: &Contract, gate: &Gate, finding: &Finding, facts: &Facts) -> String {
    let Some(estimate) = finding.estimate else {
        return match finding.state {
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
        };
    };
    let unit = Unit::of(contract, gate).telling_apart(&estimate);
    if let Rule::Never { max_rate } = gate.rule {
        return never(gate, finding, &estimate, max_rate.map(|rate| rate.get()));
    }
    let seen = match finding.code {
        // Their own sentences say it.
        Some(Code::Undecidable | Code::TooFewClusters) => seen(&unit, &estimate),
        _ => match worth(&estimate) {
            Some(worth) => format!("{}; {} conversations {worth}", seen(&unit, &estimate), estimate.clusters),
            None => seen(&unit, &estimate),
        },
    };
    let asked = unit.asked(gate, estimate.margin);
    match (finding.state, finding.code) {
        (State::Holds, _) if unit.compared && unit.is_worse(gate, &estimate) => {
            format!("{seen}: measurably worse, inside {asked}{}", at_its_worst(finding, &estimate))
        }
        (State::Holds, _) => format!("{seen}; asked: {asked}{}", at_its_worst(finding, &estimate)),
        (State::Breached, _) if matches!(gate.measure, Measure::Disagreement(_)) => {
            let names =
                listed(finding.examples.iter().map(|example| example.id.as_str()).collect::<Vec<_>>().into_iter());
            format!("{seen}; asked: {asked}; reviewers differ on {names}")
        }
        (State::Breached, _) => format!("{seen}; asked: {asked}"),
        (_, Some(Code::ReviewersDisagree)) => format!("{seen}; asked: {asked}; {}", split(finding, unit.compared)),
        (_, Some(Code::MissingGrades)) => {
            let what = what_is_missing(gate);
            format!("{seen}; the verdict depends on {what} that are missing: {}", missing(gate, &finding.counts))
        }
        (_, Some(Code::Undecidable)) => {
            // A candidate that gains could clear a margin with as few.
            let best = if unit.compared { "not even equal answers" } else { "no result" };
            let have = estimate.clusters;
            let worth = worth(&estimate).map_or_else(String::new, |worth| format!(", which {worth},"));
            format!("{seen}; with {have} conversations{worth} {best} could show {asked}{}", more(gate, &estimate))
        }
        (_, Some(Code::Unmeasured)) => {
            let without = unmeasured(finding, &estimate);
            format!(
                "{seen}; {without} has no examples, or too few to weigh, so {asked} cannot be shown whatever the rest shows: sample there"
            )
        }
        (_, Some(Code::Dominated)) => {
            format!(
                "{seen}; the result hinges on one of {} conversations: sample more, until no single one decides",
                estimate.clusters
            )
        }
        (_, Some(Code::LooksSpent)) => {
            let look = facts.look.unwrap_or(1);
            format!(
                "{seen}; {asked} would have been shown at the first look, and this is look {look}, at a level of {}: start a fresh reference sample{}",
                level(estimate.level),
                or_more(gate, &estimate)
            )
        }
        (_, Some(Code::JudgeUnproven)) => {
            let labels = match estimate.judged.and_then(|judged| judged.more_labels) {
                Some(more) => format!(": label about {more} more answers, half of them judge-fails"),
                None => ": more labels alone would not show it".to_owned(),
            };
            format!(
                "{seen}; {asked} would be shown if the judge never erred, and its error does not rule the opposite out{labels}"
            )
        }
        (_, Some(Code::TooFewClusters)) => {
            let worth = estimate.effective_n.floor();
            let equal = if worth + 1.0 < estimate.clusters as f64 {
                format!(", worth no more than {worth:.0} of equal weight,")
            } else {
                String::new()
            };
            format!("{seen}; {} conversations{equal} are too few to tell", estimate.clusters)
        }
        _ => {
            let worst = if unit.less_is_worse(gate) { estimate.lower } else { estimate.upper };
            // Beside a relative margin the bound is of what is tested, and no difference that could be ruled out.
            if !worst.is_finite() || estimate.difference.is_some() {
                return format!("{seen}; {asked} is not shown{}", more(gate, &estimate));
            }
            format!("{seen}; {asked} is not shown: {} is not ruled out{}", unit.signed(worst), or_more(gate, &estimate))
        }
    }
}

/// `7.0 % of the traffic (fr, it)`: what was not measured.
fn unmeasured(finding: &Finding, estimate: &Estimate) -> String {
    let values = match &finding.unmeasured[..] {
        [] => String::new(),
        values => format!(" ({})", listed(values.iter().map(String::as_str))),
    };
    format!("{} of the traffic{values}", percent(estimate.unmeasured))
}

/// What a pass holds in spite of.
fn at_its_worst(finding: &Finding, estimate: &Estimate) -> String {
    match estimate.unmeasured > 0.0 {
        true => format!("; {} was not measured and counts at its worst", unmeasured(finding, estimate)),
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
        true => format!("; {} was not measured", unmeasured(finding, estimate)),
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
        (State::NotShown, Some(_)) => format!("{seen}; asked: {asked}{}", more(gate, estimate)),
        (_, Some(_)) => format!("{seen} (asked: {asked}){unmeasured}"),
        (_, None) => seen,
    }
}

/// The smallest thing that would decide, where it can be counted.
fn more(gate: &Gate, estimate: &Estimate) -> String {
    match (estimate.more_needed, estimate.method) {
        (Some(0), _) => String::new(),
        (None, Method::ZeroFailures | Method::JudgedRate | Method::JudgedDifference) => String::new(),
        (None, _) => match is_asked_for(gate, estimate) {
            true => String::new(),
            false => ": more conversations like these would not show it".to_owned(),
        },
        (Some(more), _) if estimate.spotless => {
            format!(": {} without a failure would settle it", plural(more, "more conversation"))
        }
        (Some(more), method) => {
            let supposed = match (&gate.rule, method) {
                (Rule::NotWorse { .. }, _) => "there is truly no change",
                (Rule::Better { .. }, _) => "the gain is truly the one seen",
                (_, Method::Mean) => "the mean is truly the one seen",
                _ => "the rate is truly the one seen",
            };
            format!(": about {more} more conversations would settle it if {supposed} (80 % chance)")
        }
    }
}

/// Whether what was seen is what the gate asks for, or a margin makes that a matter of chance.
fn is_asked_for(gate: &Gate, estimate: &Estimate) -> bool {
    match (&gate.rule, higher_is_better(&gate.measure)) {
        (Rule::AtLeast(_) | Rule::Within { .. }, _) => estimate.value > estimate.margin,
        (Rule::AtMost(_), _) => estimate.value < estimate.margin,
        (Rule::Better { .. }, true) => estimate.value > estimate.margin,
        (Rule::Better { .. }, false) => estimate.value < estimate.margin,
        (Rule::NotWorse { .. } | Rule::Never { .. }, _) => true,
    }
}

/// The same after a sentence that has said something else already.
fn or_more(gate: &Gate, estimate: &Estimate) -> String {
    match more(gate, estimate).strip_prefix(": ") {
        Some(more) => format!("; {more}"),
        None => String::new(),
    }
}

/// A level in all its digits, as no share of examples is: 2.5 %, 1.25 %, 0.625 %.
fn level(share: f64) -> String {
    let digits = format!("{:.6}", share * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// `1 example`, `2 examples`.
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A share as a person reads it; more digits where it is small.
pub fn percent(share: f64) -> String {
    share_in(share, 0)
}

/// Digits beyond the usual that two figures may take before they are called the same.
const MORE_DIGITS: usize = 3;

/// Two shares as a person reads them, with more digits where they would read the same and are not.
fn apart(one: f64, other: f64) -> (String, String) {
    let told = |more: usize| (share_in(one, more), share_in(other, more));
    let differs = |more: &usize| told(*more).0 != told(*more).1;
    told((0..=MORE_DIGITS).find(differs).unwrap_or(0))
}

/// A share with so many digits more than `percent` gives it.
fn share_in(share: f64, more: usize) -> String {
    let percent = share * 100.0;
    let digits = more + if percent != 0.0 && percent.abs() < 0.1 { 3 } else { 1 };
    format!("{} %", without_sign_of_zero(format!("{percent:.digits$}")))
}

/// How the numbers of a gate are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    kind: UnitKind,
    /// A difference, shown with its sign.
    pub compared: bool,
    relative: bool,
    /// Digits beyond the usual.
    more_digits: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum UnitKind {
    Rate,
    Milliseconds,
    Money(String),
}

impl Unit {
    pub fn of(contract: &Contract, gate: &Gate) -> Self {
        let compared = matches!(gate.rule, Rule::NotWorse { .. } | Rule::Better { .. });
        let relative = match gate.rule {
            Rule::NotWorse { by, .. } | Rule::Better { by, .. } => matches!(by, crate::gate::Margin::Relative(_)),
            _ => false,
        };
        let kind = match (&gate.measure, &gate.rule) {
            (Measure::Criterion(_) | Measure::GraderErrors | Measure::Disagreement(_), _)
            | (_, Rule::Within { .. }) => UnitKind::Rate,
            (Measure::Latency, _) => UnitKind::Milliseconds,
            (Measure::Spend | Measure::FailureCost, _) => UnitKind::Money(currency(contract)),
        };
        Unit { kind, compared, relative, more_digits: 0 }
    }

    /// With as many digits more as it takes to tell a figure from the limit that it misses, or clears, by little.
    fn telling_apart(self, estimate: &Estimate) -> Self {
        if self.relative || self.kind != UnitKind::Rate {
            return self;
        }
        let hides = |unit: &Unit| {
            let limit = unit.signed(estimate.margin);
            [estimate.lower, estimate.upper].into_iter().any(|end| end != estimate.margin && unit.signed(end) == limit)
        };
        let with = |more_digits: usize| Unit { more_digits, ..self.clone() };
        (0..=MORE_DIGITS).map(with).find(|unit| !hides(unit)).unwrap_or(self)
    }

    /// A figure in its unit; a difference with its sign.
    pub fn signed(&self, value: f64) -> String {
        // A share lies between its ends, and a difference of shares too, however little is known of it.
        let value = match (&self.kind, self.relative) {
            (UnitKind::Rate, false) => value.clamp(if self.compared { -1.0 } else { 0.0 }, 1.0),
            _ => value,
        };
        if value.is_infinite() {
            return if value > 0.0 { "unbounded".to_owned() } else { "-unbounded".to_owned() };
        }
        let figure = |written: String| match self.compared {
            true => signed(value, written),
            false => without_sign_of_zero(written),
        };
        match &self.kind {
            UnitKind::Rate if self.compared => format!("{} points", with_sign(value * 100.0, 1 + self.more_digits)),
            UnitKind::Rate => share_in(value, self.more_digits),
            UnitKind::Milliseconds => format!("{} ms", figure(format!("{value:.0}"))),
            UnitKind::Money(currency) => format!("{} {currency}", figure(money(value))),
        }
    }

    /// A figure beside one that carries the unit.
    fn figure(&self, value: f64) -> String {
        let whole = self.signed(value);
        match whole.split_once(' ') {
            Some((figure, _)) if self.kind != UnitKind::Rate || self.compared => figure.to_owned(),
            _ => whole,
        }
    }

    fn asked(&self, gate: &Gate, bound: f64) -> String {
        let than = |than: &Opponent| match than {
            Opponent::Production => "production",
            Opponent::Fallback => "the fallback",
        };
        match &gate.rule {
            Rule::AtLeast(_) => format!("at least {}", self.signed(bound)),
            Rule::AtMost(_) => format!("at most {}", self.signed(bound)),
            Rule::Within { share, .. } => {
                format!("at least {} within the limit", share_in(share.get(), self.more_digits))
            }
            Rule::NotWorse { than: opponent, by: crate::gate::Margin::Relative(by) } => {
                format!("no more than {} worse than {}", percent(*by), than(opponent))
            }
            Rule::NotWorse { than: opponent, .. } => {
                format!("no more than {} worse than {}", self.unsigned(bound.abs()), than(opponent))
            }
            Rule::Better { than: opponent, by: crate::gate::Margin::Relative(by) } => {
                format!("more than {} better than {}", percent(*by), than(opponent))
            }
            Rule::Better { than: opponent, .. } => {
                format!("more than {} better than {}", self.unsigned(bound.abs()), than(opponent))
            }
            Rule::Never { .. } => "never".to_owned(),
        }
    }

    /// Whether a smaller figure is the worse one.
    fn less_is_worse(&self, gate: &Gate) -> bool {
        match gate.rule {
            Rule::AtLeast(_) | Rule::Within { .. } => true,
            Rule::AtMost(_) => false,
            _ => higher_is_better(&gate.measure),
        }
    }

    fn unsigned(&self, value: f64) -> String {
        self.signed(value).trim_start_matches('+').to_owned()
    }

    fn is_worse(&self, gate: &Gate, estimate: &Estimate) -> bool {
        let harm = estimate.p_harm_adjusted.is_some_and(|p| p <= estimate.level);
        harm && !self.relative && matches!(gate.rule, Rule::NotWorse { .. })
    }
}

/// The currency's code, the first word of `USD per occurrence`.
pub fn currency(contract: &Contract) -> String {
    contract.currency.split_whitespace().next().unwrap_or("").to_owned()
}

/// Money with as many digits as it needs.
pub fn money(value: f64) -> String {
    if value == 0.0 || value.abs() >= 10.0 {
        format!("{value:.0}")
    } else if value.abs() >= 0.1 {
        format!("{value:.2}")
    } else {
        format!("{value:.5}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_which_nothing_is_known_lies_between_its_ends() {
        let told = |kind: UnitKind, compared: bool, relative: bool| {
            let unit = Unit { kind, compared, relative, more_digits: 0 };
            [f64::NEG_INFINITY, f64::INFINITY].map(|end| unit.signed(end))
        };
        assert_eq!(told(UnitKind::Rate, false, false), ["0.0 %", "100.0 %"]);
        assert_eq!(told(UnitKind::Rate, true, false), ["-100.0 points", "+100.0 points"]);
        assert_eq!(told(UnitKind::Milliseconds, false, false), ["-unbounded", "unbounded"]);
        assert_eq!(told(UnitKind::Rate, true, true), ["-unbounded", "unbounded"]);
    }

    /// 100 conversations, 81 % and 95 % around 90 %, at least 80 %.
    fn estimate() -> Estimate {
        Estimate {
            value: 0.9,
            lower: 0.81,
            upper: 0.95,
            level: 0.025,
            p: 0.01,
            p_adjusted: 0.01,
            p_harm: None,
            p_harm_adjusted: None,
            margin: 0.8,
            effective_n: 100.0,
            clusters: 100,
            kish_clusters: 100.0,
            unmeasured: 0.0,
            method: Method::Rate,
            more_needed: None,
            spotless: false,
            judged: None,
            difference: None,
        }
    }

    fn finding(unmeasured: &[&str]) -> Finding {
        Finding {
            subject: crate::finding::Subject::Gate(0),
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

    #[test]
    fn a_bound_that_reads_like_its_limit_has_more_digits() {
        let rate = Unit { kind: UnitKind::Rate, compared: false, relative: false, more_digits: 0 };
        let lower = |lower: f64| {
            let estimate = Estimate { lower, ..estimate() };
            let unit = rate.clone().telling_apart(&estimate);
            (unit.signed(lower), unit.signed(estimate.margin))
        };
        let as_told = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(lower(0.7998), as_told("79.98 %", "80.00 %"));
        assert_eq!(lower(0.81), as_told("81.0 %", "80.0 %"));
        assert_eq!(lower(0.8), as_told("80.0 %", "80.0 %"));
    }
}

//! Numbers of gates: limits in the measure's own unit, durations, margins.

use crate::format::yaml::{Node, NodeKind, Reader, percent, share_of};
use crate::gate::{Margin, Measure, Rule};
use crate::share::{Amount, Share};

/// A limit in the measure's unit, or `4s for 95%`.
pub fn threshold(reader: &mut Reader, node: &Node, at_most: bool, measure: &Measure) -> Option<Rule> {
    match (measure, at_most) {
        (Measure::Criterion(_), true) => {
            let help = "word it so that passing is wanted, and use `at_least`: `98%` without a leak, not `2%` with one";
            reader.fault(node.at, "to pass is good, and more of it is never worse", help);
            return None;
        }
        (Measure::Criterion(_), false) | (_, true) => {}
        (_, false) => {
            reader.fault(node.at, "more of it is never better", "use `at_most`");
            return None;
        }
    }
    let (rule, help) = match measure {
        Measure::Criterion(_) | Measure::GraderErrors | Measure::Disagreement(_) => {
            let share = share_of(node).and_then(|value| Share::new(value).ok()).map(Share::get);
            let rule = if at_most { share.map(Rule::AtMost) } else { share.map(Rule::AtLeast) };
            (rule, "write a share such as `0.9` or `90%`")
        }
        Measure::Latency => (limit(node, measure), "write `4s for 95%`, or `800ms` for the mean"),
        Measure::Spend => (limit(node, measure), "write `0.02 for 95%`, or `0.02` for the mean"),
        Measure::FailureCost => {
            (mean_limit(bare(node)), "write what failures may cost a request: `0.03` is 30 per 1,000 requests")
        }
    };
    if rule.is_none() {
        reader.fault(node.at, "this limit cannot be read", help);
    }
    rule
}

/// A limit of the mean, or of a share of the requests: `4s for 95%`.
fn limit(node: &Node, measure: &Measure) -> Option<Rule> {
    match &node.kind {
        NodeKind::Text(text) => match text.split_once(" for ") {
            Some((limit, share)) => {
                let limit = Amount::new(amount(limit, measure)?).ok()?;
                let share =
                    Share::new(percent(share)?).ok().filter(|share| *share > Share::ZERO && *share < Share::ONE)?;
                Some(Rule::Within { limit, share })
            }
            None => mean_limit(amount(text, measure)),
        },
        // A bare number is money; of a time it would leave the unit to a guess.
        _ if *measure == Measure::Spend => mean_limit(bare(node)),
        _ => None,
    }
}

fn mean_limit(value: Option<f64>) -> Option<Rule> {
    Some(Rule::AtMost(Amount::new(value?).ok()?.get()))
}

fn bare(node: &Node) -> Option<f64> {
    match &node.kind {
        NodeKind::Number(number) => number.as_f64(),
        _ => None,
    }
}

/// `4s`, `800ms`, `1.5 min` in milliseconds; plain numbers are money.
fn amount(text: &str, measure: &Measure) -> Option<f64> {
    let text = text.trim();
    if *measure == Measure::Spend {
        return text.parse().ok();
    }
    duration_ms(text)
}

/// `800ms`, `4s`, `2min` in milliseconds.
pub fn duration_ms(text: &str) -> Option<f64> {
    let text = text.trim();
    let (digits, factor) = [("ms", 1.0), ("min", 60_000.0), ("s", 1000.0)]
        .into_iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, factor)))?;
    let value = digits.trim().parse::<f64>().ok()? * factor;
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// Points of a rate as a share (`0.03` and `3%` are both three points); for money and time an amount, or a percentage of
/// what the opponent takes.
pub fn margin(reader: &mut Reader, node: &Node, measure: &Measure) -> Option<Margin> {
    let margin = match measure {
        Measure::Criterion(_) | Measure::GraderErrors | Measure::Disagreement(_) => {
            share_of(node).filter(|value| (0.0..1.0).contains(value)).map(Margin::Absolute)
        }
        Measure::Latency => match &node.kind {
            NodeKind::Text(text) => relative(text).or(duration_ms(text).map(Margin::Absolute)),
            _ => None,
        },
        Measure::Spend | Measure::FailureCost => match &node.kind {
            NodeKind::Text(text) => relative(text),
            NodeKind::Number(number) => number.as_f64().filter(|value| *value >= 0.0).map(Margin::Absolute),
            _ => None,
        },
    };
    if margin.is_none() {
        let help = match measure {
            Measure::Criterion(_) | Measure::GraderErrors | Measure::Disagreement(_) => {
                "write points of the rate, `0.03` or `3%`"
            }
            Measure::Latency => "write `200ms`, or `10%` of what production takes",
            Measure::Spend | Measure::FailureCost => "write an amount, or `10%` of what production takes",
        };
        reader.fault(node.at, "this margin cannot be read", help);
    }
    margin
}

/// A percentage of what the opponent takes.
fn relative(text: &str) -> Option<Margin> {
    percent(text).filter(|share| *share >= 0.0).map(Margin::Relative)
}

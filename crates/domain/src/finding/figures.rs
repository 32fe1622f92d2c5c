//! The figures of a finding, as a person reads them: shares, money, differences with their sign, and what a gate asks for.
//!
//! in      figures in the unit of what a gate measures
//! out     text with its unit; what is next to a limit has as many digits as tell the two apart. The ends of an interval are rounded
//!         outward: what they rule out is ruled out as it is written, too
//! errors  none: what is unbounded is written as that

use super::{Estimate, listed};
use crate::contract::Contract;
use crate::evidence::higher_is_better;
use crate::gate::{Gate, Margin, Measure, Opponent, Rule};
use crate::segment::Segment;
pub use crate::share::{Rounding, percent, percent_at_most, percent_between, plural};
use crate::share::{is_whole, share_in, signed, usual_digits, without_sign_of_zero};

/// A level in all its digits, as no share of examples is: 2.5 %, 1.25 %, 0.625 %.
pub fn level(share: f64) -> String {
    let digits = format!("{:.6}", share * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// `7.0 % of the traffic (fr, it)`: a part of it, and the values that it has. How much of a value without examples lies in a segment
/// nobody knows, so that there it is the most that it can be.
pub fn of_traffic(share: f64, values: &[String], segment: &Segment) -> String {
    let named = match values {
        [] => String::new(),
        values => format!(" ({})", listed(values.iter().map(String::as_str))),
    };
    match segment.is_all() {
        true => format!("{} of the traffic{named}", percent(share)),
        false => format!("up to {} of the traffic there{named}", percent(share)),
    }
}

/// Digits beyond the usual that two figures may take before they are called the same.
const MORE_DIGITS: usize = 3;

/// The rate above which all are ruled out, and the limit that was asked for; with more digits where they would read the same and are not.
pub(super) fn apart(ruled_out: f64, asked: f64) -> (String, String) {
    let told = |more: usize| (share_in(ruled_out, more, Rounding::Up), share_in(asked, more, Rounding::Nearest));
    told(more_digits(asked, |more| told(more).0 != told(more).1))
}

/// A limit in all its digits.
fn limit(share: f64) -> String {
    share_in(share, more_digits(share, |_| true), Rounding::Nearest)
}

/// Digits beyond the usual with which a limit is written as it is, and apart from what is beside it where digits do that.
fn more_digits(limit: f64, is_apart: impl Fn(usize) -> bool) -> usize {
    let is_exact = |more: &usize| is_whole(limit * 100.0 * 10f64.powi((usual_digits(limit) + more) as i32));
    let apart = (0..=MORE_DIGITS).filter(is_exact).find(|more| is_apart(*more));
    apart.or((0..=MORE_DIGITS).find(is_exact)).unwrap_or(0)
}

/// How the numbers of a gate are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
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
            Rule::NotWorse { by, .. } | Rule::Better { by, .. } => matches!(by, Margin::Relative(_)),
            _ => false,
        };
        let kind = match (&gate.measure, &gate.rule) {
            (Measure::Criterion(_) | Measure::GraderErrors | Measure::Disagreement(_), _)
            | (_, Rule::Within { .. }) => UnitKind::Rate,
            (Measure::Latency, _) => UnitKind::Milliseconds,
            (Measure::Spend | Measure::FailureCost, _) => UnitKind::Money(contract.money().to_owned()),
        };
        Unit { kind, compared, relative, more_digits: 0 }
    }

    /// With as many digits more as it takes to tell a figure from the limit that it misses, or clears, by little.
    pub(super) fn telling_apart(self, estimate: &Estimate) -> Self {
        if self.relative || self.kind != UnitKind::Rate {
            return self;
        }
        let with = |more_digits: usize| Unit { more_digits, ..self.clone() };
        let ends = [(estimate.lower, Rounding::Down), (estimate.upper, Rounding::Up)];
        let is_apart = |more: usize| {
            let (unit, limit) = (with(more), with(more).signed(estimate.margin));
            ends.iter().all(|(end, rounding)| *end == estimate.margin || unit.bound(*end, *rounding) != limit)
        };
        with(more_digits(estimate.margin, is_apart))
    }

    /// A figure in its unit; a difference with its sign.
    pub fn signed(&self, value: f64) -> String {
        self.bound(value, Rounding::Nearest)
    }

    /// The same of an end of an interval.
    pub(super) fn bound(&self, value: f64, rounding: Rounding) -> String {
        let value = self.within_its_range(value);
        if value.is_infinite() {
            return if value > 0.0 { "unbounded".to_owned() } else { "-unbounded".to_owned() };
        }
        let figure = |written: String| match self.compared {
            true => signed(value, written),
            false => without_sign_of_zero(written),
        };
        match &self.kind {
            UnitKind::Rate if self.compared => {
                format!("{} points", figure(rounding.write(value * 100.0, 1 + self.more_digits)))
            }
            UnitKind::Rate => share_in(value, self.more_digits, rounding),
            UnitKind::Milliseconds => format!("{} ms", figure(rounding.write(value, 0))),
            UnitKind::Money(currency) => format!("{} {currency}", figure(money(value, rounding))),
        }
    }

    /// `-16.6 to +4.5` beside a figure that carries the unit.
    pub(super) fn interval(&self, lower: f64, upper: f64) -> String {
        let end = |value: f64, rounding: Rounding| {
            let whole = self.bound(value, rounding);
            match whole.split_once(' ') {
                Some((figure, _)) if self.kind != UnitKind::Rate || self.compared => figure.to_owned(),
                _ => whole,
            }
        };
        format!("{} to {}", end(lower, Rounding::Down), end(upper, Rounding::Up))
    }

    /// Whether what is measured lies between ends that are known: shares and their differences do.
    pub(super) fn is_bounded(&self) -> bool {
        self.kind == UnitKind::Rate
    }

    /// Whether a lower, or an upper, end of an interval rules anything out.
    pub(super) fn rules_out(&self, value: f64) -> bool {
        let value = self.within_its_range(value);
        let least = if self.compared { -1.0 } else { 0.0 };
        value.is_finite() && !(self.kind == UnitKind::Rate && !self.relative && (value <= least || value >= 1.0))
    }

    /// A share lies between its ends, and a difference of shares too, however little is known of it.
    fn within_its_range(&self, value: f64) -> f64 {
        match (&self.kind, self.relative) {
            (UnitKind::Rate, false) => value.clamp(if self.compared { -1.0 } else { 0.0 }, 1.0),
            _ => value,
        }
    }

    pub(super) fn asked(&self, gate: &Gate, bound: f64) -> String {
        let than = |than: &Opponent| match than {
            Opponent::Production => "production",
            Opponent::Fallback => "the fallback",
        };
        match &gate.rule {
            Rule::AtLeast(_) => format!("at least {}", self.signed(bound)),
            Rule::AtMost(_) => format!("at most {}", self.signed(bound)),
            Rule::Within { share, .. } => {
                format!("at least {} within the limit", share_in(share.get(), self.more_digits, Rounding::Nearest))
            }
            Rule::NotWorse { than: opponent, by: Margin::Relative(by) } => {
                format!("no more than {} worse than {}", limit(*by), than(opponent))
            }
            Rule::NotWorse { than: opponent, .. } => {
                format!("no more than {} worse than {}", self.unsigned(bound.abs()), than(opponent))
            }
            Rule::Better { than: opponent, by: Margin::Relative(by) } => {
                format!("more than {} better than {}", limit(*by), than(opponent))
            }
            Rule::Better { than: opponent, .. } if bound == 0.0 => format!("better than {}", than(opponent)),
            Rule::Better { than: opponent, .. } => {
                format!("more than {} better than {}", self.unsigned(bound.abs()), than(opponent))
            }
            Rule::Never { .. } => "never".to_owned(),
        }
    }

    /// Whether a smaller figure is the worse one.
    pub(super) fn less_is_worse(&self, gate: &Gate) -> bool {
        match gate.rule {
            Rule::AtLeast(_) | Rule::Within { .. } => true,
            Rule::AtMost(_) => false,
            _ => higher_is_better(&gate.measure),
        }
    }

    fn unsigned(&self, value: f64) -> String {
        self.signed(value).trim_start_matches('+').to_owned()
    }

    pub(super) fn is_worse(&self, gate: &Gate, estimate: &Estimate) -> bool {
        let harm = estimate.p_harm_adjusted.is_some_and(|p| p <= estimate.level);
        harm && !self.relative && matches!(gate.rule, Rule::NotWorse { .. })
    }
}

/// Money with as many digits as it needs.
pub fn money(value: f64, rounding: Rounding) -> String {
    rounding.write(value, money_digits(value))
}

fn money_digits(value: f64) -> usize {
    match value.abs() {
        size if size == 0.0 || size >= 10.0 => 0,
        size if size >= 0.1 => 2,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::tests::estimate;

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

    #[test]
    fn a_bound_that_reads_like_its_limit_has_more_digits() {
        let rate = Unit { kind: UnitKind::Rate, compared: false, relative: false, more_digits: 0 };
        let lower = |lower: f64| {
            let estimate = Estimate { lower, ..estimate() };
            let unit = rate.clone().telling_apart(&estimate);
            (unit.bound(lower, Rounding::Down), unit.signed(estimate.margin))
        };
        let as_told = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        // What misses the limit reads as less; what clears it by a hair has the digits that show it.
        assert_eq!(lower(0.7998), as_told("79.9 %", "80.0 %"));
        assert_eq!(lower(0.80004), as_told("80.004 %", "80.000 %"));
        assert_eq!(lower(0.81), as_told("81.0 %", "80.0 %"));
        assert_eq!(lower(0.8), as_told("80.0 %", "80.0 %"));
    }

    #[test]
    fn what_is_ruled_out_is_ruled_out_as_it_is_written() {
        assert_eq!(percent_at_most(0.00746), "0.8 %");
        assert_eq!(percent_between(0.8696, 0.98801), "86.9 % to 98.9 %");
        // 0.07 * 100 is a little more than 7.
        assert_eq!(percent_between(0.07, 0.07), "7.0 % to 7.0 %");
        assert_eq!(percent_between(0.0, 1.0), "0.0 % to 100.0 %");
        let points = Unit { kind: UnitKind::Rate, compared: true, relative: false, more_digits: 0 };
        assert_eq!(points.interval(-0.1658, 0.0443), "-16.6 to +4.5");
        let money = Unit { kind: UnitKind::Money("USD".to_owned()), compared: true, relative: false, more_digits: 0 };
        assert_eq!(money.interval(-0.123, 12.3), "-0.13 to +13");
        assert!(points.rules_out(-0.16) && !points.rules_out(-1.2) && !money.rules_out(f64::INFINITY));
    }

    #[test]
    fn a_limit_is_written_as_it_was_asked_for() {
        assert_eq!(
            ["0.0025", "0.125", "0.1"].map(|share| limit(share.parse().expect("a share"))),
            ["0.25 %", "12.5 %", "10.0 %"]
        );
        assert_eq!(apart(0.002501, 0.0025), ("0.26 %".to_owned(), "0.25 %".to_owned()));
        assert_eq!(apart(0.0099987, 0.01), ("0.9999 %".to_owned(), "1.0000 %".to_owned()));
    }
}

//! The figures of a finding, as a person reads them: shares, money, differences with their sign, and what a gate asks for.
//!
//! in      figures in the unit of what a gate measures
//! out     text with its unit; what is next to a limit has as many digits as tell the two apart
//! errors  none: what is unbounded is written as that

use super::{Estimate, listed};
use crate::contract::Contract;
use crate::evidence::higher_is_better;
use crate::gate::{Gate, Margin, Measure, Opponent, Rule};
pub use crate::share::plural;
use crate::share::{signed, with_sign, without_sign_of_zero};

/// A level in all its digits, as no share of examples is: 2.5 %, 1.25 %, 0.625 %.
pub fn level(share: f64) -> String {
    let digits = format!("{:.6}", share * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// A share as a person reads it; more digits where it is small.
pub fn percent(share: f64) -> String {
    share_in(share, 0)
}

/// `7.0 % of the traffic (fr, it)`: a part of it, and the values that it has.
pub fn of_traffic(share: f64, values: &[String]) -> String {
    let named = match values {
        [] => String::new(),
        values => format!(" ({})", listed(values.iter().map(String::as_str))),
    };
    format!("{} of the traffic{named}", percent(share))
}

/// Digits beyond the usual that two figures may take before they are called the same.
const MORE_DIGITS: usize = 3;

/// Two shares as a person reads them, with more digits where they would read the same and are not.
pub(super) fn apart(one: f64, other: f64) -> (String, String) {
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
    pub(super) fn figure(&self, value: f64) -> String {
        let whole = self.signed(value);
        match whole.split_once(' ') {
            Some((figure, _)) if self.kind != UnitKind::Rate || self.compared => figure.to_owned(),
            _ => whole,
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
                format!("at least {} within the limit", share_in(share.get(), self.more_digits))
            }
            Rule::NotWorse { than: opponent, by: Margin::Relative(by) } => {
                format!("no more than {} worse than {}", percent(*by), than(opponent))
            }
            Rule::NotWorse { than: opponent, .. } => {
                format!("no more than {} worse than {}", self.unsigned(bound.abs()), than(opponent))
            }
            Rule::Better { than: opponent, by: Margin::Relative(by) } => {
                format!("more than {} better than {}", percent(*by), than(opponent))
            }
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
            (unit.signed(lower), unit.signed(estimate.margin))
        };
        let as_told = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(lower(0.7998), as_told("79.98 %", "80.00 %"));
        assert_eq!(lower(0.81), as_told("81.0 %", "80.0 %"));
        assert_eq!(lower(0.8), as_told("80.0 %", "80.0 %"));
    }
}

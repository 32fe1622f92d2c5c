//! A number within a tolerance.
//!
//! The answer's number is its structured output where that is a number, else the last number of its text: thousands
//! separators, a currency sign or a percent sign around it are passed over.

use crate::operand::resolve;
use crate::prepared::Prepared;
use crate::text::pattern;
use domain::grader::Operand;
use domain::score::Verdict;
use domain::share::Amount;
use regex::Regex;
use serde_json::Value;

pub struct Check {
    to: Operand,
    within: Amount,
    relative: bool,
    /// Numbers in running text; `None` cannot be, the pattern is ours.
    numbers: Option<Regex>,
}

impl Check {
    pub fn of(to: &Operand, within: Amount, relative: bool) -> Self {
        let numbers = pattern(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|\d)(?:[eE][-+]?\d{1,3})?").ok();
        Check { to: to.clone(), within, relative, numbers }
    }

    pub fn grade(&self, document: &Value, answer: &Prepared) -> Verdict {
        let wanted = match resolve(&self.to, document) {
            Ok(wanted) => wanted,
            Err(verdict) => return verdict,
        };
        let Some(wanted) = self.read(wanted) else {
            return Verdict::GraderError { reason: format!("`{}` is no number", crate::written::value(wanted)) };
        };
        let structured = answer.answer.structured.as_ref().filter(|value| value.is_number()).and_then(Value::as_f64);
        let Some(got) = structured.or_else(|| self.last_number(answer.text())) else {
            return Verdict::failed("no number in the answer");
        };
        let tolerance = if self.relative { self.within.get() * wanted.abs() } else { self.within.get() };
        // Room for the rounding of decimal fractions, far below any tolerance that a person writes.
        let rounding = 1e-12 * wanted.abs().max(got.abs());
        if (got - wanted).abs() <= tolerance + rounding {
            Verdict::passed("")
        } else {
            Verdict::failed(format!("{got} is not within {tolerance} of {wanted}"))
        }
    }

    fn read(&self, value: &Value) -> Option<f64> {
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => self.last_number(text),
            _ => None,
        }
    }

    fn last_number(&self, text: &str) -> Option<f64> {
        let found = self.numbers.as_ref()?.find_iter(text).last()?;
        let value: f64 = found.as_str().replace(',', "").parse().ok()?;
        value.is_finite().then_some(value)
    }
}

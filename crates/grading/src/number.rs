//! A number within a tolerance.
//!
//! The answer's number is its structured output where that is a number, else the last number of its text.

use crate::numeral::{Numeral, Reader, not_exact};
use crate::operand::resolve;
use crate::prepared::Prepared;
use domain::format::json::rounded;
use domain::grader::Operand;
use domain::score::Verdict;
use domain::share::Amount;
use serde_json::Value;

pub struct Check {
    to: Operand,
    within: Amount,
    relative: bool,
    reader: Reader,
}

impl Check {
    pub fn of(to: &Operand, within: Amount, relative: bool) -> Self {
        Check { to: to.clone(), within, relative, reader: Reader::new() }
    }

    pub fn grade(&self, document: &Value, answer: &Prepared) -> Verdict {
        let wanted = match resolve(&self.to, document) {
            Ok(wanted) => wanted,
            Err(verdict) => return verdict,
        };
        let asked = wanted;
        let Some(wanted) = self.read(asked) else {
            return Verdict::GraderError { reason: format!("`{}` is no number", crate::written::value(asked)) };
        };
        let structured = match &answer.answer.structured {
            Some(Value::Number(number)) => Numeral::of(number),
            _ => None,
        };
        let Some(got) = structured.or_else(|| self.reader.last(answer.text())) else {
            return Verdict::failed("no number in the answer");
        };
        let tolerance = if self.relative { self.within.get() * wanted.value.abs() } else { self.within.get() };
        let of_answer = || answer.answer.structured.as_ref().filter(|value| value.is_number()).and_then(rounded);
        if let (true, Some(number)) = (tolerance == 0.0, rounded(asked).or_else(of_answer))
            && got.is_within(tolerance, &wanted)
        {
            return not_exact(number);
        }
        if got.is_within(tolerance, &wanted) {
            Verdict::passed("")
        } else {
            Verdict::failed(format!("{got} is not within {tolerance} of {wanted}"))
        }
    }

    fn read(&self, value: &Value) -> Option<Numeral> {
        match value {
            Value::Number(number) => Numeral::of(number),
            Value::String(text) => self.reader.last(text),
            _ => None,
        }
    }
}

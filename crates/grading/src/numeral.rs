//! Numbers as people write them in running text, and whole numbers to the last digit.
//!
//! in      a text, or a number of JSON
//! out     the text's last number: `1,250.00`, `1 000`, `1'000`, `1.234,56`, `3,14`, `-$5`, `−5`, `6.02e23`; a dash after a letter, a digit or
//!         a closing sign is none of a number: `3-5`, `2026-11-29`
//! errors  `None` where there is no number, or none that is finite
//! note    of what can be read in two ways `1,234` is a thousand and more, and `1.234` one and a bit; of digits that no one number is made of
//!         (`29.11.2026`, `1,2,3`) the last stand alone

use domain::format::json::rounded;
use domain::score::Verdict;
use regex::Regex;
use serde_json::{Number, Value};
use std::cmp::Ordering;
use std::fmt;

/// Room for the rounding of decimal fractions, far below any tolerance that a person writes.
const ROUNDING: f64 = 1e-12;

/// A number; where it is whole, to the last digit, which a `f64` has not beyond 2^53.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numeral {
    pub value: f64,
    whole: Option<i128>,
}

impl Numeral {
    pub fn of(number: &Number) -> Option<Self> {
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        match whole {
            Some(whole) => Some(Numeral { value: whole as f64, whole: Some(whole) }),
            None if rounded(&Value::Number(number.clone())).is_some() => {
                number.as_f64().map(|value| Numeral { value, whole: None })
            }
            None => number.as_f64().and_then(Numeral::real),
        }
    }

    /// A text that is a number, as a program writes it, and nothing else.
    pub fn written(text: &str) -> Option<Self> {
        match text.parse::<i128>() {
            Ok(whole) => Some(Numeral { value: whole as f64, whole: Some(whole) }),
            Err(_) => text.parse().ok().and_then(Numeral::real),
        }
    }

    /// Which of two is larger.
    pub fn compare(&self, other: &Numeral) -> Ordering {
        match (self.whole, other.whole) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => self.value.total_cmp(&other.value),
        }
    }

    /// Finite, and whole where it has no fraction.
    fn real(value: f64) -> Option<Self> {
        // A float without a fraction is exactly the integer that it is.
        let is_whole = value.fract() == 0.0 && value.abs() < 1e37;
        value.is_finite().then(|| Numeral { value, whole: is_whole.then_some(value as i128) })
    }

    /// Whether it is the same number, however it is written.
    pub fn equals(&self, other: &Numeral) -> bool {
        match (self.whole, other.whole) {
            (Some(one), Some(other)) => one == other,
            _ => self.value == other.value,
        }
    }

    /// Whether it lies so close. Between whole numbers the distance is exact.
    pub fn is_within(&self, tolerance: f64, of: &Numeral) -> bool {
        if let (Some(one), Some(other)) = (self.whole, of.whole) {
            return one.abs_diff(other) as f64 <= tolerance * (1.0 + ROUNDING);
        }
        let rounding = ROUNDING * self.value.abs().max(of.value.abs());
        (self.value - of.value).abs() <= tolerance + rounding
    }
}

impl fmt::Display for Numeral {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.whole {
            Some(whole) => whole.fmt(f),
            None => self.value.fmt(f),
        }
    }
}

/// Whether two numbers of JSON are one: `3` and `3.0`, and never two whole numbers that differ in their last digit.
pub fn equal(one: &Number, other: &Number) -> bool {
    match (Numeral::of(one), Numeral::of(other)) {
        (Some(one), Some(other)) => one.equals(&other),
        _ => one == other,
    }
}

/// Why two numbers that look alike cannot be told apart.
pub fn not_exact(number: &Number) -> Verdict {
    Verdict::GraderError { reason: rounding(number) }
}

pub fn rounding(number: &Number) -> String {
    format!("numbers as large as {number} are not kept to the last digit: write them as text")
}

/// Finds numbers in texts.
pub struct Reader {
    /// `None` cannot be, the pattern is ours.
    runs: Option<Regex>,
}

impl Reader {
    pub fn new() -> Self {
        // Digits joined by single signs that may stand inside a number, or a fraction without a whole part; then an exponent.
        let runs = crate::text::pattern(
            "(?:[0-9]+(?:[.,'\u{2019} \u{a0}\u{2009}\u{202f}][0-9]+)*|\\.[0-9]+)(?:[eE][-+\u{2212}]?[0-9]{1,3})?",
        );
        Reader { runs: runs.ok() }
    }

    /// The last number of a text.
    pub fn last(&self, text: &str) -> Option<Numeral> {
        let found = self.runs.as_ref()?.find_iter(text).last()?;
        let (digits, exponent) = match found.as_str().split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, format!("e{}", exponent.replace('\u{2212}', "-"))),
            None => (found.as_str(), String::new()),
        };
        let before = &text[..found.start()];
        // The end of a sentence or of a word is no beginning of a fraction.
        let is_glued = before.ends_with(|c: char| c.is_alphanumeric() || c == '.');
        let run = Run::of(if is_glued { digits.trim_start_matches('.') } else { digits });
        let minus = if run.is_whole_run && is_negative(before) { "-" } else { "" };
        let written = format!("{minus}{}{exponent}", run.number);
        Numeral::written(&written)
    }
}

/// Whether a minus before a number is its sign: it may stand before a currency's, and after nothing that it joins to the number.
fn is_negative(before: &str) -> bool {
    let mut before = before.chars().rev().peekable();
    before.next_if(|c| is_currency(*c));
    if before.next_if(|c| matches!(c, '-' | '\u{2212}')).is_none() {
        return false;
    }
    match before.next() {
        // `$-5` is a price with its sign, `5$-7$` are two prices.
        Some(c) if is_currency(c) => !before.find(|c| !c.is_whitespace()).is_some_and(char::is_numeric),
        Some(c) => !(c.is_alphanumeric() || matches!(c, '%' | ')' | ']' | '-' | '\u{2212}')),
        None => true,
    }
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '\u{a2}'..='\u{a5}' | '\u{20a0}'..='\u{20cf}')
}

/// A run of digits as the number at its end.
struct Run {
    /// As `f64` reads it.
    number: String,
    /// Whether the number begins where the run does.
    is_whole_run: bool,
}

impl Run {
    fn of(digits: &str) -> Run {
        let whole = |number: String| Run { number, is_whole_run: true };
        if digits.starts_with('.') {
            return whole(digits.to_owned());
        }
        if let Some(number) = plain(digits) {
            return whole(number);
        }
        // A blank may also stand between two numbers: the last of them counts.
        let parts = digits.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| &digits[at + 1..]);
        let last = digits.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or(digits);
        let number = parts.clone().find_map(plain).unwrap_or_else(|| last.to_owned());
        Run { number, is_whole_run: false }
    }
}

/// Digits with marks between them as one number, where they are one.
fn plain(digits: &str) -> Option<String> {
    let marks: Vec<char> = digits.chars().filter(|c| !c.is_ascii_digit()).collect();
    let groups: Vec<&str> = digits.split(|c: char| !c.is_ascii_digit()).collect();
    let (first, last) = (*groups.first()?, *groups.last()?);
    let Some(mark) = marks.last().copied() else { return Some(digits.to_owned()) };
    let is_decimal = matches!(mark, '.' | ',');
    // Three digits after one comma are thousands, unless nothing stands before it.
    let one_comma_of_thousands = marks == [','] && last.len() == 3 && first.len() <= 3 && !first.starts_with('0');
    if marks.len() == 1 && is_decimal && !one_comma_of_thousands {
        return Some(format!("{first}.{last}"));
    }
    let is_fraction = is_decimal && marks.first() != Some(&mark);
    let (grouped, between) = match is_fraction {
        true => (&groups[..groups.len() - 1], &marks[..marks.len() - 1]),
        false => (&groups[..], &marks[..]),
    };
    let in_threes = first.len() <= 3 && grouped.iter().skip(1).all(|group| group.len() == 3);
    let is_number = in_threes && between.iter().all(|other| Some(other) == between.first());
    let whole = grouped.concat();
    is_number.then(|| if is_fraction { format!("{whole}.{last}") } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let reader = Reader::new();
        let cases = [
            ("pages 3-5", "5"),
            ("pages 3\u{2013}5", "5"),
            ("on 2026-11-29", "29"),
            ("fell by -5", "-5"),
            ("fell by \u{2212}5", "-5"),
            ("a loss of -$5", "-5"),
            ("from $3-$5", "5"),
            ("from 3$-5$", "5"),
            ("from 3 $-5 $", "5"),
            ("a loss of $-5", "-5"),
            ("a loss of \u{20ac}\u{2212}5", "-5"),
            ("a loss of $ -5", "-5"),
            ("between 5%-7%", "7"),
            ("GPT-4", "4"),
            ("(-2.5)", "-2.5"),
            ("3,14", "3.14"),
            ("0,125", "0.125"),
            ("1234,567", "1234.567"),
            ("1 000 EUR", "1000"),
            ("1\u{202f}000\u{202f}000,50", "1000000.5"),
            ("1'000", "1000"),
            ("1\u{2019}000.25", "1000.25"),
            ("1,000", "1000"),
            ("1.000", "1"),
            ("1.234,56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1.234.567", "1234567"),
            ("-1 000", "-1000"),
            ("-5 1 000", "1000"),
            ("in 2026 100", "100"),
            ("on 29.11.2026", "2026"),
            ("1,2,3", "3"),
            ("1, 2, 3.", "3"),
            ("about .5", "0.5"),
            ("see p.5", "5"),
            ("1.5e3", "1500"),
            ("2e\u{2212}1", "0.2"),
            ("9007199254740993", "9007199254740993"),
        ];
        for (text, number) in cases {
            assert_eq!(reader.last(text).map(|number| number.to_string()).as_deref(), Some(number), "{text}");
        }
        assert_eq!(reader.last("none"), None);
        assert_eq!(reader.last("1e999"), None);
    }

    #[test]
    fn whole_numbers_are_compared_to_the_last_digit() {
        let number = |text: &str| serde_json::from_str::<Number>(text).unwrap();
        let (even, odd) = (number("9007199254740992"), number("9007199254740993"));
        assert!(!equal(&even, &odd) && equal(&odd, &odd));
        assert!(equal(&number("3"), &number("3.0")) && equal(&number("-0.0"), &number("0")));
        assert!(!equal(&number("18446744073709551615"), &number("18446744073709551614")));
        let (even, odd) = (Numeral::of(&even).unwrap(), Numeral::of(&odd).unwrap());
        assert!(!even.is_within(0.0, &odd) && even.is_within(1.0, &odd));
        let third = Numeral::of(&number("0.3")).unwrap();
        assert!(Numeral::real(0.1 + 0.2).unwrap().is_within(0.0, &third));
    }
}

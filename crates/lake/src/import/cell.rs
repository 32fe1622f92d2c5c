//! Cells as values. Every refusal says what to write.

use domain::failure_class::{Classes, NoClass};
use domain::fault::closest;
use domain::score::State;
use domain::share::{is_measurable, is_weight};

/// What is wrong with a cell, and what to write instead.
#[derive(Debug)]
pub struct Wrong {
    pub what: String,
    pub help: String,
}

/// Longest name, in bytes: longer text is evidence or an answer.
pub const LONGEST_NAME: usize = 1000;

fn wrong<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { what: what.into(), help: help.into() })
}

fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A grade in [0, 1]; true and false are 1 and 0.
pub fn grade(text: &str) -> Result<f64, Wrong> {
    if text.eq_ignore_ascii_case("true") {
        return Ok(1.0);
    }
    if text.eq_ignore_ascii_case("false") {
        return Ok(0.0);
    }
    match (text.parse::<f64>(), finite(text)) {
        // Adding zero makes the two zeros one.
        (_, Some(number)) if (0.0..=1.0).contains(&number) => Ok(number + 0.0),
        (_, Some(_)) => wrong(
            "a grade lies from 0 to 1",
            "divide by the highest grade that can be given; latency and spend have columns of their own",
        ),
        (Ok(_), None) => wrong("this is no finite number", "leave it empty and write a state, such as grader_error"),
        (Err(_), _) if finite(text.trim_end_matches('%').trim()).is_some() => {
            wrong("a grade is a share, not a percentage", "write 0.85 for 85 %")
        }
        (Err(_), _) if finite(&text.replace(',', ".")).is_some() => {
            wrong("this is no number", "write it with a decimal point: 0.5")
        }
        (Err(_), _) => {
            let help = match State::parse(&text.to_lowercase()) {
                Some(state) => format!("write `{}` in the column `state`, and leave `value` empty", state.as_str()),
                None => "write a number from 0 to 1, true or false; leave it empty where there is no grade".to_owned(),
            };
            wrong("this is no grade", help)
        }
    }
}

pub fn state(text: &str) -> Result<State, Wrong> {
    let known = || State::ALL.into_iter().map(State::as_str);
    State::parse(text).map_or_else(
        || {
            let list = known().collect::<Vec<_>>().join(", ");
            let help = match closest(text, known()) {
                Some(near) => format!("did you mean `{near}`? states: {list}"),
                None => format!("states: {list}"),
            };
            wrong("this is no state", help)
        },
        Ok,
    )
}

/// A whole number from 0 up; tables that keep whole numbers as `1.0` are understood.
pub fn repeat(text: &str) -> Result<u32, Wrong> {
    const MOST: f64 = 1_000_000.0;
    match finite(text) {
        Some(number) if (0.0..=MOST).contains(&number) && number.fract() == 0.0 => Ok(number as u32),
        _ => wrong("a repeat is a whole number from 0 to 1,000,000", "number the repeats of an example 0, 1, 2"),
    }
}

pub fn amount(text: &str, unit: &str) -> Result<f64, Wrong> {
    match finite(text).filter(|number| is_measurable(*number)) {
        Some(amount) => Ok(amount + 0.0),
        None => wrong("this is no amount", format!("write {unit}: a number from 0 to 1e15")),
    }
}

/// How many requests an example stands for.
pub fn weight(text: &str) -> Result<f64, Wrong> {
    match finite(text).filter(|number| is_weight(*number)) {
        Some(weight) => Ok(weight + 0.0),
        None => wrong("this is no weight", "write how many requests it stands for: 0, or a number from 1e-9 to 1e9"),
    }
}

pub fn name(text: &str) -> Result<&str, Wrong> {
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        let what = format!("it holds a control character, U+{:04X}", control as u32);
        return wrong(what, "take it out: names are printed and compared");
    }
    if text.len() <= LONGEST_NAME {
        return Ok(text);
    }
    wrong("this is too long for a name", "write text that explains a grade in `evidence`, and leave other columns out")
}

/// A failure class that there is: under any other a failure would cost nothing.
pub fn class<'t>(text: &'t str, classes: Option<&Classes>) -> Result<&'t str, Wrong> {
    let text = name(text)?;
    match classes.map(|classes| classes.find(text)) {
        Some(Err(NoClass { what, help })) => wrong(what, help),
        Some(Ok(_)) | None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_are_read_as_they_are_commonly_written() {
        for (text, value) in [("1", 1.0), ("0.5", 0.5), ("TRUE", 1.0), ("False", 0.0), ("-0.0", 0.0), ("1e-3", 0.001)] {
            let read = grade(text).unwrap();
            assert_eq!(read.to_bits(), f64::to_bits(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_grade_is_refused_with_what_to_write() {
        for (text, help) in [
            ("NaN", "write a state"),
            ("inf", "write a state"),
            ("1e999", "write a state"),
            ("-0.1", "divide by the highest"),
            ("5", "divide by the highest"),
            ("85%", "0.85"),
            ("0,5", "decimal point"),
            ("pass", "true or false"),
            ("not_run", "column `state`"),
            ("null", "leave it empty"),
        ] {
            let refused = grade(text).unwrap_err();
            assert!(refused.help.contains(help), "{text}: {}", refused.help);
        }
    }

    #[test]
    fn a_name_is_printed_and_holds_nothing_that_a_terminal_obeys() {
        assert!(name("q\u{1b}[31m").unwrap_err().what.contains("U+001B") && name("q\0").is_err());
        assert_eq!(name("frage é 1").unwrap(), "frage é 1");
    }

    #[test]
    fn states_repeats_and_amounts_know_their_ranges() {
        assert!(state("grader_eror").unwrap_err().help.contains("did you mean `grader_error`?"));
        assert_eq!(repeat("2.0").unwrap(), 2);
        assert!(repeat("-1").is_err() && repeat("0.5").is_err() && repeat("x").is_err() && repeat("1e7").is_err());
        assert!(amount("-1", "ms").is_err() && amount("NaN", "ms").is_err() && amount("1e999", "ms").is_err());
        assert!(amount("1e200", "ms").is_err() && amount("1e15", "ms").is_ok());
        assert!(["5e-324", "1e-300", "1e300", "-1", "x"].into_iter().all(|text| weight(text).is_err()));
        assert!(["0", "1e-9", "2.5", "1e9"].into_iter().all(|text| weight(text).is_ok()));
    }
}

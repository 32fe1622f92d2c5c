//! One line that a program wrote.

use domain::failure_class::{Classes, NoClass};
use domain::format::json;
use domain::score::Verdict;
use domain::share::Share;
use serde_json::Value;

/// Characters of a reason, an error or a class that are kept.
const MOST_CHARACTERS: usize = 200;

pub enum Reply {
    Verdict(Verdict),
    /// No grade of this row, from a program that is fit for the next: it says so itself, or names a class that there is not.
    Error(String),
}

/// What a line says about the request with this id, in failure classes of the contract; else why it says nothing.
pub fn read(id: u64, line: &str, classes: &Classes) -> Result<Reply, String> {
    let shown = || line.trim().chars().take(80).collect::<String>();
    let unreadable = || format!("the reply is no verdict: {}", shown());
    // What gives a key twice says two things, and is no verdict.
    let Some(Value::Object(fields)) = json::value(line) else { return Err(unreadable()) };
    if fields.get("id").and_then(Value::as_u64) != Some(id) {
        return Err(format!("the reply does not carry the request's id {id}: {}", shown()));
    }
    let text = |key: &str| {
        fields.get(key).and_then(Value::as_str).map(|text| text.chars().take(MOST_CHARACTERS).collect::<String>())
    };
    if let Some(error) = text("error") {
        return Ok(Reply::Error(error));
    }
    if let Some(reason) = text("not_applicable") {
        return Ok(Reply::Verdict(Verdict::NotApplicable { reason }));
    }
    // A reply without a value is no pass.
    let value = match fields.get("value") {
        Some(Value::Bool(passed)) => Share::of(*passed),
        Some(Value::Number(number)) => {
            number.as_f64().and_then(|number| Share::new(number).ok()).ok_or_else(unreadable)?
        }
        _ => return Err(unreadable()),
    };
    let class = match fields.get("class") {
        None | Some(Value::Null) => None,
        Some(Value::String(word)) => match classes.find(word) {
            Ok(class) => Some(class),
            // A failure under it would cost nothing.
            Err(NoClass { help, .. }) => {
                let word: String = word.chars().take(MOST_CHARACTERS).collect();
                let reason = format!("the program names a failure class that the contract lacks, `{word}`: {help}");
                return Ok(Reply::Error(reason));
            }
        },
        Some(_) => return Ok(Reply::Error("the program gives a `class` that is no text".to_owned())),
    };
    Ok(Reply::Verdict(Verdict::Graded { value, class, reason: text("reason").unwrap_or_default() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_but_a_value_in_range_is_a_grade() {
        let read = |id, line: &str| super::read(id, line, &Classes::default());
        for line in ["", "{}", "[]", "null", "nonsense", r#"{"id":1}"#, r#"{"id":1,"value":null}"#] {
            assert!(read(1, line).is_err(), "{line}");
        }
        for twice in [r#"{"id":1,"value":false,"value":true}"#, r#"{"id":1,"id":1,"value":true}"#] {
            assert!(read(1, twice).is_err(), "{twice}");
        }
        for value in ["1.01", "-0.1", "1e999", "\"1\"", "[1]", "NaN"] {
            assert!(read(1, &format!(r#"{{"id":1,"value":{value}}}"#)).is_err(), "{value}");
        }
        for value in ["0", "1", "0.25", "true", "false"] {
            let read = read(1, &format!(r#"{{"id":1,"value":{value}}}"#));
            assert!(matches!(read, Ok(Reply::Verdict(Verdict::Graded { .. }))), "{value}");
        }
    }

    #[test]
    fn a_reply_to_another_request_is_refused() {
        let read = |id, line: &str| super::read(id, line, &Classes::default());
        assert!(read(2, r#"{"id":1,"value":true}"#).is_err());
        assert!(read(2, r#"{"value":true}"#).is_err());
        assert!(read(2, r#"{"id":"2","value":true}"#).is_err());
    }

    #[test]
    fn a_class_that_the_contract_lacks_is_an_error_and_never_a_failure_that_costs_nothing() {
        let said = |class: &str| {
            let line = format!(r#"{{"id":1,"value":false,"class":{class}}}"#);
            match read(1, &line, &Classes::default()) {
                Ok(Reply::Verdict(Verdict::Graded { class, .. })) => Ok(class.map(|class| class.to_string())),
                Ok(Reply::Error(reason)) => Err(reason),
                _ => panic!("neither a grade nor an error: {class}"),
            }
        };
        assert_eq!(said("\"wrong_source\""), Ok(Some("wrong_source".to_owned())));
        assert_eq!(said("null"), Ok(None));
        let reason = said("\"wrong-source\"").unwrap_err();
        assert!(reason.contains("`wrong-source`: did you mean `wrong_source`?"), "{reason}");
        assert!(said("7").is_err() && said("\"\"").is_err());
    }

    #[test]
    fn what_a_program_says_is_cut_short() {
        let line = format!(r#"{{"id":1,"error":"{}"}}"#, "e".repeat(5000));
        assert!(
            matches!(read(1, &line, &Classes::default()), Ok(Reply::Error(error)) if error.len() == MOST_CHARACTERS)
        );
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in ".{0,60}", id in any::<u64>()) {
            let _ = read(id, &line, &Classes::default());
        }
    }
}

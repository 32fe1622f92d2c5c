//! One line that a program wrote.

use domain::name::ClassName;
use domain::score::Verdict;
use domain::share::Share;
use serde_json::{Map, Value};

/// Characters of a reason, an error or a class that are kept.
const MOST_CHARACTERS: usize = 200;

pub enum Reply {
    Verdict(Verdict),
    /// The program says that it cannot grade this row.
    Error(String),
}

/// What a line says about the request with this id; else why it says nothing.
pub fn read(id: u64, line: &str) -> Result<Reply, String> {
    let shown = || line.trim().chars().take(80).collect::<String>();
    let unreadable = || format!("the reply is no verdict: {}", shown());
    let fields: Map<String, Value> = serde_json::from_str(line).map_err(|_| unreadable())?;
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
    let class = text("class").map(ClassName::new);
    Ok(Reply::Verdict(Verdict::Graded { value, class, reason: text("reason").unwrap_or_default() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_but_a_value_in_range_is_a_grade() {
        for line in ["", "{}", "[]", "null", "nonsense", r#"{"id":1}"#, r#"{"id":1,"value":null}"#] {
            assert!(read(1, line).is_err(), "{line}");
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
        assert!(read(2, r#"{"id":1,"value":true}"#).is_err());
        assert!(read(2, r#"{"value":true}"#).is_err());
        assert!(read(2, r#"{"id":"2","value":true}"#).is_err());
    }

    #[test]
    fn what_a_program_says_is_cut_short() {
        let line = format!(r#"{{"id":1,"error":"{}"}}"#, "e".repeat(5000));
        assert!(matches!(read(1, &line), Ok(Reply::Error(error)) if error.len() == MOST_CHARACTERS));
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in ".{0,60}", id in any::<u64>()) {
            let _ = read(id, &line);
        }
    }
}

//! Operands: values of the contract, or looked up in the example.

use domain::grader::Operand;
use domain::score::Verdict;
use serde_json::Value;

/// The value of an operand; the verdict that follows where there is none.
pub fn resolve<'v>(operand: &'v Operand, document: &'v Value) -> Result<&'v Value, Verdict> {
    let path = match operand {
        Operand::Literal(value) => return Ok(value),
        Operand::Path(path) => path,
    };
    let mut at = match path.first().map(String::as_str) {
        Some("context") => document.get("input"),
        _ => Some(document),
    };
    for part in path {
        at = at.and_then(|value| step(value, part));
    }
    match at {
        None => Err(Verdict::GraderError { reason: format!("the example has no `{}`", path.join(".")) }),
        Some(Value::Null) => {
            Err(Verdict::NotApplicable { reason: format!("`{}` is null on this example", path.join(".")) })
        }
        Some(value) => Ok(value),
    }
}

/// One step into an object, or into a list by position.
pub fn step<'v>(value: &'v Value, part: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(part),
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    }
}

/// The texts of a value: one, or a list of them.
pub fn texts(value: &Value) -> Result<Vec<String>, Verdict> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let texts: Option<Vec<String>> = match value {
        Value::Array(items) => items.iter().map(one).collect(),
        single => one(single).map(|text| vec![text]),
    };
    texts.ok_or_else(|| Verdict::GraderError {
        reason: format!("`{}` is neither text nor a list of texts", crate::written::value(value)),
    })
}

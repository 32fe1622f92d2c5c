//! Reference cases: what `stats` computes beside what independent implementations computed from the same input.
//!
//! in      a file of cases: id, kind, input, expected, tolerance
//! out     one line for each case that differs (id, kind, what differs), then `N passed, M failed`
//! errors  a file that cannot be read, or holds no cases; a kind that is not known here, an input that is wrong or too large, and one on
//!         which the arithmetic breaks fail their own case
//! not for arithmetic: this only reads, calls `stats` and compares

mod agreement;
mod clustered;
mod compare;
mod counts;
mod drift;
mod families;
mod input;
mod judge;
mod primitives;
mod sequential;
mod special;
#[cfg(test)]
mod tests;

use compare::differences;
use input::Input;
use serde_json::Value;

/// What one case came to: figures by name, or why its input could not be read.
type Outcome = Result<Value, String>;

pub fn main(path: &str) -> bool {
    match run(path) {
        Ok((lines, passed)) => {
            lines.iter().for_each(|line| println!("{line}"));
            println!("{passed} passed, {} failed", lines.len());
            lines.is_empty()
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            false
        }
    }
}

/// A line for each case that fails, and how many pass.
fn run(path: &str) -> Result<(Vec<String>, usize), String> {
    let text = std::fs::read_to_string(path).map_err(|cause| format!("{path}: {cause}"))?;
    let file: Value = serde_json::from_str(&text).map_err(|cause| format!("{path}: {cause}"))?;
    let cases = file["cases"].as_array().filter(|cases| !cases.is_empty());
    let cases = cases.ok_or_else(|| format!("{path}: no `cases`"))?;
    let lines: Vec<String> = cases.iter().filter_map(failure).collect();
    let passed = cases.len() - lines.len();
    Ok((lines, passed))
}

fn failure(case: &Value) -> Option<String> {
    let text = |key: &str| case[key].as_str().unwrap_or("?");
    let (id, kind) = (text("id"), text("kind"));
    let differs = match (unbroken(kind, &Input(&case["input"])), case["tol"].as_f64()) {
        (Err(reason), _) => vec![reason],
        (_, None) => vec!["no tolerance".to_owned()],
        (Ok(got), Some(tolerance)) => differences(kind, &got, &case["expected"], tolerance),
    };
    (!differs.is_empty()).then(|| format!("{id} {kind}: {}", differs.join("; ")))
}

/// A case on which the arithmetic panics fails alone: the others are still told.
fn unbroken(kind: &str, input: &Input) -> Outcome {
    std::panic::catch_unwind(|| figures(kind, input))
        .unwrap_or_else(|_| Err("the arithmetic broke on this input".to_owned()))
}

/// The figures of one kind of case.
fn figures(kind: &str, input: &Input) -> Outcome {
    let groups: [fn(&str, &Input) -> Option<Outcome>; 9] = [
        special::figures,
        counts::figures,
        clustered::figures,
        primitives::figures,
        families::figures,
        judge::figures,
        agreement::figures,
        drift::figures,
        sequential::figures,
    ];
    groups.iter().find_map(|group| group(kind, input)).unwrap_or_else(|| Err("unknown kind".to_owned()))
}

/// A figure, or null where it is undefined.
fn or_null(figure: Result<f64, stats::Undefined>) -> Value {
    figure.map_or(Value::Null, number)
}

/// Infinities are words in these files.
fn number(figure: f64) -> Value {
    match figure {
        f64::INFINITY => Value::from("inf"),
        f64::NEG_INFINITY => Value::from("-inf"),
        _ => Value::from(figure),
    }
}

//! Figures beside those expected.
//!
//! in      the kind, figures got and expected by name, a tolerance
//! out     a sentence for each that differs; figures that were not asked for are not compared
//! source  the file's `conventions`: |got - want| <= tol * max(1, |want|); relative for kinds `special.*` and for p values
//!         below 1e-6

use super::input::number;
use serde_json::Value;

/// p values below this are compared by their relative error.
const SMALL_P: f64 = 1e-6;

pub fn differences(kind: &str, got: &Value, want: &Value, tolerance: f64) -> Vec<String> {
    // A case that expects nothing checks nothing.
    let Some(want) = want.as_object().filter(|want| !want.is_empty()) else {
        return vec!["`expected` holds no figures".to_owned()];
    };
    let mut differs = Vec::new();
    for (name, want) in want {
        let always = kind.starts_with("special.");
        let relative = |want: f64| always || is_p(name) && want.abs() < SMALL_P;
        match got.get(name) {
            None => differs.push(format!("`{name}` is not computed")),
            Some(got) => {
                let (got, want) =
                    if name == "unmeasured_strata" { (sorted(got), sorted(want)) } else { (got.clone(), want.clone()) };
                differ(name, &got, &want, &|got, want| close(got, want, tolerance, relative(want)), &mut differs)
            }
        }
    }
    differs
}

/// Names of strata are a set: in which order they stand says nothing.
fn sorted(names: &Value) -> Value {
    let mut names = names.clone();
    if let Some(names) = names.as_array_mut() {
        names.sort_by_key(Value::to_string);
    }
    names
}

fn is_p(name: &str) -> bool {
    name == "p" || name.starts_with("p_") || name.ends_with("_p")
}

fn close(got: f64, want: f64, tolerance: f64, relative: bool) -> bool {
    if got == want {
        return true;
    }
    // What is expected may have ended at zero where doubles end.
    let scale = if relative { want.abs().max(f64::MIN_POSITIVE) } else { want.abs().max(1.0) };
    (got - want).abs() <= tolerance * scale
}

fn differ(name: &str, got: &Value, want: &Value, close: &dyn Fn(f64, f64) -> bool, differs: &mut Vec<String>) {
    match (got, want) {
        (Value::Array(got), Value::Array(want)) if got.len() == want.len() => {
            for (at, (got, want)) in got.iter().zip(want).enumerate() {
                differ(&format!("{name}[{at}]"), got, want, close, differs);
            }
        }
        (Value::Object(got), Value::Object(want)) if got.len() == want.len() => {
            for (key, want) in want {
                let name = format!("{name}.{key}");
                differ(&name, got.get(key).unwrap_or(&Value::Null), want, close, differs);
            }
        }
        _ => {
            let same = match (number(got), number(want)) {
                (Some(got), Some(want)) => close(got, want),
                _ => got == want,
            };
            if !same {
                differs.push(format!("`{name}` is {got}, expected {want}"));
            }
        }
    }
}

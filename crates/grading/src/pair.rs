//! Behaviour pairs: the verdict is about two answers, a variant's against its base's.

use crate::prepared::Prepared;
use crate::text::{part_of, same};
use crate::written::value as written;
use domain::example::Expect;
use domain::grader::{Normalisation, Part};
use domain::score::Verdict;
use serde_json::Value;

/// What is kept of an answer to be compared with another one; `None` where the answer has no such part.
#[derive(Clone, Debug, PartialEq)]
pub struct Side(pub Option<Value>);

/// The part of an answer that a pair compares.
pub fn side(part: &Part, answer: &Prepared) -> Side {
    Side(part_of(answer, part))
}

/// The verdict on a variant. `same`: the part must be equal. `changed`: it must differ; with a direction it must be that
/// value, or, for `up` and `down`, a larger or smaller number.
pub fn grade_pair(normalise: Normalisation, expect: &Expect, base: &Side, variant: &Side) -> Verdict {
    let (Some(base), Some(variant)) = (&base.0, &variant.0) else {
        return Verdict::GraderError { reason: "one half of the pair lacks what is compared".to_owned() };
    };
    let told = || format!("base `{}`, variant `{}`", written(base), written(variant));
    let equal = same(variant, base, normalise);
    match expect {
        Expect::Same if equal => Verdict::passed(""),
        Expect::Same => Verdict::failed(format!("changed where nothing that matters did: {}", told())),
        Expect::Changed { direction: None } if !equal => Verdict::passed(""),
        Expect::Changed { direction: None } => Verdict::failed(format!("did not change with the facts: {}", told())),
        Expect::Changed { direction: Some(direction) } => directed(direction, base, variant, normalise, &told()),
    }
}

fn directed(direction: &str, base: &Value, variant: &Value, normalise: Normalisation, told: &str) -> Verdict {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok().filter(|number| number.is_finite()),
        _ => None,
    };
    if matches!(direction, "up" | "down" | "not_up" | "not_down") {
        let (Some(from), Some(to)) = (number(base), number(variant)) else {
            return Verdict::GraderError { reason: format!("`{direction}` compares numbers: {told}") };
        };
        let right = match direction {
            "up" => to > from,
            "down" => to < from,
            "not_up" => to <= from,
            _ => to >= from,
        };
        return if right { Verdict::passed("") } else { Verdict::failed(format!("did not go {direction}: {told}")) };
    }
    if same(variant, &Value::from(direction), normalise) {
        Verdict::passed("")
    } else {
        Verdict::failed(format!("should have become `{direction}`: {told}"))
    }
}

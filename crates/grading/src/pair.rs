//! Behaviour pairs: the verdict is about two answers, a variant's against its base's.

use crate::prepared::Prepared;
use crate::text::{is_blank, part_of, same};
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
    // Where nothing of two texts is left that matters, they are equal only to the letter, and did not change either.
    let comparable = variant == base || !is_blank(variant, &Part::Text, normalise);
    match expect {
        Expect::Same if equal && comparable => Verdict::passed(""),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_of_which_nothing_is_left_neither_stayed_nor_changed() {
        let articles = Normalisation { ignore_articles: true, ..Normalisation::default() };
        let text = |text: &str| Side(Some(Value::from(text)));
        let passes = |expect: &Expect, base: &str, variant: &str| {
            grade_pair(articles, expect, &text(base), &text(variant)) == Verdict::passed("")
        };
        let changed = Expect::Changed { direction: None };
        assert!(passes(&Expect::Same, "the end", "end") && !passes(&changed, "the end", "end"));
        assert!(!passes(&Expect::Same, "the", "a") && !passes(&changed, "the", "a"));
        assert!(passes(&Expect::Same, "the", "the") && passes(&changed, "the", "end"));
    }
}

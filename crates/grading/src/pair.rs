//! Behaviour pairs: the verdict is about two answers, a variant's against its base's.

use crate::numeral::{Numeral, not_exact};
use crate::prepared::Prepared;
use crate::text::{is_blank, part_of, same};
use crate::written::value as written;
use domain::example::Expect;
use domain::format::json::rounded;
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
/// value, or, for `up` and `down`, a larger or smaller number. Case is no part of what was decided, as with the grader of behaviour.
pub fn grade_pair(part: &Part, normalise: Normalisation, expect: &Expect, base: &Side, variant: &Side) -> Verdict {
    let ignore_case = normalise.ignore_case || *part == Part::Behaviour;
    let normalise = Normalisation { ignore_case, ..normalise };
    let (Some(base), Some(variant)) = (&base.0, &variant.0) else {
        return Verdict::GraderError { reason: "one half of the pair lacks what is compared".to_owned() };
    };
    let told = || format!("base `{}`, variant `{}`", written(base), written(variant));
    let equal = same(variant, base, normalise);
    if let (true, Some(number)) = (equal, rounded(base)) {
        return not_exact(number);
    }
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
        Value::Number(number) => Numeral::of(number),
        Value::String(text) => Numeral::written(text.trim()),
        _ => None,
    };
    if matches!(direction, "up" | "down" | "not_up" | "not_down") {
        let (Some(from), Some(to)) = (number(base), number(variant)) else {
            return Verdict::GraderError { reason: format!("`{direction}` compares numbers: {told}") };
        };
        let went = to.compare(&from);
        let right = match direction {
            "up" => went.is_gt(),
            "down" => went.is_lt(),
            "not_up" => went.is_le(),
            _ => went.is_ge(),
        };
        let wrong = match direction.strip_prefix("not_") {
            Some(direction) => format!("went {direction}: {told}"),
            None => format!("did not go {direction}: {told}"),
        };
        return if right { Verdict::passed("") } else { Verdict::failed(wrong) };
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
    fn a_whole_number_goes_up_by_its_last_digit() {
        let goes = |direction: &str, from: u64, to: u64| {
            let expect = Expect::Changed { direction: Some(direction.to_owned()) };
            let side = |number: u64| Side(Some(Value::from(number)));
            grade_pair(&Part::Text, Normalisation::default(), &expect, &side(from), &side(to)) == Verdict::passed("")
        };
        let (even, odd) = (1 << 53, (1 << 53) + 1);
        assert!(goes("up", even, odd) && goes("down", odd, even) && goes("not_up", even, even));
        assert!(!goes("up", even, even) && !goes("not_up", even, odd) && !goes("not_down", odd, even));
    }

    #[test]
    fn what_went_the_wrong_way_is_said_in_words() {
        let expect = |way: &str| Expect::Changed { direction: Some(way.to_owned()) };
        let side = |number: u64| Side(Some(Value::from(number)));
        let told = |way: &str| match grade_pair(&Part::Text, Normalisation::default(), &expect(way), &side(2), &side(1))
        {
            Verdict::Graded { reason, .. } => reason,
            other => panic!("{other:?}"),
        };
        assert!(told("not_down").starts_with("went down: "), "{}", told("not_down"));
        assert!(told("up").starts_with("did not go up: "), "{}", told("up"));
    }

    #[test]
    fn numbers_that_are_not_kept_to_the_last_digit_neither_stayed_nor_changed() {
        let side = || Side(serde_json::from_str("12345678901234567890123").ok());
        let told = grade_pair(&Part::Text, Normalisation::default(), &Expect::Same, &side(), &side());
        assert!(matches!(told, Verdict::GraderError { .. }), "{told:?}");
    }

    #[test]
    fn a_decision_in_capitals_is_the_same_decision() {
        let grade = |part: &Part, expect: &Expect| {
            let side = |word: &str| Side(Some(Value::from(word)));
            grade_pair(part, Normalisation::default(), expect, &side("Refuse"), &side("refuse")) == Verdict::passed("")
        };
        let changed = Expect::Changed { direction: None };
        assert!(grade(&Part::Behaviour, &Expect::Same) && !grade(&Part::Behaviour, &changed));
        assert!(!grade(&Part::Text, &Expect::Same) && grade(&Part::Text, &changed));
    }

    #[test]
    fn two_texts_of_which_nothing_is_left_neither_stayed_nor_changed() {
        let articles = Normalisation { ignore_articles: true, ..Normalisation::default() };
        let text = |text: &str| Side(Some(Value::from(text)));
        let passes = |expect: &Expect, base: &str, variant: &str| {
            grade_pair(&Part::Text, articles, expect, &text(base), &text(variant)) == Verdict::passed("")
        };
        let changed = Expect::Changed { direction: None };
        assert!(passes(&Expect::Same, "the end", "end") && !passes(&changed, "the end", "end"));
        assert!(!passes(&Expect::Same, "the", "a") && !passes(&changed, "the", "a"));
        assert!(passes(&Expect::Same, "the", "the") && passes(&changed, "the", "end"));
    }
}

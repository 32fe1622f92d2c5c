//! Equality, membership, containment and patterns, after the normalisation that the contract declares.

use crate::numeral::not_exact;
use crate::operand::{resolve, step, texts};
use crate::prepared::Prepared;
use crate::written::{shortened, value as written};
use crate::{GraderFault, numeral, operand};
use domain::format::json::rounded;
use domain::grader::{Grader, Normalisation, Operand, Part};
use domain::score::Verdict;
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::borrow::Cow;
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

pub enum Check {
    Equals { part: Part, to: Operand, normalise: Normalisation },
    OneOf { part: Part, of: Operand, normalise: Normalisation },
    Contains { all: Option<Operand>, any: Option<Operand>, none: Option<Operand>, normalise: Normalisation },
}

impl Check {
    pub fn of(grader: &Grader) -> Result<Self, GraderFault> {
        match grader.clone() {
            Grader::Equals { part, to, normalise } => Ok(Check::Equals { part, to, normalise }),
            Grader::OneOf { part, of, normalise } => Ok(Check::OneOf { part, of, normalise }),
            Grader::Contains { all, any, none, normalise } => Ok(Check::Contains { all, any, none, normalise }),
            other => Err(GraderFault::Elsewhere(other.kind())),
        }
    }

    pub fn grade(&self, document: &Value, answer: &Prepared) -> Verdict {
        self.judge(document, answer).unwrap_or_else(|verdict| verdict)
    }

    /// The reference, where nothing of it is left to compare any answer with.
    pub fn blank<'v>(&'v self, document: &'v Value) -> Option<&'v Value> {
        match self {
            Check::Equals { part, to, normalise } => {
                resolve(to, document).ok().filter(|wanted| is_blank(wanted, part, *normalise))
            }
            Check::OneOf { part, of, normalise } => {
                blank(of, document, part, *normalise, Needed::One).or_else(|| empty_list(of, document))
            }
            Check::Contains { all, any, none, normalise } => {
                let empty = |operand: &'v Operand| empty_list(operand, document);
                let mut given = [all, any, none].into_iter().flatten();
                let nothing = given.clone().all(|operand| empty(operand).is_some());
                let first = if nothing { given.find_map(empty) } else { None };
                if let Some(list) = first.or_else(|| any.as_ref().and_then(empty)) {
                    return Some(list);
                }
                let mut operands = [(all, Needed::Each), (any, Needed::One), (none, Needed::One)].into_iter();
                let of = |(operand, needed): (&'v Option<Operand>, Needed)| {
                    blank(operand.as_ref()?, document, &Part::Text, *normalise, needed)
                };
                operands.find_map(of)
            }
        }
    }

    fn judge(&self, document: &Value, answer: &Prepared) -> Result<Verdict, Verdict> {
        match self {
            Check::Equals { part, to, normalise } => {
                let wanted = resolve(to, document)?;
                let Some(got) = part_of(answer, part) else { return Ok(missing(part)) };
                if is_blank(wanted, part, *normalise) {
                    return Ok(Verdict::failed(nothing_to_compare(wanted)));
                }
                Ok(if met(&got, wanted, part, *normalise)? {
                    Verdict::passed("")
                } else {
                    // A text that looks like a number or a truth value is shown as the text that it is.
                    let alike = written(&got) == written(wanted);
                    let said = |value: &Value| if alike { value.to_string() } else { written(value) };
                    Verdict::failed(format!("`{}` is not `{}`", said(&got), said(wanted)))
                })
            }
            Check::OneOf { part, of, normalise } => {
                let wanted = resolve(of, document)?;
                let Some(got) = part_of(answer, part) else { return Ok(missing(part)) };
                let accepted: &[Value] = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
                // Of several texts one that is nothing is no alternative.
                if accepted.is_empty() {
                    return Err(nothing_asked());
                }
                let mut comparable = accepted.iter().filter(|item| !is_blank(item, part, *normalise)).peekable();
                if comparable.peek().is_none() {
                    return Ok(Verdict::failed(nothing_to_compare(wanted)));
                }
                let mut unknown = None;
                for item in comparable {
                    match met(&got, item, part, *normalise) {
                        Ok(true) => return Ok(Verdict::passed("")),
                        Ok(false) => {}
                        Err(verdict) => unknown = Some(verdict),
                    }
                }
                // A text that looks like one of them is shown as the text that it is.
                let alike = accepted.iter().any(|item| written(item) == written(&got));
                let said = if alike { got.to_string() } else { written(&got) };
                unknown.map_or_else(|| Ok(Verdict::failed(format!("`{said}` is none of {}", written(wanted)))), Err)
            }
            Check::Contains { all, any, none, normalise } => contains(document, answer, [all, any, none], *normalise),
        }
    }
}

fn contains(
    document: &Value,
    answer: &Prepared,
    [all, any, none]: [&Option<Operand>; 3],
    normalise: Normalisation,
) -> Result<Verdict, Verdict> {
    let text = normalised(answer.text(), normalise);
    let wanted = |operand: &Option<Operand>| -> Result<Option<Vec<String>>, Verdict> {
        operand.as_ref().map(|operand| texts(resolve(operand, document)?)).transpose()
    };
    let is_nothing = |part: &String| normalised(part, normalise).is_empty();
    let lookable = |parts: Vec<String>| match parts.iter().find(|part| is_nothing(part)) {
        Some(part) => Err(nothing_left(part)),
        None => Ok(parts),
    };
    let has = |part: &String| text.contains(normalised(part, normalise).as_ref());
    let given = [wanted(all)?, wanted(any)?, wanted(none)?];
    if given.iter().flatten().all(Vec::is_empty) || given[1].as_ref().is_some_and(Vec::is_empty) {
        return Err(nothing_asked());
    }
    let [all, any, none] = given;
    let parts = all.map(lookable).transpose()?;
    if let Some(missing) = parts.and_then(|parts| parts.into_iter().find(|part| !has(part))) {
        return Ok(Verdict::failed(format!("`{}` is missing", shortened(&missing))));
    }
    if let Some(mut parts) = any {
        // Of several texts one that is nothing is no alternative; where there is no other, nothing can be told.
        if let (Some(part), true) = (parts.first(), parts.iter().all(is_nothing)) {
            return Err(nothing_left(part));
        }
        parts.retain(|part| !is_nothing(part));
        if !parts.iter().any(has) {
            return Ok(Verdict::failed(format!("none of {} is there", shortened(&parts.join(", ")))));
        }
    }
    // What is nothing is not there; where it is all that must not be there, nothing can be told.
    let parts = none.map(|mut parts| {
        let first = parts.first().filter(|_| parts.iter().all(is_nothing)).cloned();
        parts.retain(|part| !is_nothing(part));
        first.map_or(Ok(parts), |part| Err(nothing_left(&part)))
    });
    match parts.transpose()?.and_then(|parts| parts.into_iter().find(has)) {
        Some(found) => Ok(Verdict::failed(format!("`{}` is there", shortened(&found)))),
        None => Ok(Verdict::passed("")),
    }
}

/// A text of which nothing is left once what is ignored is taken away: it is equal to every other such text, and would say nothing about
/// the answer. Of structured output an empty text is a value like any other.
pub fn is_blank(wanted: &Value, part: &Part, normalise: Normalisation) -> bool {
    let is_value = |text: &str| text.is_empty() && matches!(part, Part::Structured(_));
    wanted.as_str().is_some_and(|text| !is_value(text) && normalised(text, normalise).trim().is_empty())
}

/// How many of a list of texts must be comparable.
#[derive(Clone, Copy)]
pub enum Needed {
    Each,
    One,
}

/// A reference that cannot be compared with anything.
pub fn blank<'v>(
    operand: &'v Operand,
    document: &'v Value,
    part: &Part,
    normalise: Normalisation,
    needed: Needed,
) -> Option<&'v Value> {
    let wanted = resolve(operand, document).ok()?;
    let is_nothing = |value: &Value| is_blank(value, part, normalise);
    let is_it = match (wanted, needed) {
        (Value::Array(items), Needed::Each) => items.iter().any(is_nothing),
        (Value::Array(items), Needed::One) => !items.is_empty() && items.iter().all(is_nothing),
        (single, _) => is_nothing(single),
    };
    is_it.then_some(wanted)
}

pub fn nothing_to_compare(wanted: &Value) -> String {
    format!("of `{}` nothing is left to compare once what is ignored is taken away", written(wanted))
}

/// Every text holds the empty text: a verdict on it would say nothing about the answer.
fn nothing_left(part: &str) -> Verdict {
    Verdict::GraderError {
        reason: format!("`{}` leaves nothing to look for once what is ignored is taken away", shortened(part)),
    }
}

/// A list of nothing, which is in every answer, or in none.
pub fn empty_list<'v>(operand: &'v Operand, document: &'v Value) -> Option<&'v Value> {
    resolve(operand, document).ok().filter(|list| list.as_array().is_some_and(Vec::is_empty))
}

/// The verdict on it.
pub fn nothing_asked() -> Verdict {
    let reason =
        "there is no text to look for: the list is empty; a null says that the criterion does not apply".to_owned();
    Verdict::GraderError { reason }
}

fn missing(part: &Part) -> Verdict {
    Verdict::failed_as(domain::failure_class::FORMAT, format!("the answer has no {}", name(part)))
}

fn name(part: &Part) -> String {
    match part {
        Part::Text => "text".to_owned(),
        Part::Behaviour => "behaviour".to_owned(),
        Part::Structured(path) if path.is_empty() => "structured output".to_owned(),
        Part::Structured(path) => format!("structured `{}`", path.join(".")),
    }
}

/// The part of an answer; structured output is read from the text where it was not recorded on its own.
pub fn part_of(answer: &Prepared, part: &Part) -> Option<Value> {
    match part {
        Part::Text => answer.answer.text.as_deref().map(Value::from),
        Part::Behaviour => answer.answer.behaviour.as_deref().map(Value::from),
        Part::Structured(path) => {
            let whole = match &answer.answer.structured {
                Some(structured) => structured,
                None => answer.json().ok()?,
            };
            path.iter().try_fold(whole, |at, part| step(at, part)).cloned()
        }
    }
}

/// Whether a part of an answer is what was wanted; a grader error where numbers are too large to tell.
fn met(got: &Value, wanted: &Value, part: &Part, normalise: Normalisation) -> Result<bool, Verdict> {
    let is_it = meets(got, wanted, part, normalise);
    // What such a number looks like is not how the text would have it.
    let said = got.as_str().filter(|_| !matches!(part, Part::Structured(_))).and_then(|text| text.trim().parse().ok());
    let is_about = said.is_some_and(|said: f64| wanted.as_f64() == Some(said));
    match rounded(wanted) {
        Some(number) if is_it || is_about => Err(not_exact(number)),
        _ => Ok(is_it),
    }
}

/// Whether a part of an answer is what was wanted. Words are all that a text can say of a number or a truth value; in structured output a
/// text is none.
fn meets(got: &Value, wanted: &Value, part: &Part, normalise: Normalisation) -> bool {
    match (part, got, wanted) {
        (Part::Text | Part::Behaviour, Value::String(got), Value::Number(_) | Value::Bool(_)) => {
            normalised(got, normalise) == wanted.to_string()
        }
        _ => same(got, wanted, normalise),
    }
}

/// Equality as JSON values; at any depth texts after normalisation and numbers by value.
pub fn same(got: &Value, wanted: &Value, normalise: Normalisation) -> bool {
    let equal = |got: &Value, wanted: &Value| same(got, wanted, normalise);
    match (got, wanted) {
        (Value::String(got), Value::String(wanted)) => normalised(got, normalise) == normalised(wanted, normalise),
        (Value::Number(got), Value::Number(wanted)) => numeral::equal(got, wanted),
        (Value::Array(got), Value::Array(wanted)) => {
            got.len() == wanted.len() && got.iter().zip(wanted).all(|(got, wanted)| equal(got, wanted))
        }
        (Value::Object(got), Value::Object(wanted)) => {
            let is_there = |(name, wanted): (&String, &Value)| got.get(name).is_some_and(|got| equal(got, wanted));
            got.len() == wanted.len() && wanted.iter().all(is_there)
        }
        (got, wanted) => got == wanted,
    }
}

/// Text as it is compared.
pub fn normalised(text: &str, normalise: Normalisation) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if normalise.unicode {
        text = Cow::Owned(text.nfkc().collect());
    }
    if normalise.ignore_case {
        text = Cow::Owned(folded(&text));
    }
    if normalise.ignore_punctuation {
        text = Cow::Owned(text.chars().filter(|c| !is_punctuation(*c)).collect());
    }
    if normalise.ignore_articles {
        let kept: Vec<&str> = text
            .split_whitespace()
            .filter(|word| !matches!(word.to_lowercase().as_str(), "a" | "an" | "the"))
            .collect();
        text = Cow::Owned(kept.join(" "));
    }
    if normalise.spaces {
        text = Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    text
}

/// A text without its case. Some letters have no capital of their own: `ß` is `SS`.
pub fn folded(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_uppercase().to_lowercase() }
}

/// What Unicode calls punctuation, in any script, and the signs of ASCII beside it (`$`, `+`, `<`).
fn is_punctuation(c: char) -> bool {
    use GeneralCategory as Of;
    let is_category = || {
        matches!(
            get_general_category(c),
            Of::ConnectorPunctuation
                | Of::DashPunctuation
                | Of::OpenPunctuation
                | Of::ClosePunctuation
                | Of::InitialPunctuation
                | Of::FinalPunctuation
                | Of::OtherPunctuation
        )
    };
    if c.is_ascii() { c.is_ascii_punctuation() } else { is_category() }
}

/// A linear-time pattern.
pub struct Pattern {
    regex: Regex,
    matches: bool,
}

/// Compiled size of a pattern, in bytes.
const LARGEST: usize = 1 << 20;

/// Compiles within the size limit.
pub fn pattern(text: &str) -> Result<Regex, GraderFault> {
    RegexBuilder::new(text)
        .size_limit(LARGEST)
        .dfa_size_limit(LARGEST)
        .nest_limit(50)
        .build()
        .map_err(|error| GraderFault::Pattern(error.to_string().lines().last().unwrap_or("").trim().to_owned()))
}

impl Pattern {
    pub fn of(text: &str, matches: bool) -> Result<Self, GraderFault> {
        Ok(Pattern { regex: pattern(text)?, matches })
    }

    pub fn grade(&self, answer: &Prepared) -> Verdict {
        let text = answer.text();
        // Whether there is a match takes less than where it lies.
        match (self.regex.is_match(text), self.matches) {
            (true, true) | (false, false) => Verdict::passed(""),
            (false, true) => Verdict::failed(format!("nothing matches `{}`", shortened(self.regex.as_str()))),
            (true, false) => {
                let found = self.regex.find(text).map_or("", |found| found.as_str());
                Verdict::failed(format!("`{}` matches", shortened(found)))
            }
        }
    }
}

/// Words that an operand resolves to, normalised for comparison of names.
pub fn names(operand: &Operand, document: &Value) -> Result<Vec<String>, Verdict> {
    operand::texts(resolve(operand, document)?)
}

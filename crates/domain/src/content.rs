//! Content: what a request or an example says, as counts of hashed words and parts of words, so that texts can be laid beside
//! each other without a model.
//!
//! in      text, or the `input` of a request or an example
//! out     a fingerprint of bounded size; the cosine of two; of an index of many, the nearest to one
//! errors  none; a text without a word has an empty fingerprint, which is like nothing
//! source  feature hashing: Weinberger et al. 2009; counts are damped as 1 + ln(count). Words, pairs of words, and parts of three
//!         letters of each word, so that misspelt and inflected words still meet

use crate::digest::{Digest, canonical};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Letters of a text that are read; what comes after does not tell it from others.
const LONGEST: usize = 20_000;
/// Kinds of features that are kept of a text.
const MOST: usize = 4_000;

/// The cosine from which on two texts are near-duplicates.
pub const NEAR: f64 = 0.7;

/// The words of a text: letters and digits, in lower case.
fn words(text: &str) -> Vec<String> {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    text[..end]
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The different words and pairs of words of a text, as people read them.
pub fn grams(text: &str) -> BTreeSet<String> {
    let words = words(text);
    let pairs = words.windows(2).map(|pair| pair.join(" "));
    pairs.chain(words.iter().cloned()).collect()
}

/// The text of an `input`: itself, what its messages say, or else all text in it.
pub fn text_of(input: &Value) -> String {
    let mut texts = Vec::new();
    match input.get("messages") {
        Some(messages) => {
            for message in messages.as_array().into_iter().flatten() {
                collect(&message["content"], &mut texts);
            }
        }
        None => collect(input, &mut texts),
    }
    texts.join("\n")
}

/// Marks between words, which tell no question from another.
const MARKS: &str = ".,;:!?¡¿…\"“”„«»()[]{}。，、；：？！";
/// Marks within a word.
const APOSTROPHES: &str = "'’‘ʼ`´";
const DASHES: &str = "-‐‑–—";

/// A hash of what an `input` asks, however it is written: equal for what is told apart by case, blanks and marks alone, within one process.
pub fn asked(input: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    without_marks(input).hash(&mut hasher);
    hasher.finish()
}

/// An `input`, or what its messages say, without case, blanks and marks; all else of it to the letter.
fn without_marks(input: &Value) -> String {
    let mut input = input.clone();
    match &mut input {
        Value::String(text) => *text = plainly(text),
        Value::Object(fields) => {
            for message in fields.get_mut("messages").and_then(Value::as_array_mut).into_iter().flatten() {
                message.get_mut("content").into_iter().for_each(rewrite);
            }
        }
        _ => {}
    }
    canonical(&input)
}

fn rewrite(said: &mut Value) {
    match said {
        Value::String(text) => *text = plainly(text),
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(fields) => fields.values_mut().for_each(rewrite),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Words in lower case with single blanks between them. A dash before a number is a sign and stays, as does whatever is neither
/// letter, digit, blank nor mark; a text of nothing else stays as it is.
fn plainly(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut gap, mut before) = (false, ' ');
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_is_digit = letters.peek().is_some_and(char::is_ascii_digit);
        let is_sign = DASHES.contains(letter) && before.is_whitespace() && next_is_digit;
        if letter.is_whitespace() || MARKS.contains(letter) || (DASHES.contains(letter) && !is_sign) {
            gap = true;
        } else if !APOSTROPHES.contains(letter) {
            if gap && !plain.is_empty() {
                plain.push(' ');
            }
            gap = false;
            if is_sign { plain.push('-') } else { plain.extend(letter.to_lowercase()) }
        }
        before = letter;
    }
    if plain.is_empty() { text.to_owned() } else { plain }
}

fn collect<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text as a direction: hashed features with their damped counts, of length 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fingerprint(Vec<(u32, f32)>);

impl Fingerprint {
    pub fn of(text: &str) -> Self {
        let words = words(text);
        let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
        let mut add = |kind: &str, feature: &str| {
            let bucket = hash(kind, feature);
            if counts.len() < MOST || counts.contains_key(&bucket) {
                *counts.entry(bucket).or_default() += 1.0;
            }
        };
        for word in &words {
            add("w", word);
            let padded: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
            for part in padded.windows(3) {
                add("c", &part.iter().collect::<String>());
            }
        }
        for pair in words.windows(2) {
            add("p", &pair.join(" "));
        }
        let damped = |count: f32| 1.0 + count.ln();
        let length: f32 = counts.values().map(|count| damped(*count) * damped(*count)).sum::<f32>().sqrt();
        Fingerprint(counts.into_iter().map(|(bucket, count)| (bucket, damped(count) / length)).collect())
    }

    /// Without a word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cosine, from 0 (nothing in common) to 1 (the same words).
    pub fn similarity(&self, other: &Fingerprint) -> f64 {
        let (mut one, mut two, mut sum) = (self.0.iter().peekable(), other.0.iter().peekable(), 0.0f64);
        while let (Some(a), Some(b)) = (one.peek(), two.peek()) {
            match a.0.cmp(&b.0) {
                std::cmp::Ordering::Less => drop(one.next()),
                std::cmp::Ordering::Greater => drop(two.next()),
                std::cmp::Ordering::Equal => {
                    sum += f64::from(a.1) * f64::from(b.1);
                    one.next();
                    two.next();
                }
            }
        }
        sum.min(1.0)
    }
}

/// Makes features count the less the more of these texts have them, as ln((1 + n) / k) (Spärck Jones 1972). What only they say tells
/// them apart; what all say does not.
pub fn by_rarity(fingerprints: &mut [Fingerprint]) {
    let mut having: BTreeMap<u32, u32> = BTreeMap::new();
    for fingerprint in fingerprints.iter() {
        fingerprint.0.iter().for_each(|(bucket, _)| *having.entry(*bucket).or_default() += 1);
    }
    let all = fingerprints.len() as f32 + 1.0;
    for fingerprint in fingerprints {
        fingerprint.0.iter_mut().for_each(|(bucket, weight)| *weight *= (all / having[bucket] as f32).ln());
        let length = fingerprint.0.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        fingerprint.0.iter_mut().for_each(|(_, weight)| *weight /= length);
    }
}

fn hash(kind: &str, feature: &str) -> u32 {
    let bytes = *Digest::of_bytes(format!("{kind}\n{feature}").as_bytes()).as_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Many fingerprints, to be asked for those that are like another.
#[derive(Clone, Debug, Default)]
pub struct Index {
    held: BTreeMap<u32, Vec<(u32, f32)>>,
    size: u32,
}

impl Index {
    /// Positions are given in the order in which fingerprints are added.
    pub fn add(&mut self, fingerprint: &Fingerprint) {
        for (bucket, weight) in &fingerprint.0 {
            self.held.entry(*bucket).or_default().push((self.size, *weight));
        }
        self.size += 1;
    }

    /// The cosine with each, by position.
    pub fn similarities(&self, fingerprint: &Fingerprint) -> Vec<f64> {
        let mut sums = vec![0.0f64; self.size as usize];
        for (bucket, weight) in &fingerprint.0 {
            for (at, theirs) in self.held.get(bucket).into_iter().flatten() {
                sums[*at as usize] += f64::from(*weight) * f64::from(*theirs);
            }
        }
        sums.iter_mut().for_each(|sum| *sum = sum.min(1.0));
        sums
    }

    /// Positions of all that have at least this cosine, nearest first.
    pub fn like(&self, fingerprint: &Fingerprint, least: f64) -> Vec<(usize, f64)> {
        let sums = self.similarities(fingerprint);
        let mut like: Vec<(usize, f64)> = sums.into_iter().enumerate().filter(|(_, sum)| *sum >= least).collect();
        like.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        like
    }

    /// The largest cosine with any of them; 0 where there are none.
    pub fn nearest(&self, fingerprint: &Fingerprint) -> f64 {
        self.like(fingerprint, 0.0).first().map_or(0.0, |(_, similarity)| *similarity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_question_is_the_same_however_it_is_written() {
        let same = |one: Value, other: Value| asked(&one) == asked(&other);
        assert!(same(json!("Why was I charged twice?"), json!("why was I  charged twice")));
        assert!(same(json!("I don’t know — help, please!"), json!("i dont know: help please")));
        let said = |text: &str| json!({"messages": [{"role": "user", "content": text}], "account": {"plan": "Pro."}});
        assert!(same(said("Hello, there"), said("hello\nthere.")));
        // What is neither letter, digit, blank nor mark says something, and so does a sign; what is no message is not rewritten.
        assert!(!same(json!("1 + 1"), json!("1 * 1")) && !same(json!("is it -5?"), json!("is it 5?")));
        assert!(!same(json!("3.5"), json!("35")) && !same(json!("?"), json!("!")));
        assert!(!same(json!({"context": "A."}), json!({"context": "a"})));
    }

    #[test]
    fn the_same_words_are_alike_and_other_words_are_not() {
        let one = Fingerprint::of("My card has not arrived yet.");
        assert!((one.similarity(&Fingerprint::of("my CARD has not arrived, yet")) - 1.0).abs() < 1e-6);
        let misspelt = one.similarity(&Fingerprint::of("my card has not arived yet"));
        let other = one.similarity(&Fingerprint::of("What is the exchange rate of the euro?"));
        assert!(misspelt > 0.7 && other < 0.2, "{misspelt} {other}");
        assert_eq!(Fingerprint::of("?!").similarity(&one), 0.0);
    }

    #[test]
    fn an_index_finds_what_pairwise_cosines_find() {
        let texts = ["lost my card", "lost my new card", "exchange rate", ""];
        let mut index = Index::default();
        texts.iter().for_each(|text| index.add(&Fingerprint::of(text)));
        let asked = Fingerprint::of("I lost my card");
        for (at, similarity) in index.like(&asked, 0.0) {
            assert!((similarity - asked.similarity(&Fingerprint::of(texts[at]))).abs() < 1e-6);
        }
        assert_eq!(index.like(&asked, 0.5).first().map(|(at, _)| *at), Some(0));
    }

    #[test]
    fn what_all_say_does_not_tell_texts_apart() {
        let mut texts: Vec<Fingerprint> =
            ["please where is my card", "please where is my pin", "please top me up"].map(Fingerprint::of).into();
        let before = texts[0].similarity(&texts[2]);
        by_rarity(&mut texts);
        assert!(texts[0].similarity(&texts[2]) < before / 2.0, "{before}");
        assert!((texts[0].similarity(&texts[0]) - 1.0).abs() < 1e-6);
        let mut wordless = [Fingerprint::of("!"), Fingerprint::of("a"), Fingerprint::of("?")];
        by_rarity(&mut wordless);
        assert!(wordless[0].is_empty() && (wordless[1].similarity(&wordless[1]) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_messages_say_is_the_text_of_an_input() {
        let input = json!({"messages": [{"role": "user", "content": [{"text": "a"}]}, {"content": "b"}], "account": {"x": "c"}});
        assert_eq!(text_of(&input), "a\nb");
        assert_eq!(text_of(&json!("plain")), "plain");
    }
}

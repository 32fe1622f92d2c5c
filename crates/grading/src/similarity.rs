//! Similarity of texts, each in [0, 1].
//!
//! source  Levenshtein 1966, normalised by the longer length; ROUGE-N F1 (Lin 2004) over lower-cased runs of letters and
//!         digits, as the `rouge-score` package tokenises without stemming; sentence BLEU up to 4-grams (Papineni et al.
//!         2002) with add-one smoothing above unigrams (Lin & Och 2004, method 2 of Chen & Cherry 2014) over blanks

use crate::operand::{resolve, texts};
use crate::prepared::Prepared;
use crate::text::{Needed, blank, empty_list, normalised, nothing_asked, nothing_to_compare};
use domain::grader::{Normalisation, Operand, Part, Reading, TextSimilarity};
use domain::score::Verdict;
use domain::share::Share;
use serde_json::Value;
use std::collections::BTreeMap;

pub struct Check {
    pub to: Operand,
    pub by: TextSimilarity,
    pub reading: Reading,
    pub normalise: Normalisation,
}

/// Longest text that is compared, in characters; edit distance grows with the product of both.
const LONGEST: usize = 20_000;
/// Room for the rounding of a quotient.
const ROUNDING: f64 = 1e-12;

impl Check {
    /// The reference, where nothing of it is left to compare any answer with.
    pub fn blank<'v>(&'v self, document: &'v Value) -> Option<&'v Value> {
        let empty = || empty_list(&self.to, document);
        blank(&self.to, document, &Part::Text, self.normalise, Needed::One).or_else(empty)
    }

    pub fn grade(&self, document: &Value, answer: &Prepared) -> Verdict {
        let wanted = match resolve(&self.to, document).and_then(texts) {
            Ok(wanted) => wanted,
            Err(verdict) => return verdict,
        };
        if wanted.is_empty() {
            return nothing_asked();
        }
        if let Some(wanted) = self.blank(document) {
            return Verdict::failed(nothing_to_compare(wanted));
        }
        let got = normalised(answer.text(), self.normalise);
        if got.chars().count() > LONGEST {
            return Verdict::GraderError { reason: format!("the answer is longer than {LONGEST} characters") };
        }
        // Of several texts one that is nothing is no alternative: two that are nothing would be alike.
        let wanted: Vec<_> = wanted.iter().map(|wanted| normalised(wanted, self.normalise)).collect();
        let best = wanted
            .iter()
            .filter(|wanted| !wanted.trim().is_empty())
            .map(|wanted| self.measure(&got, wanted))
            .fold(0.0, f64::max);
        let similarity = Share::new(best.clamp(0.0, 1.0)).unwrap_or(Share::ZERO);
        match self.reading {
            Reading::Graded => {
                Verdict::Graded { value: similarity, class: None, reason: format!("similarity {best:.3}") }
            }
            // 0.2 itself is at least 0.2, though 1 - 4/5 is a little less as it is calculated.
            Reading::PassAt(mark) if similarity.get() + ROUNDING >= mark.get() => Verdict::passed(""),
            Reading::PassAt(mark) => Verdict::failed(match self.by {
                TextSimilarity::EditsWithin(most) => format!("more than {most} edits away"),
                _ => format!("similarity {best:.3}, at least {:.3} asked", mark.get()),
            }),
        }
    }

    fn measure(&self, got: &str, wanted: &str) -> f64 {
        match self.by {
            TextSimilarity::Levenshtein => levenshtein(got, wanted),
            TextSimilarity::EditsWithin(most) => Share::of(edits_within(got, wanted, most as usize)).get(),
            TextSimilarity::RougeN(n) => rouge_n(got, wanted, usize::from(n)),
            TextSimilarity::Bleu => bleu(got, wanted),
        }
    }
}

/// 1 - edit distance / longer length, in characters; 1 for two empty texts.
pub fn levenshtein(a: &str, b: &str) -> f64 {
    let longer = a.chars().count().max(b.chars().count());
    if longer == 0 {
        return 1.0;
    }
    let distance = rapidfuzz::distance::levenshtein::distance(a.chars(), b.chars());
    1.0 - distance as f64 / longer as f64
}

/// Whether one text becomes the other by at most so many edits; no more of the distance is computed than that takes.
fn edits_within(a: &str, b: &str, most: usize) -> bool {
    // No distance is longer than the longer text, or shorter than the difference of both.
    let (shorter, longer) = {
        let (a, b) = (a.chars().count(), b.chars().count());
        (a.min(b), a.max(b))
    };
    if longer <= most || longer - shorter > most {
        return longer <= most;
    }
    let limit = rapidfuzz::distance::levenshtein::Args::default().score_cutoff(most);
    rapidfuzz::distance::levenshtein::distance_with_args(a.chars(), b.chars(), &limit).is_some()
}

/// F1 of shared word n-grams.
pub fn rouge_n(got: &str, wanted: &str, n: usize) -> f64 {
    let tokens = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (got, wanted) = (tokens(got), tokens(wanted));
    let (got, wanted) = (grams(&got, n), grams(&wanted, n));
    let shared = overlap(&got, &wanted) as f64;
    let total = (got.values().sum::<usize>() + wanted.values().sum::<usize>()) as f64;
    if total == 0.0 { 0.0 } else { 2.0 * shared / total }
}

/// Sentence BLEU of `got` against one reference.
pub fn bleu(got: &str, wanted: &str) -> f64 {
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let (got, wanted) = (words(got), words(wanted));
    if got.is_empty() || wanted.is_empty() {
        return 0.0;
    }
    let mut log_precision = 0.0;
    for n in 1..=4usize {
        let (ours, theirs) = (grams(&got, n), grams(&wanted, n));
        let (mut shared, mut total) = (overlap(&ours, &theirs) as f64, ours.values().sum::<usize>() as f64);
        if n > 1 {
            shared += 1.0;
            total += 1.0;
        }
        if shared == 0.0 {
            return 0.0;
        }
        log_precision += (shared / total).ln() / 4.0;
    }
    let brevity = if got.len() >= wanted.len() { 0.0 } else { 1.0 - wanted.len() as f64 / got.len() as f64 };
    (brevity + log_precision).exp()
}

fn grams(words: &[String], n: usize) -> BTreeMap<&[String], usize> {
    let mut counts = BTreeMap::new();
    for gram in words.windows(n.max(1)) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

fn overlap(a: &BTreeMap<&[String], usize>, b: &BTreeMap<&[String], usize>) -> usize {
    a.iter().map(|(gram, count)| (*count).min(b.get(gram).copied().unwrap_or(0))).sum()
}

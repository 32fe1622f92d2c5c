//! What set and traffic say: whether words tell the two apart, what lies where the other side has little, and, where a model gave
//! vectors, the same by meaning.
//!
//! The classifier is naive Bayes over the words and pairs of words of a text. Each conversation is scored by a model that has not
//! seen it, and counts once; the test is of ranks, one-sided, because a classifier that only guesses is never better than half. Each
//! half is scored by a model of the other, and the smaller of the two p values is doubled, so that it holds however the halves depend.

use super::near::Near;
use super::patch::{DEALT, View};
use super::spoken::Spoken;
use super::{SURE, TOLD_APART};
use stats::drift::{Mmd, mmd, value_drift};

/// Parts that are each scored by a model of the others.
const FOLDS: u64 = 2;
/// Fewest conversations of a side of which anything is said.
pub const FEWEST: usize = 10;
/// Conversations of a side that the discrepancy of vectors is taken over.
const VECTORS: usize = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct ContentDrift {
    /// The chance that a conversation of traffic looks more like traffic than one of the set does; half where nothing drifted.
    pub told_apart: f64,
    /// How rarely chance alone would do as well.
    pub p: f64,
    /// Conversations that were compared, of the set and of traffic,
    pub compared: (u64, u64),
    /// and those among them without a word.
    pub wordless: (u64, u64),
    pub by_words: View,
    /// `None` where no model was given.
    pub by_meaning: Option<Meaning>,
}

/// By the vectors of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    /// `None` where at least half of the texts are the same.
    pub mmd: Option<Mmd>,
    pub view: View,
}

impl ContentDrift {
    pub fn warns(&self) -> bool {
        let told_apart = self.p < SURE && self.told_apart >= TOLD_APART;
        told_apart || self.by_words.warns(SURE) || self.by_meaning.as_ref().is_some_and(Meaning::warns)
    }
}

impl Meaning {
    pub fn warns(&self) -> bool {
        self.mmd.is_some_and(|mmd| mmd.p < SURE) || self.view.warns(SURE)
    }

    fn of(spoken: &Spoken, vectors: &[Vec<f32>], word: &mut dyn FnMut() -> u64) -> Self {
        let side = |of_traffic: bool| -> Vec<Vec<f64>> {
            let of_side = spoken.units.iter().zip(vectors).filter(|(unit, _)| unit.of_traffic == of_traffic);
            of_side.take(VECTORS).map(|(_, vector)| vector.iter().map(|part| f64::from(*part)).collect()).collect()
        };
        let mmd = mmd(&side(false), &side(true), DEALT, word).ok();
        Meaning { mmd, view: View::of(spoken, &Near::by_meaning(spoken, vectors), word) }
    }
}

/// `None` where a side has fewer than ten conversations. Vectors come in the order of the conversations. `word` gives 64 fair bits a call.
pub fn content(spoken: &Spoken, vectors: Option<&[Vec<f32>]>, word: &mut dyn FnMut() -> u64) -> Option<ContentDrift> {
    if spoken.set < FEWEST || spoken.traffic < FEWEST {
        return None;
    }
    let (told_apart, p) = told_apart(spoken)?;
    let wordless = spoken.wordless();
    Some(ContentDrift {
        told_apart,
        p,
        compared: (spoken.set as u64, spoken.traffic as u64),
        wordless: (wordless.0 as u64, wordless.1 as u64),
        by_words: View::of(spoken, &Near::by_words(spoken), word),
        by_meaning: vectors.map(|vectors| Meaning::of(spoken, vectors, word)),
    })
}

fn told_apart(spoken: &Spoken) -> Option<(f64, f64)> {
    let scores = scores(spoken);
    // Scores of different models are not comparable, and their tests not independent: the better of the two pays for both.
    let (mut told_apart, mut p) = (0.0, 1.0f64);
    for fold in 0..FOLDS {
        let of = |of_traffic: bool| -> Vec<f64> {
            let in_fold = spoken.units.iter().zip(&scores);
            let in_fold = in_fold.filter(|(unit, _)| unit.fold(FOLDS) == fold && unit.of_traffic == of_traffic);
            in_fold.map(|(_, score)| *score).collect()
        };
        let ranked = value_drift(&of(true), &of(false)).ok()?;
        told_apart += ranked.first_exceeds / FOLDS as f64;
        let one_sided =
            ranked.mann_whitney.map_or(1.0, |p| if ranked.first_exceeds > 0.5 { p / 2.0 } else { 1.0 - p / 2.0 });
        p = p.min(one_sided * FOLDS as f64);
    }
    Some((told_apart, p))
}

/// For each conversation how much more traffic-like than set-like its words are, on average, by a model of the other folds.
fn scores(spoken: &Spoken) -> Vec<f64> {
    let units = &spoken.units;
    let mut scores = vec![0.0; units.len()];
    for fold in 0..FOLDS {
        let mut counts = vec![(0.0f64, 0.0f64); spoken.names.len()];
        let mut sums = (0.0f64, 0.0f64);
        for unit in units.iter().filter(|unit| unit.fold(FOLDS) != fold) {
            for gram in &unit.grams {
                let count = &mut counts[*gram as usize];
                if unit.of_traffic { count.1 += 1.0 } else { count.0 += 1.0 }
            }
            if unit.of_traffic { sums.1 += 1.0 } else { sums.0 += 1.0 }
        }
        for (unit, score) in units.iter().zip(&mut scores).filter(|(unit, _)| unit.fold(FOLDS) == fold) {
            let of = |gram: &u32| {
                let (a, b) = counts[*gram as usize];
                ((b + 0.5) / (sums.1 + 1.0)).ln() - ((a + 0.5) / (sums.0 + 1.0)).ln()
            };
            // Words that no other conversation has say nothing of either side.
            let known = unit.grams.iter().filter(|gram| counts[**gram as usize] != (0.0, 0.0));
            let (sum, count) = known.fold((0.0, 0.0), |(sum, count), gram| (sum + of(gram), count + 1.0));
            *score = if count > 0.0 { sum / count } else { 0.0 };
        }
    }
    scores
}

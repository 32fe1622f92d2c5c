//! Which texts lie near which: of each conversation the nearest others of both sides, and the nearest of the set.

use super::spoken::Spoken;
use crate::content::{Fingerprint, Index, NEAR, by_rarity};
use stats::scan::Zone;

/// Neighbours of a conversation that are looked at, itself among them; a zone is each prefix of these lengths.
const SIZES: [usize; 7] = [8, 12, 16, 24, 32, 48, 64];

/// Similarities are told apart by six digits.
const DIGITS: f64 = 1e6;

/// Neighbours by words, or by meaning.
#[derive(Clone, Debug, Default)]
pub struct Near {
    /// One a conversation that says something.
    pub zones: Vec<Zone>,
    /// Of each conversation, the nearest other one of the set; nothing where one of the two says nothing.
    pub of_set: Vec<Option<Nearest>>,
    /// From this similarity on two texts are near-duplicates; `None` where that is not known of what they are laid together by.
    pub duplicate: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    pub at: usize,
    /// The cosine.
    pub similarity: f64,
}

impl Near {
    /// By words, pairs of words and parts of words, those that many have counting less.
    pub fn by_words(spoken: &Spoken) -> Self {
        let written: Vec<Fingerprint> = spoken.units.iter().map(|unit| Fingerprint::of(&unit.whole)).collect();
        let mut fingerprints = written.clone();
        by_rarity(&mut fingerprints);
        let mut index = Index::default();
        fingerprints.iter().for_each(|fingerprint| index.add(fingerprint));
        let mut near =
            Near::of(spoken, |at| (!fingerprints[at].is_empty()).then(|| index.similarities(&fingerprints[at])));
        near.meet_as_written(spoken, &written);
        near.duplicate = Some(NEAR);
        near
    }

    /// What is asked over and over weighs little beside a number that stands in one request alone: a near-duplicate of an example, as it is
    /// written, is like it all the same.
    fn meet_as_written(&mut self, spoken: &Spoken, written: &[Fingerprint]) {
        let examples: Vec<usize> = (0..written.len()).filter(|at| !spoken.units[*at].of_traffic).collect();
        let mut index = Index::default();
        examples.iter().for_each(|at| index.add(&written[*at]));
        for (at, nearest) in self.of_set.iter_mut().enumerate() {
            let Some(known) = nearest.as_mut().filter(|known| known.similarity < NEAR) else { continue };
            let mut alike = index.like(&written[at], NEAR).into_iter().map(|(place, one)| (examples[place], one));
            if let Some((other, similarity)) = alike.find(|(other, _)| *other != at) {
                *known = Nearest { at: other, similarity: (similarity * DIGITS).round() / DIGITS };
            }
        }
    }

    /// By vectors of length one, in the order of the conversations; one of length zero says nothing.
    pub fn by_meaning(spoken: &Spoken, vectors: &[Vec<f32>]) -> Self {
        Near::of(spoken, |at| {
            let own = &vectors[at];
            let says = own.iter().any(|part| *part != 0.0);
            says.then(|| vectors.iter().map(|other| dot(own, other)).collect())
        })
    }

    /// From the similarities of each conversation with all.
    fn of(spoken: &Spoken, similarities: impl Fn(usize) -> Option<Vec<f64>>) -> Self {
        let mut near = Near::default();
        let units = &spoken.units;
        for at in 0..units.len() {
            let Some(mut similarity) = similarities(at) else {
                near.of_set.push(None);
                continue;
            };
            // Equal texts are equally near, whatever was rounded on the way.
            similarity.iter_mut().for_each(|one| *one = (*one * DIGITS).round() / DIGITS);
            let mut others: Vec<u32> = (0..units.len() as u32).filter(|other| *other as usize != at).collect();
            let nearer = |a: &u32, b: &u32| similarity[*b as usize].total_cmp(&similarity[*a as usize]).then(a.cmp(b));
            let of_set = others.iter().filter(|other| !units[**other as usize].of_traffic).min_by(|a, b| nearer(a, b));
            near.of_set
                .push(of_set.map(|other| Nearest { at: *other as usize, similarity: similarity[*other as usize] }));
            let most = (SIZES[SIZES.len() - 1] - 1).min(units.len() / 2);
            if others.len() > most {
                others.select_nth_unstable_by(most, nearer);
                others.truncate(most);
            }
            others.sort_unstable_by(nearer);
            let points: Vec<u32> = std::iter::once(at as u32).chain(others).collect();
            let sizes: Vec<usize> = SIZES.into_iter().filter(|size| *size <= points.len()).collect();
            if !sizes.is_empty() {
                near.zones.push(Zone { points, sizes });
            }
        }
        near
    }
}

fn dot(one: &[f32], other: &[f32]) -> f64 {
    // Eight sums at a time, so that the machine can add them side by side.
    let mut sums = [0.0f32; 8];
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest: f32 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in ones.zip(others) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    f64::from(sums.iter().sum::<f32>() + rest).clamp(-1.0, 1.0)
}

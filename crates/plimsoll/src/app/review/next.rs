//! The labels that would help most: judge-fails that nobody has looked at and the verdict with the fewest labels; pairs of answers, half of
//! them where the judge sees a difference between the systems; and verdicts that change from one repeat to the next, that a panel is
//! divided on, or that lie next to where passes begin.
//!
//! note    single answers and pairs come each in an order of their own, by a digest of their ids, which is as good as drawn at random
//!         within a verdict; one order begins with the half of the examples with which the other ends, so that hardly any answer is asked
//!         for twice. What is chosen because of what its verdict is like is picked by hand, and the line to write says so: it shows
//!         where a rubric is unclear, and corrects nothing
//! rule    whatever else an answer was labelled for does not take it out of the order: what would be left were no random choice

#[cfg(test)]
mod tests;

use super::id_of;
use super::join::{Answer, Joined};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::qualification::Sample;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::system::Arm;
use serde_json::json;
use std::collections::BTreeMap;

/// Suggestions of each kind: answers, or pairs of them.
const OF_EACH: usize = 4;

pub struct Suggestion {
    pub why: &'static str,
    pub answer: Answer,
    sample: Sample,
}

impl Suggestion {
    /// The line of the file of labels, to be completed.
    pub fn line(
        &self,
        criterion: &Criterion,
        set: &ReferenceSet,
        systems: &BTreeMap<Arm, String>,
        digest: Option<&Digest>,
    ) -> String {
        let (example, arm, repeat) = self.answer;
        let mut line = json!({
            "example": id_of(set, example), "system": systems.get(&arm), "repeat": repeat,
            "criterion": criterion.name.as_str(), "label": "?", "by": "?", "sample": self.sample.as_str(),
        });
        if let Some(digest) = digest {
            line["answer_digest"] = json!(digest.to_string());
        }
        line.to_string()
    }
}

pub fn next(set: &ReferenceSet, joined: &Joined) -> Vec<Suggestion> {
    let mut next = Next { set, joined, suggestions: Vec::new() };
    next.singles("the judge fails it, and nobody has looked", |passes| !passes);
    next.singles("the judge passes it, and few such are labelled", |passes| passes);
    next.pairs("the judge sees a difference between the systems", |own, other| own != other);
    next.pairs("the judge sees no difference, and few such pairs are labelled", |own, other| own == other);
    let wavers = |(answer, passes): &(&Answer, &bool)| {
        let mut repeats = joined.verdicts.range((answer.0, answer.1, 0)..=(answer.0, answer.1, u32::MAX));
        repeats.any(|(_, other)| other != *passes)
    };
    let wavering = joined.verdicts.iter().filter(wavers).map(|(answer, _)| (0.0, *answer)).collect();
    next.picked("the judge changes its mind between repeats", wavering);
    next.picked("the panel is divided on it", joined.split_panel.iter().map(|answer| (0.0, *answer)).collect());
    let distances = joined.distance.iter().map(|(answer, distance)| (*distance, *answer)).collect();
    next.picked("its verdict lies next to where passes begin", distances);
    next.suggestions
}

struct Next<'a> {
    set: &'a ReferenceSet,
    joined: &'a Joined<'a>,
    suggestions: Vec<Suggestion>,
}

impl Next<'_> {
    /// Answers with a verdict, at random.
    fn singles(&mut self, why: &'static str, wanted: impl Fn(bool) -> bool) {
        let is_open = |(answer, passes): &(&Answer, &bool)| {
            wanted(**passes) && !self.joined.is_labelled(answer, Sample::corrects_rates)
        };
        let mut open: Vec<Answer> = self.joined.verdicts.iter().filter(is_open).map(|(answer, _)| *answer).collect();
        open.sort_by_cached_key(|answer| (self.is_for_pairs(answer.0), self.place(answer)));
        for answer in open.into_iter().take(OF_EACH) {
            self.suggest(why, answer, Sample::Enriched);
        }
    }

    /// Pairs with a paired verdict, at random: of each what nobody has looked at.
    fn pairs(&mut self, why: &'static str, wanted: impl Fn(bool, bool) -> bool) {
        let Some(with) = self.joined.opponent() else { return };
        let joined = self.joined;
        let pair = |((example, arm, repeat), own): (&Answer, &bool)| {
            let other = (*example, with, *repeat);
            let said = joined.verdicts.get(&other).filter(|_| *arm == Arm::Candidate)?;
            wanted(*own, *said).then_some([(*example, *arm, *repeat), other])
        };
        let is_open = |answer: &Answer| !joined.is_labelled(answer, Sample::corrects_differences);
        let pairs = joined.verdicts.iter().filter_map(pair);
        let mut open: Vec<[Answer; 2]> = pairs.filter(|pair| pair.iter().any(is_open)).collect();
        open.sort_by_cached_key(|[own, _]| (!self.is_for_pairs(own.0), self.place(own)));
        for answer in open.into_iter().take(OF_EACH).flatten().filter(is_open) {
            self.suggest(why, answer, Sample::Paired);
        }
    }

    /// The first of these that nobody has looked at, the nearest first.
    fn picked(&mut self, why: &'static str, answers: Vec<(f64, Answer)>) {
        let mut open = answers;
        open.retain(|(_, answer)| self.is_for_pairs(answer.0) && !self.joined.labelled.contains_key(answer));
        open.retain(|(_, answer)| !self.is_suggested(answer));
        open.sort_by(|(one, first), (other, second)| {
            one.total_cmp(other).then_with(|| self.place(first).cmp(&self.place(second)))
        });
        for (_, answer) in open.into_iter().take(OF_EACH) {
            self.suggest(why, answer, Sample::HandPicked);
        }
    }

    fn is_suggested(&self, answer: &Answer) -> bool {
        self.suggestions.iter().any(|known| known.answer == *answer)
    }

    fn suggest(&mut self, why: &'static str, answer: Answer, sample: Sample) {
        if !self.is_suggested(&answer) {
            self.suggestions.push(Suggestion { why, answer, sample });
        }
    }

    /// Whether pairs are drawn from this half of the examples first.
    fn is_for_pairs(&self, example: ExampleIndex) -> bool {
        Digest::of_bytes(format!("half\n{}", id_of(self.set, example)).as_bytes()).as_bytes()[0].is_multiple_of(2)
    }

    fn place(&self, answer: &Answer) -> [u8; 32] {
        *Digest::of_bytes(format!("{}\n{}", id_of(self.set, answer.0), answer.1.as_str()).as_bytes()).as_bytes()
    }
}

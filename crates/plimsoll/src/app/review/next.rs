//! The labels that would help most: judge-fails and differences between systems that nobody has looked at, verdicts that change
//! from one repeat to the next, that a panel is divided on, or that lie next to where passes begin, then the verdict with the fewest labels.
//!
//! note    within a verdict answers come in the order of a digest of their ids, which is as good as drawn at random; what is chosen because
//!         of what its verdict is like is picked by hand, and the line to write says so: it shows where a rubric is unclear, and corrects nothing

use super::id_of;
use super::join::{Answer, Joined};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::qualification::Sample;
use domain::reference_set::ReferenceSet;
use domain::system::Arm;
use serde_json::json;
use std::collections::BTreeMap;

/// Suggestions of each kind.
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
    let shuffled =
        |answer: &Answer| Digest::of_bytes(format!("{}\n{}", id_of(set, answer.0), answer.1.as_str()).as_bytes());
    let open = |wanted: &dyn Fn(&Answer, bool) -> bool| -> Vec<Answer> {
        let unlabelled = joined.verdicts.iter().filter(|(answer, _)| !joined.labelled.contains_key(answer));
        let mut found: Vec<Answer> =
            unlabelled.filter(|(answer, passes)| wanted(answer, **passes)).map(|(a, _)| *a).collect();
        found.sort_by_key(|answer| *shuffled(answer).as_bytes());
        found
    };
    let differs = |answer: &Answer, passes: bool| {
        let others = [Arm::Candidate, Arm::Production].map(|arm| joined.verdicts.get(&(answer.0, arm, answer.2)));
        others.into_iter().flatten().any(|other| *other != passes)
    };
    let wavers = |answer: &Answer, passes: bool| {
        let repeats = joined.verdicts.range((answer.0, answer.1, 0)..=(answer.0, answer.1, u32::MAX));
        repeats.into_iter().any(|(_, other)| *other != passes)
    };
    let unlabelled = |answer: &&Answer| !joined.labelled.contains_key(answer);
    let mut divided: Vec<Answer> = joined.split_panel.iter().filter(unlabelled).copied().collect();
    divided.sort_by_key(|answer| *shuffled(answer).as_bytes());
    let mut boundary: Vec<Answer> = joined.distance.keys().filter(unlabelled).copied().collect();
    let distance = |answer: &Answer| joined.distance.get(answer).copied().unwrap_or(1.0);
    boundary.sort_by(|one, other| {
        let order = distance(one).total_cmp(&distance(other));
        order.then_with(|| shuffled(one).as_bytes().cmp(shuffled(other).as_bytes()))
    });
    let kinds = [
        ("the judge fails it, and nobody has looked", Sample::Enriched, open(&|_, passes| !passes)),
        ("the judge sees a difference between the systems", Sample::Enriched, open(&differs)),
        ("the judge changes its mind between repeats", Sample::HandPicked, open(&wavers)),
        ("the panel is divided on it", Sample::HandPicked, divided),
        ("its verdict lies next to where passes begin", Sample::HandPicked, boundary),
        ("the judge passes it, and few such are labelled", Sample::Enriched, open(&|_, passes| passes)),
    ];
    let mut suggested: Vec<Answer> = Vec::new();
    let mut suggestions = Vec::new();
    for (why, sample, answers) in kinds {
        let fresh: Vec<Answer> =
            answers.into_iter().filter(|answer| !suggested.contains(answer)).take(OF_EACH).collect();
        for answer in fresh {
            suggestions.push(Suggestion { why, answer, sample });
            suggested.push(answer);
        }
    }
    suggestions
}

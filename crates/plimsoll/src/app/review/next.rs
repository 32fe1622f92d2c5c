//! The labels that would help most: judge-fails and differences between systems that nobody has looked at, verdicts that change
//! from one repeat to the next, then the verdict with the fewest labels.
//!
//! note    within a verdict answers come in the order of a digest of their ids, which is as good as drawn at random; verdicts that
//!         change between repeats are picked by hand, and the line to write says so

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
    /// The line of the file of labels, to be completed.
    pub line: String,
}

pub fn next(
    criterion: &Criterion,
    set: &ReferenceSet,
    systems: &BTreeMap<Arm, String>,
    joined: &Joined,
) -> Vec<Suggestion> {
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
    let kinds = [
        ("the judge fails it, and nobody has looked", Sample::Enriched, open(&|_, passes| !passes)),
        ("the judge sees a difference between the systems", Sample::Enriched, open(&differs)),
        ("the judge changes its mind between repeats", Sample::HandPicked, open(&wavers)),
        ("the judge passes it, and few such are labelled", Sample::Enriched, open(&|_, passes| passes)),
    ];
    let mut suggested: Vec<Answer> = Vec::new();
    let mut suggestions = Vec::new();
    for (why, sample, answers) in kinds {
        let fresh: Vec<Answer> =
            answers.into_iter().filter(|answer| !suggested.contains(answer)).take(OF_EACH).collect();
        for answer in fresh {
            let line = json!({
                "example": id_of(set, answer.0), "system": systems.get(&answer.1), "repeat": answer.2,
                "criterion": criterion.name.as_str(), "label": "?", "by": "?", "sample": sample.as_str(),
            });
            suggestions.push(Suggestion { why, line: line.to_string() });
            suggested.push(answer);
        }
    }
    suggestions
}

//! Whether an outcome speaks of what its release knows: its criteria, its segments, and days on which it was there.

use crate::app::chain::Kept;
use domain::fault::closest;
use domain::outcome::Outcome;
use std::collections::BTreeSet;

/// Why nothing could ever be made of the outcome; `None` where it fits.
pub fn misfit(release: &Kept, outcome: &Outcome) -> Option<(String, String)> {
    let content = &release.content;
    let rows = || ["evidence", "findings"].into_iter().flat_map(|key| content[key].as_array().into_iter().flatten());
    let told = |key: &'static str| -> BTreeSet<&str> { rows().filter_map(move |row| row[key].as_str()).collect() };
    let unknown = |what: &str, name: &str, known: BTreeSet<&str>| {
        let near =
            closest(name, known.iter().copied()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let known: Vec<&str> = known.into_iter().collect();
        Some((format!("its release has no {what} `{name}`"), format!("{near}there are: {}", known.join(", "))))
    };
    if let Some(criterion) = &outcome.criterion {
        let known = told("criterion");
        if !known.contains(criterion.as_str()) {
            return unknown("criterion", criterion, known);
        }
    }
    if let Some(segment) = &outcome.segment {
        let known = told("segment");
        if !known.contains(segment.as_str()) && segment != "all" {
            return unknown("segment", segment, known);
        }
    }
    None
}

/// Whether it was seen before its release was decided on: a decision may be made up for, so that this is told and not refused.
pub fn is_early(release: &Kept, outcome: &Outcome) -> bool {
    outcome.at.get(..10).unwrap_or("") < super::day_of(release)
}

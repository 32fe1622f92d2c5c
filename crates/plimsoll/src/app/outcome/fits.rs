//! Whether an outcome speaks of what its release knows: its criteria, its segments, and days on which it was there.

use super::Misfit;
use crate::app::chain::Kept;
use domain::fault::closest;
use domain::outcome::Outcome;
use std::collections::BTreeSet;

/// Why nothing could ever be made of the outcome; nothing where it fits.
pub fn misfits(release: &Kept, outcome: &Outcome) -> Vec<Misfit> {
    let content = &release.content;
    let rows = || ["evidence", "findings"].into_iter().flat_map(|key| content[key].as_array().into_iter().flatten());
    let told = |key: &'static str| -> BTreeSet<&str> { rows().filter_map(move |row| row[key].as_str()).collect() };
    let unknown = |field: &'static str, given: &Option<String>| {
        let known = told(field);
        let name = given.as_deref().filter(|name| !known.contains(name) && (field, *name) != ("segment", "all"))?;
        let near =
            closest(name, known.iter().copied()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let listed: Vec<&str> = known.iter().copied().collect();
        Some(Misfit {
            field,
            what: format!("its release has no {field} `{name}`"),
            help: format!("{near}there are: {}", listed.join(", ")),
        })
    };
    [unknown("criterion", &outcome.criterion), unknown("segment", &outcome.segment)].into_iter().flatten().collect()
}

/// Whether it was seen before its release was decided on: a decision may be made up for, so that this is told and not refused.
pub fn is_early(release: &Kept, outcome: &Outcome) -> bool {
    outcome.at.get(..10).unwrap_or("") < super::day_of(release)
}

//! `traffic`: what is kept of each day, and whole days dropped when their time is over.

use super::import::traffic::day_of;
use super::logged::{GONE, Window, alone, days, each, files, home, settle};
use super::run::Progress;
use super::work::write_failure;
use crate::cli::Failure;
use camino::Utf8Path;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What one day holds.
#[derive(Clone, Debug, Default)]
pub struct Day {
    pub requests: u64,
    /// A request that says no conversation is one of its own.
    pub conversations: u64,
    pub tasks: BTreeMap<String, u64>,
    pub errors: u64,
    pub systems: BTreeSet<String>,
    /// Requests whose log does not say when they came in.
    pub undated: u64,
}

/// What a window holds, by day.
pub fn stats(state: &Utf8Path, window: &Window) -> Result<Vec<(Date, Day)>, Failure> {
    let mut all = Vec::new();
    for (day, _) in days(state)?.into_iter().filter(|(day, _)| window.holds(*day)) {
        let (mut of_day, mut conversations) = (Day::default(), HashSet::new());
        each(state, &Window { first: Some(day), last: Some(day) }, &mut |request| {
            of_day.requests += 1;
            of_day.undated += u64::from(day_of(&request).is_none());
            let is_new = request.conversation.is_none_or(|conversation| conversations.insert(conversation));
            of_day.conversations += u64::from(is_new);
            let failed =
                request.answer.as_ref().is_some_and(|answer| answer.get("error").is_some_and(|error| !error.is_null()));
            of_day.errors += u64::from(failed || request.signals.contains_key("error"));
            *of_day.tasks.entry(request.task.unwrap_or_default()).or_default() += 1;
            of_day.systems.extend(request.system);
            Ok(())
        })?;
        all.push((day, of_day));
    }
    Ok(all)
}

/// Drops the days whose time is over, and says which: day and files. With `preview` nothing is dropped.
pub fn prune(
    state: &Utf8Path,
    keep_days: u32,
    today: Date,
    preview: bool,
    progress: &mut dyn Progress,
) -> Result<Vec<(Date, usize)>, Failure> {
    let home = home(state);
    if !home.exists() {
        return Ok(Vec::new());
    }
    let failed = |error: std::io::Error| write_failure(&home, &error);
    let _alone = alone(state, progress)?;
    if !preview {
        settle(state)?;
    }
    let first = Window::last(keep_days, today).first;
    let mut dropped = Vec::new();
    for (day, folder) in days(state)?.into_iter().filter(|(day, _)| first.is_some_and(|first| *day < first)) {
        dropped.push((day, files(&folder)?.len()));
        if !preview {
            // Out of sight first, so that nobody reads half a day.
            std::fs::rename(&folder, home.join(format!("{GONE}{day}"))).map_err(failed)?;
        }
    }
    if !preview {
        settle(state)?;
    }
    Ok(dropped)
}

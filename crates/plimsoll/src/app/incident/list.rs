//! `incident list` and `incident show`: how incidents stand, how they lie to the target, and which decisions let them through.

use super::Opened;
use super::cover::{Seen, seen};
use crate::app::eval::Eval;
use crate::app::kept;
use crate::cli::Failure;
use domain::entry::{Entry, Noun};
use domain::incident::{Incident, Standing, Timing, middle_time, told};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Which incidents are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub only_open: bool,
    /// Only those that this record let through.
    pub record: Option<String>,
    /// As if it were the end of this day.
    pub today: Option<String>,
}

/// An incident, and how it lies to the target.
pub struct Listed {
    pub incident: Incident,
    pub timing: Timing,
    /// Instant until which covering it meets the target, where there is one.
    pub due: Option<String>,
    /// The decisions that let it through, as far as the catalog knows them.
    pub decisions: Vec<Entry>,
}

pub struct List {
    /// What is counted, whatever of it is shown.
    pub all: Vec<Listed>,
    pub only_open: bool,
    pub within_days: Option<u32>,
    /// The middle time from open to covered, in seconds.
    pub middle: Option<i64>,
}

impl List {
    pub fn shown(&self) -> impl Iterator<Item = &Listed> {
        self.all.iter().filter(|listed| !self.only_open || listed.incident.standing() == Standing::Open)
    }
}

/// Everything about one.
pub struct Whole {
    pub listed: Listed,
    pub seen: Vec<Seen>,
    pub within_days: Option<u32>,
    pub history: Vec<Entry>,
}

pub fn list(eval: &Eval, wanted: &Wanted) -> Result<List, Failure> {
    let now = now_of(wanted.today.as_deref())?;
    let within_days = eval.contract.cover_incidents_within;
    let only_open = wanted.only_open;
    let empty = List { all: Vec::new(), only_open, within_days, middle: None };
    if kept::open_if_there(eval)?.is_none() {
        return Ok(empty);
    }
    let opened = Opened::of(eval)?;
    let record =
        wanted.record.as_deref().map(|name| opened.decision(name).map(|entry| entry.subject.clone())).transpose()?;
    let mut all: Vec<Listed> = opened
        .incidents
        .values()
        .filter(|incident| record.as_ref().is_none_or(|record| incident.decisions.contains(record)))
        .map(|incident| listed(&opened, incident, within_days, &now))
        .collect();
    all.sort_by(|a, b| key(&a.incident).cmp(&key(&b.incident)));
    let middle = middle_time(all.iter().map(|listed| &listed.incident));
    Ok(List { all, only_open, within_days, middle })
}

/// What is open first, the longest open on top.
fn key(incident: &Incident) -> (Standing, &str, &str) {
    (incident.standing(), incident.opened.at.as_str(), incident.id.as_str())
}

fn listed(opened: &Opened, incident: &Incident, within_days: Option<u32>, now: &str) -> Listed {
    let entry = |id: &String| opened.decisions.iter().find(|entry| entry.subject == *id).cloned();
    Listed {
        timing: incident.timing(within_days, now),
        due: within_days.and_then(|days| incident.due(days)),
        decisions: incident.decisions.iter().filter_map(entry).collect(),
        incident: incident.clone(),
    }
}

pub fn show(eval: &Eval, id: &str, today: Option<&str>) -> Result<Whole, Failure> {
    let now = now_of(today)?;
    let opened = Opened::of(eval)?;
    let incident = opened.find(id)?;
    let within_days = eval.contract.cover_incidents_within;
    let history = opened.catalog.about(Noun::Incident, id).map_err(kept::failed)?;
    Ok(Whole {
        seen: seen(eval, incident, &mut kept::Quiet)?.1,
        listed: listed(&opened, incident, within_days, &now),
        within_days,
        history,
    })
}

/// The incidents that a record let through, by what the catalog says; none where there is no catalog.
pub fn let_through_by(state: &camino::Utf8Path, record: &str) -> Result<Vec<Incident>, Failure> {
    let all = told(&kept::entries_of_any(state, Noun::Incident)?);
    Ok(all.into_values().filter(|incident| incident.decisions.iter().any(|id| id == record)).collect())
}

fn now_of(today: Option<&str>) -> Result<String, Failure> {
    let Some(today) = today else { return Ok(kept::now()) };
    let end = today.parse::<Date>().ok().and_then(|day| day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok());
    end.map(|end| kept::instant(end.timestamp()))
        .ok_or_else(|| Failure::yours(format!("`{today}` is no day"), "write it as 2027-01-31"))
}

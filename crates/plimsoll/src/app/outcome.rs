//! `outcome`: what production did after a release, read from a file or said, and kept with the release's record.
//!
//! in      a file of outcomes, JSON lines or a table; or traces and logs of OpenTelemetry, with a mapping
//! out     an entry for each outcome that was not told yet
//! errors  every line that cannot be read, and every field that no release fits, each in its place; then nothing is kept

mod fits;
mod read;
pub mod traced;

pub use read::{Column, Spot, each};

use super::chain::{Chain, Kept};
use super::kept;
use super::run::Progress;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::digest::canonical;
use domain::entry::{Draft, Noun};
use domain::fault::{Fault, Faults, Place, closest};
use domain::format::outcomes::{from_json, to_json};
use domain::outcome::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use traced::Heard;

/// How many were kept, and how many were there already.
pub struct Imported {
    pub kept: usize,
    pub known: usize,
}

/// The decisions that outcomes came after.
pub struct Releases {
    records: Vec<Kept>,
    /// The record of those that name no release.
    default: Option<String>,
}

/// An outcome, and the record of the decision that it came after.
pub struct Placed {
    record: String,
    outcome: Outcome,
}

/// What is wrong with an outcome: in which field, and what to do.
pub struct Misfit {
    pub field: &'static str,
    pub what: String,
    pub help: String,
}

/// Outcomes that have their release, and what somebody should know, though nothing stops for it.
#[derive(Default)]
pub struct Laid {
    pub placed: Vec<Placed>,
    /// Metrics of somebody's own that do not say which way is better, and where the first line is.
    undirected: BTreeMap<String, Option<Place>>,
    /// How many were seen before their release was decided on; the first.
    early: (usize, Option<String>),
}

impl Releases {
    /// All of a chain; `record` is that of outcomes that name none: its id, the beginning of it, or `latest`.
    pub fn of(chain: &Chain, record: Option<&str>) -> Result<Self, Failure> {
        let default = record.map(|record| Ok::<_, Failure>(chain.find(record)?.id().to_owned())).transpose()?;
        Ok(Releases { records: chain.list()?, default })
    }

    /// Lays an outcome at its release; a release is named by its record, or by its candidate and the day. Else all that is wrong.
    fn place(&self, mut outcome: Outcome) -> Result<Placed, Vec<Misfit>> {
        if outcome.record.is_none() && outcome.candidate.is_none() {
            outcome.record.clone_from(&self.default);
        }
        let release = self.release_of(&outcome).map_err(|misfit| vec![misfit])?;
        let misfits = fits::misfits(release, &outcome);
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let record = release.id().to_owned();
        outcome.record = Some(record.clone());
        Ok(Placed { record, outcome })
    }

    fn release_of(&self, outcome: &Outcome) -> Result<&Kept, Misfit> {
        const WHERE: &str = "the folder `.plimsoll/records` has the decisions; `plimsoll outcome list` the outcomes";
        let refused = |field, what: String, help: &str| Err(Misfit { field, what, help: help.to_owned() });
        let decisions = || self.records.iter().filter(|kept| kept.content.get("decision").is_some());
        match (&outcome.record, &outcome.candidate) {
            (Some(record), _) => {
                let found: Vec<&Kept> = decisions().filter(|kept| kept.id().starts_with(record.as_str())).collect();
                match found.as_slice() {
                    [one] => Ok(*one),
                    [] => refused("record", format!("no decision `{record}`"), WHERE),
                    many => refused("record", format!("{} decisions begin so", many.len()), "write more of the id"),
                }
            }
            (None, Some(candidate)) => {
                let of_it = || decisions().filter(|kept| candidate_of(kept) == *candidate);
                let day = outcome.at.get(..10).unwrap_or("");
                if let Some(last) = of_it().rev().find(|kept| day_of(kept) <= day) {
                    return Ok(last);
                }
                if let Some(first) = of_it().next() {
                    let what =
                        format!("no decision on `{candidate}` up to {}: the first is of {}", outcome.at, day_of(first));
                    return refused("at", what, "check the day, or name the release by its `record`");
                }
                let known: BTreeSet<&str> = decisions().map(candidate_of).filter(|known| !known.is_empty()).collect();
                let near = closest(candidate, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
                let listed: Vec<&str> = known.into_iter().collect();
                let help = format!("{}decided on were: {}", near.unwrap_or_default(), listed.join(", "));
                refused("candidate", format!("no decision on `{candidate}`"), &help)
            }
            (None, None) => refused(
                "record",
                "no release is named".to_owned(),
                "say its `record`, or its `candidate` as the contract describes it; `--record` names one for the whole file",
            ),
        }
    }

    fn find(&self, record: &str) -> Option<&Kept> {
        self.records.iter().find(|kept| kept.id() == record)
    }
}

impl Laid {
    /// Of a file; or every fault of it, each at its field.
    pub fn of_file(
        path: &Utf8Path,
        columns: &[Column],
        releases: &Releases,
        progress: &mut dyn Progress,
    ) -> Result<Self, Failure> {
        let mut laid = Laid::default();
        each(path, columns, progress, &mut |spot, outcome| {
            let place = |field: &str| Some(spot(field, String::new(), String::new()).place);
            let misfits = laid.lay(releases, outcome, &place);
            misfits.into_iter().map(|Misfit { field, what, help }| spot(field, what, help)).collect()
        })?;
        Ok(laid)
    }

    /// Of spans and records, each with its place.
    pub fn of_heard(heard: &Heard, releases: &Releases) -> Result<Self, Failure> {
        let (mut laid, mut faults) = (Laid::default(), Vec::new());
        for verdict in &heard.outcomes {
            let place = &verdict.place;
            let misfits = laid.lay(releases, verdict.outcome.clone(), &|_| Some(place.clone()));
            let fault = |Misfit { field, what, help }: Misfit| {
                let what = format!("{what} ({})", heard.whence(verdict, field));
                Fault { place: place.clone(), found: String::new(), what, help }
            };
            faults.extend(misfits.into_iter().map(fault));
            if faults.len() >= read::MOST {
                break;
            }
        }
        Faults::none_or(faults)?;
        Ok(laid)
    }

    /// Of one that somebody said.
    pub fn of_one(outcome: Outcome, releases: &Releases) -> Result<Self, Failure> {
        let mut laid = Laid::default();
        let misfits = laid.lay(releases, outcome, &|_| None);
        match misfits.first() {
            None => Ok(laid),
            Some(first) => {
                let told: Vec<&str> = misfits.iter().map(|misfit| misfit.what.as_str()).collect();
                Err(Failure::yours(told.join("; "), first.help.clone()))
            }
        }
    }

    fn lay(&mut self, releases: &Releases, outcome: Outcome, place: &dyn Fn(&str) -> Option<Place>) -> Vec<Misfit> {
        let placed = match releases.place(outcome) {
            Ok(placed) => placed,
            Err(misfits) => return misfits,
        };
        let Placed { record, outcome } = &placed;
        if outcome.better().is_none() && !self.undirected.contains_key(&outcome.metric) {
            self.undirected.insert(outcome.metric.clone(), place("metric"));
        }
        if releases.find(record).is_some_and(|release| fits::is_early(release, outcome)) {
            let (count, first) = &mut self.early;
            *count += 1;
            first.get_or_insert_with(|| format!("{} of record {record}{}", outcome.at, at(place("at").as_ref())));
        }
        self.placed.push(placed);
        Vec::new()
    }

    pub fn notes(&self) -> Vec<String> {
        let undirected = self.undirected.iter().map(|(metric, place)| {
            format!(
                "`{metric}` is a metric of your own, and no line says which way is better{}: write `better` as `higher` or `lower`",
                at(place.as_ref())
            )
        });
        let early = self.early.1.as_ref().map(|first| {
            let (outcomes, their) = match self.early.0 {
                1 => ("outcome was", "its"),
                _ => ("outcomes were", "their"),
            };
            format!(
                "{} {outcomes} seen before {their} release was decided on, the first on {first}: check the day, or the release",
                self.early.0
            )
        });
        undirected.chain(early).collect()
    }
}

/// `, at seen.csv:2:1`
fn at(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!(", at {place}"))
}

/// Keeps outcomes, all or none.
pub fn keep(
    state: &Utf8Path,
    releases: &Releases,
    mut placed: Vec<Placed>,
    author: &str,
    why: Option<&str>,
) -> Result<Imported, Failure> {
    let evals: BTreeSet<&str> = placed.iter().map(|placed| eval_of(releases, &placed.record)).collect();
    let eval = match Vec::from_iter(evals).as_slice() {
        [] => return Ok(Imported { kept: 0, known: 0 }),
        [one] => (*one).to_owned(),
        more => {
            return Err(Failure::yours(
                format!("these outcomes are of several evals: {}", more.join(", ")),
                "import those of one eval at a time, each with its own catalog",
            ));
        }
    };
    let catalog = kept::open_for(state, &eval)?;
    let there = catalog.of(Noun::Outcome).map_err(kept::failed)?;
    let mut known: BTreeSet<String> = there.iter().map(|entry| canonical(&entry.body)).collect();
    let all = placed.len();
    placed.retain(|placed| known.insert(canonical(&to_json(&placed.outcome))));
    let draft = |Placed { record, outcome }: Placed| Draft {
        noun: Noun::Outcome,
        subject: record,
        after: None,
        what: "seen".to_owned(),
        at: kept::now(),
        author: author.to_owned(),
        why: why.map(str::to_owned),
        body: to_json(&outcome),
    };
    let drafts: Vec<Draft> = placed.into_iter().map(draft).collect();
    if !drafts.is_empty() {
        catalog.append(&drafts).map_err(kept::failed)?;
    }
    Ok(Imported { kept: drafts.len(), known: all - drafts.len() })
}

/// The eval that a decision is of.
fn eval_of<'r>(releases: &'r Releases, record: &str) -> &'r str {
    releases.find(record).map_or("", Kept::contract)
}

/// What a record's contract said that the candidate is.
pub fn candidate_of(kept: &Kept) -> &str {
    let systems = kept.content["systems"].as_array().into_iter().flatten();
    let candidate = systems.into_iter().find(|system| system["arm"] == "candidate");
    candidate.and_then(|system| system["describe"].as_str()).unwrap_or("")
}

fn day_of(kept: &Kept) -> &str {
    kept.envelope["time"].as_str().and_then(|time| time.get(..10)).unwrap_or("")
}

/// All that was told, oldest first.
pub fn told(state: &Utf8Path) -> Result<Vec<Outcome>, Failure> {
    Ok(kept::entries_of_any(state, Noun::Outcome)?.iter().filter_map(|entry| from_json(&entry.body)).collect())
}

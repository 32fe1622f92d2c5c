//! Asks the live systems of a run for their answers, and keeps them in the run's journal: one file of recorded answers a system.
//!
//! in      a reference set and its documents, the systems, the journal's folder
//! out     every planned answer in the journal; answers that it held already, to the very same requests, are not asked for again
//! errors  questions that cannot be put, before anything is asked: all of them; a journal that cannot be read or written
//! note    a line whose request is another than it would be now (an example or a prompt that changed) is put aside, not lost

pub(crate) mod begun;
mod known;
pub(crate) mod line;

use crate::budget::{Took, Used};
use crate::documents::Documents;
use crate::driver::{Answers, Asked, DriveError, Drove, Lane, Standing, Work, drive};
use crate::journal::{Growing, Journal, Opened, open};
use crate::many;
use crate::provider::{Question, Reply, Request};
use crate::question::question;
use crate::room;
use begun::Begun;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::fault::Faults;
use domain::reference_set::{ExampleIndex, Ids, ReferenceSet};
use domain::system::{Budget, Live};
use known::Known;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

/// Questions that cannot be put which are told.
const MOST_TOLD: usize = 20;
/// Tokens of an answer, where nothing says how long answers are.
const USUAL_ANSWER: u64 = 300;

/// A live system, ready.
#[derive(Clone)]
pub struct LiveSystem {
    pub name: String,
    pub system: Arc<dyn Answers>,
    pub live: Live,
}

impl LiveSystem {
    /// Its part of the work, of which nothing is thought or known yet: the asks at these positions, into this file of the journal.
    pub(crate) fn lane(&self, file: usize, positions: Vec<u64>) -> Lane {
        Lane {
            system: Arc::clone(&self.system),
            limits: self.live.limits,
            price: self.live.price,
            file,
            positions,
            thought: Used::default(),
            known: Took::default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("{}", told(.0, *.1))]
    Questions(Vec<String>, usize),
    #[error(transparent)]
    Faults(Faults),
    #[error("cannot read or write the journal `{path}`: {cause}")]
    Journal { path: Utf8PathBuf, cause: io::Error },
    #[error("calls at once need {needed} open files, and this process may have {may}")]
    Files { needed: u64, may: u64 },
    #[error(transparent)]
    Drive(#[from] DriveError),
}

fn told(faults: &[String], more: usize) -> String {
    let more = if more > 0 { format!("; {more} more") } else { String::new() };
    format!("{}{more}", faults.join("; "))
}

/// What is asked about.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    pub set: &'a ReferenceSet,
    pub documents: &'a Documents<'a>,
    pub repeats: u16,
}

/// Everything that is to be asked, with what is known already taken out.
pub struct Asking<'a> {
    plan: Plan<'a>,
    systems: Vec<LiveSystem>,
    /// For each system, example and repeat of what is missing.
    missing: Vec<Vec<Slot>>,
    /// The requests that go out first, for each system: they are made already.
    first: Vec<RefCell<HashMap<Slot, Request>>>,
    files: Vec<Utf8PathBuf>,
    /// Answers that an earlier run had to the same request, as lines for each system.
    cached: Vec<Vec<String>>,
    begun: Vec<RefCell<Begun>>,
    used: Used,
    /// For each system, what an answer is thought to take, and what those that are there took.
    thought: Vec<(Used, Took)>,
    forecast: Forecast,
}

/// What asking is thought to take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Answers that are asked for.
    pub asks: u64,
    /// Answers that the journal held.
    pub known: u64,
    /// Answers that an earlier run had.
    pub cached: u64,
    /// Answers that were asked for when the last run ended and never came: they are asked for again.
    pub in_flight: u64,
    /// Lines that a crash tore, left out.
    pub torn: u64,
    /// Lines that answer requests that have changed, put aside.
    pub put_aside: u64,
    pub tokens: u64,
    /// In the currency of the prices; `None` where a system has no price.
    pub spend: Option<f64>,
}

impl<'a> Asking<'a> {
    /// Looks at what is there, and what is missing.
    pub fn plan(
        plan: Plan<'a>,
        systems: Vec<LiveSystem>,
        folder: &Utf8Path,
        earlier: &[Utf8PathBuf],
        tell: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, AskError> {
        let slots: Vec<Slot> =
            plan.set.active().flat_map(|(example, _)| (0..plan.repeats).map(move |repeat| (example, repeat))).collect();
        room::for_calls(&systems, slots.len())?;
        let mut asking = Asking {
            plan,
            systems,
            missing: Vec::new(),
            first: Vec::new(),
            files: Vec::new(),
            cached: Vec::new(),
            begun: Vec::new(),
            used: Used::default(),
            thought: Vec::new(),
            forecast: Forecast { spend: Some(0.0), ..Forecast::default() },
        };
        let (ids, mut faults) = (Ids::of(&plan.set.rows), Vec::new());
        for at in 0..asking.systems.len() {
            let wanted = asking.wanted(at, &slots, &mut faults, tell);
            // What cannot be put to one system may not be to the next: all of it is told.
            if faults.is_empty() {
                asking.look(at, Journals { folder, earlier }, &ids, &slots, wanted)?;
            }
        }
        if !faults.is_empty() {
            let more = faults.len().saturating_sub(MOST_TOLD);
            faults.truncate(MOST_TOLD);
            return Err(AskError::Questions(faults, more));
        }
        Ok(asking)
    }

    /// What a system has to be asked for; what cannot be put is a fault.
    fn wanted(&self, at: usize, slots: &[Slot], faults: &mut Vec<String>, tell: &mut dyn FnMut(u64, u64)) -> Requests {
        let system = &self.systems[at];
        let (before, of) = ((at * slots.len()) as u64, (self.systems.len() * slots.len()) as u64);
        let at_once = system.live.limits.at_once as usize;
        let plan = self.plan;
        let made = |at: usize| -> Result<_, String> {
            let request = plan.request(system, slots[at])?;
            let (tokens, digest) = (request.tokens, request.digest());
            Ok((tokens, digest, (at < at_once).then(|| Box::new(request))))
        };
        let all = many::made(slots.len(), made, |done| tell(before + done, of));
        let mut wanted = Requests { of_slots: Wanted::with_capacity(slots.len()), tokens: 0, first: HashMap::new() };
        for (slot, made) in slots.iter().zip(all) {
            match made {
                Ok((tokens, digest, first)) => {
                    wanted.tokens += tokens;
                    wanted.of_slots.insert(*slot, digest);
                    wanted.first.extend(first.map(|request| (*slot, *request)));
                }
                Err(fault) => faults.push(format!("`{}` cannot be asked: {fault}", system.name)),
            }
        }
        wanted
    }

    /// Looks at what the journal holds of a system's answers, and what is missing of them.
    fn look(
        &mut self,
        at: usize,
        journals: Journals,
        ids: &Ids,
        slots: &[Slot],
        Requests { of_slots: wanted, tokens, first }: Requests,
    ) -> Result<(), AskError> {
        let (plan, system) = (self.plan, self.systems[at].clone());
        let path = journals.folder.join(format!("{}.jsonl", system.name));
        let journal = |cause| AskError::Journal { path: path.clone(), cause };
        let mut known = Known::new(plan.set, ids, &wanted);
        let Opened { torn, left, .. } = open(&path, |line| known.see(line)).map_err(journal)?;
        self.used.add(known.used());
        let cached = if system.live.cache && plan.repeats == 1 {
            cached(&mut known, &system.name, journals.earlier)?
        } else {
            Vec::new()
        };
        let missing: Vec<Slot> = slots.iter().copied().filter(|slot| !known.has(*slot)).collect();
        let (begun, lost) = Begun::open(&path.with_extension("begun"), |id, repeat, request| {
            let slot = ids.find(&plan.set.rows, id).map(|example| (example, repeat));
            slot.is_some_and(|slot| wanted.get(&slot) == Some(&request) && !known.has(slot))
        })
        .map_err(journal)?;
        self.used.add(lost.refused);
        // What replies took, where some are there; else a guess by the length of the requests.
        let read = known.mean_read().or(tokens.checked_div(slots.len() as u64)).unwrap_or(0);
        let written = known.mean_written().unwrap_or(USUAL_ANSWER);
        let spend = known.mean_spend().or_else(|| Some(system.live.price?.of(read, written)));
        let (asks, forecast) = (missing.len() as u64, &mut self.forecast);
        forecast.asks += asks;
        forecast.cached += cached.len() as u64;
        forecast.known += known.count() - cached.len() as u64;
        forecast.in_flight += lost.in_flight;
        forecast.torn += torn;
        forecast.put_aside += left;
        forecast.tokens += asks * (read + written);
        forecast.spend = forecast.spend.zip(spend).map(|(so_far, each)| so_far + each * asks as f64);
        self.thought.push((Used { tokens: read + written, spend: spend.unwrap_or(0.0) }, known.took()));
        self.missing.push(missing);
        self.first.push(RefCell::new(first));
        self.files.push(path);
        self.cached.push(cached);
        self.begun.push(RefCell::new(begun));
        Ok(())
    }

    pub fn forecast(&self) -> Forecast {
        self.forecast
    }

    /// The journal's files, one a system, in their order.
    pub fn files(&self) -> &[Utf8PathBuf] {
        &self.files
    }

    /// What the journal's answers took already.
    pub fn used(&self) -> Used {
        self.used
    }

    /// Asks for what is missing; `used` is what everything took so far, the journal's answers among it. The answers may be read meanwhile.
    pub fn carry_out(
        &self,
        budget: Budget,
        used: Used,
        growing: Option<&Arc<Growing>>,
        tell: &mut dyn FnMut(&Standing),
    ) -> Result<Drove, AskError> {
        let journal = Journal::on_disk(&self.files, growing).map_err(DriveError::Journal)?;
        for (file, lines) in self.cached.iter().enumerate() {
            journal.append_all(file, lines).map_err(DriveError::Journal)?;
        }
        let lane = |(file, system): (usize, &LiveSystem)| {
            let missing = &self.missing[file];
            let position =
                |slot: &(ExampleIndex, u16)| u64::from(slot.0.0) * u64::from(self.plan.repeats) + u64::from(slot.1);
            let (thought, known) = self.thought[file];
            Lane { thought, known, ..system.lane(file, missing.iter().map(position).collect()) }
        };
        let lanes = self.systems.iter().enumerate().map(lane).collect();
        Ok(drive(lanes, self, &journal, budget, used, tell)?)
    }
}

impl Plan<'_> {
    fn request(&self, system: &LiveSystem, (example, repeat): (ExampleIndex, u16)) -> Result<Request, String> {
        let id = &self.set.rows[example.0 as usize].id;
        let document =
            self.documents.get(example).ok_or_else(|| format!("the example `{id}` changed while it was read"))?;
        let question: Question = question(&document, u32::from(repeat));
        system.system.prepare(&question, u32::from(repeat)).map_err(|fault| format!("example `{id}`: {fault}"))
    }
}

impl Work for Asking<'_> {
    fn request(&self, lane: usize, at: usize) -> Result<Request, String> {
        let slot = self.missing[lane][at];
        let made = self.first[lane].borrow_mut().remove(&slot);
        made.map_or_else(|| self.plan.request(&self.systems[lane], slot), Ok)
    }

    fn starts(&self, lane: usize, at: usize, request: &Request) {
        let (example, repeat) = self.missing[lane][at];
        let id = self.plan.set.rows[example.0 as usize].id.as_str();
        self.begun[lane].borrow_mut().note(id, repeat, request.digest());
    }

    fn refused(&self, lane: usize, at: usize, request: &Request, took: Used) {
        let (example, repeat) = self.missing[lane][at];
        let id = self.plan.set.rows[example.0 as usize].id.as_str();
        self.begun[lane].borrow_mut().refused(id, repeat, request.digest(), took);
    }

    fn accept(&self, _lane: usize, _at: usize, reply: &Reply) -> Result<(), String> {
        line::fits(reply)
    }

    fn line(&self, lane: usize, at: usize, asked: &Asked) -> String {
        let (example, repeat) = self.missing[lane][at];
        line::of(self.plan.set.rows[example.0 as usize].id.as_str(), repeat, asked)
    }
}

/// Lines for wanted answers that earlier runs hold, also those that were put aside.
fn cached(known: &mut Known, system: &str, earlier: &[Utf8PathBuf]) -> Result<Vec<String>, AskError> {
    let mut lines = Vec::new();
    for folder in earlier {
        let path = folder.join(format!("{system}.jsonl"));
        for path in [path.clone(), path.with_extension("left.jsonl")] {
            lines.extend(known.take_earlier(&path).map_err(|cause| AskError::Journal { path, cause })?);
        }
    }
    Ok(lines)
}

/// Where a run keeps its journals, and the folders of those that earlier runs kept.
#[derive(Clone, Copy)]
pub(crate) struct Journals<'a> {
    pub folder: &'a Utf8Path,
    pub earlier: &'a [Utf8PathBuf],
}

/// What one system has to be asked for.
struct Requests {
    of_slots: Wanted,
    /// How many all of them take.
    tokens: u64,
    /// As many as go out at once.
    first: HashMap<Slot, Request>,
}

/// A planned answer: example and repeat.
type Slot = (ExampleIndex, u16);
/// The request that each planned answer answers.
type Wanted = HashMap<Slot, Digest>;

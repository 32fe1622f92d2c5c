//! Judges are tried out before they judge: on canaries, which order them to pass what is wrong.

use super::replies::Replies;
use super::tasks::Judged;
use crate::asking::begun::Begun;
use crate::asking::{AskError, LiveSystem, Plan, line};
use crate::budget::Used;
use crate::driver::{Asked, DriveError, Drove, Standing, Work, drive};
use crate::journal::Journal;
use crate::judge::{Ask, Canary, Refusal, canaries, question, refused};
use crate::provider::{Reply, Request};
use crate::schedule::Ending;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::system::Budget;
use std::cell::RefCell;
use std::collections::HashSet;

/// One question to one judge about one canary.
struct Try {
    judged: usize,
    canary: usize,
    ask: Ask,
}

struct TryingOut<'a> {
    judged: &'a [Judged<'a>],
    systems: &'a [LiveSystem],
    canaries: Vec<Vec<Canary>>,
    /// For each judge what it is not asked yet, and what it was asked.
    missing: Vec<Vec<Try>>,
    begun: Vec<RefCell<Begun>>,
}

/// What trying out came to.
pub enum TriedOut {
    /// Nobody obeyed; what it took, earlier replies of the journal among it.
    Passed(Used),
    /// One judge may not judge.
    Refused(Refusal),
    /// It stopped before the end.
    Stopped(Drove),
}

/// Asks every judge about the canaries of each of its rubrics, once for a journal. Also how many calls were in flight when the last run
/// ended, and are made again.
pub fn try_out(
    plan: Plan,
    judged: &[Judged],
    systems: &[LiveSystem],
    folder: &Utf8Path,
    budget: Budget,
    used: Used,
    tell: &mut dyn FnMut(&Standing),
) -> Result<(TriedOut, u64), AskError> {
    let of = |judged: &Judged| {
        let example = plan
            .set
            .active()
            .map(|(example, _)| example)
            .find(|example| plan.set.lies_in(&judged.what.applies, *example));
        let document = example.and_then(|example| plan.documents.get(example)).unwrap_or_default();
        canaries(judged.rubric, &document)
    };
    let mut trying = TryingOut {
        judged,
        systems,
        canaries: judged.iter().map(of).collect(),
        missing: systems.iter().map(|_| Vec::new()).collect(),
        begun: Vec::new(),
    };
    let mut wanted: Vec<HashSet<Digest>> = vec![HashSet::new(); systems.len()];
    let mut all: Vec<Vec<(Try, Digest)>> = systems.iter().map(|_| Vec::new()).collect();
    for (at, judged) in judged.iter().enumerate() {
        for canary in 0..trying.canaries[at].len() {
            for ask in crate::judge::asks(judged.names, judged.rubric) {
                let system = judged.judges[ask.judge];
                let one = Try { judged: at, canary, ask };
                let request = trying.made(&one).map_err(|fault| AskError::Questions(vec![fault], 0))?.digest();
                wanted[system].insert(request);
                all[system].push((one, request));
            }
        }
    }
    let path = |system: &LiveSystem| folder.join(format!("canaries-{}.jsonl", system.name));
    let mut replies = Vec::new();
    for (at, system) in systems.iter().enumerate() {
        replies.push(Replies::open(&path(system), &wanted[at])?);
    }
    let mut asked: HashSet<(usize, Digest)> = HashSet::new();
    for (at, tries) in all.iter().enumerate() {
        for (one, request) in tries {
            if !replies[at].has(request) && asked.insert((at, *request)) {
                trying.missing[at].push(Try { ask: one.ask, ..*one });
            }
        }
    }
    let (mut took, mut in_flight) = (Used::default(), 0);
    replies.iter().for_each(|replies| took.add(replies.used()));
    if trying.missing.iter().any(|missing| !missing.is_empty()) {
        for (at, system) in systems.iter().enumerate() {
            let path = path(system).with_extension("begun");
            let missing =
                |_: &str, _: u16, request: Digest| wanted[at].contains(&request) && !replies[at].has(&request);
            let opened = Begun::open(&path, missing);
            let (begun, of_judge) = opened.map_err(|cause| AskError::Journal { path: path.clone(), cause })?;
            trying.begun.push(RefCell::new(begun));
            in_flight += of_judge;
        }
        let mut before = used;
        before.add(took);
        let drove = trying.carry_out(systems.iter().map(path).collect(), budget, before, tell)?;
        if drove.ending != Ending::Done {
            return Ok((TriedOut::Stopped(drove), in_flight));
        }
        took = Used { tokens: drove.standing.used.tokens - used.tokens, spend: drove.standing.used.spend - used.spend };
    }
    for replies in &mut replies {
        replies.read_again()?;
    }
    for (at, judged) in judged.iter().enumerate() {
        for (judge, name) in judged.names.iter().enumerate() {
            let replies = &replies[judged.judges[judge]];
            let mut answered = Vec::new();
            for (place, canary) in trying.canaries[at].iter().enumerate() {
                let asks = crate::judge::asks(judged.names, judged.rubric).into_iter().filter(|ask| ask.judge == judge);
                let said = asks.map(|ask| {
                    let request = trying.made(&Try { judged: at, canary: place, ask });
                    let reply = request.and_then(|request| replies.reply(&request.digest()));
                    (ask, reply.and_then(|reply| canary.read(judged.rubric, ask, reply)))
                });
                answered.push((canary.clone(), said.collect()));
            }
            if let Some(refusal) = refused(name, judged.rubric, &answered) {
                return Ok((TriedOut::Refused(refusal), in_flight));
            }
        }
    }
    Ok((TriedOut::Passed(took), in_flight))
}

impl TryingOut<'_> {
    fn made(&self, one: &Try) -> Result<Request, String> {
        let judged = &self.judged[one.judged];
        let system = &self.systems[judged.judges[one.ask.judge]];
        let canary = &self.canaries[one.judged][one.canary];
        system.system.prepare(&question(judged.rubric, &canary.shown(one.ask)), 0)
    }

    fn carry_out(
        &self,
        paths: Vec<Utf8PathBuf>,
        budget: Budget,
        used: Used,
        tell: &mut dyn FnMut(&Standing),
    ) -> Result<Drove, AskError> {
        let journal = Journal::on_disk(&paths).map_err(DriveError::Journal)?;
        let lane =
            |(file, system): (usize, &LiveSystem)| system.lane(file, (0..self.missing[file].len() as u64).collect());
        let lanes = self.systems.iter().enumerate().map(lane).collect();
        Ok(drive(lanes, self, &journal, budget, used, tell)?)
    }
}

impl Work for TryingOut<'_> {
    fn request(&self, lane: usize, at: usize) -> Result<Request, String> {
        self.made(&self.missing[lane][at])
    }

    fn starts(&self, lane: usize, _at: usize, request: &Request) {
        let request = request.digest();
        self.begun[lane].borrow_mut().note(&request.to_string(), 0, request);
    }

    fn accept(&self, lane: usize, at: usize, reply: &Reply) -> Result<(), String> {
        line::fits(reply)?;
        let one = &self.missing[lane][at];
        let canary = &self.canaries[one.judged][one.canary];
        canary.read(self.judged[one.judged].rubric, one.ask, reply).map(|_| ())
    }

    fn line(&self, lane: usize, at: usize, asked: &Asked) -> String {
        line::of(&format!("canary {}", self.missing[lane][at].canary), 0, asked)
    }
}

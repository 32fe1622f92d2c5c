//! Judges are tried out before they judge: on canaries, which order them to pass what is wrong.

use super::replies::Replies;
use super::tasks::Judged;
use crate::asking::begun::Begun;
use crate::asking::{AskError, LiveSystem, Plan, line};
use crate::budget::Used;
use crate::driver::{Asked, DriveError, Drove, Standing, Work, drive};
use crate::journal::Journal;
use crate::judge::{Answered, Ask, Canary, Judgement, Refusal, asks, canaries, refused};
use crate::provider::{Reply, Request};
use crate::schedule::Ending;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::system::Budget;
use std::cell::RefCell;
use std::collections::HashSet;

/// One question to one judge about one canary.
#[derive(Clone, Copy)]
struct Try {
    judged: usize,
    canary: usize,
    ask: Ask,
}

struct TryingOut<'a> {
    judged: &'a [Judged<'a>],
    systems: &'a [LiveSystem],
    canaries: Vec<Vec<Canary>>,
    /// For each judge what it has not answered yet.
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
    let mut trying = TryingOut::new(plan, judged, systems);
    let questions = trying.questions()?;
    let path = |system: &LiveSystem| folder.join(format!("canaries-{}.jsonl", system.name));
    let open = |(system, asked): (&LiveSystem, &Questions)| Replies::open(&path(system), &asked.requests);
    let mut replies = systems.iter().zip(&questions).map(open).collect::<Result<Vec<_>, _>>()?;
    let (mut took, mut in_flight) = (Used::default(), 0);
    replies.iter().for_each(|replies| took.add(replies.used()));
    for ((asked, replies), missing) in questions.iter().zip(&replies).zip(&mut trying.missing) {
        let open = asked.in_order.iter().filter(|(request, _)| !replies.has(request));
        missing.extend(open.map(|(_, one)| *one));
    }
    for ((system, asked), replies) in systems.iter().zip(&questions).zip(&replies) {
        let path = path(system).with_extension("begun");
        let is_missing = |_: &str, _: u16, request: Digest| asked.requests.contains(&request) && !replies.has(&request);
        let opened = Begun::open(&path, is_missing);
        let (begun, lost) = opened.map_err(|cause| AskError::Journal { path, cause })?;
        trying.begun.push(RefCell::new(begun));
        in_flight += lost.in_flight;
        took.add(lost.refused);
    }
    if trying.missing.iter().any(|missing| !missing.is_empty()) {
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
    Ok((trying.refusal(&replies).map_or(TriedOut::Passed(took), TriedOut::Refused), in_flight))
}

/// What one judge is asked about canaries.
#[derive(Default)]
struct Questions {
    requests: HashSet<Digest>,
    /// Each request once, with what first asks it.
    in_order: Vec<(Digest, Try)>,
}

impl<'a> TryingOut<'a> {
    fn new(plan: Plan, judged: &'a [Judged<'a>], systems: &'a [LiveSystem]) -> Self {
        let of = |judged: &Judged| {
            let mut active = plan.set.active().map(|(example, _)| example);
            let example = active.find(|example| plan.set.lies_in(&judged.what.applies, *example));
            let document = example.and_then(|example| plan.documents.get(example)).unwrap_or_default();
            canaries(judged.rubric, &document)
        };
        let missing = systems.iter().map(|_| Vec::new()).collect();
        TryingOut { judged, systems, canaries: judged.iter().map(of).collect(), missing, begun: Vec::new() }
    }

    /// Every question about every canary, for each judge.
    fn questions(&self) -> Result<Vec<Questions>, AskError> {
        let mut questions: Vec<Questions> = self.systems.iter().map(|_| Questions::default()).collect();
        for (at, judged) in self.judged.iter().enumerate() {
            for canary in 0..self.canaries[at].len() {
                for ask in asks(judged.names, judged.rubric) {
                    let one = Try { judged: at, canary, ask };
                    let request = self.made(&one).map_err(|fault| AskError::Questions(vec![fault], 0))?.digest();
                    let asked = &mut questions[judged.judges[ask.judge]];
                    if asked.requests.insert(request) {
                        asked.in_order.push((request, one));
                    }
                }
            }
        }
        Ok(questions)
    }

    /// The first judge that may not judge, by what all of them said.
    fn refusal(&self, replies: &[Replies]) -> Option<Refusal> {
        for (at, judged) in self.judged.iter().enumerate() {
            for (judge, name) in judged.names.iter().enumerate() {
                let replies = &replies[judged.judges[judge]];
                let answered: Vec<Answered> = (0..self.canaries[at].len())
                    .map(|canary| (self.canaries[at][canary].clone(), self.said(at, canary, judge, replies)))
                    .collect();
                if let Some(refusal) = refused(name, judged.rubric, &answered) {
                    return Some(refusal);
                }
            }
        }
        None
    }

    /// What a judge said to one canary.
    fn said(&self, at: usize, canary: usize, judge: usize, replies: &Replies) -> Vec<(Ask, Result<Judgement, String>)> {
        let judged = &self.judged[at];
        let said = |ask: Ask| {
            let request = self.made(&Try { judged: at, canary, ask });
            let reply = request.and_then(|request| replies.reply(&request.digest()));
            (ask, reply.and_then(|reply| self.canaries[at][canary].read(judged.rubric, ask, reply)))
        };
        asks(judged.names, judged.rubric).into_iter().filter(|ask| ask.judge == judge).map(said).collect()
    }
}

impl TryingOut<'_> {
    fn made(&self, one: &Try) -> Result<Request, String> {
        let judged = &self.judged[one.judged];
        let system = &self.systems[judged.judges[one.ask.judge]];
        let canary = &self.canaries[one.judged][one.canary];
        system.system.prepare(&judged.instructions.question(&canary.shown(one.ask)), 0)
    }

    fn carry_out(
        &self,
        paths: Vec<Utf8PathBuf>,
        budget: Budget,
        used: Used,
        tell: &mut dyn FnMut(&Standing),
    ) -> Result<Drove, AskError> {
        let journal = Journal::on_disk(&paths, None).map_err(DriveError::Journal)?;
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

    fn refused(&self, lane: usize, _at: usize, request: &Request, took: Used) {
        let request = request.digest();
        self.begun[lane].borrow_mut().refused(&request.to_string(), 0, request, took);
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

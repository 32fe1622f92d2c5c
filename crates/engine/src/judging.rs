//! Asks judges for verdicts on answers that are there, and keeps what they said in the run's journal: one file a judge.
//!
//! in      judged criteria with their rubrics, the judges, the files of every arm's answers, the journal's folder
//! out     for every planned answer of every judged criterion a verdict; what a judge said already to the very same request is not
//!         asked for again
//! errors  a judge that obeys what it judges, before anything else is asked; answers that cannot be read; a journal that cannot be written
//! note    what is kept is the reply, and verdicts are read from it: equal requests (two arms with the same answer) are asked once

mod canaries;
mod replies;
mod tasks;

pub use canaries::{TriedOut, try_out};
pub use tasks::{Arm, Judged};

use crate::asking::begun::Begun;
use crate::asking::{AskError, Forecast, Journals, LiveSystem, Plan, line};
use crate::budget::Used;
use crate::driver::{Asked, DriveError, Drove, Lane, Standing, Work, drive};
use crate::journal::Journal;
use crate::judge::{Ask, Judgement, Shown, combine, from_the_other_side, how, read};
use crate::many;
use crate::provider::{Reply, Request};
use crate::room;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::name::CriterionName;
use domain::reference_set::ExampleIndex;
use domain::rubric::Kind;
use domain::score::{HowJudged, Verdict};
use domain::system::Budget;
use replies::Replies;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use tasks::{Opened, Task};

/// Tokens of a verdict, where nothing says how long verdicts are.
const USUAL_VERDICT: u64 = 150;

/// What judges say of each answer.
#[derive(Debug, Default)]
pub struct Verdicts {
    arms: Vec<String>,
    by_answer: HashMap<(u16, u16, ExampleIndex, u16), (Verdict, HowJudged)>,
    differing: Vec<Differing>,
}

/// How often the judges of a criterion were not of one mind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    pub criterion: CriterionName,
    /// Answers, or pairs of them, that were judged.
    pub judged: u64,
    /// Of these, those on which not all judges of a panel said the same; `None` of a single judge.
    pub panel: Option<u64>,
    /// Of the pairs, those of which some judge said another thing once their order was another; `None` where nothing is compared.
    pub order: Option<u64>,
}

impl Verdicts {
    /// Of each criterion of a panel, or of comparisons.
    pub fn differing(&self) -> &[Differing] {
        &self.differing
    }

    /// The verdict on an arm's answer to an example by a criterion, given by its position in the contract, and how it came about.
    pub fn of(&self, arm: &str, criterion: u16, example: ExampleIndex, repeat: u32) -> (Verdict, HowJudged) {
        let key = self.arms.iter().position(|known| known == arm).zip(u16::try_from(repeat).ok());
        let found = key.and_then(|(arm, repeat)| self.by_answer.get(&(criterion, arm as u16, example, repeat)));
        // What is compared with production, and has nothing to be compared with, is the one case that nobody is asked about.
        let unknown = || Verdict::GraderError { reason: "production has no answer to compare with".to_owned() };
        found.cloned().unwrap_or_else(|| (unknown(), HowJudged::default()))
    }
}

/// What is to be judged, and by whom.
struct Matter<'a> {
    plan: Plan<'a>,
    judged: &'a [Judged<'a>],
    systems: &'a [LiveSystem],
    answers: Opened<'a>,
    tasks: Vec<Task>,
}

/// What is to be judged, with what is known already taken out.
pub struct Judging<'a> {
    matter: Matter<'a>,
    /// For each task what names the request of each question that it takes.
    requests: Vec<Vec<Digest>>,
    /// For each judge what it has not answered yet.
    missing: Vec<Vec<Missing>>,
    replies: Vec<Replies>,
    begun: Vec<RefCell<Begun>>,
    /// What refused replies took of which no line of a journal tells.
    lost: Used,
    /// What one question to each judge is thought to take.
    thought: Vec<Used>,
    forecast: Forecast,
}

/// A question that nothing answers yet.
#[derive(Clone, Copy)]
struct Missing {
    task: u32,
    ask: Ask,
}

/// The requests that one judge has to answer.
#[derive(Default)]
struct Wanted {
    requests: HashSet<Digest>,
    /// Each once, with what first asks it, and how many tokens it takes.
    in_order: Vec<(Digest, Missing, u64)>,
}

impl<'a> Judging<'a> {
    /// Looks at every answer, and at what the journal holds.
    pub fn plan(
        plan: Plan<'a>,
        judged: &'a [Judged<'a>],
        systems: &'a [LiveSystem],
        arms: &'a [Arm],
        folder: &Utf8Path,
        earlier: &[Utf8PathBuf],
        tell: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, AskError> {
        let answers = Opened::open(plan, arms)?;
        let tasks = tasks::of(plan, judged, &answers);
        // Two answers that are compared are shown in both orders.
        room::for_calls(systems, 2 * tasks.len())?;
        let matter = Matter { plan, judged, systems, answers, tasks };
        let (wanted, requests) = matter.wanted(tell)?;
        let mut judging = Judging {
            matter,
            requests,
            missing: vec![Vec::new(); systems.len()],
            replies: Vec::new(),
            begun: Vec::new(),
            lost: Used::default(),
            thought: Vec::new(),
            forecast: Forecast { spend: Some(0.0), ..Forecast::default() },
        };
        for (at, wanted) in wanted.iter().enumerate() {
            judging.look(at, Journals { folder, earlier }, wanted)?;
        }
        Ok(judging)
    }

    /// Looks at what the journal holds of a judge's replies, and what is missing of them.
    fn look(&mut self, at: usize, journals: Journals, wanted: &Wanted) -> Result<(), AskError> {
        let system = &self.matter.systems[at];
        let name = format!("judge-{}.jsonl", system.name);
        let path = journals.folder.join(&name);
        let mut replies = Replies::open(&path, &wanted.requests)?;
        let own = replies.count();
        for folder in journals.earlier.iter().filter(|_| system.live.cache) {
            replies.take_earlier(&folder.join(&name), &wanted.requests)?;
        }
        let open = wanted.in_order.iter().filter(|(digest, ..)| !replies.has(digest));
        let tokens: u64 = open.clone().map(|(.., tokens)| tokens).sum();
        self.missing[at] = open.map(|(_, missing, _)| *missing).collect();
        let is_missing =
            |_: &str, _: u16, request: Digest| wanted.requests.contains(&request) && !replies.has(&request);
        let (begun, lost) = Begun::open(&path.with_extension("begun"), is_missing)
            .map_err(|cause| AskError::Journal { path: path.clone(), cause })?;
        let (asks, forecast) = (self.missing[at].len() as u64, &mut self.forecast);
        forecast.asks += asks;
        forecast.known += own;
        forecast.cached += replies.count() - own;
        forecast.in_flight += lost.in_flight;
        self.lost.add(lost.refused);
        forecast.torn += replies.opened().torn;
        forecast.put_aside += replies.opened().left;
        forecast.tokens += tokens + asks * USUAL_VERDICT;
        let price = |tokens: u64, asks: u64| system.live.price.map(|price| price.of(tokens, asks * USUAL_VERDICT));
        if asks > 0 {
            forecast.spend = forecast.spend.zip(price(tokens, asks)).map(|(spend, more)| spend + more);
        }
        let each = tokens / asks.max(1);
        self.thought.push(Used { tokens: each + USUAL_VERDICT, spend: price(each, 1).unwrap_or(0.0) });
        self.begun.push(RefCell::new(begun));
        self.replies.push(replies);
        Ok(())
    }

    /// What asking for the rest is thought to take.
    pub fn forecast(&self) -> Forecast {
        self.forecast
    }

    /// What the journal's judgements took already.
    pub fn used(&self) -> Used {
        let mut used = self.lost;
        self.replies.iter().for_each(|replies| used.add(replies.used()));
        used
    }

    /// Asks for what is missing.
    pub fn carry_out(&self, budget: Budget, used: Used, tell: &mut dyn FnMut(&Standing)) -> Result<Drove, AskError> {
        let paths: Vec<Utf8PathBuf> = self.replies.iter().map(|replies| replies.path().to_owned()).collect();
        let journal = Journal::on_disk(&paths, None).map_err(DriveError::Journal)?;
        let lane = |(file, system): (usize, &LiveSystem)| Lane {
            thought: self.thought[file],
            known: self.replies[file].took(),
            ..system.lane(file, (0..self.missing[file].len() as u64).collect())
        };
        let lanes = self.matter.systems.iter().enumerate().map(lane).collect();
        Ok(drive(lanes, self, &journal, budget, used, tell)?)
    }

    /// Reads the verdicts from everything that was said.
    pub fn verdicts(mut self, mut tell: impl FnMut(u64, u64)) -> Result<Verdicts, AskError> {
        for replies in &mut self.replies {
            replies.read_again()?;
        }
        let Judging { matter, requests, replies, .. } = self;
        let of = matter.tasks.len();
        let read = many::made(of, |at| matter.verdict(at, &requests[at], &replies), |done| tell(done, of as u64));
        let mut by_answer = HashMap::with_capacity(of);
        let mut differing: Vec<Differing> = matter.judged.iter().map(Differing::of).collect();
        for (task, (verdict, how)) in matter.tasks.iter().zip(read) {
            differing[task.judged as usize].add(how);
            let criterion = matter.judged[task.judged as usize].criterion;
            by_answer.insert((criterion, task.arm, task.example, task.repeat), (verdict, how));
        }
        differing.retain(|found| found.panel.is_some() || found.order.is_some());
        for judged in matter.judged.iter().filter(|judged| judged.rubric.kind == Kind::Pairwise) {
            for (arm, example, repeat) in matter.answers.of_production() {
                let candidate = matter.answers.candidate();
                let other = candidate.and_then(|own| by_answer.get(&(judged.criterion, own, example, repeat)));
                let seen = from_the_other_side(other.map(|(verdict, _)| verdict));
                // It is no comparison of its own.
                by_answer.insert((judged.criterion, arm, example, repeat), (seen, HowJudged::default()));
            }
        }
        Ok(Verdicts { arms: matter.answers.names(), by_answer, differing })
    }
}

impl Matter<'_> {
    /// What each judge has to be asked for, in the order of what is judged, equal requests once; and what names the request of every
    /// question.
    fn wanted(&self, tell: &mut dyn FnMut(u64, u64)) -> Result<(Vec<Wanted>, Vec<Vec<Digest>>), AskError> {
        let of = self.tasks.len();
        let request = |task: usize, ask: Ask| self.made(task, ask).map(|made| (ask, made.digest(), made.tokens));
        let all =
            |task: usize| self.asks(task).into_iter().map(|ask| request(task, ask)).collect::<Result<Vec<_>, _>>();
        let mut wanted: Vec<Wanted> = self.systems.iter().map(|_| Wanted::default()).collect();
        let mut requests = Vec::with_capacity(of);
        for (task, made) in many::made(of, all, |done| tell(done, of as u64)).into_iter().enumerate() {
            let made = made.map_err(|fault| AskError::Questions(vec![fault], 0))?;
            for &(ask, digest, tokens) in &made {
                let wanted = &mut wanted[self.system(task, ask)];
                if wanted.requests.insert(digest) {
                    wanted.in_order.push((digest, Missing { task: task as u32, ask }, tokens));
                }
            }
            requests.push(made.iter().map(|(_, digest, _)| *digest).collect());
        }
        Ok((wanted, requests))
    }

    /// The questions that a verdict takes.
    fn asks(&self, task: usize) -> Vec<Ask> {
        let judged = &self.judged[self.tasks[task].judged as usize];
        crate::judge::asks(judged.names, judged.rubric)
    }

    fn system(&self, task: usize, ask: Ask) -> usize {
        self.judged[self.tasks[task].judged as usize].judges[ask.judge]
    }

    fn made(&self, task: usize, ask: Ask) -> Result<Request, String> {
        let system = &self.systems[self.system(task, ask)];
        self.shown(task, ask, |judged, shown| system.system.prepare(&judged.instructions.question(shown), 0))?
    }

    /// Shows what a question is about.
    fn shown<T>(&self, task: usize, ask: Ask, then: impl FnOnce(&Judged, &Shown) -> T) -> Result<T, String> {
        let task = &self.tasks[task];
        let judged = &self.judged[task.judged as usize];
        let id = &self.plan.set.rows[task.example.0 as usize].id;
        let document = self
            .plan
            .documents
            .get(task.example)
            .ok_or_else(|| format!("the example `{id}` changed while it was judged"))?;
        self.answers.with(task.own, |own| match task.production {
            None => Ok(then(judged, &Shown::new(&document, own, None, ask))),
            Some(production) => self
                .answers
                .with(production, |production| Ok(then(judged, &Shown::new(&document, own, Some(production), ask)))),
        })
    }

    /// The verdict that the replies to these requests give, and how it came about.
    fn verdict(&self, task: usize, requests: &[Digest], replies: &[Replies]) -> (Verdict, HowJudged) {
        let judged = &self.judged[self.tasks[task].judged as usize];
        let read = |(ask, request): (Ask, &Digest)| {
            (ask, self.said(task, ask, replies[self.system(task, ask)].reply(request)))
        };
        let said: Vec<(Ask, Result<Judgement, String>)> = self.asks(task).into_iter().zip(requests).map(read).collect();
        let verdict = combine(judged.names, judged.rubric, &said);
        let how = how(judged.names, judged.rubric, &said, &verdict);
        (verdict, how)
    }

    fn said(&self, task: usize, ask: Ask, reply: Result<&Reply, String>) -> Result<Judgement, String> {
        let reply = reply?;
        self.shown(task, ask, |judged, shown| read(judged.rubric, shown, reply))?
    }
}

impl Differing {
    fn of(judged: &Judged) -> Self {
        let panel = (judged.names.len() > 1).then_some(0);
        let order = (judged.rubric.kind == Kind::Pairwise).then_some(0);
        Differing { criterion: judged.what.name.clone(), judged: 0, panel, order }
    }

    fn add(&mut self, how: HowJudged) {
        self.judged += 1;
        for (count, one) in [(&mut self.panel, how.panel_differs), (&mut self.order, how.order_changed)] {
            *count = count.map(|count| count + u64::from(one == Some(true)));
        }
    }
}

impl Work for Judging<'_> {
    fn request(&self, lane: usize, at: usize) -> Result<Request, String> {
        let Missing { task, ask } = self.missing[lane][at];
        self.matter.made(task as usize, ask)
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
        let Missing { task, ask } = self.missing[lane][at];
        self.matter.shown(task as usize, ask, |judged, shown| read(judged.rubric, shown, reply).map(|_| ()))?
    }

    fn line(&self, lane: usize, at: usize, asked: &Asked) -> String {
        let task = &self.matter.tasks[self.missing[lane][at].task as usize];
        line::of(self.matter.plan.set.rows[task.example.0 as usize].id.as_str(), task.repeat, asked)
    }
}

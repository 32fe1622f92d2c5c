//! The one loop with a clock: makes the attempts that the schedule asks for, and keeps what comes back.
//!
//! in      lanes with what can be asked in each; how an ask becomes a question and what came back becomes a line; a journal
//! out     every ask answered, durable, or how it ended before; what it took
//! errors  a question that cannot be put, a journal that cannot be written
//! note    an answer counts once its line is acknowledged. Attempts run on threads of their own; questions and lines are made by
//!         the caller's thread, one at a time, in no promised order

use crate::budget::{Telling, Took, Used};
use crate::interrupt::Minded;
use crate::journal::{Journal, JournalError};
use crate::provider::{Attempt, Provider, Question, Reply, Request, Secrets, Trouble, TroubleKind};
use crate::schedule::{self, AskId, Ending, Next, Outcome, Schedule};
use domain::digest::Digest;
use domain::system::{Budget, Limits, Price};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot::error::RecvError;
use tokio::task::JoinSet;

/// Something that answers: a provider, or one of a test.
pub trait Answers: Send + Sync + 'static {
    fn prepare(&self, question: &Question, repeat: u32) -> Result<Request, String>;
    fn attempt(self: Arc<Self>, request: Arc<Request>) -> BoxFuture<'static, Attempt>;
    /// Systems behind the same address and key.
    fn shares(&self) -> String;
}

/// A provider with the keys that are never printed.
pub struct Keyed {
    provider: Provider,
    secrets: Arc<Secrets>,
}

impl Keyed {
    pub fn new(provider: Provider, secrets: Arc<Secrets>) -> Self {
        Keyed { provider, secrets }
    }
}

impl Answers for Keyed {
    fn prepare(&self, question: &Question, repeat: u32) -> Result<Request, String> {
        self.provider.prepare(question, repeat)
    }

    fn attempt(self: Arc<Self>, request: Arc<Request>) -> BoxFuture<'static, Attempt> {
        Box::pin(async move { self.provider.attempt(&request, &self.secrets).await })
    }

    fn shares(&self) -> String {
        self.provider.shares()
    }
}

/// One system's part of the work.
pub struct Lane {
    pub system: Arc<dyn Answers>,
    pub limits: Limits,
    pub price: Option<Price>,
    /// Which of the journal's files its lines go to.
    pub file: usize,
    /// Where in the plan each ask stands, rising.
    pub positions: Vec<u64>,
    /// What one ask is thought to take.
    pub thought: Used,
    /// What calls of earlier runs took.
    pub known: Took,
}

/// What the asks are about.
pub trait Work {
    /// The request of an ask; what is wrong where it cannot be put.
    fn request(&self, lane: usize, at: usize) -> Result<Request, String>;
    /// An attempt at it begins.
    fn starts(&self, _lane: usize, _at: usize, _request: &Request) {}
    /// What came could not be taken, and was paid all the same.
    fn refused(&self, _lane: usize, _at: usize, _request: &Request, _took: Used) {}
    /// Whether a reply is one; else why it has to be asked again.
    fn accept(&self, _lane: usize, _at: usize, _reply: &Reply) -> Result<(), String> {
        Ok(())
    }
    /// What the journal keeps: a JSON object on one line.
    fn line(&self, lane: usize, at: usize, asked: &Asked) -> String;
}

/// How an ask went.
pub struct Asked<'a> {
    pub request: Digest,
    pub got: Result<&'a Reply, &'a Trouble>,
    /// Each attempt: why it failed, `None` for the one that did not, and how long it took.
    pub attempts: &'a [(Option<String>, Duration)],
    pub first_byte: Option<Duration>,
    pub spend: Option<f64>,
    /// What replies took that were none to be taken.
    pub refused: Used,
    pub at: jiff::Timestamp,
}

#[cfg(test)]
impl<'a> Asked<'a> {
    /// A reply that was taken and paid with 0.25, after others that took 36 tokens and 0.75.
    pub(crate) fn after_refusals(request: Digest, reply: &'a Reply) -> Self {
        Asked {
            request,
            got: Ok(reply),
            attempts: &[],
            first_byte: None,
            spend: Some(0.25),
            refused: Used { tokens: 36, spend: 0.75 },
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }
}

/// Where the work stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    pub done: u64,
    pub of: u64,
    pub failed: u64,
    pub in_flight: usize,
    pub used: Used,
    pub elapsed: Duration,
    /// The lane whose system asks to be left alone, and for how long from now.
    pub left_alone: Option<(usize, Duration)>,
    /// Where calls came back since the last answer: of which lane, with which trouble the last of them did, and how long there is no answer.
    pub silent: Option<(usize, TroubleKind, Duration)>,
    /// Someone asked it to end.
    pub ending: bool,
}

/// What was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Drove {
    pub ending: Ending,
    pub standing: Standing,
}

#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("{0}")]
    Question(String),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("cannot start the threads that ask: {0}")]
    Runtime(#[from] std::io::Error),
    #[error("a call ended without a word: {0}")]
    Lost(String),
}

/// How often whoever waits is told.
const TELL: Duration = Duration::from_millis(200);

/// Asks everything that the lanes hold.
pub fn drive(
    lanes: Vec<Lane>,
    work: &dyn Work,
    journal: &Journal,
    budget: Budget,
    used: Used,
    tell: &mut dyn FnMut(&Standing),
) -> Result<Drove, DriveError> {
    // Threads only make calls; one is enough for little.
    let most: u64 = lanes.iter().map(|lane| u64::from(lane.limits.at_once)).sum();
    let threads = if most > 32 { 2 } else { 1 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let drove = runtime.block_on(Driver::new(lanes, work, journal, budget, used).run(tell));
    // Calls that were given up are not waited for.
    runtime.shutdown_background();
    drove
}

/// The lane of an answer, and whether it is durable.
type Kept = (usize, Result<Result<(), JournalError>, RecvError>);

struct Driver<'a> {
    lanes: Vec<Lane>,
    work: &'a dyn Work,
    journal: &'a Journal,
    schedule: Schedule,
    calls: JoinSet<(AskId, Attempt)>,
    /// Asks whose attempts are not over.
    open: BTreeMap<AskId, Open>,
    kept: FuturesUnordered<BoxFuture<'static, Kept>>,
    /// Of each lane.
    telling: Vec<Telling>,
    standing: Standing,
    started: Instant,
    last_answer: Instant,
    chance: rand_chacha::ChaCha8Rng,
}

struct Open {
    request: Arc<Request>,
    attempts: Vec<(Option<String>, Duration)>,
    refused: Used,
    /// The last one, where it is held.
    held: Option<(Attempt, jiff::Timestamp)>,
}

impl<'a> Driver<'a> {
    fn new(lanes: Vec<Lane>, work: &'a dyn Work, journal: &'a Journal, budget: Budget, used: Used) -> Self {
        let plan = lanes
            .iter()
            .map(|lane| schedule::Lane {
                limits: lane.limits,
                shares: lane.system.shares(),
                positions: lane.positions.clone(),
                thought: lane.thought,
                known: lane.known,
            })
            .collect();
        let of = lanes.iter().map(|lane| lane.positions.len() as u64).sum();
        let telling = vec![Telling::new(budget); lanes.len()];
        Driver {
            lanes,
            work,
            journal,
            schedule: Schedule::new(plan, budget, used),
            calls: JoinSet::new(),
            open: BTreeMap::new(),
            kept: FuturesUnordered::new(),
            telling,
            standing: Standing { of, ..Default::default() },
            started: Instant::now(),
            last_answer: Instant::now(),
            // Spreads waits; nothing that is kept depends on it.
            chance: rand_chacha::ChaCha8Rng::seed_from_u64(u64::from(std::process::id())),
        }
    }

    async fn run(mut self, tell: &mut dyn FnMut(&Standing)) -> Result<Drove, DriveError> {
        let minded = Minded::begin();
        let mut told = Instant::now();
        loop {
            if minded.asked() > 0 {
                self.standing.ending = true;
                self.schedule.end(Ending::Interrupted);
            }
            if minded.asked() > 1 {
                self.calls.abort_all();
                return self.finish(Ending::Interrupted, tell).await;
            }
            let wait = match self.schedule.next(self.started.elapsed()) {
                Next::Ask(ask) => {
                    self.ask(ask)?;
                    continue;
                }
                Next::Ended(ending) => return self.finish(ending, tell).await,
                Next::Wait(until) => until,
            };
            if told.elapsed() >= TELL {
                told = Instant::now();
                tell(&self.stand());
            }
            let now = self.started.elapsed();
            let nap = wait.map_or(TELL, |until| until.saturating_sub(now)).min(TELL);
            tokio::select! {
                Some(ended) = self.calls.join_next() => {
                    let (ask, attempt) = ended.map_err(|error| DriveError::Lost(error.to_string()))?;
                    self.came_back(ask, attempt).await?;
                    // Whatever else came back meanwhile.
                    while let Some(ended) = self.calls.try_join_next() {
                        let (ask, attempt) = ended.map_err(|error| DriveError::Lost(error.to_string()))?;
                        self.came_back(ask, attempt).await?;
                    }
                }
                Some(kept) = self.kept.next() => self.count(kept)?,
                () = minded.said() => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    fn stand(&self) -> Standing {
        let elapsed = self.started.elapsed();
        let left_alone = self.schedule.left_alone(elapsed);
        Standing {
            in_flight: self.schedule.in_flight(),
            used: self.schedule.used(),
            elapsed,
            left_alone: left_alone.map(|(lane, until)| (lane, until.saturating_sub(elapsed))),
            silent: self.standing.silent.map(|(lane, kind, _)| (lane, kind, self.last_answer.elapsed())),
            ..self.standing
        }
    }

    async fn finish(mut self, ending: Ending, tell: &mut dyn FnMut(&Standing)) -> Result<Drove, DriveError> {
        if ending == Ending::Done {
            for lane in 0..self.lanes.len() {
                self.release(lane).await?;
            }
        }
        while let Some(kept) = self.kept.next().await {
            self.count(kept)?;
        }
        // Whoever is left alone is waited for no more.
        let standing = Standing { left_alone: None, ..self.stand() };
        tell(&standing);
        Ok(Drove { ending, standing })
    }

    fn count(&mut self, (lane, kept): Kept) -> Result<(), DriveError> {
        self.schedule.kept(lane);
        kept.map_err(|_| DriveError::Lost("the journal's writer is gone".to_owned()))??;
        self.standing.done += 1;
        Ok(())
    }

    fn ask(&mut self, ask: AskId) -> Result<(), DriveError> {
        let request = match self.open.get(&ask) {
            Some(open) => Arc::clone(&open.request),
            None => {
                let request = self.work.request(ask.lane, ask.at).map_err(DriveError::Question)?;
                let request = Arc::new(request);
                let (attempts, refused) = (Vec::new(), Used::default());
                let open = Open { request: Arc::clone(&request), attempts, refused, held: None };
                self.open.insert(ask, open);
                request
            }
        };
        self.work.starts(ask.lane, ask.at, &request);
        let call = Arc::clone(&self.lanes[ask.lane].system).attempt(request);
        self.calls.spawn(async move { (ask, call.await) });
        Ok(())
    }

    async fn came_back(&mut self, ask: AskId, mut attempt: Attempt) -> Result<(), DriveError> {
        // What came was paid, also where it is none that can be taken.
        let took = self.took(ask.lane, &attempt);
        if let Ok(reply) = &attempt.got
            && let Err(why) = self.work.accept(ask.lane, ask.at, reply)
        {
            attempt.got = Err(Trouble { kind: TroubleKind::Unreadable, message: why, retry_after: None });
        }
        let trouble = attempt.got.as_ref().err();
        let Some(open) = self.open.get_mut(&ask) else { return Ok(()) };
        let failed = trouble.map(|trouble| format!("{}: {}", trouble.kind.class(), trouble.message));
        self.standing.silent = trouble.map(|trouble| (ask.lane, trouble.kind, Duration::ZERO));
        match trouble {
            Some(_) => {
                open.refused.add(took);
                if took != Used::default() {
                    self.work.refused(ask.lane, ask.at, &open.request, took);
                }
            }
            None => self.last_answer = Instant::now(),
        }
        open.attempts.push((failed, attempt.latency));
        if let Ok(reply) = &attempt.got {
            let (spend, tokens) = (self.spend(ask.lane, reply), reply.tokens_in.or(reply.tokens_out));
            if let Some(missing) = self.telling[ask.lane].note(spend, tokens) {
                self.schedule.end(Ending::Untold(ask.lane, missing));
            }
        }
        let chance = self.chance.random::<f64>();
        let now = self.started.elapsed();
        let outcome = self.schedule.attempted(now, ask, attempt.got.as_ref().err(), &attempt.headroom, took, chance);
        let at = jiff::Timestamp::now();
        match outcome {
            Outcome::Again => Ok(()),
            Outcome::Held => {
                if let Some(open) = self.open.get_mut(&ask) {
                    open.held = Some((attempt, at));
                }
                Ok(())
            }
            Outcome::Answered => {
                self.keep(ask, &attempt, at).await?;
                self.release(ask.lane).await
            }
            Outcome::GaveUp => self.keep(ask, &attempt, at).await,
        }
    }

    /// Answers that were held count as failures.
    async fn release(&mut self, lane: usize) -> Result<(), DriveError> {
        for ask in self.schedule.released(lane) {
            let held = self.open.get_mut(&ask).and_then(|open| open.held.take());
            if let Some((attempt, at)) = held {
                self.keep(ask, &attempt, at).await?;
            }
        }
        Ok(())
    }

    fn took(&self, lane: usize, attempt: &Attempt) -> Used {
        let Ok(reply) = &attempt.got else { return Used::default() };
        let (read, written) = (reply.tokens_in.unwrap_or(0), reply.tokens_out.unwrap_or(0));
        Used { tokens: read.saturating_add(written), spend: self.spend(lane, reply).unwrap_or(0.0) }
    }

    fn spend(&self, lane: usize, reply: &Reply) -> Option<f64> {
        let priced = || Some(self.lanes[lane].price?.of(reply.tokens_in?, reply.tokens_out?));
        reply.spend.or_else(priced)
    }

    async fn keep(&mut self, ask: AskId, attempt: &Attempt, at: jiff::Timestamp) -> Result<(), DriveError> {
        let Some(open) = self.open.remove(&ask) else { return Ok(()) };
        let asked = Asked {
            request: open.request.digest(),
            got: attempt.got.as_ref(),
            attempts: &open.attempts,
            first_byte: attempt.first_byte,
            spend: attempt.got.as_ref().ok().and_then(|reply| self.spend(ask.lane, reply)),
            refused: open.refused,
            at,
        };
        self.standing.failed += u64::from(attempt.got.is_err());
        let line = self.work.line(ask.lane, ask.at, &asked);
        let kept = self.journal.append(self.lanes[ask.lane].file, &line).await;
        self.kept.push(Box::pin(async move { (ask.lane, kept.await) }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Headroom;

    struct Says(Reply);

    impl Answers for Says {
        fn prepare(&self, _question: &Question, _repeat: u32) -> Result<Request, String> {
            Err("it is asked without questions".to_owned())
        }

        fn attempt(self: Arc<Self>, _request: Arc<Request>) -> BoxFuture<'static, Attempt> {
            Box::pin(async move {
                let (got, latency) = (Ok(self.0.clone()), Duration::from_millis(1));
                Attempt { got, status: Some(200), latency, first_byte: None, headroom: Headroom::default() }
            })
        }

        fn shares(&self) -> String {
            String::new()
        }
    }

    struct TakesNone;

    impl Work for TakesNone {
        fn request(&self, _lane: usize, _at: usize) -> Result<Request, String> {
            Ok(Request::new("", Vec::new(), false, None))
        }

        fn accept(&self, _lane: usize, _at: usize, _reply: &Reply) -> Result<(), String> {
            Err("too long".to_owned())
        }

        fn line(&self, _lane: usize, _at: usize, asked: &Asked) -> String {
            crate::asking::line::of("a", 0, asked)
        }
    }

    #[test]
    fn a_reply_that_cannot_be_taken_counts_as_failed_with_its_attempts_and_what_it_took() {
        let folder = tempfile::tempdir().unwrap();
        let file = camino::Utf8PathBuf::try_from(folder.path().join("candidate.jsonl")).unwrap();
        let journal = Journal::on_disk(std::slice::from_ref(&file), None).unwrap();
        let reply =
            Reply { text: Some("Yes.".to_owned()), tokens_in: Some(3), tokens_out: Some(4), ..Reply::default() };
        let lane = Lane {
            system: Arc::new(Says(reply)),
            limits: Limits { attempts: 1, ..Limits::default() },
            price: None,
            file: 0,
            positions: vec![0, 1],
            thought: Used::default(),
            known: Took::default(),
        };
        let drove = drive(vec![lane], &TakesNone, &journal, Budget::default(), Used::default(), &mut |_| ()).unwrap();
        assert_eq!((drove.ending, drove.standing.done, drove.standing.failed), (Ending::Done, 2, 2));
        assert_eq!(drove.standing.used.tokens, 14, "what came was paid");
        assert!(matches!(drove.standing.silent, Some((0, TroubleKind::Unreadable, _))), "{:?}", drove.standing.silent);
        let kept = std::fs::read_to_string(&file).unwrap();
        for line in kept.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(
                (&line["error"]["message"], &line["attempts"][0]["error"]),
                (&"too long".into(), &"unreadable: too long".into())
            );
            assert_eq!(
                line["asked"]["refused"],
                serde_json::json!({"tokens": 7, "spend": 0.0}),
                "also for the next run"
            );
        }
        assert_eq!(kept.lines().count(), 2);
    }
}

//! Asks the live systems of an eval, and keeps their answers beside its runs: `.plimsoll/asked/<n>/<system>.jsonl`.
//!
//! in      an eval, its reference set, and the documents that may be shown to systems
//! out     the files of answers of each live arm, whole
//! errors  a system that cannot be asked, or by whose replies the budget could not be kept; a judge that obeys what it judges; a question
//!         that cannot be put, a journal that cannot be written; a stop before the end (budget, `Ctrl-C`, a system out of reach) is no
//!         decision, and the next run goes on from there
//! note    whoever asks holds `locks/asking`. A run that waited for another one takes what that one asked for, where it would have
//!         asked the same

pub mod budget;
mod said;

use super::eval::Eval;
use super::gathered::Gathered;
use super::graders::{refused, refused_system};
use super::rubrics;
use super::run::Progress;
use super::work::{open_lock, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::grader::{Grader, Schema};
use domain::name::SystemName;
use domain::reference_set::ReferenceSet;
use domain::rubric::Rubric;
use domain::system::{Arm, Live, Speaks, System};
use engine::Documents;
use engine::asking::{AskError, Asking, LiveSystem, Plan};
use engine::budget::Used;
use engine::driver::{DriveError, Drove, Keyed, Standing};
use engine::journal::Growing;
use engine::judge::Instructions;
use engine::judging::{self, Judged, Judging, TriedOut, Verdicts, try_out};
use engine::provider::{Provider, Secrets, Surroundings};
use engine::schedule::Ending;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// What a folder of answers is marked with once scores rest on it, and once a record does.
const SEALED: &str = "sealed";
const CLOSED: &str = "closed";
/// What it was asked for.
const PLAN: &str = "plan";

/// A turn to ask: while it lives, nobody else asks here.
pub struct Asked {
    folder: Utf8PathBuf,
    /// Where earlier runs have their answers.
    earlier: Vec<Utf8PathBuf>,
    /// What was used so far.
    used: Used,
    /// The judges were tried out.
    tried_out: bool,
    _asking: File,
}

impl Asked {
    /// Scores rest on these answers: the files stay as they are.
    pub fn sealed(&self) -> Result<(), Failure> {
        self.mark(SEALED)
    }

    /// A decision rests on them: the next run asks anew.
    pub fn closed(self) -> Result<(), Failure> {
        self.mark(CLOSED)
    }

    fn mark(&self, name: &str) -> Result<(), Failure> {
        let path = self.folder.join(name);
        std::fs::write(&path, "").map_err(|error| write_failure(&path, &error))
    }
}

/// What is asked for one run, by whoever has the turn.
pub struct Asks<'a> {
    askable: &'a Askable<'a>,
    set: &'a ReferenceSet,
    shown: &'a Documents<'a>,
    turn: Asked,
    /// Of the live arms, where there are any.
    asking: Option<Asking<'a>>,
}

impl Asks<'_> {
    /// The file of each live arm's answers.
    pub fn files(&self) -> impl Iterator<Item = (Arm, &Utf8PathBuf)> {
        let arms = self.askable.arms.iter().map(|(arm, ..)| *arm);
        arms.zip(self.asking.iter().flat_map(Asking::files))
    }

    fn look(&mut self, progress: &mut dyn Progress) -> Result<(), Failure> {
        progress.step("looking what is there and what is to be asked");
        let Asks { askable: Askable { eval, arms, .. }, set, shown, turn, .. } = self;
        let plan = Plan { set, documents: shown, repeats: eval.contract.repeats };
        let systems: Vec<LiveSystem> = arms.iter().map(|(.., system)| system.clone()).collect();
        let asking = Asking::plan(plan, systems, &turn.folder, &turn.earlier, &mut |done, of| progress.count(done, of))
            .map_err(ask_failure)?;
        turn.used.add(asking.used());
        said::before("answers", &asking.forecast(), turn.used, &eval.contract)
            .iter()
            .for_each(|line| progress.note(line));
        self.asking = Some(asking);
        Ok(())
    }

    /// Asks every live arm for what is not there yet. Its answers may be read meanwhile.
    pub fn answered(mut self, growing: Option<&Arc<Growing>>, progress: &mut dyn Progress) -> Result<Asked, Failure> {
        self.ask(growing, progress)?;
        Ok(self.turn)
    }

    /// Asks the judges, too, about every answer.
    pub fn judged(
        mut self,
        files: &[(Arm, Vec<Utf8PathBuf>)],
        progress: &mut dyn Progress,
    ) -> Result<(Asked, Arc<Verdicts>), Failure> {
        self.ask(None, progress)?;
        let Asks { askable, set, shown, mut turn, .. } = self;
        let verdicts = askable.verdicts(&mut turn, set, shown, files, progress)?;
        Ok((turn, verdicts))
    }

    fn ask(&mut self, growing: Option<&Arc<Growing>>, progress: &mut dyn Progress) -> Result<(), Failure> {
        let Some(asking) = &self.asking else { return Ok(()) };
        let askable = self.askable;
        let names: Vec<&str> = askable.arms.iter().map(|(arm, ..)| arm.as_str()).collect();
        let what = format!("asking {}", names.join(", "));
        progress.step(&what);
        let (budget, used) = (askable.eval.contract.budget, self.turn.used);
        let drove = asking.carry_out(budget, used, growing, &mut askable.said(&names, &what, progress));
        let drove = drove.map_err(ask_failure)?;
        self.turn.used = drove.standing.used;
        askable.ended(&names, &drove, "answers", progress)
    }
}

/// Everything that is asked for one run: live arms, and judges with their rubrics.
pub struct Askable<'a> {
    eval: &'a Eval,
    arms: Vec<(Arm, &'a System, LiveSystem)>,
    judges: Vec<LiveSystem>,
    rubrics: Vec<(u16, &'a Criterion, Rubric, &'a [SystemName])>,
    addresses: Vec<String>,
}

impl<'a> Askable<'a> {
    /// Whatever could not be asked is told before anything is.
    pub fn of(eval: &'a Eval) -> Result<Self, Failure> {
        let mut secrets = Secrets::default();
        let environment = |name: &str| std::env::var(name).ok();
        let around = Surroundings { folder: &eval.folder, environment: &environment, hosts: &eval.contract.hosts };
        let mut provide = |system: &'a System, live: &Live| {
            Provider::ready(system.name.as_str(), live, &around, &mut secrets)
                .map_err(|error| refused_system(eval, system, &error.to_string()))
        };
        let mut gathered = Gathered::default();
        gathered.take(budget::can_be_kept(eval));
        let (mut arms, mut judges, mut rubrics) = (Vec::new(), Vec::new(), Vec::new());
        for arm in Arm::ALL {
            if let Some((system, live)) = eval.contract.system(arm).and_then(|system| Some((system, system.live()?))) {
                arms.extend(gathered.take(provide(system, live)).map(|provider| (arm, system, live, provider)));
            }
        }
        for (at, criterion) in eval.contract.criteria.iter().enumerate() {
            let Grader::Judge { rubric, with } = &criterion.grader else { continue };
            let rubric = gathered.take(rubrics::read(eval, criterion, rubric));
            rubrics.extend(rubric.map(|rubric| (at as u16, criterion, rubric, with.as_slice())));
            for name in with {
                // The contract's reader saw to it that judges are there.
                let Some(system) = eval.contract.systems.iter().find(|system| system.name == *name) else { continue };
                let Some(live) = system.live() else {
                    let what = format!("the verdicts of its judge `{name}` come from elsewhere");
                    let help = "bring them in with `plimsoll import scores FILE`, then `plimsoll decide`; or name a judge that can be asked";
                    gathered.add(refused(eval, criterion, &what, help));
                    continue;
                };
                if !judges.iter().any(|(known, ..): &(&System, &Live, Provider)| known.name == *name) {
                    judges.extend(gathered.take(provide(system, live)).map(|provider| (system, live, provider)));
                }
            }
        }
        gathered.finish()?;
        let secrets = Arc::new(secrets);
        let mut addresses = Vec::new();
        let mut ready = |name: &str, live: &Live, provider: Provider| {
            addresses.push(format!("{name} {}", provider.address()));
            let system = Arc::new(Keyed::new(provider, Arc::clone(&secrets)));
            LiveSystem { name: name.to_owned(), system, live: live.clone() }
        };
        let arms = arms
            .into_iter()
            .map(|(arm, system, live, provider)| (arm, system, ready(arm.as_str(), live, provider)))
            .collect();
        let judges =
            judges.into_iter().map(|(system, live, provider)| ready(system.name.as_str(), live, provider)).collect();
        Ok(Askable { eval, arms, judges, rubrics, addresses })
    }

    /// Nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.arms.is_empty() && self.rubrics.is_empty()
    }

    /// Judges have to see all answers before everything is graded.
    pub fn is_judged(&self) -> bool {
        !self.rubrics.is_empty()
    }

    /// What each judged criterion is graded by, as its score rows carry it.
    pub fn grader_digest(&self, criterion: &Criterion) -> Option<Digest> {
        let (_, _, rubric, names) = self.rubrics.iter().find(|(_, known, ..)| known.name == criterion.name)?;
        let system = |name: &SystemName| self.eval.contract.systems.iter().find(|system| system.name == *name);
        let judges: Vec<&System> = names.iter().filter_map(system).collect();
        Some(engine::judge::identity(rubric, &judges))
    }

    /// Takes the turn to ask, in a folder of this run's own or one that a stopped run left.
    fn begin(&self, set: &ReferenceSet, progress: &mut dyn Progress) -> Result<Asked, Failure> {
        let digest = self.digest(set)?;
        let (asking, waited) = take_turn(self.eval, progress)?;
        let (folder, earlier) = folder_of(&self.eval.state().join("asked"), &digest, waited)?;
        Ok(Asked { folder, earlier, used: Used::default(), tried_out: false, _asking: asking })
    }

    /// Takes the turn to ask and looks what there is to be asked of the live arms, once the judges were tried out.
    pub fn asks<'s>(
        &'s self,
        set: &'s ReferenceSet,
        shown: &'s Documents<'s>,
        progress: &mut dyn Progress,
    ) -> Result<Asks<'s>, Failure> {
        let mut turn = self.begin(set, progress)?;
        self.try_out(&mut turn, set, shown, progress)?;
        let mut asks = Asks { askable: self, set, shown, turn, asking: None };
        if !self.arms.is_empty() {
            asks.look(progress)?;
        }
        Ok(asks)
    }

    /// Asks the judges about answers that order them to pass what is wrong; one that obeys is refused. What they said of them before is
    /// not asked for again.
    fn try_out(
        &self,
        turn: &mut Asked,
        set: &ReferenceSet,
        documents: &Documents,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        if self.rubrics.is_empty() || turn.tried_out {
            return Ok(());
        }
        let judged = self.judged();
        let names: Vec<&str> = self.judges.iter().map(|judge| judge.name.as_str()).collect();
        let plan = Plan { set, documents, repeats: self.eval.contract.repeats };
        let budget = self.eval.contract.budget;
        let what = format!("trying out {}", names.join(", "));
        progress.step(&what);
        let tried = try_out(
            plan,
            &judged,
            &self.judges,
            &turn.folder,
            budget,
            turn.used,
            &mut self.said(&names, &what, progress),
        );
        let (tried, in_flight) = tried.map_err(ask_failure)?;
        if in_flight > 0 {
            progress.note(&format!(
                "{in_flight} replies to canaries were in flight when the last run stopped, and were asked for again"
            ));
        }
        match tried {
            TriedOut::Passed(took) => {
                turn.used.add(took);
                turn.tried_out = true;
                Ok(())
            }
            TriedOut::Refused(refusal) => Err(Failure::yours(refusal.what, refusal.help)),
            TriedOut::Stopped(drove) => self.ended(&names, &drove, "replies to canaries", progress),
        }
    }

    /// Asks the judges about every answer, after they were tried out.
    fn verdicts(
        &self,
        turn: &mut Asked,
        set: &ReferenceSet,
        documents: &Documents,
        files: &[(Arm, Vec<Utf8PathBuf>)],
        progress: &mut dyn Progress,
    ) -> Result<Arc<Verdicts>, Failure> {
        if self.rubrics.is_empty() {
            return Ok(Arc::default());
        }
        self.try_out(turn, set, documents, progress)?;
        let judged = self.judged();
        let names: Vec<&str> = self.judges.iter().map(|judge| judge.name.as_str()).collect();
        let plan = Plan { set, documents, repeats: self.eval.contract.repeats };
        let budget = self.eval.contract.budget;
        progress.step("looking what is judged and what is to be");
        let arms = arms_of(files);
        let count = &mut |done, of| progress.count(done, of);
        let judging = Judging::plan(plan, &judged, &self.judges, &arms, &turn.folder, &turn.earlier, count);
        let judging = judging.map_err(ask_failure)?;
        turn.used.add(judging.used());
        let forecast = judging.forecast();
        said::before("judgements", &forecast, turn.used, &self.eval.contract)
            .iter()
            .for_each(|line| progress.note(line));
        if forecast.asks > 0 {
            let what = format!("asking {}", names.join(", "));
            progress.step(&what);
            let drove =
                judging.carry_out(budget, turn.used, &mut self.said(&names, &what, progress)).map_err(ask_failure)?;
            turn.used = drove.standing.used;
            self.ended(&names, &drove, "judgements", progress)?;
        }
        progress.step("reading the verdicts");
        let verdicts = judging.verdicts(|done, of| progress.count(done, of)).map_err(ask_failure)?;
        verdicts.differing().iter().flat_map(said::differing).for_each(|line| progress.note(&line));
        Ok(Arc::new(verdicts))
    }

    /// What judges say of these answers, apart from any run. Where they have not judged all of them they are asked, or else nothing is
    /// known: `None`. What they said is kept in a folder of this name beside those of runs.
    pub fn verdicts_apart(
        &self,
        name: &str,
        ask: bool,
        (set, documents): (&ReferenceSet, &Documents),
        files: &[(Arm, Vec<Utf8PathBuf>)],
        progress: &mut dyn Progress,
    ) -> Result<Option<Arc<Verdicts>>, Failure> {
        let (asking, _) = take_turn(self.eval, progress)?;
        let home = self.eval.state().join("asked");
        let folder = home.join(name);
        std::fs::create_dir_all(&folder).map_err(|error| write_failure(&folder, &error))?;
        let (earlier, used) = (numbered(&home)?, Used::default());
        let mut turn = Asked { folder, earlier, used, tried_out: false, _asking: asking };
        if !ask {
            let judged = self.judged();
            let plan = Plan { set, documents, repeats: self.eval.contract.repeats };
            let arms = arms_of(files);
            let judging =
                Judging::plan(plan, &judged, &self.judges, &arms, &turn.folder, &turn.earlier, &mut |_, _| {});
            let judging = judging.map_err(ask_failure)?;
            if judging.forecast().asks > 0 {
                return Ok(None);
            }
        }
        self.verdicts(&mut turn, set, documents, files, progress).map(Some)
    }

    /// The judged criteria with those who judge them.
    fn judged(&self) -> Vec<Judged<'_>> {
        let place = |name: &SystemName| self.judges.iter().position(|judge| judge.name == name.as_str());
        self.rubrics
            .iter()
            .map(|(criterion, what, rubric, names)| Judged {
                criterion: *criterion,
                what,
                rubric,
                instructions: Instructions::of(rubric),
                names,
                judges: names.iter().filter_map(place).collect(),
            })
            .collect()
    }

    fn said<'p>(
        &self,
        names: &'p [&'p str],
        what: &'p str,
        progress: &'p mut dyn Progress,
    ) -> impl FnMut(&Standing) + use<'p> {
        said::during(names, what, self.eval.contract.money().to_owned(), progress)
    }

    /// What is asked for: the examples, the systems, their addresses, the files that they read, how often.
    fn digest(&self, set: &ReferenceSet) -> Result<Digest, Failure> {
        let judged = |(criterion, _, rubric, names): &(u16, &Criterion, Rubric, &[SystemName])| {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            json!([criterion, rubric.digest.to_string(), names])
        };
        let (mut systems, mut files) = (Vec::new(), BTreeMap::new());
        for system in self.arms.iter().map(|(.., system)| system).chain(&self.judges) {
            systems.push(json!([system.name, system.live.speaks.content()]));
            let Speaks::Chat(chat) = &system.live.speaks else { continue };
            let schema = match &chat.answer_schema {
                Some(Schema::File(path)) => Some(path),
                _ => None,
            };
            for path in [chat.prompt.as_ref(), schema].into_iter().flatten() {
                let read = std::fs::read(self.eval.folder.join(path));
                let bytes = read.map_err(|error| {
                    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions")
                })?;
                files.insert(path.as_str(), Digest::of_bytes(&bytes).to_string());
            }
        }
        let content = json!({
            "set": set.digest.map(|digest| digest.to_string()),
            "repeats": self.eval.contract.repeats,
            "addresses": self.addresses,
            "judged": self.rubrics.iter().map(judged).collect::<Vec<_>>(),
            "systems": systems,
            "files": files,
        });
        Ok(Digest::of_value("plimsoll.asked.v2", &content))
    }

    /// A stop before the end is said, and is no decision.
    fn ended(&self, names: &[&str], drove: &Drove, what: &str, progress: &mut dyn Progress) -> Result<(), Failure> {
        let standing = &drove.standing;
        let so_far = format!("{} of {} {what} asked for are there and stay", standing.done, standing.of);
        match &drove.ending {
            Ending::Done => {
                if standing.of > 0 {
                    progress.note(&format!("asked: {}", said::stands(standing, self.eval.contract.money())));
                }
                Ok(())
            }
            Ending::BudgetSpent => Err(Failure::yours(
                format!(
                    "the budget {}: used {}, and another call may take more than is left; nothing was decided: {so_far}",
                    if standing.used == Used::default() { "does not reach for one call" } else { "is used up" },
                    budget::used(self.eval, standing.used)
                ),
                "raise `budget` in the contract and run again: it goes on from here",
            )),
            Ending::Untold(lane, missing) => {
                let name = names.get(*lane).copied().unwrap_or("a system");
                Err(budget::untold(self.eval, name, *missing, &so_far))
            }
            Ending::Interrupted => Err(Failure::yours(
                format!("interrupted, and nothing was decided: {so_far}"),
                "run again: it goes on from here",
            )),
            Ending::Stopped(lane, trouble) => {
                let name = names.get(*lane).copied().unwrap_or("a system");
                let kind = trouble.kind.class();
                Err(Failure::yours(
                    format!("`{name}` cannot be asked ({kind}): {}; nothing was decided: {so_far}", trouble.message),
                    format!(
                        "mend `{name}`: its address, key, model and limits; then run again, and it goes on from here"
                    ),
                ))
            }
        }
    }
}

/// Waits until nobody else asks here; whether somebody did.
fn take_turn(eval: &Eval, progress: &mut dyn Progress) -> Result<(File, bool), Failure> {
    let state = eval.state();
    let failed = |error: io::Error| write_failure(&state, &error);
    let lock = open_lock(&state, "asking").map_err(failed)?;
    if lock.try_lock().is_ok() {
        return Ok((lock, false));
    }
    progress.note("another run asks these systems now: waiting for it");
    lock.lock().map_err(failed)?;
    Ok((lock, true))
}

/// Where the answers go, and where earlier runs have theirs. A folder that no scores rest on is gone on with, and so is one that was
/// asked for the same.
fn folder_of(home: &Utf8Path, plan: &Digest, waited: bool) -> Result<(Utf8PathBuf, Vec<Utf8PathBuf>), Failure> {
    let failed = |error: io::Error| write_failure(home, &error);
    std::fs::create_dir_all(home).map_err(failed)?;
    let mut earlier = numbered(home)?;
    let last = earlier.first().and_then(|last| last.file_name()?.parse::<u32>().ok());
    if let Some(last) = earlier.first() {
        let same = std::fs::read_to_string(last.join(PLAN)).is_ok_and(|text| text.trim() == plan.to_string());
        let (sealed, closed) = (last.join(SEALED).exists(), last.join(CLOSED).exists());
        if if closed { same && waited } else { same || !sealed } {
            let folder = earlier.remove(0);
            if !same {
                std::fs::write(folder.join(PLAN), plan.to_string()).map_err(failed)?;
            }
            return Ok((folder, earlier));
        }
    }
    let folder = home.join(format!("{:04}", last.unwrap_or(0) + 1));
    std::fs::create_dir(&folder).map_err(failed)?;
    std::fs::write(folder.join(PLAN), plan.to_string()).map_err(failed)?;
    Ok((folder, earlier))
}

/// The folders of runs that asked, the newest first.
fn numbered(home: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Failure> {
    let failed = |error: io::Error| write_failure(home, &error);
    let mut there: Vec<u32> = Vec::new();
    for entry in home.read_dir_utf8().map_err(failed)? {
        there.extend(entry.map_err(failed)?.file_name().parse::<u32>().ok());
    }
    there.sort_unstable();
    Ok(there.iter().rev().map(|number| home.join(format!("{number:04}"))).collect())
}

/// The arms whose answers are judged.
fn arms_of(files: &[(Arm, Vec<Utf8PathBuf>)]) -> Vec<judging::Arm> {
    let arm = |(arm, files): &(Arm, Vec<Utf8PathBuf>)| judging::Arm {
        name: arm.as_str().to_owned(),
        is_production: *arm == Arm::Production,
        is_candidate: *arm == Arm::Candidate,
        files: files.clone(),
    };
    files.iter().map(arm).collect()
}

fn ask_failure(error: AskError) -> Failure {
    match error {
        AskError::Faults(faults) => Failure::Faults(faults),
        AskError::Questions(..) | AskError::Drive(DriveError::Question(_)) => {
            Failure::yours(error.to_string(), "mend the template, or give the example what it needs")
        }
        AskError::Files { .. } => Failure::yours(
            error.to_string(),
            "lower `at_once` in the contract, or raise the limit (`ulimit -n`), then run again",
        ),
        AskError::Journal { .. } | AskError::Drive(_) => Failure::ours(
            error.to_string(),
            "every answer that was acknowledged is kept; check disk space and permissions, then run again: it goes on from here",
        ),
    }
}

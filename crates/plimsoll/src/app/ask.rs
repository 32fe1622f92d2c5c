//! Asks the live systems of an eval, and keeps their answers beside its runs: `.plimsoll/asked/<n>/<system>.jsonl`.
//!
//! in      an eval, its reference set, and the documents that may be shown to systems
//! out     the files of answers of each live arm, whole
//! errors  a system that cannot be asked, a question that cannot be put, a journal that cannot be written; a stop before the end
//!         (budget, `Ctrl-C`, a system out of reach) is no decision, and the next run goes on from there
//! note    whoever asks holds `locks/asking`. A run that waited for another one takes what that one asked for, where it would have
//!         asked the same

use super::eval::Eval;
use super::run::Progress;
use super::work::{open_lock, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::grader::Schema;
use domain::reference_set::ReferenceSet;
use domain::system::{Arm, Live, Speaks, System};
use engine::Documents;
use engine::asking::{AskError, Asking, Forecast, LiveSystem, Plan};
use engine::driver::{DriveError, Drove, Keyed, Standing};
use engine::provider::{Provider, Secrets, Surroundings};
use engine::schedule::Ending;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// What a folder of answers is marked with once scores rest on it, and once a record does.
const SEALED: &str = "sealed";
const CLOSED: &str = "closed";
/// What it was asked for.
const PLAN: &str = "plan";

/// The answers of the live arms. While it lives, nobody else asks here.
pub struct Asked {
    pub files: Vec<(Arm, Utf8PathBuf)>,
    folder: Utf8PathBuf,
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

/// Asks every live arm for what is not there yet; `None` where there is none.
pub fn ask(
    eval: &Eval,
    set: &ReferenceSet,
    documents: &Documents,
    progress: &mut dyn Progress,
) -> Result<Option<Asked>, Failure> {
    let live: Vec<(Arm, &System, &Live)> = Arm::ALL
        .into_iter()
        .filter_map(|arm| eval.contract.system(arm).and_then(|system| Some((arm, system, system.live()?))))
        .collect();
    if live.is_empty() {
        return Ok(None);
    }
    let mut secrets = Secrets::default();
    let environment = |name: &str| std::env::var(name).ok();
    let around = Surroundings { folder: &eval.folder, environment: &environment, hosts: &eval.contract.hosts };
    let mut providers = Vec::new();
    for (_, system, live) in &live {
        let provider = Provider::ready(system.name.as_str(), live, &around, &mut secrets);
        providers.push(provider.map_err(|error| super::graders::refused_system(eval, system, &error.to_string()))?);
    }
    let addresses: Vec<String> = providers.iter().map(|provider| provider.address().to_owned()).collect();
    let digest = plan_digest(eval, set, &live, &addresses)?;
    let secrets = Arc::new(secrets);
    let systems: Vec<LiveSystem> = live
        .iter()
        .zip(providers)
        .map(|((arm, _, live), provider)| LiveSystem {
            name: arm.as_str().to_owned(),
            system: Arc::new(Keyed::new(provider, Arc::clone(&secrets))),
            live: (*live).clone(),
        })
        .collect();
    let home = eval.state().join("asked");
    let (asking_lock, waited) = take_turn(eval, progress)?;
    let (folder, earlier) = folder_of(&home, &digest, waited)?;
    progress.step("looking what is there and what is to be asked");
    let plan = Plan { set, documents, repeats: eval.contract.repeats };
    let asking = Asking::plan(plan, systems, &folder, &earlier, &mut |done, of| progress.count(done, of))
        .map_err(ask_failure)?;
    let forecast = asking.forecast();
    told(&forecast, asking.used().spend, eval).iter().for_each(|line| progress.note(line));
    let names: Vec<&str> = live.iter().map(|(arm, ..)| arm.as_str()).collect();
    let what = format!("asking {}", names.join(", "));
    progress.step(&what);
    let currency = currency(eval);
    let drove = asking
        .carry_out(eval.contract.budget, &mut |standing| {
            progress.count(standing.done, standing.of);
            progress.say(&format!("{what}: {}", stands(standing, &currency)));
        })
        .map_err(ask_failure)?;
    ended(eval, &names, &drove, &currency, progress)?;
    let files = live.iter().zip(asking.files()).map(|((arm, ..), file)| (*arm, file.clone())).collect();
    Ok(Some(Asked { files, folder, _asking: asking_lock }))
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
    let mut there: Vec<u32> = Vec::new();
    for entry in home.read_dir_utf8().map_err(failed)? {
        there.extend(entry.map_err(failed)?.file_name().parse::<u32>().ok());
    }
    there.sort_unstable();
    let named = |number: &u32| home.join(format!("{number:04}"));
    let mut earlier: Vec<Utf8PathBuf> = there.iter().rev().map(named).collect();
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
    let folder = named(&(there.last().copied().unwrap_or(0) + 1));
    std::fs::create_dir(&folder).map_err(failed)?;
    std::fs::write(folder.join(PLAN), plan.to_string()).map_err(failed)?;
    Ok((folder, earlier))
}

/// What is asked for: the examples, the systems, their addresses, the files that they read, how often.
fn plan_digest(
    eval: &Eval,
    set: &ReferenceSet,
    live: &[(Arm, &System, &Live)],
    addresses: &[String],
) -> Result<Digest, Failure> {
    let mut text = format!("plimsoll.asked.v1\n{:?}\n{}\n", set.digest, eval.contract.repeats);
    for ((arm, _, live), address) in live.iter().zip(addresses) {
        // The Debug form names every setting, and no key.
        text += &format!("{} {:?} {address}\n", arm.as_str(), live.speaks);
        let Speaks::Chat(chat) = &live.speaks else { continue };
        let schema = match &chat.answer_schema {
            Some(Schema::File(path)) => Some(path),
            _ => None,
        };
        for path in [chat.prompt.as_ref(), schema].into_iter().flatten() {
            let read = std::fs::read(eval.folder.join(path));
            let bytes = read.map_err(|error| {
                Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions")
            })?;
            text += &format!("{path} {}\n", Digest::of_bytes(&bytes));
        }
    }
    Ok(Digest::of_bytes(text.as_bytes()))
}

/// The unit of money: the first word of `USD per occurrence`.
fn currency(eval: &Eval) -> String {
    eval.contract.currency.split_whitespace().next().unwrap_or("units").to_owned()
}

/// What a person should know before it starts.
fn told(forecast: &Forecast, spent: f64, eval: &Eval) -> Vec<String> {
    let mut told = Vec::new();
    let Forecast { asks, known, cached, torn, put_aside, in_flight, tokens, spend } = *forecast;
    if known > 0 || torn > 0 || put_aside > 0 || in_flight > 0 {
        let mut line = format!("going on where the last run stopped: {known} answers are there");
        if in_flight > 0 {
            line += &format!(", {in_flight} were in flight and are asked for again");
        }
        if torn > 0 {
            line += &format!(", {torn} torn lines are left out");
        }
        if put_aside > 0 {
            line += &format!(", {put_aside} answer requests that have changed and are put aside");
        }
        told.push(line);
    }
    if cached > 0 {
        told.push(format!("{cached} answers come from earlier runs, without a latency"));
    }
    if asks > 0 {
        let currency = currency(eval);
        let money = spend.map_or(String::new(), |spend| format!(" and {spend:.2} {currency}").trim_end().to_owned());
        told.push(format!("asking for {asks} answers, which takes about {tokens} tokens{money}"));
        let over = |most: f64, wanted: f64| (most < wanted).then_some(most);
        let spends = spend.zip(eval.contract.budget.spend);
        let short = spends.and_then(|(spend, most)| over(most.get(), spend + spent)).is_some()
            || eval.contract.budget.tokens.is_some_and(|most| most < tokens);
        if short {
            told.push("the budget will stop it before the end; what was answered until then is kept".to_owned());
        }
    }
    told
}

fn stands(standing: &Standing, currency: &str) -> String {
    let seconds = standing.elapsed.as_secs_f64().max(1e-3);
    let rate = standing.done as f64 / seconds;
    let mut said = format!("{} of {}, {rate:.1} a second", standing.done, standing.of);
    if standing.failed > 0 {
        said += &format!(", {} failed", standing.failed);
    }
    if standing.used.spend > 0.0 {
        said += format!(", {:.2} {currency}", standing.used.spend).trim_end();
    }
    said += &format!(", {} in flight", standing.in_flight);
    if standing.ending {
        said += ", finishing what is in flight (once more stops at once)";
    } else if standing.done > 0 && standing.done < standing.of {
        let left = (standing.of - standing.done) as f64 / rate;
        said += &format!(", about {} left", lasting(left));
    }
    said
}

fn lasting(seconds: f64) -> String {
    match seconds as u64 {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5999 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// A stop before the end is said, and is no decision.
fn ended(
    eval: &Eval,
    names: &[&str],
    drove: &Drove,
    currency: &str,
    progress: &mut dyn Progress,
) -> Result<(), Failure> {
    let standing = &drove.standing;
    let so_far = format!("{} of {} answers asked for are there and stay", standing.done, standing.of);
    match &drove.ending {
        Ending::Done => {
            if standing.of > 0 {
                progress.note(&format!("asked: {}", stands(standing, currency)));
            }
            Ok(())
        }
        Ending::BudgetSpent => Err(Failure::yours(
            format!("the budget is used up, and nothing was decided: {so_far}"),
            "raise `budget` in the contract and run again: it goes on from here",
        )),
        Ending::Interrupted => Err(Failure::yours(
            format!("interrupted, and nothing was decided: {so_far}"),
            "run again: it goes on from here",
        )),
        Ending::Stopped(lane, trouble) => {
            let name = names.get(*lane).copied().unwrap_or("a system");
            let kind = trouble.kind.class();
            let what = format!("`{name}` cannot be asked ({kind}): {}", trouble.message);
            let arm = Arm::ALL.into_iter().find(|arm| arm.as_str() == name);
            let speaks = arm.and_then(|arm| eval.contract.system(arm)?.live().map(|live| live.speaks.describe()));
            let about = speaks.map_or(String::new(), |speaks| format!(" ({speaks})"));
            Err(Failure::yours(
                format!("{what}; nothing was decided: {so_far}"),
                format!(
                    "mend the system{about}: its address, key, model and limits; then run again, and it goes on from here"
                ),
            ))
        }
    }
}

fn ask_failure(error: AskError) -> Failure {
    match error {
        AskError::Questions(..) | AskError::Drive(DriveError::Question(_)) => {
            Failure::yours(error.to_string(), "mend the template, or give the example what it needs")
        }
        AskError::Journal { .. } | AskError::Drive(_) => Failure::ours(
            error.to_string(),
            "every answer that was acknowledged is kept; check disk space and permissions, then run again: it goes on from here",
        ),
    }
}

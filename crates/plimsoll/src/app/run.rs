//! `run`: ask the systems, grade their answers, seal the scores, weigh, decide, record.

use super::ask::Asked;
use super::chain::{Chain, Kept};
use super::eval::Eval;
use super::gathered::Gathered;
use super::graded::grade;
use super::history::History;
use super::judges::judged;
use super::recorded;
use super::sealed::SealedRun;
use super::signature::key_of;
use super::today::today;
use super::weigh::{Grounds, Weighed, weigh};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Looks;
use domain::example::Example;
use domain::name::OwnerRole;
use domain::reference_set::{Builder, ReferenceSet};
use domain::system::Arm;
use ed25519_dalek::SigningKey;
use engine::{Keeper, ReadError, read_set};

/// Who runs, and on whose word a contract that changed may be used.
pub struct Orders {
    pub author: String,
    pub key: Option<Utf8PathBuf>,
    pub approval: Option<(OwnerRole, String)>,
    pub threads: usize,
}

impl Orders {
    /// Who signs; or why nobody may decide by these orders, which is known before anything is asked or graded.
    fn hold(&self, eval: &Eval) -> Result<Option<SigningKey>, Failure> {
        let approval = &self.approval;
        if approval.as_ref().is_some_and(|(_, reason)| reason.trim().is_empty()) {
            return Err(Failure::yours(
                "an approval needs a reason",
                "say why the changed contract holds for these scores",
            ));
        }
        if let Some((role, _)) = approval
            && !eval.contract.owners.iter().any(|owner| owner.role == *role)
        {
            let what = format!("`{role}` is not among the contract's owners");
            return Err(Failure::yours(what, "approve as one of them"));
        }
        if let Some((role, _)) = approval
            && eval.contract.is_same_person(role.as_str(), &self.author)
        {
            return Err(Failure::yours(
                "whoever decides does not approve the changed contract too",
                "another owner of the contract may",
            ));
        }
        self.key.as_deref().map(|path| key_of(path, &self.author, &eval.contract)).transpose()
    }
}

/// What a person sees while they wait.
pub trait Progress {
    fn step(&mut self, what: &str);
    fn count(&mut self, done: u64, of: u64);
    /// How the step goes on, in words.
    fn say(&mut self, _what: &str) {}
    /// Something that somebody should know, though nothing stops for it.
    fn note(&mut self, _what: &str) {}
}

/// The main job. Criteria that say `grade: imported` take their grades from the table `scores`.
pub fn run(
    eval: &Eval,
    scores: Option<&Utf8Path>,
    orders: &Orders,
    progress: &mut dyn Progress,
) -> Result<(Weighed, Kept), Failure> {
    let mut gathered = Gathered::default();
    gathered.take(may_decide(eval));
    gathered.take(orders.hold(eval));
    gathered.finish()?;
    let (sealed, asked) = grade(eval, scores, orders.threads, progress)?;
    let decided = decide(eval, &sealed, orders, progress)?;
    asked.map_or(Ok(()), Asked::closed)?;
    Ok(decided)
}

/// A missing precondition is the writer's to mend, and never a record.
pub fn may_decide(eval: &Eval) -> Result<(), Failure> {
    let contract = &eval.contract;
    let mut missing = Gathered::default();
    let mut refuse = |key: &str, what: &str, help: &str| missing.add(eval.fault_at(key, what, help));
    let unclear = domain::check::promise(contract);
    if let Some(first) = unclear.first() {
        let what = format!("the promise is unclear: {} of its five fields; {}", unclear.len(), first.what);
        refuse(
            "promise",
            &what,
            "settle the promise first, then measure; `plimsoll check` says what is missing, why, and what a good one looks like",
        );
    }
    if contract.criteria.is_empty() {
        refuse("criteria", "the contract has no criterion: nothing would be graded", "add `criteria`");
    }
    if contract.gates.is_empty() {
        let help = "add `gates`, each with a threshold, an action and an owner";
        refuse("gates", "the contract has no gate: nothing could be decided", help);
    } else if !contract.gates.iter().any(|gate| gate.blocking) {
        refuse("gates", "every gate is advisory: nothing could block a release", "let at least one gate block");
    }
    if contract.system(Arm::Candidate).is_none() {
        let help = "add `systems: {candidate: {recorded: answers/candidate.jsonl}}`";
        refuse("systems", "the contract names no candidate", help);
    }
    missing.finish()
}

/// Decides on a sealed run and records it.
pub fn decide(
    eval: &Eval,
    sealed: &SealedRun,
    orders: &Orders,
    progress: &mut dyn Progress,
) -> Result<(Weighed, Kept), Failure> {
    progress.step("weighing the evidence");
    let chain = Chain::at(&eval.state());
    let history = History::of(&chain.list()?, &eval.contract, &sealed.scores_digest, &sealed.folder);
    history.unreadable.iter().for_each(|what| progress.note(what));
    if eval.contract.looks == Looks::One && history.look.is_some_and(|look| look > 1) {
        return Err(Failure::yours(
            "the contract allows one look (`looks: 1`), and this candidate was looked at before with other scores",
            "draw a fresh reference set, with no example that was decided on before, or leave `looks` out before the next release",
        ));
    }
    let key = orders.hold(eval)?;
    let approval = orders.approval.clone();
    let grounds = Grounds {
        contract: &eval.contract,
        contract_text: &eval.text,
        scores_digest: sealed.scores_digest.clone(),
        files: sealed.files.clone(),
        look: history.look,
        decided_under: history.decided_under.filter(|_| approval.is_none()),
        approval,
        before: history.before,
        systems: sealed.systems.clone(),
        judges: judged(eval)?,
        today: today(eval, &sealed.folder, progress),
    };
    progress.step("weighing the evidence");
    let weighed = weigh(&sealed.folder, &grounds)?;
    let kept = chain.append(&weighed.content, &orders.author, key.as_ref())?;
    recorded::keep(&eval.state(), &kept).iter().for_each(|note| progress.note(note));
    Ok((weighed, kept))
}

pub fn read_failure(error: ReadError) -> Failure {
    match error {
        ReadError::Faults(faults) => Failure::Faults(faults),
        ReadError::Missing(path) => {
            Failure::yours(format!("`{path}` does not exist"), "mend the path in the contract, or add the file")
        }
        ReadError::EmptyFolder(path, ending) => {
            Failure::yours(format!("`{path}` holds no {ending} file"), "add one, or mend the path in the contract")
        }
        ReadError::NotAFile(path) => Failure::yours(
            format!("`{path}` is no regular file"),
            "name a file or a folder of files; what comes from a program is written to a file first",
        ),
        ReadError::Circle(path) => Failure::yours(
            format!("`{path}` leads back to a folder that it lies in"),
            "take the link out of the folder",
        ),
        ReadError::Outside(path) => Failure::yours(
            format!("`{path}` leads out of the eval's folder"),
            "keep the eval's files inside its folder",
        ),
        other => Failure::yours(other.to_string(), "check the file and its permissions"),
    }
}

/// Reads the reference set of an eval.
pub fn reference_set(eval: &Eval, progress: &mut dyn Progress) -> Result<(ReferenceSet, Keeper), Failure> {
    reference_set_with(eval, Builder::new(eval.contract.simulated), progress, |_| {})
}

/// Reads it and shows every example to whoever else wants to see it.
pub fn reference_set_with(
    eval: &Eval,
    builder: Builder,
    progress: &mut dyn Progress,
    mut seen: impl FnMut(&Example),
) -> Result<(ReferenceSet, Keeper), Failure> {
    progress.step("reading the reference set");
    let mut keeper = Keeper::new(&eval.contract.criteria);
    let set = read_set(&eval.folder, &super::kept::paths(eval)?, builder, |example, count| {
        if count % 1000 == 0 {
            progress.count(count, 0);
        }
        keeper.keep(&example);
        seen(&example);
    });
    set.map(|set| (set, keeper)).map_err(|error| eval.named_at("examples", read_failure(error)))
}

//! `run`: ask the systems, grade their answers, seal the scores, weigh, decide, record.

use super::ask::{Askable, Asked};
use super::chain::{Chain, Kept};
use super::elsewhere::Elsewhere;
use super::eval::Eval;
use super::gathered::{Gathered, all};
use super::graders::{as_read, ready};
use super::history::History;
use super::judges::judged;
use super::recorded;
use super::reviewed::{self, planned};
use super::sealed::{SealedRun, Sealing, seal};
use super::sealer::{Rows, Sealer};
use super::signature::key_of;
use super::today::today;
use super::traces;
use super::weigh::{Grounds, Weighed, ours, weigh};
use super::work::Work;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::check::comes_with_scores;
use domain::contract::Looks;
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::example::Example;
use domain::fault::Faults;
use domain::name::OwnerRole;
use domain::reference_set::{Builder, ExampleIndex, ReferenceSet};
use domain::system::{Arm, System, SystemKind};
use ed25519_dalek::SigningKey;
use engine::intake::Taken;
use engine::process::Programs;
use engine::{Documents, GradeError, Graded, Grading, Keeper, ReadError, Ready, grade_system, read_set};
use lake::LakeError;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// An arm whose scores come from elsewhere has no answers to grade.
fn is_answered_here(eval: &Eval) -> Result<(), Failure> {
    let is_imported =
        |arm: &Arm| eval.contract.system(*arm).is_some_and(|system| matches!(system.kind, SystemKind::Imported { .. }));
    Arm::ALL.into_iter().find(is_imported).map_or(Ok(()), |arm| {
        Err(Failure::yours(
            format!("the scores of `{}` come from elsewhere", arm.as_str()),
            "bring them in with `plimsoll import scores FILE`, then `plimsoll decide`",
        ))
    })
}

/// The files of each arm's recorded answers; where they are asked for, or in traces, there are none yet.
fn files_of_answers(eval: &Eval) -> Result<Vec<(Arm, Vec<Utf8PathBuf>)>, Failure> {
    let files = |(arm, system): (Arm, &System)| match &system.kind {
        SystemKind::Recorded { path, .. } => {
            let place = format!("systems.{}.recorded", arm.as_str());
            let files = engine::files(&eval.folder, path);
            Ok((arm, files.map_err(|error| eval.named_at(&place, read_failure(error)))?))
        }
        SystemKind::Live(_) | SystemKind::Traces { .. } | SystemKind::Imported { .. } => Ok((arm, Vec::new())),
    };
    all(Arm::ALL.into_iter().filter_map(|arm| Some((arm, eval.contract.system(arm)?))).map(files))
}

/// What a run rests on.
struct Material<'e> {
    recorded: Vec<(Arm, Vec<Utf8PathBuf>)>,
    graders: Vec<Ready>,
    askable: Askable<'e>,
    /// What systems may be shown of the examples, where any is asked.
    shown: Option<Keeper>,
    /// Where what was traced belongs.
    taken: Taken,
    set: ReferenceSet,
    keeper: Keeper,
}

/// Reads all of it, or tells every fault of all of it.
fn material<'e>(
    eval: &'e Eval,
    scores: Option<&Utf8Path>,
    programs: &mut Programs,
    progress: &mut dyn Progress,
) -> Result<Material<'e>, Failure> {
    let mut gathered = Gathered::default();
    let recorded = gathered.take(files_of_answers(eval));
    let graders = gathered.take(ready(eval, scores, programs));
    let askable = gathered.take(Askable::of(eval));
    let mut shown = askable.as_ref().filter(|askable| !askable.is_empty()).map(|_| Keeper::for_questions());
    let (mut taken, mut seen) = (Taken::default(), 0);
    let note = |example: &Example| {
        if let Some(shown) = &mut shown {
            shown.keep(example);
        }
        taken.note(example, ExampleIndex(seen));
        seen += 1;
    };
    // Examples that come with a table of scores are not missed where that table is.
    let awaited = graders.is_some() || !comes_with_scores(&eval.contract);
    let set = awaited
        .then(|| gathered.take(reference_set_with(eval, Builder::rows_only(eval.contract.simulated), progress, note)))
        .flatten();
    gathered.finish()?;
    let whole = || {
        let (set, keeper) = set?;
        let (recorded, graders, askable) = (recorded?, graders?, askable?);
        Some(Material { recorded, graders, askable, shown, taken, set, keeper })
    };
    whole().ok_or_else(|| Failure::ours("something could not be read, and nothing says why", "please report it"))
}

/// Grades every system and seals the run.
fn grade(
    eval: &Eval,
    scores: Option<&Utf8Path>,
    threads: usize,
    progress: &mut dyn Progress,
) -> Result<(SealedRun, Option<Asked>), Failure> {
    let contract = &eval.contract;
    is_answered_here(eval)?;
    let mut programs = Programs::default();
    let Material { mut recorded, mut graders, askable, shown, taken, set, keeper } =
        material(eval, scores, &mut programs, progress)?;
    if set.active().next().is_none() {
        let help = "add examples, or make proposed ones active";
        return Err(eval.fault_at("examples", "the reference set has no active example", help));
    }
    for (arm, files) in &mut recorded {
        if let Some(SystemKind::Traces { path }) = contract.system(*arm).map(|system| &system.kind) {
            files.push(traces::read(eval, arm.as_str(), path, &set, &taken, progress)?);
        }
    }
    let asked = shown.map(|shown| ask(&askable, (&set, shown), &mut recorded, &mut graders, progress)).transpose()?;
    let elsewhere = Elsewhere::read(eval, scores, &set)?;
    // What the table says of the examples belongs to them; their documents are still found by the set that was read.
    let further = elsewhere.as_ref().map(|elsewhere| elsewhere.grades().set().clone());
    let documents = Documents::new(&set, keeper);
    let set = further.as_ref().unwrap_or(&set);
    let work = Work::begin(&eval.state())?;
    let criteria = planned(contract);
    let graded_by = |criterion| {
        let known = askable
            .grader_digest(criterion)
            .map_or_else(|| reviewed::grader_digest(eval, criterion), |known| Ok(Some(known)));
        known?.map_or_else(|| as_read(eval, criterion).map(|read| read.grader.digest()), Ok)
    };
    let digests: Vec<Digest> = criteria.iter().map(graded_by).collect::<Result<_, Failure>>()?;
    let plan = Plan { eval, criteria: &criteria, set, documents: &documents, digests, threads };
    let home = work.path().to_owned();
    let (rows, written) = std::thread::scope(|scope| {
        let written = scope.spawn(|| lake::write_set(&home, set, &eval.folder));
        let rows = grade_into(&home, plan, graders, &mut programs, elsewhere, &recorded, progress);
        (rows, written.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (Rows { mut files, fingerprint, grades }, counts) = rows?;
    progress.step("sealing the scores");
    files.push(written.map_err(ours)?);
    let scores_digest = fingerprint.digest().to_string();
    let planned = set.active().count() as u64 * u64::from(contract.repeats);
    let mut made_of = made_of(&eval.folder, &recorded, planned, &counts);
    made_of.extend(grades.map(|grades| ("grades".to_owned(), grades)));
    let systems = recorded.iter().map(|(arm, _)| (*arm, arm.as_str().to_owned())).collect();
    let sealed = seal(work, Sealing { contract, scores_digest, files, systems, made_of })?;
    if let Some(asked) = &asked {
        asked.sealed()?;
    }
    Ok((sealed, asked))
}

/// Asks the live systems, and the judges about all answers. Files of answers are put beside those that were recorded, and verdicts where
/// graders look for them.
fn ask(
    askable: &Askable,
    (set, shown): (&ReferenceSet, Keeper),
    recorded: &mut [(Arm, Vec<Utf8PathBuf>)],
    graders: &mut [Ready],
    progress: &mut dyn Progress,
) -> Result<Asked, Failure> {
    let shown = Documents::new(set, shown);
    let mut turn = askable.begin(set, progress)?;
    askable.try_out(&mut turn, set, &shown, progress)?;
    for (arm, file) in askable.answers(&mut turn, set, &shown, progress)? {
        recorded.iter_mut().filter(|(known, _)| *known == arm).for_each(|(_, files)| files.push(file.clone()));
    }
    let verdicts = askable.verdicts(&mut turn, set, &shown, recorded, progress)?;
    for ready in graders.iter_mut() {
        if let Ready::Judged(empty) = ready {
            *empty = Arc::clone(&verdicts);
        }
    }
    Ok(turn)
}

/// What the run says of the answers that it rests on.
fn made_of(
    home: &Utf8Path,
    recorded: &[(Arm, Vec<Utf8PathBuf>)],
    planned: u64,
    counts: &[(Arm, Graded)],
) -> Map<String, Value> {
    let seen_from_home = |file: &Utf8PathBuf| file.strip_prefix(home).map_or_else(|_| file.clone(), Utf8Path::to_owned);
    let sources: BTreeMap<&str, Vec<Utf8PathBuf>> =
        recorded.iter().map(|(arm, files)| (arm.as_str(), files.iter().map(seen_from_home).collect())).collect();
    let system = |(arm, counts): &(Arm, Graded)| {
        json!({
            "arm": arm.as_str(), "planned": planned, "answers": counts.answers, "not_run": counts.not_run,
            "system_errors": counts.system_errors, "left_out": counts.left_out,
        })
    };
    Map::from_iter([
        ("answers".to_owned(), json!(sources)),
        ("answer_files".to_owned(), json!(digests_of(home, recorded))),
        ("systems".to_owned(), counts.iter().map(system).collect()),
    ])
}

/// What is graded, besides the answers and the graders.
pub struct Plan<'a> {
    pub eval: &'a Eval,
    /// As `planned` has them: a grader and a digest for each.
    pub criteria: &'a [Criterion],
    pub set: &'a ReferenceSet,
    pub documents: &'a Documents<'a>,
    /// Of the graders, as rows carry them.
    pub digests: Vec<Digest>,
    pub threads: usize,
}

/// Grades the recorded answers of systems into a folder. Nothing is sealed yet.
pub fn grade_into<'a>(
    folder: &Utf8Path,
    plan: Plan<'a>,
    graders: Vec<Ready>,
    programs: &mut Programs,
    elsewhere: Option<Elsewhere<'a>>,
    recorded: &[(Arm, Vec<Utf8PathBuf>)],
    progress: &mut dyn Progress,
) -> Result<(Rows, Vec<(Arm, Graded)>), Failure> {
    let Plan { eval, criteria, set, documents, digests, threads } = plan;
    let contract = &eval.contract;
    let mut sink = Sealer::begin(folder, set, criteria, &digests, elsewhere)?;
    let grading = Grading::new(set, documents, criteria, graders, digests, contract.repeats, threads);
    let planned = set.active().count() as u64 * u64::from(contract.repeats);
    let (mut counts, mut faults) = (Vec::new(), Vec::new());
    for (arm, files) in recorded {
        progress.step(&format!("grading {}", arm.as_str()));
        let graded =
            grade_system(&grading, arm.as_str(), files, programs, &mut sink, |done| progress.count(done, planned));
        match graded {
            Ok(graded) => counts.push((*arm, graded)),
            Err(GradeError::Faults(of_arm)) => faults.extend(of_arm),
            Err(error) => return Err(grade_failure(error)),
        }
    }
    Faults::none_or(faults)?;
    sink.told().iter().for_each(|told| progress.note(told));
    Ok((sink.finish()?, counts))
}

/// What the files of answers were when they were graded, so that they are known again; files that cannot be read again are left out.
fn digests_of(home: &Utf8Path, recorded: &[(Arm, Vec<Utf8PathBuf>)]) -> BTreeMap<Utf8PathBuf, String> {
    let all = recorded.iter().flat_map(|(_, files)| files);
    let named = |file: &Utf8PathBuf| {
        let seen = file.strip_prefix(home).map_or_else(|_| file.clone(), Utf8Path::to_owned);
        Some((seen, lake::file_digest(file).ok()?.to_string()))
    };
    all.filter_map(named).collect()
}

fn grade_failure(error: GradeError<LakeError>) -> Failure {
    match error {
        GradeError::Faults(faults) => Failure::Faults(faults),
        GradeError::Sink(error) => ours(error),
        other => Failure::yours(other.to_string(), "check the file and its permissions"),
    }
}

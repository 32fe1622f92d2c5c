//! From an eval to a sealed run: what it rests on is read, systems are asked, and every answer is graded.
//!
//! in      an eval; the table of grades that came from elsewhere
//! out     the files of a run, sealed: scores, answers, and the set as it was graded
//! errors  all faults of everything that is read, before anything is asked; whatever stops the asking; answers that cannot be graded
//! note    answers are graded while others are asked for, where no judge has to see them first

use super::ask::{Askable, Asked, Asks};
use super::elsewhere::Elsewhere;
use super::eval::Eval;
use super::gathered::{Gathered, all};
use super::graders::{as_read, ready};
use super::reviewed::{self, planned};
use super::run::{Progress, read_failure, reference_set_with};
use super::sealed::{SealedRun, Sealing, seal};
use super::sealer::{Rows, Sealer};
use super::told::teller;
use super::traces;
use super::weigh::ours;
use super::work::Work;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::check::comes_with_scores;
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::example::Example;
use domain::fault::Faults;
use domain::reference_set::{Builder, ExampleIndex, ReferenceSet};
use domain::system::{Arm, System, SystemKind};
use engine::intake::Taken;
use engine::journal::Growing;
use engine::judging::Verdicts;
use engine::many::both;
use engine::process::Programs;
use engine::{Answered, Documents, GradeError, Graded, Grading, Keeper, Ready, grade_systems};
use lake::LakeError;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// Asks the systems, grades every answer and seals the run.
pub fn grade(
    eval: &Eval,
    scores: Option<&Utf8Path>,
    threads: usize,
    progress: &mut dyn Progress,
) -> Result<(SealedRun, Option<Asked>), Failure> {
    let contract = &eval.contract;
    is_answered_here(eval)?;
    let mut programs = Programs::default();
    let Material { mut recorded, graders, askable, shown, taken, set, keeper } =
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
    let elsewhere = Elsewhere::read(eval, scores, &set)?;
    // What the table says of the examples belongs to them; their documents are still found by the set that was read.
    let further = elsewhere.as_ref().map(|elsewhere| elsewhere.grades().set().clone());
    let shown = shown.map(|shown| Documents::new(&set, shown));
    let asks = shown.as_ref().map(|shown| askable.asks(&set, shown, progress)).transpose()?;
    asks.iter().flat_map(Asks::files).for_each(|(arm, file)| {
        recorded.iter_mut().filter(|(known, _)| *known == arm).for_each(|(_, files)| files.push(file.clone()));
    });
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
    let plan = Plan { eval, criteria: &criteria, set, documents: &documents, digests, elsewhere, threads };
    let given = Given { home: work.path(), plan, graders, programs: &mut programs, recorded: &recorded };
    let (asked, (rows, counts)) = match asks {
        None => (None, given.write(None, progress)?),
        // A judge has to see an answer before all of it is graded.
        Some(asks) if askable.is_judged() => {
            let (asked, verdicts) = asks.judged(&recorded, progress)?;
            (Some(asked), given.with_verdicts(&verdicts).write(None, progress)?)
        }
        Some(asks) => {
            let (asked, written) = given.write_meanwhile(asks, progress)?;
            (Some(asked), written)
        }
    };
    progress.step("sealing the scores");
    let Rows { files, fingerprint, grades } = rows;
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

/// What is graded, by what, and the folder that it is written to.
struct Given<'a> {
    home: &'a Utf8Path,
    plan: Plan<'a>,
    graders: Vec<Ready>,
    programs: &'a mut Programs,
    recorded: &'a [(Arm, Vec<Utf8PathBuf>)],
}

/// What was written, and what became of each arm's answers.
type Written = (Rows, Vec<(Arm, Graded)>);

impl Given<'_> {
    /// Puts what judges said where graders look for it.
    fn with_verdicts(mut self, verdicts: &Arc<Verdicts>) -> Self {
        for ready in &mut self.graders {
            if let Ready::Judged(empty) = ready {
                *empty = Arc::clone(verdicts);
            }
        }
        self
    }

    /// Writes the set, and the scores of all answers; those of files that grow are waited for.
    fn write(self, growing: Option<&Growing>, progress: &mut dyn Progress) -> Result<Written, Failure> {
        let Given { home, plan, graders, programs, recorded } = self;
        let (set, folder) = (plan.set, &plan.eval.folder);
        let rows = || grade_into(home, plan, graders, programs, recorded, growing, progress);
        let (rows, written) = both(rows, || lake::write_set(home, set, folder));
        let (mut rows, counts) = rows?;
        rows.files.push(written.map_err(ours)?);
        Ok((rows, counts))
    }

    /// The same of answers while others are asked for.
    fn write_meanwhile(self, asks: Asks, progress: &mut dyn Progress) -> Result<(Asked, Written), Failure> {
        let files: Vec<Utf8PathBuf> = asks.files().map(|(_, file)| file.clone()).collect();
        let growing = &Arc::new(Growing::new(&files));
        std::thread::scope(|scope| {
            let ending = growing.ending();
            let (mut teller, told) = teller();
            let written = scope.spawn(move || self.write(Some(growing), &mut teller));
            let asked = asks.answered(Some(growing), progress)?;
            ending.whole();
            told.hand_on(progress);
            let written = written.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok((asked, written?))
        })
    }
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
    /// Grades that were made elsewhere.
    pub elsewhere: Option<Elsewhere<'a>>,
    pub threads: usize,
}

/// Grades the answers of systems into a folder; those of files that grow are waited for. Nothing is sealed yet.
pub fn grade_into(
    folder: &Utf8Path,
    plan: Plan,
    graders: Vec<Ready>,
    programs: &mut Programs,
    recorded: &[(Arm, Vec<Utf8PathBuf>)],
    growing: Option<&Growing>,
    progress: &mut dyn Progress,
) -> Result<(Rows, Vec<(Arm, Graded)>), Failure> {
    let Plan { eval, criteria, set, documents, digests, elsewhere, threads } = plan;
    let contract = &eval.contract;
    let mut sink = Sealer::begin(folder, set, criteria, &digests, elsewhere)?;
    let grading = Grading::new(set, documents, criteria, graders, digests, contract.repeats, threads);
    let planned = set.active().count() as u64 * u64::from(contract.repeats);
    let (mut counts, mut faults) = (Vec::new(), Vec::new());
    // Answers that are there are graded arm by arm, those that come as they come.
    for arms in recorded.chunks(if growing.is_some() { recorded.len().max(1) } else { 1 }) {
        let names: Vec<&str> = arms.iter().map(|(arm, _)| arm.as_str()).collect();
        progress.step(&format!("grading {}", names.join(", ")));
        let systems: Vec<Answered> = arms.iter().map(|(arm, files)| Answered { system: arm.as_str(), files }).collect();
        let of = planned * arms.len() as u64;
        match grade_systems(&grading, &systems, growing, programs, &mut sink, |done| progress.count(done, of)) {
            Ok(graded) => counts.extend(arms.iter().map(|(arm, _)| *arm).zip(graded)),
            Err(GradeError::Faults(of_arms)) => faults.extend(of_arms),
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

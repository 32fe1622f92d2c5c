//! Sealed runs: a folder of scores named by their digest, with `run.json` beside them.
//!
//! in      the files of a run, and what they were made from
//! out     a run that a decision may rest on; the last one, or the one whose digest begins as asked
//! errors  no run; files that are not what was sealed; a contract that plans or grades otherwise than the run did
//! note    what a decision needs to know later stands in `run.json`: the contract that held, which system is which arm, and
//!         how each criterion was graded

use super::chain::{Chain, write_whole};
use super::eval::Eval;
use super::history::scores_digest;
use super::work::{Work, turn, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::fault::closest;
use domain::system::{Arm, SystemKind};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::File;

const NAME: &str = "run.json";
/// Version of `run.json`.
const VERSION: u64 = 1;
/// Hex digits of the scores digest that name a run's folder.
const SHORT: usize = 16;

/// A run that is sealed.
pub struct SealedRun {
    pub folder: Utf8PathBuf,
    pub scores_digest: String,
    pub files: Vec<(String, String)>,
    /// Names of the arms' systems in the scores.
    pub systems: BTreeMap<Arm, String>,
    /// Held until it is decided on.
    _turn: File,
}

/// What is sealed, besides the files.
pub struct Sealing<'a> {
    pub contract: &'a Contract,
    pub scores_digest: String,
    pub files: Vec<(String, Digest)>,
    pub systems: BTreeMap<Arm, String>,
    /// Where the scores come from: further entries of `run.json`.
    pub made_of: Map<String, Value>,
}

/// Gives a run its name and says in it what it is. Where the same scores are sealed already, their files stay, and the run
/// says what holds now.
pub fn seal(work: Work, sealing: Sealing) -> Result<SealedRun, Failure> {
    let Sealing { contract, scores_digest, files, systems, made_of } = sealing;
    let files: Vec<(String, String)> = files.into_iter().map(|(name, digest)| (name, digest.to_string())).collect();
    let arms: Map<String, Value> = systems.iter().map(|(arm, name)| (arm.as_str().to_owned(), json!(name))).collect();
    let graded: Map<String, Value> = contract
        .criteria
        .iter()
        .map(|criterion| (criterion.name.to_string(), json!(graded_as(criterion).to_string())))
        .collect();
    let mut run = json!({
        "plimsoll_run": VERSION,
        "contract": contract.digest.to_string(),
        "scores": scores_digest,
        "sealed_at": jiff::Timestamp::now().to_string(),
        "files": by_name(&files),
        "arms": arms,
        "graded": graded,
    });
    if let Some(entries) = run.as_object_mut() {
        entries.extend(made_of);
    }
    let write = |folder: &Utf8Path, run: &Value| {
        write_whole(&folder.join(NAME), &run.to_string()).map_err(|error| write_failure(folder, &error))
    };
    write(work.path(), &run)?;
    let (plain, own) = places_of(work.runs(), &scores_digest, &by_name(&files));
    let named = work.keep([plain, own], &scores_digest)?;
    let files = match named.files {
        None => files,
        Some(there) => {
            run["files"] = json!(by_name(&there));
            write(&named.folder, &run)?;
            there
        }
    };
    Ok(SealedRun { folder: named.folder, scores_digest, files, systems, _turn: named.turn })
}

fn by_name(files: &[(String, String)]) -> BTreeMap<&str, &str> {
    files.iter().map(|(name, digest)| (name.as_str(), digest.as_str())).collect()
}

/// The run that a record rests on: `scores` of its content. Only a digest names a run: nothing of a record is followed as a
/// path.
pub fn folder_of(state: &Utf8Path, scores: &Value) -> Utf8PathBuf {
    let digest = scores["digest"].as_str().filter(|digest| Digest::parse(digest).is_some()).unwrap_or("none");
    let files = scores["files"].as_object().into_iter().flatten();
    let files: BTreeMap<&str, &str> =
        files.map(|(name, digest)| (name.as_str(), digest.as_str().unwrap_or(""))).collect();
    let (plain, own) = places_of(&state.join("runs"), digest, &files);
    if own.is_dir() { own } else { plain }
}

/// The folder named by the beginning of the scores digest, and that named by the files too.
fn places_of(runs: &Utf8Path, scores_digest: &str, files: &BTreeMap<&str, &str>) -> (Utf8PathBuf, Utf8PathBuf) {
    let plain = scores_digest.get(..SHORT).unwrap_or(scores_digest);
    let digest = Digest::of_value("plimsoll.run_files.v1", &json!(files)).to_string();
    (runs.join(plain), runs.join(format!("{plain}-{}", &digest[..8])))
}

/// What the rows of a criterion depend on: its grader, the class of its failures, and the examples that it applies to.
fn graded_as(criterion: &Criterion) -> Digest {
    let applies: BTreeMap<&str, _> =
        criterion.applies.iter().map(|(attribute, values)| (attribute.as_str(), values)).collect();
    Digest::of_value(
        "plimsoll.graded_as.v1",
        &json!({
            "grader": criterion.grader.digest().to_string(),
            "class": criterion.fallback_class().map(|class| class.as_str()),
            "applies": applies,
        }),
    )
}

fn runs_of(eval: &Eval) -> Utf8PathBuf {
    eval.state().join("runs")
}

/// Which system of imported scores is which arm: as the contract's `imported:` says, else the arm's own name.
pub fn arms(contract: &Contract, found: &[String]) -> Result<BTreeMap<Arm, String>, Failure> {
    let mut arms = BTreeMap::new();
    for arm in Arm::ALL {
        let name = match contract.system(arm).map(|system| &system.kind) {
            Some(SystemKind::Imported { name } | SystemKind::Recorded { imported: Some(name), .. }) => name.clone(),
            Some(_) => arm.as_str().to_owned(),
            None => continue,
        };
        if !found.contains(&name) {
            let list = found.join(", ");
            let near = closest(&name, found.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            return Err(Failure::yours(
                format!("the scores hold no system `{name}`, which the contract has as its {}", arm.as_str()),
                format!("{near}systems in the file: {list}; name one with `{}: {{imported: NAME}}`", arm.as_str()),
            ));
        }
        arms.insert(arm, name);
    }
    Ok(arms)
}

/// A run as it lies on disk.
struct Found {
    folder: Utf8PathBuf,
    run: Value,
}

impl Found {
    fn digest(&self) -> &str {
        self.run["scores"].as_str().unwrap_or("")
    }

    fn short(&self) -> &str {
        &self.digest()[..SHORT]
    }

    /// How a run like it is made.
    fn again(&self) -> &'static str {
        match (self.is_imported(), self.run["grades"].is_object()) {
            (true, _) => "import the scores again",
            (_, true) => "grade again with `plimsoll run --scores FILE`",
            _ => "grade again with `plimsoll run`",
        }
    }

    fn is_imported(&self) -> bool {
        self.run["imported"].is_object()
    }

    /// Nothing where the folder holds no run of this version.
    fn at(folder: Utf8PathBuf) -> Option<Self> {
        let run: Value = serde_json::from_slice(&std::fs::read(folder.join(NAME)).ok()?).ok()?;
        let found = Found { run, folder };
        let named = found.folder.file_name()?.split('-').next().filter(|name| name.len() == SHORT)?;
        let whole = found.run["plimsoll_run"].as_u64() == Some(VERSION) && found.run["files"].is_object();
        (whole && Digest::parse(found.digest()).is_some() && found.digest().starts_with(named)).then_some(found)
    }

    fn sealed_at(&self) -> Option<jiff::Timestamp> {
        self.run["sealed_at"].as_str()?.parse().ok()
    }

    fn names(&self, key: &str) -> Vec<String> {
        self.run[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// The last run that was sealed, or the one whose scores digest begins like this; fit for the contract as it is now.
pub fn stored(eval: &Eval, digest: Option<&str>) -> Result<SealedRun, Failure> {
    let _turn = turn(&eval.state())?;
    let found = find(eval, digest)?;
    let files = files_of(&found)?;
    graded_alike(&eval.contract, &found)?;
    agreed_before(eval, &found)?;
    let systems = match found.is_imported() {
        true => arms(&eval.contract, &found.names("systems_in_file"))?,
        false => arms_of(&eval.contract, &found)?,
    };
    Ok(SealedRun { scores_digest: found.digest().to_owned(), files, systems, folder: found.folder, _turn })
}

fn find(eval: &Eval, digest: Option<&str>) -> Result<Found, Failure> {
    let runs = runs_of(eval);
    let mut all: Vec<Found> = runs
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| Found::at(entry.path().to_owned()))
        .collect();
    if all.is_empty() {
        let help = "make one with `plimsoll run`, or bring scores in with `plimsoll import scores FILE`";
        return Err(Failure::yours(format!("there is no sealed run in `{runs}`"), help));
    }
    all.sort_by(|a, b| (a.sealed_at(), a.digest()).cmp(&(b.sealed_at(), b.digest())));
    let listed = |all: &[Found]| {
        const SHOWN: usize = 5;
        let shown: Vec<&str> = all.iter().rev().take(SHOWN).map(|found| &found.digest()[..SHORT]).collect();
        let more = if all.len() > SHOWN { ", ..." } else { "" };
        format!("{}{more}", shown.join(", "))
    };
    let Some(digest) = digest.map(str::to_lowercase) else {
        return all.pop().ok_or_else(|| Failure::ours("there is no sealed run", "run again"));
    };
    let last = listed(&all);
    let mut begin: Vec<Found> = all.into_iter().filter(|found| found.digest().starts_with(&digest)).collect();
    if begin.iter().any(|found| found.digest() != begin[0].digest()) {
        return Err(Failure::yours(
            format!("{} sealed runs begin with `{digest}`", begin.len()),
            format!("write more of the digest: {}", listed(&begin)),
        ));
    }
    begin.pop().ok_or_else(|| {
        Failure::yours(format!("no sealed run begins with `{digest}`"), format!("sealed runs, last first: {last}"))
    })
}

/// The files with their digests, each the one that was sealed.
fn files_of(found: &Found) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    for (name, digest) in found.run["files"].as_object().into_iter().flatten() {
        let path = found.folder.join(Utf8Path::new(name).file_name().unwrap_or(""));
        let sealed = digest.as_str().unwrap_or("");
        if lake::file_digest(&path).ok().map(|digest| digest.to_string()).as_deref() != Some(sealed) {
            return Err(Failure::yours(
                format!("`{path}` is not the file that was sealed"),
                "nothing is decided on scores that changed: run or import again",
            ));
        }
        files.push((name.clone(), sealed.to_owned()));
    }
    Ok(files)
}

/// Thresholds may have changed since, and the record says so; graders and plans may not: the rows are of the old ones.
fn graded_alike(contract: &Contract, found: &Found) -> Result<(), Failure> {
    for criterion in &contract.criteria {
        let what = match found.run["graded"][criterion.name.as_str()].as_str() {
            Some(digest) if digest == graded_as(criterion).to_string() => continue,
            Some(_) => format!(
                "criterion `{}` has another grader, protects against another failure first, or applies to other examples, than when this run was sealed",
                criterion.name
            ),
            None => format!("criterion `{}` was not in the contract when this run was sealed", criterion.name),
        };
        return Err(Failure::yours(what, format!("{}; the run is {}", found.again(), found.short())));
    }
    Ok(())
}

/// The contract is agreed before a run. Where it changed after the first decision, that decision's record says so; before any
/// decision, the run is sealed anew.
fn agreed_before(eval: &Eval, found: &Found) -> Result<(), Failure> {
    let contract = &eval.contract;
    if found.run["contract"].as_str() == Some(contract.digest.to_string().as_str()) {
        return Ok(());
    }
    let decided = Chain::at(&eval.state())
        .list()?
        .into_iter()
        .any(|kept| kept.content.get("decision").is_some() && scores_digest(&kept.content) == found.digest());
    if decided {
        return Ok(());
    }
    Err(Failure::yours(
        format!("the contract changed after the run {} was sealed, and before it was decided on", found.short()),
        format!("{}: that takes the contract as it is now", found.again()),
    ))
}

/// The arms of a run of our own: those that the contract still has, each of which must have been run.
fn arms_of(contract: &Contract, found: &Found) -> Result<BTreeMap<Arm, String>, Failure> {
    let mut arms = BTreeMap::new();
    for arm in Arm::ALL {
        if contract.system(arm).is_none() {
            continue;
        }
        let Some(name) = found.run["arms"][arm.as_str()].as_str() else {
            return Err(Failure::yours(format!("the run {} has no {}", found.short(), arm.as_str()), found.again()));
        };
        arms.insert(arm, name.to_owned());
    }
    Ok(arms)
}

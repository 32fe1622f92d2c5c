//! Scores that another harness made: sealed as a run, then decided on like any other.

use super::eval::Eval;
use super::run::{Progress, SealedRun, reference_set};
use crate::cli::Failure;
use camino::Utf8Path;
use domain::system::{Arm, SystemKind};
use lake::{Import, ImportError, import_scores};
use std::collections::{BTreeMap, BTreeSet};

/// Seals the scores of a file as a run of this eval.
pub fn seal(eval: &Eval, file: &Utf8Path, progress: &mut dyn Progress) -> Result<SealedRun, Failure> {
    progress.step("reading the scores");
    let there = eval.contract.examples.iter().any(|path| eval.folder.join(path).exists());
    let set = if there { Some(reference_set(eval, progress)?.0) } else { None };
    let runs = eval.state().join("runs");
    let failed = |error: std::io::Error| {
        Failure::ours(
            format!("cannot write in `{runs}`: {error}"),
            "nothing was sealed; check disk space and permissions",
        )
    };
    std::fs::create_dir_all(&runs).map_err(failed)?;
    let work = tempfile::Builder::new().prefix(".import-").tempdir_in(&runs).map_err(failed)?;
    let folder = Utf8Path::from_path(work.path())
        .ok_or_else(|| Failure::ours("the path of the run is not UTF-8", "move the eval to another folder"))?
        .to_owned();
    let leave_out = BTreeSet::new();
    let import = Import {
        file,
        folder: &folder,
        home: &eval.folder,
        set: set.as_ref(),
        criteria: &eval.contract.criteria,
        leave_out: &leave_out,
    };
    let imported = import_scores(&import).map_err(refused)?;
    let systems = arms(eval, &imported.systems)?;
    let scores_digest = imported.fingerprint.digest().to_string();
    let named = runs.join(&scores_digest[..16]);
    super::run::keep(work, &folder, &named)?;
    let files = imported.files.into_iter().map(|(name, digest)| (name, digest.to_string())).collect();
    Ok(SealedRun { folder: named, scores_digest, files, systems })
}

fn refused(error: ImportError) -> Failure {
    match error {
        ImportError::Faults { faults, .. } => Failure::Faults(faults),
        other => {
            let help = other.help();
            Failure::yours(other.to_string(), help)
        }
    }
}

/// Which system of the file is which arm: as the contract's `imported:` says, else the arm's own name.
fn arms(eval: &Eval, found: &[String]) -> Result<BTreeMap<Arm, String>, Failure> {
    let mut arms = BTreeMap::new();
    for arm in Arm::ALL {
        let name = match eval.contract.system(arm).map(|system| &system.kind) {
            Some(SystemKind::Imported { name }) => name.clone(),
            Some(_) => arm.as_str().to_owned(),
            None => continue,
        };
        if !found.contains(&name) {
            let list = found.join(", ");
            return Err(Failure::yours(
                format!("the scores hold no system `{name}`, which the contract has as its {}", arm.as_str()),
                format!("systems in the file: {list}; name one with `{}: {{imported: NAME}}`", arm.as_str()),
            ));
        }
        arms.insert(arm, name);
    }
    Ok(arms)
}

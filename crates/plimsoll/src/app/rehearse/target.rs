//! What is rehearsed with: the run of a record under its sealed contract, or a sealed run under the contract as it is now.
//!
//! in      a contract or its folder; a record by path, id or `latest`; a run by its folder or the beginning of its scores digest
//! out     contract, scores and systems, and the findings that rehearsals must start from where a record has them
//! errors  a name that is none of these; a record without a stored run, or of another version; files that are not what was sealed

use crate::app::chain::{Chain, Kept};
use crate::app::diff::systems;
use crate::app::eval::{Eval, sealed, state_beside};
use crate::app::history::History;
use crate::app::import::scores::seal;
use crate::app::judges::{judged, sealed_judges};
use crate::app::run::{Progress, may_decide};
use crate::app::sealed::{SealedRun, folder_of, stored};
use crate::app::weigh::{Grounds, weigh};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::digest::Digest;
use domain::qualification::Judged;
use domain::system::Arm;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Target {
    /// `record ...` or `run ...`.
    pub name: String,
    pub contract: Contract,
    pub folder: Utf8PathBuf,
    pub systems: BTreeMap<Arm, String>,
    pub look: Option<u32>,
    /// What calibration shows of the judges.
    pub judges: Arc<[Judged]>,
    /// As the findings had it; a rehearsal decides on nothing, and is not unfit because the contract changed.
    pub decided_under: Option<Digest>,
    /// The findings of the decision, as its record has them or would have them.
    pub findings: Value,
    pub notes: Vec<String>,
    /// Held until the scores were read.
    pub run: Option<SealedRun>,
}

impl Target {
    pub fn find(
        name: Option<&Utf8Path>,
        eval: Option<&Utf8Path>,
        scores: Option<&Utf8Path>,
        progress: &mut dyn Progress,
    ) -> Result<Self, Failure> {
        let Some(name) = name else {
            return of_run(Eval::open(eval.unwrap_or(Utf8Path::new(".")))?, None, scores, progress);
        };
        let is_contract = |path: &Utf8Path| path.is_dir() || matches!(path.extension(), Some("yaml" | "yml"));
        if let Some(digest) = run_of(name) {
            let home = name.ancestors().nth(3).filter(|home| !home.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
            return of_run(Eval::open(eval.unwrap_or(home))?, Some(&digest), None, progress);
        }
        if is_contract(name) {
            if let Some(other) = eval.filter(|eval| *eval != name) {
                return Err(Failure::yours(
                    format!("`{name}` is a contract, and `--eval {other}` names another place"),
                    "leave `--eval` out, or name a record or a run of that eval",
                ));
            }
            return of_run(Eval::open(name)?, None, scores, progress);
        }
        if scores.is_some() {
            return Err(Failure::yours(
                format!("`--scores` is brought in under a contract, and `{name}` is none"),
                "name the contract or its folder, or leave `--scores` out",
            ));
        }
        let beside = eval.unwrap_or(Utf8Path::new("."));
        let state = match (name.is_file(), eval) {
            // A record's own state is the folder above `records`.
            (true, None) => name.parent().and_then(Utf8Path::parent).map_or(state_beside(beside), Utf8Path::to_owned),
            _ => state_beside(beside),
        };
        match Chain::beside(beside).find(name.as_str()) {
            Ok(kept) => of_record(&state, kept),
            // What is no record may be the beginning of a run's digest.
            Err(_) if is_hex(name.as_str()) => of_run(Eval::open(beside)?, Some(name.as_str()), None, progress),
            Err(failure) => Err(failure),
        }
    }
}

impl Target {
    /// What the same scores are decided on again with, under its contract or one that differs from it.
    pub fn grounds<'a>(&self, contract: &'a Contract) -> Grounds<'a> {
        Grounds {
            contract,
            contract_text: "",
            scores_digest: String::new(),
            files: Vec::new(),
            look: self.look,
            decided_under: self.decided_under,
            approval: None,
            before: None,
            systems: self.systems.clone(),
            judges: self.judges.clone(),
            today: None,
        }
    }
}

fn is_hex(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The digest in the name of a folder that holds a sealed run.
fn run_of(path: &Utf8Path) -> Option<String> {
    let among_runs = path.parent().and_then(Utf8Path::file_name) == Some("runs");
    if !among_runs || !path.join("run.json").is_file() {
        return None;
    }
    path.file_name()?.split('-').next().map(str::to_owned)
}

/// A run under the contract as it is now.
fn of_run(
    eval: Eval,
    digest: Option<&str>,
    scores: Option<&Utf8Path>,
    progress: &mut dyn Progress,
) -> Result<Target, Failure> {
    may_decide(&eval)?;
    let run = match scores {
        Some(file) => seal(&eval, file, progress)?.sealed,
        None => stored(&eval, digest)?,
    };
    progress.step("weighing the evidence");
    let history = History::of(&Chain::at(&eval.state()).list()?, &eval.contract, &run.scores_digest, &run.folder);
    let changed = history.decided_under.map(|_| {
        "the contract changed after these scores were decided on: what is rehearsed is the contract as it is now"
            .to_owned()
    });
    let notes = history.unreadable.into_iter().chain(changed).collect();
    let judges = judged(&eval)?;
    let grounds = Grounds {
        contract: &eval.contract,
        contract_text: &eval.text,
        scores_digest: run.scores_digest.clone(),
        files: run.files.clone(),
        look: history.look,
        decided_under: None,
        approval: None,
        before: None,
        systems: run.systems.clone(),
        judges: judges.clone(),
        today: None,
    };
    let findings = weigh(&run.folder, &grounds)?.content["findings"].take();
    Ok(Target {
        name: format!("run {}", run.scores_digest.get(..16).unwrap_or("")),
        folder: run.folder.clone(),
        systems: run.systems.clone(),
        look: history.look,
        judges,
        decided_under: None,
        findings,
        notes,
        contract: eval.contract,
        run: Some(run),
    })
}

/// The run of a record, under the contract that was sealed with it.
fn of_record(state: &Utf8Path, kept: Kept) -> Result<Target, Failure> {
    if let Some(original) = kept.content["override_of"].as_str() {
        return Err(Failure::yours(
            format!("`{}` is an override, and has no run of its own", kept.id()),
            format!("name the decision that it overrides: {original}"),
        ));
    }
    let content = &kept.content;
    let made_by = content["version"].as_str().unwrap_or("");
    if made_by != env!("CARGO_PKG_VERSION") {
        return Err(Failure::yours(
            format!("record {} was made by version {made_by}, and this is {}", kept.id(), env!("CARGO_PKG_VERSION")),
            "decide on its run again with this version, and rehearse with that",
        ));
    }
    let contract = sealed(content)?;
    let folder = folder_of(state, &content["scores"]);
    if !folder.is_dir() {
        return Err(Failure::yours(
            format!("record {} has no stored run: its scores are no longer at `{folder}`", kept.id()),
            "run or import the same scores again, and rehearse with that run",
        ));
    }
    for (name, digest) in content["scores"]["files"].as_object().into_iter().flatten() {
        let path = folder.join(Utf8Path::new(name).file_name().unwrap_or(""));
        if lake::file_digest(&path).ok().map(|digest| digest.to_string()).as_deref() != digest.as_str() {
            return Err(Failure::yours(
                format!("`{path}` is not the file that was sealed"),
                "nothing is rehearsed with scores that changed: run or import again",
            ));
        }
    }
    let decided_under = content["unfit_since"].as_str().and_then(Digest::parse);
    let notes = decided_under.map(|_| {
        "the contract had changed after these scores were first decided on: the record's findings are unfit, these are not"
            .to_owned()
    });
    Ok(Target {
        name: format!("record {}", kept.id()),
        contract,
        folder,
        systems: systems(content),
        look: content["look"]["number"].as_u64().map(|look| look as u32),
        judges: sealed_judges(content)?,
        decided_under,
        findings: content["findings"].clone(),
        notes: notes.into_iter().collect(),
        run: None,
    })
}

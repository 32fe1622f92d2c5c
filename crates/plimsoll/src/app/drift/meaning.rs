//! Vectors of what is said, from a program that embeds by a model in a folder.
//!
//! in      conversations; the folder of a model, and the program, `plimsoll-local` unless another is named
//! out     a vector for each, in their order
//! errors  no such folder, a program that is not there or cannot use the model: whoever asked can mend it
//! note    nothing leaves the machine, and nothing is downloaded; the model's runtime is in that program and not in this one

use crate::app::run::Progress;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::drift::Spoken;
use domain::failure_class::Classes;
use engine::process::Programs;
use serde_json::json;
use std::collections::BTreeMap;

/// The program of ours.
const OURS: &str = "plimsoll-local";
/// Texts that are embedded at a time.
const BATCH: usize = 16;
/// How long they may take, the first with starting up and reading the model.
const LIMIT_MS: u64 = 120_000;

/// A model, and the program that runs it.
#[derive(Clone, Debug)]
pub struct Model {
    pub folder: Utf8PathBuf,
    pub program: Option<String>,
}

pub fn vectors(spoken: &Spoken, model: &Model, progress: &mut dyn Progress) -> Result<Vec<Vec<f32>>, Failure> {
    let where_from = "`docs/guides/local-models.md` says where to get a model, and how to build `plimsoll-local`";
    if !model.folder.is_dir() {
        return Err(Failure::yours(format!("there is no model at `{}`: it is no folder", model.folder), where_from));
    }
    let folder = model.folder.canonicalize_utf8().unwrap_or_else(|_| model.folder.clone());
    let program = model.program.clone().unwrap_or_else(beside_us);
    let mut programs = Programs::default();
    let settings = BTreeMap::from([("model".to_owned(), json!(folder))]);
    let at = programs.add(Utf8Path::new("."), std::slice::from_ref(&program), LIMIT_MS, &settings, Classes::default()).map_err(|error| {
        Failure::yours(
            format!("`{program}`, which embeds texts, cannot be started: {}", error.cause),
            "build it with `cargo build -p local-grader` and put it where `PATH` finds it, or name it with `--embedder PROGRAM`",
        )
    })?;
    progress.step(&format!("reading {} conversations by their meaning", spoken.units.len()));
    let mut vectors: Vec<Vec<f32>> = Vec::new();
    for batch in spoken.units.chunks(BATCH) {
        let texts: Vec<&str> = batch.iter().map(|unit| unit.whole.as_str()).collect();
        let of_batch = programs.embed(at, &texts).map_err(|why| {
            Failure::yours(format!("`{program}` cannot embed with `{}`: {why}", model.folder), where_from)
        })?;
        vectors.extend(of_batch);
        progress.count(vectors.len() as u64, spoken.units.len() as u64);
    }
    if vectors.iter().any(|vector| vector.len() != vectors[0].len()) {
        let what = format!("`{program}` gave vectors of different lengths");
        return Err(Failure::yours(what, "one model gives vectors of one length: mend the program"));
    }
    Ok(vectors)
}

/// Where ours lies beside this program, that one; else the one that `PATH` finds.
fn beside_us() -> String {
    let beside = std::env::current_exe().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let beside = beside.and_then(|path| Some(path.parent()?.join(format!("{OURS}{}", std::env::consts::EXE_SUFFIX))));
    beside.filter(|path| path.is_file()).map_or_else(|| OURS.to_owned(), Utf8PathBuf::into_string)
}

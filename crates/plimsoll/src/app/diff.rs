//! `diff`: which examples changed between two systems of a run, worst first, with both answers.

use super::chain::Chain;
use super::weigh::ours;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::format::answers;
use domain::format::contract;
use domain::format::lines::LinePlace;
use domain::name::CriterionName;
use domain::reference_set::ExampleIndex;
use domain::system::Arm;
use lake::{Asked, ClassCosts, Scores};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// One changed grade.
pub struct Change {
    pub example: String,
    pub criterion: String,
    pub before: f64,
    pub now: f64,
    /// The answers' texts, where they are still where they were read from.
    pub answers: Option<(String, String)>,
}

pub struct Difference {
    pub of: Arm,
    pub with: Arm,
    pub worse: u64,
    pub better: u64,
    pub changes: Vec<Change>,
    pub scores: String,
}

/// The changes of a record's run.
pub fn diff(
    state: &Utf8Path,
    record: &str,
    with: Arm,
    criterion: Option<&str>,
    most: usize,
) -> Result<Difference, Failure> {
    let kept = Chain::at(state).find(record)?;
    let content = &kept.content;
    let parsed = contract::parse(Utf8Path::new("sealed contract"), content["contract"]["text"].as_str().unwrap_or(""))?;
    let digest = content["scores"]["digest"].as_str().unwrap_or("");
    let folder = state.join("runs").join(digest.get(..16).unwrap_or("none"));
    let set = lake::read_set(&folder).map_err(ours)?;
    let systems: BTreeMap<Arm, String> = content["systems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|system| {
            let arm = Arm::ALL.into_iter().find(|arm| Some(arm.as_str()) == system["arm"].as_str())?;
            Some((arm, system["name"].as_str()?.to_owned()))
        })
        .collect();
    if !systems.contains_key(&with) {
        return Err(Failure::yours(format!("the run has no {}", with.as_str()), "compare with a system that was run"));
    }
    let asked = Asked { set: &set, contract: &parsed.contract, systems, costs: ClassCosts::of(&parsed.contract) };
    let scores = Scores::open(&folder, asked).map_err(ours)?;
    let names: Vec<CriterionName> = parsed
        .contract
        .criteria
        .iter()
        .map(|known| known.name.clone())
        .filter(|name| criterion.is_none_or(|wanted| name.as_str() == wanted))
        .collect();
    if names.is_empty() {
        return Err(Failure::yours(
            format!("`{}` is not among the criteria", criterion.unwrap_or("")),
            "name a criterion of the contract",
        ));
    }
    let mut changes: Vec<(f64, ExampleIndex, CriterionName, f64, f64)> = Vec::new();
    for found in scores.changes(&names, Arm::Candidate, with).map_err(ours)? {
        changes.extend(
            found
                .examples
                .iter()
                .map(|(example, before, now)| (now - before, *example, found.criterion.clone(), *before, *now)),
        );
    }
    let worse = changes.iter().filter(|change| change.0 < 0.0).count() as u64;
    let better = changes.len() as u64 - worse;
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let files = answer_files(&folder);
    let changes = changes
        .into_iter()
        .take(most)
        .map(|(_, example, criterion, before, now)| {
            let text = |arm: Arm| -> Option<String> {
                let (file, offset, length) = scores.answer_place(example, arm).ok()??;
                read_answer(
                    files.get(arm.as_str())?.get(usize::from(file))?,
                    offset,
                    length,
                    set.rows[example.0 as usize].id.as_str(),
                )
            };
            Change {
                example: set.rows.get(example.0 as usize).map(|row| row.id.to_string()).unwrap_or_default(),
                criterion: criterion.to_string(),
                before,
                now,
                answers: text(with).zip(text(Arm::Candidate)),
            }
        })
        .collect();
    Ok(Difference { of: Arm::Candidate, with, worse, better, changes, scores: digest.to_owned() })
}

/// For each arm the files that its answers were read from.
fn answer_files(folder: &Utf8Path) -> BTreeMap<String, Vec<Utf8PathBuf>> {
    let text = std::fs::read_to_string(folder.join("run.json")).unwrap_or_default();
    let run: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let files = run["answers"].as_object().into_iter().flatten();
    files
        .map(|(arm, paths)| {
            let paths =
                paths.as_array().into_iter().flatten().filter_map(Value::as_str).map(Utf8PathBuf::from).collect();
            (arm.clone(), paths)
        })
        .collect()
}

/// The answer's text, if the line is still the answer to that example.
fn read_answer(path: &Utf8Path, offset: u64, length: u32, example: &str) -> Option<String> {
    let mut bytes = vec![0; length as usize];
    File::open(path).ok()?.read_exact_at(&mut bytes, offset).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let recorded = answers::parse(LinePlace { file: path, line: 1 }, text).ok()??;
    (recorded.example == example).then(|| match (&recorded.answer.error, &recorded.answer.text) {
        (Some(error), _) => format!("[{}: {}]", error.class, error.message),
        (None, Some(text)) => text.to_string(),
        (None, None) => String::new(),
    })
}

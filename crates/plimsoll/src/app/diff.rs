//! `diff`: which examples changed between two systems of a run, or between two runs, worst first, with both answers.
//!
//! How two reference sets lie to each other is known before any difference is: examples are matched by id, and where
//! the content of one changed its grades are not compared.

use super::answers::{files, look};
use super::chain::{Chain, Kept};
use super::changed::{ChangedGrade, worst_first};
use super::eval::sealed;
use super::history::scores_digest;
use super::sealed::folder_of;
use super::weigh::ours;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::Answer;
use domain::contract::Contract;
use domain::name::CriterionName;
use domain::reference_set::{Alignment, ExampleIndex, ReferenceSet};
use domain::system::Arm;
use lake::{Asked, Scores};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// What is compared with what.
pub struct Comparison<'a> {
    /// The record whose run is asked.
    pub record: &'a str,
    pub of: Arm,
    /// Another arm of the same run, or the same arm in the run of another record.
    pub with: With<'a>,
    pub criterion: Option<&'a str>,
    /// Changes whose answers are read.
    pub most: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum With<'a> {
    Arm(Arm),
    Record(&'a str),
}

/// One changed grade.
pub struct Change {
    pub example: String,
    pub criterion: String,
    pub before: f64,
    pub now: f64,
    /// The answers' texts, each where it is still where it was read from.
    pub answer_before: Option<String>,
    pub answer_now: Option<String>,
}

pub struct Difference {
    pub of: String,
    pub with: String,
    pub worse: u64,
    pub better: u64,
    pub changes: Vec<Change>,
    /// Digests of the scores: of what is asked, and of what it is compared with.
    pub scores: (String, String),
    /// How the reference sets lie; of one run, all its examples match.
    pub alignment: Alignment,
}

pub fn diff(chain: &Chain, comparison: &Comparison) -> Result<Difference, Failure> {
    let (state, kept) = (chain.state(), chain.find(comparison.record)?);
    let here = Run::open(state, &kept)?;
    match comparison.with {
        With::Arm(arm) => {
            let name = (comparison.of.as_str().to_owned(), arm.as_str().to_owned());
            let there = Side { run: &here, arm };
            difference(Side { run: &here, arm: comparison.of }, there, name, comparison)
        }
        With::Record(record) => {
            let earlier = chain.find(record)?;
            let there = Run::open(state, &earlier)?;
            let called = |kept: &Kept| format!("{} of {}", comparison.of.as_str(), kept.id());
            let name = (called(&kept), called(&earlier));
            let (of, with) = (Side { run: &here, arm: comparison.of }, Side { run: &there, arm: comparison.of });
            difference(of, with, name, comparison)
        }
    }
}

/// A sealed run as a record names it.
struct Run {
    folder: Utf8PathBuf,
    /// The eval's folder, from which answers were read.
    home: Utf8PathBuf,
    scores: String,
    contract: Contract,
    set: ReferenceSet,
    systems: BTreeMap<Arm, String>,
}

impl Run {
    fn open(state: &Utf8Path, kept: &Kept) -> Result<Self, Failure> {
        let content = &kept.content;
        if content["override_of"].is_string() {
            return Err(Failure::yours(
                format!("`{}` is an override, and has no run of its own", kept.id()),
                "name the decision that it overrides",
            ));
        }
        let contract = sealed(content)?;
        let scores = scores_digest(content).to_owned();
        let folder = folder_of(state, &content["scores"]);
        if !folder.is_dir() {
            return Err(Failure::yours(
                format!("the scores of record {} are no longer at `{folder}`", kept.id()),
                "run or import them again",
            ));
        }
        Ok(Run {
            set: lake::read_set(&folder).map_err(ours)?,
            home: state.parent().unwrap_or(Utf8Path::new("")).to_owned(),
            folder,
            scores,
            contract,
            systems: systems(content),
        })
    }

    fn scores(&self) -> Result<Scores<'_>, Failure> {
        let asked = Asked { set: &self.set, contract: &self.contract, systems: self.systems.clone() };
        Scores::open(&self.folder, asked).map_err(ours)
    }
}

/// Names of the arms' systems in the scores, as a record tells them.
pub fn systems(content: &Value) -> BTreeMap<Arm, String> {
    let systems = content["systems"].as_array().into_iter().flatten();
    let named = systems.filter_map(|system| {
        let arm = Arm::ALL.into_iter().find(|arm| Some(arm.as_str()) == system["arm"].as_str())?;
        Some((arm, system["name"].as_str()?.to_owned()))
    });
    named.collect()
}

#[derive(Clone, Copy)]
struct Side<'r> {
    run: &'r Run,
    arm: Arm,
}

fn difference(
    of: Side,
    with: Side,
    (of_name, with_name): (String, String),
    comparison: &Comparison,
) -> Result<Difference, Failure> {
    for side in [of, with] {
        if !side.run.systems.contains_key(&side.arm) {
            let what = format!("the run has no {}", side.arm.as_str());
            return Err(Failure::yours(what, "compare with a system that was run"));
        }
    }
    let criteria = criteria(of.run, comparison.criterion)?;
    let (now, before) = (of.run.scores()?, with.run.scores()?);
    let matched = matched(of.run, with.run);
    let mut changed = Vec::new();
    for criterion in &criteria {
        let earlier: HashMap<u32, f64> = before
            .grades(criterion, with.arm)
            .map_err(ours)?
            .into_iter()
            .map(|(example, grade)| (example.0, grade))
            .collect();
        for (example, grade) in now.grades(criterion, of.arm).map_err(ours)? {
            let there = matched.get(example.0 as usize).copied().flatten();
            let Some(was) = there.and_then(|there| earlier.get(&there.0)) else { continue };
            if *was != grade {
                changed.push(ChangedGrade { example, criterion: criterion.clone(), before: *was, now: grade });
            }
        }
    }
    worst_first(&of.run.contract, &mut changed);
    let worse = changed.iter().filter(|changed| changed.now < changed.before).count() as u64;
    let better = changed.len() as u64 - worse;
    let [of_files, with_files] = [of, with].map(|side| files(&side.run.folder, &side.run.home));
    let files = (of_files, with_files);
    changed.truncate(comparison.most);
    let there =
        |changed: &ChangedGrade| matched.get(changed.example.0 as usize).copied().flatten().unwrap_or(changed.example);
    let examples: (Vec<_>, Vec<_>) = changed.iter().map(|changed| (changed.example, there(changed))).unzip();
    let places = (places(of, &now, &examples.0)?, places(with, &before, &examples.1)?);
    let changes = changed.iter().map(|changed| Change {
        example: of.run.set.rows[changed.example.0 as usize].id.to_string(),
        criterion: changed.criterion.to_string(),
        before: changed.before,
        now: changed.now,
        answer_before: answer(with, &places.1, &files.1, there(changed)),
        answer_now: answer(of, &places.0, &files.0, changed.example),
    });
    let changes = changes.collect();
    Ok(Difference {
        of: of_name,
        with: with_name,
        worse,
        better,
        changes,
        scores: (of.run.scores.clone(), with.run.scores.clone()),
        alignment: Alignment::of(&of.run.set, &with.run.set),
    })
}

fn criteria(run: &Run, wanted: Option<&str>) -> Result<Vec<CriterionName>, Failure> {
    let known = || run.contract.criteria.iter().map(|criterion| criterion.name.clone());
    let names: Vec<CriterionName> =
        known().filter(|name| wanted.is_none_or(|wanted| name.as_str() == wanted)).collect();
    if names.is_empty() {
        let list: Vec<String> = known().map(|name| name.to_string()).collect();
        return Err(Failure::yours(
            format!("`{}` is not among the criteria", wanted.unwrap_or("")),
            format!("name one of: {}", list.join(", ")),
        ));
    }
    Ok(names)
}

/// For each example here its position there, where it stands there with the same content.
fn matched(here: &Run, there: &Run) -> Vec<Option<ExampleIndex>> {
    let places: HashMap<&str, usize> =
        there.set.rows.iter().enumerate().map(|(at, row)| (row.id.as_str(), at)).collect();
    let place = |row: &domain::reference_set::Row| {
        let at = *places.get(row.id.as_str())?;
        (there.set.rows[at].digest == row.digest).then_some(ExampleIndex(at as u32))
    };
    here.set.rows.iter().map(place).collect()
}

type Places = BTreeMap<ExampleIndex, (u16, u64, u32)>;

fn places(side: Side, scores: &Scores, examples: &[ExampleIndex]) -> Result<Places, Failure> {
    scores.answer_places(examples, side.arm).map_err(ours)
}

/// The text of an arm's first answer to an example, where it can still be read.
fn answer(
    side: Side,
    places: &Places,
    files: &BTreeMap<String, Vec<Utf8PathBuf>>,
    example: ExampleIndex,
) -> Option<String> {
    let (file, offset, length) = *places.get(&example)?;
    let path = files.get(side.run.systems.get(&side.arm)?)?.get(usize::from(file))?;
    look(path, (offset, length), side.run.set.rows[example.0 as usize].id.as_str(), told)
}

/// An answer as people compare it: its text, or what it returned as JSON where it has none; what it called; and that it took more than one
/// attempt.
fn told(answer: &Answer) -> String {
    let again = answer.attempts.filter(|attempts| *attempts > 1).map(|attempts| format!("[{attempts} attempts]"));
    if let Some(error) = &answer.error {
        let failed = format!("[{}: {}]", error.class, error.message);
        return [failed].into_iter().chain(again).collect::<Vec<_>>().join(" ");
    }
    let said = match (answer.text.as_deref().filter(|text| !text.is_empty()), &answer.structured) {
        (Some(text), _) => Some(text.to_owned()),
        (None, structured) => structured.as_ref().map(Value::to_string),
    };
    let calls = answer.calls().iter().map(|call| format!("[calls {} {}]", call.name, call.arguments));
    said.into_iter().chain(calls).chain(again).collect::<Vec<_>>().join(" ")
}

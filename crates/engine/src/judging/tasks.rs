//! What is judged: every answer that is there, by every judged criterion that applies to its example.

use crate::asking::{AskError, Plan};
use crate::jsonl::Lines;
use crate::judge::Instructions;
use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::Answer;
use domain::criterion::Criterion;
use domain::digest::quick_hash;
use domain::format::answers::parse;
use domain::format::lines::LinePlace;
use domain::name::SystemName;
use domain::reference_set::{ExampleIndex, Ids};
use domain::rubric::{Kind, Rubric};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::fs::FileExt;

/// A criterion that judges grade.
pub struct Judged<'a> {
    /// Position in the contract's criteria.
    pub criterion: u16,
    pub what: &'a Criterion,
    pub rubric: &'a Rubric,
    pub instructions: Instructions<'a>,
    pub names: &'a [SystemName],
    /// The same judges, by their place among the systems that judge.
    pub judges: Vec<usize>,
}

/// An arm and the files of its answers.
pub struct Arm {
    pub name: String,
    pub is_production: bool,
    /// Production's answers are held against this arm's, in comparisons.
    pub is_candidate: bool,
    pub files: Vec<Utf8PathBuf>,
}

/// Where an answer's line stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    file: u16,
    offset: u64,
    length: u32,
    /// Of the line, so that a file that is written on meanwhile is found out.
    hash: u64,
}

pub struct Task {
    /// Place among the judged criteria.
    pub judged: u16,
    pub arm: u16,
    pub example: ExampleIndex,
    pub repeat: u16,
    pub own: Place,
    /// What it is compared with.
    pub production: Option<Place>,
}

/// The answers that can be judged, and their files.
pub struct Opened<'a> {
    paths: Vec<&'a Utf8Path>,
    files: Vec<File>,
    arms: &'a [Arm],
    /// In the order in which they stand.
    answers: Vec<(u16, ExampleIndex, u16, Place)>,
    production: HashMap<(ExampleIndex, u16), Place>,
}

impl<'a> Opened<'a> {
    pub fn open(plan: Plan, arms: &'a [Arm]) -> Result<Self, AskError> {
        let ids = Ids::of(&plan.set.rows);
        let mut opened =
            Opened { paths: Vec::new(), files: Vec::new(), arms, answers: Vec::new(), production: HashMap::new() };
        for (at, arm) in arms.iter().enumerate() {
            for path in &arm.files {
                let failed = |cause: io::Error| AskError::Journal { path: path.clone(), cause };
                let file = opened.files.len() as u16;
                opened.files.push(File::open(path).map_err(failed)?);
                opened.paths.push(path);
                let reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
                let mut lines = Lines::new(reader);
                while let Some(line) = lines.next().map_err(failed)? {
                    let place = LinePlace { file: path, line: line.number };
                    // A line that is too long is told when answers are graded, as one that answers no example.
                    if line.too_long {
                        continue;
                    }
                    let recorded = place.text(line.bytes).and_then(|text| parse(place, text));
                    let Some(recorded) = recorded.map_err(AskError::Faults)? else { continue };
                    let Some(example) = ids.find(&plan.set.rows, &recorded.example) else { continue };
                    let usable = recorded.answer.error.is_none()
                        && recorded.repeat < u32::from(plan.repeats)
                        && plan.set.rows[example.0 as usize].is_active();
                    if usable {
                        let (length, hash) = (line.bytes.len() as u32, quick_hash(line.bytes));
                        let kept = Place { file, offset: line.offset, length, hash };
                        opened.answers.push((at as u16, example, recorded.repeat as u16, kept));
                        if arm.is_production {
                            opened.production.insert((example, recorded.repeat as u16), kept);
                        }
                    }
                }
            }
        }
        Ok(opened)
    }

    /// Shows an answer; what it is borrowed from lives as long as the call.
    pub fn with<T>(&self, place: Place, then: impl FnOnce(&Answer) -> Result<T, String>) -> Result<T, String> {
        let path = self.paths[place.file as usize];
        let changed = || format!("`{path}` changed while its answers were judged");
        let mut bytes = vec![0; place.length as usize];
        self.files[place.file as usize].read_exact_at(&mut bytes, place.offset).map_err(|_| changed())?;
        if quick_hash(&bytes) != place.hash {
            return Err(changed());
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| changed())?;
        let line = LinePlace { file: path, line: 1 };
        let recorded = parse(line, text).ok().flatten().ok_or_else(changed)?;
        then(&recorded.answer)
    }

    pub fn names(&self) -> Vec<String> {
        self.arms.iter().map(|arm| arm.name.clone()).collect()
    }

    pub fn candidate(&self) -> Option<u16> {
        self.arms.iter().position(|arm| arm.is_candidate).map(|at| at as u16)
    }

    /// Production's answers: arm, example and repeat.
    pub fn of_production(&self) -> impl Iterator<Item = (u16, ExampleIndex, u16)> {
        let own = |arm: u16| self.arms[arm as usize].is_production;
        self.answers
            .iter()
            .filter(move |(arm, ..)| own(*arm))
            .map(|(arm, example, repeat, _)| (*arm, *example, *repeat))
    }
}

pub fn of(plan: Plan, judged: &[Judged], answers: &Opened) -> Vec<Task> {
    let mut tasks = Vec::new();
    for &(arm, example, repeat, own) in &answers.answers {
        for (at, judged) in judged.iter().enumerate() {
            if !plan.set.lies_in(&judged.what.applies, example) {
                continue;
            }
            let production = if judged.rubric.kind == Kind::Pairwise {
                // Nobody is asked to compare production with itself, or an answer with nothing.
                if answers.arms[arm as usize].is_production {
                    continue;
                }
                let Some(production) = answers.production.get(&(example, repeat)) else { continue };
                Some(*production)
            } else {
                None
            };
            tasks.push(Task { judged: at as u16, arm, example, repeat, own, production });
        }
    }
    // The arms in step: what is judged of an example is judged at about the same time.
    tasks.sort_by_key(|task| (task.example, task.repeat, task.judged, task.arm));
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Documents, Keeper};
    use crate::set::of_one;

    #[test]
    fn an_answer_that_is_written_on_meanwhile_is_judged_no_more() {
        let set = of_one("a");
        let documents = Documents::new(&set, Keeper::up_to(0, &[]));
        let folder = tempfile::tempdir().unwrap();
        let file = Utf8PathBuf::try_from(folder.path().join("answers.jsonl")).unwrap();
        let write = |said: &str| std::fs::write(&file, format!("{{\"example\":\"a\",\"text\":\"{said}\"}}\n")).unwrap();
        write("14 days");
        let arms =
            [Arm { name: "candidate".to_owned(), is_production: false, is_candidate: true, files: vec![file.clone()] }];
        let opened = Opened::open(Plan { set: &set, documents: &documents, repeats: 1 }, &arms).unwrap();
        let place = opened.answers[0].3;
        let said = || opened.with(place, |answer| Ok(answer.text.as_deref().unwrap_or("").to_owned()));
        assert_eq!(said(), Ok("14 days".to_owned()));
        write("30 days");
        assert_eq!(said(), Err(format!("`{file}` changed while its answers were judged")));
    }
}

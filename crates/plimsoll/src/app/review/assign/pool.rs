//! The answers of a run that could be labelled on a criterion, where they are kept, and how some of them are picked.

use super::super::file;
use super::{Chosen, Gold, Orders, Picked};
use crate::app::answers::{files, line_at};
use crate::app::eval::Eval;
use crate::app::sealed::SealedRun;
use crate::app::weigh::ours;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::fault::Faults;
use domain::format::answers;
use domain::format::lines::LinePlace;
use domain::qualification::Sample;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::review::{Item, ItemKey, Laid, Purpose, Reading, Says, drawn};
use domain::score::State;
use domain::system::Arm;
use lake::{Asked, KeptAnswer, Scores};
use std::collections::{BTreeMap, BTreeSet};

pub struct Pool {
    folder: Utf8PathBuf,
    set: ReferenceSet,
    systems: BTreeMap<Arm, String>,
    files: BTreeMap<String, Vec<Utf8PathBuf>>,
    answers: BTreeMap<ItemKey, (Arm, KeptAnswer)>,
    /// Whether the grader passes; only what it graded.
    verdicts: BTreeMap<ItemKey, bool>,
}

impl Pool {
    pub fn of(eval: &Eval, run: &SealedRun, criterion: &Criterion) -> Result<Self, Failure> {
        let set = lake::read_set(&run.folder).map_err(ours)?;
        let asked = Asked { set: &set, contract: &eval.contract, systems: run.systems.clone() };
        let scores = Scores::open(&run.folder, asked).map_err(ours)?;
        let key = |example: ExampleIndex, arm: Arm, repeat: u32| ItemKey {
            example: set.rows[example.0 as usize].id.clone(),
            system: run.systems[&arm].clone(),
            repeat,
            criterion: criterion.name.clone(),
        };
        let mut kept = BTreeMap::new();
        for arm in run.systems.keys() {
            for answer in scores.kept_answers(*arm).map_err(ours)? {
                let row = &set.rows[answer.example.0 as usize];
                if row.is_active() && set.lies_in(&criterion.applies, answer.example) {
                    kept.insert(key(answer.example, *arm, answer.repeat), (*arm, answer));
                }
            }
        }
        if kept.is_empty() {
            return Err(Failure::yours(
                "the run has no answers to show: its scores came from elsewhere, or no answer applies",
                "run systems whose answers are recorded, or label elsewhere and bring labels in with `plimsoll review import`",
            ));
        }
        let mark = criterion.pass_at.map_or(1.0, |mark| mark.get());
        let graded = scores.verdicts(&criterion.name).map_err(ours)?;
        let verdicts = graded
            .iter()
            .filter(|verdict| verdict.state == State::Graded)
            .filter_map(|verdict| Some((key(verdict.example, verdict.arm, verdict.repeat), verdict.value? >= mark)));
        let verdicts = verdicts.collect();
        drop(scores);
        Ok(Pool {
            files: files(&run.folder, &eval.folder),
            folder: eval.folder.clone(),
            systems: run.systems.clone(),
            answers: kept,
            verdicts,
            set,
        })
    }

    pub fn arm_of(&self, key: &ItemKey) -> Option<Arm> {
        self.answers.get(key).map(|(arm, _)| *arm)
    }

    /// What fits the purpose, in the order of the draw, as many as are asked for.
    pub fn pick(
        &self,
        orders: &Orders,
        said: &BTreeMap<ItemKey, Item>,
        free: impl Fn(&ItemKey) -> bool,
    ) -> Result<Picked, Failure> {
        let mut open: Vec<ItemKey> =
            self.answers.keys().filter(|key| free(key) && self.is_said(key)).cloned().collect();
        let mut sample = Some(Sample::Random);
        if let Chosen::Of(path) = orders.chosen {
            let wanted = self.examples(path)?;
            open.retain(|key| wanted.contains(key.example.as_str()));
            sample = Some(Sample::HandPicked);
        }
        // What was said of an earlier answer of the system is not said of this one.
        let reads = |key: &ItemKey| {
            let item = said.get(key).zip(self.laid(key, None).ok()).map(|(item, laid)| item.of_answer(&laid.answer));
            item.map_or(Reading::Unlabelled, |item| item.reading())
        };
        match orders.purpose {
            Purpose::Settle => open.retain(|key| reads(key) == Reading::Disputed),
            Purpose::Audit => open.retain(|key| matches!(reads(key), Reading::Agreed(Says::Pass | Says::Fail))),
            Purpose::Calibrate => open.retain(|key| self.verdicts.contains_key(key)),
            Purpose::Label => {}
        }
        let open = drawn(orders.seed, open);
        let Chosen::Take(many) = orders.chosen else {
            return Ok(open.into_iter().map(|key| (key, sample)).collect());
        };
        if orders.purpose != Purpose::Calibrate {
            return Ok(open.into_iter().take(many).map(|key| (key, sample)).collect());
        }
        // Fails are few, and half of the labels belong there.
        let (passed, failed): (Vec<ItemKey>, Vec<ItemKey>) = open.into_iter().partition(|key| self.verdicts[key]);
        let of_failed = failed.len().min(many.div_ceil(2).max(many.saturating_sub(passed.len())));
        let of_passed = passed.len().min(many - of_failed.min(many));
        let picked = failed.into_iter().take(of_failed).chain(passed.into_iter().take(of_passed));
        Ok(picked.map(|key| (key, Some(Sample::Enriched))).collect())
    }

    /// A system that failed has said nothing that could be labelled.
    fn is_said(&self, key: &ItemKey) -> bool {
        self.laid(key, None).is_ok()
    }

    /// The examples that a file names, one a line.
    fn examples(&self, path: &Utf8Path) -> Result<BTreeSet<String>, Failure> {
        let text = crate::app::file::text(path, super::LONGEST).map_err(|error| {
            Failure::yours(format!("cannot read `{path}`: {error}"), "name a file of ids, one a line")
        })?;
        let known: BTreeSet<&str> = self.set.active().map(|(_, row)| row.id.as_str()).collect();
        let (mut ids, mut faults) = (BTreeSet::new(), Vec::new());
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let id = line.trim();
            if !known.contains(id) {
                let place = LinePlace { file: path, line: at as u32 + 1 };
                faults.push(place.fault(
                    1,
                    id,
                    format!("the run has no active example `{id}`"),
                    "name an example of the run",
                ));
            }
            ids.insert(id.to_owned());
        }
        Faults::none_or(faults)?;
        Ok(ids)
    }

    /// Where an answer lies, with the digest of what it says.
    pub fn laid(&self, key: &ItemKey, sample: Option<Sample>) -> Result<Laid, Failure> {
        let gone = || {
            Failure::yours(
                format!("the answer to `{}` is no longer where it was read from", key.example),
                "run again, and assign answers of that run",
            )
        };
        let (_, kept) = self.answers.get(key).ok_or_else(gone)?;
        let file = self.files.get(&key.system).and_then(|files| files.get(usize::from(kept.file))).ok_or_else(gone)?;
        let line = line_at(file, kept.offset, kept.length).ok_or_else(gone)?;
        let place = LinePlace { file, line: 1 };
        let recorded = answers::parse(place, &line).ok().flatten().ok_or_else(gone)?;
        let is_it = recorded.example == key.example.as_str() && recorded.repeat == key.repeat;
        if !is_it || recorded.answer.error.is_some() {
            return Err(gone());
        }
        let from_here = file.strip_prefix(&self.folder).unwrap_or(file);
        Ok(Laid {
            answer: recorded.answer.digest().to_string(),
            example: self.set.rows[kept.example.0 as usize].digest.to_string(),
            file: from_here.to_owned(),
            offset: kept.offset,
            length: kept.length,
            sample,
        })
    }

    /// Why no reviewer is shown this answer, and what to do with gold that is of it.
    fn unseen(&self, key: &ItemKey, criterion: &Criterion) -> (String, &'static str) {
        let ItemKey { example, system, .. } = key;
        let at = self.set.rows.iter().position(|row| row.id == *example);
        match at.map(|at| (&self.set.rows[at], ExampleIndex(at as u32))) {
            Some((row, _)) if !row.is_active() => {
                (format!("`{example}` was not active in this run"), "gold is of active examples: take this label out")
            }
            Some((_, at)) if !self.set.lies_in(&criterion.applies, at) => (
                format!("`{}` does not apply to `{example}`, and nobody is asked about it", criterion.name),
                "take this label out, or mend the `when` of the criterion and run again",
            ),
            _ => (
                format!("the run has no answer of `{system}` to `{example}`"),
                "gold is of answers that reviewers can be shown",
            ),
        }
    }

    /// Labels known to be right, of answers of this run.
    pub fn gold(&self, path: &Utf8Path, criterion: &Criterion) -> Result<Gold, Failure> {
        let (mut gold, mut faults) = (Gold::new(), Vec::new());
        for placed in file::read(path)? {
            let label = placed.label;
            let mut wrong = |found: &str, what: String, help: &str| {
                faults.push(LinePlace { file: path, line: placed.line }.fault(1, found, what, help));
            };
            if label.criterion != criterion.name {
                continue;
            }
            if label.says == Says::CannotTell {
                wrong("cannot_tell", "nobody knows the right label of this answer".to_owned(), "gold passes or fails");
            }
            let called = |(arm, name): &(&Arm, &String)| arm.as_str() == label.system || **name == label.system;
            let system = self.systems.iter().find(called).map(|(_, name)| name.clone());
            let system = system.unwrap_or_else(|| label.system.clone());
            let key = ItemKey { example: label.example, system, repeat: label.repeat, criterion: label.criterion };
            if !self.answers.contains_key(&key) {
                let (what, help) = self.unseen(&key, criterion);
                wrong(key.example.as_str(), what, help);
            } else if gold.insert(key.clone(), label.says).is_some_and(|before| before != label.says) {
                let what = format!("gold says both of the answer to `{}`", key.example);
                wrong(key.example.as_str(), what, "keep the right one");
            }
        }
        Faults::none_or(faults)?;
        if gold.is_empty() {
            return Err(Failure::yours(
                format!("`{path}` has no label on `{}`", criterion.name),
                "gold holds labels of the queue's criterion",
            ));
        }
        Ok(gold)
    }
}

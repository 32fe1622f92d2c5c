//! `check`: reads what there is of an eval and asks whether it is fit to decide.

use super::ask::budget;
use super::chain::{Chain, Kept};
use super::diff::systems;
use super::eval::Eval;
use super::graders::all_compiled;
use super::history::scores_digest;
use super::judges::judged;
use super::run::{Progress, reference_set};
use super::sealed::folder_of;
use super::weigh::ours;
use super::{reviewed, rubrics};
use crate::cli::Failure;
use domain::check::{Blank, CheckFinding, Given, Severity, Standing, check as find, standing};
use domain::criterion::Criterion;
use domain::name::CriterionName;
use domain::reference_set::ReferenceSet;
use engine::{Documents, Keeper};
use grading::Compiled;
use lake::{Asked, ClassCosts, Scores};

pub struct Checked {
    pub findings: Vec<CheckFinding>,
    pub standing: Vec<Standing>,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Nobody waits long for a check.
struct Silent;

impl Progress for Silent {
    fn step(&mut self, _what: &str) {}
    fn count(&mut self, _done: u64, _of: u64) {}
}

pub fn check(eval: &Eval) -> Result<Checked, Failure> {
    // A set that is not there yet is a finding; one that cannot be read is a fault.
    let there = super::kept::paths(eval)?.iter().any(|path| eval.folder.join(path).exists());
    let read = if there { Some(reference_set(eval, &mut Silent)?) } else { None };
    let graders = all_compiled(eval)?;
    budget::can_be_kept(eval)?;
    let (set, keeper) = read.map_or((None, None), |(set, keeper)| (Some(set), Some(keeper)));
    let blank = set.as_ref().zip(keeper).map(|(set, keeper)| blank(set, keeper, &graders)).unwrap_or_default();
    let empty = domain::reference_set::ReferenceSet::default();
    let today = jiff::Zoned::now().date().to_string();
    let (together, judges) = (together(eval)?, judged(eval)?);
    let without_rubric = rubrics::all(eval)?;
    let unlabelled: Vec<CriterionName> = reviewed::labels(eval)?
        .into_iter()
        .filter(|known| known.labels.is_empty())
        .map(|known| known.criterion.name.clone())
        .collect();
    let given = Given {
        set: Some(set.as_ref().unwrap_or(&empty)),
        today: &today,
        together: &together,
        blank: &blank,
        judges: &judges,
        without_rubric: &without_rubric,
        unlabelled: &unlabelled,
    };
    Ok(Checked { findings: find(&eval.contract, given), standing: standing(&eval.contract, set.as_ref()) })
}

/// References of examples that leave nothing to compare, criterion by criterion.
fn blank(set: &ReferenceSet, keeper: Keeper, graders: &[(&Criterion, Compiled)]) -> Vec<Blank> {
    let comparing: Vec<&(&Criterion, Compiled)> =
        graders.iter().filter(|(criterion, _)| criterion.grader.compares_texts()).collect();
    let mut found: Vec<Blank> = Vec::new();
    if comparing.is_empty() {
        return found;
    }
    let documents = Documents::new(set, keeper);
    for (example, _) in set.active() {
        let Some(document) = documents.get(example) else { continue };
        for (criterion, compiled) in comparing.iter().filter(|(criterion, _)| set.lies_in(&criterion.applies, example))
        {
            let Some(reference) = compiled.blank(&document) else { continue };
            match found.iter_mut().find(|blank| blank.criterion == criterion.name) {
                Some(blank) => blank.count += 1,
                None => found.push(Blank { criterion: criterion.name.clone(), example, reference, count: 1 }),
            }
        }
    }
    found
}

/// Pairs of this contract's criteria that always failed together in the run of its last decision, where there is one.
fn together(eval: &Eval) -> Result<Vec<(CriterionName, CriterionName, u64)>, Failure> {
    let decided = |kept: &Kept| kept.content["contract"]["name"].as_str() == Some(eval.contract.name.as_str());
    let state = eval.state();
    let records = Chain::at(&state).list()?;
    let Some(last) = records.iter().rev().find(|kept| decided(kept) && !scores_digest(&kept.content).is_empty()) else {
        return Ok(Vec::new());
    };
    let folder = folder_of(&state, &last.content["scores"]);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let set = lake::read_set(&folder).map_err(ours)?;
    let names: Vec<CriterionName> = eval.contract.criteria.iter().map(|criterion| criterion.name.clone()).collect();
    let costs = ClassCosts::of(&eval.contract);
    let asked = Asked { set: &set, contract: &eval.contract, systems: systems(&last.content), costs };
    Scores::open(&folder, asked).and_then(|scores| scores.together(&names)).map_err(ours)
}

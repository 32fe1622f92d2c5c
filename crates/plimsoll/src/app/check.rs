//! `check`: reads what there is of an eval and asks whether it is fit to decide.

use super::answers::line_at;
use super::ask::budget;
use super::chain::{Chain, Kept};
use super::diff::systems;
use super::eval::Eval;
use super::gathered::Gathered;
use super::graders::all_compiled;
use super::history::{scores_digest, upcoming};
use super::import::traffic::can_be_hidden;
use super::judges::judged;
use super::kept::Quiet;
use super::run::reference_set;
use super::sealed::folder_of;
use super::weigh::ours;
use super::{reviewed, rubrics};
use crate::cli::Failure;
use domain::check::{
    Blank, CheckFinding, Given, Severity, Standing, Ungraded, check as find, comes_with_scores, standing,
};
use domain::criterion::Criterion;
use domain::example::contradict;
use domain::format::examples::document;
use domain::grader::Operand;
use domain::name::CriterionName;
use domain::reference_set::{ExampleIndex, ReferenceSet, SameInput};
use engine::{Documents, Keeper};
use grading::{Compiled, Lack, lack};
use lake::{Asked, Scores};
use serde_json::Value;

pub struct Checked {
    pub findings: Vec<CheckFinding>,
    pub standing: Vec<Standing>,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

pub fn check(eval: &Eval) -> Result<Checked, Failure> {
    // A set that is not there yet is a finding; one that cannot be read is a fault.
    let there = super::kept::paths(eval)?.iter().any(|path| eval.folder.join(path).exists());
    let mut gathered = Gathered::default();
    let set = gathered.take(there.then(|| reference_set(eval, &mut Quiet)).transpose()).flatten();
    let graders = gathered.take(all_compiled(eval)).unwrap_or_default();
    let without_rubric = gathered.take(rubrics::all(eval)).unwrap_or_default();
    gathered.take(budget::can_be_kept(eval));
    gathered.take(can_be_hidden(eval));
    gathered.finish()?;
    let (set, keeper) = set.unzip();
    let compared = set.as_ref().zip(keeper).map(|(set, keeper)| compared(set, keeper, &graders)).unwrap_or_default();
    let met_at_once = set.as_ref().map(met_at_once).unwrap_or_default();
    let empty = domain::reference_set::ReferenceSet::default();
    let today = jiff::Zoned::now().date().to_string();
    let records = Chain::at(&eval.state()).list()?;
    let (together, judges) = (together(eval, &records)?, judged(eval)?);
    let unlabelled: Vec<CriterionName> = reviewed::labels(eval)?
        .into_iter()
        .filter(|known| known.labels.is_empty())
        .map(|known| known.criterion.name.clone())
        .collect();
    let look = set.as_ref().map(|set| upcoming(&records, &eval.contract, &eval.state(), set));
    let given = Given {
        look,
        set: set.as_ref().or_else(|| (!comes_with_scores(&eval.contract)).then_some(&empty)),
        today: &today,
        together: &together,
        blank: &compared.blank,
        ungraded: &compared.ungraded,
        met_at_once: &met_at_once,
        judges: &judges,
        without_rubric: &without_rubric,
        unlabelled: &unlabelled,
    };
    Ok(Checked { findings: find(&eval.contract, given), standing: standing(&eval.contract, set.as_ref()) })
}

/// What is wrong with the references of examples, criterion by criterion.
#[derive(Default)]
struct Compared {
    /// They leave nothing to compare.
    blank: Vec<Blank>,
    /// They are not there.
    ungraded: Vec<Ungraded>,
}

fn compared(set: &ReferenceSet, keeper: Keeper, graders: &[(&Criterion, Compiled)]) -> Compared {
    let looks_up = |(criterion, _): &&(&Criterion, Compiled)| {
        criterion.grader.compares_texts()
            || criterion.grader.operands().iter().any(|operand| matches!(operand, Operand::Path(_)))
    };
    let comparing: Vec<&(&Criterion, Compiled)> = graders.iter().filter(looks_up).collect();
    let mut found = Compared::default();
    if comparing.is_empty() {
        return found;
    }
    let documents = Documents::new(set, keeper);
    for (example, _) in set.active() {
        let Some(document) = documents.get(example) else { continue };
        for (criterion, compiled) in comparing.iter().filter(|(criterion, _)| set.lies_in(&criterion.applies, example))
        {
            if let Some(lack) = lack(&criterion.grader, &document) {
                found.lacks(&criterion.name, example, lack);
            } else if let Some(reference) = compiled.blank(&document) {
                found.is_blank(&criterion.name, example, reference);
            }
        }
    }
    found
}

impl Compared {
    fn is_blank(&mut self, criterion: &CriterionName, example: ExampleIndex, reference: String) {
        match self.blank.iter_mut().find(|blank| blank.criterion == *criterion) {
            Some(blank) => blank.count += 1,
            None => self.blank.push(Blank { criterion: criterion.clone(), example, reference, count: 1 }),
        }
    }

    fn lacks(&mut self, criterion: &CriterionName, example: ExampleIndex, lack: Lack) {
        let at = self.ungraded.iter().position(|known| known.criterion == *criterion).unwrap_or_else(|| {
            let (missing, null) = (Vec::new(), Vec::new());
            self.ungraded.push(Ungraded { criterion: criterion.clone(), path: String::new(), missing, null });
            self.ungraded.len() - 1
        });
        let of = &mut self.ungraded[at];
        match lack {
            Lack::Null => of.null.push(example),
            Lack::Missing(path) => {
                if of.missing.is_empty() {
                    of.path = path;
                }
                of.missing.push(example);
            }
        }
    }
}

/// The first examples of those groups with equal inputs and different expectations that one answer can meet all of.
fn met_at_once(set: &ReferenceSet) -> Vec<ExampleIndex> {
    let expected = |example: &ExampleIndex| {
        let row = set.rows.get(example.0 as usize)?;
        let line = line_at(set.files.get(row.kept.file as usize)?, row.kept.offset, row.kept.length)?;
        document(&line, &row.id, &["expected"])?.get_mut("expected").map(Value::take)
    };
    let can_be_met = |same: &SameInput| {
        let mut wanted: Vec<Value> = Vec::new();
        same.examples.iter().all(|example| {
            let Some(one) = expected(example) else { return false };
            let is_met = wanted.contains(&one) || !wanted.iter().any(|other| contradict(&one, other));
            if is_met && !wanted.contains(&one) {
                wanted.push(one);
            }
            is_met
        })
    };
    let conflicting = set.same_inputs().into_iter().filter(|same| same.conflict);
    conflicting.filter(can_be_met).map(|same| same.examples[0]).collect()
}

/// Pairs of this contract's criteria that always failed together in the run of its last decision, where there is one.
fn together(eval: &Eval, records: &[Kept]) -> Result<Vec<(CriterionName, CriterionName, u64)>, Failure> {
    let decided = |kept: &Kept| kept.contract() == eval.contract.name.as_str();
    let state = eval.state();
    let Some(last) = records.iter().rev().find(|kept| decided(kept) && !scores_digest(&kept.content).is_empty()) else {
        return Ok(Vec::new());
    };
    let folder = folder_of(&state, &last.content["scores"]);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let set = lake::read_set(&folder).map_err(ours)?;
    let names: Vec<CriterionName> = eval.contract.criteria.iter().map(|criterion| criterion.name.clone()).collect();
    let asked = Asked { set: &set, contract: &eval.contract, systems: systems(&last.content) };
    Scores::open(&folder, asked).and_then(|scores| scores.together(&names)).map_err(ours)
}

//! Facts besides estimates: outright failures, guards, what changed, what failed and why.

use super::columns::{sums, texts, whole};
use super::per_example::OfExample;
use super::{Scores, quoted};
use crate::LakeError;
use domain::gate::{Measure, disagreement_on};
use domain::name::{ClassName, CriterionName};
use domain::question::ValueOf;
use domain::reference_set::ExampleIndex;
use domain::review::DISAGREEMENT;
use domain::score::State;
use domain::system::Arm;
use std::collections::{BTreeMap, BTreeSet};

/// Examples that one query names.
const MOST_ASKED: usize = 1000;
/// A grade as it enters the mean over an example's repeats; a system fault is a failure, what is missing is left out.
const GRADE: &str = "CASE WHEN state = 'graded' THEN value WHEN state = 'system_error' THEN 0.0 END";

/// What became of the answers that an arm was planned to give (examples times repeats), and of their grades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub planned: u64,
    pub answered: u64,
    pub system_errors: u64,
    pub not_run: u64,
    pub grader_errors: u64,
}

/// One failing score.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    pub example: ExampleIndex,
    pub criterion: CriterionName,
    pub arm: Arm,
    pub state: State,
    pub class: Option<ClassName>,
    pub reason: Option<String>,
}

/// A grade that is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Ungraded {
    pub example: ExampleIndex,
    pub repeat: u32,
    pub criterion: CriterionName,
    pub arm: Arm,
    pub reason: Option<String>,
}

/// Failing scores of an arm by class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCount {
    pub class: ClassName,
    pub scores: u64,
}

/// Examples whose mean grade differs between two arms, for one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    pub criterion: CriterionName,
    /// Example, grade before (of the opponent), grade now.
    pub examples: Vec<(ExampleIndex, f64, f64)>,
}

impl Scores<'_> {
    /// Failing scores of these examples (all where `None`) on these criteria, in any repeat.
    pub fn failing(
        &self,
        criteria: &[&CriterionName],
        examples: Option<&BTreeSet<ExampleIndex>>,
    ) -> Result<Vec<Failing>, LakeError> {
        if criteria.is_empty() || examples.is_some_and(BTreeSet::is_empty) {
            return Ok(Vec::new());
        }
        let names: Vec<String> = criteria.iter().map(|name| quoted(name.as_str())).collect();
        let only = examples.map_or_else(String::new, |examples| {
            let list: Vec<String> = examples.iter().map(|example| example.0.to_string()).collect();
            format!(" AND example_index IN ({})", list.join(", "))
        });
        let sql = format!(
            "SELECT example_index, CAST(criterion AS VARCHAR), CAST(system AS VARCHAR), CAST(state AS VARCHAR), CAST(failure_class AS VARCHAR), reason \
             FROM scores WHERE criterion IN ({}) AND (state = 'system_error' OR (state = 'graded' AND {})){only} ORDER BY 1, 2, 3, repeat",
            names.join(", "),
            self.fails(),
        );
        let mut failing = Vec::new();
        for batch in self.engine.ask(&sql)? {
            let (examples, texts) =
                (whole(&batch, 0)?, (1..6).map(|at| texts(&batch, at)).collect::<Result<Vec<_>, _>>()?);
            for row in 0..batch.num_rows() {
                let text = |column: usize| texts[column][row].clone();
                let Some(arm) = self.arm_of(text(1).as_deref().unwrap_or("")) else { continue };
                failing.push(Failing {
                    example: ExampleIndex(examples[row]),
                    criterion: CriterionName::new(text(0).unwrap_or_default()),
                    arm,
                    state: self.state_of(text(2).as_deref())?,
                    class: text(3).map(ClassName::new),
                    reason: text(4),
                });
            }
        }
        Ok(failing)
    }

    /// Grades that are missing of these examples by these criteria, though they apply: not run, or not graded.
    pub fn ungraded(
        &self,
        criteria: &[&CriterionName],
        examples: &BTreeSet<ExampleIndex>,
    ) -> Result<Vec<Ungraded>, LakeError> {
        if criteria.is_empty() || examples.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = criteria.iter().map(|name| quoted(name.as_str())).collect();
        let list: Vec<String> = examples.iter().map(|example| example.0.to_string()).collect();
        let sql = format!(
            "SELECT example_index, repeat, CAST(criterion AS VARCHAR), CAST(system AS VARCHAR), reason FROM scores \
             WHERE criterion IN ({}) AND example_index IN ({}) AND state IN ('not_run', 'grader_error') ORDER BY 1, 3, 4, 2",
            names.join(", "),
            list.join(", "),
        );
        let mut ungraded = Vec::new();
        for batch in self.engine.ask(&sql)? {
            let (examples, repeats) = (whole(&batch, 0)?, whole(&batch, 1)?);
            let (criteria, systems, reasons) = (texts(&batch, 2)?, texts(&batch, 3)?, texts(&batch, 4)?);
            for row in 0..batch.num_rows() {
                let Some(arm) = self.arm_of(systems[row].as_deref().unwrap_or("")) else { continue };
                ungraded.push(Ungraded {
                    example: ExampleIndex(examples[row]),
                    repeat: repeats[row],
                    criterion: CriterionName::new(criteria[row].clone().unwrap_or_default()),
                    arm,
                    reason: reasons[row].clone(),
                });
            }
        }
        Ok(ungraded)
    }

    /// Examples that reviewers are split on, by criterion and arm; of the criteria given, under which is told whether they differ, those on which
    /// they do.
    pub fn disputed(
        &self,
        differing: &[CriterionName],
    ) -> Result<BTreeMap<(CriterionName, Arm), BTreeSet<ExampleIndex>>, LakeError> {
        let names: Vec<String> = differing.iter().map(|name| quoted(name.as_str())).collect();
        let differs = match names.is_empty() {
            true => String::new(),
            false => format!(" OR (state = 'graded' AND value >= 1.0 AND criterion IN ({}))", names.join(", ")),
        };
        let sql = format!(
            "SELECT DISTINCT example_index, CAST(criterion AS VARCHAR), CAST(system AS VARCHAR) FROM scores \
             WHERE (state = 'grader_error' AND failure_class = '{DISAGREEMENT}'){differs} ORDER BY 1, 2, 3"
        );
        let mut disputed: BTreeMap<(CriterionName, Arm), BTreeSet<ExampleIndex>> = BTreeMap::new();
        for batch in self.engine.ask(&sql)? {
            let (examples, criteria, systems) = (whole(&batch, 0)?, texts(&batch, 1)?, texts(&batch, 2)?);
            for row in 0..batch.num_rows() {
                let text = |column: &[Option<String>]| column[row].clone().unwrap_or_default();
                let Some(arm) = self.arm_of(&text(&systems)) else { continue };
                let key = (CriterionName::new(text(&criteria)), arm);
                disputed.entry(key).or_default().insert(ExampleIndex(examples[row]));
            }
        }
        Ok(disputed)
    }

    pub(super) fn arm_of(&self, system: &str) -> Option<Arm> {
        self.asked.systems.iter().find(|(_, name)| *name == system).map(|(arm, _)| *arm)
    }

    /// Which of these examples an arm has any score of.
    pub fn seen(&self, examples: &BTreeSet<ExampleIndex>) -> Result<BTreeSet<(ExampleIndex, Arm)>, LakeError> {
        self.with_state("state IN ('graded', 'system_error')", examples)
    }

    /// Of which of these examples an arm lacks a planned score by one of these criteria, in any repeat.
    pub fn missing(
        &self,
        criteria: &[&CriterionName],
        examples: &BTreeSet<ExampleIndex>,
    ) -> Result<BTreeSet<(ExampleIndex, Arm)>, LakeError> {
        if criteria.is_empty() {
            return Ok(BTreeSet::new());
        }
        let names: Vec<String> = criteria.iter().map(|name| quoted(name.as_str())).collect();
        let state = format!("state IN ('not_run', 'grader_error') AND criterion IN ({})", names.join(", "));
        self.with_state(&state, examples)
    }

    fn with_state(
        &self,
        state: &str,
        examples: &BTreeSet<ExampleIndex>,
    ) -> Result<BTreeSet<(ExampleIndex, Arm)>, LakeError> {
        if examples.is_empty() {
            return Ok(BTreeSet::new());
        }
        let list: Vec<String> = examples.iter().map(|example| example.0.to_string()).collect();
        let sql = format!(
            "SELECT DISTINCT example_index, CAST(system AS VARCHAR) FROM scores \
             WHERE {state} AND example_index IN ({}) ORDER BY 1, 2",
            list.join(", ")
        );
        let mut found = BTreeSet::new();
        for batch in self.engine.ask(&sql)? {
            let (examples, systems) = (whole(&batch, 0)?, texts(&batch, 1)?);
            for row in 0..batch.num_rows() {
                if let Some(arm) = self.arm_of(systems[row].as_deref().unwrap_or("")) {
                    found.insert((ExampleIndex(examples[row]), arm));
                }
            }
        }
        Ok(found)
    }

    /// Failing scores of an arm on active examples by class, most first. That reviewers differ on an answer is no failure of it.
    pub fn classes(&self, arm: Arm) -> Result<Vec<ClassCount>, LakeError> {
        let Some(system) = self.asked.systems.get(&arm) else { return Ok(Vec::new()) };
        let default = self.case_by_criterion(|class, _| quoted(class.as_str()), "'unclassed'");
        let criteria = self.asked.contract.criteria.iter();
        let differing: Vec<String> = criteria.map(|one| quoted(disagreement_on(&one.name).as_str())).collect();
        let answered = match differing.is_empty() {
            true => String::new(),
            false => format!(" AND criterion NOT IN ({})", differing.join(", ")),
        };
        let sql = format!(
            "SELECT COALESCE(CAST(failure_class AS VARCHAR), {default}) AS class, CAST(COUNT(*) AS DOUBLE) AS n FROM scores \
             WHERE system = {}{answered} AND (state = 'system_error' OR (state = 'graded' AND {})) GROUP BY 1 ORDER BY 2 DESC, 1",
            quoted(system),
            self.fails_in_a_class(),
        );
        let mut classes = Vec::new();
        for batch in self.engine.ask(&sql)? {
            let (names, counts) = (texts(&batch, 0)?, sums(&batch, 1)?);
            for row in 0..batch.num_rows() {
                let class = ClassName::new(names[row].clone().unwrap_or_default());
                classes.push(ClassCount { class, scores: counts[row] as u64 });
            }
        }
        Ok(classes)
    }

    /// For each criterion the examples whose mean grade differs between two arms.
    pub fn changes(&self, criteria: &[CriterionName], of: Arm, with: Arm) -> Result<Vec<Changes>, LakeError> {
        let mut all = Vec::new();
        for criteria in criteria.chunks(self.at_a_time()) {
            let held = self.last();
            let in_hand =
                held.as_ref().filter(|held| criteria.iter().all(|name| held.of_criterion(name, of).is_some()));
            let read;
            let held = match in_hand {
                Some(held) => held,
                None => {
                    let key = |name: &CriterionName| (Measure::Criterion(name.clone()), ValueOf::Grade);
                    read = self.per_example(&criteria.iter().map(key).collect::<Vec<_>>())?;
                    &read
                }
            };
            all.extend(criteria.iter().filter_map(|criterion| {
                let examples = differing(held.of_criterion(criterion, with)?, held.of_criterion(criterion, of)?);
                Some(Changes { criterion: criterion.clone(), examples })
            }));
        }
        Ok(all)
    }

    /// What graded each criterion, as its rows say.
    pub fn graders(&self) -> Result<BTreeMap<String, String>, LakeError> {
        let sql = "SELECT CAST(criterion AS VARCHAR), CAST(grader AS VARCHAR) FROM (SELECT DISTINCT criterion, grader FROM scores) \
                   ORDER BY 1, 2";
        let mut found = BTreeMap::new();
        for batch in self.engine.ask(sql)? {
            let (criteria, graders) = (texts(&batch, 0)?, texts(&batch, 1)?);
            let named = criteria.into_iter().zip(graders).filter_map(|(criterion, grader)| Some((criterion?, grader?)));
            found.extend(named);
        }
        Ok(found)
    }

    /// What became of the planned answers of each arm, and how many grades a grader failed to give.
    pub fn coverage(&self) -> Result<BTreeMap<Arm, Coverage>, LakeError> {
        let mut found: BTreeMap<Arm, Coverage> = BTreeMap::new();
        let answers = "SELECT CAST(system AS VARCHAR), CAST(state AS VARCHAR), CAST(COUNT(*) AS DOUBLE) FROM answers \
                       GROUP BY 1, 2 ORDER BY 1, 2";
        for batch in self.engine.ask(answers)? {
            let (systems, states, counts) = (texts(&batch, 0)?, texts(&batch, 1)?, sums(&batch, 2)?);
            for row in 0..batch.num_rows() {
                let Some(arm) = self.arm_of(systems[row].as_deref().unwrap_or("")) else { continue };
                let (of, count) = (found.entry(arm).or_default(), counts[row] as u64);
                of.planned += count;
                match self.state_of(states[row].as_deref())? {
                    State::NotRun => of.not_run += count,
                    State::SystemError => of.system_errors += count,
                    State::Graded | State::GraderError | State::NotApplicable => of.answered += count,
                }
            }
        }
        let ungraded = "SELECT CAST(system AS VARCHAR), CAST(COUNT(*) AS DOUBLE) FROM scores WHERE state = 'grader_error' \
                        GROUP BY 1 ORDER BY 1";
        for batch in self.engine.ask(ungraded)? {
            let (systems, counts) = (texts(&batch, 0)?, sums(&batch, 1)?);
            for row in 0..batch.num_rows() {
                if let Some(arm) = self.arm_of(systems[row].as_deref().unwrap_or("")) {
                    found.entry(arm).or_default().grader_errors += counts[row] as u64;
                }
            }
        }
        Ok(found)
    }

    /// The mean grade of each example on a criterion in an arm, in the order of examples; a system fault is a failure, and
    /// an example without any grade is left out.
    pub fn grades(&self, criterion: &CriterionName, arm: Arm) -> Result<Vec<(ExampleIndex, f64)>, LakeError> {
        let Some(system) = self.asked.systems.get(&arm) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT ex, y FROM (SELECT example_index AS ex, AVG({GRADE}) AS y FROM scores WHERE criterion = {} AND system = {} \
             GROUP BY example_index) WHERE y IS NOT NULL ORDER BY ex",
            quoted(criterion.as_str()),
            quoted(system)
        );
        let mut grades = Vec::new();
        for batch in self.engine.ask(&sql)? {
            let (index, values) = (whole(&batch, 0)?, sums(&batch, 1)?);
            grades.extend(index.into_iter().map(ExampleIndex).zip(values));
        }
        Ok(grades)
    }

    /// Pairs of criteria that failed on the same answers and never apart, with how many; answers that not both grade, or
    /// on which the system failed, say nothing.
    pub fn together(&self, criteria: &[CriterionName]) -> Result<Vec<(CriterionName, CriterionName, u64)>, LakeError> {
        let columns: Vec<String> = criteria
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let is = format!("criterion = {} AND state = 'graded'", quoted(name.as_str()));
                format!("MAX(CASE WHEN {is} THEN CASE WHEN {} THEN 1 ELSE 0 END END) AS f{at}", self.fails())
            })
            .collect();
        let mut pairs = Vec::new();
        for first in 0..criteria.len() {
            pairs.extend((first + 1..criteria.len()).map(|second| (first, second)));
        }
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let counted: Vec<String> = pairs
            .iter()
            .map(|(a, b)| {
                format!(
                    "CAST(SUM(CASE WHEN f{a} = 1 AND f{b} = 1 THEN 1 ELSE 0 END) AS DOUBLE), \
                     CAST(SUM(CASE WHEN f{a} <> f{b} THEN 1 ELSE 0 END) AS DOUBLE)"
                )
            })
            .collect();
        let sql = format!(
            "SELECT {} FROM (SELECT {} FROM scores GROUP BY example_index, system, repeat)",
            counted.join(", "),
            columns.join(", ")
        );
        let mut found = Vec::new();
        for batch in self.engine.ask(&sql)?.iter().filter(|batch| batch.num_rows() > 0) {
            for (at, (a, b)) in pairs.iter().enumerate() {
                let (both, apart) = (sums(batch, 2 * at)?[0], sums(batch, 2 * at + 1)?[0]);
                if both > 0.0 && apart == 0.0 {
                    found.push((criteria[*a].clone(), criteria[*b].clone(), both as u64));
                }
            }
        }
        Ok(found)
    }

    /// Places of the first answers to these examples in their files: `(file, offset, length)`.
    pub fn answer_places(
        &self,
        examples: &[ExampleIndex],
        arm: Arm,
    ) -> Result<BTreeMap<ExampleIndex, (u16, u64, u32)>, LakeError> {
        let mut places = BTreeMap::new();
        let Some(system) = self.asked.systems.get(&arm) else { return Ok(places) };
        for asked in examples.chunks(MOST_ASKED) {
            let list: Vec<String> = asked.iter().map(|example| example.0.to_string()).collect();
            let sql = format!(
                "SELECT CAST(example_index AS DOUBLE) AS example, CAST(file AS DOUBLE), CAST(line_offset AS DOUBLE), \
                 CAST(line_length AS DOUBLE) FROM answers \
                 WHERE example_index IN ({}) AND system = {} AND file IS NOT NULL ORDER BY example_index, repeat",
                list.join(", "),
                quoted(system)
            );
            for batch in self.engine.ask(&sql)? {
                let (indices, files) = (sums(&batch, 0)?, sums(&batch, 1)?);
                let (offsets, lengths) = (sums(&batch, 2)?, sums(&batch, 3)?);
                let rows = indices.iter().zip(files).zip(offsets.into_iter().zip(lengths));
                for ((index, file), (offset, length)) in rows {
                    let place = (file as u16, offset as u64, length as u32);
                    places.entry(ExampleIndex(*index as u32)).or_insert(place);
                }
            }
        }
        Ok(places)
    }
}

/// Where the mean grade differs: example, before, now, the greatest loss first.
fn differing(before: &[OfExample], now: &[OfExample]) -> Vec<(ExampleIndex, f64, f64)> {
    let both = before.iter().zip(now).enumerate();
    let mut examples: Vec<(ExampleIndex, f64, f64)> = both
        .filter_map(|(at, (before, now))| Some((ExampleIndex(at as u32), before.grade()?, now.grade()?)))
        .filter(|(_, before, now)| before != now)
        .collect();
    // Stable: equal losses stay in the order of the set.
    examples.sort_by(|one, other| (one.2 - one.1).total_cmp(&(other.2 - other.1)));
    examples
}

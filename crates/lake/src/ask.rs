//! Puts the questions of `domain` to a run's scores.
//!
//! in      a run's folder and the reference set it saw; questions; which system is which arm
//! out     a tally a question: counts, and sums per cluster in the order of cluster ids
//! how     per example and arm the mean over repeats (`ex`), for as many measures at a time as fit in memory; then, for each
//!         attribute that segments are cut by, one grouping per cluster. Examples of weight 0 are counted and not summed.

mod facts;
mod sums;

pub use facts::{Changes, ClassCount, Coverage, Failing};

use crate::LakeError;
use crate::engine::Engine;
use camino::{Utf8Path, Utf8PathBuf};
use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use domain::contract::Contract;
use domain::gate::Measure;
use domain::name::{ClassName, CriterionName};
use domain::question::{Question, Tally, ValueOf};
use domain::reference_set::ReferenceSet;
use domain::segment::{Segmentation, Shares};
use domain::system::Arm;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Score rows that are held per example at a time.
const ROWS_AT_A_TIME: usize = 1_000_000;

/// What a failing answer costs: for each criterion the class of a failure that names none and the mark below which a grade
/// fails; for each class its cost.
#[derive(Clone, Debug, Default)]
pub struct ClassCosts {
    pub default_class: Vec<(CriterionName, ClassName, f64)>,
    pub costs: BTreeMap<ClassName, f64>,
}

impl ClassCosts {
    pub fn of(contract: &Contract) -> Self {
        let default_class = contract
            .criteria
            .iter()
            .map(|criterion| {
                let class = criterion.protects.first().cloned().unwrap_or_else(|| ClassName::new("unclassed"));
                let mark = criterion.pass_at.map_or(1.0, |mark| mark.get());
                (criterion.name.clone(), class, mark)
            })
            .collect();
        let costs =
            contract.failures.iter().filter_map(|class| Some((class.name.clone(), class.cost?.get()))).collect();
        ClassCosts { default_class, costs }
    }
}

/// Everything but the questions that tallies depend on.
pub struct Asked<'a> {
    pub set: &'a ReferenceSet,
    pub contract: &'a Contract,
    /// The name of each arm's system in the scores.
    pub systems: BTreeMap<Arm, String>,
    pub costs: ClassCosts,
}

pub struct Scores<'a> {
    engine: Engine,
    asked: Asked<'a>,
    folder: Utf8PathBuf,
    /// For each example the rank of its cluster's id, and its stratum.
    strata: Vec<String>,
    /// The measures that `ex` holds, each at its position.
    loaded: RefCell<Vec<(Measure, ValueOf)>>,
}

impl<'a> Scores<'a> {
    /// Opens a run's folder.
    pub fn open(folder: &Utf8Path, asked: Asked<'a>) -> Result<Self, LakeError> {
        for name in ["scores.parquet", "answers.parquet"] {
            if !folder.join(name).is_file() {
                return Err(LakeError::NotARun(folder.to_owned()));
            }
        }
        let engine = Engine::new()?;
        engine.parquet("scores", &folder.join("scores.parquet"))?;
        engine.parquet("answers", &folder.join("answers.parquet"))?;
        let strata = match declared(asked.contract) {
            Some((_, shares)) => shares.keys().cloned().collect(),
            None => Vec::new(),
        };
        let scores = Scores { engine, asked, folder: folder.to_owned(), strata, loaded: RefCell::default() };
        scores.engine.memory("examples", vec![scores.examples()?])?;
        Ok(scores)
    }

    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Index, weight, rank of the cluster, stratum, and a code for each attribute.
    fn examples(&self) -> Result<RecordBatch, LakeError> {
        let set = self.asked.set;
        let mut clusters: Vec<&str> = set.rows.iter().map(|row| row.cluster.as_str()).collect();
        clusters.sort_unstable();
        clusters.dedup();
        let ranks: std::collections::HashMap<&str, u32> =
            clusters.iter().enumerate().map(|(rank, cluster)| (*cluster, rank as u32)).collect();
        let whole = |values: Vec<u32>| -> ArrayRef { Arc::new(UInt32Array::from(values)) };
        let mut fields = vec![Field::new("ex", DataType::UInt32, false), Field::new("w", DataType::Float64, false)];
        fields.extend(["c", "h", "active"].map(|name| Field::new(name, DataType::UInt32, false)));
        let mut columns: Vec<ArrayRef> = vec![
            whole((0..set.rows.len() as u32).collect()),
            Arc::new(Float64Array::from_iter_values(set.rows.iter().map(|row| row.weight.get()))),
            whole(set.rows.iter().map(|row| ranks.get(row.cluster.as_str()).copied().unwrap_or(0)).collect()),
            whole(self.stratum_of_rows()),
            whole(set.rows.iter().map(|row| u32::from(row.is_active())).collect()),
        ];
        for (at, column) in set.attributes.values().enumerate() {
            fields.push(Field::new(format!("a{at}"), DataType::UInt32, false));
            columns.push(whole(column.of_row.clone()));
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }

    /// Position of each row's stratum; one beyond the last where its value is not declared.
    fn stratum_of_rows(&self) -> Vec<u32> {
        let rows = self.asked.set.rows.len();
        let Some((attribute, _)) = declared(self.asked.contract) else { return vec![0; rows] };
        (0..rows)
            .map(|at| {
                let value = self.asked.set.value(attribute, domain::reference_set::ExampleIndex(at as u32));
                let found = value.and_then(|value| self.strata.iter().position(|stratum| stratum == value));
                found.unwrap_or(self.strata.len()) as u32
            })
            .collect()
    }

    /// Answers questions, in their order.
    pub fn tally(&self, questions: &[Question]) -> Result<Vec<Tally>, LakeError> {
        let mut tallies = vec![Tally::default(); questions.len()];
        self.tally_each(questions, |at, tally| tallies[at] = tally)?;
        Ok(tallies)
    }

    /// Answers questions, each handed on with its position as soon as it is there: all of them are too much to hold where
    /// there are many clusters. A question about nothing is not answered.
    pub fn tally_each(&self, questions: &[Question], mut take: impl FnMut(usize, Tally)) -> Result<(), LakeError> {
        let mut keys: Vec<(Measure, ValueOf)> = Vec::new();
        for question in questions {
            let key = (question.measure.clone(), question.value);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let at_a_time = (ROWS_AT_A_TIME / self.asked.set.rows.len().max(1)).clamp(1, 64);
        for chunk in keys.chunks(at_a_time) {
            if !self.has_loaded(chunk) && !self.load(chunk)? {
                continue;
            }
            let loaded = self.loaded.borrow().clone();
            let wanted: Vec<(usize, usize, &Question)> = questions
                .iter()
                .enumerate()
                .filter_map(|(at, question)| {
                    let is = |(measure, value): &(Measure, ValueOf)| {
                        *measure == question.measure && *value == question.value
                    };
                    chunk.iter().find(|key| is(key))?;
                    Some((at, loaded.iter().position(is)?, question))
                })
                .collect();
            sums::tally(self, &wanted, &mut take)?;
        }
        // What fits at once may be asked again; of more, only a part is left.
        if keys.len() > at_a_time {
            self.unload()?;
        }
        Ok(())
    }

    /// Loads `ex`: per measure and example, for each arm the sum over repeats, how many, and what is missing. False where
    /// no active example has a row.
    fn load(&self, keys: &[(Measure, ValueOf)]) -> Result<bool, LakeError> {
        self.unload()?;
        let values = self.all_values(keys);
        let mut arms = String::new();
        for (name, arm) in self.arms() {
            let is = format!("v.system = {}", quoted(name));
            let letter = letter(arm);
            arms += &format!(
                ", SUM(CASE WHEN {is} THEN v.y END) AS {letter}_s, COUNT(CASE WHEN {is} THEN v.y END) AS {letter}_k\
                 , SUM(CASE WHEN {is} THEN v.missing ELSE 0 END) AS {letter}_m, SUM(CASE WHEN {is} THEN 1 ELSE 0 END) AS {letter}_a\
                 , SUM(CASE WHEN {is} THEN v.system_error ELSE 0 END) AS {letter}_e, SUM(CASE WHEN {is} THEN v.grader_error ELSE 0 END) AS {letter}_g\
                 , SUM(CASE WHEN {is} THEN v.not_run ELSE 0 END) AS {letter}_r"
            );
        }
        let sql = format!(
            "SELECT g.*, e.w, e.c, e.h{attributes} FROM (SELECT v.k, v.ex{arms} FROM ({values}) v GROUP BY v.k, v.ex) g \
             JOIN examples e ON e.ex = g.ex WHERE e.active = 1",
            attributes = (0..self.asked.set.attributes.len()).map(|at| format!(", e.a{at}")).collect::<String>(),
            values = values.join(" UNION ALL "),
        );
        let batches = self.engine.ask(&sql)?;
        if batches.is_empty() {
            return Ok(false);
        }
        self.engine.memory("ex", batches)?;
        *self.loaded.borrow_mut() = keys.to_vec();
        Ok(true)
    }

    fn has_loaded(&self, keys: &[(Measure, ValueOf)]) -> bool {
        let loaded = self.loaded.borrow();
        keys.iter().all(|key| loaded.contains(key))
    }

    fn unload(&self) -> Result<(), LakeError> {
        self.loaded.borrow_mut().clear();
        self.engine.drop_table("ex")
    }

    /// Rows for every measure, under its position. Criteria come from one pass over the scores, but for one that is asked
    /// for in a second way.
    fn all_values(&self, keys: &[(Measure, ValueOf)]) -> Vec<String> {
        let mut together: Vec<(usize, &CriterionName, String)> = Vec::new();
        let mut values = Vec::new();
        for (key, (measure, value)) in keys.iter().enumerate() {
            match measure {
                Measure::Criterion(name) if !together.iter().any(|(_, known, _)| *known == name) => {
                    together.push((key, name, taken(*value)));
                }
                _ => values.push(self.values(key, measure, *value)),
            }
        }
        if let Some((_, _, first)) = together.first() {
            let by_criterion = |of: &dyn Fn(&(usize, &CriterionName, String)) -> String| {
                let whens = together.iter().map(|one| format!("WHEN {} THEN {} ", quoted(one.1.as_str()), of(one)));
                format!("CASE criterion {}END", whens.collect::<String>())
            };
            let value = match together.iter().all(|(_, _, taken)| taken == first) {
                true => first.clone(),
                false => by_criterion(&|(_, _, taken)| taken.clone()),
            };
            let names: Vec<String> = together.iter().map(|(_, name, _)| quoted(name.as_str())).collect();
            values.insert(0, graded(&by_criterion(&|(key, ..)| key.to_string()), &value, &names.join(", ")));
        }
        values
    }

    fn arms(&self) -> impl Iterator<Item = (&str, Arm)> {
        self.asked.systems.iter().map(|(arm, name)| (name.as_str(), *arm))
    }

    fn values(&self, key: usize, measure: &Measure, value: ValueOf) -> String {
        let key = key.to_string();
        match (measure, value) {
            (Measure::Criterion(name), value) => graded(&key, &taken(value), &quoted(name.as_str())),
            (Measure::GraderErrors, _) => fill(include_str!("../questions/grader_errors.sql"), &[("key", &key)]),
            (Measure::FailureCost, _) => self.costs(&key),
            (Measure::Latency | Measure::Spend, value) => {
                let column = if *measure == Measure::Latency { "latency_ms" } else { "spend" };
                let (taken, failed) = match value {
                    ValueOf::Within(limit) => (
                        format!(
                            "CASE WHEN {column} <= {:?} THEN 1.0 WHEN {column} > {:?} THEN 0.0 END",
                            limit.get(),
                            limit.get()
                        ),
                        "0.0",
                    ),
                    _ => (column.to_owned(), "CAST(NULL AS DOUBLE)"),
                };
                fill(
                    include_str!("../questions/measures.sql"),
                    &[("key", &key), ("value", &taken), ("failed", failed), ("measure", column)],
                )
            }
        }
    }

    fn costs(&self, key: &str) -> String {
        let default = self.case_by_criterion(|class, _| quoted(class.as_str()), "'unclassed'");
        let class = format!("COALESCE(CAST(failure_class AS VARCHAR), {default})");
        let mut cost = String::from("CASE ");
        for (name, amount) in &self.asked.costs.costs {
            cost += &format!("WHEN {class} = {} THEN {amount:?} ", quoted(name.as_str()));
        }
        cost += "ELSE 0.0 END";
        if self.asked.costs.costs.is_empty() {
            cost = "0.0".to_owned();
        }
        let failing = self.fails();
        fill(
            include_str!("../questions/costs.sql"),
            &[("key", key), ("class", &class), ("cost", &cost), ("failing", &failing)],
        )
    }

    /// The condition under which a graded score fails.
    fn fails(&self) -> String {
        format!("value < {}", self.case_by_criterion(|_, mark| format!("{mark:?}"), "1.0"))
    }

    fn case_by_criterion(&self, then: impl Fn(&ClassName, f64) -> String, otherwise: &str) -> String {
        if self.asked.costs.default_class.is_empty() {
            return otherwise.to_owned();
        }
        let whens: String = self
            .asked
            .costs
            .default_class
            .iter()
            .map(|(criterion, class, mark)| {
                format!("WHEN criterion = {} THEN {} ", quoted(criterion.as_str()), then(class, *mark))
            })
            .collect();
        format!("CASE {whens}ELSE {otherwise} END")
    }
}

/// A grade as it is asked for.
fn taken(value: ValueOf) -> String {
    match value {
        ValueOf::Reaches(mark) => format!("CASE WHEN value >= {:?} THEN 1.0 ELSE 0.0 END", mark.get()),
        _ => "value".to_owned(),
    }
}

/// Grades of these criteria.
fn graded(key: &str, value: &str, criteria: &str) -> String {
    fill(include_str!("../questions/values.sql"), &[("key", key), ("value", value), ("criteria", criteria)])
}

/// The attribute whose values are strata with declared shares.
fn declared(contract: &Contract) -> Option<(&domain::name::Attribute, &BTreeMap<String, domain::share::Share>)> {
    contract.segments.iter().find_map(|cut| match cut {
        Segmentation::By { attribute, shares: Shares::Declared(shares), .. } => Some((attribute, shares)),
        _ => None,
    })
}

fn letter(arm: Arm) -> &'static str {
    match arm {
        Arm::Candidate => "c",
        Arm::Production => "p",
        Arm::Fallback => "f",
    }
}

/// A text as an SQL literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A named question with its places filled.
fn fill(question: &str, places: &[(&str, &str)]) -> String {
    let mut sql = question.to_owned();
    for (name, text) in places {
        sql = sql.replace(&format!("{{{name}}}"), text);
    }
    sql
}

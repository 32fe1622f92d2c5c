//! Puts the questions of `domain` to a run's scores.
//!
//! in      a run's folder and the reference set it saw; questions; which system is which arm
//! out     a tally a question: counts, and sums per cluster in the order of cluster ids
//! how     SQL says what each row counts as; repeats are added up by example, arm and measure, for as many measures at a time as fit
//!         in memory; `domain::tally` sums per cluster what lies in a segment. Examples of weight 0 are counted and not summed.

mod answers;
mod columns;
mod facts;
mod held;
mod per_example;
mod spread;
mod verdicts;

pub use answers::KeptAnswer;
pub use facts::{Changes, ClassCount, Coverage, Failing, Ungraded};
pub use verdicts::{Differing, Verdict};

use crate::LakeError;
use crate::engine::{Cut, Engine};
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::criterion::Kind;
use domain::failure_class::Classes;
use domain::gate::{Measure, disagreement_on};
use domain::layout::Layout;
use domain::name::{ClassName, ClusterId, CriterionName};
use domain::question::{Question, Tally, ValueOf};
use domain::reference_set::ReferenceSet;
use domain::score::State;
use domain::segment::Segment;
use domain::system::Arm;
use domain::tally::{Member, tally};
use per_example::{Key, OfExample, PerExample};
use stats::Strata;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Examples times measures that are held at a time.
const ROWS_AT_A_TIME: usize = 1_000_000;

/// What a failing answer costs: for each criterion the class of a failure that names none and the mark below which a grade
/// fails; for each class its cost.
struct ClassCosts {
    default_class: Vec<(CriterionName, ClassName, f64)>,
    costs: BTreeMap<ClassName, f64>,
    /// What a score may name: any other word, in a table of before, is as good as none.
    classes: Classes,
    /// Criteria that protect against a failure with a cost.
    costly: Vec<CriterionName>,
    /// Criteria of which the mean is gated, and which have no mark: a grade below 1 is no failure there, unless its grader names a class.
    graded: Vec<CriterionName>,
}

impl ClassCosts {
    fn of(contract: &Contract) -> Self {
        let default_class = contract
            .criteria
            .iter()
            .map(|criterion| {
                let class = criterion.protects.first().cloned().unwrap_or_else(|| ClassName::new("unclassed"));
                let mark = criterion.pass_at.map_or(1.0, |mark| mark.get());
                (criterion.name.clone(), class, mark)
            })
            .collect();
        let costs: BTreeMap<ClassName, f64> =
            contract.failures.iter().filter_map(|class| Some((class.name.clone(), class.cost?.get()))).collect();
        let costly = contract.criteria.iter().filter(|one| one.protects.iter().any(|class| costs.contains_key(class)));
        let costly = costly.map(|criterion| criterion.name.clone()).collect();
        let graded = contract.criteria.iter().filter(|one| one.kind == Kind::Graded && one.pass_at.is_none());
        let graded = graded.map(|criterion| criterion.name.clone()).collect();
        ClassCosts { default_class, costs, classes: Classes::of(&contract.failures), costly, graded }
    }
}

/// Everything but the questions that tallies depend on.
#[derive(Clone)]
pub struct Asked<'a> {
    pub set: &'a ReferenceSet,
    pub contract: &'a Contract,
    /// The name of each arm's system in the scores.
    pub systems: BTreeMap<Arm, String>,
}

/// What a question is answered from.
struct Found<'f> {
    /// By example, of the arm that is asked about, and of its opponent.
    of: &'f [OfExample],
    with: Option<&'f [OfExample]>,
    /// The members of the segment.
    members: &'f [Member],
    strata: &'f Strata,
}

pub struct Scores<'a> {
    engine: Engine,
    asked: Asked<'a>,
    class_costs: ClassCosts,
    folder: Utf8PathBuf,
    layout: Layout,
    /// The measures that were asked about last, where all of them fit.
    held: Mutex<Option<PerExample>>,
}

impl<'a> Scores<'a> {
    /// Opens a run's folder.
    pub fn open(folder: &Utf8Path, asked: Asked<'a>) -> Result<Self, LakeError> {
        Self::open_cut(folder, asked, Cut::default())
    }

    /// Opens a run's folder, to be read in another way.
    pub fn open_cut(folder: &Utf8Path, asked: Asked<'a>, cut: Cut) -> Result<Self, LakeError> {
        for name in ["scores.parquet", "answers.parquet"] {
            if !folder.join(name).is_file() {
                return Err(LakeError::NotARun(folder.to_owned()));
            }
        }
        let engine = Engine::new(cut)?;
        engine.parquet("scores", &folder.join("scores.parquet"))?;
        engine.parquet("answers", &folder.join("answers.parquet"))?;
        let (layout, class_costs) = (Layout::of(asked.contract, asked.set), ClassCosts::of(asked.contract));
        Ok(Scores { engine, asked, class_costs, folder: folder.to_owned(), layout, held: Mutex::default() })
    }

    /// The state that a row says; `NotARun` where it is none.
    fn state_of(&self, word: Option<&str>) -> Result<State, LakeError> {
        word.and_then(State::parse).ok_or_else(|| LakeError::NotARun(self.folder.clone()))
    }

    /// The same scores, asked about the active examples of another set with the same rows.
    pub fn over<'b>(&self, set: &'b ReferenceSet) -> Result<Scores<'b>, LakeError>
    where
        'a: 'b,
    {
        Scores::open(&self.folder, Asked { set, ..self.asked.clone() })
    }

    pub fn set(&self) -> &'a ReferenceSet {
        self.asked.set
    }

    pub fn contract(&self) -> &'a Contract {
        self.asked.contract
    }

    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The id of a cluster, by its rank among them.
    pub fn cluster(&self, rank: u32) -> Option<&ClusterId> {
        let first = self.layout.clusters().iter().position(|known| *known == rank)?;
        Some(&self.asked.set.rows.get(first)?.cluster)
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
        self.find_each(questions, |at, found| {
            take(at, tally(&questions[at], found.of, found.with, found.members, found.strata));
        })
    }

    /// What each question is answered from, handed on with its position.
    fn find_each(&self, questions: &[Question], mut take: impl FnMut(usize, Found)) -> Result<(), LakeError> {
        let mut keys: Vec<Key> = Vec::new();
        for question in questions {
            let key = (question.measure.clone(), question.value);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let mut held = self.last();
        let at_a_time = self.at_a_time();
        for chunk in keys.chunks(at_a_time) {
            let is_held = held.as_ref().is_some_and(|held| chunk.iter().all(|key| held.keys.contains(key)));
            if !is_held {
                *held = None;
                *held = Some(self.per_example(chunk)?);
            }
            let Some(held) = held.as_ref().filter(|held| held.has_rows()) else { continue };
            self.find(held, chunk, questions, &mut take);
        }
        // What fits at once may be asked again; of more, only a part is left.
        if keys.len() > at_a_time {
            *held = None;
        }
        Ok(())
    }

    /// What answers the questions about these measures, segment by segment.
    fn find(&self, held: &PerExample, keys: &[Key], questions: &[Question], take: &mut impl FnMut(usize, Found)) {
        let mut by_segment: BTreeMap<&Segment, Vec<(usize, &Question)>> = BTreeMap::new();
        for (at, question) in questions.iter().enumerate() {
            if keys.iter().any(|(measure, value)| *measure == question.measure && *value == question.value) {
                by_segment.entry(&question.segment).or_default().push((at, question));
            }
        }
        let segments: Vec<&Segment> = by_segment.keys().copied().collect();
        for (segment, inside) in self.layout.inside(self.asked.set, &segments) {
            let strata = self.layout.strata_of(segment, &inside);
            for (at, question) in by_segment.get(segment).into_iter().flatten() {
                if let Some((of, with)) = held.compared(question) {
                    take(*at, Found { of, with, members: &inside, strata: &strata });
                }
            }
        }
    }

    /// The measures that were asked about last, for one thread at a time.
    fn last(&self) -> MutexGuard<'_, Option<PerExample>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at_a_time(&self) -> usize {
        (ROWS_AT_A_TIME / self.asked.set.rows.len().max(1)).clamp(1, 64)
    }

    /// Reads what each example scored on these measures, in every arm.
    fn per_example(&self, keys: &[Key]) -> Result<PerExample, LakeError> {
        let examples = self.asked.set.rows.len();
        let mut held = PerExample::new(keys, self.arms().map(|(_, arm)| arm), examples);
        let arms: String =
            self.arms().enumerate().map(|(at, (name, _))| format!("WHEN {} THEN {at} ", quoted(name))).collect();
        let names: Vec<String> = self.arms().map(|(name, _)| quoted(name)).collect();
        let places = [
            ("values", self.all_values(keys).join(" UNION ALL ")),
            ("arm", format!("CASE v.system {arms}END")),
            ("systems", names.join(", ")),
            ("arms", names.len().to_string()),
            ("examples", examples.to_string()),
        ];
        let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
        self.engine.each(&fill(include_str!("../questions/per_example.sql"), &places), |batch| held.add(&batch))?;
        Ok(held)
    }

    /// Rows for every measure, under its position. Criteria come from one pass over the scores, but for one that is asked
    /// for in a second way.
    fn all_values(&self, keys: &[Key]) -> Vec<String> {
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
            (Measure::Disagreement(name), value) => {
                graded(&key, &taken(value), &quoted(disagreement_on(name).as_str()))
            }
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
        let known: Vec<String> = self.class_costs.classes.iter().map(quoted).collect();
        let class = format!(
            "CASE WHEN CAST(failure_class AS VARCHAR) IN ({}) THEN CAST(failure_class AS VARCHAR) ELSE {default} END",
            known.join(", ")
        );
        let mut cost = String::from("CASE ");
        for (name, amount) in &self.class_costs.costs {
            cost += &format!("WHEN {class} = {} THEN {amount:?} ", quoted(name.as_str()));
        }
        cost += "ELSE 0.0 END";
        if self.class_costs.costs.is_empty() {
            cost = "0.0".to_owned();
        }
        let failing = self.fails_in_a_class();
        let costly: Vec<String> = self.class_costs.costly.iter().map(|name| quoted(name.as_str())).collect();
        let costly = if costly.is_empty() { "NULL".to_owned() } else { costly.join(", ") };
        fill(
            include_str!("../questions/costs.sql"),
            &[("key", key), ("class", &class), ("cost", &cost), ("failing", &failing), ("costly", &costly)],
        )
    }

    /// The condition under which a graded score fails.
    fn fails(&self) -> String {
        format!("value < {}", self.case_by_criterion(|_, mark| format!("{mark:?}"), "1.0"))
    }

    /// The condition under which a graded score is a failure of some class.
    fn fails_in_a_class(&self) -> String {
        let graded: Vec<String> = self.class_costs.graded.iter().map(|name| quoted(name.as_str())).collect();
        match graded.is_empty() {
            true => self.fails(),
            false => {
                format!("{} AND (failure_class IS NOT NULL OR criterion NOT IN ({}))", self.fails(), graded.join(", "))
            }
        }
    }

    fn case_by_criterion(&self, then: impl Fn(&ClassName, f64) -> String, otherwise: &str) -> String {
        if self.class_costs.default_class.is_empty() {
            return otherwise.to_owned();
        }
        let whens: String = self
            .class_costs
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

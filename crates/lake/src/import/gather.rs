//! Takes rows one at a time into a table, and notes what is wrong with each.

use super::cell::{self, Wrong};
use super::column::{self, Column, Known};
use super::grades::Unplanned;
use super::table::{NONE, Score, Table, Told, ToldAttribute, Words};
use super::{ImportError, Plan};
use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::SystemFault;
use domain::failure_class::Classes;
use domain::fault::{Fault, Faults, Place, closest};
use domain::name::Attribute;
use domain::reference_set::{ExampleIndex, NO_VALUE, ReferenceSet};
use domain::score::State;
use std::collections::{BTreeSet, HashMap};

/// Faults that are told one by one; the rest are counted.
const MOST_FAULTS: usize = 50;
/// Evidence beyond this many bytes is cut.
const LONGEST_EVIDENCE: usize = 4000;
/// More columns than this are no attributes.
const MOST_COLUMNS: usize = 500;
/// Planned scores that a table may leave open, beyond twenty times its rows.
const MOST_OPEN: u64 = 10_000_000;

/// Where a row stands, and how to find the column of one of its cells.
pub struct At<'a> {
    pub line: u32,
    pub locate: &'a dyn Fn(usize) -> (u32, u32),
}

pub struct Gather<'a> {
    file: Utf8PathBuf,
    set: Option<&'a ReferenceSet>,
    leave_out: &'a BTreeSet<String>,
    classes: Option<&'a Classes>,
    /// Where the table is read for a plan, nothing else is let in.
    plan: Option<Plan<'a>>,
    table: Table,
    by_id: HashMap<Box<str>, u32>,
    columns: HashMap<String, Column>,
    faults: Vec<Fault>,
    more: u64,
}

impl<'a> Gather<'a> {
    pub fn new(
        file: &Utf8Path,
        set: Option<&'a ReferenceSet>,
        leave_out: &'a BTreeSet<String>,
        classes: Option<&'a Classes>,
        plan: Option<Plan<'a>>,
    ) -> Self {
        let mut gather = Gather {
            file: file.to_owned(),
            set,
            leave_out,
            classes,
            plan,
            table: Table::default(),
            by_id: HashMap::new(),
            columns: HashMap::new(),
            faults: Vec::new(),
            more: 0,
        };
        for row in set.iter().flat_map(|set| &set.rows) {
            gather.by_id.insert(row.id.as_str().into(), gather.table.examples.len() as u32);
            gather.table.examples.push(Told {
                id: row.id.as_str().into(),
                line: 0,
                cluster: Some(row.cluster.as_str().into()),
                weight: Some(row.weight.get()),
            });
        }
        gather
    }

    pub fn is_full(&self) -> bool {
        self.more > 10_000
    }

    pub fn fault(&mut self, (line, column): (u32, u32), found: &str, what: impl Into<String>, help: impl Into<String>) {
        const SHOWN: usize = 60;
        if self.faults.len() >= MOST_FAULTS {
            self.more += 1;
            return;
        }
        let mut shown: String = found.chars().take(SHOWN).collect();
        if shown.len() < found.len() {
            shown.push_str("...");
        }
        let place = Place { file: self.file.clone(), line, column };
        self.faults.push(Fault { place, found: shown, what: what.into(), help: help.into() });
    }

    pub fn push(&mut self, fault: Fault) {
        self.fault((fault.place.line, fault.place.column), &fault.found.clone(), fault.what, fault.help);
    }

    /// What a column of this name means; said once where it is a slip.
    pub fn column(&mut self, name: &str, at: (u32, u32)) -> Column {
        if let Some(column) = self.columns.get(name) {
            return *column;
        }
        let column = self.new_column(name, at);
        self.columns.insert(name.to_owned(), column);
        column
    }

    fn new_column(&mut self, name: &str, at: (u32, u32)) -> Column {
        if self.leave_out.contains(name) || is_index(name) {
            return Column::LeftOut;
        }
        if let Some(known) = Known::ALL.into_iter().find(|known| known.as_str() == name) {
            return Column::Known(known);
        }
        if let Some(known) = column::meant(name) {
            let what = format!("`{name}` is no column that is known");
            let help = format!("did you mean `{}`? Else give the attribute another name", known.as_str());
            self.fault(at, name, what, help);
            return Column::LeftOut;
        }
        if name.trim().is_empty() || name.len() > cell::LONGEST_NAME {
            self.fault(at, name, "a column has no usable name", "give it a short name, or remove it");
            return Column::LeftOut;
        }
        if self.table.attributes.len() >= MOST_COLUMNS {
            let what = format!("more than {MOST_COLUMNS} columns are no attributes of examples");
            self.fault(at, name, what, "leave out the columns that segments are not cut by");
            return Column::LeftOut;
        }
        let attribute = self.attribute(name);
        self.table.attributes.push(attribute);
        Column::Attribute((self.table.attributes.len() - 1) as u16)
    }

    /// An attribute, with what the contract's examples say of it.
    fn attribute(&self, name: &str) -> ToldAttribute {
        let name = Attribute::new(name);
        let (mut values, mut of_example) = (Words::default(), Vec::new());
        if let Some(set) = self.set {
            let told = (0..set.rows.len()).map(|at| set.value(&name, ExampleIndex(at as u32)));
            of_example = told.map(|value| value.map_or(NO_VALUE, |value| values.position(value))).collect();
        }
        ToldAttribute { name, values, of_example }
    }

    /// Whether a header has the required columns; says which are missing.
    pub fn header(&mut self, names: &[String], at: (u32, u32)) -> bool {
        let missing = |known: &Known| !names.iter().any(|name| name == known.as_str());
        for known in Known::REQUIRED {
            if missing(&known) {
                let help = missing_help(known, names.iter().map(String::as_str));
                self.fault(at, "", format!("the column `{}` is missing", known.as_str()), help);
            }
        }
        !Known::REQUIRED.iter().any(missing)
    }

    /// Takes one row. Cells are trimmed; empty ones say nothing.
    pub fn row(&mut self, at: &At, cells: &[(Column, &str)]) {
        let faults = self.faults.len() as u64 + self.more;
        let mut place_of = [None; Known::ALL.len()];
        for (position, (column, text)) in cells.iter().enumerate() {
            if let Column::Known(known) = column
                && !text.is_empty()
            {
                place_of[*known as usize] = Some(position);
            }
        }
        let mut row = Row { gather: self, at, cells, place_of };
        let score = row.score();
        if let Some(score) = score
            && self.faults.len() as u64 + self.more == faults
        {
            self.table.scores.push(score);
        }
    }

    fn example(&mut self, at: (u32, u32), id: &str) -> Option<u32> {
        if let Some(index) = self.by_id.get(id) {
            return Some(*index);
        }
        if let Some(set) = self.set {
            const SMALL: usize = 5000;
            let near = (set.rows.len() <= SMALL)
                .then(|| closest(id, set.rows.iter().map(|row| row.id.as_str())))
                .flatten()
                .map(str::to_owned);
            let help = near.map_or_else(
                || "scores refer to the contract's examples by id".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.fault(at, id, format!("no example has the id `{id}`"), help);
            return None;
        }
        let index = self.table.examples.len() as u32;
        self.by_id.insert(id.into(), index);
        self.table.examples.push(Told { id: id.into(), line: at.0, cluster: None, weight: None });
        Some(index)
    }

    /// The table, sorted, once every row is in.
    pub fn finish(mut self, file: &Utf8Path) -> Result<Table, ImportError> {
        if self.faults.is_empty() && self.table.scores.is_empty() {
            return Err(ImportError::Empty(file.to_owned()));
        }
        // Rows with faults are not among the scores, and hide nothing of the others.
        let is_whole = self.faults.is_empty();
        self.table.sort(self.set.is_none());
        self.compare_neighbours();
        if is_whole {
            self.refuse_a_table_of_holes();
        }
        Faults::none_or(self.faults).map_err(|faults| ImportError::Faults { faults, more: self.more })?;
        Ok(self.table)
    }

    /// Rows given twice, and answers whose rows disagree on what they cost.
    fn compare_neighbours(&mut self) {
        let scores = std::mem::take(&mut self.table.scores);
        for pair in scores.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            if (a.example, a.system, a.repeat) != (b.example, b.system, b.repeat) {
                continue;
            }
            let id = self.table.examples[a.example as usize].id.clone();
            if a.criterion == b.criterion {
                let word = |words: &Words, at| words.get(at).unwrap_or("").to_owned();
                let what = format!(
                    "example `{id}`, system `{}`, repeat {}, criterion `{}` is given twice, first on line {}",
                    word(&self.table.systems, a.system),
                    a.repeat,
                    word(&self.table.criteria, a.criterion),
                    a.line.min(b.line)
                );
                let help = "keep one of them, or number the repeats in a column `repeat`";
                self.fault((a.line.max(b.line), 1), &id, what, help);
            }
        }
        for rows in scores.chunk_by(|a, b| (a.example, a.system, a.repeat) == (b.example, b.system, b.repeat)) {
            for (column, of) in [
                ("latency_ms", (|score: &Score| score.latency_ms) as fn(&Score) -> Option<f64>),
                ("spend", |s| s.spend),
            ] {
                let mut given = rows.iter().filter_map(|score| Some((score.line, of(score)?)));
                let Some((first, value)) = given.next() else { continue };
                if let Some((line, other)) = given.find(|(_, other)| *other != value) {
                    let what = format!("`{column}` of one answer is {other} here and {value} on line {first}");
                    self.fault((line, 1), &other.to_string(), what, "an answer has one latency and one spend");
                }
            }
        }
        self.table.scores = scores;
    }

    /// A column of free text taken for systems or criteria would plan a score for each of its values.
    fn refuse_a_table_of_holes(&mut self) {
        let (systems, criteria) = (self.table.systems.len() as u64, self.table.criteria.len() as u64);
        let examples = self.table.examples.len() as u64;
        let planned = examples.saturating_mul(systems).saturating_mul(criteria);
        let rows = self.table.scores.len() as u64;
        if planned > rows.saturating_mul(20).saturating_add(MOST_OPEN) {
            let what = format!(
                "{examples} examples x {systems} systems x {criteria} criteria are planned, and there are {rows} rows"
            );
            self.fault((1, 1), "", what, "check that `system` and `criterion` hold names, and not text");
        }
    }
}

pub fn missing_help<'n>(known: Known, names: impl Iterator<Item = &'n str>) -> String {
    match column::stands_under(known, names) {
        Some(near) => format!("did you mean `{near}`? Rename it to `{}`", known.as_str()),
        None => {
            "columns: example, system, criterion, value, and, where there are any, repeat, state, cluster, weight, \
                 stratum, failure_class, evidence, latency_ms, spend; any others are attributes"
                .to_owned()
        }
    }
}

/// One row while it is read.
struct Row<'g, 'a, 'r> {
    gather: &'g mut Gather<'a>,
    at: &'r At<'r>,
    cells: &'r [(Column, &'r str)],
    place_of: [Option<usize>; Known::ALL.len()],
}

impl<'r> Row<'_, '_, 'r> {
    fn text(&self, known: Known) -> Option<&'r str> {
        self.place_of[known as usize].map(|position| self.cells[position].1)
    }

    fn place(&self, known: Known) -> (u32, u32) {
        self.place_of[known as usize].map_or((self.at.line, 1), |position| (self.at.locate)(position))
    }

    fn wrong(&mut self, known: Known, found: &str, wrong: Wrong) {
        let place = self.place(known);
        self.gather.fault(place, found, format!("`{}`: {}", known.as_str(), wrong.what), wrong.help);
    }

    fn read<T>(&mut self, known: Known, read: impl Fn(&'r str) -> Result<T, Wrong>) -> Option<T> {
        let text = self.text(known)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(known, text, wrong);
                None
            }
        }
    }

    fn required(&mut self, known: Known) -> Option<&'r str> {
        if self.text(known).is_none() {
            let what = format!("this row has no `{}`", known.as_str());
            self.gather.fault((self.at.line, 1), "", what, format!("write the {} of each score", known.as_str()));
        }
        self.read(known, cell::name)
    }

    /// The score, its example, and what the row says of the example. Faults are noted as they are met.
    fn score(&mut self) -> Option<Score> {
        let id = self.required(Known::Example);
        let system = self.required(Known::System);
        let criterion = self.required(Known::Criterion);
        let repeat = self.read(Known::Repeat, cell::repeat);
        let (state, value) = self.outcome();
        let classes = self.gather.classes;
        let class = self.read(Known::FailureClass, |text| cell::class(text, classes));
        let evidence = self.text(Known::Evidence).unwrap_or("");
        // As with recorded answers: that the system failed is no failure of what the criterion protects against.
        let failed = || SystemFault::said(evidence.into()).failure_class();
        let class = class.or_else(|| (state == Some(State::SystemError)).then(failed));
        let latency_ms = self.read(Known::LatencyMs, |text| cell::amount(text, "milliseconds"));
        let spend = self.read(Known::Spend, |text| cell::amount(text, "money"));
        let weight = self.read(Known::Weight, cell::weight);
        let cluster = self.read(Known::Cluster, cell::name);
        let place = self.place(Known::Example);
        self.planned(system, criterion, repeat.unwrap_or(0));
        let example = self.gather.example(place, id?)?;
        self.note_cluster(example, cluster);
        self.note_weight(example, weight);
        self.note_attributes(example);
        let table = &mut self.gather.table;
        let start = table.evidence.len() as u64;
        table.evidence.push_str(evidence.get(..cut(evidence)).unwrap_or(""));
        Some(Score {
            example,
            system: table.systems.position(system?),
            repeat: repeat.unwrap_or(0),
            criterion: table.criteria.position(criterion?),
            line: self.at.line,
            state: state?,
            value,
            class: class.map_or(NONE, |class| table.classes.position(class)),
            evidence: (start, (table.evidence.len() as u64 - start) as u32),
            latency_ms,
            spend,
        })
    }

    /// Where there is a plan, a row speaks of something in it, and measures of answers are the answers' own.
    fn planned(&mut self, system: Option<&str>, criterion: Option<&str>, repeat: u32) {
        let Some(plan) = self.gather.plan else { return };
        if let Some(Unplanned { known, found, what, help }) = plan.refuses(system, criterion, repeat) {
            self.gather.fault(self.place(known), &found, what, help);
        }
        for known in [Known::LatencyMs, Known::Spend] {
            if let Some(text) = self.text(known) {
                let what = format!("`{}` is told by the recorded answer itself", known.as_str());
                self.gather.fault(self.place(known), text, what, "remove the column from the table");
            }
        }
    }

    /// State and value agree: a grade has a value, nothing else has; a row with neither is a grader error.
    fn outcome(&mut self) -> (Option<State>, Option<f64>) {
        let (said, given) = (self.text(Known::State), self.text(Known::Value));
        let state = self.read(Known::State, cell::state);
        let value = self.read(Known::Value, cell::grade);
        if (said.is_some() && state.is_none()) || (given.is_some() && value.is_none()) {
            return (None, None);
        }
        match (state, value) {
            (None, None) => {
                self.gather.table.without_value += 1;
                (Some(State::GraderError), None)
            }
            (None | Some(State::Graded), Some(value)) => (Some(State::Graded), Some(value)),
            (Some(State::Graded), None) => {
                let what = "a graded score has a value".to_owned();
                let help = "write its grade, or the state grader_error, not_run or not_applicable".to_owned();
                self.wrong(Known::State, "graded", Wrong { what, help });
                (None, None)
            }
            // Many harnesses write 0 for an answer that failed, and so does the reading of it.
            (Some(State::SystemError), Some(0.0)) => (Some(State::SystemError), None),
            (Some(state), Some(_)) => {
                let what = format!("a score that is {} has no value", state.as_str());
                let help = "leave `value` empty, or write the state `graded`".to_owned();
                self.wrong(Known::Value, given.unwrap_or(""), Wrong { what, help });
                (None, None)
            }
            (Some(state), None) => (Some(state), None),
        }
    }

    fn note_cluster(&mut self, example: u32, cluster: Option<&str>) {
        let Some(cluster) = cluster else { return };
        let told = &mut self.gather.table.examples[example as usize];
        match told.cluster.clone() {
            None => told.cluster = Some(cluster.into()),
            Some(before) if *before == *cluster => {}
            Some(before) => self.differs(example, self.place(Known::Cluster), "cluster", cluster, &before),
        }
    }

    fn note_weight(&mut self, example: u32, weight: Option<f64>) {
        let Some(weight) = weight else { return };
        let told = &mut self.gather.table.examples[example as usize];
        match told.weight {
            None => told.weight = Some(weight),
            Some(before) if before == weight => {}
            Some(before) => {
                let place = self.place(Known::Weight);
                self.differs(example, place, "weight", &weight.to_string(), &before.to_string());
            }
        }
    }

    fn note_attributes(&mut self, example: u32) {
        for (position, (column, text)) in self.cells.iter().enumerate() {
            let Column::Attribute(at) = column else { continue };
            if text.is_empty() {
                continue;
            }
            let attribute = &mut self.gather.table.attributes[*at as usize];
            if text.len() > cell::LONGEST_NAME {
                let what = format!("`{}` is too long for an attribute", attribute.name);
                let help = "attributes are short words that segments are cut by; leave the column out";
                self.gather.fault((self.at.locate)(position), text, what, help);
                continue;
            }
            let (code, index) = (attribute.values.position(text), example as usize);
            if attribute.of_example.len() <= index {
                attribute.of_example.resize(index + 1, NO_VALUE);
            }
            let before = attribute.of_example[index];
            if before == NO_VALUE {
                attribute.of_example[index] = code;
            } else if before != code {
                let name = attribute.name.to_string();
                let before = attribute.values.get(before).unwrap_or("").to_owned();
                self.differs(example, (self.at.locate)(position), &name, text, &before);
            }
        }
    }

    fn differs(&mut self, example: u32, place: (u32, u32), column: &str, here: &str, before: &str) {
        let told = &self.gather.table.examples[example as usize];
        let source = match told.line {
            0 => "in the contract's examples".to_owned(),
            line => format!("before (the example begins on line {line})"),
        };
        let what = format!("`{column}` of example `{}` is `{here}` here and `{before}` {source}", told.id);
        let help =
            "these columns describe the example, the same on each of its rows; leave out what describes an answer";
        self.gather.fault(place, here, what, help);
    }
}

/// The row numbers that Pandas writes beside a table, which describe nothing.
fn is_index(name: &str) -> bool {
    name.starts_with("__index_level_") && name.ends_with("__")
}

/// Where evidence is cut, at a character.
fn cut(text: &str) -> usize {
    (0..=LONGEST_EVIDENCE.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

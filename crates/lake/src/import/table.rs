//! A table of scores as it was read: compact rows, and what they say of their examples.

use domain::name::Attribute;
use domain::reference_set::NO_VALUE;
use domain::score::State;
use std::collections::HashMap;

/// No entry among the words.
pub const NONE: u32 = u32::MAX;

/// One row. Words are positions in the table's lists.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    pub example: u32,
    pub system: u32,
    pub repeat: u32,
    pub criterion: u32,
    pub line: u32,
    pub state: State,
    pub value: Option<f64>,
    /// `NONE` where the row names no class.
    pub class: u32,
    pub evidence: (u64, u32),
    pub latency_ms: Option<f64>,
    pub spend: Option<f64>,
}

/// What the rows of one example say of it.
#[derive(Clone, Debug)]
pub struct Told {
    pub id: Box<str>,
    /// The first line that speaks of it.
    pub line: u32,
    pub cluster: Option<Box<str>>,
    pub weight: Option<f64>,
}

/// One attribute, an entry for each example up to the last that has one.
#[derive(Clone, Debug)]
pub struct ToldAttribute {
    pub name: Attribute,
    pub values: Words,
    pub of_example: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
pub struct Table {
    pub scores: Vec<Score>,
    pub examples: Vec<Told>,
    pub attributes: Vec<ToldAttribute>,
    pub systems: Words,
    pub criteria: Words,
    pub classes: Words,
    /// All evidence, end to end.
    pub evidence: String,
    pub without_value: u64,
}

impl Table {
    pub fn evidence(&self, score: &Score) -> &str {
        let (start, length) = score.evidence;
        self.evidence.get(start as usize..start as usize + length as usize).unwrap_or("")
    }
}

/// Words by their position in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Words {
    list: Vec<Box<str>>,
    known: HashMap<Box<str>, u32>,
}

impl Words {
    pub fn position(&mut self, word: &str) -> u32 {
        if let Some(position) = self.known.get(word) {
            return *position;
        }
        let position = self.list.len() as u32;
        self.list.push(word.into());
        self.known.insert(word.into(), position);
        position
    }

    pub fn find(&self, word: &str) -> Option<u32> {
        self.known.get(word).copied()
    }

    pub fn get(&self, position: u32) -> Option<&str> {
        self.list.get(position as usize).map(AsRef::as_ref)
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn list(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(AsRef::as_ref)
    }

    /// Sorted, and for each position its rank.
    pub fn sorted(&self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by(|a, b| self.list[*a].cmp(&self.list[*b]));
        let mut rank = vec![0; self.list.len()];
        order.iter().enumerate().for_each(|(at, position)| rank[*position] = at as u32);
        (order.into_iter().map(|at| self.list[at].to_string()).collect(), rank)
    }
}

impl Table {
    /// Brings rows into the order of example, system, repeat and criterion, and names into the order of their letters;
    /// examples too, where their order is ours to choose. The same rows in another order give the same table.
    pub fn sort(&mut self, examples_too: bool) {
        let rank_of = |words: &mut Words| {
            let (names, ranks) = words.sorted();
            *words = Words::default();
            names.iter().for_each(|name| {
                words.position(name);
            });
            ranks
        };
        let systems = rank_of(&mut self.systems);
        let criteria = rank_of(&mut self.criteria);
        let examples = if examples_too { self.sort_examples() } else { (0..self.examples.len() as u32).collect() };
        for score in &mut self.scores {
            score.system = systems[score.system as usize];
            score.criterion = criteria[score.criterion as usize];
            score.example = examples[score.example as usize];
        }
        self.scores
            .sort_unstable_by_key(|score| (score.example, score.system, score.repeat, score.criterion, score.line));
        for attribute in &mut self.attributes {
            let values = rank_of(&mut attribute.values);
            for code in attribute.of_example.iter_mut().filter(|code| **code != NO_VALUE) {
                *code = values[*code as usize];
            }
        }
        self.attributes.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// The rank of each example by its id.
    fn sort_examples(&mut self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.examples.len()).collect();
        order.sort_unstable_by(|a, b| self.examples[*a].id.cmp(&self.examples[*b].id));
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, position)| rank[*position] = at as u32);
        self.examples = order.iter().map(|position| self.examples[*position].clone()).collect();
        for attribute in &mut self.attributes {
            let told = |position: &usize| attribute.of_example.get(*position).copied().unwrap_or(NO_VALUE);
            attribute.of_example = order.iter().map(told).collect();
        }
        rank
    }
}

//! Facts of the tree, so that the map in ARCHITECTURE.md cannot rot. Taste is not checked here; see `shape`.
//!
//! in      a tree
//! out     every fault at once, each with its rule, its place and what to do
//! note    each rule has a test that breaks a small tree and sees the rule fail

mod codes;
mod dependencies;
mod edges;
mod glossary;
mod import_order;
mod links;
mod manifest;
mod names;
mod orphans;
mod ownership;
mod purity;
#[cfg(test)]
mod tests;

use crate::tree::{self, Tree};
use std::fmt;

/// One way in which the tree is not as the map says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub file: String,
    pub line: usize,
    pub rule: &'static str,
    pub what: String,
    pub now: String,
}

impl Fault {
    pub fn new(rule: &'static str, file: &str, line: usize, what: impl Into<String>, now: impl Into<String>) -> Self {
        Fault { file: file.to_owned(), line, rule, what: what.into(), now: now.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {} [{}]\n    now: {}", self.file, self.line, self.what, self.rule, self.now)
    }
}

type Rule = fn(&Tree) -> Vec<Fault>;

const RULES: [Rule; 10] = [
    edges::check,
    import_order::check,
    ownership::check,
    purity::check,
    glossary::check,
    dependencies::check,
    orphans::check,
    names::check,
    links::check,
    codes::check,
];

/// Every fault of the tree, in order of place.
pub fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults: Vec<Fault> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    faults.sort();
    faults.dedup();
    faults
}

pub fn main() -> bool {
    let tree = match Tree::read(&tree::root()) {
        Ok(tree) => tree,
        Err(cause) => {
            eprintln!("error: the tree cannot be read: {cause}");
            return false;
        }
    };
    let faults = faults(&tree);
    faults.iter().for_each(|fault| println!("{fault}"));
    match faults.len() {
        0 => println!("tidy: the tree is as ARCHITECTURE.md says ({} rules)", RULES.len()),
        count => println!("tidy: {count} faults"),
    }
    faults.is_empty()
}

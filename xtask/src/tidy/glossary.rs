//! Words of the glossary are files, and files of `domain` are words of the glossary.
//!
//! A row of docs/glossary.md is `| word | module | meaning |`; the module is like `domain::gate`, or `-` where a word has
//! no module of its own.

use super::Fault;
use super::import_order::modules;
use crate::tree::Tree;

const GLOSSARY: &str = "docs/glossary.md";
const MAP: &str = "crates/domain/src/lib.rs";

pub fn check(tree: &Tree) -> Vec<Fault> {
    let (Some(glossary), Some(map)) = (tree.text(GLOSSARY), tree.text(MAP)) else {
        return vec![Fault::new("glossary", GLOSSARY, 1, "there is no glossary or no map of domain", "write it")];
    };
    let marks = marks(glossary);
    let mut faults = Vec::new();
    for module in modules(map) {
        if !marks.iter().any(|(_, mark)| *mark == format!("domain::{module}")) {
            let what = format!("the module `domain::{module}` has no word in the glossary");
            faults.push(Fault::new("glossary", MAP, 1, what, format!("add a row for it to {GLOSSARY}")));
        }
    }
    for (line, mark) in marks {
        if !file_exists(tree, mark) {
            let what = format!("`{mark}` has no file");
            faults.push(Fault::new("glossary", GLOSSARY, line, what, "name the module that the word lives in"));
        }
    }
    faults
}

/// Line and module of each row that names one.
fn marks(glossary: &str) -> Vec<(usize, &str)> {
    let rows = glossary.lines().enumerate().filter_map(|(at, line)| {
        let module = line.strip_prefix('|')?.split('|').nth(1)?.trim();
        Some((at + 1, module.strip_prefix('`')?.strip_suffix('`')?))
    });
    rows.collect()
}

fn file_exists(tree: &Tree, module: &str) -> bool {
    let Some((name, inner)) = module.split_once("::") else { return tree.has(&format!("crates/{module}")) };
    tree.has(&format!("crates/{name}/src/{}.rs", inner.replace("::", "/")))
}

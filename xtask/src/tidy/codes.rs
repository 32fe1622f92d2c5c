//! Codes that a person may search for (`PLM` and three digits) are documented, and what is documented exists.

use super::Fault;
use crate::rust_source::RustSource;
use crate::tree::{Tree, is_test};
use std::collections::BTreeMap;

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut given: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    for (path, text) in tree.rust().filter(|(path, _)| path.starts_with("crates/") && !is_test(path)) {
        for (line, text) in RustSource::of(text).without_tests().strings {
            for code in codes(&text) {
                given.entry(code).or_insert((path, line));
            }
        }
    }
    let mut told: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    for (path, text) in tree.ending(".md").filter(|(path, _)| path.starts_with("docs/")) {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with('#')) {
            codes(line).into_iter().for_each(|code| {
                told.entry(code).or_insert((path, at + 1));
            });
        }
    }
    let missing = given.iter().filter(|(code, _)| !told.contains_key(*code)).map(|(code, (path, line))| {
        let now = "write a section about it in docs/checks.md: what it means, why it matters, what to do";
        Fault::new("codes", path, *line, format!("{code} is documented nowhere"), now)
    });
    let idle = told.iter().filter(|(code, _)| !given.contains_key(*code)).map(|(code, (path, line))| {
        let now = "take the section out, or say in it that the code is retired without naming it in the heading";
        Fault::new("codes", path, *line, format!("nothing gives {code}"), now)
    });
    missing.chain(idle).collect()
}

/// Every `PLM` with exactly three digits.
fn codes(text: &str) -> Vec<String> {
    let found = text.match_indices("PLM").filter_map(|(at, _)| {
        let digits: String = text[at + 3..].chars().take_while(char::is_ascii_digit).collect();
        (digits.len() == 3).then(|| format!("PLM{digits}"))
    });
    found.collect()
}

//! Codes that a person may search for are documented: those of `check` (`PLM` and three digits), where what is documented exists too, and
//! those of findings (words in capitals).

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
    missing.chain(idle).chain(of_findings(tree)).collect()
}

/// Codes of findings have a row in a table of the docs.
fn of_findings(tree: &Tree) -> Vec<Fault> {
    const FILE: &str = "crates/domain/src/finding.rs";
    let is_code =
        |text: &str| text.len() > 3 && text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let docs: Vec<&str> =
        tree.ending(".md").filter(|(path, _)| path.starts_with("docs/")).map(|(_, text)| text).collect();
    let strings = tree.rust().filter(|(path, _)| *path == FILE);
    let strings = strings.flat_map(|(_, text)| RustSource::of(text).without_tests().strings);
    let missing = strings.filter(|(_, code)| {
        let row = format!("| `{code}` |");
        is_code(code) && !docs.iter().any(|text| text.contains(&row))
    });
    let now = "write a row about it in docs/formats/record.md: what it says, what helps";
    missing.map(|(line, code)| Fault::new("codes", FILE, line, format!("{code} is documented nowhere"), now)).collect()
}

/// Every `PLM` with exactly three digits.
fn codes(text: &str) -> Vec<String> {
    let found = text.match_indices("PLM").filter_map(|(at, _)| {
        let digits: String = text[at + 3..].chars().take_while(char::is_ascii_digit).collect();
        (digits.len() == 3).then(|| format!("PLM{digits}"))
    });
    found.collect()
}

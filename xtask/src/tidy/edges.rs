//! Crates depend one way: stats <- domain <- grading <- engine, lake, catalog <- plimsoll. `xtask` is a chore beside them; the tests of
//! `plimsoll` call it for real data, and no code that ships does. `local-grader` is a program that knows none of them.

use super::Fault;
use super::manifest::dependencies;
use crate::tree::Tree;

/// Each crate of ours and the crates of ours that it may name.
const EDGES: [(&str, &[&str]); 9] = [
    ("stats", &[]),
    ("domain", &["stats"]),
    ("grading", &["domain"]),
    ("engine", &["domain", "grading"]),
    ("lake", &["stats", "domain", "grading"]),
    ("catalog", &["domain"]),
    ("plimsoll", &["stats", "domain", "grading", "engine", "lake", "catalog"]),
    ("local-grader", &[]),
    ("xtask", &["stats", "domain", "grading", "engine"]),
];

/// What only the tests of a crate may name.
const FOR_TESTS: [(&str, &str); 2] = [("plimsoll", "xtask"), ("catalog", "xtask")];

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, path, text) in tree.manifests() {
        let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == name) else {
            let what = format!("the crate `{name}` has no place in the flow");
            faults.push(Fault::new(
                "edges",
                path,
                1,
                what,
                "give it a row in xtask/src/tidy/edges.rs and ARCHITECTURE.md",
            ));
            continue;
        };
        for used in dependencies(text) {
            let ours = EDGES.iter().any(|(known, _)| *known == used.name);
            let for_tests = used.for_tests && FOR_TESTS.contains(&(name, used.name.as_str()));
            if ours && !for_tests && !allowed.contains(&used.name.as_str()) {
                let what = format!("`{name}` must not know `{}`", used.name);
                let now = format!("it may know only: {}; move the code to the crate that may", listed(allowed));
                faults.push(Fault::new("edges", path, used.line, what, now));
            }
        }
    }
    faults
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none of ours".to_owned() } else { names.join(", ") }
}

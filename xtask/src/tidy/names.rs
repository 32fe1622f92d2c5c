//! A file is named after what it holds.

use super::Fault;
use crate::tree::Tree;

/// Names that say nothing.
const EMPTY: [&str; 9] = ["utils", "util", "common", "helpers", "helper", "manager", "service", "base", "misc"];

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, _) in tree.rust() {
        let parts = path.trim_end_matches(".rs").split('/');
        if let Some(name) = parts.into_iter().find(|part| EMPTY.contains(part)) {
            let what = format!("`{name}` names nothing");
            faults.push(Fault::new(
                "names",
                path,
                1,
                what,
                "find the noun that it holds, or give its parts to their nouns",
            ));
        }
    }
    faults
}

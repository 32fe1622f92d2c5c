//! `stats` and `domain` know no clock, file, environment, unseeded chance or order that changes from run to run.

use super::Fault;
use crate::rust_source::RustSource;
use crate::tree::{Tree, crate_of, is_test};

const PURE: [&str; 2] = ["stats", "domain"];

/// Paths that bring the world in, and what to do instead.
const WORLD: [(&str, &str); 18] = [
    ("std::time", "take the time as an argument"),
    ("std::fs", "take the text as an argument"),
    ("std::io", "take the text as an argument"),
    ("std::env", "take the value as an argument"),
    ("std::net", "take the reply as an argument"),
    ("std::process", "take the reply as an argument"),
    ("std::thread", "let the caller run things side by side"),
    ("std::os", "take the value as an argument"),
    ("std::collections::HashMap", "use BTreeMap: its order is the same in every run"),
    ("std::collections::HashSet", "use BTreeSet: its order is the same in every run"),
    ("std::collections::hash_map", "use BTreeMap: its order is the same in every run"),
    ("std::hash::RandomState", "use a BLAKE3 digest"),
    ("jiff::Timestamp::now", "take the time as an argument"),
    ("jiff::Zoned::now", "take the time as an argument"),
    ("rand::rng", "take a seed"),
    ("rand::random", "take a seed"),
    ("tokio", "leave waiting to engine"),
    ("uuid", "take the id as an argument"),
];

/// The same, however it was imported.
const WORDS: [(&str, &str); 7] = [
    ("SystemTime", "take the time as an argument"),
    ("Instant", "take the time as an argument"),
    ("HashMap", "use BTreeMap: its order is the same in every run"),
    ("HashSet", "use BTreeSet: its order is the same in every run"),
    ("thread_rng", "take a seed"),
    ("println", "return the text"),
    ("eprintln", "return the text"),
];

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree.rust() {
        let Some(name) = crate_of(path).filter(|name| PURE.contains(name)) else { continue };
        if is_test(path) {
            continue;
        }
        for named in RustSource::of(text).without_tests().paths() {
            let whole = WORLD.iter().find(|(world, _)| named.is_under(world));
            let word = WORDS.iter().find(|(word, _)| named.path.iter().any(|part| part == word));
            if let Some((world, now)) = whole.or(word) {
                faults.push(Fault::new("purity", path, named.line, format!("`{name}` names `{world}`"), *now));
            }
        }
    }
    faults
}

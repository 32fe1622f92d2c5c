//! What one crate, and only one, may speak to; and where serde may derive.

use super::Fault;
use super::manifest::dependencies;
use crate::rust_source::{RustSource, line_of};
use crate::tree::{Tree, crate_of, is_test};

/// A path or dependency, the crates that may name it, and the reason.
const OWNED: [(&str, &[&str], &str); 29] = [
    ("datafusion", &["lake"], "the query engine is a detail of storage"),
    ("arrow", &["lake"], "the query engine is a detail of storage"),
    ("parquet", &["lake"], "the query engine is a detail of storage"),
    ("object_store", &["lake"], "the query engine is a detail of storage"),
    ("ballista", &["lake"], "the query engine is a detail of storage"),
    ("futures", &["lake", "engine", "catalog", "xtask"], "the rest does not wait"),
    ("reqwest", &["engine"], "the engine alone speaks to models"),
    ("hyper", &["engine", "xtask"], "the engine alone speaks to models; the server that fails as told is a chore"),
    ("ureq", &["engine"], "the engine alone speaks to models"),
    ("tokio::time", &["engine", "xtask"], "time comes into everything else as a value"),
    ("tokio::net", &["engine", "xtask"], "the engine alone speaks to models"),
    ("std::net", &["engine", "xtask"], "the engine alone speaks to models"),
    ("std::thread::sleep", &["engine", "xtask"], "time comes into everything else as a value"),
    ("axum", &["plimsoll"], "the server is a front of the binary"),
    ("clap", &["plimsoll"], "the command line is a front of the binary"),
    ("askama", &["plimsoll"], "pages are rendered by the binary"),
    ("dialoguer", &["plimsoll"], "questions are asked by the binary"),
    ("console", &["plimsoll"], "keys are read by the binary"),
    ("indicatif", &["plimsoll"], "progress is shown by the binary"),
    ("quick_xml", &["plimsoll"], "reports are rendered by the binary"),
    ("ed25519_dalek", &["plimsoll"], "records are signed by the binary"),
    ("granit_parser", &["domain"], "YAML is read once, by the contract's format"),
    (
        "regex",
        &["grading", "engine", "xtask"],
        "what a pattern means is settled by its grader, and what is hidden of traffic by the engine; xtask measures what it takes",
    ),
    ("jsonschema", &["grading", "xtask"], "what a schema means is settled by its grader; xtask measures what it takes"),
    ("cel", &["grading"], "what an expression means is settled by its grader"),
    ("ndarray", &["local-grader"], "models are run by a program of their own"),
    ("statrs", &["stats"], "distribution functions have one home"),
    ("sqlx", &["catalog"], "the catalog alone keeps small facts in a database"),
    ("rusqlite", &["catalog"], "the catalog alone keeps small facts in a database"),
];

/// Crates that may hold SQL text.
const SQL: [&str; 2] = ["lake", "catalog"];

/// Where a format is owned, so that serde may derive its shape.
const FORMATS: [&str; 4] = [
    "crates/domain/src/format/",
    "crates/plimsoll/src/render/",
    "crates/plimsoll/src/record/",
    "xtask/src/bench/floor.rs",
];

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, path, text) in tree.manifests() {
        for used in dependencies(text) {
            let as_path = used.name.replace('-', "_");
            faults.extend(owned(&as_path, name).map(|(what, now)| Fault::new("ownership", path, used.line, what, now)));
        }
    }
    for (path, text) in tree.rust() {
        let Some(name) = crate_of(path) else { continue };
        let source = RustSource::of(text);
        for named in source.paths().iter().filter(|named| named.path.len() > 1) {
            let fault = owned(&named.path.join("::"), name);
            faults.extend(fault.map(|(what, now)| Fault::new("ownership", path, named.line, what, now)));
        }
        if !is_test(path) {
            let source = source.without_tests();
            faults.extend(sql(path, name, &source));
            faults.extend(derives(path, &source));
        }
    }
    faults
}

/// What is wrong with a crate naming this path, and what to do.
fn owned(path: &str, name: &str) -> Option<(String, String)> {
    let (owned, owners, why) = OWNED.iter().find(|(owned, _, _)| is_under(path, owned))?;
    let lies_elsewhere = !owners.contains(&name);
    lies_elsewhere.then(|| {
        let now = format!("call it through {}, which owns it", owners.join(" or "));
        (format!("`{owned}` is named outside {}: {why}", owners.join(" and ")), now)
    })
}

/// Whether a path is the owned one or below it; crates of one family (`arrow_schema`) count as it.
fn is_under(path: &str, owned: &str) -> bool {
    let Some(rest) = path.strip_prefix(owned) else { return false };
    let family = ["datafusion", "arrow", "ballista"].contains(&owned) && rest.starts_with('_');
    rest.is_empty() || rest.starts_with("::") || family
}

fn sql(path: &str, name: &str, source: &RustSource) -> Vec<Fault> {
    if SQL.contains(&name) {
        return Vec::new();
    }
    let texts = source.strings.iter().filter(|(_, text)| is_sql(text));
    texts
        .map(|(line, _)| Fault::new("ownership", path, *line, "SQL outside lake", "ask lake a named question"))
        .collect()
}

/// Whether a text opens as a statement does.
fn is_sql(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    match (word(0), word(1)) {
        ("select", _) => words.iter().any(|word| word == "from"),
        ("insert", "into") | ("delete", "from") | ("create", "table" | "view" | "external") => true,
        ("with", _) => word(2) == "as" && words.iter().any(|word| word.ends_with("select")),
        ("update", _) => word(2) == "set",
        _ => false,
    }
}

fn derives(path: &str, source: &RustSource) -> Vec<Fault> {
    if FORMATS.iter().any(|home| path.starts_with(home)) {
        return Vec::new();
    }
    let code = source.code();
    let found = code.match_indices("derive(").filter(|(at, _)| {
        let listed = code[*at..].split(')').next().unwrap_or_default();
        listed.contains("Serialize") || listed.contains("Deserialize")
    });
    found
        .map(|(at, _)| {
            let now = format!("keep the shape of the file in one of: {}", FORMATS.join(", "));
            Fault::new("ownership", path, line_of(code, at), "serde derives a shape where no format is owned", now)
        })
        .collect()
}

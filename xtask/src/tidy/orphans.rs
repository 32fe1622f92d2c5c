//! Every file of Rust is reached from the root of its crate.

use super::Fault;
use crate::rust_source::RustSource;
use crate::tree::{Tree, crate_of};
use std::collections::BTreeSet;

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<String> =
        tree.rust().map(|(path, _)| path).filter(|path| is_root(path)).map(str::to_owned).collect();
    while let Some(path) = waiting.pop() {
        let Some(text) = tree.text(&path) else { continue };
        if reached.insert(path.clone()) {
            waiting.extend(RustSource::of(text).modules().iter().flat_map(|module| homes(&path, &module.join("/"))));
            waiting.extend(pointed_at(&path, text));
        }
    }
    let ours = tree.rust().filter(|(path, _)| crate_of(path).is_some());
    ours.filter(|(path, _)| !reached.contains(*path))
        .map(|(path, _)| {
            Fault::new("orphans", path, 1, "no module declares this file", "declare it with `mod`, or delete it")
        })
        .collect()
}

/// Roots that cargo finds by itself.
fn is_root(path: &str) -> bool {
    let Some(name) = crate_of(path) else { return false };
    let inner = path.trim_start_matches("crates/").trim_start_matches(name).trim_start_matches('/');
    let mut parts = inner.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("build.rs"), None, _) => true,
        (Some("src"), Some("lib.rs" | "main.rs"), None) => true,
        (Some("src"), Some("bin"), Some(_)) => true,
        (Some("tests" | "benches" | "examples"), Some(file), None) => file.ends_with(".rs"),
        _ => false,
    }
}

/// Files named by `#[path = "..."]`.
fn pointed_at(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let marks = text.lines().filter_map(|line| line.trim().strip_prefix("#[path = \"")?.split('"').next());
    marks.map(|file| format!("{folder}/{file}")).collect()
}

/// Where the file of a module may lie, seen from the file that declares it.
fn homes(path: &str, module: &str) -> [String; 2] {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let owns_folder = is_root(path) || file == "mod.rs";
    let base = if owns_folder { folder.to_owned() } else { path.trim_end_matches(".rs").to_owned() };
    [format!("{base}/{module}.rs"), format!("{base}/{module}/mod.rs")]
}

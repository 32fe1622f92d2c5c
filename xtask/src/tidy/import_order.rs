//! Modules of `domain` stand in the order data flows, and import only from those above them.

use super::Fault;
use crate::rust_source::{Named, RustSource};
use crate::tree::{Tree, is_test};

const FOLDER: &str = "crates/domain/src/";

pub fn check(tree: &Tree) -> Vec<Fault> {
    let map = format!("{FOLDER}lib.rs");
    let Some(text) = tree.text(&map) else { return Vec::new() };
    let order: Vec<String> = modules(text);
    let place = |name: &str| order.iter().position(|module| module == name);
    let mut faults = Vec::new();
    for (path, text) in tree.rust().filter(|(path, _)| path.starts_with(FOLDER) && *path != map && !is_test(path)) {
        let own = module_path(&path[FOLDER.len()..]);
        let Some(here) = own.first().and_then(|top| place(top)) else { continue };
        for named in RustSource::of(text).without_tests().paths() {
            let Some(target) = target(&own, &named) else { continue };
            if place(target).is_some_and(|there| there > here) {
                let what = format!("`{}` imports `{target}`, which stands below it", own[0]);
                let now = format!("move what both need up, or put `{target}` above `{}` in {map}", own[0]);
                faults.push(Fault::new("import order", path, named.line, what, now));
            }
        }
    }
    faults
}

/// Modules in the order in which a file declares them.
pub fn modules(text: &str) -> Vec<String> {
    RustSource::of(text).without_tests().modules().iter().map(|path| path.join("::")).collect()
}

/// `finding/judge.rs` is `finding`, `judge`.
fn module_path(file: &str) -> Vec<&str> {
    file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect()
}

/// The top module of the crate that a path names, if it names one.
fn target<'a>(own: &[&str], named: &'a Named) -> Option<&'a str> {
    let first = named.path.first()?;
    let supers = named.path.iter().take_while(|part| *part == "super").count();
    let rest = match first.as_str() {
        "crate" => 1,
        // From the top module of the file, one `super` for each level leads to the root.
        "super" if supers == own.len() => supers,
        _ => return None,
    };
    named.path.get(rest).map(String::as_str)
}

//! Each dependency is named once, in the workspace, with the reason it is here.

use super::Fault;
use super::manifest::dependencies;
use crate::tree::Tree;

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, path, text) in tree.manifests() {
        let own = dependencies(text).into_iter().filter(|dependency| !dependency.from_workspace);
        faults.extend(own.map(|dependency| {
            let what = format!("`{}` is not taken from the workspace", dependency.name);
            let now = "name it in the root Cargo.toml and write `name.workspace = true` here";
            Fault::new("dependencies", path, dependency.line, what, now)
        }));
    }
    let named = dependencies(tree.text("Cargo.toml").unwrap_or_default()).into_iter();
    let bare = named.filter(|dependency| !dependency.is_reasoned() && !dependency.value.contains("path ="));
    faults.extend(bare.map(|dependency| {
        let what = format!("`{}` is here without a reason", dependency.name);
        Fault::new("dependencies", "Cargo.toml", dependency.line, what, "say in half a line what it is for")
    }));
    faults
}

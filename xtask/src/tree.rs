//! The files of the repository as chores see them: paths from the root with `/`, and the text of what is source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 4] = ["target", ".git", ".plimsoll", "node_modules"];
/// Endings of the files whose text is read.
const READ: [&str; 3] = [".rs", ".md", ".toml"];

#[derive(Debug, Default)]
pub struct Tree {
    texts: BTreeMap<String, String>,
    /// Every file and folder, read or not.
    names: BTreeSet<String>,
}

impl Tree {
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Tree::default();
        tree.walk(root, "")?;
        Ok(tree)
    }

    fn walk(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
                self.names.insert(path.clone());
                self.walk(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() {
                if READ.iter().any(|ending| name.ends_with(ending)) {
                    self.texts.insert(path.clone(), fs::read_to_string(entry.path())?);
                }
                self.names.insert(path);
            }
        }
        Ok(())
    }

    /// A tree that was never on disk, for the tests of chores.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.texts.insert((*path).to_owned(), (*text).to_owned());
            let cuts = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            tree.names.extend(cuts.map(|cut| path[..cut].to_owned()));
        }
        tree
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether a file or folder has this path.
    pub fn has(&self, path: &str) -> bool {
        path.is_empty() || self.names.contains(path)
    }

    /// Path and text of the files with this ending, in order of path.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts.iter().filter(move |(path, _)| path.ends_with(ending)).map(|(path, text)| (&**path, &**text))
    }

    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(".rs")
    }

    /// Manifests of the members, with the name of the folder, which is the name of the crate.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.ending("/Cargo.toml").filter_map(|(path, text)| Some((crate_of(path)?, path, text)))
    }
}

/// The crate that a file belongs to: `crates/<name>/...` or `xtask/...`.
pub fn crate_of(path: &str) -> Option<&str> {
    match path.strip_prefix("crates/") {
        Some(rest) => rest.split_once('/').map(|(name, _)| name),
        None => path.starts_with("xtask/").then_some("xtask"),
    }
}

/// Whether a file holds tests only.
pub fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/benches/")
}

/// Where this workspace stands.
pub fn root() -> PathBuf {
    // Where it runs, before where it was built: checkouts may share what was built.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).filter(|path| path.ends_with("xtask"));
    let xtask = here.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    xtask.parent().map_or_else(|| xtask.clone(), Path::to_owned)
}

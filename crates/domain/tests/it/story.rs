//! Stories: folders with a question and its answer as written. `UPDATE=1` writes the answers anew.

use domain::fault::Faults;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub struct Story {
    folder: PathBuf,
}

/// The folders of `tests/<kind>`, in the order of their names. There is always one.
pub fn stories(kind: &str) -> Vec<Story> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(kind);
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no stories in {}", root.display());
    folders.into_iter().map(|folder| Story { folder }).collect()
}

impl Story {
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().into_owned()
    }

    pub fn text(&self, file: &str) -> String {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn expect(&self, file: &str, told: &str) {
        let path = self.folder.join(file);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, told).unwrap();
        }
        assert_eq!(told, self.text(file), "story {}", self.name());
    }
}

/// Each fault with its place, the text it points at, what is wrong and what to write.
pub fn told(faults: &Faults) -> String {
    let mut told = String::new();
    for fault in faults.iter() {
        let place = format!("{}:{}", fault.place.line, fault.place.column);
        let found = if fault.found.is_empty() { String::new() } else { format!("  [{}]", fault.found) };
        let _ = writeln!(told, "{place}{found}\n    {}\n    help: {}", fault.what, fault.help);
    }
    told
}

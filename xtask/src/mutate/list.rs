//! The list of breaks.
//!
//! Each entry is an object:
//!   rule      the sentence that the code implements, as a person would say it
//!   file      from the root of the repository
//!   find      text that is in the file exactly once
//!   replace   what stands there instead; it must still compile
//!   package   the crate whose tests must turn red
//!   target    `lib`, or the name of a file in `tests/` without its ending; `lib` where left out
//!   tests     part of the names of those tests; all of the target where left out

use serde_json::Value;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    pub rule: String,
    pub file: String,
    pub find: String,
    pub replace: String,
    pub suite: Suite,
}

/// Tests of one binary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suite {
    pub package: String,
    pub target: String,
    pub tests: String,
}

impl Mutation {
    pub fn mentions(&self, word: &str) -> bool {
        [&self.rule, &self.file, &self.suite.package, &self.suite.tests].iter().any(|text| text.contains(word))
    }
}

pub fn read(path: &Path) -> Result<Vec<Mutation>, String> {
    let text = std::fs::read_to_string(path).map_err(|cause| cause.to_string())?;
    let list: Value = serde_json::from_str(&text).map_err(|cause| cause.to_string())?;
    let entries = list.as_array().ok_or("not a list")?;
    entries
        .iter()
        .enumerate()
        .map(|(at, entry)| mutation(entry).map_err(|what| format!("entry {}: {what}", at + 1)))
        .collect()
}

fn mutation(entry: &Value) -> Result<Mutation, String> {
    const KEYS: [&str; 7] = ["rule", "file", "find", "replace", "package", "target", "tests"];
    let entry = entry.as_object().ok_or("not an object")?;
    if let Some(key) = entry.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{key}` is not a key; there are {}", KEYS.join(", ")));
    }
    let optional = |key: &str| match entry.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{key}` is not text")),
    };
    let text = |key: &str| optional(key)?.ok_or(format!("`{key}` is missing"));
    let suite = Suite {
        package: text("package")?,
        target: optional("target")?.unwrap_or("lib".to_owned()),
        tests: optional("tests")?.unwrap_or_default(),
    };
    let mutation =
        Mutation { rule: text("rule")?, file: text("file")?, find: text("find")?, replace: text("replace")?, suite };
    match mutation.find.is_empty() || mutation.find == mutation.replace {
        true => Err("`find` and `replace` break nothing".to_owned()),
        false => Ok(mutation),
    }
}

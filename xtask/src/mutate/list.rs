//! The list of breaks.
//!
//! Each entry is an object:
//!   rule      the sentence that the code implements, as a person would say it
//!   file      from the root of the repository
//!   place     text that is in the file exactly once, with the expression that carries the rule between « and »
//!   broken    the expression that stands there instead; it must have the same type
//!   story     the beginning of the name of a story in `crates/plimsoll/tests/stories` that must turn red; or else
//!   package   the crate whose tests must turn red
//!   target    `lib`, or the name of a file in `tests/` without its ending; `lib` where left out
//!   tests     part of the names of those tests; all of the target where left out

use serde_json::{Map, Value};
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    pub rule: String,
    pub file: String,
    pub place: Place,
    pub broken: String,
    pub red: Red,
}

/// An expression and the text around it that makes it the only one of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub before: String,
    pub expression: String,
    pub after: String,
}

/// What must turn red.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Red {
    pub package: String,
    pub target: String,
    pub tests: String,
    /// Told through the binary by the test that tells the stories.
    pub story: Option<String>,
}

impl Place {
    /// The text as it is in the file.
    pub fn text(&self) -> String {
        format!("{}{}{}", self.before, self.expression, self.after)
    }

    fn of(marked: &str) -> Option<Self> {
        let (before, rest) = marked.split_once('«')?;
        let (expression, after) = rest.split_once('»')?;
        let is_whole = !expression.trim().is_empty() && !after.contains(['«', '»']) && !expression.contains('«');
        is_whole.then(|| Place { before: before.into(), expression: expression.into(), after: after.into() })
    }
}

impl Red {
    pub fn words(&self) -> String {
        match &self.story {
            Some(story) => format!("story {story}"),
            None => format!("`{}` of {} {}", self.tests, self.package, self.target),
        }
    }
}

impl Mutation {
    pub fn mentions(&self, word: &str) -> bool {
        [&self.rule, &self.file, &self.red.words()].iter().any(|text| text.contains(word))
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
    const KEYS: [&str; 8] = ["rule", "file", "place", "broken", "story", "package", "target", "tests"];
    let entry = entry.as_object().ok_or("not an object")?;
    if let Some(key) = entry.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{key}` is not a key; there are {}", KEYS.join(", ")));
    }
    let text = |key: &str| optional(entry, key)?.ok_or(format!("`{key}` is missing"));
    let place = Place::of(&text("place")?).ok_or("`place` marks no expression with « and »")?;
    let mutation =
        Mutation { rule: text("rule")?, file: text("file")?, place, broken: text("broken")?, red: red(entry)? };
    match mutation.place.expression.trim() == mutation.broken.trim() {
        true => Err("`broken` breaks nothing".to_owned()),
        false => Ok(mutation),
    }
}

fn optional(entry: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match entry.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{key}` is not text")),
    }
}

fn red(entry: &Map<String, Value>) -> Result<Red, String> {
    let (story, package) = (optional(entry, "story")?, optional(entry, "package")?);
    match (story, package) {
        (Some(story), None) => Ok(Red {
            package: "plimsoll".to_owned(),
            target: "it".to_owned(),
            tests: "stories::every_story".to_owned(),
            story: Some(story),
        }),
        (None, Some(package)) => Ok(Red {
            package,
            target: optional(entry, "target")?.unwrap_or("lib".to_owned()),
            tests: optional(entry, "tests")?.unwrap_or_default(),
            story: None,
        }),
        _ => Err("either `story` or `package` says what must turn red".to_owned()),
    }
}

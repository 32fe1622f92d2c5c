//! The lines of a `Cargo.toml` that name dependencies.

/// A line `name = ...` of a table whose name ends in `dependencies`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    pub line: usize,
    pub name: String,
    /// What follows the `=`, without the comment.
    pub value: String,
    pub from_workspace: bool,
    /// Whether only tests may use it.
    pub for_tests: bool,
    /// The text after `#`; empty where there is none.
    pub reason: String,
}

impl Dependency {
    /// Whether it says what it is for: two words at least.
    pub fn is_reasoned(&self) -> bool {
        self.reason.split_whitespace().count() >= 2
    }
}

pub fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut table = "";
    let mut found = Vec::new();
    for (at, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            table = header.split(']').next().unwrap_or(header);
            continue;
        }
        let Some((key, rest)) = line.split_once('=') else { continue };
        if line.starts_with('#') || !table.ends_with("dependencies") {
            continue;
        }
        let (value, reason) = rest.split_once('#').unwrap_or((rest, ""));
        let name = key.trim().split('.').next().unwrap_or(key).trim_matches('"').to_owned();
        let from_workspace = key.trim().ends_with(".workspace") || value.contains("workspace = true");
        found.push(Dependency {
            line: at + 1,
            name,
            value: value.trim().to_owned(),
            from_workspace,
            for_tests: table.ends_with("dev-dependencies"),
            reason: reason.trim().to_owned(),
        });
    }
    found
}

//! Systems: what answers.

use crate::name::SystemName;
use camino::Utf8PathBuf;

/// The three arms of a comparison. Production is the version that is live; the fallback is what answers when it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arm {
    Candidate,
    Production,
    Fallback,
}

impl Arm {
    pub const ALL: [Arm; 3] = [Arm::Candidate, Arm::Production, Arm::Fallback];

    pub fn as_str(self) -> &'static str {
        match self {
            Arm::Candidate => "candidate",
            Arm::Production => "production",
            Arm::Fallback => "fallback",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// `candidate`, `production`, `fallback`, or the name that graders refer to.
    pub name: SystemName,
    pub kind: SystemKind,
    /// The model family, given or told from the model's name; empty where unknown.
    pub family: String,
    pub describe: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemKind {
    /// Answers recorded in JSONL files (a file or a folder). `imported` is its name in a table of grades that were made elsewhere;
    /// `None`: the arm's own.
    Recorded { path: Utf8PathBuf, imported: Option<String> },
    /// Scores of this name come from `plimsoll import scores`.
    Imported { name: String },
    /// An OpenAI-compatible endpoint. Known to `check`; not asked by this version.
    OpenAi { base_url: String, model: String },
}

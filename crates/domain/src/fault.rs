//! Faults in what a person wrote: what is wrong, where, and what to write instead. All of them, never only the first.

use crate::share::plural;
use camino::Utf8PathBuf;
use std::fmt;

/// A place in a file. Lines and columns count from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: Utf8PathBuf,
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub place: Place,
    /// The offending text as it stands in the file, shortened; empty where something is missing, `HIDDEN` where it is a secret.
    pub found: String,
    /// What is wrong: lower case, no full stop.
    pub what: String,
    /// What to write instead.
    pub help: String,
}

impl Fault {
    /// Stands for text of which nothing is shown: neither it nor what follows it in its line.
    pub const HIDDEN: &str = "...";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// At least one fault, in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, the first at {}", plural(.0.len() as u64, "fault"), .0[0])]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Ok` where nothing was found wrong.
    pub fn none_or(mut faults: Vec<Fault>) -> Result<(), Faults> {
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort();
        faults.dedup();
        Err(Faults(faults))
    }

    /// These, and one more at the end.
    pub fn and(mut self, fault: Fault) -> Self {
        self.0.push(fault);
        self
    }

    /// These and the others, in the order of their places.
    pub fn with(mut self, others: impl IntoIterator<Item = Fault>) -> Self {
        self.0.extend(others);
        self.0.sort();
        self.0.dedup();
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Faults(vec![fault])
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The known word that was probably meant: one slip away, or alike.
pub fn closest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    const ALIKE: f64 = 0.75;
    let word = word.to_lowercase();
    let score = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let slip = strsim::osa_distance(&word, &candidate) <= 1 && word.chars().count() > 1;
        if slip { 1.0 } else { strsim::jaro_winkler(&word, &candidate) }
    };
    known
        .map(|candidate| (score(candidate), candidate))
        .filter(|(score, _)| *score >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

//! An eval on disk: the contract, its folder, and the state that Plimsoll keeps beside it.

use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::format::contract::{self, Places};
use std::io::ErrorKind;

/// The file that a folder is looked up for.
const NAME: &str = "plimsoll.yaml";
/// Local state: runs and records; not for version control.
const STATE: &str = ".plimsoll";

/// Far beyond what a contract may hold; its reader says how much that is.
const LONGEST: u64 = 64 << 20;

pub struct Eval {
    /// As it was named: a contract, or a folder.
    pub named: Utf8PathBuf,
    pub path: Utf8PathBuf,
    pub folder: Utf8PathBuf,
    pub text: String,
    pub contract: Contract,
    pub places: Places,
}

impl Eval {
    /// Opens a contract, or the one in a folder.
    pub fn open(path: &Utf8Path) -> Result<Self, Failure> {
        let named = path.to_owned();
        let path = if path.is_dir() { path.join(NAME) } else { path.to_owned() };
        let text = super::file::text(&path, LONGEST).map_err(|error| unreadable(&path, &error))?;
        let parsed = contract::parse(&path, &text)?;
        let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        Ok(Eval { named, path, folder, text, contract: parsed.contract, places: parsed.places })
    }

    /// Where runs and records are kept.
    pub fn state(&self) -> Utf8PathBuf {
        self.folder.join(STATE)
    }
}

/// The state folder beside a path that may be a contract, a folder of an eval, or nothing in particular.
pub fn state_beside(path: &Utf8Path) -> Utf8PathBuf {
    if path.is_dir() { path.join(STATE) } else { path.parent().unwrap_or(Utf8Path::new("")).join(STATE) }
}

fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => Failure::yours(
            format!("there is no contract at `{path}`"),
            "name a contract, or write one with `plimsoll init`",
        ),
        _ => Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions"),
    }
}

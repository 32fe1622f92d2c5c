//! An eval on disk: the contract, its folder, and the state that Plimsoll keeps beside it.

use super::gathered::Gathered;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::fault::{Fault, Faults, Place};
use domain::format::contract::{self, Faulty, Parsed, Places};
use domain::reference_set::Builder;
use serde_json::Value;
use std::io::ErrorKind;

/// The file that a folder is looked up for.
const NAME: &str = "plimsoll.yaml";
/// Local state: runs and records; not for version control.
const STATE: &str = ".plimsoll";

/// Far beyond what a contract may hold; its reader says how much that is.
const LONGEST: u64 = 64 << 20;
/// Lines behind a key on which its value may begin.
const LINES_OF_A_VALUE: usize = 30;

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
        let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let of = |parsed: Parsed, path: Utf8PathBuf, text: String| Eval {
            named,
            path,
            folder,
            text,
            contract: parsed.contract,
            places: parsed.places,
        };
        match attempt(&path, &text) {
            Ok(parsed) => Ok(of(parsed, path, text)),
            Err(Faulty { faults, parsed: None }) => Err(faults.into()),
            Err(Faulty { faults, parsed: Some(parsed) }) => Err(of(*parsed, path, text).faulty(faults)),
        }
    }

    /// The faults of a contract, and those of what it names: graders, rubrics and examples that are sound enough to be read.
    fn faulty(&self, faults: Faults) -> Failure {
        let mut gathered = Gathered::default();
        gathered.take(super::graders::all_compiled(self));
        gathered.take(super::rubrics::all(self));
        let Contract { examples, simulated, .. } = &self.contract;
        let there: Vec<Utf8PathBuf> = examples.iter().filter(|path| self.folder.join(path).exists()).cloned().collect();
        let set = engine::read_set(&self.folder, &there, Builder::new(*simulated), |_, _| {});
        gathered.take(set.map_err(|error| self.named_at("examples", super::run::read_failure(error))));
        gathered.beside(faults)
    }

    /// A fault of the contract, at the part that a path names or the nearest around it.
    pub fn fault_at(&self, path: &str, what: &str, help: &str) -> Failure {
        let spot = self.places.of(path);
        let place = Place { file: self.path.clone(), line: spot.line, column: spot.column };
        let found = path.rsplit('.').next().unwrap_or(path).to_owned();
        Failure::Faults(Fault { place, found, what: what.to_owned(), help: help.to_owned() }.into())
    }

    /// Where the value stands that a path leads to, as it is written there: behind its key or on a line below, as it is or escaped. Else
    /// the key.
    pub fn value_at(&self, path: &str, value: &str) -> (Place, String) {
        let spot = self.places.of(path);
        let first = spot.line.saturating_sub(1) as usize;
        let lines = self.text.lines().enumerate().skip(first).take(LINES_OF_A_VALUE);
        let written = |text: &str| {
            lines.clone().find_map(|(at, line)| {
                let from = if at == first { spot.column.saturating_sub(1) as usize } else { 0 };
                let before = line.char_indices().nth(from).map_or(line.len(), |(at, _)| at);
                let column = line[..before + line[before..].find(text)?].chars().count() as u32 + 1;
                Some((Place { file: self.path.clone(), line: at as u32 + 1, column }, text.to_owned()))
            })
        };
        let escaped = Value::from(value).to_string();
        written(value).or_else(|| written(escaped.trim_matches('"'))).unwrap_or_else(|| {
            let key = path.rsplit('.').next().unwrap_or(path).to_owned();
            (Place { file: self.path.clone(), line: spot.line, column: spot.column }, key)
        })
    }

    /// What is wrong with a file, at the part of the contract that names it.
    pub fn named_at(&self, path: &str, failure: Failure) -> Failure {
        match failure {
            Failure::Yours { what, help } => self.fault_at(path, &what, &help),
            other => other,
        }
    }

    /// Where runs and records are kept.
    pub fn state(&self) -> Utf8PathBuf {
        self.folder.join(STATE)
    }
}

/// Reads a contract from its file. One without a name has that of its place, which is no part of its digest.
pub fn read(path: &Utf8Path, text: &str) -> Result<Parsed, Faults> {
    attempt(path, text).map_err(|faulty| faulty.faults)
}

fn attempt(path: &Utf8Path, text: &str) -> Result<Parsed, Faulty> {
    let mut parsed = contract::attempt(path, text)?;
    if parsed.contract.name.trim().is_empty() {
        parsed.contract.name = name_by_place(path);
    }
    Ok(parsed)
}

/// The contract of a record's content, under the name that was sealed.
pub fn sealed(content: &Value) -> Result<Contract, Faults> {
    let text = content["contract"]["text"].as_str().unwrap_or("");
    let mut contract = contract::parse(Utf8Path::new("sealed contract"), text)?.contract;
    if contract.name.trim().is_empty() {
        content["contract"]["name"].as_str().unwrap_or("").clone_into(&mut contract.name);
    }
    Ok(contract)
}

/// The folder's name for the contract that the folder is looked up for, else the file's.
fn name_by_place(path: &Utf8Path) -> String {
    let stem = path.file_stem().unwrap_or("eval");
    if path.file_name() != Some(NAME) {
        return stem.to_owned();
    }
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let real = folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned());
    real.file_name().unwrap_or(stem).to_owned()
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
        ErrorKind::InvalidData => Failure::yours(format!("cannot read `{path}`: {error}"), "write the file as UTF-8"),
        _ => Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions"),
    }
}

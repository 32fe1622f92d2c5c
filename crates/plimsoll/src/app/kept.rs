//! What the catalog keeps for an eval: the place of the catalog, and the examples that have their home there.
//!
//! An example has one home. A file's examples are changed in their file, and what was said of them is in the history beside it.
//! Those of the catalog are laid beside the files as one file more, made anew where it is missing: `.plimsoll/kept/<digest>.jsonl`.

use super::chain::{write_bytes, write_whole};
use super::eval::Eval;
use super::work::{open_lock, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use catalog::{Catalog, CatalogError, Place};
use domain::digest::{Digest, canonical};
use domain::entry::{Draft, Entry, Noun};
use domain::example::Status;
use domain::example::history::{Standing, Told, status_value, told};
use domain::format::examples::{Read, parse};
use domain::format::lines::LinePlace;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The file of the state folder that holds the catalog, where no other place was named.
const FILE: &str = "catalog.sqlite";
/// The folder of the state folder with the catalog's examples as a file.
const LAID: &str = "kept";

static NAMED: OnceLock<Place> = OnceLock::new();

/// Says once where the catalog is, for all that this process does.
pub fn name(place: &str) -> Result<(), Failure> {
    let place = Place::parse(place).map_err(failed)?;
    let _ = NAMED.set(place);
    Ok(())
}

fn place(state: &Utf8Path) -> Place {
    NAMED.get().cloned().unwrap_or_else(|| Place::File(state.join(FILE)))
}

/// Opens the catalog, and makes it where there is none.
pub fn open(state: &Utf8Path) -> Result<Catalog, Failure> {
    Catalog::open(&place(state)).map_err(failed)
}

/// Opens the catalog for whoever only reads; nothing where nothing was said yet.
pub fn open_if_there(state: &Utf8Path) -> Result<Option<Catalog>, Failure> {
    match place(state) {
        Place::File(path) if !path.exists() => Ok(None),
        place => Catalog::open(&place).map(Some).map_err(failed),
    }
}

/// All entries of a noun; none where there is no catalog.
pub fn entries(state: &Utf8Path, noun: Noun) -> Result<Vec<Entry>, Failure> {
    match open_if_there(state)? {
        Some(catalog) => catalog.of(noun).map_err(failed),
        None => Ok(Vec::new()),
    }
}

pub fn failed(error: CatalogError) -> Failure {
    let help = error.help();
    match error {
        CatalogError::Failed { .. } | CatalogError::Machine { .. } => Failure::ours(error.to_string(), help),
        _ => Failure::yours(error.to_string(), help),
    }
}

/// This instant, as entries have it: in UTC, always with as many digits, so that texts sort by time.
pub fn now() -> String {
    instant(jiff::Timestamp::now())
}

/// An instant as entries have it.
pub fn instant(at: jiff::Timestamp) -> String {
    format!("{at:.3}")
}

/// What proposes an example, once it is appended.
pub fn proposal(
    eval: &Eval,
    catalog: &Catalog,
    line: Value,
    author: &str,
    why: Option<&str>,
) -> Result<Draft, Failure> {
    let mut drafts = drafts(eval, catalog, vec![Proposal { line, source: None }], author, why)?;
    drafts.pop().ok_or_else(|| Failure::ours("nothing was proposed", "try again"))
}

/// A line that is proposed as an example, and the digest of the copy of what it was taken from.
pub struct Proposal {
    pub line: Value,
    pub source: Option<Digest>,
}

/// Proposes examples, all or none.
pub fn propose_all(
    eval: &Eval,
    catalog: &Catalog,
    proposals: Vec<Proposal>,
    author: &str,
    why: Option<&str>,
) -> Result<Vec<Entry>, Failure> {
    catalog.append(&drafts(eval, catalog, proposals, author, why)?).map_err(failed)
}

fn drafts(
    eval: &Eval,
    catalog: &Catalog,
    proposals: Vec<Proposal>,
    author: &str,
    why: Option<&str>,
) -> Result<Vec<Draft>, Failure> {
    let (set, _) = super::run::reference_set(eval, &mut Quiet)?;
    let mut taken: BTreeSet<String> = set.rows.iter().map(|row| row.id.as_str().to_owned()).collect();
    let told = told(&catalog.of(Noun::Example).map_err(failed)?);
    taken.extend(told.iter().filter(|(_, told)| told.line.is_some()).map(|(id, _)| id.clone()));
    let draft = |Proposal { line, source }: Proposal| {
        let id = id_of(&line)?;
        if !taken.insert(id.clone()) {
            return Err(Failure::yours(
                format!("there is an example `{id}` already"),
                "an id names one example for ever: propose it under another",
            ));
        }
        let mut body = json!({"example": line});
        if let Some(source) = source {
            body["source"] = source.to_string().into();
        }
        Ok(Draft {
            noun: Noun::Example,
            after: Some(told.get(&id).map_or(0, |told| told.entries)),
            subject: id,
            what: "proposed".to_owned(),
            at: now(),
            author: author.to_owned(),
            why: why.map(str::to_owned),
            body,
        })
    };
    proposals.into_iter().map(draft).collect()
}

/// Arms guards, because their incident is closed: in their files, where these are their home, and in the history, together with
/// what else is said. All of it or nothing is said.
pub fn arm(eval: &Eval, catalog: &Catalog, ids: &[String], incident: &str, also: Draft) -> Result<(), Failure> {
    let (author, at) = (also.author.clone(), also.at.clone());
    let (mut drafts, mut in_files) = (vec![also], Vec::new());
    let _alone = alone(eval)?;
    for id in ids {
        let told = told(&catalog.about(Noun::Example, id).map_err(failed)?).remove(id);
        if told.as_ref().is_none_or(|told| told.line.is_none()) {
            Written::of(eval, id)?;
            in_files.push(id);
        }
        drafts.push(Draft {
            noun: Noun::Example,
            subject: id.clone(),
            after: Some(told.map_or(0, |told| told.entries)),
            what: "armed".to_owned(),
            at: at.clone(),
            author: author.clone(),
            why: Some(format!("incident {incident} is closed")),
            body: json!({"incident": incident}),
        });
    }
    catalog.append(&drafts).map_err(failed)?;
    // Each is looked for anew: the one before it may have moved it in their file.
    for id in in_files {
        Written::of(eval, id)?.with(|fields| drop(fields.insert("guard".to_owned(), json!("armed"))))?;
    }
    Ok(())
}

/// The id of a line that is a whole example; what is wrong with it, otherwise.
fn id_of(line: &Value) -> Result<String, Failure> {
    let text = line.to_string();
    let place = LinePlace { file: Utf8Path::new("proposed example"), line: 1 };
    match parse(place, &text)? {
        Read::Example(example) => Ok(example.id.as_str().to_owned()),
        Read::Header => Err(Failure::yours("a header is no example", "give an object with `input`")),
    }
}

/// Gives an example another status: in its file, where that is its home, and in the history.
pub fn set_status(
    eval: &Eval,
    catalog: &Catalog,
    id: &str,
    status: &Status,
    author: &str,
    why: Option<&str>,
) -> Result<Entry, Failure> {
    let before = told(&catalog.about(Noun::Example, id).map_err(failed)?);
    let before = before.get(id);
    let what = match (status, before.map(|told| &told.standing)) {
        (Status::Active, Some(Standing::Is(Status::Proposed))) => "accepted",
        (Status::Active, _) => "activated",
        (Status::Quarantined { .. }, _) => "quarantined",
        (Status::Retired { .. }, _) => "retired",
        (Status::Proposed, _) => {
            return Err(Failure::yours(
                format!("`{id}` cannot be made a proposal again"),
                "quarantine it, with the reason",
            ));
        }
    };
    let reason = match status {
        Status::Quarantined { reason } | Status::Retired { reason } => Some(reason.as_str()),
        Status::Active | Status::Proposed => why,
    };
    let draft = Draft {
        noun: Noun::Example,
        subject: id.to_owned(),
        after: Some(before.map_or(0, |told| told.entries)),
        what: what.to_owned(),
        at: now(),
        author: author.to_owned(),
        why: reason.map(str::to_owned),
        body: json!({}),
    };
    if before.is_none_or(|told| told.line.is_none()) {
        let _alone = alone(eval)?;
        let written = Written::of(eval, id)?;
        // Said first: where the file cannot be written after all, saying it again mends that.
        let added = catalog.append(&[draft]).map_err(failed)?;
        written.with_status(status)?;
        return last(added);
    }
    last(catalog.append(&[draft]).map_err(failed)?)
}

fn last(mut added: Vec<Entry>) -> Result<Entry, Failure> {
    added.pop().ok_or_else(|| Failure::ours("nothing was added", "try again"))
}

/// What a line asks and expects, whatever its status.
fn digest_of(line: &str) -> Option<Digest> {
    match parse(LinePlace { file: Utf8Path::new("example"), line: 1 }, line.trim_start_matches('\u{feff}')) {
        Ok(Read::Example(example)) => Some(example.digest),
        _ => None,
    }
}

/// One process at a time rewrites files of examples.
fn alone(eval: &Eval) -> Result<std::fs::File, Failure> {
    let state = eval.state();
    let failed = |error: std::io::Error| write_failure(&state, &error);
    let lock = open_lock(&state, "examples").map_err(failed)?;
    lock.lock().map_err(failed)?;
    Ok(lock)
}

/// An example where its file has it.
struct Written {
    file: Utf8PathBuf,
    bytes: Vec<u8>,
    offset: usize,
    length: usize,
}

impl Written {
    fn of(eval: &Eval, id: &str) -> Result<Self, Failure> {
        let (set, _) = super::run::reference_set(eval, &mut Quiet)?;
        let Some(row) = set.rows.iter().find(|row| row.id.as_str() == id) else {
            return Err(Failure::yours(
                format!("there is no example `{id}`"),
                "`plimsoll examples list` says which there are",
            ));
        };
        let file = set.files[row.kept.file as usize].clone();
        let bytes = std::fs::read(&file)
            .map_err(|error| Failure::yours(format!("cannot read `{file}`: {error}"), "check its permissions"))?;
        let (offset, length) = (row.kept.offset as usize, row.kept.length as usize);
        Ok(Written { file, bytes, offset, length })
    }

    /// Writes the file anew with this line's status changed, whole or not at all.
    fn with_status(self, status: &Status) -> Result<(), Failure> {
        self.with(|fields| match status_value(status) {
            Some(status) => drop(fields.insert("status".to_owned(), status)),
            None => drop(fields.shift_remove("status")),
        })
    }

    /// The same of any change of its fields.
    fn with(self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), Failure> {
        let Written { file, bytes, offset, length } = self;
        let changed = || {
            Failure::yours(
                format!("`{file}` changed while it was read"),
                "say it again: nothing was written to the file",
            )
        };
        let line = bytes.get(offset..offset + length).ok_or_else(changed)?;
        let mut line: Value = serde_json::from_slice(line).map_err(|_| changed())?;
        let before = std::str::from_utf8(&bytes[offset..offset + length]).ok().and_then(digest_of);
        // A number that JSON cannot keep would make another example of it.
        if digest_of(&line.to_string()) != before {
            return Err(Failure::yours(
                format!("the line of the example in `{file}` cannot be written again as it is"),
                "change the line by hand; what was said stays in the history",
            ));
        }
        change(line.as_object_mut().ok_or_else(changed)?);
        let mut text = bytes[..offset].to_vec();
        text.extend(line.to_string().bytes());
        text.extend(&bytes[offset + length..]);
        write_bytes(&file, &text).map_err(|error| write_failure(&file, &error))
    }
}

/// The examples that the catalog keeps, as a file of the eval's folder; nothing where it keeps none.
pub fn laid(eval: &Eval) -> Result<Option<Utf8PathBuf>, Failure> {
    let told = told(&entries(&eval.state(), Noun::Example)?);
    let lines: Vec<String> = told.values().filter_map(Told::line).map(|line| canonical(&line)).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let text = lines.join("\n");
    let name = format!("{}.jsonl", Digest::of_bytes(text.as_bytes()).short());
    let folder = eval.state().join(LAID);
    let path = folder.join(&name);
    if !super::file::text(&path, text.len() as u64 + 1).is_ok_and(|there| there.trim_end() == text) {
        let failed = |error: std::io::Error| write_failure(&folder, &error);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        write_whole(&path, &text).map_err(failed)?;
    }
    Ok(Some(path.strip_prefix(&eval.folder).map(Utf8Path::to_owned).unwrap_or(path)))
}

/// Nobody waits long for it.
pub struct Quiet;

impl super::run::Progress for Quiet {
    fn step(&mut self, _: &str) {}
    fn count(&mut self, _: u64, _: u64) {}
}

/// The files that the reference set is read from: those of the contract, and the catalog's examples.
pub fn paths(eval: &Eval) -> Result<Vec<Utf8PathBuf>, Failure> {
    let mut paths = eval.contract.examples.clone();
    paths.extend(laid(eval)?);
    Ok(paths)
}

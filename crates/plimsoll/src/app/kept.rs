//! What the catalog keeps for an eval: the place of the catalog, and the examples that have their home there.
//!
//! An example has one home. A file's examples are changed in their file (`kept::written`), and what was said of them is in the history
//! beside it. Those of the catalog are laid beside the files as one file more, made anew where it is missing: `.plimsoll/kept/<digest>.jsonl`.

mod written;

pub use written::{Change, Saying, say};

use super::chain::write_whole;
use super::eval::Eval;
use super::examples::state_word;
use super::work::write_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use catalog::{Catalog, CatalogError, Place};
use domain::digest::{Digest, canonical};
use domain::entry::{Draft, Entry, Noun};
use domain::example::history::{Standing, Told, told};
use domain::example::{Guard, Status};
use domain::format::examples::{Read, parse};
use domain::format::lines::LinePlace;
use domain::reference_set::{ReferenceSet, Row, RowState};
use serde_json::{Value, json};
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

/// The place of an eval's catalog. Where nobody named one, and the file of the folder is already of another contract that lies in it, it is a file
/// beside that one.
fn place_of(state: &Utf8Path, eval: &str) -> Result<Place, CatalogError> {
    let shared = place(state);
    let (None, Place::File(path)) = (NAMED.get(), &shared) else { return Ok(shared) };
    if !path.exists() {
        return Ok(shared);
    }
    let owner = Catalog::open(&shared)?.eval()?;
    let own = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    Ok(match owner {
        Some(owner) if owner != eval && is_name_of_a_contract(state, &owner) => {
            Place::File(state.join(format!("catalog-{}.sqlite", eval.chars().map(own).collect::<String>())))
        }
        _ => shared,
    })
}

/// Whether a contract beside this state has the name: else it was renamed, or is gone.
fn is_name_of_a_contract(state: &Utf8Path, name: &str) -> bool {
    let folder = state.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let files = folder.read_dir_utf8().into_iter().flatten().flatten();
    files.filter(|file| matches!(file.path().extension(), Some("yaml" | "yml"))).any(|file| {
        let text = std::fs::read_to_string(file.path()).unwrap_or_default();
        super::eval::read(file.path(), &text).is_ok_and(|parsed| parsed.contract.name == name)
    })
}

/// Opens the catalog of an eval, and makes it where there is none.
pub fn open(eval: &Eval) -> Result<Catalog, Failure> {
    open_for(&eval.state(), &eval.contract.name)
}

/// The same by the name of its contract, where that is all that is known.
pub fn open_for(state: &Utf8Path, eval: &str) -> Result<Catalog, Failure> {
    place_of(state, eval).and_then(|place| Catalog::open_for(&place, eval)).map_err(failed)
}

/// Opens the catalog of whatever eval, as a whole.
pub fn open_any(state: &Utf8Path) -> Result<Catalog, Failure> {
    Catalog::open(&place(state)).map_err(failed)
}

/// Opens the catalog for whoever only reads; nothing where nothing was said yet.
pub fn open_if_there(eval: &Eval) -> Result<Option<Catalog>, Failure> {
    let there = match place_of(&eval.state(), &eval.contract.name).map_err(failed)? {
        Place::File(path) => path.exists(),
        Place::Server(_) => true,
    };
    if there { open(eval).map(Some) } else { Ok(None) }
}

/// The same of whatever eval.
pub fn open_any_if_there(state: &Utf8Path) -> Result<Option<Catalog>, Failure> {
    if is_there(state) { open_any(state).map(Some) } else { Ok(None) }
}

fn is_there(state: &Utf8Path) -> bool {
    match place(state) {
        Place::File(path) => path.exists(),
        Place::Server(_) => true,
    }
}

/// All entries of a noun; none where there is no catalog.
pub fn entries(eval: &Eval, noun: Noun) -> Result<Vec<Entry>, Failure> {
    match open_if_there(eval)? {
        Some(catalog) => catalog.of(noun).map_err(failed),
        None => Ok(Vec::new()),
    }
}

/// The same of whatever eval.
pub fn entries_of_any(state: &Utf8Path, noun: Noun) -> Result<Vec<Entry>, Failure> {
    match open_any_if_there(state)? {
        Some(catalog) => catalog.of(noun).map_err(failed),
        None => Ok(Vec::new()),
    }
}

/// Reads the whole history: how many entries it has, where each is what was written; nothing where there is no catalog.
pub fn whole(state: &Utf8Path) -> Result<Option<u64>, CatalogError> {
    if !is_there(state) {
        return Ok(None);
    }
    let mut entries = 0;
    Catalog::open(&place(state))?.every(|_| {
        entries += 1;
        Ok::<(), CatalogError>(())
    })?;
    Ok(Some(entries))
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
    proposal: Proposal,
    author: &str,
    why: Option<&str>,
) -> Result<Draft, Failure> {
    let mut drafts = drafts(eval, catalog, vec![proposal], author, why)?;
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
    let mut sayings = vec![Saying { draft: also, change: None }];
    for id in ids {
        let told = told(&catalog.about(Noun::Example, id).map_err(failed)?).remove(id);
        let in_a_file = told.as_ref().is_none_or(|told| told.line.is_none());
        sayings.push(Saying {
            draft: Draft {
                noun: Noun::Example,
                subject: id.clone(),
                after: Some(told.map_or(0, |told| told.entries)),
                what: "armed".to_owned(),
                at: at.clone(),
                author: author.clone(),
                why: Some(format!("incident {incident} is closed")),
                body: json!({"incident": incident}),
            },
            change: in_a_file.then(Change::armed),
        });
    }
    say(eval, catalog, &sayings).map(drop)
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

/// Who says something, and why.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub author: &'a str,
    pub why: Option<&'a str>,
}

/// Gives an example another status: in its file, where that is its home, and in the history.
pub fn set_status(eval: &Eval, catalog: &Catalog, id: &str, status: &Status, by: By) -> Result<Entry, Failure> {
    let set = in_files(eval)?;
    last(say(eval, catalog, &[standing(catalog, &set, id, status, by)?])?)
}

/// What is to be said where an example gets another status; `set` is what files hold.
pub fn standing(catalog: &Catalog, set: &ReferenceSet, id: &str, status: &Status, by: By) -> Result<Saying, Failure> {
    let before = told(&catalog.about(Noun::Example, id).map_err(failed)?).remove(id);
    let is_proposed = match &before {
        Some(Told { line: Some(_), standing, .. }) => *standing == Standing::Is(Status::Proposed),
        // What holds of an example in a file, its file says.
        _ => set.rows.iter().any(|row| row.id.as_str() == id && row.state == RowState::Proposed),
    };
    let (what, why) = match status {
        Status::Active => (if is_proposed { "accepted" } else { "activated" }, by.why),
        Status::Quarantined { reason } => ("quarantined", Some(reason.as_str())),
        Status::Retired { reason } => ("retired", Some(reason.as_str())),
        Status::Proposed => {
            return Err(Failure::yours(
                format!("`{id}` cannot be made a proposal again"),
                "quarantine it, with the reason",
            ));
        }
    };
    let in_a_file = before.as_ref().is_none_or(|told| told.line.is_none());
    let draft = Draft {
        noun: Noun::Example,
        subject: id.to_owned(),
        after: Some(before.map_or(0, |told| told.entries)),
        what: what.to_owned(),
        at: now(),
        author: by.author.to_owned(),
        why: why.map(str::to_owned),
        body: json!({}),
    };
    Ok(Saying { draft, change: in_a_file.then(|| Change::status(status)) })
}

/// What the history says of an example in a file, where its file says otherwise: somebody changed the file by hand or took it from
/// another place. The file holds.
pub fn apart(told: &Told, row: &Row) -> Option<String> {
    if told.line.is_some() {
        return None;
    }
    let said = match &told.standing {
        Standing::Is(Status::Active) => Some(RowState::Active),
        Standing::Is(Status::Proposed) => Some(RowState::Proposed),
        Standing::Is(Status::Quarantined { .. }) => Some(RowState::Quarantined),
        Standing::Is(Status::Retired { .. }) => Some(RowState::Retired),
        Standing::AsWritten | Standing::Declined { .. } => None,
    };
    match said.filter(|said| *said != row.state) {
        Some(said) => Some(format!("was said to be {}, and its file says {}", state_word(said), state_word(row.state))),
        None if told.armed && row.guard == Guard::WhenFixed => {
            Some("was armed, and its file does not say so".to_owned())
        }
        None => None,
    }
}

/// The examples whose home is a file.
pub fn in_files(eval: &Eval) -> Result<ReferenceSet, Failure> {
    written::finish(eval)?;
    written::read(eval)
}

fn last(mut added: Vec<Entry>) -> Result<Entry, Failure> {
    added.pop().ok_or_else(|| Failure::ours("nothing was added", "try again"))
}

/// The examples that the catalog keeps, as a file of the eval's folder; nothing where it keeps none.
pub fn laid(eval: &Eval) -> Result<Option<Utf8PathBuf>, Failure> {
    let told = told(&entries(eval, Noun::Example)?);
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
    written::finish(eval)?;
    let mut paths = eval.contract.examples.clone();
    paths.extend(laid(eval)?);
    Ok(paths)
}

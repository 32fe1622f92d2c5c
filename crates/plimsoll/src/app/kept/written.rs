//! Examples whose home is a file: their lines are changed together with what is said of them, both or neither.
//!
//! in      what is to be said, and what changes in the line of whose example
//! out     the entries; the files, every other byte as it was
//! errors  an example that no file has; a file that may not or cannot be written: then nothing is said either
//! rule    announced, laid ready, said, put in place. Whoever is killed before it was said leaves files and history as they were; after that,
//!         whoever reads the set next puts in place what was said. One process at a time changes files of examples

use super::failed;
use crate::app::chain::write_whole;
use crate::app::eval::Eval;
use crate::app::run::read_failure;
use crate::app::work::{open_lock, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use catalog::{Catalog, CatalogError, Place};
use domain::digest::Digest;
use domain::entry::{Draft, Entry, Noun};
use domain::example::Status;
use domain::example::history::status_value;
use domain::format::examples::{Read, parse};
use domain::format::json::with;
use domain::format::lines::LinePlace;
use domain::reference_set::{Builder, ReferenceSet, Row};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Write};

/// The file of the state folder that says which lines are being changed.
const ANNOUNCED: &str = "changing.json";
/// Bytes of it.
const LONGEST: u64 = 1 << 30;

/// What changes in an example's line: one key, which is taken out where there is no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    key: String,
    value: Option<Value>,
}

impl Change {
    pub fn status(status: &Status) -> Self {
        Change { key: "status".to_owned(), value: status_value(status) }
    }

    pub fn armed() -> Self {
        Change { key: "guard".to_owned(), value: Some(json!("armed")) }
    }
}

/// What is to be said, and what changes with it in the line of its subject.
pub struct Saying {
    pub draft: Draft,
    pub change: Option<Change>,
}

/// Says it, and changes the files; all of it or nothing.
pub fn say(eval: &Eval, catalog: &Catalog, sayings: &[Saying]) -> Result<Vec<Entry>, Failure> {
    let drafts: Vec<Draft> = sayings.iter().map(|saying| saying.draft.clone()).collect();
    let changes: Vec<Announced> = sayings.iter().filter_map(Announced::of).collect();
    if changes.is_empty() {
        return catalog.append(&drafts).map_err(failed);
    }
    let _alone = alone(eval)?;
    finish_alone(eval)?;
    let set = read(eval)?;
    let is_there = |change: &&Announced| set.rows.iter().any(|row| row.id.as_str() == change.example);
    if let Some(Announced { example, .. }) = changes.iter().find(|change| !is_there(change)) {
        return Err(Failure::yours(
            format!("there is no example `{example}`"),
            "`plimsoll examples list` says which there are",
        ));
    }
    let files = anew(&set, &changes)?;
    announce(eval, catalog, &files, &changes)?;
    if let Err(failure) = files.iter().try_for_each(Anew::lay) {
        withdraw(eval, &files);
        return Err(failure);
    }
    match catalog.append(&drafts) {
        Ok(entries) => put(eval, &files).map(|()| entries),
        // Whether it was said is not known: whoever comes next looks.
        Err(unknown @ (CatalogError::Failed { .. } | CatalogError::Machine { .. })) => Err(failed(unknown)),
        Err(refused) => {
            withdraw(eval, &files);
            Err(failed(refused))
        }
    }
}

/// Finishes what somebody began who was killed; waits for whoever is at it.
pub fn finish(eval: &Eval) -> Result<(), Failure> {
    if !announced_at(eval).exists() {
        return Ok(());
    }
    let _alone = alone(eval)?;
    finish_alone(eval)
}

/// The examples of files, as they stand.
pub fn read(eval: &Eval) -> Result<ReferenceSet, Failure> {
    let contract = &eval.contract;
    engine::read_set(&eval.folder, &contract.examples, Builder::new(contract.simulated), |_, _| {})
        .map_err(read_failure)
}

/// One process at a time rewrites files of examples.
fn alone(eval: &Eval) -> Result<File, Failure> {
    let state = eval.state();
    let failed = |error: io::Error| write_failure(&state, &error);
    let lock = open_lock(&state, "examples").map_err(failed)?;
    lock.lock().map_err(failed)?;
    Ok(lock)
}

/// A change that was announced: of which example, and the entry that says it.
struct Announced {
    example: String,
    change: Change,
    /// The entry's version, time and author.
    entry: (u32, String, String),
}

impl Announced {
    fn of(saying: &Saying) -> Option<Self> {
        let Draft { subject, after, at, author, .. } = &saying.draft;
        let change = saying.change.clone()?;
        Some(Announced {
            example: subject.clone(),
            change,
            entry: (after.unwrap_or(0) + 1, at.clone(), author.clone()),
        })
    }

    fn to_json(&self) -> Value {
        let (version, at, author) = &self.entry;
        json!({"example": self.example, "key": self.change.key, "value": self.change.value, "version": version, "at": at, "author": author})
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |key: &str| Some(value[key].as_str()?.to_owned());
        Some(Announced {
            example: text("example")?,
            change: Change { key: text("key")?, value: Some(value["value"].clone()).filter(|value| !value.is_null()) },
            entry: (u32::try_from(value["version"].as_u64()?).ok()?, text("at")?, text("author")?),
        })
    }

    /// Whether its entry is in the history.
    fn was_said(&self, catalog: &Catalog) -> Result<bool, Failure> {
        let (version, at, author) = &self.entry;
        let entries = catalog.about(Noun::Example, &self.example).map_err(failed)?;
        Ok(entries.iter().any(|entry| entry.version == *version && entry.at == *at && entry.author == *author))
    }
}

fn announced_at(eval: &Eval) -> Utf8PathBuf {
    eval.state().join(ANNOUNCED)
}

fn announce(eval: &Eval, catalog: &Catalog, files: &[Anew], changes: &[Announced]) -> Result<(), Failure> {
    let path = announced_at(eval);
    let ready: Vec<&Utf8Path> = files.iter().map(|file| file.ready.as_path()).collect();
    let changes: Vec<Value> = changes.iter().map(Announced::to_json).collect();
    let text = json!({"catalog": place_of(eval, catalog), "ready": ready, "changes": changes}).to_string();
    write_whole(&path, &text).map_err(|error| write_failure(&path, &error))
}

/// Where the catalog is, as whoever comes next knows it: a file of the state folder by its name there, wherever that is by then.
fn place_of(eval: &Eval, catalog: &Catalog) -> String {
    let Place::File(path) = catalog.place() else { return catalog.place().to_string() };
    let real = |path: &Utf8Path| path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let (path, state) = (real(path), real(&eval.state()));
    path.strip_prefix(&state).map_or_else(|_| path.to_string(), Utf8Path::to_string)
}

/// What was said is put in place, and what was not is forgotten.
fn finish_alone(eval: &Eval) -> Result<(), Failure> {
    let path = announced_at(eval);
    let text = match crate::app::file::text(&path, LONGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::ours(format!("cannot read `{path}`: {error}"), "check its permissions")),
    };
    let announced: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let catalog = super::open(eval)?;
    let (then, now) = (announced["catalog"].as_str().unwrap_or(""), place_of(eval, &catalog));
    if then != now {
        return Err(Failure::yours(
            format!("a change of examples is half-done, and what was said of it is in the catalog `{then}`"),
            "name that catalog with `--catalog` once; then the change is finished",
        ));
    }
    // What is in no file any more is not put into one.
    let set = read(eval)?;
    let is_there = |change: &Announced| set.rows.iter().any(|row| row.id.as_str() == change.example);
    let mut said = Vec::new();
    for change in announced["changes"].as_array().into_iter().flatten().filter_map(Announced::from_json) {
        if is_there(&change) && change.was_said(&catalog)? {
            said.push(change);
        }
    }
    for ready in announced["ready"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let _ = std::fs::remove_file(ready);
    }
    let files = anew(&set, &said)?;
    files.iter().try_for_each(Anew::lay)?;
    put(eval, &files)
}

/// Everything is in place: the announcement is taken back last.
fn put(eval: &Eval, files: &[Anew]) -> Result<(), Failure> {
    files.iter().try_for_each(Anew::put)?;
    let path = announced_at(eval);
    std::fs::remove_file(&path).map_err(|error| write_failure(&path, &error))
}

/// Nothing was said, and nothing of it stays.
fn withdraw(eval: &Eval, files: &[Anew]) {
    let all = files.iter().map(|file| file.ready.clone()).chain([announced_at(eval)]);
    all.for_each(|path| drop(std::fs::remove_file(path)));
}

/// A file with lines changed, beside the one that it takes the place of.
struct Anew {
    file: Utf8PathBuf,
    ready: Utf8PathBuf,
    bytes: Vec<u8>,
    permissions: Permissions,
}

/// The files of these examples with their lines changed; those in which nothing changes are left out.
fn anew(set: &ReferenceSet, changes: &[Announced]) -> Result<Vec<Anew>, Failure> {
    let mut by_file: BTreeMap<u16, Vec<(&Row, &Change)>> = BTreeMap::new();
    for Announced { example, change, .. } in changes {
        let Some(row) = set.rows.iter().find(|row| row.id.as_str() == example) else { continue };
        by_file.entry(row.kept.file).or_default().push((row, change));
    }
    let mut files = Vec::new();
    for (file, mut changes) in by_file {
        // From the end on, so that nothing before it moves.
        changes.sort_by_key(|(row, _)| std::cmp::Reverse(row.kept.offset));
        files.extend(Anew::of(&set.files[file as usize], &changes)?);
    }
    Ok(files)
}

impl Anew {
    fn of(file: &Utf8Path, changes: &[(&Row, &Change)]) -> Result<Option<Self>, Failure> {
        let unreadable =
            |error: io::Error| Failure::yours(format!("cannot read `{file}`: {error}"), "check its permissions");
        // Where the file is a link, what it leads to is written, and the link stays.
        let real = file.canonicalize_utf8().map_err(unreadable)?;
        let before = std::fs::read(&real).map_err(unreadable)?;
        let mut bytes = before.clone();
        for (row, change) in changes {
            let (start, length) = (row.kept.offset as usize, row.kept.length as usize);
            let line = bytes.get(start..start + length).and_then(|line| changed(row, line, change));
            let line = line.ok_or_else(|| moved(file))?;
            bytes.splice(start..start + length, line);
        }
        if bytes == before {
            return Ok(None);
        }
        let permissions = std::fs::metadata(&real).map_err(unreadable)?.permissions();
        if permissions.readonly() {
            return Err(Failure::yours(
                format!("`{file}` may not be written, and nothing was changed"),
                "let it be written (`chmod u+w`), then try again",
            ));
        }
        let name = format!(".{}.unfinished", real.file_name().unwrap_or("examples"));
        Ok(Some(Anew { ready: real.with_file_name(name), file: real, bytes, permissions }))
    }

    /// Lays the new file ready, on the disk, under a name that no set reads.
    fn lay(&self) -> Result<(), Failure> {
        let write = || {
            let _ = std::fs::remove_file(&self.ready);
            let mut file = File::options().write(true).create_new(true).open(&self.ready)?;
            file.set_permissions(self.permissions.clone())?;
            file.write_all(&self.bytes)?;
            file.sync_all()
        };
        write().map_err(|error| {
            Failure::ours(
                format!("cannot write beside `{}`: {error}", self.file),
                "nothing was changed; check disk space and permissions, then try again",
            )
        })
    }

    fn put(&self) -> Result<(), Failure> {
        let put = || {
            std::fs::rename(&self.ready, &self.file)?;
            File::open(self.file.parent().unwrap_or(Utf8Path::new(".")))?.sync_all()
        };
        put().map_err(|error| {
            Failure::ours(
                format!("it was said, but `{}` could not be written: {error}", self.file),
                "check its permissions; the next command that reads the set writes it",
            )
        })
    }
}

fn moved(file: &Utf8Path) -> Failure {
    Failure::yours(format!("`{file}` changed while it was read"), "say it again: nothing was said or changed")
}

/// A line with the change made; `None` where it is not the row's any more.
fn changed(row: &Row, line: &[u8], change: &Change) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(line).ok()?;
    if told_in(text)? != (row.id.to_string(), row.digest) {
        return None;
    }
    let fields: Value = serde_json::from_str(text).ok()?;
    if fields.get(&change.key) == change.value.as_ref() {
        return Some(line.to_vec());
    }
    let mut text = with(text, &change.key, change.value.as_ref())?;
    // What has its id from its content keeps it, whatever becomes of the content.
    if change.key != "status" && fields.get("id").is_none() {
        text = with(&text, "id", Some(&json!(row.id.as_str())))?;
    }
    Some(text.into_bytes())
}

/// Whose line it is, and what it asks and expects, whatever its status.
fn told_in(line: &str) -> Option<(String, Digest)> {
    match parse(LinePlace { file: Utf8Path::new("example"), line: 1 }, line) {
        Ok(Read::Example(example)) => Some((example.id.as_str().to_owned(), example.digest)),
        _ => None,
    }
}

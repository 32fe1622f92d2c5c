//! Records: content and envelope in one file each, chained; the chain's head is kept apart.
//!
//! A record is written whole or not at all, and never changed; a lock keeps two processes from following the same record.

use super::eval::{Eval, state_beside};
use super::signature;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::{Digest, canonical};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::time::Duration;
use uuid::{NoContext, Timestamp, Uuid};

/// Bytes of a record.
const LONGEST: u64 = 1 << 30;

pub struct Chain {
    folder: Utf8PathBuf,
    /// The contract of which the latest record is meant; of any where `None`.
    contract: Option<String>,
}

/// A record as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub envelope: Value,
    pub content: Value,
}

impl Kept {
    pub fn id(&self) -> &str {
        self.envelope["id"].as_str().unwrap_or("")
    }

    /// The name of the contract that it was made under, of which a chain may hold several; empty where it does not say.
    pub fn contract(&self) -> &str {
        self.content["contract"]["name"].as_str().unwrap_or("")
    }

    /// As the record that follows it names it.
    fn named(&self) -> Value {
        json!({"id": self.id(), "digest": self.digest().to_string()})
    }

    /// Over the envelope without its signature.
    pub fn digest(&self) -> Digest {
        envelope_digest(&self.envelope)
    }
}

fn envelope_digest(envelope: &Value) -> Digest {
    let mut signed = envelope.clone();
    if let Value::Object(fields) = &mut signed {
        fields.shift_remove("signature");
    }
    Digest::of_value("plimsoll.envelope.v1", &signed)
}

/// The digest of a record's content.
pub fn content_digest(content: &Value) -> Digest {
    Digest::of_value("plimsoll.record.v1", content)
}

fn failed(path: &Utf8Path, error: &std::io::Error) -> Failure {
    Failure::ours(
        format!("cannot write `{path}`: {error}"),
        "nothing was recorded; check disk space and permissions, then run again",
    )
}

impl Chain {
    pub fn at(state: &Utf8Path) -> Self {
        Chain { folder: state.to_owned(), contract: None }
    }

    /// The chain of an eval as a person names it: of a contract in a folder with several, the latest record is its own.
    pub fn beside(eval: &Utf8Path) -> Self {
        // What the records say can be shown where the contract cannot be read.
        let named = eval.is_file().then(|| Eval::open(eval).ok()).flatten();
        Chain { folder: state_beside(eval), contract: named.map(|eval| eval.contract.name.to_string()) }
    }

    /// The state folder that it lies in.
    pub fn state(&self) -> &Utf8Path {
        &self.folder
    }

    fn records(&self) -> Utf8PathBuf {
        self.folder.join("records")
    }

    fn head(&self) -> Utf8PathBuf {
        self.folder.join("chain").join("head.json")
    }

    /// All records in the order of their ids, which sort by time.
    pub fn list(&self) -> Result<Vec<Kept>, Failure> {
        let folder = self.records();
        let entries = match folder.read_dir_utf8() {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            // What cannot be read is not taken for empty: looks would be forgotten.
            Err(error) => {
                return Err(Failure::ours(format!("cannot read `{folder}`: {error}"), "check its permissions"));
            }
        };
        let mut paths: Vec<Utf8PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path().to_owned())
            .filter(|path| path.extension() == Some("json"))
            .collect();
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }

    /// A record by path, id, the beginning of an id, or `latest`.
    pub fn find(&self, name: &str) -> Result<Kept, Failure> {
        if Utf8Path::new(name).is_file() {
            return read(Utf8Path::new(name));
        }
        let all = self.list()?;
        if name == "latest" {
            return self.latest(all);
        }
        let mut found: Vec<Kept> = all.into_iter().filter(|kept| kept.id().starts_with(name)).collect();
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Failure::yours(
                format!("no record `{name}` in `{}`", self.records()),
                "name a record's path, its id or the beginning of it, or `latest`; `--eval` names another folder",
            )),
            _ => Err(Failure::yours(format!("{} records begin with `{name}`", found.len()), "write more of the id")),
        }
    }

    fn latest(&self, mut all: Vec<Kept>) -> Result<Kept, Failure> {
        let wanted = |kept: &Kept| self.contract.as_deref().is_none_or(|name| kept.contract() == name);
        match (all.iter().rposition(wanted), all.last(), &self.contract) {
            (Some(at), ..) => Ok(all.swap_remove(at)),
            (None, Some(last), Some(name)) => Err(Failure::yours(
                format!(
                    "no record in `{}` is of the contract `{name}`; the latest is of `{}`",
                    self.records(),
                    last.contract()
                ),
                "decide on it first, or name a record by its id",
            )),
            _ => Err(none(&self.records())),
        }
    }

    /// Follows the chain with a new record.
    pub fn append(&self, content: &Value, author: &str, key: Option<&SigningKey>) -> Result<Kept, Failure> {
        let records = self.records();
        for folder in [&records, &self.folder.join("chain")] {
            std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        let lock_path = self.folder.join("chain").join("lock");
        let lock = File::create(&lock_path).map_err(|error| failed(&lock_path, &error))?;
        lock.lock().map_err(|error| failed(&lock_path, &error))?;
        for folder in [&records, &self.folder.join("chain")] {
            clear(folder);
        }
        let before = self.list()?;
        let previous = before.last();
        let id = id_after(previous.map(Kept::id)).to_string();
        let mut envelope = json!({
            "id": id,
            "time": jiff::Timestamp::now().to_string(),
            "author": author,
            "previous": previous.map(Kept::named),
            "content": content_digest(content).to_string(),
        });
        let digest = envelope_digest(&envelope);
        if let Some(key) = key {
            envelope["signature"] = signature::sign(key, &digest);
        }
        let path = records.join(format!("{id}.json"));
        let text = serde_json::to_string_pretty(&json!({"envelope": envelope, "content": content})).unwrap_or_default();
        // Announced, written, and then the head: whoever is killed between any two leaves a chain that holds.
        let next = json!({"id": id, "digest": digest.to_string(), "records": before.len() + 1});
        let write_head =
            |head: &Value| write_whole(&self.head(), &canonical(head)).map_err(|error| failed(&self.head(), &error));
        write_head(&json!({
            "id": previous.map(Kept::id),
            "digest": previous.map(|kept| kept.digest().to_string()),
            "records": before.len(),
            "next": next,
        }))?;
        write_whole(&path, &text).map_err(|error| failed(&path, &error))?;
        write_head(&next)?;
        Ok(Kept { envelope, content: content.clone() })
    }

    /// What is wrong with a record's hashes, its place in the chain, and the chain's head; nothing where all is well.
    pub fn faults(&self, kept: &Kept) -> Result<Vec<String>, Failure> {
        let mut faults = Vec::new();
        if kept.envelope["content"].as_str() != Some(content_digest(&kept.content).to_string().as_str()) {
            faults.push("the content is not what the envelope's digest says".to_owned());
        }
        let all = self.list()?;
        let Some(position) = all.iter().position(|other| other.id() == kept.id()) else {
            faults.push(format!("the record is not in the chain of `{}`", self.folder));
            return Ok(faults);
        };
        if all[position].digest() != kept.digest() {
            faults.push("the chain holds another record under this id".to_owned());
        }
        for (at, record) in all.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| all[at].named());
            if record.envelope["previous"] != json!(before) {
                faults.push(format!("the chain is broken at {}: it does not follow the record before it", record.id()));
            }
        }
        match (super::file::text(&self.head(), LONGEST), all.last()) {
            (Ok(text), Some(last)) => {
                let head: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
                let names_the_last = |head: &Value| {
                    head["digest"].as_str() == Some(last.digest().to_string().as_str())
                        && head["records"].as_u64() == Some(all.len() as u64)
                };
                if !names_the_last(&head) && !names_the_last(&head["next"]) {
                    faults.push("the chain's head is not the last record".to_owned());
                }
            }
            _ => faults.push("the chain's head is missing".to_owned()),
        }
        Ok(faults)
    }
}

/// An id of now that sorts after the last one, whatever the clock says: the chain's order is that of its ids.
fn id_after(last: Option<&str>) -> Uuid {
    let now = Uuid::now_v7();
    let last = last.and_then(|last| Uuid::parse_str(last).ok()).filter(|last| *last >= now);
    let Some((seconds, nanos)) = last.and_then(|last| last.get_timestamp()).map(|time| time.to_unix()) else {
        return now;
    };
    let later = Duration::new(seconds, nanos) + Duration::from_millis(1);
    Uuid::new_v7(Timestamp::from_unix(NoContext, later.as_secs(), later.subsec_nanos()))
}

fn none(folder: &Utf8Path) -> Failure {
    Failure::yours(format!("there is no record in `{folder}`"), "make one with `plimsoll run`")
}

/// Reads one record.
pub fn read(path: &Utf8Path) -> Result<Kept, Failure> {
    let bad =
        |why: String| Failure::yours(format!("`{path}` is no record: {why}"), "restore it from where records are kept");
    let text = super::file::text(path, LONGEST).map_err(|error| bad(error.to_string()))?;
    let whole: Value = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    let part = |name: &str| whole.get(name).filter(|part| part.is_object()).cloned();
    match (part("envelope"), part("content")) {
        (Some(envelope), Some(content)) if envelope["id"].is_string() => Ok(Kept { envelope, content }),
        _ => Err(bad("envelope or content is missing".to_owned())),
    }
}

/// What the names of files begin with that are not whole yet.
const UNFINISHED: &str = ".unfinished-";

/// Removes what those left behind who were killed while they wrote; only for whoever holds the chain's lock.
fn clear(folder: &Utf8Path) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if entry.file_name().starts_with(UNFINISHED) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Writes under another name, syncs, and renames: whole or not at all.
pub fn write_whole(path: &Utf8Path, text: &str) -> std::io::Result<()> {
    write_bytes(path, format!("{text}\n").as_bytes())
}

/// The same of bytes, as they are.
pub fn write_bytes(path: &Utf8Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let mut partial = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    partial.write_all(bytes)?;
    partial.as_file().sync_all()?;
    partial.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_one_another_though_the_clock_goes_back() {
        let hour = Duration::from_secs(3600);
        let ahead = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default() + hour;
        let mut last = Uuid::new_v7(Timestamp::from_unix(NoContext, ahead.as_secs(), ahead.subsec_nanos()));
        for _ in 0..100 {
            let next = id_after(Some(&last.to_string()));
            assert!(next > last && next.to_string() > last.to_string());
            last = next;
        }
        assert!(id_after(None) < last);
    }
}

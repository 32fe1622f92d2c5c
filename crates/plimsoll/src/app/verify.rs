//! `verify`: is a record what it was, does its decision follow from what was sealed, and is the history beside it what was written?

use super::chain::{Chain, Kept};
use super::diff::systems;
use super::history::{History, scores_digest};
use super::judges::sealed_judges;
use super::kept;
use super::overrule;
use super::recorded;
use super::sealed::folder_of;
use super::signature::{self, Signed, signer};
use super::weigh::{Grounds, weigh};
use crate::cli::Failure;
use camino::Utf8Path;
use catalog::CatalogError;
use domain::contract::Contract;
use domain::digest::canonical;
use domain::format::{contract, drifted};
use domain::name::OwnerRole;
use serde_json::Value;

/// What was found.
#[derive(Default)]
pub struct Verified {
    /// What is wrong; nothing where the record holds.
    pub faults: Vec<String>,
    /// What was checked, or why it could not be.
    pub notes: Vec<String>,
    /// What nothing here could show to be as it was written.
    pub unproven: Vec<String>,
    /// The history beside the record speaks of it, and is as it was written.
    in_history: bool,
    /// Another version made it: its decision cannot be derived again here, which says nothing of the record.
    pub not_recomputable: bool,
}

pub fn verify(state: &Utf8Path, kept: &Kept) -> Result<Verified, Failure> {
    let chain = Chain::at(state);
    let faults = chain.faults(kept)?;
    let mut verified = Verified { faults, ..Verified::default() };
    verified.notes.push("hashes, chain and head were checked".to_owned());
    match kept::whole(state) {
        Ok(None) => {
            verified.notes.push("no history lies beside it that could tell who made it, when and why".to_owned())
        }
        Ok(Some(entries)) => {
            let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
            verified.notes.push(format!("the history of {entries} is as it was written"));
            verified.in_history = recorded::holds(state, kept)?;
            verified.faults.extend(recorded::apart(state, kept)?);
        }
        Err(changed @ CatalogError::Changed { .. }) => verified.faults.push(changed.to_string()),
        Err(other) => verified.notes.push(format!("the history could not be checked: {other}")),
    }
    // What an override rests on is told by the record that it overrides.
    let original = kept.content["override_of"].as_str().and_then(|id| chain.find(id).ok());
    let told = original.as_ref().unwrap_or(kept).content["contract"]["text"].as_str().unwrap_or("");
    match contract::parse(Utf8Path::new("sealed contract"), told).map(|parsed| signer(kept, &parsed.contract)) {
        Ok(Ok(note)) => verified.notes.push(note),
        Ok(Err(fault)) => verified.faults.push(fault),
        Err(_) => verified.notes.push("who signed cannot be told: the sealed contract cannot be read".to_owned()),
    }
    if kept.content["override_of"].is_string() {
        overriding(original.as_ref(), kept, &mut verified);
        return Ok(verified);
    }
    if is_of_this_version(kept, &mut verified) {
        recompute(state, kept, &mut verified)?;
    }
    Ok(verified)
}

/// What another version made is not derived again here.
fn is_of_this_version(kept: &Kept, verified: &mut Verified) -> bool {
    let (made_by, this) = (kept.content["version"].as_str().unwrap_or(""), env!("CARGO_PKG_VERSION"));
    if made_by != this {
        verified.not_recomputable = true;
        verified.notes.push(format!("made by version {made_by}, and this is {this}"));
    }
    made_by == this
}

/// Derives an override again from the record that it overrides, as far as it follows from that.
fn overriding(original: Option<&Kept>, kept: &Kept, verified: &mut Verified) {
    let text = |key: &str| kept.content[key].as_str().unwrap_or("");
    let Some(original) = original.filter(|original| original.digest().to_string() == text("override_digest")) else {
        verified.faults.push("the record that it overrides is not in the chain as it was".to_owned());
        return;
    };
    verified.notes.push("the record that it overrides is in the chain".to_owned());
    if !is_of_this_version(kept, verified) {
        return;
    }
    let told = original.content["contract"]["text"].as_str().unwrap_or("");
    let parsed = contract::parse(Utf8Path::new("sealed contract"), told).ok();
    let author = kept.envelope["author"].as_str().unwrap_or("");
    let mut owners = parsed.iter().flat_map(|parsed| &parsed.contract.owners);
    let Some(owner) = owners.find(|owner| owner.role.as_str() == author) else {
        verified.faults.push(format!("`{author}`, who overrides it, is not among the contract's owners"));
        return;
    };
    verified.faults.extend(parsed.iter().flat_map(|parsed| overrule::out_of_place(original, &parsed.contract, kept)));
    let again = overrule::content(original, owner, text("reason"), text("scope"), text("expires"));
    let differing = differences(&again, &kept.content);
    if !differing.is_empty() {
        let what = format!("derived again from the record that it overrides, these differ: {}", differing.join(", "));
        verified.faults.push(what);
    }
    if signature::of(kept) == Signed::Not {
        let held = if verified.in_history { "the history beside it, and by no signature" } else { "hashes alone" };
        let what = format!("its reason, scope and expiry are held by {held}: whoever can write here can write others");
        verified.unproven.push(what);
    }
}

/// Derives the whole content again from the sealed scores and the sealed contract, and compares it to the letter.
fn recompute(state: &Utf8Path, kept: &Kept, verified: &mut Verified) -> Result<(), Failure> {
    let content = &kept.content;
    let Ok(contract) = super::eval::sealed(content) else {
        verified.faults.push("the sealed contract cannot be read".to_owned());
        return Ok(());
    };
    if content["contract"]["digest"].as_str() != Some(contract.digest.to_string().as_str()) {
        verified.faults.push("the contract's digest is not that of its sealed text".to_owned());
    }
    let folder = folder_of(state, &content["scores"]);
    // Files that are not those that were sealed may hold anything: nothing is derived from them.
    let Some(files) = sealed_files(&folder, content, verified) else { return Ok(()) };
    let Some(grounds) = grounds(state, kept, &contract, files, verified)? else { return Ok(()) };
    match weigh(&folder, &grounds) {
        Ok(again) => compare(again.content, content, verified),
        Err(failure) => {
            verified.faults.push(format!("the decision cannot be derived from the sealed scores: {failure}"));
        }
    }
    Ok(())
}

/// The files of the run, each with its digest, where they are what was sealed and their rows are those of the scores digest.
fn sealed_files(folder: &Utf8Path, content: &Value, verified: &mut Verified) -> Option<Vec<(String, String)>> {
    if !folder.is_dir() {
        verified.faults.push(format!("the sealed scores are not at `{folder}`"));
        return None;
    }
    let (mut files, mut exchanged) = (Vec::new(), false);
    for name in lake::FILES {
        let path = folder.join(name);
        let found = path.is_file().then(|| lake::file_digest(&path).ok()).flatten();
        let found = found.map(|digest| digest.to_string()).unwrap_or_default();
        if content["scores"]["files"][name].as_str() != Some(found.as_str()) {
            verified.faults.push(format!("`{name}` is not the file that was sealed"));
            exchanged = true;
        }
        files.push((name.to_owned(), found));
    }
    if exchanged {
        return None;
    }
    match lake::fingerprint(folder) {
        Ok(found) if found.digest().to_string() == scores_digest(content) => {}
        Ok(_) => verified.faults.push("the scores digest is not that of the sealed rows".to_owned()),
        Err(error) => {
            // What cannot be read row by row is not asked anything either.
            verified.faults.push(format!("the sealed scores cannot be read: {error}"));
            return None;
        }
    }
    Some(files)
}

/// What the decision rested on besides the sealed files; nothing where the record does not say it in a way that can be read.
fn grounds<'a>(
    state: &Utf8Path,
    kept: &'a Kept,
    contract: &'a Contract,
    files: Vec<(String, String)>,
    verified: &mut Verified,
) -> Result<Option<Grounds<'a>>, Failure> {
    let content = &kept.content;
    let (judges, today) = match (sealed_judges(content), drifted::from_json(&content["drift"])) {
        (Ok(judges), Ok(today)) => (judges, today),
        (judges, today) => {
            verified.faults.extend(judges.err().map(|failure| failure.to_string()));
            verified.faults.extend(today.err().map(|error| error.to_string()));
            return Ok(None);
        }
    };
    let approval = content["approval"].as_object().map(|approval| {
        let text = |key: &str| approval.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        (OwnerRole::new(text("by")), text("reason"))
    });
    let folder = folder_of(state, &content["scores"]);
    let history = History::of(&before(state, kept)?, contract, scores_digest(content), &folder);
    verified.notes.extend(history.unreadable.iter().cloned());
    let look = match (history.look, content["look"]["number"].as_u64()) {
        (Some(at_most), Some(recorded)) if !history.all_kept && (1..u64::from(at_most)).contains(&recorded) => {
            let note = "the run of an earlier look is no longer kept: the number of this look is taken as recorded";
            verified.notes.push(note.to_owned());
            Some(recorded as u32)
        }
        (derived, _) => derived,
    };
    Ok(Some(Grounds {
        contract,
        contract_text: content["contract"]["text"].as_str().unwrap_or(""),
        scores_digest: scores_digest(content).to_owned(),
        files,
        look,
        decided_under: history.decided_under.filter(|_| approval.is_none()),
        approval,
        before: history.before,
        systems: systems(content),
        judges,
        today,
    }))
}

/// The content as it was derived again beside the one that was recorded.
fn compare(mut again: Value, content: &Value, verified: &mut Verified) {
    let set = &mut again["reference_set"];
    if set["alignment"]["record"].is_string() && set["alignment"]["matched"].is_null() {
        verified
            .notes
            .push("the earlier run is no longer kept: how the reference sets lie is taken as recorded".to_owned());
        for told in ["alignment", "since"] {
            set[told] = content["reference_set"][told].clone();
        }
    }
    let differing = differences(&again, content);
    if differing.is_empty() {
        verified.notes.push("the decision was derived again from the sealed scores and is the same".to_owned());
    } else {
        verified.faults.push(format!("derived again from the sealed scores, these differ: {}", differing.join(", ")));
    }
}

/// The records that stood in the chain when this one was made.
fn before(state: &Utf8Path, kept: &Kept) -> Result<Vec<Kept>, Failure> {
    let mut records = Chain::at(state).list()?;
    let at = records.iter().position(|other| other.id() == kept.id());
    records.truncate(at.unwrap_or(records.len()));
    Ok(records)
}

/// Top-level parts that differ.
fn differences(again: &Value, recorded: &Value) -> Vec<String> {
    let (Some(again), Some(recorded)) = (again.as_object(), recorded.as_object()) else {
        return vec!["everything".to_owned()];
    };
    let mut keys: Vec<&String> = again.keys().chain(recorded.keys()).collect();
    keys.sort();
    keys.dedup();
    let text = |map: &serde_json::Map<String, Value>, key: &String| map.get(key).map(canonical);
    keys.into_iter().filter(|key| text(again, key) != text(recorded, key)).cloned().collect()
}

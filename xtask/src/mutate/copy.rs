//! A copy of the tree, and of what cargo built of other people's crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that are not copied.
const NOT_OURS: [&str; 3] = ["target", ".git", ".plimsoll"];

/// Makes a folder as another is, but for some files that have other texts. What is equal keeps its time, so that cargo
/// builds only what changed; what is no more is removed.
pub fn mirror(from: &Path, to: &Path, other_texts: &BTreeMap<PathBuf, String>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut kept = BTreeSet::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_OURS.iter().any(|folder| name == *folder) {
            continue;
        }
        let (old, new) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            mirror(&old, &new, other_texts)?;
        } else if let Ok(bytes) = other_texts.get(&old).map_or_else(|| fs::read(&old), |text| Ok(text.clone().into()))
            && fs::read(&new).ok().as_ref() != Some(&bytes)
        {
            fs::write(&new, bytes)?;
            fs::set_permissions(&new, entry.metadata()?.permissions())?;
        }
        kept.insert(name);
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !kept.contains(&entry.file_name()) {
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
    }
    Ok(())
}

/// Links files of a folder of cargo's that do not belong to our crates. Cargo rewrites its fingerprints in place, so those
/// are copied, with their times.
pub fn link_in(from: &Path, to: &Path, ours: &[String]) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let (old, new) = (entry.path(), to.join(&name));
        let stem = name.strip_prefix("lib").unwrap_or(&name).split('-').next().unwrap_or_default();
        let is_ours = ours.iter().any(|own| own == stem) || name.starts_with("xtask-") || new.is_file();
        if is_ours {
            continue;
        }
        if entry.file_type()?.is_dir() {
            link_in(&old, &new, &[])?;
        } else if from.components().any(|part| part.as_os_str() == ".fingerprint") || fs::hard_link(&old, &new).is_err()
        {
            fs::copy(&old, &new)?;
            fs::File::options().write(true).open(&new)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}

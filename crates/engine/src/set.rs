//! Reads a reference set from files and folders of JSON lines.

use crate::jsonl::Lines;
use camino::{Utf8Path, Utf8PathBuf};
use domain::example::Example;
use domain::fault::Faults;
use domain::format::examples::{Read, parse};
use domain::format::lines::LinePlace;
use domain::reference_set::{Builder, Kept, ReferenceSet};
use std::fs::File;
use std::io::{self, BufReader};

/// Faults of lines beyond this many are not collected: the file is of another kind.
const MOST_FAULTS: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("`{0}` does not exist")]
    Missing(Utf8PathBuf),
    #[error("`{0}` holds no {1} file")]
    EmptyFolder(Utf8PathBuf, String),
    #[error("`{0}` leads out of the eval's folder")]
    Outside(Utf8PathBuf),
    #[error("`{0}` is no regular file")]
    NotAFile(Utf8PathBuf),
    #[error("`{0}` leads back to a folder that it lies in")]
    Circle(Utf8PathBuf),
    #[error("cannot read `{path}`: {cause}")]
    Unreadable { path: Utf8PathBuf, cause: io::Error },
    #[error(transparent)]
    Faults(#[from] Faults),
}

/// The JSON-lines files at a path inside a folder: the file itself, or those of a folder sorted by name. Links that lead out
/// of the folder are refused.
pub fn files(root: &Utf8Path, path: &Utf8Path) -> Result<Vec<Utf8PathBuf>, ReadError> {
    files_of(root, path, &["jsonl"])
}

/// The same of files whose names end in one of these.
pub fn files_of(root: &Utf8Path, path: &Utf8Path, extensions: &[&str]) -> Result<Vec<Utf8PathBuf>, ReadError> {
    let full = root.join(path);
    let unreadable = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => ReadError::Missing(full.clone()),
        _ => ReadError::Unreadable { path: full.clone(), cause },
    };
    let real = full.canonicalize_utf8().map_err(unreadable)?;
    let home =
        if root.as_str().is_empty() { Utf8Path::new(".") } else { root }.canonicalize_utf8().map_err(unreadable)?;
    if !real.starts_with(&home) {
        return Err(ReadError::Outside(full));
    }
    if !real.is_dir() {
        // Whoever opens a pipe waits for ever.
        return if real.is_file() { Ok(vec![full]) } else { Err(ReadError::NotAFile(full)) };
    }
    let around = full.parent().and_then(|folder| folder.canonicalize_utf8().ok());
    if around.is_some_and(|around| around.starts_with(&real)) && real != home {
        return Err(ReadError::Circle(full));
    }
    let mut found = Vec::new();
    for entry in full.read_dir_utf8().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.path().extension().is_some_and(|extension| extensions.contains(&extension)) {
            found.extend(files_of(root, &path.join(entry.file_name()), extensions)?);
        }
    }
    found.sort();
    let named = || extensions.iter().map(|extension| format!(".{extension}")).collect::<Vec<_>>().join(" or ");
    if found.is_empty() { Err(ReadError::EmptyFolder(full, named())) } else { Ok(found) }
}

/// Reads every example into a set; `seen` is shown each, and the count so far.
pub fn read_set(
    root: &Utf8Path,
    paths: &[Utf8PathBuf],
    mut builder: Builder,
    mut seen: impl FnMut(Example, u64),
) -> Result<ReferenceSet, ReadError> {
    let mut count = 0;
    for path in paths {
        for file in files(root, path)? {
            read_file(&file, &mut builder, &mut |example| {
                count += 1;
                seen(example, count);
            })?;
        }
    }
    Ok(builder.finish()?)
}

fn read_file(path: &Utf8Path, builder: &mut Builder, seen: &mut impl FnMut(Example)) -> Result<(), ReadError> {
    let unreadable = |cause| ReadError::Unreadable { path: path.to_owned(), cause };
    let file = builder.file(path);
    let mut lines = Lines::new(BufReader::with_capacity(1 << 20, File::open(path).map_err(unreadable)?));
    while let Some(line) = lines.next().map_err(unreadable)? {
        if builder.faults() >= MOST_FAULTS {
            break;
        }
        let place = LinePlace { file: path, line: line.number };
        if line.too_long {
            builder.fault(place.too_long());
            continue;
        }
        let kept = Kept { file, line: line.number, offset: line.offset, length: line.bytes.len() as u32 };
        match place.text(line.bytes).and_then(|text| parse(place, text)) {
            Ok(Read::Header) => {}
            Ok(Read::Example(example)) => {
                builder.add(&example, kept);
                seen(*example);
            }
            Err(faults) => faults.into_iter().for_each(|fault| builder.fault(fault)),
        }
    }
    Ok(())
}

/// A set of one example, which counts.
#[cfg(test)]
pub(crate) fn of_one(id: &str) -> ReferenceSet {
    use domain::{digest::Digest, example::Guard, name, provenance::Weight, reference_set as set};
    let mut of_one = ReferenceSet::default();
    of_one.rows = vec![set::Row {
        id: name::ExampleId::new(id),
        digest: Digest::of_bytes(id.as_bytes()),
        cluster: name::ClusterId::new(id),
        weight: Weight::Assumed,
        source: None,
        guard: Guard::No,
        never: false,
        state: set::RowState::Active,
        pair: None,
        kept: set::Kept { file: 0, line: 1, offset: 0, length: 0 },
    }];
    of_one
}

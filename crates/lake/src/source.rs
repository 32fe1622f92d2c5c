//! Which table the imported grades of a run were taken from: the digest of its bytes, kept in the metadata of `scores.parquet`, so that it
//! is sealed with the rows.

use crate::LakeError;
use crate::guarded::guarded;
use camino::Utf8Path;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use domain::digest::Digest;
use std::fs::File;

const KEY: &str = "plimsoll.imported";

pub fn noted(table: &Digest) -> KeyValue {
    KeyValue::new(KEY.to_owned(), table.to_string())
}

/// `None` where no grade of the run was imported.
pub fn imported_from(folder: &Utf8Path) -> Result<Option<Digest>, LakeError> {
    guarded(folder, || read(folder))
}

fn read(folder: &Utf8Path) -> Result<Option<Digest>, LakeError> {
    let path = folder.join("scores.parquet");
    let file = File::open(&path).map_err(|cause| LakeError::Read { path, cause })?;
    let reader = SerializedFileReader::new(file)?;
    let entries = reader.metadata().file_metadata().key_value_metadata();
    let of = entries.into_iter().flatten().find(|entry| entry.key == KEY).and_then(|entry| entry.value.as_deref());
    of.map(|text| Digest::parse(text).ok_or_else(|| LakeError::NotARun(folder.to_owned()))).transpose()
}

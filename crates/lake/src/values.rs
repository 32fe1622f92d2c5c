//! A digest of every value that a run's files hold beside those of the fingerprint of its scores: reasons, answers as they were recorded,
//! examples with all their attributes. A file that is written again with another value in it has another one, whatever is said of its bytes.
//!
//! how     for each column its name, then its values from the first row to the last, each with a mark for nothing and text with its length;
//!         BLAKE3 of that, and of all columns in their order. Batches and encodings change nothing

use crate::LakeError;
use crate::fingerprint::each_batch;
use crate::guarded::guarded;
use camino::Utf8Path;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, UInt64Type};
use domain::digest::Digest;

/// Columns of the scores that are in their fingerprint, row by row.
const IN_FINGERPRINT: [&str; 10] = [
    "example",
    "example_index",
    "example_digest",
    "system",
    "repeat",
    "criterion",
    "grader",
    "state",
    "value",
    "failure_class",
];

/// Reads every row of every file; `NotARun` where one is none that Plimsoll writes.
pub fn values(folder: &Utf8Path) -> Result<Digest, LakeError> {
    guarded(folder, || {
        let mut whole = blake3::Hasher::new();
        whole.update(b"plimsoll.values.v1\n");
        // Where examples were read from stands beside the rows.
        let files = crate::set::files(folder)?;
        whole.update(blake3::hash(files.as_bytes()).as_bytes());
        for name in crate::FILES {
            let left_out: &[&str] = if name == "scores.parquet" { &IN_FINGERPRINT } else { &[] };
            let mut columns: Vec<blake3::Hasher> = Vec::new();
            each_batch(folder, name, left_out, |batch| add(batch, name, &mut columns))?;
            for column in &columns {
                whole.update(column.finalize().as_bytes());
            }
        }
        Ok(Digest::from_bytes(*whole.finalize().as_bytes()))
    })
}

/// Adds a batch to the hash of each column, which begins with the names of its file and of itself.
fn add(batch: &RecordBatch, file: &str, columns: &mut Vec<blake3::Hasher>) -> Option<()> {
    if columns.is_empty() {
        columns.extend(batch.schema().fields().iter().map(|field| {
            let mut names = Vec::new();
            write_text(file, &mut names);
            write_text(field.name(), &mut names);
            let mut column = blake3::Hasher::new();
            column.update(&names);
            column
        }));
    }
    let mut bytes = Vec::new();
    for (column, values) in columns.iter_mut().zip(batch.columns()) {
        bytes.clear();
        write(values, &mut bytes)?;
        column.update(&bytes);
    }
    Some(())
}

/// The values of a column, whatever it is encoded as.
fn write(values: &ArrayRef, bytes: &mut Vec<u8>) -> Option<()> {
    match values.data_type() {
        DataType::Boolean => {
            let flags = values.as_boolean_opt()?;
            each(flags, bytes, |row, bytes| bytes.push(u8::from(flags.value(row))));
        }
        DataType::Float64 => {
            let numbers = values.as_primitive_opt::<Float64Type>()?;
            each(numbers, bytes, |row, bytes| bytes.extend(numbers.value(row).to_le_bytes()));
        }
        whole if whole.is_integer() => {
            let whole = cast(values, &DataType::UInt64).ok()?;
            let numbers = whole.as_primitive_opt::<UInt64Type>()?;
            each(numbers, bytes, |row, bytes| bytes.extend(numbers.value(row).to_le_bytes()));
        }
        _ => {
            let texts = cast(values, &DataType::Utf8).ok()?;
            let texts = texts.as_string_opt::<i32>()?;
            each(texts, bytes, |row, bytes| write_text(texts.value(row), bytes));
        }
    }
    Some(())
}

/// For each row a mark, and its value where there is one.
fn each(values: &impl Array, bytes: &mut Vec<u8>, value: impl Fn(usize, &mut Vec<u8>)) {
    for row in 0..values.len() {
        let is_there = !values.is_null(row);
        bytes.push(u8::from(is_there));
        if is_there {
            value(row, bytes);
        }
    }
}

/// A text with its length, so that no two lists of texts give the same bytes.
fn write_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
}

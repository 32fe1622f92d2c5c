//! Rows of a file, one kind a module. Each hands on cells with their columns, and finds a cell's place when asked.

mod delimited;
mod json_lines;
mod parquet;

use super::ImportError;
use super::gather::Gather;
use crate::guarded::unless_panicked;
use camino::Utf8Path;
use std::fs::File;
use std::io;

pub fn read(path: &Utf8Path, gather: &mut Gather) -> Result<(), ImportError> {
    let unreadable = |cause| ImportError::Unreadable { path: path.to_owned(), cause };
    let kind = path.extension().unwrap_or("").to_lowercase();
    if !["csv", "tsv", "jsonl", "ndjson", "parquet"].contains(&kind.as_str()) {
        return Err(ImportError::UnknownKind(path.to_owned()));
    }
    if path.exists() && !path.is_file() {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")));
    }
    let file = File::open(path).map_err(unreadable)?;
    match kind.as_str() {
        "csv" => delimited::read(file, b',', gather).map_err(unreadable),
        "tsv" => delimited::read(file, b'\t', gather).map_err(unreadable),
        "parquet" => {
            let not = |cause: String| ImportError::NotParquet { path: path.to_owned(), cause };
            unless_panicked(|| parquet::read(file, gather))
                .ok_or_else(|| not("it is damaged".to_owned()))?
                .map_err(|cause| not(cause.to_string()))
        }
        _ => json_lines::read(file, path, gather).map_err(unreadable),
    }
}

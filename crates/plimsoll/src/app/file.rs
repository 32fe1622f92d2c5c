//! Files that are read: regular ones; where they are read whole, no longer than what belongs in them, in UTF-8.

use camino::Utf8Path;
use std::fs::File;
use std::io::{self, ErrorKind, Read};

fn refused<T>(kind: ErrorKind, what: String) -> io::Result<T> {
    Err(io::Error::new(kind, what))
}

/// A file and its length. What is no regular file is not opened: a pipe would be waited for without end.
pub fn open(path: &Utf8Path) -> io::Result<(File, u64)> {
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        return refused(ErrorKind::IsADirectory, "it is a folder".to_owned());
    }
    if !about.is_file() {
        return refused(ErrorKind::InvalidInput, "it is no regular file".to_owned());
    }
    Ok((File::open(path)?, about.len()))
}

/// The text of a file of at most so many bytes.
pub fn text(path: &Utf8Path, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    open(path)?.0.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return refused(ErrorKind::FileTooLarge, format!("it is longer than {} MB", most >> 20));
    }
    String::from_utf8(bytes).or_else(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        refused(ErrorKind::InvalidData, format!("line {line} is not UTF-8"))
    })
}

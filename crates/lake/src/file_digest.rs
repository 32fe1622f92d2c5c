//! The digest of a file's bytes, read as a stream: a file is never held whole.

use camino::Utf8Path;
use domain::digest::Digest;
use std::fs::File;
use std::io;

pub fn file_digest(path: &Utf8Path) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(Digest::from_bytes(*hasher.finalize().as_bytes()))
}

//! What a journal writes to: a file on a disk, or one of a test that loses what was not synced.

use camino::Utf8Path;
use std::fs::File;
use std::io::{self, Write};

pub trait Layer: Send {
    /// Writes at the end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns once everything written is durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Takes away what was written last, so that this many bytes are left.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    fn length(&self) -> io::Result<u64>;
}

/// A file on a disk.
pub struct Disk(File);

impl Disk {
    /// Opens a file at its end, or makes it, with its name in its folder durable.
    pub fn open(path: &Utf8Path) -> io::Result<Self> {
        let new = !path.exists();
        let file = File::options().create(true).append(true).open(path)?;
        if new {
            file.sync_all()?;
            if let Some(folder) = path.parent() {
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(Disk(file))
    }
}

impl Layer for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

//! Which answers were asked for, so that the next run can say how many were in flight when this one ended.
//!
//! note    it is not synced, and nothing depends on it but a count: a process that is killed leaves it whole, a power cut may not

use camino::Utf8Path;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

pub struct Begun(File);

impl Begun {
    /// Opens the log; how many of what was begun is still missing.
    pub fn open(path: &Utf8Path, missing: impl Fn(&str, u16) -> bool) -> io::Result<(Self, u64)> {
        let mut in_flight = HashSet::new();
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => {
                for line in BufReader::new(file?).split(b'\n') {
                    // What is torn counts for nothing.
                    let Ok((id, repeat)) = serde_json::from_slice::<(String, u16)>(&line?) else { continue };
                    if missing(&id, repeat) {
                        in_flight.insert((id, repeat));
                    }
                }
            }
        }
        let count = in_flight.len() as u64;
        // What was begun before is counted, and counts no more.
        let file = File::options().create(true).write(true).truncate(true).open(path)?;
        Ok((Begun(file), count))
    }

    pub fn note(&mut self, id: &str, repeat: u16) {
        let line = format!("{}\n", serde_json::json!([id, repeat]));
        // A count that is short is no reason to end.
        let _ = self.0.write_all(line.as_bytes());
    }
}

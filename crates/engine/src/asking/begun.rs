//! Which answers were asked for, so that the next run can say how many were in flight when this one ended.
//!
//! note    it is not synced, and nothing depends on it but a count: a process that is killed leaves it whole, a power cut may not

use camino::Utf8Path;
use domain::digest::Digest;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

pub struct Begun(File);

impl Begun {
    /// Opens the log; how many of what was begun is still missing: the same answer to the very same request.
    pub fn open(path: &Utf8Path, missing: impl Fn(&str, u16, Digest) -> bool) -> io::Result<(Self, u64)> {
        let mut in_flight = HashSet::new();
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => {
                for line in BufReader::new(file?).split(b'\n') {
                    // What is torn counts for nothing, and so does what does not say its request.
                    let Ok((id, repeat, request)) = serde_json::from_slice::<(String, u16, String)>(&line?) else {
                        continue;
                    };
                    if Digest::parse(&request).is_some_and(|request| missing(&id, repeat, request)) {
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

    pub fn note(&mut self, id: &str, repeat: u16, request: Digest) {
        let line = format!("{}\n", serde_json::json!([id, repeat, request.to_string()]));
        // A count that is short is no reason to end.
        let _ = self.0.write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_counts_where_the_very_same_request_is_still_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("candidate.begun");
        let digest = |text: &str| Digest::of_bytes(text.as_bytes());
        let (mut log, count) = Begun::open(&path, |_, _, _| true).unwrap();
        assert_eq!(count, 0);
        log.note("a", 0, digest("as it is"));
        log.note("a", 0, digest("as it is"));
        log.note("b", 0, digest("as it was"));
        drop(log);
        let (_, count) = Begun::open(&path, |_, _, request| request == digest("as it is")).unwrap();
        assert_eq!(count, 1, "twice begun is one answer, and the request of `b` changed");
        std::fs::write(&path, "[\"a\",0]\n[\"a\"").unwrap();
        assert_eq!(Begun::open(&path, |_, _, _| true).unwrap().1, 0);
    }
}

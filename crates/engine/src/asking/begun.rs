//! Which answers were asked for, and what replies to them took that were refused, so that the next run can say how many were in flight when this
//! one ended, and knows what they took.
//!
//! in      a line for each attempt that begins: `[id, repeat, request]`; for each reply that was paid and refused: the same with
//!         `tokens, spend`; what was lost to earlier runs: the same without a request
//! out     what is still missing of it
//! note    it is not synced, and nothing depends on it but a count and what a budget is told: a process that is killed leaves it whole, a
//!         power cut may not

use crate::budget::Used;
use camino::Utf8Path;
use domain::digest::Digest;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

pub struct Begun(File);

/// What was begun and never came.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lost {
    pub in_flight: u64,
    /// What refused replies took of which no line of the journal tells.
    pub refused: Used,
}

impl Begun {
    /// Opens the log; what of it is still missing: the same answer to the very same request.
    pub fn open(path: &Utf8Path, missing: impl Fn(&str, u16, Digest) -> bool) -> io::Result<(Self, Lost)> {
        let (mut in_flight, mut lost) = (HashSet::new(), Lost::default());
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => {
                for line in BufReader::new(file?).split(b'\n') {
                    let line = line?;
                    // What is torn counts for nothing, and so does what does not say its request.
                    if let Ok((id, repeat, request)) = serde_json::from_slice::<(String, u16, String)>(&line) {
                        if Digest::parse(&request).is_some_and(|request| missing(&id, repeat, request)) {
                            in_flight.insert((id, repeat));
                        }
                    } else if let Ok((id, repeat, request, tokens, spend)) =
                        serde_json::from_slice::<(String, u16, String, u64, f64)>(&line)
                    {
                        // What an answer's line tells is counted there.
                        if Digest::parse(&request).is_none_or(|request| missing(&id, repeat, request)) {
                            lost.refused.add(Used { tokens, spend });
                        }
                    }
                }
            }
        }
        lost.in_flight = in_flight.len() as u64;
        // What was begun before is counted, and counts no more; what was paid stays paid.
        let file = File::options().create(true).write(true).truncate(true).open(path)?;
        let mut begun = Begun(file);
        if lost.refused != Used::default() {
            begun.write("", 0, "", lost.refused);
        }
        Ok((begun, lost))
    }

    pub fn note(&mut self, id: &str, repeat: u16, request: Digest) {
        let line = format!("{}\n", serde_json::json!([id, repeat, request.to_string()]));
        // A count that is short is no reason to end.
        let _ = self.0.write_all(line.as_bytes());
    }

    /// A reply came, and is none that can be taken.
    pub fn refused(&mut self, id: &str, repeat: u16, request: Digest, took: Used) {
        self.write(id, repeat, &request.to_string(), took);
    }

    fn write(&mut self, id: &str, repeat: u16, request: &str, took: Used) {
        let line = format!("{}\n", serde_json::json!([id, repeat, request, took.tokens, took.spend]));
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
        let (mut log, lost) = Begun::open(&path, |_, _, _| true).unwrap();
        assert_eq!(lost, Lost::default());
        log.note("a", 0, digest("as it is"));
        log.note("a", 0, digest("as it is"));
        log.note("b", 0, digest("as it was"));
        drop(log);
        let (_, lost) = Begun::open(&path, |_, _, request| request == digest("as it is")).unwrap();
        assert_eq!(lost.in_flight, 1, "twice begun is one answer, and the request of `b` changed");
        std::fs::write(&path, "[\"a\",0]\n[\"a\"").unwrap();
        assert_eq!(Begun::open(&path, |_, _, _| true).unwrap().1, Lost::default());
    }

    #[test]
    fn what_refused_replies_took_stays_paid_where_no_answer_tells_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("candidate.begun");
        let (one, other) = (Digest::of_bytes(b"one"), Digest::of_bytes(b"other"));
        let took = |tokens, spend| Used { tokens, spend };
        let (mut log, _) = Begun::open(&path, |_, _, _| true).unwrap();
        for (id, request) in [("a", one), ("b", other)] {
            log.note(id, 0, request);
            log.refused(id, 0, request, took(10, 0.5));
            log.refused(id, 0, request, took(7, 0.25));
        }
        drop(log);
        // `b` was answered in the end: its line tells what it took.
        let (mut log, lost) = Begun::open(&path, |_, _, request| request == one).unwrap();
        assert_eq!(lost, Lost { in_flight: 1, refused: took(17, 0.75) });
        log.refused("a", 0, one, took(3, 0.125));
        drop(log);
        // Also for the run after the next, and once `a` has its answer.
        assert_eq!(Begun::open(&path, |_, _, _| true).unwrap().1.refused, took(20, 0.875));
        assert_eq!(Begun::open(&path, |_, _, _| false).unwrap().1, Lost { in_flight: 0, refused: took(20, 0.875) });
    }
}

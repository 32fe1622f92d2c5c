//! What a judge said so far, by the digest of the request.

use crate::asking::{AskError, line};
use crate::budget::{Took, Used};
use crate::journal::{Opened, open, unsealed};
use crate::jsonl::Lines;
use crate::provider::Reply;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader};

pub struct Replies {
    path: Utf8PathBuf,
    said: HashMap<Digest, Result<Reply, String>>,
    wanted: HashSet<Digest>,
    used: Used,
    opened: Opened,
    took: Took,
}

impl Replies {
    /// Reads the journal of a judge; lines that nobody wants any more are put aside.
    pub fn open(path: &Utf8Path, wanted: &HashSet<Digest>) -> Result<Self, AskError> {
        let mut replies = Replies {
            path: path.to_owned(),
            said: HashMap::new(),
            wanted: wanted.clone(),
            used: Used::default(),
            opened: Opened::default(),
            took: Took::default(),
        };
        let failed = |cause| AskError::Journal { path: path.to_owned(), cause };
        replies.opened = open(path, |line| replies.see(line)).map_err(failed)?;
        Ok(replies)
    }

    /// Also what it said in an earlier run, to the very same requests.
    pub fn take_earlier(&mut self, path: &Utf8Path, wanted: &HashSet<Digest>) -> Result<(), AskError> {
        let failed = |cause: io::Error| AskError::Journal { path: path.to_owned(), cause };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file.map_err(failed)?,
        };
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, file));
        while let Some(line) = lines.next().map_err(failed)? {
            if line.too_long || !unsealed(line.bytes) {
                continue;
            }
            if let Some((request, Ok(reply), ..)) = read(line.bytes)
                && wanted.contains(&request)
            {
                self.said.entry(request).or_insert(Ok(reply));
            }
        }
        Ok(())
    }

    fn see(&mut self, line: &[u8]) -> bool {
        let Some((request, said, used, refused)) = read(line) else { return false };
        if !self.wanted.contains(&request) || self.said.contains_key(&request) {
            return false;
        }
        self.used.add(used);
        self.used.add(refused);
        if said.is_ok() {
            self.took.add(used);
        }
        self.said.insert(request, said);
        true
    }

    /// Reads what was said since.
    pub fn read_again(&mut self) -> Result<(), AskError> {
        let path = self.path.clone();
        let failed = |cause: io::Error| AskError::Journal { path: path.clone(), cause };
        if !path.exists() {
            return Ok(());
        }
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, File::open(&path).map_err(failed)?));
        while let Some(line) = lines.next().map_err(failed)? {
            if let Some((request, said, ..)) = read(line.bytes) {
                self.said.entry(request).or_insert(said);
            }
        }
        Ok(())
    }

    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    pub fn has(&self, request: &Digest) -> bool {
        self.said.contains_key(request)
    }

    /// How many requests have a reply.
    pub fn count(&self) -> u64 {
        self.said.len() as u64
    }

    pub fn opened(&self) -> Opened {
        self.opened
    }

    pub fn used(&self) -> Used {
        self.used
    }

    /// What its verdicts took, by which the next are thought of.
    pub fn took(&self) -> Took {
        self.took
    }

    /// What was said; else why nothing was.
    pub fn reply(&self, request: &Digest) -> Result<&Reply, String> {
        match self.said.get(request) {
            Some(Ok(reply)) => Ok(reply),
            Some(Err(why)) => Err(why.clone()),
            None => Err("the judge was not asked".to_owned()),
        }
    }
}

/// A line of a judge's journal: the request, what was said or why nothing was, what it took, and what replies took that were refused.
fn read(line: &[u8]) -> Option<(Digest, Result<Reply, String>, Used, Used)> {
    let (recorded, request, refused) = line::read(line)?;
    let answer = recorded.answer;
    let tokens = answer.tokens_in.unwrap_or(0).saturating_add(answer.tokens_out.unwrap_or(0));
    let used = Used { tokens, spend: answer.spend.map_or(0.0, |spend| spend.get()) };
    let said = match &answer.error {
        Some(error) => Err(format!("{}: {}", error.class, error.message)),
        None => Ok(Reply {
            text: answer.text.map(|text| text.into_owned()),
            structured: answer.structured,
            finish_reason: answer.finish_reason.map(|reason| reason.into_owned()),
            ..Reply::default()
        }),
    };
    Some((request, said, used, refused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Asked;
    use crate::journal::Journal;

    #[test]
    fn what_refused_verdicts_took_is_read_with_the_reply_that_was_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(folder.path().join("judge-judge.jsonl")).unwrap();
        let request = Digest::of_bytes(b"request");
        let reply = Reply { text: Some("{}".to_owned()), tokens_in: Some(10), tokens_out: Some(2), ..Reply::default() };
        let asked = Asked::after_refusals(request, &reply);
        let journal = Journal::on_disk(std::slice::from_ref(&path), None).unwrap();
        journal.append_all(0, &[line::of("a", 0, &asked)]).unwrap();
        drop(journal);
        let replies = Replies::open(&path, &HashSet::from([request])).unwrap();
        assert!(replies.has(&request));
        assert_eq!(replies.used(), Used { tokens: 48, spend: 1.0 });
        assert_eq!(replies.took().used, Used { tokens: 12, spend: 0.25 }, "by which the next is thought of");
    }
}

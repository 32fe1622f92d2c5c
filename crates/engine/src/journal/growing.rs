//! The files of a journal, read while they are written.
//!
//! in      how much of each is durable, as the journal says; that nothing more comes
//! out     their bytes, never further than what is durable; their end once nothing more comes
//! errors  the writing ended before all of it was there, or somebody else cut a file

use camino::{Utf8Path, Utf8PathBuf};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often a reader looks for more: what has come since the last look is what is still to be graded after the last answer.
const LOOK: Duration = Duration::from_millis(10);

pub struct Growing {
    /// With the bytes that are durable.
    files: Vec<(Utf8PathBuf, AtomicU64)>,
    /// Whether all that was to be written is, once nothing more comes.
    ended: Mutex<Option<bool>>,
    over: Condvar,
}

/// Ends the writing, before its end unless it was said to be whole.
pub struct Ending<'g>(&'g Growing);

impl Growing {
    pub fn new(paths: &[Utf8PathBuf]) -> Self {
        let files = paths.iter().map(|path| (path.clone(), AtomicU64::new(0))).collect();
        Growing { files, ended: Mutex::new(None), over: Condvar::new() }
    }

    /// So many bytes of a file are durable.
    pub(super) fn is_durable(&self, file: usize, bytes: u64) {
        if let Some((_, durable)) = self.files.get(file) {
            durable.store(bytes, Release);
        }
    }

    /// To be held by whoever has it written: readers wait until it says that all is there, or is dropped.
    pub fn ending(&self) -> Ending<'_> {
        Ending(self)
    }

    /// One of the files, to be read to its end; `None` where it is none of them.
    pub fn read(&self, path: &Utf8Path) -> Option<impl Read> {
        let (path, durable) = self.files.iter().find(|(known, _)| known == path)?;
        Some(Reader { growing: self, path, durable, file: None, at: 0 })
    }

    /// Nothing more comes, and not all is there: whatever rests on it is of no use.
    pub fn broke_off(&self) -> bool {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) == Some(false)
    }

    fn end(&self, whole: bool) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(whole);
        self.over.notify_all();
    }
}

impl Ending<'_> {
    /// All that was to be written is.
    pub fn whole(self) {
        self.0.end(true);
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end(false);
    }
}

struct Reader<'g> {
    growing: &'g Growing,
    path: &'g Utf8Path,
    durable: &'g AtomicU64,
    /// Opened once there is anything in it.
    file: Option<File>,
    at: u64,
}

impl Reader<'_> {
    /// Waits until there is more: how far the file may be read then.
    fn wait(&self) -> io::Result<u64> {
        let mut ended = self.growing.ended.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let durable = self.durable.load(Acquire);
            match *ended {
                Some(true) => return Ok(u64::MAX),
                Some(false) => return Err(io::Error::other("its writing ended before all of it was there")),
                None if durable > self.at => return Ok(durable),
                None => {
                    ended = self.growing.over.wait_timeout(ended, LOOK).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let until = self.wait()?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(self.path)?),
        };
        let most = (until - self.at).min(buffer.len() as u64) as usize;
        let read = file.read_at(&mut buffer[..most], self.at)?;
        if read == 0 && most > 0 && self.at < self.durable.load(Acquire) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than what was written"));
        }
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Journal, Layer};
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, channel};

    /// A file whose syncs wait for leave.
    struct Slow(File, Receiver<()>);

    impl Layer for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
            std::io::Write::write_all(&mut self.0, bytes)
        }

        fn sync(&mut self) -> io::Result<()> {
            self.1.recv().map_err(io::Error::other)
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.0.set_len(length)
        }

        fn length(&self) -> io::Result<u64> {
            Ok(self.0.metadata()?.len())
        }
    }

    fn files() -> (tempfile::TempDir, [Utf8PathBuf; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Utf8PathBuf::try_from(folder.path().join(name)).unwrap();
        let paths = [path("a.jsonl"), path("b.jsonl")];
        (folder, paths)
    }

    #[test]
    fn nothing_is_read_before_it_is_durable_and_everything_once_it_is_whole() {
        let (_folder, paths) = files();
        let growing = Arc::new(Growing::new(&paths));
        let (leave, may) = channel();
        let slow = Slow(File::options().create_new(true).append(true).open(&paths[0]).unwrap(), may);
        let layers = vec![(paths[0].clone(), Box::new(slow) as Box<dyn Layer>)];
        let journal = Journal::write(layers, Some(Arc::clone(&growing)));
        std::thread::scope(|scope| {
            let (told, heard) = channel();
            let (reading, path) = (&growing, &paths[0]);
            scope.spawn(move || {
                let mut reader = reading.read(path).unwrap();
                let mut buffer = [0; 1 << 10];
                loop {
                    let read = reader.read(&mut buffer).unwrap();
                    told.send(String::from_utf8(buffer[..read].to_vec()).unwrap()).unwrap();
                    if read == 0 {
                        return;
                    }
                }
            });
            let ending = growing.ending();
            for text in ["one", "other"] {
                let line = format!("{{\"text\":\"{text}\"}}");
                let said = scope.spawn({
                    let (journal, line) = (&journal, line.clone());
                    move || journal.append_all(0, &[line])
                });
                // It is written and not synced.
                assert!(heard.recv_timeout(3 * LOOK).is_err(), "{text} was read before it was durable");
                leave.send(()).unwrap();
                said.join().unwrap().unwrap();
                assert!(heard.recv().unwrap().ends_with(&format!("{}\n", &line[1..])), "{text}");
            }
            ending.whole();
            assert_eq!(heard.recv().unwrap(), "", "it is whole");
        });
    }

    #[test]
    fn what_stood_there_before_is_read_and_an_end_before_the_end_is_told() {
        let (_folder, paths) = files();
        std::fs::write(&paths[1], "{}\n").unwrap();
        let growing = Arc::new(Growing::new(&paths));
        let journal = Journal::on_disk(&paths, Some(&growing)).unwrap();
        let (mut reader, mut buffer) = (growing.read(&paths[1]).unwrap(), [0; 10]);
        assert_eq!(reader.read(&mut buffer).unwrap(), 3);
        assert!(!growing.broke_off());
        drop((journal, growing.ending()));
        assert!(growing.broke_off());
        let error = reader.read(&mut buffer).unwrap_err();
        assert_eq!(error.to_string(), "its writing ended before all of it was there");
        assert!(growing.read(Utf8Path::new("c.jsonl")).is_none());
    }

    #[test]
    fn a_file_that_was_cut_is_not_whole() {
        let (_folder, paths) = files();
        std::fs::write(&paths[0], "{}\n").unwrap();
        let growing = Arc::new(Growing::new(&paths));
        drop(Journal::on_disk(&paths, Some(&growing)).unwrap());
        std::fs::write(&paths[0], "{}").unwrap();
        growing.ending().whole();
        let error = growing.read(&paths[0]).unwrap().read_to_string(&mut String::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}

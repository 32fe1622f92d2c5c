//! The journal of a run: what was asked and answered, one line each, durable before anybody counts on it.
//!
//! in      lines (JSON objects), each for one of the journal's files
//! out     an acknowledgement once the line is on the disk; on opening, every line that was acknowledged
//! errors  a disk that is full or fails: the line is not acknowledged, and the file is as it was before
//! note    one thread writes; lines that arrive while it syncs share the next sync. A line begins with the CRC-32 of its rest,
//!         so that what a power cut tore is told from what was kept: it is left out, whole lines after it are not

mod growing;
mod layer;
mod line;
mod opened;

pub use growing::Growing;
pub use layer::{Disk, Layer};
pub use line::{sealed, unsealed};
pub use opened::{Opened, open};

use camino::Utf8PathBuf;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Lines that wait to be written before those who bring more have to wait too.
const WAITING: usize = 4096;
/// Lines of one sync at most.
const TOGETHER: usize = 4096;

#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot write the journal `{path}`: {cause}")]
pub struct JournalError {
    pub path: Utf8PathBuf,
    pub cause: Arc<io::Error>,
}

/// Said once a line is on the disk, or why it is not.
pub type Acknowledged = oneshot::Receiver<Result<(), JournalError>>;

struct Entry {
    file: usize,
    line: Vec<u8>,
    acknowledge: oneshot::Sender<Result<(), JournalError>>,
}

/// An open journal; dropped, it writes what was handed over and closes.
pub struct Journal {
    entries: Option<mpsc::Sender<Entry>>,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    /// Goes on writing files that `open` has read. Whoever reads them meanwhile is told how much is durable.
    pub fn write(files: Vec<(Utf8PathBuf, Box<dyn Layer>)>, growing: Option<Arc<Growing>>) -> Self {
        let (entries, waiting) = mpsc::channel(WAITING);
        let files: Vec<Writing> =
            files.into_iter().map(|(path, layer)| Writing { path, layer, failed: None }).collect();
        let told = move |file: usize, bytes: u64| {
            if let Some(growing) = &growing {
                growing.is_durable(file, bytes);
            }
        };
        for (at, file) in files.iter().enumerate() {
            told(at, file.layer.length().unwrap_or(0));
        }
        let writer = std::thread::spawn(move || carry(waiting, files, told));
        Journal { entries: Some(entries), writer: Some(writer) }
    }

    /// Goes on writing files on a disk; those that are not there are made.
    pub fn on_disk(paths: &[Utf8PathBuf], growing: Option<&Arc<Growing>>) -> Result<Self, JournalError> {
        let open = |path: &Utf8PathBuf| match Disk::open(path) {
            Ok(disk) => Ok((path.clone(), Box::new(disk) as Box<dyn Layer>)),
            Err(cause) => Err(JournalError { path: path.clone(), cause: Arc::new(cause) }),
        };
        Ok(Journal::write(paths.iter().map(open).collect::<Result<_, _>>()?, growing.cloned()))
    }

    /// Hands a line over: a JSON object, without its end of line. Waits while too many others do.
    pub async fn append(&self, file: usize, object: &str) -> Acknowledged {
        let (acknowledge, acknowledged) = oneshot::channel();
        if let Some(entries) = &self.entries {
            // Where the writer is gone the acknowledgement never comes, which whoever waits for it sees.
            let _ = entries.send(Entry { file, line: sealed(object), acknowledge }).await;
        }
        acknowledged
    }
}

impl Journal {
    /// Hands many lines over from outside any runtime, and waits until they are on the disk.
    pub fn append_all(&self, file: usize, objects: &[String]) -> Result<(), JournalError> {
        let mut last = None;
        for object in objects {
            let (acknowledge, acknowledged) = oneshot::channel();
            if let Some(entries) = &self.entries {
                let _ = entries.blocking_send(Entry { file, line: sealed(object), acknowledge });
            }
            last = Some(acknowledged);
        }
        // Once a file has failed every later line of it fails too: the last one speaks for all.
        last.and_then(|last| last.blocking_recv().ok()).unwrap_or(Ok(()))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.entries = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

struct Writing {
    path: Utf8PathBuf,
    layer: Box<dyn Layer>,
    /// Once a file failed, nothing more is written to it.
    failed: Option<Arc<io::Error>>,
}

fn carry(mut waiting: mpsc::Receiver<Entry>, mut files: Vec<Writing>, durable: impl Fn(usize, u64)) {
    let mut together = Vec::new();
    while let Some(first) = waiting.blocking_recv() {
        together.push(first);
        while together.len() < TOGETHER {
            match waiting.try_recv() {
                Ok(entry) => together.push(entry),
                Err(_) => break,
            }
        }
        for (at, file) in files.iter_mut().enumerate() {
            let lines: Vec<&[u8]> =
                together.iter().filter(|entry| entry.file == at).map(|entry| entry.line.as_slice()).collect();
            if !lines.is_empty() && file.failed.is_none() {
                match append(file.layer.as_mut(), &lines.concat()) {
                    Ok(length) => durable(at, length),
                    Err(cause) => file.failed = Some(Arc::new(cause)),
                }
            }
        }
        for entry in together.drain(..) {
            let said = match files.get(entry.file) {
                Some(Writing { path, failed: Some(cause), .. }) => {
                    Err(JournalError { path: path.clone(), cause: Arc::clone(cause) })
                }
                _ => Ok(()),
            };
            // Whoever asked may have gone.
            let _ = entry.acknowledge.send(said);
        }
    }
}

/// Appends durably, and says how long the file is then. On an error nothing of the lines is left; where even that fails, their CRCs
/// tell the next who opens the file.
fn append(layer: &mut dyn Layer, lines: &[u8]) -> io::Result<u64> {
    let before = layer.length()?;
    let appended = layer.write(lines).and_then(|()| layer.sync());
    if appended.is_err() {
        let _ = layer.cut(before);
    }
    appended.map(|()| before + lines.len() as u64)
}

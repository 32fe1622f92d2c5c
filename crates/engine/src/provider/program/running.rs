//! A program that runs, with one request at a time.

use super::super::{Trouble, TroubleKind};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// Longest reply.
const LONGEST: usize = 64 << 20;
/// Last bytes of its complaints that are kept.
const COMPLAINT: usize = 400;
/// How long a program that closed its output may take to end.
const GRACE: Duration = Duration::from_millis(500);

pub struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    complaint: Arc<Mutex<Vec<u8>>>,
    complaining: JoinHandle<()>,
}

impl Running {
    pub fn start(mut command: Command) -> std::io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(std::io::Error::other("no pipe to the program"));
        };
        let complaint = Arc::new(Mutex::new(Vec::new()));
        let complaining = tokio::spawn(listen(errors, Arc::clone(&complaint)));
        Ok(Running { child, input, output: BufReader::new(output), complaint, complaining })
    }

    /// Sends one line and waits for one.
    pub async fn exchange(
        &mut self,
        line: &[u8],
        start: Instant,
        first_byte: &mut Option<Duration>,
    ) -> Result<String, Trouble> {
        let (input, output) = (&mut self.input, &mut self.output);
        let write = async {
            // What it wrote last says why it no longer reads.
            let _ = input.write_all(line).await;
            let _ = input.flush().await;
        };
        // Both at once: it may write before it has read all.
        let ((), heard) = tokio::join!(write, heard(output, start, first_byte));
        match heard? {
            Some(line) => String::from_utf8(line).map_err(|_| Trouble::unreadable("the reply is not UTF-8")),
            None => Err(self.ended().await),
        }
    }

    /// How it ended and what it complained about last.
    async fn ended(&mut self) -> Trouble {
        let mut said = match tokio::time::timeout(GRACE, self.child.wait()).await {
            Ok(Ok(status)) => format!("the program ended with {status}"),
            _ => "the program closed its output".to_owned(),
        };
        // Where a child of the program holds the pipe open, what came so far has to do.
        let _ = tokio::time::timeout(GRACE, &mut self.complaining).await;
        let complaint = self.complaint.lock().map(|kept| String::from_utf8_lossy(&kept).into_owned());
        if let Some(last) = complaint.unwrap_or_default().lines().rev().find(|line| !line.trim().is_empty()) {
            said.push_str(": ");
            said.push_str(last.trim());
        }
        Trouble::new(TroubleKind::Connection, said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.complaining.abort();
    }
}

/// One line of its output; `None` where it ended.
async fn heard(
    output: &mut BufReader<ChildStdout>,
    start: Instant,
    first_byte: &mut Option<Duration>,
) -> Result<Option<Vec<u8>>, Trouble> {
    let mut line = Vec::new();
    loop {
        let read = output.fill_buf().await.map_err(|error| Trouble::new(TroubleKind::Connection, error.to_string()))?;
        if read.is_empty() {
            return Ok(None);
        }
        first_byte.get_or_insert_with(|| start.elapsed());
        let end = memchr::memchr(b'\n', read);
        let taken = end.map_or(read.len(), |end| end + 1);
        line.extend_from_slice(&read[..taken]);
        output.consume(taken);
        if line.len() > LONGEST {
            return Err(Trouble::unreadable("the reply is longer than 64 MB"));
        }
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

/// Reads all complaints, so that the program is never held up by them, and keeps the last.
async fn listen(mut errors: ChildStderr, complaint: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = errors.read(&mut buffer).await {
        if let Ok(mut kept) = complaint.lock() {
            kept.extend_from_slice(&buffer[..read]);
            let surplus = kept.len().saturating_sub(COMPLAINT);
            kept.drain(..surplus);
        }
    }
}

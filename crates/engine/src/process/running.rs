//! A program that runs: three threads of its own carry what it reads, writes and complains about, so that none of its habits
//! can hold us up.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest reply.
const LONGEST_REPLY: u64 = 1 << 20;
/// Last bytes of its complaints that are kept.
const COMPLAINT: usize = 400;
/// How long a program that closed its output may take to end before it is ended.
const GRACE: Duration = Duration::from_millis(500);

pub struct Running {
    child: Child,
    requests: SyncSender<String>,
    replies: Receiver<Line>,
    complaint: Arc<Mutex<Vec<u8>>>,
    complained: Receiver<()>,
}

/// What came on the program's output.
enum Line {
    Text(String),
    /// It can no longer be understood.
    Bad(&'static str),
    End,
}

impl Running {
    pub fn start(mut command: Command) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(std::io::Error::other("no pipe to the program"));
        };
        let (requests, to_write) = sync_channel(1);
        let (send, replies) = sync_channel(1);
        let (done, complained) = sync_channel(1);
        let complaint = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&complaint);
        // Not joined: a child of the program may hold the pipes open for as long as it likes.
        std::thread::spawn(move || write(input, &to_write));
        std::thread::spawn(move || read(output, &send));
        std::thread::spawn(move || listen(errors, &kept, &done));
        Ok(Running { child, requests, replies, complaint, complained })
    }

    /// Sends one line and waits for one; both together may take as long as `limit`.
    pub fn exchange(&mut self, line: String, limit: Duration) -> Result<String, String> {
        match self.requests.try_send(line) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err("the program does not read its input".to_owned()),
            // It no longer reads, because it ended or closed its input: what it wrote last says which.
            Err(TrySendError::Disconnected(_)) => return Err(self.ended()),
        }
        match self.replies.recv_timeout(limit) {
            Ok(Line::Text(text)) => Ok(text),
            Ok(Line::Bad(what)) => Err(what.to_owned()),
            Ok(Line::End) | Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => Err(format!("no reply within {} ms", limit.as_millis())),
        }
    }

    /// How it ended and what it complained about last.
    fn ended(&mut self) -> String {
        let start = Instant::now();
        let status = loop {
            match self.child.try_wait() {
                Ok(None) if start.elapsed() < GRACE => std::thread::sleep(Duration::from_millis(2)),
                Ok(status) => break status,
                Err(_) => break None,
            }
        };
        let mut said = match status {
            Some(status) => format!("the program ended with {status}"),
            None => "the program closed its output".to_owned(),
        };
        // Where a child of the program holds the pipe open, what came so far has to do.
        let _ = self.complained.recv_timeout(GRACE);
        let complaint = self.complaint.lock().map(|kept| String::from_utf8_lossy(&kept).into_owned());
        if let Some(last) = complaint.unwrap_or_default().lines().rev().find(|line| !line.trim().is_empty()) {
            said.push_str(": ");
            said.extend(last.trim().chars().take(150));
        }
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(mut input: ChildStdin, requests: &Receiver<String>) {
    for request in requests {
        if input.write_all(request.as_bytes()).and_then(|()| input.flush()).is_err() {
            return;
        }
    }
}

fn read(output: ChildStdout, replies: &SyncSender<Line>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        let reply = match output.by_ref().take(LONGEST_REPLY).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => Line::End,
            Ok(_) if !line.ends_with(b"\n") && line.len() as u64 >= LONGEST_REPLY => {
                Line::Bad("the reply is longer than 1 MB")
            }
            Ok(_) => String::from_utf8(line).map_or(Line::Bad("the reply is not UTF-8"), Line::Text),
        };
        let last = !matches!(reply, Line::Text(_));
        if replies.send(reply).is_err() || last {
            return;
        }
    }
}

/// Reads all complaints, so that the program is never held up by them, and keeps the last.
fn listen(mut errors: ChildStderr, complaint: &Mutex<Vec<u8>>, done: &SyncSender<()>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = errors.read(&mut buffer) {
        if let Ok(mut kept) = complaint.lock() {
            kept.extend_from_slice(&buffer[..read]);
            let surplus = kept.len().saturating_sub(COMPLAINT);
            kept.drain(..surplus);
        }
    }
    let _ = done.send(());
}

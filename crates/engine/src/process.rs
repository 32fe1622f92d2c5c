//! Graders that are programs: kept running, one JSON line in, one JSON line out.
//!
//! in      `{"example": {...}, "answer": {...}, "settings": {...}}` on one line
//! out     `{"value": 0..1 | true | false, "class"?: "...", "reason"?: "..."}`, `{"not_applicable": "why"}` or `{"error": "why"}`
//! errors  a time-out, a crash, a line that cannot be read: a grader error on that row alone; the program starts again
//! note    no shell; the environment holds PATH and what is needed to find interpreters, no keys; ended when grading ends

use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::Answer;
use domain::example::Example;
use domain::name::ClassName;
use domain::score::Verdict;
use domain::share::Share;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Starts of one program before it is given up.
const MOST_STARTS: u32 = 20;
/// Longest reply.
const LONGEST_REPLY: u64 = 1 << 20;
/// Variables that interpreters need to be found and to speak UTF-8.
const ENVIRONMENT: &[&str] = &["PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR"];

/// The programs of a run, by position.
#[derive(Default)]
pub struct Programs(Vec<Program>);

struct Program {
    command: Vec<String>,
    folder: Utf8PathBuf,
    limit: Duration,
    settings: Value,
    running: Option<Running>,
    starts: u32,
    last_failure: String,
}

struct Running {
    child: Child,
    input: ChildStdin,
    replies: Receiver<Result<String, String>>,
}

/// The program could not even be started.
#[derive(Debug, thiserror::Error)]
#[error("the grader `{command}` cannot be started: {cause}")]
pub struct CannotStart {
    pub command: String,
    pub cause: io::Error,
}

impl Programs {
    /// Adds a program and starts it once, so that a wrong command is known before anything is graded.
    pub fn add(
        &mut self,
        folder: &Utf8Path,
        command: &[String],
        limit_ms: u64,
        settings: &BTreeMap<String, Value>,
    ) -> Result<usize, CannotStart> {
        let folder = if folder.as_str().is_empty() { Utf8PathBuf::from(".") } else { folder.to_owned() };
        let settings = Value::Object(settings.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
        let mut program = Program {
            command: command.to_vec(),
            folder,
            limit: Duration::from_millis(limit_ms.max(1)),
            settings,
            running: None,
            starts: 0,
            last_failure: String::new(),
        };
        let running = program.start().map_err(|cause| CannotStart { command: command.join(" "), cause })?;
        program.running = Some(running);
        self.0.push(program);
        Ok(self.0.len() - 1)
    }

    /// The verdict of a program on one request made by `request`.
    pub fn ask(&mut self, program: usize, request: &str) -> Verdict {
        match self.0.get_mut(program) {
            Some(program) => program.ask(request).unwrap_or_else(|reason| Verdict::GraderError { reason }),
            None => Verdict::GraderError { reason: "no such program".to_owned() },
        }
    }
}

/// The part of a request that does not depend on the program.
pub fn request(example: &Example, answer: &Answer) -> String {
    json!({
        "example": example.document,
        "answer": {
            "text": answer.text,
            "structured": answer.structured,
            "tool_calls": answer.tool_calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments})).collect::<Vec<_>>(),
            "citations": answer.citations,
            "behaviour": answer.behaviour,
            "finish_reason": answer.finish_reason,
            "latency_ms": answer.latency_ms.map(|amount| amount.get()),
            "spend": answer.spend.map(|amount| amount.get()),
        },
    })
    .to_string()
}

impl Program {
    fn start(&mut self) -> io::Result<Running> {
        self.starts += 1;
        let mut command = Command::new(self.executable());
        command.args(&self.command[1..]).current_dir(&self.folder).env_clear();
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipe to the program"));
        };
        let (send, replies) = sync_channel(1);
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            loop {
                let mut line = Vec::new();
                let read = output.by_ref().take(LONGEST_REPLY).read_until(b'\n', &mut line);
                let reply = match read {
                    Ok(0) => Err("the program ended".to_owned()),
                    Ok(_) if !line.ends_with(b"\n") && line.len() as u64 >= LONGEST_REPLY => {
                        Err("the reply is longer than 1 MB".to_owned())
                    }
                    Ok(_) => String::from_utf8(line).map_err(|_| "the reply is not UTF-8".to_owned()),
                    Err(error) => Err(error.to_string()),
                };
                let ended = reply.is_err();
                if send.send(reply).is_err() || ended {
                    return;
                }
            }
        });
        Ok(Running { child, input, replies })
    }

    /// A command with a slash is a file of the eval's folder; without one it is looked up in PATH.
    fn executable(&self) -> std::path::PathBuf {
        let name = self.command.first().map_or("", String::as_str);
        let path = Utf8Path::new(name);
        if name.contains('/') && path.is_relative() {
            self.folder.join(path).canonicalize_utf8().map_or_else(|_| path.into(), Into::into)
        } else {
            path.into()
        }
    }

    fn ask(&mut self, request: &str) -> Result<Verdict, String> {
        let mut line = request.strip_suffix('}').unwrap_or(request).to_owned();
        line.push_str(",\"settings\":");
        line.push_str(&self.settings.to_string());
        line.push_str("}\n");
        if self.running.is_none() {
            if self.starts >= MOST_STARTS {
                return Err(format!(
                    "the program failed {MOST_STARTS} times and is not started again; last: {}",
                    self.last_failure
                ));
            }
            let running = self.start().map_err(|error| format!("the program cannot be started again: {error}"))?;
            self.running = Some(running);
        }
        let outcome = match &mut self.running {
            Some(running) => exchange(running, line, self.limit),
            None => Err("the program is not running".to_owned()),
        };
        match outcome {
            Ok(reply) => read(&reply),
            Err(reason) => {
                self.last_failure.clone_from(&reason);
                self.stop();
                Err(reason)
            }
        }
    }

    fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may have ended by itself; either way it is waited for.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Writes a line and waits for one; a program that does not read cannot hold us up, because writing has the same limit.
fn exchange(running: &mut Running, line: String, limit: Duration) -> Result<String, String> {
    let (done, written) = sync_channel(1);
    std::thread::scope(|scope| {
        let input = &mut running.input;
        let child = &mut running.child;
        scope.spawn(move || {
            let _ = done
                .send(input.write_all(line.as_bytes()).and_then(|()| input.flush()).map_err(|error| error.to_string()));
        });
        match written.recv_timeout(limit) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err("the program ended".to_owned()),
            Err(_) => {
                // Unblocks the writer.
                let _ = child.kill();
                return Err(format!("the program did not read within {} ms", limit.as_millis()));
            }
        }
        match running.replies.recv_timeout(limit) {
            Ok(reply) => reply,
            Err(RecvTimeoutError::Timeout) => Err(format!("no reply within {} ms", limit.as_millis())),
            Err(RecvTimeoutError::Disconnected) => Err("the program ended".to_owned()),
        }
    })
}

fn read(reply: &str) -> Result<Verdict, String> {
    let unreadable = || format!("the reply cannot be read: {}", reply.trim().chars().take(80).collect::<String>());
    let fields: Map<String, Value> = serde_json::from_str(reply).map_err(|_| unreadable())?;
    let text =
        |key: &str| fields.get(key).and_then(Value::as_str).map(|text| text.chars().take(200).collect::<String>());
    if let Some(error) = text("error") {
        return Err(error);
    }
    if let Some(reason) = text("not_applicable") {
        return Ok(Verdict::NotApplicable { reason });
    }
    // A reply without a value is no pass.
    let value = match fields.get("value") {
        Some(Value::Bool(passed)) => Share::of(*passed),
        Some(Value::Number(number)) => {
            number.as_f64().and_then(|number| Share::new(number).ok()).ok_or_else(unreadable)?
        }
        _ => return Err(unreadable()),
    };
    Ok(Verdict::Graded { value, class: text("class").map(ClassName::new), reason: text("reason").unwrap_or_default() })
}

//! Programs that grade or embed: kept running, one JSON line in, one JSON line out. See `docs/formats/process-grader.md`.
//!
//! in      `{"id": 7, "example": {...}, "answer": {...}, "settings": {...}}` on one line; or `{"id": 7, "embed": ["text"], "settings": {...}}`
//! out     `{"id": 7, "value": 0..1 | true | false, "class"?: "...", "reason"?: "..."}`, `{"id": 7, "not_applicable": "why"}`
//!         or `{"id": 7, "error": "why"}`; for texts `{"id": 7, "vectors": [[...]]}`
//! errors  a time-out, a crash, a line that cannot be read or answers another request: a grader error on that row alone,
//!         and the program starts again; a failure class that the contract lacks: a grader error too, and it goes on
//! note    no shell; the environment holds PATH and what is needed to find interpreters, no keys; ended when grading ends

mod reply;
mod running;
mod vectors;

use camino::{Utf8Path, Utf8PathBuf};
use domain::answer::Answer;
use domain::failure_class::Classes;
use domain::score::Verdict;
use reply::Reply;
use running::Running;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::process::Command;
use std::time::Duration;

/// Starts of one program before it is given up.
pub const MOST_STARTS: u32 = 20;
/// Variables that interpreters need to be found and to speak UTF-8.
pub(crate) const ENVIRONMENT: &[&str] = &["PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR"];

/// The programs of a run, by position.
#[derive(Default)]
pub struct Programs(Vec<Program>);

struct Program {
    command: Vec<String>,
    folder: Utf8PathBuf,
    limit: Duration,
    settings: Value,
    /// What it may call a failure.
    classes: Classes,
    running: Option<Running>,
    starts: u32,
    asked: u64,
    last_failure: String,
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
        classes: Classes,
    ) -> Result<usize, CannotStart> {
        let folder = if folder.as_str().is_empty() { Utf8PathBuf::from(".") } else { folder.to_owned() };
        let settings = Value::Object(settings.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
        let mut program = Program {
            command: command.to_vec(),
            folder,
            limit: Duration::from_millis(limit_ms.max(1)),
            settings,
            classes,
            running: None,
            starts: 0,
            asked: 0,
            last_failure: String::new(),
        };
        program.start().map_err(|cause| CannotStart { command: command.join(" "), cause })?;
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

    /// The vector of each text, of length one, or of length zero where the program says that a text says nothing.
    pub fn embed(&mut self, program: usize, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
        let program = self.0.get_mut(program).ok_or("no such program")?;
        let request = json!({ "embed": texts }).to_string();
        program.exchange(&request, |id, line| vectors::read(id, texts.len(), line))
    }
}

/// The part of a request that does not depend on the program.
pub fn request(document: &Value, answer: &Answer) -> String {
    json!({
        "example": document,
        "answer": {
            "text": answer.text,
            "structured": answer.structured,
            "tool_calls": answer.tool_calls_as_json(),
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
    fn start(&mut self) -> io::Result<()> {
        self.starts += 1;
        let mut command = Command::new(executable(&self.command, &self.folder));
        command.args(self.command.get(1..).unwrap_or_default()).current_dir(&self.folder).env_clear();
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        self.running = Some(Running::start(command)?);
        Ok(())
    }

    fn ask(&mut self, request: &str) -> Result<Verdict, String> {
        let classes = std::mem::take(&mut self.classes);
        let said = self.exchange(request, |id, line| reply::read(id, line, &classes));
        self.classes = classes;
        match said? {
            Reply::Verdict(verdict) => Ok(verdict),
            // It knows what it does: it goes on with the next row.
            Reply::Error(reason) => Err(reason),
        }
    }

    /// What a reply says, as `read` reads it. A program whose reply cannot be read is ended.
    fn exchange<T>(&mut self, request: &str, read: impl Fn(u64, &str) -> Result<T, String>) -> Result<T, String> {
        if self.running.is_none() {
            if self.starts >= MOST_STARTS {
                return Err(format!(
                    "the program failed {MOST_STARTS} times and is not started again; last: {}",
                    self.last_failure
                ));
            }
            self.start().map_err(|error| format!("the program cannot be started again: {error}"))?;
        }
        self.asked += 1;
        let (id, line) = (self.asked, self.line(request));
        let Some(running) = &mut self.running else { return Err("the program is not running".to_owned()) };
        match running.exchange(line, self.limit).and_then(|reply| read(id, &reply)) {
            Ok(said) => Ok(said),
            Err(reason) => {
                self.last_failure.clone_from(&reason);
                self.running = None;
                Err(reason)
            }
        }
    }

    fn line(&self, request: &str) -> String {
        let rest = request.strip_prefix('{').and_then(|request| request.strip_suffix('}')).unwrap_or_default();
        format!("{{\"id\":{},{rest},\"settings\":{}}}\n", self.asked, self.settings)
    }
}

/// A command with a slash is a file of the eval's folder; without one it is looked up in PATH.
pub(crate) fn executable(command: &[String], folder: &Utf8Path) -> std::path::PathBuf {
    let name = command.first().map_or("", String::as_str);
    let path = Utf8Path::new(name);
    if name.contains('/') && path.is_relative() {
        folder.join(path).canonicalize_utf8().map_or_else(|_| path.into(), Into::into)
    } else {
        path.into()
    }
}

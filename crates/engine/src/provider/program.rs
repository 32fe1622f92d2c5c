//! Systems that are programs: kept running, one JSON line in, one JSON line out. See `docs/formats/system-program.md`.
//!
//! in      `{"id": 7, "example": "...", "task": ..., "input": ..., "messages": [...], "repeat": 0}` on one line
//! out     `{"id": 7, "text": "...", ...}`, or `{"id": 7, "error": "why"}`
//! errors  a time-out, a crash, a line that cannot be read or answers another request: trouble with that attempt alone, and
//!         the program is started again for the next
//! note    no shell; the environment holds PATH and what the contract names; as many run as are asked at once, each with one
//!         request at a time; ended when the provider is dropped

mod running;
mod said;

use super::{Attempt, Headroom, ProviderError, Question, Reply, Request, Secrets, Surroundings, Trouble, TroubleKind};
use crate::process::{ENVIRONMENT, executable};
use camino::Utf8PathBuf;
use domain::digest::Digest;
use domain::system::{Limits, Program};
use running::Running;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Programs that may fail one after the other, without one reply between them, before no more are started.
const MOST_FAILURES: u32 = 20;

pub struct Programs {
    command: Vec<String>,
    executable: std::path::PathBuf,
    folder: Utf8PathBuf,
    environment: Vec<(String, String)>,
    limit: Duration,
    most_failures: u32,
    /// Those that wait for a request.
    idle: Mutex<Vec<Running>>,
    asked: AtomicU64,
    failures: AtomicU32,
}

impl Programs {
    pub fn ready(
        system: &str,
        program: &Program,
        limits: &Limits,
        around: &Surroundings,
        secrets: &mut Secrets,
    ) -> Result<Self, ProviderError> {
        let folder = if around.folder.as_str().is_empty() { Utf8PathBuf::from(".") } else { around.folder.to_owned() };
        let usual = ENVIRONMENT.iter().filter_map(|name| Some(((*name).to_owned(), (around.environment)(name)?)));
        let mut environment: Vec<(String, String)> = usual.collect();
        for name in &program.environment {
            let value = super::fill::variable(system, "program", name, around)?;
            secrets.add_value(name, &value);
            environment.push((name.clone(), value));
        }
        let executable = executable(&program.command, &folder);
        if !is_there(&executable, &environment) {
            return Err(ProviderError::Program {
                system: system.to_owned(),
                command: program.command.join(" "),
                what: "is not there".to_owned(),
            });
        }
        Ok(Programs {
            command: program.command.clone(),
            executable,
            folder,
            environment,
            limit: Duration::from_millis(limits.time_limit_ms.max(1)),
            // All that are asked at once may fall over one cause, twice.
            most_failures: MOST_FAILURES.max(limits.at_once.saturating_mul(2)),
            idle: Mutex::default(),
            asked: AtomicU64::new(0),
            failures: AtomicU32::new(0),
        })
    }

    pub fn shares(&self) -> String {
        let text = format!("{}\n{}", self.folder, self.command.join("\n"));
        format!("program {}", Digest::of_bytes(text.as_bytes()).short())
    }

    pub fn prepare(&self, question: &Question, repeat: u32) -> Request {
        let body = serde_json::Value::Object(super::http::asked(question, repeat)).to_string();
        Request::new(&format!("{}\n\n", self.command.join(" ")), body.into_bytes(), false, None)
    }

    pub async fn attempt(&self, request: &Request, secrets: &Secrets) -> Attempt {
        let start = Instant::now();
        let mut first_byte = None;
        let got = self.ask(request, start, &mut first_byte, secrets).await;
        Attempt {
            got: got.map(|reply| reply.without(secrets)).map_err(|trouble| trouble.without(secrets)),
            status: None,
            latency: start.elapsed(),
            first_byte,
            headroom: Headroom::default(),
        }
    }

    async fn ask(
        &self,
        request: &Request,
        start: Instant,
        first_byte: &mut Option<Duration>,
        secrets: &Secrets,
    ) -> Result<Reply, Trouble> {
        if self.failures.load(Relaxed) >= self.most_failures {
            let what = format!("the program failed {} times in a row and is not started again", self.most_failures);
            return Err(Trouble::new(TroubleKind::Forbidden, what));
        }
        let id = self.asked.fetch_add(1, Relaxed) + 1;
        let rest = request.body.strip_prefix(b"{").unwrap_or_default();
        let mut line = format!("{{\"id\":{id},").into_bytes();
        line.extend_from_slice(rest);
        line.push(b'\n');
        let waiting = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut running = match waiting {
            Some(running) => running,
            None => self.start()?,
        };
        let deadline = tokio::time::Instant::from_std(start + self.limit);
        let heard = tokio::time::timeout_at(deadline, running.exchange(&line, start, first_byte)).await;
        let read = match heard {
            Err(_) => {
                let what = format!("no reply within {} ms", self.limit.as_millis());
                Err(Trouble::new(TroubleKind::TimedOut, what))
            }
            Ok(Err(trouble)) => Err(trouble),
            Ok(Ok(text)) => said::read(id, secrets.redacted(text), secrets),
        };
        match read {
            Ok(said) => {
                self.failures.store(0, Relaxed);
                if let Ok(mut idle) = self.idle.lock() {
                    idle.push(running);
                }
                // It knows what it does, also where it says that it cannot.
                said.map_err(|error| Trouble::new(TroubleKind::Refused, error))
            }
            Err(trouble) => {
                self.failures.fetch_add(1, Relaxed);
                Err(trouble)
            }
        }
    }

    fn start(&self) -> Result<Running, Trouble> {
        let mut command = tokio::process::Command::new(&self.executable);
        command.args(self.command.get(1..).unwrap_or_default()).current_dir(&self.folder).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Running::start(command).map_err(|error| {
            self.failures.fetch_add(1, Relaxed);
            let missing = [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied].contains(&error.kind());
            let kind = if missing { TroubleKind::Forbidden } else { TroubleKind::Connection };
            Trouble::new(kind, format!("the program cannot be started: {error}"))
        })
    }
}

/// Whether a program is where its name says: a file, or in a folder of PATH.
fn is_there(executable: &std::path::Path, environment: &[(String, String)]) -> bool {
    if executable.components().count() > 1 {
        return executable.is_file();
    }
    let Some((_, path)) = environment.iter().find(|(name, _)| name == "PATH") else { return true };
    let endings = if cfg!(windows) { &["", ".exe", ".cmd", ".bat"][..] } else { &[""] };
    std::env::split_paths(path)
        .any(|folder| endings.iter().any(|ending| folder.join(format!("{}{ending}", executable.display())).is_file()))
}

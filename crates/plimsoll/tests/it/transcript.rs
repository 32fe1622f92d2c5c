//! Stories: folders that become an eval, and the transcript of what the binary says about it. `UPDATE=1` writes it anew.
//!
//! in      `story.txt`: a line that starts with `$ ` is run by a shell in a copy of the folder; what it said follows
//!         `contract.yaml`: the keys that the story is about; those of the contract beside the stories stand for the rest
//!         `examples.txt`, `answers.txt`: see `small.rs`; any other file as it is
//! out     the transcript as told now: exit codes other than 0, standard output, standard error. A record in JSON is told
//!         in short (decision, routes, findings with their sentences, what comes next); digests and ids as `#`
//! note    `STORY=06` tells only stories whose names start so

use super::small;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Stories that are told at a time.
const AT_A_TIME: usize = 2;
/// What the harness reads, and the binary never sees.
const OURS: [&str; 4] = ["story.txt", "contract.yaml", "examples.txt", "answers.txt"];

/// Tells the stories and compares.
pub fn tell() {
    let root = root();
    let wanted = std::env::var("STORY").unwrap_or_default();
    let stories: Vec<PathBuf> =
        names().iter().filter(|name| name.starts_with(&wanted)).map(|name| root.join(name)).collect();
    assert!(!stories.is_empty(), "no story starts with `{wanted}`");
    let (waiting, wrong) = (Mutex::new(stories), Mutex::new(Vec::new()));
    let next = || waiting.lock().expect("a list").pop();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(story) = next() {
                    if let Err(difference) = compared(&root, &story) {
                        wrong.lock().expect("a list").push(difference);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("a list");
    wrong.sort();
    assert!(wrong.is_empty(), "{} stories are told otherwise\n\n{}", wrong.len(), wrong.join("\n"));
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories")
}

/// Names of all stories, sorted.
pub fn names() -> Vec<String> {
    let paths = fs::read_dir(root()).expect("stories").map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = paths.filter(|path| path.is_dir()).map(|path| name(&path)).collect();
    names.sort();
    names
}

fn name(story: &Path) -> String {
    story.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn compared(root: &Path, story: &Path) -> Result<(), String> {
    let path = story.join("story.txt");
    let written = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let told = transcript(root, story, &written);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &told).expect("a story that can be written");
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (written.lines().collect(), told.lines().collect());
    match old.iter().zip(&new).position(|(old, new)| old != new).or((old.len() != new.len()).then_some(0)) {
        Some(at) if std::env::var_os("UPDATE").is_none() => {
            let from = |lines: &[&str]| {
                lines.iter().skip(at.saturating_sub(2)).take(12).copied().collect::<Vec<_>>().join("\n  ")
            };
            Err(format!("{} from line {} on\n  {}\nis now\n  {}\n", name(story), at + 1, from(&old), from(&new)))
        }
        _ => Ok(()),
    }
}

/// Comments and commands as they were, each command followed by what it says now.
fn transcript(root: &Path, story: &Path, written: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    prepare(root, story, folder.path());
    let (mut told, mut after_a_remark) = (String::new(), true);
    for line in written.lines().filter(|line| line.starts_with("$ ") || line.starts_with("# ")) {
        let gap = if after_a_remark { "" } else { "\n" };
        after_a_remark = line.starts_with('#');
        let said = line.strip_prefix("$ ").map(|command| said(folder.path(), command)).unwrap_or_default();
        let _ = write!(told, "{gap}{line}\n{said}");
    }
    told
}

/// Writes the eval: contract, examples, answers, and whatever else lies in the story's folder.
pub fn prepare(root: &Path, story: &Path, folder: &Path) {
    let read = |path: &Path| fs::read_to_string(path).ok();
    if let Some(own) = read(&story.join("contract.yaml")) {
        let whole = joined(&read(&root.join("contract.yaml")).unwrap_or_default(), &own);
        fs::write(folder.join("plimsoll.yaml"), whole).expect("a contract");
    }
    if let Some(examples) = read(&story.join("examples.txt")) {
        small::write(folder, &examples, &read(&story.join("answers.txt")).unwrap_or_default());
    }
    for entry in fs::read_dir(story).expect("a story") {
        let path = entry.expect("an entry").path();
        if OURS.contains(&name(&path).as_str()) {
            continue;
        }
        match path.is_dir() {
            true => super::copy(&path, &folder.join(name(&path))),
            false => drop(fs::copy(&path, folder.join(name(&path))).expect("a copy")),
        }
    }
}

/// The common contract without the keys that the story's own has, and then the story's own.
fn joined(common: &str, own: &str) -> String {
    let key = |line: &str| {
        line.split_once(':').map(|(key, _)| key.to_owned()).filter(|key| !key.starts_with([' ', '#', '-']))
    };
    let given: Vec<String> = own.lines().filter_map(key).collect();
    let (mut kept, mut is_kept) = (String::new(), true);
    for line in common.lines() {
        if let Some(key) = key(line) {
            is_kept = !given.contains(&key);
        }
        if is_kept {
            let _ = writeln!(kept, "{line}");
        }
    }
    kept + own
}

/// What a command says, with its exit code where that is not 0.
fn said(folder: &Path, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a folder").to_owned();
    let mut path = binary.into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let ended = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("LC_ALL", "C")
        .env_remove("PLIMSOLL_AUTHOR")
        .output()
        .expect("a shell");
    let out = String::from_utf8_lossy(&ended.stdout);
    let mut said = match serde_json::from_str::<Value>(&out) {
        Ok(record) if record["decision"].is_string() => told(&record),
        _ => out.into_owned(),
    };
    said.push_str(&String::from_utf8_lossy(&ended.stderr));
    let said: String = said.trim_end().lines().map(|line| masked(line.trim_end()) + "\n").collect();
    match ended.status.code() {
        Some(0) => said,
        Some(code) => format!("exit {code}\n{said}"),
        None => format!("ended by a signal\n{said}"),
    }
}

/// A record in short.
fn told(record: &Value) -> String {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or("-").to_owned();
    let list = |key: &str| record[key].as_array().cloned().unwrap_or_default();
    let mut told = format!("{}: {}\n", text(record, "decision"), text(record, "deciding_rule"));
    let look = &record["look"];
    let number = look["number"].as_u64().map_or("unknown".to_owned(), |look| look.to_string());
    let _ = writeln!(told, "look {number}, level {}; {}", look["level"], text(record, "describes"));
    for route in list("routes") {
        let share =
            route["share"].as_f64().filter(|share| *share < 1.0).map_or(String::new(), |share| format!(" at {share}"));
        let stop = if route["stop_accepting"] == Value::Bool(true) { ", stop accepting" } else { "" };
        let _ = writeln!(told, "route    {} -> {}{share}{stop}", text(&route, "when"), text(&route, "system"));
    }
    for finding in list("findings") {
        let n = |key: &str| finding["n"][key].as_u64().unwrap_or(0);
        let advisory = if finding["blocking"] == Value::Bool(true) { "" } else { ", advisory" };
        let _ = writeln!(
            told,
            "{:<12} {}, {}, {}{advisory}; {} planned, {} answered, {} graded",
            text(&finding, "state"),
            text(&finding, "arm"),
            text(&finding, "gate"),
            text(&finding, "segment"),
            n("planned"),
            n("answered"),
            n("graded"),
        );
        let _ = writeln!(told, "             {}", text(&finding, "reason"));
        if let Some(conversation) = finding["hinges_on"].as_str() {
            let _ = writeln!(told, "             hinges on {conversation}");
        }
    }
    for follow_up in list("follow_ups") {
        let _ = writeln!(told, "next     {} [{}]", text(&follow_up, "what"), text(&follow_up, "owner"));
    }
    told
}

/// Digests and ids change with every format; that they are there is enough.
fn masked(line: &str) -> String {
    let is_id = |word: &str| {
        let (digits, letters) =
            (word.bytes().filter(u8::is_ascii_digit).count(), word.bytes().filter(u8::is_ascii_alphabetic));
        word.len() >= 8
            && digits > 0
            && letters.count() > 0
            && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    };
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    line.split_inclusive(ends)
        .map(|piece| {
            let word = piece.trim_end_matches(ends);
            if is_id(word) { format!("#{}", &piece[word.len()..]) } else { piece.to_owned() }
        })
        .collect()
}

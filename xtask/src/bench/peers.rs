//! Other tools on the same records, where they are installed.
//!
//! in      `corpus.jsonl` of a size: question, reference and the candidate's answer in each line
//! out     what a whole process took that reads it, applies the five checks of `peers/checks.py` and prints the counts
//! note    installed by the user: Python packages in `python3` or in environments in the folder that `LAB` names, promptfoo on
//!         the search path or in a `node_modules` there; telemetry is off

use super::corpus::expected;
use super::measure::{Spread, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SCRIPTS: [(&str, &str); 8] = [
    ("checks.py", include_str!("peers/checks.py")),
    ("shape.json", include_str!("peers/shape.json")),
    ("bare.py", include_str!("peers/bare.py")),
    ("with_inspect.py", include_str!("peers/with_inspect.py")),
    ("with_deepeval.py", include_str!("peers/with_deepeval.py")),
    ("with_promptfoo.py", include_str!("peers/with_promptfoo.py")),
    ("calls_with_inspect.py", include_str!("peers/calls_with_inspect.py")),
    ("calls_with_promptfoo.py", include_str!("peers/calls_with_promptfoo.py")),
];
/// What is asked of every peer: nothing leaves the machine, nothing is cached.
const QUIET: [(&str, &str); 8] = [
    ("DEEPEVAL_TELEMETRY_OPT_OUT", "1"),
    ("DEEPEVAL_UPDATE_WARNING_OPT_IN", "0"),
    ("DO_NOT_TRACK", "1"),
    ("INSPECT_TELEMETRY", ""),
    ("INSPECT_DISPLAY", "plain"),
    ("NO_COLOR", "1"),
    ("HF_HUB_OFFLINE", "1"),
    ("OPENAI_API_KEY", "none"),
];

pub struct Peer {
    pub name: &'static str,
    script: &'static str,
    needs: &'static str,
    /// More records would take it minutes.
    most: u32,
    /// Takes seconds: runs of many records are made once.
    heavy: bool,
    /// The Python that has what it needs, where promptfoo needs no more than Python.
    python: Option<PathBuf>,
    promptfoo: Option<PathBuf>,
    home: PathBuf,
}

pub struct Took {
    pub wall: Spread,
    pub cpu: Spread,
    pub peak_mb: Spread,
    pub agrees: bool,
}

/// The peers, each with the Python that has it.
pub fn found(home: &Path) -> Vec<Peer> {
    let pythons = pythons();
    let peer = |name, script, needs: &'static str, most, heavy| {
        let python = pythons.iter().find(|python| has(python, needs)).cloned();
        Peer { name, script, needs, most, heavy, python, promptfoo: None, home: home.to_owned() }
    };
    let mut peers = vec![
        peer("bare Python loop", "bare.py", "jsonschema, rapidfuzz", 1_000_000, false),
        peer("DeepEval", "with_deepeval.py", "deepeval, jsonschema, rapidfuzz", 10_000, true),
        peer("Inspect", "with_inspect.py", "inspect_ai, jsonschema, rapidfuzz", 10_000, true),
        peer("promptfoo", "with_promptfoo.py", "jsonschema, rapidfuzz", 10_000, true),
    ];
    if let Some(last) = peers.last_mut() {
        last.promptfoo = promptfoo();
        last.python = last.python.take().filter(|_| last.promptfoo.is_some());
        last.needs = "promptfoo, and a Python with jsonschema, rapidfuzz";
    }
    peers
}

/// promptfoo on the search path, or as npm installed it in a folder of the one that `LAB` names.
fn promptfoo() -> Option<PathBuf> {
    let named = |folder: PathBuf| folder.join("promptfoo");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = in_lab().into_iter().map(|folder| folder.join("node_modules/.bin"));
    std::env::split_paths(&path).chain(installed).map(named).find(|file| file.is_file())
}

/// Folders of the folder that `LAB` names.
fn in_lab() -> Vec<PathBuf> {
    let lab = std::env::var_os("LAB").map(PathBuf::from).and_then(|lab| fs::read_dir(lab).ok());
    let mut folders: Vec<PathBuf> = lab.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

/// `python3`, and the environments in the folder that `LAB` names.
fn pythons() -> Vec<PathBuf> {
    let own = in_lab().into_iter().map(|folder| folder.join("bin/python")).filter(|python| python.is_file());
    std::iter::once(PathBuf::from("python3")).chain(own).collect()
}

/// A Python that has these modules.
pub fn python_with(modules: &str) -> Option<PathBuf> {
    pythons().into_iter().find(|python| has(python, modules))
}

fn has(python: &Path, modules: &str) -> bool {
    let mut command = Command::new(python);
    command.args([
        "-c",
        &format!("import importlib.util as i; assert all(i.find_spec(m.strip()) for m in '{modules}'.split(','))"),
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Peer {
    /// `None` where it is not run.
    pub fn measure(&self, folder: &Path, records: u32, runs: usize) -> Result<Option<Took>, String> {
        let Some(python) = self.python.as_ref().filter(|_| records <= self.most) else { return Ok(None) };
        let failed = |error: std::io::Error| format!("cannot run {}: {error}", self.name);
        let scripts = self.home.join("peers");
        write(&scripts).map_err(failed)?;
        let work = folder.join("peer");
        let output = folder.join("peer.txt");
        let (mut wall, mut cpu, mut peak_mb, mut agrees) = (Vec::new(), Vec::new(), Vec::new(), true);
        for _ in 0..if self.heavy && records > 1_000 { 1 } else { runs } {
            if work.exists() {
                fs::remove_dir_all(&work).map_err(failed)?;
            }
            fs::create_dir_all(&work).map_err(failed)?;
            let mut command = Command::new(python);
            command.arg(scripts.join(self.script)).arg(folder.join("corpus.jsonl")).arg(&work).current_dir(&work);
            command.envs(QUIET).envs(self.promptfoo.as_ref().map(|program| ("PROMPTFOO", program)));
            let usage = run(&mut command, &output, |_| {}).map_err(failed)?;
            if usage.code != Some(0) {
                let said = super::text(&output.with_extension("err"));
                return Err(format!("{} ended with {:?}:\n{said}", self.name, usage.code));
            }
            wall.push(usage.wall);
            cpu.push(usage.cpu);
            peak_mb.push(usage.peak_mb);
            agrees &= agree(&super::text(&output), records);
        }
        let took = Spread::of(wall).zip(Spread::of(cpu)).zip(Spread::of(peak_mb));
        Ok(took.map(|((wall, cpu), peak_mb)| Took { wall, cpu, peak_mb, agrees }))
    }

    pub fn why_not(&self, records: u32) -> String {
        match (&self.python, records > self.most) {
            (None, _) => format!("not installed, not run (it needs {})", self.needs),
            (Some(_), true) => "not run: it would take minutes".to_owned(),
            (Some(_), false) => "not run".to_owned(),
        }
    }
}

fn write(scripts: &Path) -> std::io::Result<()> {
    fs::create_dir_all(scripts)?;
    SCRIPTS.iter().try_for_each(|(name, text)| fs::write(scripts.join(name), text))
}

/// A tool that asks a live system.
pub struct Client {
    pub name: &'static str,
    script: &'static str,
    python: Option<PathBuf>,
    promptfoo: Option<PathBuf>,
    home: PathBuf,
}

pub fn clients(home: &Path) -> Vec<Client> {
    let promptfoo = promptfoo();
    let python = promptfoo.as_ref().and_then(|_| python_with("json"));
    vec![
        Client { name: "promptfoo", script: "calls_with_promptfoo.py", python, promptfoo, home: home.to_owned() },
        Client {
            name: "Inspect",
            script: "calls_with_inspect.py",
            python: python_with("inspect_ai, openai"),
            promptfoo: None,
            home: home.to_owned(),
        },
    ]
}

impl Client {
    /// One run that asks every example; `None` where the tool is not installed.
    pub fn measure(&self, folder: &Path, base_url: &str, at_once: u32) -> Result<Option<Took>, String> {
        let Some(python) = &self.python else { return Ok(None) };
        let failed = |error: std::io::Error| format!("cannot run {}: {error}", self.name);
        let scripts = self.home.join("peers");
        write(&scripts).map_err(failed)?;
        let work = folder.join("peer");
        if work.exists() {
            fs::remove_dir_all(&work).map_err(failed)?;
        }
        fs::create_dir_all(&work).map_err(failed)?;
        let output = folder.join("peer.txt");
        let mut command = Command::new(python);
        command.arg(scripts.join(self.script)).arg(folder.join("examples.jsonl")).arg(base_url);
        command.arg(at_once.to_string()).arg(&work).current_dir(&work);
        command.envs(QUIET).envs(self.promptfoo.as_ref().map(|program| ("PROMPTFOO", program)));
        let usage = run(&mut command, &output, |_| {}).map_err(failed)?;
        if usage.code != Some(0) {
            let said = super::text(&output.with_extension("err"));
            return Err(format!("{} ended with {:?}:\n{said}", self.name, usage.code));
        }
        let one = |figure: f64| Spread { middle: figure, least: figure, most: figure };
        Ok(Some(Took { wall: one(usage.wall), cpu: one(usage.cpu), peak_mb: one(usage.peak_mb), agrees: true }))
    }
}

/// Whether the last line holds the known counts; at other sizes there is nothing to compare with.
fn agree(output: &str, records: u32) -> bool {
    let Some(known) = expected(records) else { return true };
    let counts: Vec<String> = known.iter().map(u64::to_string).collect();
    output.lines().next_back().is_some_and(|line| line.trim() == counts.join(" "))
}

//! The copy of the tree that is broken, and the tests that are run on it.
//!
//! `<scratch>/tree` is the copy, `<scratch>/target` what it is built in. What cargo built of other people's crates is linked
//! in from the workspace's own target folder, so that the query engine is not built again.

use super::Fate;
use super::list::{Mutation, Suite};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A broken rule may run for ever; that is seen too.
const PATIENCE: Duration = Duration::from_secs(300);
/// Folders that are not copied.
const NOT_OURS: [&str; 3] = ["target", ".git", ".plimsoll"];

pub struct Bench {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
    /// Whether a suite passes while nothing is broken, or why not.
    grounds: BTreeMap<Suite, Result<(), String>>,
    is_ready: bool,
}

enum Built {
    Binary(PathBuf),
    Refused(String),
}

impl Bench {
    pub fn new(root: &Path, scratch: &Path) -> Self {
        let (tree, target) = (scratch.join("tree"), scratch.join("target"));
        Bench { root: root.to_owned(), tree, target, grounds: BTreeMap::new(), is_ready: false }
    }

    pub fn fate(&mut self, mutation: &Mutation) -> io::Result<Fate> {
        self.restore()?;
        let file = self.tree.join(&mutation.file);
        let whole = fs::read_to_string(&file).unwrap_or_default();
        let count = whole.matches(&mutation.find).count();
        if count != 1 {
            return Ok(Fate::NotThere(count));
        }
        if let Err(words) = self.ground(&mutation.suite)? {
            return Ok(Fate::NoGround(words));
        }
        fs::write(&file, whole.replace(&mutation.find, &mutation.replace))?;
        match self.build(&mutation.suite)? {
            Built::Refused(words) => Ok(Fate::NotCompiling(words)),
            Built::Binary(binary) => {
                let (passed, _) = self.run(&binary, &mutation.suite)?;
                Ok(if passed { Fate::Unseen } else { Fate::Seen })
            }
        }
    }

    /// Makes the copy as the tree is.
    fn restore(&mut self) -> io::Result<()> {
        if !self.is_ready {
            fs::create_dir_all(&self.tree)?;
            self.seed()?;
            self.is_ready = true;
        }
        mirror(&self.root, &self.tree)
    }

    /// Whether the suite is green and has a test, once for each suite.
    fn ground(&mut self, suite: &Suite) -> io::Result<Result<(), String>> {
        if let Some(known) = self.grounds.get(suite) {
            return Ok(known.clone());
        }
        let ground = match self.build(suite)? {
            Built::Refused(words) => Err(format!("it does not compile\n{words}")),
            Built::Binary(binary) => match self.run(&binary, suite)? {
                (true, count) if count > 0 => Ok(()),
                (true, _) => Err(format!("`{}` names no test of {} {}", suite.tests, suite.package, suite.target)),
                (false, _) => Err(format!("`{}` of {} {} is red", suite.tests, suite.package, suite.target)),
            },
        };
        self.grounds.insert(suite.clone(), ground.clone());
        Ok(ground)
    }

    fn build(&self, suite: &Suite) -> io::Result<Built> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "test",
            "--offline",
            "--no-run",
            "--message-format=json-render-diagnostics",
            "--package",
            &suite.package,
        ]);
        match suite.target.as_str() {
            "lib" => cargo.arg("--lib"),
            other => cargo.args(["--test", other]),
        };
        // Built once and run once: speed of our own crates is not worth their optimisation here.
        for name in self.members()? {
            cargo.args(["--config", &format!("profile.dev.package.{name}.opt-level=0")]);
        }
        let ended =
            cargo.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).stdin(Stdio::null()).output()?;
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        let binary = String::from_utf8_lossy(&ended.stdout).lines().filter_map(test_binary).next_back();
        Ok(match binary.filter(|_| ended.status.success()) {
            Some(binary) => Built::Binary(binary),
            None => Built::Refused(words),
        })
    }

    /// Whether the tests passed, and how many did.
    fn run(&self, binary: &Path, suite: &Suite) -> io::Result<(bool, u64)> {
        let package = self.tree.join("crates").join(&suite.package);
        let told = self.target.join("told.txt");
        let mut child = Command::new(binary)
            .arg(&suite.tests)
            .current_dir(if package.is_dir() { &package } else { &self.tree })
            .stdin(Stdio::null())
            .stdout(fs::File::create(&told)?)
            .stderr(Stdio::null())
            .spawn()?;
        let start = Instant::now();
        let status = loop {
            match child.try_wait()? {
                Some(status) => break Some(status),
                None if start.elapsed() > PATIENCE => {
                    child.kill()?;
                    child.wait()?;
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        Ok((status.is_some_and(|status| status.success()), passed(&fs::read_to_string(&told).unwrap_or_default())))
    }

    /// Names of our crates that the root's profiles may speak of.
    fn members(&self) -> io::Result<BTreeSet<String>> {
        let crates = match fs::read_dir(self.tree.join("crates")) {
            Ok(entries) => entries,
            Err(_) => return Ok(BTreeSet::new()),
        };
        crates.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Links in what was built of other people's crates.
    fn seed(&self) -> io::Result<()> {
        let Some(built) = self.target.parent().and_then(Path::parent).map(|folder| folder.join("debug")) else {
            return Ok(());
        };
        let ours: Vec<String> = match fs::read_dir(self.root.join("crates")) {
            Ok(entries) => entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
            Err(_) => return Ok(()),
        };
        for folder in ["deps", "build", ".fingerprint"] {
            link_in(&built.join(folder), &self.target.join("debug").join(folder), &ours)?;
        }
        Ok(())
    }
}

/// The binary that a message of cargo names, if it names one with tests.
fn test_binary(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_test = message.get("profile")?.get("test")?.as_bool()?;
    message.get("executable")?.as_str().filter(|_| is_test).map(PathBuf::from)
}

/// How many tests passed, from the closing line of the test harness.
fn passed(told: &str) -> u64 {
    let lines = told.lines().filter_map(|line| line.strip_prefix("test result:"));
    let counts = lines.filter_map(|line| line.split(" passed").next()?.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

/// Writes what differs and removes what is no more; what is equal keeps its time, so that cargo builds only what changed.
fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut kept = BTreeSet::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_OURS.iter().any(|folder| name == *folder) {
            continue;
        }
        let (old, new) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            mirror(&old, &new)?;
        } else if let Ok(bytes) = fs::read(&old)
            && fs::read(&new).ok().as_ref() != Some(&bytes)
        {
            fs::write(&new, bytes)?;
        }
        kept.insert(name);
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !kept.contains(&entry.file_name()) {
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
    }
    Ok(())
}

/// Links files of a folder of cargo's that do not belong to our crates. Cargo rewrites its fingerprints in place, so those
/// are copied, with their times.
fn link_in(from: &Path, to: &Path, ours: &[String]) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let (old, new) = (entry.path(), to.join(&name));
        let stem = name.strip_prefix("lib").unwrap_or(&name).split('-').next().unwrap_or_default();
        let is_ours = ours.iter().any(|own| own == stem) || name.starts_with("xtask-") || new.is_file();
        if is_ours {
            continue;
        }
        if entry.file_type()?.is_dir() {
            link_in(&old, &new, &[])?;
        } else if from.components().any(|part| part.as_os_str() == ".fingerprint") || fs::hard_link(&old, &new).is_err()
        {
            fs::copy(&old, &new)?;
            fs::File::options().write(true).open(&new)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}

//! The copy of the tree that is broken, and the tests that are run on it.
//!
//! `<scratch>/tree` is the copy, `<scratch>/target` what it is built in. What cargo built of other people's crates is linked
//! in from the workspace's own target folder, so that the query engine is not built again.

use super::Fate;
use super::list::{Mutation, Red};
use super::{copy, switch};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A broken rule may run for ever; that is seen too.
const PATIENCE: Duration = Duration::from_secs(300);

pub struct Bench {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
    /// The test binary of each package and target.
    binaries: BTreeMap<(String, String), PathBuf>,
    /// Whether tests pass while nothing is broken, or why not.
    grounds: Mutex<BTreeMap<Red, Result<(), String>>>,
}

/// What the compiler refused, and where.
struct Refusal {
    words: String,
    places: Vec<(String, u64)>,
}

impl Bench {
    pub fn new(root: &Path, scratch: &Path) -> Self {
        let (tree, target) = (scratch.join("tree"), scratch.join("target"));
        let root = root.to_owned();
        Bench { root, tree, target, binaries: BTreeMap::new(), grounds: Mutex::default() }
    }

    /// Builds the tests with every mutation in place; those that cannot be have their fate already.
    pub fn build(&mut self, mutations: &[Mutation]) -> io::Result<Vec<Option<Fate>>> {
        fs::create_dir_all(&self.tree)?;
        self.seed()?;
        let mut fates: Vec<Option<Fate>> = mutations.iter().map(|mutation| self.not_there(mutation)).collect();
        loop {
            let still = fates.iter().zip(mutations).enumerate().filter(|(_, (fate, _))| fate.is_none());
            let installed: Vec<(usize, &Mutation)> = still.map(|(number, (_, mutation))| (number, mutation)).collect();
            copy::mirror(&self.root, &self.tree, &switch::texts(&self.root, &installed)?)?;
            let Some(refusal) = self.compile(&installed)? else { return Ok(fates) };
            let is_blamed = |mutation: &Mutation| {
                refusal.places.iter().any(|(file, line)| switch::stands_on(&self.root, mutation, file, *line))
            };
            let blamed: Vec<usize> =
                installed.iter().filter(|(_, mutation)| is_blamed(mutation)).map(|(number, _)| *number).collect();
            let nobody = blamed.is_empty();
            for number in if nobody { installed.iter().map(|(number, _)| *number).collect() } else { blamed } {
                fates[number] = Some(Fate::NotCompiling(refusal.words.clone()));
            }
            if nobody {
                return Ok(fates);
            }
        }
    }

    fn not_there(&self, mutation: &Mutation) -> Option<Fate> {
        let text = fs::read_to_string(self.root.join(&mutation.file)).unwrap_or_default();
        switch::find(&text, &mutation.place).err().map(Fate::NotThere)
    }

    /// Whether its tests turn red when a mutation is switched on.
    pub fn fate(&self, number: usize, mutation: &Mutation) -> io::Result<Fate> {
        if let Err(words) = self.ground(&mutation.red)? {
            return Ok(Fate::NoGround(words));
        }
        let (passed, _) = self.run(&mutation.red, Some(number))?;
        Ok(if passed { Fate::Unseen } else { Fate::Seen })
    }

    /// Whether the tests are green and there are any, once for each.
    fn ground(&self, red: &Red) -> io::Result<Result<(), String>> {
        if let Some(known) = self.grounds.lock().ok().and_then(|grounds| grounds.get(red).cloned()) {
            return Ok(known);
        }
        let ground = match self.run(red, None)? {
            (true, count) if count > 0 => Ok(()),
            (true, _) => Err(format!("there is no test of {}", red.words())),
            (false, _) => Err(format!("{} is red", red.words())),
        };
        if let Ok(mut grounds) = self.grounds.lock() {
            grounds.insert(red.clone(), ground.clone());
        }
        Ok(ground)
    }

    /// Builds the test binaries that the mutations need; what the compiler refused, if it did.
    fn compile(&mut self, mutations: &[(usize, &Mutation)]) -> io::Result<Option<Refusal>> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["test", "--offline", "--no-run", "--message-format=json"]);
        let packages: BTreeSet<&str> = mutations.iter().map(|(_, mutation)| &*mutation.red.package).collect();
        cargo.args(packages.iter().flat_map(|package| ["--package", package]));
        let targets: BTreeSet<&str> = mutations.iter().map(|(_, mutation)| &*mutation.red.target).collect();
        for target in targets {
            match target {
                "lib" => cargo.arg("--lib"),
                other => cargo.args(["--test", other]),
            };
        }
        // Built once and run a few times: speed of our own crates is not worth their optimisation here.
        for name in self.members()? {
            cargo.args(["--config", &format!("profile.dev.package.{name}.opt-level=0")]);
        }
        // What a next build could reuse takes gigabytes.
        cargo.env("CARGO_INCREMENTAL", "0");
        cargo.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).stdin(Stdio::null());
        let ended = cargo.output()?;
        let messages: Vec<Value> =
            String::from_utf8_lossy(&ended.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if ended.status.success() {
            self.binaries.extend(messages.iter().filter_map(test_binary));
            return Ok(None);
        }
        let mut refusal = Refusal { words: String::new(), places: Vec::new() };
        messages.iter().for_each(|message| refusal.add(&message["message"]));
        if refusal.words.is_empty() {
            refusal.words = String::from_utf8_lossy(&ended.stderr).into_owned();
        }
        Ok(Some(refusal))
    }

    /// Whether the tests passed, and how many did.
    fn run(&self, red: &Red, broken: Option<usize>) -> io::Result<(bool, u64)> {
        let Some(binary) = self.binaries.get(&(red.package.clone(), red.target.clone())) else { return Ok((true, 0)) };
        let package = self.tree.join("crates").join(&red.package);
        let told = self.target.join(format!("told-{:?}.txt", std::thread::current().id()));
        let mut child = Command::new(binary)
            .arg(&red.tests)
            .current_dir(if package.is_dir() { &package } else { &self.tree })
            .env_remove("UPDATE")
            .env_remove(switch::VARIABLE)
            .env("STORY", red.story.as_deref().unwrap_or(""))
            .envs(broken.map(|number| (switch::VARIABLE, number.to_string())))
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(fs::File::create(&told)?)
            .stderr(Stdio::null())
            .spawn()?;
        let passed = waited(&mut child)?;
        Ok((passed, count_passed(&fs::read_to_string(&told).unwrap_or_default())))
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
            copy::link_in(&built.join(folder), &self.target.join("debug").join(folder), &ours)?;
        }
        Ok(())
    }
}

impl Refusal {
    /// One message of the compiler.
    fn add(&mut self, message: &Value) {
        if message["level"] != "error" {
            return;
        }
        self.words.push_str(message["rendered"].as_str().unwrap_or_default());
        for span in message["spans"].as_array().into_iter().flatten() {
            if let (Some(file), Some(line)) = (span["file_name"].as_str(), span["line_start"].as_u64()) {
                self.places.push((file.to_owned(), line));
            }
        }
    }
}

/// The package, the target and the binary that a message of cargo names, if it names one with tests.
fn test_binary(message: &Value) -> Option<((String, String), PathBuf)> {
    let is_test = message["profile"]["test"].as_bool()?;
    let binary = message["executable"].as_str().filter(|_| is_test)?;
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    let target = match message["target"]["kind"][0].as_str()? {
        "test" => message["target"]["name"].as_str()?,
        kind => kind,
    };
    Some(((folder.file_name()?.to_string_lossy().into_owned(), target.to_owned()), PathBuf::from(binary)))
}

/// Waits for the tests; those that take for ever are ended with all that they started, and did not pass.
fn waited(child: &mut Child) -> io::Result<bool> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status()?;
    child.wait()?;
    Ok(false)
}

/// How many tests passed, from the closing line of the test harness.
fn count_passed(told: &str) -> u64 {
    let lines = told.lines().filter_map(|line| line.strip_prefix("test result:"));
    let counts = lines.filter_map(|line| line.split(" passed").next()?.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

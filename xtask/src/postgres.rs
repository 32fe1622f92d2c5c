//! A PostgreSQL of its own for tests: in a folder that goes away with it, on a socket that nobody else sees.
//!
//! in      the programs of the Debian package `postgresql`
//! out     a running server, and URLs of fresh databases on it
//! errors  a program that is missing or does not start, with what it said

use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Who runs the server where we are root, which it refuses to be: Debian's `nobody`.
const NOBODY: u32 = 65534;

pub struct Server {
    folder: TempDir,
    child: Child,
    programs: PathBuf,
}

/// The folder of PostgreSQL's programs: on the path, or where Debian keeps the newest.
pub fn programs() -> Option<PathBuf> {
    let on_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let mut kept: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    kept.sort();
    let holds = |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    kept.into_iter().rev().chain(on_path).find(holds)
}

impl Server {
    /// Makes and starts one.
    pub fn start() -> io::Result<Self> {
        let missing =
            || io::Error::new(io::ErrorKind::NotFound, "PostgreSQL is missing: install the package postgresql");
        let programs = programs().ok_or_else(missing)?;
        let folder = tempfile::Builder::new().prefix("plimsoll-pg-").tempdir()?;
        if is_root(folder.path())? {
            chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
        }
        let data = folder.path().join("data");
        let made = as_nobody(&programs.join("initdb"), folder.path())?
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .output()?;
        if !made.status.success() {
            return Err(io::Error::other(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr))));
        }
        let child = as_nobody(&programs.join("postgres"), folder.path())?
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "max_connections=200"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut server = Server { folder, child, programs };
        server.wait()?;
        Ok(server)
    }

    /// Until it says that it is ready; what it says later is read and dropped, so that it never waits for a reader.
    fn wait(&mut self) -> io::Result<()> {
        let said = self.child.stderr.take().ok_or_else(|| io::Error::other("PostgreSQL says nothing"))?;
        let mut lines = BufReader::new(said).lines();
        let mut log = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            log.push_str(&line);
            log.push('\n');
            if line.contains("ready to accept connections") {
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(());
            }
        }
        Err(io::Error::other(format!("PostgreSQL did not start: {log}")))
    }

    /// The URL of a new, empty database of this name: lower-case letters, digits and `_`.
    pub fn database(&self, name: &str) -> io::Result<String> {
        self.run("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(format!("postgres://postgres@localhost/{name}?host={}", self.folder.path().display()))
    }

    /// Has a statement carried out in a database.
    pub fn run(&self, database: &str, sql: &str) -> io::Result<()> {
        if self.ask(database, sql) { Ok(()) } else { Err(io::Error::other(format!("refused: {sql}"))) }
    }

    fn ask(&self, database: &str, what: &str) -> bool {
        let asked = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-U", "postgres", "-d", database, "-h"])
            .arg(self.folder.path())
            .args(["-c", what])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Told to end at once; the processes that it started end with it.
        let told = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn is_root(ours: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(ours)?.uid() == 0)
}

/// A program, as somebody who is not root.
fn as_nobody(program: &Path, folder: &Path) -> io::Result<Command> {
    use std::os::unix::fs::MetadataExt;
    let mut command = if std::fs::metadata(folder)?.uid() == NOBODY {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder).stdin(Stdio::null());
    Ok(command)
}

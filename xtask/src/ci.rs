//! Everything that must pass before a change lands, in the order in which it is cheapest to fail.
//!
//! out     what each step prints, then one line for each step and a closing line
//! note    one target folder and one profile for everything; nothing is fetched once `cargo fetch` has run

use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Passed,
    Failed,
    /// The tool is not installed here.
    Absent,
}

struct Step {
    name: &'static str,
    ending: Ending,
    took: Duration,
}

/// Whether what follows a failed step still tells something.
const GOES_ON: bool = true;

pub fn main() -> bool {
    let mut done: Vec<Step> = Vec::new();
    let sound = GOES_ON
        & step(&mut done, "set-up", set_up)
        & step(&mut done, "style", style)
        & step(&mut done, "tidy", || passed(crate::tidy::main()))
        & step(&mut done, "lints", lints);
    // Tests are worth running where only style or lints failed: one run then shows everything.
    let tested = step(&mut done, "tests", tests) & step(&mut done, "doc tests", doc_tests);
    if tested {
        step(&mut done, "real model", real_model);
    }
    step(&mut done, "calibration", || passed(xtask::calibrate::main(&["--fast"])));
    if sound && tested {
        step(&mut done, "mutations", || passed(crate::mutate::main(&[])));
    }
    step(&mut done, "dependencies", dependencies);
    println!("\n{}", told(&done));
    done.iter().all(|step| step.ending != Ending::Failed)
}

/// Its server takes a quarter of an hour to build, so that it runs where that was done; elsewhere it says so.
fn real_model() -> Ending {
    let ending = passed(crate::real_model::main(&["--if-at-hand"]));
    if crate::real_model::is_at_hand() { ending } else { Ending::Absent }
}

fn step(done: &mut Vec<Step>, name: &'static str, run: impl FnOnce() -> Ending) -> bool {
    println!("\n── {name}");
    let start = Instant::now();
    let ending = run();
    done.push(Step { name, ending, took: start.elapsed() });
    ending != Ending::Failed
}

/// Programs that tests start, and the Debian packages that bring them.
const NEEDED: [(&str, &str); 4] =
    [("python3", "python3"), ("script", "bsdutils"), ("setpriv", "util-linux"), ("postgres", "postgresql")];

/// Installs what the tests start and this machine lacks; what cannot be installed is named, and fails.
fn set_up() -> Ending {
    let missing = || NEEDED.iter().filter(|(tool, _)| !is_there(tool));
    let packages: Vec<&str> = missing().map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ending::Passed;
    }
    if let Some(apt) = found("apt-get") {
        println!("installing {}", packages.join(", "));
        let apt = |words: &[&str]| {
            let mut install = Command::new(&apt);
            install.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdin(std::process::Stdio::null());
            ran(&mut install) == Ending::Passed
        };
        let install = [&["install", "-y", "--no-install-recommends"][..], &packages].concat();
        let _ = apt(&install) || apt(&["update"]) && apt(&install);
    }
    missing().for_each(|(tool, package)| eprintln!("error: tests start `{tool}`: install the package {package}"));
    passed(missing().next().is_none())
}

/// Debian keeps the programs of a database server off the path.
fn is_there(tool: &str) -> bool {
    if tool == "postgres" { xtask::postgres::programs().is_some() } else { found(tool).is_some() }
}

fn style() -> Ending {
    match found("cargo-fmt") {
        Some(_) => cargo(&["fmt", "--all", "--check"]),
        None => Ending::Absent,
    }
}

/// Lints of our crates. Clippy wraps the compiler for the workspace's members only and in a build, not a check, so that
/// the dependencies built for the tests serve here too: a check would go through the query engine again. Warnings are
/// shown; what the workspace denies fails.
fn lints() -> Ending {
    let Some(driver) = found("clippy-driver") else { return Ending::Absent };
    let mut build = command(&["build", "--workspace", "--all-targets", "--quiet"]);
    build.env("RUSTC_WORKSPACE_WRAPPER", driver);
    ran(&mut build)
}

fn tests() -> Ending {
    match found("cargo-nextest") {
        Some(_) => cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]),
        None => cargo(&["test", "--workspace", "--all-targets", "--no-fail-fast"]),
    }
}

fn doc_tests() -> Ending {
    cargo(&["test", "--workspace", "--doc", "--quiet"])
}

/// Licences, bans and sources; advisories are a chore apart, since their database changes without us.
fn dependencies() -> Ending {
    match found("cargo-deny") {
        Some(_) => cargo(&["deny", "check", "licenses", "bans", "sources"]),
        None => Ending::Absent,
    }
}

fn passed(passed: bool) -> Ending {
    if passed { Ending::Passed } else { Ending::Failed }
}

fn cargo(arguments: &[&str]) -> Ending {
    ran(&mut command(arguments))
}

/// The cargo that runs this chore.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(crate::tree::root());
    command
}

fn ran(command: &mut Command) -> Ending {
    match command.status() {
        Ok(status) => passed(status.success()),
        Err(cause) => {
            eprintln!("error: cannot start {:?}: {cause}", command.get_program());
            Ending::Failed
        }
    }
}

/// Where a tool lies on the search path.
fn found(tool: &str) -> Option<OsString> {
    let folders = std::env::var_os("PATH")?;
    let file = format!("{tool}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&folders).map(|folder| folder.join(&file)).find(|path| path.is_file()).map(Into::into)
}

/// One line a step, then the sum.
fn told(done: &[Step]) -> String {
    let count = |ending| done.iter().filter(|step| step.ending == ending).count();
    let lines = done.iter().map(|step| {
        let word = match step.ending {
            Ending::Passed => "passed",
            Ending::Failed => "FAILED",
            Ending::Absent => "not run: the tool is not installed",
        };
        format!("{:<14}{:>5} s  {word}\n", step.name, step.took.as_secs())
    });
    let sum: u64 = done.iter().map(|step| step.took.as_secs()).sum();
    let counts = format!(
        "{} steps passed, {} failed, {} not run",
        count(Ending::Passed),
        count(Ending::Failed),
        count(Ending::Absent)
    );
    format!("{}ci: {counts}, in {} min {:02} s", lines.collect::<String>(), sum / 60, sum % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_name_what_failed_and_what_was_not_run() {
        let step = |name, ending| Step { name, ending, took: Duration::from_secs(61) };
        let told =
            told(&[step("style", Ending::Passed), step("tests", Ending::Failed), step("dependencies", Ending::Absent)]);
        assert_eq!(
            told,
            "style            61 s  passed\ntests            61 s  FAILED\n\
             dependencies     61 s  not run: the tool is not installed\n\
             ci: 1 steps passed, 1 failed, 1 not run, in 3 min 03 s"
        );
    }

    #[test]
    fn a_failed_step_is_remembered_and_a_missing_tool_is_not_a_failure() {
        let mut done = Vec::new();
        assert!(!super::step(&mut done, "a", || Ending::Failed));
        assert!(super::step(&mut done, "b", || Ending::Absent));
        assert_eq!(done.iter().map(|step| step.ending).collect::<Vec<_>>(), [Ending::Failed, Ending::Absent]);
    }
}

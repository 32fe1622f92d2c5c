//! The command line: one file a verb, exit codes in one place.
//!
//! exit codes: 0, 1 (a fault of ours or of the machine), 2 (a fault in what was given); `run` and `decide` use the
//! decision's codes (ship 0, narrow rollout 10, hold 20, roll back 30, cannot decide 40); `check` and `verify` 0 or 3.

mod agenda;
mod backtest;
mod backup;
mod check;
mod decide;
mod diff;
mod drift;
mod examples;
mod import;
mod incident;
mod init;
mod map;
mod monitor;
mod outcome;
mod overrule;
mod rehearse;
mod review;
mod run;
mod schema;
mod show;
mod traffic;
mod verify;
mod which;
mod whose;
mod window;

use clap::{Parser, Subcommand};
use domain::fault::Faults;
use std::ffi::OsString;
use std::process::ExitCode;

/// What scripts go by.
const EXIT_CODES: &str = "\
Exit codes of run and decide:
  0 ship, 10 narrow rollout, 20 hold, 30 roll back, 40 cannot decide
Exit codes of all:
  2 something given must be mended, 1 the machine or Plimsoll failed
  3 check found an error, or verify something that does not hold";

/// Decide whether a change to an LLM product may be released.
#[derive(Parser)]
#[command(name = "plimsoll", version, max_term_width = 100, disable_help_subcommand = true, after_help = EXIT_CODES)]
struct Cli {
    /// Where what people say and decide is kept: a file, or postgres://USER@HOST/DATABASE; left out, `.plimsoll/catalog.sqlite`
    #[arg(
        long,
        global = true,
        value_name = "PLACE",
        env = "PLIMSOLL_CATALOG",
        hide_env_values = true,
        display_order = 900
    )]
    catalog: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write the one-page contract by asking; never overwrites
    Init(init::Args),
    /// Is this eval fit to decide? Findings with code, place and remedy
    Check(check::Args),
    /// Ask the systems or read their answers, grade, weigh the evidence, decide: the main job
    Run(run::Args),
    /// Decide again from stored or imported scores, no calls
    Decide(decide::Args),
    /// The reference set: what it holds, what is proposed for it, and what leaves it
    Examples(examples::Args),
    /// Bring in what other tools made: examples from a table, scores, incidents, traffic
    Import(import::Args),
    /// What production was asked: figures of each day, and what is dropped when its time is over
    Traffic(traffic::Args),
    /// Which examples changed between two systems or two runs, worst first
    Diff(diff::Args),
    /// What traffic has that the reference set lacks, and whether the last decision would change
    Drift(drift::Args),
    /// A decision and everything it rests on
    Show(show::Args),
    /// Check hashes, chain and signature of a record, and derive its decision again from the sealed scores
    Verify(verify::Args),
    /// How often would this gate err? Identical systems, known losses and single examples, on your own scores
    Rehearse(rehearse::Args),
    /// People label answers: queues, agreement, disputes, audits, and how far a judge agrees with them
    Review(review::Args),
    /// Follow a record with a new one: by someone else, with reason, scope and expiry
    Override(overrule::Args),
    /// Failures in production: open, link, cover, close and list them
    Incident(incident::Args),
    /// Write all that people said and decided as JSON lines
    Backup(backup::Backup),
    /// Put a backup back, into an empty catalog
    Restore(backup::Restore),
    /// What production did after a release: import, add, list
    Outcome(outcome::Args),
    /// Past decisions beside what production did: did the gates foretell anything?
    Backtest(backtest::Args),
    /// Follow a staged rollout: continue, stop or enough, at any number of looks
    Monitor(monitor::Args),
    /// What is due, by whom, and the command that does it
    Agenda(agenda::Args),
    /// Govern, map, measure, manage in one linked view, with holes shown as holes
    Map(map::Args),
    /// Print the JSON Schema of the contract, or of another format, for editors
    Schema(schema::Args),
}

/// Why a verb did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Faults in files that a person wrote: all of them, shown in place.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// What was given cannot be used as it is.
    #[error("{what}")]
    Yours { what: String, help: String },
    /// The machine or Plimsoll itself failed.
    #[error("{what}")]
    Ours { what: String, help: String },
}

impl Failure {
    pub fn yours(what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure::Yours { what: what.into(), help: help.into() }
    }

    pub fn ours(what: impl Into<String>, help: impl Into<String>) -> Self {
        Failure::Ours { what: what.into(), help: help.into() }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Failure::Faults(_) | Failure::Yours { .. } => 2,
            Failure::Ours { .. } => 1,
        }
    }
}

/// What a verb ends with: its exit code, or why it failed.
pub type Ending = Result<u8, Failure>;

pub fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(as_verbs(std::env::args_os().collect())) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // A closed pipe while help is printed is no failure.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    engine::interrupt::outlive_limits_of_files();
    let named = cli.catalog.as_deref().map_or(Ok(()), crate::app::kept::name);
    let ending = named.and_then(|()| told(cli.verb));
    ExitCode::from(ending.unwrap_or_else(|failure| {
        crate::render::failure::print(&failure);
        failure.exit_code()
    }))
}

/// `plimsoll help run` is `plimsoll run --help`.
fn as_verbs(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_some_and(|word| word == "help") {
        words.remove(1);
        words.push("--help".into());
    }
    words
}

fn told(verb: Verb) -> Ending {
    match verb {
        Verb::Init(args) => init::main(args),
        Verb::Check(args) => check::main(args),
        Verb::Run(args) => run::main(args),
        Verb::Decide(args) => decide::main(args),
        Verb::Examples(args) => examples::main(args),
        Verb::Import(args) => import::main(args),
        Verb::Traffic(args) => traffic::main(args),
        Verb::Diff(args) => diff::main(args),
        Verb::Drift(args) => drift::main(args),
        Verb::Show(args) => show::main(args),
        Verb::Verify(args) => verify::main(args),
        Verb::Rehearse(args) => rehearse::main(args),
        Verb::Review(args) => review::main(args),
        Verb::Override(args) => overrule::main(args),
        Verb::Incident(args) => incident::main(args),
        Verb::Backup(args) => backup::backup(args),
        Verb::Restore(args) => backup::restore(args),
        Verb::Outcome(args) => outcome::main(args),
        Verb::Backtest(args) => backtest::main(args),
        Verb::Monitor(args) => monitor::main(args),
        Verb::Agenda(args) => agenda::main(args),
        Verb::Map(args) => map::main(args),
        Verb::Schema(args) => schema::main(args),
    }
}

#[cfg(test)]
mod tests;

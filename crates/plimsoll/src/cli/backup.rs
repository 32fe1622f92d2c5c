//! `plimsoll backup` and `plimsoll restore`

use super::Ending;
use crate::app::{backup, eval};
use crate::render::progress::Bar;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll backup --to history.jsonl\n  \
                        plimsoll backup evals/support \\\n    --catalog postgres://team@db/evals > history.jsonl")]
pub struct Backup {
    /// The contract or folder whose catalog it is
    #[arg(default_value = ".")]
    eval: Utf8PathBuf,
    /// The file to write, whole or not at all; left out, standard output
    #[arg(long, value_name = "FILE")]
    to: Option<Utf8PathBuf>,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll restore history.jsonl --catalog postgres://team@db/evals\n  \
                        plimsoll backup | plimsoll restore - --catalog postgres://team@db/evals")]
pub struct Restore {
    /// What `plimsoll backup` wrote; `-` is standard input
    file: Utf8PathBuf,
    /// The contract or folder whose catalog it becomes
    #[arg(default_value = ".")]
    eval: Utf8PathBuf,
}

pub fn backup(args: Backup) -> Ending {
    let written = backup::backup(&eval::state_beside(&args.eval), args.to.as_deref())?;
    if let Some(to) = &args.to {
        anstream::eprintln!("{} entries and {} seats are in `{to}`", written.entries, written.seats);
    }
    Ok(0)
}

pub fn restore(args: Restore) -> Ending {
    let restored = backup::restore(&eval::state_beside(&args.eval), &args.file, &mut Bar::new())?;
    anstream::eprintln!("{} entries and {} seats are back", restored.entries, restored.seats);
    Ok(0)
}

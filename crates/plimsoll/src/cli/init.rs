//! `plimsoll init`

use super::run::print;
use super::{Ending, Failure};
use crate::app::init::{Written, has_room, write};
use crate::render::page;
use camino::{Utf8Path, Utf8PathBuf};
use std::io::IsTerminal;

/// A page that can be copied; the tests read it.
pub const PAGE: &str = include_str!("../../templates/init/page.yaml");

const EXAMPLE: &str = "Example:\n  plimsoll init evals/billing --answers page.yaml";

/// Bytes of a page of answers.
const LONGEST: u64 = 4 << 20;

#[derive(clap::Args)]
// A page that is wrapped to the terminal is no YAML.
#[command(term_width = 0, after_help = EXAMPLE, after_long_help = format!("{EXAMPLE}\n\nA file of answers:\n\n{PAGE}"))]
pub struct Args {
    /// The folder that the eval is written into; made where it is missing
    #[arg(default_value = ".")]
    folder: Utf8PathBuf,
    /// The seven answers as a YAML file, instead of asking in the terminal; `plimsoll init --help` shows one
    #[arg(long, value_name = "FILE")]
    answers: Option<Utf8PathBuf>,
    /// Plan the first ninety days from this day: four stages, each of which changes one real decision; a page may say `start` itself
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    start: Option<jiff::civil::Date>,
}

pub fn main(args: Args) -> Ending {
    has_room(&args.folder)?;
    let (file, text) = match &args.answers {
        Some(file) => (file.clone(), given(file)?),
        None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            (Utf8PathBuf::from("your answers"), page::ask()?)
        }
        None => {
            return Err(Failure::yours(
                "there is no terminal to ask in",
                "give the answers as a file: `--answers page.yaml`; `plimsoll init --help` shows one",
            ));
        }
    };
    let written = write(&args.folder, &file, &text, args.start)?;
    print(&told(&args.folder, &written))?;
    Ok(0)
}

fn given(file: &Utf8Path) -> Result<String, Failure> {
    crate::app::file::text(file, LONGEST)
        .map_err(|error| Failure::yours(format!("cannot read `{file}`: {error}"), "check the path of the answers"))
}

fn told(folder: &Utf8Path, written: &Written) -> String {
    let mut told = String::from("written, to be read and changed:\n");
    for (path, what) in &written.files {
        told += &format!("  {:<28} {what}\n", folder.join(path).as_str());
    }
    if !written.unclear.is_empty() {
        told += "\nthe promise cannot be held to yet, and nothing is run before it can:\n";
        told += &page::told(&written.unclear);
    }
    if !written.planned() {
        told += "\nthe first ninety days, in four stages that come up on the agenda: `plimsoll agenda start`\n";
    }
    told + &format!(
        "\nnext: put real examples in {}, recorded answers in {}, and ask `plimsoll check {folder}`\n",
        folder.join("examples"),
        folder.join("answers"),
    )
}

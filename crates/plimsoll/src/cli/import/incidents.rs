//! `plimsoll import incidents`

use crate::app::eval::Eval;
use crate::app::import::incidents::{Imported, Orders, import};
use crate::cli::run::print;
use crate::cli::whose::Within;
use crate::cli::{Ending, Failure};
use crate::render::read::plain;
use camino::Utf8PathBuf;
use std::fmt::Write;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll import incidents atlas/case-studies --class product_scope_mismatch \\\n    \
                        --class-of pi_direct=unsafe_tool_action \\\n    --class-of AML.CS0009=refusal_failure"
)]
pub struct Args {
    /// Case studies as MITRE ATLAS publishes them, one YAML file each, or folders of them
    #[arg(required = true)]
    files: Vec<Utf8PathBuf>,
    #[command(flatten)]
    of: Within,
    /// The failure class of all that no `--class-of` names
    #[arg(long)]
    class: Option<String>,
    /// The failure class of one case study, or of those that name this technique
    #[arg(long = "class-of", value_name = "ID|TECHNIQUE=CLASS")]
    class_of: Vec<String>,
    /// Also what somebody only showed to be possible
    #[arg(long)]
    exercises: bool,
    /// Who says so
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR", default_value = "unnamed")]
    by: String,
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let pair = |text: &String| {
        let (of, class) = text.split_once('=').ok_or_else(|| {
            Failure::yours(
                format!("`{text}` names no class"),
                "write `--class-of ID=CLASS` or `--class-of TECHNIQUE=CLASS`",
            )
        })?;
        Ok((of.to_owned(), class.to_owned()))
    };
    let classes = args.class_of.iter().map(pair).collect::<Result<_, Failure>>()?;
    let orders = Orders { files: args.files, class: args.class, classes, exercises: args.exercises, by: args.by };
    print(&text(&import(&eval, &orders)?))?;
    Ok(0)
}

fn text(imported: &Imported) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} incidents opened", imported.added.len());
    let mut row = |label: &str, text: String| {
        let _ = writeln!(out, " {label:<10}{}", plain(&text));
    };
    for (class, count) in &imported.by_class {
        row("class", format!("{class} {count}"));
    }
    let first = imported.added.iter().map(|study| study.happened_at.as_str()).min();
    let last = imported.added.iter().map(|study| study.happened_at.as_str()).max();
    if let Some((first, last)) = first.zip(last) {
        row("happened", format!("{first} to {last}"));
    }
    if imported.exercises_left_out > 0 {
        row(
            "left out",
            format!("{} exercises that only showed what is possible (--exercises)", imported.exercises_left_out),
        );
    }
    if !imported.there.is_empty() {
        row("there", format!("{} were incidents already", imported.there.len()));
    }
    out
}

//! `plimsoll rehearse`

use super::Ending;
use super::run::print;
use crate::app::rehearse::{Orders, Parts, Start, Target, rehearse};
use crate::render::progress::Bar;
use crate::render::rehearse as render;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll rehearse examples/billing-support\n  \
                        plimsoll rehearse latest --eval examples/billing-support --as json\n  \
                        plimsoll rehearse --scores scores.csv --rehearsals 5000")]
pub struct Args {
    /// A contract or its folder (the last sealed run, under the contract as it is now); a record (path, id or its beginning,
    /// `latest`), under the contract sealed with it; or a sealed run, by its folder or the beginning of its scores digest
    #[arg(value_name = "EVAL|RECORD|RUN")]
    target: Option<Utf8PathBuf>,
    /// The eval whose records or runs are meant: a contract, or a folder with one
    #[arg(long)]
    eval: Option<Utf8PathBuf>,
    /// First bring these scores in, as `plimsoll import scores` does, and rehearse with them
    #[arg(long, value_name = "FILE", conflicts_with = "eval")]
    scores: Option<Utf8PathBuf>,
    /// Rehearsals of identical systems, and of each kind of loss
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    rehearsals: u64,
    /// What chance starts from: the same seed gives the same table
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// What losses are taken from: the two systems with arms swapped, which differ as two releases do; or production twice
    #[arg(long, value_enum, default_value_t = Losses::Swapped)]
    from: Losses,
    /// Rehearse only this: identical systems, losses, or single examples
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Threads that rehearse
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Losses {
    Swapped,
    Production,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    Identical,
    Losses,
    Examples,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Markdown,
}

pub fn main(args: Args) -> Ending {
    let mut bar = Bar::new();
    let target = Target::find(args.target.as_deref(), args.eval.as_deref(), args.scores.as_deref(), &mut bar)?;
    let wanted = |part: Part| args.only.is_none_or(|only| only == part);
    let parts =
        Parts { identical: wanted(Part::Identical), losses: wanted(Part::Losses), examples: wanted(Part::Examples) };
    let orders = Orders {
        parts,
        rehearsals: args.rehearsals,
        seed: args.seed,
        threads: usize::from(args.threads),
        start: match args.from {
            Losses::Swapped => Start::Swapped,
            Losses::Production => Start::Production,
        },
    };
    let rehearsed = rehearse(target, &orders, &mut bar)?;
    drop(bar);
    print(&match args.form {
        Form::Text => render::text(&rehearsed),
        Form::Json => render::json(&rehearsed),
        Form::Markdown => render::markdown(&rehearsed),
    })?;
    Ok(0)
}

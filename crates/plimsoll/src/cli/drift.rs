//! `plimsoll drift`

use super::Ending;
use super::run::print;
use super::whose::Whole;
use super::window::{Span, said};
use crate::app::drift::{Model, Orders, drift};
use crate::app::eval::Eval;
use crate::render::drift as render;
use crate::render::progress::Bar;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll drift examples/billing-support --last 30d\n  \
                        plimsoll drift --window 2026-10-01..2026-10-31 --as html > drift.html\n  \
                        plimsoll drift --last 7d --model models/minilm")]
pub struct Args {
    #[command(flatten)]
    of: Whole,
    #[command(flatten)]
    span: Span,
    /// A file of traffic, instead of the traffic that is kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["window", "last"])]
    against: Option<Utf8PathBuf>,
    /// What chance starts from, where a part of the conversations is looked at
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The folder of a sentence-embedding model: lay texts beside each other by what they mean, too
    #[arg(long, value_name = "FOLDER")]
    model: Option<Utf8PathBuf>,
    /// The program that embeds with it; left out, plimsoll-local
    #[arg(long, value_name = "PROGRAM", requires = "model")]
    embedder: Option<String>,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Markdown,
    Html,
}

pub fn main(args: Args) -> Ending {
    let window = args.span.window()?;
    let days = args.against.as_ref().map_or_else(|| said(&window), |file| format!("`{file}`"));
    let model = args.model.map(|folder| Model { folder, program: args.embedder });
    let orders = Orders { window, against: args.against, seed: args.seed, model };
    let mut bar = Bar::new();
    let drifted = drift(&Eval::open(&args.of.eval)?, &orders, &mut bar)?;
    drop(bar);
    print(&match args.form {
        Form::Text => render::text(&drifted, &days),
        Form::Json => render::json(&drifted, &days),
        Form::Markdown => render::markdown(&drifted, &days),
        Form::Html => render::html(&drifted, &days)?,
    })?;
    Ok(0)
}

//! `plimsoll map`

use super::run::print;
use super::whose::Whole;
use super::{Ending, Failure};
use crate::app::eval::Eval;
use crate::app::map::map;
use crate::render::map as render;
use jiff::civil::Date;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll map evals/support --as html > map.html")]
pub struct Args {
    #[command(flatten)]
    of: Whole,
    /// As if it were this day; left out, today
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    today: Option<Date>,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Markdown,
    Html,
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let rows = map(&eval, args.today.unwrap_or_else(|| jiff::Zoned::now().date()))?;
    let (name, release) = (&eval.contract.name, &eval.contract.release);
    let failed = |error: askama::Error| Failure::ours(format!("the map cannot be shown: {error}"), "show it as json");
    print(&match args.form {
        Form::Text => render::text(&rows),
        Form::Json => render::json(&rows),
        Form::Markdown => render::markdown(name, &rows),
        Form::Html => render::html(name, release, eval.contract.simulated, &rows).map_err(failed)?,
    })?;
    Ok(0)
}

//! `plimsoll backtest`

use super::run::print;
use super::whose::Whole;
use super::{Ending, Failure};
use crate::app::backtest::backtest;
use crate::app::eval::Eval;
use crate::render::backtest as render;
use domain::outcome::moment;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll backtest evals/support --within 30d --as markdown")]
pub struct Args {
    #[command(flatten)]
    of: Whole,
    /// In how many days after a release an incident counts
    #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
    within: u32,
    /// As if it were this day; left out, today
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Markdown,
}

fn days(text: &str) -> Result<u32, String> {
    let digits = text.strip_suffix('d').unwrap_or(text);
    digits.parse().ok().filter(|days| (1..=3650).contains(days)).ok_or_else(|| "write days, such as 30d".to_owned())
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let today = match args.today.as_deref() {
        None => jiff::Timestamp::now(),
        Some(day) => {
            moment(day).ok_or_else(|| Failure::yours(format!("`{day}` is no date"), "write it as 2027-01-31"))?
        }
    };
    let found = backtest(&eval, args.within, today)?;
    print(&match args.form {
        Form::Text => render::text(&found, args.within),
        Form::Json => render::json(&found, args.within),
        Form::Markdown => render::markdown(&found, args.within),
    })?;
    Ok(0)
}

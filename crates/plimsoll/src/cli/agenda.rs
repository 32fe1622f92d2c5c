//! `plimsoll agenda`

use super::run::print;
use super::whose::{Acting, Whole};
use super::{Ending, Failure};
use crate::app::agenda::{agenda, done, start};
use crate::app::eval::Eval;
use crate::render::agenda as render;
use jiff::civil::Date;

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  plimsoll agenda evals/support --owner release\n  plimsoll agenda --as ics > agenda.ics\n  \
                  plimsoll agenda done drift-2026-11 --by product"
)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
struct Shown {
    #[command(flatten)]
    of: Whole,
    /// As if it were this day; left out, today
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    today: Option<Date>,
    /// Only what this role, or who fills it, has to do
    #[arg(long, value_name = "ROLE")]
    owner: Option<String>,
    /// What was done too
    #[arg(long)]
    all: bool,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Ics,
    Markdown,
}

#[derive(clap::Subcommand)]
enum What {
    /// Say that something was done
    Done(DoneArgs),
    /// Begin the first ninety days: each stage changes one real decision
    Start(StartArgs),
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll agenda done drift-2026-11 --by product")]
struct DoneArgs {
    /// Its name on the agenda
    name: String,
    #[command(flatten)]
    acting: Acting,
    /// What came of it
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// As if it were this day; left out, today
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    today: Option<Date>,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll agenda start --on 2026-12-01")]
struct StartArgs {
    /// The first day; left out, today
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    on: Option<Date>,
    #[command(flatten)]
    acting: Acting,
}

fn today(given: Option<Date>) -> Date {
    given.unwrap_or_else(|| jiff::Zoned::now().date())
}

pub fn main(args: Args) -> Ending {
    match args.what {
        None => show(args.shown)?,
        Some(What::Done(args)) => {
            let eval = Eval::open(&args.acting.eval)?;
            done(&eval, today(args.today), &args.name, &args.acting.by, args.why.as_deref())?;
            anstream::eprintln!("done: {}", crate::render::read::plain(&args.name));
        }
        Some(What::Start(args)) => {
            let eval = Eval::open(&args.acting.eval)?;
            let on = today(args.on);
            start(&eval, on, &args.acting.by)?;
            anstream::eprintln!("the first ninety days begin on {on}");
        }
    }
    Ok(0)
}

fn show(args: Shown) -> Result<(), Failure> {
    let eval = Eval::open(&args.of.eval)?;
    let today = today(args.today);
    let mut duties = agenda(&eval, today, args.owner.as_deref())?;
    if !args.all {
        duties.retain(|duty| duty.done.is_none());
    }
    let name = &eval.contract.name;
    print(&match args.form {
        Form::Text => render::text(&duties, today),
        Form::Json => render::json(&duties, today),
        Form::Ics => render::ics(name, &duties, today),
        Form::Markdown => render::markdown(name, &duties, today),
    })
}

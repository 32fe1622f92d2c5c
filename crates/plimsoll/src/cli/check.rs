//! `plimsoll check`

use super::Ending;
use super::run::print;
use super::whose::Whole;
use crate::app::check::{Checked, check};
use crate::app::eval::Eval;
use crate::render::checks;

/// Exit code where something keeps the eval from deciding.
const UNFIT: u8 = 3;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll check examples/billing-support --as sarif > check.sarif")]
pub struct Args {
    #[command(flatten)]
    of: Whole,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Sarif,
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let checked: Checked = check(&eval)?;
    print(&match args.form {
        Form::Text => checks::text(&eval, &checked),
        Form::Json => checks::json(&eval, &checked),
        Form::Sarif => checks::sarif(&eval, &checked),
    })?;
    Ok(if checked.has_errors() { UNFIT } else { 0 })
}

//! `plimsoll review`

use super::Ending;
use super::run::print;
use crate::app::eval::Eval;
use crate::app::review::{Orders, calibrate};
use crate::render::review as render;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Measure a judge by people's labels, and keep what they show beside the contract
    Calibrate(Calibrate),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll review calibrate --labels labels.jsonl\n  \
                        plimsoll review calibrate evals/support --labels labels.jsonl --criterion grounded --expires 2027-01-31")]
struct Calibrate {
    /// The contract, or a folder with a plimsoll.yaml
    #[arg(default_value = ".")]
    contract: Utf8PathBuf,
    /// What people say of answers, in JSON lines
    #[arg(long, value_name = "FILE")]
    labels: Utf8PathBuf,
    /// One judged criterion; left out, every one that is labelled
    #[arg(long, value_name = "NAME")]
    criterion: Option<String>,
    /// The sealed run whose verdicts were labelled, by the beginning of its scores digest; left out, the last that was sealed
    #[arg(long, value_name = "DIGEST")]
    run: Option<String>,
    /// The last day on which the calibration holds; left out, in six months
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
}

pub fn main(args: Args) -> Ending {
    let What::Calibrate(args) = args.what;
    let eval = Eval::open(&args.contract)?;
    let orders = Orders {
        labels: &args.labels,
        criterion: args.criterion.as_deref(),
        run: args.run.as_deref(),
        expires: args.expires.as_deref(),
    };
    let found = calibrate(&eval, &orders)?;
    print(&match args.form {
        Form::Text => render::text(&found),
        Form::Json => render::json(&found),
    })?;
    Ok(0)
}

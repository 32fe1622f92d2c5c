//! `plimsoll review`

mod keys;
mod queue;
mod said;

use super::Ending;
use super::whose::{Shown, Whole};
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
    /// Fill a queue with answers of a run, to be labelled by several people who do not see which system answered
    Assign(queue::Assign),
    /// Show one item of a queue, and hold it for a while
    Next(queue::Next),
    /// Say what an item is; without an item, one after the other, a key each
    Label(queue::Label),
    /// How far people say the same, and who errs on gold
    Agree(said::Agree),
    /// What people are split on or doubt, and examples that they reported
    Disputes(said::Disputes),
    /// End a dispute: by somebody who neither labelled nor disputed the answer
    Settle(said::Settle),
    /// Let somebody outside the team look at answers on which people agreed; without --take, what was found
    Audit(said::Audit),
    /// The labels that a change of a rubric touches
    Labels(said::Labels),
    /// Bring labels in from a file: JSON lines, CSV or TSV
    Import(said::Import),
    /// Write labels out, in the same format
    Export(said::Export),
}

/// A part of a whole: `5%` or `0.05`.
fn share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(digits) => format!("{}e-2", digits.trim()).parse::<f64>(),
        None => text.parse::<f64>(),
    };
    let share = share.map_err(|_| "write it as 5% or 0.05".to_owned())?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err("it lies from 0 to below 1".to_owned()) }
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll review calibrate --labels labels.jsonl\n  \
                        plimsoll review calibrate evals/support --labels labels.jsonl \\\n    --criterion grounded --expires 2027-01-31")]
struct Calibrate {
    #[command(flatten)]
    of: Whole,
    /// What people say of answers: JSON lines, CSV or TSV
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
    #[command(flatten)]
    shown: Shown,
}

pub fn main(args: Args) -> Ending {
    match args.what {
        What::Calibrate(args) => calibrated(args),
        What::Assign(args) => queue::assigned(args),
        What::Next(args) => queue::shown(args),
        What::Label(args) => queue::labelled(args),
        What::Agree(args) => said::agreed(args),
        What::Disputes(args) => said::disputed(args),
        What::Settle(args) => said::settled(args),
        What::Audit(args) => said::audited(args),
        What::Labels(args) => said::touched(args),
        What::Import(args) => said::imported(args),
        What::Export(args) => said::exported(args),
    }
}

fn calibrated(args: Calibrate) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let orders = Orders {
        labels: &args.labels,
        criterion: args.criterion.as_deref(),
        run: args.run.as_deref(),
        expires: args.expires.as_deref(),
    };
    let found = calibrate(&eval, &orders)?;
    args.shown.print(|| render::text(&found), || render::json(&found))
}

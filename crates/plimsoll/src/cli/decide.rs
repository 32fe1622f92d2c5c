//! `plimsoll decide`

use super::Ending;
use super::run::{OrderArgs, Output, finish};
use super::whose::Whole;
use crate::app::eval::Eval;
use crate::app::import::scores::seal;
use crate::app::run::{decide, may_decide};
use crate::app::sealed::stored;
use crate::render::progress::Bar;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll decide examples/billing-support\n  \
                        plimsoll decide --run 3f9a --approve release \\\n    --reason 'the margin was mistyped'\n  \
                        plimsoll decide --scores scores.csv --as json")]
pub struct Args {
    #[command(flatten)]
    of: Whole,
    /// The sealed run to decide on, by the beginning of its scores digest; left out, the last that was sealed
    #[arg(long, value_name = "DIGEST", conflicts_with = "scores")]
    run: Option<String>,
    /// First bring these scores in, as `plimsoll import scores` does: a long table (CSV, TSV, JSON lines or Parquet)
    #[arg(long, value_name = "FILE")]
    scores: Option<Utf8PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    orders: OrderArgs,
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    may_decide(&eval)?;
    let mut bar = Bar::new();
    let sealed = match &args.scores {
        Some(file) => seal(&eval, file, &mut bar)?.sealed,
        None => stored(&eval, args.run.as_deref())?,
    };
    let (weighed, kept) = decide(&eval, &sealed, &args.orders.orders(), &mut bar)?;
    drop(bar);
    finish(&eval.state(), weighed.decision.outcome, &kept, &args.output)
}

//! `plimsoll decide`

use super::Ending;
use super::run::{OrderArgs, Output, finish};
use crate::app::eval::Eval;
use crate::app::imported::seal;
use crate::app::run::{decide, may_decide};
use crate::render::progress::Bar;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// The contract, or a folder with a plimsoll.yaml
    #[arg(default_value = ".")]
    contract: Utf8PathBuf,
    /// Scores as a long table (CSV, JSON lines or Parquet) that another harness made
    #[arg(long, value_name = "FILE")]
    scores: Utf8PathBuf,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    orders: OrderArgs,
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.contract)?;
    may_decide(&eval.contract)?;
    let mut bar = Bar::new();
    let sealed = seal(&eval, &args.scores, &mut bar)?;
    let (weighed, kept) = decide(&eval, &sealed, &args.orders.orders(), &mut bar)?;
    drop(bar);
    finish(&eval.state(), weighed.decision.outcome, &kept, &args.output)
}

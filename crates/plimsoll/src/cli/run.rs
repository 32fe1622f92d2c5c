//! `plimsoll run`

use super::show::{Form, render};
use super::whose::Whole;
use super::{Ending, Failure};
use crate::app::chain::Kept;
use crate::app::eval::Eval;
use crate::app::run::{Orders, run};
use crate::render::progress::Bar;
use camino::{Utf8Path, Utf8PathBuf};
use domain::name::OwnerRole;
use domain::routing::Outcome;
use std::io::{ErrorKind, Write};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll run examples/billing-support --author prompt --as markdown\n  \
                        plimsoll run --scores verdicts.csv")]
pub struct Args {
    #[command(flatten)]
    of: Whole,
    /// Grades of the criteria that say `grade: imported`: a long table (CSV, TSV, JSON lines or Parquet)
    #[arg(long, value_name = "FILE")]
    scores: Option<Utf8PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    orders: OrderArgs,
}

/// How the decision is shown.
#[derive(clap::Args)]
pub struct Output {
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
    /// Exit with 0 whatever the decision (it is printed that this was asked)
    #[arg(long)]
    exit_zero: bool,
}

/// Who decides, and on whose word.
#[derive(clap::Args)]
pub struct OrderArgs {
    /// Who runs this, as the record names them
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR", default_value = "unnamed")]
    author: String,
    /// A file with the author's Ed25519 private key (PKCS#8 PEM, or 64 hex digits); without it the record is shown as unsigned
    #[arg(long, value_name = "FILE")]
    key: Option<Utf8PathBuf>,
    /// An owner of the contract who approves that it changed after these scores were decided on
    #[arg(long, value_name = "ROLE", requires = "reason")]
    approve: Option<String>,
    /// Why the changed contract is approved
    #[arg(long)]
    reason: Option<String>,
    /// Threads that grade
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,
}

impl OrderArgs {
    pub fn orders(&self) -> Orders {
        let approval = self.approve.as_ref().zip(self.reason.as_ref());
        Orders {
            author: self.author.clone(),
            key: self.key.clone(),
            approval: approval.map(|(role, reason)| (OwnerRole::new(role), reason.clone())),
            threads: usize::from(self.threads),
        }
    }
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let mut bar = Bar::new();
    let (weighed, kept) = run(&eval, args.scores.as_deref(), &args.orders.orders(), &mut bar)?;
    drop(bar);
    finish(&eval.state(), weighed.decision.outcome, &kept, &args.output)
}

/// Prints the decision and ends with its code; a reader that left does not change it.
pub fn finish(state: &Utf8Path, outcome: Outcome, kept: &Kept, output: &Output) -> Ending {
    print(&render(state, kept, output.form)?)?;
    if output.exit_zero && outcome.exit_code() != 0 {
        let mut err = anstream::stderr().lock();
        let _ = writeln!(
            err,
            "note: exit code 0 was asked for with --exit-zero; the decision's own is {}",
            outcome.exit_code()
        );
        return Ok(0);
    }
    Ok(outcome.exit_code())
}

/// For verbs that print. A reader that left is no failure; output that is lost for another reason is.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::ours(
            format!("cannot write the output: {error}"),
            "make room where it is written to; what was recorded is shown again by `plimsoll show`",
        )),
        _ => Ok(()),
    }
}

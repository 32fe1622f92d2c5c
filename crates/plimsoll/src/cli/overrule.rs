//! `plimsoll override`

use super::Ending;
use super::run::print;
use crate::app::chain::Chain;
use crate::app::eval::state_beside;
use crate::app::overrule::{Overrule, overrule};
use crate::app::recorded;
use crate::render::read::{Shown, plain};
use crate::render::text;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll override latest --eval examples/billing-support --by release \\\n    --reason 'launch on the 1st' --scope task=cancellation --expires 2027-01-31"
)]
pub struct Args {
    /// The decision: its path, its id or the beginning of it, or `latest`
    record: String,
    /// The eval whose records are meant: a contract, or a folder with one
    #[arg(long, default_value = ".")]
    eval: Utf8PathBuf,
    /// An owner of the contract other than the run's author
    #[arg(long, value_name = "ROLE")]
    by: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// For which part of the traffic, for example `task=cancellation`
    #[arg(long)]
    scope: String,
    /// Last day, for example 2027-01-31
    #[arg(long, value_name = "DATE")]
    expires: String,
    /// A file with the owner's Ed25519 private key (PKCS#8 PEM, or 64 hex digits); without it the record is shown as unsigned
    #[arg(long, value_name = "FILE")]
    key: Option<Utf8PathBuf>,
}

pub fn main(args: Args) -> Ending {
    let state = state_beside(&args.eval);
    let of = Chain::beside(&args.eval).find(&args.record)?;
    let orders = Overrule { by: args.by, reason: args.reason, scope: args.scope, expires: args.expires, key: args.key };
    let kept = overrule(&state, &of, &orders)?;
    if let Some(note) = recorded::keep(&state, &kept) {
        anstream::eprintln!("note: {}", plain(&note));
    }
    print(&text::decision(&Shown::of(&kept)))?;
    Ok(0)
}

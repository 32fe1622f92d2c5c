//! `plimsoll verify`

use super::Ending;
use super::run::print;
use super::which::Which;
use crate::app::verify::verify;
use crate::render::read::plain;
use std::fmt::Write;

/// Exit code of a record that does not hold, or that cannot be derived again.
const UNVERIFIED: u8 = 3;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll verify latest --eval examples/billing-support")]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

pub fn main(args: Args) -> Ending {
    let kept = args.which.find()?;
    let verified = verify(&args.which.state(), &kept)?;
    let mut out = String::new();
    let word = match (verified.faults.is_empty(), verified.not_recomputable) {
        (false, _) => "DOES NOT HOLD",
        (true, true) => "NOT RECOMPUTABLE",
        (true, false) => "HOLDS",
    };
    let _ = writeln!(out, "{word}   record {}", kept.id());
    for fault in &verified.faults {
        let _ = writeln!(out, " wrong     {}", plain(fault));
    }
    for note in &verified.notes {
        let _ = writeln!(out, " checked   {}", plain(note));
    }
    for what in &verified.unproven {
        let _ = writeln!(out, " unproven  {}", plain(what));
    }
    print(&out)?;
    // Only what was derived again is vouched for.
    Ok(if word == "HOLDS" { 0 } else { UNVERIFIED })
}

//! `plimsoll import`

mod scores;

use super::Ending;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Seal scores that another harness made, so that `plimsoll decide` can decide on them
    Scores(scores::Args),
}

pub fn main(args: Args) -> Ending {
    match args.what {
        What::Scores(args) => scores::main(args),
    }
}

//! `plimsoll import`

mod examples;
mod incidents;
mod scores;
mod traffic;

use super::Ending;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Turn a table (CSV, TSV) into a file of examples, column by column
    Examples(examples::Args),
    /// Open incidents from case studies of failures that others had
    Incidents(incidents::Args),
    /// Seal scores that another harness made, so that `plimsoll decide` can decide on them
    Scores(scores::Args),
    /// Keep production's logs as traffic, redacted: OpenTelemetry (JSON, protobuf), or JSON lines with a mapping
    Traffic(traffic::Args),
}

pub fn main(args: Args) -> Ending {
    match args.what {
        What::Examples(args) => examples::main(args),
        What::Incidents(args) => incidents::main(args),
        What::Scores(args) => scores::main(args),
        What::Traffic(args) => traffic::main(args),
    }
}

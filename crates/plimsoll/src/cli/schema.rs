//! `plimsoll schema`

use super::Ending;
use super::run::print;
use domain::format::contract::SCHEMA;
use domain::format::{answers, examples, history, labels, outcomes, rubric, traffic};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll schema examples > plimsoll.examples.schema.json")]
pub struct Args {
    /// Which format; the schema is that of one line, but of a contract the whole, and of a rubric what stands in front
    #[arg(value_enum, default_value_t = Format::Contract)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Contract,
    Examples,
    Answers,
    Scores,
    Labels,
    Outcomes,
    Rubric,
    History,
    Traffic,
}

pub fn main(args: Args) -> Ending {
    let schema = match args.format {
        Format::Contract => {
            print(SCHEMA)?;
            return Ok(0);
        }
        Format::Examples => examples::json_schema(),
        Format::Answers => answers::json_schema(),
        Format::Scores => lake::scores_schema(),
        Format::Labels => labels::json_schema(),
        Format::Outcomes => outcomes::json_schema(),
        Format::Rubric => rubric::json_schema(),
        Format::History => history::json_schema(),
        Format::Traffic => traffic::json_schema(),
    };
    print(&format!("{schema:#}\n"))?;
    Ok(0)
}

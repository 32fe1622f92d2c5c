//! `plimsoll monitor`

use super::Ending;
use super::whose::Shown;
use crate::app::monitor::{Orders, monitor};
use crate::app::outcome::Column;
use crate::render::monitor as render;
use crate::render::progress::Bar;
use camino::Utf8PathBuf;
use domain::format::yaml::percent;
use domain::share::Share;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll monitor outcomes.jsonl --margin 0.05\n  \
                        plimsoll monitor outcomes.csv --eval evals/support --gate decides \\\n    --where task=refund-request")]
pub struct Args {
    /// What production did, one conversation a line, with `arm` and `conversation`: JSON lines, CSV or TSV
    file: Utf8PathBuf,
    /// The contract, or a folder with one; needed for `--gate`, and for the stage of the last decision
    #[arg(long, default_value = ".")]
    eval: Utf8PathBuf,
    /// The gate whose margin is followed, by its name or its criterion
    #[arg(long, value_name = "NAME")]
    gate: Option<String>,
    /// The metric, where the file tells several
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// How much worse than production is still accepted, in points of the rate: 5% or 0.05
    #[arg(long, value_name = "SHARE", value_parser = share)]
    margin: Option<Share>,
    /// One-sided error rate, for harm and for enough each; left out, the contract's with --gate, else 0.05
    #[arg(long, value_name = "SHARE", value_parser = share)]
    alpha: Option<Share>,
    /// The share of the traffic that production answers; left out, as the stage of the last decision says, else a half
    #[arg(long, value_name = "SHARE", value_parser = share)]
    production_share: Option<Share>,
    /// Only outcomes with this attribute
    #[arg(long = "where", value_name = "NAME=VALUE", value_parser = pair)]
    filter: Vec<(String, String)>,
    /// Of a table: the column that a field is from
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    columns: Vec<(String, String)>,
    #[command(flatten)]
    shown: Shown,
}

/// `5%` or `0.05`.
fn share(text: &str) -> Result<Share, String> {
    let value = percent(text).or_else(|| text.parse().ok()).ok_or("write it as 5% or 0.05")?;
    Share::new(value)
        .ok()
        .filter(|share| share.get() > 0.0 && share.get() < 1.0)
        .ok_or_else(|| "write a share above 0 and below 1".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub fn main(args: Args) -> Ending {
    let columns = args.columns.into_iter().map(|(field, column)| Column { field, column }).collect();
    let orders = Orders {
        file: args.file,
        columns,
        eval: args.eval,
        gate: args.gate,
        metric: args.metric,
        margin: args.margin,
        alpha: args.alpha,
        production_share: args.production_share,
        filter: args.filter,
    };
    let found = monitor(&orders, &mut Bar::new())?;
    args.shown.print(|| render::text(&found), || render::json(&found))
}

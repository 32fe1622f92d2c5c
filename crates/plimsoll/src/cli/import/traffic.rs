//! `plimsoll import traffic`

use crate::app::eval::Eval;
use crate::app::file;
use crate::app::import::traffic::{Made, Order, import};
use crate::cli::traffic::today;
use crate::cli::whose::Shown;
use crate::cli::{Ending, Failure};
use crate::render::progress::Bar;
use crate::render::read::plain;
use camino::{Utf8Path, Utf8PathBuf};
use domain::fault::Place;
use domain::format::mapping::{self, Mapping};
use jiff::civil::Date;
use serde_json::json;
use std::fmt::Write;

/// Bytes of a mapping.
const LONGEST: u64 = 1 << 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll import traffic traces.jsonl.gz --preview\n  \
                        plimsoll import traffic calls.jsonl --mapping calls.yaml\n\nSee docs/guides/traffic.md.")]
pub struct Args {
    /// Logs: OpenTelemetry as a collector writes it, or JSON lines with a mapping; `-` is standard input
    #[arg(required = true)]
    files: Vec<Utf8PathBuf>,
    /// The eval that the traffic is for: a contract, or a folder with one
    #[arg(long, alias = "contract", default_value = ".")]
    eval: Utf8PathBuf,
    /// What the keys of JSON lines mean: a YAML file with `map` and `set`, fields of docs/formats/traffic.md
    #[arg(long, value_name = "FILE")]
    mapping: Option<Utf8PathBuf>,
    /// Keep nothing; show what would be kept, and what would be hidden
    #[arg(long)]
    preview: bool,
    /// As if it were this day: that of requests whose log does not say theirs
    #[arg(long, value_name = "DATE", value_parser = crate::cli::window::date)]
    today: Option<Date>,
    #[command(flatten)]
    shown: Shown,
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.eval)?;
    let mapping = args.mapping.as_deref().map(mapping_of).transpose()?;
    let order = Order {
        files: &args.files,
        eval: &eval,
        mapping: mapping.as_ref().map(|(mapping, place)| (mapping, place.clone())),
        preview: args.preview,
        today: args.today.unwrap_or_else(today),
    };
    let mut bar = Bar::new();
    let made = import(&order, &mut bar)?;
    drop(bar);
    args.shown.print(|| text(&args, &made), || as_json(&args, &made))
}

fn mapping_of(path: &Utf8Path) -> Result<(Mapping, Place), Failure> {
    let text = file::text(path, LONGEST).map_err(|error| {
        Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions")
    })?;
    Ok((mapping::parse(path, &text)?, Place { file: path.to_owned(), line: 1, column: 1 }))
}

fn text(args: &Args, made: &Made) -> String {
    let mut out = String::new();
    let mut row = |label: &str, text: String| {
        let _ = writeln!(out, "{label:<10}{}", plain(&text));
    };
    if made.spans > 0 {
        row("spans", format!("{} read", made.spans));
    }
    row("requests", format!("{} read", made.requests));
    if made.before > 0 {
        row("", format!("{} were there before", made.before));
    }
    if made.twice > 0 {
        row("", format!("{} came twice", made.twice));
    }
    let (first, last) = (made.days.keys().next(), made.days.keys().next_back());
    let span = first.zip(last).map_or_else(String::new, |(first, last)| format!(", from {first} to {last}"));
    let days = if made.days.len() == 1 { "day" } else { "days" };
    let would = if args.preview { " would be," } else { "" };
    row("kept", format!("{}{would} on {} {days}{span}", made.kept, made.days.len()));
    if made.undated > 0 {
        row("", format!("{} do not say when they came in: kept under the day of their import", made.undated));
    }
    for (kind, hidden) in &made.hidden {
        let samples = if args.preview { format!(", as {}", hidden.samples.join("  ")) } else { String::new() };
        row("hidden", format!("{} of kind {kind}{samples}", hidden.count));
    }
    for left in &made.left_out.0 {
        row("left out", format!("{}: {}", left.count, left.what));
        row("", format!("first at {}", left.first_at()));
    }
    if args.preview {
        row("next", "nothing was kept; the same without `--preview` keeps it".to_owned());
    }
    out
}

fn as_json(args: &Args, made: &Made) -> String {
    let hidden: serde_json::Map<_, _> = made
        .hidden
        .iter()
        .map(|(kind, hidden)| (kind.clone(), json!({"count": hidden.count, "samples": hidden.samples})))
        .collect();
    let left_out: Vec<_> = made
        .left_out
        .0
        .iter()
        .map(|left| json!({"what": left.what, "count": left.count, "places": left.places}))
        .collect();
    let days: serde_json::Map<_, _> = made.days.iter().map(|(day, count)| (day.to_string(), (*count).into())).collect();
    let whole = json!({
        "preview": args.preview, "spans": made.spans, "requests": made.requests, "before": made.before,
        "twice": made.twice, "kept": made.kept,
        "days": days, "undated": made.undated, "hidden": hidden, "left_out": left_out,
    });
    format!("{whole:#}\n")
}

//! `plimsoll outcome`

use super::whose::{Acting, Shown, Whole};
use super::{Ending, Failure};
use crate::app::chain::Chain;
use crate::app::eval::state_beside;
use crate::app::outcome::traced::{self, Heard};
use crate::app::outcome::{Column, Laid, Releases, keep, told};
use crate::render::outcome as render;
use crate::render::progress::Bar;
use crate::render::read::{plain, plural};
use camino::{Utf8Path, Utf8PathBuf};
use domain::format::lines::LinePlace;
use domain::format::outcomes::parse;
use serde_json::json;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Keep what a file says of releases: JSON lines, CSV or TSV, or traces and logs of OpenTelemetry with a mapping
    Import(Import),
    /// Keep one outcome of a release
    Add(Add),
    /// What was told of each release
    List(List),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll outcome import outcomes.jsonl\n  \
                        plimsoll outcome import tickets.csv --map at=closed_at --map metric=kind \\\n    --eval evals/support\n  \
                        plimsoll outcome import feedback.jsonl.gz --mapping feedback.yaml \\\n    --record latest")]
struct Import {
    /// The file; `docs/formats/outcomes.md` says what a line holds. With `--mapping`, `-` is standard input
    file: Utf8PathBuf,
    /// Of a table: the column that a field is from
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = column)]
    columns: Vec<Column>,
    /// Of OpenTelemetry: a YAML file that says which evaluations and attributes are outcomes
    #[arg(long, value_name = "FILE", conflicts_with = "columns")]
    mapping: Option<Utf8PathBuf>,
    /// The decision that outcomes came after which name no release: its id, the beginning of it, or `latest`
    #[arg(long, value_name = "RECORD")]
    record: Option<String>,
    #[command(flatten)]
    who: Who,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll outcome add latest --metric reopened --count 7 --of 120 \\\n    --at 2026-11-20 --by release"
)]
struct Add {
    /// The decision: its id, the beginning of it, or `latest`
    record: String,
    /// resolved, reopened, refunded, escalated, thumbs, ticket, rollback, or a name of your own
    #[arg(long)]
    metric: String,
    /// How many of `--of`
    #[arg(long, requires = "n", conflicts_with = "value")]
    count: Option<u64>,
    /// Of how many
    #[arg(long = "of", value_name = "N", requires = "count")]
    n: Option<u64>,
    /// One value from 0 to 1, instead of a count
    #[arg(long)]
    value: Option<f64>,
    /// The day or the instant; left out, today
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
    /// The criterion that foretells the metric
    #[arg(long, value_name = "NAME")]
    criterion: Option<String>,
    /// The segment that it was seen in
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
    /// The incident that it is part of
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// Of a metric of your own: which way is better
    #[arg(long, value_parser = ["higher", "lower"])]
    better: Option<String>,
    #[command(flatten)]
    who: Who,
}

#[derive(clap::Args)]
struct Who {
    #[command(flatten)]
    acting: Acting,
    /// Why, or from where
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll outcome list --as json")]
struct List {
    #[command(flatten)]
    of: Whole,
    #[command(flatten)]
    shown: Shown,
}

/// `FIELD=COLUMN`
fn column(text: &str) -> Result<Column, String> {
    let (field, column) = text.split_once('=').ok_or("write FIELD=COLUMN")?;
    Ok(Column { field: field.to_owned(), column: column.to_owned() })
}

pub fn main(args: Args) -> Ending {
    match args.what {
        What::Import(args) => import(args),
        What::Add(args) => add(args),
        What::List(args) => {
            let told = told(&state_beside(&args.of.eval))?;
            args.shown.print(|| render::text(&told), || render::json(&told))
        }
    }
}

fn import(args: Import) -> Ending {
    let state = state_beside(&args.who.acting.eval);
    let releases = Releases::of(&Chain::beside(&args.who.acting.eval), args.record.as_deref())?;
    let laid = match &args.mapping {
        Some(mapping) => Laid::of_heard(&heard(&args.file, mapping)?, &releases)?,
        None => Laid::of_file(&args.file, &args.columns, &releases, &mut Bar::new())?,
    };
    kept(&state, &releases, laid, &args.who)
}

/// Keeps what was laid at its releases, and says so.
fn kept(state: &Utf8Path, releases: &Releases, laid: Laid, who: &Who) -> Ending {
    let notes = laid.notes();
    let done = keep(state, releases, laid.placed, &who.acting.by, who.why.as_deref())?;
    notes.iter().for_each(|note| anstream::eprintln!("note: {}", plain(note)));
    anstream::eprintln!("{} kept, {} known already", plural(done.kept as u64, "outcome"), done.known);
    Ok(0)
}

/// What traces and logs say; what was left out is told.
fn heard(file: &Utf8Path, mapping: &Utf8Path) -> Result<Heard, Failure> {
    let mut bar = Bar::new();
    let heard = traced::read(file, mapping, &mut bar)?;
    drop(bar);
    anstream::eprintln!("spans and records read: {}", heard.read);
    for left in &heard.left_out.0 {
        anstream::eprintln!("left out {}: {}", left.count, plain(&left.what));
        anstream::eprintln!("         first at {}", plain(&left.first_at()));
    }
    Ok(heard)
}

fn add(args: Add) -> Ending {
    let state = state_beside(&args.who.acting.eval);
    let record = Chain::beside(&args.who.acting.eval).find(&args.record)?;
    let mut line = json!({
        "record": record.id(),
        "at": args.at.unwrap_or_else(crate::app::judges::today),
        "metric": args.metric,
        "better": args.better,
        "criterion": args.criterion,
        "segment": args.segment,
        "incident": args.incident,
        "n": args.n,
        "count": args.count,
        "value": args.value,
    });
    if let Some(fields) = line.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    let place = LinePlace { file: Utf8Path::new("what was given"), line: 1 };
    let outcome = parse(place, &line.to_string())?
        .ok_or_else(|| Failure::yours("nothing is said", "give `--count` and `--of`"))?;
    let releases = Releases::of(&Chain::at(&state), None)?;
    let laid = Laid::of_one(outcome, &releases)?;
    kept(&state, &releases, laid, &args.who)
}

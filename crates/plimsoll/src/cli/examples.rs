//! `plimsoll examples`

mod waiting;
mod retire;

use super::Ending;
use super::whose::{Form, Shown, Whole, Within};
use crate::app::eval::Eval;
use crate::app::examples::list::{Filter, list};
use crate::app::examples::show::show;
use crate::app::examples::stats::stats;
use crate::render::examples::{list_json, list_text, show_json, show_text, stats_json, stats_text};
use domain::provenance::SourceKind;
use domain::reference_set::RowState;
use std::io::{BufWriter, Write};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Examples in the set's order, all or those asked for
    List(ListArgs),
    /// Everything about one example
    Show(ShowArgs),
    /// What the set is made of, what of it counts, and what is due
    Stats(StatsArgs),
    /// Draw from traffic by the contract's rules, and propose what was drawn
    Sample(waiting::SampleArgs),
    /// What waits to be accepted, with what is nearly the same beside it
    Proposals(waiting::ProposalsArgs),
    /// Make proposals part of the reference set
    Accept(waiting::AcceptArgs),
    /// Turn proposals down
    Decline(waiting::DeclineArgs),
    /// Which examples may no longer serve, and why; `--decide` asks of each
    Retirements(retire::Retirements),
    /// Retire examples: they stay in the history, and are asked no more
    Retire(retire::Retire),
    /// Turn down a proposal to retire an example
    Keep(retire::Keep),
    /// Put off the question whether to retire an example
    Postpone(retire::Postpone),
    /// Say that the product does otherwise now than an example expects
    Mark(retire::Why),
    /// Take an example out while its label is disputed or its policy unsettled
    Quarantine(retire::Why),
    /// Make an example active: accept a proposal, or end a quarantine
    Activate(retire::Activate),
    /// Propose examples whose home is the catalog
    Add(retire::Add),
    /// What was said of an example: who, when, why
    History(retire::History),
}

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll examples list examples/billing-support --source incident \\\n    --segment risk=high"
)]
struct ListArgs {
    #[command(flatten)]
    of: Whole,
    /// Of this task; of several, any
    #[arg(long)]
    task: Vec<String>,
    /// From this source; of several, any
    #[arg(long, value_enum)]
    source: Vec<Source>,
    /// In this state; of several, any
    #[arg(long, value_enum)]
    status: Vec<Status>,
    /// In this segment: its name, or `attribute=value`; of several, in all
    #[arg(long)]
    segment: Vec<String>,
    /// With all these words in what is asked or expected
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Examples to show [default: 100, as JSON all]
    #[arg(long)]
    most: Option<usize>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll examples show incident-00 --eval examples/billing-support")]
struct ShowArgs {
    /// Its id, or the beginning of it
    id: String,
    #[command(flatten)]
    of: Within,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll examples stats examples/billing-support")]
struct StatsArgs {
    #[command(flatten)]
    of: Whole,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Source {
    Traffic,
    Incident,
    EdgeCase,
    PolicyCase,
    Synthetic,
    Demo,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Status {
    Active,
    Proposed,
    Quarantined,
    Retired,
}

pub fn main(args: Args) -> Ending {
    match args.what {
        What::List(args) => listed(args),
        What::Retirements(args) => retire::retirements(args),
        What::Retire(args) => retire::retired(args),
        What::Keep(args) => retire::kept(args),
        What::Postpone(args) => retire::postponed(args),
        What::Mark(args) => retire::marked(args),
        What::Quarantine(args) => retire::quarantined(args),
        What::Activate(args) => retire::activated(args),
        What::Add(args) => retire::added(args),
        What::History(args) => retire::told(args),
        What::Show(args) => {
            let shown = show(&Eval::open(&args.of.eval)?, &args.id)?;
            args.shown.print(|| show_text(&shown), || show_json(&shown))
        }
        What::Sample(args) => waiting::sampled(args),
        What::Proposals(args) => waiting::listed(args),
        What::Accept(args) => waiting::accepted(args),
        What::Decline(args) => waiting::declined(args),
        What::Stats(args) => {
            let eval = Eval::open(&args.of.eval)?;
            let stats = stats(&eval)?;
            args.shown.print(|| stats_text(&eval.contract.name, &stats), || stats_json(&eval.contract.name, &stats))
        }
    }
}

fn listed(args: ListArgs) -> Ending {
    const MOST: usize = 100;
    let filter = Filter {
        tasks: args.task,
        sources: args.source.into_iter().map(source_of).collect(),
        states: args.status.into_iter().map(state_of).collect(),
        segments: args.segment,
        text: args.text,
    };
    let listed = list(&Eval::open(&args.of.eval)?, &filter)?;
    // A reader that left wants no more.
    let _ = match args.shown.form {
        Form::Text => list_text(&listed, args.most.unwrap_or(MOST), &mut anstream::stdout().lock()),
        Form::Json => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            list_json(&listed, args.most, &mut out).and_then(|()| out.flush())
        }
    };
    Ok(0)
}

fn source_of(source: Source) -> Option<SourceKind> {
    match source {
        Source::Traffic => Some(SourceKind::Traffic),
        Source::Incident => Some(SourceKind::Incident),
        Source::EdgeCase => Some(SourceKind::EdgeCase),
        Source::PolicyCase => Some(SourceKind::PolicyCase),
        Source::Synthetic => Some(SourceKind::Synthetic),
        Source::Demo => Some(SourceKind::Demo),
        Source::Unknown => None,
    }
}

fn state_of(status: Status) -> RowState {
    match status {
        Status::Active => RowState::Active,
        Status::Proposed => RowState::Proposed,
        Status::Quarantined => RowState::Quarantined,
        Status::Retired => RowState::Retired,
    }
}

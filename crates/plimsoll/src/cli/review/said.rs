//! `plimsoll review agree|disputes|settle|audit|labels|import|export`

use super::share;
use crate::app::eval::Eval;
use crate::app::review::desk::{Sitting, now};
use crate::app::review::settle::{End, audit, audited as found, disputes, settle, touched as touches};
use crate::app::review::{agree, exchange};
use crate::cli::run::print;
use crate::cli::whose::{Acting, Shown, Within};
use crate::cli::{Ending, Failure};
use crate::render::read::{json_text, plain, plural};
use crate::render::review::{agree as render, item};
use camino::Utf8PathBuf;
use domain::review::Says;
use serde_json::json;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plimsoll review agree june --at-most 10%\n  plimsoll review agree --labels labels.jsonl --as json"
)]
pub struct Agree {
    /// The labels of this queue; left out, of all
    #[arg(conflicts_with = "labels")]
    queue: Option<String>,
    /// The labels of a file, without any eval
    #[arg(long, value_name = "FILE")]
    labels: Option<Utf8PathBuf>,
    /// Only labels on this criterion
    #[arg(long, value_name = "NAME")]
    criterion: Option<String>,
    /// Disagreement that is accepted: above it, what to do is told, with the items that show it; left out, as the contract's gate says
    #[arg(long, value_name = "SHARE", value_parser = share)]
    at_most: Option<f64>,
    #[command(flatten)]
    of: Within,
    #[command(flatten)]
    shown: Shown,
}

pub fn agreed(args: Agree) -> Ending {
    let criterion = args.criterion.as_deref();
    let found = match &args.labels {
        Some(file) => agree::of_file(file, criterion, args.at_most)?,
        None => agree::of_queue(&Eval::open(&args.of.eval)?, args.queue.as_deref(), criterion, args.at_most)?,
    };
    args.shown.print(|| render::text(&found), || render::json(&found))
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll review disputes --criterion kind")]
pub struct Disputes {
    /// Only of this criterion
    #[arg(long, value_name = "NAME")]
    criterion: Option<String>,
    #[command(flatten)]
    of: Within,
    #[command(flatten)]
    shown: Shown,
}

pub fn disputed(args: Disputes) -> Ending {
    let waiting = disputes(&Eval::open(&args.of.eval)?, args.criterion.as_deref())?;
    args.shown.print(|| render::disputes_text(&waiting), || render::disputes_json(&waiting))
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plimsoll review settle refund-017/v2/0/grounded fail \\\n    --why \"section 4 says so\" --by policy\n  \
                        plimsoll review settle refund-017/v2/0/grounded --quarantine \\\n    --why \"the policy is open\" --by policy"
)]
pub struct Settle {
    /// The item, as `review disputes` names it
    item: String,
    /// What the answer is labelled from now on
    #[arg(value_enum, required_unless_present = "quarantine", conflicts_with = "quarantine")]
    says: Option<Verdict>,
    /// Take the example out of the set, until it is mended
    #[arg(long)]
    quarantine: bool,
    /// The reason, which stays with it
    #[arg(long, value_name = "REASON")]
    why: String,
    /// Who settles it
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR")]
    by: String,
    #[command(flatten)]
    of: Within,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Verdict {
    Pass,
    Fail,
}

pub fn settled(args: Settle) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let (end, told) = match args.says {
        Some(Verdict::Pass) => (End::Says(Says::Pass), "pass"),
        Some(Verdict::Fail) => (End::Says(Says::Fail), "fail"),
        None => (End::Quarantine, "its example is quarantined"),
    };
    let at = now(None)?;
    let key = settle(&eval, &args.item, end, &args.why, Sitting { by: &args.by, now: &at })?;
    print(&format!("settled {}: {told}\n", plain(&key.to_string())))?;
    Ok(0)
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plimsoll review audit june --take 30 --by auditor\n  plimsoll review next june-audit --by auditor\n  \
                        plimsoll review audit june"
)]
pub struct Audit {
    /// The queue whose labels are looked at
    queue: String,
    /// Draw so many answers on which people agreed
    #[arg(long, value_name = "N", requires = "by")]
    take: Option<usize>,
    /// What the draw comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Who audits: nobody who labelled in the queue
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR")]
    by: Option<String>,
    #[command(flatten)]
    of: Within,
    #[command(flatten)]
    shown: Shown,
}

pub fn audited(args: Audit) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let Some((take, by)) = args.take.zip(args.by.as_deref()) else {
        let found = found(&eval, &args.queue)?;
        return args.shown.print(|| render::audited_text(&found), || render::audited_json(&found));
    };
    let at = now(None)?;
    let done = audit(&eval, &args.queue, take, args.seed, Sitting { by, now: &at })?;
    args.shown.print(|| item::assigned_text(&done), || item::assigned_json(&done))
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll review labels --rubric rubrics/kind.md")]
pub struct Labels {
    /// The rubric as it is now, from the eval's folder
    #[arg(long, value_name = "FILE")]
    rubric: Utf8PathBuf,
    #[command(flatten)]
    of: Within,
    #[command(flatten)]
    shown: Shown,
}

pub fn touched(args: Labels) -> Ending {
    let touched = touches(&Eval::open(&args.of.eval)?, &args.rubric)?;
    args.shown.print(|| render::touched_text(&touched), || render::touched_json(&touched))
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll review import labels.csv --by policy")]
pub struct Import {
    /// Labels: .jsonl, .csv or .tsv
    file: Utf8PathBuf,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    shown: Shown,
}

pub fn imported(args: Import) -> Ending {
    let at = now(None)?;
    let brought =
        exchange::import(&Eval::open(&args.acting.eval)?, &args.file, Sitting { by: &args.acting.by, now: &at })?;
    args.shown.print(
        || format!("{} brought in; {} were there already\n", plural(brought.labels as u64, "label"), brought.there),
        || json_text(&json!({"labels": brought.labels, "there": brought.there})),
    )
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll review export june --as csv")]
pub struct Export {
    /// The labels of this queue; left out, all
    queue: Option<String>,
    #[command(flatten)]
    of: Within,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Written::Jsonl)]
    form: Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Written {
    Jsonl,
    Csv,
}

pub fn exported(args: Export) -> Ending {
    let exchange::Exported { labels, open } = exchange::export(&Eval::open(&args.of.eval)?, args.queue.as_deref())?;
    for queue in open {
        anstream::eprintln!(
            "note: the queue `{}` is open: `sample` is left out of its labels, so that gold is not told from the others; export it again before a judge is calibrated by it",
            plain(&queue)
        );
    }
    if labels.is_empty() {
        return Err(Failure::yours("there are no labels", "label answers first, or bring labels in"));
    }
    let text = match args.form {
        Written::Jsonl => exchange::lines(&labels),
        Written::Csv => exchange::table(&labels)?,
    };
    // Written as it is: what reads it is a program.
    std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes()).map_err(|error| {
        Failure::ours(format!("cannot write the output: {error}"), "make room where it is written to")
    })?;
    Ok(0)
}

//! `plimsoll review assign|next|label`

use super::{keys, share};
use crate::app::eval::Eval;
use crate::app::review::assign::{Chosen, Orders, assign};
use crate::app::review::desk::{Sitting, now};
use crate::app::review::say::{self, Word, say};
use crate::app::review::session::Session;
use crate::cli::whose::{Shown, Within};
use crate::cli::{Ending, Failure};
use crate::render::review::item as render;
use camino::Utf8PathBuf;
use domain::review::{Complaint, Says};
use domain::system::Arm;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plimsoll review assign june --purpose label --criterion grounded \\\n    --take 60 --by keeper\n  \
                        plimsoll review assign judge --purpose calibrate --criterion grounded \\\n    --take 100 --gold gold.jsonl"
)]
pub struct Assign {
    /// The queue's name; a new one is opened
    queue: String,
    #[command(flatten)]
    of: Within,
    /// What the labels are for
    #[arg(long, value_enum)]
    purpose: Purpose,
    /// What the answers are looked at for
    #[arg(long, value_name = "NAME")]
    criterion: String,
    /// The rubric that answers are held against, from the eval's folder; left out, the criterion's own
    #[arg(long, value_name = "FILE")]
    rubric: Option<Utf8PathBuf>,
    /// The sealed run whose answers are labelled, by the beginning of its scores digest; left out, the last that was sealed
    #[arg(long, value_name = "DIGEST")]
    run: Option<String>,
    /// Only answers of this arm
    #[arg(long, value_enum, value_name = "ARM")]
    system: Option<System>,
    /// So many answers, drawn by the seed
    #[arg(long, value_name = "N", group = "chosen")]
    take: Option<usize>,
    /// Every answer that fits
    #[arg(long, group = "chosen")]
    all: bool,
    /// The answers to these examples: a file of ids, one a line
    #[arg(long, value_name = "FILE", group = "chosen")]
    examples: Option<Utf8PathBuf>,
    /// Labels of different people that each answer gets
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    overlap: u32,
    /// What draws and orders come from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Labels that are known to be right, in the format of labels
    #[arg(long, value_name = "FILE")]
    gold: Option<Utf8PathBuf>,
    /// The part of the queue that is gold
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    gold_rate: f64,
    /// How long somebody holds an item that they were shown: 30min, 2h
    #[arg(long, value_name = "TIME", default_value = "30min", value_parser = seconds)]
    hold: u64,
    /// Who fills the queue
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR", default_value = "unnamed")]
    by: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Purpose {
    /// Labels that a judge is measured by
    Calibrate,
    /// Labels of what no grader settles
    Label,
    /// A second look at what people are split on
    Settle,
    /// A look from outside at what people agree on
    Audit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum System {
    Candidate,
    Production,
    Fallback,
}

fn seconds(text: &str) -> Result<u64, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "write it as 30min or 2h".to_owned())?;
    u64::try_from(span.as_secs()).ok().filter(|seconds| *seconds > 0).ok_or_else(|| "it takes some time".to_owned())
}

pub fn assigned(args: Assign) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let chosen = match (args.take, &args.examples) {
        (Some(many), _) => Chosen::Take(many),
        (None, Some(file)) => Chosen::Of(file),
        (None, None) if args.all => Chosen::All,
        (None, None) => {
            return Err(Failure::yours("how many answers is not said", "give --take N, --all or --examples FILE"));
        }
    };
    let orders = Orders {
        queue: &args.queue,
        purpose: match args.purpose {
            Purpose::Calibrate => domain::review::Purpose::Calibrate,
            Purpose::Label => domain::review::Purpose::Label,
            Purpose::Settle => domain::review::Purpose::Settle,
            Purpose::Audit => domain::review::Purpose::Audit,
        },
        criterion: &args.criterion,
        run: args.run.as_deref(),
        system: args.system.map(|system| match system {
            System::Candidate => Arm::Candidate,
            System::Production => Arm::Production,
            System::Fallback => Arm::Fallback,
        }),
        chosen,
        overlap: args.overlap,
        seed: args.seed,
        gold: args.gold.as_deref(),
        gold_rate: args.gold_rate,
        hold_s: args.hold,
        rubric: args.rubric.as_deref(),
        by: &args.by,
        within: None,
    };
    let done = assign(&eval, &orders)?;
    args.shown.print(|| render::assigned_text(&done), || render::assigned_json(&done))
}

/// Who labels, where and when.
#[derive(clap::Args)]
struct Reviewer {
    #[command(flatten)]
    of: Within,
    /// Who labels
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR")]
    by: String,
    /// As if it were this instant: 2026-11-01T08:00:00Z; left out, now
    #[arg(long, value_name = "INSTANT")]
    now: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll review next june --by reviewer-1")]
pub struct Next {
    /// The queue, as `review assign` named it
    queue: String,
    #[command(flatten)]
    who: Reviewer,
}

pub fn shown(args: Next) -> Ending {
    let eval = Eval::open(&args.who.of.eval)?;
    let now = now(args.who.now.as_deref())?;
    let next = Session::begin(&eval, &args.queue, &args.who.by)?.next(&now)?;
    args.who.shown.print(|| render::next_text(&next), || render::next_json(&next))
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plimsoll review label june 3f9a0c77b1e2 fail --note \"cites an invoice\" \\\n    --by reviewer-1\n  \
                        plimsoll review label june --by reviewer-1"
)]
pub struct Label {
    /// The queue, as `review assign` named it
    queue: String,
    /// The item, as `review next` names it; left out, one after the other
    #[arg(requires = "word")]
    item: Option<String>,
    /// What is said of the item
    #[arg(value_enum)]
    word: Option<Said>,
    /// What should be known of this verdict
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Why, where something is disputed or reported
    #[arg(long, value_name = "REASON")]
    why: Option<String>,
    #[command(flatten)]
    who: Reviewer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Said {
    Pass,
    Fail,
    CannotTell,
    /// The example is wrong: what it asks or expects
    Wrong,
    /// The example is stale: what it is about is no longer so
    Stale,
    /// The label is in doubt, with the reason
    Dispute,
    /// Take back what you said of it last
    Undo,
}

pub fn labelled(args: Label) -> Ending {
    let eval = Eval::open(&args.who.of.eval)?;
    let (Some(item), Some(word)) = (&args.item, args.word) else {
        keys::session(&eval, &args.queue, &args.who.by, args.who.now.as_deref())?;
        return Ok(0);
    };
    let note = args.note.as_deref();
    let why = args.why.as_deref().or(note);
    let word = match word {
        Said::Pass => Word::Says { says: Says::Pass, note },
        Said::Fail => Word::Says { says: Says::Fail, note },
        Said::CannotTell => Word::Says { says: Says::CannotTell, note },
        Said::Wrong => Word::Reports { complaint: Complaint::Wrong, why },
        Said::Stale => Word::Reports { complaint: Complaint::Stale, why },
        Said::Undo => Word::Undoes,
        Said::Dispute => match why {
            Some(why) => Word::Disputes { why },
            None => return Err(Failure::yours("a dispute has a reason", "say it with --why")),
        },
    };
    let now = now(args.who.now.as_deref())?;
    let kept: say::Kept = say(&eval, &args.queue, item, word, Sitting { by: &args.who.by, now: &now })?;
    args.who.shown.print(|| render::kept_text(&kept), || render::kept_json(&kept))
}

//! `plimsoll examples sample`, `proposals`, `accept` and `decline`

use crate::app::eval::Eval;
use crate::app::examples::proposals::{Accepting, accept, decline, proposals};
use crate::app::examples::sample::{Orders, sample};
use crate::cli::whose::{Acting, Shown, Whole};
use crate::cli::window::Span;
use crate::cli::{Ending, Failure};
use crate::render::examples::{proposals_json, proposals_text, sample_json, sample_text};
use serde_json::json;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll examples sample --window 2026-10-01..2026-10-31 --rule weekly \\\n    --preview"
)]
pub struct SampleArgs {
    #[command(flatten)]
    of: Whole,
    /// Only this rule of the contract's `sampling`; left out, all of them together
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    #[command(flatten)]
    span: Span,
    /// What chance starts from: the same seed draws the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Who draws
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR", default_value = "unnamed")]
    by: String,
    /// Show what would be drawn, and propose nothing
    #[arg(long)]
    preview: bool,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll examples proposals examples/billing-support")]
pub struct ProposalsArgs {
    #[command(flatten)]
    of: Whole,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  plimsoll examples accept --all-without-duplicates --by reviewer-1\n  \
                        plimsoll examples accept --task refund-request \\\n    --expected '{\"behaviour\": \"escalate\"}' --by policy\n  \
                        plimsoll examples accept incident-late \\\n    --expected '{\"behaviour\": \"escalate\"}' --why 'it said nothing' --by policy")]
pub struct AcceptArgs {
    /// Ids of proposals
    #[arg(required_unless_present_any = ["all_without_duplicates", "task"])]
    ids: Vec<String>,
    /// All of this task
    #[arg(long, conflicts_with = "ids")]
    task: Option<String>,
    /// What a right answer to them does and says: an example's `expected`, as JSON. With it also an example that was accepted before is named:
    /// what is expected of it is mended, and the history keeps what was
    #[arg(long, value_name = "JSON")]
    expected: Option<String>,
    /// All that no example and no earlier proposal is like
    #[arg(long, conflicts_with = "ids")]
    all_without_duplicates: bool,
    #[command(flatten)]
    acting: Acting,
    /// Why
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll examples decline traffic-00c1 --why 'the same as refund-017' \\\n    --by reviewer-1"
)]
pub struct DeclineArgs {
    /// Ids of proposals
    #[arg(required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    acting: Acting,
    /// Why
    #[arg(long)]
    why: String,
    #[command(flatten)]
    shown: Shown,
}

pub fn sampled(args: SampleArgs) -> Ending {
    let orders =
        Orders { rule: args.rule, window: args.span.window()?, seed: args.seed, by: args.by, preview: args.preview };
    let sampled = sample(&Eval::open(&args.of.eval)?, &orders)?;
    args.shown.print(|| sample_text(&sampled), || sample_json(&sampled))
}

pub fn listed(args: ProposalsArgs) -> Ending {
    let waiting = proposals(&Eval::open(&args.of.eval)?)?;
    args.shown.print(|| proposals_text(&waiting), || proposals_json(&waiting))
}

pub fn accepted(args: AcceptArgs) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    let expected = args.expected.as_deref().map(serde_json::from_str).transpose().map_err(|error| {
        Failure::yours(format!("`--expected` is not JSON: {error}"), r#"write it as {"behaviour": "escalate"}"#)
    })?;
    let accepting = Accepting {
        ids: &args.ids,
        without_duplicates: args.all_without_duplicates,
        task: args.task.as_deref(),
        expected: expected.as_ref(),
        by: &args.acting.by,
        why: args.why.as_deref(),
    };
    let done = accept(&eval, &accepting)?;
    let mended = match done.mended.len() {
        0 => String::new(),
        1 => format!("what is expected of 1 example is mended\n{}", by_line(&done.mended)),
        many => format!("what is expected of {many} examples is mended\n{}", by_line(&done.mended)),
    };
    let accepted = if done.accepted.is_empty() && !mended.is_empty() {
        String::new()
    } else {
        counted("accepted", &done.accepted)
    };
    let left = match done.left.len() {
        0 => String::new(),
        count => {
            let they = if count == 1 {
                "1 proposal is left, which stands".to_owned()
            } else {
                format!("{count} proposals are left, which stand")
            };
            let why = "what is expected is written there, and what was only to be replaced is taken out there";
            format!("{they} in a file of examples: {why}\n{}", by_line(&done.left))
        }
    };
    args.shown.print(
        || accepted + &mended + &left,
        || {
            let done = json!({"accepted": done.accepted, "mended": done.mended, "left": done.left});
            crate::render::read::json_text(&done)
        },
    )
}

pub fn declined(args: DeclineArgs) -> Ending {
    if args.why.trim().is_empty() {
        return Err(Failure::yours("`--why` is empty", "say why these do not belong in the set"));
    }
    let ids = decline(&Eval::open(&args.acting.eval)?, &args.ids, &args.acting.by, &args.why)?;
    told("declined", &ids, &args.shown)
}

fn told(what: &str, ids: &[String], shown: &Shown) -> Ending {
    shown.print(|| counted(what, ids), || crate::render::read::json_text(&json!({ what: ids })))
}

fn counted(what: &str, ids: &[String]) -> String {
    let noun = if ids.len() == 1 { "proposal" } else { "proposals" };
    format!("{} {noun} {what}\n{}", ids.len(), by_line(ids))
}

fn by_line(ids: &[String]) -> String {
    ids.iter().map(|id| format!("  {}\n", crate::render::read::plain(id))).collect()
}

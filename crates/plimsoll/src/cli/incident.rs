//! `plimsoll incident`

use super::whose::{Acting, Form, Shown, Within};
use super::{Ending, Failure};
use crate::app::eval::Eval;
use crate::app::file;
use crate::app::incident::again::Given;
use crate::app::incident::close::close;
use crate::app::incident::cover::cover;
use crate::app::incident::link::{link, reopen};
use crate::app::incident::list::{Wanted, list, show};
use crate::app::incident::open::{Failed, Request, open};
use crate::app::kept::By;
use crate::render::incident as render;
use crate::render::progress::Bar;
use crate::render::read::json_text;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

/// Bytes of a request or an answer in a file.
const LONGEST: u64 = 16 << 20;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Say that something failed in production; its request becomes a proposed example that guards
    Open(Box<Open>),
    /// Link an example that stands for it, or a decision that let it through
    Link(Link),
    /// Say that it is covered: an active example stands for it, and a gate sees that example
    Cover(Cover),
    /// Close it, where a gate would now block the release that caused it: that release is decided again
    Close(Close),
    /// Say that it came back
    Reopen(Reopen),
    /// How incidents stand, and which are overdue
    List(List),
    /// Everything about one
    Show(Show),
}

/// Why somebody says so, where that is more than what the command says.
#[derive(clap::Args)]
struct Reason {
    /// The reason, which stays in the history
    #[arg(long)]
    why: Option<String>,
}

fn by<'a>(acting: &'a Acting, reason: &'a Reason) -> By<'a> {
    By { author: &acting.by, why: reason.why.as_deref() }
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plimsoll incident open double-refund --class unsafe_tool_action \\\n    --task refund-request \\\n    \
                  --what 'refunded twice' --input 'Please refund the second charge.' \\\n    --answer 'Both are refunded.'\n  \
                  plimsoll incident open --class missing_source --what 'no source' \\\n    --trace 5b8aa5a2d2c872e8321cf37308d69df2\n  \
                  plimsoll incident open --class wrong_source --what 'cited an old policy' \\\n    --example line.json --answer @answer.json"
)]
struct Open {
    /// What it is called for ever; left out, `incident-` and the next number
    id: Option<String>,
    /// Why it failed: a failure class of the contract, or a built-in one
    #[arg(long)]
    class: String,
    /// What happened, in a sentence
    #[arg(long)]
    what: String,
    /// A few words that it is known by
    #[arg(long)]
    name: Option<String>,
    /// What it cost; left out, as the contract prices the class
    #[arg(long)]
    cost: Option<f64>,
    /// The role that owns it; left out, whoever owns the class
    #[arg(long, value_name = "ROLE")]
    owner: Option<String>,
    /// The trace of the request that failed, or what traffic calls the request: what was asked and answered is taken from traffic, unless given
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// When it happened, a day or an instant; left out, when the request of the trace came in, else now
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// The contract's task that it belongs to
    #[arg(long)]
    task: Option<String>,
    /// An attribute of the request, such as `risk=high`
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    /// A decision that let it through; left out, the last one before it happened that sent such requests to the candidate
    #[arg(long = "decision", value_name = "RECORD")]
    decisions: Vec<String>,
    /// What was asked: a text, or `@FILE` with a text or an example's `input` as JSON
    #[arg(long, value_name = "TEXT|@FILE", conflicts_with = "example")]
    input: Option<String>,
    /// A file with a whole line of examples
    #[arg(long, value_name = "FILE")]
    example: Option<Utf8PathBuf>,
    /// What a right answer does and says: an example's `expected`, as JSON or `@FILE`
    #[arg(long, value_name = "JSON|@FILE")]
    expected: Option<String>,
    /// What the system answered: a text, or `@FILE` with a text or a line of answers
    #[arg(long, value_name = "TEXT|@FILE")]
    answer: Option<String>,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll incident link double-refund --example refund-017")]
struct Link {
    /// The incident
    id: String,
    /// An example of the reference set that stands for it
    #[arg(long = "example", value_name = "ID")]
    examples: Vec<String>,
    /// The record of a decision that let it through: its id or the beginning of it, or `latest`
    #[arg(long = "decision", value_name = "RECORD")]
    decisions: Vec<String>,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll incident cover double-refund --by reviewer-1")]
struct Cover {
    /// The incident
    id: String,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll incident close double-refund --answers answers/v14.jsonl\n\n\
                        Nothing is recorded and no look is spent. Its guards are armed: a candidate that fails one is blocked.")]
struct Close {
    /// The incident
    id: String,
    /// Answers of the release that caused it, before those that its run and the incident have
    #[arg(long, value_name = "FILE")]
    answers: Vec<Utf8PathBuf>,
    /// Grades of criteria that say `grade: imported`, as for `plimsoll run --scores`
    #[arg(long, value_name = "FILE")]
    scores: Option<Utf8PathBuf>,
    /// Ask judges about its answers to the incident's examples, where they have not judged them
    #[arg(long)]
    ask: bool,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll incident reopen double-refund --what 'two more were refunded twice'")]
struct Reopen {
    /// The incident
    id: String,
    /// What happened this time
    #[arg(long)]
    what: String,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll incident list --open --eval examples/billing-support")]
struct List {
    #[command(flatten)]
    of: Within,
    /// Only those that are not covered yet
    #[arg(long)]
    open: bool,
    /// Only those that this record let through
    #[arg(long, value_name = "RECORD")]
    decision: Option<String>,
    /// As if it were this day
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll incident show double-refund --as json")]
struct Show {
    /// The incident
    id: String,
    #[command(flatten)]
    of: Within,
    /// As if it were this day
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

pub fn main(args: Args) -> Ending {
    match args.what {
        What::Open(args) => opened(*args),
        What::Link(args) => {
            let eval = Eval::open(&args.acting.eval)?;
            link(&eval, &args.id, &args.examples, &args.decisions, by(&args.acting, &args.reason))?;
            shown(&eval, &args.id, None, &Shown { form: Form::Text })
        }
        What::Cover(args) => {
            let eval = Eval::open(&args.acting.eval)?;
            cover(&eval, &args.id, by(&args.acting, &args.reason))?;
            shown(&eval, &args.id, None, &Shown { form: Form::Text })
        }
        What::Close(args) => {
            let eval = Eval::open(&args.acting.eval)?;
            let given = Given { answers: args.answers, scores: args.scores, ask: args.ask };
            let mut bar = Bar::new();
            let shut = close(&eval, &args.id, &given, by(&args.acting, &args.reason), &mut bar)?;
            drop(bar);
            args.shown.print(|| render::closed(&shut), || json_text(&render::closed_json(&shut)))
        }
        What::Reopen(args) => {
            let eval = Eval::open(&args.acting.eval)?;
            reopen(&eval, &args.id, &args.what, &args.acting.by)?;
            shown(&eval, &args.id, None, &Shown { form: Form::Text })
        }
        What::List(args) => {
            let eval = Eval::open(&args.of.eval)?;
            let wanted = Wanted { only_open: args.open, record: args.decision, today: args.today };
            let found = list(&eval, &wanted)?;
            args.shown.print(|| render::list(&found), || json_text(&render::list_json(&found)))
        }
        What::Show(args) => shown(&Eval::open(&args.of.eval)?, &args.id, args.today.as_deref(), &args.shown),
    }
}

fn shown(eval: &Eval, id: &str, today: Option<&str>, shown: &Shown) -> Ending {
    let whole = show(eval, id, today)?;
    shown.print(|| render::whole(&whole), || json_text(&render::whole_json(&whole)))
}

fn opened(args: Open) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    let pair = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or_else(|| Failure::yours(format!("`{text}` is no attribute"), "write `--attribute risk=high`"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    let request = match (&args.input, &args.example) {
        (Some(input), _) => Some(Request::Input(text_or_json(input)?)),
        (None, Some(path)) => Some(Request::Example(json_in(path)?)),
        (None, None) => None,
    };
    let failed = Failed {
        id: args.id,
        name: args.name,
        class: args.class,
        cost: args.cost,
        owner: args.owner,
        trace: args.trace,
        what: args.what,
        at: args.at,
        task: args.task,
        attributes: args.attributes.iter().map(pair).collect::<Result<_, Failure>>()?,
        decisions: args.decisions,
        request,
        expected: args.expected.as_deref().map(given_json).transpose()?,
        answer: args.answer.as_deref().map(text_or_json).transpose()?,
        by: args.acting.by,
    };
    let mut bar = Bar::new();
    let new = open(&eval, &failed, &mut bar)?;
    drop(bar);
    args.shown.print(|| render::opened(&new), || json_text(&render::opened_json(&new)))
}

/// A text as it stands; in a file, JSON where the file holds an object, else its text.
fn text_or_json(given: &str) -> Result<Value, Failure> {
    let Some(path) = given.strip_prefix('@') else { return Ok(json!(given)) };
    let text = in_file(Utf8Path::new(path))?;
    Ok(serde_json::from_str(&text).ok().filter(Value::is_object).unwrap_or_else(|| json!(text.trim_end())))
}

fn given_json(given: &str) -> Result<Value, Failure> {
    match given.strip_prefix('@') {
        Some(path) => json_in(Utf8Path::new(path)),
        None => parsed("--expected", given),
    }
}

fn json_in(path: &Utf8Path) -> Result<Value, Failure> {
    parsed(&format!("`{path}`"), &in_file(path)?)
}

fn parsed(place: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::yours(format!("{place} is not JSON: {error}"), "write one JSON object"))
}

fn in_file(path: &Utf8Path) -> Result<String, Failure> {
    file::text(path, LONGEST)
        .map_err(|error| Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions"))
}

//! `plimsoll examples retirements`, and the verbs that say something of one example.

use crate::app::eval::Eval;
use crate::app::examples::retire::{
    By, Found, accept, add, found, history, keep, later, mark, postpone, retire, stand,
};
use crate::app::examples::together::together;
use crate::cli::run::print;
use crate::cli::whose::{Acting, Shown, Whole, Within};
use crate::cli::{Ending, Failure};
use crate::render::examples::{
    history_json, history_text, proposal_text, retirements_json, retirements_text, together_text,
};
use crate::render::progress::Bar;
use crate::render::read::plain;
use camino::{Utf8Path, Utf8PathBuf};
use dialoguer::console::Term;
use domain::entry::Entry;
use domain::example::Status;
use domain::retirement::Reason;
use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Read};

/// Bytes of a file of examples that is added.
const LONGEST: u64 = 64 << 20;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll examples retirements --decide --by reviewer-1")]
pub struct Retirements {
    #[command(flatten)]
    of: Whole,
    /// Ask of each: `a` accepts, `k` keeps the example, `p` postpones the question, `q` ends; without a terminal one letter a line
    #[arg(long)]
    decide: bool,
    /// Who decides
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR", default_value = "unnamed")]
    by: String,
    /// Until when `p` postpones [default: three months]
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// As if it were this day
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll examples retire refund-017 --why 'the policy of June is gone' \\\n    --by policy"
)]
pub struct Retire {
    /// Their ids
    #[arg(required = true)]
    ids: Vec<String>,
    /// The reason, which stays with it
    #[arg(long)]
    why: String,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll examples keep refund-017 --why 'still asked every week' --by policy")]
pub struct Keep {
    /// Its id
    id: String,
    /// The kind of reason that is turned down; left out, all that are given now
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Reason::CODES))]
    reason: Option<String>,
    /// Why it is kept
    #[arg(long)]
    why: Option<String>,
    /// As if it were this day
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll examples postpone refund-017 --until 2027-03-31 --by policy")]
pub struct Postpone {
    /// Its id
    id: String,
    /// The day from which it is proposed again
    #[arg(long, value_name = "DATE")]
    until: String,
    /// Why not now
    #[arg(long)]
    why: Option<String>,
    /// As if it were this day
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plimsoll examples quarantine refund-017 --why 'its label is disputed' \\\n    --by policy\n  \
                  plimsoll examples mark refund-017 --why 'refunds are handed over now' \\\n    --by product"
)]
pub struct Why {
    /// Its id
    id: String,
    /// The reason, which stays with it
    #[arg(long)]
    why: String,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll examples activate refund-017 --why 'the policy is settled' \\\n    --by policy"
)]
pub struct Activate {
    /// Its id
    id: String,
    /// Why it holds now
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll examples add cases.jsonl --why 'from the policy of November' \\\n    --by policy"
)]
pub struct Add {
    /// Lines as in a file of examples; `-` is standard input
    file: Utf8PathBuf,
    /// Why they are proposed
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll examples history refund-017")]
pub struct History {
    /// Its id
    id: String,
    #[command(flatten)]
    of: Within,
    #[command(flatten)]
    shown: Shown,
}

pub fn retirements(args: Retirements) -> Ending {
    let eval = Eval::open(&args.of.eval)?;
    let found = looked(&eval, args.today.as_deref())?;
    if args.decide {
        return decide(&eval, &found, &args);
    }
    let ids: BTreeSet<&str> = found.proposals.iter().map(|proposal| found.id(proposal)).collect();
    let together = if ids.is_empty() { None } else { Some(together(&eval, &ids, &mut Bar::new())?) };
    args.shown.print(|| retirements_text(&found, together.as_ref()), || retirements_json(&found, together.as_ref()))
}

fn looked(eval: &Eval, today: Option<&str>) -> Result<Found, Failure> {
    let mut bar = Bar::new();
    found(eval, today, &mut bar)
}

/// What was answered of the proposals.
#[derive(Default)]
struct Answered<'f> {
    accepted: BTreeSet<&'f str>,
    kept: usize,
    postponed: usize,
}

/// Goes through the proposals, one key each. What was answered stays answered whatever comes next.
fn decide(eval: &Eval, found: &Found, args: &Retirements) -> Ending {
    let by = By { author: &args.by, why: None };
    let until = args.until.clone().unwrap_or_else(|| later(&found.today));
    let mut answered = Answered::default();
    let mut lines = std::io::stdin().lock().lines();
    let terminal = std::io::stdin().is_terminal().then(Term::stderr);
    for proposal in &found.proposals {
        let mut shown = String::new();
        proposal_text(found, proposal, &mut shown);
        print(&format!("{shown}accept (a), keep (k), postpone to {until} (p), quit (q)?\n"))?;
        let id = found.id(proposal);
        match key(terminal.as_ref(), &mut lines)? {
            Some('a') => {
                accept(eval, found, proposal, by)?;
                answered.accepted.insert(id);
            }
            Some('k') => keep(eval, found, id, None, by).map(|_| answered.kept += 1)?,
            Some(_) => postpone(eval, found, id, &until, by).map(|_| answered.postponed += 1)?,
            None => break,
        }
    }
    let Answered { accepted, kept, postponed } = answered;
    let left = found.proposals.len() - accepted.len() - kept - postponed;
    print(&format!("{} retired, {kept} kept, {postponed} postponed, {left} left\n", accepted.len()))?;
    if accepted.len() > 1 {
        print(&together_text(&together(eval, &accepted, &mut Bar::new())?))?;
    }
    Ok(0)
}

/// The next answer: `a`, `k` or `p`; nothing where somebody quits, or no line is left.
fn key(
    terminal: Option<&Term>,
    lines: &mut impl Iterator<Item = std::io::Result<String>>,
) -> Result<Option<char>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::yours(format!("cannot read the answer: {error}"), "what was answered before stays")
    };
    loop {
        let key = match terminal {
            Some(term) => Some(term.read_char().map_err(unreadable)?),
            None => match lines.next().transpose().map_err(unreadable)? {
                Some(line) => match line.trim().chars().next() {
                    None => continue,
                    key => key,
                },
                None => None,
            },
        };
        match key.map(|key| key.to_ascii_lowercase()) {
            None | Some('q' | '\u{1b}' | '\u{3}') => return Ok(None),
            Some(key @ ('a' | 'k' | 'p')) => return Ok(Some(key)),
            Some(other) if terminal.is_none() => {
                return Err(Failure::yours(
                    format!("`{}` is no answer", plain(&other.to_string())),
                    "write a, k, p or q, one a line; what was answered before stays",
                ));
            }
            Some(_) => {}
        }
    }
}

fn said<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Ending {
    for entry in entries {
        print(&format!("{} {}\n", plain(&entry.subject), entry.what))?;
    }
    Ok(0)
}

pub fn retired(args: Retire) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    for id in &args.ids {
        said(&[retire(&eval, id, &args.why, &args.acting.by)?])?;
    }
    Ok(0)
}

pub fn kept(args: Keep) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    let found = looked(&eval, args.today.as_deref())?;
    let by = By { author: &args.acting.by, why: args.why.as_deref() };
    said(&keep(&eval, &found, &args.id, args.reason.as_deref(), by)?)
}

pub fn postponed(args: Postpone) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    let found = looked(&eval, args.today.as_deref())?;
    let by = By { author: &args.acting.by, why: args.why.as_deref() };
    said(&postpone(&eval, &found, &args.id, &args.until, by)?)
}

pub fn quarantined(args: Why) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    let by = By { author: &args.acting.by, why: Some(&args.why) };
    said(&[stand(&eval, &args.id, &Status::Quarantined { reason: args.why.clone() }, by)?])
}

pub fn marked(args: Why) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    said(&mark(&eval, &args.id, By { author: &args.acting.by, why: Some(&args.why) })?)
}

pub fn activated(args: Activate) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    let by = By { author: &args.acting.by, why: args.why.as_deref() };
    said(&[stand(&eval, &args.id, &Status::Active, by)?])
}

pub fn added(args: Add) -> Ending {
    let eval = Eval::open(&args.acting.eval)?;
    let text = text_of(&args.file)?;
    said(&add(&eval, &text, By { author: &args.acting.by, why: args.why.as_deref() })?)
}

fn text_of(file: &Utf8Path) -> Result<String, Failure> {
    let read = if file == "-" {
        let mut text = String::new();
        std::io::stdin().lock().take(LONGEST).read_to_string(&mut text).map(|_| text)
    } else {
        crate::app::file::text(file, LONGEST)
    };
    read.map_err(|error| Failure::yours(format!("cannot read `{file}`: {error}"), "check the path of the examples"))
}

pub fn told(args: History) -> Ending {
    let (entries, apart) = history(&Eval::open(&args.of.eval)?, &args.id)?;
    args.shown.print(
        || history_text(&args.id, &entries, apart.as_deref()),
        || history_json(&args.id, &entries, apart.as_deref()),
    )
}

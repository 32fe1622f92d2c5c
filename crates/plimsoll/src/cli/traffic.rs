//! `plimsoll traffic`

use super::whose::{Shown, Whole};
use super::{Ending, Failure};
use crate::app::eval::{Eval, state_beside};
use crate::app::logged::Window;
use crate::app::traffic::{Day, prune, stats};
use crate::render::progress::Bar;
use crate::render::read::{plain, plural};
use domain::format::contract::days;
use jiff::civil::Date;
use serde_json::json;
use std::fmt::Write;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Of each day: requests, conversations, tasks, errors, systems
    Stats(Stats),
    /// Drop whole days whose time is over, as the contract says under `traffic: keep`
    Prune(Prune),
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll traffic stats --from 2026-11-01 --to 2026-11-30")]
struct Stats {
    #[command(flatten)]
    of: Whole,
    /// The first day, as 2026-11-01
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    to: Option<Date>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll traffic prune --keep 90d --preview")]
struct Prune {
    #[command(flatten)]
    of: Whole,
    /// How long requests are kept, as 90d; else as the contract says
    #[arg(long, value_name = "DAYS")]
    keep: Option<String>,
    /// As if it were this day
    #[arg(long, value_name = "DATE", value_parser = super::window::date)]
    today: Option<Date>,
    /// Drop nothing; say what would be dropped
    #[arg(long)]
    preview: bool,
    #[command(flatten)]
    shown: Shown,
}

pub fn main(args: Args) -> Ending {
    match args.what {
        What::Stats(args) => told(&args),
        What::Prune(args) => pruned(&args),
    }
}

/// Today, in UTC: days of traffic are.
pub fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn told(args: &Stats) -> Ending {
    let window = Window { first: args.from, last: args.to };
    let days = stats(&state_beside(&args.of.eval), &window)?;
    let as_json = || days.iter().map(|(day, of_day)| as_json(*day, of_day)).collect::<Vec<_>>();
    args.shown.print(|| as_text(&days), || format!("{:#}\n", json!({ "days": as_json() })))
}

fn as_json(day: Date, of_day: &Day) -> serde_json::Value {
    let named = of_day.tasks.iter().filter(|(task, _)| !task.is_empty());
    let tasks: serde_json::Map<_, _> = named.map(|(task, count)| (task.clone(), (*count).into())).collect();
    json!({
        "day": day.to_string(), "requests": of_day.requests,
        "conversations": of_day.conversations, "errors": of_day.errors, "tasks": tasks,
        "without_task": of_day.tasks.get("").copied().unwrap_or(0), "systems": of_day.systems, "undated": of_day.undated,
    })
}

fn as_text(days: &[(Date, Day)]) -> String {
    if days.is_empty() {
        return "no traffic in this window\n".to_owned();
    }
    let mut out =
        format!("{:<12}{:>9}{:>15}{:>8}{:>8}  systems\n", "day", "requests", "conversations", "tasks", "errors");
    let mut sum = 0;
    for (day, of_day) in days {
        sum += of_day.requests;
        let tasks = of_day.tasks.keys().filter(|task| !task.is_empty()).count();
        let mut systems: Vec<String> = of_day.systems.iter().take(2).map(|name| plain(name)).collect();
        if of_day.systems.len() > systems.len() {
            systems.push(format!("and {} more", of_day.systems.len() - systems.len()));
        }
        let conversations = of_day.conversations;
        let day = day.to_string();
        let (requests, errors, systems) = (of_day.requests, of_day.errors, systems.join(", "));
        let _ = writeln!(out, "{day:<12}{requests:>9}{conversations:>15}{tasks:>8}{errors:>8}  {systems}");
    }
    let _ = writeln!(out, "{:<12}{sum:>9}", "in all");
    out
}

fn pruned(args: &Prune) -> Ending {
    let keep = match &args.keep {
        Some(text) => days(text).ok_or_else(|| {
            Failure::yours(format!("`--keep {text}` is no number of days"), "write it as `--keep 90d`")
        })?,
        None => Eval::open(&args.of.eval)?.contract.traffic.keep_days.ok_or_else(|| {
            let help = "write `traffic: {keep: 90d}` in the contract, or `--keep 90d`";
            Failure::yours("the contract does not say how long traffic is kept", help)
        })?,
    };
    let today = args.today.unwrap_or_else(today);
    let mut bar = Bar::new();
    let dropped = prune(&state_beside(&args.of.eval), keep, today, args.preview, &mut bar)?;
    drop(bar);
    let days =
        || dropped.iter().map(|(day, files)| json!({"day": day.to_string(), "files": files})).collect::<Vec<_>>();
    let as_json = || format!("{:#}\n", json!({"keep_days": keep, "preview": args.preview, "dropped": days()}));
    args.shown.print(|| dropped_text(&dropped, keep, today, args.preview), as_json)
}

fn dropped_text(dropped: &[(Date, usize)], keep: u32, today: Date, preview: bool) -> String {
    let verb = if preview { "would drop" } else { "dropped" };
    let mut out = String::new();
    for (day, files) in dropped {
        let _ = writeln!(out, "{verb:<12}{day}  {}", plural(*files as u64, "file"));
    }
    let _ = writeln!(out, "{:<12}the last {keep} days up to {today}; examples keep what they were taken from", "kept");
    out
}

//! `plimsoll import scores`

use crate::app::eval::Eval;
use crate::app::import::scores::{FromElsewhere, seal};
use crate::cli::Ending;
use crate::cli::whose::Shown;
use crate::render::progress::Bar;
use crate::render::read::plain;
use camino::{Utf8Path, Utf8PathBuf};
use domain::fault::closest;
use domain::system::Arm;
use serde_json::json;
use std::fmt::Write;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll import scores scores.csv examples/billing-support\n\n\
                        The columns are in docs/formats/scores.md; `plimsoll schema scores` says them too.")]
pub struct Args {
    /// Scores as a long table: .csv, .tsv, .jsonl or .parquet
    file: Utf8PathBuf,
    /// The contract that they are decided under, or a folder with a plimsoll.yaml
    #[arg(default_value = ".")]
    eval: Utf8PathBuf,
    #[command(flatten)]
    shown: Shown,
}

pub fn main(args: Args) -> Ending {
    let eval = Eval::open(&args.eval)?;
    let mut bar = Bar::new();
    let made = seal(&eval, &args.file, &mut bar)?;
    drop(bar);
    args.shown.print(|| text(&args.eval, &made), || as_json(&made))
}

fn arm_of(made: &FromElsewhere, system: &str) -> Option<Arm> {
    made.sealed.systems.iter().find(|(_, name)| *name == system).map(|(arm, _)| *arm)
}

fn text(contract: &Utf8Path, made: &FromElsewhere) -> String {
    let read = &made.read;
    let mut out = String::new();
    let mut row = |label: &str, text: String| {
        let _ = writeln!(out, "{label:<10}{}", plain(&text));
    };
    row("sealed", format!("scores {} in {}", &made.sealed.scores_digest[..16], made.sealed.folder));
    row("rows", format!("{} read", read.rows));
    if read.without_value > 0 {
        row("", format!("{} without a value: grader errors, unknown until somebody says", read.without_value));
    }
    if read.set_aside > 0 {
        row("", format!("{} set aside: the example is not active, or the criterion does not apply", read.set_aside));
    }
    let (systems, criteria) = (read.systems.len(), read.criteria.len());
    row("planned", format!("{} examples x {systems} systems x {criteria} criteria", read.examples));
    if read.not_run > 0 {
        row("", format!("{} that no row speaks of: not run", read.not_run));
    }
    for system in &read.systems {
        let told = match arm_of(made, system) {
            Some(arm) => arm.as_str().to_owned(),
            None => {
                let known = read.systems.iter().filter(|name| arm_of(made, name).is_some());
                format!("not in the contract{}", meant(made, system, known))
            }
        };
        row("system", format!("{system}: {told}"));
    }
    for criterion in &read.criteria {
        let unknown = match made.unknown.contains(criterion) {
            true => {
                let known = read.criteria.iter().filter(|name| !made.unknown.contains(name));
                format!(": not in the contract, asked by no gate{}", meant(made, criterion, known))
            }
            false => String::new(),
        };
        row("criterion", format!("{criterion}{unknown}"));
    }
    for criterion in &made.without_rows {
        row("criterion", format!("{criterion}: no row speaks of it, its gates have no data"));
    }
    if !read.attributes.is_empty() {
        row("segments", format!("may be cut by {}", read.attributes.join(", ")));
    }
    row("next", format!("plimsoll decide {contract}"));
    out
}

/// Which of the known names one that the contract lacks may have been meant for, where rows are missing.
fn meant<'k>(made: &FromElsewhere, name: &str, known: impl Iterator<Item = &'k String>) -> String {
    let near = closest(name, known.map(String::as_str)).filter(|_| made.read.not_run > 0);
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

fn as_json(made: &FromElsewhere) -> String {
    let read = &made.read;
    let systems: Vec<_> =
        read.systems.iter().map(|name| json!({"name": name, "arm": arm_of(made, name).map(Arm::as_str)})).collect();
    let whole = json!({
        "scores": made.sealed.scores_digest, "folder": made.sealed.folder, "rows": read.rows, "examples": read.examples,
        "systems": systems, "criteria": read.criteria, "attributes": read.attributes,
        "without_value": read.without_value, "not_run": read.not_run, "set_aside": read.set_aside,
        "criteria_without_rows": made.without_rows, "criteria_not_in_contract": made.unknown,
    });
    format!("{whole:#}\n")
}

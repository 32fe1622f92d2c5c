//! `plimsoll diff`

use super::Ending;
use super::which::Which;
use super::whose::Shown;
use crate::app::diff::{Change, Comparison, Difference, With, diff};
use crate::render::read::{json_text, plain};
use crate::render::word_diff::{Part, word_diff};
use anstyle::{AnsiColor, Style};
use domain::system::Arm;
use serde_json::json;
use std::fmt::Write;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll diff latest --eval examples/billing-support --criterion cites \\\n    --most 5"
)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// The system whose grades are looked at
    #[arg(long, value_enum, default_value_t = System::Candidate)]
    of: System,
    /// The system of the same run that it is compared with
    #[arg(long, value_enum, default_value_t = System::Production)]
    with: System,
    /// Compare with the same system in the run of this earlier decision instead
    #[arg(long, value_name = "RECORD", conflicts_with = "with")]
    against: Option<String>,
    /// Only this criterion
    #[arg(long)]
    criterion: Option<String>,
    /// Changes to show, worst first
    #[arg(long, default_value_t = 20)]
    most: usize,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum System {
    Candidate,
    Production,
    Fallback,
}

impl System {
    fn arm(self) -> Arm {
        match self {
            System::Candidate => Arm::Candidate,
            System::Production => Arm::Production,
            System::Fallback => Arm::Fallback,
        }
    }
}

pub fn main(args: Args) -> Ending {
    let comparison = Comparison {
        record: &args.which.record,
        of: args.of.arm(),
        with: args.against.as_deref().map_or(With::Arm(args.with.arm()), With::Record),
        criterion: args.criterion.as_deref(),
        most: args.most,
    };
    let difference = diff(&args.which.chain(), &comparison)?;
    args.shown.print(|| text(&difference), || as_json(&difference))
}

fn text(difference: &Difference) -> String {
    let mut out = String::new();
    let lie = &difference.alignment;
    let _ = writeln!(
        out,
        "examples  {} matched, {} changed, {} only here, {} only there",
        lie.matched, lie.changed, lie.only_here, lie.only_there
    );
    let short = |digest: &str| digest.chars().take(8).collect::<String>();
    let scores = match &difference.scores {
        (here, there) if here == there => short(here),
        (here, there) => format!("{} against {}", short(here), short(there)),
    };
    let _ = writeln!(
        out,
        "{} against {}: {} grades worse, {} better   scores {scores}\n",
        difference.of, difference.with, difference.worse, difference.better
    );
    for change in &difference.changes {
        let (word, colour) =
            if change.now < change.before { ("worse", AnsiColor::Red) } else { ("better", AnsiColor::Green) };
        let style = Style::new().fg_color(Some(colour.into()));
        let _ = writeln!(
            out,
            "{style}{word:<7}{style:#}{}   {}   {} -> {}",
            plain(&change.example),
            plain(&change.criterion),
            change.before,
            change.now
        );
        if let Some(words) = both_answers(change) {
            let _ = writeln!(out, "       {words}\n");
        }
    }
    let shown = difference.changes.len() as u64;
    if difference.worse + difference.better > shown {
        let _ = writeln!(out, "and {} more; `--most` shows more", difference.worse + difference.better - shown);
    }
    out
}

/// Both answers in one line: `[-only before-]`, `{+only now+}`; the one that can still be read where the other cannot.
fn both_answers(change: &Change) -> Option<String> {
    let (before, now) = match (&change.answer_before, &change.answer_now) {
        (Some(before), Some(now)) => (plain(before), plain(now)),
        (None, Some(now)) => return Some(format!("now: {}", plain(now))),
        (Some(before), None) => return Some(format!("before: {}", plain(before))),
        (None, None) => return None,
    };
    if before == now {
        return Some(format!("same text: {before}"));
    }
    let (red, green) =
        (Style::new().fg_color(Some(AnsiColor::Red.into())), Style::new().fg_color(Some(AnsiColor::Green.into())));
    let written = |part| match part {
        Part::Same(text) => text,
        Part::Before(text) => format!("{red}[-{text}-]{red:#}"),
        Part::Now(text) => format!("{green}{{+{text}+}}{green:#}"),
    };
    Some(word_diff(&before, &now).into_iter().map(written).collect())
}

fn as_json(difference: &Difference) -> String {
    let changes: Vec<_> = difference
        .changes
        .iter()
        .map(|change| {
            json!({
                "example": change.example, "criterion": change.criterion, "before": change.before, "now": change.now,
                "answer_before": change.answer_before, "answer_now": change.answer_now,
            })
        })
        .collect();
    let whole = json!({
        "of": difference.of, "with": difference.with, "worse": difference.worse, "better": difference.better,
        "scores": {"of": difference.scores.0, "with": difference.scores.1}, "changes": changes,
        "alignment": {
            "matched": difference.alignment.matched, "changed": difference.alignment.changed,
            "only_here": difference.alignment.only_here, "only_there": difference.alignment.only_there,
        },
    });
    json_text(&whole)
}

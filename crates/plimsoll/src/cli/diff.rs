//! `plimsoll diff`

use super::Ending;
use super::run::print;
use crate::app::diff::{Change, Difference, diff};
use crate::app::eval::state_beside;
use crate::render::read::plain;
use anstyle::{AnsiColor, Style};
use camino::Utf8PathBuf;
use domain::system::Arm;
use serde_json::json;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;

#[derive(clap::Args)]
pub struct Args {
    /// The decision whose run is meant: its path, its id or the beginning of it, or `latest`
    #[arg(default_value = "latest")]
    record: String,
    /// The eval whose records are meant: a contract, or a folder with one
    #[arg(long, default_value = ".")]
    eval: Utf8PathBuf,
    /// What the candidate is compared with
    #[arg(long, value_enum, default_value_t = With::Production)]
    with: With,
    /// Only this criterion
    #[arg(long)]
    criterion: Option<String>,
    /// Changes to show, worst first
    #[arg(long, default_value_t = 20)]
    most: usize,
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum With {
    Production,
    Fallback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
}

pub fn main(args: Args) -> Ending {
    let with = match args.with {
        With::Production => Arm::Production,
        With::Fallback => Arm::Fallback,
    };
    let difference = diff(&state_beside(&args.eval), &args.record, with, args.criterion.as_deref(), args.most)?;
    print(&match args.form {
        Form::Text => text(&difference),
        Form::Json => format!("{}\n", as_json(&difference)),
    })?;
    Ok(0)
}

fn text(difference: &Difference) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} against {}: {} grades worse, {} better   scores {}\n",
        difference.of.as_str(),
        difference.with.as_str(),
        difference.worse,
        difference.better,
        &difference.scores.get(..8).unwrap_or("")
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
        if let Some(words) = word_diff(change) {
            let _ = writeln!(out, "       {words}\n");
        }
    }
    let shown = difference.changes.len() as u64;
    if difference.worse + difference.better > shown {
        let _ = writeln!(out, "and {} more; `--most` shows more", difference.worse + difference.better - shown);
    }
    out
}

/// Both answers in one line: `[-only before-]`, `{+only now+}`.
fn word_diff(change: &Change) -> Option<String> {
    let (before, now) = change.answers.as_ref()?;
    let (before, now) = (plain(before), plain(now));
    if before == now {
        return Some(format!("same text: {before}"));
    }
    let diff = TextDiff::from_words(&before, &now);
    let (red, green) =
        (Style::new().fg_color(Some(AnsiColor::Red.into())), Style::new().fg_color(Some(AnsiColor::Green.into())));
    let mut out = String::new();
    for part in diff.iter_all_changes() {
        let text = part.value();
        let _ = match part.tag() {
            ChangeTag::Equal => write!(out, "{text}"),
            ChangeTag::Delete if text.trim().is_empty() => write!(out, "{text}"),
            ChangeTag::Insert if text.trim().is_empty() => Ok(()),
            ChangeTag::Delete => write!(out, "{red}[-{text}-]{red:#}"),
            ChangeTag::Insert => write!(out, "{green}{{+{text}+}}{green:#}"),
        };
    }
    Some(out)
}

fn as_json(difference: &Difference) -> String {
    let changes: Vec<_> = difference
        .changes
        .iter()
        .map(|change| {
            json!({
                "example": change.example, "criterion": change.criterion, "before": change.before, "now": change.now,
                "answer_before": change.answers.as_ref().map(|answers| &answers.0), "answer_now": change.answers.as_ref().map(|answers| &answers.1),
            })
        })
        .collect();
    let whole = json!({
        "of": difference.of.as_str(), "with": difference.with.as_str(), "worse": difference.worse, "better": difference.better,
        "scores": difference.scores, "changes": changes,
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

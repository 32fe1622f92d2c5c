//! `plimsoll show`

use super::run::print;
use super::which::Which;
use super::{Ending, Failure};
use crate::app::chain::{Chain, Kept};
use crate::app::diff::{Comparison, With, diff};
use crate::app::incident::list::let_through_by;
use crate::render::incident::let_through;
use crate::render::read::{Shown, json_text};
use crate::render::{html, junit, markdown, text};
use camino::Utf8Path;
use domain::system::Arm;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  plimsoll show latest --eval examples/billing-support --as html > decision.html")]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    Text,
    Json,
    Markdown,
    Html,
    Junit,
}

pub fn main(args: Args) -> Ending {
    let (state, kept) = (args.which.state(), args.which.find()?);
    let mut text = render(&state, &kept, args.form)?;
    if args.form == Form::Text {
        text.push_str(&let_through(&let_through_by(&state, kept.id())?));
    }
    print(&text)?;
    Ok(0)
}

/// A record in one form, with a line end.
pub fn render(state: &Utf8Path, kept: &Kept, form: Form) -> Result<String, Failure> {
    // To a program that counts failures a waiver is no pass: it sees the decision, and that it was overridden.
    let decision = match kept.content["override_of"].as_str() {
        Some(of) if form == Form::Junit => Some(Chain::at(state).find(of)?),
        _ => None,
    };
    let kept = decision.as_ref().unwrap_or(kept);
    let shown = &Shown::of(kept).overridden_by(overrides(state, kept));
    let failed = |what: String| Failure::ours(format!("the record cannot be shown: {what}"), "show it as json");
    let mut text = match form {
        Form::Text => text::decision(shown),
        Form::Json => json_text(&shown.json()),
        Form::Markdown => markdown::decision(shown),
        Form::Html => html::decision(shown, &answers(state, kept)).map_err(|error| failed(error.to_string()))?,
        Form::Junit => junit::decision(shown).map_err(|error| failed(error.to_string()))?,
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The overrides of a decision, oldest first; none where its chain is not at hand.
fn overrides(state: &Utf8Path, kept: &Kept) -> Vec<Kept> {
    let of = |other: &Kept| other.content["override_of"].as_str() == Some(kept.id());
    Chain::at(state).list().unwrap_or_default().into_iter().filter(of).collect()
}

/// Both answers of the changed examples, where the run and the answers are still there; a page without them is whole too.
fn answers(state: &Utf8Path, kept: &Kept) -> html::Answers {
    const LISTED: usize = 50;
    let (of, with) = (Arm::Candidate, With::Arm(Arm::Production));
    let comparison = Comparison { record: kept.id(), of, with, criterion: None, most: LISTED };
    let changes = diff(&Chain::at(state), &comparison).map(|difference| difference.changes).unwrap_or_default();
    changes
        .into_iter()
        .filter_map(|change| Some((change.example, (change.answer_before?, change.answer_now?))))
        .collect()
}

//! `plimsoll show`

use super::run::print;
use super::{Ending, Failure};
use crate::app::chain::Chain;
use crate::app::eval::state_beside;
use crate::render::read::Shown;
use crate::render::{html, junit, markdown, text};
use camino::Utf8PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// A record: its path, its id or the beginning of it, or `latest`
    #[arg(default_value = "latest")]
    record: String,
    /// The eval whose records are meant: a contract, or a folder with one
    #[arg(long, default_value = ".")]
    eval: Utf8PathBuf,
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
    let kept = Chain::at(&state_beside(&args.eval)).find(&args.record)?;
    print(&render(&Shown::of(&kept), args.form)?)?;
    Ok(0)
}

/// A record in one form, with a line end.
pub fn render(shown: &Shown, form: Form) -> Result<String, Failure> {
    let failed = |what: String| Failure::ours(format!("the record cannot be shown: {what}"), "show it as json");
    let mut text = match form {
        Form::Text => text::decision(shown),
        Form::Json => serde_json::to_string_pretty(&shown.json()).map_err(|error| failed(error.to_string()))?,
        Form::Markdown => markdown::decision(shown),
        Form::Html => html::decision(shown).map_err(|error| failed(error.to_string()))?,
        Form::Junit => junit::decision(shown).map_err(|error| failed(error.to_string()))?,
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

//! What nearly every verb is told: of which eval, by whom, and in which form it answers.

use super::Ending;
use super::run::print;
use camino::Utf8PathBuf;

/// Of a verb that is about an eval as a whole: its last word.
#[derive(clap::Args)]
pub struct Whole {
    /// The contract, or a folder with a plimsoll.yaml
    #[arg(default_value = ".")]
    pub eval: Utf8PathBuf,
}

/// Of a verb that is about something in an eval.
#[derive(clap::Args)]
pub struct Within {
    /// The eval: a contract, or a folder with one
    #[arg(long, default_value = ".")]
    pub eval: Utf8PathBuf,
}

/// Of a verb that somebody says something with, which is kept.
#[derive(clap::Args)]
pub struct Acting {
    /// The eval: a contract, or a folder with one
    #[arg(long, default_value = ".")]
    pub eval: Utf8PathBuf,
    /// Who says so
    #[arg(long, value_name = "NAME", env = "PLIMSOLL_AUTHOR", default_value = "unnamed")]
    pub by: String,
}

/// Of a verb that answers people and programs.
#[derive(clap::Args)]
pub struct Shown {
    /// Form of what is printed
    #[arg(long = "as", value_enum, default_value_t = Form::Text)]
    pub form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    Text,
    Json,
}

impl Shown {
    pub fn print(&self, text: impl FnOnce() -> String, json: impl FnOnce() -> String) -> Ending {
        print(&match self.form {
            Form::Text => text(),
            Form::Json => json(),
        })?;
        Ok(0)
    }
}

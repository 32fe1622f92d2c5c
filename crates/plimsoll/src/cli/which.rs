//! Which decision a verb is about.

use super::Failure;
use crate::app::chain::{Chain, Kept};
use crate::app::eval::state_beside;
use camino::Utf8PathBuf;

#[derive(clap::Args)]
pub struct Which {
    /// A record: its path, its id or the beginning of it, or `latest`, of the contract where `--eval` names one
    #[arg(default_value = "latest")]
    pub record: String,
    /// The eval whose records are meant: a contract, or a folder with one
    #[arg(long, default_value = ".")]
    eval: Utf8PathBuf,
}

impl Which {
    /// The state folder of the eval.
    pub fn state(&self) -> Utf8PathBuf {
        state_beside(&self.eval)
    }

    pub fn chain(&self) -> Chain {
        Chain::beside(&self.eval)
    }

    pub fn find(&self) -> Result<Kept, Failure> {
        self.chain().find(&self.record)
    }
}

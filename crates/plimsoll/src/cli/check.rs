//! `plimsoll check`

use super::{Ending, Failure};

#[derive(clap::Args)]
pub struct Args {}

pub fn main(_args: Args) -> Ending {
    Err(Failure::ours("`check` is not built yet", "wait for it"))
}

//! `plimsoll init`

use super::{Ending, Failure};

#[derive(clap::Args)]
pub struct Args {}

pub fn main(_args: Args) -> Ending {
    Err(Failure::ours("`init` is not built yet", "wait for it"))
}

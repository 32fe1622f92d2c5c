//! `plimsoll diff`

use super::{Ending, Failure};

#[derive(clap::Args)]
pub struct Args {}

pub fn main(_args: Args) -> Ending {
    Err(Failure::ours("`diff` is not built yet", "wait for it"))
}

//! `plimsoll run`

use super::{Ending, Failure};

#[derive(clap::Args)]
pub struct Args {}

pub fn main(_args: Args) -> Ending {
    Err(Failure::ours("`run` is not built yet", "wait for it"))
}

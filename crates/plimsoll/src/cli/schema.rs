//! `plimsoll schema`

use super::Ending;
use super::run::print;
use domain::format::contract::SCHEMA;

#[derive(clap::Args)]
pub struct Args {}

pub fn main(_args: Args) -> Ending {
    print(SCHEMA)?;
    Ok(0)
}

//! The last recorded decision, taken again with its examples weighted to today's mix.
//!
//! For each attribute that the contract cuts by, the shares of the window are declared in a copy of the sealed contract: its values are
//! strata, and those without examples are unmeasured. Nothing is recorded, and the look is that of the record.

use crate::app::eval::Eval;
use crate::app::kept::Quiet;
use crate::app::rehearse::Target;
use crate::app::weigh::decision_under;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::decision::{Under, under, with_shares};
use domain::drift::Mix;
use std::collections::BTreeSet;

pub enum Again {
    /// There is no decision to take again, or something stands in its way.
    Not(String),
    Taken {
        record: String,
        outcome: String,
        under: Vec<Under>,
    },
}

impl Again {
    /// The attributes under whose mix the decision is another.
    pub fn otherwise_under(&self) -> BTreeSet<&str> {
        match self {
            Again::Not(_) => BTreeSet::new(),
            Again::Taken { under, .. } => {
                under.iter().filter(|under| under.changed).map(|under| under.attribute.as_str()).collect()
            }
        }
    }
}

pub fn again(eval: &Eval, mixes: &[Mix]) -> Result<Again, Failure> {
    let found = Target::find(Some(Utf8Path::new("latest")), Some(&eval.path), None, &mut Quiet);
    let target = match found {
        Ok(target) => target,
        Err(Failure::Yours { what, .. }) => return Ok(Again::Not(what)),
        Err(failure) => return Err(failure),
    };
    let before = decision_under(&target.folder, &target.grounds(&target.contract), &target.contract)?;
    let mut all = Vec::new();
    for mix in mixes {
        let Some(contract) = with_shares(&target.contract, mix) else { continue };
        let after = decision_under(&target.folder, &target.grounds(&contract), &contract)?;
        all.push(under(&mix.attribute, &before, &after));
    }
    Ok(Again::Taken { record: target.name, outcome: before.outcome.as_str().to_owned(), under: all })
}

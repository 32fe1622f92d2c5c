//! What leaves together may decide together: the last decision, taken again without all of it.
//!
//! in      the eval, ids of examples
//! out     whether that decision would have been another, and which of its gates would have said something else
//! errors  scores that cannot be read although they are what was sealed; what stands in the way of deciding again is told and fails nothing
//! note    nothing is recorded, and the look is that of the record

use crate::app::eval::Eval;
use crate::app::rehearse::Target;
use crate::app::run::Progress;
use crate::app::weigh::{decision_under, decision_without, ours};
use crate::cli::Failure;
use camino::Utf8Path;
use domain::decision::{Beside, beside};
use domain::routing::Outcome;
use std::collections::BTreeSet;

pub enum Together {
    /// There is no decision to take again, or something stands in its way.
    Unknown(String),
    Decided(Without),
}

/// A decision, and the same without some of its examples.
pub struct Without {
    /// `record ...`.
    pub record: String,
    /// How many of the examples took part in it, and how many were asked about.
    pub of: (usize, usize),
    pub outcomes: (Outcome, Outcome),
    pub beside: Beside,
}

pub fn together(eval: &Eval, ids: &BTreeSet<&str>, progress: &mut dyn Progress) -> Result<Together, Failure> {
    let target = match Target::find(Some(Utf8Path::new("latest")), Some(&eval.path), None, progress) {
        Ok(target) => target,
        Err(Failure::Yours { what, .. }) => return Ok(Together::Unknown(what)),
        Err(failure) => return Err(failure),
    };
    progress.step("deciding again without them");
    let grounds = target.grounds(&target.contract);
    let took_part = lake::read_set(&target.folder).map_err(ours)?;
    let took_part = took_part.active().filter(|(_, row)| ids.contains(row.id.as_str())).count();
    let before = decision_under(&target.folder, &grounds, &target.contract)?;
    let after = decision_without(&target.folder, &grounds, ids)?;
    Ok(Together::Decided(Without {
        record: target.name.clone(),
        of: (took_part, ids.len()),
        outcomes: (before.outcome, after.outcome),
        beside: beside(&before, &after),
    }))
}

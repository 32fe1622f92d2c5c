//! `check`: reads what there is of an eval and asks whether it is fit to decide.

use super::eval::Eval;
use super::run::{Progress, reference_set};
use crate::cli::Failure;
use domain::check::{CheckFinding, Given, Severity, Standing, check as find, standing};

pub struct Checked {
    pub findings: Vec<CheckFinding>,
    pub standing: Vec<Standing>,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Nobody waits long for a check.
struct Silent;

impl Progress for Silent {
    fn step(&mut self, _what: &str) {}
    fn count(&mut self, _done: u64, _of: u64) {}
}

pub fn check(eval: &Eval) -> Result<Checked, Failure> {
    // A set that is not there yet is a finding; one that cannot be read is a fault.
    let there = eval.contract.examples.iter().any(|path| eval.folder.join(path).exists());
    let set = if there { Some(reference_set(eval, &mut Silent)?.0) } else { None };
    let empty = domain::reference_set::ReferenceSet::default();
    let today = jiff::Zoned::now().date().to_string();
    let given = Given { set: Some(set.as_ref().unwrap_or(&empty)), today: &today, together: &[] };
    Ok(Checked { findings: find(&eval.contract, given), standing: standing(&eval.contract, set.as_ref()) })
}

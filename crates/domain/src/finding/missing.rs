//! What a gate has to do without, in words.

use crate::gate::{Gate, Measure};
use crate::question::Counts;

/// Whether what a gate is about is measured of an answer, and not graded.
pub(super) fn is_measured(gate: &Gate) -> bool {
    matches!(gate.measure, Measure::Latency | Measure::Spend)
}

/// `grades` or `measurements`: what a gate cannot decide without.
pub fn what_is_missing(gate: &Gate) -> &'static str {
    if is_measured(gate) { "measurements" } else { "grades" }
}

/// Of how many answers it is missing, and why.
pub(super) fn missing(gate: &Gate, counts: &Counts) -> String {
    let ungraded = match gate.measure {
        Measure::Latency => "answered without a latency (cached, or not recorded)",
        Measure::Spend => "answered without a cost (not recorded)",
        _ => "failed to grade",
    };
    format!(
        "{} of {} planned not run, {} {ungraded}, {} failed to answer",
        counts.not_run, counts.planned, counts.grader_errors, counts.system_errors
    )
}

//! Where an eval stands between a demo and production, row by row.

use crate::contract::Contract;
use crate::finding::figures::plural;
use crate::provenance::SourceKind;
use crate::reference_set::{ReferenceSet, Row};

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub row: &'static str,
    pub demo: &'static str,
    pub production: &'static str,
    /// Whether this eval stands with production here.
    pub holds: bool,
    pub why: String,
}

/// Examples that were made up, among the active ones.
pub(super) struct Made {
    pub made: usize,
    pub active: usize,
    /// Active examples that count toward a rate.
    weighing: usize,
}

impl Made {
    pub(super) fn of(set: &ReferenceSet) -> Self {
        let is_made = |row: &Row| matches!(row.source, Some(SourceKind::Synthetic | SourceKind::Demo));
        Made {
            made: set.active().filter(|(_, row)| is_made(row)).count(),
            active: set.active().count(),
            weighing: set.active().filter(|(_, row)| row.weight.get() > 0.0).count(),
        }
    }

    /// Nothing that was sampled counts beside them, or more than half of all examples are made up.
    pub(super) fn stand_in_for_traffic(&self) -> bool {
        self.made > 0 && (self.weighing == 0 || self.made * 2 > self.active)
    }
}

/// The five rows.
pub fn standing(contract: &Contract, set: Option<&ReferenceSet>) -> Vec<Standing> {
    let row = |row, demo, production, holds, why: String| Standing { row, demo, production, holds, why };
    let sampled = set.map_or(0, |set| {
        set.active().filter(|(_, row)| row.source == Some(SourceKind::Traffic) && row.weight.get() > 0.0).count()
    });
    let all = set.map_or(0, |set| set.active().count());
    let made_up = !contract.simulated && set.is_some_and(|set| Made::of(set).stand_in_for_traffic());
    let simulated = if contract.simulated { "; simulated" } else { "" };
    let unclear = contract.promise.unclear().len();
    let protecting = contract.criteria.iter().filter(|criterion| !criterion.protects.is_empty()).count();
    let owned =
        contract.gates.iter().filter(|gate| !gate.owner.as_str().is_empty() && super::says_what_follows(gate)).count();
    let reviewed = contract.owners.len();
    vec![
        row(
            "example source",
            "handpicked prompts",
            "sampled from traffic, incidents, edge and policy cases",
            sampled > 0 && !made_up,
            format!("{sampled} of {all} active examples are sampled traffic{simulated}"),
        ),
        row(
            "success definition",
            "looks good",
            "a written promise with constraints",
            unclear == 0,
            if unclear == 0 {
                "the promise is clear".to_owned()
            } else {
                format!("missing or vague: {} of the promise", plural(unclear as u64, "field"))
            },
        ),
        row(
            "scoring",
            "one average",
            "criteria that fail for different reasons, by segment",
            protecting > 1 && !contract.segments.is_empty(),
            format!(
                "{protecting} criteria protect against named failures, {} into segments",
                plural(contract.segments.len() as u64, "cut")
            ),
        ),
        row(
            "reviewer role",
            "the author",
            "named owners",
            reviewed > 1,
            format!("owners are named for {}", plural(reviewed as u64, "role")),
        ),
        row(
            "decision",
            "none",
            "each threshold has an action and an owner",
            owned > 0 && owned == contract.gates.len(),
            format!("{owned} of {} gates name an action and an owner", contract.gates.len()),
        ),
    ]
}

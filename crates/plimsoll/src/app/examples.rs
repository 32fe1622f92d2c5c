//! `examples`: what the reference set holds, read as `run` reads it. A set of a million examples is looked at row by row.

pub mod list;
pub mod proposals;
pub mod sample;
pub mod retire;
pub mod show;
pub mod stats;
pub mod together;
mod watched;

use super::eval::Eval;
use super::run::read_failure;
use crate::cli::Failure;
use domain::contract::Contract;
use domain::evidence::segments;
use domain::example::Example;
use domain::fault::closest;
use domain::name::Attribute;
use domain::provenance::Weight;
use domain::reference_set::{Builder, ExampleIndex, ReferenceSet, Row, RowState};
use domain::segment::{Conditions, Segment};
use engine::read_set;

/// Reads the set; each example is shown with its position on the way.
pub(super) fn read(eval: &Eval, mut seen: impl FnMut(ExampleIndex, Example)) -> Result<ReferenceSet, Failure> {
    let contract = &eval.contract;
    read_set(&eval.folder, &super::kept::paths(eval)?, Builder::new(contract.simulated), |example, count| {
        seen(ExampleIndex(count.saturating_sub(1) as u32), example);
    })
    .map_err(|error| eval.named_at("examples", read_failure(error)))
}

pub fn state_word(state: RowState) -> &'static str {
    match state {
        RowState::Active => "active",
        RowState::Proposed => "proposed",
        RowState::Quarantined => "quarantined",
        RowState::Retired => "retired",
    }
}

/// How an example came to its weight.
pub fn weighed_word(weight: Weight) -> &'static str {
    match weight {
        Weight::Sampled(_) => "sampled",
        Weight::Assumed => "assumed",
        Weight::None => "none",
    }
}

/// Where an example is from, in one word.
pub fn source_word(row: &Row) -> &'static str {
    row.source.map_or("unknown", domain::provenance::SourceKind::as_str)
}

/// What a segment's name, or `attribute=value`, asks of an example.
fn conditions_of(contract: &Contract, set: &ReferenceSet, said: &str) -> Result<Conditions, Failure> {
    let known = segments(contract, set);
    if let Some(segment) = known.iter().find(|segment| segment.name.as_str() == said) {
        return Ok(segment.conditions.clone());
    }
    if let Some((attribute, value)) = said.split_once('=') {
        let name = Attribute::new(attribute);
        if !set.attributes.contains_key(&name) {
            let near = closest(attribute, set.attributes.keys().map(Attribute::as_str));
            let list = set.attributes.keys().map(Attribute::as_str).collect::<Vec<_>>().join(", ");
            return Err(Failure::yours(
                format!("no example has the attribute `{attribute}`"),
                format!("{}attributes: {list}", meant(near)),
            ));
        }
        return Ok(Segment::of_value(&name, value, domain::segment::Minimum::default()).conditions);
    }
    let near = closest(said, known.iter().map(|segment| segment.name.as_str()));
    let list: Vec<&str> = known.iter().map(|segment| segment.name.as_str()).take(20).collect();
    Err(Failure::yours(
        format!("there is no segment `{said}`"),
        format!("{}name one, or write `attribute=value`; segments: {}", meant(near), list.join(", ")),
    ))
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("did you mean `{near}`? "))
}

//! The one JSON document of a rehearsal: counts as they are, so that a reader can make any figure of them.

use super::table::{share, unit};
use crate::app::rehearse::{Identity, Rehearsed, Row, Start};
use crate::render::read::json_text;
use domain::finding::State;
use domain::name::ExampleId;
use domain::rehearsal::identical::Identical;
use domain::rehearsal::loss::{caught_by, loss_of, smallest};
use domain::routing::Outcome;
use serde_json::{Map, Value, json};

const STATES: [State; 8] = [
    State::FailedNever,
    State::FailedGuard,
    State::Unfit,
    State::Breached,
    State::Error,
    State::NoData,
    State::NotShown,
    State::Holds,
];

pub fn json(of: &Rehearsed) -> String {
    json_text(&json!({
        "rehearsed": of.of,
        "contract": of.contract,
        "describes": of.describes.words(),
        "look": of.look,
        "level": of.level,
        "seed": of.seed,
        "rehearsals": of.rehearsals,
        "examples": of.examples,
        "conversations": of.clusters,
        "identical": of.identical.iter().map(|(way, counts)| identical(of, *way, counts)).collect::<Vec<_>>(),
        "losses_from": of.parts.losses.then(|| from(of.start)),
        "gates": of.rows.iter().enumerate().map(|(at, row)| gate(of, at, row)).collect::<Vec<_>>(),
        "single_examples": of.parts.examples.then(|| json!({
            "records": of.decisive.records,
            "trials": of.decisive.trials,
            "not_tried": of.decisive.not_tried,
            "changed_the_decision": names(&of.decisive.decision),
            "changed_a_state": names(&of.decisive.state),
            "changed_nothing": names(&of.decisive.never),
            "unknown": names(&of.decisive.unknown),
        })),
        "notes": of.not_made.iter().chain(&of.notes).collect::<Vec<_>>(),
        "advice": of.advice,
    }))
}

fn names(examples: &[ExampleId]) -> Vec<&str> {
    examples.iter().map(ExampleId::as_str).collect()
}

fn counted(counts: &[u64; 8]) -> Value {
    let entries = STATES.iter().map(|state| (state.as_str().to_owned(), Value::from(counts[*state as usize])));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn made(made: Identity) -> &'static str {
    match made {
        Identity::Swapped => "swapped",
        Identity::Repeats => "repeats",
    }
}

fn from(start: Start) -> &'static str {
    match start {
        Start::Swapped => "swapped",
        Start::Production => "production",
        Start::Candidate => "candidate",
    }
}

fn identical(of: &Rehearsed, way: Identity, counts: &Identical) -> Value {
    let decisions = Outcome::ALL.iter().map(|outcome| (outcome.as_str().to_owned(), Value::from(counts.of(*outcome))));
    json!({
        "made": made(way),
        "rehearsals": counts.rehearsals,
        "decisions": decisions.collect::<Map<_, _>>(),
        "cries_harm": counts.breached,
        "fails_outright": counts.failed,
        "guards": of.guards.then(|| counted(&counts.guards)),
        "never_examples": of.never_examples.then(|| counted(&counts.never_examples)),
    })
}

fn gate(of: &Rehearsed, at: usize, row: &Row) -> Value {
    let states = of
        .identical
        .iter()
        .map(|(way, counts)| (made(*way).to_owned(), counts.states.get(at).map_or(Value::Null, counted)));
    let power = &row.power;
    json!({
        "gate": row.gate,
        "segment": row.segment,
        "blocking": row.blocking,
        "state": row.state.as_str(),
        "independent": row.clusters,
        "identical": states.collect::<Map<_, _>>(),
        "loss_unit": unit(row),
        "margin": row.margin,
        "rehearsals": power.rehearsals,
        "nothing_to_lose": power.nothing_to_lose,
        "blocks": of.parts.losses.then(|| loss(&power.blocks, power.rehearsals)),
        "calls_a_regression": of.parts.losses.then(|| loss(&power.calls, power.rehearsals)),
    })
}

/// The smallest loss seen in 80 of 100 rehearsals (null where none of those tried is), and how many see each.
fn loss(counts: &[u64], all: u64) -> Value {
    let step = smallest(counts, all);
    let spread = step.and_then(|step| share(caught_by(counts, step), all));
    let curve = (0..counts.len()).map(|step| json!([loss_of(step), caught_by(counts, step)]));
    json!({
        "smallest": step.map(loss_of),
        "share": spread.map(|(share, ..)| share),
        "lower": spread.map(|(_, lower, _)| lower),
        "upper": spread.map(|(.., upper)| upper),
        "seen_by_loss": curve.collect::<Vec<_>>(),
    })
}

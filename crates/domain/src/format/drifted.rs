//! Today's traffic as a record holds it: how it was mixed, beside the set, and what the decision is under that.
//!
//! in      what a decision says of today's traffic; or the content of a record
//! out     the part `drift` of the content; or how traffic was mixed, from which the same follows again
//! errors  a part that cannot be read, from a record that was not made here

use super::record::decimal;
use crate::decision::{DRIFTED, Drifted, Under};
use crate::drift::{Mix, OfToday, Side, Today};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Figures that are listed of what moved.
const LISTED: usize = 20;

/// A part of a record that does not say how traffic was mixed.
#[derive(Debug, thiserror::Error)]
#[error("the part `drift` of the record cannot be read")]
pub struct NotAMix;

pub fn to_json(drifted: &Drifted) -> Value {
    let Today { first, last, requests, .. } = &drifted.today;
    json!({
        "code": drifted.changed().then_some(DRIFTED),
        "said": drifted.said(),
        "traffic": {"first": first, "last": last, "requests": requests},
        "mixes": drifted.mixes.iter().map(|(of_today, mix, under)| mix_json(of_today, mix, under)).collect::<Vec<_>>(),
    })
}

fn mix_json(of_today: &OfToday, mix: &Mix, under: &Under) -> Value {
    let figure = |value: Option<f64>| value.map_or(Value::Null, decimal);
    let values = mix.values.iter().map(|value| {
        json!({
            "value": value.name, "examples": value.examples, "requests": value.requests,
            "in_set": decimal(value.in_set), "in_traffic": decimal(value.in_traffic),
        })
    });
    let moved = under.moved.iter().take(LISTED).map(|moved| {
        json!({
            "gate": moved.gate, "segment": moved.segment, "arm": moved.arm.as_str(),
            "was": moved.state.0.as_str(), "now": moved.state.1.as_str(),
            "figure": figure(moved.value.0), "figure_now": figure(moved.value.1),
        })
    });
    json!({
        "attribute": mix.attribute,
        "drifted": mix.warns(),
        "since": of_today.since,
        "psi": figure(mix.drift.map(|drift| drift.psi)),
        "p": figure(mix.drift.map(|drift| drift.pearson.p)),
        "effective": figure(of_today.traffic.effective),
        "values": values.collect::<Vec<_>>(),
        "decision": under.outcome.as_str(),
        "changed": under.changed,
        "moved": moved.collect::<Vec<_>>(),
    })
}

/// How traffic was mixed when a record was made; `None` where the record does not say.
pub fn from_json(drift: &Value) -> Result<Option<Today>, NotAMix> {
    if drift.is_null() {
        return Ok(None);
    }
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(NotAMix);
    let mixes = drift["mixes"].as_array().ok_or(NotAMix)?.iter().map(of_today).collect::<Result<_, _>>()?;
    let traffic = &drift["traffic"];
    let requests = traffic["requests"].as_u64().ok_or(NotAMix)?;
    Ok(Some(Today { first: text(&traffic["first"])?, last: text(&traffic["last"])?, requests, mixes }))
}

fn of_today(mix: &Value) -> Result<OfToday, NotAMix> {
    let mut values = BTreeMap::new();
    for value in mix["values"].as_array().ok_or(NotAMix)? {
        let (name, requests) = value["value"].as_str().zip(value["requests"].as_u64()).ok_or(NotAMix)?;
        // What only the set has was no value of traffic.
        if requests > 0 {
            values.insert(name.to_owned(), (requests as f64, requests));
        }
    }
    let effective = mix["effective"].as_str().map(|text| text.parse().map_err(|_| NotAMix)).transpose()?;
    Ok(OfToday {
        attribute: mix["attribute"].as_str().ok_or(NotAMix)?.to_owned(),
        traffic: Side { values, effective },
        since: mix["since"].as_str().map(str::to_owned),
    })
}

/// As it is after it was written and read: what is decided on is what is sealed.
pub fn as_sealed(side: &Side) -> Side {
    let effective = side.effective.and_then(|count| decimal(count).as_str()?.parse().ok());
    Side { effective, values: side.values.clone() }
}

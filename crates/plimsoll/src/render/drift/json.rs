//! Drift as JSON.

use crate::app::drift::{Again, Drifted};
use crate::render::read::json_text;
use domain::drift::{Group, Mix};
use serde_json::{Value, json};

pub fn json(drifted: &Drifted, days: &str) -> String {
    let content = drifted.content.as_ref().map(|content| {
        json!({
            "drifted": content.warns(),
            "told_apart": content.told_apart,
            "p": content.p,
            "compared": {"set": content.compared.0, "traffic": content.compared.1},
            "lacking": groups(&content.lacking),
            "over_represented": groups(&content.over),
        })
    });
    let next: Vec<Value> =
        drifted.next.iter().map(|next| json!({"name": next.name, "why": next.why, "rule": next.line})).collect();
    json_text(&json!({
        "contract": drifted.contract,
        "traffic": days,
        "requests": drifted.seen.requests,
        "examples": drifted.examples,
        "counted": drifted.counted,
        "drifted": drifted.warns(),
        "attributes": drifted.mixes.iter().map(mix).collect::<Vec<_>>(),
        "content": content,
        "last_decision": again(&drifted.again),
        "next": next,
    }))
}

fn mix(mix: &Mix) -> Value {
    let values: Vec<Value> = mix
        .values
        .iter()
        .map(|value| {
            json!({"value": value.name, "set": value.in_set, "traffic": value.in_traffic, "examples": value.examples,
                "requests": value.requests})
        })
        .collect();
    json!({
        "attribute": mix.attribute,
        "drifted": mix.warns(),
        "unmeasured": mix.unmeasured(),
        "effective": {"set": mix.effective.0, "traffic": mix.effective.1},
        "psi": mix.drift.map(|drift| drift.psi),
        "psi_without_drift": mix.drift.map(|drift| drift.psi_without_drift),
        "jensen_shannon": mix.drift.map(|drift| drift.jensen_shannon),
        "chi_square": mix.drift.map(|drift| json!({"statistic": drift.pearson.statistic, "df": drift.df, "p": drift.pearson.p})),
        "values": values,
    })
}

fn groups(groups: &[Group]) -> Vec<Value> {
    let one = |group: &Group| json!({"words": group.words, "set": group.in_set, "traffic": group.in_traffic, "id": group.id, "text": group.text});
    groups.iter().map(one).collect()
}

fn again(again: &Again) -> Value {
    let (record, outcome, under) = match again {
        Again::Not(why) => return json!({"decided_again": false, "why": why}),
        Again::Taken { record, outcome, under } => (record, outcome, under),
    };
    let under: Vec<Value> = under
        .iter()
        .map(|one| {
            let moved: Vec<Value> = one
                .moved
                .iter()
                .map(|moved| {
                    json!({"gate": moved.gate, "segment": moved.segment, "arm": moved.arm,
                        "state": {"recorded": moved.state.0, "now": moved.state.1},
                        "value": {"recorded": moved.value.0, "now": moved.value.1}, "reason": moved.reason})
                })
                .collect();
            json!({"attribute": one.attribute, "decision": one.outcome, "changed": one.changed,
                "effective": {"recorded": one.effective.0, "now": one.effective.1}, "moved": moved})
        })
        .collect();
    json!({"decided_again": true, "record": record, "decision": outcome, "under": under})
}

//! Drift as JSON.

use crate::app::drift::{Again, Drifted};
use crate::render::read::json_text;
use domain::drift::{Far, Meaning, Mix, Patch, View};
use serde_json::{Value, json};

pub fn json(drifted: &Drifted, days: &str) -> String {
    let content = drifted.content.as_ref().map(|content| {
        let mut told = view(&content.by_words);
        told["drifted"] = content.warns().into();
        told["told_apart"] = content.told_apart.into();
        told["p"] = content.p.into();
        told["compared"] = json!({"set": content.compared.0, "traffic": content.compared.1});
        told["without_words"] = json!({"set": content.wordless.0, "traffic": content.wordless.1});
        told["by_meaning"] = json!(content.by_meaning.as_ref().map(|meaning| by_meaning(meaning, drifted)));
        told
    });
    let next: Vec<Value> = drifted
        .next
        .iter()
        .map(|next| json!({"name": next.name, "why": next.why, "rule": next.line, "command": next.command}))
        .collect();
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
        "declare": drifted.declare.as_ref().map(|of| json!({"attribute": of.attribute, "shares": of.line})),
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

fn view(view: &View) -> Value {
    json!({
        "lacking": patches(&view.lacking),
        "over_represented": patches(&view.over),
        "unlike_any": view.far.as_ref().map(far),
    })
}

fn by_meaning(meaning: &Meaning, drifted: &Drifted) -> Value {
    let mut told = view(&meaning.view);
    told["drifted"] = meaning.warns().into();
    told["model"] = json!(drifted.model);
    told["mmd"] = json!(meaning.mmd.map(|mmd| json!({"squared": mmd.squared, "p": mmd.p})));
    told
}

fn far(far: &Far) -> Value {
    let farthest: Vec<Value> = far
        .farthest
        .iter()
        .map(|one| {
            json!({"id": one.id, "text": one.text, "similarity": one.similarity,
                "nearest": {"id": one.example, "text": one.example_text}})
        })
        .collect();
    json!({
        "bar": far.bar,
        "requests": {"count": far.requests.0, "of": far.requests.1, "lower": far.interval.lower, "upper": far.interval.upper},
        "examples": {"count": far.examples.0, "of": far.examples.1},
        "farthest": farthest,
    })
}

fn patches(patches: &[Patch]) -> Vec<Value> {
    let one = |patch: &Patch| {
        json!({"words": patch.words, "set": patch.in_set, "traffic": patch.in_traffic, "examples": patch.counts.0,
            "requests": patch.counts.1, "p": patch.p, "id": patch.id, "text": patch.text})
    };
    patches.iter().map(one).collect()
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
                    json!({"gate": moved.gate, "segment": moved.segment, "arm": moved.arm.as_str(),
                        "state": {"recorded": moved.state.0.as_str(), "now": moved.state.1.as_str()},
                        "value": {"recorded": moved.value.0, "now": moved.value.1}, "reason": moved.reason})
                })
                .collect();
            json!({"attribute": one.attribute, "decision": one.outcome.as_str(), "changed": one.changed,
                "effective": {"recorded": one.effective.0, "now": one.effective.1}, "moved": moved})
        })
        .collect();
    json!({"decided_again": true, "record": record, "decision": outcome, "under": under})
}

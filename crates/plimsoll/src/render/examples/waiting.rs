//! `examples sample` and `examples proposals`

use super::{cut, number, row};
use crate::app::examples::proposals::Proposed;
use crate::app::examples::sample::{PassedOver, Sampled, id_of};
use crate::app::examples::state_word;
use crate::render::read::{json_text, plain};
use crate::render::width::{broken, padded};
use serde_json::{Value, json};
use std::fmt::Write;

const WIDTH: usize = 80;
/// Drawn requests that are shown.
const SHOWN: usize = 20;

pub fn sample_text(sampled: &Sampled) -> String {
    let sample = &sampled.sample;
    let mut out = String::new();
    let days = match (sampled.seen.first, sampled.seen.last) {
        (Some(first), Some(last)) => format!(" of {first} to {last}"),
        _ => String::new(),
    };
    let _ = writeln!(out, "{} requests of traffic{days}\n", number(sample.requests as f64));
    for (name, seen, drawn) in &sample.rules {
        let _ = writeln!(
            out,
            "  {} {:>8} of {} conversations",
            padded(&cut(name, 24), 24),
            number(*drawn as f64),
            number(*seen as f64)
        );
    }
    let _ = writeln!(out);
    for at in sampled.new.iter().take(SHOWN) {
        let drawn = &sample.drawn[*at];
        let chance = drawn.probability.map_or("no chance known, weight 0".to_owned(), |chance| {
            format!("drawn with {:.4}, stands for {}", chance.get(), number(1.0 / chance.get()))
        });
        let _ = writeln!(out, "  {}  {}\n      {chance}", id_of(&drawn.request), cut(&drawn.rules.join(", "), 40));
        let text = domain::content::text_of(&drawn.request.input);
        let _ = writeln!(out, "      {}", cut(text.trim(), WIDTH - 6));
    }
    if sampled.new.len() > SHOWN {
        let _ = writeln!(out, "  and {} more", sampled.new.len() - SHOWN);
    }
    let passed_over = &sampled.passed_over;
    let there = sample.drawn.len() - sampled.new.len() - passed_over.drawn;
    let mut end = vec![match sampled.preview {
        true => format!("{} would be proposed; nothing was kept.", sampled.new.len()),
        false => format!("{} proposed: `plimsoll examples proposals` lists what waits.", sampled.new.len()),
    }];
    if there > 0 {
        end.push(format!("{there} of those drawn are known already, as examples or as proposals that were declined."));
    }
    if passed_over.count > 0 {
        let named: Vec<String> = passed_over.first.iter().map(|(id, why)| format!("`{}` ({why})", plain(id))).collect();
        let more = if passed_over.count > named.len() as u64 { ", ..." } else { "" };
        let what = match passed_over.count {
            1 => "1 request cannot be an example and is passed over".to_owned(),
            count => format!("{} requests cannot be examples and are passed over", number(count as f64)),
        };
        end.push(format!("{what}: {}{more}.", named.join(", ")));
    }
    if sample.unreached > 0 {
        let share = 100.0 * sample.unreached as f64 / sample.requests as f64;
        end.push(format!(
            "{share:.1} % of the requests are reached by no rule that goes by chance: rates from this sample say nothing of them. Add a rule `uniform` without `where`."
        ));
    }
    for sentence in end {
        for line in broken(&sentence, WIDTH) {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

pub fn sample_json(sampled: &Sampled) -> String {
    let sample = &sampled.sample;
    let drawn: Vec<Value> = sample
        .drawn
        .iter()
        .enumerate()
        .map(|(at, drawn)| {
            json!({
                "id": id_of(&drawn.request),
                "request": drawn.request.id,
                "rules": drawn.rules,
                "probability": drawn.probability.map(domain::share::Share::get),
                "cluster": drawn.request.conversation,
                "new": sampled.new.contains(&at),
            })
        })
        .collect();
    let rules: Vec<Value> = sample
        .rules
        .iter()
        .map(|(name, seen, drawn)| json!({"name": name, "conversations": seen, "drawn": drawn}))
        .collect();
    let PassedOver { count, first, .. } = &sampled.passed_over;
    let first: Vec<Value> = first.iter().map(|(id, why)| json!({"request": id, "why": why})).collect();
    let whole = json!({
        "requests": sample.requests,
        "passed_over": {"count": count, "first": first},
        "first": sampled.seen.first.map(|day| day.to_string()),
        "last": sampled.seen.last.map(|day| day.to_string()),
        "unreached": sample.unreached,
        "rules": rules,
        "proposed": if sampled.preview { 0 } else { sampled.new.len() },
        "drawn": drawn,
    });
    json_text(&whole)
}

pub fn proposals_text(waiting: &[Proposed]) -> String {
    let mut out = String::new();
    for one in waiting {
        let _ = writeln!(out, "{}", plain(&one.id));
        row(&mut out, "asked", &cut(one.text.trim(), 300));
        if let Some(task) = &one.task {
            row(&mut out, "task", task);
        }
        if let Some(source) = one.provenance["source"].as_str() {
            let rule = one.provenance["rule"].as_str().unwrap_or("");
            let chance = one.provenance["probability"].as_f64();
            let chance = chance.map_or("weight 0".to_owned(), |chance| format!("stands for {}", number(1.0 / chance)));
            row(&mut out, "from", &format!("{source}, {rule}; {chance}"));
        }
        if let Some((author, at, why)) = &one.said {
            let why = why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
            row(&mut out, "proposed", &format!("by {author}, {}{why}", at.get(..10).unwrap_or(at)));
        }
        if !one.expects {
            row(&mut out, "expected", "nothing yet: what is right here must be said before a grader can tell");
        }
        for near in &one.near {
            let state = state_word(near.state);
            let said = format!("{:.2}  {} ({state}): {}", near.similarity, near.id, cut(near.text.trim(), 160));
            row(&mut out, "near", &said);
        }
        let _ = writeln!(out);
    }
    let alone = waiting.iter().filter(|one| one.near.is_empty()).count();
    let _ = writeln!(
        out,
        "{} {} wait; {alone} without a near-duplicate",
        waiting.len(),
        if waiting.len() == 1 { "proposal" } else { "proposals" }
    );
    out
}

pub fn proposals_json(waiting: &[Proposed]) -> String {
    let proposals: Vec<Value> = waiting
        .iter()
        .map(|one| {
            let near: Vec<Value> = one
                .near
                .iter()
                .map(|near| {
                    json!({"id": near.id, "similarity": near.similarity, "status": state_word(near.state), "text": near.text})
                })
                .collect();
            json!({
                "id": one.id,
                "text": one.text,
                "task": one.task,
                "expects": one.expects,
                "provenance": one.provenance,
                "proposed": one.said.as_ref().map(|(by, at, why)| json!({"by": by, "at": at, "why": why})),
                "near_duplicates": near,
            })
        })
        .collect();
    json_text(&json!({"proposals": proposals}))
}

//! Kinds about reviewers.

use super::{Outcome, input::Input, input::number, or_null};
use serde_json::{Map, Value, json};
use stats::Undefined;
use stats::agreement::{Answer, Cohen, Gwet, Level, Specific, Weights, cohen, dawid_skene, fleiss, gwet, krippendorff};
use std::collections::BTreeMap;

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "krippendorff_alpha" => alpha(input),
        "cohen_kappa" => kappa(input),
        "fleiss_kappa" => input.ratings("ratings").map(|ratings| json!({ "kappa": or_null(fleiss(&ratings)) })),
        "gwet_ac" => coefficient(input),
        "dawid_skene" => consensus(input),
        _ => return None,
    })
}

fn alpha(input: &Input) -> Outcome {
    let level = match input.text("level")? {
        "nominal" => Level::Nominal,
        "ordinal" => Level::Ordinal,
        "interval" => Level::Interval,
        "ratio" => Level::Ratio,
        other => return Err(format!("unknown level {other}")),
    };
    Ok(json!({ "alpha": or_null(krippendorff(&input.ratings("ratings")?, level)) }))
}

fn kappa(input: &Input) -> Outcome {
    let whole = |name: &str| -> Result<Vec<i64>, String> {
        let ratings = input.numbers(name)?;
        let whole = ratings.iter().all(|rating| rating.fract() == 0.0);
        if whole {
            Ok(ratings.iter().map(|&rating| rating as i64).collect())
        } else {
            Err(format!("`{name}` is not whole"))
        }
    };
    let all = cohen(&whole("r1")?, &whole("r2")?);
    let figure = |pick: fn(&Cohen) -> Result<f64, Undefined>| or_null(all.and_then(|all| pick(&all)));
    let specific = |pick: fn(&Specific) -> Result<f64, Undefined>| {
        or_null(all.and_then(|all| all.specific).and_then(|specific| pick(&specific)))
    };
    Ok(json!({
        "kappa": figure(|all| all.kappa), "kappa_linear": figure(|all| all.linear),
        "kappa_quadratic": figure(|all| all.quadratic), "se": figure(|all| all.standard_error),
        "raw_agreement": figure(|all| Ok(all.raw)),
        "positive_agreement": specific(|specific| specific.positive),
        "negative_agreement": specific(|specific| specific.negative),
    }))
}

fn coefficient(input: &Input) -> Outcome {
    let weights = match input.text("weights")? {
        "identity" => Weights::Identity,
        "linear" => Weights::Linear,
        "quadratic" => Weights::Quadratic,
        other => return Err(format!("unknown weights {other}")),
    };
    let all = gwet(&input.ratings("ratings")?, &input.numbers("categories")?, weights);
    let figure = |pick: fn(&Gwet) -> f64| or_null(all.map(|all| pick(&all)));
    Ok(json!({
        "ac": figure(|all| all.coefficient), "pa": figure(|all| all.observed), "pe": figure(|all| all.by_chance),
    }))
}

/// Items and reviewers are numbered in the order of their names.
fn consensus(input: &Input) -> Outcome {
    let labels = input.list("labels")?;
    let label = |value: &Value| -> Result<usize, String> {
        let same = |known: &Value| known == value || number(known).is_some() && number(known) == number(value);
        labels.iter().position(same).ok_or_else(|| format!("{value} is none of the `labels`"))
    };
    let answers = input.list("answers")?;
    let places = |column: usize| -> BTreeMap<&str, usize> {
        let names: BTreeMap<&str, usize> =
            answers.iter().filter_map(|answer| answer[column].as_str()).map(|name| (name, 0)).collect();
        names.into_keys().enumerate().map(|(at, name)| (name, at)).collect()
    };
    let (items, reviewers) = (places(0), places(1));
    let mut numbered = Vec::new();
    for answer in answers {
        let place = |places: &BTreeMap<&str, usize>, column: usize| {
            answer[column].as_str().and_then(|name| places.get(name).copied())
        };
        let item = place(&items, 0).ok_or("an answer names no item")?;
        let reviewer = place(&reviewers, 1).ok_or("an answer names no reviewer")?;
        numbered.push(Answer { item, reviewer, label: label(&answer[2])? });
    }
    let mut gold = Vec::new();
    for (name, value) in input.0.get("gold").and_then(Value::as_object).into_iter().flatten() {
        if let Some(&item) = items.get(name.as_str()) {
            gold.push((item, label(value)?));
        }
    }
    let rounds = u32::try_from(input.steps("iterations")?).map_err(|cause| cause.to_string())?;
    let Ok(all) = dawid_skene(&numbered, labels.len(), &gold, rounds, input.number("eps")?) else {
        return Ok(json!({ "tasks": null, "posterior": null, "priors": null, "confusion": null }));
    };
    let confusion: Map<String, Value> =
        reviewers.into_keys().zip(&all.confusion).map(|(name, table)| (name.to_owned(), json!(table))).collect();
    let tasks: Vec<&str> = items.into_keys().collect();
    Ok(json!({ "tasks": tasks, "posterior": all.posterior, "priors": all.priors, "confusion": confusion }))
}

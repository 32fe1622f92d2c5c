//! Kinds about drift and about decisions looked back on.

use super::counts::ends;
use super::{Outcome, input::Input, input::MOST_STEPS, or_null};
use serde_json::{Value, json};
use stats::binomial::fisher_one_sided;
use stats::drift::{MixDrift, ValueDrift, mix_drift, squared_mmd, value_drift};
use stats::{Undefined, backtest, fisher_exact};
use std::cmp::Ordering;

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "drift_categorical" => mix(input),
        "drift_numeric" => values(input),
        "drift_mmd2_unbiased" => points(input),
        "backtest" => past(input),
        _ => return None,
    })
}

fn mix(input: &Input) -> Outcome {
    let smoothing = input.optional("smoothing")?.unwrap_or(0.0);
    let all = mix_drift(&input.sizes("reference")?, &input.sizes("traffic")?, smoothing);
    let figure = |pick: fn(&MixDrift) -> f64| or_null(all.map(|all| pick(&all)));
    Ok(json!({
        "psi": figure(|all| all.psi), "psi_null_mean": figure(|all| all.psi_without_drift),
        "jsd_bits": figure(|all| all.jensen_shannon), "dof": figure(|all| all.df as f64),
        "chi2": figure(|all| all.pearson.statistic), "p": figure(|all| all.pearson.p),
        "g": figure(|all| all.likelihood_ratio.statistic), "g_p": figure(|all| all.likelihood_ratio.p),
    }))
}

fn values(input: &Input) -> Outcome {
    let all = value_drift(&input.numbers("x")?, &input.numbers("y")?);
    let figure = |pick: fn(&ValueDrift) -> Result<f64, Undefined>| or_null(all.and_then(|all| pick(&all)));
    Ok(json!({
        "ks": figure(|all| Ok(all.kolmogorov_smirnov)), "mwu_p": figure(|all| all.mann_whitney),
        "auc": figure(|all| Ok(all.first_exceeds)),
    }))
}

fn points(input: &Input) -> Outcome {
    Ok(json!({ "mmd2": or_null(squared_mmd(&input.table("X")?, &input.table("Y")?, input.number("gamma")?)) }))
}

fn past(input: &Input) -> Outcome {
    let predicted = input.numbers("predicted")?;
    let happened: Vec<bool> = input.numbers("incident")?.iter().map(|&incident| incident != 0.0).collect();
    let calibration = backtest::calibration(&predicted, &happened);
    let ranking = backtest::ranking(&predicted, &happened, 0.025);
    let [lo, hi] = ends(ranking.and_then(|ranking| ranking.interval));
    Ok(json!({
        "brier": or_null(calibration.map(|all| all.brier)), "log_loss": or_null(calibration.map(|all| all.log_loss)),
        "spiegelhalter_z": or_null(calibration.and_then(|all| all.spiegelhalter)),
        "auc": or_null(ranking.map(|ranking| ranking.area)), "auc_lo": lo, "auc_hi": hi,
        "fisher_p": fisher(input)?,
    }))
}

fn fisher(input: &Input) -> Outcome {
    let Some(table) = input.0.get("table").filter(|table| !table.is_null()) else { return Ok(Value::Null) };
    let cell = |row: usize, column: usize| super::input::count(&table[row][column]).ok_or("`table` holds no counts");
    let [[a, b], [c, d]] = [[cell(0, 0)?, cell(0, 1)?], [cell(1, 0)?, cell(1, 1)?]];
    if [a, b, c, d].iter().sum::<u64>() > MOST_STEPS {
        return Err(format!("`table` counts more than {MOST_STEPS}, which no exact test goes through"));
    }
    Ok(match input.0.get("fisher").and_then(Value::as_str).unwrap_or("two-sided") {
        "two-sided" => fisher_exact(a, b, c, d).into(),
        "greater" => fisher_one_sided([[a, b], [c, d]], Ordering::Greater).into(),
        "less" => fisher_one_sided([[a, b], [c, d]], Ordering::Less).into(),
        other => return Err(format!("unknown alternative {other}")),
    })
}

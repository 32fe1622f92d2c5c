//! What a record shows beside the decision, and no decision rests on: what repeats tell, and how latency and spend spread.

use super::record::{decimal, weighing_json};
use crate::evidence::measured::{Measured, Quantile};
use crate::evidence::repeated::Repeated;
use crate::gate::Measure;
use crate::name::CriterionName;
use crate::system::Arm;
use serde_json::{Value, json};

pub fn repeats((criterion, arm, told): &(CriterionName, Arm, Repeated)) -> Value {
    json!({
        "criterion": criterion.as_str(),
        "arm": arm.as_str(),
        "k": told.tries,
        "pass_at_k": weighing_json(&told.any),
        "pass_all_k": weighing_json(&told.all),
        "mean_square_between": figure(told.between),
        "mean_square_within": figure(told.within),
        "icc": figure(told.icc),
    })
}

pub fn quantiles((measure, arm, measured): &(Measure, Arm, Option<Measured>)) -> Value {
    json!({
        "measure": if *measure == Measure::Latency { "latency" } else { "spend" },
        "arm": arm.as_str(),
        "answers": measured.map_or(0, |of| of.answers),
        "p50": quantile(measured.map(|of| of.p50)),
        "p95": quantile(measured.map(|of| of.p95)),
    })
}

fn quantile(of: Option<Quantile>) -> Value {
    json!({
        "estimate": figure(of.map(|of| of.value)),
        "lower": figure(of.and_then(|of| of.lower)),
        "upper": figure(of.and_then(|of| of.upper)),
        "effective_n": of.map(|of| decimal(of.independent as f64)),
    })
}

fn figure(value: Option<f64>) -> Value {
    value.map_or(Value::Null, decimal)
}

//! Kinds `special.*`: quantiles and tails.

use super::{Outcome, input::Input};
use serde_json::json;
use stats::special::{beta_quantile, normal_quantile, normal_sf, t_quantile};

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "special.betaincinv" => beta(input),
        "special.t_quantile" => student(input),
        "special.normal_quantile" => input.number("q").map(|q| json!({ "z": normal_quantile(q) })),
        "special.normal_sf" => input.number("z").map(|z| json!({ "p": normal_sf(z) })),
        _ => return None,
    })
}

fn beta(input: &Input) -> Outcome {
    Ok(json!({ "x": beta_quantile(input.number("q")?, input.number("a")?, input.number("b")?) }))
}

fn student(input: &Input) -> Outcome {
    Ok(json!({ "t": t_quantile(input.number("q")?, input.number("df")?) }))
}

//! Kinds `special.*`: quantiles and tails.

use super::{Outcome, input::Input, number};
use serde_json::json;
use stats::special::{beta_quantile, normal_quantile, normal_sf, t_quantile};

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "special.betaincinv" => beta(input),
        "special.t_quantile" => student(input),
        "special.normal_quantile" => input.between("q", 0.0, 1.0).map(|q| json!({ "z": number(normal_quantile(q)) })),
        "special.normal_sf" => input.number("z").map(|z| json!({ "p": normal_sf(z) })),
        _ => return None,
    })
}

fn beta(input: &Input) -> Outcome {
    let (q, a, b) = (input.between("q", 0.0, 1.0)?, above_zero(input, "a")?, above_zero(input, "b")?);
    Ok(json!({ "x": beta_quantile(q, a, b) }))
}

fn student(input: &Input) -> Outcome {
    let (q, df) = (input.between("q", 0.0, 1.0)?, above_zero(input, "df")?);
    Ok(json!({ "t": number(t_quantile(q, df)) }))
}

fn above_zero(input: &Input, name: &str) -> Result<f64, String> {
    let given = input.number(name)?;
    if given > 0.0 { Ok(given) } else { Err(format!("input `{name}` is {given}, and lies above 0")) }
}

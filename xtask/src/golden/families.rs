//! Kinds about many tests at once.

use super::{Outcome, input::Input};
use serde_json::{Value, json};
use stats::holm;
use stats::multiplicity::{benjamini_hochberg, fixed_sequence, hochberg, intersection_union_then_holm};

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "multiplicity" => adjusted(input),
        "fixed_sequence" => sequence(input),
        "iut_then_holm" => groups(input),
        _ => return None,
    })
}

fn adjusted(input: &Input) -> Outcome {
    let (p, alpha) = (input.numbers("p")?, input.level("alpha")?);
    let pairs: Vec<(f64, bool)> = match input.text("method")? {
        "holm" => holm(&p, alpha).iter().map(|test| (test.adjusted, test.rejected)).collect(),
        "simes-hochberg" => hochberg(&p, alpha).iter().map(|test| (test.adjusted, test.rejected)).collect(),
        "fdr_bh" => benjamini_hochberg(&p, alpha).iter().map(|test| (test.adjusted, test.rejected)).collect(),
        other => return Err(format!("unknown method {other}")),
    };
    let (adjusted, reject): (Vec<f64>, Vec<bool>) = pairs.into_iter().unzip();
    Ok(json!({ "p_adjusted": adjusted, "reject": reject }))
}

fn sequence(input: &Input) -> Outcome {
    Ok(json!({ "reject": fixed_sequence(&input.numbers("p")?, input.level("alpha")?) }))
}

fn groups(input: &Input) -> Outcome {
    let (p, tested) = intersection_union_then_holm(&input.table("p")?, input.level("alpha")?);
    let adjusted: Vec<f64> = tested.iter().map(|test| test.adjusted).collect();
    let ship: Vec<Value> = tested.iter().map(|test| test.rejected.into()).collect();
    Ok(json!({ "p_segment": p, "p_adjusted": adjusted, "ship": ship }))
}

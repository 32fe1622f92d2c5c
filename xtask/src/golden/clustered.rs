//! Kinds about means of weighted clusters.

use super::counts::ends;
use super::{Outcome, input::Input, or_null};
use serde_json::{Value, json};
use stats::{ClusterSum, ClusteredMean, Spread, Undefined, clustered_mean, hajek, kish};
use std::collections::BTreeMap;

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "cluster_mean_cr0_cr1" | "cluster_mean_cr2_bm" => classical(input),
        "graded_mean_interval" => graded(input),
        "kish_ess" => effective(input),
        "hajek_strat_svymean" => survey(input),
        _ => return None,
    })
}

/// Sums of each cluster that carries weight, with its stratum and its rows.
fn sums(input: &Input) -> Result<Vec<(String, ClusterSum, u64)>, String> {
    let mut sums = Vec::new();
    for ((stratum, _), rows) in input.clusters()? {
        let (mut sum, mut carrying) = (ClusterSum::default(), 0);
        for row in &rows {
            let w = row.weight("w")?;
            if w > 0.0 {
                sum.weight += w;
                sum.value += w * row.number("y")?;
                carrying += 1;
            }
        }
        if carrying > 0 {
            sums.push((stratum, sum, carrying));
        }
    }
    Ok(sums)
}

fn mean(input: &Input) -> Result<Result<ClusteredMean, Undefined>, String> {
    let clusters: Vec<ClusterSum> = sums(input)?.into_iter().map(|(_, sum, _)| sum).collect();
    Ok(clustered_mean(&clusters))
}

fn of_spread(mean: Result<ClusteredMean, Undefined>, pick: fn(&Spread) -> Result<f64, Undefined>) -> Value {
    or_null(mean.and_then(|mean| mean.spread).and_then(|spread| pick(&spread)))
}

fn classical(input: &Input) -> Outcome {
    let mean = mean(input)?;
    Ok(json!({
        "mean": or_null(mean.map(|mean| mean.mean)),
        "se_cr0": of_spread(mean, |spread| Ok(spread.cr0.sqrt())),
        "se_cr1": of_spread(mean, |spread| Ok(spread.cr1.sqrt())),
        "se_cr2": of_spread(mean, |spread| Ok(spread.cr2.sqrt())),
        "se_cr3": of_spread(mean, |spread| Ok(spread.cr3.sqrt())),
        "df": of_spread(mean, |spread| Ok(spread.df)),
    }))
}

fn graded(input: &Input) -> Outcome {
    let (mean, alpha) = (mean(input)?, input.level("alpha")?);
    let [lo, hi] = ends(mean.and_then(|mean| mean.interval(alpha)));
    Ok(json!({
        "mean": or_null(mean.map(|mean| mean.mean)),
        "se": of_spread(mean, |spread| Ok(spread.cr2.sqrt())),
        "df": of_spread(mean, |spread| Ok(spread.df)),
        "lo": lo, "hi": hi,
        "max_cluster_share": or_null(mean.map(|mean| mean.heaviest)),
        "max_variance_share": of_spread(mean, |spread| spread.loudest),
        "insufficient": mean.and_then(|mean| mean.spread).is_err(),
    }))
}

fn effective(input: &Input) -> Outcome {
    let both = kish(&input.sizes("w")?);
    Ok(json!({ "ess": or_null(both.map(|both| both.0)), "deff": or_null(both.map(|both| both.1)) }))
}

fn survey(input: &Input) -> Outcome {
    let (mut strata, mut rows) = (BTreeMap::<String, Vec<ClusterSum>>::new(), 0);
    for (stratum, sum, carrying) in sums(input)? {
        strata.entry(stratum).or_default().push(sum);
        rows += carrying;
    }
    let all = hajek(&strata.into_values().collect::<Vec<_>>(), rows);
    let level = match input.optional("alpha")? {
        Some(_) => input.each_side("alpha")?,
        None => 0.025,
    };
    let [lo, hi] = ends(all.and_then(|all| all.korn_graubard(level)));
    Ok(json!({
        "mean": or_null(all.map(|all| all.mean)), "se": or_null(all.map(|all| all.standard_error)),
        "df": or_null(all.map(|all| all.df as f64)), "kg_lo": lo, "kg_hi": hi,
    }))
}

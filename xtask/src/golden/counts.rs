//! Kinds about counts of independent trials, pairs and repeats.

use super::{Outcome, input::Input, number, or_null};
use serde_json::{Value, json};
use stats::proportion::{clopper_pearson, jeffreys, rule_of_three, wilson};
use stats::{Interval, Pairs, Undefined, epochs, mcnemar, newcombe, quantile_bounds, zero_failure_n};

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "wilson_ci" => proportion(input, wilson),
        "clopper_pearson_ci" => proportion(input, clopper_pearson),
        "jeffreys_ci" => proportion(input, jeffreys),
        "zero_failure_upper" => upper(input),
        "zero_failure_n" => least(input),
        "mcnemar_exact" => exact(input),
        "tango_ci" => tango(input),
        "newcombe_paired_ci" => method_10(input),
        "quantile_ci" => quantile(input),
        "pass_at_k" => pass_at(input),
        "epoch_variance" => variation(input),
        _ => return None,
    })
}

pub fn ends(interval: Result<Interval, Undefined>) -> [Value; 2] {
    [or_null(interval.map(|interval| interval.lower)), or_null(interval.map(|interval| interval.upper))]
}

fn proportion(input: &Input, method: fn(f64, f64, f64) -> Result<Interval, Undefined>) -> Outcome {
    let [lo, hi] = ends(method(input.number("x")?, input.number("n")?, input.each_side("alpha")?));
    Ok(json!({ "lo": lo, "hi": hi }))
}

/// The rule of three speaks of no failures at 5 % only.
fn upper(input: &Input) -> Outcome {
    let (n, failures, alpha) = (input.count("n")?, input.count("failures")?, input.level("alpha")?);
    let [_, upper] = ends(clopper_pearson(failures as f64, n as f64, alpha));
    let rule = if failures == 0 && alpha == 0.05 { or_null(rule_of_three(n)) } else { Value::Null };
    Ok(json!({ "upper": upper, "rule_of_three": rule }))
}

fn least(input: &Input) -> Outcome {
    let n = zero_failure_n(input.between("max_rate", 0.0, 1.0)?, input.level("alpha")?);
    Ok(json!({ "n": if n == u64::MAX { Value::Null } else { n.into() } }))
}

fn exact(input: &Input) -> Outcome {
    let test = mcnemar(input.count("b")?, input.count("c")?);
    Ok(json!({ "p_two_sided": test.two_sided, "p_mid": test.mid, "p_candidate_worse": test.candidate_worse }))
}

fn tango(input: &Input) -> Outcome {
    let (alpha, margin) = (input.each_side("alpha")?, input.number("margin")?);
    let Ok(pairs) = Pairs::of(input.number("b")?, input.number("c")?, input.number("n")?) else {
        return Ok(json!({ "diff": null, "lo": null, "hi": null, "ni_score": null, "ni_p": null }));
    };
    let [lo, hi] = ends(Ok(pairs.interval(alpha)));
    Ok(json!({
        "diff": pairs.difference(), "lo": lo, "hi": hi,
        "ni_score": number(pairs.score(-margin)), "ni_p": pairs.p_noninferior(margin),
    }))
}

fn method_10(input: &Input) -> Outcome {
    let [both, gained, lost, neither] = ["n11", "n10", "n01", "n00"].map(|name| input.count(name));
    let (both, gained, lost, neither) = (both?, gained?, lost?, neither?);
    let [lo, hi] = ends(newcombe(both, gained, lost, neither, input.each_side("alpha")?));
    let pairs = Pairs::of(gained as f64, lost as f64, (both + gained + lost + neither) as f64);
    Ok(json!({ "diff": or_null(pairs.map(|pairs| pairs.difference())), "lo": lo, "hi": hi }))
}

fn quantile(input: &Input) -> Outcome {
    let tail = 0.5 * (1.0 - input.level("confidence")?);
    let bounds = quantile_bounds(&input.numbers("x")?, input.number("q")?, tail);
    let end = |end: fn(&stats::QuantileBounds) -> Result<f64, Undefined>| or_null(bounds.and_then(|all| end(&all)));
    Ok(json!({ "lo": end(|all| all.lower), "hi": end(|all| all.upper) }))
}

fn pass_at(input: &Input) -> Outcome {
    let tries = epochs::pass_at(input.steps("k")?, input.count("c")?, input.count("n")?);
    let figures = [or_null(tries.map(|tries| tries.any)), or_null(tries.map(|tries| tries.all))];
    Ok(json!({ "pass_at_k": figures[0], "pass_all_k": figures[1] }))
}

fn variation(input: &Input) -> Outcome {
    let all = epochs::variation(&input.table("y")?);
    let figure = |pick: fn(&epochs::Variation) -> Result<f64, Undefined>| or_null(all.and_then(|all| pick(&all)));
    Ok(json!({
        "mean": figure(|all| Ok(all.mean)), "ms_between": figure(|all| all.between),
        "ms_within": figure(|all| all.within), "icc1": figure(|all| all.icc), "se": figure(|all| all.standard_error),
    }))
}

//! Kinds about sizes, and about looking more than once.

use super::counts::ends;
use super::{Outcome, input::Input, number, or_null};
use serde_json::{Value, json};
use stats::power::{PairedPlan, Repeats, one_sample_t, whole};
use stats::sequential::{Bets, beta_binomial, hedged_betting, p_anytime};
use stats::spending::{Spending, planned_looks};

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "power_paired_ni" => paired(input),
        "power_one_sample_t" => student(input),
        "power_miller" => repeats(input),
        "eprocess_paired" => counts(input),
        "eprocess_graded" => values(input),
        "confseq_beta_binomial" => sequence(input),
        "betting_predmix" => betting(input),
        "alpha_spending" => looks(input),
        _ => return None,
    })
}

fn paired(input: &Input) -> Outcome {
    let plan = PairedPlan {
        gained: input.number("p10")?,
        lost: input.number("p01")?,
        difference: input.number("assumed_diff")?,
        margin: input.number("margin")?,
        design_effect: input.number("deff")?,
    };
    let exact = plan.pairs(input.level("alpha")?, input.level("power")?);
    let already = if input.optional("n_now")?.is_some() { input.count("n_now")? } else { 0 };
    let counts = exact.map(|exact| whole(exact, already)).ok();
    Ok(json!({ "n_exact": or_null(exact), "n": counts.map(|counts| counts.0), "more": counts.map(|counts| counts.1) }))
}

fn student(input: &Input) -> Outcome {
    let n = one_sample_t(input.number("effect_size")?, input.level("alpha")?, input.level("power")?);
    Ok(json!({ "n": or_null(n) }))
}

fn repeats(input: &Input) -> Outcome {
    let plan = Repeats {
        between: input.number("omega2")?,
        within: [input.number("sigma2_a")?, input.number("sigma2_b")?],
        answers: [input.number("k_a")?, input.number("k_b")?],
    };
    let (level, power) = (input.each_side("alpha")?, input.level("power")?);
    Ok(json!({
        "n": or_null(plan.examples(input.number("mde")?, level, power)),
        "mde_at_1000": or_null(plan.least_effect(1000.0, level, power)),
    }))
}

fn bets(input: &Input) -> Result<Option<Bets>, String> {
    Ok(Bets::against(input.number("margin")?, input.steps("grid")? as usize).ok())
}

fn evidence(log_e: Option<f64>) -> Value {
    json!({ "log_e": log_e.map(number), "p_anytime": log_e.map(p_anytime) })
}

fn counts(input: &Input) -> Outcome {
    let (improved, unchanged, regressed) =
        (input.count("improved")?, input.count("unchanged")?, input.count("regressed")?);
    Ok(evidence(bets(input)?.map(|bets| bets.log_e_of_counts(improved, unchanged, regressed))))
}

fn values(input: &Input) -> Outcome {
    let values = input.numbers("x")?;
    Ok(evidence(bets(input)?.map(|bets| bets.log_e_of_values(&values))))
}

fn sequence(input: &Input) -> Outcome {
    let (passed, failed) = (input.count("passes")?, input.count("fails")?);
    let (a, b) = (input.number("prior_a")?, input.number("prior_b")?);
    let [lo, hi] = ends(beta_binomial(passed, failed, input.level("alpha")?, a, b));
    Ok(json!({ "lo": lo, "hi": hi }))
}

fn betting(input: &Input) -> Outcome {
    let all = hedged_betting(&input.numbers("x")?, input.number("m")?, input.level("alpha")?);
    Ok(json!({ "lambda_last": or_null(all.map(|all| all.last_bet)), "wealth": or_null(all.map(|all| all.wealth)) }))
}

fn looks(input: &Input) -> Outcome {
    let spending = match input.text("spending")? {
        "lan_demets_obrien_fleming" => Spending::OBrienFleming,
        "lan_demets_pocock" => Spending::Pocock,
        other => return Err(format!("unknown spending {other}")),
    };
    let count = u32::try_from(input.count("looks")?).map_err(|cause| cause.to_string())?;
    let Ok(looks) = planned_looks(count, input.level("alpha_one_sided")?, spending) else {
        return Ok(json!({ "critical": null, "spent": null }));
    };
    let critical: Vec<Value> = looks.iter().map(|look| number(look.critical)).collect();
    let spent: Vec<f64> = looks.iter().map(|look| look.spent).collect();
    Ok(json!({ "critical": critical, "spent": spent }))
}

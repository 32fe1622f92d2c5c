//! Kinds about judges beside people.

use super::counts::ends;
use super::{Outcome, input::Input, or_null};
use serde_json::{Value, json};
use stats::judge::{Calibrated, JudgeError, Labels, PairedVerdict, judged_difference, judged_rate, rogan_gladen};
use stats::{Undefined, ppi_mean};

pub fn figures(kind: &str, input: &Input) -> Option<Outcome> {
    Some(match kind {
        "judge_poststratified" => rate(input),
        "judge_paired_poststratified" => difference(input),
        "rogan_gladen" => corrected(input),
        "ppi_mean" => powered(input),
        _ => return None,
    })
}

fn told(name: &str, result: Result<Calibrated, Undefined>) -> Value {
    let [lo, hi] = ends(result.map(|calibrated| calibrated.interval));
    json!({ name: or_null(result.map(|calibrated| calibrated.estimate)), "lo": lo, "hi": hi })
}

fn rate(input: &Input) -> Outcome {
    let labels = |verdict: &str| -> Result<Labels, String> {
        let count = |label: &str| input.count(&format!("judge_{verdict}_human_{label}"));
        Ok(Labels { passed: count("pass")?, failed: count("fail")? })
    };
    let (on_pass, on_fail) = (labels("pass")?, labels("fail")?);
    let (passed, judged) = (input.count("judge_pass_all")?, input.count("judged_all")?);
    let mut figures = told("rate", judged_rate(on_pass, on_fail, passed, judged, input.level("alpha")?));
    figures["precision_pass"] = or_null(on_pass.share());
    figures["human_pass_given_judge_fail"] = or_null(on_fail.share());
    Ok(figures)
}

fn difference(input: &Input) -> Outcome {
    let mut verdicts = Vec::new();
    for stratum in input.list("strata")? {
        let stratum = Input(stratum);
        verdicts.push(PairedVerdict {
            judged: stratum.count("judged")?,
            labelled: stratum.count("labelled")?,
            improved: stratum.count("human_improved")?,
            regressed: stratum.count("human_regressed")?,
        });
    }
    Ok(told("diff", judged_difference(&verdicts, input.level("alpha")?)))
}

fn corrected(input: &Input) -> Outcome {
    let error = JudgeError {
        specificity: input.number("specificity")?,
        sensitivity: input.number("sensitivity")?,
        fails: input.number("m0")?,
        passes: input.number("m1")?,
    };
    let level = input.each_side("alpha")?;
    Ok(told("estimate", rogan_gladen(input.number("judge_rate")?, input.number("n")?, error, level)))
}

fn powered(input: &Input) -> Outcome {
    let (labels, predicted) = (input.numbers("Y")?, input.numbers("Yhat")?);
    let unlabelled = input.numbers("Yhat_unlabeled")?;
    let all = ppi_mean(&labels, &predicted, &unlabelled, input.optional("lam")?, input.each_side("alpha")?);
    let [lo, hi] = ends(all.map(|all| all.interval));
    Ok(json!({
        "estimate": or_null(all.map(|all| all.estimate)), "lam": or_null(all.map(|all| all.weight)), "lo": lo, "hi": hi,
    }))
}

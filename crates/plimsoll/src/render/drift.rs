//! Drift for a terminal, as Markdown, as one page, and as JSON: the same sentences everywhere.

mod json;
mod page;
mod text;

pub use json::json;
pub use page::html;
pub use text::{markdown, text};

use crate::app::drift::{Again, Under};
use domain::drift::{ContentDrift, Mix, Value};

/// Values of an attribute that are drawn; the others are counted.
const VALUES: usize = 12;

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn p_said(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

fn name(value: &Value) -> String {
    if value.name.is_empty() { "(none)".to_owned() } else { value.name.clone() }
}

/// The values that differ most, and how many are left out.
fn shown(mix: &Mix) -> (Vec<&Value>, usize) {
    let mut values: Vec<&Value> = mix.values.iter().collect();
    let differs = |value: &Value| (value.in_set - value.in_traffic).abs();
    values.sort_by(|a, b| differs(b).total_cmp(&differs(a)).then(a.name.cmp(&b.name)));
    let left = values.len().saturating_sub(VALUES);
    values.truncate(VALUES);
    (values, left)
}

/// What there is to say of a mix, in one sentence.
fn of_mix(mix: &Mix) -> String {
    let Some(drift) = &mix.drift else {
        return "fewer than two independent conversations on a side: nothing can be said".to_owned();
    };
    let verdict = if mix.warns() { "drifted" } else { "no drift shown" };
    format!(
        "{verdict}: PSI {:.3} (by chance {:.3}), JSD {:.3} bits, chi-square {}; {:.0} and {:.0} independent",
        drift.psi,
        drift.psi_without_drift,
        drift.jensen_shannon,
        p_said(drift.pearson.p),
        mix.effective.0,
        mix.effective.1
    )
}

/// What traffic has and no example that counts has.
fn of_unmeasured(mix: &Mix) -> Option<String> {
    let lacking: Vec<&Value> = mix.values.iter().filter(|value| value.in_set <= 0.0 && value.requests > 0).collect();
    if lacking.is_empty() {
        return None;
    }
    let names: Vec<String> =
        lacking.iter().take(VALUES).map(|value| format!("{} ({})", name(value), value.requests)).collect();
    let more = lacking.len().saturating_sub(VALUES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "{} of traffic is unmeasured: no example that counts has {}{more}; every bound is that much wider.",
        percent(mix.unmeasured()),
        names.join(", ")
    ))
}

fn of_content(content: Option<&ContentDrift>) -> String {
    let Some(content) = content else {
        return "fewer than ten conversations on a side: nothing can be said of content".to_owned();
    };
    let verdict = if content.warns() { "drifted" } else { "no drift shown" };
    format!(
        "{verdict}: words tell {:.1} % of pairs apart (50 % by chance), {}; {} and {} conversations",
        100.0 * content.told_apart,
        p_said(content.p),
        content.compared.0,
        content.compared.1
    )
}

/// Whether the last decision would change.
fn of_again(again: &Again) -> Vec<String> {
    match again {
        Again::Not(why) => vec![format!("Not decided again: {why}.")],
        Again::Taken { record, under, .. } if under.is_empty() => {
            vec![format!("Not decided again: the contract of {record} is cut by none of these attributes.")]
        }
        Again::Taken { record, outcome, under } => {
            let mut said = Vec::new();
            for one in under {
                said.push(of_under(record, outcome, one));
                said.extend(one.moved.iter().filter(|moved| moved.state.0 != moved.state.1).map(|moved| {
                    format!(
                        "  {} on {} ({}): {} becomes {}",
                        moved.gate, moved.segment, moved.arm, moved.state.0, moved.state.1
                    )
                }));
                said.extend(one.moved.iter().filter(|moved| moved.state.0 == moved.state.1).filter_map(|moved| {
                    let (was, is) = moved.value.0.zip(moved.value.1)?;
                    Some(format!("  {} on {} ({}): {was:.4} becomes {is:.4}", moved.gate, moved.segment, moved.arm))
                }));
            }
            said
        }
    }
}

fn of_under(record: &str, outcome: &str, under: &Under) -> String {
    let effective = match under.effective {
        (Some(was), Some(is)) => format!(" Effective number {was:.0}, now {is:.0}."),
        _ => String::new(),
    };
    let verdict = match under.changed {
        false => format!("{record}, {outcome}, stays as it is under traffic's mix of `{}`.", under.attribute),
        true => format!(
            "DRIFTED: {record} says {outcome} on the reference mix, and {} on this traffic's mix of `{}`.",
            under.outcome, under.attribute
        ),
    };
    format!("{verdict}{effective}")
}

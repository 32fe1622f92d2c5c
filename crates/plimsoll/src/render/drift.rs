//! Drift for a terminal, as Markdown, as one page, and as JSON: the same sentences everywhere.

mod json;
mod page;
mod text;

pub use json::json;
pub use page::html;
pub use text::{markdown, text};

use super::read::words;
use crate::app::drift::{Again, Declare, Drifted};
use domain::decision::Under;
use domain::drift::{ContentDrift, Far, Farthest, Mix, Patch, Value, View};
use domain::finding::figures::percent;

/// Values of an attribute that are drawn; the others are counted.
const VALUES: usize = 12;

fn p_said(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

fn name(value: &Value) -> String {
    if value.name.is_empty() { "(none)".to_owned() } else { value.name.clone() }
}

/// The values that differ most, and how many are left out.
fn shown(mix: &Mix) -> (Vec<&Value>, usize) {
    // What only examples have that count for nothing is no part of either mix.
    let mut values: Vec<&Value> = mix.values.iter().filter(|value| value.in_set > 0.0 || value.requests > 0).collect();
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

/// What declared shares are for.
fn of_declare(declare: &Declare) -> String {
    format!(
        "A draw adds examples; it is their weights that say what each counts for, and those are of the days that it was drawn from. Where \
         `segments` is cut by `{}`, declare the shares of these days, and each decision mixes the set as traffic is now:",
        declare.attribute
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

/// What one way of laying texts beside each other shows.
struct Laid<'d> {
    title: String,
    said: Vec<String>,
    far: Vec<&'d Farthest>,
    /// Texts that one side has more of.
    more: [(&'static str, &'d [Patch]); 2],
}

/// By words, and by meaning where a model was given.
fn laid(drifted: &Drifted) -> Vec<Laid<'_>> {
    let Some(content) = &drifted.content else {
        let few = "fewer than ten conversations on a side: nothing can be said of content".to_owned();
        return vec![Laid {
            title: "Content".to_owned(),
            said: vec![few],
            far: Vec::new(),
            more: [("", &[]), ("", &[])],
        }];
    };
    let by_words = laid_by("Content", of_words(content), &content.by_words);
    let by_meaning = content.by_meaning.as_ref().map(|meaning| {
        let verdict = if meaning.warns() { "drifted" } else { "no drift shown" };
        let said = match meaning.mmd {
            Some(mmd) => format!("{verdict}: squared MMD of its vectors {:.4}, {}", mmd.squared, p_said(mmd.p)),
            None => format!("{verdict}: half of the texts are the same, and MMD has nothing to compare"),
        };
        let model = format!("as the model in {} has it", drifted.model.as_deref().unwrap_or_default());
        laid_by("Content by meaning", vec![format!("{model}, {said}")], &meaning.view)
    });
    std::iter::once(by_words).chain(by_meaning).collect()
}

fn laid_by<'d>(title: &str, mut said: Vec<String>, view: &'d View) -> Laid<'d> {
    said.extend(view.far.as_ref().map(of_far));
    if view.lacking.is_empty() && view.over.is_empty() {
        said.push(
            "no texts that lie together are more often on one side than chance would have it anywhere (p < 0.05)"
                .to_owned(),
        );
    }
    Laid {
        title: title.to_owned(),
        said,
        far: view.far.iter().flat_map(|far| &far.farthest).collect(),
        more: [("Traffic has more of", &view.lacking), ("The set has more of", &view.over)],
    }
}

fn of_words(content: &ContentDrift) -> Vec<String> {
    let verdict = if content.warns() { "drifted" } else { "no drift shown" };
    let mut said = vec![format!(
        "{verdict}: words tell {:.1} % of pairs apart (50 % by chance), {}; {} and {} conversations",
        100.0 * content.told_apart,
        p_said(content.p),
        content.compared.0,
        content.compared.1
    )];
    if content.wordless != (0, 0) {
        said.push(format!(
            "{} of the conversations of the set and {} of traffic hold no word (pictures or signs alone): words cannot tell what they are like",
            content.wordless.0, content.wordless.1
        ));
    }
    said
}

fn of_far(far: &Far) -> String {
    format!(
        "{} of {} requests ({}, 95 %: {:.1} to {:.1}) are farther from every example than 19 in 20 examples are from the others; {} of {} examples are",
        far.requests.0,
        far.requests.1,
        percent(far.requests.0 as f64 / far.requests.1 as f64),
        100.0 * far.interval.lower,
        100.0 * far.interval.upper,
        far.examples.0,
        far.examples.1
    )
}

/// Words, and how often texts like these are on either side.
fn of_patch(patch: &Patch) -> String {
    let words = if patch.words.is_empty() { "(no word in common)".to_owned() } else { patch.words.join(", ") };
    format!(
        "{words}: {} in the set ({}), {} in traffic ({}), {}",
        patch.counts.0,
        percent(patch.in_set),
        patch.counts.1,
        percent(patch.in_traffic),
        p_said(patch.p)
    )
}

/// Whether the last decision would change: sentences, each with what moved.
fn of_again(again: &Again) -> Vec<(String, Vec<String>)> {
    match again {
        Again::Not(why) => vec![(format!("Not decided again: {why}."), Vec::new())],
        Again::Taken { record, under, .. } if under.is_empty() => {
            vec![(
                format!("Not decided again: the contract of {record} is cut by none of these attributes."),
                Vec::new(),
            )]
        }
        Again::Taken { record, outcome, under } => {
            under.iter().map(|one| (of_under(record, outcome, one), of_moved(one))).collect()
        }
    }
}

/// The findings that are others, then the figures that moved.
fn of_moved(under: &Under) -> Vec<String> {
    let other = under.moved.iter().filter(|moved| moved.state.0 != moved.state.1).map(|moved| {
        let (was, is) = (moved.state.0.words(), moved.state.1.words());
        format!("{} on {} ({}): {was} becomes {is}", moved.gate, moved.segment, moved.arm.as_str())
    });
    let same = under.moved.iter().filter(|moved| moved.state.0 == moved.state.1).filter_map(|moved| {
        let (was, is) = moved.value.0.zip(moved.value.1)?;
        Some(format!("{} on {} ({}): {was:.4} becomes {is:.4}", moved.gate, moved.segment, moved.arm.as_str()))
    });
    other.chain(same).collect()
}

fn of_under(record: &str, outcome: &str, under: &Under) -> String {
    let effective = match under.effective {
        (Some(was), Some(is)) => format!(" Effective number {was:.0}, now {is:.0}."),
        _ => String::new(),
    };
    let (outcome, now) = (words(outcome), words(under.outcome.as_str()));
    let verdict = match under.changed {
        false => format!("{record}, {outcome}, stays as it is under traffic's mix of `{}`.", under.attribute),
        true => format!(
            "DRIFTED: {record} says {outcome} on the reference mix, and {now} on this traffic's mix of `{}`.",
            under.attribute
        ),
    };
    format!("{verdict}{effective}")
}

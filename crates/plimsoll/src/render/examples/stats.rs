//! `examples stats`

use super::{cut, number, row};
use crate::app::examples::state_word;
use crate::app::examples::stats::{Counts, Part, Stats};
use crate::render::read::{plain, plural};
use crate::render::width::{padded, width};
use anstyle::Style;
use domain::example::Guard;
use domain::provenance::SourceKind;
use domain::reference_set::RowState;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const BAR: usize = 20;
/// Widest name of a segment.
const NAMES: usize = 30;

type BySource = BTreeMap<Option<SourceKind>, u64>;

fn source_name(source: Option<SourceKind>) -> &'static str {
    source.map_or("unknown", SourceKind::as_str)
}

fn counts_key(counts: Counts) -> &'static str {
    match counts {
        Counts::Sampled => "sampled",
        Counts::Assumed => "assumed",
        Counts::Made => "made",
        Counts::Chosen => "chosen",
        Counts::ChanceUnknown => "chance_unknown",
        Counts::Variant => "variant",
    }
}

fn counts_text(counts: Counts) -> &'static str {
    match counts {
        Counts::Sampled => "count with their weight: drawn from traffic with a known chance",
        Counts::Assumed => "count 1 each, for this set and not for traffic: no provenance",
        Counts::Made => "count toward no rate: made, not sampled",
        Counts::Chosen => "count toward no rate: chosen because of what they are",
        Counts::ChanceUnknown => "count toward no rate: drawn with an unknown chance",
        Counts::Variant => "count toward no rate: variants, judged against their base",
    }
}

pub fn stats_text(name: &str, stats: &Stats) -> String {
    let mut out = String::new();
    let bold = Style::new().bold();
    let all: u64 = stats.states.values().sum();
    let digest = stats.digest.as_deref().map_or("none", |digest| &digest[..8]);
    let _ = writeln!(
        out,
        "{bold}{} examples{bold:#}   {}   {}, reference set {digest}\n",
        number(all as f64),
        plain(name),
        plural(stats.files, "file")
    );
    if stats.simulated {
        row(&mut out, "simulated", "its examples are scripted, not traffic");
    }
    let states: Vec<String> = [RowState::Active, RowState::Proposed, RowState::Quarantined, RowState::Retired]
        .into_iter()
        .filter_map(|state| Some(format!("{} {}", number(*stats.states.get(&state)? as f64), state_word(state))))
        .collect();
    row(&mut out, "status", &if states.is_empty() { "there are none".to_owned() } else { states.join(", ") });
    if stats.all.examples == 0 {
        row(&mut out, "", "nothing is active: nothing would be asked");
        return out;
    }
    let mut label = "active";
    for (counts, examples) in &stats.counts {
        row(&mut out, label, &format!("{} {}", number(*examples as f64), counts_text(*counts)));
        label = "";
    }
    let _ = writeln!(out);
    sources(&mut out, stats);
    tasks(&mut out, stats);
    segments(&mut out, stats);
    foot(&mut out, stats);
    out
}

fn sources(out: &mut String, stats: &Stats) {
    let bold = Style::new().bold();
    let _ = writeln!(out, " {bold}{:<13}{:>12}{:>12}{:>15}{bold:#}", "source", "examples", "clusters", "weight");
    for (source, part) in &stats.sources {
        let (examples, clusters, weight) =
            (number(part.examples as f64), number(part.clusters as f64), number(part.weight));
        let _ = writeln!(out, " {:<13}{examples:>12}{clusters:>12}{weight:>15}", source_name(*source));
    }
    let _ = writeln!(out);
}

/// How many examples of each task come from each source.
fn tasks(out: &mut String, stats: &Stats) {
    if stats.tasks.is_empty() {
        return;
    }
    let bold = Style::new().bold();
    let columns: Vec<Option<SourceKind>> = stats.sources.keys().copied().collect();
    let short =
        |source: Option<SourceKind>| source_name(source).trim_end_matches("_case").replace("synthetic", "synth");
    let _ = write!(out, " {bold}{:<20}", "task");
    for source in &columns {
        let _ = write!(out, "{:>9}", short(*source));
    }
    let _ = writeln!(out, "{bold:#}");
    for (task, by_source) in &stats.tasks {
        let _ = write!(out, " {}", padded(&cut(task, 19), 20));
        for source in &columns {
            let _ = write!(out, "{:>9}", by_source.get(source).map_or("-".to_owned(), |count| number(*count as f64)));
        }
        let _ = writeln!(out);
    }
    let _ = writeln!(out);
}

fn segments(out: &mut String, stats: &Stats) {
    if stats.segments.is_empty() {
        return;
    }
    let bold = Style::new().bold();
    let wide = stats.segments.iter().map(|(name, ..)| width(&plain(name))).max().unwrap_or(0).clamp(8, NAMES);
    let _ = writeln!(out, " {bold}{:<wide$}{:>10}{:>10}   share of weight{bold:#}", "segment", "examples", "effective");
    for (name, part, _) in &stats.segments {
        let effective = part.effective().map_or("-".to_owned(), |effective| format!("{effective:.1}"));
        let share = if stats.all.weight > 0.0 { part.weight / stats.all.weight } else { 0.0 };
        let filled = (share * BAR as f64).round() as usize;
        let bar = "#".repeat(filled.min(BAR));
        let examples = number(part.examples as f64);
        let name = padded(&cut(name, wide), wide);
        let line = format!(" {name}{examples:>10}{effective:>10} {:>7.1} % {bar}", share * 100.0);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if stats.more_segments > 0 {
        let _ = writeln!(out, " and {} more", stats.more_segments);
    }
    let _ = writeln!(out);
}

fn foot(out: &mut String, stats: &Stats) {
    let all = &stats.all;
    let effective = |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{value:.1}"));
    row(
        out,
        "weight",
        &format!(
            "{} in all; as much as {} equally weighted examples, {} equally weighted clusters",
            number(all.weight),
            effective(all.effective()),
            effective(stats.effective_clusters)
        ),
    );
    let largest = stats.largest_cluster.as_ref();
    let largest = largest.map_or("each example its own".to_owned(), |(name, examples)| {
        format!("the largest is {name}, with {examples} examples")
    });
    row(out, "clusters", &format!("{}; {largest}", number(all.clusters as f64)));
    let guards = |guard: Guard| stats.guards.get(&guard).copied().unwrap_or(0);
    let (armed, waiting) = (guards(Guard::Armed), guards(Guard::WhenFixed));
    row(
        out,
        "guards",
        &format!("{armed} armed, {waiting} armed once any system passes; {} that must never fail", stats.never),
    );
    row(out, "variants", &format!("{} expect the same, {} a change", stats.variants.0, stats.variants.1));
    row(
        out,
        "review",
        &format!(
            "{} overdue, {} due within 30 days, {} without a date",
            stats.overdue, stats.due_soon, stats.without_review
        ),
    );
    row(out, "documents", &format!("{} examples rest on a version that is not in force", stats.outdated_documents));
    let (groups, conflicts, examples) = stats.duplicates;
    row(
        out,
        "same input",
        &format!("{examples} examples in {groups} groups; {conflicts} of the groups expect different things"),
    );
    row(out, "unowned", &format!("{} without owner or author", stats.unowned));
}

pub fn stats_json(name: &str, stats: &Stats) -> String {
    let part = |part: &Part| json!({"examples": part.examples, "clusters": part.clusters, "weight": part.weight, "effective": part.effective()});
    let by_source = |sources: &BySource| -> Map<String, Value> {
        sources.iter().map(|(source, count)| (source_name(*source).to_owned(), json!(count))).collect()
    };
    let share = |of: &Part| if stats.all.weight > 0.0 { Some(of.weight / stats.all.weight) } else { None };
    let states: Map<String, Value> =
        stats.states.iter().map(|(state, count)| (state_word(*state).to_owned(), json!(count))).collect();
    let sources: Map<String, Value> =
        stats.sources.iter().map(|(source, of)| (source_name(*source).to_owned(), part(of))).collect();
    let counts: Map<String, Value> =
        stats.counts.iter().map(|(counts, examples)| (counts_key(*counts).to_owned(), json!(examples))).collect();
    let tasks: Map<String, Value> =
        stats.tasks.iter().map(|(task, sources)| (task.clone(), json!(by_source(sources)))).collect();
    let segments: Vec<Value> = stats
        .segments
        .iter()
        .map(|(name, of, sources)| {
            let mut segment = part(of);
            segment["segment"] = json!(name);
            segment["share"] = json!(share(of));
            segment["sources"] = json!(by_source(sources));
            segment
        })
        .collect();
    let guards = |guard: Guard| stats.guards.get(&guard).copied().unwrap_or(0);
    let whole = json!({
        "contract": name, "simulated": stats.simulated, "digest": stats.digest, "files": stats.files, "status": states, "active": part(&stats.all),
        "effective_clusters": stats.effective_clusters, "counts": counts, "sources": sources, "tasks": tasks,
        "segments": segments, "more_segments": stats.more_segments,
        "largest_cluster": stats.largest_cluster.as_ref().map(|(name, examples)| json!({"cluster": name, "examples": examples})),
        "guards": {"armed": guards(Guard::Armed), "when_fixed": guards(Guard::WhenFixed)}, "never": stats.never,
        "variants": {"same": stats.variants.0, "changed": stats.variants.1},
        "review": {"overdue": stats.overdue, "due_within_30_days": stats.due_soon, "without_date": stats.without_review},
        "unowned": stats.unowned, "outdated_documents": stats.outdated_documents,
        "same_input": {"groups": stats.duplicates.0, "conflicts": stats.duplicates.1, "examples": stats.duplicates.2},
    });
    format!("{whole:#}\n")
}

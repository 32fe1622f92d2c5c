//! What a calibration shows: the judge beside people, criterion by criterion and segment by segment.

pub mod agree;
pub mod item;

use super::read::{plain, plural};
use super::width::wrap;
use crate::app::review::OfCriterion;
use domain::finding::figures::{percent, percent_between};
use domain::format::record::{decimal, numbers};
use domain::qualification::{Disposition, Labelled};
use serde_json::{Value, json};
use stats::agreement::Agreement;
use std::fmt::Write;

const LEVEL: f64 = 0.025;
/// Below this share of the rarer finding kappa says little, and Gwet's AC1 stands beside it.
const RARE: f64 = 0.1;

pub fn text(found: &[OfCriterion]) -> String {
    let mut out = String::new();
    for of in found {
        let calibration = &of.calibration;
        let _ = writeln!(
            out,
            "{}   judged by {}",
            plain(calibration.criterion.as_str()),
            plain(&calibration.judge.models.join(", "))
        );
        let labellers: Vec<String> =
            calibration.labellers.iter().map(|(who, count)| format!("{} {count}", plain(who))).collect();
        let samples: Vec<String> =
            calibration.samples.iter().map(|(sample, count)| format!("{} {count}", sample.as_str())).collect();
        line(&mut out, "labels", &format!("by {}; chosen: {}", labellers.join(", "), samples.join(", ")));
        line(&mut out, "holds", &format!("until {}", calibration.expires_on));
        line(&mut out, "written", &plain(of.place.as_str()));
        of.notes.iter().for_each(|note| line(&mut out, "note", &plain(note)));
        let _ = writeln!(out);
        for (labelled, seen) in calibration.segments.iter().zip(&of.seen) {
            segment(&mut out, labelled, seen.as_ref());
        }
        if !of.next.is_empty() {
            let _ = writeln!(out, " label next, in a file of labels:");
            let mut why = "";
            for (because, line) in &of.next {
                if *because != why {
                    why = because;
                    let _ = writeln!(out, "  {why}");
                }
                let _ = writeln!(out, "    {}", plain(line));
            }
            let _ = writeln!(out);
        }
    }
    out
}

fn line(out: &mut String, name: &str, text: &str) {
    for (at, part) in wrap(text, 64).into_iter().enumerate() {
        let _ = writeln!(out, " {:<15}{part}", if at == 0 { name } else { "" });
    }
}

fn segment(out: &mut String, labelled: &Labelled, seen: Option<&stats::Weighed>) {
    let disposition = Disposition::of(labelled);
    let _ = writeln!(out, " {}   {}", plain(labelled.segment.as_str()), disposition.as_str());
    line(out, "  why", &disposition.why());
    let (passes, fails) = labelled.judged;
    line(out, "  verdicts", &format!("{passes} passes, {fails} fails"));
    let Ok(on_labels) = labelled.agreement_on_labels() else {
        line(out, "  labels", "none that can be used");
        let _ = writeln!(out);
        return;
    };
    let table = on_labels.table;
    line(
        out,
        "  labels",
        &format!(
            "{} of {}, {}",
            table.items(),
            plural(on_labels.clusters, "conversation"),
            plural(labelled.labelled_pairs(), "pair")
        ),
    );
    let _ = writeln!(out, "                {:<14}{:>12}{:>12}", "", "people pass", "people fail");
    let _ = writeln!(out, "                {:<14}{:>12}{:>12}", "judge passes", table.both_pass, table.only_first);
    let _ = writeln!(out, "                {:<14}{:>12}{:>12}", "judge fails", table.only_second, table.both_fail);
    match labelled.agreement() {
        Ok(found) => agreement(out, &found),
        Err(_) => line(out, "  agreement", "not known of all that was judged: a verdict that was given has no label"),
    }
    let [on_pass, on_fail] = labelled.by_verdict();
    line(out, "  people pass", &format!("{} where the judge passes, {} where it fails", rate(on_pass), rate(on_fail)));
    if let Some(corrected) = seen.and_then(|seen| labelled.correct_rate(seen).ok()) {
        let interval = corrected.interval(LEVEL);
        line(
            out,
            "  in all",
            &format!(
                "people would pass {} ({}) of what was judged; the judge passes {}",
                percent(corrected.estimate()),
                percent_between(interval.lower, interval.upper),
                percent(corrected.seen().estimate())
            ),
        );
    }
    let _ = writeln!(out);
}

/// Of all that was judged, as its labels stand for it.
fn agreement(out: &mut String, found: &Agreement) {
    let share =
        |value: Result<f64, stats::Undefined>| value.map_or("not defined".to_owned(), |value| format!("{value:.3}"));
    line(
        out,
        "  agreement",
        &format!("{:.3} raw; {} on passes, {} on fails", found.raw, share(found.positive), share(found.negative)),
    );
    let interval = found.kappa_interval.map_or(String::new(), |at| format!(" ({:.3} to {:.3})", at.lower, at.upper));
    let ac1 = if is_rare(found) { format!("; Gwet's AC1 {}", share(found.ac1)) } else { String::new() };
    line(out, "  kappa", &format!("{}{interval}{ac1}", share(found.kappa)));
}

/// Whether people found one of the two in less than a tenth.
fn is_rare(found: &Agreement) -> bool {
    found.second_passes.min(1.0 - found.second_passes) < RARE
}

fn rate(weighed: Option<stats::Weighed>) -> String {
    let Some(weighed) = weighed else { return "an unknown share".to_owned() };
    let interval = weighed.interval(LEVEL);
    format!("{} ({})", percent(weighed.estimate()), percent_between(interval.lower, interval.upper))
}

pub fn json(found: &[OfCriterion]) -> String {
    let all: Vec<Value> = found.iter().map(of_criterion).collect();
    format!("{:#}\n", numbers(&json!({"calibrated": all})))
}

fn of_criterion(of: &OfCriterion) -> Value {
    let calibration = &of.calibration;
    let segments = calibration.segments.iter().zip(&of.seen);
    json!({
        "criterion": calibration.criterion.as_str(),
        "models": calibration.judge.models,
        "file": of.place,
        "scores": calibration.scores,
        "expires_on": calibration.expires_on,
        "notes": of.notes,
        "segments": segments.map(|(labelled, seen)| segment_json(labelled, seen.as_ref())).collect::<Vec<_>>(),
        "next": of.next.iter().map(|(why, line)| json!({"why": why, "line": line})).collect::<Vec<_>>(),
    })
}

fn segment_json(labelled: &Labelled, seen: Option<&stats::Weighed>) -> Value {
    let disposition = Disposition::of(labelled);
    let (on_labels, found) = (labelled.agreement_on_labels().ok(), labelled.agreement().ok());
    let figure = |value: Option<f64>| value.map_or(Value::Null, decimal);
    let interval = |weighed: Option<stats::Weighed>| {
        weighed.map(|weighed| {
            let interval = weighed.interval(LEVEL);
            json!({"estimate": decimal(weighed.estimate()), "lower": decimal(interval.lower), "upper": decimal(interval.upper)})
        })
    };
    let [on_pass, on_fail] = labelled.by_verdict();
    let corrected = seen.and_then(|seen| labelled.correct_rate(seen).ok());
    json!({
        "segment": labelled.segment.as_str(),
        "disposition": disposition.as_str(),
        "why": disposition.why(),
        "judged": {"passes": labelled.judged.0, "fails": labelled.judged.1},
        "table": on_labels.map(|found| json!({
            "both_pass": found.table.both_pass, "judge_only": found.table.only_first,
            "people_only": found.table.only_second, "both_fail": found.table.both_fail,
        })),
        "clusters": on_labels.map(|found| found.clusters),
        "labelled_pairs": labelled.labelled_pairs(),
        "agreement": figure(found.map(|found| found.raw)),
        "on_passes": found.and_then(|found| found.positive.ok()),
        "on_fails": found.and_then(|found| found.negative.ok()),
        "kappa": figure(found.and_then(|found| found.kappa.ok())),
        "kappa_lower": figure(found.and_then(|found| found.kappa_interval.ok()).map(|at| at.lower)),
        "kappa_upper": figure(found.and_then(|found| found.kappa_interval.ok()).map(|at| at.upper)),
        "ac1": found.filter(is_rare).and_then(|found| found.ac1.ok()),
        "people_pass_on_pass": interval(on_pass),
        "people_pass_on_fail": interval(on_fail),
        "people_pass": corrected.map(|corrected| {
            let interval = corrected.interval(LEVEL);
            json!({
                "estimate": decimal(corrected.estimate()), "lower": decimal(interval.lower), "upper": decimal(interval.upper),
                "as_judged": decimal(corrected.seen().estimate()),
            })
        }),
    })
}

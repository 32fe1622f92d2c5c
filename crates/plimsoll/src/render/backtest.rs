//! A backtest for a terminal, a page and programs.

use super::read::{by_chance, json_text, plain};
use super::width::wrap;
use domain::backtest::{Backtest, Hits, Lift, Rate};
use domain::finding::figures::{percent, percent_between};
use serde_json::{Value, json};
use std::fmt::Write;

fn of_incidents(incidents: &[&str]) -> &'static str {
    if incidents.len() == 1 { "incident" } else { "incidents" }
}

/// What was found, as lines of a label and a sentence, part by part.
fn parts(found: &Backtest, within: u32) -> Vec<(&'static str, Vec<(String, String)>)> {
    let releases = found.releases.iter().map(|release| {
        let incidents: Vec<&str> = release.incidents.iter().map(String::as_str).collect();
        let how = match (incidents.is_empty(), release.over) {
            (false, true) => format!("{} {}", of_incidents(&incidents), incidents.join(", ")),
            (false, false) => format!(
                "{} {} so far; its {within} days are not over, and it does not count yet",
                of_incidents(&incidents),
                incidents.join(", ")
            ),
            (true, true) => format!("no incident within {within} days"),
            (true, false) => format!("its {within} days are not over, and it does not count yet"),
        };
        let by = if release.by_override { ", by an override" } else { "" };
        let day = release.at.to_string();
        (release.candidate.clone(), format!("out on {}{by}: {how}", day.get(..10).unwrap_or(&day)))
    });
    let false_ships =
        vec![("false ships".to_owned(), format!("{}; one root cause counts once", rate(&found.false_ships)))];
    let hits = found.hits.iter().map(|hits| (format!("{}, {}", hits.criterion, hits.segment), hit(hits)));
    let lifts = found.lifts.iter().map(|lift| (lift.segment.clone(), lifted(lift)));
    let left_out = found.left_out.iter().map(|(id, why)| (id.clone(), (*why).to_owned()));
    let not = found.not_estimable.iter().map(|(what, why)| ((*what).to_owned(), why.clone()));
    vec![
        ("Releases", releases.collect()),
        ("Did what shipped stay well?", false_ships),
        ("Did intervals hold what production showed? 95 % should, were it like the set", hits.collect()),
        ("Were segments with an open finding worse?", lifts.collect()),
        ("Incidents that bear on no release", left_out.collect()),
        ("Not estimable", not.collect()),
    ]
}

fn rate(rate: &Rate) -> String {
    let interval = rate.interval.map_or("too few for a rate".to_owned(), |at| {
        let share = percent(rate.count as f64 / rate.of.max(1) as f64);
        format!("{share} (exact 95 %: {})", percent_between(at.lower, at.upper))
    });
    format!("{} of {}, {interval}", rate.count, rate.of)
}

fn hit(hits: &Hits) -> String {
    format!("{}: inside in {}; {} below, {} above", hits.metric, rate(&hits.rate), hits.below, hits.above)
}

fn lifted(lift: &Lift) -> String {
    let times = lift.lift.map_or("no ratio".to_owned(), |lift| format!("{lift:.2} times as often"));
    let p = lift.p.map_or("too few to test".to_owned(), |p| format!("Fisher's exact {}", by_chance(p)));
    format!(
        "incidents in {} of {} where something was open, {} of {} where all held; {times}; {p}",
        lift.open[0], lift.open[1], lift.held[0], lift.held[1]
    )
}

pub fn text(found: &Backtest, within: u32) -> String {
    let mut out = String::new();
    for (title, lines) in parts(found, within).into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = writeln!(out, "{title}");
        for (label, says) in lines {
            let _ = writeln!(out, "  {}", plain(&label));
            for part in wrap(&plain(&says), 74) {
                let _ = writeln!(out, "    {part}");
            }
        }
        out.push('\n');
    }
    let tested = found.lifts.iter().filter(|lift| lift.p.is_some()).count();
    if tested > 1 {
        let _ = writeln!(out, "of {tested} segments' p values the smallest is small by chance too");
    }
    out
}

pub fn markdown(found: &Backtest, within: u32) -> String {
    let cell = |text: &str| plain(text).replace('|', "\\|").replace('<', "&lt;");
    let mut out = "# Backtest\n".to_owned();
    for (title, lines) in parts(found, within).into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = writeln!(out, "\n## {title}\n\n| what | found |\n|---|---|");
        for (label, says) in lines {
            let _ = writeln!(out, "| {} | {} |", cell(&label), cell(&says));
        }
    }
    out
}

pub fn json(found: &Backtest, within: u32) -> String {
    let figure = |value: f64| json!((value * 1e12).round() / 1e12);
    let rate = |rate: &Rate| {
        json!({
            "count": rate.count, "of": rate.of,
            "rate": rate.interval.map(|_| figure(rate.count as f64 / rate.of as f64)),
            "lower": rate.interval.map(|at| figure(at.lower)), "upper": rate.interval.map(|at| figure(at.upper)),
        })
    };
    let release = |release: &domain::backtest::Release| {
        json!({
            "record": release.record, "candidate": release.candidate, "at": release.at.to_string(),
            "by_override": release.by_override, "incidents": release.incidents, "over": release.over,
        })
    };
    let hits = |hits: &Hits| {
        json!({
            "criterion": hits.criterion, "segment": hits.segment, "metric": hits.metric, "inside": rate(&hits.rate),
            "below": hits.below, "above": hits.above,
        })
    };
    let lift = |lift: &Lift| {
        json!({
            "segment": lift.segment,
            "open": {"incidents": lift.open[0], "releases": lift.open[1]},
            "held": {"incidents": lift.held[0], "releases": lift.held[1]},
            "lift": lift.lift.map(figure), "p": lift.p.map(figure),
        })
    };
    json_text(&json!({
        "within_days": within,
        "releases": found.releases.iter().map(release).collect::<Vec<_>>(),
        "held": found.held,
        "overridden": {"releases": found.overridden[0], "without_incident": found.overridden[1]},
        "false_ships": rate(&found.false_ships),
        "intervals": found.hits.iter().map(hits).collect::<Vec<_>>(),
        "segments": found.lifts.iter().map(lift).collect::<Vec<_>>(),
        "left_out": found.left_out.iter().map(|(id, why)| json!({"incident": id, "why": why})).collect::<Vec<Value>>(),
        "not_estimable": found.not_estimable.iter().map(|(what, why)| json!({"what": what, "why": why})).collect::<Vec<Value>>(),
    }))
}

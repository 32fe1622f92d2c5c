//! A rollout that was followed, for a terminal and for programs.

use super::read::{by_chance, json_text, plain, plural};
use super::width::wrap;
use crate::app::monitor::Monitored;
use domain::finding::figures::percent;
use domain::format::record::{decimal, numbers};
use domain::monitor::{Evidence, Followed, Verdict};
use domain::share::with_sign;
use serde_json::json;
use std::fmt::Write;

/// Rows and columns of the picture.
const HEIGHT: usize = 8;
const WIDTH: usize = 60;

/// What was shown, each with when; what was shown once stays shown.
fn sentence(found: &Monitored) -> String {
    let Followed { enough, harm, .. } = &found.followed;
    let margin = percent(found.plan.margin.get());
    let harmful = |at: u64| format!("harm was shown at difference {at}: the candidate does worse than production");
    let cleared = |at: u64| format!("at difference {at} it was shown that it is not worse by {margin} or more");
    match (harm.shown_at, enough.shown_at) {
        (Some(harm), None) => harmful(harm),
        (Some(harm), Some(enough)) => format!(
            "{}; {} too: both hold, worse by less than the margin. What was shown once stays shown",
            harmful(harm),
            cleared(enough)
        ),
        (None, Some(at)) => {
            format!(
                "at difference {at} it was shown that the candidate is not worse than production by {margin} or more"
            )
        }
        (None, None) => format!("neither harm nor less than {margin} worse is shown yet"),
    }
}

fn next(found: &Monitored) -> String {
    let owner = found.stage.as_ref().map_or("whoever owns the rollout", |stage| stage.owner.as_str());
    let followed = &found.followed;
    match (followed.verdict, followed.more) {
        (Verdict::Stop, _) if followed.enough.shown_at.is_some() => format!(
            "{owner}: send its share back to production, or say by a decision (`plimsoll run`) that a loss within the margin is accepted"
        ),
        (Verdict::Stop, _) => format!("{owner}: send its share back to production"),
        (Verdict::Enough, _) => format!("{owner}: the stage may end; decide on more traffic with `plimsoll run`"),
        (_, Some(more)) => format!("{owner}: go on; about {more} more would decide if they came as these did"),
        (_, None) => format!("{owner}: go on; at this rate neither would be shown, however many came"),
    }
}

pub fn text(found: &Monitored) -> String {
    let followed = &found.followed;
    let mut out = format!("{}\n", followed.verdict.as_str().to_uppercase());
    line(&mut out, "", &sentence(found));
    out.push('\n');
    line(&mut out, "metric", &format!("{}, margin {}", found.metric, percent(found.plan.margin.get())));
    if let Some(gate) = &found.gate {
        line(&mut out, "gate", gate);
    }
    if let Some(stage) = &found.stage {
        let mut says = format!("{} of {} to the candidate", percent(stage.share), stage.cell);
        if !stage.monitor.is_empty() {
            says += &format!("; watch {}; stop at {}", stage.monitor, stage.stop);
        }
        line(&mut out, "stage", &says);
        line(&mut out, "owner", &stage.owner);
    }
    let [candidate, production] = followed.conversations;
    let how = if followed.paired {
        "the same conversations answered by both".to_owned()
    } else {
        format!("each beside {} of production, in the order they came", found.plan.beside)
    };
    line(
        &mut out,
        "looked at",
        &format!(
            "{}: {how}; {candidate} of the candidate, {production} of production, {} waiting",
            plural(followed.differences, "difference"),
            followed.waiting
        ),
    );
    if let Some(mean) = followed.mean {
        line(
            &mut out,
            "difference",
            &format!("{} points of {}, the better way up", with_sign(100.0 * mean, 1), found.metric),
        );
    }
    line(
        &mut out,
        "evidence",
        &format!(
            "enough: {}; harm: {}; either decides at E = {}",
            weight(&followed.enough),
            weight(&followed.harm),
            big(followed.bar)
        ),
    );
    if found.left_out > 0 {
        line(
            &mut out,
            "left out",
            &format!("{} of other metrics or other traffic", plural(found.left_out as u64, "line")),
        );
    }
    out.push('\n');
    picture(&mut out, followed);
    out.push('\n');
    line(&mut out, "next", &next(found));
    line(&mut out, "", "it may be looked at as often as anybody likes");
    out
}

fn line(out: &mut String, name: &str, text: &str) {
    for (at, part) in wrap(&plain(text), 66).into_iter().enumerate() {
        let _ = writeln!(out, " {:<12}{part}", if at == 0 { name } else { "" });
    }
}

/// E as it is, and the highest that it was where that is told by another figure; the p value is of the highest.
fn weight(evidence: &Evidence) -> String {
    let (now, highest) = (big(evidence.log_e), big(evidence.highest));
    let peak =
        if evidence.shown_at.is_some() && highest != now { format!(", {highest} at most") } else { String::new() };
    format!("E = {now}{peak}, {}", by_chance(evidence.p()))
}

/// e to the power of this, in few digits.
fn big(log: f64) -> String {
    let value = log.exp();
    if value.is_infinite() || value >= 1e6 {
        format!("10^{:.0}", log / std::f64::consts::LN_10)
    } else {
        format!("{value:.3}")
    }
}

/// log E over the differences: `+` for enough, `x` for harm, `-` for what decides.
fn picture(out: &mut String, followed: &Followed) {
    if followed.way.is_empty() {
        return;
    }
    let values = || followed.way.iter().flat_map(|(_, enough, harm)| [*enough, *harm]);
    let top = values().fold(followed.bar, f64::max);
    let bottom = values().fold(0.0, f64::min).max(-followed.bar);
    let row = |value: f64| {
        let part = ((top - value.max(bottom)) / (top - bottom)).clamp(0.0, 1.0);
        (part * (HEIGHT - 1) as f64).round() as usize
    };
    let mut cells = vec![vec![' '; WIDTH]; HEIGHT];
    cells[row(followed.bar)] = vec!['-'; WIDTH];
    let points = (0..WIDTH).map(|column| followed.way[column * followed.way.len() / WIDTH]);
    for (column, (_, enough, harm)) in points.enumerate() {
        cells[row(enough)][column] = '+';
        cells[row(harm)][column] = 'x';
    }
    for (at, cells) in cells.into_iter().enumerate() {
        let label = if at == row(followed.bar) {
            "decides"
        } else if at == row(0.0) {
            "log E 0"
        } else {
            ""
        };
        let text: String = cells.into_iter().collect();
        let _ = writeln!(out, " {label:>9} |{}", text.trim_end());
    }
    let last = followed.way.last().map_or(0, |point| point.0);
    let _ = writeln!(out, " {:>9} 1{:>width$}   + enough, x harm", "", last, width = WIDTH - 19);
}

pub fn json(found: &Monitored) -> String {
    let followed = &found.followed;
    let stage = found.stage.as_ref().map(|stage| {
        json!({
            "record": stage.record, "cell": stage.cell, "share": decimal(stage.share), "monitor": stage.monitor,
            "stop": stage.stop, "owner": stage.owner,
        })
    });
    let figure = |value: f64| json!((value * 1e9).round() / 1e9);
    let evidence = |evidence: &Evidence| {
        json!({
            "log_e": figure(evidence.log_e), "highest_log_e": figure(evidence.highest), "p": figure(evidence.p()),
            "shown_at": evidence.shown_at,
        })
    };
    let value = json!({
        "verdict": followed.verdict.as_str(),
        "because": sentence(found),
        "next": next(found),
        "metric": found.metric,
        "gate": found.gate,
        "margin": figure(found.plan.margin.get()),
        "alpha": figure(found.plan.alpha.get()),
        "beside": found.plan.beside,
        "paired": followed.paired,
        "differences": followed.differences,
        "candidate": followed.conversations[0],
        "production": followed.conversations[1],
        "waiting": followed.waiting,
        "left_out": found.left_out,
        "mean": followed.mean.map(figure),
        "enough": evidence(&followed.enough),
        "harm": evidence(&followed.harm),
        "decides_at_log_e": figure(followed.bar),
        "more": followed.more,
        "way": followed.way.iter().map(|(at, enough, harm)| json!([at, figure(*enough), figure(*harm)])).collect::<Vec<_>>(),
        "stage": stage,
    });
    json_text(&numbers(&value))
}

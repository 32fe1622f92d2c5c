//! How far people agree, what they are split on, and what audits found.

use super::super::read::{json_text, plain, plural};
use super::item::paragraph;
use crate::app::review::agree::{OfCriterion, Wanted};
use crate::app::review::settle::{Audited, Touched, Waiting};
use domain::finding::figures::{percent, percent_between};
use domain::review::agreement::{OfReviewer, Right};
use domain::review::{Item, ItemKey, Report};
use serde_json::{Value, json};
use stats::{Interval, Undefined};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Below this share of the rarer label alpha says little, and Gwet's AC1 stands beside it.
const RARE: f64 = 0.1;
/// Items that are listed before the rest is counted.
const LISTED: usize = 12;
/// Hex digits of a digest that people see.
const SHORT: usize = 8;

fn number(value: Result<f64, Undefined>) -> String {
    value.map_or("not defined".to_owned(), |value| format!("{value:.3}"))
}

fn within(interval: Result<Interval, Undefined>) -> String {
    interval.map_or(String::new(), |at| format!(" ({:.3} to {:.3})", at.lower, at.upper))
}

pub fn text(found: &[OfCriterion]) -> String {
    let mut out = String::new();
    for of in found {
        let all = &of.agreement;
        let _ = writeln!(
            out,
            "{}   {} of {}, {} cannot tell",
            plain(&of.criterion),
            plural(all.labels, "label"),
            plural(all.items, "answer"),
            all.cannot_tell
        );
        match &all.found {
            Err(_) => {
                let _ = writeln!(out, " no answer has two labels: nothing is known of agreement");
            }
            Ok(found) => {
                let _ = writeln!(
                    out,
                    " agreement      {:.3} raw, of {} with two labels or more",
                    found.raw,
                    plural(found.items, "answer")
                );
                let _ = writeln!(out, " on passes      {}", number(found.positive));
                let _ = writeln!(out, " on fails       {}", number(found.negative));
                let _ = writeln!(out, " alpha          {}{}", number(found.alpha), within(found.alpha_interval));
                if found.rarer < RARE {
                    let _ = writeln!(
                        out,
                        " Gwet's AC1     {}, as the rarer label is {} of all",
                        number(found.ac1),
                        percent(found.rarer)
                    );
                }
                let _ = writeln!(out, " split          {}", plural(all.split.len() as u64, "answer"));
            }
        }
        let _ = writeln!(out);
        all.reviewers.iter().for_each(|reviewer| of_reviewer(&mut out, reviewer));
        if of.above {
            let share = of.disagreement.map_or(String::new(), percent);
            let _ = writeln!(out, " disagreement is {share}, more than is accepted:");
            of.repairs.iter().for_each(|wanted| repair(&mut out, wanted));
        }
    }
    out
}

fn of_reviewer(out: &mut String, of: &OfReviewer) {
    let rubric =
        of.rubric.as_deref().map_or("an unknown rubric".to_owned(), |digest| format!("rubric {}", short(digest)));
    let _ = writeln!(
        out,
        " {}   {} under {rubric}, {} cannot tell",
        plain(&of.by),
        plural(of.labels, "label"),
        of.cannot_tell
    );
    let _ = writeln!(out, "   with others  {}", right(&of.with_others));
    if of.gold_passes.of + of.gold_fails.of > 0 {
        let _ = writeln!(out, "   on gold      passes {}", right(&of.gold_passes));
        let _ = writeln!(out, "                fails {}", right(&of.gold_fails));
    }
    if let Some(chance) = of.reliability {
        let _ = writeln!(out, "   reliability  {chance:.3}, from all labels together; a ranking, no truth");
    }
}

fn short(digest: &str) -> String {
    digest.chars().take(SHORT).collect()
}

fn right(of: &Right) -> String {
    let Some(share) = of.share() else { return "nothing to compare with".to_owned() };
    let interval = of.interval().map_or(String::new(), |at| format!(" ({})", percent_between(at.lower, at.upper)));
    format!("{} of {}: {}{interval}", of.right, of.of, percent(share))
}

fn repair(out: &mut String, wanted: &Wanted) {
    let why = match (wanted.repair, &wanted.part) {
        (domain::review::agreement::Repair::Rubric, _) => "it does not say what these are".to_owned(),
        (domain::review::agreement::Repair::Quarantine, _) => {
            "these examples were reported, or people are split on several answers to them".to_owned()
        }
        (domain::review::agreement::Repair::Policy, part) => {
            format!("people are split on `{}` more than elsewhere", part.as_deref().unwrap_or(""))
        }
    };
    paragraph(out, &format!("{}: {why}", wanted.repair.as_str()));
    listed(out, &wanted.items);
}

fn listed(out: &mut String, items: &[ItemKey]) {
    for key in items.iter().take(LISTED) {
        let _ = writeln!(out, "   {}", plain(&key.to_string()));
    }
    if items.len() > LISTED {
        let _ = writeln!(out, "   and {} more", items.len() - LISTED);
    }
}

pub fn json(found: &[OfCriterion]) -> String {
    json_text(&json!({"agreement": found.iter().map(of_criterion).collect::<Vec<_>>()}))
}

fn figure(value: Result<f64, Undefined>) -> Value {
    value.map_or(Value::Null, Value::from)
}

fn of_criterion(of: &OfCriterion) -> Value {
    let all = &of.agreement;
    let found = all.found.as_ref().ok();
    let keys = |items: &[ItemKey]| items.iter().map(ItemKey::to_string).collect::<Vec<_>>();
    json!({
        "criterion": of.criterion,
        "items": all.items,
        "labels": all.labels,
        "cannot_tell": all.cannot_tell,
        "compared": found.map_or(0, |found| found.items),
        "raw": found.map(|found| found.raw),
        "on_passes": found.map(|found| figure(found.positive)),
        "on_fails": found.map(|found| figure(found.negative)),
        "alpha": found.map(|found| figure(found.alpha)),
        "alpha_lower": found.and_then(|found| found.alpha_interval.ok()).map(|at| at.lower),
        "alpha_upper": found.and_then(|found| found.alpha_interval.ok()).map(|at| at.upper),
        "ac1": found.filter(|found| found.rarer < RARE).map(|found| figure(found.ac1)),
        "disagreement": of.disagreement,
        "above": of.above,
        "split": keys(&all.split),
        "reviewers": all.reviewers.iter().map(reviewer_json).collect::<Vec<_>>(),
        "follow_ups": of.repairs.iter().map(|wanted| json!({
            "do": wanted.repair.as_str(), "part": wanted.part, "items": keys(&wanted.items),
        })).collect::<Vec<_>>(),
    })
}

fn reviewer_json(of: &OfReviewer) -> Value {
    json!({
        "by": of.by, "rubric": of.rubric, "labels": of.labels, "cannot_tell": of.cannot_tell,
        "with_others": right_json(&of.with_others), "gold_passes": right_json(&of.gold_passes),
        "gold_fails": right_json(&of.gold_fails), "reliability": of.reliability,
    })
}

fn right_json(of: &Right) -> Value {
    let interval = of.interval().ok().filter(|_| of.of > 0);
    json!({
        "right": of.right, "of": of.of, "lower": interval.map(|at| at.lower), "upper": interval.map(|at| at.upper),
    })
}

pub fn disputes_text(waiting: &Waiting) -> String {
    let mut out = String::new();
    if waiting.disputes.is_empty() && waiting.reported.is_empty() {
        return "nothing is in dispute, and no example was reported\n".to_owned();
    }
    for (key, item) in &waiting.disputes {
        let _ = writeln!(out, "{}", plain(&key.to_string()));
        said(&mut out, item);
    }
    if !waiting.reported.is_empty() {
        let _ = writeln!(out, "reported examples");
    }
    for (key, item) in &waiting.reported {
        for Report { complaint, remark, .. } in &item.reports {
            let why = if remark.why.is_empty() { String::new() } else { format!(": {}", remark.why) };
            paragraph(&mut out, &format!("{key}   {} says that it is {}{why}", remark.by, complaint.as_str()));
        }
    }
    let _ = writeln!(out, "\n next: plimsoll review settle ITEM pass|fail --why REASON --by NAME, or --quarantine");
    out
}

fn said(out: &mut String, item: &Item) {
    for label in &item.labels {
        let note = label.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
        paragraph(out, &format!("  {} says {}{note}", label.by, label.says.as_str()));
    }
    for remark in &item.disputed {
        paragraph(out, &format!("  {} disputes it: {}", remark.by, remark.why));
    }
}

pub fn disputes_json(waiting: &Waiting) -> String {
    let one = |(key, item): &(ItemKey, Item)| {
        let remark = |remark: &domain::review::Remark| json!({"by": remark.by, "at": remark.at, "why": remark.why});
        json!({
            "item": key.to_string(),
            "example": key.example.as_str(), "system": key.system, "repeat": key.repeat, "criterion": key.criterion.as_str(),
            "labels": item.labels.iter().map(|label| json!({
                "by": label.by, "says": label.says.as_str(), "at": label.at, "note": label.note, "rubric": label.rubric,
            })).collect::<Vec<_>>(),
            "disputed": item.disputed.iter().map(remark).collect::<Vec<_>>(),
            "reported": item.reports.iter().map(|Report { complaint, remark: of, .. }| {
                json!({"as": complaint.as_str(), "by": of.by, "at": of.at, "why": of.why})
            }).collect::<Vec<_>>(),
        })
    };
    json_text(&json!({
        "disputes": waiting.disputes.iter().map(one).collect::<Vec<_>>(),
        "reported": waiting.reported.iter().map(one).collect::<Vec<_>>(),
    }))
}

fn wrongly(confirmed: &Right) -> Right {
    Right { right: confirmed.of - confirmed.right, of: confirmed.of }
}

pub fn audited_text(audited: &Audited) -> String {
    let mut out = format!("{}   {} drawn for an audit\n", plain(&audited.queue), plural(audited.items as u64, "item"));
    let _ = writeln!(out, " says otherwise  {}", right(&wrongly(&audited.confirmed)));
    for (key, people, audit) in &audited.otherwise {
        paragraph(&mut out, &format!("  {key}   people say {}, the audit {}", people.as_str(), audit.as_str()));
    }
    if !audited.otherwise.is_empty() {
        let _ = writeln!(out, " next: plimsoll review disputes, for somebody who said nothing of these to settle");
    }
    out
}

pub fn audited_json(audited: &Audited) -> String {
    let otherwise = audited.otherwise.iter().map(
        |(key, people, audit)| json!({"item": key.to_string(), "people": people.as_str(), "audit": audit.as_str()}),
    );
    let wrongly = wrongly(&audited.confirmed);
    let share = wrongly.share();
    json_text(&json!({
        "queue": audited.queue, "items": audited.items, "audited": wrongly.of, "otherwise": wrongly.right, "share": share,
        "lower": wrongly.interval().ok().filter(|_| wrongly.of > 0).map(|at| at.lower),
        "upper": wrongly.interval().ok().filter(|_| wrongly.of > 0).map(|at| at.upper),
        "differ": otherwise.collect::<Vec<_>>(),
    }))
}

pub fn touched_text(touched: &Touched) -> String {
    let mut out = String::new();
    let versions: BTreeSet<&str> = touched.digests.values().map(String::as_str).collect();
    for version in &versions {
        let of =
            touched.digests.iter().filter(|(_, digest)| digest == version).map(|(criterion, _)| criterion.as_str());
        let of = of.collect::<Vec<_>>().join(", ");
        let of = if versions.len() > 1 { format!(" for {}", plain(&of)) } else { String::new() };
        let _ = writeln!(out, "{}   is now {}{of}", plain(&touched.rubric), short(version));
    }
    if touched.versions.is_empty() {
        let _ = writeln!(out, " no label was given under another version");
    }
    for (version, items) in &touched.versions {
        let labels = plural(items.values().map(Vec::len).sum::<usize>() as u64, "label");
        let _ = writeln!(out, " {labels} given under {}", short(version));
        for (key, by) in items.iter().take(LISTED) {
            paragraph(&mut out, &format!("  {key}   {}", by.join(", ")));
        }
        if items.len() > LISTED {
            let _ = writeln!(out, "   and of {}", plural((items.len() - LISTED) as u64, "more answer"));
        }
    }
    if touched.unknown > 0 {
        let _ = writeln!(out, " {} that do not say under which", plural(touched.unknown as u64, "label"));
    }
    out
}

pub fn touched_json(touched: &Touched) -> String {
    let versions = touched.versions.iter().map(|(version, items)| {
        let label = |key: &ItemKey, by: &String| json!({"item": key.to_string(), "by": by});
        let labels = items.iter().flat_map(|(key, all)| all.iter().map(move |by| label(key, by)));
        json!({"digest": version, "labels": labels.collect::<Vec<_>>()})
    });
    let digests = touched.digests.iter().map(|(criterion, digest)| (criterion.to_string(), json!(digest)));
    json_text(&json!({
        "rubric": touched.rubric, "digests": digests.collect::<serde_json::Map<_, _>>(), "versions": versions.collect::<Vec<_>>(),
        "unknown": touched.unknown,
    }))
}

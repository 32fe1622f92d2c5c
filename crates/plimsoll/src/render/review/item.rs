//! What reviewers and those who fill queues read.

use super::super::read::{json_text, plain, plural};
use super::super::width::{width, wrap};
use crate::app::review::assign::Assigned;
use crate::app::review::say::{Kept, Next, Shown};
use domain::review::Purpose;
use domain::rubric::{Guide, Kind, ScaleReading};
use serde_json::{Value, json};
use std::fmt::Write;

const WIDTH: usize = 78;

/// The keys of a session, one a verdict.
pub const KEYS: &str = "p pass  f fail  c cannot tell  w wrong  s stale  d dispute  u undo  q quit";

pub fn assigned_text(done: &Assigned) -> String {
    let mut out = format!("{}   to {} on {}\n", plain(&done.queue), done.purpose.as_str(), plain(&done.criterion));
    let gold = if done.gold > 0 { format!(", {} of them gold", done.gold) } else { String::new() };
    let _ = writeln!(
        out,
        " {} added{gold}; {} in all, {} each",
        plural(done.added as u64, "item"),
        done.items,
        plural(u64::from(done.overlap), "label")
    );
    done.notes.iter().for_each(|note| paragraph(&mut out, &format!("note: {note}")));
    let _ = writeln!(out, " next: plimsoll review next {} --by NAME", plain(&done.queue));
    out
}

pub fn assigned_json(done: &Assigned) -> String {
    json_text(&json!({
        "queue": done.queue, "purpose": done.purpose.as_str(), "criterion": done.criterion, "added": done.added,
        "gold": done.gold, "items": done.items, "overlap": done.overlap, "notes": done.notes,
    }))
}

pub fn next_text(next: &Next) -> String {
    match next {
        Next::Item(shown) => {
            let mut out = item(shown);
            let name = plain(&shown.queue);
            let _ =
                writeln!(out, "\n say: plimsoll review label {name} {} pass|fail|cannot-tell --by NAME", shown.item);
            paragraph(&mut out, "or, instead of a verdict: wrong, stale, dispute --why REASON; afterwards: undo");
            out
        }
        Next::Nothing { held } => nothing(*held),
    }
}

pub fn nothing(held: usize) -> String {
    match held {
        0 => "nothing is left for you in this queue\n".to_owned(),
        1 => "1 item is left, and others hold every seat at it: ask again later\n".to_owned(),
        held => format!("{held} items are left, and others hold every seat at them: ask again later\n"),
    }
}

/// An item with its rubric.
pub fn item(shown: &Shown) -> String {
    let mut out = format!("{}   item {}   {} left\n\n", plain(&shown.queue), shown.item, shown.left);
    paragraph(&mut out, &shown.rubric.question);
    if !shown.rubric.about.is_empty() {
        block(&mut out, &shown.rubric.about);
    }
    if shown.rubric_changed {
        paragraph(&mut out, "note: the rubric has changed since the queue was filled");
    }
    guide(&mut out, "passes", &shown.rubric.good);
    if let Kind::Scale { levels, reading } = &shown.rubric.kind {
        for (at, level) in levels.iter().enumerate() {
            let passes = match reading {
                ScaleReading::PassAt(from) if at >= *from => "passes: ",
                _ => "",
            };
            paragraph(&mut out, &format!("{passes}{}: {}", level.name, level.means));
        }
    }
    guide(&mut out, "fails", &shown.rubric.bad);
    if !shown.rubric.cannot_tell.is_empty() {
        let _ = writeln!(out, "\n cannot tell");
        block(&mut out, &shown.rubric.cannot_tell);
    }
    if shown.purpose == Purpose::Settle {
        paragraph(&mut out, "people are split on this answer: say which of them is right, with --note why");
    }
    for (label, text) in &shown.blocks {
        let line = "-".repeat(WIDTH.saturating_sub(width(label) + 4));
        let _ = writeln!(out, "\n-- {} {line}", plain(label));
        block(&mut out, text);
    }
    out
}

fn guide(out: &mut String, heading: &str, guide: &Guide) {
    if guide.lead.is_empty() && guide.conditions.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n {heading}");
    if !guide.lead.is_empty() {
        block(out, &guide.lead);
    }
    for condition in &guide.conditions {
        let class = condition.class.as_ref().map(|class| format!("{class}: ")).unwrap_or_default();
        paragraph(out, &format!("- {class}{}", condition.text));
    }
}

fn block(out: &mut String, text: &str) {
    text.lines().for_each(|line| paragraph(out, line));
}

/// One line, wrapped.
pub fn paragraph(out: &mut String, text: &str) {
    wrap(&plain(text), WIDTH).iter().for_each(|line| out.push_str(&format!(" {line}\n")));
}

pub fn next_json(next: &Next) -> String {
    let shown = match next {
        Next::Item(shown) => shown,
        Next::Nothing { held } => return json_text(&json!({"item": null, "left": held})),
    };
    let guide = |guide: &Guide| {
        let one = |condition: &domain::rubric::Condition| json!({"class": condition.class.as_ref().map(|class| class.as_str()), "text": condition.text});
        json!({"lead": guide.lead, "conditions": guide.conditions.iter().map(one).collect::<Vec<_>>()})
    };
    let rubric = &shown.rubric;
    json_text(&json!({
        "queue": shown.queue,
        "purpose": shown.purpose.as_str(),
        "item": shown.item,
        "left": shown.left,
        "rubric": {
            "question": rubric.question, "about": rubric.about, "passes": guide(&rubric.good), "fails": guide(&rubric.bad),
            "cannot_tell": rubric.cannot_tell, "changed": shown.rubric_changed,
        },
        "shown": shown.blocks.iter().map(|(label, text)| json!({"what": label, "text": text})).collect::<Vec<Value>>(),
        "say": ["pass", "fail", "cannot-tell", "wrong", "stale", "dispute", "undo"],
    }))
}

pub fn kept_text(kept: &Kept) -> String {
    format!("{} {}: {}\n", kept.what, kept.item, plain(&kept.said))
}

pub fn kept_json(kept: &Kept) -> String {
    json_text(&json!({"queue": kept.queue, "item": kept.item, "what": kept.what, "said": kept.said}))
}

//! The agenda for a terminal, a page, programs and calendars.

mod ics;

pub use ics::ics;

use super::read::{json_text, plain};
use super::width::wrap;
use domain::agenda::{Duty, Rhythm};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fmt::Write;

fn owner(duty: &Duty) -> String {
    if duty.who.is_empty() { duty.role.clone() } else { format!("{} ({})", duty.role, duty.who) }
}

fn when(duty: &Duty, today: Date) -> String {
    match &duty.done {
        Some(done) => format!("done by {} on {}", done.by, done.at.get(..10).unwrap_or(&done.at)),
        None if duty.overdue(today) => format!("was due {}", duty.due),
        None => format!("due {}", duty.due),
    }
}

fn parts(duties: &[Duty]) -> impl Iterator<Item = (Rhythm, Vec<&Duty>)> {
    let of = |rhythm: Rhythm| duties.iter().filter(|duty| duty.rhythm == rhythm).collect::<Vec<_>>();
    Rhythm::ALL
        .into_iter()
        .map(move |rhythm| (rhythm, of(rhythm)))
        .filter(|(_, duties)| !duties.is_empty())
        .collect::<Vec<_>>()
        .into_iter()
}

pub fn text(duties: &[Duty], today: Date) -> String {
    if duties.is_empty() {
        return format!("nothing is due on {today}\n");
    }
    let mut out = String::new();
    for (rhythm, duties) in parts(duties) {
        let _ = writeln!(out, "{}", rhythm.as_str().to_uppercase());
        for duty in duties {
            for (at, line) in wrap(&plain(&duty.what), 76).into_iter().enumerate() {
                let _ = writeln!(out, "{}{line}", if at == 0 { "  " } else { "    " });
            }
            for line in wrap(&plain(&format!("{}; {}; {}", when(duty, today), owner(duty), duty.why)), 74) {
                let _ = writeln!(out, "    {line}");
            }
            let _ = writeln!(out, "    $ {}", plain(&duty.command));
            let _ = writeln!(out, "    [{}]", plain(&duty.name));
        }
        out.push('\n');
    }
    out
}

pub fn markdown(name: &str, duties: &[Duty], today: Date) -> String {
    let cell = |text: &str| plain(text).replace('|', "\\|").replace('<', "&lt;");
    let mut out = format!("# Agenda of {}, {today}\n", cell(name));
    if duties.is_empty() {
        out += "\nNothing is due.\n";
    }
    for (rhythm, duties) in parts(duties) {
        let _ = writeln!(out, "\n## {}\n", rhythm.as_str());
        for duty in duties {
            let tick = if duty.done.is_some() { "x" } else { " " };
            let _ = writeln!(
                out,
                "- [{tick}] **{}**: {}, {}. {}. `{}`",
                cell(&duty.what),
                when(duty, today),
                cell(&owner(duty)),
                cell(&duty.why),
                plain(&duty.command).replace('`', "'")
            );
        }
    }
    out
}

pub fn json(duties: &[Duty], today: Date) -> String {
    let one = |duty: &Duty| {
        json!({
            "name": duty.name,
            "when": duty.rhythm.as_str(),
            "what": duty.what,
            "why": duty.why,
            "due": duty.due.to_string(),
            "overdue": duty.overdue(today),
            "role": duty.role,
            "who": duty.who,
            "command": duty.command,
            "done": duty.done.as_ref().map(|done| json!({"at": done.at, "by": done.by})),
        })
    };
    json_text(&json!({"today": today.to_string(), "duties": duties.iter().map(one).collect::<Vec<Value>>()}))
}

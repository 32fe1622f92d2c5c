//! Drift for a terminal, at most 80 columns wide, and as Markdown.

use super::{laid, name, of_again, of_declare, of_mix, of_patch, of_unmeasured, percent, shown};
use crate::app::drift::Drifted;
use crate::render::read::plain;
use crate::render::width::{cut, padded, start, wrap};
use domain::drift::{Farthest, Mix};
use std::fmt::Write;

const WIDTH: usize = 80;
/// Cells of a bar.
const BAR: usize = 24;

pub fn text(drifted: &Drifted, days: &str) -> String {
    let mut out = String::new();
    let say = |out: &mut String, indent: &str, sentence: &str| {
        for line in wrap(&plain(sentence), WIDTH - indent.len()) {
            let _ = writeln!(out, "{indent}{line}");
        }
    };
    say(&mut out, "", &head(drifted, days));
    for mix in &drifted.mixes {
        let _ = writeln!(out, "\n{}", plain(&mix.attribute).to_uppercase());
        say(&mut out, "  ", &of_mix(mix));
        bars(&mut out, mix);
        if let Some(sentence) = of_unmeasured(mix) {
            say(&mut out, "  ", &sentence);
        }
    }
    for laid in laid(drifted) {
        out.push('\n');
        say(&mut out, "", &laid.title.to_uppercase());
        laid.said.iter().for_each(|said| say(&mut out, "  ", said));
        for (title, patches) in laid.more.iter().filter(|(_, patches)| !patches.is_empty()) {
            say(&mut out, "  ", &format!("{}:", title.to_lowercase()));
            for patch in *patches {
                say(&mut out, "    ", &of_patch(patch));
                say(&mut out, "      ", &quoted(&patch.text, &patch.id));
            }
        }
        if !laid.far.is_empty() {
            say(&mut out, "  ", "the farthest requests:");
        }
        for far in laid.far {
            say(&mut out, "    ", &quoted(&far.text, &far.id));
            say(&mut out, "      ", &nearest(far));
        }
    }
    let _ = writeln!(out, "\nTHE LAST DECISION");
    for (sentence, details) in of_again(&drifted.again) {
        say(&mut out, "  ", &sentence);
        details.iter().for_each(|detail| say(&mut out, "    ", detail));
    }
    if !drifted.next.is_empty() {
        let _ = writeln!(out, "\nWHAT TO SAMPLE NEXT");
    }
    for next in &drifted.next {
        say(&mut out, "  ", &format!("Add to the contract's `sampling`, {}:", next.why));
        let _ = writeln!(out, "    {}", plain(&next.line));
        let _ = writeln!(out, "    {}", plain(&next.command));
    }
    if let Some(declare) = &drifted.declare {
        let _ = writeln!(out, "\nWHAT DECISIONS WEIGH BY");
        say(&mut out, "  ", &of_declare(declare));
        let _ = writeln!(out, "    {}", plain(&declare.line));
    }
    out
}

fn head(drifted: &Drifted, days: &str) -> String {
    format!("{} {}.", summary(drifted, days), verdict(drifted))
}

/// What drift found, in two words or three.
pub(super) fn verdict(drifted: &Drifted) -> &'static str {
    if drifted.warns() { "Drifted" } else { "No drift shown" }
}

/// What was laid beside what.
pub(super) fn summary(drifted: &Drifted, days: &str) -> String {
    let counted = match drifted.counted {
        0 => "none of them was drawn from traffic, and each is taken for one".to_owned(),
        counted => format!("{counted} of them count"),
    };
    format!(
        "{}: {} examples, {counted}; {} requests, {days}.",
        drifted.contract, drifted.examples, drifted.seen.requests
    )
}

/// The set above, traffic below.
fn bars(out: &mut String, mix: &Mix) {
    let (values, left) = shown(mix);
    let most = values.iter().map(|value| value.in_set.max(value.in_traffic)).fold(0.0, f64::max);
    let bar = |share: f64, cell: &str| cell.repeat((share / most * BAR as f64).ceil() as usize);
    for value in values {
        let name = padded(start(&plain(&name(value)), 28), 28);
        let _ = writeln!(out, "  {name} set     {:<BAR$} {:>7}", bar(value.in_set, "█"), percent(value.in_set));
        let _ =
            writeln!(out, "  {:<28} traffic {:<BAR$} {:>7}", "", bar(value.in_traffic, "░"), percent(value.in_traffic));
    }
    if left > 0 {
        let _ = writeln!(out, "  and {left} values that differ less");
    }
}

fn quoted(text: &str, id: &str) -> String {
    let text = cut(&plain(text.trim()), 140);
    format!("\"{text}\" ({id})")
}

/// The nearest example, or that there is none in any respect.
fn nearest(far: &Farthest) -> String {
    match far.similarity {
        similarity if similarity <= 0.0 => "nothing in common with any example".to_owned(),
        similarity => format!("nearest: {}, {similarity:.2}", quoted(&far.example_text, &far.example)),
    }
}

/// What could be markup is kept as text.
fn escaped(text: &str) -> String {
    plain(text).chars().fold(String::new(), |mut out, letter| {
        if "\\`*_{}[]<>()#|!&".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
        out
    })
}

pub fn markdown(drifted: &Drifted, days: &str) -> String {
    let mut out = format!("# Drift\n\n{}\n", escaped(&head(drifted, days)));
    for mix in &drifted.mixes {
        let _ = writeln!(out, "\n## {}\n\n{}\n", escaped(&mix.attribute), escaped(&of_mix(mix)));
        let _ = writeln!(out, "| value | set | traffic | examples | requests |\n|---|---|---|---|---|");
        let (values, left) = shown(mix);
        for value in values {
            let (set, traffic) = (percent(value.in_set), percent(value.in_traffic));
            let name = escaped(&name(value));
            let _ = writeln!(out, "| {name} | {set} | {traffic} | {} | {} |", value.examples, value.requests);
        }
        if left > 0 {
            let _ = writeln!(out, "\nand {left} values that differ less");
        }
        if let Some(sentence) = of_unmeasured(mix) {
            let _ = writeln!(out, "\n{}", escaped(&sentence));
        }
    }
    for laid in laid(drifted) {
        let _ = writeln!(out, "\n## {}", escaped(&laid.title));
        for said in &laid.said {
            let _ = writeln!(out, "\n{}", escaped(said));
        }
        for (title, patches) in laid.more.iter().filter(|(_, patches)| !patches.is_empty()) {
            let _ = writeln!(out, "\n{title}:\n");
            for patch in *patches {
                let _ = writeln!(out, "- {}; {}", escaped(&of_patch(patch)), escaped(&quoted(&patch.text, &patch.id)));
            }
        }
        if !laid.far.is_empty() {
            let _ = writeln!(out, "\nThe farthest requests:\n");
        }
        for far in laid.far {
            let _ = writeln!(out, "- {}; {}", escaped(&quoted(&far.text, &far.id)), escaped(&nearest(far)));
        }
    }
    let _ = writeln!(out, "\n## The last decision\n");
    for (sentence, details) in of_again(&drifted.again) {
        let _ = writeln!(out, "- {}", escaped(&sentence));
        for detail in details {
            let _ = writeln!(out, "  - {}", escaped(&detail));
        }
    }
    if !drifted.next.is_empty() {
        let _ = writeln!(out, "\n## What to sample next\n");
    }
    for next in &drifted.next {
        let _ = writeln!(out, "    {}", plain(&next.line));
    }
    if let Some(declare) = &drifted.declare {
        let _ = writeln!(out, "\n## What decisions weigh by\n\n{}\n", escaped(&of_declare(declare)));
        let _ = writeln!(out, "    {}", plain(&declare.line));
    }
    out
}

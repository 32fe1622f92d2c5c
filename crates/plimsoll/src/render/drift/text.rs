//! Drift for a terminal, at most 80 columns wide, and as Markdown.

use super::{name, of_again, of_content, of_mix, of_unmeasured, percent, shown};
use crate::app::drift::Drifted;
use crate::render::read::plain;
use crate::render::text::wrap;
use domain::drift::{Group, Mix};
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
    let _ = writeln!(out, "\nCONTENT");
    say(&mut out, "  ", &of_content(drifted.content.as_ref()));
    if let Some(content) = &drifted.content {
        for (title, groups) in
            [("  traffic says more often:", &content.lacking), ("  the set says more often:", &content.over)]
        {
            if !groups.is_empty() {
                let _ = writeln!(out, "{title}");
            }
            for group in groups {
                say(&mut out, "    ", &words(group));
                say(&mut out, "      ", &excerpt(group));
            }
        }
    }
    let _ = writeln!(out, "\nTHE LAST DECISION");
    for sentence in of_again(&drifted.again) {
        say(&mut out, "  ", &sentence);
    }
    if !drifted.next.is_empty() {
        let _ = writeln!(out, "\nWHAT TO SAMPLE NEXT");
    }
    for next in &drifted.next {
        say(&mut out, "  ", &format!("Add to the contract's `sampling`, {}:", next.why));
        let _ = writeln!(out, "    {}", plain(&next.line));
        let _ = writeln!(out, "    plimsoll examples sample --rule {}", plain(&next.name));
    }
    out
}

fn head(drifted: &Drifted, days: &str) -> String {
    let counted = match drifted.counted {
        0 => "none of them was drawn from traffic, and each is taken for one".to_owned(),
        counted => format!("{counted} of them count"),
    };
    format!(
        "{}: {} examples, {counted}; {} requests, {days}. {}",
        drifted.contract,
        drifted.examples,
        drifted.seen.requests,
        if drifted.warns() { "Drifted." } else { "No drift shown." }
    )
}

/// The set above, traffic below.
fn bars(out: &mut String, mix: &Mix) {
    let (values, left) = shown(mix);
    let most = values.iter().map(|value| value.in_set.max(value.in_traffic)).fold(0.0, f64::max);
    let bar = |share: f64, cell: &str| cell.repeat((share / most * BAR as f64).ceil() as usize);
    for value in values {
        let name: String = plain(&name(value)).chars().take(28).collect();
        let _ = writeln!(out, "  {name:<28} set     {:<BAR$} {:>7}", bar(value.in_set, "█"), percent(value.in_set));
        let _ =
            writeln!(out, "  {:<28} traffic {:<BAR$} {:>7}", "", bar(value.in_traffic, "░"), percent(value.in_traffic));
    }
    if left > 0 {
        let _ = writeln!(out, "  and {left} values that differ less");
    }
}

fn words(group: &Group) -> String {
    format!("{}: set {}, traffic {}", group.words.join(", "), percent(group.in_set), percent(group.in_traffic))
}

fn excerpt(group: &Group) -> String {
    let text: String = plain(group.text.trim()).chars().take(140).collect();
    format!("\"{text}\" ({})", group.id)
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
    let _ = writeln!(out, "\n## Content\n\n{}\n", escaped(&of_content(drifted.content.as_ref())));
    for (title, groups) in drifted
        .content
        .iter()
        .flat_map(|content| [("Traffic says more often", &content.lacking), ("The set says more often", &content.over)])
    {
        for group in groups {
            let _ = writeln!(out, "- {title}: {}; {}", escaped(&words(group)), escaped(&excerpt(group)));
        }
    }
    let _ = writeln!(out, "\n## The last decision\n");
    for sentence in of_again(&drifted.again) {
        let _ = writeln!(out, "- {}", escaped(sentence.trim()));
    }
    if !drifted.next.is_empty() {
        let _ = writeln!(out, "\n## What to sample next\n");
    }
    for next in &drifted.next {
        let _ = writeln!(out, "    {}", plain(&next.line));
    }
    out
}

/// The first line, for other renderings.
pub fn summary(drifted: &Drifted, days: &str) -> String {
    head(drifted, days)
}

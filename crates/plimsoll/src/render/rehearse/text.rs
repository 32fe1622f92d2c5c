//! For a terminal at most 80 columns wide, and as Markdown.

use super::table::{STATES, losses, outright, start, states, way, whole};
use crate::app::rehearse::{Rehearsed, Row};
use crate::render::markdown::escaped;
use crate::render::read::plain;
use crate::render::width::{padded, width, wrap};
use domain::finding::listed;
use domain::format::record::Describes;
use domain::name::ExampleId;
use std::fmt::Write;

const WIDTH: usize = 80;
/// Width of the labels on the left.
const LABEL: usize = 11;
/// Width of a segment's name, and of a loss.
const NAME: usize = 24;
const LOSS: usize = 27;

pub fn text(of: &Rehearsed) -> String {
    let mut out = format!("REHEARSED   {}\n", plain(&of.contract));
    for (label, said) in head(of) {
        labelled(&mut out, label, &said);
    }
    for (made, counts) in &of.identical {
        let _ = writeln!(out, "\nidentical systems: {}", way(*made));
        for (what, often) in whole(counts) {
            let _ = writeln!(out, "  {what:<NAME$}{often}");
        }
        let _ = writeln!(out, "\n  {:<NAME$}{:>11}{:>11}{:>11}{:>11}", "", STATES[0], STATES[1], STATES[2], STATES[3]);
        let aligned = |shares: [String; 4]| shares.map(|share| format!("{share:>11}")).concat();
        by_gate(&mut out, of, |at, _| aligned(states(counts, at)));
        for (name, shares) in outright(of, counts) {
            let _ = writeln!(out, "  {name:<NAME$}{}", aligned(shares));
        }
    }
    if of.parts.losses {
        let _ = writeln!(out, "\nlosses: the smallest that is seen in 80 of 100 rehearsals");
        let _ = writeln!(out, "  {:<NAME$}{:<LOSS$}calls a regression", "", "blocks");
        by_gate(&mut out, of, |_, row| {
            let [blocks, calls] = losses(row);
            format!("{blocks:<LOSS$}{calls}")
        });
    }
    if of.parts.examples {
        let _ = writeln!(out, "\nsingle examples");
        for (label, said) in examples(of) {
            labelled(&mut out, label, &said);
        }
    }
    if !of.advice.is_empty() {
        let _ = writeln!(out);
    }
    for (at, said) in of.advice.iter().enumerate() {
        labelled(&mut out, if at == 0 { "so" } else { "" }, said);
    }
    out
}

/// Rows under the name of their gate.
fn by_gate(out: &mut String, of: &Rehearsed, tell: impl Fn(usize, &Row) -> String) {
    let mut last = None;
    for (at, row) in of.rows.iter().enumerate() {
        if last != Some(&row.gate) {
            last = Some(&row.gate);
            let advisory = if row.blocking { "" } else { ", advisory" };
            let _ = writeln!(out, "  {}{advisory}", plain(&row.gate));
        }
        let name = plain(&row.segment);
        let line = tell(at, row);
        if width(&name) > NAME - 3 {
            let _ = writeln!(out, "    {name}\n  {:<NAME$}{line}", "");
        } else {
            let _ = writeln!(out, "    {}{line}", padded(&name, NAME - 2));
        }
    }
}

fn labelled(out: &mut String, label: &str, said: &str) {
    for (at, line) in wrap(&plain(said), WIDTH - LABEL - 1).iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        let _ = writeln!(out, " {label:<LABEL$}{line}");
    }
}

fn head(of: &Rehearsed) -> Vec<(&'static str, String)> {
    let look = of.look.map_or("look unknown".to_owned(), |look| format!("look {look}"));
    let mut head = vec![("of", format!("{}, {look}, level {}", of.of, of.level))];
    match of.describes {
        Describes::Simulated => {
            head.push(("simulated", "its examples and answers are scripted, not traffic".to_owned()));
        }
        Describes::ThisSet => head.push(("describes", "this set, not traffic".to_owned())),
        Describes::Traffic => {}
    }
    head.push(("scores", format!("{} examples in {} conversations", of.examples, of.clusters)));
    head.push(("rehearsals", format!("{} of each kind, seed {}", of.rehearsals, of.seed)));
    if of.parts.losses {
        head.push(("losses", format!("taken from {}", start(of))));
    }
    head.extend(of.not_made.iter().chain(&of.notes).map(|note| ("note", note.clone())));
    head
}

fn examples(of: &Rehearsed) -> Vec<(&'static str, String)> {
    let found = &of.decisive;
    let all = [&found.decision, &found.state, &found.never, &found.unknown].map(Vec::len).iter().sum::<usize>();
    let names = |examples: &[ExampleId]| match examples {
        [] => String::new(),
        some => format!(": {}", listed(some.iter().map(ExampleId::as_str))),
    };
    let thinned = match found.records {
        0 | 1 => String::new(),
        records => format!(", and on {} without a random tenth of its conversations", records - 1),
    };
    let mut said = vec![(
        "how",
        format!(
            "each conversation left out once and each grade of the candidate flipped once, those alike together, on the \
             record as it is{thinned}"
        ),
    )];
    said.push(("decision", format!("{} of {all} ever changed it{}", found.decision.len(), names(&found.decision))));
    said.push(("a gate", format!("{} more ever changed a gate's state{}", found.state.len(), names(&found.state))));
    said.push(("nothing", format!("{} never changed anything{}", found.never.len(), names(&found.never))));
    if !found.unknown.is_empty() {
        let untried = format!("{} were not tried: ask for more rehearsals", found.unknown.len());
        said.push(("unknown", untried));
    }
    said
}

pub fn markdown(of: &Rehearsed) -> String {
    let mut out = format!("## Rehearsed: {}\n\n", escaped(&of.contract));
    for (label, said) in head(of) {
        let _ = writeln!(out, "- **{label}** {}", escaped(&said));
    }
    for (made, counts) in &of.identical {
        let _ = writeln!(out, "\n### Identical systems: {}\n\n| | |\n|---|---|", way(*made));
        for (what, often) in whole(counts) {
            let _ = writeln!(out, "| {what} | {often} |");
        }
        let _ = writeln!(out, "\n| gate | segment | {} |\n|---|---|---|---|---|---|", STATES.join(" | "));
        for (at, row) in of.rows.iter().enumerate() {
            let shares = states(counts, at).join(" | ");
            let _ = writeln!(out, "| {} | {} | {shares} |", escaped(&row.gate), escaped(&row.segment));
        }
        for (name, shares) in outright(of, counts) {
            let _ = writeln!(out, "| {name} | | {} |", shares.join(" | "));
        }
    }
    if of.parts.losses {
        let _ = writeln!(out, "\n### Losses: the smallest that is seen in 80 of 100 rehearsals\n");
        let _ = writeln!(out, "| gate | segment | blocks | calls a regression |\n|---|---|---|---|");
        for row in &of.rows {
            let [blocks, calls] = losses(row);
            let _ = writeln!(out, "| {} | {} | {blocks} | {calls} |", escaped(&row.gate), escaped(&row.segment));
        }
    }
    if of.parts.examples {
        let _ = writeln!(out, "\n### Single examples\n");
        for (label, said) in examples(of) {
            let _ = writeln!(out, "- **{label}** {}", escaped(&said));
        }
    }
    let _ = writeln!(out);
    for said in &of.advice {
        let _ = writeln!(out, "> {}\n", escaped(said));
    }
    out.truncate(out.trim_end().len());
    out + "\n"
}

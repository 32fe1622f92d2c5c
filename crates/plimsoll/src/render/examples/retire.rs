//! Proposals to retire, and the history of an example, for the terminal and as JSON.

use super::{cut, row};
use crate::app::examples::retire::Found;
use crate::app::examples::together::{Together, Without};
use crate::render::read::{json_text, plain, words};
use domain::entry::Entry;
use domain::retirement::{Proposal, Reason};
use serde_json::{Value, json};
use std::fmt::Write;

/// Proposals that the text lists.
const LISTED: usize = 100;
/// Characters of what an example asks.
const ASKED: usize = 300;

pub fn proposal_text(found: &Found, proposal: &Proposal, out: &mut String) {
    let _ = writeln!(out, "{}", plain(found.id(proposal)));
    for reason in &proposal.reasons {
        row(out, reason.code().split('_').next_back().unwrap_or(""), &reason.words());
    }
    let beside = proposal.reasons.iter().filter_map(Reason::beside).next();
    if let Some((asks, other)) = asked(found, found.id(proposal)).zip(beside) {
        row(out, "asks", &asks);
        row(out, "beside", &format!("{other}: {}", asked(found, other.as_str()).unwrap_or_default()));
    }
}

/// What an example asks, where that is shown.
fn asked(found: &Found, id: &str) -> Option<String> {
    found.asks.get(id).map(|text| cut(text, ASKED))
}

/// What leaves together, and what the last decision would have been without all of it.
pub fn together_text(together: &Together) -> String {
    let mut out = String::new();
    row(&mut out, "together", &together_words(together));
    out
}

fn together_words(together: &Together) -> String {
    let without = match together {
        Together::Unknown(why) => return format!("what leaving together would change is not known: {why}"),
        Together::Decided(without) => without,
    };
    let Without { record, of: (took_part, all), outcomes: (was, is), beside } = without;
    if *took_part == 0 {
        return format!("none of them took part in {record}: what leaving together would change is not known");
    }
    let who = match (took_part == all, all) {
        (true, 1) => "it".to_owned(),
        (true, all) => format!("all {all} of them"),
        (false, all) => format!("the {took_part} of {all} that took part in it"),
    };
    let mut said = match beside.changed {
        true if was == is => format!("without {who}, {record} would send requests elsewhere"),
        true => format!("without {who}, {record} would say {}, and not {}", words(is.as_str()), words(was.as_str())),
        false => format!("without {who}, {record} would say {} all the same", words(is.as_str())),
    };
    let mut others: Vec<String> = beside
        .moved
        .iter()
        .filter(|moved| moved.state.0 != moved.state.1)
        .map(|moved| {
            let (was, is) = (moved.state.0.words(), moved.state.1.words());
            format!("{} on {} ({}): {was} becomes {is}", moved.gate, moved.segment, moved.arm.as_str())
        })
        .collect();
    let gone = beside.gone.iter().map(|(gate, segment, arm)| format!("{gate} on {segment} ({}) is gone", arm.as_str()));
    others.extend(gone);
    if others.is_empty() {
        said.push_str("; every gate is in the state that it was in");
    }
    for other in others {
        let _ = write!(said, "\n{other}");
    }
    said
}

fn together_value(together: &Together) -> Value {
    let without = match together {
        Together::Unknown(why) => return json!({"decided_again": false, "why": why}),
        Together::Decided(without) => without,
    };
    let moved = without.beside.moved.iter().map(|moved| {
        json!({
            "gate": moved.gate, "segment": moved.segment, "arm": moved.arm.as_str(),
            "state": {"recorded": moved.state.0.as_str(), "without": moved.state.1.as_str()},
            "value": {"recorded": moved.value.0, "without": moved.value.1},
        })
    });
    let gone = without.beside.gone.iter();
    let gone = gone.map(|(gate, segment, arm)| json!({"gate": gate, "segment": segment, "arm": arm.as_str()}));
    json!({
        "decided_again": true,
        "record": without.record,
        "took_part": without.of.0,
        "decision": {"recorded": without.outcomes.0.as_str(), "without": without.outcomes.1.as_str()},
        "changed": without.beside.changed,
        "moved": moved.collect::<Vec<Value>>(),
        "gone": gone.collect::<Vec<Value>>(),
    })
}

pub fn retirements_text(found: &Found, together: Option<&Together>) -> String {
    let mut out = String::new();
    for proposal in found.proposals.iter().take(LISTED) {
        proposal_text(found, proposal, &mut out);
    }
    let (all, active) = (found.proposals.len(), found.set.active().count());
    let _ = writeln!(out, "{all} of {active} active examples are proposed for retirement");
    if all > LISTED {
        let _ = writeln!(out, "the first {LISTED} are shown; `--as json` has all");
    }
    found.notes.iter().for_each(|note| row(&mut out, "note", note));
    if let Some(together) = together {
        out.push_str(&together_text(together));
    }
    if all > 0 {
        row(&mut out, "next", "`plimsoll examples retirements --decide --by NAME`: accept, keep or postpone each");
    }
    out
}

pub fn retirements_json(found: &Found, together: Option<&Together>) -> String {
    let reason = |reason: &Reason| {
        let mut told = json!({"reason": reason.code(), "about": reason.about(), "words": reason.words()});
        if let Some(other) = reason.beside() {
            told["beside"] = json!({"example": other.as_str(), "asks": found.asks.get(other.as_str())});
        }
        if let Reason::NearDuplicate { similarity, .. } = reason {
            told["similarity"] = json!(similarity.get());
        }
        told
    };
    let proposals = found.proposals.iter().map(|proposal| {
        let row = &found.set.rows[proposal.example.0 as usize];
        json!({
            "example": row.id.as_str(),
            "file": found.set.files.get(row.kept.file as usize).map(ToString::to_string),
            "line": row.kept.line,
            "asks": found.asks.get(row.id.as_str()),
            "counts": proposal.counts,
            "reasons": proposal.reasons.iter().map(reason).collect::<Vec<_>>(),
        })
    });
    let proposals: Vec<Value> = proposals.collect();
    json_text(&json!({
        "today": found.today, "active": found.set.active().count(), "proposals": proposals, "notes": found.notes,
        "together": together.map(together_value),
    }))
}

/// `apart` is what its file says otherwise.
pub fn history_text(id: &str, entries: &[Entry], apart: Option<&str>) -> String {
    let mut out = format!("{}\n", plain(id));
    for entry in entries {
        let why = entry.why.as_deref().map_or(String::new(), |why| format!(": {why}"));
        let of = |key: &str| entry.body[key].as_str().filter(|text| !text.is_empty()).unwrap_or("");
        let more: Vec<&str> = [of("reason"), of("about")].into_iter().filter(|text| !text.is_empty()).collect();
        let until = if of("until").is_empty() { String::new() } else { format!(" until {}", of("until")) };
        let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
        row(
            &mut out,
            entry.at.get(..10).unwrap_or(""),
            &format!("{}{until}{more} by {}{why}", entry.what, entry.author),
        );
    }
    if entries.is_empty() {
        row(&mut out, "", "nothing was said of it");
    }
    if let Some(apart) = apart {
        row(&mut out, "note", &format!("it {apart}: the file holds"));
    }
    out
}

pub fn history_json(id: &str, entries: &[Entry], apart: Option<&str>) -> String {
    let one = |entry: &Entry| {
        json!({
            "version": entry.version, "what": entry.what, "at": entry.at, "by": entry.author, "why": entry.why,
            "body": entry.body,
        })
    };
    json_text(
        &json!({"example": id, "entries": entries.iter().map(one).collect::<Vec<_>>(), "file_says_otherwise": apart}),
    )
}

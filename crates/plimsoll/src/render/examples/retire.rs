//! Proposals to retire, and the history of an example, for the terminal and as JSON.

use super::{cut, row};
use crate::app::examples::retire::Found;
use crate::render::read::{json_text, plain};
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

pub fn retirements_text(found: &Found) -> String {
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
    if all > 0 {
        row(&mut out, "next", "`plimsoll examples retirements --decide --by NAME`: accept, keep or postpone each");
    }
    out
}

pub fn retirements_json(found: &Found) -> String {
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

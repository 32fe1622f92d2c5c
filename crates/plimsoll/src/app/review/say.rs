//! What a reviewer is shown, and what they say: `review next` and `review label`.
//!
//! rule    what is shown and what is answered has one shape, whether the right label is known or not, and never names the system

use super::desk::{Desk, Sitting, draft};
use crate::app::answers::line_at;
use crate::app::eval::Eval;
use crate::app::{kept, rubrics};
use crate::cli::Failure;
use domain::entry::Draft;
use domain::example::Example;
use domain::format::answers;
use domain::format::lines::LinePlace;
use domain::qualification::Sample;
use domain::review::{Complaint, Item, ItemKey, Laid, Purpose, Says};
use domain::rubric::Rubric;
use engine::judge::{Answers, Shown as Judged, blocks};
use serde_json::json;
use std::collections::BTreeMap;

/// An item as a reviewer sees it.
pub struct Shown {
    pub queue: String,
    pub purpose: Purpose,
    pub item: String,
    pub rubric: Rubric,
    /// The rubric's file says something else than when the queue was opened.
    pub rubric_changed: bool,
    /// What there is to read, each with what it is.
    pub blocks: Vec<(String, String)>,
    /// Items that are still open to this reviewer, this one among them.
    pub left: usize,
}

pub enum Next {
    Item(Box<Shown>),
    /// So many are open to this reviewer, and others hold every seat at them.
    Nothing {
        held: usize,
    },
}

/// An item with its example, as it was when the queue was filled.
pub fn show(eval: &Eval, desk: &Desk, key: &ItemKey, example: Option<&Example>, left: usize) -> Result<Shown, Failure> {
    let laid = &desk.queue.items[key];
    let (path, digest) = &desk.queue.rubric;
    let rubric = rubrics::named(eval, path, &desk.queue.criterion)?;
    let example = example.filter(|example| example.digest.to_string() == laid.example).ok_or_else(|| {
        Failure::yours(
            format!("`{}` asks something else than when the queue was filled", key.example),
            "run again, and assign answers of that run",
        )
    })?;
    let line = line_at(&eval.folder.join(&laid.file), laid.offset, laid.length).ok_or_else(|| gone(key))?;
    let recorded = answers::parse(LinePlace { file: &laid.file, line: 1 }, &line).ok().flatten();
    let recorded = recorded.filter(|recorded| recorded.answer.digest().to_string() == laid.answer);
    let recorded = recorded.ok_or_else(|| gone(key))?;
    let judged = Judged { document: &example.document, answers: Answers::One(&recorded.answer) };
    Ok(Shown {
        queue: desk.name.clone(),
        purpose: desk.queue.purpose,
        item: desk.queue.shown(key),
        blocks: blocks(&rubric, &judged),
        rubric_changed: rubric.digest.to_string() != *digest,
        rubric,
        left,
    })
}

fn gone(key: &ItemKey) -> Failure {
    Failure::yours(
        format!("what was answered to `{}` is no longer where the queue has it", key.example),
        "assign answers of a run whose files are there",
    )
}

/// What a reviewer says of an item.
#[derive(Clone, Copy)]
pub enum Word<'a> {
    Says {
        says: Says,
        note: Option<&'a str>,
    },
    /// The example is wrong or stale.
    Reports {
        complaint: Complaint,
        why: Option<&'a str>,
    },
    Disputes {
        why: &'a str,
    },
    Undoes,
}

/// What was kept of it.
pub struct Kept {
    pub queue: String,
    pub item: String,
    /// `labelled`, `settled`, `audited`, `reported`, `disputed` or `undone`.
    pub what: &'static str,
    pub said: String,
}

pub fn say(eval: &Eval, queue: &str, shown: &str, word: Word, sitting: Sitting) -> Result<Kept, Failure> {
    let desk = Desk::open(eval, queue)?;
    let items = desk.items()?;
    desk.may_sit(&items, sitting.by)?;
    let (key, _) = desk.find(shown)?;
    speak(&desk, (shown, &key), &items.get(&key).cloned().unwrap_or_default(), word, sitting)
}

/// Keeps what somebody says of an item under the name that they were shown, with what was said of it before.
pub fn speak(
    desk: &Desk,
    (shown, key): (&str, &ItemKey),
    said: &Item,
    word: Word,
    sitting: Sitting,
) -> Result<Kept, Failure> {
    let queue = desk.name.as_str();
    let Some(laid) = desk.queue.items.get(key) else { return Err(gone(key)) };
    let item = said.of_answer(&laid.answer);
    let kept = |what, said: &str| Kept { queue: queue.to_owned(), item: shown.to_owned(), what, said: said.to_owned() };
    match word {
        Word::Says { says, note } => {
            let what = spoken(desk, key, laid, &item, says, note, sitting)?;
            Ok(kept(what, says.as_str()))
        }
        Word::Reports { complaint, why } => {
            let body =
                json!({"as": complaint.as_str(), "answer": laid.answer, "example": laid.example, "queue": queue});
            append(desk, draft(key, "reported", sitting, why, body))?;
            desk.catalog.leave(queue, &key.to_string(), sitting.by).map_err(kept::failed)?;
            Ok(kept("reported", complaint.as_str()))
        }
        Word::Disputes { why } => {
            append(desk, draft(key, "disputed", sitting, Some(why), json!({"answer": laid.answer, "queue": queue})))?;
            desk.catalog.leave(queue, &key.to_string(), sitting.by).map_err(kept::failed)?;
            Ok(kept("disputed", why))
        }
        Word::Undoes => {
            let (of, said) = last(&item, sitting.by).ok_or_else(|| {
                Failure::yours(
                    format!("`{}` has said nothing of this item that could be undone", sitting.by),
                    "label it first",
                )
            })?;
            let undone = draft(key, "undone", sitting, None, json!({"of": of}));
            let name = key.to_string();
            let sat = desk
                .seated(sitting, |catalog, taking| catalog.sit(taking, &name, false, std::slice::from_ref(&undone)))?;
            if sat.is_none() {
                append(desk, undone)?;
            }
            Ok(kept("undone", said))
        }
    }
}

fn append(desk: &Desk, draft: Draft) -> Result<(), Failure> {
    desk.catalog.append(&[draft]).map(drop).map_err(kept::failed)
}

/// Keeps a verdict as what the queue is for.
fn spoken(
    desk: &Desk,
    key: &ItemKey,
    laid: &Laid,
    item: &Item,
    says: Says,
    note: Option<&str>,
    sitting: Sitting,
) -> Result<&'static str, Failure> {
    let mut body =
        json!({"says": says.as_str(), "queue": desk.name, "answer": laid.answer, "rubric": desk.queue.rubric.1});
    let what = match desk.queue.purpose {
        Purpose::Calibrate | Purpose::Label => {
            if desk.has_labelled(item, sitting.by) {
                return Err(Failure::yours(
                    format!("`{}` has labelled this answer already", sitting.by),
                    "say `undo` first, then label it again",
                ));
            }
            if let Some(sample) = laid.sample.map(Sample::as_str) {
                body["sample"] = sample.into();
            }
            "labelled"
        }
        Purpose::Settle => {
            may_settle(item, sitting.by)?;
            if says == Says::CannotTell || note.is_none() {
                return Err(Failure::yours(
                    "a dispute is settled by `pass` or `fail`, with the reason",
                    "say why with --note; where nobody can tell, quarantine the example: `plimsoll review settle ITEM --quarantine --why REASON --by NAME`",
                ));
            }
            "settled"
        }
        Purpose::Audit => "audited",
    };
    let said = draft(key, what, sitting, note, body);
    let name = key.to_string();
    let sat = desk.seated(sitting, |catalog, taking| catalog.sit(taking, &name, true, &[said]))?;
    match sat {
        Some(_) => Ok(what),
        None => Err(Failure::yours(
            "every seat at this item is taken by now: nothing was kept",
            format!("`plimsoll review next {} --by NAME` shows another", desk.name),
        )),
    }
}

pub fn may_settle(item: &Item, by: &str) -> Result<(), Failure> {
    match item.may_settle(by) {
        true => Ok(()),
        false => Err(Failure::yours(
            format!("`{by}` labelled or disputed this answer, and does not settle it"),
            "let somebody settle it who has said nothing of it",
        )),
    }
}

/// What somebody said last of an item: its entry, and what.
fn last<'i>(item: &'i Item, by: &str) -> Option<(u32, &'i str)> {
    let labels = item.labels.iter().filter(|label| label.by == by).map(|label| (label.entry, label.says.as_str()));
    let disputes = item.disputed.iter().filter(|remark| remark.by == by).map(|remark| (remark.entry, "dispute"));
    let reports = item.reports.iter().filter(|report| report.remark.by == by);
    let reports = reports.map(|report| (report.remark.entry, report.complaint.as_str()));
    let audits = item.audits.iter().filter(|audit| audit.by == by).map(|audit| (audit.entry, audit.says.as_str()));
    labels.chain(disputes).chain(reports).chain(audits).max_by_key(|(entry, _)| *entry)
}

/// The item of a queue that somebody said something of last, under the name that they know.
pub fn last_said(eval: &Eval, queue: &str, by: &str) -> Result<Option<String>, Failure> {
    let desk = Desk::open(eval, queue)?;
    let items: BTreeMap<ItemKey, Item> = desk.items()?;
    let mut said: Option<(String, &ItemKey)> = None;
    for (key, item) in items.iter().filter(|(key, _)| desk.queue.items.contains_key(key)) {
        let labels = item.labels.iter().filter(|label| label.by == by).filter_map(|label| label.at.clone());
        let remarks = item.disputed.iter().chain(item.reports.iter().map(|report| &report.remark));
        let remarks = remarks.filter(|remark| remark.by == by).map(|remark| remark.at.clone());
        let audits = item.audits.iter().filter(|audit| audit.by == by).map(|audit| audit.at.clone());
        let at = labels.chain(remarks).chain(audits).max();
        if let Some(at) = at.filter(|at| said.as_ref().is_none_or(|(known, _)| known <= at)) {
            said = Some((at, key));
        }
    }
    Ok(said.map(|(_, key)| desk.queue.shown(key)))
}

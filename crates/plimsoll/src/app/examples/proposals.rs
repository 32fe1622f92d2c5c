//! `examples proposals`, `accept`, `decline`: what waits for a person, with what is nearly the same beside it.
//!
//! errors  an id that is no proposal; a proposal of a file, which is declined by taking it out of the file

use crate::app::eval::Eval;
use crate::app::kept::{self, By, Saying};
use crate::cli::Failure;
use domain::content::{Fingerprint, Index, NEAR, text_of};
use domain::entry::{Draft, Noun};
use domain::example::Status;
use domain::example::history::{Standing, told};
use domain::fault::closest;
use domain::provenance::SourceKind;
use domain::reference_set::RowState;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Near-duplicates that are shown of one proposal.
const MOST: usize = 3;

pub struct Proposed {
    pub id: String,
    pub text: String,
    pub task: Option<String>,
    pub provenance: Value,
    /// Whether it says what a right answer is.
    pub expects: bool,
    /// Who proposed it, when and why; `None` where it stands in a file.
    pub said: Option<(String, String, Option<String>)>,
    /// Of the set and of the proposals before it, most alike first.
    pub near: Vec<Near>,
}

pub struct Near {
    pub id: String,
    pub similarity: f64,
    pub text: String,
    pub state: RowState,
}

/// Everything that waits, in the set's order.
pub fn proposals(eval: &Eval) -> Result<Vec<Proposed>, Failure> {
    let entries = kept::entries(eval, Noun::Example)?;
    let mut texts = Vec::new();
    let mut whole = Vec::new();
    let set = super::read(eval, |_, example| {
        texts.push(text_of(&example.document["input"]));
        let is_proposed = example.status == Status::Proposed;
        let expects = !matches!(&example.document["expected"], Value::Null);
        whole.push(is_proposed.then(|| (example.task.map(|task| task.to_string()), expects, example.provenance)));
    })?;
    let (mut index, mut proposed) = (Index::default(), Vec::new());
    let order = || (0..set.rows.len()).filter(|at| set.rows[*at].state != RowState::Proposed);
    let waiting = || (0..set.rows.len()).filter(|at| set.rows[*at].state == RowState::Proposed);
    let positions: Vec<usize> = order().chain(waiting()).collect();
    for at in &positions {
        let fingerprint = Fingerprint::of(&texts[*at]);
        let row = &set.rows[*at];
        if let Some((task, expects, provenance)) = whole[*at].take() {
            let near = index.like(&fingerprint, NEAR).into_iter().take(MOST).map(|(place, similarity)| {
                let at = positions[place];
                let row = &set.rows[at];
                Near { id: row.id.to_string(), similarity, text: texts[at].clone(), state: row.state }
            });
            let of = |id: &str| entries.iter().rfind(|entry| entry.subject == id && entry.what == "proposed");
            proposed.push(Proposed {
                id: row.id.to_string(),
                text: texts[*at].clone(),
                task,
                expects,
                provenance: provenance.map_or(Value::Null, |known| {
                    let chance = match known.sampled {
                        domain::provenance::Sampled::Probability(chance) => Some(chance.get()),
                        _ => None,
                    };
                    json!({"source": known.source.as_str(), "rule": known.rule, "probability": chance,
                        "captured_at": known.captured_at, "trace": known.trace, "incident": known.incident})
                }),
                said: of(row.id.as_str()).map(|entry| (entry.author.clone(), entry.at.clone(), entry.why.clone())),
                near: near.collect(),
            });
        }
        index.add(&fingerprint);
    }
    Ok(proposed)
}

/// Which proposals are accepted, by whom, and what a right answer to them does.
pub struct Accepting<'a> {
    /// Those named; where none is, all that nothing is like, or all of a task.
    pub ids: &'a [String],
    pub without_duplicates: bool,
    pub task: Option<&'a str>,
    /// Becomes their `expected`.
    pub expected: Option<&'a Value>,
    pub by: &'a str,
    pub why: Option<&'a str>,
}

/// What was accepted, and of which examples that were accepted before what is expected was mended.
#[derive(Default)]
pub struct Accepted {
    pub accepted: Vec<String>,
    pub mended: Vec<String>,
    /// Not named one by one, and left: they stand in a file, which is where what is expected of them is written.
    pub left: Vec<String>,
}

/// Accepts proposals, all or none.
pub fn accept(eval: &Eval, accepting: &Accepting) -> Result<Accepted, Failure> {
    if accepting.expected.is_some_and(|expected| !expected.is_object()) {
        return Err(Failure::yours("what is expected is no JSON object", r#"write it as {"behaviour": "escalate"}"#));
    }
    let done = accepting.chosen(eval)?;
    if done.accepted.is_empty() && done.mended.is_empty() {
        return Ok(done);
    }
    let catalog = kept::open(eval)?;
    let told = told(&catalog.of(Noun::Example).map_err(kept::failed)?);
    let in_files = kept::in_files(eval)?;
    let mut sayings = Vec::new();
    for id in done.accepted.iter().chain(&done.mended) {
        let known = told.get(id).and_then(|known| Some((known.entries, known.line.clone()?)));
        match known {
            Some((entries, line)) => sayings.extend(accepting.of_catalog(id, entries, line, done.mended.contains(id))),
            None if accepting.expected.is_some() => {
                let what = format!("`{id}` stands as a proposal in a file of examples");
                let help =
                    "write what is expected of it into that file; one that was only to be replaced is taken out there";
                return Err(Failure::yours(what, help));
            }
            None => {
                let by = By { author: accepting.by, why: accepting.why };
                sayings.push(kept::standing(&catalog, &in_files, id, &Status::Active, by)?);
            }
        }
    }
    kept::say(eval, &catalog, &sayings)?;
    Ok(done)
}

impl Accepting<'_> {
    /// Which are accepted, and of which what is expected is mended.
    fn chosen(&self, eval: &Eval) -> Result<Accepted, Failure> {
        let waiting = proposals(eval)?;
        if self.ids.is_empty() {
            let wanted = waiting
                .iter()
                .filter(|one| !self.without_duplicates || one.near.is_empty())
                .filter(|one| self.task.is_none_or(|task| one.task.as_deref() == Some(task)));
            let (left, accepted): (Vec<&Proposed>, Vec<&Proposed>) = wanted.partition(|one| self.leaves(one));
            let ids = |all: Vec<&Proposed>| all.into_iter().map(|one| one.id.clone()).collect();
            return Ok(Accepted { accepted: ids(accepted), left: ids(left), ..Accepted::default() });
        }
        let said = told(&kept::entries(eval, Noun::Example)?);
        let is_active = |id: &String| {
            let known = said.get(id).filter(|known| known.line.is_some());
            self.expected.is_some() && known.is_some_and(|known| known.standing == Standing::Is(Status::Active))
        };
        let (mended, named): (BTreeSet<String>, BTreeSet<String>) = self.ids.iter().cloned().partition(is_active);
        let accepted = all_waiting(&waiting, &named.into_iter().collect::<Vec<_>>())?;
        Ok(Accepted { accepted, mended: mended.into_iter().collect(), ..Accepted::default() })
    }

    /// What stands in a file is not accepted among others where what is expected would have to be written there, or where it is a demo:
    /// those that `init` writes are there to be replaced.
    fn leaves(&self, one: &Proposed) -> bool {
        one.said.is_none() && (self.expected.is_some() || one.provenance["source"] == SourceKind::Demo.as_str())
    }

    /// What is said of an example whose home is the catalog.
    fn of_catalog(&self, id: &str, entries: u32, mut line: Value, is_mended: bool) -> Vec<Saying> {
        let say = |what: &str, body: Value, after: u32| {
            let draft = Draft {
                noun: Noun::Example,
                subject: id.to_owned(),
                after: Some(after),
                what: what.to_owned(),
                at: kept::now(),
                author: self.by.to_owned(),
                why: self.why.map(str::to_owned),
                body,
            };
            Saying { draft, change: None }
        };
        let mut sayings = Vec::new();
        if let Some(expected) = self.expected {
            line["expected"] = expected.clone();
            sayings.push(say("changed", json!({"example": line}), entries));
        }
        if !is_mended {
            sayings.push(say("accepted", json!({}), entries + sayings.len() as u32));
        }
        sayings
    }
}

/// Declines proposals, all or none.
pub fn decline(eval: &Eval, ids: &[String], by: &str, why: &str) -> Result<Vec<String>, Failure> {
    let ids = all_waiting(&proposals(eval)?, ids)?;
    let catalog = kept::open(eval)?;
    let told = told(&catalog.of(Noun::Example).map_err(kept::failed)?);
    let mut drafts = Vec::new();
    for id in &ids {
        let Some(known) = told.get(id).filter(|known| known.line.is_some()) else {
            return Err(Failure::yours(
                format!("`{id}` stands as a proposal in a file of examples"),
                "take the line out of that file, or retire it",
            ));
        };
        drafts.push(Draft {
            noun: Noun::Example,
            subject: id.clone(),
            after: Some(known.entries),
            what: "declined".to_owned(),
            at: kept::now(),
            author: by.to_owned(),
            why: Some(why.to_owned()),
            body: json!({}),
        });
    }
    catalog.append(&drafts).map_err(kept::failed)?;
    Ok(ids)
}

fn all_waiting(waiting: &[Proposed], ids: &[String]) -> Result<Vec<String>, Failure> {
    let known = || waiting.iter().map(|one| one.id.as_str());
    match ids.iter().find(|id| !known().any(|known| known == id.as_str())) {
        None => Ok(ids.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect()),
        Some(id) => Err(Failure::yours(
            format!("no proposal `{id}` waits"),
            format!("{}`plimsoll examples proposals` lists what waits", super::meant(closest(id, known()))),
        )),
    }
}

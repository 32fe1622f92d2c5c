//! `incident close`: only when a gate would now block each release that caused it.
//!
//! in      a covered incident; the contract, reference set and answers as they are now
//! out     the closing entry, with what was decided; its guards are armed
//! errors  an incident that is not covered any more; a release that no finding about its examples would keep out, or of which that is
//!         not known, with the grades that are missing

use super::again::{Again, Given, Missing, decide_again};
use super::cover::{refuse_unseen, seen};
use super::{Opened, draft};
use crate::app::chain::{Chain, Kept};
use crate::app::eval::Eval;
use crate::app::kept::{self, By};
use crate::app::run::{Progress, may_decide};
use crate::cli::Failure;
use domain::example::Guard;
use domain::grader::Grader;
use domain::incident::{Incident, Standing};
use serde_json::{Value, json};

pub struct Shut {
    pub incident: Incident,
    pub again: Vec<Again>,
    /// The guards that are armed by it.
    pub armed: Vec<String>,
}

pub fn close(eval: &Eval, id: &str, given: &Given, by: By, progress: &mut dyn Progress) -> Result<Shut, Failure> {
    may_decide(eval)?;
    let opened = Opened::of(eval)?;
    let incident = opened.find(id)?;
    match incident.standing() {
        Standing::Covered => {}
        Standing::Closed => {
            return Err(Failure::yours(format!("incident `{id}` is closed already"), "nothing is to be done"));
        }
        Standing::Open => {
            return Err(Failure::yours(
                format!("incident `{id}` is not covered yet"),
                format!("cover it first: `plimsoll incident cover {id}` says what is missing"),
            ));
        }
    }
    let (set, seen) = seen(eval, incident, progress)?;
    refuse_unseen(id, &seen)?;
    let again = releases(eval, &opened, incident)?
        .iter()
        .map(|record| decide_again(eval, record.as_ref(), incident, given, progress))
        .collect::<Result<Vec<Again>, Failure>>()?;
    if let Some(through) = again.iter().find(|again| !again.is_blocked()) {
        return Err(match through.missing.is_empty() {
            true => refused(id, through),
            false => unknown(eval, id, through),
        });
    }
    let decided: Vec<&Value> = again.iter().map(|again| &again.kept).collect();
    let closing = draft(incident, "closed", by.author, by.why, json!({"decided": decided}));
    let to_arm = seen.iter().filter(|seen| seen.is_seen()).filter_map(|seen| {
        let row = set.rows.get(seen.index?.0 as usize)?;
        (row.guard == Guard::WhenFixed).then(|| seen.example.clone())
    });
    let armed: Vec<String> = to_arm.collect();
    kept::arm(eval, &opened.catalog, &armed, id, closing)?;
    let incident = Opened::of(eval)?.find(id)?.clone();
    Ok(Shut { incident, again, armed })
}

/// The records of the releases that caused it; one without a record where none was decided here. Of an override, the decision that it
/// overrode.
fn releases(eval: &Eval, opened: &Opened, incident: &Incident) -> Result<Vec<Option<Kept>>, Failure> {
    let chain = Chain::at(&eval.state());
    let mut releases: Vec<Kept> = Vec::new();
    for id in &incident.decisions {
        let of = opened.decision(id)?.body["of"].as_str().unwrap_or(id);
        if !releases.iter().any(|known| known.id() == of) {
            releases.push(chain.find(of).map_err(|_| gone(of))?);
        }
    }
    if releases.is_empty() { Ok(vec![None]) } else { Ok(releases.into_iter().map(Some).collect()) }
}

fn gone(record: &str) -> Failure {
    Failure::yours(
        format!(
            "record {record} of the release that caused it cannot be read any more: what it would do now is not known"
        ),
        "restore the record from where records are kept (`.plimsoll/records`), then close it again",
    )
}

fn release(again: &Again) -> String {
    again.record.as_ref().map_or("the release".to_owned(), |record| format!("the release of record {record}"))
}

/// Grades are missing that would tell.
fn unknown(eval: &Eval, id: &str, again: &Again) -> Failure {
    let grader = |missing: &Missing| eval.contract.criteria.iter().find(|known| known.name == missing.criterion);
    let mut what: Vec<String> = Vec::new();
    let mut help: Vec<String> = Vec::new();
    for missing in &again.missing {
        let kind = grader(missing).map_or("", |criterion| criterion.grader.kind());
        let reason = if missing.reason.is_empty() { String::new() } else { format!(" ({})", missing.reason) };
        let told =
            format!("`{}` ({kind}) has no grade of its answer to `{}`{reason}", missing.criterion, missing.example);
        let now = match grader(missing).map(|criterion| &criterion.grader) {
            Some(Grader::Judge { .. }) => format!("ask its judge: `plimsoll incident close {id} --ask`"),
            Some(Grader::Reviewers { .. }) => {
                format!(
                    "bring in what people say of that answer, with `plimsoll review import FILE` (criterion `{}`)",
                    missing.criterion
                )
            }
            Some(Grader::Imported) => {
                format!("give a row for it with `--scores FILE` (criterion `{}`)", missing.criterion)
            }
            Some(Grader::Process { .. }) => format!("mend the program of `{}`, then close it again", missing.criterion),
            _ => format!("mend `{}` or what the example expects, then close it again", missing.criterion),
        };
        for (all, one) in [(&mut what, told), (&mut help, now)] {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    Failure::yours(
        format!(
            "incident `{id}` stays covered: whether a gate would block {} is not known; {}",
            release(again),
            what.join("; ")
        ),
        help.join("; "),
    )
}

fn refused(id: &str, again: &Again) -> Failure {
    let release = release(again);
    let why: Vec<String> = again
        .examples
        .iter()
        .filter_map(|(example, found)| Some((example, found.as_ref().err()?)))
        .map(|(example, through)| match (through.to_candidate, through.because.is_empty()) {
            (true, _) => format!("{} would still go to it, whatever it answered on `{example}`", through.cell),
            (false, true) => format!("nothing decides on {}, where `{example}` lies", through.cell),
            (false, false) => {
                format!(
                    "it is kept out of {}, but not because of `{example}`: {}",
                    through.cell,
                    through.because.join("; ")
                )
            }
        })
        .collect();
    Failure::yours(
        format!("incident `{id}` stays covered: no gate would block {release} because of it; {}", why.join("; ")),
        "mend the criterion, the gate or what the example expects, so that this answer fails; then close it again",
    )
}

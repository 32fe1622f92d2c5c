//! `review calibrate`: lays people's labels beside a judge's verdicts, and keeps what they show.
//!
//! in      an eval, a file of labels, the stored verdicts of a run
//! out     for each judged criterion its calibration, in the folder `calibrations` beside the contract, and what it shows
//! errors  every fault of the labels at once; no judged criterion; a calibration there that is newer than is known here

pub mod agree;
pub mod assign;
pub mod desk;
pub mod exchange;
mod file;
mod join;
mod labels;
mod next;
pub mod say;
pub mod session;
pub mod settle;
pub mod version;

use super::answers;
use super::chain::write_whole;
use super::eval::Eval;
use super::judges::{identity, place, rubric_of, today};
use super::sealed::stored;
use super::weigh::ours;
use super::work::write_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::criterion::Criterion;
use domain::digest::Digest;
use domain::digest::canonical;
use domain::evidence::segments;
use domain::format::calibration;
use domain::name::CriterionName;
use domain::qualification::{Calibration, Labelled, definition, is_judged};
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::share::plural;
use join::Answer;
use labels::OfAnswer;
use lake::{Asked, Scores};
use next::Suggestion;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

/// How long a calibration holds where nobody says otherwise.
const MONTHS: i64 = 6;
const LONGEST: u64 = 64 << 20;

pub struct Orders<'a> {
    pub labels: &'a Utf8Path,
    pub criterion: Option<&'a str>,
    pub run: Option<&'a str>,
    /// ISO date.
    pub expires: Option<&'a str>,
}

/// What was found of one criterion.
pub struct OfCriterion {
    pub calibration: Calibration,
    /// Where it was written.
    pub place: Utf8PathBuf,
    /// The judged rate of all verdicts in each segment, in the order of the calibration's.
    pub seen: Vec<Option<stats::Weighed>>,
    /// What somebody should know of the labels.
    pub notes: Vec<String>,
    /// What to label next, and why: lines of a file of labels, to be completed.
    pub next: Vec<(&'static str, String)>,
}

pub fn calibrate(eval: &Eval, orders: &Orders) -> Result<Vec<OfCriterion>, Failure> {
    let criteria = chosen(eval, orders.criterion)?;
    let made_on = today();
    let expires_on = expiry(orders.expires, &made_on)?;
    let run = stored(eval, orders.run)?;
    let set = lake::read_set(&run.folder).map_err(ours)?;
    let read = labels::read(eval, orders.labels, &set, &run.systems)?;
    let asked = Asked { set: &set, contract: &eval.contract, systems: run.systems.clone() };
    let scores = Scores::open(&run.folder, asked).map_err(ours)?;
    let graded_by = scores.graders().map_err(ours)?;
    let files = answers::files(&run.folder, &eval.folder);
    let digests = |examples: BTreeSet<ExampleIndex>| answers::digests(&scores, &set, &run.systems, &files, &examples);
    let (read, seen_otherwise) = of_these_answers(read, digests)?;
    let mut found = Vec::new();
    for criterion in criteria {
        let judge = identity(eval, criterion);
        let then = graded_by.get(criterion.name.as_str()).and_then(|digest| Digest::parse(digest));
        if then.is_some_and(|then| then != judge.grader) {
            return Err(Failure::yours(
                format!(
                    "the verdicts on `{}` were given by another judge: its rubric, model or settings have changed since",
                    criterion.name
                ),
                "run again, label what this judge says, and calibrate it on that",
            ));
        }
        let verdicts = scores.verdicts(&criterion.name).map_err(ours)?;
        if orders.criterion.is_none() && !read.iter().any(|label| label.label.criterion == criterion.name) {
            continue;
        }
        let joined = join::join(criterion, rubric_of(eval, criterion).as_ref(), &set, &verdicts, &read);
        let segments = segments(&eval.contract, &set);
        let labelled: Vec<Labelled> = segments.iter().map(|segment| joined.in_segment(segment)).collect();
        let suggested = next::next(&set, &joined);
        let known = digests(suggested.iter().map(|suggestion| suggestion.answer.0).collect())?;
        let line = |one: &Suggestion| one.line(criterion, &set, &run.systems, known.get(&one.answer));
        let next = suggested.iter().map(|suggestion| (suggestion.why, line(suggestion))).collect();
        let mut notes = joined.notes();
        notes.extend(seen_otherwise.iter().filter(|(of, _)| *of == criterion.name).map(|(_, note)| note.clone()));
        let seen = segments.iter().map(|segment| joined.seen(segment)).collect();
        let calibration = Calibration {
            criterion: criterion.name.clone(),
            definition: definition(criterion),
            judge,
            scores: run.scores_digest.clone(),
            made_on: made_on.clone(),
            expires_on: expires_on.clone(),
            labellers: joined.labellers(),
            samples: joined.samples(),
            segments: labelled,
        };
        let place = place(eval, &criterion.name);
        found.push(OfCriterion { calibration, place, seen, notes, next });
    }
    if let Some((_, note)) = seen_otherwise.first().filter(|_| found.is_empty()) {
        return Err(Failure::yours(
            note.clone(),
            "label the answers of this run, or name the run that was labelled: `--run`",
        ));
    }
    if found.is_empty() {
        return Err(Failure::yours(
            format!("no label of `{}` is about a judged criterion", orders.labels),
            "label answers on a criterion whose `grade` is a judge",
        ));
    }
    // Nothing is written before everything may be.
    let earlier = found.iter().map(may_replace).collect::<Result<Vec<_>, _>>()?;
    for (one, earlier) in found.iter_mut().zip(earlier) {
        one.notes.extend(earlier);
        write(one)?;
    }
    Ok(found)
}

/// What somebody should know of the labels on a criterion.
type Note = (CriterionName, String);

/// Labels of the answers that were judged; of other answers, and of those that cannot be told, how many there are.
fn of_these_answers(
    read: Vec<OfAnswer>,
    digests: impl Fn(BTreeSet<ExampleIndex>) -> Result<BTreeMap<Answer, Digest>, Failure>,
) -> Result<(Vec<OfAnswer>, Vec<Note>), Failure> {
    let saying = read.iter().filter(|label| label.label.answer_digest.is_some());
    let known = digests(saying.map(|label| label.example).collect())?;
    let (mut kept, mut others, mut unknown) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for label in read {
        let name = label.label.criterion.clone();
        let judged = known.get(&(label.example, label.arm, label.label.repeat)).map(Digest::to_string);
        match (&label.label.answer_digest, judged) {
            (Some(seen), Some(judged)) if *seen != judged => {
                *others.entry(name).or_insert(0_u64) += 1;
                continue;
            }
            (Some(_), None) => *unknown.entry(name).or_insert(0_u64) += 1,
            _ => {}
        }
        kept.push(label);
    }
    let told = |what: &str, counts: BTreeMap<CriterionName, u64>| -> Vec<(CriterionName, String)> {
        let note = |count, name: &CriterionName| format!("{what}: {} of `{name}`", plural(count, "label"));
        counts.into_iter().map(|(name, count)| (name.clone(), note(count, &name))).collect()
    };
    let mut notes = told("left out, of another answer than the one that was judged", others);
    notes.extend(told("not compared, as the answer that is named is not at hand", unknown));
    Ok((kept, notes))
}

fn chosen<'e>(eval: &'e Eval, name: Option<&str>) -> Result<Vec<&'e Criterion>, Failure> {
    let judged: Vec<&Criterion> = eval.contract.criteria.iter().filter(|criterion| is_judged(criterion)).collect();
    if judged.is_empty() {
        return Err(Failure::yours(
            "no criterion of the contract is graded by a judge: there is nothing to calibrate",
            "only `grade: {judge: RUBRIC, with: SYSTEM}` is calibrated",
        ));
    }
    let Some(name) = name else { return Ok(judged) };
    let names: Vec<&str> = judged.iter().map(|criterion| criterion.name.as_str()).collect();
    match judged.iter().find(|criterion| criterion.name.as_str() == name) {
        Some(criterion) => Ok(vec![criterion]),
        None => Err(Failure::yours(
            format!("`{name}` is no judged criterion of the contract"),
            format!("judged criteria: {}", names.join(", ")),
        )),
    }
}

fn expiry(given: Option<&str>, made_on: &str) -> Result<String, Failure> {
    let today = made_on.parse::<jiff::civil::Date>();
    let today =
        today.map_err(|error| Failure::ours(format!("today is no date: {error}"), "set the machine's clock"))?;
    let Some(given) = given else {
        let span = jiff::Span::new().months(MONTHS);
        return Ok(today.checked_add(span).unwrap_or(today).to_string());
    };
    match given.parse::<jiff::civil::Date>() {
        Ok(date) if date >= today => Ok(date.to_string()),
        Ok(date) => Err(Failure::yours(format!("{date} is past: the calibration would not hold"), "name a later day")),
        Err(_) => Err(Failure::yours(format!("`{given}` is no date"), "write it as 2027-01-31")),
    }
}

/// Whether the file that is there may be replaced, and what is told of it.
fn may_replace(found: &OfCriterion) -> Result<Option<String>, Failure> {
    let path = &found.place;
    let text = match super::file::text(path, LONGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::yours(format!("cannot read `{path}`: {error}"), "check its permissions")),
    };
    let all = |calibration: &Calibration| calibration.labellers.iter().map(|(_, count)| count).sum::<u64>();
    match calibration::read(&text) {
        Ok(there) if there.made_on > found.calibration.made_on => Err(Failure::yours(
            format!("`{path}` was made on {}, and today is {}", there.made_on, found.calibration.made_on),
            "check the machine's clock, or remove the file",
        )),
        Ok(there) if all(&there) > all(&found.calibration) => Ok(Some(format!(
            "the calibration of {} that was replaced rested on {} labels, this one on {}: a calibration holds the labels of one file",
            there.made_on,
            all(&there),
            all(&found.calibration)
        ))),
        Ok(_) => Ok(None),
        Err(error) => Err(Failure::yours(
            format!("`{path}` is there, and is no calibration that is known here: {error}"),
            "move it away first; it was not overwritten",
        )),
    }
}

fn write(found: &OfCriterion) -> Result<(), Failure> {
    let path = &found.place;
    let folder = path.parent().unwrap_or(Utf8Path::new("."));
    let failed = |error: std::io::Error| write_failure(folder, &error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let value = calibration::to_json(&found.calibration);
    let text = serde_json::to_string_pretty(&value).unwrap_or_else(|_| canonical(&value));
    write_whole(path, &text).map_err(failed)
}

/// What an example is called.
fn id_of(set: &ReferenceSet, example: domain::reference_set::ExampleIndex) -> &str {
    set.rows.get(example.0 as usize).map_or("", |row| row.id.as_str())
}

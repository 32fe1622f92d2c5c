//! The release that caused an incident, decided again: its own answers, under the contract and the reference set as they are now.
//!
//! in      the record of that release, or none where it was never decided here; the incident, whose answer belongs to it
//! out     the decision of now; for each example of the incident whether a finding that names it keeps the release out, and which grades
//!         are missing of what would see it
//! errors  no answer of the release to any of the examples is known; what grading refuses
//! note    nothing is sealed or recorded: no look is spent, and the folder that it was graded in is gone afterwards. Guards of the
//!         incident are taken as armed, as closing it arms them. Judges are asked only where that was said, and only about answers to the
//!         incident's examples; what they said of the very same answers before is taken

use crate::app::ask::Askable;
use crate::app::chain::Kept;
use crate::app::elsewhere::Elsewhere;
use crate::app::eval::Eval;
use crate::app::graded::{Plan, grade_into};
use crate::app::graders::ready;
use crate::app::judges::judged;
use crate::app::reviewed::planned;
use crate::app::run::{Progress, reference_set_with};
use crate::app::sealed::folder_of;
use crate::app::weigh::{Grounds, ours, weigh};
use crate::app::work::{Work, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::Contract;
use domain::decision::Decision;
use domain::digest::Digest;
use domain::example::Guard;
use domain::finding::{FailedExample, Finding};
use domain::format::answers::parse;
use domain::format::lines::LinePlace;
use domain::incident::Incident;
use domain::incident::gated::{Through, blocked, watched};
use domain::name::CriterionName;
use domain::qualification::is_judged;
use domain::reference_set::{Builder, ExampleIndex, ReferenceSet};
use domain::system::Arm;
use engine::jsonl::Lines;
use engine::judging::Verdicts;
use engine::process::Programs;
use engine::{Documents, Keeper, Ready};
use lake::Asked;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::sync::Arc;

/// What else is given, besides what the run and the incident have.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Answers of the release, which come before those that are kept.
    pub answers: Vec<Utf8PathBuf>,
    /// Grades of criteria that say `grade: imported`.
    pub scores: Option<Utf8PathBuf>,
    /// Judges may be asked about the answers to the incident's examples.
    pub ask: bool,
}

/// A release, decided again.
pub struct Again {
    /// The record of its decision; `None` where it was never decided here.
    pub record: Option<String>,
    /// For each example of the incident with an answer: the findings that name it and keep the release out, or what lets it through.
    pub examples: Vec<(String, Result<Vec<String>, Through>)>,
    /// Grades of answers to these examples that are not known, of criteria that would see a failure.
    pub missing: Vec<Missing>,
    /// What the closing entry keeps of it.
    pub kept: Value,
}

/// A grade that nobody gave.
pub struct Missing {
    pub example: String,
    pub criterion: CriterionName,
    pub reason: String,
}

impl Again {
    pub fn is_blocked(&self) -> bool {
        self.examples.iter().any(|(_, found)| found.is_ok())
    }
}

pub fn decide_again(
    eval: &Eval,
    record: Option<&Kept>,
    incident: &Incident,
    given: &Given,
    progress: &mut dyn Progress,
) -> Result<Again, Failure> {
    let mut shown = Keeper::for_questions();
    let builder = Builder::rows_only(eval.contract.simulated);
    let (set, keeper) = reference_set_with(eval, builder, progress, |example| shown.keep(example))?;
    let (set, own) = armed(set, incident);
    let work = Work::begin(&eval.state())?;
    let answers = Answers::gather(eval, record, incident, given, &set, work.path())?;
    let answered: Vec<ExampleIndex> =
        own.into_iter().filter(|index| answers.of(set.rows[index.0 as usize].id.as_str())).collect();
    if answered.is_empty() {
        return Err(unanswered(record));
    }
    // What cannot be graded is told before anybody is asked.
    let mut programs = Programs::default();
    let graders = ready(eval, given.scores.as_deref(), &mut programs)?;
    let release = Release { eval, given, set: &set, answers: &answers, folder: work.path() };
    let seen_by = seen_by(&eval.contract, &set, &answered);
    let (verdicts, unasked) = release.verdicts(incident, shown, &seen_by, progress)?;
    let documents = Documents::new(&set, keeper);
    let scores_digest = release.grade(&documents, with(graders, verdicts), &mut programs, progress)?;
    progress.step("deciding again");
    let grounds = grounds(eval, record, &scores_digest)?;
    let decision = weigh(release.folder, &grounds)?.decision;
    let missing = release.missing(&grounds, &seen_by, &answered, unasked.as_deref())?;
    let found: Vec<(String, Result<Vec<&Finding>, Through>)> = answered
        .iter()
        .filter_map(|index| Some((set.rows[index.0 as usize].id.to_string(), FailedExample::of(&set, *index)?)))
        .map(|(id, example)| (id, blocked(&decision, &example)))
        .collect();
    let kept = release.kept(record, &scores_digest, &decision, &found);
    let told = |finding: &&Finding| format!("{} is {}: {}", finding.name, finding.state.words(), finding.reason);
    let examples = found.into_iter().map(|(id, found)| (id, found.map(|all| all.iter().map(told).collect()))).collect();
    Ok(Again { record: record.map(|record| record.id().to_owned()), examples, missing, kept })
}

/// The set with the incident's guards armed, and where its examples are.
fn armed(mut set: ReferenceSet, incident: &Incident) -> (ReferenceSet, Vec<ExampleIndex>) {
    let of_it = |id: &str| incident.examples.iter().any(|known| known == id);
    let own: Vec<ExampleIndex> =
        set.active().filter(|(_, row)| of_it(row.id.as_str())).map(|(index, _)| index).collect();
    for index in &own {
        let row = &mut set.rows[index.0 as usize];
        row.guard = if row.guard == Guard::No { Guard::No } else { Guard::Armed };
    }
    (set, own)
}

fn unanswered(record: Option<&Kept>) -> Failure {
    let of = record.map_or(String::new(), |record| format!(" of record {}", record.id()));
    Failure::yours(
        format!("no answer of the release{of} to an example of the incident is known"),
        "give its answer with `--answers FILE`, a line of docs/formats/answers.md",
    )
}

/// The graders with what judges say.
fn with(mut graders: Vec<Ready>, verdicts: Option<Arc<Verdicts>>) -> Vec<Ready> {
    for ready in graders.iter_mut() {
        if let (Ready::Judged(empty), Some(verdicts)) = (ready, &verdicts) {
            *empty = Arc::clone(verdicts);
        }
    }
    graders
}

/// The contract of now, at the look that was spent on the release then.
fn grounds<'e>(eval: &'e Eval, record: Option<&Kept>, scores_digest: &str) -> Result<Grounds<'e>, Failure> {
    let look = record.and_then(|record| record.content["look"]["number"].as_u64()).map(|look| look as u32);
    Ok(Grounds {
        contract: &eval.contract,
        contract_text: &eval.text,
        scores_digest: scores_digest.to_owned(),
        files: Vec::new(),
        look: look.or(Some(1)),
        decided_under: None,
        approval: None,
        before: None,
        systems: BTreeMap::from([(Arm::Candidate, Arm::Candidate.as_str().to_owned())]),
        judges: judged(eval)?,
        today: None,
    })
}

/// The criteria that would see a failure on one of these examples.
fn seen_by(contract: &Contract, set: &ReferenceSet, examples: &[ExampleIndex]) -> BTreeSet<CriterionName> {
    let watches = examples.iter().flat_map(|example| watched(contract, set, *example));
    watches.flat_map(|watch| watch.criteria).collect()
}

/// A release as it is graded now, for nobody to keep.
struct Release<'a> {
    eval: &'a Eval,
    given: &'a Given,
    /// With the incident's guards armed.
    set: &'a ReferenceSet,
    answers: &'a Answers,
    /// Where it is graded.
    folder: &'a Utf8Path,
}

impl Release<'_> {
    /// What judges say of the answers to the incident's examples, where one of its criteria is judged; or why nothing is known of that.
    fn verdicts(
        &self,
        incident: &Incident,
        shown: Keeper,
        seen_by: &BTreeSet<CriterionName>,
        progress: &mut dyn Progress,
    ) -> Result<(Option<Arc<Verdicts>>, Option<String>), Failure> {
        let mut criteria = self.eval.contract.criteria.iter();
        if !criteria.any(|criterion| is_judged(criterion) && seen_by.contains(&criterion.name)) {
            return Ok((None, None));
        }
        let askable = match Askable::of(self.eval) {
            Ok(askable) => askable,
            Err(failure) if self.given.ask => return Err(failure),
            Err(_) => return Ok((None, Some("its judge cannot be asked as things are".to_owned()))),
        };
        let name = format!("incident-{}", &Digest::of_bytes(incident.id.as_bytes()).to_string()[..8]);
        let documents = Documents::new(self.set, shown);
        let files = [(Arm::Candidate, vec![self.answers.own.clone()])];
        let verdicts = askable.verdicts_apart(&name, self.given.ask, (self.set, &documents), &files, progress)?;
        let unasked = verdicts.is_none().then(|| "its judge was not asked about this answer".to_owned());
        Ok((verdicts, unasked))
    }

    /// Grades the answers; the digest of the scores.
    fn grade(
        &self,
        documents: &Documents,
        graders: Vec<Ready>,
        programs: &mut Programs,
        progress: &mut dyn Progress,
    ) -> Result<String, Failure> {
        let Release { eval, set, folder, .. } = *self;
        let elsewhere = Elsewhere::read(eval, self.given.scores.as_deref(), set)?;
        let criteria = planned(&eval.contract);
        let digests: Vec<Digest> = criteria.iter().map(|criterion| criterion.grader.digest()).collect();
        let plan = Plan { eval, criteria: &criteria, set, documents, digests, elsewhere, threads: 2 };
        let recorded = [(Arm::Candidate, vec![self.answers.file.clone()])];
        let (rows, _) = grade_into(folder, plan, graders, programs, &recorded, None, progress)?;
        lake::write_set(folder, set, &eval.folder).map_err(ours)?;
        Ok(rows.fingerprint.digest().to_string())
    }

    /// The grades that nobody gave of the incident's answers, by criteria that would see a failure.
    fn missing(
        &self,
        grounds: &Grounds,
        seen_by: &BTreeSet<CriterionName>,
        answered: &[ExampleIndex],
        unasked: Option<&str>,
    ) -> Result<Vec<Missing>, Failure> {
        let (set, contract) = (self.set, grounds.contract);
        let asked = Asked { set, contract, systems: grounds.systems.clone() };
        let names: Vec<&CriterionName> = seen_by.iter().collect();
        let ungraded = lake::Scores::open(self.folder, asked)
            .and_then(|scores| scores.ungraded(&names, &answered.iter().copied().collect()))
            .map_err(ours)?;
        let missing = ungraded.into_iter().filter_map(|row| {
            let example = set.rows.get(row.example.0 as usize)?.id.to_string();
            let judged = contract.criteria.iter().any(|known| known.name == row.criterion && is_judged(known));
            let reason = unasked.filter(|_| judged).map(str::to_owned).or(row.reason).unwrap_or_default();
            let is_taken = self.answers.taken.contains(&(example.clone(), row.repeat));
            is_taken.then_some(Missing { example, criterion: row.criterion, reason })
        });
        Ok(missing.collect())
    }

    /// What the closing entry keeps.
    fn kept(
        &self,
        record: Option<&Kept>,
        scores_digest: &str,
        decision: &Decision,
        found: &[(String, Result<Vec<&Finding>, Through>)],
    ) -> Value {
        let Release { eval, set, answers, .. } = *self;
        let finding = |finding: &&Finding| json!({"gate": finding.name, "segment": finding.segment.name.as_str(), "state": finding.state.as_str(), "reason": finding.reason});
        let blocked = found.iter().filter_map(|(id, found)| {
            let findings: Vec<Value> = found.as_ref().ok()?.iter().map(finding).collect();
            Some(json!({"example": id, "findings": findings}))
        });
        json!({
            "record": record.map(Kept::id),
            "record_digest": record.map(|record| record.digest().to_string()),
            "then": record.map(|record| record.content["decision"].clone()),
            "now": decision.outcome.as_str(),
            "contract": eval.contract.digest.to_string(),
            "set": set.digest.as_ref().map(Digest::to_string),
            "scores": scores_digest,
            "answers": {"of_run": answers.of_run, "of_incident": answers.of_incident, "given": answers.given},
            "blocked": blocked.collect::<Vec<_>>(),
        })
    }
}

/// The answers of a release, in one file: those that are given first, then the incident's own, then those of the run.
struct Answers {
    file: Utf8PathBuf,
    /// Those to the incident's examples alone.
    own: Utf8PathBuf,
    /// Of which example and repeat there is one.
    taken: BTreeSet<(String, u32)>,
    of_incident: u64,
    /// How many are from the run; `None` where its files are gone, or are not what was graded then.
    of_run: Option<u64>,
    /// Files that were given, with their digests and how many answers are from each.
    given: Vec<Value>,
}

impl Answers {
    fn gather(
        eval: &Eval,
        record: Option<&Kept>,
        incident: &Incident,
        given: &Given,
        set: &ReferenceSet,
        folder: &Utf8Path,
    ) -> Result<Self, Failure> {
        let (to, own) = (folder.join("answers.jsonl"), folder.join("own.jsonl"));
        let failed = |error: std::io::Error| write_failure(&to, &error);
        let active: BTreeSet<&str> = set.active().map(|(_, row)| row.id.as_str()).collect();
        let mut taking = Taking {
            active,
            repeats: u32::from(eval.contract.repeats),
            out: BufWriter::new(File::create(&to).map_err(failed)?),
            own: (
                incident.examples.iter().map(String::as_str).collect(),
                BufWriter::new(File::create(&own).map_err(failed)?),
            ),
            taken: BTreeSet::new(),
        };
        let mut all = Vec::new();
        for file in &given.answers {
            let count = taking.file(file)?;
            let digest = lake::file_digest(file).map(|digest| digest.to_string()).ok();
            all.push(json!({"file": file, "digest": digest, "answers": count}));
        }
        let mut of_incident = 0;
        for id in incident.examples.iter().filter(|_| incident.answer.is_some()) {
            let mut line = incident.answer.clone().unwrap_or_default();
            line["example"] = json!(id);
            of_incident += taking.line(id, 0, &line.to_string()).map_err(failed)?;
        }
        let mut of_run = None;
        if let Some(files) = record.and_then(|record| files_of(eval, record)) {
            let counts = files.iter().map(|file| taking.file(file)).collect::<Result<Vec<u64>, Failure>>()?;
            of_run = Some(counts.iter().sum());
        }
        taking.out.flush().and_then(|()| taking.own.1.flush()).map_err(failed)?;
        let taken = taking.taken;
        Ok(Answers { file: to, own, taken, of_incident, of_run, given: all })
    }

    /// Whether there is one to this example.
    fn of(&self, example: &str) -> bool {
        self.taken.range((example.to_owned(), 0)..).next().is_some_and(|(of, _)| of == example)
    }
}

/// The files of the candidate's answers, where they are still what was graded for the record.
fn files_of(eval: &Eval, record: &Kept) -> Option<Vec<Utf8PathBuf>> {
    let run = folder_of(&eval.state(), &record.content["scores"]).join("run.json");
    let run: Value = serde_json::from_slice(&std::fs::read(run).ok()?).ok()?;
    let files = run["answers"][Arm::Candidate.as_str()].as_array()?;
    let same = |file: &Value| {
        let name = file.as_str()?;
        let path = eval.folder.join(name);
        let digest = lake::file_digest(&path).ok()?.to_string();
        (run["answer_files"][name].as_str()? == digest).then_some(path)
    };
    files.iter().map(same).collect()
}

struct Taking<'s> {
    active: BTreeSet<&'s str>,
    repeats: u32,
    out: BufWriter<File>,
    /// The incident's examples, and where the answers to them are written once more.
    own: (BTreeSet<&'s str>, BufWriter<File>),
    taken: BTreeSet<(String, u32)>,
}

impl Taking<'_> {
    /// Takes what is planned and was not answered before; returns how many.
    fn file(&mut self, file: &Utf8Path) -> Result<u64, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::yours(format!("cannot read `{file}`: {error}"), "check the path and its permissions")
        };
        let mut lines = Lines::new(BufReader::new(File::open(file).map_err(unreadable)?));
        let mut count = 0;
        while let Some(line) = lines.next().map_err(unreadable)? {
            let place = LinePlace { file, line: line.number };
            if line.too_long {
                return Err(Failure::Faults(place.too_long().into()));
            }
            let text = place.text(line.bytes)?;
            let Some(answer) = parse(place, text)? else { continue };
            count += self.line(&answer.example, answer.repeat, text).map_err(|error| write_failure(file, &error))?;
        }
        Ok(count)
    }

    fn line(&mut self, example: &str, repeat: u32, text: &str) -> std::io::Result<u64> {
        let planned = self.active.contains(example) && repeat < self.repeats;
        if !planned || !self.taken.insert((example.to_owned(), repeat)) {
            return Ok(0);
        }
        writeln!(self.out, "{text}")?;
        if self.own.0.contains(example) {
            writeln!(self.own.1, "{text}")?;
        }
        Ok(1)
    }
}

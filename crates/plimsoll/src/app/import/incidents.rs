//! `import incidents`: case studies of failures that others had, each as an incident that is open here until a gate sees it.
//!
//! in      files of case studies, or folders of them; the failure class of each
//! out     an incident for each that is not there yet, all of them or none
//! errors  every fault of every file; a class that is not known; a case study without a class

use crate::app::eval::Eval;
use crate::app::incident::{Opened, class_of};
use crate::app::{file, kept};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::decision::class_owner;
use domain::entry::{Draft, Noun};
use domain::fault::{Fault, Faults};
use domain::format::case_study::{CaseStudy, Kind, parse};
use domain::name::ClassName;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a case study.
const LONGEST: u64 = 4 << 20;

#[derive(Clone, Debug, Default)]
pub struct Orders {
    pub files: Vec<Utf8PathBuf>,
    /// Of those that no other says.
    pub class: Option<String>,
    /// By the id of a case study, or by a technique that it names.
    pub classes: Vec<(String, String)>,
    /// Also what somebody only showed to be possible.
    pub exercises: bool,
    pub by: String,
}

/// What was brought in.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    pub added: Vec<CaseStudy>,
    /// Ids that were there already.
    pub there: Vec<String>,
    /// How many only showed what is possible, and were left out.
    pub exercises_left_out: usize,
    pub by_class: BTreeMap<String, usize>,
}

pub fn import(eval: &Eval, orders: &Orders) -> Result<Imported, Failure> {
    let default = orders.class.as_deref().map(|name| class_of(eval, name)).transpose()?;
    let named = orders.classes.iter().map(|(of, name)| Ok((of.as_str(), class_of(eval, name)?)));
    let named = named.collect::<Result<Vec<(&str, ClassName)>, Failure>>()?;
    let studies = read(&orders.files)?;
    let unused = named.iter().find(|(of, _)| !studies.iter().any(|study| is_of(study, of)));
    if let Some((of, _)) = unused {
        return Err(Failure::yours(
            format!("no case study is called `{of}`, or names it as a technique"),
            "write `--class-of ID=CLASS` or `--class-of TECHNIQUE=CLASS`",
        ));
    }
    let opened = Opened::of(eval)?;
    let mut imported = Imported::default();
    let mut drafts = Vec::new();
    for study in studies {
        if study.kind == Kind::Exercise && !orders.exercises {
            imported.exercises_left_out += 1;
            continue;
        }
        if opened.incidents.contains_key(&study.id) {
            imported.there.push(study.id);
            continue;
        }
        let by_id = named.iter().find(|(of, _)| *of == study.id);
        let by_technique = || study.techniques.iter().find_map(|name| named.iter().find(|(of, _)| of == name));
        let class = by_id.or_else(by_technique).map(|(_, class)| class).or(default.as_ref());
        let Some(class) = class else {
            return Err(Failure::yours(
                format!("`{}` ({}) has no failure class", study.id, study.name),
                "say it with `--class-of ID=CLASS`, or give all others one with `--class CLASS`",
            ));
        };
        *imported.by_class.entry(class.to_string()).or_default() += 1;
        drafts.push(draft(eval, &study, class, &orders.by));
        imported.added.push(study);
    }
    opened.catalog.append(&drafts).map_err(kept::failed)?;
    Ok(imported)
}

fn is_of(study: &CaseStudy, of: &str) -> bool {
    study.id == of || study.techniques.iter().any(|name| name == of)
}

fn draft(eval: &Eval, study: &CaseStudy, class: &ClassName, by: &str) -> Draft {
    let priced = eval.contract.failures.iter().find(|failure| failure.name == *class).and_then(|failure| failure.cost);
    let owner = class_owner(&eval.contract, class).map_or_else(|| "release".to_owned(), |role| role.to_string());
    Draft {
        noun: Noun::Incident,
        subject: study.id.clone(),
        after: Some(0),
        what: "opened".to_owned(),
        at: kept::now(),
        author: by.to_owned(),
        why: None,
        body: json!({
            "class": class.as_str(), "name": study.name, "cost": priced.map(|cost| cost.get()), "owner": owner,
            "happened": study.summary, "happened_at": study.happened_at, "techniques": study.techniques,
            "decisions": [], "examples": [],
        }),
    }
}

/// All case studies of the files and folders, by name; all their faults at once.
fn read(paths: &[Utf8PathBuf]) -> Result<Vec<CaseStudy>, Failure> {
    let (mut studies, mut faults, mut ids) = (Vec::new(), Vec::<Fault>::new(), BTreeSet::new());
    for path in all_files(paths)? {
        let text = file::text(&path, LONGEST).map_err(|error| unreadable(&path, &error))?;
        match parse(&path, &text) {
            Ok(study) if !ids.insert(study.id.clone()) => {
                return Err(Failure::yours(
                    format!("`{path}`: there are two case studies `{}`", study.id),
                    "name each file once",
                ));
            }
            Ok(study) => studies.push(study),
            Err(wrong) => faults.extend(wrong),
        }
    }
    Faults::none_or(faults)?;
    Ok(studies)
}

fn all_files(paths: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = path.read_dir_utf8().map_err(|error| unreadable(path, &error))?;
        let yaml = |path: &Utf8PathBuf| matches!(path.extension(), Some("yaml" | "yml"));
        let mut inside: Vec<Utf8PathBuf> =
            entries.filter_map(Result::ok).map(|entry| entry.path().to_owned()).filter(yaml).collect();
        if inside.is_empty() {
            return Err(Failure::yours(format!("`{path}` holds no .yaml file"), "name case studies, or their folder"));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Failure {
    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions")
}
